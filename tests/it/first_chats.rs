//! Who is behind a message: chats of one person that begin at the same moment, what a service tells of
//! a person before they write, and how often it is asked who somebody is.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use store::intake::{Item, LookUp, Person, Stored};
use tests::{Company, incoming};

/// A message of whom it is asked who they are.
fn item(company: &Company, person: Person, now: DateTime<Utc>) -> Item {
    Item {
        look_up: LookUp { person: true, ..LookUp::default() },
        occurred_at: now,
        now,
        ..incoming(company.account, company.channel, person, "здравствуйте")
    }
}

fn chat(id: &str, key: &str) -> Person {
    Person { external_id: id.to_owned(), key: Some(key.to_owned()), ..Person::default() }
}

fn nameless() -> Person {
    Person { external_id: "nobody".to_owned(), ..Person::default() }
}

async fn count(conn: &mut PgConnection, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(conn).await.unwrap()
}

/// CV-9: the first chats of one buyer, which come to several processes at the same moment, are one
/// contact; those of others are not.
#[tokio::test(flavor = "multi_thread")]
async fn cv_9_first_chats_of_one_person_in_several_processes_are_one_contact() {
    let company = Company::found().await;
    let mut conn = company.conn().await;
    for round in 0..12 {
        let before = count(&mut conn, "select count(*) from contacts").await;
        let processes = (0..4).map(|n| {
            let store = company.process();
            // Each has two people's chats, in another order of places than of people.
            let mine = if n % 2 == 0 { ["вера", "пётр"] } else { ["пётр", "вера"] };
            let items: Vec<Item> = mine
                .iter()
                .enumerate()
                .map(|(place, who)| {
                    let id = format!("{round}-{place}-{n}");
                    item(&company, chat(&id, &format!("{who}-{round}")), Utc::now())
                })
                .collect();
            tokio::spawn(async move { store.accept(&items).await })
        });
        for stored in futures::future::join_all(processes).await {
            let stored = stored.unwrap().expect("no batch waits for another for ever");
            assert!(stored.iter().all(|s| matches!(s, Stored::New { .. })));
        }
        let after = count(&mut conn, "select count(*) from contacts").await;
        assert_eq!(after - before, 2, "round {round}");
    }
}

/// What a service tells later of who is behind a chat, and in which language they read, is kept.
#[tokio::test(flavor = "multi_thread")]
async fn cv_9_a_key_that_is_told_later_is_kept() {
    let company = Company::found().await;
    let store = company.process();
    let now = Utc::now();
    let unknown = Person { external_id: "a".to_owned(), ..Person::default() };
    store.accept(&[item(&company, unknown, now)]).await.unwrap();
    let told = Person { language: Some("ru".to_owned()), ..chat("a", "buyer-1") };
    store.accept(&[item(&company, told, now)]).await.unwrap();
    store.accept(&[item(&company, chat("b", "buyer-1"), now)]).await.unwrap();
    let mut conn = company.conn().await;
    let people: Vec<(String, Option<String>, Option<String>)> = sqlx::query_as(
        "select external_id, person_key, language from identities order by external_id",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let key = Some("buyer-1".to_owned());
    let expected =
        [("a".to_owned(), key.clone(), Some("ru".to_owned())), ("b".to_owned(), key, None)];
    assert_eq!(people, expected);
    let contacts = count(&mut conn, "select count(distinct contact_id) from identities").await;
    assert_eq!(contacts, 1);
}

/// Whom the service does not name is asked about once in some days, however much they write.
#[tokio::test(flavor = "multi_thread")]
async fn ch_7_who_is_never_named_is_asked_about_seldom() {
    let company = Company::found().await;
    let store = company.process();
    let mut conn = company.conn().await;
    let now = Utc::now();
    // Done by nobody here: what is asked is what was queued.
    let asked = "select count(*) from jobs where payload ->> 'job' = 'look_up_person'";
    let before = count(&mut conn, asked).await;
    let burst: Vec<Item> = (0..5).map(|_| item(&company, nameless(), now)).collect();
    store.accept(&burst).await.unwrap();
    for hours in 1..24 {
        let later = now + TimeDelta::hours(hours * 3) - TimeDelta::hours(1);
        store.accept(&[item(&company, nameless(), later)]).await.unwrap();
    }
    let ever = "select count(*) from identities where asked_at is not null";
    assert_eq!(count(&mut conn, ever).await, 1);
    let first: DateTime<Utc> =
        sqlx::query_scalar("select asked_at from identities").fetch_one(&mut conn).await.unwrap();
    assert!((first - now).num_seconds().abs() < 1, "not asked again within three days");
    assert!(count(&mut conn, asked).await - before <= 1);
    store.accept(&[item(&company, nameless(), now + TimeDelta::days(3))]).await.unwrap();
    let second: DateTime<Utc> =
        sqlx::query_scalar("select asked_at from identities").fetch_one(&mut conn).await.unwrap();
    assert!(second > first, "asked again");
}
