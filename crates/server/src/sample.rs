//! The sample company's data: files of ours, compiled into the program.

use anyhow::{Context, Result};
use app::{SeedCompany, SeedFile};
use bytes::Bytes;
use domain::content::FileKind;
use figment::{
    Figment,
    providers::{Format, Toml},
};

const COMPANY: &str = include_str!("../demo/company.toml");
const TALKS: &str = include_str!("../demo/talks.toml");
const OPEN: &str = include_str!("../demo/open.toml");

/// The company with all its talks. A mistake in the files is a mistake in the program; a test reads
/// them.
pub fn company() -> Result<SeedCompany> {
    let mut company: SeedCompany = read(COMPANY)?;
    for more in [TALKS, OPEN] {
        let more: Talks = read(more)?;
        company.talks.extend(more.talks);
    }
    Ok(company)
}

#[derive(serde::Deserialize)]
struct Talks {
    talks: Vec<app::SeedTalk>,
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    Figment::from(Toml::string(text)).extract().context("The sample data cannot be read")
}

/// The files that sample messages carry.
pub fn files() -> Vec<SeedFile> {
    let image = |key: &str, name: &str, bytes: &'static [u8]| SeedFile {
        key: key.to_owned(),
        kind: FileKind::Image,
        name: name.to_owned(),
        mime: "image/png".to_owned(),
        width: Some(640),
        height: Some(480),
        duration: None,
        bytes: Bytes::from_static(bytes),
    };
    vec![
        image("peonies", "пионы.png", include_bytes!("../demo/peonies.png")),
        image("tulips", "тюльпаны.png", include_bytes!("../demo/tulips.png")),
        image("faded", "букет-вечером.png", include_bytes!("../demo/faded.png")),
        SeedFile {
            key: "bill".to_owned(),
            kind: FileKind::File,
            name: "Счёт № 214.pdf".to_owned(),
            mime: "application/pdf".to_owned(),
            width: None,
            height: None,
            duration: None,
            bytes: Bytes::from_static(include_bytes!("../demo/bill.pdf")),
        },
        SeedFile {
            key: "voice".to_owned(),
            kind: FileKind::Voice,
            name: "голосовое.wav".to_owned(),
            mime: "audio/x-wav".to_owned(),
            width: None,
            height: None,
            duration: Some(4),
            bytes: Bytes::from_static(include_bytes!("../demo/voice.wav")),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_company_is_of_the_promised_size() {
        let company = company().unwrap();
        let lines: usize =
            company.talks.iter().map(|t| t.lines.lines().filter(|l| !l.is_empty()).count()).sum();
        assert!((40..=60).contains(&company.talks.len()), "{} talks", company.talks.len());
        assert!((300..=600).contains(&lines), "{lines} lines");
    }
}
