//! A message of the CRM's chat becomes one of ours: in its conversation, or in one that begins with it.

use crm::ChatMessageRef;
use domain::{
    channel::{Capabilities, FileLimit},
    content::FileKind,
    ids::{AccountId, EmployeeId, IdentityId, MessageId, PortalId},
    text::Words,
    view::ConversationView,
};
use serde_json::json;
use store::{BegunChat, ChannelRow, ChatRefusal, ChatWritten, NewAttachment, TenantTx};

use super::{
    super::{
        chat_named::quoted,
        chat_refusal::{nobody_to_write_to, not_sent},
    },
    Answer,
};
use crate::{
    App, Draft, DraftKind, Error,
    conversations::save,
    write_first::{Opening, WritesTo, address},
};

/// Why a message does not go.
pub(super) enum Stop {
    Refused(ChatRefusal),
    Fault(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

impl App {
    /// Stores the message and queues its sending, in one transaction with the note that it is there.
    pub(super) async fn say_in_chat(
        &self,
        account: AccountId,
        portal: PortalId,
        external_id: &str,
        answer: Answer,
        file: Option<NewAttachment>,
    ) -> Result<(), Stop> {
        let mut tx = self.store.tenant(account).await?;
        let row = tx.lock_crm_chat_received(portal, external_id).await?;
        if row.is_none_or(|row| row.message.is_some()) {
            return Ok(());
        }
        let Some(channel) = tx.channel(answer.channel).await? else {
            return Err(Stop::Refused(not_sent(Words::new(
                "Канал, через который пишет этот сотрудник, удалён.",
                "The channel that this person writes through was removed.",
            ))));
        };
        let can = self.driver(&channel)?.capabilities();
        let name = answer.receiver.name.as_deref().unwrap_or_default();
        let opening = Opening { assignee: answer.by, name, subject: "" };
        let with = answer.identity.as_ref().map(|identity| identity.identity_id);
        let here = answer.identity.filter(|identity| identity.channel_id == channel.channel_id);
        let conversation = match here {
            Some(identity) => {
                let identity = tx
                    .lock_identity(channel.channel_id, &identity.external_id)
                    .await?
                    .unwrap_or(identity);
                self.open_with(&mut tx, &channel, &identity, &opening).await?
            }
            None => {
                if !can.write_first {
                    return Err(Stop::Refused(not_sent(Words::new(
                        "В этом канале первым пишет клиент.",
                        "In this channel the client writes first.",
                    ))));
                }
                let receiver = &answer.receiver;
                let to = [&receiver.phone, &receiver.email]
                    .into_iter()
                    .flatten()
                    .find_map(|to| address(WritesTo::of(&can, &channel), to).ok())
                    .ok_or_else(|| Stop::Refused(nobody_to_write_to()))?;
                self.open_to(&mut tx, &channel, &to, &opening).await?
            }
        };
        let Some(mut c) = tx.lock_conversation(conversation).await? else {
            return Err(Error::NotFound { what: "conversation" }.into());
        };
        let before = c.audience();
        // What this begins goes on in the chat where it was begun, if that is this person's: through a
        // channel of the writer's own (WA-7) they are another one there.
        if let (Some(name), 0) = (&answer.chat.conversation_id, c.last_position)
            && with == Some(c.identity_id)
        {
            let known = json!({ "name": name });
            tx.note_crm_chat(answer.integration, conversation, &known).await?;
        }
        if answer.chat.conversation_id.is_none() {
            tx.insert_begun_crm_chat(
                portal,
                &BegunChat {
                    identity: c.identity_id,
                    chat_id: answer.chat.conversation_ref,
                    client_ref: answer.receiver.ref_id,
                },
            )
            .await?;
        }
        let mut files = Vec::new();
        if let Some(mut file) = file {
            file.kind = carried(file.kind, file.size.unwrap_or(0), &can.files);
            tx.insert_attachment(&file).await?;
            files.push(file.attachment_id);
        }
        let of = (portal, c.identity_id);
        let reply_to = quoted_here(&mut tx, of, answer.reply_to, &channel).await?;
        let (words, caption) = parted(&can, answer.text, !files.is_empty());
        let draft = |text, files, reply_to| Draft {
            client_id: String::new(),
            text,
            files,
            reply_to,
            kind: DraftKind::Answer,
            mentions: Vec::new(),
            subject: None,
        };
        let said = draft(words, files, reply_to);
        let said = self.say_one(&mut tx, &mut c, &channel, answer.by, said).await?;
        let caption = match caption {
            Some(words) => {
                let after = draft(words, Vec::new(), None);
                Some(self.say_one(&mut tx, &mut c, &channel, answer.by, after).await?)
            }
            None => None,
        };
        save(&mut tx, &c, before).await?;
        let written = ChatWritten {
            portal,
            external_id: external_id.to_owned(),
            author: answer.author,
            signature: answer.signature,
        };
        tx.crm_chat_became(conversation, said, caption, &written).await?;
        tx.commit().await?;
        Ok(())
    }

    /// One message; why the channel does not take it, in words.
    async fn say_one(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        channel: &ChannelRow,
        by: Option<EmployeeId>,
        draft: Draft,
    ) -> Result<MessageId, Stop> {
        match self.answer_from_elsewhere(tx, c, channel, by, draft).await {
            Ok(said) => Ok(said.message_id),
            Err(Error::Invalid(wrong)) => Err(match wrong.into_iter().next() {
                Some(wrong) => Stop::Refused(not_sent(wrong.message)),
                None => Stop::Fault(Error::Internal("invalid for no reason".to_owned())),
            }),
            Err(other) => Err(Stop::Fault(other)),
        }
    }
}

/// What a person quotes in a chat of another channel is no message of this one's service (WA-7).
async fn quoted_here(
    tx: &mut TenantTx,
    of: (PortalId, IdentityId),
    reply_to: Option<ChatMessageRef>,
    channel: &ChannelRow,
) -> Result<Option<MessageId>, Error> {
    let Some(id) = quoted(tx, of, reply_to).await? else { return Ok(None) };
    let message = tx.message(id).await?;
    Ok(message.filter(|m| m.channel_id == channel.channel_id).map(|_| id))
}

/// As what a file goes: as itself, or as a plain file where the channel does not carry it as that.
fn carried(kind: FileKind, size: i64, limits: &[FileLimit]) -> FileKind {
    let size = u64::try_from(size).unwrap_or(0);
    let fits = |kind: FileKind| limits.iter().any(|l| l.kind == kind && size <= l.max_bytes);
    if !fits(kind) && fits(FileKind::File) { FileKind::File } else { kind }
}

/// The words with a file, and those that go after it because the channel carries none or fewer with it.
fn parted(can: &Capabilities, text: String, with_file: bool) -> (String, Option<String>) {
    let fits = can.subject || can.text_unit.length(&text) <= can.max_caption;
    match with_file && !fits {
        true => (String::new(), Some(text)),
        false => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amo_13_a_file_goes_as_the_channel_carries_it() {
        let limit = |kind, max_bytes| FileLimit { kind, max_bytes };
        let all = [limit(FileKind::Image, 10), limit(FileKind::File, 100)];
        for (kind, size, expect) in [
            (FileKind::Image, 10, FileKind::Image),
            (FileKind::Image, 11, FileKind::File),
            (FileKind::Voice, 11, FileKind::File),
            (FileKind::Voice, 101, FileKind::Voice),
        ] {
            assert_eq!(carried(kind, size, &all), expect, "{kind:?} {size}");
        }
        assert_eq!(carried(FileKind::Voice, 1, &all[..1]), FileKind::Voice, "it is told so");
    }
}
