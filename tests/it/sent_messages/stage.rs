//! A company with a puppet for a channel, whose jobs run when the test says so.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use app::{Actor, App, ChannelForm, ChannelRow, Draft, DraftKind, Stretch};
use channel::{DeliveryReport, Inbound, InboundMessage, Person, Registry, Sender};
use chrono::TimeDelta;
use domain::{
    channel::{ChannelKind, StateReport},
    clock::Clock,
    content::Content,
    conversation::Direction,
    delivery::DeliveryStatus,
    event::EventKind,
    ids::{ConversationId, MessageId},
    view::MessageView,
};
use serde_json::{Value, json};
use store::{
    FeedPage,
    lanes::{Claim, Failed, Next, Outcome},
};
use tests::{Database, HandClock, founder, plain, use_cases};
use uuid::Uuid;

use super::puppet::Puppet;

const QUEUES: [&str; 4] = ["send", "signs", "channels", "routing"];
pub const VERA: &str = "vera";

pub struct Stage {
    // Dropped last: it takes the database along.
    pub app: App,
    pub puppet: Arc<Puppet>,
    pub clock: Arc<HandClock>,
    pub anna: Actor,
    pub channel: ChannelRow,
    pub database: Database,
}

impl Stage {
    pub async fn set() -> Self {
        let database = Database::create().await;
        let clock = HandClock::set();
        let puppet = Puppet::new();
        let drivers = Registry::new([puppet.clone() as Arc<dyn channel::Driver>]);
        let app = use_cases(database.store(), drivers, &clock, plain());
        let anna = founder(&app).await;
        let form = ChannelForm { name: Some("Кукла".to_owned()), ..ChannelForm::default() };
        let kind = ChannelKind::new("puppet");
        let made = app.create_channel(&anna, &kind, form, None).await.unwrap();
        let id = made.view.channel_id;
        let channel = app.channel_row(anna.account, id).await.unwrap().unwrap();
        let stage = Self { app, puppet, clock, anna, channel, database };
        stage.work().await;
        stage
    }

    /// Vera has written, and her answer was sent.
    pub async fn answered(text: &str) -> (Self, ConversationId, MessageId) {
        let stage = Self::set().await;
        let talk = stage.vera_writes("in-1").await;
        let id = stage.answers(talk, text).await;
        stage.work().await;
        (stage, talk, id)
    }

    /// What a service says of the channel.
    pub async fn channel_is(&self, report: &StateReport) {
        let (account, channel) = (self.anna.account, self.channel.channel_id);
        self.app.report(account, channel, report).await.unwrap();
    }

    pub fn pass(&self, time: TimeDelta) {
        self.clock.pass(time);
    }

    /// Does every job that is ready, as a worker would; returns the reasons of those that were not done.
    pub async fn work(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        loop {
            let me = Uuid::now_v7();
            let lease = Duration::from_secs(60);
            let mut claimed = Vec::new();
            for queue in QUEUES {
                let claim = Claim {
                    owner: me,
                    queue,
                    most: 50,
                    jobs_per_lane: 50,
                    lease,
                    in_work: &BTreeMap::new(),
                };
                claimed.extend(self.app.store.claim_lanes(&claim).await.unwrap());
            }
            if claimed.is_empty() {
                return reasons;
            }
            for lane in claimed {
                let mut outcome = Outcome {
                    lane: lane.lane.clone(),
                    epoch: lane.epoch,
                    done: Vec::new(),
                    failed: None,
                };
                for job in lane.jobs {
                    match self.app.run(lane.account, &job.payload, job.attempts).await {
                        Ok(()) => outcome.done.push(job.job_id),
                        Err(error) => {
                            reasons.push(error.to_string());
                            let next = match error {
                                app::JobError::Retry { after, .. } => Next::Retry(after),
                                app::JobError::Wait { after, .. } => Next::Wait(after),
                                app::JobError::Fail { .. } => Next::Bury,
                            };
                            outcome.failed = Some(Failed {
                                job_id: job.job_id,
                                error: "see the reasons".to_owned(),
                                next,
                            });
                            break;
                        }
                    }
                }
                self.app.store.finish_lane(&outcome).await.unwrap();
            }
        }
    }

    pub async fn comes(&self, event: Inbound) {
        self.app.accept(&self.channel, vec![event], Vec::new()).await.unwrap();
    }

    /// Vera writes; the message is called by the id.
    pub async fn vera_writes(&self, id: &str) -> ConversationId {
        let person = Person {
            external_id: VERA.to_owned(),
            name: Some("Вера".to_owned()),
            ..Person::default()
        };
        let content = Content::text(format!("вопрос {id}"));
        let message = InboundMessage::new(id, self.clock.now(), person, content);
        self.comes(Inbound::Message(Box::new(message))).await;
        self.found(id).await.conversation_id
    }

    /// What our side wrote to Vera, as the service tells it.
    pub async fn our_side_wrote(&self, id: &str, text: &str) {
        let person = Person { external_id: VERA.to_owned(), ..Person::default() };
        let mut message = InboundMessage::new(id, self.clock.now(), person, Content::text(text));
        message.sender = Sender::OurSide;
        self.comes(Inbound::Message(Box::new(message))).await;
    }

    /// What became of a message's sending.
    pub async fn turns(&self, id: MessageId, status: DeliveryStatus) {
        let mut tx = self.app.store.tenant(self.anna.account).await.unwrap();
        tx.set_status(id, status, None).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn found(&self, external_id: &str) -> store::MessageRow {
        let mut tx = self.app.store.tenant(self.anna.account).await.unwrap();
        let id = self.channel.channel_id;
        tx.message_by_external_id(id, external_id).await.unwrap().expect("a message of this id")
    }

    pub async fn answers(&self, conversation: ConversationId, text: &str) -> MessageId {
        let draft = Draft {
            client_id: Uuid::now_v7().simple().to_string(),
            text: text.to_owned(),
            files: Vec::new(),
            reply_to: None,
            kind: DraftKind::Answer,
            mentions: Vec::new(),
            subject: None,
        };
        let sent = self.app.reply(&self.anna, conversation, draft).await.unwrap();
        sent.message_id
    }

    pub async fn reports(&self, id: &str, status: DeliveryStatus, reason: Option<&str>) {
        self.comes(Inbound::Delivery(DeliveryReport {
            external_id: id.to_owned(),
            status,
            at: self.clock.now(),
            reason: reason.map(str::to_owned),
        }))
        .await;
    }

    pub async fn view(&self, id: MessageId) -> MessageView {
        let mut tx = self.app.store.tenant(self.anna.account).await.unwrap();
        let row = tx.message(id).await.unwrap().expect("a message");
        tx.message_view(row).await.unwrap()
    }

    pub async fn status(&self, id: MessageId) -> DeliveryStatus {
        self.view(id).await.status.expect("a message of ours")
    }

    pub async fn messages(&self, conversation: ConversationId) -> Vec<MessageView> {
        self.app.messages(&self.anna, conversation, Stretch::Latest, 100).await.unwrap()
    }

    /// What the list shows of a conversation, and who said it.
    pub async fn preview(&self, conversation: ConversationId) -> (String, Direction) {
        let mut tx = self.app.store.tenant(self.anna.account).await.unwrap();
        let c = tx.conversation(conversation).await.unwrap().expect("a conversation");
        (c.preview, c.preview_direction)
    }

    pub async fn seq(&self) -> i64 {
        let mut tx = self.app.store.tenant(self.anna.account).await.unwrap();
        tx.last_seq().await.unwrap()
    }

    /// What readers were told of changed messages since then.
    pub async fn told_since(&self, seq: i64) -> Vec<Value> {
        match self.app.events_after(self.anna.account, seq, 1000).await.unwrap() {
            FeedPage::Events(events) => events
                .into_iter()
                .filter(|e| e.kind == EventKind::MessageChanged.as_str())
                .map(|e| json!(e.payload["message"]))
                .collect(),
            FeedPage::TooOld { .. } => panic!("the feed is kept"),
        }
    }

    /// The same of changed conversations.
    pub async fn conversations_since(&self, seq: i64) -> Vec<Value> {
        match self.app.events_after(self.anna.account, seq, 1000).await.unwrap() {
            FeedPage::Events(events) => events
                .into_iter()
                .filter(|e| e.kind == EventKind::ConversationChanged.as_str())
                .map(|e| json!(e.payload["conversation"]))
                .collect(),
            FeedPage::TooOld { .. } => panic!("the feed is kept"),
        }
    }

    /// Work that waits for its time need wait no longer.
    pub async fn ripe(&self) {
        let mut conn = self.database.connect().await;
        sqlx::query("update lanes set run_at = now()").execute(&mut conn).await.unwrap();
    }

    /// A colleague with the rights of an operator.
    pub async fn colleague(&self, name: &str) -> Actor {
        let email = format!("{}@example.test", Uuid::now_v7().simple());
        let mut conn = self.database.connect().await;
        let id = Uuid::now_v7();
        sqlx::query(
            "insert into employees (account_id, employee_id, name, email, role, password_hash)
             values ($1, $2, $3, $4, 'operator', '')",
        )
        .bind(self.anna.account.0)
        .bind(id)
        .bind(name)
        .bind(email)
        .execute(&mut conn)
        .await
        .unwrap();
        Actor { employee: domain::ids::EmployeeId(id), name: name.to_owned(), ..self.anna.clone() }
    }
}

/// The code of a refusal.
pub fn code<T: std::fmt::Debug>(refused: app::Result<T>) -> &'static str {
    match refused.expect_err("it is refused") {
        app::Error::Conflict { code, message, .. } => {
            assert!(!message.ru.is_empty() && !message.en.is_empty());
            code
        }
        app::Error::Invalid(wrong) => wrong[0].code,
        app::Error::NotFound { .. } => "not_found",
        other => panic!("another refusal: {other}"),
    }
}
