//! The operators' side: answers under a client id of their own, posted until they are acknowledged,
//! some of them several times at once, as a client with a bad connection does.

use std::{sync::Arc, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;

use super::{check::Answer, senders::Course};
use crate::company::Api;

pub struct Operator {
    pub number: usize,
    pub api: Api,
    /// Ids of the conversations to answer in.
    pub conversations: Vec<String>,
    pub seed: u64,
    /// Mean pause between two answers.
    pub pause: Duration,
}

/// Answers until the course is over.
pub async fn answer(course: Arc<Course>, operator: Operator) -> Vec<Answer> {
    let mut rng = StdRng::seed_from_u64(operator.seed);
    let mut answers = Vec::new();
    let pause = operator.pause.as_millis() as u64;
    while !course.is_over() {
        let number = answers.len() + 1;
        let nth = rng.random_range(0..operator.conversations.len().max(1));
        let Some(conversation) = operator.conversations.get(nth) else { break };
        let text = format!("Ответ {number} оператора {}", operator.number);
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let body = json!({
            "client_id": format!("bench-{:x}-{}-{number}", operator.seed, operator.number),
            "text": text,
        });
        let copies = if rng.random_bool(0.25) { 3 } else { 1 };
        let posts = (0..copies).map(|_| post(&course, &operator.api, &path, &body));
        let accepted = futures::future::join_all(posts).await.into_iter().all(|ok| ok);
        answers.push(Answer { text, accepted });
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..=2 * pause))).await;
    }
    answers
}

async fn post(course: &Course, api: &Api, path: &str, body: &serde_json::Value) -> bool {
    while !course.is_broken_off() {
        if let Ok((status, said)) = api.post(path, body).await {
            if status.is_success() {
                return true;
            }
            if status.is_client_error() && status != 429 && status != 408 {
                eprintln!("ledger: an answer was refused: {status} {said}");
                return false;
            }
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    false
}
