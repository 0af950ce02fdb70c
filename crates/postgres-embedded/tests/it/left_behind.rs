//! What reboots, container restarts and tidy people leave in the folder.

use std::fs;

use postgres_embedded::{Cluster, Options};

use crate::support::{Place, assert_the_row_is_there, stranger, write_a_row};

#[test]
fn a_pid_file_that_names_an_unrelated_process_does_not_stop_the_start() {
    let place = Place::new();
    let cluster = place.start();
    write_a_row(&cluster);
    cluster.stop().unwrap();

    let mut stranger = stranger(&place);
    let data = place.data();
    let run = place.root().join("run");
    let text = format!(
        "{}\n{}\n1790000000\n5432\n{}\n\n  1 1\nready   \n",
        stranger.id(),
        data.display(),
        run.display()
    );
    fs::write(data.join("postmaster.pid"), &text).unwrap();
    fs::write(run.join(".s.PGSQL.5432.lock"), &text).unwrap();
    let started = Cluster::start(&place.options());
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    let cluster = started.unwrap_or_else(|error| panic!("{error}"));
    assert!(!cluster.reattached());
    assert_the_row_is_there(&cluster);
}

#[test]
fn an_empty_pid_file_does_not_stop_the_start() {
    let place = Place::new();
    let cluster = place.start();
    write_a_row(&cluster);
    cluster.stop().unwrap();
    fs::write(place.data().join("postmaster.pid"), "").unwrap();
    let cluster = place.start();
    assert_the_row_is_there(&cluster);
}

#[test]
fn a_deleted_socket_costs_a_restart_and_no_data() {
    let place = Place::new();
    let cluster = place.start();
    write_a_row(&cluster);
    let socket = cluster.socket_dir().join(".s.PGSQL.5432");
    drop(cluster);
    fs::remove_file(socket).unwrap();
    let cluster = place.start();
    assert_the_row_is_there(&cluster);
}

#[test]
fn a_folder_moved_under_a_running_postmaster_is_adopted() {
    let place = Place::new();
    let cluster = place.start();
    write_a_row(&cluster);
    let pid = cluster.postmaster_pid();
    drop(cluster);
    let moved = place.path().join("moved");
    fs::rename(place.root(), &moved).unwrap();
    let options = Options { root: moved.clone(), ..place.options() };
    let cluster = Cluster::start(&options).unwrap_or_else(|error| panic!("{error}"));
    assert!(cluster.reattached());
    assert_eq!(cluster.postmaster_pid(), pid);
    assert!(cluster.socket_dir().starts_with(&moved));
    assert_the_row_is_there(&cluster);
    cluster.stop().unwrap();
    let cluster = Cluster::start(&options).unwrap_or_else(|error| panic!("{error}"));
    assert_the_row_is_there(&cluster);
}
