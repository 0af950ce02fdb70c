//! Counterparts of the messengers, for tests and for people, that enforce the messengers' documented rules.
//!
//! They listen on loopback only, keep everything in memory with bounds, and know nothing of Beseda:
//! no type of ours is shared with the drivers, so that an error in our reading of a protocol cannot
//! hide on both sides of the wire. Start reading at [`telegram::Telegram`].

pub mod amo;
mod cut;
mod error;
pub mod telegram;

pub use error::Error;

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;

/// The token of the bot that [`run`] creates; the same at every start, so that a channel connected
/// to the sandbox yesterday works today.
pub const DEMO_TOKEN: &str = "7000000001:AAsandbox-demo-token-of-beseda-000001";

/// Serves the sandbox page with one demo bot until `stop` is cancelled.
///
/// The limits of the real service are on: a person who tries the product here should meet them.
pub async fn run(listen: SocketAddr, stop: CancellationToken) -> Result<(), Error> {
    let options = telegram::Options {
        listen,
        limits: telegram::Limits::documented(),
        slow_repeated_offset: true,
        ..telegram::Options::default()
    };
    let telegram = telegram::Telegram::start(options).await?;
    let bot = telegram.add_bot_with_token("beseda_demo_bot", DEMO_TOKEN)?;
    println!("Песочница Telegram: {}", telegram.url());
    println!("  откройте эту страницу, чтобы писать за клиента");
    println!("  адрес Bot API для настройки канала: {}", telegram.url());
    println!("  токен бота @{}: {}", bot.username, bot.token);
    stop.cancelled().await;
    telegram.stop().await;
    Ok(())
}
