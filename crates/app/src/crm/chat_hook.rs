//! What the CRM's chats service tells us (AMO-13): kept and queued in one transaction, then answered,
//! because the service waits five seconds and tells everything once.

use crm::{ChatEvent, ChatHook, ChatMessageRef, HookError};
use domain::{
    ids::{AccountId, ChannelId, IdentityId, PortalId},
    text::{Words, without_nul},
};
use serde_json::{Value, json};
use store::{ChatRefusal, MessageRow, NewJob, PortalRow, TenantTx};

use super::{
    chat_named::{chat_employee, chat_identity, quoted},
    chat_refusal::{chat_gone, keep_refusal, not_sent},
    quarantine::{NotUnderstood, not_done},
    relay,
};
use crate::{App, Error, Result, Work};

/// Said of a hook whose portal is not here.
const NO_PORTAL: Error = Error::NotFound { what: "portal" };

/// A webhook that a portal's secret proved to be the service's.
struct Proved {
    account: AccountId,
    portal: PortalRow,
    hook: std::result::Result<ChatHook, HookError>,
}

impl App {
    /// Takes a webhook of the chats service. [`Error::Unauthenticated`]: it is not the service's.
    ///
    /// Companies may share an account of the CRM and its channel: the service tells each thing once,
    /// and it is one company's, the one whose chat it is. Nobody else keeps a word of it, and of what is
    /// nobody's nothing is kept.
    pub async fn crm_chat_hook(&self, scope: &str, signature: &str, body: &[u8]) -> Result<()> {
        let portals = self.store.portals_by_scope(scope).await?;
        if portals.is_empty() {
            return Err(NO_PORTAL);
        }
        let mut proved = Vec::new();
        for (account, portal) in portals {
            proved.extend(self.proved_hook(account, portal, signature, body).await?);
        }
        let whose = match proved.len() {
            0 | 1 => Some(0),
            _ => self.whose_hook(&proved).await?,
        };
        let Some(whose) = whose else { return self.refuse_nobodys(&proved, body).await };
        let Some(one) = proved.into_iter().nth(whose) else { return Err(Error::Unauthenticated) };
        self.take_proved_hook(one, body).await
    }

    /// Of several companies the one that has the chat; of a chat that begins, the only one where its
    /// writer works.
    async fn whose_hook(&self, proved: &[Proved]) -> Result<Option<usize>> {
        for (n, one) in proved.iter().enumerate() {
            if self.is_hook_of(one).await? {
                return Ok(Some(n));
            }
        }
        let mut where_they_work = None;
        for (n, one) in proved.iter().enumerate() {
            if self.begins_here(one).await? {
                if where_they_work.is_some() {
                    return Ok(None);
                }
                where_they_work = Some(n);
            }
        }
        Ok(where_they_work)
    }

    /// `None`: another portal's, or nobody's.
    async fn proved_hook(
        &self,
        account: AccountId,
        portal: PortalId,
        signature: &str,
        body: &[u8],
    ) -> Result<Option<Proved>> {
        let mut tx = self.store.tenant(account).await?;
        let Some(portal) = tx.portal(portal).await? else { return Ok(None) };
        drop(tx);
        let adapter = self.crm_adapter(portal.kind)?;
        let (Some(chats), Some(secret)) = (adapter.chats(), &portal.secrets.chat_secret) else {
            return Ok(None);
        };
        if !chats.verify(secret, signature, body) {
            return Ok(None);
        }
        let hook = chats.parse(body);
        // One secret signs for all accounts of a channel: what was told of another account is not
        // taken here.
        let elsewhere = match (&hook, &portal.chats_id) {
            (Ok(hook), Some(here)) => hook.account_id != *here,
            _ => false,
        };
        Ok((!elsewhere).then_some(Proved { account, portal, hook }))
    }

    /// Whether the chat of a webhook is one of this company.
    async fn is_hook_of(&self, one: &Proved) -> Result<bool> {
        let Ok(hook) = &one.hook else { return Ok(false) };
        let mut tx = self.store.tenant(one.account).await?;
        for event in &hook.events {
            let (chat, source) = match event {
                ChatEvent::Message { chat, source, .. } => (chat, source.as_deref()),
                ChatEvent::Typing { chat, .. } | ChatEvent::Reaction { chat, .. } => (chat, None),
            };
            if chat_identity(&mut tx, one.portal.portal_id, chat).await?.is_some() {
                return Ok(true);
            }
            let channel = source.and_then(|source| source.parse::<ChannelId>().ok());
            if let (None, Some(channel)) = (&chat.conversation_id, channel)
                && tx.channel(channel).await?.is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a webhook is of a chat that somebody of this company begins in the CRM.
    async fn begins_here(&self, one: &Proved) -> Result<bool> {
        let Ok(hook) = &one.hook else { return Ok(false) };
        let mut tx = self.store.tenant(one.account).await?;
        for event in &hook.events {
            if let ChatEvent::Message { chat, sender, .. } = event
                && chat.conversation_id.is_none()
                && chat_employee(&mut tx, one.portal.portal_id, sender).await?.is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whoever wrote learns that it does not go; nothing else of it is kept. The one company tells it in
    /// the name of all: the channel is the same.
    async fn refuse_nobodys(&self, proved: &[Proved], body: &[u8]) -> Result<()> {
        let Some(Proved { account, portal, hook }) = proved.first() else { return Ok(()) };
        let id = portal.portal_id;
        let hook = match hook {
            Ok(hook) => hook,
            Err(error) => {
                for Proved { account, portal, .. } in proved {
                    let of = (portal.portal_id, portal.kind);
                    self.put_aside_unseen(*account, of, (body, error)).await?;
                }
                return self.refuse_not_understood(*account, portal, body).await;
            }
        };
        let mut tx = self.store.tenant(*account).await?;
        for event in &hook.events {
            let ChatEvent::Message { id: external_id, chat, .. } = event else { continue };
            let refusal = match chat.conversation_id {
                Some(_) => chat_gone(),
                None => not_sent(nobodys()),
            };
            refuse_unread(&mut tx, id, external_id, &refusal).await?;
        }
        tx.commit().await?;
        // Whoever wrote may be somebody new there.
        for one in proved {
            self.refresh_directory_soon(one.account, one.portal.portal_id).await;
        }
        Ok(())
    }

    async fn take_proved_hook(&self, one: Proved, body: &[u8]) -> Result<()> {
        let Proved { account, portal, hook } = one;
        let of = (portal.portal_id, portal.kind);
        let why = match hook {
            Ok(hook) => match self.take_chat_hook(&portal, hook).await {
                // The service tells it once.
                Err(Error::Internal(error)) => {
                    tracing::error!(%error, portal.id = %of.0, "a hook of a chat is poison");
                    not_done()
                }
                taken => return taken,
            },
            Err(error) => error.words(),
        };
        let what = NotUnderstood { content_type: "application/json", body, why };
        self.put_aside(account, of, what).await?;
        self.refuse_not_understood(account, &portal, body).await
    }

    /// Whoever wrote what is not understood learns that it does not go.
    async fn refuse_not_understood(
        &self,
        account: AccountId,
        portal: &PortalRow,
        body: &[u8],
    ) -> Result<()> {
        let adapter = self.crm_adapter(portal.kind)?;
        let message = adapter.chats().and_then(|chats| chats.message_in(body));
        let Some(message) = message else { return Ok(()) };
        let refusal = not_sent(not_understood());
        let mut tx = self.store.tenant(account).await?;
        refuse_unread(&mut tx, portal.portal_id, &message, &refusal).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Messages become jobs, one lane for each chat. Signs and reactions are done at once: they are
    /// small, and about messages that are here.
    async fn take_chat_hook(&self, portal: &PortalRow, hook: ChatHook) -> Result<()> {
        let mut tx = self.store.tenant(portal.account).await?;
        for event in hook.events {
            self.take_chat_event(&mut tx, portal, event).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn take_chat_event(
        &self,
        tx: &mut TenantTx,
        portal: &PortalRow,
        event: ChatEvent,
    ) -> Result<()> {
        let id = portal.portal_id;
        match event {
            ChatEvent::Message { .. } => receive(tx, id, &event).await,
            ChatEvent::Typing { chat, .. } => {
                let Some(identity) = chat_identity(tx, id, &chat).await? else { return Ok(()) };
                let open = tx.open_conversation_of(identity.identity_id).await?;
                let Some(open) = open else { return Ok(()) };
                if let Some(conversation) = tx.conversation(open).await? {
                    self.ask_typing_shown(tx, &conversation).await?;
                }
                Ok(())
            }
            ChatEvent::Reaction { chat, message, emoji, user } => {
                let Some(with) = chat_identity(tx, id, &chat).await? else { return Ok(()) };
                let of = (id, with.identity_id);
                let Some(row) = message_of(tx, of, &message).await? else { return Ok(()) };
                let by = chat_employee(tx, id, &user).await?;
                self.react_from_crm(tx, &row, by, emoji.as_deref()).await
            }
        }
    }
}

fn not_understood() -> Words {
    Words::new(
        "Сообщение не отправлено: Беседа не смогла его прочитать. Напишите его простым текстом.",
        "The message was not sent: Beseda could not read it. Write it as plain text.",
    )
}

fn channel_gone() -> Words {
    Words::new(
        "Канал, через который вы пишете, удалён из Беседы или отключён от этого аккаунта CRM. Выберите \
         другой канал.",
        "The channel through which you write is deleted from Beseda or taken from this account of the \
         CRM. Choose another channel.",
    )
}

fn nobodys() -> Words {
    Words::new(
        "Этот аккаунт CRM подключили несколько компаний, и непонятно, от какой из них вы пишете. \
         Выберите канал, через который писать, или попросите администратора указать вас в \
         настройках интеграции среди сотрудников.",
        "Several companies have connected this account of the CRM, and it is not clear for which of \
         them you write. Choose the channel to write through, or ask the administrator to name you \
         among the employees in the settings of the integration.",
    )
}

/// Keeps a message and queues it. One that is there already is no news. Of a chat that is not this
/// company's, be it gone or that of a company that shared the account of the CRM, or
/// through a channel that is not, no word is kept.
async fn receive(tx: &mut TenantTx, portal: PortalId, event: &ChatEvent) -> Result<()> {
    let ChatEvent::Message { id, chat, source, .. } = event else { return Ok(()) };
    if chat_identity(tx, portal, chat).await?.is_none() {
        let channel = source.as_deref().and_then(|source| source.parse::<ChannelId>().ok());
        let refusal = match (&chat.conversation_id, channel) {
            (Some(_), _) => Some(chat_gone()),
            (None, Some(channel)) if tx.channel(channel).await?.is_none() => {
                Some(not_sent(channel_gone()))
            }
            (None, _) => None,
        };
        if let Some(refusal) = refusal {
            return refuse_unread(tx, portal, id, &refusal).await;
        }
    }
    if tx.receive_crm_chat(portal, id, &storable(json!(event))).await? {
        tx.push(NewJob {
            lane: format!("crm:{portal}:chat:{}", chat.conversation_ref),
            queue: relay::QUEUE,
            payload: json!(Work::TakeChat { portal, message: id.clone() }),
            run_at: None,
        });
    }
    Ok(())
}

/// The database keeps no U+0000, and the service tells a message once.
fn storable(said: Value) -> Value {
    match said {
        Value::String(text) => Value::String(without_nul(&text).into_owned()),
        Value::Array(items) => items.into_iter().map(storable).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, storable(value))).collect()
        }
        plain => plain,
    }
}

/// Whoever wrote is told that it does not go; of what they wrote nothing is kept.
async fn refuse_unread(
    tx: &mut TenantTx,
    portal: PortalId,
    message: &str,
    refusal: &ChatRefusal,
) -> Result<()> {
    if tx.receive_crm_chat(portal, message, &json!({})).await? {
        keep_refusal(tx, portal, message, refusal).await?;
    }
    Ok(())
}

/// The hook does not tell whose id it names.
async fn message_of(
    tx: &mut TenantTx,
    of: (PortalId, IdentityId),
    name: &str,
) -> Result<Option<MessageRow>> {
    let theirs = ChatMessageRef::Theirs(name.to_owned());
    let id = match quoted(tx, of, Some(theirs)).await? {
        Some(id) => Some(id),
        None => quoted(tx, of, Some(ChatMessageRef::Ours(name.to_owned()))).await?,
    };
    match id {
        Some(id) => Ok(tx.message(id).await?),
        None => Ok(None),
    }
}
