//! Webhooks of a CRM that cannot be understood, or not be stored: kept, shown without secrets, settled by a
//! person, and never in the way of others (S16, AMO-13).

use reqwest::Method;
use sandbox::amo::chats::sign_body;
use serde_json::{Value, json};
use tests::{AmoHouse, AmoStage, PATIENCE, Session, until};
use url::Url;

use crate::crm_shared_chats::joins;

const FORM: &str = "application/x-www-form-urlencoded";

/// A company whose portal has sent something.
struct Stage {
    house: AmoHouse,
    owner: Session,
    portal: String,
}

impl Stage {
    async fn start() -> Self {
        let house = AmoHouse::with_chats(|_| {}).await;
        let owner = house.server.sign_up().await;
        let portal = joins(&owner, &house).await;
        Self { house, owner, portal }
    }

    /// The path where the CRM tells what happened.
    async fn hook(&self) -> String {
        let url = until("our webhook is registered", async || {
            self.house.account.webhooks().first().map(|(url, ..)| url.clone())
        })
        .await;
        Url::parse(&url).unwrap().path().to_owned()
    }

    async fn tells(&self, hook: &str, kind: &str, body: &str) {
        let request = self.owner.nobody().request(Method::POST, hook);
        let request = request.header("content-type", kind).body(body.to_owned());
        self.owner.send(request, 200).await;
    }

    /// Tells of the chats, signed.
    async fn chat_tells(&self, body: &str, expect: u16) {
        let secret = &self.house.app.channel.as_ref().unwrap().secret;
        let scope = self.house.account.scopes().pop().unwrap();
        let request =
            self.owner.nobody().request(Method::POST, &format!("/hooks/crm-chats/{scope}"));
        let signature = sign_body(secret, body.as_bytes());
        let request = request.header("X-Signature", signature).body(body.to_owned());
        self.owner.send(request, expect).await;
    }

    fn path(&self) -> String {
        format!("{}/quarantine", self.portal)
    }

    fn at(&self, one: &Value, act: &str) -> String {
        format!("{}/{}/{act}", self.path(), one["quarantine_id"].as_str().unwrap())
    }

    async fn waiting(&self) -> Vec<Value> {
        let page = self.owner.get(&self.path(), 200).await.json();
        page["items"].as_array().unwrap().clone()
    }
}

fn is_unreadable(one: &Value) -> bool {
    one["reason"]["ru"].as_str().is_some_and(|ru| ru.contains("не прочитать"))
        && one["reason"]["en"].as_str().is_some_and(|en| en.contains("cannot be read"))
}

#[tokio::test(flavor = "multi_thread")]
async fn s16_what_a_portal_sends_and_nobody_understands_is_shown_and_settled() {
    let stage = Stage::start().await;
    let hook = stage.hook().await;
    let key = hook.rsplit('/').next().unwrap();
    let mut socket = stage.owner.socket(None).await;
    // What is known and does not concern us is no fault.
    stage.tells(&hook, FORM, "account[subdomain]=acme&message[add][0][id]=1").await;
    assert_eq!(stage.waiting().await, Vec::<Value>::new());

    let body = format!("robots[add][0][id]=7&robots[token]=sesame-1&back={key}&name=Иван");
    stage.tells(&hook, FORM, &body).await;
    let told = socket.next_event("crm.changed", PATIENCE).await;
    assert!(stage.portal.ends_with(told["data"]["portal_id"].as_str().unwrap()), "{told}");
    stage.tells(&hook, "application/json", "{\"leads\": ").await;
    let waiting = stage.waiting().await;
    assert_eq!(waiting.len(), 2, "the latest first: {waiting:?}");
    assert!(is_unreadable(&waiting[0]), "{waiting:?}");
    assert!(waiting[1]["reason"]["ru"].as_str().unwrap().contains("ничего из того"));
    assert_eq!(waiting[1]["size"], body.len());
    let portal = stage.owner.get(&stage.portal, 200).await.json();
    assert_eq!(portal["not_understood"], 2);

    let shown = stage.owner.get(&stage.at(&waiting[1], "body"), 200).await;
    assert!(shown.header("content-type").unwrap().starts_with("text/plain"), "no page of ours");
    assert!(shown.header("content-disposition").unwrap().starts_with("attachment"));
    let safe = "robots[add][0][id]=7&robots[token]=[hidden]&back=[hidden]&name=Иван";
    assert_eq!(shown.text(), safe);

    // Settled once, and written down.
    let settle = stage.at(&waiting[1], "resolve");
    stage.owner.poke(&settle, 204).await;
    socket.next_event("crm.changed", PATIENCE).await;
    stage.owner.poke(&settle, 404).await;
    assert_eq!(stage.waiting().await, waiting[..1]);
    let portal = stage.owner.get(&stage.portal, 200).await.json();
    assert_eq!(portal["not_understood"], 1);
    let audit = stage.owner.get("/api/v1/audit?limit=1", 200).await.json();
    assert_eq!(audit["items"][0]["action"], "crm.quarantine_resolved", "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s8_the_quarantine_of_a_portal_is_for_its_admins_alone() {
    let stage = Stage::start().await;
    stage.tells(&stage.hook().await, FORM, "robots[add][0][id]=7").await;
    let waiting = stage.waiting().await.remove(0);
    let (body, settle) = (stage.at(&waiting, "body"), stage.at(&waiting, "resolve"));
    let operator = stage.owner.hire("Борис", "operator").await;
    // Another company of the same account of the CRM.
    let other = stage.house.server.sign_up().await;
    let theirs = joins(&other, &stage.house).await;
    for (who, expect) in [(&operator, 403), (&other, 404)] {
        who.get(&stage.path(), expect).await;
        who.get(&body, expect).await;
        who.poke(&settle, expect).await;
    }
    // Under a portal of their own it is not there either.
    let id = waiting["quarantine_id"].as_str().unwrap();
    other.get(&format!("{theirs}/quarantine/{id}/body"), 404).await;
    other.poke(&format!("{theirs}/quarantine/{id}/resolve"), 404).await;
    let page = other.get(&format!("{theirs}/quarantine"), 200).await.json();
    assert_eq!(page["items"], json!([]));
    stage.owner.get(&body, 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s16_a_flood_is_kept_within_bounds_and_read_in_pages() {
    let stage = Stage::start().await;
    let hook = stage.hook().await;
    let long = format!("robots={}", "я".repeat(50_000));
    stage.tells(&hook, FORM, &long).await;
    let kept = stage.waiting().await.remove(0);
    assert_eq!((&kept["size"], &kept["kept"]), (&json!(long.len()), &json!(64 * 1024)));
    let shown = stage.owner.get(&stage.at(&kept, "body"), 200).await.text();
    assert!(shown.len() >= 64 * 1024 && shown.len() < long.len(), "{}", shown.len());
    stage.owner.poke(&stage.at(&kept, "resolve"), 204).await;
    for n in 0..101 {
        stage.tells(&hook, FORM, &format!("robots[add][0][id]={n}")).await;
    }
    let portal = stage.owner.get(&stage.portal, 200).await.json();
    assert_eq!(portal["not_understood"], 100);
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{}?limit=40{cursor}", stage.path());
        let page = stage.owner.get(&path, 200).await.json();
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), 100);
    let text = stage.owner.get(&stage.at(&seen[0], "body"), 200).await.text();
    assert_eq!(text, "robots[add][0][id]=100", "the newest are kept");
    for wrong in ["limit=0", "limit=101", "cursor=x"] {
        stage.owner.get(&format!("{}?{wrong}", stage.path()), 422).await;
    }
}

/// A hook of the chats comes once: unreadable it is kept, and what was not signed is nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_hook_of_chats_that_is_not_understood_is_shown() {
    let stage = Stage::start().await;
    stage.chat_tells("{\"account_id\": 5, \"time\"", 200).await;
    let waiting = stage.waiting().await;
    assert!(waiting.len() == 1 && is_unreadable(&waiting[0]), "{waiting:?}");
    let shown = stage.owner.get(&stage.at(&waiting[0], "body"), 200).await.text();
    assert_eq!(shown, "{\"account_id\": 5, \"time\"");
}

/// Of an unreadable one that may be another company's, each learns that it came, and nobody a word of it.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_an_unreadable_hook_of_shared_chats_is_told_and_not_kept() {
    let stage = Stage::start().await;
    let other = stage.house.server.sign_up().await;
    let theirs = joins(&other, &stage.house).await;
    stage.chat_tells("Тайна одной из компаний", 200).await;
    let theirs = other.get(&format!("{theirs}/quarantine"), 200).await.json();
    for one in [&stage.waiting().await[0], &theirs["items"][0]] {
        let reason = one["reason"]["ru"].as_str().unwrap();
        assert!(reason.contains("подключили несколько компаний"), "{reason}");
        assert_eq!(
            (&one["kept"], &one["size"]),
            (&json!(0), &json!("Тайна одной из компаний".len()))
        );
    }
    let body = stage.at(&stage.waiting().await[0], "body");
    assert_eq!(stage.owner.get(&body, 200).await.text(), "");
}

/// What is understood and cannot be stored would be told again to the same end until the CRM tells nothing
/// any more: it is put aside, and the next one is heard.
#[tokio::test(flavor = "multi_thread")]
async fn s16_a_webhook_that_cannot_be_stored_does_not_stop_the_next() {
    let stage = AmoStage::start(json!({})).await;
    stage.customer(77, "Иван").sends_text(&stage.bot, "Здравствуйте");
    let conversation = stage.conversation("Иван").await;
    stage.line(&conversation, "deal_created").await;
    stage.settled().await;
    let mut db = stage.server.database().connect().await;
    let fault = "create function fault() returns trigger language plpgsql as
            $$ begin raise exception 'it does not fit' using errcode = '22000'; end $$;
         create trigger fault before update on crm_links for each row execute function fault();";
    sqlx::raw_sql(fault).execute(&mut db).await.unwrap();
    let lead = stage.account.leads()[0].clone();
    let (id, pipeline) = (lead["id"].as_i64().unwrap(), lead["pipeline_id"].as_i64().unwrap());
    let stages = stage.account.stages();
    let mine: Vec<_> =
        stages.iter().filter(|s| s.pipeline_id == pipeline && !s.is_unsorted).collect();
    stage.account.move_lead(id, pipeline, mine[1].status_id);
    let path = format!("/api/v1/crm/portals/{}/quarantine", stage.portal);
    let waiting = until("it is put aside", async || {
        let page = stage.owner.get(&path, 200).await.json();
        page["items"].get(0).cloned()
    })
    .await;
    assert!(waiting["reason"]["ru"].as_str().unwrap().contains("сохранить"), "{waiting}");
    let one = waiting["quarantine_id"].as_str().unwrap();
    let body = stage.owner.get(&format!("{path}/{one}/body"), 200).await.text();
    assert!(body.contains("leads"), "{body}");
    sqlx::raw_sql("drop trigger fault on crm_links").execute(&mut db).await.unwrap();
    stage.account.move_lead(id, pipeline, mine[2].status_id);
    stage.line(&conversation, "stage_changed").await;
}
