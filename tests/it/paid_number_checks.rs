//! How many number checks a company pays for a day at most (WA-1): set beside the switch, counted where a
//! check is queued, told in words when there are no more.

use app::{CheckNumber, ContactForm, Error, Result};
use chrono::{FixedOffset, NaiveTime, TimeDelta, Utc};
use domain::{
    clock::Clock,
    ids::ContactId,
    number_check::{NumberCheckView, NumberState, Wanted},
};
use sandbox::sms::{Options, Provider, Sms};
use serde_json::json;
use tests::TestServer;

use crate::sent_messages::stage::Stage as PuppetStage;

/// A company that pays, and a customer of many phones.
struct Stage {
    puppet: PuppetStage,
    contact: ContactId,
    phones: Vec<String>,
}

impl Stage {
    async fn start(checks_a_day: u32) -> Self {
        let puppet = PuppetStage::set().await;
        *puppet.puppet.checks_a_day.lock().unwrap() = Some(checks_a_day);
        let phones: Vec<String> = (0..6).map(|n| format!("+7916123456{n}")).collect();
        let form = ContactForm {
            name: "Ольга".to_owned(),
            phones: phones.clone(),
            ..ContactForm::default()
        };
        let made = puppet.app.create_contact(&puppet.anna, form, None).await.unwrap();
        Self { contact: made.contact_id, puppet, phones }
    }

    async fn click(&self, phone: usize, wanted: Wanted) -> Result<NumberCheckView> {
        let PuppetStage { app, anna, channel, .. } = &self.puppet;
        let asked =
            CheckNumber { channel: channel.channel_id, phone: self.phones[phone].clone(), wanted };
        app.check_number(anna, self.contact, asked).await
    }

    async fn fresh(&self, phone: usize) -> Result<NumberCheckView> {
        self.click(phone, Wanted::FreshAnswer).await
    }

    async fn checked(&self, phone: usize) {
        self.fresh(phone).await.unwrap();
        self.puppet.work().await;
    }

    async fn state(&self, phone: usize) -> NumberState {
        let PuppetStage { app, anna, .. } = &self.puppet;
        let known = app.number_checks(anna, self.contact).await.unwrap();
        known.into_iter().find(|view| view.phone == self.phones[phone]).unwrap().state
    }

    /// The company's clock shows midnight after this. It is in Moscow.
    fn till_midnight(&self) -> TimeDelta {
        let moscow = FixedOffset::east_opt(3 * 3600).unwrap();
        let now = self.puppet.clock.now().with_timezone(&moscow);
        let midnight = (now.date_naive() + TimeDelta::days(1)).and_time(NaiveTime::MIN);
        midnight.and_local_timezone(moscow).unwrap().with_timezone(&Utc) - self.puppet.clock.now()
    }
}

fn is_refused(said: &Result<NumberCheckView>) -> bool {
    matches!(said, Err(Error::Conflict { code: "no_more_checks_today", .. }))
}

#[tokio::test]
async fn wa_1_a_company_pays_for_so_many_checks_a_day_and_no_more() {
    let stage = Stage::start(2).await;
    // All of it on one day of the company's.
    stage.puppet.pass(stage.till_midnight() + TimeDelta::hours(1));
    stage.checked(0).await;
    // What is known already, and a question that is under way, are not paid for.
    stage.click(0, Wanted::Answer).await.unwrap();
    stage.fresh(1).await.unwrap();
    stage.fresh(1).await.unwrap();
    stage.puppet.work().await;

    let said = stage.fresh(2).await;
    assert!(is_refused(&said), "{said:?}");
    let Err(Error::Conflict { message, .. }) = said else { unreachable!() };
    assert!(message.ru.contains("2 в день") && message.en.contains("2 a day"), "{message:?}");
    assert_eq!(stage.state(2).await, NumberState::NotChecked, "it is as if nobody had asked");
    stage.puppet.pass(TimeDelta::minutes(1));
    assert!(is_refused(&stage.fresh(0).await), "an answer that is there is not asked for anew");
    assert_eq!(stage.state(0).await, NumberState::Exists);
    stage.puppet.work().await;
    assert_eq!(stage.puppet.puppet.asked().len(), 2);

    // Whoever looks after the channel reads it once.
    let PuppetStage { app, anna, channel, .. } = &stage.puppet;
    let log = app.channel_log(anna, channel.channel_id, None, Default::default()).await.unwrap();
    let told = log.items.iter().filter(|line| line.text.ru.contains("Проверок в день не больше"));
    assert_eq!(told.count(), 1, "{:?}", log.items);

    // The day is the company's own, not UTC's.
    stage.puppet.pass(stage.till_midnight() - TimeDelta::seconds(1));
    assert!(is_refused(&stage.fresh(2).await));
    stage.puppet.pass(TimeDelta::seconds(2));
    stage.checked(2).await;
    assert_eq!(stage.state(2).await, NumberState::Exists);
}

#[tokio::test]
async fn wa_1_zero_is_none_and_free_checks_are_not_counted() {
    let stage = Stage::start(0).await;
    let said = stage.fresh(0).await;
    let Err(Error::Conflict { message, .. }) = &said else { panic!("{said:?}") };
    assert!(is_refused(&said) && message.ru.contains("ноль"), "{message:?}");
    *stage.puppet.puppet.checks_a_day.lock().unwrap() = None;
    for phone in 0..3 {
        stage.checked(phone).await;
    }
}

/// Clicks at once count one by one.
#[tokio::test]
async fn wa_1_clicks_at_once_do_not_pass_the_limit() {
    let stage = Stage::start(3).await;
    stage.puppet.pass(stage.till_midnight() + TimeDelta::hours(1));
    let clicks = (0..6).map(|phone| stage.fresh(phone));
    let said = futures::future::join_all(clicks).await;
    assert_eq!(said.iter().filter(|said| said.is_ok()).count(), 3, "{said:?}");
    assert_eq!(said.iter().filter(|said| is_refused(said)).count(), 3);
    stage.puppet.work().await;
    assert_eq!(stage.puppet.puppet.asked().len(), 3);
}

/// The field stands beside the switch of the providers that sell checks, and counts through the front door.
#[tokio::test(flavor = "multi_thread")]
async fn wa_1_the_number_is_set_beside_the_switch() {
    let server = TestServer::start().await;
    let sandbox = Sms::start(Options::quick()).await.unwrap();
    let account = sandbox.add_account("Romashka", "79160000001");
    let owner = server.sign_up().await;
    let keys = account.credentials();
    let form = |checks: serde_json::Value| {
        json!({ "kind": "sms", "name": "SMS", "settings": { "provider": "sms_aero",
            "login": keys.email, "key": keys.aero_key, "number": "SHOP", "check_numbers": true,
            "checks_a_day": checks, "base_url": sandbox.base(Provider::SmsAero) } })
    };
    for wrong in [json!(-1), json!(100_001), json!("many")] {
        let refused = owner.post("/api/v1/channels", &form(wrong), 422).await.text();
        assert!(refused.contains("checks_a_day"), "{refused}");
    }
    let channel = owner.connects(&form(json!(1))).await;
    let person = json!({ "name": "Ольга", "phones": ["+79161234567", "+79161234568"] });
    let person = owner.post("/api/v1/contacts", &person, 201).await.json();
    let path = format!("/api/v1/contacts/{}/number-checks", person["contact_id"].as_str().unwrap());
    let ask = |phone: &str| json!({ "channel_id": channel["channel_id"], "phone": phone });
    owner.post(&path, &ask("+79161234567"), 200).await;
    let refused = owner.post(&path, &ask("+79161234568"), 409).await.json();
    assert_eq!(refused["code"], "no_more_checks_today");
    assert!(refused.to_string().contains("закончились"), "{refused}");
}
