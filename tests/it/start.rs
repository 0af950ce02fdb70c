//! Starts, stops and deaths: nothing that a kill leaves behind may need a person's hand.

use std::net::TcpListener;

use serde_json::json;
use tests::{Client, Database, Place, ProcessServer, TestServer, eventually, kill_9, until};

async fn logs_in(client: &Client, password: &str) {
    client.log_in(server::DEMO_EMAIL, password).await;
}

#[tokio::test]
async fn a_server_in_the_tests_process_answers_and_takes_a_company() {
    let server = TestServer::start().await;
    assert_eq!(server.client().get("/healthz", 200).await.text(), "ok\n");
    server.client().get("/readyz", 200).await;
    let session = server.sign_up().await;
    session.get("/api/v1/me/sessions", 200).await;
    session.nobody().get("/api/v1/me/sessions", 401).await;
}

#[tokio::test]
async fn what_was_written_survives_a_kill_and_a_stop() {
    let mut server = TestServer::start().await;
    let session = server.sign_up().await;
    server.kill();
    server.restart().await;
    session.get("/api/v1/me/sessions", 200).await;
    server.stop().await;
    server.restart().await;
    session.get("/api/v1/me/sessions", 200).await;
    let second = server.another().await;
    session.at(second.url()).get("/api/v1/me/sessions", 200).await;
}

/// The first start prints where to go and how to log in; the next one keeps the data.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_a_company_and_the_next_ones_keep_it() {
    let place = Place::new();
    let server = place.serve();
    let password = eventually("a password", || {
        server.said().contains("with the password").then(|| server.demo_password())
    });
    logs_in(&server.client(), &password).await;
    let made = Client::new(server.url());
    let form = json!({ "company": "А", "name": "Б", "email": "a@example.test",
        "password": "длинный пароль" });
    made.post("/api/v1/sign-up", &form, 201).await;
    assert!(server.terminate().success());
    assert!(place.postmaster().is_none(), "a clean stop stops Postgres");

    let server = place.serve();
    let again = eventually("a password", || {
        server.said().contains("with the password").then(|| server.demo_password())
    });
    assert_eq!(again, password);
    let said = server.said();
    let page = said.lines().find_map(|line| line.split_once("as a visitor of a site: "));
    let (_, page) = page.expect("the demo company has a widget to try");
    let path = page.strip_prefix(server.url()).expect("below our own address");
    server.client().get(path, 200).await;
    logs_in(&server.client(), &password).await;
    server.client().log_in("a@example.test", "длинный пароль").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_on_one_data_folder_is_refused_in_words() {
    let place = Place::new();
    let first = place.serve();
    let second = place.run(&["serve"]);
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("already runs on the data folder"), "{said}");
    assert!(said.contains(&first.pid().to_string()), "it names the process: {said}");
    first.client().get("/readyz", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_of_the_server_loses_nothing() {
    let place = Place::new();
    let first = place.serve();
    let session = tests::Session::sign_up(first.client()).await;
    first.kill_9();
    let postmaster = place.postmaster().expect("Postgres stays up");
    let second = place.serve();
    assert_eq!(place.postmaster(), Some(postmaster), "it is adopted");
    session.at(second.url()).get("/api/v1/me/sessions", 200).await;
    assert!(second.terminate().success());
    assert!(place.postmaster().is_none(), "an adopted Postgres is stopped too");
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_of_the_server_and_its_postgres_loses_nothing() {
    let place = Place::new();
    let first = place.serve();
    let session = tests::Session::sign_up(first.client()).await;
    let postmaster = place.postmaster().unwrap();
    first.kill_9();
    kill_9(postmaster);
    let second = place.serve();
    session.at(second.url()).get("/api/v1/me/sessions", 200).await;
}

/// The very first start is killed at moments spread over its whole length; the start after it
/// repairs whatever was half done.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_the_very_first_start_is_repaired() {
    let moments: [fn(&Place, &ProcessServer) -> bool; 5] = [
        |place, _| place.data().join("lock").exists(),
        |place, _| place.data().join("pgdata").exists(),
        |place, _| place.postmaster().is_some(),
        |place, _| place.data().join("demo-login.txt").exists(),
        |_, server| server.said().contains("Beseda is at"),
    ];
    for (number, reached) in moments.into_iter().enumerate() {
        let place = Place::new();
        let mut first = ProcessServer::spawn(place.command(&["serve"]));
        eventually("the moment to kill at", || {
            assert!(first.is_running(), "it ended before moment {number}:\n{}", first.said());
            reached(&place, &first).then_some(())
        });
        first.kill_9();
        let server = place.serve();
        let password = eventually("a password", || {
            server.said().contains("with the password").then(|| server.demo_password())
        });
        logs_in(&server.client(), &password).await;
        assert!(server.terminate().success(), "moment {number}");
    }
}

/// Between the demo company's transaction and its mark, and before both.
#[tokio::test]
async fn a_demo_company_that_was_half_made_is_made_once() {
    use sqlx::Connection;
    let mut server = TestServer::start_with(|config| config.demo_company = true).await;
    let count = "select count(*) from accounts where demo";
    let mut conn = server.database().connect().await;
    for forgotten in ["delete from installation", "delete from accounts; delete from installation"]
    {
        server.kill();
        for statement in forgotten.split(';') {
            sqlx::query(statement).execute(&mut conn).await.unwrap();
        }
        server.restart().await;
        let demos: i64 = sqlx::query_scalar(count).fetch_one(&mut conn).await.unwrap();
        assert_eq!(demos, 1, "after {forgotten}");
        let letter = std::fs::read_to_string(server.folder().join("demo-login.txt")).unwrap();
        let password = letter.lines().find_map(|l| l.strip_prefix("password: ")).unwrap();
        logs_in(&server.client(), password).await;
    }
    // A person who deleted it does not get it again.
    server.kill();
    sqlx::query("delete from accounts").execute(&mut conn).await.unwrap();
    server.restart().await;
    let demos: i64 = sqlx::query_scalar(count).fetch_one(&mut conn).await.unwrap();
    assert_eq!(demos, 0);
    conn.close().await.unwrap();
}

#[test]
fn a_taken_port_is_said_and_leaves_nothing_running() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = place.command(&["serve"]).env("BESEDA_HTTP__LISTEN", &address).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&address) && said.contains("BESEDA_HTTP__LISTEN"), "{said}");
    assert!(place.postmaster().is_none());
    assert!(!place.data().join("demo-login.txt").exists());
}

/// With a database of one's own nothing private is started, and a wrong key is noticed before it
/// can do harm.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_database_is_used_and_its_key_is_checked() {
    let database = Database::empty().await;
    let place = Place::new();
    let start = || {
        let mut command = place.command(&["serve"]);
        command.env("DATABASE_URL", database.url());
        command
    };
    let server = ProcessServer::start(start());
    server.client().get("/readyz", 200).await;
    assert!(!place.data().join("pgdata").exists());
    assert!(server.terminate().success());

    std::fs::remove_file(place.data().join("keys/master.key")).unwrap();
    let output = start().output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("keys.master"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_database_that_is_down_is_waited_for() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let mut command = place.command(&["serve"]);
    command.env("DATABASE_URL", format!("postgres://nobody@127.0.0.1:{port}/none"));
    let server = ProcessServer::spawn(command);
    eventually("words about the database", || {
        server.said().contains("the database does not answer").then_some(())
    });
    assert!(!server.terminate().success(), "it never served");
}

#[tokio::test]
async fn a_worker_without_the_web_face_opens_no_port() {
    let server = TestServer::start_with(|config| {
        config.roles = vec![server::config::Role::Worker];
        config.http.listen = ([127, 0, 0, 1], 1).into();
    })
    .await;
    until("nothing listens", async || {
        tokio::net::TcpStream::connect(server.address()).await.is_err().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_made_by_command_while_the_server_runs_and_while_it_does_not() {
    let place = Place::new();
    let create = |email: &str, more: &[&str]| {
        let mut args = vec!["account", "create", "--company", "А", "--name", "Б", "--email", email];
        args.extend(more);
        place.run(&args)
    };
    let output = create("first@example.test", &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, password) = said.split_once("shown this once: ").expect("a password is printed");
    assert!(place.postmaster().is_none(), "nothing is left running");

    let server = place.serve();
    let output = create("second@example.test", &["--password", "длинный пароль"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    server.client().log_in("first@example.test", password.trim()).await;
    server.client().log_in("second@example.test", "длинный пароль").await;
    let output = create("nobody", &["--password", "short"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("--email") && said.contains("--password"), "{said}");
}

/// Two nodes that start an empty installation at once: one demo company, and its password is known.
#[tokio::test]
async fn two_first_starts_at_once_make_one_demo_company() {
    let mut first = TestServer::start_with(|config| config.demo_company = true).await;
    let mut second = first.another().await;
    first.kill();
    second.kill();
    let mut conn = first.database().connect().await;
    sqlx::raw_sql("delete from accounts; delete from installation")
        .execute(&mut conn)
        .await
        .unwrap();
    tokio::join!(first.restart(), second.restart());
    let demos: i64 = sqlx::query_scalar("select count(*) from accounts where demo")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(demos, 1);
}
