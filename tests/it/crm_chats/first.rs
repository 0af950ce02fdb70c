//! Who has never written is written to from the CRM (AMO-13, WA-3), through SMS.

use sandbox::amo::chats::{Author, Delivery};
use serde_json::json;

use super::stage::Stage;

/// AMO-13, WA-3: whoever has never written is written to from the CRM through the channel that can, and
/// the answer lands in the same chat.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_person_is_written_to_first_through_sms() {
    let stage = Stage::set().await;
    let line = stage.with_sms(json!({})).await;

    let contact = stage.account.add_contact("Пётр", Some("+79165554433"), None);
    let (chat, sent) = stage.user_begins(
        stage.user(),
        contact,
        Some(&line.channel),
        "Добрый день, ваш заказ готов",
    );
    line.reaches("Добрый день, ваш заказ готов").await;
    stage.delivery(&sent, |delivery| !matches!(delivery, Delivery::Failed { .. })).await;

    line.writes("Спасибо, еду");
    let (shown, message) = stage.shows("Спасибо, еду").await;
    assert_eq!((shown.id, message.author), (chat, Author::Client), "in the chat that was begun");
    assert_eq!(stage.account.chats().len(), 1);
}

/// WA-5: a number of the black list is passed to the CRM by nobody, whoever wrote first; but whoever wrote
/// there is told what became of it.
#[tokio::test(flavor = "multi_thread")]
async fn wa_5_a_listed_number_is_not_shown_though_the_crm_wrote_first() {
    let stage = Stage::set().await;
    let line = stage.with_sms(json!({"skip_phones": ["+79165554433"]})).await;
    let contact = stage.account.add_contact("Пётр", Some("+79165554433"), None);
    let (chat, sent) = stage.user_begins(stage.user(), contact, Some(&line.channel), "Добрый день");
    line.reaches("Добрый день").await;
    stage.delivery(&sent, |delivery| *delivery == Delivery::Delivered).await;
    line.writes("Не для CRM");
    stage.until_here("Не для CRM").await;
    // The next one of another person comes after whatever that would have led to.
    stage.asks(&stage.customer(), "Для CRM").await;
    let shown = stage.account.chats().into_iter().find(|one| one.id == chat).unwrap();
    assert_eq!(shown.messages.len(), 1, "{:?}", shown.messages);
}

/// Crm.md 1.6: two chats are joined by nothing. Who has a chat of ours and is written to in another one goes on
/// in ours, and nothing that they answer is refused.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_second_chat_with_a_person_takes_nothing_from_the_first() {
    let stage = Stage::set().await;
    let line = stage.with_sms(json!({})).await;
    line.writes("Я пишу первым");
    let (ours, _) = stage.shows("Я пишу первым").await;
    let other = stage.account.add_contact("Другая карточка", Some("8 916 555-44-33"), None);
    let (chat, _) =
        stage.user_begins(stage.user(), other, Some(&line.channel), "Пишу из другой карточки");
    assert_ne!(chat, ours.id);
    line.reaches("Пишу из другой карточки").await;
    line.writes("Отвечаю");
    let (shown, _) = stage.shows("Отвечаю").await;
    assert_eq!(shown.id, ours.id);
    assert_eq!(stage.account.chat_refusals(), []);
}
