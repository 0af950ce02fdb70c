//! Who sees a conversation (OW-4, CH-3): the rule, and the same in SQL.

use domain::{
    ids::{ConversationId, EmployeeId, GroupId},
    visibility::{Audience, Viewer, Visibility},
};
use uuid::Uuid;

use super::company::Company;

/// OW-4, CH-3: the SQL of lists and search says the same as the rule, for every combination.
#[tokio::test]
async fn ow_4_sql_and_rule_agree_on_who_sees() {
    let company = Company::new().await;
    let mut conn = company.conn().await;
    let account = company.account.0;
    let me: EmployeeId = company.owner.employee.parse().unwrap();
    let [other, mine, foreign, contact, identity]: [Uuid; 5] =
        std::array::from_fn(|_| Uuid::now_v7());
    sqlx::query(
        "with e as (insert into employees (account_id, employee_id, email, name, role)
            values ($1, $2, 'b@example.test', 'Б', 'operator')),
         g as (insert into groups (account_id, group_id, name)
            values ($1, $3, 'А'), ($1, $4, 'Б')),
         c as (insert into contacts (account_id, contact_id) values ($1, $5))
         insert into identities (account_id, identity_id, channel_id, external_id, contact_id)
         values ($1, $6, $7, 'x', $5)",
    )
    .bind(account)
    .bind(other)
    .bind(mine)
    .bind(foreign)
    .bind(contact)
    .bind(identity)
    .bind(company.channel.0)
    .execute(&mut conn)
    .await
    .unwrap();
    let people = [None, Some(me), Some(EmployeeId(other))];
    let groups = [None, Some(GroupId(mine)), Some(GroupId(foreign))];
    let mut cases = Vec::new();
    for pinned in people {
        for assignee in people {
            for offered in people {
                for group in groups {
                    cases.push(Audience { pinned, assignee, offered, group });
                }
            }
        }
    }
    let mut tx = company.tx().await;
    for (number, case) in (1_i64..).zip(cases) {
        let conversation = Uuid::now_v7();
        sqlx::query(
            "insert into conversations (account_id, conversation_id, number, channel_id,
                identity_id, contact_id, state, is_first, pinned_id, assignee_id, offered_id,
                group_id)
             values ($1, $2, $3, $4, $5, $6, 'closed', false, $7, $8, $9, $10)",
        )
        .bind(account)
        .bind(conversation)
        .bind(number)
        .bind(company.channel.0)
        .bind(identity)
        .bind(contact)
        .bind(case.pinned.map(|e| e.0))
        .bind(case.assignee.map(|e| e.0))
        .bind(case.offered.map(|e| e.0))
        .bind(case.group.map(|g| g.0))
        .execute(&mut conn)
        .await
        .unwrap();
        for visibility in [Visibility::All, Visibility::Group, Visibility::Own] {
            for sees_all in [false, true] {
                let viewer =
                    Viewer { employee: me, sees_all, visibility, groups: vec![GroupId(mine)] };
                let seen = tx.sees(&viewer, ConversationId(conversation)).await.unwrap();
                assert_eq!(seen, viewer.sees(&case), "{viewer:?} {case:?}");
                let found = tx.conversation_by_number(&viewer, number).await.unwrap();
                assert_eq!(found.is_some(), seen);
            }
        }
    }
}
