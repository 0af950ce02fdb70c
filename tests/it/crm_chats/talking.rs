//! What is said on either side is seen on the other: once, in order, with files, edits and emoji.

use sandbox::{
    amo::{
        Outage,
        chats::{Author, Delivery, Draft, Kind, sign_body},
    },
    telegram::{Media, MediaKind},
};
use serde_json::{Value, json};
use tests::{PIXEL, until};

use super::{house::texts, stage::Stage};

#[tokio::test(flavor = "multi_thread")]
async fn amo_13_both_sides_talk_and_the_crm_learns_what_became_of_its_answer() {
    let stage = Stage::set().await;
    let customer = stage.customer();
    let sent = customer.sends_text(&stage.bot, "Есть ли доставка?");

    // There: in a chat of the contact's, without an unsorted record.
    let (chat, message) = stage.shows("Есть ли доставка?").await;
    assert_eq!(message.author, Author::Client);
    assert!(!message.silent, "a customer's words are news");
    assert_eq!(chat.source.as_deref(), Some(stage.channel.as_str()));
    assert_eq!(chat.client.name, "Иван");
    assert!(chat.contact_id.is_some(), "bound to the contact");
    assert!(stage.account.unsorted().is_empty(), "{:?}", stage.account.unsorted());

    // Back, and only once, with its status.
    let draft = Draft::text("Да, по всей России").quoting(&message.id);
    stage.account.writes_in_chat(stage.user(), &chat.id, draft).unwrap();
    stage.reaches(&customer, "Да, по всей России").await;
    let hooks = stage.account.chat_hooks();
    assert!(hooks.iter().all(|hook| hook.answer == Some(Ok(200))), "{hooks:?}");

    // An employee's words are the bot's there, because no user of the CRM has their address.
    stage.replies("reply-1", "Пишет оператор").await;
    let (chat, message) = stage.shows("Пишет оператор").await;
    assert_eq!(message.author, Author::Bot);
    assert_eq!(message.author_name, "Анна");
    assert!(message.silent);

    // An edit reaches the CRM.
    customer.edits(&stage.bot, sent.message_id, "Есть ли доставка в Тверь?").unwrap();
    let (chat_now, edited) = stage.shows("Есть ли доставка в Тверь?").await;
    assert!(edited.edited);
    assert_eq!(chat_now.id, chat.id);
    let expect = ["Есть ли доставка в Тверь?", "Да, по всей России", "Пишет оператор"];
    assert_eq!(texts(&chat_now), expect, "what was written there does not come back");
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_webhook_is_taken_once_and_only_with_its_signature() {
    let (stage, customer, chat) = Stage::asked("Вопрос").await;
    stage.user_answers(&customer, &chat, "Ответ").await;

    let hook = stage.account.chat_hooks().pop().unwrap();
    let path = hook.url.strip_prefix(&stage.server.url()).unwrap().to_owned();
    let body = hook.body.to_string();
    let secret = &stage.app.channel.as_ref().unwrap().secret;
    let post = |signature: &str| {
        let request = stage.owner.nobody().request("POST".parse().unwrap(), &path);
        request.header("X-Signature", signature).body(body.clone())
    };
    stage.owner.send(post(&sign_body(secret, body.as_bytes())), 200).await;
    stage.owner.send(post(&sign_body("other", body.as_bytes())), 401).await;
    stage.owner.send(post(""), 401).await;
    let nowhere = stage.owner.nobody().request("POST".parse().unwrap(), "/hooks/crm-chats/none");
    stage.owner.send(nowhere.body(body.clone()), 404).await;

    stage.user_answers(&customer, &chat, "Ещё").await;
    let shown = customer.transcript(&stage.bot);
    let answers = shown.iter().filter(|m| m.text.as_deref() == Some("Ответ")).count();
    assert_eq!(answers, 1, "a repeated webhook says nothing again");
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_13_what_came_during_an_outage_and_a_kill_is_shown_once_and_in_order() {
    let mut stage = Stage::start(|_, channel| json!({"named_channels": [channel]})).await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "раз");
    stage.shows("[Бот магазина] раз").await;
    stage.account.set_outage(Outage::Unavailable);
    for text in ["два", "три", "четыре"] {
        customer.sends_text(&stage.bot, text);
    }
    stage.until_here("четыре").await;
    stage.house.server.kill();
    stage.account.set_outage(Outage::No);
    stage.house.server.restart().await;
    let (chat, _) = stage.shows("[Бот магазина] четыре").await;
    let expect = ["раз", "два", "три", "четыре"].map(|text| format!("[Бот магазина] {text}"));
    assert_eq!(texts(&chat), expect, "WA-4: the channel's name is before a customer's words");
    assert!(!stage.portal.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_13_emoji_go_both_ways_and_writing_is_seen() {
    let stage = Stage::set().await;
    let customer = stage.customer();
    let asked = customer.sends_text(&stage.bot, "Работаете завтра?");
    let (chat, question) = stage.shows("Работаете завтра?").await;
    let user = stage.user();

    stage.account.types_in_chat(user, &chat.id).unwrap();
    until("the customer sees that somebody writes", async || {
        (stage.bot.action(77).as_deref() == Some("typing")).then_some(())
    })
    .await;

    let answer = stage.user_writes(&chat, "Да");
    let shown = stage.reaches(&customer, "Да").await;

    let is_sent = |message: &Value| message["status"] == "sent";
    let conversation = stage.conversation().await;
    stage.owner.until_message(&conversation, "our record of the answer", is_sent).await;

    // The customer's, on a message of the CRM; then taken away.
    let emoji_of = |id: String| {
        let account = &stage.account;
        async move || {
            let chats = account.chats();
            let message = chats.iter().flat_map(|c| &c.messages).find(|m| m.id == id)?;
            Some(message.reactions.iter().map(|r| r.emoji.clone()).collect::<Vec<_>>())
        }
    };
    let (of_answer, of_question) = (emoji_of(answer.clone()), emoji_of(question.id.clone()));
    customer.reacts(&stage.bot, shown.message_id, Some("👍")).unwrap();
    until("the emoji is in the CRM", async || (of_answer().await? == ["👍"]).then_some(())).await;
    customer.reacts(&stage.bot, shown.message_id, None).unwrap();
    until("it is gone there", async || of_answer().await?.is_empty().then_some(())).await;

    // Of a user of the CRM, on the customer's message.
    stage.account.reacts_in_chat(user, &question.id, Some("🔥")).unwrap();
    let bots = async || {
        let shown = customer.transcript(&stage.bot);
        shown.iter().find(|m| m.message_id == asked.message_id)?.bot_reaction.clone()
    };
    assert_eq!(until("the customer sees it", bots).await, "🔥");
    assert_eq!(of_question().await, Some(vec!["🔥".to_owned()]), "it does not come back");
    stage.account.reacts_in_chat(user, &question.id, None).unwrap();
    until("it is taken away", async || bots().await.is_none().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amo_13_files_go_both_ways() {
    let stage = Stage::set().await;
    let customer = stage.customer();
    customer.sends(&stage.bot, Media::photo(PIXEL).caption("Вот такой"));
    let (chat, picture) = stage.shows("Вот такой").await;
    assert_eq!(picture.kind, Kind::Picture);
    let url = picture.media.unwrap();
    let fetched =
        stage.owner.nobody().get(url.strip_prefix(&stage.server.url()).unwrap(), 200).await;
    assert_eq!(fetched.body, PIXEL, "the link leads to the picture itself");

    let size = u64::try_from(PIXEL.len()).unwrap();
    let draft = Draft::picture(&url, "такой-же.png", size).caption("Есть такой же");
    let sent = stage.account.writes_in_chat(stage.user(), &chat.id, draft).unwrap();
    let shown = stage.reaches(&customer, "Есть такой же").await;
    let media = shown.media.unwrap();
    assert_eq!((media.kind, &media.bytes[..]), (MediaKind::Photo, PIXEL));
    stage.delivery(&sent, |delivery| *delivery == Delivery::Sent).await;
}

/// AMO-13: what was said before there were chats is shown with the next words, and by no edit or receipt.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_an_edit_begins_no_chat() {
    let stage = Stage::with(|_, _| json!({"method": {"method": "unsorted"}})).await;
    let customer = stage.customer();
    let sent = customer.sends_text(&stage.bot, "До чатов");
    until("a record that we made", async || {
        Some(stage.account.unsorted()).filter(|records| !records.is_empty())
    })
    .await;
    stage.save(json!({"chats": {}, "method": {"method": "unsorted"}})).await;
    customer.edits(&stage.bot, sent.message_id, "До чатов, исправлено").unwrap();
    stage.until_told("the edit is here", "исправлено").await;
    until("the CRM was told of it", async || {
        let quiet: bool = sqlx::query_scalar(
            "select not exists (select 1 from lanes where queue = 'crm' and pending > 0)
                and not exists (select 1 from crm_feeds f
                    where f.cursor_seq < (select max(seq) from events e
                                          where e.account_id = f.account_id))",
        )
        .fetch_one(&mut stage.server.database().connect().await)
        .await
        .unwrap();
        quiet.then_some(())
    })
    .await;
    assert_eq!(stage.account.chats().len(), 0);
    let chat = stage.asks(&customer, "При чатах").await;
    assert_eq!(texts(&chat), ["До чатов, исправлено", "При чатах"]);
}
