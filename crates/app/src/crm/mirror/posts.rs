//! A message of a conversation as the CRM's chat gets it: whose it is there, who is shown as its writer,
//! what it answers, in how many posts (AMO-13, CRM-3, WA-4, WA-7).

use crm::{ChatBody, ChatMessage, ChatMessageRef, ChatWriter};
use domain::{
    crm::{AmoSettings, EmployeeFacts, crm_user_of},
    ids::{EmployeeId, MessageId},
    view::{AttachmentView, Body, MessageView},
};
use store::{ChatChange, TenantTx};

use super::{
    super::chat_words::{Around, Author, author, bodies, changed, nameless, unsigned},
    Backlog,
};
use crate::{App, Result};

impl App {
    /// Nothing for a message that was taken back before it was shown.
    pub(super) async fn posts(
        &self,
        tx: &mut TenantTx,
        amo: &AmoSettings,
        backlog: &Backlog,
        message: &MessageView,
        by: Author,
    ) -> Result<Vec<ChatMessage>> {
        let Body::Said(content) = &message.body else { return Ok(Vec::new()) };
        if message.removed_at.is_some() {
            return Ok(Vec::new());
        }
        let account = tx.account();
        let writer = writer(tx, amo, backlog, message, by).await?;
        let quoted = match message.reply_to {
            Some(quoted) => there(tx, backlog, quoted).await?,
            None => None,
        };
        let link = |file: &AttachmentView| self.public_file(account, file);
        // WA-7: a signature of another CRM's user is the customer's alone here as well.
        let signature = backlog.written.get(&message.message_id).map(|w| w.signature.as_str());
        let content = unsigned(content, signature.unwrap_or_default());
        let posts = bodies(&content, &around(backlog, by), link)
            .into_iter()
            .enumerate()
            .map(|(n, body)| ChatMessage {
                reply_to: quoted.clone().filter(|_| n == 0),
                ..to_post(backlog, message, writer.clone(), body, n)
            })
            .collect();
        Ok(posts)
    }
}

/// What a message is there after a change; `None`: nothing of it can be changed there.
pub(super) async fn post_changed(
    tx: &mut TenantTx,
    amo: &AmoSettings,
    backlog: &Backlog,
    message: &MessageView,
    change: &ChatChange,
) -> Result<Option<ChatMessage>> {
    let (Body::Said(content), Some(by)) = (&message.body, shown_author(message, backlog)) else {
        return Ok(None);
    };
    let Some(body) = changed(content, &around(backlog, by), change.removed) else {
        return Ok(None);
    };
    let writer = writer(tx, amo, backlog, message, by).await?;
    Ok(Some(to_post(backlog, message, writer, body, 0)))
}

/// Whether a message is one for the CRM's chat, and whose. WA-4: those from the phone only by choice.
pub(super) fn shown_author(message: &MessageView, backlog: &Backlog) -> Option<Author> {
    let in_a_crm = backlog.written.contains_key(&message.message_id);
    author(message, in_a_crm)
        .filter(|author| *author != Author::Phone || backlog.settings.import_outgoing)
}

/// A quoted message as the chat knows it, or is about to.
async fn there(
    tx: &mut TenantTx,
    backlog: &Backlog,
    quoted: MessageId,
) -> Result<Option<ChatMessageRef>> {
    let here = backlog.gathered.portal.portal_id;
    if let Some(theirs) = backlog.written.get(&quoted).filter(|w| w.portal == here) {
        return Ok(Some(ChatMessageRef::Theirs(theirs.external_id.clone())));
    }
    let (integration, _) = backlog.ids();
    let goes_before = |n: &super::News| n.change.message == quoted && !n.posts.is_empty();
    let ours =
        tx.is_crm_chat_shown(integration, quoted).await? || backlog.news.iter().any(goes_before);
    Ok(ours.then(|| ChatMessageRef::Ours(quoted.to_string())))
}

async fn writer(
    tx: &mut TenantTx,
    amo: &AmoSettings,
    backlog: &Backlog,
    message: &MessageView,
    by: Author,
) -> Result<ChatWriter> {
    let named = match by {
        Author::Client => return Ok(ChatWriter::Client),
        Author::Employee(id) => employee_writer(tx, amo, backlog, id).await?,
        Author::OtherCrm => {
            let written = backlog.written.get(&message.message_id);
            let name = written.map(|w| w.author.trim()).filter(|name| !name.is_empty());
            name.map(bot)
        }
        Author::Rule | Author::Phone => None,
    };
    let language = backlog.gathered.facts.company.language;
    Ok(named.unwrap_or_else(|| bot(nameless(by, language))))
}

/// CRM-3: an employee is shown as the user of the CRM that they are.
async fn employee_writer(
    tx: &mut TenantTx,
    amo: &AmoSettings,
    backlog: &Backlog,
    id: EmployeeId,
) -> Result<Option<ChatWriter>> {
    let Some(employee) = tx.employee(id).await? else { return Ok(None) };
    let facts = EmployeeFacts { id, name: employee.name.clone(), email: employee.email };
    let user = crm_user_of(&amo.responsible, &backlog.gathered.facts.directory, &facts);
    Ok(Some(match user.and_then(|user| user.chat_id.clone()) {
        Some(ref_id) => ChatWriter::User { id: id.to_string(), name: employee.name, ref_id },
        None => bot(&employee.name),
    }))
}

fn bot(name: &str) -> ChatWriter {
    ChatWriter::Bot { name: name.to_owned() }
}

fn around(backlog: &Backlog, by: Author) -> Around {
    let channel = &backlog.gathered.facts.enquiry.channel;
    let named = backlog.settings.named_channels.contains(&channel.id);
    let language = backlog.gathered.facts.company.language;
    Around::of(by, named.then_some(channel.name.as_str()), language)
}

fn to_post(
    backlog: &Backlog,
    message: &MessageView,
    writer: ChatWriter,
    body: ChatBody,
    n: usize,
) -> ChatMessage {
    let id = message.message_id;
    ChatMessage {
        id: if n == 0 { id.to_string() } else { format!("{id}.{n}") },
        conversation_id: backlog.chat.clone(),
        conversation_ref: backlog.begun.as_ref().map(|chat| chat.chat_id.clone()),
        source: Some(backlog.gathered.conversation.channel_id.to_string()),
        client: backlog.client.clone(),
        // Only a customer's words are news for the CRM's people, and make an «unsorted» (AMO-4).
        silent: writer != ChatWriter::Client,
        writer,
        body,
        reply_to: None,
        at: message.occurred_at,
    }
}
