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
