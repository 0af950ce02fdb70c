//! One Postgres cluster for all tests of this checkout. It stays up between runs: adopting it is
//! fast. Nothing in it is synced to disk.

use std::{
    env,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use postgres_embedded::{Cluster, Durability, Error, Options};

/// The folder `target` of this build.
fn target_dir() -> PathBuf {
    // target/debug/deps/it-0123
    let exe = env::current_exe().unwrap();
    let dir = exe.ancestors().find(|dir| dir.ends_with("deps")).and_then(|deps| deps.parent());
    dir.and_then(Path::parent).expect("a test lies in target/<profile>/deps").to_owned()
}

/// The URL of the cluster's database `postgres`. `TEST_DATABASE_URL` names another cluster.
pub fn cluster() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| match env::var("TEST_DATABASE_URL") {
        Ok(url) => url,
        Err(_) => start(),
    })
}

/// The URL of another database of the cluster.
pub fn url_of(database: &str) -> String {
    let mut url = url::Url::parse(cluster()).unwrap();
    url.set_path(database);
    url.into()
}

fn start() -> String {
    let in_target = target_dir().join("test-postgres");
    match Cluster::start(&options(in_target.clone())) {
        Ok(cluster) => cluster.url(),
        // A clone below /root, run as root: the user that Postgres runs as cannot enter it.
        Err(Error::OutOfReach { .. }) => {
            let mut hash = DefaultHasher::new();
            in_target.hash(&mut hash);
            let elsewhere = format!("/tmp/beseda-test-postgres-{:016x}", hash.finish());
            match Cluster::start(&options(elsewhere.into())) {
                Ok(cluster) => cluster.url(),
                Err(error) => panic!("{error}"),
            }
        }
        Err(error) => panic!("{error}"),
    }
    // The cluster's value is dropped: that gives the lock to the next test and leaves Postgres up.
}

fn options(root: PathBuf) -> Options {
    let settings = [("max_connections", "300"), ("shared_buffers", "128MB")];
    Options {
        durability: Durability::Disposable,
        bin_dir: env::var_os("PG_BIN_DIR").map(PathBuf::from),
        path: env::var_os("PATH"),
        settings: settings.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        ..Options::new(root)
    }
}
