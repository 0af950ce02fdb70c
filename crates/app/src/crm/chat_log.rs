//! What a CRM's chat would not take, in the CRM log (CRM-6): the reason in words and the calls that led
//! to it. What it takes is seen there, and is not written down a second time here.

use domain::{
    crm::{Because, FactLine, Rule},
    crm_view::RunState,
    ids::{CrmRunId, MessageId},
    text::Words,
};
use serde_json::json;
use store::{NewRun, RunRow, TenantTx};

use super::{gather::Gathered, visit::Visit};
use crate::{App, Result};

/// Of entries of the log about a message that the chat did not take.
const NOT_SHOWN: &str = "not_shown_in_chat";

/// The message that an entry of the log is about, if it is about one that the chat did not take.
pub(super) fn not_shown(run: &RunRow) -> Option<MessageId> {
    let because = run.left_out.iter().find(|because| because.code == NOT_SHOWN)?;
    because.facts.first()?.value.parse().ok()
}

impl App {
    /// Notes that the chat refused a message, a change of it or an emoji on it. The caller commits.
    pub(super) async fn log_not_shown(
        &self,
        tx: &mut TenantTx,
        visit: &Visit<'_>,
        gathered: &Gathered,
        message: MessageId,
        (state, why): (RunState, &Words),
    ) -> Result<()> {
        tracing::warn!(
            portal.id = %visit.portal.portal_id, message.id = %message,
            http.status = visit.refused_with(),
            "the CRM's chat did not take a message"
        );
        let because = Because {
            rule: Rule("AMO-13".to_owned()),
            code: NOT_SHOWN.to_owned(),
            words: Words::new(
                format!("Чат CRM не принял сообщение. {}", why.ru),
                format!("The CRM's chat did not take a message. {}", why.en),
            ),
            facts: vec![FactLine {
                name: Words::new("Сообщение", "Message"),
                value: message.to_string(),
            }],
            mend: None,
        };
        let run = NewRun {
            run_id: CrmRunId::new(&*self.ids),
            portal_id: gathered.portal.portal_id,
            integration_id: gathered.integration.integration_id,
            conversation_id: gathered.conversation.conversation_id,
            contact_id: gathered.conversation.contact_id,
            cause: Words::new("Показ в чате CRM", "Showing in the CRM's chat"),
            state,
            settings_revision: gathered.integration.revision,
            facts: json!({}),
            left_out: vec![because],
            calls: visit.take_calls(),
            steps: Vec::new(),
            created_at: self.clock.now(),
        };
        Ok(tx.insert_crm_run(&run).await?)
    }
}
