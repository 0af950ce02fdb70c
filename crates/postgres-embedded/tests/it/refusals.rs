//! What cannot work is said in words that name a way out.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use postgres_embedded::{Cluster, Error, Options};

use crate::support::{Owner, Place, are_we_root};

fn refusal(options: &Options, words: &[&str]) -> Error {
    let error = Cluster::start(options).expect_err("must be refused");
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
    error
}

#[test]
fn a_second_owner_of_one_folder_is_refused() {
    let place = Place::new();
    let mut owner = Owner::spawn(&place);
    owner.wait_until_ready();
    let root = place.root().display().to_string();
    let error = refusal(&place.options(), &["already runs on", &root, "another"]);
    assert!(matches!(error, Error::Owned { pid: Some(pid), .. } if pid == owner.pid()));
}

#[test]
fn root_below_a_closed_folder_is_told_so_before_initdb() {
    if !are_we_root() {
        eprintln!("nothing to show: only root has to hand the files to another user");
        return;
    }
    let place = Place::new();
    let home = place.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, Permissions::from_mode(0o700)).unwrap();
    let root = home.join("beseda/data");
    let options = Options { root: root.clone(), ..place.options() };
    let closed = format!("chmod o+x {}", home.display());
    let error = refusal(&options, &["as root", &closed, "/var/lib", "DATABASE_URL"]);
    assert!(matches!(error, Error::OutOfReach { .. }));
    assert!(matches!(Cluster::check(&options), Err(Error::OutOfReach { .. })));
    assert!(!root.exists(), "nothing was made");
}

#[test]
fn data_of_a_version_without_programs_are_explained() {
    let place = Place::new();
    assert!(Cluster::check(&place.options()).is_ok(), "a first start could work");
    place.start().stop().unwrap();
    fs::write(place.data().join("PG_VERSION"), "9\n").unwrap();
    let words = ["Postgres 9", "install", "PG_BIN_DIR", "DATABASE_URL"];
    let error = refusal(&place.options(), &words);
    assert!(matches!(error, Error::NoProgramsOfMajor { wanted: 9, .. }));
}

#[test]
fn a_folder_with_foreign_files_is_left_alone() {
    let place = Place::new();
    fs::create_dir_all(place.data()).unwrap();
    fs::write(place.data().join("letter.txt"), "dear").unwrap();
    let error = refusal(&place.options(), &["PG_VERSION", "Move it away"]);
    assert!(matches!(error, Error::NotACluster { .. }));
    assert!(place.data().join("letter.txt").exists());
}

#[test]
fn a_setting_that_postgres_refuses_is_shown_with_its_words() {
    let place = Place::new();
    let settings = vec![("max_connections".into(), "many".into())];
    let error = refusal(&Options { settings, ..place.options() }, &["max_connections"]);
    assert!(matches!(error, Error::NotStarted { .. }));
}

#[test]
fn a_path_that_a_shell_would_change_is_refused() {
    let place = Place::new();
    let root = place.path().join("a$HOME");
    refusal(&Options { root, ..place.options() }, &["cannot be used", "another"]);
}
