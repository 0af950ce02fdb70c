//! What amoCRM makes by itself of an incoming message: a contact, a lead in Unsorted, a talk, and
//! the account's webhooks about them.

use serde_json::{Value, json};

use super::{
    Author, Client, Message,
    receive::Caller,
    shown::linked_contact,
    state::{Chat, Talk},
};
use crate::amo::{
    acts::{Acting, UnsortedDraft},
    draft::{Common, ContactDraft, LeadDraft},
    world::{AccountState, ChatLink, Event, FieldValue, Kind, Values},
};

/// A not silent message of somebody unknown becomes a contact and an Unsorted lead of the category
/// `chats`, in the pipeline of the chat's source. A chat that belongs to a contact makes nothing.
pub(super) fn sort_out(acting: &mut Acting<'_>, caller: &Caller, chat_id: &str) {
    if linked_contact(acting.account, chat_id).is_some() {
        return;
    }
    acting.account.chat_links.retain(|link| link.chat_id != chat_id);
    let Some(chat) = acting.account.chats.chats.get(chat_id) else { return };
    // The duplicate control looks at the phone of the first message's profile.
    let values = communications(acting.account, &chat.client);
    let draft = draft(acting, caller, chat, values);
    let entry = acting.put_unsorted(&draft);
    let Some(contact_id) = entry.contact_ids.first().copied() else { return };
    let link = ChatLink { id: acting.ids.made(), chat_id: chat_id.to_owned(), contact_id };
    acting.account.chat_links.push(link);
    if let Some(chat) = acting.account.chats.chats.get_mut(chat_id) {
        chat.lead = Some(entry.lead_id);
    }
}

fn draft(acting: &Acting<'_>, caller: &Caller, chat: &Chat, values: Values) -> UnsortedDraft {
    let account = &acting.account;
    let own = || account.sources.values().filter(|one| one.client_id == caller.integration);
    let named = own().find(|one| Some(&one.external_id) == chat.source.as_ref());
    let source = named.or_else(|| own().find(|one| one.default));
    let open = |id: &i64| account.pipelines.get(id).is_some_and(|pipeline| !pipeline.is_archive);
    let last = chat.messages.last().map(|message| message.text.as_str());
    UnsortedDraft {
        category: "chats".to_owned(),
        source_uid: chat.source.clone(),
        source_name: Some(caller.channel.name.clone()),
        // Nothing is the main one.
        pipeline_id: source.map(|source| source.pipeline_id).filter(open),
        created_at: None,
        metadata: json!({
            "from": chat.client.name, "received_at": acting.now, "service": caller.channel.code,
            "client": {"name": chat.client.name, "avatar": chat.client.avatar},
            "origin": {"chat_id": chat.id, "ref": null, "visitor_uid": null},
            "source": chat.source, "source_name": caller.channel.name, "last_message_text": last,
        }),
        lead: LeadDraft { source_id: source.map(|source| source.id), ..LeadDraft::default() },
        contacts: vec![ContactDraft {
            name: Some(chat.client.name.clone()),
            common: Common { values, ..Common::default() },
            ..ContactDraft::default()
        }],
        companies: Vec::new(),
    }
}

fn communications(account: &AccountState, client: &Client) -> Values {
    let mut values = Values::new();
    for (code, told) in [("PHONE", &client.phone), ("EMAIL", &client.email)] {
        if let (Some(field), Some(told)) = (account.field_by_code(Kind::Contacts, code), told) {
            let work = field.enums.iter().find(|one| one.value == "WORK");
            let one = FieldValue {
                value: json!(told),
                enum_id: work.map(|one| one.id),
                enum_code: work.map(|one| one.value.clone()),
            };
            values.insert(field.id, vec![one]);
        }
    }
    values
}

/// Keeps the talk of a chat, and tells the account's webhooks of it and of an incoming message.
pub(super) fn tell(acting: &mut Acting<'_>, caller: &Caller, chat_id: &str, message: &Message) {
    let contact = linked_contact(acting.account, chat_id);
    let Some(chat) = acting.account.chats.chats.get_mut(chat_id) else { return };
    let incoming = message.author == Author::Client;
    let open = chat.talk.filter(|talk| talk.is_in_work);
    let mut talk = open.unwrap_or_else(|| Talk {
        id: acting.ids.made(),
        created_at: acting.now,
        updated_at: acting.now,
        is_in_work: true,
        is_read: true,
    });
    talk.updated_at = acting.now;
    talk.is_read = !incoming || message.silent;
    chat.talk = Some(talk);
    let (setting, action) = match open {
        None => ("add_talk", "add"),
        Some(_) => ("update_talk", "update"),
    };
    let about = format!("talk {}", talk.id);
    let body = talk_json(caller, chat, talk, contact);
    let told = incoming.then(|| message_json(caller, chat, talk, contact, message));
    happened(acting, Event { setting, section: "talk", action, about, body });
    if let Some(body) = told {
        let about = message.id.clone();
        happened(
            acting,
            Event { setting: "add_message", section: "message", action: "add", about, body },
        );
    }
}

fn happened(acting: &mut Acting<'_>, event: Event) {
    if !acting.account.webhooks.is_empty() {
        acting.account.happened.push_back(event);
    }
}

fn talk_json(caller: &Caller, chat: &Chat, talk: Talk, contact: Option<i64>) -> Value {
    json!({
        "talk_id": talk.id, "created_at": talk.created_at, "updated_at": talk.updated_at,
        "rate": 0, "contact_id": contact, "chat_id": chat.id, "entity_id": chat.lead,
        "entity_type": chat.lead.map(|_| "lead"), "is_in_work": i64::from(talk.is_in_work),
        "is_read": i64::from(talk.is_read), "origin": caller.channel.code,
    })
}

fn message_json(
    caller: &Caller,
    chat: &Chat,
    talk: Talk,
    contact: Option<i64>,
    message: &Message,
) -> Value {
    let mut body = json!({
        "id": message.id, "chat_id": chat.id, "talk_id": talk.id, "contact_id": contact,
        "text": message.text, "created_at": message.at / 1_000, "origin": caller.channel.code,
        "type": "incoming",
        "author": {"id": chat.client.id, "type": "external", "name": chat.client.name},
        "element_id": chat.lead, "element_type": chat.lead.map(|_| 2),
        "entity_id": chat.lead, "entity_type": chat.lead.map(|_| "lead"),
    });
    if let Some(media) = &message.media {
        body["attachment"] =
            json!({"type": message.kind, "link": media, "file_name": message.file_name});
    }
    body
}
