//! What is known of the chats inside amoCRM, and what is told there of messages.

use chrono::Utc;
use domain::{content::Content, conversation::Direction, delivery::DeliveryStatus, ids::MessageId};
use serde_json::json;
use store::{ChatWritten, NewMessage, StoredBody};
use uuid::Uuid;

use super::company::Enquiry;

/// AMO-13: with another channel there are other chats, and the records of those are to be looked for.
#[tokio::test]
async fn amo_13_what_was_known_of_chats_goes_with_their_channel() {
    let Enquiry { company, portal, integration, conversation, .. } = Enquiry::comes().await;
    let mut tx = company.tx().await;
    let known = json!({"name": "one", "record": "uid"});
    tx.note_crm_chat(integration, conversation, &known).await.unwrap();
    tx.save_crm_chat(integration, conversation, 4).await.unwrap();
    let row = tx.crm_enquiry(integration, conversation).await.unwrap().unwrap();
    assert_eq!((row.chat_position, row.chat), (4, Some(known)), "a position takes nothing away");
    tx.forget_crm_chats(portal).await.unwrap();
    let row = tx.crm_enquiry(integration, conversation).await.unwrap().unwrap();
    assert_eq!((row.chat_position, row.chat), (4, None));
    tx.commit().await.unwrap();
}

/// WA-2: a file of the CRM's chat whose words went after it got as far as the worse of the two.
#[tokio::test]
async fn wa_2_a_file_whose_words_failed_is_told_to_have_failed() {
    use DeliveryStatus::{Delivered, Failed, Read, Sent};
    let Enquiry { company, portal, channel, integration, conversation, .. } =
        Enquiry::comes().await;
    let mut tx = company.tx().await;
    let mut position = 100;
    for (file, words, told) in [
        (Delivered, Some(Failed), Some(Failed)),
        (Failed, Some(Read), Some(Failed)),
        (Read, Some(Delivered), Some(Delivered)),
        (Delivered, Some(Sent), None),
        (Read, None, Some(Read)),
    ] {
        let mut ids = Vec::new();
        for status in [Some(file), words].into_iter().flatten() {
            position += 1;
            let message_id = MessageId(Uuid::now_v7());
            tx.insert_message(&NewMessage {
                message_id,
                conversation_id: conversation,
                position,
                channel_id: channel,
                direction: Direction::Outbound,
                author_id: None,
                automatic: false,
                body: StoredBody::Said(Content::text("Вот".to_owned())),
                words: String::new(),
                reply_to: None,
                status: Some(status),
                client_id: None,
                mentions: vec![],
                at: Utc::now(),
            })
            .await
            .unwrap();
            ids.push(message_id);
        }
        let name = format!("{position}");
        assert!(tx.receive_crm_chat(portal, &name, &json!({})).await.unwrap());
        let written = ChatWritten {
            portal,
            external_id: name.clone(),
            author: String::new(),
            signature: String::new(),
        };
        tx.crm_chat_became(conversation, ids[0], ids.get(1).copied(), &written).await.unwrap();
        let fates = tx.crm_chat_fates(portal, integration, conversation, 100).await.unwrap();
        let fate = fates.iter().find(|fate| fate.external_id == name).map(|fate| fate.status);
        assert_eq!(fate, told, "{file:?} {words:?}");
        if let Some(told) = told {
            tx.told_crm_chat(portal, &name, told).await.unwrap();
        }
    }
    let left = tx.crm_chat_fates(portal, integration, conversation, 100).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}
