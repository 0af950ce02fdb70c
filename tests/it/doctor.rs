//! `beseda doctor`: what is wrong is said in plain words, with a remedy, and by the exit status.

use std::process::Output;

use tests::{Database, Place, until};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn before_the_first_start_nothing_is_wrong_and_nothing_is_begun() {
    let place = Place::new();
    let output = place.run(&["doctor"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("no first start yet"), "{}", said(&output));
    assert!(!place.data().join("pgdata").exists());
    assert!(!place.data().join("keys").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_installation_is_found_so_running_or_not() {
    let place = Place::new();
    let server = place.serve();
    until("the demo company's channels are connected", async || {
        place.run(&["doctor"]).status.success().then_some(())
    })
    .await;
    for language in ["en", "ru"] {
        let output = place.run(&["doctor", "--lang", language]);
        assert!(output.status.success(), "{}", said(&output));
    }
    server.client().get("/readyz", 200).await;
    assert!(server.terminate().success());
    let output = place.run(&["doctor"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("The master key fits"), "{}", said(&output));
    assert!(place.postmaster().is_none(), "nothing is left running");

    std::fs::write(place.data().join("keys/master.key"), format!("1:{}=", "A".repeat(43))).unwrap();
    let output = place.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("PROBLEM  The master key does not fit"), "{}", said(&output));
    std::fs::remove_file(place.data().join("keys/master.key")).unwrap();
    let output = place.run(&["doctor"]);
    assert!(said(&output).contains("There is no master key"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_down_or_empty_is_said() {
    let place = Place::new();
    let doctor = |url: &str| {
        let mut command = place.command(&["doctor"]);
        command.env("DATABASE_URL", url).env("BESEDA_KEYS__MASTER", format!("{}=", "A".repeat(43)));
        command.output().unwrap()
    };
    let down = doctor("postgres://nobody@127.0.0.1:1/none");
    assert_eq!(down.status.code(), Some(1));
    assert!(said(&down).contains("The database does not answer"), "{}", said(&down));
    let database = Database::empty().await;
    let empty = doctor(&database.url());
    assert_eq!(empty.status.code(), Some(1));
    assert!(said(&empty).contains("beseda migrate"), "{}", said(&empty));
}

#[test]
fn a_public_address_without_tls_is_a_problem() {
    let place = Place::new();
    let output =
        place.command(&["doctor"]).env("BESEDA_PUBLIC_URL", "http://chat.example.test").output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("is not https"), "{}", said(&output));
}
