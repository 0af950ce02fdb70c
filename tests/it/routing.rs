//! RT-1 to RT-4, CH-2, CH-3, CH-12: scenarios through the API, with customers of a Telegram bot. The
//! decisions themselves have their tables in `domain`; here stands what the whole makes of them.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{PATIENCE, Session, TelegramStage, Way, at_conversation, until};

struct Stage {
    telegram: TelegramStage,
    boris: Session,
    vera: Session,
    /// Both of them.
    group: String,
    customers: i64,
}

impl Stage {
    /// A company with two operators who are on line, in one group.
    async fn start() -> Self {
        let telegram = TelegramStage::start(Way::Webhook).await;
        let boris = telegram.owner.hire("Борис", "operator").await;
        let vera = telegram.owner.hire("Вера", "operator").await;
        for who in [&boris, &vera] {
            who.is_now("online").await;
        }
        let form = json!({ "name": "Продажи", "members": [boris.employee, vera.employee] });
        let group = telegram.owner.post("/api/v1/groups", &form, 201).await.json();
        let group = group["group_id"].as_str().expect("an id").to_owned();
        Self { telegram, boris, vera, group, customers: 2000 }
    }

    fn owner(&self) -> &Session {
        &self.telegram.owner
    }

    /// The bot's channel works by these steps from now on.
    async fn routes_by(&self, steps: Value) {
        let form = json!({ "name": "Сценарий", "tree": { "steps": steps } });
        let made = self.owner().post("/api/v1/scenarios", &form, 201).await.json();
        self.change_channel(&json!({ "scenario_id": made["scenario_id"] })).await;
    }

    async fn change_channel(&self, change: &Value) {
        let path = format!("/api/v1/channels/{}", self.telegram.channel_id());
        self.owner().patch(&path, change, 200).await;
    }

    /// Distribution among the two.
    fn among_both(&self, by: &Value) -> Value {
        json!({ "do": "distribute", "to": { "group": self.group }, "by": by })
    }

    /// A new customer writes; the conversation as it begins, and what they are called.
    async fn writes(&mut self, text: &str) -> Value {
        self.customers += 1;
        let name = format!("Клиент {}", self.customers);
        let customer = self.telegram.telegram.customer(self.customers, &name, None);
        customer.sends_text(&self.telegram.bot, text);
        self.owner().conversation_with(&name).await
    }

    /// A new customer's conversation, when it is offered to one employee.
    async fn is_offered(&mut self, text: &str) -> Value {
        let conversation = self.writes(text).await;
        self.owner()
            .until_conversation(&conversation, "it is offered", |c| c["offered_id"].is_string())
            .await
    }

    /// Waits until the queue has nothing to do for the rules.
    async fn rules_are_done(&self) {
        let mut conn = self.telegram.server.database().connect().await;
        until("no rule waits", async || {
            let left: i64 =
                sqlx::query_scalar("select count(*) from lanes where queue = 'routing'")
                    .fetch_one(&mut conn)
                    .await
                    .unwrap();
            (left == 0).then_some(())
        })
        .await;
    }

    async fn capacity(&self, who: &Session, capacity: u32) {
        let path = format!("/api/v1/employees/{}", who.employee);
        self.owner().patch(&path, &json!({ "capacity": capacity }), 200).await;
    }
}

async fn take(who: &Session, conversation: &Value) {
    who.post(&at_conversation(conversation, "/take"), &json!({}), 200).await;
}

async fn close(who: &Session, conversation: &Value) {
    who.post(&at_conversation(conversation, "/close"), &json!({}), 200).await;
}

/// CH-2: without a scenario everybody sees it.
#[tokio::test(flavor = "multi_thread")]
async fn ch_2_without_a_scenario_everybody_is_offered() {
    let mut stage = Stage::start().await;
    let conversation = stage.writes("вопрос").await;
    for who in [&stage.boris, &stage.vera] {
        assert_eq!(who.again(&conversation).await["state"], "new");
    }
    assert!(conversation["offered_id"].is_null());
}

/// RT-2, RT-4: everyone of a group at once; the first to take it wins.
#[tokio::test(flavor = "multi_thread")]
async fn rt_2_everyone_of_a_group_at_once() {
    let mut stage = Stage::start().await;
    stage.routes_by(json!([stage.among_both(&json!({ "strategy": "everyone" }))])).await;
    let conversation = stage.writes("вопрос").await;
    let group = stage.group.clone();
    let is_theirs = |c: &Value| c["group_id"] == group.as_str();
    let now = stage.owner().until_conversation(&conversation, "it is theirs", is_theirs).await;
    assert!(now["offered_id"].is_null());
    take(&stage.vera, &conversation).await;
    let told = stage.boris.post(&at_conversation(&conversation, "/take"), &json!({}), 409).await;
    assert_eq!(told.json()["details"]["assignee_name"], "Вера");
}

/// RT-1: whoever read a scenario before somebody else saved it does not overwrite what they saved.
#[tokio::test(flavor = "multi_thread")]
async fn rt_1_a_scenario_saved_meanwhile_is_not_overwritten() {
    let stage = Stage::start().await;
    let form = json!({ "name": "Общий", "tree": { "steps": [] } });
    let made = stage.owner().post("/api/v1/scenarios", &form, 201).await.json();
    let path = format!("/api/v1/scenarios/{}", made["scenario_id"].as_str().unwrap());
    let save =
        |name: &str| json!({ "name": name, "tree": { "steps": [] }, "revision": made["revision"] });
    stage.owner().put(&path, &save("Первый"), 200).await;
    let told = stage.owner().put(&path, &save("Второй"), 409).await.json();
    assert_eq!(told["code"], "changed_meanwhile", "{told}");
    let held = stage.owner().get(&path, 200).await.json();
    assert_eq!(held["name"], "Первый", "{held}");
    // Without a revision it is replaced, as programs do that read nothing.
    stage.owner().put(&path, &json!({ "name": "Третий", "tree": { "steps": [] } }), 200).await;
}

/// RT-2: round robin gives each their turn; who is on a break is left out.
#[tokio::test(flavor = "multi_thread")]
async fn rt_2_round_robin_and_presence() {
    let mut stage = Stage::start().await;
    stage.routes_by(json!([stage.among_both(&json!({ "strategy": "round_robin" }))])).await;
    let mut turns = Vec::new();
    for n in 0..4 {
        let offered = stage.is_offered(&format!("вопрос {n}")).await;
        turns.push(offered["offered_id"].as_str().unwrap().to_owned());
    }
    assert_ne!(turns[0], turns[1]);
    assert_eq!(turns[0..2], turns[2..4], "each in turn");
    stage.boris.is_now("break").await;
    for n in 0..2 {
        let offered = stage.is_offered(&format!("ещё {n}")).await;
        assert_eq!(offered["offered_id"], stage.vera.employee.as_str(), "only who is on line");
    }
}

/// RT-2: an offer to somebody who goes away goes to somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn rt_2_an_offer_follows_who_is_there() {
    let mut stage = Stage::start().await;
    stage.routes_by(json!([stage.among_both(&json!({ "strategy": "round_robin" }))])).await;
    let offered = stage.is_offered("вопрос").await;
    let (gone, other) = if offered["offered_id"] == stage.boris.employee.as_str() {
        (&stage.boris, &stage.vera)
    } else {
        (&stage.vera, &stage.boris)
    };
    gone.is_now("break").await;
    let to_other = |c: &Value| c["offered_id"] == other.employee.as_str();
    stage.owner().until_conversation(&offered, "the other gets it", to_other).await;
}

/// RT-2: the least busy by the share of their capacity that is in use.
#[tokio::test(flavor = "multi_thread")]
async fn rt_2_least_busy_counts_shares_of_capacity() {
    let mut stage = Stage::start().await;
    stage.capacity(&stage.boris, 10).await;
    stage.capacity(&stage.vera, 2).await;
    for n in 0..3 {
        let conversation = stage.writes(&format!("вопрос {n}")).await;
        // Boris has two of ten, Vera one of two.
        take(if n < 2 { &stage.boris } else { &stage.vera }, &conversation).await;
    }
    stage.routes_by(json!([stage.among_both(&json!({ "strategy": "least_busy" }))])).await;
    let offered = stage.is_offered("ещё").await;
    assert_eq!(offered["offered_id"], stage.boris.employee.as_str());
}

/// RT-2: who had the contact last gets them again, whoever's turn it is.
#[tokio::test(flavor = "multi_thread")]
async fn rt_2_the_last_assignee_gets_the_contact_again() {
    let mut stage = Stage::start().await;
    let customer = stage.telegram.telegram.customer(1999, "Ольга", None);
    for round in 0..2 {
        customer.sends_text(&stage.telegram.bot, &format!("раньше {round}"));
        let conversation = until("a new one", async || {
            stage.owner().conversations("state=new").await.into_iter().next()
        })
        .await;
        take(&stage.vera, &conversation).await;
        close(&stage.vera, &conversation).await;
    }
    let by = json!({ "strategy": "last_assignee", "otherwise": "round_robin" });
    stage.routes_by(json!([stage.among_both(&by)])).await;
    // Round robin would have her last, for she was offered one just now.
    stage.is_offered("чужой").await;
    stage.is_offered("ещё чужой").await;
    customer.sends_text(&stage.telegram.bot, "снова я");
    let again = until("her new conversation", async || {
        let all = stage.owner().conversations("state=new").await;
        all.into_iter().find(|c| c["contact_name"] == "Ольга" && c["offered_id"].is_string())
    })
    .await;
    assert_eq!(again["offered_id"], stage.vera.employee.as_str());
    assert_eq!(again["is_first"], false);
}

/// RT-2, RT-3a: capacity is kept; what nobody has room for waits, and is offered when room appears.
#[tokio::test(flavor = "multi_thread")]
async fn rt_2_capacity_is_kept_and_waiting_ends_when_there_is_room() {
    let mut stage = Stage::start().await;
    stage.vera.is_now("off").await;
    stage.capacity(&stage.boris, 1).await;
    stage.routes_by(json!([stage.among_both(&json!({ "strategy": "round_robin" }))])).await;
    let first = stage.is_offered("первый").await;
    take(&stage.boris, &first).await;
    let second = stage.writes("второй").await;
    stage.rules_are_done().await;
    let waits = stage.owner().again(&second).await;
    assert!(waits["offered_id"].is_null(), "no room: {waits}");
    assert_eq!(
        (waits["state"].as_str(), waits["group_id"].as_str()),
        (Some("new"), Some(&*stage.group))
    );
    close(&stage.boris, &first).await;
    let boris = stage.boris.employee.clone();
    let to_him = |c: &Value| c["offered_id"] == boris.as_str();
    stage.owner().until_conversation(&second, "there is room", to_him).await;
}

/// RT-2: who does not take it in time loses it to the next; after all were asked, all see it and an
/// alarm is raised.
#[tokio::test(flavor = "multi_thread")]
async fn rt_2_unanswered_goes_to_the_next_and_then_to_all() {
    let mut stage = Stage::start().await;
    let mut step = stage.among_both(&json!({ "strategy": "round_robin" }));
    step["answer"] = json!({ "within_seconds": 300, "then": { "go": "next_person", "rounds": 1 } });
    stage.routes_by(json!([step])).await;
    let mut socket = stage.owner().socket(None).await;
    let first = stage.is_offered("вопрос").await;
    let first_id = first["offered_id"].clone();
    time_passes(&stage, &first).await;
    let to_other = |c: &Value| c["offered_id"].is_string() && c["offered_id"] != first_id;
    stage.owner().until_conversation(&first, "the next is asked", to_other).await;
    time_passes(&stage, &first).await;
    let to_all = |c: &Value| c["offered_id"].is_null();
    let now = stage.owner().until_conversation(&first, "all are asked", to_all).await;
    assert_eq!(
        (now["state"].as_str(), now["group_id"].as_str()),
        (Some("new"), Some(&*stage.group))
    );
    socket.next_event("routing.alarm", PATIENCE).await;
    take(&stage.vera, &first).await;
    stage.rules_are_done().await;
    assert_eq!(stage.owner().again(&first).await["assignee_id"], stage.vera.employee.as_str());
}

/// The answer time runs out: its moment is moved into the past, so that nobody sleeps.
async fn time_passes(stage: &Stage, conversation: &Value) {
    stage.rules_are_done().await;
    let mut conn = stage.telegram.server.database().connect().await;
    let number = conversation["number"].as_i64().unwrap();
    let moved = sqlx::query(
        "update conversations set route_at = now() - interval '1 second',
            routing = jsonb_set(routing, '{standing,until}', to_jsonb(now() - interval '1 second'))
         where number = $1 and route_at is not null and routing #> '{standing,until}' is not null",
    )
    .bind(number)
    .execute(&mut conn)
    .await
    .unwrap();
    assert_eq!(moved.rows_affected(), 1, "it stood in an offer with a time");
}

/// RT-3a: nobody on line is never limbo: the customer is told once, an alarm is raised, the conversation
/// waits in sight, and whoever comes on line is offered it.
#[tokio::test(flavor = "multi_thread")]
async fn rt_3a_nobody_online_is_never_limbo() {
    let mut stage = Stage::start().await;
    for who in [&stage.boris, &stage.vera] {
        who.is_now("off").await;
    }
    let mut step = stage.among_both(&json!({ "strategy": "round_robin" }));
    step["nobody_online"] = json!({ "go": "steps", "steps": [
        { "do": "auto_reply", "text": "{contact.name}, все отошли." } ] });
    stage.routes_by(json!([step])).await;
    let mut socket = stage.owner().socket(None).await;
    let conversation = stage.writes("есть кто?").await;
    let customer = stage.telegram.telegram.customer(stage.customers, "", None);
    let said = format!("Клиент {}, все отошли.", stage.customers);
    let shown = customer.wait_for_text(&stage.telegram.bot, PATIENCE, &said).await;
    assert!(shown.is_ok(), "the customer is told: {:?}", customer.transcript(&stage.telegram.bot));
    socket.next_event("routing.alarm", PATIENCE).await;
    stage.rules_are_done().await;
    for who in [stage.owner(), &stage.boris, &stage.vera] {
        let seen = who.again(&conversation).await;
        assert_eq!((seen["state"].as_str(), seen["offered_id"].as_str()), (Some("new"), None));
        assert!(seen["waiting_since"].is_string(), "a rule's reply is no answer");
    }
    stage.vera.is_now("online").await;
    let vera = stage.vera.employee.clone();
    let to_her = |c: &Value| c["offered_id"] == vera.as_str();
    stage.owner().until_conversation(&conversation, "offered to who came", to_her).await;
    // She goes and comes: the customer is not told again.
    stage.vera.is_now("off").await;
    let to_nobody = |c: &Value| c["offered_id"].is_null();
    stage.owner().until_conversation(&conversation, "waits again", to_nobody).await;
    stage.vera.is_now("online").await;
    stage.owner().until_conversation(&conversation, "offered again", to_her).await;
    stage.rules_are_done().await;
    let all = stage.owner().messages(&conversation).await;
    let told = all.iter().filter(|m| m["automatic"] == true).count();
    assert_eq!(told, 1, "told once: {all:?}");
}

/// RT-1: conditions on text choose between tagging and closing; what no rule ends goes to everybody.
#[tokio::test(flavor = "multi_thread")]
async fn rt_1_tags_and_closing_by_rule() {
    let mut stage = Stage::start().await;
    let tag = stage.owner().post("/api/v1/tags", &json!({ "name": "возврат" }), 201).await.json();
    stage
        .routes_by(json!([
            { "do": "if", "when": { "is": "text", "any_of": ["возврат"] },
              "then": [{ "do": "tag", "tags": [tag["tag_id"]] }] },
            { "do": "if", "when": { "is": "text", "any_of": ["реклама"] },
              "then": [{ "do": "auto_reply", "text": "Спасибо, не нужно." }, { "do": "close" }] },
        ]))
        .await;
    let tagged = stage.writes("Хочу ВОЗВРАТ товара").await;
    let has_tag = |c: &Value| c["tags"] == json!([tag["tag_id"]]);
    let now = stage.owner().until_conversation(&tagged, "it has the tag", has_tag).await;
    assert_eq!((now["state"].as_str(), now["offered_id"].as_str()), (Some("new"), None));
    let query = format!("tag_id={}", tag["tag_id"].as_str().unwrap());
    assert_eq!(stage.boris.conversations(&query).await.len(), 1, "found by the tag");

    let closed = stage.writes("Реклама вашего сайта").await;
    let is_closed = |c: &Value| c["state"] == "closed";
    let now = stage.owner().until_conversation(&closed, "it is closed", is_closed).await;
    assert_eq!((now["close_cause"].as_str(), now["closed_by"].as_str()), (Some("scenario"), None));
    let customer = stage.telegram.telegram.customer(stage.customers, "", None);
    let bot = &stage.telegram.bot;
    assert!(customer.wait_for_text(bot, PATIENCE, "Спасибо, не нужно.").await.is_ok());
}

/// CH-3: a pinned channel is its employee's alone: lists, counts, search, socket, its address; the
/// scenario is passed by. Who may see all sees it too.
#[tokio::test(flavor = "multi_thread")]
async fn ch_3_a_pinned_channel_is_seen_by_its_employee_alone() {
    let mut stage = Stage::start().await;
    stage.routes_by(json!([stage.among_both(&json!({ "strategy": "round_robin" }))])).await;
    stage.change_channel(&json!({ "pinned_employee_id": stage.vera.employee })).await;
    let mut hers = stage.vera.socket(None).await;
    let mut his = stage.boris.socket(None).await;
    let conversation = stage.writes("личное письмо").await;
    stage.rules_are_done().await;
    let created = hers.next_event("conversation.created", PATIENCE).await;
    assert_eq!(created["data"]["conversation"]["pinned_id"], stage.vera.employee.as_str());

    let search = "/api/v1/search?q=%D0%BB%D0%B8%D1%87%D0%BD%D0%BE%D0%B5";
    let found = async |who: &Session| {
        let answer = who.get(search, 200).await.json();
        answer["messages"].as_array().expect("messages").len()
    };
    assert_eq!(stage.vera.conversations("").await.len(), 1);
    assert_eq!(found(&stage.vera).await, 1);
    assert_eq!(stage.owner().conversations("").await.len(), 1, "who may see all");
    assert!(stage.boris.conversations("").await.is_empty());
    assert_eq!(found(&stage.boris).await, 0);
    let counts = stage.boris.get("/api/v1/conversations/counts", 200).await.json();
    assert_eq!(counts["new"], 0);
    for action in ["", "/messages"] {
        stage.boris.get(&at_conversation(&conversation, action), 404).await;
    }
    for action in ["/take", "/join", "/close"] {
        stage.boris.post(&at_conversation(&conversation, action), &json!({}), 404).await;
    }
    let answer = json!({ "client_id": "x", "text": "х" });
    stage.boris.post(&at_conversation(&conversation, "/messages"), &answer, 404).await;
    take(&stage.vera, &conversation).await;
    // The end of what he could have seen: something that he does see.
    stage.boris.is_now("break").await;
    let mut seen = Vec::new();
    loop {
        let frame = his.next(PATIENCE).await.expect("a frame");
        let last = frame["kind"] == "employee.changed";
        seen.push(frame);
        if last {
            break;
        }
    }
    let id = conversation["conversation_id"].as_str().unwrap();
    assert!(!json!(seen).to_string().contains(id), "nothing of it on his socket: {seen:?}");
}

async fn silence_is_over(stage: &Stage) {
    let mut conn = stage.telegram.server.database().connect().await;
    sqlx::query("update conversations set auto_close_at = now() - interval '1 second'")
        .execute(&mut conn)
        .await
        .unwrap();
}

/// CH-12: silence closes; a message of either side starts the clock anew; a note does not.
#[tokio::test(flavor = "multi_thread")]
async fn ch_12_silence_closes_and_messages_start_the_clock_anew() {
    let mut stage = Stage::start().await;
    stage.change_channel(&json!({ "auto_close_minutes": 10 })).await;
    let conversation = stage.writes("вопрос").await;
    let at = |c: &Value| {
        let text = c["auto_close_at"].as_str().expect("a time").to_owned();
        text.parse::<chrono::DateTime<chrono::Utc>>().unwrap()
    };
    let first = at(&stage.owner().again(&conversation).await);
    take(&stage.vera, &conversation).await;
    stage.vera.answer(&conversation, "c-1", "ответ").await;
    let second = at(&stage.owner().again(&conversation).await);
    assert!(second > first, "an answer starts it anew");
    let note = json!({ "client_id": "n-1", "text": "между нами", "kind": "note" });
    stage.vera.post(&at_conversation(&conversation, "/messages"), &note, 201).await;
    assert_eq!(at(&stage.owner().again(&conversation).await), second, "a note does not");
    let customer = stage.telegram.telegram.customer(stage.customers, "", None);
    customer.sends_text(&stage.telegram.bot, "ещё вопрос");
    let later = |c: &Value| at(c) > second;
    let now = stage.owner().until_conversation(&conversation, "the clock moved", later).await;
    assert!(at(&now) - second < chrono::Duration::minutes(10));

    silence_is_over(&stage).await;
    let is_closed = |c: &Value| c["state"] == "closed";
    let now = stage.owner().until_conversation(&conversation, "it closes", is_closed).await;
    assert_eq!(now["close_cause"], "auto_close");
    let last = stage.owner().messages(&conversation).await.pop().unwrap();
    assert_eq!(last["body"]["happened"], "closed");
    // What comes after it is a new enquiry.
    customer.sends_text(&stage.telegram.bot, "я снова здесь");
    let again = until("a new conversation", async || {
        stage.owner().conversations("state=new").await.into_iter().next()
    })
    .await;
    assert_eq!(again["is_first"], false);
}

/// RT-1: a scenario that cannot work is refused at its step; a broken shape at the tree.
#[tokio::test(flavor = "multi_thread")]
async fn rt_1_a_bad_scenario_is_refused_at_its_field() {
    let stage = Stage::start().await;
    for (steps, field) in [
        (json!([{ "do": "tag", "tags": ["tag_00000000000000000000000000000000"] }]), "tags"),
        (json!([{ "do": "auto_reply", "text": "" }]), "0/text"),
        (json!([{ "do": "wait", "seconds": 0 }]), "seconds"),
        (
            json!([{ "do": "distribute", "to": { "employees": [] },
                "by": { "strategy": "everyone" } }]),
            "to/employees",
        ),
        (json!([{ "do": "close" }, { "do": "close" }]), "1"),
    ] {
        let form = json!({ "name": "х", "tree": { "steps": steps } });
        let told = stage.owner().post("/api/v1/scenarios", &form, 422).await.json();
        let errors = told["errors"].as_array().expect("errors");
        let named = |e: &Value| {
            let name = e["field"].as_str().unwrap_or_default();
            name.starts_with("tree") && name.contains(field) && e["message"]["ru"].is_string()
        };
        assert!(errors.iter().any(named), "{field}: {told}");
    }
    for tree in [json!({ "steps": [{ "do": "dance" }] }), json!({ "stairs": [] }), json!(7)] {
        let form = json!({ "name": "х", "tree": tree });
        let told = stage.owner().post("/api/v1/scenarios", &form, 422).await.json();
        assert_eq!(told["errors"][0]["field"], "tree", "{told}");
    }
    stage
        .boris
        .post("/api/v1/scenarios", &json!({ "name": "х", "tree": { "steps": [] } }), 403)
        .await;
}

/// RT-1: two rules at once cannot give one conversation to two people: many customers, all offered,
/// nobody over their capacity.
#[tokio::test(flavor = "multi_thread")]
async fn rt_2_a_crowd_of_customers_is_shared_within_capacity() {
    let mut stage = Stage::start().await;
    stage.capacity(&stage.boris, 4).await;
    stage.capacity(&stage.vera, 4).await;
    stage.routes_by(json!([stage.among_both(&json!({ "strategy": "least_busy" }))])).await;
    for n in 0..12 {
        let customer = stage.telegram.telegram.customer(3000 + n, &format!("Из толпы {n}"), None);
        customer.sends_text(&stage.telegram.bot, "вопрос");
    }
    stage.customers += 12;
    let all = until("all are there", async || {
        let all = stage.owner().conversations("limit=100").await;
        (all.len() == 12).then_some(all)
    })
    .await;
    drop(all);
    tokio::time::timeout(Duration::from_secs(30), stage.rules_are_done()).await.unwrap();
    let all = stage.owner().conversations("limit=100").await;
    let of =
        |who: &Session| all.iter().filter(|c| c["offered_id"] == who.employee.as_str()).count();
    assert_eq!((of(&stage.boris), of(&stage.vera)), (4, 4), "{all:?}");
    assert_eq!(all.iter().filter(|c| c["offered_id"].is_null()).count(), 4, "the rest waits");
}

/// RT-1, RT-3a: outside working hours the customer is told when the company opens; first enquiries are
/// told from repeated ones.
#[tokio::test(flavor = "multi_thread")]
async fn rt_3a_outside_working_hours_the_next_opening_is_told() {
    let mut stage = Stage::start().await;
    let another_day = chrono::Utc::now() + chrono::Duration::days(3);
    let day = another_day.format("%a").to_string().to_lowercase();
    let never = json!({ "name": "Раз в неделю", "schedule": {
        "time_zone": "Europe/Moscow", "week": { day: ["09:00-18:00"] } } });
    let made = stage.owner().post("/api/v1/schedules", &never, 201).await.json();
    stage
        .routes_by(json!([
            { "do": "if",
              "when": { "is": "all", "of": [
                { "is": "working_hours", "schedule": made["schedule_id"], "state": "closed" },
                { "is": "enquiry", "order": "first" } ] },
              "then": [
                { "do": "auto_reply", "text": "Закрыто. Ответим {working_hours.next_opening}." } ] },
        ]))
        .await;
    let conversation = stage.writes("вопрос").await;
    let customer = stage.telegram.telegram.customer(stage.customers, "", None);
    let told = async || {
        let shown = customer.transcript(&stage.telegram.bot).into_iter();
        shown.filter_map(|s| s.text).filter(|t| t.starts_with("Закрыто.")).collect::<Vec<_>>()
    };
    let said = until("the customer is told", async || told().await.pop()).await;
    assert!(said.contains("09:00"), "{said}");
    close(stage.owner(), &conversation).await;
    customer.sends_text(&stage.telegram.bot, "снова");
    until("the second one", async || {
        stage.owner().conversations("state=new").await.into_iter().next()
    })
    .await;
    stage.rules_are_done().await;
    assert_eq!(told().await.len(), 1, "a repeated enquiry is not told");
}
