//! amoCRM by rules, end to end: a customer with a Telegram bot, people of the CRM, Beseda between them.

use sandbox::amo::{Faults, Kind, Outage, Scope};
use serde_json::{Value, json};
use tests::{AmoStage, at_conversation, until};

async fn closes(stage: &AmoStage, conversation: &Value) {
    stage.owner.poke(&at_conversation(conversation, "/close"), 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_3_the_first_enquiry_makes_contact_and_deal_and_the_conversation_says_so() {
    let stage =
        AmoStage::start(json!({"tags": {"fixed": true, "own": ["из {channel.name}"]}})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Есть ли доставка?");
    let c = stage.conversation("Иван").await;
    let created = stage.line(&c, "deal_created").await;
    assert!(created["name"].as_str().unwrap().contains(&c["number"].to_string()), "{created}");
    assert_eq!(stage.line(&c, "contact_created").await["name"], "Иван");

    let (leads, contacts) = (stage.account.leads(), stage.account.contacts());
    assert_eq!((leads.len(), contacts.len()), (1, 1));
    let first = stage.account.stages().into_iter().find(|s| !s.is_unsorted && !s.is_archive);
    assert_eq!(leads[0]["status_id"], first.unwrap().status_id, "AMO-10");
    let tags = leads[0]["_embedded"]["tags"].to_string();
    assert!(tags.contains("из Бот магазина") && tags.contains("Telegram"), "AMO-7, BY-3: {tags}");

    // The card beside the conversation.
    let card = stage.owner.get(&at_conversation(&c, "/crm"), 200).await.json();
    let deal = &card["portals"][0]["deals"][0];
    assert_eq!(deal["id"], leads[0]["id"].to_string());
    assert_eq!(deal["current"], true);

    // The log says by which rule and by which calls; no secret is in it.
    let run = stage.runs("limit=1").await.remove(0);
    let id = run["run_id"].as_str().unwrap();
    let run = stage.owner.get(&format!("/api/v1/crm/runs/{id}"), 200).await.json();
    let rules: Vec<&str> = run["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["because"]["rule"].as_str().unwrap())
        .collect();
    assert!(rules.contains(&"CRM-2") && rules.contains(&"AMO-3"), "{rules:?}");
    let calls = run["steps"][0]["calls"].as_array().unwrap();
    assert!(calls[0]["path"].as_str().unwrap().ends_with("/api/v4/contacts"), "{calls:?}");
    assert!(!run.to_string().contains("Bearer"), "BY-6: no token is kept");

    // A message more changes nothing, and costs the CRM no call.
    let before = stage.account.journal().len();
    stage.customer(77, "Иван").sends_text(&stage.bot, "Алло?");
    until("the second message is passed on", async || {
        (stage.runs("limit=10").await.len() >= 2).then_some(())
    })
    .await;
    stage.settled().await;
    assert_eq!(stage.account.leads().len(), 1);
    assert_eq!(stage.account.journal().len(), before, "nothing was asked or written");
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_3_a_repeat_enquiry_makes_a_deal_only_when_none_is_open_in_the_funnel() {
    let stage = AmoStage::start(json!({})).await;
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Первый");
    let first = stage.conversation("Иван").await;
    stage.line(&first, "deal_created").await;
    closes(&stage, &first).await;
    stage.settled().await;

    customer.sends_text(&stage.bot, "Второй");
    let second = until("another conversation", async || {
        let c = stage.conversation("Иван").await;
        (c["conversation_id"] != first["conversation_id"]).then_some(c)
    })
    .await;
    stage.line(&second, "deal_found").await;
    assert_eq!((stage.account.leads().len(), stage.account.contacts().len()), (1, 1));
    closes(&stage, &second).await;
    stage.settled().await;

    // Won: the next enquiry makes a deal, and no second contact.
    let lead = stage.account.leads()[0].clone();
    let (id, pipeline) = (lead["id"].as_i64().unwrap(), lead["pipeline_id"].as_i64().unwrap());
    stage.account.move_lead(id, pipeline, 142);
    stage.line(&second, "stage_changed").await;
    customer.sends_text(&stage.bot, "Третий");
    until("a second deal", async || (stage.account.leads().len() == 2).then_some(())).await;
    assert_eq!(stage.account.contacts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn crm_1_a_client_of_the_crm_is_found_by_phone_and_not_doubled() {
    let stage = AmoStage::start(json!({})).await;
    // Somebody else holds the digits in another field: the first hit of the search is not the one.
    stage.account.add_contact("Номер 9161234567 в имени", None, None);
    let known = stage.account.add_contact("Анна Смирнова", Some("8 (916) 123-45-67"), None);
    let customer = stage.customer(78, "Анна");
    let card =
        json!({"contact": {"phone_number": "+79161234567", "first_name": "Анна", "user_id": 78}});
    customer.sends_raw_message(&stage.bot, card);
    let c = stage.conversation("Анна").await;
    stage.line(&c, "deal_created").await;
    let lines = stage.lines(&c).await;
    assert!(lines.iter().any(|line| line["what"] == "contact_found"), "{lines:?}");
    assert_eq!(stage.account.contacts().len(), 2);
    let leads = stage.account.leads();
    assert!(leads[0]["_embedded"]["contacts"].to_string().contains(&known.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn crm_4a_moves_come_back_and_crm_5_an_operator_moves_the_deal() {
    let stage = AmoStage::start(json!({})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Здравствуйте");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "deal_created").await;
    let lead = stage.account.leads()[0].clone();
    let id = lead["id"].as_i64().unwrap();
    let pipeline = lead["pipeline_id"].as_i64().unwrap();
    let stages = stage.account.stages();
    let mine: Vec<_> =
        stages.iter().filter(|s| s.pipeline_id == pipeline && !s.is_unsorted).collect();

    // There → here.
    stage.account.move_lead(id, pipeline, mine[1].status_id);
    let line = stage.line(&c, "stage_changed").await;
    assert!(line["detail"].as_str().unwrap().ends_with(&mine[1].name), "{line}");

    // Here → there, without an echo.
    let form = json!({"portal_id": stage.portal, "deal": id.to_string(),
        "pipeline": pipeline.to_string(), "stage": mine[2].status_id.to_string()});
    stage.owner.post(&at_conversation(&c, "/crm/stage"), &form, 202).await;
    until("the deal is moved in the CRM", async || {
        let now = stage.account.lead(id)?;
        (now["status_id"] == mine[2].status_id).then_some(())
    })
    .await;
    stage.settled().await;
    let moved = stage.lines(&c).await.iter().filter(|l| l["what"] == "stage_changed").count();
    assert_eq!(moved, 2, "one by the CRM's person, one by ours, no echo");

    // Nonsense is refused in words; a deal of nobody is not there.
    let mut bad = form.clone();
    bad["stage"] = json!("999999");
    let answer = stage.owner.post(&at_conversation(&c, "/crm/stage"), &bad, 422).await;
    assert_eq!(answer.json()["errors"][0]["field"], "stage");
    bad = form.clone();
    bad["deal"] = json!("1");
    stage.owner.post(&at_conversation(&c, "/crm/stage"), &bad, 404).await;
    // Another company sees none of it.
    let other = stage.server.sign_up().await;
    other.post(&at_conversation(&c, "/crm/stage"), &form, 404).await;
    other.get(&at_conversation(&c, "/crm"), 404).await;
    assert_eq!(other.get("/api/v1/crm/runs", 200).await.json()["items"], json!([]));
    let run = stage.runs("limit=1").await[0]["run_id"].as_str().unwrap().to_owned();
    other.get(&format!("/api/v1/crm/runs/{run}"), 404).await;
    other.get(&format!("/api/v1/crm/portals/{}", stage.portal), 404).await;
    other.get(&stage.integration, 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_5_one_open_task_at_a_time_and_a_new_one_after_it_is_closed() {
    let tasks = json!({"due_minutes": 60, "owner": "integration"});
    let stage = AmoStage::start(json!({"tasks": tasks})).await;
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Раз");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "task_created").await;
    customer.sends_text(&stage.bot, "Два");
    until("the second message is passed on", async || {
        (stage.runs("limit=10").await.len() >= 2).then_some(())
    })
    .await;
    stage.settled().await;
    assert_eq!(stage.account.tasks().len(), 1);
    let task = stage.account.tasks()[0]["id"].as_i64().unwrap();
    stage.account.close_task(task, "Ответили");
    stage.line(&c, "task_done").await;
    customer.sends_text(&stage.bot, "Три");
    until("another task", async || (stage.account.tasks().len() == 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crm_4_the_transcript_is_written_at_the_end_and_crm_3_who_answers_becomes_responsible() {
    let stage = AmoStage::start(json!({})).await;
    let boss = stage.account.managers()[0].clone();
    let me = stage.owner.get("/api/v1/me", 200).await.json();
    let me =
        me["employee"]["employee_id"].as_str().or(me["employee_id"].as_str()).unwrap().to_owned();
    let people = json!({"people": [{"employee": me, "user": boss.id.to_string()}]});
    stage.save(json!({"responsible": people})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Почём?");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "deal_created").await;
    let answer = json!({"client_id": "a1", "text": "Сто рублей"});
    stage.owner.post(&at_conversation(&c, "/messages"), &answer, 201).await;
    stage.line(&c, "responsible_changed").await;
    let lead = stage.account.leads()[0].clone();
    assert_eq!(lead["responsible_user_id"], boss.id);
    closes(&stage, &c).await;
    let id = lead["id"].as_i64().unwrap();
    let note =
        until("the transcript", async || stage.account.notes(Kind::Leads, id).into_iter().next())
            .await;
    let text = note["params"]["text"].as_str().unwrap();
    assert!(text.contains("Почём?") && text.contains("Сто рублей"), "{text}");
    assert!(text.find("Почём?") < text.find("Сто рублей"));
    stage.settled().await;
    assert_eq!(stage.account.notes(Kind::Leads, id).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_4_every_closed_chat_that_goes_on_makes_an_unsorted_record() {
    let stage = AmoStage::start(json!({"method": {"method": "unsorted"}})).await;
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Раз");
    let first = stage.conversation("Иван").await;
    stage.line(&first, "unsorted_created").await;
    let record = stage.account.unsorted()[0].clone();
    let uid = record["uid"].as_str().unwrap();
    let admin = stage.account.admin();
    assert!(stage.account.accept(uid, admin, None));
    stage.line(&first, "unsorted_accepted").await;
    closes(&stage, &first).await;
    stage.settled().await;
    customer.sends_text(&stage.bot, "Два");
    until("another record", async || (!stage.account.unsorted().is_empty()).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crm_6_what_is_gone_in_the_crm_is_left_out_and_told_and_the_rest_is_saved() {
    let stage = AmoStage::start(json!({})).await;
    let field = stage.account.add_field(Kind::Leads, "Кампания", "text", &[]);
    let kept = stage.account.add_field(Kind::Leads, "Канал", "text", &[]);
    let gone = stage.account.add_person("Уволенный Пётр");
    let directory = format!("/api/v1/crm/portals/{}/directory", stage.portal);
    stage.owner.poke(&directory, 200).await;
    stage
        .save(json!({
            "fields": {"deal": [
                {"field": field.to_string(), "from": "enquiry.text"},
                {"field": kept.to_string(), "from": "channel.name"}]},
            "responsible": {"default": gone.to_string()},
        }))
        .await;
    // Gone after they were chosen, and before our copy of the lists knows.
    stage.account.delete_field(field);
    stage.account.set_user_active(gone, false);
    stage.customer(77, "Иван").sends_text(&stage.bot, "Вопрос");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "deal_created").await;
    let lead = stage.account.leads()[0].clone();
    assert!(lead["custom_fields_values"].to_string().contains("Бот магазина"), "{lead}");
    let run = stage.runs("state=done&limit=1").await.remove(0);
    assert!(run.to_string().contains("Кампания"), "the log names the field: {run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn crm_6_a_portal_that_is_down_loses_nothing_and_one_switched_off_asks_to_connect_again() {
    let stage = AmoStage::start(json!({})).await;
    stage.account.set_outage(Outage::Unavailable);
    for n in 0..6 {
        stage.customer(100 + n, &format!("Клиент {n}")).sends_text(&stage.bot, "Есть кто?");
    }
    stage.portal_state("interrupted").await;
    stage.account.set_outage(Outage::No);
    until("all deals", async || (stage.account.leads().len() == 6).then_some(())).await;
    stage.portal_state("connected").await;

    stage.account.disable_integration(&stage.app.client_id);
    let stopped = stage.portal_state("stopped").await;
    assert!(stopped["remedy"]["ru"].as_str().unwrap().contains("Подключить заново"), "{stopped}");
    stage.customer(200, "После").sends_text(&stage.bot, "Есть кто?");
    let waiting = stage.conversation("После").await;
    until("the work waits", async || {
        let path = format!("/api/v1/crm/portals/{}", stage.portal);
        (stage.owner.get(&path, 200).await.json()["waiting"] != 0).then_some(())
    })
    .await;
    assert_eq!(stage.account.leads().len(), 6);
    // Consent again: what has gathered is passed on.
    let form = json!({"kind": "amo", "portal_id": stage.portal});
    let asked = stage.owner.post("/api/v1/crm/portals/consent", &form, 200).await.json();
    let page = url::Url::parse(asked["url"].as_str().unwrap()).unwrap();
    let (_, state) = page.query_pairs().find(|(name, _)| name == "state").unwrap();
    let back = stage.amo.consent_redirect(&stage.app.client_id, &state, "acme").unwrap();
    stage.owner.get(back.strip_prefix(&stage.server.url()).unwrap(), 303).await;
    stage.line(&waiting, "deal_created").await;
    assert_eq!(stage.account.leads().len(), 7);
    assert_eq!(stage.account.audit().duplicates(), 0);
    // The state of a consent is good once.
    let again = stage.owner.get(back.strip_prefix(&stage.server.url()).unwrap(), 303).await;
    assert!(again.header("location").unwrap().contains("error="), "{:?}", again.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn crm_2_a_write_whose_answer_is_lost_is_looked_for_before_it_is_repeated() {
    let stage = AmoStage::start(json!({"tasks": {"due_minutes": 5, "owner": "integration"}})).await;
    // Each of the first calls takes effect and is not answered.
    stage.account.set_faults(Faults { drop_answer: 4, scope: Scope::Writes, ..Faults::default() });
    stage.customer(77, "Иван").sends_text(&stage.bot, "Вопрос");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "task_created").await;
    assert_eq!(stage.account.contacts().len(), 1);
    assert_eq!(stage.account.leads().len(), 1);
    assert_eq!(stage.account.tasks().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn crm_2_a_server_killed_in_the_middle_goes_on_and_doubles_nothing() {
    let mut stage = AmoStage::start(json!({})).await;
    stage.account.set_faults(Faults { slow_ms: 150, ..Faults::default() });
    for n in 0..8 {
        stage.customer(100 + n, &format!("Клиент {n}")).sends_text(&stage.bot, "Есть кто?");
    }
    for wanted in [2, 5] {
        until("some of the work is done", async || {
            (stage.account.contacts().len() >= wanted).then_some(())
        })
        .await;
        stage.server.kill();
        stage.server.restart().await;
    }
    until("all deals", async || (stage.account.leads().len() >= 8).then_some(())).await;
    stage.settled().await;
    assert_eq!((stage.account.leads().len(), stage.account.contacts().len()), (8, 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn by_6_a_dry_run_writes_nothing_and_a_failed_decision_is_made_anew_by_hand() {
    let stage = AmoStage::start(json!({})).await;
    let try_it = format!("{}/try", stage.integration);
    let sample = json!({"sample": {"name": "Ольга", "phone": "8 916 123-45-67", "text": "Цена?"}});
    let tried = stage.owner.post(&try_it, &sample, 200).await.json();
    assert_eq!(tried["would"].as_array().unwrap().len(), 2, "{tried}");
    assert_eq!(tried["asked"].as_array().unwrap().len(), 1, "the search by phone");
    assert!(stage.account.contacts().is_empty() && stage.account.leads().is_empty());
    let bad = json!({"sample": {"phone": "не номер"}});
    let answer = stage.owner.post(&try_it, &bad, 422).await.json();
    assert_eq!(answer["errors"][0]["field"], "phone");

    // A filter that denies: nothing is done, and the log and the card say why.
    let when = json!({"is": "param", "param": "visit.site", "by": "equals", "values": ["a.ru"]});
    stage.save(json!({"filter": {"when": when}})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Вопрос");
    let c = stage.conversation("Иван").await;
    let run = until("a decision", async || stage.runs("limit=1").await.pop()).await;
    assert_eq!(run["state"], "nothing", "{run}");
    assert_eq!(run["left_out"][0]["rule"], "AMO-6");
    let card = stage.owner.get(&at_conversation(&c, "/crm"), 200).await.json();
    assert!(card["why_nothing"]["ru"].is_string(), "{card}");
    assert!(stage.account.journal().iter().all(|call| !call.path.contains("contacts?")));
}

#[tokio::test(flavor = "multi_thread")]
async fn crm_4a_a_webhook_that_is_not_understood_is_kept_and_a_wrong_address_is_404() {
    let stage = AmoStage::start(json!({})).await;
    let (address, ..) = stage.account.webhooks().remove(0);
    let at = address.strip_prefix(&stage.server.url()).unwrap().to_owned();
    let client = stage.server.client();
    let post = |path: &str, body: &'static str| {
        client
            .request(reqwest::Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    };
    client.send(post(&at, "leads[status][0][id]=%FF%FE&&&[[["), 200).await;
    client.send(post("/hooks/crm/unknown", "a=b"), 404).await;
    // Of a lead that is not ours nothing is heard.
    client.send(post(&at, "leads[status][0][id]=1&leads[status][0][status_id]=142"), 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crm_5_a_move_ordered_while_the_crm_is_down_is_told_as_waiting_and_is_done_then() {
    let stage = AmoStage::start(json!({})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Здравствуйте");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "deal_created").await;
    let lead = stage.account.leads()[0].clone();
    let (id, pipeline) = (lead["id"].as_i64().unwrap(), lead["pipeline_id"].as_i64().unwrap());
    let stages = stage.account.stages();
    let mut open = stages.iter().filter(|s| s.pipeline_id == pipeline && !s.is_unsorted);
    let to = open.nth(2).unwrap().status_id;
    let moving = async || {
        let card = stage.owner.get(&at_conversation(&c, "/crm"), 200).await.json();
        card["portals"][0]["deals"][0]["moving"].clone()
    };
    assert_eq!(moving().await, Value::Null);
    stage.account.set_outage(Outage::Unavailable);
    let form = json!({"portal_id": stage.portal, "deal": id.to_string(),
        "pipeline": pipeline.to_string(), "stage": to.to_string()});
    stage.owner.post(&at_conversation(&c, "/crm/stage"), &form, 202).await;
    assert_eq!(moving().await["to"]["stage"], to.to_string(), "from the very first");
    until("a try met a CRM that is down", async || (moving().await["waits"] == true).then_some(()))
        .await;
    assert_ne!(stage.account.lead(id).unwrap()["status_id"], to);
    stage.account.set_outage(Outage::No);
    until("it is told no more", async || moving().await.is_null().then_some(())).await;
    assert_eq!(stage.account.lead(id).unwrap()["status_id"], to);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_6_what_made_nothing_is_made_anew_by_the_settings_of_now_and_once() {
    let stage = AmoStage::start(json!({})).await;
    let gate = json!({"when": {"is": "param", "param": "visit.campaign", "by": "equals",
        "values": ["Осень"]}});
    stage.save(json!({"filter": gate})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Есть кто?");
    let run = until("a decision that makes nothing", async || {
        stage.runs("state=nothing&limit=1").await.pop()
    })
    .await;
    let replay = format!("/api/v1/crm/runs/{}/replay", run["run_id"].as_str().unwrap());
    stage.save(json!({})).await;
    stage.owner.poke(&replay, 202).await;
    until("the deal", async || (stage.account.leads().len() == 1).then_some(())).await;
    stage.settled().await;
    // It has made something meanwhile: to repeat it would make nothing, and that is said.
    let again = stage.owner.poke(&replay, 409).await.json();
    assert_eq!(again["code"], "nothing_to_repeat");
    assert_eq!(stage.account.leads().len(), 1);
}
