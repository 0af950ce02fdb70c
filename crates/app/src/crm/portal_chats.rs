//! The chats channel of a portal (AMO-13): what the CRM's support gave, tried at once and kept only when
//! the CRM takes it. The CRM forgets the channel with each installation of our app: it is connected anew
//! whenever the portal is.

use crm::CrmError;
use domain::{
    crm::{PortalMode, PortalState, PortalTrouble},
    crm_view::PortalView,
    ids::PortalId,
    people::Right,
    text::Words,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use store::{PortalChat, PortalRow, PortalSecrets, TenantTx};

use super::{
    changed,
    chat_calls::chats,
    door::Door,
    portals::{NOT_FOUND, disconnected},
    relay,
};
use crate::{Actor, App, Error, Result, Work, fields::Check, work::MirrorCause};

/// How our channel is called in the CRM.
const TITLE: &str = "Беседа";
/// Conversations that are looked through for what was not shown while there was no channel.
const MOST_BEHIND: i64 = 2000;

impl App {
    /// Connects the chats channel that the CRM's support registered for us. One that works goes on
    /// until the CRM has taken the other.
    pub async fn connect_portal_chats(
        &self,
        actor: &Actor,
        id: PortalId,
        channel_id: &str,
        bot_id: &str,
        secret: SecretString,
    ) -> Result<PortalView> {
        actor.require(Right::ManageAccount)?;
        let mut check = Check::default();
        let channel_id = check.line("channel_id", channel_id);
        let bot_id = check.line("bot_id", bot_id);
        let secret: SecretString = check.line("secret", secret.expose_secret()).into();
        check.done()?;
        let row = self.portal_row(actor.account, id).await?.ok_or(NOT_FOUND)?;
        if row.mode == PortalMode::Lite {
            return Err(Error::conflict(
                "lite",
                Words::new(
                    "Чаты работают только при полном подключении CRM.",
                    "Chats need the full connection of the CRM.",
                ),
            ));
        }
        if row.state == PortalState::Disconnected {
            return Err(disconnected());
        }
        let other = row.chat.as_ref().is_some_and(|chat| chat.channel_id != channel_id);
        let former = other.then(|| row.clone());
        let chat = PortalChat { channel_id, bot_id, scope_id: None };
        let tried = PortalRow {
            chat: Some(chat.clone()),
            secrets: PortalSecrets { chat_secret: Some(secret.clone()), ..row.secrets.clone() },
            ..row
        };
        let door = self.behind(tried).map_err(refused)?;
        let scope = open(&door).await.map_err(refused)?;
        let chat = PortalChat { scope_id: Some(scope), ..chat };
        self.write_chat(actor, id, Some(&chat), Some(secret)).await?;
        if let Some(former) = former {
            self.take_leave(former).await;
        }
        self.portal(actor, id).await
    }

    /// Takes the chats channel away.
    pub async fn disconnect_portal_chats(&self, actor: &Actor, id: PortalId) -> Result<PortalView> {
        actor.require(Right::ManageAccount)?;
        let row = self.portal_row(actor.account, id).await?.ok_or(NOT_FOUND)?;
        // First this portal counts no more: of two that leave at once the last one ends the chats.
        self.write_chat(actor, id, None, None).await?;
        self.take_leave(row).await;
        self.portal(actor, id).await
    }

    /// Offers the CRM a channel again that it did not take, or takes no more: it may have been its slip,
    /// or a clock's, and nobody else would ask it.
    pub(super) async fn offer_chats_again(&self, row: &PortalRow) {
        if lacks_chats(row)
            && let Err(error) = self.rejoin_chats(row).await
        {
            tracing::warn!(%error, portal.id = %row.portal_id, "chats were not offered again");
        }
    }

    /// Connects the channel of a portal that was connected anew, and has what was not shown meanwhile
    /// shown. A CRM that does not take it is said to have none; the rest of the portal works. By a
    /// long-lived token there are none (CRM-7): those of before end.
    pub(super) async fn rejoin_chats(&self, row: &PortalRow) -> Result<(), CrmError> {
        let Some(chat) = row.chat.clone() else { return Ok(()) };
        let opened = match row.mode {
            PortalMode::Full => open(&self.behind(row.clone())?).await.map(Some),
            PortalMode::Lite => {
                self.take_leave(row.clone()).await;
                Ok(None)
            }
        };
        let scope_id = match opened {
            Ok(scope) => scope,
            Err(
                CrmError::Rejected { .. }
                | CrmError::Disconnected { trouble: PortalTrouble::ChatsRefused },
            ) => None,
            Err(error) => return Err(error),
        };
        let noted = async {
            let id = row.portal_id;
            let mut tx = self.store.tenant(row.account).await?;
            // Somebody may have entered other keys meanwhile, or taken the chats away.
            let now = tx.lock_portal(id).await?.and_then(|row| row.chat);
            if now.is_none_or(|now| now.channel_id != chat.channel_id) {
                return Ok(());
            }
            let connected = scope_id.is_some();
            if scope_id != chat.scope_id {
                tx.set_portal_chat(id, &PortalChat { scope_id, ..chat }).await?;
                changed(&mut tx, id);
            }
            if connected {
                show_what_is_behind(&mut tx, id).await?;
            }
            tx.commit().await?;
            Ok::<_, store::Error>(())
        };
        match noted.await {
            Ok(()) => Ok(()),
            Err(error) => Err(CrmError::Retry { after: None, why: error.to_string() }),
        }
    }

    /// Tells the CRM that the channel goes, unless it goes on: companies that have connected one account
    /// share its channel, and the CRM would end it for all of them. Needs no token, so none is renewed
    /// for it.
    pub(super) async fn close_chats(&self, row: PortalRow) -> Result<(), CrmError> {
        let Some(scope) = row.chat.as_ref().and_then(|chat| chat.scope_id.as_deref()) else {
            return Ok(());
        };
        match self.store.is_scope_used(scope, row.portal_id).await {
            Ok(false) => {}
            Ok(true) => {
                tracing::info!(portal.id = %row.portal_id, "the chats go on for another portal");
                return Ok(());
            }
            Err(error) => return Err(CrmError::Retry { after: None, why: error.to_string() }),
        }
        let door = self.behind(row)?;
        match door.adapter.chats() {
            Some(chats) => chats.disconnect(&door.caller()).await,
            None => Ok(()),
        }
    }

    /// The same; a CRM that does not answer is left to itself.
    async fn take_leave(&self, row: PortalRow) {
        let id = row.portal_id;
        if let Err(error) = self.close_chats(row).await {
            tracing::warn!(%error, portal.id = %id, "the CRM was not told that the chats go");
        }
    }

    async fn write_chat(
        &self,
        actor: &Actor,
        id: PortalId,
        chat: Option<&PortalChat>,
        secret: Option<SecretString>,
    ) -> Result<PortalRow> {
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.lock_portal(id).await?.ok_or(NOT_FOUND)?;
        // With another channel there are other chats: what was linked to the former is void. The same one,
        // taken away and connected again, goes on with them.
        let former = row.chat.as_ref().map(|chat| &chat.channel_id).or(row.former_channel.as_ref());
        if chat.is_some_and(|chat| former != Some(&chat.channel_id)) {
            tx.forget_crm_chats(id).await?;
        }
        write(&mut tx, &row, chat, secret).await?;
        if chat.is_some_and(|chat| chat.scope_id.is_some()) {
            show_what_is_behind(&mut tx, id).await?;
        }
        changed(&mut tx, id);
        let details = json!({ "connected": chat.is_some_and(|chat| chat.scope_id.is_some()) });
        self.note(&mut tx, actor, "crm.chats_changed", id.to_string(), details).await?;
        let row = tx.portal(id).await?.ok_or(NOT_FOUND)?;
        tx.commit().await?;
        Ok(row)
    }
}

/// Whether a portal has a channel of chats that the CRM does not take.
pub(super) fn lacks_chats(row: &PortalRow) -> bool {
    row.mode == PortalMode::Full && row.chat.as_ref().is_some_and(|chat| chat.scope_id.is_none())
}

/// The secret goes with the channel; without a new one it stays. A change of tokens that is under way
/// writes its own.
async fn write(
    tx: &mut TenantTx,
    row: &PortalRow,
    chat: Option<&PortalChat>,
    secret: Option<SecretString>,
) -> Result<()> {
    match chat {
        Some(chat) => tx.set_portal_chat(row.portal_id, chat).await?,
        None => tx.take_portal_chat_away(row.portal_id).await?,
    }
    let kept = secret.or_else(|| chat.and(row.secrets.chat_secret.clone()));
    let secrets = PortalSecrets { chat_secret: kept, ..row.secrets.clone() };
    tx.replace_portal_secrets(row.portal_id, &secrets).await?;
    Ok(())
}

/// The CRM takes the channel: its scope. Needs no token, so none is renewed for it.
async fn open(door: &Door) -> Result<String, CrmError> {
    chats(&*door.adapter)?.connect(&door.caller(), TITLE).await
}

/// Conversations whose chats were shown and then not any more are shown on.
async fn show_what_is_behind(tx: &mut TenantTx, portal: PortalId) -> Result<(), store::Error> {
    for behind in tx.crm_chats_behind(portal, MOST_BEHIND).await? {
        let work = Work::MirrorChat {
            integration: behind.integration,
            conversation: behind.conversation,
            cause: MirrorCause::Words,
        };
        tx.push(relay::job(portal, behind.contact, &work));
    }
    Ok(())
}

fn refused(error: CrmError) -> Error {
    match error {
        CrmError::Rejected { words } => Error::invalid("channel_id", "refused", words),
        // The service knows the channel: what it refuses is our signature.
        CrmError::Disconnected { trouble } => {
            Error::invalid("secret", trouble.as_str(), trouble.reason())
        }
        CrmError::TokenExpired
        | CrmError::Busy(_)
        | CrmError::Retry { .. }
        | CrmError::Unknown { .. } => Error::Unavailable("the CRM does not answer".to_owned()),
    }
}
