//! What the CRM sync does when something goes wrong in between: deaths at any point, webhooks that are
//! lost or late, people who are merged while their work waits, files that the CRM refuses.

use std::time::Duration;

use sandbox::{
    amo::{Kind, Switches},
    telegram::Media,
};
use serde_json::{Value, json};
use tests::{AmoStage, PIXEL, amo_settings, at_conversation, until};

/// As if it had been left so.
async fn left(stage: &AmoStage, statement: &'static str) {
    let mut database = stage.server.database().connect().await;
    sqlx::query(statement).execute(&mut database).await.unwrap();
}

async fn last_run(stage: &AmoStage) -> Value {
    stage.runs("limit=1").await.remove(0)
}

async fn whole(stage: &AmoStage, run: &Value) -> Value {
    let id = run["run_id"].as_str().unwrap();
    stage.owner.get(&format!("/api/v1/crm/runs/{id}"), 200).await.json()
}

async fn check(stage: &AmoStage) {
    stage.owner.poke(&format!("/api/v1/crm/portals/{}/check", stage.portal), 200).await;
}

fn switched(stage: &AmoStage, change: impl FnOnce(&mut Switches)) {
    let mut switches = stage.account.switches();
    change(&mut switches);
    stage.account.set_switches(switches);
}

/// CRM-2: a process that died during a call has left «sending». Nobody knows when it died, so it is
/// waited until the search must show what the call may have made; then it is found, and linked.
#[tokio::test(flavor = "multi_thread")]
async fn crm_2_a_death_during_a_call_is_waited_for_and_looked_for() {
    let stage = AmoStage::start(json!({})).await;
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Вопрос");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "deal_created").await;
    stage.settled().await;
    // Both steps were made there, and none of it was written here. The first of two tries of old.
    left(&stage, "update crm_runs set state = 'working', finished_at = null").await;
    left(
        &stage,
        "update crm_steps set state = 'sending', effect = null, finished_at = null,
            started_at = now() - interval '1 hour'",
    )
    .await;
    left(&stage, "delete from crm_links").await;
    left(&stage, "update crm_enquiries set passed_position = 0, uses = '{}', contact_stamp = ''")
        .await;
    let before = stage.account.journal().len();
    customer.sends_text(&stage.bot, "Алло?");
    until("the run goes on to its end", async || {
        let card = stage.owner.get(&at_conversation(&c, "/crm"), 200).await.json();
        (card["portals"][0]["deals"][0]["current"] == true).then_some(())
    })
    .await;
    stage.settled().await;
    assert_eq!((stage.account.contacts().len(), stage.account.leads().len()), (1, 1));
    let news = stage.account.journal().split_off(before);
    assert!(news.iter().all(|call| call.method == "GET"), "nothing is made again: {news:?}");
    let run = whole(&stage, &stage.runs("state=done&limit=10").await.pop().unwrap()).await;
    let began = |n: usize| -> chrono::DateTime<chrono::Utc> {
        run["steps"][n]["started_at"].as_str().unwrap().parse().unwrap()
    };
    let hour_ago = chrono::Utc::now() - chrono::TimeDelta::minutes(30);
    assert!(began(0) > hour_ago, "it was waited from the take-over on, and not from the first try");
}

/// CRM-2: what was to be written to is gone, and the process dies before the run's end. The next one
/// must not take the run for done: its messages would count as passed on.
#[tokio::test(flavor = "multi_thread")]
async fn crm_2_a_death_after_a_target_was_gone_decides_anew() {
    let stage = AmoStage::start(json!({"transcript": "online"})).await;
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Первое сообщение");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "deal_created").await;
    stage.settled().await;
    // Nobody tells us that it is gone.
    switched(&stage, |switches| switches.lose_webhooks = 1);
    stage.account.delete_lead(stage.account.leads()[0]["id"].as_i64().unwrap());
    left(&stage, "update crm_links set state = 'gone' where entity in ('deal', 'note')").await;
    left(&stage, "update crm_enquiries set passed_position = 0").await;
    left(&stage, "update crm_runs set state = 'working', finished_at = null").await;
    left(
        &stage,
        "update crm_steps set state = 'skipped', effect = '{\"target_gone\": true}'
         where action ->> 'do' = 'add_note'",
    )
    .await;
    let conversation = c["conversation_id"].as_str().unwrap().to_owned();
    customer.sends_text(&stage.bot, "Второе сообщение");
    let lead = until("another deal", async || stage.account.leads().pop()).await;
    stage.settled().await;
    let run = stage.runs("limit=10").await.pop().unwrap();
    assert_eq!(
        (run["state"].as_str(), run["conversation_id"].as_str()),
        (Some("replanned"), Some(conversation.as_str()))
    );
    let notes = stage.account.notes(Kind::Leads, lead["id"].as_i64().unwrap());
    let text = notes.iter().map(|note| note["params"]["text"].to_string()).collect::<String>();
    assert!(text.contains("Первое сообщение") && text.contains("Второе сообщение"), "{text}");
}

/// AMO-4: the record was declined and its webhook is lost. Whoever writes to its deal learns it, and
/// the message makes a record of its own; so does one that nothing was heard of for long.
#[tokio::test(flavor = "multi_thread")]
async fn amo_4_a_record_that_was_declined_in_silence_is_made_anew() {
    for transcript in ["online", "at_end"] {
        let settings = json!({"method": {"method": "unsorted"}, "transcript": transcript});
        let stage = AmoStage::start(settings).await;
        let customer = stage.customer(77, "Иван");
        customer.sends_text(&stage.bot, "Раз");
        let c = stage.conversation("Иван").await;
        stage.line(&c, "unsorted_created").await;
        stage.settled().await;
        switched(&stage, |switches| switches.lose_webhooks = 1);
        let first = stage.account.unsorted()[0]["uid"].as_str().unwrap().to_owned();
        assert!(stage.account.decline(&first));
        left(&stage, "update crm_links set updated_at = now() - interval '2 hours'").await;
        customer.sends_text(&stage.bot, "Два");
        let second = until("another record", async || stage.account.unsorted().pop()).await;
        assert_ne!(second["uid"], first, "{transcript}");
        stage.settled().await;
        assert_eq!(stage.account.unsorted().len(), 1);
    }
}

/// CRM-2: two people who write while the CRM cannot be used are merged before it can. They are one
/// person there: one contact, and the second enquiry finds the first one's deal.
#[tokio::test(flavor = "multi_thread")]
async fn crm_2_who_is_merged_while_work_waits_is_one_person_in_the_crm() {
    let stage = AmoStage::start(json!({})).await;
    switched(&stage, |switches| switches.unpaid = true);
    stage.customer(77, "Иван").sends_text(&stage.bot, "Пишу из дома");
    stage.customer(78, "Иван Петрович").sends_text(&stage.bot, "Пишу с работы");
    let home = stage.conversation("Иван").await;
    let work = stage.conversation("Иван Петрович").await;
    assert_ne!(home["conversation_id"], work["conversation_id"]);
    stage.portal_state("stopped").await;
    let merge = format!("/api/v1/contacts/{}/merge", work["contact_id"].as_str().unwrap());
    stage.owner.post(&merge, &json!({"contact_id": home["contact_id"]}), 200).await;
    switched(&stage, |switches| switches.unpaid = false);
    check(&stage).await;
    until("the work is done", async || (!stage.account.leads().is_empty()).then_some(())).await;
    stage.settled().await;
    assert_eq!(stage.account.contacts().len(), 1, "{:?}", stage.account.contacts());
    assert_eq!(stage.account.leads().len(), 1);
    for c in [&home, &work] {
        let card = stage.owner.get(&at_conversation(c, "/crm"), 200).await.json();
        assert_eq!(card["portals"][0]["deals"][0]["current"], true, "{card}");
    }
}

/// The form that moves a conversation's deal, its number, and the stage where it goes.
async fn order(stage: &AmoStage, c: &Value) -> (Value, i64, i64) {
    let card = stage.owner.get(&at_conversation(c, "/crm"), 200).await.json();
    let id: i64 = card["portals"][0]["deals"][0]["id"].as_str().unwrap().parse().unwrap();
    let pipeline = stage.account.lead(id).unwrap()["pipeline_id"].as_i64().unwrap();
    let stages = stage.account.stages();
    let mut open = stages.iter().filter(|s| s.pipeline_id == pipeline && !s.is_unsorted);
    let to = open.nth(2).unwrap().status_id;
    let form = json!({"portal_id": stage.portal, "deal": id.to_string(),
        "pipeline": pipeline.to_string(), "stage": to.to_string()});
    (form, id, to)
}

async fn moved(stage: &AmoStage, deal: i64, to: i64) {
    until("the deal is moved", async || {
        (stage.account.lead(deal)?["status_id"] == to).then_some(())
    })
    .await;
}

/// CRM-5: of two people who are merged while the CRM cannot be used it is decided anew; what an operator
/// ordered meanwhile is carried out all the same.
#[tokio::test(flavor = "multi_thread")]
async fn crm_5_an_order_outlives_a_merge() {
    let stage = AmoStage::start(json!({"transcript": "online"})).await;
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Пишу из дома");
    let home = stage.conversation("Иван").await;
    stage.line(&home, "deal_created").await;
    stage.customer(78, "Иван Петрович").sends_text(&stage.bot, "Пишу с работы");
    let work = stage.conversation("Иван Петрович").await;
    stage.line(&work, "deal_created").await;
    stage.settled().await;
    switched(&stage, |switches| switches.unpaid = true);
    customer.sends_text(&stage.bot, "Алло?");
    stage.portal_state("stopped").await;
    let (form, deal, to) = order(&stage, &home).await;
    stage.owner.post(&at_conversation(&home, "/crm/stage"), &form, 202).await;
    let merge = format!("/api/v1/contacts/{}/merge", work["contact_id"].as_str().unwrap());
    stage.owner.post(&merge, &json!({"contact_id": home["contact_id"]}), 200).await;
    switched(&stage, |switches| switches.unpaid = false);
    check(&stage).await;
    moved(&stage, deal, to).await;
    stage.settled().await;
    assert_eq!(stage.runs("state=replanned&limit=10").await.len(), 1, "what rules decided");
}

/// CRM-5: where nothing is passed on an order is refused with the remedy, one that waited too; it is
/// carried out when somebody asks for it again. One of which nothing is left stays refused.
#[tokio::test(flavor = "multi_thread")]
async fn crm_5_an_order_to_an_integration_that_is_off_is_refused_in_words() {
    let stage = AmoStage::start(json!({})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Здравствуйте");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "deal_created").await;
    stage.settled().await;
    switched(&stage, |switches| switches.unpaid = true);
    let (form, deal, to) = order(&stage, &c).await;
    stage.owner.post(&at_conversation(&c, "/crm/stage"), &form, 202).await;
    stage.portal_state("stopped").await;
    let now = stage.owner.get(&stage.integration, 200).await.json();
    let off = json!({"revision": now["revision"], "name": "Продажи", "enabled": false,
        "settings": amo_settings(&stage.channel, &json!({}))});
    stage.owner.put(&stage.integration, &off, 200).await;
    let refused = stage.owner.post(&at_conversation(&c, "/crm/stage"), &form, 409).await;
    assert_eq!(refused.code(), "integration_off");
    switched(&stage, |switches| switches.unpaid = false);
    check(&stage).await;
    let told = until("the order that waited is refused", async || {
        let card = stage.owner.get(&at_conversation(&c, "/crm"), 200).await.json();
        let refused = card["portals"][0]["deals"][0]["moving"]["refused"].clone();
        (!refused.is_null()).then_some(refused)
    })
    .await;
    assert!(told.to_string().contains("выключена"), "{told}");
    assert_ne!(stage.account.lead(deal).unwrap()["status_id"], to);

    let replay = format!("/api/v1/crm/runs/{}/replay", {
        let failed = stage.runs("state=failed&limit=1").await.remove(0);
        failed["run_id"].as_str().unwrap().to_owned()
    });
    assert_eq!(stage.owner.poke(&replay, 409).await.code(), "integration_off");
    stage.save(json!({})).await;
    stage.owner.poke(&replay, 202).await;
    moved(&stage, deal, to).await;
    stage.settled().await;

    // The deal went to somebody else meanwhile.
    left(&stage, "update crm_runs set state = 'failed' where jsonb_exists(facts, 'from')").await;
    left(&stage, "delete from crm_links where entity = 'deal'").await;
    let failed = stage.runs("state=failed&limit=10").await.len();
    let all = json!({"portal_id": stage.portal});
    let made = stage.owner.post("/api/v1/crm/replay", &all, 200).await.json();
    assert_eq!(made["count"], 0);
    assert_eq!(stage.runs("state=failed&limit=10").await.len(), failed, "none is lost");
}

/// CRM-4: an account without the permission for files. The conversation goes on, the refusal is told
/// once, and the file follows when somebody asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4_a_file_that_is_refused_does_not_hold_the_conversation_up() {
    let stage = AmoStage::start(json!({"files": true})).await;
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Смотрите");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "deal_created").await;
    switched(&stage, |switches| switches.files_scope = false);
    customer.sends(&stage.bot, Media::photo(PIXEL));
    stage.line(&c, "failed").await;
    stage.settled().await;
    let failed = last_run(&stage).await;
    assert_eq!(failed["state"], "failed", "{failed}");
    let before = stage.account.journal().len();
    for text in ["Раз", "Два"] {
        customer.sends_text(&stage.bot, text);
        let newest = last_run(&stage).await["run_id"].clone();
        until("a decision", async || (last_run(&stage).await["run_id"] != newest).then_some(()))
            .await;
        stage.settled().await;
    }
    let news = stage.account.journal().split_off(before);
    assert!(news.iter().all(|call| call.method == "GET"), "not tried with each message: {news:?}");
    let told = stage.lines(&c).await.iter().filter(|line| line["what"] == "failed").count();
    assert_eq!(told, 1);
    // Allowed at last, and asked for: twice, by two who do not know of each other.
    switched(&stage, |switches| switches.files_scope = true);
    let replay = format!("/api/v1/crm/runs/{}/replay", failed["run_id"].as_str().unwrap());
    stage.owner.poke(&replay, 202).await;
    let lead = stage.account.leads()[0]["id"].as_i64().unwrap();
    until("the file", async || (!stage.account.files(Kind::Leads, lead).is_empty()).then_some(()))
        .await;
    stage.settled().await;
    stage.owner.poke(&replay, 409).await;
    stage.settled().await;
    let files = stage.account.files(Kind::Leads, lead);
    assert_eq!(files.len(), 1);
    assert!(
        files[0].0.starts_with("photo."),
        "amoCRM takes no file without a name: {}",
        files[0].0
    );
    let portal = format!("/api/v1/crm/portals/{}", stage.portal);
    assert_eq!(stage.owner.get(&portal, 200).await.json()["failed"], 0);
}

/// CRM-4a: a deal that was in the CRM before us has its stage here at once, and what the CRM tells of
/// it by itself is not told as if somebody had moved it.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4a_a_deal_that_was_found_has_its_stage_and_no_false_news() {
    let stage = AmoStage::start(json!({"tags": {"fixed": true, "own": []}})).await;
    let stages = stage.account.stages();
    let at = stages.iter().find(|s| !s.is_unsorted && !s.is_archive).unwrap().clone();
    let contact = stage.account.add_contact("Анна", Some("+7 916 123-45-67"), None);
    let lead = stage.account.add_lead("Прежняя сделка", &at, Some(contact));
    let card =
        json!({"contact": {"phone_number": "+79161234567", "first_name": "Анна", "user_id": 78}});
    stage.customer(78, "Анна").sends_raw_message(&stage.bot, card);
    let c = stage.conversation("Анна").await;
    stage.line(&c, "deal_found").await;
    let deal =
        stage.owner.get(&at_conversation(&c, "/crm"), 200).await.json()["portals"][0]["deals"][0]
            .clone();
    assert_eq!(deal["id"], lead.to_string());
    assert_eq!(deal["at"]["stage"], at.status_id.to_string(), "{deal}");
    assert_eq!(deal["name"], "Прежняя сделка");
    // The tags that we added come back as an update of the deal.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let lines = stage.lines(&c).await;
    assert!(lines.iter().all(|line| line["what"] != "stage_changed"), "{lines:?}");
}

/// CRM-4a: webhooks that overtake each other leave the deal where it stands.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4a_late_webhooks_do_not_move_a_deal_back() {
    let stage = AmoStage::start(json!({})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Здравствуйте");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "deal_created").await;
    stage.settled().await;
    let lead = stage.account.leads()[0].clone();
    let (id, pipeline) = (lead["id"].as_i64().unwrap(), lead["pipeline_id"].as_i64().unwrap());
    let stages = stage.account.stages();
    let mine: Vec<_> =
        stages.iter().filter(|s| s.pipeline_id == pipeline && !s.is_unsorted).collect();
    switched(&stage, |switches| {
        (switches.reorder_webhooks, switches.webhook_delay_ms) = (true, 400);
    });
    for to in [mine[1], mine[2]] {
        stage.account.move_lead(id, pipeline, to.status_id);
    }
    stage.line(&c, "stage_changed").await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let deal =
        stage.owner.get(&at_conversation(&c, "/crm"), 200).await.json()["portals"][0]["deals"][0]
            .clone();
    assert_eq!(deal["at"]["stage"], mine[2].status_id.to_string(), "{deal}");
}

/// CRM-4a: a record is accepted into another deal than the one inside it; the conversation goes there.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4a_a_record_accepted_into_another_deal_takes_the_conversation_along() {
    let stage = AmoStage::start(json!({"method": {"method": "unsorted"}})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Раз");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "unsorted_created").await;
    stage.settled().await;
    let uid = stage.account.unsorted()[0]["uid"].as_str().unwrap().to_owned();
    let (address, ..) = stage.account.webhooks().remove(0);
    let at = address.strip_prefix(&stage.server.url()).unwrap().to_owned();
    let client = stage.server.client();
    let body = format!(
        "unsorted[delete][0][action]=accept&unsorted[delete][0][uid]={uid}\
         &unsorted[delete][0][accept_result][leads][0]=777001"
    );
    let hook = client
        .request(reqwest::Method::POST, &at)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    client.send(hook, 200).await;
    stage.line(&c, "unsorted_accepted").await;
    let card = stage.owner.get(&at_conversation(&c, "/crm"), 200).await.json();
    let deals = card["portals"][0]["deals"].as_array().unwrap().clone();
    assert_eq!(
        (deals.len(), &deals[0]["id"], &deals[0]["current"]),
        (1, &json!("777001"), &json!(true))
    );
}

/// CRM-6: an integration that is deleted leaves no decision behind that waits for ever.
#[tokio::test(flavor = "multi_thread")]
async fn crm_6_decisions_of_a_deleted_integration_do_not_wait_for_ever() {
    let stage = AmoStage::start(json!({})).await;
    switched(&stage, |switches| switches.unpaid = true);
    stage.customer(77, "Иван").sends_text(&stage.bot, "Есть кто?");
    stage.portal_state("stopped").await;
    assert_eq!(last_run(&stage).await["state"], "waiting");
    stage.owner.delete(&stage.integration, 204).await;
    switched(&stage, |switches| switches.unpaid = false);
    check(&stage).await;
    stage.settled().await;
    assert_eq!(last_run(&stage).await["state"], "replanned");
    assert!(stage.account.leads().is_empty() && stage.account.contacts().is_empty());
}
