//! Answers to buyers, against the sandbox, which holds each request to the document.

use std::time::Duration;

use channel::{Driver, FetchError, NewFileSource, RetryScope, SendError};
use domain::{channel::ChannelState, content::Content};
use futures::StreamExt;
use sandbox::autoru::{Autoru, Buyer, Dealer, Entered, Faults, Options, Outcome};
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::world::{CHAT_ID, channel, channel_at, driver, picture, says, strict_driver};

const SOON: Duration = Duration::from_secs(10);

struct Stage {
    autoru: Autoru,
    dealer: Dealer,
    buyer: Buyer,
}

impl Stage {
    async fn start() -> Self {
        let options = Options { tries: 1, ..Options::quick() };
        let autoru = Autoru::start(options).await.expect("the sandbox starts");
        let dealer = autoru.add_dealer("Клён");
        assert_eq!(dealer.enter(CHAT_ID, "http://127.0.0.1:9/hook"), Entered::Saved);
        let buyer = dealer.buyer("b7f10c", "kuznetsova-e");
        buyer.writes(0, "Торг?");
        Self { autoru, dealer, buyer }
    }

    async fn send(&self, id: u128, text: &str) -> Result<String, SendError> {
        let message = says(id, "b7f10c", Content::text(text));
        let sent = driver().send(&channel_at(&self.autoru.base()), &message).await;
        sent.map(|sent| sent.external_id)
    }

    fn shown(&self) -> Vec<String> {
        let theirs = self.buyer.transcript().into_iter().filter(|line| !line.mine);
        theirs.filter_map(|line| line.text).collect()
    }
}

#[tokio::test]
async fn cv_6_a_text_arrives_in_the_dealers_name() {
    let stage = Stage::start().await;
    let id = stage.send(0xabc, "Да, приезжайте").await.expect("sent");
    assert_eq!(id, "00000000-0000-0000-0000-000000000abc");
    let shown = stage.buyer.wait_for_text(SOON, "Да, приезжайте").await.expect("shown");
    assert_eq!(shown.sender.as_deref(), Some("Автосалон «Клён»"), "the channel's name");

    let mut named = channel_at(&format!("{}/", stage.autoru.other_base()));
    named.settings.insert("sender".to_owned(), "Марина".into());
    let second = says(2, "b7f10c", Content::text("Жду вас"));
    driver().send(&named, &second).await.expect("sent at the other address too");
    let shown = stage.buyer.wait_for_text(SOON, "Жду вас").await.expect("shown");
    assert_eq!(shown.sender.as_deref(), Some("Марина"));
    assert_eq!(stage.autoru.violations(), Vec::<String>::new());
}

/// The document: a repeated `message.id` must be ignored.
#[tokio::test]
async fn cv_7_a_lost_answer_is_repeated_without_a_double() {
    let stage = Stage::start().await;
    let lost = [
        Faults { drop_answer: 1, ..Faults::default() },
        Faults { server_error_after: 1, ..Faults::default() },
    ];
    for (n, faults) in lost.into_iter().enumerate() {
        stage.dealer.set_faults(faults);
        let id = 10 + n as u128;
        let text = format!("ответ {n}");
        let first = stage.send(id, &text).await;
        assert!(matches!(first, Err(SendError::Unknown(_))), "{first:?}");
        stage.send(id, &text).await.expect("the repeat is taken");
    }
    assert_eq!(stage.shown(), ["ответ 0", "ответ 1"], "each once");
    let repeated = stage.dealer.calls().into_iter().filter(|c| c.outcome == Outcome::Repeated);
    assert_eq!(repeated.count(), 2);
    assert_eq!(stage.autoru.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn cv_7_each_refusal_names_the_next_move() {
    let stage = Stage::start().await;
    stage.dealer.set_faults(Faults { server_error: 1, ..Faults::default() });
    assert!(matches!(stage.send(1, "а").await, Err(SendError::Unknown(_))), "500: tried again");
    stage.dealer.set_faults(Faults { drop_request: 1, ..Faults::default() });
    assert!(matches!(stage.send(1, "а").await, Err(SendError::Unknown(_))), "cut: tried again");
    stage.dealer.set_faults(Faults { bad_request: 1, ..Faults::default() });
    let refused = stage.send(1, "а").await;
    assert!(matches!(refused, Err(SendError::Rejected { code: "refused", .. })), "{refused:?}");
    assert!(stage.shown().is_empty());

    let (nowhere, message) =
        (channel_at("http://127.0.0.1:1/1.0"), says(1, "b", Content::text("а")));
    let nobody = driver().send(&nowhere, &message).await;
    assert!(
        matches!(nobody, Err(SendError::Retry { scope: RetryScope::Channel, .. })),
        "nothing was sent: {nobody:?}"
    );
}

#[tokio::test]
async fn ch_13_a_dead_chat_id_stops_the_channel_not_the_message() {
    let stage = Stage::start().await;
    stage.dealer.enter("another-chat-id", "http://127.0.0.1:9/hook");
    let refused = stage.send(1, "а").await;
    let Err(SendError::Disconnected(report)) = refused else { panic!("{refused:?}") };
    assert_eq!(report.state, ChannelState::BadCredentials);
    assert!(report.reason.is_some() && report.remedy.is_some());
}

#[tokio::test]
async fn ch_13_an_address_that_is_not_auto_ru_says_so() {
    let elsewhere = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(301).insert_header("location", "http://127.0.0.1:9/"))
        .mount(&elsewhere)
        .await;
    let message = says(1, "b7f10c", Content::text("а"));
    let refused = driver().send(&channel_at(&elsewhere.uri()), &message).await;
    assert!(matches!(refused, Err(SendError::Disconnected(_))), "{refused:?}");

    // AD-2: a strict installation does not even connect to its own inside.
    let refused = strict_driver().send(&channel_at(&elsewhere.uri()), &message).await;
    assert!(matches!(refused, Err(SendError::Disconnected(_))), "{refused:?}");
    assert_eq!(elsewhere.received_requests().await.expect("recorded").len(), 1);
}

#[tokio::test]
async fn cv_6_a_picture_goes_by_its_link() {
    let stage = Stage::start().await;
    let ours = MockServer::start().await;
    let png = ResponseTemplate::new(200).set_body_raw(b"png".to_vec(), "image/png");
    Mock::given(method("GET")).respond_with(png).mount(&ours).await;
    let link = format!("{}/files/token/car.png", ours.uri());
    let content = Content::Files { files: vec![picture(Some(&link))], caption: String::new() };
    let message = says(5, "b7f10c", content);
    driver().send(&channel_at(&stage.autoru.base()), &message).await.expect("sent");
    let shown = stage.buyer.wait_for(SOON, |line| line.picture.is_some()).await.expect("shown");
    assert_eq!(shown.picture.as_deref(), Some(&b"png"[..]));
    assert_eq!(stage.autoru.violations(), Vec::<String>::new());

    let content = Content::Files { files: vec![picture(None)], caption: String::new() };
    let refused = driver().send(&channel(), &says(6, "b7f10c", content)).await;
    assert!(matches!(refused, Err(SendError::Rejected { code: "no_public_address", .. })));
    let place = Content::Location { latitude: 1.0, longitude: 1.0, title: None };
    let refused = driver().send(&channel(), &says(7, "b7f10c", place)).await;
    assert!(matches!(refused, Err(SendError::Rejected { code: "unsupported", .. })));
}

#[tokio::test]
async fn the_buyer_sees_that_it_was_read() {
    let stage = Stage::start().await;
    let second = stage.buyer.writes(1, "А Kia?");
    let driver = driver();
    let signs = driver.signs().expect("the driver has signs");
    let channel = channel_at(&stage.autoru.base());
    signs.seen(&channel, "b7f10c", &format!("b7f10c:{second}")).await.expect("taken");
    assert!(stage.buyer.transcript().iter().all(|line| line.seen), "both were read");
    signs.seen(&channel, "b7f10c", "an id of another buyer").await.expect("nothing to tell");
    signs.typing(&channel, "b7f10c").await.expect("there is no such sign");
    assert_eq!(stage.autoru.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn cv_6_a_buyers_picture_is_fetched() {
    let stage = Stage::start().await;
    let images = MockServer::start().await;
    let jpeg = ResponseTemplate::new(200).set_body_raw(b"jpeg".to_vec(), "image/jpeg");
    Mock::given(method("GET")).respond_with(jpeg).up_to_n_times(1).mount(&images).await;
    let driver = driver();
    let media = driver.media().expect("the driver has media");
    let handle = json!({ "url": format!("{}/orig/1", images.uri()) });
    let mut fetched = media.fetch(&channel(), &handle).await.expect("opened");
    assert_eq!(fetched.mime.as_deref(), Some("image/jpeg"));
    let piece = fetched.bytes.next().await.expect("a piece").expect("read");
    assert_eq!(&piece[..], b"jpeg");
    let gone = media.fetch(&channel(), &handle).await;
    assert!(matches!(gone, Err(FetchError::Gone(_))), "404");
    let unreadable = media.fetch(&channel(), &json!({})).await;
    assert!(matches!(unreadable, Err(FetchError::Gone(_))));
    drop(stage);

    // AD-2: whoever found the webhook out cannot make us look around inside.
    let strict = strict_driver();
    let inner = strict.media().expect("media").fetch(&channel(), &handle).await;
    assert!(matches!(inner, Err(FetchError::Gone(_))));
}

/// What the sandbox sends is what the driver reads: both ends were written from the document alone.
#[tokio::test]
async fn the_sandboxs_own_messages_are_read() {
    let receiver = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).mount(&receiver).await;
    let autoru = Autoru::start(Options::quick()).await.expect("the sandbox starts");
    let dealer = autoru.add_dealer("Клён");
    dealer.enter(CHAT_ID, &format!("{}/hooks/autoru/key", receiver.uri()));
    let buyer = dealer.buyer("b1", "ivan");
    let text = buyer.writes(0, "Торг?");
    dealer.delivered(&text, SOON).await.expect("delivered");
    let photo = buyer.sends_photo(1, "image/png", b"png".to_vec());
    dealer.delivered(&photo, SOON).await.expect("delivered");
    let driver = driver();
    let role = driver.webhook().expect("the driver has webhooks");
    let mut read = Vec::new();
    for request in receiver.received_requests().await.expect("recorded") {
        let request = channel::Request {
            method: request.method.to_string(),
            query: request.url.query().unwrap_or_default().to_owned(),
            headers: Vec::new(),
            body: request.body.into(),
        };
        role.verify(&channel(), &request).expect("proved");
        read.extend(role.parse(&channel(), &request).expect("read").events);
    }
    let [channel::Inbound::Message(first), channel::Inbound::Message(second)] = read.as_slice()
    else {
        panic!("{read:?}")
    };
    assert_eq!(first.external_id, format!("b1:{text}"));
    let car = first.attribution.listing.clone().expect("a car");
    assert_eq!(car.title, "Lada (ВАЗ) Vesta I Рестайлинг");
    let other = second.attribution.listing.clone().expect("a car");
    assert_ne!(car.external_id, other.external_id, "the buyer asks about another car");
    let Content::Files { files, .. } = &second.content else { panic!("a picture") };
    assert!(matches!(files[0].source, NewFileSource::Handle(_)));
}
