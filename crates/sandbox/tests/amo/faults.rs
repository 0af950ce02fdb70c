use std::time::Duration;

use sandbox::amo::{Faults, Outage, Scope};
use serde_json::json;

use super::Desk;

#[tokio::test]
async fn amo_sim_0_faults_strike_before_or_after_the_effect_and_the_journal_knows() {
    let desk = Desk::start().await;
    let url = format!("{}/api/v4/leads", desk.account.url());
    let lead = json!([{"name": "Может быть"}]);
    let send = || desk.client.post(&url).bearer_auth(&desk.token).json(&lead).send();
    let faults = |faults: Faults| desk.account.set_faults(faults);

    faults(Faults { drop_answer: 1, ..Faults::default() });
    assert!(send().await.is_err());
    assert_eq!(desk.account.leads().len(), 1, "a POST that was lost took effect");
    faults(Faults { drop_request: 1, ..Faults::default() });
    assert!(send().await.is_err());
    faults(Faults { server_error: 1, server_error_status: 502, ..Faults::default() });
    assert_eq!(send().await.unwrap().status(), 502);
    faults(Faults { too_many: 1, ..Faults::default() });
    assert_eq!(send().await.unwrap().status(), 429);
    assert_eq!(desk.account.leads().len(), 1, "those took no effect");
    faults(Faults { error_after_effect: 1, ..Faults::default() });
    assert_eq!(send().await.unwrap().status(), 504);
    assert_eq!(desk.account.leads().len(), 2);
    assert_eq!(desk.account.breaches(), 0, "a 429 of chance is no breach of the caller");

    desk.account.set_outage(Outage::Unavailable);
    assert_eq!(send().await.unwrap().status(), 503);
    desk.account.set_outage(Outage::Refused);
    assert!(send().await.is_err());
    faults(Faults { too_many_percent: 50.0, scope: Scope::Everything, ..Faults::default() });
    let mut refused = 0;
    for _ in 0..100 {
        refused += u32::from(desk.get("account").await.0 == 429);
    }
    assert!((30..=70).contains(&refused), "{refused}");
    faults(Faults::default());

    let journal = desk.account.journal();
    let lost = journal.iter().filter(|entry| entry.answer_lost).count();
    assert_eq!(lost, 3);
    assert_eq!(desk.account.counts()["POST /api/v4/leads"], 7);
    assert!(journal.iter().all(|entry| !entry.body.contains(&desk.token)));

    let odd = json!([{"name": "С опечаткой", "statusId": 1}]);
    desk.post("leads", odd).await;
    assert_eq!(desk.account.journal().last().unwrap().oddities, ["statusId"]);
}

#[tokio::test]
async fn amo_sim_0_a_slow_answer_comes_after_the_effect() {
    let desk = Desk::start().await;
    let url = format!("{}/api/v4/leads", desk.account.url());
    let lead = json!([{"name": "Не дождался"}]);
    let send = || {
        let request = desk.client.post(&url).bearer_auth(&desk.token).json(&lead);
        request.timeout(Duration::from_millis(200)).send()
    };
    for slow in
        [Faults { slow_ms: 60_000, ..Faults::default() }, Faults { hang: 1, ..Faults::default() }]
    {
        let before = desk.account.leads().len();
        desk.account.set_faults(slow);
        assert!(send().await.unwrap_err().is_timeout());
        assert_eq!(desk.account.leads().len(), before + 1, "{slow:?}");
    }
    desk.account.set_faults(Faults::default());
    assert_eq!(send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn amo_sim_0_duplicates_are_counted() {
    let desk = Desk::start().await;
    assert_eq!(desk.account.audit().duplicates(), 0);
    let anna = desk.account.add_contact("Анна", Some("+79161234567"), None);
    desk.account.add_contact("Анна 2", Some("8 (916) 123-45-67"), None);
    let stage = desk.account.stage("Продажи", "Первичный контакт").unwrap();
    let lead = desk.account.add_lead("Чат", &stage, Some(anna));
    desk.account.add_lead("Чат", &stage, Some(anna));
    let task = json!({"text": "Ответить", "complete_till": 1_900_000_000,
        "entity_type": "leads", "entity_id": lead});
    desk.made("tasks", task.clone()).await;
    desk.made("tasks", task).await;
    let audit = desk.account.audit();
    assert_eq!(audit.contacts_by_phone["9161234567"].len(), 2);
    assert_eq!(audit.leads_by_name_and_contact.len(), 1);
    assert_eq!(audit.open_tasks_by_lead[&lead].len(), 2);
    assert_eq!(audit.duplicates(), 3);
}
