//! Signs to the person (read, writing, a press that was taken) and reactions.

use async_trait::async_trait;
use channel::{Channel, Presses, Reactions, SendError, Signs};

use crate::{
    Vk,
    api::Params,
    errors,
    ids::{self, MessageName, Peer},
    inbound::{self, Press},
    outbound::rejected,
};

/// VK's reactions by their number, which begins at 1. The list is the one of VK's messenger; a number
/// beyond it is of a newer one.
pub(crate) const EMOJI: [&str; 16] =
    ["❤", "🔥", "😂", "👍", "💩", "❓", "😭", "😡", "👎", "👌", "😃", "🤔", "🙏", "😘", "😍", "🎉"];

/// The picture of a reaction; a heart stands for what is not known.
pub(crate) fn emoji(id: i64) -> &'static str {
    let place = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
    place.and_then(|place| EMOJI.get(place)).copied().unwrap_or("❤")
}

fn number(emoji: &str) -> Option<usize> {
    let plain = emoji.trim_end_matches('\u{fe0f}');
    EMOJI.iter().position(|known| *known == plain).map(|place| place + 1)
}

fn named(name: &str) -> Result<MessageName, SendError> {
    name.parse().map_err(|()| rejected("not_found", "the message's id cannot be read"))
}

impl Vk {
    async fn tell(
        &self,
        channel: &Channel,
        method: &'static str,
        params: Params,
    ) -> Result<(), SendError> {
        let api = self.opened(channel)?;
        api.call(method, params).await.map(|_| ()).map_err(errors::send_error)
    }
}

#[async_trait]
impl Signs for Vk {
    async fn seen(
        &self,
        channel: &Channel,
        _recipient: &str,
        message: &str,
    ) -> Result<(), SendError> {
        let name = named(message)?;
        let params =
            vec![("peer_id", name.peer.to_string()), ("up_to_cmid", name.number.to_string())];
        self.tell(channel, "messages.markAsRead", params).await
    }

    async fn typing(&self, channel: &Channel, recipient: &str) -> Result<(), SendError> {
        let peer: Peer = recipient
            .parse()
            .map_err(|()| rejected("not_found", "the person's id cannot be read"))?;
        let params = vec![("peer_id", peer.to_string()), ("type", "typing".to_owned())];
        self.tell(channel, "messages.setActivity", params).await
    }
}

/// VK waits a minute for the answer (`messages.sendMessageEventAnswer`).
#[async_trait]
impl Presses for Vk {
    fn is_press(&self, external_id: &str) -> bool {
        ids::is_press(external_id)
    }

    /// VK's own name of the press stands in the event alone.
    async fn answer(
        &self,
        channel: &Channel,
        _external_id: &str,
        raw: Option<&str>,
    ) -> Result<(), SendError> {
        let event = raw.and_then(|raw| serde_json::from_str(raw).ok());
        let press = event.as_ref().and_then(inbound::press);
        let Some(Press { peer, user, event }) = press else {
            return Err(rejected("not_found", "the press cannot be read"));
        };
        let params =
            vec![("event_id", event), ("user_id", user.to_string()), ("peer_id", peer.to_string())];
        self.tell(channel, "messages.sendMessageEventAnswer", params).await
    }
}

#[async_trait]
impl Reactions for Vk {
    async fn react(
        &self,
        channel: &Channel,
        _recipient: &str,
        external_id: &str,
        emoji: Option<&str>,
    ) -> Result<(), SendError> {
        let name = named(external_id)?;
        let mut params =
            vec![("peer_id", name.peer.to_string()), ("cmid", name.number.to_string())];
        let Some(emoji) = emoji else {
            return self.tell(channel, "messages.deleteReaction", params).await;
        };
        let Some(number) = number(emoji) else {
            return Err(rejected("unsupported", "VK has no such reaction"));
        };
        params.push(("reaction_id", number.to_string()));
        self.tell(channel, "messages.sendReaction", params).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cv_6_reactions_are_numbered_from_one() {
        assert_eq!((emoji(1), emoji(4), emoji(16)), ("❤", "👍", "🎉"));
        assert_eq!((emoji(0), emoji(-1), emoji(64)), ("❤", "❤", "❤"));
        assert_eq!((number("👍"), number("❤\u{fe0f}"), number("🦄")), (Some(4), Some(1), None));
    }
}
