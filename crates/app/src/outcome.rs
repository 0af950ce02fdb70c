//! What a service said to something that is done to a message already sent (a change, a reaction) or
//! to a person: safe to repeat, so a lost answer is asked for again.

use std::time::Duration;

use channel::{RetryScope, SendError};
use domain::{refusal, text::Words};
use store::{ChannelRow, TenantTx};

use crate::{
    App, Result,
    work::{JobError, back_off},
};

/// Answers behind it in the same lane wait meanwhile: about half a minute.
const MOST_TRIES: i32 = 5;
/// How long work waits for a channel that is down before its lane looks again.
const CHANNEL_DOWN: Duration = Duration::from_secs(30);

/// Where it stands.
pub(crate) enum Settled {
    Done,
    /// In the service's words: surely not done.
    Refused(Words),
    /// Given up after a lost answer, or refused when it was asked for again: a try before may have
    /// done it.
    Unsure(Words),
    /// The queue tries again.
    Again(JobError),
}

impl App {
    /// Judges an answer; a channel that is down, or told to wait, is written down. The caller commits.
    pub(crate) async fn settled(
        &self,
        tx: &mut TenantTx,
        channel: &ChannelRow,
        outcome: Result<(), SendError>,
        attempts: i32,
    ) -> Result<Settled> {
        Ok(match outcome {
            Ok(()) => Settled::Done,
            Err(SendError::Rejected { code, text }) => {
                let why = refusal::words(code, &text);
                // It is said of this try, and not of those before it.
                if attempts == 0 { Settled::Refused(why) } else { Settled::Unsure(why) }
            }
            Err(SendError::Retry { after, scope, why }) => {
                if scope == RetryScope::Channel {
                    let pause = chrono::Duration::from_std(after)
                        .unwrap_or_else(|_| chrono::Duration::minutes(1));
                    tx.pause_channel(channel.channel_id, self.clock.now() + pause).await?;
                }
                again(after, why, attempts, refusal::GIVEN_UP)
            }
            Err(SendError::Unknown(why)) => again(back_off(attempts), why, attempts, refusal::LOST),
            Err(SendError::Disconnected(report)) => {
                self.change_state(tx, channel.channel_id, &report).await?;
                let why = "the channel is down".to_owned();
                Settled::Again(JobError::Wait { after: CHANNEL_DOWN, why })
            }
        })
    }

    /// Whether the channel takes no calls now.
    pub(crate) fn must_wait(&self, channel: &ChannelRow) -> Option<JobError> {
        if !channel.report.state.sends() {
            let why = "the channel is down".to_owned();
            return Some(JobError::Wait { after: CHANNEL_DOWN, why });
        }
        let now = self.clock.now();
        let until = channel.paused_until.filter(|until| *until > now)?;
        let why = "the service asked the channel to wait".to_owned();
        Some(JobError::Wait { after: (until - now).to_std().unwrap_or_default(), why })
    }
}

/// Tries again, or gives up with the code that says why.
fn again(after: Duration, why: String, attempts: i32, code: &str) -> Settled {
    if attempts >= MOST_TRIES {
        return Settled::Unsure(refusal::words(code, &why));
    }
    Settled::Again(JobError::Retry { after, why })
}

/// A refusal, said of something that the customer was to see.
pub(crate) fn unchanged(Words { ru, en }: Words) -> Words {
    Words::new(
        format!("У клиента всё осталось как было. {ru}"),
        format!("The customer sees everything as it was. {en}"),
    )
}

pub(crate) fn channel_gone() -> Words {
    Words::new(
        "Канал этого обращения удалён, изменить сообщение через него нельзя.",
        "This conversation's channel was removed; it cannot change a message.",
    )
}
