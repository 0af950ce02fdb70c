//! Whom and what the CRM's chats service names, found here (AMO-13): the person of a chat, the employee who
//! writes in it, a message.

use crm::{ChatMessageRef, ChatPlace};
use domain::{
    crm::{AmoSettings, CrmUser, Settings},
    ids::{ConversationId, EmployeeId, IdentityId, IntegrationId, MessageId, PortalId},
};
use store::{IdentityRow, TenantTx};

use crate::Result;

/// Whom the chat is with.
pub(super) async fn chat_identity(
    tx: &mut TenantTx,
    portal: PortalId,
    chat: &ChatPlace,
) -> Result<Option<IdentityRow>> {
    let name = chat.conversation_id.as_deref().unwrap_or_default();
    let of_conversation = match name.parse::<ConversationId>() {
        Ok(id) => tx.conversation(id).await?.map(|c| c.identity_id),
        Err(_) => None,
    };
    let id = match name.parse::<IdentityId>().ok().or(of_conversation) {
        Some(id) => Some(id),
        None => {
            tx.begun_crm_chat_of(portal, &chat.conversation_ref).await?.map(|begun| begun.identity)
        }
    };
    match id {
        Some(id) => Ok(tx.identity(id).await?),
        None => Ok(None),
    }
}

/// The employee who is this user of the CRM's chats.
pub(super) async fn chat_employee(
    tx: &mut TenantTx,
    portal: PortalId,
    sender: &str,
) -> Result<Option<EmployeeId>> {
    let directory = tx.portal_directory(portal).await?.unwrap_or_default();
    let Some(user) = directory.users.iter().find(|u| u.chat_id.as_deref() == Some(sender)) else {
        return Ok(None);
    };
    for (_, settings) in chat_settings(tx, portal).await? {
        if let Some(employee) = employee_of(tx, &settings, user).await? {
            return Ok(Some(employee));
        }
    }
    Ok(None)
}

/// CRM-3, the other way round: the employee whom the company's list names, else one with an equal
/// e-mail address.
pub(super) async fn employee_of(
    tx: &mut TenantTx,
    settings: &AmoSettings,
    user: &CrmUser,
) -> Result<Option<EmployeeId>> {
    let listed = settings.responsible.people.iter().find(|line| line.user == user.id);
    match listed {
        // Whoever left has nothing to do with conversations any more.
        Some(line) => {
            let here = tx.employee(line.employee).await?.filter(|employee| !employee.disabled);
            Ok(here.map(|_| line.employee))
        }
        None if user.email.trim().is_empty() => Ok(None),
        None => Ok(tx.employee_by_email(user.email.trim()).await?),
    }
}

/// Of the portal's integrations that have chats.
pub(super) async fn chat_settings(
    tx: &mut TenantTx,
    portal: PortalId,
) -> Result<Vec<(IntegrationId, AmoSettings)>> {
    let rows = tx.integrations().await?;
    Ok(rows
        .into_iter()
        .filter(|row| row.portal_id == portal && row.enabled)
        .filter_map(|row| match row.settings {
            Settings::Amo(amo) if amo.chats.is_some() => Some((row.integration_id, amo)),
            Settings::Amo(_) | Settings::Bitrix(_) => None,
        })
        .collect())
}

/// The message of ours that is meant, in a chat with this person.
pub(super) async fn quoted(
    tx: &mut TenantTx,
    (portal, with): (PortalId, IdentityId),
    quoted: Option<ChatMessageRef>,
) -> Result<Option<MessageId>> {
    match quoted {
        // The second file of a message is `msg_….1`.
        Some(ChatMessageRef::Ours(id)) => {
            let id = id.split('.').next().and_then(|id| id.parse::<MessageId>().ok());
            match id {
                Some(id) => Ok(tx.message(id).await?.map(|message| message.message_id)),
                None => Ok(None),
            }
        }
        Some(ChatMessageRef::Theirs(id)) => match tx.crm_chat_message(portal, &id).await? {
            Some(written_there) => Ok(Some(written_there)),
            None => Ok(tx.crm_chat_shown_as(with, &id).await?),
        },
        None => Ok(None),
    }
}
