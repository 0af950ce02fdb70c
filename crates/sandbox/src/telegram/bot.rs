//! A bot as its tester holds it: faults, records, and what befalls it from outside.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    Call, Delivery, Faults, Repeat, methods,
    record::repeats,
    world::{Hook, PollEnd, Shared},
};

#[derive(Clone)]
pub struct Bot {
    pub id: i64,
    pub username: String,
    /// As it was when this handle was made.
    pub token: String,
    pub(super) shared: Arc<Shared>,
}

impl Bot {
    /// From now on; counters that were left over from before are replaced.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.change(|world| {
            if let Some(bot) = world.bots.get_mut(&self.id) {
                bot.faults = faults;
            }
        });
    }

    /// With counters as far as they have been counted down.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.shared.world().bots.get(&self.id).map(|bot| bot.faults).unwrap_or_default()
    }

    /// The owner asked BotFather for a new token: the old one is dead. Returns the new one.
    pub fn renew_token(&self) -> String {
        let secret: String = {
            use rand::{Rng, distr::Alphanumeric};
            rand::rng().sample_iter(Alphanumeric).take(35).map(char::from).collect()
        };
        let token = format!("{}:{secret}", self.id);
        self.shared.change(|world| {
            world.tokens.retain(|_, bot_id| *bot_id != self.id);
            world.tokens.insert(token.clone(), self.id);
            if let Some(bot) = world.bots.get_mut(&self.id) {
                bot.token = token.clone();
            }
        });
        token
    }

    /// Somebody else sets a webhook for this bot: updates go there and are gone for us.
    pub fn steal_webhook(&self, url: &str) {
        let hook = Hook {
            url: url.to_owned(),
            secret: None,
            max_connections: 40,
            ip_address: None,
            stolen: true,
        };
        methods::install(&self.shared, self.id, hook);
    }

    /// Somebody else polls with our token: a long poll of ours that waits ends with 409.
    pub fn steal_poll(&self) {
        if let Some(bot) = self.shared.world().bots.get(&self.id) {
            bot.end_polls(PollEnd::OtherPoll);
        }
    }

    /// Long polls that wait for an update at this moment.
    #[must_use]
    pub fn polls_waiting(&self) -> usize {
        let world = self.shared.world();
        world.bots.get(&self.id).map_or(0, |bot| bot.polls.receiver_count())
    }

    /// The URL the bot's updates go to, if there is a webhook.
    #[must_use]
    pub fn webhook_url(&self) -> Option<String> {
        let world = self.shared.world();
        world.bots.get(&self.id)?.hook.as_ref().map(|hook| hook.url.clone())
    }

    /// The secret the present webhook gets in its header.
    #[must_use]
    pub fn webhook_secret(&self) -> Option<String> {
        self.shared.world().bots.get(&self.id)?.hook.as_ref()?.secret.clone()
    }

    /// What `getWebhookInfo` would say in `last_error_message`.
    #[must_use]
    pub fn last_error(&self) -> Option<String> {
        self.shared.world().bots.get(&self.id)?.last_error.clone().map(|(_, what)| what)
    }

    /// Updates neither taken nor expired.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.shared.world().bots.get(&self.id).map_or(0, |bot| bot.queue.len())
    }

    /// Queues an update as it stands, of whatever shape. Its own `update_id` is kept, so that the
    /// same number can come twice; without one it gets the next. Its chat is looked for in it.
    pub fn inject(&self, update: Value) -> i64 {
        let chat = chat_of(&update).unwrap_or(0);
        let life = self.shared.options.update_life();
        self.shared.change(|world| {
            world.bots.get_mut(&self.id).map_or(0, |bot| bot.push_raw(chat, update, life))
        })
    }

    /// Calls of this bot, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        let world = self.shared.world();
        world.calls.iter().filter(|call| call.bot_id == self.id).cloned().collect()
    }

    /// Calls of one method, whatever became of them; the case of its name does not matter.
    #[must_use]
    pub fn count(&self, method: &str) -> usize {
        let method = method.to_ascii_lowercase();
        let world = self.shared.world();
        world.calls.iter().filter(|call| call.bot_id == self.id && call.method == method).count()
    }

    /// What took effect more than once with the same content in the same chat.
    #[must_use]
    pub fn repeats(&self) -> Vec<Repeat> {
        let world = self.shared.world();
        repeats(world.calls.iter().filter(|call| call.bot_id == self.id))
    }

    /// Tries to hand updates to the webhook, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        let world = self.shared.world();
        world
            .bots
            .get(&self.id)
            .map_or_else(Vec::new, |bot| bot.deliveries.iter().cloned().collect())
    }

    /// Makes a message of a chat older: what Telegram allows ends with a message's age.
    pub fn ages_message(&self, customer: i64, message_id: i64, by: Duration) {
        self.shared.change(|world| {
            let found = world.chat(self.id, customer).message_mut(message_id);
            if let Some(message) = found {
                let date = message.json["date"].as_u64().unwrap_or_default();
                message.json["date"] = Value::from(date.saturating_sub(by.as_secs()));
            }
        });
    }

    /// What the customer sees above the text box: `typing` and the like.
    #[must_use]
    pub fn action(&self, customer: i64) -> Option<String> {
        self.shared.world().chats.get(&(self.id, customer))?.action.clone()
    }
}

fn chat_of(update: &Value) -> Option<i64> {
    update.as_object()?.values().find_map(|payload| {
        payload["chat"]["id"].as_i64().or_else(|| payload["message"]["chat"]["id"].as_i64())
    })
}
