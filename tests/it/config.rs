//! Settings as the program takes them, and what it says of wrong ones.

use std::process::Output;

use tests::Place;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_misspelt_setting_is_refused_by_name() {
    let place = Place::new();
    let output =
        place.command(&["serve"]).env("BESEDA_PUBLIC_ULR", "https://x.ru").output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("BESEDA_PUBLIC_ULR"), "{}", said(&output));
    assert!(!place.data().exists(), "nothing was begun");
}

#[test]
fn a_file_of_settings_is_read_and_refused_by_line() {
    let place = Place::new();
    let file = place.data().with_extension("toml");
    std::fs::write(&file, "[http]\nlistne = 1\n").unwrap();
    let output = place.command(&["serve", "--config"]).arg(&file).output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("http.listne"), "{}", said(&output));
    let output = place.command(&["serve"]).env("BESEDA_CONFIG", "/nowhere.toml").output().unwrap();
    assert!(said(&output).contains("/nowhere.toml"), "{}", said(&output));
}

#[test]
fn a_wrong_master_key_is_refused_without_being_shown() {
    let place = Place::new();
    let output = place.command(&["serve"]).env("BESEDA_KEYS__MASTER", "canary").output().unwrap();
    assert!(!output.status.success());
    let said = said(&output);
    assert!(said.contains("keys.master") && said.contains("openssl rand"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}

#[test]
fn a_database_that_cannot_be_addressed_is_said() {
    let place = Place::new();
    let output = place.command(&["serve"]).env("DATABASE_URL", "not a url").output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("DATABASE_URL"), "{}", said(&output));
}
