//! Employees who are users of the CRM (CRM-3).

use sandbox::amo::chats::Author;
use serde_json::{Value, json};

use super::stage::Stage;

/// CRM-3: an answer of an employee is their own in the CRM, where the company says who they are there.
#[tokio::test(flavor = "multi_thread")]
async fn crm_3_an_employee_who_is_a_user_of_the_crm_is_shown_as_that_user() {
    let stage = Stage::set().await;
    let boss = stage.account.managers()[1].clone();
    stage
        .save(json!({"chats": {}, "responsible": {
            "people": [{"employee": stage.owner.employee, "user": boss.id.to_string()}]}}))
        .await;
    stage.asks(&stage.customer(), "Почём?").await;
    stage.replies("reply-1", "Сто рублей").await;
    let (_, message) = stage.shows("Сто рублей").await;
    assert_eq!(message.author, Author::User(boss.amojo_id.unwrap()));
}

/// CRM-3: whoever left the company takes no conversations by what somebody writes under their name in the CRM.
#[tokio::test(flavor = "multi_thread")]
async fn crm_3_whoever_left_takes_no_conversation_from_the_crm() {
    let stage = Stage::set().await;
    let left = stage.owner.hire("Пётр", "operator").await;
    let id = left.employee;
    let people = json!([{"employee": id, "user": stage.user().to_string()}]);
    stage.save(json!({"chats": {}, "responsible": {"people": people}})).await;
    stage.owner.poke(&format!("/api/v1/employees/{id}/disable"), 200).await;
    let customer = stage.customer();
    let chat = stage.asks(&customer, "Вопрос").await;
    stage.user_answers(&customer, &chat, "Ответ").await;
    let c = stage.owner.again(&stage.conversation().await).await;
    assert_eq!((&c["state"], &c["assignee_id"]), (&json!("new"), &Value::Null), "{c}");
}
