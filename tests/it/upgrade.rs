//! What a running installation goes through: a newer program beside the older one, a new master key.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::ids::{AccountId, ChannelId};
use secrecy::ExposeSecret;
use serde_json::json;
use store::{MasterKeys, Store};
use tests::{Database, MASTER_KEY, Place, TestServer};

const NEW_KEY: [u8; 32] = [43; 32];

/// Nodes are replaced one by one: a node of the old program may start after the new one migrated.
#[tokio::test]
async fn an_old_program_starts_on_a_newer_database() {
    let database = Database::create().await;
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (29990101000000, 'of the next release', true, '\\x00', 1)",
    )
    .execute(&mut database.connect().await)
    .await
    .unwrap();
    let store = database.store();
    store.migrate().await.unwrap();
    let state = store.migration_state().await.unwrap();
    assert_eq!((state.unknown, state.pending), (1, 0));
    store.close().await;
}

/// The template of the tests' databases is named by what fills it.
#[tokio::test]
async fn a_database_of_a_test_has_the_migrations_of_this_binary() {
    let database = Database::create().await;
    let store = database.store();
    let state = store.migration_state().await.unwrap();
    assert_eq!((state.unknown, state.pending), (0, 0));
    let name = store::migrations_fingerprint().map(|byte| format!("{byte:02x}")).concat();
    let templates: Vec<String> =
        sqlx::query_scalar("select datname::text from pg_database where datname like 'template_%'")
            .fetch_all(&mut database.connect().await)
            .await
            .unwrap();
    let ours =
        |template: &String| template.strip_prefix("template_").is_some_and(|t| name.starts_with(t));
    assert!(templates.iter().any(ours), "{templates:?}");
    store.close().await;
}

fn open(database: &Database, keys: &[(i32, [u8; 32])]) -> Store {
    let options = store::Options {
        url: database.url(),
        tenant_connections: 1,
        platform_connections: 1,
        acquire_timeout: Duration::from_secs(10),
    };
    Store::open(&options, MasterKeys::new(keys.iter().copied()).unwrap()).unwrap()
}

/// Key 2 comes, `beseda keys rewrap`, key 1 goes: what was sealed under key 1 opens with key 2 alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_master_key_takes_over_from_the_old_one() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    server.sign_up().await;
    let token = "123456:sealed-under-the-old-key-0123456789";
    let form = json!({ "kind": "telegram_bot", "name": "Бот",
        "settings": { "token": token, "base_url": "http://127.0.0.1:1" } });
    let channel = owner.post("/api/v1/channels", &form, 201).await.json();
    let channel: ChannelId = channel["channel_id"].as_str().unwrap().parse().unwrap();
    let account: AccountId = owner.account.parse().unwrap();

    let only_new = [(2, NEW_KEY)];
    let store = open(server.database(), &only_new);
    assert!(store.check_keys().await.is_err(), "wrapped by the old key");
    store.close().await;

    let place = Place::new();
    let both = format!("2:{},1:{}", STANDARD.encode(NEW_KEY), STANDARD.encode(MASTER_KEY));
    let rewrap = || {
        let mut command = place.command(&["keys", "rewrap"]);
        command.env("DATABASE_URL", server.database().url()).env("BESEDA_KEYS__MASTER", &both);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let first = rewrap();
    assert!(first.contains(": 2."), "two companies: {first}");
    let again = rewrap();
    assert!(again.contains(": 0."), "nothing is left: {again}");

    let store = open(server.database(), &only_new);
    store.check_keys().await.unwrap();
    let mut tx = store.tenant(account).await.unwrap();
    let row = tx.channel(channel).await.unwrap().unwrap();
    assert_eq!(row.secrets["token"].expose_secret(), token);
    drop(tx);
    store.close().await;
}
