use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use sandbox::amo::Switches;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{Desk, SOON};

/// Somebody who takes webhooks and answers with one status.
struct Taker {
    url: String,
    status: Arc<AtomicU16>,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Taker {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/amo/secret", listener.local_addr().unwrap());
        let taker = Self { url, status: Arc::new(AtomicU16::new(200)), bodies: Arc::default() };
        let (status, bodies) = (Arc::clone(&taker.status), Arc::clone(&taker.bodies));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut bytes = Vec::new();
                let mut buffer = [0; 4_096];
                let body = loop {
                    let read = socket.read(&mut buffer).await.unwrap();
                    bytes.extend_from_slice(buffer.get(..read).unwrap());
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head.lines().find_map(|line| {
                        line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
                    });
                    if body.len() >= length.unwrap_or(0_usize) {
                        break body.to_owned();
                    }
                };
                bodies.lock().unwrap().push(body);
                let status = status.load(Ordering::SeqCst);
                let answer = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        taker
    }

    async fn subscribe(&self, desk: &Desk, events: &[&str]) {
        let (status, body) =
            desk.post("webhooks", json!({"destination": self.url, "settings": events})).await;
        assert_eq!(status, 201, "{body}");
    }
}

async fn delivered(desk: &Desk, count: usize) -> Vec<sandbox::amo::Delivery> {
    let all = || Some(desk.account.deliveries()).filter(|all| all.len() >= count);
    desk.amo.until(SOON, all).await.unwrap()
}

#[tokio::test]
async fn amo_sim_8_events_are_brackets_of_text_and_our_own_writes_come_back() {
    let desk = Desk::start().await;
    let taker = Taker::start().await;
    taker
        .subscribe(&desk, &["add_lead", "status_lead", "responsible_lead", "delete_unsorted"])
        .await;
    let stage = desk.account.stage("Продажи", "Переговоры").unwrap();
    let lead = desk.made("leads", json!({"name": "Эхо", "tags_to_add": [{"name": "чат"}]})).await;
    let own = delivered(&desk, 1).await.remove(0).fields();
    assert_eq!(own["leads[add][0][id]"], lead.to_string());
    assert_eq!(own["leads[add][0][tags][0][name]"], "чат");
    assert_eq!(own["account[subdomain]"], "romashka");
    assert_eq!(own["leads[add][0][modified_user_id]"], desk.account.admin().to_string());

    let first = desk.account.stage("Продажи", "Первичный контакт").unwrap();
    desk.account.move_lead(lead, stage.pipeline_id, stage.status_id);
    let moved = delivered(&desk, 2).await.remove(1).fields();
    assert_eq!(moved["leads[status][0][status_id]"], stage.status_id.to_string());
    assert_eq!(moved["leads[status][0][old_status_id]"], first.status_id.to_string());
    desk.account.set_responsible(lead, desk.account.managers()[0].id);
    let handed = delivered(&desk, 3).await.remove(2);
    assert_eq!(handed.event, "responsible_lead");
    assert_eq!(taker.bodies.lock().unwrap().len(), 3);

    let wrong = json!({"destination": taker.url, "settings": ["lead_added"]});
    assert_eq!(desk.post("webhooks", wrong).await.0, 400);
    let gone = json!({"destination": taker.url});
    let delete = || desk.ask(reqwest::Method::DELETE, "webhooks", Some(&gone));
    assert_eq!(delete().await.0, 204);
    assert_eq!(delete().await.0, 404);
}

#[tokio::test]
async fn amo_sim_8_bad_answers_are_tried_again_and_at_last_switched_off() {
    let desk = Desk::start().await;
    let taker = Taker::start().await;
    taker.subscribe(&desk, &["add_contact"]).await;
    taker.status.store(503, Ordering::SeqCst);
    desk.made("contacts", json!({"name": "Анна"})).await;
    delivered(&desk, 1).await;
    for (minutes, tries) in [(5, 2), (15, 3), (15, 4), (60, 5)] {
        desk.amo.advance(Duration::from_secs(minutes * 60 + 1));
        let all = delivered(&desk, tries).await;
        assert_eq!(all.last().unwrap().attempt, u32::try_from(tries).unwrap());
    }
    let many: Vec<_> = (0..120).map(|n| json!({"name": format!("Контакт {n}")})).collect();
    desk.post("contacts", json!(many)).await;
    let off = || desk.account.webhooks().first().filter(|hook| hook.2).map(|_| ());
    desk.amo.until(SOON, off).await.unwrap();
    let (_, list) = desk.get("webhooks").await;
    assert_eq!(list["_embedded"]["webhooks"][0]["disabled"], json!(true));
}

/// The last two tries are for 499 and 5xx alone; what comes after does not wait for them.
#[tokio::test]
async fn amo_sim_8_what_is_refused_is_tried_three_times_and_holds_nothing_up() {
    let desk = Desk::start().await;
    let taker = Taker::start().await;
    taker.subscribe(&desk, &["add_contact"]).await;
    taker.status.store(404, Ordering::SeqCst);
    desk.made("contacts", json!({"name": "Анна"})).await;
    delivered(&desk, 1).await;
    for (minutes, tries) in [(5, 2), (15, 3)] {
        desk.amo.advance(Duration::from_secs(minutes * 60 + 1));
        delivered(&desk, tries).await;
    }
    desk.amo.advance(Duration::from_secs(3 * 60 * 60));
    taker.status.store(200, Ordering::SeqCst);
    desk.made("contacts", json!({"name": "Пётр"})).await;
    let all = delivered(&desk, 4).await;
    let tries: Vec<_> = all.iter().map(|delivery| (delivery.attempt, delivery.status)).collect();
    assert_eq!(tries, [(1, 404), (2, 404), (3, 404), (1, 200)]);
}

/// Two seconds: whoever answers later has not answered.
#[tokio::test]
async fn amo_sim_8_a_late_answer_is_none() {
    let limits = sandbox::amo::Limits::off();
    let webhook_timeout = Duration::from_millis(100);
    let options = sandbox::amo::Options { limits, webhook_timeout, ..Default::default() };
    assert_eq!(sandbox::amo::Options::default().webhook_timeout, Duration::from_secs(2));
    let desk = Desk::with(options).await;
    // Takes connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/amo", listener.local_addr().unwrap());
    let (status, _) =
        desk.post("webhooks", json!({"destination": url, "settings": ["add_lead"]})).await;
    assert_eq!(status, 201);
    desk.made("leads", json!({"name": "Тишина"})).await;
    let all = delivered(&desk, 1).await;
    assert_eq!((all[0].attempt, all[0].status), (1, 0));
    desk.amo.advance(Duration::from_secs(5 * 60 + 1));
    assert_eq!(delivered(&desk, 2).await[1].attempt, 2);
}

#[tokio::test]
async fn amo_sim_8_events_may_be_coalesced_and_come_in_another_order() {
    let desk = Desk::start().await;
    let taker = Taker::start().await;
    taker.subscribe(&desk, &["status_lead", "add_lead"]).await;
    let switches = Switches {
        coalesce_webhooks: true,
        reorder_webhooks: true,
        webhook_delay_ms: 300_000,
        ..Switches::default()
    };
    desk.account.set_switches(switches);
    let lead = desk.made("leads", json!({"name": "Скачет"})).await;
    let stages = desk.account.stages();
    for stage in stages.iter().filter(|s| s.pipeline == "Продажи" && s.status_id != 142).skip(2)
    {
        desk.account.move_lead(lead, stage.pipeline_id, stage.status_id);
    }
    // The wait begins when the sender has seen the first of them.
    while desk.account.deliveries().len() < 2 {
        desk.amo.advance(Duration::from_secs(301));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let all = delivered(&desk, 2).await;
    let names: Vec<_> = all.iter().map(|delivery| delivery.event.as_str()).collect();
    assert_eq!(names, ["status_lead", "add_lead"]);
    assert_eq!(all[0].fields()["leads[status][0][status_id]"], "143");
}
