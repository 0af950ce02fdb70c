//! The rules of the SMS providers' counterpart, asked with a plain HTTP client. CH-11, CV-7 and CH-13
//! of the product lean on them.

use std::time::Duration;

use sandbox::sms::{Account, Credentials, Faults, Limits, Options, Provider, Sms};
use serde_json::{Value, json};

use super::{SOON, hook::Hook};

struct Providers {
    sms: Sms,
    account: Account,
    keys: Credentials,
    client: reqwest::Client,
}

impl Providers {
    async fn start(options: Options) -> Self {
        let sms = Sms::start(options).await.unwrap();
        let account = sms.add_account("Lavka", "79160000001");
        let keys = account.credentials();
        Self { sms, account, keys, client: reqwest::Client::new() }
    }

    async fn aero(&self, method: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{method}", self.sms.base(Provider::SmsAero));
        let key = Some(&self.keys.aero_key);
        let asked = self.client.post(url).basic_auth(&self.keys.email, key).json(&body);
        whole(asked.send().await.unwrap()).await
    }

    async fn smsc(&self, call: &str, params: &[(&str, &str)]) -> Value {
        let url = format!("{}{call}", self.sms.base(Provider::SmscRu));
        let mut form = vec![("apikey", &*self.keys.smsc_key), ("fmt", "3"), ("charset", "utf-8")];
        form.extend_from_slice(params);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let kind = "application/x-www-form-urlencoded";
        let asked = self.client.post(url).header("content-type", kind).body(body);
        let (status, answer) = whole(asked.send().await.unwrap()).await;
        assert_eq!(status, 200, "SMSC.ru answers 200 whatever it says");
        answer
    }

    async fn exolve(&self, method: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{method}", self.sms.base(Provider::Exolve));
        let asked = self.client.post(url).bearer_auth(&self.keys.exolve_key).json(&body);
        whole(asked.send().await.unwrap()).await
    }
}

async fn whole(answer: reqwest::Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
}

const TO: &str = "79161234567";

#[tokio::test]
async fn ch_11_each_provider_answers_in_its_own_shape() {
    let all = Providers::start(Options::quick()).await;
    let phone = all.sms.phone(TO);
    let (status, sent) =
        all.aero("sms/send", json!({"number": TO, "text": "от Aero", "sign": "SHOP"})).await;
    assert_eq!((status, &sent["success"], &sent["message"]), (200, &json!(true), &Value::Null));
    assert_eq!(
        (&sent["data"]["status"], &sent["data"]["extendStatus"]),
        (&json!(0), &json!("queue"))
    );
    phone.wait_for(&all.account, SOON, "от Aero").await.unwrap();
    let (_, status) = all.aero("sms/status", json!({"id": sent["data"]["id"]})).await;
    assert_eq!(status["data"]["extendStatus"], "delivery");

    let sent = all
        .smsc("send.php", &[("phones", TO), ("mes", "от SMSC"), ("id", "77"), ("cost", "3")])
        .await;
    assert_eq!((&sent["id"], &sent["cnt"], &sent["cost"]), (&json!(77), &json!(1), &json!("5.49")));
    phone.wait_for(&all.account, SOON, "от SMSC").await.unwrap();
    let status = all.smsc("status.php", &[("phone", TO), ("id", "77")]).await;
    assert_eq!(status["status"], 1);
    let unknown = all.smsc("status.php", &[("phone", TO), ("id", "78")]).await;
    assert_eq!(unknown["error_code"], 3);

    let message = json!({"number": "79160000001", "destination": TO, "text": "от Exolve"});
    let (status, sent) = all.exolve("messaging/v1/SendSMS", message).await;
    assert_eq!(status, 200);
    assert!(sent["message_id"].is_string(), "{sent}");
    phone.wait_for(&all.account, SOON, "от Exolve").await.unwrap();
    let (_, list) = all.exolve("messaging/v1/GetList", json!({"limit": 10})).await;
    assert_eq!(list["messages"][0]["direction"], 2);
    assert!(all.sms.violations().is_empty(), "{:?}", all.sms.violations());
    assert_eq!(all.account.balance(), 100_000 - 3 * 549);
}

#[tokio::test]
async fn cv_7_refusals_of_smsc_ru_have_their_codes() {
    let all = Providers::start(Options { limits: Limits::documented(), ..Options::quick() }).await;
    let send =
        async |params: &[(&str, &str)]| all.smsc("send.php", params).await["error_code"].clone();
    assert_eq!(send(&[("phones", TO), ("mes", "")]).await, 1);
    assert_eq!(send(&[("phones", TO), ("mes", "x"), ("id", "2147483648")]).await, 1);
    assert_eq!(send(&[("phones", TO), ("mes", "x"), ("sender", "NOBODY")]).await, 6);
    assert_eq!(send(&[("phones", "12"), ("mes", "x")]).await, 7);
    assert_eq!(send(&[("phones", TO), ("mes", "x")]).await, Value::Null);
    assert_eq!(send(&[("phones", TO), ("mes", "x")]).await, 9, "the same within a minute");
    all.account.set_balance(0);
    assert_eq!(send(&[("phones", TO), ("mes", "y")]).await, 3);
    all.account.set_faults(Faults { ip_blocked: true, ..Faults::default() });
    assert_eq!(send(&[("phones", TO), ("mes", "z")]).await, 4);
    all.account.renew_keys();
    assert_eq!(send(&[("phones", TO), ("mes", "z")]).await, 2);
}

#[tokio::test]
async fn ch_11_a_request_outside_the_documents_is_a_violation() {
    let all = Providers::start(Options::quick()).await;
    all.aero("sms/send", json!({"number": TO, "text": "x", "sign": "SHOP", "colour": "red"})).await;
    all.smsc("send.php", &[("phones", TO), ("mes", "x"), ("colour", "red")]).await;
    all.exolve("messaging/v1/SendRCS", json!({})).await;
    let violations = all.sms.violations();
    assert_eq!(violations.len(), 3, "{violations:?}");
}

#[tokio::test]
async fn ch_11_callbacks_are_repeated_until_they_are_taken() {
    let all = Providers::start(Options::quick()).await;
    let hook = Hook::start().await;
    hook.answer(500);
    all.account.set_callback(Provider::SmscRu, &format!("{}/x?key=abc", hook.url));
    all.sms.phone(TO).writes(&all.account, "да");
    hook.next().await;
    hook.answer(200);
    let taken = || all.account.deliveries().into_iter().find(|d| d.answer == Ok(200));
    let taken = all.sms.until(SOON, taken).await.unwrap();
    assert!(taken.attempt > 1);
    assert!(taken.body.contains("mes=%D0%B4%D0%B0") && taken.body.contains("phone=79161234567"));
    let answers = all.smsc("get.php", &[("get_answers", "1"), ("hour", "1")]).await;
    assert_eq!(answers[0]["message"], "да");
    let after = answers[0]["id"].to_string();
    let none = all.smsc("get.php", &[("get_answers", "1"), ("after_id", &after)]).await;
    assert_eq!(none["error_code"], 3);
}

#[tokio::test]
async fn ch_11_a_person_plays_the_phone_from_the_page() {
    let all =
        Providers::start(Options { travel: Duration::from_millis(1), ..Options::quick() }).await;
    let url = all.sms.url();
    let page = all.client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<html lang=\"ru\""));
    let post = async |path: String, body: Value| {
        let answer = all.client.post(format!("{url}/sandbox/{path}")).json(&body).send().await;
        whole(answer.unwrap()).await
    };
    assert_eq!(post("phones".to_owned(), json!({"number": "+7 916 123-45-67"})).await.0, 200);
    let chat = format!("chats/{}/{TO}", all.account.id);
    assert_eq!(post(format!("{chat}/text"), json!({"text": "вопрос"})).await.0, 200);
    assert_eq!(post(format!("{chat}/off"), json!({})).await.0, 200);
    all.smsc("send.php", &[("phones", TO), ("mes", "ответ")]).await;
    let answer = all.client.get(format!("{url}/sandbox/{chat}")).send().await;
    let (_, shown) = whole(answer.unwrap()).await;
    assert_eq!(shown["messages"][1]["status"], "sent", "{shown}");
    let key = shown["messages"][1]["key"].clone();
    let settled =
        post(format!("{chat}/settle"), json!({"key": key, "status": "undelivered"})).await;
    assert_eq!(settled.0, 200);
    let status = all.smsc("get.php", &[("get_messages", "1")]).await;
    assert_eq!(status[0]["status"], 20);
    let state = all.client.get(format!("{url}/sandbox/state")).send().await;
    let (_, state) = whole(state.unwrap()).await;
    assert_eq!(state["accounts"][0]["name"], "Lavka");
    assert_eq!(post("accounts/1/balance".to_owned(), json!({"roubles": 5})).await.0, 404);
}

/// WA-1: the network's register is asked, paid for, and answers later.
#[tokio::test]
async fn wa_1_both_sellers_answer_about_a_number_in_their_own_shape() {
    let all = Providers::start(Options { travel: Duration::from_millis(200), ..Options::quick() });
    let all = all.await;
    let phone = all.sms.phone(TO);
    let before = all.account.balance();
    let (status, taken) = all.aero("hlr/check", json!({"number": TO})).await;
    assert_eq!((status, &taken["success"]), (200, &json!(true)));
    assert_eq!(taken["data"]["hlrStatus"], 4);
    assert_eq!(taken["data"]["extendHlrStatus"], "in work");
    let taken_by_smsc =
        all.smsc("send.php", &[("phones", TO), ("hlr", "1"), ("id", "91"), ("cost", "3")]).await;
    assert_eq!((&taken_by_smsc["id"], &taken_by_smsc["cnt"]), (&json!(91), &json!(1)));
    let waits = all.smsc("status.php", &[("phone", TO), ("id", "91")]).await;
    assert_eq!(waits["status"], -1);
    assert!(all.account.balance() < before, "looks are sold");
    for (gone, aero, smsc) in
        [(false, (1, "available"), (1, 0)), (true, (3, "nonexistent"), (20, 1))]
    {
        if gone {
            phone.is_gone();
        }
        let told = loop {
            let (_, told) = all.aero("hlr/status", json!({"id": taken["data"]["id"]})).await;
            if told["data"]["hlrStatus"] != 4 {
                break told;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(told["data"]["hlrStatus"], aero.0);
        assert_eq!(told["data"]["extendHlrStatus"], aero.1);
        let told = loop {
            let told = all.smsc("status.php", &[("phone", TO), ("id", "91")]).await;
            if told["status"] != -1 {
                break told;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!((&told["status"], &told["err"]), (&json!(smsc.0), &json!(smsc.1)));
    }
    assert!(phone.shows(&all.account).is_empty(), "the phone learns nothing");
    assert!(all.sms.violations().is_empty(), "{:?}", all.sms.violations());
    let (status, _) = all.aero("hlr/check", json!({"number": "x"})).await;
    assert_eq!(status, 400);
    all.aero("hlr/check", json!({"number": TO, "sign": "SHOP"})).await;
    all.smsc("send.php", &[("phones", TO), ("hlr", "1"), ("mes", "words")]).await;
    assert_eq!(all.sms.violations().len(), 2, "{:?}", all.sms.violations());
}
