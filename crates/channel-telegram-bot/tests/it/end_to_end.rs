//! The driver against the sandbox, which enforces the Bot API's rules and shares no code with it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use channel::{
    ByteStream, Channel, Driver, Inbound, InboundMessage, ListenError, NewFileSource, OutFile,
    Outbound, Reach, Receive, RetryScope, SendError, Thread,
};
use channel_telegram_bot::TelegramBot;
use domain::{
    channel::ChannelState,
    content::{Content, FileKind, Span, Style},
    ids::MessageId,
};
use futures::{StreamExt, TryStreamExt, stream};
use sandbox::telegram::{Bot, Customer, Direction, Faults, Media, Options, Telegram};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::{
    polling::Remembers,
    world::{channel_at, driver, hook, no_hook},
};

const PATIENCE: Duration = Duration::from_secs(20);
pub const VERA: i64 = 1_000_001;
/// The smallest picture: the sandbox looks at the bytes.
pub const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde,
];

pub struct World {
    telegram: Telegram,
    pub bot: Bot,
    pub vera: Customer,
    pub channel: Channel,
    pub driver: TelegramBot,
}

pub async fn world() -> World {
    let telegram = Telegram::start(Options::quick()).await.expect("a sandbox");
    let bot = telegram.add_bot("lavka_test_bot");
    let vera = telegram.customer(VERA, "Вера", Some("vera_yasnaya"));
    let mut channel = channel_at(telegram.url());
    channel.secrets.insert("token".to_owned(), bot.token.clone().into());
    World { telegram, bot, vera, channel, driver: driver() }
}

impl World {
    pub async fn send(&self, content: Content<OutFile>) -> Result<channel::Sent, SendError> {
        let message = Outbound {
            id: MessageId(uuid::Uuid::from_u128(9)),
            recipient: VERA.to_string(),
            content,
            reply_to: None,
            thread: Thread::default(),
            automatic: false,
            repeated: false,
        };
        self.driver.send(&self.channel, &message).await
    }

    /// Polls until so many events came, and stops.
    pub async fn events(&self, offset: Option<i64>, count: usize) -> (Vec<Inbound>, Option<i64>) {
        let (inbox, mut batches) = Remembers::new(offset);
        let stop = CancellationToken::new();
        let listener = self.driver.listener().expect("the driver polls");
        let (mut events, mut next) = (Vec::new(), offset);
        let collect = async {
            while events.len() < count {
                let batch = batches.recv().await.expect("a batch");
                assert!(batch.quarantined.is_empty(), "{:?}", batch.quarantined);
                events.extend(batch.events);
                next =
                    batch.state.iter().find(|(k, _)| k == "offset").and_then(|(_, v)| v.as_i64());
            }
            stop.cancel();
        };
        let both =
            async { tokio::join!(listener.run(&self.channel, &inbox, stop.clone()), collect) };
        let (ended, ()) = tokio::time::timeout(PATIENCE, both).await.expect("in time");
        ended.expect("it was told to stop");
        assert_eq!(inbox.reported(), [ChannelState::Connected]);
        (events, next)
    }
}

fn message(event: &Inbound) -> &InboundMessage {
    match event {
        Inbound::Message(message) => message,
        other => panic!("no message: {other:?}"),
    }
}

pub fn file(kind: FileKind, name: &str, mime: &str, bytes: &'static [u8]) -> OutFile {
    let open: Arc<dyn Fn() -> ByteStream + Send + Sync> =
        Arc::new(move || stream::iter([Ok(Bytes::from_static(bytes))]).boxed());
    OutFile {
        kind,
        name: name.to_owned(),
        mime: mime.to_owned(),
        size: bytes.len() as u64,
        link: None,
        open,
    }
}

#[tokio::test]
async fn ch_5_a_customer_writes_and_is_answered_by_polling() {
    let w = world().await;
    let connected = w.driver.connect(&w.channel, &no_hook()).await.expect("it connects");
    assert_eq!(connected.receive, Receive::Listener);
    assert_eq!(connected.external_id, w.bot.id.to_string());
    assert_eq!(connected.title, "@lavka_test_bot");

    w.vera.starts(&w.bot, Some("spring-sale_7"));
    let asked = w.vera.sends_text(&w.bot, "Есть синий чайник?");
    let (events, offset) = w.events(None, 2).await;
    let (start, question) = (message(&events[0]), message(&events[1]));
    assert_eq!(start.attribution.start_payload.as_deref(), Some("spring-sale_7"));
    assert_eq!(question.content.words(), "Есть синий чайник?");
    assert_eq!(question.external_id, format!("{VERA}:{}", asked.message_id));

    let message_of_ours = Outbound {
        id: MessageId(uuid::Uuid::from_u128(9)),
        recipient: question.person.external_id.clone(),
        content: Content::Text {
            text: "Да, есть".to_owned(),
            spans: vec![Span { offset: 0, length: 2, style: Style::Bold, url: None }],
        },
        reply_to: Some(question.external_id.clone()),
        thread: Thread::default(),
        automatic: false,
        repeated: false,
    };
    let sent = w.driver.send(&w.channel, &message_of_ours).await.expect("accepted");
    let shown = w.vera.wait_for_text(&w.bot, PATIENCE, "Да, есть").await.expect("on the phone");
    assert_eq!(sent.external_id, format!("{VERA}:{}", shown.message_id));
    assert_eq!(shown.reply_to, Some(asked.message_id));
    assert_eq!(shown.entities.len(), 1);

    // What came before the cursor does not come again.
    w.vera.replies(&w.bot, shown.message_id, "Беру").expect("it is on the phone");
    let (events, _) = w.events(offset, 1).await;
    assert_eq!(message(&events[0]).content.words(), "Беру");
    assert_eq!(message(&events[0]).reply_to.as_deref(), Some(sent.external_id.as_str()));
}

#[tokio::test]
async fn cv_6_what_a_customer_can_send_comes_in_its_kind() {
    let w = world().await;
    w.driver.connect(&w.channel, &no_hook()).await.expect("it connects");
    let first = w.vera.sends_text(&w.bot, "Первое");
    w.vera.edits(&w.bot, first.message_id, "Другое").expect("it is there");
    w.vera.sends(&w.bot, Media::photo(PNG).caption("Вот"));
    w.vera.sends(&w.bot, Media::voice(&b"OggS"[..], 3));
    w.vera.sends(&w.bot, Media::video_note(&b"mp4"[..], 3));
    w.vera.sends(&w.bot, Media::sticker(&b"webp"[..]));
    w.vera
        .sends(&w.bot, Media::document("big.zip", "application/zip", &b"z"[..]).of_size(30 << 20));
    w.vera.sends_album(&w.bot, vec![Media::photo(PNG), Media::photo(PNG)]);
    w.vera.sends_location(&w.bot, 55.75, 37.61);
    w.vera.shares_own_phone(&w.bot, "+79990000001");
    w.vera.sends_raw_message(&w.bot, json!({ "hologram": { "depth": 3 } }));
    w.vera.blocks(&w.bot);
    let (events, _) = w.events(None, 13).await;

    let Inbound::Edited(edited) = &events[1] else { panic!("no edit: {:?}", events[1]) };
    assert_eq!(edited.external_id, message(&events[0]).external_id);
    let kinds: Vec<_> = events[2..9].iter().map(|e| message(e).content.files()[0].kind).collect();
    let image = FileKind::Image;
    let (voice, note, sticker) = (FileKind::Voice, FileKind::VideoNote, FileKind::Sticker);
    assert_eq!(kinds, [image, voice, note, sticker, FileKind::File, image, image]);
    assert!(message(&events[7]).album.is_some());
    assert_eq!(message(&events[7]).album, message(&events[8]).album);
    assert!(matches!(message(&events[9]).content, Content::Location { .. }));
    assert_eq!(message(&events[10]).person.phones, ["+79990000001"]);
    assert!(matches!(message(&events[11]).content, Content::Unsupported { .. }));
    let Inbound::Person { reach, .. } = &events[12] else { panic!("no reach: {:?}", events[12]) };
    assert_eq!(*reach, Some(Reach::Blocked));

    let media = w.driver.media().expect("the driver fetches files");
    let photo = &message(&events[2]).content.files()[0];
    let NewFileSource::Handle(handle) = &photo.source else { panic!("{:?}", photo.source) };
    let fetched = media.fetch(&w.channel, handle).await.expect("the file is there");
    let bytes: Vec<Bytes> = fetched.bytes.try_collect().await.expect("it comes whole");
    assert_eq!(bytes.concat(), PNG);
    let large = &message(&events[6]).content.files()[0];
    assert!(matches!(large.source, NewFileSource::Unavailable(_)));
}

#[tokio::test]
async fn cv_6_what_an_operator_can_send_reaches_the_phone() {
    let w = world().await;
    w.vera.starts(&w.bot, None);
    let one = |kind, name, mime, bytes| Content::Files {
        files: vec![file(kind, name, mime, bytes)],
        caption: String::new(),
    };
    let document = w.send(one(FileKind::File, "Счёт № 7.pdf", "application/pdf", b"PDF")).await;
    document.expect("accepted");
    w.send(one(FileKind::Image, "a.png", "image/png", PNG)).await.expect("accepted");
    w.send(one(FileKind::Voice, "v.ogg", "audio/ogg", b"OggS")).await.expect("accepted");
    let album = w
        .send(Content::Files {
            files: vec![
                file(FileKind::Image, "a.png", "image/png", PNG),
                file(FileKind::Image, "b.png", "image/png", PNG),
            ],
            caption: "Обе".to_owned(),
        })
        .await
        .expect("accepted");
    assert_eq!(album.aliases.len(), 1);
    w.send(Content::Location { latitude: 55.75, longitude: 37.61, title: None })
        .await
        .expect("accepted");
    w.send(Content::Contact { name: "Лавка".into(), phone: Some("+79990000003".into()) })
        .await
        .expect("accepted");

    let shown = w.vera.transcript(&w.bot);
    let ours: Vec<_> = shown.iter().filter(|m| m.direction == Direction::FromBot).collect();
    assert_eq!(ours.len(), 7);
    let first = ours[0].media.as_ref().expect("a document");
    assert_eq!((first.file_name.as_deref(), &first.bytes[..]), (Some("Счёт № 7.pdf"), &b"PDF"[..]));
    assert_eq!(ours[3].album, ours[4].album);
    assert_eq!(ours[3].text.as_deref(), Some("Обе"));
    assert!(ours[3].album.is_some());
}

#[tokio::test]
async fn cv_7_faults_at_the_other_end_decide_the_next_move() {
    let w = world().await;
    w.vera.starts(&w.bot, None);
    let text = || Content::text("Да");
    let shown = || {
        let shown = w.vera.transcript(&w.bot);
        shown.iter().filter(|m| m.direction == Direction::FromBot).count()
    };

    w.bot.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    assert!(matches!(w.send(text()).await, Err(SendError::Unknown(_))));
    assert_eq!(shown(), 1, "it was accepted, and once");

    w.bot.set_faults(Faults { server_error: 1, ..Faults::default() });
    assert!(matches!(w.send(text()).await, Err(SendError::Retry { .. })));

    w.bot.set_faults(Faults { too_many: 1, retry_after: 3, ..Faults::default() });
    let Err(SendError::Retry { after, scope, .. }) = w.send(text()).await else {
        panic!("no wait")
    };
    assert_eq!((after.as_secs(), scope), (3, RetryScope::Conversation));
    assert_eq!(shown(), 1);

    w.vera.blocks(&w.bot);
    let refused = w.send(text()).await;
    assert!(matches!(refused, Err(SendError::Rejected { code: "blocked", .. })), "{refused:?}");

    w.telegram.revoke_token(&w.bot.token);
    let Err(SendError::Disconnected(report)) = w.send(text()).await else { panic!("still alive") };
    assert_eq!(report.state, ChannelState::BadCredentials);
    assert!(w.driver.connect(&w.channel, &no_hook()).await.is_err());
    assert!(w.bot.repeats().is_empty());
}

#[tokio::test]
async fn ch_5_a_customer_writes_by_webhook() {
    let mut w = world().await;
    w.channel.settings.insert("receive".to_owned(), "webhook".into());
    let beseda = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&beseda).await;
    let hook = hook(&format!("{}/hooks/telegram_bot/key1", beseda.uri()));
    let connected = w.driver.connect(&w.channel, &hook).await.expect("it connects");
    assert_eq!(connected.receive, Receive::Webhook);
    let again = w.driver.inspect(&w.channel, &hook).await.expect("news");
    assert_eq!(again.state, ChannelState::Connected);

    w.vera.sends_text(&w.bot, "Есть синий чайник?");
    w.telegram
        .until(PATIENCE, || (w.bot.pending() == 0).then_some(()))
        .await
        .expect("it is delivered");
    let calls = beseda.received_requests().await.expect("recorded");
    let request = channel::Request {
        method: "POST".to_owned(),
        query: String::new(),
        headers: calls[0]
            .headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
            })
            .collect(),
        body: calls[0].body.clone().into(),
    };
    let role = w.driver.webhook().expect("the driver has webhooks");
    role.verify(&w.channel, &request).expect("the sandbox repeats our secret");
    let received = role.parse(&w.channel, &request).expect("an update");
    assert_eq!(message(&received.events[0]).content.words(), "Есть синий чайник?");

    w.bot.steal_webhook("https://other.test/bot");
    let taken = w.driver.inspect(&w.channel, &hook).await.expect("news");
    assert_eq!(taken.state, ChannelState::Failed);

    w.channel.settings.insert("receive".to_owned(), "polling".into());
    let (inbox, _batches) = Remembers::new(None);
    let listener = w.driver.listener().expect("the driver polls");
    let ended = listener.run(&w.channel, &inbox, CancellationToken::new()).await;
    let Err(ListenError::Stopped(report)) = ended else { panic!("{ended:?}") };
    assert_eq!(report.state, ChannelState::Failed);
    w.driver.disconnect(&w.channel).await.expect("done");
    assert_eq!(w.bot.webhook_url(), None);
}

#[tokio::test]
async fn ch_13_a_second_poller_is_noticed_and_said() {
    let w = world().await;
    let (inbox, _batches) = Remembers::new(None);
    let listener = w.driver.listener().expect("the driver polls");
    let steal = async {
        let held = w.telegram.until(PATIENCE, || (w.bot.polls_waiting() > 0).then_some(())).await;
        held.expect("a poll is held");
        w.bot.steal_poll();
    };
    let run = listener.run(&w.channel, &inbox, CancellationToken::new());
    let both = async { tokio::join!(run, steal) };
    let (ended, ()) = tokio::time::timeout(PATIENCE, both).await.expect("in time");
    assert!(matches!(ended, Err(ListenError::Interrupted(_))), "{ended:?}");
    assert_eq!(inbox.reported(), [ChannelState::Connected, ChannelState::Interrupted]);
}
