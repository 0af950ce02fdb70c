//! `setMessageReaction`: <https://core.telegram.org/bots/api#setmessagereaction>.

use serde_json::json;

use super::{Act, named_message, writable_chat};
use crate::telegram::answer::{Answer, Refusal, Success};

/// What `ReactionTypeEmoji` takes.
pub(in crate::telegram) const EMOJI: [&str; 73] = [
    "❤",
    "👍",
    "👎",
    "🔥",
    "🥰",
    "👏",
    "😁",
    "🤔",
    "🤯",
    "😱",
    "🤬",
    "😢",
    "🎉",
    "🤩",
    "🤮",
    "💩",
    "🙏",
    "👌",
    "🕊",
    "🤡",
    "🥱",
    "🥴",
    "😍",
    "🐳",
    "❤\u{200d}🔥",
    "🌚",
    "🌭",
    "💯",
    "🤣",
    "⚡",
    "🍌",
    "🏆",
    "💔",
    "🤨",
    "😐",
    "🍓",
    "🍾",
    "💋",
    "🖕",
    "😈",
    "😴",
    "😭",
    "🤓",
    "👻",
    "👨\u{200d}💻",
    "👀",
    "🎃",
    "🙈",
    "😇",
    "😨",
    "🤝",
    "✍",
    "🤗",
    "🫡",
    "🎅",
    "🎄",
    "☃",
    "💅",
    "🤪",
    "🗿",
    "🆒",
    "💘",
    "🙉",
    "🦄",
    "😘",
    "💊",
    "🙊",
    "😎",
    "👾",
    "🤷\u{200d}♂",
    "🤷",
    "🤷\u{200d}♀",
    "😡",
];

/// A bot has at most one reaction on a message, of the plain emoji.
pub(super) fn set(act: &Act<'_>) -> Answer {
    let wanted = act.params.json("reaction")?.unwrap_or_else(|| json!([]));
    let Some(wanted) = wanted.as_array() else {
        return Err(Refusal::bad_request("can't parse reaction types"));
    };
    if wanted.len() > 1 {
        return Err(Refusal::bad_request("REACTIONS_TOO_MANY"));
    }
    let emoji = match wanted.first() {
        None => None,
        Some(reaction) if reaction["type"] == "emoji" => {
            let known = reaction["emoji"].as_str().filter(|emoji| EMOJI.contains(emoji));
            Some(known.ok_or_else(|| Refusal::bad_request("REACTION_INVALID"))?.to_owned())
        }
        Some(_) => return Err(Refusal::bad_request("REACTION_INVALID")),
    };
    act.shared.change(|world| {
        let customer = writable_chat(world, act.bot_id, act.params)?;
        let missing = "message to react not found";
        named_message(world, act.bot_id, customer, act.params, missing)?.bot_reaction = emoji;
        Ok(Success::of(json!(true)))
    })
}
