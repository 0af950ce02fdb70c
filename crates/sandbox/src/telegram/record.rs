//! What was asked of the sandbox and what it delivered: the sandbox's half of a ledger.

use std::{collections::BTreeMap, time::SystemTime};

use serde::Serialize;

/// One call of a Bot API method.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// Counts all calls of this sandbox from 1.
    pub number: u64,
    pub bot_id: i64,
    /// In lower case, as the official server compares it.
    pub method: String,
    pub chat_id: Option<i64>,
    /// Text or caption as it was given.
    pub text: Option<String>,
    #[serde(serialize_with = "unix_millis")]
    pub at: SystemTime,
    /// SHA-256 of the arguments and files, equal for equal calls whatever the encoding.
    pub digest: String,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It took effect, and the caller was told.
    Accepted {
        message_ids: Vec<i64>,
    },
    /// It took effect, and the caller was not told.
    AnswerDropped {
        message_ids: Vec<i64>,
    },
    /// It had no effect, and the caller was not told.
    RequestDropped,
    Refused {
        code: u16,
        description: String,
    },
}

impl Outcome {
    #[must_use]
    pub fn took_effect(&self) -> bool {
        match self {
            Self::Accepted { .. } | Self::AnswerDropped { .. } => true,
            Self::RequestDropped | Self::Refused { .. } => false,
        }
    }
}

/// A call that took effect more than once with the same content in the same chat: 'sent twice',
/// where the tester gives each message its own text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repeat {
    pub chat_id: i64,
    pub text: Option<String>,
    pub digest: String,
    pub times: usize,
}

pub(super) fn repeats<'a>(calls: impl Iterator<Item = &'a Call>) -> Vec<Repeat> {
    let mut seen: BTreeMap<(i64, &str), (usize, &Option<String>)> = BTreeMap::new();
    for call in calls {
        let sends = call.method.starts_with("send") && call.method != "sendchataction";
        let Some(chat_id) = call.chat_id.filter(|_| sends && call.outcome.took_effect()) else {
            continue;
        };
        seen.entry((chat_id, &call.digest)).or_insert((0, &call.text)).0 += 1;
    }
    seen.into_iter()
        .filter(|(_, (times, _))| *times > 1)
        .map(|((chat_id, digest), (times, text))| Repeat {
            chat_id,
            text: text.clone(),
            digest: digest.to_owned(),
            times,
        })
        .collect()
}

/// One try to hand an update to the webhook.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    pub update_id: i64,
    /// From 1; copies made by a fault carry the number of the try they belong to.
    pub attempt: u32,
    #[serde(serialize_with = "unix_millis")]
    pub at: SystemTime,
    /// The HTTP status, or why there was none.
    pub answer: Result<u16, String>,
}

fn unix_millis<S: serde::Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    to.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
