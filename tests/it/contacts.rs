//! Contacts, tags, merges, the black list and search: CV-8, CV-9, WA-5, BY-9, OW-3, OW-4.

use chrono::{TimeDelta, Utc};
use domain::{
    attribution::Attribution,
    channel::ChannelKind,
    content::Content,
    conversation::{ConversationKind, Direction},
    ids::{
        AccountId, ChannelId, ContactId, ConversationId, EmployeeId, GroupId, IdentityId, MessageId,
    },
    visibility::{Audience, Viewer, Visibility},
};
use serde_json::{Value, json};
use sqlx::PgConnection;
use store::{
    Store,
    intake::{Item, Person, Stored},
};
use tests::{Session, TestServer};
use uuid::Uuid;

/// A company with one channel into which messages can be put.
struct Company {
    server: TestServer,
    session: Session,
    store: Store,
    account: AccountId,
    channel: ChannelId,
}

fn id() -> Uuid {
    Uuid::now_v7()
}

impl Company {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let session = server.sign_up().await;
        let account: AccountId = session.account.parse().unwrap();
        let store = server.database().store();
        let channel = ChannelId(id());
        let mut tx = store.tenant(account).await.unwrap();
        tx.insert_channel(&store::NewChannel {
            channel_id: channel,
            kind: ChannelKind::new("test"),
            name: "Проба".to_owned(),
            settings: serde_json::Map::new(),
            secrets: std::collections::BTreeMap::new(),
            hook_secret: String::new().into(),
            hook_key: Uuid::now_v7().simple().to_string(),
            pinned_employee_id: None,
            scenario_id: None,
            auto_close_minutes: None,
            use_in_widget: false,
        })
        .await
        .unwrap();
        tx.commit().await.unwrap();
        Self { server, session, store, account, channel }
    }

    /// Puts in a message of this person. Returns the message and its conversation.
    async fn says(&self, person: &Person, text: &str) -> (MessageId, ConversationId) {
        let now = Utc::now();
        let item = Item {
            account: self.account,
            channel: self.channel,
            message_id: MessageId(id()),
            new_contact: ContactId(id()),
            new_identity: IdentityId(id()),
            new_conversation: ConversationId(id()),
            person: person.clone(),
            external_id: Uuid::now_v7().to_string(),
            aliases: vec![],
            direction: Direction::Inbound,
            content: Content::Text { text: text.to_owned(), spans: vec![] },
            files: vec![],
            reply_to: None,
            thread: vec![],
            album: None,
            kind: ConversationKind::Chat,
            automatic: false,
            attribution: Attribution::default(),
            look_up: store::intake::LookUp::default(),
            occurred_at: now,
            now,
            raw: None,
        };
        match self.store.accept(&[item]).await.unwrap().pop() {
            Some(Stored::New { conversation, message, .. }) => (message.message_id, conversation),
            other => panic!("not stored: {other:?}"),
        }
    }

    async fn contact_of(&self, conversation: ConversationId) -> String {
        let mut tx = self.store.tenant(self.account).await.unwrap();
        tx.conversation(conversation).await.unwrap().unwrap().contact_id.to_string()
    }

    async fn get(&self, path: &str) -> Value {
        self.session.get(path, 200).await.json()
    }

    async fn contact(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/contacts/{id}")).await
    }

    async fn search(&self, query: &str) -> Value {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        self.get(&format!("/api/v1/search?q={query}")).await
    }

    async fn made(&self, name: &str) -> String {
        let made = self.session.post("/api/v1/contacts", &json!({ "name": name }), 201).await;
        made.json()["contact_id"].as_str().unwrap().to_owned()
    }
}

fn person(external_id: &str, name: &str) -> Person {
    Person {
        key: None,
        external_id: external_id.to_owned(),
        name: name.to_owned(),
        username: format!("{external_id}_nick"),
        language: None,
        phones: vec![],
        emails: vec![],
    }
}

fn names(found: &Value) -> Vec<&str> {
    let contacts = found["contacts"].as_array().unwrap();
    contacts.iter().map(|c| c["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn cv_9_what_is_known_of_a_person_is_changed_by_hand() {
    let company = Company::new().await;
    let s = &company.session;
    let anna = company.made("Анна").await;
    let at = format!("/api/v1/contacts/{anna}");
    let after =
        s.post(&format!("{at}/phones"), &json!({ "phone": "8 (916) 123-45-67" }), 200).await;
    assert_eq!(after.json()["phones"], json!(["+79161234567"]));
    // The same again is no fault; another's phone names that contact.
    s.post(&format!("{at}/phones"), &json!({ "phone": "+79161234567" }), 200).await;
    let ivan = company.made("Иван").await;
    let path = format!("/api/v1/contacts/{ivan}/phones");
    let taken = s.post(&path, &json!({ "phone": "9161234567" }), 409).await;
    assert_eq!(taken.code(), "phone_taken");
    assert_eq!(taken.json()["details"]["contact_id"], json!(anna));
    assert_eq!(company.contact(&ivan).await["phones"], json!([]));
    s.post(&path, &json!({ "phone": "не скажу" }), 422).await;
    s.post(&format!("{at}/emails"), &json!({ "email": " Anna@Mail.RU" }), 200).await;
    let path = format!("/api/v1/contacts/{ivan}/emails");
    assert_eq!(s.post(&path, &json!({ "email": "anna@mail.ru" }), 409).await.code(), "email_taken");

    let change = json!({ "name": "Анна Петрова", "fields": { "город": "Омск", "визитов": 3 } });
    s.patch(&at, &change, 200).await;
    let change = json!({ "fields": { "визитов": null, "vip": true } });
    let after = s.patch(&at, &change, 200).await.json();
    assert_eq!(after["fields"], json!({ "город": "Омск", "vip": true }));
    assert_eq!(after["name"], "Анна Петрова");
    s.patch(&at, &json!({ "fields": { "a": [1] } }), 422).await;
    s.patch(&at, &json!({ "name": "  " }), 422).await;
    s.patch(&at, &json!({ "merged_into": ivan }), 422).await;

    s.delete(&format!("{at}/phones/+79161234567"), 200).await;
    s.delete(&format!("{at}/phones/+79161234567"), 404).await;
    s.delete(&format!("{at}/emails/anna@mail.ru"), 200).await;
    s.delete(&format!("{at}/emails/%00"), 404).await;
    let left = company.contact(&anna).await;
    assert_eq!((&left["phones"], &left["emails"]), (&json!([]), &json!([])));
    s.get("/api/v1/contacts/cnt_00000000000000000000000000000001", 404).await;
    s.get("/api/v1/contacts/что-то", 404).await;
}

#[tokio::test]
async fn cv_9_contacts_are_read_in_pages_newest_first() {
    let company = Company::new().await;
    for n in 1..=5 {
        company.made(&format!("К{n}")).await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/contacts?limit=2".to_owned();
    loop {
        let page = company.get(&path).await;
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|c| c["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/contacts?limit=2&cursor={next}");
    }
    assert_eq!(seen, ["К5", "К4", "К3", "К2", "К1"]);
    company.session.get("/api/v1/contacts?cursor=x", 422).await;
    company.session.get("/api/v1/contacts?limit=0", 422).await;
}

#[tokio::test]
async fn cv_8_tags_are_put_on_contacts() {
    let company = Company::new().await;
    let s = &company.session;
    let tag = s.post("/api/v1/tags", &json!({ "name": "VIP" }), 201).await.json();
    let tag = tag["tag_id"].as_str().unwrap();
    let again = s.post("/api/v1/tags", &json!({ "name": "vip" }), 409).await;
    assert_eq!(again.code(), "tag_name_taken");
    s.post("/api/v1/tags", &json!({ "name": "x", "color": "red" }), 422).await;
    s.patch(&format!("/api/v1/tags/{tag}"), &json!({ "color": "#ff0000" }), 200).await;
    let anna = company.made("Анна").await;
    company.made("Иван").await;
    let path = format!("/api/v1/contacts/{anna}/tags/{tag}");
    let after = s.put(&path, &json!({}), 200).await.json();
    assert_eq!(after["tags"], json!([tag]));
    let tagged = company.get(&format!("/api/v1/contacts?tag={tag}")).await;
    assert_eq!(tagged["items"].as_array().unwrap().len(), 1);
    s.delete(&path, 200).await;
    s.put(&path, &json!({}), 200).await;
    s.delete(&format!("/api/v1/tags/{tag}"), 204).await;
    assert_eq!(company.contact(&anna).await["tags"], json!([]));
    s.put(&path, &json!({}), 404).await;
}

#[tokio::test]
async fn cv_8_tags_are_put_on_conversations() {
    let company = Company::new().await;
    let s = &company.session;
    let tag = s.post("/api/v1/tags", &json!({ "name": "жалоба" }), 201).await.json();
    let tag = tag["tag_id"].as_str().unwrap();
    let (_, conversation) = company.says(&person("a", "Анна"), "плохо").await;
    let path = format!("/api/v1/conversations/{conversation}/tags/{tag}");
    let mut tx = company.store.tenant(company.account).await.unwrap();
    let before = tx.last_seq().await.unwrap();
    drop(tx);
    assert_eq!(s.put(&path, &json!({}), 200).await.json()["tags"], json!([tag]));
    s.put(&path, &json!({}), 200).await;
    let found = company.get(&format!("/api/v1/conversations?tag_id={tag}")).await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let mut tx = company.store.tenant(company.account).await.unwrap();
    let events = tx.feed_after(before, 100).await.unwrap();
    let tagged = |e: &&store::FeedEvent| {
        e.kind == "conversation.changed" && e.payload["conversation"]["tags"] == json!([tag])
    };
    assert_eq!(events.iter().filter(tagged).count(), 1, "a repeat is no event");
    drop(tx);
    assert_eq!(s.delete(&path, 200).await.json()["tags"], json!([]));
    company.server.sign_up().await.put(&path, &json!({}), 404).await;
}

/// The indexes are used although their operators are not leak-proof (row-level security).
#[tokio::test]
async fn ow_3_search_reads_its_indexes_and_no_whole_table() {
    let company = Company::new().await;
    let (_, conversation) = company.says(&person("a", "Анна Королёва"), "первый").await;
    let mut conn = company.server.database().connect().await;
    sqlx::query(
        "insert into messages (account_id, conversation_id, position, message_id, channel_id,
            direction, content, words, occurred_at)
         select $1, $2, n, gen_random_uuid(), $3, 'inbound', '{}',
            case when n = 700 then 'самолёт' else 'обычный разговор ' || n end, now()
         from generate_series(100, 5000) n",
    )
    .bind(company.account.0)
    .bind(conversation.0)
    .bind(company.channel.0)
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::query(
        "insert into contacts (account_id, contact_id, name)
         select $1, gen_random_uuid(), 'Иван Петров ' || n from generate_series(1, 5000) n",
    )
    .bind(company.account.0)
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::raw_sql("analyze messages; analyze contacts").execute(&mut conn).await.unwrap();
    sqlx::query("set role beseda_app").execute(&mut conn).await.unwrap();
    sqlx::query("select set_config('app.account_id', $1, false)")
        .bind(company.account.0.to_string())
        .execute(&mut conn)
        .await
        .unwrap();
    let scans = async |conn: &mut PgConnection| -> (i64, i64, i64) {
        // Figures of this connection are written down at once, and read anew.
        sqlx::raw_sql("select pg_stat_force_next_flush(); select pg_stat_clear_snapshot()")
            .execute(&mut *conn)
            .await
            .unwrap();
        sqlx::query_as(
            "select
                (select idx_scan from pg_stat_all_indexes where indexrelname = 'messages_search'),
                (select idx_scan from pg_stat_all_indexes where indexrelname = 'contacts_search'),
                (select sum(seq_scan)::bigint from pg_stat_all_tables
                 where relname in ('messages', 'contacts'))",
        )
        .fetch_one(conn)
        .await
        .unwrap()
    };
    let before = scans(&mut conn).await;
    let hits: i64 = sqlx::query_scalar(
        "select count(*) from search_messages('самолеты', now() + interval '1 day', $1, 50)",
    )
    .bind(Uuid::max())
    .fetch_one(&mut conn)
    .await
    .unwrap();
    let people: i64 =
        sqlx::query_scalar("select count(*) from search_contacts('{королев}', '', '', '', 20)")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    let after = scans(&mut conn).await;
    assert_eq!((hits, people), (1, 1));
    assert!(after.0 > before.0 && after.1 > before.1, "{before:?} {after:?}");
    assert_eq!(after.2, before.2, "no whole table is read");
}

/// BY-9: a merge is undone exactly; what came since stays, conversations go with their identities.
#[tokio::test]
async fn by_9_a_merge_moves_everything_and_is_taken_back() {
    let company = Company::new().await;
    let s = &company.session;
    let (_, first) = company.says(&person("a", "Анна"), "привет").await;
    let (_, second) = company.says(&person("b", "Анна с работы"), "это тоже я").await;
    let kept = company.contact_of(first).await;
    let merged = company.contact_of(second).await;
    let tag = s.post("/api/v1/tags", &json!({ "name": "опт" }), 201).await.json();
    let tag = tag["tag_id"].as_str().unwrap().to_owned();
    for (id, phone) in [(&kept, "+79160000001"), (&merged, "+79160000002")] {
        let path = format!("/api/v1/contacts/{id}");
        s.post(&format!("{path}/phones"), &json!({ "phone": phone }), 200).await;
        s.patch(&path, &json!({ "fields": { "общее": phone } }), 200).await;
    }
    s.patch(&format!("/api/v1/contacts/{merged}"), &json!({ "fields": { "город": "Омск" } }), 200)
        .await;
    s.put(&format!("/api/v1/contacts/{merged}/tags/{tag}"), &json!({}), 200).await;
    let (kept_before, merged_before) =
        (company.contact(&kept).await, company.contact(&merged).await);

    let merge = format!("/api/v1/contacts/{kept}/merge");
    s.post(&merge, &json!({ "contact_id": kept }), 422).await;
    let done = s.post(&merge, &json!({ "contact_id": merged }), 200).await.json();
    let after = &done["contact"];
    assert_eq!(after["phones"], json!(["+79160000001", "+79160000002"]));
    assert_eq!(after["identities"].as_array().unwrap().len(), 2);
    assert_eq!(after["tags"], json!([tag]));
    assert_eq!(after["fields"], json!({ "общее": "+79160000001", "город": "Омск" }));
    assert_eq!(company.contact(&merged).await["merged_into"], json!(kept));
    assert_eq!(company.contact_of(second).await, kept);
    assert_eq!(names(&company.search("Анна").await).len(), 1);
    assert_eq!(
        s.post(&merge, &json!({ "contact_id": merged }), 409).await.code(),
        "already_merged"
    );
    s.patch(&format!("/api/v1/contacts/{merged}"), &json!({ "name": "x" }), 404).await;

    // Since then: a phone for the kept contact, and a new conversation of the merged identity.
    let path = format!("/api/v1/contacts/{kept}/phones");
    s.post(&path, &json!({ "phone": "+79160000003" }), 200).await;
    let mut conn = company.server.database().connect().await;
    close(&mut conn, second).await;
    let (_, third) = company.says(&person("b", "Анна с работы"), "ещё раз").await;
    assert_eq!(company.contact_of(third).await, kept);

    let undo = format!("/api/v1/contact-merges/{}/undo", done["merge_id"].as_str().unwrap());
    let back = s.post(&undo, &json!({}), 200).await.json();
    assert_eq!(back, merged_before);
    let kept_after = company.contact(&kept).await;
    assert_eq!(kept_after["phones"], json!(["+79160000001", "+79160000003"]));
    for same in ["identities", "tags", "fields", "name", "emails"] {
        assert_eq!(kept_after[same], kept_before[same], "{same}");
    }
    assert_eq!(company.contact_of(first).await, kept);
    assert_eq!(company.contact_of(second).await, merged);
    assert_eq!(company.contact_of(third).await, merged, "it goes with its identity");
    assert_eq!(s.post(&undo, &json!({}), 409).await.code(), "already_undone");
    let merges = company.get(&format!("/api/v1/contacts/{kept}/merges")).await;
    assert!(merges["items"][0]["undone_at"].is_string());
}

#[tokio::test]
async fn by_9_merges_are_undone_last_first() {
    let company = Company::new().await;
    let s = &company.session;
    let [a, b, c] = [company.made("А").await, company.made("Б").await, company.made("В").await];
    let path = format!("/api/v1/contacts/{a}/phones");
    s.post(&path, &json!({ "phone": "+79160000001" }), 200).await;
    let merge = async |kept: &str, merged: &str| {
        let path = format!("/api/v1/contacts/{kept}/merge");
        let done = s.post(&path, &json!({ "contact_id": merged }), 200).await.json();
        format!("/api/v1/contact-merges/{}/undo", done["merge_id"].as_str().unwrap())
    };
    let first = merge(&b, &a).await;
    let second = merge(&c, &b).await;
    assert_eq!(s.post(&first, &json!({}), 409).await.code(), "merged_further");
    s.post(&second, &json!({}), 200).await;
    s.post(&first, &json!({}), 200).await;
    assert_eq!(company.contact(&a).await["phones"], json!(["+79160000001"]));
}

/// A message that comes in while contacts are merged both ways is never lost or left behind.
#[tokio::test]
async fn cv_9_messages_come_in_while_contacts_are_merged() {
    let company = Company::new().await;
    let s = &company.session;
    let people = [person("a", "А"), person("b", "Б")];
    let (_, first) = company.says(&people[0], "раз").await;
    let (_, second) = company.says(&people[1], "два").await;
    let (a, b) = (company.contact_of(first).await, company.contact_of(second).await);
    let merging = async {
        for _ in 0..10 {
            let path = format!("/api/v1/contacts/{a}/merge");
            let done = s.post(&path, &json!({ "contact_id": b }), 200).await.json();
            let merge = done["merge_id"].as_str().unwrap().to_owned();
            s.post(&format!("/api/v1/contact-merges/{merge}/undo"), &json!({}), 200).await;
        }
    };
    let writing = async {
        for n in 0..30 {
            company.says(&people[1], &n.to_string()).await;
        }
    };
    futures::join!(merging, writing);
    assert_eq!(company.contact_of(second).await, b);
    let mut tx = company.store.tenant(company.account).await.unwrap();
    assert!(tx.conversation(second).await.unwrap().unwrap().last_position >= 31);
}

#[tokio::test]
async fn wa_5_the_black_list_keeps_one_form() {
    let company = Company::new().await;
    let s = &company.session;
    let entry = json!({ "kind": "phone", "value": "8 916 123-45-67", "note": "спам" });
    let added = s.post("/api/v1/blacklist", &entry, 200).await.json();
    assert_eq!(added["entry"], "+79161234567");
    s.post("/api/v1/blacklist", &json!({ "kind": "email", "value": "не адрес" }), 422).await;
    s.post("/api/v1/blacklist", &json!({ "kind": "external_id", "value": "42" }), 200).await;
    let page = company.get("/api/v1/blacklist?limit=1").await;
    assert_eq!(page["items"][0]["entry"], "+79161234567");
    let next = page["next"].as_str().unwrap();
    let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    let page = company.get(&format!("/api/v1/blacklist?limit=1&cursor={query}")).await;
    assert_eq!(page["items"][0]["entry"], "42");
    let listed = async |keys: &[&str]| {
        let keys: Vec<String> = keys.iter().map(|k| (*k).to_owned()).collect();
        company.store.tenant(company.account).await.unwrap().blacklisted(&keys).await.unwrap()
    };
    assert!(listed(&["7", "+79161234567"]).await);
    assert!(!listed(&["7"]).await);
    s.delete("/api/v1/blacklist/+79161234567", 204).await;
    s.delete("/api/v1/blacklist/+79161234567", 404).await;
    assert!(!listed(&["+79161234567"]).await);
}

#[tokio::test]
async fn ow_3_people_are_found_by_whatever_is_known() {
    let company = Company::new().await;
    let s = &company.session;
    let petr = company.made("Пётр Королёв").await;
    company.made("100% Скидка_тест").await;
    let at = format!("/api/v1/contacts/{petr}");
    s.post(&format!("{at}/phones"), &json!({ "phone": "+79161234567" }), 200).await;
    s.post(&format!("{at}/emails"), &json!({ "email": "petr@mail.ru" }), 200).await;
    let (_, conversation) = company.says(&person("Masha", "Мария"), "привет").await;
    for query in [
        "петр",
        "ПЁТР",
        "корол",
        "королев петр",
        "п к",
        "8 (916) 123-45-67",
        "+7 916 123 45 67",
        "45-67",
        "Petr@Mail.ru",
    ] {
        assert_eq!(names(&company.search(query).await), ["Пётр Королёв"], "{query}");
    }
    for query in ["@masha_nick", "Masha_Nick", "мар"] {
        assert_eq!(names(&company.search(query).await), ["Мария"], "{query}");
    }
    for query in ["100%", "скидка_"] {
        assert_eq!(names(&company.search(query).await), ["100% Скидка_тест"], "{query}");
    }
    for query in ["%", "_", "иванов", "123-45-68", "@masha", "\\"] {
        assert_eq!(names(&company.search(query).await), Vec::<&str>::new(), "{query}");
    }
    let mut tx = company.store.tenant(company.account).await.unwrap();
    let number = tx.conversation(conversation).await.unwrap().unwrap().number;
    let found = company.search(&format!("#{number}")).await;
    assert_eq!(found["conversation"]["conversation_id"], json!(conversation));
    assert_eq!(company.search("#999").await["conversation"], Value::Null);
    s.get("/api/v1/search?q=%20", 422).await;
    s.get("/api/v1/search?q=a%00b", 422).await;
    s.get("/api/v1/search", 422).await;
    // Another company finds none of it.
    let other = company.server.sign_up().await;
    for query in ["петр", "привет", "45-67", "%40masha_nick", "%231"] {
        let found = other.get(&format!("/api/v1/search?q={query}"), 200).await.json();
        assert_eq!(names(&found), Vec::<&str>::new(), "{query}");
        assert_eq!(found["messages"], json!([]), "{query}");
        assert_eq!(found["conversation"], Value::Null, "{query}");
    }
}

#[tokio::test]
async fn ow_3_messages_are_found_by_their_words() {
    let company = Company::new().await;
    let anna = person("a", "Анна");
    let (old, _) = company.says(&anna, "Когда привезёте заказ?").await;
    let (new, conversation) = company.says(&anna, "Заказы <b>ещё</b> не пришли").await;
    company.says(&anna, "спасибо").await;
    let ids = |found: &Value| -> Vec<String> {
        let messages = found["messages"].as_array().unwrap();
        messages.iter().map(|m| m["message_id"].as_str().unwrap().to_owned()).collect()
    };
    let found = company.search("заказ").await;
    assert_eq!(ids(&found), [new.to_string(), old.to_string()], "any form, newest first");
    let hit = &found["messages"][0];
    assert_eq!(hit["position"], 2);
    assert_eq!(hit["conversation_id"], json!(conversation));
    assert_eq!(hit["excerpt"][0], json!({ "text": "Заказы", "hit": true }));
    let text: String =
        hit["excerpt"].as_array().unwrap().iter().map(|p| p["text"].as_str().unwrap()).collect();
    assert_eq!(text, "Заказы <b>ещё</b> не пришли", "text, not HTML");
    assert_eq!(ids(&company.search("привезете").await), [old.to_string()], "е finds ё");
    assert_eq!(ids(&company.search("привезёте").await), [old.to_string()], "ё finds ё");
    assert_eq!(ids(&company.search("заказ -пришли").await), [old.to_string()]);
    for nothing in ["и", "-заказ", "'\"(&|!<", "слон"] {
        assert_eq!(ids(&company.search(nothing).await), Vec::<String>::new(), "{nothing}");
    }
    let page = company.get("/api/v1/search?q=заказ&limit=1").await;
    assert_eq!(ids(&page), [new.to_string()]);
    let next = page["next"].as_str().unwrap();
    let page = company.get(&format!("/api/v1/search?q=заказ&limit=1&cursor={next}")).await;
    assert_eq!((ids(&page), &page["next"]), (vec![old.to_string()], &Value::Null));
    assert_eq!(page["contacts"], json!([]));
}

/// Newest first over all windows of days that the search looks through, without doubles and gaps.
#[tokio::test]
async fn ow_3_messages_of_all_ages_are_found_in_order() {
    let company = Company::new().await;
    let anna = person("a", "Анна");
    let mut expect = Vec::new();
    let mut conn = company.server.database().connect().await;
    for days in [0, 1, 2, 5, 6, 20, 21, 22, 40, 400, 401] {
        let (message, _) = company.says(&anna, "посылка").await;
        let at = Utc::now() - TimeDelta::days(days);
        sqlx::query("update messages set created_at = $2 where message_id = $1")
            .bind(message.0)
            .bind(at)
            .execute(&mut conn)
            .await
            .unwrap();
        expect.push(message.to_string());
    }
    for limit in [1, 3, 100] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/search?q=посылки&limit={limit}{cursor}");
            let page = company.get(&path).await;
            for message in page["messages"].as_array().unwrap() {
                seen.push(message["message_id"].as_str().unwrap().to_owned());
            }
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, expect, "{limit} a page");
    }
}

async fn close(conn: &mut PgConnection, conversation: ConversationId) {
    sqlx::query("update conversations set state = 'closed' where conversation_id = $1")
        .bind(conversation.0)
        .execute(conn)
        .await
        .unwrap();
}

/// OW-4, CH-3: the SQL of lists and search says the same as the rule, for every combination.
#[tokio::test]
async fn ow_4_sql_and_rule_agree_on_who_sees() {
    let company = Company::new().await;
    let mut conn = company.server.database().connect().await;
    let account = company.account.0;
    let me: EmployeeId = company.session.employee.parse().unwrap();
    let [other, mine, foreign, contact, identity]: [Uuid; 5] =
        std::array::from_fn(|_| Uuid::now_v7());
    sqlx::query(
        "with e as (insert into employees (account_id, employee_id, email, name, role)
            values ($1, $2, 'b@example.test', 'Б', 'operator')),
         g as (insert into groups (account_id, group_id, name)
            values ($1, $3, 'А'), ($1, $4, 'Б')),
         c as (insert into contacts (account_id, contact_id) values ($1, $5))
         insert into identities (account_id, identity_id, channel_id, external_id, contact_id)
         values ($1, $6, $7, 'x', $5)",
    )
    .bind(account)
    .bind(other)
    .bind(mine)
    .bind(foreign)
    .bind(contact)
    .bind(identity)
    .bind(company.channel.0)
    .execute(&mut conn)
    .await
    .unwrap();
    let people = [None, Some(me), Some(EmployeeId(other))];
    let groups = [None, Some(GroupId(mine)), Some(GroupId(foreign))];
    let mut cases = Vec::new();
    for pinned in people {
        for assignee in people {
            for offered in people {
                for group in groups {
                    cases.push(Audience { pinned, assignee, offered, group });
                }
            }
        }
    }
    let mut tx = company.store.tenant(company.account).await.unwrap();
    for (number, case) in (1_i64..).zip(cases) {
        let conversation = Uuid::now_v7();
        sqlx::query(
            "insert into conversations (account_id, conversation_id, number, channel_id,
                identity_id, contact_id, state, is_first, pinned_id, assignee_id, offered_id,
                group_id)
             values ($1, $2, $3, $4, $5, $6, 'closed', false, $7, $8, $9, $10)",
        )
        .bind(account)
        .bind(conversation)
        .bind(number)
        .bind(company.channel.0)
        .bind(identity)
        .bind(contact)
        .bind(case.pinned.map(|e| e.0))
        .bind(case.assignee.map(|e| e.0))
        .bind(case.offered.map(|e| e.0))
        .bind(case.group.map(|g| g.0))
        .execute(&mut conn)
        .await
        .unwrap();
        for visibility in [Visibility::All, Visibility::Group, Visibility::Own] {
            for sees_all in [false, true] {
                let viewer =
                    Viewer { employee: me, sees_all, visibility, groups: vec![GroupId(mine)] };
                let seen = tx.sees(&viewer, ConversationId(conversation)).await.unwrap();
                assert_eq!(seen, viewer.sees(&case), "{viewer:?} {case:?}");
                let found = tx.conversation_by_number(&viewer, number).await.unwrap();
                assert_eq!(found.is_some(), seen);
            }
        }
    }
}

/// OW-4: search shows no message of a conversation that the viewer may not see.
#[tokio::test]
async fn ow_4_search_sees_with_the_viewers_eyes() {
    let company = Company::new().await;
    let s = &company.session;
    let mut conn = company.server.database().connect().await;
    let mut seen_by_all = Vec::new();
    for n in 0..12 {
        let (message, conversation) =
            company.says(&person(&format!("p{n}"), "Кто-то"), "важная посылка").await;
        if n % 3 == 0 {
            seen_by_all.push(message.to_string());
        } else {
            sqlx::query("update conversations set pinned_id = $2 where conversation_id = $1")
                .bind(conversation.0)
                .bind(Uuid::now_v7())
                .execute(&mut conn)
                .await
                .unwrap();
        }
    }
    seen_by_all.reverse();
    let form = json!({ "email": "op@example.test", "role": "operator" });
    let invited = s.post("/api/v1/invites", &form, 201).await.json();
    let form = json!({ "token": invited["token"], "name": "Борис",
        "password": "a long enough password" });
    let answer = s.nobody().post("/api/v1/invites/accept", &form, 201).await;
    let operator = Session::opened(s, &answer, "op@example.test", "a long enough password");
    for limit in [1, 2, 100] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/search?q=посылка&limit={limit}{cursor}");
            let page = operator.get(&path, 200).await.json();
            for message in page["messages"].as_array().unwrap() {
                seen.push(message["message_id"].as_str().unwrap().to_owned());
            }
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, seen_by_all, "{limit} a page");
    }
    assert_eq!(company.search("посылка").await["messages"].as_array().unwrap().len(), 12);
}
