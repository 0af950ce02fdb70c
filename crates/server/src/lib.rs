//! The one program: settings, commands, and the putting together of all parts.
//!
//! The library is what `main.rs` and the tests share; tests run a whole server in their own process
//! with it. Start reading at `serve.rs`; `assemble.rs` lists the drivers.

mod account;
mod assemble;
mod background;
mod checks;
mod cli;
pub mod config;
mod database;
mod demo;
mod doctor;
mod keys;
mod sample;
mod secret_file;
mod serve;
pub mod system;
mod telemetry;

pub use assemble::{build_app, objects, registry};
pub use cli::run;
pub use config::Config;
pub use demo::EMAIL as DEMO_EMAIL;
pub use serve::{migrate, serve};
