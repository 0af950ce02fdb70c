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

fn allow(stage: &AmoStage, notes: bool, files: bool) {
    let mut switches = stage.account.switches();
    (switches.notes_on_unsorted, switches.files_scope) = (notes, files);
    stage.account.set_switches(switches);
}

async fn failed(stage: &AmoStage) -> Vec<Value> {
    stage.runs("state=failed&limit=20").await
}

/// Three decisions that were refused the same file: with no note the messages are not passed on, and each
/// decision takes the file up again.
async fn refused_three_times(stage: &AmoStage) -> (sandbox::telegram::Customer, Value) {
    allow(stage, false, false);
    let customer = stage.customer(77, "Иван");
    customer.sends_text(&stage.bot, "Здравствуйте");
    let c = stage.conversation("Иван").await;
    stage.line(&c, "unsorted_created").await;
    stage.settled().await;
    let with_file = async || {
        let runs = failed(stage).await;
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
    (customer, c)
}

/// Files and notes are let in, and the record becomes a deal.
async fn accepted(stage: &AmoStage, c: &Value) -> i64 {
    allow(stage, true, true);
    let uid = stage.account.unsorted()[0]["uid"].as_str().unwrap().to_owned();
    assert!(stage.account.accept(&uid, stage.account.admin(), None));
    stage.line(c, "unsorted_accepted").await;
    stage.account.leads()[0]["id"].as_i64().unwrap()
}

fn unsorted_with_files() -> Value {
    json!({"files": true, "transcript": "online", "method": {"method": "unsorted"}})
}

/// CRM-4: several decisions were refused the same file. It is attached once, whoever repeats what, and what
/// one of them attached is not told as missing of the others.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4_a_file_that_was_refused_several_times_is_attached_once() {
    let stage = AmoStage::start(unsorted_with_files()).await;
    let (customer, c) = refused_three_times(&stage).await;
    let refused = failed(&stage).await.len();
    assert!(refused >= 3, "{refused}");
    let lead = accepted(&stage, &c).await;
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
    assert!(failed(&stage).await.is_empty(), "{:?}", failed(&stage).await);
}

/// CRM-4: files once more, refused once more, several times. When one is repeated and attaches the file, the
/// others do not say for ever that it is missing.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4_what_was_repeated_in_vain_ends_when_the_file_is_attached() {
    let stage = AmoStage::start(unsorted_with_files()).await;
    let (_, c) = refused_three_times(&stage).await;
    stage.owner.post("/api/v1/crm/replay", &json!({"portal_id": stage.portal}), 200).await;
    let repeated = async || {
        let runs = failed(&stage).await;
        let again = |run: &Value| run["cause"].to_string().contains("файлы ещё раз");
        runs.into_iter().filter(again).collect::<Vec<_>>()
    };
    let repeated = until("each is refused once more", async || {
        let runs = repeated().await;
        (runs.len() >= 3).then_some(runs)
    })
    .await;
    stage.settled().await;
    let lead = accepted(&stage, &c).await;
    let one = repeated[0]["run_id"].as_str().unwrap();
    stage.owner.poke(&format!("/api/v1/crm/runs/{one}/replay"), 202).await;
    until("the file", async || (files_of(&stage, lead).await > 0).then_some(())).await;
    stage.settled().await;
    assert_eq!(files_of(&stage, lead).await, 1);
    let left = failed(&stage).await;
    let is_left = |run: &Value| repeated.iter().any(|was| was["run_id"] == run["run_id"]);
    assert!(!left.iter().any(is_left), "{left:?}");
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

fn unpaid(stage: &AmoStage, unpaid: bool) {
    let mut switches = stage.account.switches();
    switches.unpaid = unpaid;
    stage.account.set_switches(switches);
}

/// A photo that is in our store, at this path, while its portal is stopped.
async fn stored_and_waiting(
    stage: &AmoStage,
    customer: &sandbox::telegram::Customer,
) -> std::path::PathBuf {
    unpaid(stage, true);
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
    stored.path()
}

async fn goes_on(stage: &AmoStage) {
    unpaid(stage, false);
    stage.owner.poke(&format!("/api/v1/crm/portals/{}/check", stage.portal), 200).await;
}

/// CRM-4, CRM-6: a file that our own store has lost is no fault of the CRM's. It is said of the file alone,
/// the portal goes on, and so does the conversation.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4_a_file_that_our_store_has_lost_stops_neither_portal_nor_conversation() {
    let stage = AmoStage::start(json!({"files": true, "transcript": "online"})).await;
    let (customer, _, lead) = talking(&stage).await;
    let stored = stored_and_waiting(&stage, &customer).await;
    std::fs::remove_file(stored).unwrap();
    goes_on(&stage).await;
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

/// CRM-4, CRM-6: a file that our own store does not give out is tried more and more seldom, which the log
/// says, and in the end the conversation goes on without it. The portal is not said to be away.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4_a_file_that_our_store_does_not_give_out_is_given_up_and_can_be_repeated() {
    let stage = AmoStage::start(json!({"files": true})).await;
    let (customer, _, lead) = talking(&stage).await;
    let stored = stored_and_waiting(&stage, &customer).await;
    let bytes = std::fs::read(&stored).unwrap();
    std::fs::remove_file(&stored).unwrap();
    std::os::unix::fs::symlink(&stored, &stored).unwrap();
    goes_on(&stage).await;
    until("it is tried again", async || {
        let run = last_run(&stage).await;
        run["error"].to_string().contains("пока не читается").then_some(())
    })
    .await;
    let failed = until("it is given up", async || {
        let mut database = stage.server.database().connect().await;
        for later in [
            "update crm_steps set stumbles = 12",
            "update lanes set run_at = now() where queue = 'crm' and leased_until is null",
        ] {
            sqlx::query(later).execute(&mut database).await.unwrap();
        }
        let run = last_run(&stage).await;
        (run["state"] == "failed").then_some(run)
    })
    .await;
    assert!(failed["error"].to_string().contains("кто ведёт сервер"), "{failed}");
    let portal = format!("/api/v1/crm/portals/{}", stage.portal);
    assert_eq!(stage.owner.get(&portal, 200).await.json()["state"], "connected");
    std::fs::remove_file(&stored).unwrap();
    std::fs::write(&stored, bytes).unwrap();
    let replay = format!("/api/v1/crm/runs/{}/replay", failed["run_id"].as_str().unwrap());
    stage.owner.poke(&replay, 202).await;
    until("the file", async || (files_of(&stage, lead).await == 1).then_some(())).await;
}
