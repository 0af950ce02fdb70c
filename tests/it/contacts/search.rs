//! Search (OW-3): of people by whatever is known, of messages by their words, within one's sight.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use tests::Session;
use uuid::Uuid;

use super::company::{Company, names, person};

/// Messages with this word over all pages of so many, in the order in which they come.
async fn all_pages(who: &Session, word: &str, limit: usize) -> Vec<String> {
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/search?q={word}&limit={limit}{cursor}");
        let page = who.get(&path, 200).await.json();
        for message in page["messages"].as_array().unwrap() {
            seen.push(message["message_id"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else { return seen };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn ow_3_people_are_found_by_whatever_is_known() {
    let company = Company::new().await;
    let s = &company.owner;
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
    let mut tx = company.tx().await;
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
    let mut conn = company.conn().await;
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
        let seen = all_pages(&company.owner, "посылки", limit).await;
        assert_eq!(seen, expect, "{limit} a page");
    }
}

/// OW-4: search shows no message of a conversation that the viewer may not see.
#[tokio::test]
async fn ow_4_search_sees_with_the_viewers_eyes() {
    let company = Company::new().await;
    let mut conn = company.conn().await;
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
    let operator = company.owner.hire("Борис", "operator").await;
    for limit in [1, 2, 100] {
        let seen = all_pages(&operator, "посылка", limit).await;
        assert_eq!(seen, seen_by_all, "{limit} a page");
    }
    assert_eq!(company.search("посылка").await["messages"].as_array().unwrap().len(), 12);
}

/// The indexes are used although their operators are not leak-proof (row-level security).
#[tokio::test]
async fn ow_3_search_reads_its_indexes_and_no_whole_table() {
    let company = Company::new().await;
    let (_, conversation) = company.says(&person("a", "Анна Королёва"), "первый").await;
    let mut conn = company.conn().await;
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
