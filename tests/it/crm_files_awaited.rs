//! Files that are to be passed on to a CRM and are not there: still on their way from the messenger, lost
//! from our own store, or there already (CRM-4).

use sandbox::telegram::{Faults, Media};
use serde_json::{Value, json};
use tests::{AmoStage, PIXEL, until};

/// A conversation that has its deal, and the deal's number.
async fn talking(stage: &AmoStage) -> (sandbox::telegram::Customer, Value, i64) {
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Здравствуйте");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "deal_created").await;
    stage.settled().await;
    let lead = stage.account.leads()[0]["id"].as_i64().unwrap();
    (customer, c, lead)
}

async fn last_run(stage: &AmoStage) -> Value {
    stage.runs("limit=1").await.remove(0)
}

async fn files_of(stage: &AmoStage, lead: i64) -> usize {
    stage.account.files(sandbox::amo::Kind::Leads, lead).len()
}

/// CRM-4: several decisions were refused the same file. It is attached once, whoever repeats what, and what
/// one of them attached is not told as missing of the others.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4_a_file_that_was_refused_several_times_is_attached_once() {
    let settings = json!({"files": true, "transcript": "online", "method": {"method": "unsorted"}});
    let stage = AmoStage::start(settings).await;
    let allow = |notes, files| {
        let mut switches = stage.account.switches();
        (switches.notes_on_unsorted, switches.files_scope) = (notes, files);
        stage.account.set_switches(switches);
    };
    // With no note the messages are not passed on, and each decision takes the file up again.
    allow(false, false);
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Здравствуйте");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "unsorted_created").await;
    stage.settled().await;
    let failed = async || stage.runs("state=failed&limit=10").await;
    let with_file = async || {
        let runs = failed().await;
        runs.iter().filter(|run| run["steps"].to_string().contains("attach_file")).count()
    };
    customer.sends(&stage.bot, Media::photo(PIXEL).caption("Вот такой"));
    for (n, text) in [(1, "Раз"), (2, "Два"), (3, "")] {
        until("one more is refused", async || (with_file().await >= n).then_some(())).await;
        stage.settled().await;
        if !text.is_empty() {
            customer.sends_text(&stage.bot, text);
        }
    }
    let refused = failed().await.len();
    assert!(refused >= 3, "{refused}");
    allow(true, true);
    let uid = stage.account.unsorted()[0]["uid"].as_str().unwrap().to_owned();
    assert!(stage.account.accept(&uid, stage.account.admin(), None));
    stage.line(&c, "unsorted_accepted").await;
    let lead = stage.account.leads()[0]["id"].as_i64().unwrap();
    let all = json!({"portal_id": stage.portal});
    let replayed = stage.owner.post("/api/v1/crm/replay", &all, 200).await.json();
    assert_eq!(replayed["count"], refused, "each of them is taken");
    until("the file", async || (files_of(&stage, lead).await > 0).then_some(())).await;
    stage.settled().await;
    customer.sends_text(&stage.bot, "Всё видно?");
    until("the conversation goes on", async || {
        let notes = stage.account.notes(sandbox::amo::Kind::Leads, lead);
        notes.iter().any(|note| note.to_string().contains("Всё видно?")).then_some(())
    })
    .await;
    stage.settled().await;
    assert_eq!(files_of(&stage, lead).await, 1);
    assert!(failed().await.is_empty(), "{:?}", failed().await);
}

/// CRM-4: a message is here before its file. The file is waited for, the log says so, and nobody is told
/// that it failed.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4_a_file_that_is_still_on_its_way_is_attached_when_it_comes() {
    let stage = AmoStage::start(json!({"files": true})).await;
    let (customer, c, lead) = talking(&stage).await;
    stage.bot.set_faults(Faults { slow_ms: 2000, ..Faults::default() });
    customer.sends(&stage.bot, Media::photo(PIXEL));
    let waiting = until("the file is waited for", async || {
        let run = last_run(&stage).await;
        (run["state"] == "waiting").then_some(run)
    })
    .await;
    assert!(waiting["error"].to_string().contains("в пути"), "{waiting}");
    until("the file", async || (files_of(&stage, lead).await == 1).then_some(())).await;
    stage.settled().await;
    let done = last_run(&stage).await;
    assert_eq!((&done["state"], &done["run_id"]), (&json!("done"), &waiting["run_id"]));
    assert!(stage.lines(&c).await.iter().all(|line| line["what"] != "failed"));
}

/// CRM-4, CRM-6: a file that our own store has lost is no fault of the CRM's. It is said of the file alone,
/// the portal goes on, and so does the conversation.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4_a_file_that_our_store_has_lost_stops_neither_portal_nor_conversation() {
    let stage = AmoStage::start(json!({"files": true, "transcript": "online"})).await;
    let (customer, _, lead) = talking(&stage).await;
    let unpaid = |unpaid| {
        let mut switches = stage.account.switches();
        switches.unpaid = unpaid;
        stage.account.set_switches(switches);
    };
    unpaid(true);
    customer.sends(&stage.bot, Media::photo(PIXEL));
    stage.portal_state("stopped").await;
    let objects = stage.server.folder().join("objects");
    let stored = until("the file is stored here", async || {
        let company = std::fs::read_dir(&objects).ok()?.find_map(Result::ok)?;
        std::fs::read_dir(company.path()).ok()?.find_map(Result::ok)
    })
    .await;
    until("it is known to be stored", async || {
        let mut database = stage.server.database().connect().await;
        let stored = "select count(*) from attachments where state = 'stored'";
        let count: i64 = sqlx::query_scalar(stored).fetch_one(&mut database).await.unwrap();
        (count == 1).then_some(())
    })
    .await;
    std::fs::remove_file(stored.path()).unwrap();
    unpaid(false);
    stage.owner.poke(&format!("/api/v1/crm/portals/{}/check", stage.portal), 200).await;
    let failed = until("the file is given up", async || {
        let run = last_run(&stage).await;
        (run["state"] == "failed").then_some(run)
    })
    .await;
    assert!(failed["error"].to_string().contains("Файла больше нет"), "{failed}");
    customer.sends_text(&stage.bot, "Видно?");
    until("the conversation goes on", async || {
        let notes = stage.account.notes(sandbox::amo::Kind::Leads, lead);
        notes.iter().any(|note| note.to_string().contains("Видно?")).then_some(())
    })
    .await;
    stage.settled().await;
    let portal = format!("/api/v1/crm/portals/{}", stage.portal);
    assert_eq!(stage.owner.get(&portal, 200).await.json()["state"], "connected");
}
