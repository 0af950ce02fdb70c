//! The master keys: from the settings, else made once and kept in the data folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::ExposeSecret;
use store::MasterKeys;

use crate::{Config, secret_file, system};

/// Where the keys came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Settings,
    File(PathBuf),
}

/// The file of the key that is made when none is set.
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("keys").join("master.key")
}

/// Reads the keys; makes one when there is none.
pub fn open(config: &Config) -> Result<(MasterKeys, Origin)> {
    if let Some(text) = &config.keys.master {
        let keys = parse(text.expose_secret()).context("The setting keys.master")?;
        return Ok((keys, Origin::Settings));
    }
    let path = file(&config.data_dir);
    if let Some(folder) = path.parent() {
        secret_file::private_dir(folder)?;
    }
    let fresh = format!("1:{}\n", STANDARD.encode(system::random::<32>()?));
    let text = secret_file::create(&path, &fresh)?;
    let keys = parse(&text).with_context(|| format!("The file {}", path.display()))?;
    Ok((keys, Origin::File(path)))
}

/// The same without making one: for a doctor, who changes nothing.
pub fn existing(config: &Config) -> Result<Option<MasterKeys>> {
    let text = match &config.keys.master {
        Some(text) => Some(text.expose_secret().to_owned()),
        None => secret_file::read(&file(&config.data_dir))?,
    };
    text.map(|text| parse(&text)).transpose()
}

const REMEDY: &str = "Make one with `openssl rand -base64 32`; for two keys write 2:<new>,1:<old>.";

fn parse(text: &str) -> Result<MasterKeys> {
    let mut keys: Vec<(i32, [u8; 32])> = Vec::new();
    for (index, item) in text.split(',').map(str::trim).filter(|i| !i.is_empty()).enumerate() {
        let (version, key) = match item.split_once(':') {
            Some((version, key)) => {
                let version = version.trim().parse().ok().filter(|v| *v > 0);
                (
                    version
                        .with_context(|| format!("Key {} has no number. {REMEDY}", index + 1))?,
                    key,
                )
            }
            None => (1, item),
        };
        let bytes = STANDARD.decode(key.trim()).ok();
        let Some(bytes) = bytes.and_then(|b| <[u8; 32]>::try_from(b).ok()) else {
            bail!("Key {} is not 32 bytes in base64. {REMEDY}", index + 1);
        };
        if keys.iter().any(|(known, _)| *known == version) {
            bail!("Two keys have the number {version}. {REMEDY}");
        }
        keys.push((version, bytes));
    }
    MasterKeys::new(keys).with_context(|| format!("There is no key in it. {REMEDY}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_either_form_and_refused_in_words() {
        let key = STANDARD.encode([7; 32]);
        let other = STANDARD.encode([8; 32]);
        assert!(parse(&key).is_ok());
        assert!(parse(&format!("2:{key}, 1:{other}\n")).is_ok());
        for wrong in [
            String::new(),
            "short".to_owned(),
            format!("x:{key}"),
            format!("0:{key}"),
            format!("1:{key},1:{other}"),
            format!("{key},{other}"),
            STANDARD.encode([7; 31]),
        ] {
            let error = parse(&wrong).err().expect("refused").to_string();
            assert!(error.contains("openssl rand"), "{error}");
            assert!(!error.contains(&key), "a key stays out of the text");
        }
    }
}
