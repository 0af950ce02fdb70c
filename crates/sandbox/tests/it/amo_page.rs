//! The page of amoCRM where a person acts, and the JSON beneath it.

use sandbox::amo::{Amo, Limits, Options};
use serde_json::{Value, json};

struct Page {
    amo: Amo,
    client: reqwest::Client,
    account: i64,
}

impl Page {
    async fn open() -> Self {
        let options = Options { limits: Limits::off(), ..Options::default() };
        let amo = Amo::start(options).await.unwrap();
        let account = amo.add_account("acme").id;
        Self { amo, client: reqwest::Client::new(), account }
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("{}/sandbox/{path}", self.amo.url());
        self.client.get(url).send().await.unwrap().json().await.unwrap()
    }

    async fn account(&self) -> Value {
        self.get(&format!("accounts/{}", self.account)).await
    }

    async fn act(&self, name: &str, body: Value) -> u16 {
        let url = format!("{}/sandbox/accounts/{}/{name}", self.amo.url(), self.account);
        self.client.post(url).json(&body).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn crm_the_page_is_one_file_that_fetches_nothing_from_outside() {
    let page = Page::open().await;
    let text = page.client.get(page.amo.url()).send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with("<!doctype html>"));
    for outside in ["src=\"http", "href=\"http", "url(http", "import "] {
        assert!(!text.contains(outside), "{outside}");
    }
}

#[tokio::test]
async fn crm_a_person_moves_a_lead_closes_a_task_and_breaks_things_on_the_page() {
    let page = Page::open().await;
    let account = page.amo.add_account("acme");
    let first = account.stage("Продажи", "Переговоры").unwrap();
    let next = account.stage("Сервис", "В работе").unwrap();
    let lead = account.add_lead("Дом", &first, None);
    let by = account.admin();

    let to =
        json!({"by": by, "lead": lead, "pipeline": next.pipeline_id, "status": next.status_id});
    assert_eq!(page.act("move_lead", to).await, 200);
    let shown = page.get(&format!("accounts/{}/leads/{lead}", page.account)).await;
    assert_eq!(shown["status_id"], json!(next.status_id));
    assert_eq!(page.act("note", json!({"by": by, "lead": lead, "text": "позвонить"})).await, 200);
    let shown = page.get(&format!("accounts/{}/leads/{lead}", page.account)).await;
    assert_eq!(shown["note_list"][0]["params"]["text"], "позвонить");
    assert_eq!(page.act("close_task", json!({"by": by, "task": 1})).await, 404);
    assert_eq!(page.act("fly", json!({})).await, 404);

    let second = account.add_lead("Дача", &first, None);
    assert_eq!(page.act("merge_leads", json!({"lead": lead, "gone": lead})).await, 404, "itself");
    assert_eq!(page.act("merge_leads", json!({"lead": lead, "gone": second})).await, 200);
    assert!(account.lead(second).is_none() && account.lead(lead).is_some());

    let anna = account.add_contact("Анна", None, None);
    let orlov = account.managers()[0].id;
    let hand = json!({"by": by, "contact": anna, "user": orlov});
    assert_eq!(page.act("hand_contact", hand).await, 200);
    let name = json!({"by": by, "contact": anna, "text": "Анна Ивановна"});
    assert_eq!(page.act("rename_contact", name).await, 200);
    let shown = page.get(&format!("accounts/{}/contacts/{anna}", page.account)).await;
    assert_eq!(
        (&shown["responsible_user_id"], &shown["name"]),
        (&json!(orlov), &json!("Анна Ивановна"))
    );

    assert_eq!(page.act("block", json!({})).await, 200);
    assert_eq!(page.account().await["blocked"], json!(true));
    assert_eq!(page.act("unblock", json!({})).await, 200);

    let manager = account.managers()[0].id;
    assert_eq!(page.act("user", json!({"user": manager, "on": false})).await, 200);
    assert!(account.managers().iter().all(|person| person.id != manager));
    let faults = json!({"outage": "unavailable", "too_many_percent": 5.0});
    assert_eq!(page.act("faults", faults).await, 200);
    assert_eq!(page.account().await["faults"]["outage"], "unavailable");
    assert_eq!(page.act("write", json!({"by": by, "chat": "none", "text": "да"})).await, 400);
}
