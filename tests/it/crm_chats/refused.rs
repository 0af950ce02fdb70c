//! What the chats service refuses, of the channel or of a message, and how it is made good (AMO-13, CRM-6).

use sandbox::{amo::chats::Author, telegram::Customer};
use serde_json::{Value, json};
use tests::until;

use super::{house::texts, stage::Stage};

/// The service answers this message as it answers somebody whom it does not know.
async fn loses_the_channel(stage: &Stage, customer: &Customer, text: &str) {
    let mut db = stage.server.database().connect().await;
    let cut = "update portals set chat = jsonb_set(chat, '{scope_id}', '\"none_here\"')";
    sqlx::query(cut).execute(&mut db).await.unwrap();
    customer.sends_text(&stage.bot, text);
    until("the chats are cut off", async || {
        let seen = stage.owner.get(&portal(stage), 200).await.json();
        (seen["chats"]["connected"] == false).then_some(())
    })
    .await;
}

/// The first look is at the start.
async fn an_hour_later(stage: &mut Stage) {
    let mut db = stage.server.database().connect().await;
    sqlx::query("update portals set upkeep_at = now()").execute(&mut db).await.unwrap();
    stage.house.server.kill();
    stage.house.server.restart().await;
}

fn portal(stage: &Stage) -> String {
    format!("/api/v1/crm/portals/{}", stage.portal)
}

async fn enters_keys(stage: &Stage, bot_id: &str) {
    let channel = stage.app.channel.as_ref().unwrap();
    let form = json!({"channel_id": channel.id, "secret": format!(" {} ", channel.secret),
        "bot_id": bot_id});
    stage.owner.put(&format!("{}/chats", portal(stage)), &form, 200).await;
}

/// The entry of the log about a message that the chat did not take.
async fn entry(stage: &Stage) -> Value {
    until("the log tells of a refused message", async || {
        let page = stage.owner.get("/api/v1/crm/runs", 200).await.json();
        let mut runs = page["items"].as_array().unwrap().iter();
        runs.find(|run| run.to_string().contains("not_shown_in_chat")).cloned()
    })
    .await
}

/// AMO-13: one refusal of the channel is not for good. Nobody presses anything.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_channel_that_was_refused_once_is_offered_again() {
    let (mut stage, customer, _) = Stage::asked("раз").await;
    loses_the_channel(&stage, &customer, "два").await;
    let mut db = stage.server.database().connect().await;
    let faults = stage.owner.get("/api/v1/crm/faults", 200).await.json().to_string();
    assert!(faults.contains("chats_refused") && faults.contains("«Проверить»"), "{faults}");
    let soon: bool = sqlx::query_scalar(
        "select upkeep_at between now() + interval '50 minutes' and now() + interval '70 minutes'
         from portals",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert!(soon, "in an hour");

    an_hour_later(&mut stage).await;
    let (chat, _) = stage.shows("два").await;
    assert_eq!(texts(&chat), ["раз", "два"]);
    stage.user_answers(&customer, &chat, "Слушаю").await;
}

/// AMO-13: what began and what changed while the channel was lost is shown with it, without a new word.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_what_began_and_changed_without_the_channel_is_shown_with_it() {
    let mut stage = Stage::unsorted().await;
    let customer = stage.customer();
    let sent = customer.sends_text(&stage.bot, "Есть ли доставка?");
    let (chat, _) = stage.shows("Есть ли доставка?").await;
    let other = stage.telegram.customer(78, "Пётр", None);
    stage.asks(&other, "раз").await;
    loses_the_channel(&stage, &other, "два").await;
    customer.edits(&stage.bot, sent.message_id, "Есть ли доставка в Тверь?").unwrap();
    stage.telegram.customer(79, "Мария", None).sends_text(&stage.bot, "Пишу впервые");

    let mut db = stage.server.database().connect().await;
    until("all three are due", async || {
        let due = "select count(*) from crm_enquiries where chat ->> 'due' = 'true'";
        let due: i64 = sqlx::query_scalar(due).fetch_one(&mut db).await.unwrap();
        (due == 3).then_some(())
    })
    .await;
    an_hour_later(&mut stage).await;
    let (new, _) = stage.shows("Пишу впервые").await;
    assert_eq!(texts(&new), ["Пишу впервые"]);
    let (edited, _) = stage.shows("Есть ли доставка в Тверь?").await;
    assert_eq!((edited.id, edited.messages.len()), (chat.id, 1));
    stage.shows("два").await;
}

/// CRM-6: a message that the chat refused is among what failed, and is shown when it is repeated.
#[tokio::test(flavor = "multi_thread")]
async fn crm_6_a_message_that_the_chat_refused_is_repeated_from_the_log() {
    let stage = Stage::set().await;
    // Nobody checks the bot's id but the service, when a bot writes.
    enters_keys(&stage, "no-such-bot").await;
    stage.asks(&stage.customer(), "Почём?").await;
    stage.replies("reply-1", "Сто рублей").await;
    let run = entry(&stage).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(run["words"]["ru"].as_str().unwrap().contains("Чат CRM не принял сообщение"), "{run}");

    enters_keys(&stage, &stage.app.channel.as_ref().unwrap().bot_id).await;
    let path = format!("/api/v1/crm/runs/{}/replay", run["run_id"].as_str().unwrap());
    stage.owner.poke(&path, 202).await;
    let (chat, message) = stage.shows("Сто рублей").await;
    assert_eq!((texts(&chat), message.author), (vec!["Почём?", "Сто рублей"], Author::Bot));
    stage.owner.poke(&path, 409).await;
}

/// An older program wrote of refused messages as of emoji: what they say is offered again as well.
#[tokio::test(flavor = "multi_thread")]
async fn crm_6_an_entry_of_an_older_program_is_repeated_too() {
    let stage = Stage::set().await;
    enters_keys(&stage, "no-such-bot").await;
    stage.asks(&stage.customer(), "Почём?").await;
    stage.replies("reply-1", "Сто рублей").await;
    let run = entry(&stage).await;
    let mut db = stage.server.database().connect().await;
    sqlx::query("update crm_runs set state = 'nothing'").execute(&mut db).await.unwrap();

    enters_keys(&stage, &stage.app.channel.as_ref().unwrap().bot_id).await;
    let path = format!("/api/v1/crm/runs/{}/replay", run["run_id"].as_str().unwrap());
    stage.owner.poke(&path, 202).await;
    stage.shows("Сто рублей").await;
}

/// CRM-3: an employee whose user is no more in the CRM is shown by name as our bot, and not lost.
#[tokio::test(flavor = "multi_thread")]
async fn crm_3_an_employee_whose_user_is_gone_there_is_shown_as_the_bot() {
    let stage = Stage::set().await;
    let boss = stage.account.managers()[1].clone();
    let people = json!([{"employee": stage.owner.employee, "user": boss.id.to_string()}]);
    stage.save(json!({"chats": {}, "responsible": {"people": people}})).await;
    stage.asks(&stage.customer(), "Почём?").await;
    let mut db = stage.server.database().connect().await;
    let gone = "update portals set directory = replace(directory::text, $1, 'gone')::jsonb";
    sqlx::query(gone).bind(boss.amojo_id.unwrap()).execute(&mut db).await.unwrap();
    stage.replies("reply-1", "Сто рублей").await;
    let (_, message) = stage.shows("Сто рублей").await;
    assert_eq!((message.author, message.author_name.as_str()), (Author::Bot, "Анна"));
}

/// AMO-4: chats that are taken away and connected again by the same channel go on where they were: no second
/// record for one enquiry.
#[tokio::test(flavor = "multi_thread")]
async fn amo_4_the_same_channel_connected_again_goes_on_with_its_chats() {
    let stage = Stage::unsorted().await;
    let customer = stage.customer();
    let chat = stage.asks(&customer, "Первое").await;
    stage.owner.delete(&format!("{}/chats", portal(&stage)), 200).await;
    let seen = stage.owner.get(&portal(&stage), 200).await.json();
    assert!(seen["chats"].is_null(), "{seen}");
    customer.sends_text(&stage.bot, "Второе");
    stage.until_here("Второе").await;
    enters_keys(&stage, &stage.app.channel.as_ref().unwrap().bot_id).await;
    let (shown, _) = stage.shows("Второе").await;
    assert_eq!(shown.id, chat.id);
    let records = stage.account.unsorted();
    assert_eq!(records.len(), 1, "{records:?}");
}

/// CRM-7: a long-lived token knows no chats; those that were there end in the CRM too, so that nobody writes in
/// them in vain, and come back with the consent.
#[tokio::test(flavor = "multi_thread")]
async fn crm_7_by_a_long_lived_token_the_chats_end_and_come_back_with_consent() {
    let (stage, customer, _) = Stage::asked("раз").await;
    stage.account.set_long_lived_token(
        &stage.app.client_id,
        "long-lived",
        std::time::Duration::from_secs(86_400),
    );
    let form = json!({"kind": "amo", "address": "acme", "token": "long-lived"});
    stage.owner.post("/api/v1/crm/portals", &form, 201).await;
    let ended = async || stage.account.scopes().is_empty().then_some(());
    until("the chats end in the CRM", ended).await;
    until("the portal has none", async || {
        let seen = stage.owner.get(&portal(&stage), 200).await.json();
        (seen["chats"]["connected"] == false).then_some(())
    })
    .await;
    customer.sends_text(&stage.bot, "два");
    stage.until_here("два").await;
    let form = json!({"kind": "amo", "portal_id": stage.portal});
    stage.owner.consents(&stage.amo, &stage.app, "acme", &form).await;
    let (chat, _) = stage.shows("два").await;
    assert_eq!(texts(&chat), ["раз", "два"]);
}
