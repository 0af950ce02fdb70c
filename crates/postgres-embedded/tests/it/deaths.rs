//! kill -9 at every place where it hurts.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::{
    Owner, Place, assert_the_row_is_there, kill_9, psql, wait_until, write_a_row,
};

#[test]
fn a_killed_owner_leaves_a_postmaster_that_is_adopted() {
    let place = Place::new();
    let mut owner = Owner::spawn(&place);
    owner.wait_until_ready();
    owner.kill();
    let cluster = place.start();
    assert!(cluster.reattached());
    write_a_row(&cluster);
    let pid = cluster.postmaster_pid();
    drop(cluster);
    let cluster = place.start();
    assert!(cluster.reattached());
    assert_eq!(cluster.postmaster_pid(), pid);
    assert_the_row_is_there(&cluster);
}

#[test]
fn owner_and_postmaster_killed_keeps_what_was_committed() {
    let place = Place::new();
    let cluster = place.start();
    write_a_row(&cluster);
    cluster.stop().unwrap();

    let mut owner = Owner::spawn(&place);
    owner.wait_until_ready();
    let pid_file = fs::read_to_string(place.data().join("postmaster.pid")).unwrap();
    let postmaster: u32 = pid_file.lines().next().unwrap().parse().unwrap();
    // A backend in the middle of something, which outlives its postmaster for a moment.
    let url = format!("postgres://app@/postgres?host={}", place.root().join("run").display());
    let mut client = Command::new("psql")
        .args(["-X", "-c", "insert into kept select pg_sleep(600)::text", &url])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    owner.kill();
    kill_9(postmaster);
    let cluster = place.start();
    client.kill().unwrap();
    client.wait().unwrap();
    assert!(!cluster.reattached());
    assert_the_row_is_there(&cluster);
    assert_eq!(psql(&cluster, "select count(*) from kept"), "1");
}

#[test]
fn a_death_in_the_middle_of_initdb_is_repaired() {
    let place = Place::new();
    let owner = Owner::spawn(&place);
    wait_until("initdb is at work", || {
        scratch_folders(&place).iter().any(|dir| dir.join("base/1").is_dir())
    });
    owner.kill();
    assert!(!place.data().exists(), "killed too late to prove anything");
    let cluster = place.start();
    write_a_row(&cluster);
    assert_the_row_is_there(&cluster);
    cluster.stop().unwrap();
    let cluster = place.start();
    assert_the_row_is_there(&cluster);
}

#[test]
fn leftovers_of_a_half_made_cluster_are_removed() {
    let place = Place::new();
    let leftover = place.root().join("pgdata.new-1-1");
    fs::create_dir_all(leftover.join("base")).unwrap();
    fs::write(leftover.join("PG_VERSION"), "15\n").unwrap();
    let _cluster = place.start();
    assert_eq!(scratch_folders(&place), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_death_while_the_postmaster_starts_is_repaired() {
    let place = Place::new();
    place.start().stop().unwrap();
    let owner = Owner::spawn(&place);
    wait_until("the postmaster begins", || place.data().join("postmaster.pid").exists());
    owner.kill();
    let cluster = place.start();
    write_a_row(&cluster);
}

fn scratch_folders(place: &Place) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(place.root()).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.path());
    names.filter(|path| path.to_string_lossy().contains("pgdata.new")).collect()
}

/// The postmaster alone dies under a living owner, who brings it back with all that was committed.
#[test]
fn a_postmaster_that_died_under_its_owner_is_revived() {
    let place = Place::new();
    let cluster = place.start();
    write_a_row(&cluster);
    assert!(!cluster.revive().unwrap(), "nothing to do while it lives");
    kill_9(cluster.postmaster_pid().unwrap());
    wait_until("the postmaster is gone", || cluster.postmaster_pid().is_none());
    assert!(cluster.revive().unwrap());
    assert_the_row_is_there(&cluster);
    cluster.stop().unwrap();
}
