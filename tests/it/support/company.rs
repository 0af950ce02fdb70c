//! A company with a bare channel: no service is behind it, and what comes in there is put into the
//! store as a driver would hand it over.

use std::collections::BTreeMap;

use chrono::Utc;
use domain::{
    attribution::Attribution,
    channel::ChannelKind,
    content::Content,
    conversation::{ConversationKind, Direction},
    ids::{AccountId, ChannelId, ContactId, ConversationId, IdentityId, MessageId},
};
use sqlx::PgConnection;
use store::{
    NewChannel, Store, TenantTx,
    intake::{Item, LookUp, Person, Stored},
};
use uuid::Uuid;

use crate::{Session, TestServer};

/// A company on a server of its own.
pub struct Company {
    pub server: TestServer,
    pub owner: Session,
    pub account: AccountId,
    pub store: Store,
    /// No driver knows its kind.
    pub channel: ChannelId,
}

impl Company {
    pub async fn found() -> Self {
        let server = TestServer::start().await;
        let owner = server.sign_up().await;
        let account = owner.account.parse().unwrap();
        let store = server.database().store();
        let channel = bare_channel(&store, account, "test", "Проба").await;
        Self { server, owner, account, store, channel }
    }

    pub async fn tx(&self) -> TenantTx {
        self.store.tenant(self.account).await.unwrap()
    }

    /// A connection past all walls, for looking and for breaking things.
    pub async fn conn(&self) -> PgConnection {
        self.server.database().connect().await
    }

    /// The store as another process has it.
    pub fn process(&self) -> Store {
        self.server.database().store()
    }

    /// A message of this person in the bare channel.
    pub async fn says(&self, person: &Person, text: &str) -> (MessageId, ConversationId) {
        let item = incoming(self.account, self.channel, person.clone(), text);
        comes_in(&self.store, item).await
    }
}

/// Puts in a channel that nobody connects.
pub async fn bare_channel(store: &Store, account: AccountId, kind: &str, name: &str) -> ChannelId {
    let id = ChannelId(Uuid::now_v7());
    let mut tx = store.tenant(account).await.unwrap();
    tx.insert_channel(&NewChannel {
        channel_id: id,
        kind: ChannelKind::new(kind),
        name: name.to_owned(),
        settings: serde_json::Map::new(),
        secrets: BTreeMap::new(),
        hook_secret: String::new().into(),
        hook_key: id.to_string(),
        pinned_employee_id: None,
        scenario_id: None,
        auto_close_minutes: None,
        use_in_widget: false,
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
    id
}

/// Somebody of whom a service tells a number and a name.
pub fn somebody(external_id: &str, name: &str) -> Person {
    Person { external_id: external_id.to_owned(), name: name.to_owned(), ..Person::default() }
}

/// What a customer says just now. A test that needs it otherwise says `Item { …, ..incoming(…) }`.
pub fn incoming(account: AccountId, channel: ChannelId, person: Person, text: &str) -> Item {
    let now = Utc::now();
    Item {
        account,
        channel,
        message_id: MessageId(Uuid::now_v7()),
        new_contact: ContactId(Uuid::now_v7()),
        new_identity: IdentityId(Uuid::now_v7()),
        new_conversation: ConversationId(Uuid::now_v7()),
        person,
        external_id: Uuid::now_v7().to_string(),
        aliases: vec![],
        direction: Direction::Inbound,
        content: Content::text(text.to_owned()),
        files: vec![],
        reply_to: None,
        thread: vec![],
        album: None,
        kind: ConversationKind::Chat,
        automatic: false,
        attribution: Attribution::default(),
        look_up: LookUp::default(),
        occurred_at: now,
        now,
        raw: None,
    }
}

/// Stores what nobody had stored before.
pub async fn comes_in(store: &Store, item: Item) -> (MessageId, ConversationId) {
    match store.accept(&[item]).await.unwrap().pop() {
        Some(Stored::New { conversation, message, .. }) => (message.message_id, conversation),
        other => panic!("not stored: {other:?}"),
    }
}

/// The first words of somebody new.
pub async fn newcomer(
    store: &Store,
    account: AccountId,
    channel: ChannelId,
) -> (ConversationId, ContactId) {
    let person = somebody(&Uuid::now_v7().to_string(), "Мария");
    let item = incoming(account, channel, person, "Здравствуйте");
    let contact = item.new_contact;
    let (_, conversation) = comes_in(store, item).await;
    (conversation, contact)
}
