//! A bot as its tester holds it: faults, records, and what befalls it from outside.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Call, Delivery, Faults, Outcome, Standing, deliver, methods, new_token,
    world::{BotState, Hook, Shared},
};

#[derive(Clone)]
pub struct Bot {
    pub(super) number: u64,
    pub(super) shared: Arc<Shared>,
}

impl Bot {
    fn look<T: Default>(&self, look: impl FnOnce(&BotState) -> T) -> T {
        self.shared.world().bots.get(&self.number).map(look).unwrap_or_default()
    }

    fn change(&self, change: impl FnOnce(&mut BotState)) {
        self.shared.change(|world| {
            if let Some(bot) = world.bots.get_mut(&self.number) {
                change(bot);
            }
        });
    }

    /// The present token; empty once it is revoked.
    #[must_use]
    pub fn token(&self) -> String {
        self.look(|bot| bot.token.clone().unwrap_or_default())
    }

    /// `pa:` and a number.
    #[must_use]
    pub fn id(&self) -> String {
        self.look(|bot| bot.id.clone())
    }

    /// From now on; counters that were left over from before are replaced.
    pub fn set_faults(&self, faults: Faults) {
        self.change(|bot| bot.faults = faults);
    }

    #[must_use]
    pub fn faults(&self) -> Faults {
        self.look(|bot| bot.faults)
    }

    pub fn set_standing(&self, standing: Standing) {
        self.change(|bot| bot.standing = standing);
    }

    /// The old token is dead. Returns the new one.
    pub fn renew_token(&self) -> String {
        let token = new_token();
        self.change(|bot| bot.token = Some(token.clone()));
        token
    }

    pub fn revoke_token(&self) {
        self.change(|bot| bot.token = None);
    }

    /// Somebody else sets a webhook for this bot: callbacks go there and are gone for us.
    pub fn steal_webhook(&self, url: &str) {
        let events = self.look(|bot| bot.hook.as_ref().map(|h| h.events.clone()));
        let hook = Hook { url: url.to_owned(), events: events.unwrap_or_default(), stolen: true };
        methods::set(&self.shared, self.number, Some(hook));
    }

    #[must_use]
    pub fn webhook_url(&self) -> Option<String> {
        self.look(|bot| bot.hook.as_ref().map(|hook| hook.url.clone()))
    }

    #[must_use]
    pub fn webhook_events(&self) -> Vec<String> {
        self.look(|bot| bot.hook.as_ref().map(|hook| hook.events.clone()).unwrap_or_default())
    }

    /// Sends any body to the webhook with a right signature.
    pub async fn calls_back(&self, body: &str) -> Result<u16, String> {
        let url = self.webhook_url().ok_or("no webhook")?;
        let answer = deliver::signed(&self.shared, self.number, &url, body).await?;
        Ok(answer.0)
    }

    /// Sends any body with any signature, as a stranger who knows the address would.
    pub async fn stranger_calls(&self, signature: &str, body: &str) -> Result<u16, String> {
        let url = self.webhook_url().ok_or("no webhook")?;
        Ok(deliver::post(&self.shared, &url, signature, body).await?.0)
    }

    /// The last callback once more, byte for byte.
    pub async fn repeats_last(&self) -> Result<u16, String> {
        let body = self.last_callback().ok_or("nothing was sent yet")?;
        self.calls_back(&body).await
    }

    /// The last callback as it was sent.
    #[must_use]
    pub fn last_callback(&self) -> Option<String> {
        self.look(|bot| bot.last_sent.clone())
    }

    /// Calls of this bot, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        let world = self.shared.world();
        world.calls.iter().filter(|call| call.bot == Some(self.number)).cloned().collect()
    }

    /// Calls of one method, whatever became of them.
    #[must_use]
    pub fn count(&self, method: &str) -> usize {
        self.calls().iter().filter(|call| call.method == method).count()
    }

    /// Texts that took effect more than once for the same person: 'sent twice', where the tester
    /// gives each message its own text.
    #[must_use]
    pub fn repeats(&self) -> Vec<(String, usize)> {
        let mut seen = BTreeMap::new();
        for call in self.calls() {
            let took_effect = matches!(call.outcome, Outcome::Accepted | Outcome::AnswerDropped);
            if let (true, Some(receiver), Some(text)) = (took_effect, call.receiver, call.text) {
                *seen.entry((receiver, text)).or_insert(0) += 1;
            }
        }
        seen.into_iter().filter(|(_, n)| *n > 1).map(|((_, text), n)| (text, n)).collect()
    }

    /// Tries to hand callbacks to the webhook, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        let world = self.shared.world();
        world.deliveries.iter().filter(|one| one.bot == self.number).cloned().collect()
    }
}
