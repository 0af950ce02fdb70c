use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

use postgres_embedded::{Cluster, Durability, Options};

use crate::support::{
    Owner, Place, are_we_root, assert_the_row_is_there, psql, wait_until, write_a_row,
};

#[test]
fn a_first_start_makes_a_durable_cluster_without_a_port() {
    let place = Place::new();
    let cluster = place.start();
    assert!(!cluster.reattached());
    let show = |name: &str| psql(&cluster, &format!("show {name}"));
    assert_eq!(show("fsync"), "on");
    assert_eq!(show("synchronous_commit"), "on");
    assert_eq!(show("full_page_writes"), "on");
    assert_eq!(show("data_checksums"), "on");
    assert_eq!(show("listen_addresses"), "");
    assert_eq!(show("server_encoding"), "UTF8");
    assert_eq!(show("timezone"), "UTC");
    assert_eq!(psql(&cluster, "select current_user"), cluster.user());
    assert_eq!(psql(&cluster, "select lower('ЁЖ')"), "ёж");
    for dir in [place.data(), place.root().join("run")] {
        assert_eq!(fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700);
    }
    cluster.stop().unwrap();
    assert!(!place.data().join("postmaster.pid").exists());
}

#[test]
fn a_restart_keeps_the_data() {
    let place = Place::new();
    let cluster = place.start();
    write_a_row(&cluster);
    cluster.stop().unwrap();
    let cluster = place.start();
    assert!(!cluster.reattached());
    assert_the_row_is_there(&cluster);
}

#[test]
fn settings_and_durability_of_the_options_take_effect() {
    let place = Place::new();
    let settings = vec![("max_connections".into(), "33".into())];
    let durability = Durability::Disposable;
    let options = Options { durability, settings, ..place.options() };
    let cluster = Cluster::start(&options).unwrap();
    assert_eq!(psql(&cluster, "show fsync"), "off");
    assert_eq!(psql(&cluster, "show max_connections"), "33");
    drop(cluster);
    // Adopted as durable: what needs no restart follows at once.
    let cluster = place.start();
    assert!(cluster.reattached());
    wait_until("the settings are read again", || psql(&cluster, "show fsync") == "on");
}

#[test]
fn a_path_too_long_for_a_socket_gets_a_short_one() {
    let place = Place::new();
    let root = place.path().join("a-folder-with-a-long-name/".repeat(4));
    let options = Options { root, ..place.options() };
    let cluster = Cluster::start(&options).unwrap();
    assert!(!cluster.socket_dir().starts_with(place.path()), "{:?}", cluster.socket_dir());
    write_a_row(&cluster);
    let socket_dir = cluster.socket_dir().to_path_buf();
    assert_eq!(fs::metadata(&socket_dir).unwrap().permissions().mode() & 0o777, 0o700);
    drop(cluster);
    let cluster = Cluster::start(&options).unwrap();
    assert!(cluster.reattached());
    assert_eq!(cluster.socket_dir(), socket_dir, "the same folder at every start");
    assert_the_row_is_there(&cluster);
    cluster.stop().unwrap();
    fs::remove_dir_all(socket_dir).unwrap();
}

#[test]
fn an_odd_path_works() {
    let place = Place::new();
    let options = Options { root: place.path().join("it's ёж & co+%20"), ..place.options() };
    let cluster = Cluster::start(&options).unwrap();
    assert!(cluster.socket_dir().starts_with(place.path()));
    write_a_row(&cluster);
    assert_the_row_is_there(&cluster);
}

#[test]
fn a_path_with_a_comma_gets_a_socket_elsewhere() {
    let place = Place::new();
    let options = Options { root: place.path().join("here, there"), ..place.options() };
    let cluster = Cluster::start(&options).unwrap();
    let socket_dir = cluster.socket_dir().to_path_buf();
    assert!(!socket_dir.starts_with(place.path()), "{socket_dir:?}");
    write_a_row(&cluster);
    cluster.stop().unwrap();
    fs::remove_dir_all(socket_dir).unwrap();
}

#[test]
fn test_processes_take_turns_with_one_disposable_cluster() {
    let place = Place::new();
    let options = Options { durability: Durability::Disposable, ..place.options() };
    let turn = &|number: usize| {
        let cluster = Cluster::start(&options).unwrap();
        psql(&cluster, &format!("create database turn_{number}"));
        cluster.reattached()
    };
    let reattached: Vec<bool> = thread::scope(|scope| {
        let turns: Vec<_> = (0..4).map(|number| scope.spawn(move || turn(number))).collect();
        turns.into_iter().map(|turn| turn.join().unwrap()).collect()
    });
    assert_eq!(reattached.iter().filter(|reattached| !**reattached).count(), 1, "{reattached:?}");
    let cluster = Cluster::start(&options).unwrap();
    assert_eq!(psql(&cluster, "select count(*) from pg_database where datname like 'turn_%'"), "4");
}

#[test]
fn an_ordinary_user_can_start_it() {
    if !are_we_root() {
        eprintln!("nothing to show: every other case runs as an ordinary user already");
        return;
    }
    const NOBODY: u32 = 65534;
    let place = Place::new();
    fs::create_dir(place.root()).unwrap();
    std::os::unix::fs::chown(place.root(), Some(NOBODY), Some(NOBODY)).unwrap();
    // The build folder may lie below a home that others cannot enter.
    let program = place.path().join("owner");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(program);
    command.uid(NOBODY).gid(NOBODY);
    let mut owner = Owner::spawn_with(&place, command);
    owner.wait_until_ready();
    owner.kill();
    // Root goes on as the owner of the files.
    let cluster = place.start();
    assert!(cluster.reattached());
    write_a_row(&cluster);
    cluster.stop().unwrap();
    let cluster = place.start();
    assert_the_row_is_there(&cluster);
}
