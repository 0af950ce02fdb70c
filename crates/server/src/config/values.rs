//! How single values are read. An empty text is "not set", because the environment knows no other
//! way to say so.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

pub fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Ok(text(from)?.map(SecretString::from))
}

pub fn path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(text(from)?.map(PathBuf::from))
}

pub fn url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    let Some(text) = text(from)? else { return Ok(None) };
    Url::parse(&text).map(Some).map_err(|error| {
        D::Error::custom(format!("{error}; write a whole address such as https://chat.example.ru"))
    })
}

/// More than none, at most a day.
pub fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(from)?;
    if seconds > 0.0 && seconds <= 86_400.0 {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(D::Error::custom("a number of seconds above 0 and up to 86400 is wanted"))
    }
}
