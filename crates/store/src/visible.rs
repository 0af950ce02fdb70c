//! Who sees a conversation, as SQL: one fragment for lists, counts, search and look-ups. It says the
//! same as [`domain::visibility::Viewer::sees`]; a test runs both over all combinations.

use domain::{
    ids::ConversationId,
    visibility::{Viewer, Visibility},
};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{Result, TenantTx};

/// Appends a condition in brackets over the columns `pinned_id`, `assignee_id`, `offered_id` and
/// `group_id` of `alias` (a table's alias without the dot). It is true or NULL, never to be negated.
pub(crate) fn push_visible(
    query: &mut QueryBuilder<Postgres>,
    viewer: &Viewer,
    alias: &'static str,
) {
    if viewer.sees_all {
        query.push("(true)");
        return;
    }
    let me = viewer.employee.0;
    query.push("(").push(alias).push(".assignee_id = ").push_bind(me);
    query.push(" or ").push(alias).push(".pinned_id = ").push_bind(me);
    query.push(" or (").push(alias).push(".pinned_id is null and (");
    query.push(alias).push(".offered_id = ").push_bind(me);
    let groups: Vec<Uuid> = viewer.groups.iter().map(|g| g.0).collect();
    match viewer.visibility {
        Visibility::All => {
            query.push(" or true");
        }
        Visibility::Group => {
            query.push(" or ").push(alias).push(".group_id = any(").push_bind(groups);
            query.push(") or (").push(alias).push(".group_id is null and ");
            push_waits(query, alias);
            query.push(")");
        }
        Visibility::Own => {
            query.push(" or (");
            push_waits(query, alias);
            query.push(" and (").push(alias).push(".group_id is null or ");
            query.push(alias).push(".group_id = any(").push_bind(groups).push(")))");
        }
    }
    query.push(")))");
}

/// Nobody has it and it was offered to nobody.
fn push_waits(query: &mut QueryBuilder<Postgres>, alias: &'static str) {
    query.push(alias).push(".assignee_id is null and ");
    query.push(alias).push(".offered_id is null");
}

impl TenantTx {
    /// Whether the conversation exists and this person may see it.
    pub async fn sees(&mut self, viewer: &Viewer, conversation: ConversationId) -> Result<bool> {
        let mut query =
            QueryBuilder::new("select exists (select from conversations c where c.account_id = ");
        query.push_bind(self.account().0);
        query.push(" and c.conversation_id = ").push_bind(conversation.0).push(" and ");
        push_visible(&mut query, viewer, "c");
        query.push(")");
        Ok(query.build_query_scalar().fetch_one(self.conn()).await?)
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::{EmployeeId, GroupId};

    use super::*;

    #[test]
    fn brackets_are_closed_and_everything_is_bound() {
        for visibility in [Visibility::All, Visibility::Group, Visibility::Own] {
            let viewer = Viewer {
                employee: EmployeeId(Uuid::from_u128(1)),
                sees_all: false,
                visibility,
                groups: vec![GroupId(Uuid::from_u128(2))],
            };
            let mut query = QueryBuilder::new("");
            push_visible(&mut query, &viewer, "c");
            let sql = query.sql();
            let sql = sql.as_str();
            assert_eq!(sql.matches('(').count(), sql.matches(')').count(), "{sql}");
            assert!(sql.starts_with('(') && sql.ends_with(')'), "{sql}");
            assert!(!sql.contains("00000001"), "{sql}");
        }
    }
}
