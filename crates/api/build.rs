//! The folder of the built pages is watched for what goes into a release binary. In a fresh clone it
//! is not there yet; an empty one is made, because Cargo takes a missing one for changed each time.

use std::{env, fs};

const DIST: &str = "../../web/dist";

#[expect(clippy::disallowed_methods, reason = "Cargo speaks to build scripts by the environment")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Where the clone cannot be written to, the binary has no pages and says so.
    let _ = fs::create_dir_all(DIST);
    // A debug binary reads the folder when it is asked, so new pages need no new binary.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed={DIST}");
    }
}
