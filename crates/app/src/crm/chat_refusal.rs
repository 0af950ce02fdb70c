//! Why a message of the CRM's chat does not go to the customer (AMO-13): kept with the message, then told
//! to the CRM by a job of its own, because that may have to wait for the CRM, and what is written after the
//! message has not.

use crm::ChatStatus;
use domain::{
    crm::PortalMode,
    delivery::DeliveryStatus,
    ids::{AccountId, PortalId},
    text::Words,
};
use serde_json::json;
use store::{ChatRefusal, NewJob, TenantTx};

use super::{
    chat_calls::{chats, refused},
    gather::language,
    relay,
    visit::calling,
};
use crate::{App, JobError, Work};

/// The service's codes of a message that did not reach the customer.
const CHAT_GONE: u16 = 901;
const SERVER_FAILED: u16 = 903;
pub(super) const CANNOT_BE_WRITTEN_TO: u16 = 904;
pub(super) const NOT_SENT: u16 = 905;

impl App {
    /// Keeps why a message does not go.
    pub(super) async fn refuse_chat(
        &self,
        account: AccountId,
        portal: PortalId,
        external_id: &str,
        refusal: &ChatRefusal,
        attempts: i32,
    ) -> Result<(), JobError> {
        let kept = async {
            let mut tx = self.store.tenant(account).await?;
            keep_refusal(&mut tx, portal, external_id, refusal).await?;
            tx.commit().await
        };
        kept.await.map(|_| ()).map_err(|error| JobError::of(&error.into(), attempts))
    }

    /// Tells the CRM why a message does not go. A portal whose chats were taken away has nobody to tell.
    pub(super) async fn tell_refusal(
        &self,
        account: AccountId,
        portal: PortalId,
        external_id: &str,
        refusal: &ChatRefusal,
        attempts: i32,
    ) -> Result<(), JobError> {
        let said = async {
            let mut tx = self.store.tenant(account).await?;
            let row = tx.portal(portal).await?;
            if row.is_none_or(|row| row.mode == PortalMode::Lite || row.chat.is_none()) {
                tx.told_crm_chat(portal, external_id, DeliveryStatus::Failed).await?;
                tx.commit().await?;
                return Ok(None);
            }
            language(&mut tx).await.map(Some)
        };
        let language = said.await.map_err(|error| JobError::of(&error, attempts))?;
        let Some(language) = language else { return Ok(()) };
        let why = refusal.words.said_in(language).to_owned();
        let status = ChatStatus::Failed { code: refusal.code, why };
        let mut visit = self.visit(account, portal).await?;
        let call = calling!(visit, adapter, caller => async {
            chats(&*adapter)?.status(&caller, external_id, &status).await
        });
        let http_status = visit.refused_with();
        visit.leave().await;
        if refused(call, attempts)?.is_err() {
            let code = refusal.code;
            tracing::warn!(portal.id = %portal, code, http.status = http_status, "a refusal was not taken");
        }
        let told = async {
            let mut tx = self.store.tenant(account).await?;
            tx.told_crm_chat(portal, external_id, DeliveryStatus::Failed).await?;
            tx.commit().await
        };
        told.await.map(|_| ()).map_err(|error| JobError::of(&error.into(), attempts))
    }
}

/// Keeps why a message does not go, and has the CRM told.
pub(super) async fn keep_refusal(
    tx: &mut TenantTx,
    portal: PortalId,
    external_id: &str,
    refusal: &ChatRefusal,
) -> Result<(), store::Error> {
    tx.refuse_crm_chat(portal, external_id, refusal).await?;
    tx.push(NewJob {
        lane: format!("crm:{portal}:refused:{external_id}"),
        queue: relay::QUEUE,
        payload: json!(Work::TakeChat { portal, message: external_id.to_owned() }),
        run_at: None,
    });
    Ok(())
}

pub(super) fn not_sent(words: Words) -> ChatRefusal {
    ChatRefusal { code: NOT_SENT, words }
}

pub(super) fn chat_gone() -> ChatRefusal {
    let words = Words::new(
        "Этого чата в Беседе больше нет: клиент удалён, или компания отключила чаты. Напишите клиенту из \
         карточки контакта.",
        "Beseda has this chat no more: the client was removed, or the company took the chats away. Write \
         to the client from the contact's card.",
    );
    ChatRefusal { code: CHAT_GONE, words }
}

/// WA-7: only those listed may write, and who writes is not known.
pub(super) fn unknown_writer() -> ChatRefusal {
    not_sent(Words::new(
        "Писать могут только перечисленные в настройках, а CRM сейчас не отдаёт список своих \
         пользователей, поэтому неизвестно, кто пишет. Отправьте сообщение позже.",
        "Only those listed in the settings may write, and the CRM does not give the list of its users \
         now, so it is not known who writes. Send the message later.",
    ))
}

pub(super) fn ours_failed() -> ChatRefusal {
    let words = Words::new(
        "Сообщение не отправлено из-за сбоя на нашей стороне. Отправьте его ещё раз.",
        "The message was not sent because of a fault of ours. Send it once more.",
    );
    ChatRefusal { code: SERVER_FAILED, words }
}

pub(super) fn nobody_to_write_to() -> ChatRefusal {
    let words = Words::new(
        "У контакта нет телефона или адреса, по которому этот канал может написать.",
        "The contact has no phone or address that this channel can write to.",
    );
    ChatRefusal { code: CANNOT_BE_WRITTEN_TO, words }
}
