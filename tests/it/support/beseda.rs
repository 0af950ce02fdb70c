//! `beseda` once more, under a name that a test binary can rely on.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::run()
}
