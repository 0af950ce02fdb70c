//! What bad webhooks get: a status with a reason, in bounded memory.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use reqwest::{Method, RequestBuilder};
use tests::{TelegramStage, Way};

const UPDATE: &str = r#"{"update_id":1,"message":{"message_id":1,"date":1790000000,"text":"х","chat":{"id":1,"type":"private"},"from":{"id":1,"is_bot":false,"first_name":"Х"}}}"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

struct Hook {
    stage: TelegramStage,
    key: String,
    secret: String,
}

impl Hook {
    async fn start() -> Self {
        let stage = TelegramStage::start(Way::Webhook).await;
        let key = stage.channel["hook_key"].as_str().unwrap().to_owned();
        let secret = stage.bot.webhook_secret().unwrap();
        Self { stage, key, secret }
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.stage
            .owner
            .nobody()
            .request(Method::POST, path)
            .header("X-Telegram-Bot-Api-Secret-Token", &self.secret)
    }

    fn good(&self) -> RequestBuilder {
        self.post(&format!("/hooks/telegram_bot/{}", self.key))
    }

    async fn answers(&self, request: RequestBuilder, status: u16) -> String {
        let answer = self.stage.owner.send(request, status).await;
        if status == 200 { answer.text() } else { answer.code() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_are_found_by_kind_and_key_alone() {
    let hook = Hook::start().await;
    for path in [
        "/hooks/telegram_bot/unknown".to_owned(),
        format!("/hooks/widget/{}", hook.key),
        format!("/hooks/telegram_bot/{}x", hook.key),
        format!("/hooks/telegram_bot/{}", "k".repeat(5000)),
    ] {
        hook.answers(hook.post(&path).body(UPDATE), 404).await;
    }
    assert_eq!(hook.answers(hook.good().body(UPDATE), 200).await, "", "never JSON to Telegram");
}

/// S18: no body makes the server hold more than the limit, packed or not.
#[tokio::test(flavor = "multi_thread")]
async fn s18_oversized_and_packed_bodies_are_refused_with_a_reason() {
    let hook = Hook::start().await;
    let large = vec![b' '; 5 * 1024 * 1024];
    assert_eq!(hook.answers(hook.good().body(large), 413).await, "too_large");
    let bomb = gzip(&vec![0; 200 * 1024 * 1024]);
    assert!(bomb.len() < 1024 * 1024);
    let packed = |body: Vec<u8>| hook.good().header("content-encoding", "gzip").body(body);
    assert_eq!(hook.answers(packed(bomb), 413).await, "too_large");
    assert_eq!(hook.answers(packed(b"no gzip".to_vec()), 400).await, "broken_body");
    let strange = hook.good().header("content-encoding", "br").body(UPDATE);
    assert_eq!(hook.answers(strange, 415).await, "unknown_encoding");
    hook.answers(packed(gzip(UPDATE.as_bytes())), 200).await;
    let page = hook.stage.owner.get("/api/v1/conversations", 200).await.json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
}

/// S19: what Postgres does not store is taken out; ill-encoded bodies are kept for people.
#[tokio::test(flavor = "multi_thread")]
async fn s19_nul_and_broken_encoding_stop_nothing() {
    let hook = Hook::start().await;
    let nul = UPDATE.replace("\"text\":\"х\"", "\"text\":\"a\\u0000b\"");
    hook.answers(hook.good().body(nul), 200).await;
    let mut broken = UPDATE.as_bytes().to_vec();
    broken.retain(|b| *b != 0xd1);
    hook.answers(hook.good().body(broken), 200).await;
    let page = hook.stage.owner.get("/api/v1/conversations", 200).await.json();
    assert_eq!(page["items"][0]["preview"], "ab");
    let kept = hook.stage.owner.get("/api/v1/quarantine", 200).await.json();
    assert_eq!(kept["items"].as_array().map(Vec::len), Some(1));
    let id = kept["items"][0]["quarantine_id"].as_str().unwrap();
    let raw = hook.stage.owner.get(&format!("/api/v1/quarantine/{id}/body"), 200).await;
    assert!(raw.header("content-disposition").is_some_and(|d| d.starts_with("attachment")));
}
