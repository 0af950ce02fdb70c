//! RP-2, RP-3: the live board, and CH-13: the log of a channel. The figures are counted by hand here,
//! from conversations whose times are set to known moments.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use tests::{Session, TelegramStage, TestServer, Way, at_conversation, until};

struct Stage {
    telegram: TelegramStage,
    boris: Session,
}

impl Stage {
    async fn start() -> Self {
        let telegram = TelegramStage::start(Way::Webhook).await;
        let boris = telegram.owner.hire("Борис", "operator").await;
        boris.is_now("online").await;
        Self { telegram, boris }
    }

    fn owner(&self) -> &Session {
        &self.telegram.owner
    }

    async fn writes(&self, number: i64, text: &str) -> Value {
        let name = format!("Клиент {number}");
        let customer = self.telegram.telegram.customer(number, &name, None);
        customer.sends_text(&self.telegram.bot, text);
        self.owner().conversation_with(&name).await
    }

    async fn conn(&self) -> PgConnection {
        self.telegram.server.database().connect().await
    }
}

async fn run(conn: &mut PgConnection, statement: &str) {
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(conn).await.unwrap();
}

/// RP-2: waiting, in work, today by the company's midnight, each employee, channel and group.
#[tokio::test(flavor = "multi_thread")]
async fn rp_2_the_board_counts_now_and_today() {
    let stage = Stage::start().await;
    let owner = stage.owner();
    let group = json!({ "name": "Продажи", "members": [stage.boris.employee] });
    let group = owner.post("/api/v1/groups", &group, 201).await.json();
    // A zone in which it is past noon now, so that "today" has room.
    let hour = i64::from(chrono::Timelike::hour(&chrono::Utc::now()));
    // Names of that area have the sign turned around.
    let zone = format!("Etc/GMT{:+}", 12 - (15 - hour + 12).rem_euclid(24));
    owner.patch("/api/v1/account", &json!({ "time_zone": zone }), 200).await;

    let waits = stage.writes(1, "жду").await;
    let answered = stage.writes(2, "вопрос").await;
    stage.boris.answer(&answered, "b-1", "ответ").await;
    let closed = stage.writes(3, "ещё вопрос").await;
    stage.boris.answer(&closed, "b-2", "ответ").await;
    stage.boris.post(&at_conversation(&closed, "/close"), &json!({}), 200).await;
    let missed = stage.writes(4, "есть кто").await;
    owner.post(&at_conversation(&missed, "/take"), &json!({}), 200).await;
    owner.post(&at_conversation(&missed, "/close"), &json!({}), 200).await;
    let yesterday = stage.writes(5, "вчера").await;
    let to_group = json!({ "group_id": group["group_id"] });
    owner.post(&at_conversation(&yesterday, "/assign"), &to_group, 200).await;
    let mut conn = stage.conn().await;
    for (number, change) in [
        (&yesterday, "opened_at = now() - interval '26 hours'"),
        // Answered after 100 and after 200 seconds.
        (&answered, "opened_at = first_answer_at - interval '100 seconds'"),
        (&closed, "opened_at = first_answer_at - interval '200 seconds'"),
    ] {
        let number = &number["number"];
        run(&mut conn, &format!("update conversations set {change} where number = {number}")).await;
    }
    let board = owner.get("/api/v1/board", 200).await.json();
    assert_eq!(board["waiting"]["count"], 2, "{board}");
    let since = owner.again(&waits).await["waiting_since"].clone();
    assert_eq!(board["waiting"]["oldest_since"], since);
    assert_eq!(board["in_work"], 1);
    let today = &board["today"];
    assert_eq!(today["new"], 4, "yesterday's is not of today: {today}");
    assert_eq!((&today["closed"], &today["missed"]), (&json!(2), &json!(1)), "{today}");
    assert_eq!((&today["messages_in"], &today["messages_out"]), (&json!(5), &json!(2)));
    assert_eq!(today["first_answer"], json!({ "median_s": 150, "p90_s": 190 }));
    let hours = board["hours"].as_array().unwrap();
    assert_eq!(hours.len(), 24);
    let sum = |key: &str| hours.iter().map(|h| h[key].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("new"), sum("closed")), (4, 2));
    let boris = board["employees"].as_array().unwrap().iter().find(|e| e["name"] == "Борис");
    let boris = boris.expect("Boris");
    assert_eq!(
        (&boris["presence"], &boris["open"], &boris["answered_today"], &boris["closed_today"]),
        (&json!("online"), &json!(1), &json!(2), &json!(1))
    );
    let channel = &board["channels"][0];
    assert_eq!((&channel["waiting"], &channel["in_work"]), (&json!(2), &json!(1)));
    assert_eq!((&channel["today"], &channel["state"]), (&json!(4), &json!("connected")));
    assert_eq!(board["groups"][0]["waiting"], 1);
    // Operators have their own lists; reports are for those who lead.
    stage.boris.get("/api/v1/board", 403).await;
    let analyst = owner.hire("Анна", "analyst").await;
    analyst.get("/api/v1/board", 200).await;
}

/// RP-2, S8: an empty company has an empty board, whatever goes on in another.
#[tokio::test]
async fn rp_2_an_empty_company_has_an_empty_board() {
    let stage = Stage::start().await;
    stage.writes(1, "чужое").await;
    let other = stage.telegram.server.sign_up().await;
    let board = other.get("/api/v1/board", 200).await.json();
    assert_eq!(board["waiting"], json!({ "count": 0, "oldest_since": null }));
    assert_eq!(board["today"]["messages_in"], 0);
    assert_eq!(board["today"]["first_answer"], json!({ "median_s": null, "p90_s": null }));
    assert_eq!(board["channels"], json!([]));
}

/// The figures and the log come by indexes, also where there is much.
#[tokio::test]
async fn rp_2_no_whole_table_is_read() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let channel = tests::widget(&owner, json!({})).await;
    let channel = channel["channel_id"].as_str().unwrap().to_owned();
    let mut visitor = {
        let details = owner.get(&format!("/api/v1/channels/{channel}"), 200).await.json();
        tests::Visitor::open(&server.url(), &details, json!({})).await
    };
    visitor.says("visitor-1", "вопрос").await;
    let mut conn = server.database().connect().await;
    for statement in [
        // Half a year of closed conversations with their messages.
        "insert into contacts (account_id, contact_id)
         select a.account_id, gen_random_uuid() from accounts a, generate_series(1, 3000)",
        "insert into identities (account_id, identity_id, channel_id, external_id, contact_id)
         select k.account_id, k.contact_id, h.channel_id, k.contact_id::text, k.contact_id
         from contacts k join channels h using (account_id)
         where not exists (select 1 from identities i where i.contact_id = k.contact_id)",
        "insert into conversations (account_id, conversation_id, number, channel_id, identity_id,
            contact_id, state, is_first, opened_at, last_message_at, closed_at)
         select i.account_id, gen_random_uuid(), 1000 + row_number() over (), i.channel_id,
            i.identity_id, i.contact_id, 'closed', true, t, t, t
         from (select *, now() - interval '1 hour' * (24 + row_number() over ()) as t
               from identities) i
         where not exists (select 1 from conversations c where c.identity_id = i.identity_id)",
        "insert into messages (account_id, conversation_id, position, message_id, channel_id,
            direction, content, occurred_at, created_at)
         select account_id, conversation_id, 100 + n, gen_random_uuid(), channel_id, 'inbound',
            '{\"type\": \"text\", \"text\": \"т\"}', opened_at, opened_at
         from conversations, generate_series(1, 5) n where state = 'closed'",
        "analyze conversations",
        "analyze messages",
        "analyze channel_events",
    ] {
        run(&mut conn, statement).await;
    }
    let scans = async |conn: &mut PgConnection| -> (i64, i64, i64) {
        run(conn, "select pg_stat_clear_snapshot()").await;
        sqlx::query_as(
            "select
                (select idx_scan from pg_stat_all_indexes where indexrelname = 'messages_channel'),
                (select idx_scan from pg_stat_all_indexes
                 where indexrelname = 'conversations_closed'),
                (select sum(seq_scan)::bigint from pg_stat_all_tables
                 where relname in ('messages', 'conversations'))",
        )
        .fetch_one(conn)
        .await
        .unwrap()
    };
    // What came before is written down by now, or by the next look.
    let mut before = scans(&mut conn).await;
    until("figures stand still", async || {
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        let now = scans(&mut conn).await;
        let same = now == before;
        before = now;
        same.then_some(())
    })
    .await;
    let board = owner.get("/api/v1/board", 200).await.json();
    assert_eq!(board["today"]["messages_in"], 1);
    let log = owner.get(&format!("/api/v1/channels/{channel}/log?limit=100"), 200).await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 100);
    let after = until("the scans are counted", async || {
        // Each connection writes its figures down when it is used a second later.
        owner.get("/api/v1/board", 200).await;
        let now = scans(&mut conn).await;
        (now.0 > before.0 && now.1 > before.1).then_some(now)
    })
    .await;
    assert_eq!(after.2, before.2, "no whole table is read");
}

/// CH-13: the log tells messages, refusals, quarantine, states and settings, in pages.
#[tokio::test(flavor = "multi_thread")]
async fn ch_13_the_log_of_a_channel_tells_what_happened() {
    let stage = Stage::start().await;
    let owner = stage.owner();
    let id = stage.telegram.channel_id();
    let path = format!("/api/v1/channels/{id}/log");
    let conversation = stage.writes(1, "вопрос").await;
    stage.boris.answer(&conversation, "b-1", "ответ").await;
    stage.boris.until_status(&conversation, "b-1", "sent").await;
    let mut conn = stage.conn().await;
    run(
        &mut conn,
        "insert into quarantine (account_id, quarantine_id, channel_id, external_id, reason, body)
         select account_id, gen_random_uuid(), channel_id, 'q-1',
            '{\"ru\": \"странно\", \"en\": \"strange\"}', 'x' from channels",
    )
    .await;
    owner.patch(&format!("/api/v1/channels/{id}"), &json!({ "name": "Другое имя" }), 200).await;
    owner.poke(&format!("/api/v1/channels/{id}/disable"), 200).await;
    let log = owner.get(&path, 200).await.json();
    let lines = log["items"].as_array().unwrap();
    let of = |what: &str| lines.iter().filter(|l| l["what"] == what).collect::<Vec<_>>();
    assert_eq!(of("message_in")[0]["conversation_id"], conversation["conversation_id"]);
    assert_eq!(of("message_in")[0]["has_raw"], true);
    let raw = of("message_in")[0]["message_id"].as_str().unwrap();
    owner.get(&format!("/api/v1/messages/{raw}/raw"), 200).await;
    assert_eq!(of("message_out")[0]["status"], "sent");
    let body = of("quarantined")[0]["quarantine_id"].as_str().unwrap();
    owner.get(&format!("/api/v1/quarantine/{body}/body"), 200).await;
    let states: Vec<&str> = of("state").iter().map(|l| l["text"]["ru"].as_str().unwrap()).collect();
    assert_eq!(states, ["Канал выключен.", "Канал подключён и работает."]);
    assert!(of("setting").len() >= 3, "made, saved, switched off: {lines:?}");
    assert!(lines.iter().all(|l| !l.to_string().contains("ответ")), "no words of messages");
    // In pages, nothing is left out and nothing told twice.
    let mut paged = Vec::new();
    let mut next = String::new();
    loop {
        let page = owner.get(&format!("{path}?limit=2{next}"), 200).await.json();
        paged.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(&paged, lines);
    stage.boris.get(&path, 403).await;
    let stranger = stage.telegram.server.sign_up().await;
    stranger.get(&path, 404).await;
}

/// CH-13: of a channel's own events the newest two hundred are kept.
#[tokio::test]
async fn ch_13_the_log_is_bounded() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let channel = tests::widget(&owner, json!({})).await;
    let mut conn = server.database().connect().await;
    run(
        &mut conn,
        "insert into channel_events (account_id, channel_id, what, text)
         select account_id, channel_id, 'state', '{\"ru\": \"с\", \"en\": \"s\"}'
         from channels, generate_series(1, 400)",
    )
    .await;
    let path = format!("/api/v1/channels/{}", channel["channel_id"].as_str().unwrap());
    owner.patch(&path, &json!({ "name": "Имя" }), 200).await;
    let kept: i64 = sqlx::query_scalar("select count(*) from channel_events")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(kept, 200);
    let log = owner.get(&format!("{path}/log?limit=1"), 200).await.json();
    assert_eq!(log["items"][0]["what"], "setting");
}

/// RT-1: an example goes the way that a real conversation goes, and nothing is written.
#[tokio::test(flavor = "multi_thread")]
async fn rt_1_a_tried_scenario_decides_as_the_real_one() {
    let stage = Stage::start().await;
    let owner = stage.owner();
    let group = json!({ "name": "Продажи", "members": [stage.boris.employee] });
    let group = owner.post("/api/v1/groups", &group, 201).await.json()["group_id"].clone();
    let tag = owner.post("/api/v1/tags", &json!({ "name": "возврат" }), 201).await.json();
    let tree = json!({ "steps": [
        { "do": "if", "when": { "is": "text", "any_of": ["возврат"] },
          "then": [{ "do": "tag", "tags": [tag["tag_id"]] }] },
        { "do": "contact_form", "fields": [{ "ask": "phone" }] },
        { "do": "distribute", "to": { "group": group }, "by": { "strategy": "round_robin" } } ] });
    let channel = stage.telegram.channel_id();
    let example = json!({ "channel_id": channel, "text": "Хочу возврат" });
    let body = json!({ "tree": tree, "example": example });
    let tried = owner.post("/api/v1/scenarios/try", &body, 200).await.json();
    let told: Vec<(&str, &str)> = tried["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["path"].as_str().unwrap(), s["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("/steps/0/when", "yes"),
            ("/steps/0/then/0", "done"),
            // A Telegram bot shows no form.
            ("/steps/1", "skipped"),
            ("/steps/2", "offered"),
        ]
    );
    assert_eq!(tried["result"]["ru"], "Диалог предложен сотруднику Борис.");
    assert!(owner.conversations("").await.is_empty(), "nothing is written");
    // The real one.
    let scenario = json!({ "name": "Сценарий", "tree": tree });
    let scenario = owner.post("/api/v1/scenarios", &scenario, 201).await.json();
    let change = json!({ "scenario_id": scenario["scenario_id"] });
    owner.patch(&format!("/api/v1/channels/{channel}"), &change, 200).await;
    let real = stage.writes(1, "Хочу возврат").await;
    let to_boris = |c: &Value| c["offered_id"] == stage.boris.employee.as_str();
    let real = owner.until_conversation(&real, "it is offered to him", to_boris).await;
    assert_eq!(real["tags"], json!([tag["tag_id"]]));

    let site = json!({ "channel_kind": "widget", "text": "вопрос", "first": false });
    let body = json!({ "tree": tree, "example": site });
    let tried = owner.post("/api/v1/scenarios/try", &body, 200).await.json();
    assert_eq!(tried["steps"][1]["outcome"], "waits", "a site shows the form: {tried}");
    // A wrong tree is refused as when it is saved, and others' channels are nobody's.
    let wrong = json!({ "tree": { "steps": [{ "do": "auto_reply", "text": "" }] }, "example": {} });
    let told = owner.post("/api/v1/scenarios/try", &wrong, 422).await.json();
    assert_eq!(told["errors"][0]["field"], "tree/steps/0/text");
    let stranger = stage.telegram.server.sign_up().await;
    let foreign = json!({ "tree": { "steps": [] }, "example": { "channel_id": channel } });
    stranger.post("/api/v1/scenarios/try", &foreign, 422).await;
    stage.boris.post("/api/v1/scenarios/try", &body, 403).await;
}
