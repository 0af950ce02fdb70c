//! A company beside an account of amoCRM whose chats it may use, and what is seen in those chats.

use sandbox::amo::{
    Account, Amo, Integration,
    chats::{ChatShown, Delivery, Draft, Message},
};
use serde_json::Value;
use server::Config;
use tests::{AmoHouse, Session, TestServer, amo_settings, at_conversation, until};

pub struct House {
    pub server: TestServer,
    pub amo: Amo,
    pub account: Account,
    /// Our integration there, with its chats channel.
    pub app: Integration,
    pub owner: Session,
}

/// What was made for a channel that is passed on.
pub struct Passing {
    pub portal: String,
    /// Where its settings are saved.
    pub integration: String,
}

impl House {
    pub async fn start() -> Self {
        Self::beside(|_| {}).await
    }

    /// With a counterpart of a messenger that the server is told of.
    pub async fn beside(more: impl FnOnce(&mut Config)) -> Self {
        let house = AmoHouse::with_chats(more).await;
        let AmoHouse { server, amo, account, app } = house;
        let owner = server.sign_up().await;
        Self { server, amo, account, app, owner }
    }

    /// A company's channel is passed on into chats; `set`: what its integration sets beside that.
    pub async fn passes_on(&self, owner: &Session, channel: &str, set: &Value) -> Passing {
        let portal = owner.joins(&self.amo, &self.app).await;
        owner.connects_chats(&portal, &self.app).await;
        let settings = amo_settings(channel, set);
        let integration = owner.integrates(&portal, "Продажи", &settings).await;
        Passing { portal, integration }
    }

    /// The first chat that is as wanted, once it is there.
    pub async fn chat(&self, what: &str, wanted: impl Fn(&ChatShown) -> bool) -> ChatShown {
        until(what, async || self.account.chats().into_iter().find(|chat| wanted(chat))).await
    }

    /// The message with this text, and its chat.
    pub async fn shows(&self, text: &str) -> (ChatShown, Message) {
        let is_it = |message: &&Message| message.text == text;
        let chat = self.chat(text, |chat| chat.messages.iter().any(|m| is_it(&m))).await;
        let message = chat.messages.iter().find(is_it).unwrap().clone();
        (chat, message)
    }

    /// The first user of the account.
    pub fn user(&self) -> i64 {
        self.account.managers()[0].id
    }

    /// That user writes in a chat; the message's id.
    pub fn user_writes(&self, chat: &ChatShown, text: &str) -> String {
        self.account.writes_in_chat(self.user(), &chat.id, Draft::text(text)).unwrap()
    }

    /// A user writes to somebody who has no chat yet, through a source if they name one; the ids of the chat
    /// and of the message.
    pub fn user_begins(
        &self,
        user: i64,
        contact: i64,
        source: Option<&str>,
        text: &str,
    ) -> (String, String) {
        self.account.writes_first(user, contact, source, Draft::text(text)).unwrap()
    }

    /// What the CRM was told became of a message, once it is as wanted.
    pub async fn delivery(&self, message: &str, wanted: impl Fn(&Delivery) -> bool) -> Delivery {
        until("the CRM knows what became of the message", async || {
            let chats = self.account.chats();
            let mut messages = chats.iter().flat_map(|chat| &chat.messages);
            let found = messages.find(|m| m.id == message)?;
            wanted(&found.delivery).then(|| found.delivery.clone())
        })
        .await
    }

    /// The code and the words with which a message failed.
    pub async fn failure(&self, message: &str) -> (i64, String) {
        let failed = |delivery: &Delivery| matches!(delivery, Delivery::Failed { .. });
        match self.delivery(message, failed).await {
            Delivery::Failed { error_code, error } => (error_code, error.unwrap_or_default()),
            other => unreachable!("{other:?}"),
        }
    }

    /// The newest conversation.
    pub async fn conversation(&self) -> Value {
        self.owner.conversations("").await.remove(0)
    }

    /// Waits until the newest message of all is this one.
    pub async fn until_here(&self, text: &str) {
        let is_here = async || (self.conversation().await["preview"] == text).then_some(());
        until(&format!("«{text}» is here"), is_here).await;
    }

    /// An operator writes in the newest conversation.
    pub async fn replies(&self, client_id: &str, text: &str) {
        self.owner.answer(&self.conversation().await, client_id, text).await;
    }

    /// Waits until a message of the newest conversation tells of it.
    pub async fn until_told(&self, what: &str, words: &str) {
        let tells = |message: &Value| message.to_string().contains(words);
        self.owner.until_message(&self.conversation().await, what, tells).await;
    }

    /// Closes the newest conversation.
    pub async fn closes(&self) {
        let path = at_conversation(&self.conversation().await, "/close");
        self.owner.poke(&path, 200).await;
    }
}

/// All that is said in a chat.
pub fn texts(chat: &ChatShown) -> Vec<&str> {
    chat.messages.iter().map(|m| m.text.as_str()).collect()
}
