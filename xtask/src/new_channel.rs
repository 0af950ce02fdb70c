//! `cargo xtask new-channel NAME` copies the template of an adapter and names it. The template is a
//! whole driver of an imaginary service, so the copy builds and passes its tests from the start.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::sources::files;

const TEMPLATE: &str = "xtask/templates/channel";

/// The name in its three spellings, as the template has it.
const KEBAB: &str = "pigeon-post";
const SNAKE: &str = "pigeon_post";
const CAMEL: &str = "PigeonPost";
const SPOKEN: &str = "Pigeon Post";

/// Answers what was done and what is left to do, in lines for the terminal.
pub fn create(root: &Path, name: &str) -> Result<Vec<String>> {
    ensure!(
        is_kebab(name),
        "a channel's name has small letters, digits and single hyphens: {name}"
    );
    let folder = root.join("crates").join(format!("channel-{name}"));
    ensure!(!folder.exists(), "{} is there already", folder.display());

    let template = root.join(TEMPLATE);
    for source in files(&template)? {
        let target = folder.join(source.strip_prefix(&template)?);
        let text = fs::read_to_string(&source).with_context(|| source.display().to_string())?;
        fs::create_dir_all(target.parent().unwrap_or(&folder))?;
        fs::write(&target, renamed(&text, name))?;
    }
    let path = format!("channel-{name} = {{ path = \"crates/channel-{name}\" }}");
    add_after_last(&root.join("Cargo.toml"), "channel-", &path)?;
    let inherited = format!("channel-{name}.workspace = true");
    add_after_last(&root.join("crates/server/Cargo.toml"), "channel-", &inherited)?;
    Ok(vec![
        format!("Made crates/channel-{name}; Cargo.toml and crates/server/Cargo.toml name it."),
        format!(
            "Left: register channel_{}::{} in registry() of crates/server/src/assemble.rs,",
            snake(name),
            camel(name)
        ),
        "run cargo fmt (the name changed the length of lines),".to_owned(),
        "then docs/adding-a-channel.md from its second step on.".to_owned(),
    ])
}

fn is_kebab(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    name.split('-').all(part) && name.starts_with(|c: char| c.is_ascii_lowercase())
}

fn renamed(text: &str, name: &str) -> String {
    text.replace(KEBAB, name)
        .replace(SNAKE, &snake(name))
        .replace(CAMEL, &camel(name))
        .replace(SPOKEN, &words(name).join(" "))
}

fn snake(name: &str) -> String {
    name.replace('-', "_")
}

fn camel(name: &str) -> String {
    words(name).concat()
}

fn words(name: &str) -> Vec<String> {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
    };
    name.split('-').map(capital).collect()
}

fn add_after_last(file: &Path, prefix: &str, line: &str) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let text = with_line_after_last(&text, prefix, line)
        .with_context(|| format!("{} has no line that begins with {prefix}", file.display()))?;
    fs::write(file, text)?;
    Ok(())
}

fn with_line_after_last(text: &str, prefix: &str, line: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().rposition(|line| line.starts_with(prefix))?;
    lines.insert(last + 1, line);
    Some(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_name_has_three_spellings() {
        assert!(is_kebab("max") && is_kebab("whatsapp-web"));
        for wrong in ["", "Max", "a--b", "-a", "a-", "a_b", "../a", "1a"] {
            assert!(!is_kebab(wrong), "{wrong}");
        }
        let text = "channel-pigeon-post pigeon_post PigeonPost Pigeon Post";
        let wanted = "channel-whatsapp-web whatsapp_web WhatsappWeb Whatsapp Web";
        assert_eq!(renamed(text, "whatsapp-web"), wanted);
    }

    #[test]
    fn a_line_follows_its_kin() {
        let text = "[dependencies]\napp = 1\nchannel-a = 1\nchannel-b = 1\nzoo = 1\n";
        let wanted =
            "[dependencies]\napp = 1\nchannel-a = 1\nchannel-b = 1\nchannel-c = 1\nzoo = 1\n";
        assert_eq!(with_line_after_last(text, "channel-", "channel-c = 1").unwrap(), wanted);
        assert_eq!(with_line_after_last("app = 1\n", "channel-", "channel-c = 1"), None);
    }

    #[test]
    fn a_channel_is_made_and_not_made_twice() {
        let root = tempfile::tempdir().unwrap();
        let copy = |from: PathBuf, to: PathBuf| {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        };
        let here = crate::repository();
        for manifest in ["Cargo.toml", "crates/server/Cargo.toml"] {
            copy(here.join(manifest), root.path().join(manifest));
        }
        for file in files(&here.join(TEMPLATE)).unwrap() {
            let relative = file.strip_prefix(&here).unwrap().to_path_buf();
            copy(file, root.path().join(relative));
        }
        let told = create(root.path(), "smoke-signal").unwrap().join("\n");
        let (function, place) = ("registry()", "crates/server/src/assemble.rs");
        assert!(told.contains(function) && told.contains(place), "{told}");
        let place = fs::read_to_string(here.join(place)).unwrap();
        assert!(place.contains("fn registry("), "the list of drivers is where we say");
        let made = root.path().join("crates/channel-smoke-signal");
        for file in files(&made).unwrap() {
            let text = fs::read_to_string(&file).unwrap();
            assert!(!text.to_lowercase().contains("pigeon"), "{}", file.display());
        }
        assert!(fs::read_to_string(made.join("src/lib.rs")).unwrap().contains("SmokeSignal"));
        let manifest = fs::read_to_string(root.path().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("channel-smoke-signal = { path"));
        assert!(create(root.path(), "smoke-signal").is_err());
    }
}
