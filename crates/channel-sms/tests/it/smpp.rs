//! SMPP 3.4 against an SMSC that is not ours (the npm package `smpp`). Where there is no Node, the
//! tests say so and pass.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use channel::{
    Channel, ConnectError, Connecting, DeliveryReport, Driver, Inbound, ListenError, Receive,
    SendError, Sent,
};
use channel_sms::{Pace, Sms};
use domain::{channel::ChannelState, content::Content, delivery::DeliveryStatus};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    testserver::Smsc,
    world::{Stored, channel, driver, driver_with, locked, outbound, until},
};

const CUSTOMER: &str = "+79161234567";

struct Stage {
    smsc: Smsc,
    driver: Arc<Sms>,
    channel: Channel,
    inbox: Arc<Stored>,
    stop: CancellationToken,
    listening: Option<JoinHandle<Result<(), ListenError>>>,
}

impl Stage {
    /// A channel with these settings beside the usual ones; nobody listens yet.
    fn new(more: Value) -> Option<Self> {
        Self::with(driver(), more)
    }

    fn with(driver: Sms, more: Value) -> Option<Self> {
        if let Some(why) = Smsc::missing() {
            eprintln!("SKIPPED: {why}");
            return None;
        }
        let smsc = Smsc::start().expect("the SMSC starts");
        let mut settings = smsc.settings();
        let fields = settings.as_object_mut().expect("fields");
        fields.extend(more.as_object().cloned().unwrap_or_default());
        Some(Self {
            driver: Arc::new(driver),
            channel: channel(settings),
            inbox: Arc::default(),
            stop: CancellationToken::new(),
            listening: None,
            smsc,
        })
    }

    async fn listening(more: Value) -> Option<Self> {
        let mut stage = Self::new(more)?;
        stage.listen().await;
        Some(stage)
    }

    /// Starts the listener, as the supervisor does, and waits until it is connected.
    async fn listen(&mut self) {
        let before = locked(&self.inbox.reports).len();
        self.stop = CancellationToken::new();
        let (driver, channel) = (self.driver.clone(), self.channel.clone());
        let (inbox, stop) = (self.inbox.clone(), self.stop.clone());
        self.listening = Some(tokio::spawn(async move {
            driver.listener().expect("a listener").run(&channel, &*inbox, stop).await
        }));
        until("it listens", async || (locked(&self.inbox.reports).len() > before).then_some(()))
            .await;
    }

    async fn ended(&mut self) -> Result<(), ListenError> {
        self.listening.take().expect("it listens").await.expect("no panic")
    }

    async fn stopped(&mut self) {
        self.stop.cancel();
        self.ended().await.expect("a quiet end");
    }

    async fn send(&self, text: &str) -> Result<Sent, SendError> {
        self.driver.send(&self.channel, &outbound(CUSTOMER, text)).await
    }

    async fn submits(&self, count: usize) -> Vec<Value> {
        until("messages are handed in", async || {
            let submits = self.smsc.events("submit");
            (submits.len() >= count).then_some(submits)
        })
        .await
    }

    fn rules(&self, rules: Value) {
        self.smsc.rules(rules).expect("the SMSC listens to us");
    }

    /// A customer's message, and the SMSC's view of our answer.
    async fn delivers(&self, tag: &str, mut pdu: Value) {
        pdu["tag"] = json!(tag);
        self.smsc.deliver(pdu).expect("the SMSC listens to us");
        let answer = until("the delivery is answered", async || {
            self.smsc.events("deliver_resp").into_iter().find(|e| e["tag"] == tag)
        })
        .await;
        assert_eq!(answer["status"], 0, "{tag}");
    }

    async fn reports(&self, count: usize) -> Vec<DeliveryReport> {
        let reports = || -> Vec<DeliveryReport> {
            let report = |event| match event {
                Inbound::Delivery(report) => Some(report),
                _ => None,
            };
            self.inbox.events().into_iter().filter_map(report).collect()
        };
        until("receipts have come", async || (reports().len() >= count).then(reports)).await
    }

    /// So many sessions took leave instead of breaking off.
    async fn left(&self, sessions: usize) {
        until("sessions are unbound", async || {
            (self.smsc.events("unbind").len() == sessions).then_some(())
        })
        .await;
    }

    async fn texts(&self, count: usize) -> Vec<String> {
        until("messages have come", async || {
            let texts = self.inbox.texts();
            (texts.len() >= count).then_some(texts)
        })
        .await
    }
}

fn nowhere() -> Connecting {
    Connecting { hook_url: None }
}

/// The proof of issue 5: Cyrillic in three parts, every octet of the protocol as the reference has it,
/// and a receipt for each part.
#[tokio::test]
async fn ch_11_cv_7_cyrillic_in_three_parts_with_receipts() {
    let Some(mut stage) = Stage::listening(json!({})).await else { return };
    let text = "Здравствуйте! Ваш заказ собран и ждёт в пункте выдачи на Тверской, дом 7. "
        .repeat(2)
        + "Ждём вас.";
    assert_eq!(domain::sms::parts(&text), 3);
    let sent = stage.send(&text).await.expect("it is accepted");

    let submits = stage.submits(3).await;
    assert_eq!(submits.len(), 3);
    let joined: String = submits.iter().filter_map(|s| s["text"].as_str()).collect();
    assert_eq!(joined, text, "as another implementation reads it");
    let reference = submits[0]["udh"].as_str().and_then(|udh| udh.get(4..6)).expect("a header");
    for (number, submit) in (1..).zip(&submits) {
        assert_eq!(submit["esm_class"], 0x40);
        assert_eq!(submit["data_coding"], 8);
        assert_eq!(submit["registered_delivery"], 1);
        assert_eq!(submit["source"], "79990001122");
        assert_eq!((&submit["source_ton"], &submit["source_npi"]), (&json!(1), &json!(1)));
        assert_eq!(submit["destination"], "79161234567");
        assert_eq!((&submit["dest_ton"], &submit["dest_npi"]), (&json!(1), &json!(1)));
        let udh = submit["udh"].as_str().expect("a header");
        assert!(udh.ends_with(&format!("0003{reference}030{number}")), "{udh}");
    }
    let ids: Vec<String> =
        submits.iter().filter_map(|s| s["id"].as_str()).map(str::to_ascii_lowercase).collect();
    assert_eq!(sent.parts, ids);
    assert_eq!((sent.external_id.as_str(), sent.status), (ids[0].as_str(), DeliveryStatus::Sent));

    let reports = stage.reports(3).await;
    let reported: Vec<_> = reports.iter().map(|r| (r.external_id.clone(), r.status)).collect();
    let expected: Vec<_> = ids.into_iter().map(|id| (id, DeliveryStatus::Delivered)).collect();
    assert_eq!(reported, expected);
    let bind = &stage.smsc.events("bind")[0];
    assert_eq!(
        (&bind["role"], &bind["interface_version"]),
        (&json!("bind_transceiver"), &json!(0x34))
    );
    stage.stopped().await;
    stage.left(1).await;
}

#[tokio::test]
async fn ch_11_one_part_has_no_header_and_one_id() {
    let Some(stage) = Stage::listening(json!({})).await else { return };
    let sent = stage.send("Your code: 42 [ok] 5€").await.expect("it is accepted");
    assert_eq!(sent.parts, [""; 0]);
    let submit = &stage.submits(1).await[0];
    assert_eq!((&submit["esm_class"], &submit["data_coding"]), (&json!(0), &json!(0)));
    assert_eq!(submit["text"], "Your code: 42 [ok] 5€");
}

#[tokio::test]
async fn ch_11_long_texts_go_by_sar_and_by_payload() {
    let text = "Приезжайте ".repeat(20);
    let Some(stage) = Stage::listening(json!({ "smpp_long": "sar" })).await else { return };
    let sent = stage.send(&text).await.expect("it is accepted");
    let submits = stage.submits(4).await;
    assert_eq!((sent.parts.len(), submits.len()), (4, 4));
    for (number, submit) in (1..).zip(&submits) {
        assert_eq!(submit["sar"][1], 4);
        assert_eq!(submit["sar"][2], number);
        assert_eq!(submit["esm_class"], 0);
    }

    let Some(stage) = Stage::listening(json!({ "smpp_long": "payload" })).await else { return };
    stage.send(&text).await.expect("it is accepted");
    let submits = stage.submits(1).await;
    assert_eq!((submits.len(), &submits[0]["payload"]), (1, &json!(text)));
}

/// Ids hexadecimal in the answer and decimal in the receipt; receipts by text alone.
#[tokio::test]
async fn cv_7_receipts_by_text_with_decimal_ids() {
    let Some(stage) = Stage::listening(json!({ "smpp_ids": "hex_then_decimal" })).await else {
        return;
    };
    stage.rules(json!({ "receipts": "text", "ids": "hex_then_decimal" }));
    let sent = stage.send("Привет").await.expect("it is accepted");
    let reports = stage.reports(1).await;
    assert_eq!(reports[0].external_id, sent.external_id);
    assert_eq!(reports[0].status, DeliveryStatus::Delivered);
}

/// A receipt that overtakes the answer is told under the id that the answer then names: the house
/// keeps it until then.
#[tokio::test]
async fn cv_7_a_receipt_before_the_answer() {
    let Some(stage) = Stage::listening(json!({})).await else { return };
    stage.rules(json!({ "early": true }));
    let sent = stage.send("Привет").await.expect("it is accepted");
    assert_eq!(stage.reports(1).await[0].external_id, sent.external_id);
}

#[tokio::test]
async fn cv_7_states_that_are_not_final_say_nothing_and_failures_say_why() {
    let Some(stage) = Stage::listening(json!({})).await else { return };
    for state in ["ENROUTE", "ACCEPTD", "UNKNOWN"] {
        stage.rules(json!({ "state": state }));
        stage.send("Привет").await.expect("it is accepted");
    }
    stage.rules(json!({ "state": "UNDELIV" }));
    let failed = stage.send("Привет").await.expect("it is accepted");
    let reports = stage.reports(1).await;
    assert_eq!(reports.len(), 1);
    assert_eq!(
        (&reports[0].external_id, reports[0].status),
        (&failed.external_id, DeliveryStatus::Failed)
    );
    assert!(reports[0].reason.as_ref().is_some_and(|r| r.contains("не смог доставить")));
}

#[tokio::test]
async fn cv_7_refusals_name_the_next_move() {
    let Some(stage) = Stage::listening(json!({})).await else { return };
    for (status, expected) in
        [(0x58, None), (0x14, None), (0x0B, Some("not_found")), (0x45, Some("refused"))]
    {
        stage.rules(json!({ "statuses": [status] }));
        match (stage.send("Привет").await, expected) {
            (Err(SendError::Retry { .. }), None) => {}
            (Err(SendError::Rejected { code, .. }), Some(expected)) => assert_eq!(code, expected),
            (other, _) => panic!("{status:#x}: {other:?}"),
        }
    }
}

/// A further part that is throttled waits for its turn instead of beginning anew.
#[tokio::test]
async fn cv_7_a_throttled_second_part_is_tried_again() {
    let Some(stage) = Stage::listening(json!({})).await else { return };
    stage.rules(json!({ "statuses": [0, 0x58, 0] }));
    let sent = stage.send(&"Привет ".repeat(15)).await.expect("it is accepted");
    assert_eq!((sent.parts.len(), stage.submits(3).await.len()), (2, 3));
}

#[tokio::test]
async fn cv_7_an_answer_that_is_lost_is_uncertain() {
    let Some(mut stage) = Stage::listening(json!({})).await else { return };
    stage.rules(json!({ "lose": 1 }));
    let outcome = stage.send("Привет").await;
    assert!(matches!(outcome, Err(SendError::Unknown(_))), "{outcome:?}");
    assert!(matches!(stage.ended().await, Err(ListenError::Interrupted(_))));
}

#[tokio::test]
async fn cv_7_without_the_listener_a_send_has_a_session_of_its_own() {
    let Some(stage) = Stage::new(json!({})) else { return };
    stage.send("Привет").await.expect("it is accepted");
    let binds = stage.smsc.events("bind");
    assert_eq!((binds.len(), &binds[0]["role"]), (1, &json!("bind_transmitter")));
    stage.left(1).await;
    drop(stage.smsc.break_off());

    // Nobody is there: nothing was handed over.
    let Stage { driver, channel, smsc, .. } = stage;
    drop(smsc);
    let outcome = driver.send(&channel, &outbound(CUSTOMER, "Привет")).await;
    assert!(matches!(outcome, Err(SendError::Retry { .. })), "{outcome:?}");
}

#[tokio::test]
async fn ch_11_the_window_is_kept_and_messages_of_many_chats_share_a_session() {
    let Some(stage) = Stage::listening(json!({ "smpp_window": 2 })).await else { return };
    stage.rules(json!({ "slow": 5 }));
    let texts: Vec<String> = (0..40).map(|n| format!("Заказ {n}")).collect();
    let sends = texts.iter().map(|text| stage.send(text));
    for outcome in futures::future::join_all(sends).await {
        outcome.expect("it is accepted");
    }
    assert_eq!((stage.submits(40).await.len(), stage.smsc.events("bind").len()), (40, 1));
    let most = stage.submits(40).await.iter().filter_map(|s| s["waiting"].as_u64()).max();
    assert_eq!(most, Some(2));
    stage.reports(40).await;
}

#[tokio::test]
async fn ch_11_a_receiver_and_a_transmitter() {
    let Some(mut stage) = Stage::listening(json!({ "smpp_bind": "separate" })).await else {
        return;
    };
    stage.send("Привет").await.expect("it is accepted");
    stage.reports(1).await;
    stage.delivers("in", json!({ "short_message": "Да", "data_coding": 8 })).await;
    assert_eq!(stage.texts(1).await, ["Да"]);
    let roles: Vec<_> = stage.smsc.events("bind").into_iter().map(|b| b["role"].clone()).collect();
    assert_eq!(roles, ["bind_receiver", "bind_transmitter"]);
    stage.stopped().await;
    stage.left(2).await;
}

#[tokio::test]
async fn ch_11_a_customer_writes_in_every_coding() {
    let Some(stage) = Stage::listening(json!({})).await else { return };
    for (tag, pdu, expected) in [
        (
            "ucs2",
            json!({ "short_message": "Здравствуйте 😀", "data_coding": 8 }),
            "Здравствуйте 😀",
        ),
        ("gsm7", json!({ "octets": "00 1b65 41".replace(' ', ""), "data_coding": 0 }), "@€A"),
        ("latin1", json!({ "octets": "636166e9", "data_coding": 3 }), "café"),
        ("iso5", json!({ "octets": "bfe0d8", "data_coding": 6 }), "При"),
        ("flash", json!({ "octets": "041f0440", "data_coding": 0x18 }), "Пр"),
    ] {
        stage.delivers(tag, pdu).await;
        assert_eq!(stage.inbox.texts().last().map(String::as_str), Some(expected), "{tag}");
    }
    let message = stage.inbox.messages().remove(0);
    assert_eq!(message.person.external_id, CUSTOMER);
    assert_eq!(message.person.phones, [CUSTOMER]);
}

#[tokio::test]
async fn ch_11_what_is_no_text_is_shown_with_its_raw() {
    let Some(stage) = Stage::listening(json!({})).await else { return };
    stage.delivers("binary", json!({ "octets": "0102", "data_coding": 4 })).await;
    stage
        .delivers(
            "port",
            json!({ "octets": "06050423f4000041", "data_coding": 0, "esm_class": 64 }),
        )
        .await;
    for message in stage.inbox.messages() {
        assert!(matches!(message.content, Content::Unsupported { .. }) && message.raw.is_some());
    }
    assert_eq!(stage.inbox.messages().len(), 2);
}

/// Three ways to tell the parts of a long message, in any order, over a restart of ours.
#[tokio::test]
async fn ch_11_long_messages_are_joined_over_a_restart() {
    let Some(mut stage) = Stage::listening(json!({})).await else { return };
    let part = |reference: &str, number: u8, octets: &str| json!({ "octets": format!("050003{reference}030{number}{octets}"), "data_coding": 8, "esm_class": 64 });
    stage.delivers("3", part("2a", 3, "0021")).await;
    stage.delivers("1", part("2a", 1, "04140430")).await;
    stage.stopped().await;
    stage.listen().await;
    assert_eq!(stage.inbox.texts(), [""; 0]);
    stage.delivers("2", part("2a", 2, "002c0020")).await;
    assert_eq!(stage.inbox.texts(), ["Да, !"]);

    let sar = |number: u8, text: &str| {
        json!({
            "short_message": text, "data_coding": 8, "sar_msg_ref_num": 777,
            "sar_total_segments": 2, "sar_segment_seqnum": number,
        })
    };
    stage.delivers("sar 2", sar(2, "мир")).await;
    stage.delivers("sar 1", sar(1, "Привет, ")).await;
    assert_eq!(stage.inbox.texts().last().map(String::as_str), Some("Привет, мир"));

    let long = "Очень длинно. ".repeat(30);
    let payload =
        json!({ "message_payload": { "message": long }, "data_coding": 8, "short_message": "" });
    stage.delivers("payload", payload).await;
    assert_eq!(stage.inbox.texts().last(), Some(&long));
}

#[tokio::test]
async fn ch_11_a_part_that_never_comes_is_told() {
    let pace = Pace { parts: Duration::ZERO, ..Pace::default() };
    let Some(mut stage) = Stage::with(driver_with(pace), json!({})) else { return };
    stage.listen().await;
    let part = json!({ "octets": "0500032a0201041404300021", "data_coding": 8, "esm_class": 64 });
    stage.delivers("1", part).await;
    stage.stopped().await;
    stage.listen().await;
    assert_eq!(stage.texts(1).await, ["Да! […часть 2 из 2 не пришла…]"]);
}

/// Nothing is acknowledged before it is stored; what was not acknowledged comes again and is one
/// message.
#[tokio::test]
async fn ch_11_a_delivery_is_answered_after_the_commit() {
    let Some(mut stage) = Stage::listening(json!({})).await else { return };
    stage.inbox.away.store(true, Ordering::SeqCst);
    stage
        .smsc
        .deliver(json!({ "tag": "first", "short_message": "Да", "data_coding": 8 }))
        .expect("said");
    assert!(matches!(stage.ended().await, Err(ListenError::Accept(_))));
    assert_eq!(stage.smsc.events("deliver_resp"), [json!(null); 0]);
    stage.inbox.away.store(false, Ordering::SeqCst);
    stage.listen().await;
    stage.delivers("again", json!({ "short_message": "Да", "data_coding": 8 })).await;
    assert_eq!(stage.texts(1).await, ["Да"]);
}

/// Only messages commit together with their state, so receipts never share a batch with them; a
/// kill between the two would double the messages.
#[tokio::test]
async fn ch_11_messages_and_receipts_are_stored_apart() {
    let Some(stage) = Stage::listening(json!({})).await else { return };
    for n in 0..20 {
        let message = json!({ "tag": "m", "short_message": format!("Да {n}"), "data_coding": 8 });
        let receipt =
            json!({ "tag": "r", "short_message": format!("id:{n} stat:DELIVRD"), "esm_class": 4 });
        stage.smsc.deliver(message).expect("said");
        stage.smsc.deliver(receipt).expect("said");
    }
    assert_eq!((stage.texts(20).await.len(), stage.reports(20).await.len()), (20, 20));
    for batch in locked(&stage.inbox.batches).iter() {
        let messages = batch.events.iter().filter(|e| matches!(e, Inbound::Message(_))).count();
        assert!(messages == 0 || messages == batch.events.len(), "{:?}", batch.events);
        let marked = batch.state.iter().any(|(key, _)| key == "smpp.unproved");
        assert!(messages == 0 || marked, "a message without its fingerprint");
    }
}

/// What cannot be stored just now is tried again; the session goes on.
#[tokio::test]
async fn ch_11_a_message_that_has_to_wait_does_not_end_the_session() {
    let Some(stage) = Stage::listening(json!({})).await else { return };
    stage.inbox.away.store(true, Ordering::SeqCst);
    let yes = json!({ "tag": "in", "short_message": "Да", "data_coding": 8 });
    stage.smsc.deliver(yes).expect("said");
    stage.send("Привет").await.expect("sending goes on");
    stage.inbox.away.store(false, Ordering::SeqCst);
    assert_eq!(stage.texts(1).await, ["Да"]);
    assert_eq!(stage.smsc.events("bind").len(), 1);
}

/// The rule against doubles: a repetition after a broken session is one message, and a person who
/// says the same twice says it twice.
#[tokio::test]
async fn ch_11_repeated_deliveries_and_repeated_words() {
    let Some(mut stage) = Stage::listening(json!({})).await else { return };
    let yes = || json!({ "short_message": "Да", "data_coding": 8 });
    stage.delivers("first", yes()).await;
    stage.delivers("second", yes()).await;
    assert_eq!(stage.texts(2).await, ["Да", "Да"], "a person said it twice");

    // The proof: an enquire_link after the burst.
    until("the SMSC is asked", async || {
        let unproved = locked(&stage.inbox.state).get("smpp.unproved").cloned();
        (unproved == Some(json!([]))).then_some(())
    })
    .await;
    stage.stopped().await;
    stage.listen().await;
    stage.delivers("third", yes()).await;
    assert_eq!(stage.texts(3).await.len(), 3, "in another session, after the proof");

    // Broken before the proof: the SMSC cannot know that we have it.
    stage.smsc.break_off().expect("said");
    assert!(stage.ended().await.is_err());
    stage.listen().await;
    stage.delivers("repeated", yes()).await;
    stage.delivers("said again", yes()).await;
    assert_eq!(stage.texts(4).await.len(), 4);
}

#[tokio::test]
async fn ch_13_a_session_that_breaks_ends_the_listener_and_another_begins() {
    let Some(mut stage) = Stage::listening(json!({})).await else { return };
    let endless = json!({ "do": "raw", "octets": "7fffffff000000050000000000000001" });
    let too_short = json!({ "do": "raw", "octets": "00000008 00000005".replace(' ', "") });
    for order in [json!({ "do": "break" }), json!({ "do": "unbind" }), endless, too_short] {
        stage.smsc.order(&order).expect("said");
        assert!(matches!(stage.ended().await, Err(ListenError::Interrupted(_))), "{order}");
        stage.listen().await;
    }
    stage.send("Привет").await.expect("it is accepted");
}

#[tokio::test]
async fn ch_13_an_smsc_that_falls_silent_is_given_up() {
    let pace = Pace {
        enquire: Duration::from_millis(200),
        answer: Duration::from_millis(500),
        ..Pace::default()
    };
    let Some(mut stage) = Stage::with(driver_with(pace), json!({})) else { return };
    stage.listen().await;
    until("it is asked", async || (stage.smsc.events("enquire").len() > 2).then_some(())).await;
    stage.rules(json!({ "deaf": true }));
    let Err(ListenError::Interrupted(why)) = stage.ended().await else { panic!("it is given up") };
    assert!(why.contains("does not answer"), "{why}");
}

#[tokio::test]
async fn ch_11_the_smsc_may_ask_us_too() {
    let Some(stage) = Stage::listening(json!({})).await else { return };
    stage.smsc.order(&json!({ "do": "enquire" })).expect("said");
    until("we answer", async || (!stage.smsc.events("enquire_resp").is_empty()).then_some(()))
        .await;
}

/// Octets that no library would write: kept for people, answered, and what comes after them comes.
#[tokio::test]
async fn ch_11_a_pdu_that_cannot_be_read_stops_nothing() {
    let Some(stage) = Stage::listening(json!({})).await else { return };
    // A deliver_sm that ends in its first address; an operation that does not exist.
    for octets in
        ["00000014 00000005 00000000 00000063 00010101", "00000010 00000ABC 00000000 00000064"]
    {
        let octets = octets.replace(' ', "");
        stage.smsc.order(&json!({ "do": "raw", "octets": octets })).expect("said");
    }
    stage.delivers("after", json!({ "short_message": "Да", "data_coding": 8 })).await;
    assert_eq!((stage.texts(1).await, stage.inbox.quarantined()), (vec!["Да".to_owned()], 1));
}

#[tokio::test]
async fn ch_13_connecting_proves_the_login() {
    let Some(stage) = Stage::new(json!({})) else { return };
    let connected = stage.driver.connect(&stage.channel, &nowhere()).await.expect("it connects");
    assert_eq!((connected.title.as_str(), connected.receive), ("+79990001122", Receive::Listener));
    stage.left(1).await;

    let mut wrong = stage.channel.clone();
    wrong.secrets.insert("smpp_password".to_owned(), "wrong".into());
    let refused = stage.driver.connect(&wrong, &nowhere()).await;
    let Err(ConnectError::Refused(report)) = refused else { panic!("{refused:?}") };
    assert_eq!(report.state, ChannelState::BadCredentials);

    let mut nobody = stage.channel.clone();
    nobody.settings.insert("smpp_host".to_owned(), "nowhere.invalid".into());
    let refused = stage.driver.connect(&nobody, &nowhere()).await;
    assert!(matches!(refused, Err(ConnectError::Field(f)) if f.field == "smpp_host"));

    let mut plain = stage.channel.clone();
    plain.settings.insert("smpp_tls".to_owned(), true.into());
    let refused = stage.driver.connect(&plain, &nowhere()).await;
    assert!(refused.is_err(), "there is no TLS at that port");
}

/// After a crash the SMSC may refuse the next session with the code of a wrong password; only if it
/// goes on is a person asked.
#[tokio::test]
async fn ch_13_a_refused_bind_of_a_running_channel() {
    let Some(stage) = Stage::new(json!({})) else { return };
    let run = async || {
        let listener = stage.driver.listener().expect("a listener");
        listener.run(&stage.channel, &*stage.inbox, CancellationToken::new()).await
    };
    stage.rules(json!({ "bind": 0x0D }));
    assert!(matches!(run().await, Err(ListenError::Interrupted(_))));
    let long_ago = chrono::Utc::now() - chrono::TimeDelta::minutes(30);
    let since = serde_json::to_value(long_ago).expect("a time");
    locked(&stage.inbox.state).insert("smpp.refused_since".to_owned(), since);
    assert!(
        matches!(run().await, Err(ListenError::Stopped(r)) if r.state == ChannelState::BadCredentials)
    );

    stage.rules(json!({ "bind": 0x0E }));
    assert!(
        matches!(run().await, Err(ListenError::Stopped(r)) if r.state == ChannelState::BadCredentials)
    );
    stage.rules(json!({ "bind": 0x05 }));
    assert!(matches!(run().await, Err(ListenError::Interrupted(_))));
}

/// One session is all that many accounts have: sends go over the listener's.
#[tokio::test]
async fn ch_11_an_account_with_one_session() {
    let Some(mut stage) = Stage::new(json!({})) else { return };
    stage.rules(json!({ "single": true }));
    stage.driver.connect(&stage.channel, &nowhere()).await.expect("it connects");
    stage.listen().await;
    stage.send("Привет").await.expect("it is accepted");
    let report = stage.driver.inspect(&stage.channel, &nowhere()).await;
    assert_eq!(report.map(|r| r.state), Some(ChannelState::Connected));
    stage
        .driver
        .connect(&stage.channel, &nowhere())
        .await
        .expect("the session that is held proves it");
    assert_eq!(stage.smsc.events("bind").len(), 2, "connecting and listening");
}

#[test]
fn ch_11_the_form_and_its_check() {
    let driver = driver();
    channel::testkit::check_form(&driver, &channel(json!({})));
    let wrong = |settings: Value| -> Vec<String> {
        let wrong = driver.check(&channel(settings)).expect_err("it is wrong");
        wrong.into_iter().map(|error| error.field).collect()
    };
    let keys = ["number", "smpp_host", "smpp_password", "smpp_system_id"];
    let mut missing = wrong(json!({ "provider": "smpp" }));
    missing.sort();
    assert_eq!(missing, keys, "all that is missing is named at once");
    let good = json!({
        "provider": "smpp", "number": "+79990001122", "smpp_host": "smpp.example.ru",
        "smpp_system_id": "shop", "smpp_password": "secret08",
    });
    assert!(driver.check(&channel(good.clone())).is_ok());
    for (key, value) in [
        ("number", json!("Лавка")),
        ("smpp_host", json!("smpp://smpp.example.ru:2775")),
        ("smpp_port", json!(0)),
        ("smpp_system_id", json!("sixteen-signs-id")),
        ("smpp_password", json!("nine-sign")),
        ("smpp_long", json!("somehow")),
        ("smpp_window", json!(101)),
    ] {
        let mut settings = good.clone();
        settings[key] = value;
        assert_eq!(wrong(settings), [key]);
    }
    channel::testkit::check_secrets(&channel(good));
}
