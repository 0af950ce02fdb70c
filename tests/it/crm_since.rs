//! Which conversations are an integration's concern over time: not those of before it, all that waited
//! when it was switched off, and those of a channel that is gone.

use sandbox::amo::{Kind, Switches};
use serde_json::{Value, json};
use tests::{AmoStage, amo_settings, at_conversation, until};

async fn check(stage: &AmoStage) {
    stage.owner.poke(&format!("/api/v1/crm/portals/{}/check", stage.portal), 200).await;
}

fn unpaid(stage: &AmoStage, unpaid: bool) {
    stage.account.set_switches(Switches { unpaid, ..stage.account.switches() });
}

async fn switched_off(stage: &AmoStage) {
    let now = stage.owner.get(&stage.integration, 200).await.json();
    let off = json!({"revision": now["revision"], "name": "Продажи", "enabled": false,
        "settings": amo_settings(&stage.channel, &json!({}))});
    stage.owner.put(&stage.integration, &off, 200).await;
}

/// Until the feed was read as far as it goes and nothing waits.
async fn all_read(stage: &AmoStage) {
    let mut database = stage.server.database().connect().await;
    until("the feed is read", async || {
        let behind = "select count(*) from crm_feeds f join account_counters c using (account_id)
             where f.cursor_seq < c.event_seq";
        let behind: i64 = sqlx::query_scalar(behind).fetch_one(&mut database).await.unwrap();
        (behind == 0).then_some(())
    })
    .await;
    stage.settled().await;
}

fn contact(c: &Value) -> String {
    format!("/api/v1/contacts/{}", c["contact_id"].as_str().unwrap())
}

/// AMO-2: what was closed before the integration was on is none of its concern when somebody renames the
/// contact or hangs a tag on it: a deal with a task that is a year overdue helps nobody. What the
/// customer writes then is, and from then on so are changes of the contact.
#[tokio::test(flavor = "multi_thread")]
async fn amo_2_a_conversation_of_before_is_not_made_a_deal_by_a_tag_or_a_name() {
    let stage = AmoStage::start(json!({})).await;
    switched_off(&stage).await;
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Давний вопрос");
    let old = stage.conversation("Иван").await;
    stage.owner.post(&at_conversation(&old, "/close"), &json!({}), 200).await;
    stage.save(json!({})).await;
    let tag = stage.owner.post("/api/v1/tags", &json!({"name": "опт"}), 201).await.json();
    let tag = at_conversation(&old, &format!("/tags/{}", tag["tag_id"].as_str().unwrap()));
    stage.owner.put(&tag, &json!({}), 200).await;
    stage.owner.patch(&contact(&old), &json!({"name": "Иван Петров"}), 200).await;
    all_read(&stage).await;
    assert_eq!(stage.runs("limit=10").await, [] as [Value; 0]);
    assert_eq!((stage.account.contacts().len(), stage.account.leads().len()), (0, 0));

    customer.sends_text(&stage.bot, "Новый вопрос");
    until("the new one is passed on", async || stage.account.leads().pop()).await;
    stage.settled().await;
    assert_eq!((stage.account.contacts().len(), stage.account.leads().len()), (1, 1));
    let before = stage.runs("limit=10").await.len();
    stage.owner.patch(&contact(&old), &json!({"name": "Иван Сидоров"}), 200).await;
    until("a decision about the new name", async || {
        (stage.runs("limit=10").await.len() > before).then_some(())
    })
    .await;
    all_read(&stage).await;
    assert_eq!(stage.account.leads().len(), 1, "and no deal of the old one");
}

/// CRM-2: what waited for a CRM when the integration was switched off is passed on when it is on again,
/// without another word of the customer; what came while it was off is not.
#[tokio::test(flavor = "multi_thread")]
async fn crm_2_what_waited_when_an_integration_was_switched_off_is_passed_on_later() {
    let stage = AmoStage::start(json!({})).await;
    unpaid(&stage, true);
    stage.customer(77, "Иван").sends_text(&stage.bot, "Ждущий вопрос");
    stage.portal_state("stopped").await;
    stage.customer(78, "Анна").sends_text(&stage.bot, "Вопрос");
    stage.conversation("Анна").await;
    // At once: whether or not it was queued for the CRM by now.
    switched_off(&stage).await;
    stage.customer(79, "Олег").sends_text(&stage.bot, "Пока выключено");
    let oleg = stage.conversation("Олег").await;
    stage.owner.post(&at_conversation(&oleg, "/close"), &json!({}), 200).await;
    unpaid(&stage, false);
    check(&stage).await;
    stage.settled().await;
    assert_eq!(stage.account.leads().len(), 0, "it is off");

    stage.save(json!({})).await;
    until("both are passed on", async || (stage.account.leads().len() == 2).then_some(())).await;
    all_read(&stage).await;
    assert_eq!((stage.account.contacts().len(), stage.account.leads().len()), (2, 2));
    // Saved once more, nothing is passed on again.
    let before = stage.account.journal().len();
    stage.save(json!({"transcript": "at_end"})).await;
    all_read(&stage).await;
    let news = stage.account.journal().split_off(before);
    assert!(news.iter().all(|call| call.method == "GET"), "{news:?}");
}

/// CRM-4, CRM-5: the channel was deleted, its conversations are still there: the deal can be moved, and
/// when the conversation is closed its transcript stands in the CRM.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4_conversations_of_a_deleted_channel_are_passed_on_to_their_end() {
    let stage = AmoStage::start(json!({"transcript": "at_end"})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Здравствуйте");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "deal_created").await;
    stage.settled().await;
    stage.owner.delete(&format!("/api/v1/channels/{}", stage.channel), 204).await;
    stage.owner.post(&at_conversation(&c, "/close"), &json!({}), 200).await;
    let lead = stage.account.leads()[0]["id"].as_i64().unwrap();
    until("the transcript", async || stage.account.notes(Kind::Leads, lead).pop()).await;
    let card = stage.owner.get(&at_conversation(&c, "/crm"), 200).await.json();
    let deal = &card["portals"][0]["deals"][0];
    assert_eq!(deal["id"], lead.to_string(), "{card}");
    let failed = stage.runs("state=failed&limit=10").await;
    assert_eq!(failed, [] as [Value; 0]);
}

/// BY-6: a portal that somebody must mend first is not tried on, and the answer says what to mend.
#[tokio::test(flavor = "multi_thread")]
async fn by_6_a_dry_run_at_a_stopped_portal_says_what_is_to_be_mended() {
    let stage = AmoStage::start(json!({})).await;
    unpaid(&stage, true);
    stage.owner.poke(&format!("/api/v1/crm/portals/{}/check", stage.portal), 200).await;
    let portal = stage.portal_state("stopped").await;
    let tried = stage.owner.post(&format!("{}/try", stage.integration), &json!({}), 409).await;
    let tried = tried.json();
    let words = tried["detail"]["ru"].as_str().unwrap();
    for part in ["reason", "remedy"] {
        let says = portal[part]["ru"].as_str().unwrap();
        assert!(words.contains(says), "{says} is not in {words}");
    }
}

/// AMO-12: users are for admins' eyes. A token whose owner is one no more keeps the list that is known,
/// and with it whom conversations are given to (CRM-3).
#[tokio::test(flavor = "multi_thread")]
async fn amo_12_users_that_may_not_be_read_any_more_stay_as_they_were() {
    let stage = AmoStage::start(json!({})).await;
    let path = format!("/api/v1/crm/portals/{}/directory", stage.portal);
    let known = stage.owner.get(&path, 200).await.json();
    assert!(known["users"].as_array().is_some_and(|users| users.len() > 1), "{known}");
    stage.account.demote_admins();
    stage.owner.poke(&path, 200).await;
    let now = stage.owner.get(&path, 200).await.json();
    assert_eq!(now["users"], known["users"]);
    assert!(now["fetched_at"].as_str() > known["fetched_at"].as_str(), "the rest was pulled");
}
