//! The browser's side, as far as it can be proved without a browser: sizes, policy, syntax (WG-1).

use std::{io::Write, process::Command};

use channel::Site;
use channel_widget::Widget;
use flate2::{Compression, write::GzEncoder};

/// What a visitor's browser loads.
const FRAME: [&str; 15] = [
    "frame.html",
    "frame.css",
    "frame.js",
    "talk.js",
    "around.js",
    "connection.js",
    "outbox.js",
    "uploads.js",
    "composer.js",
    "forms.js",
    "rating.js",
    "ways.js",
    "view.js",
    "look.js",
    "texts.js",
];
const PAGES: [&str; 3] = ["frame.html", "test.html", "preview.html"];
/// The page where a person tries the widget, and the cabinet's preview.
const OTHERS: [&str; 8] = [
    "test.html",
    "test.css",
    "test.js",
    "hostile.css",
    "demo.js",
    "preview.html",
    "preview.css",
    "preview.js",
];

fn text(name: &str) -> &'static str {
    let (_, bytes) = Widget.asset(name).unwrap_or_else(|| panic!("{name} is there"));
    std::str::from_utf8(bytes).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn gzipped(bytes: &[u8]) -> usize {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let written = gzip.write_all(bytes).and_then(|()| gzip.finish());
    written.unwrap_or_else(|e| panic!("memory takes it: {e}")).len()
}

#[test]
fn wg_1_the_loader_is_at_most_4_kb_on_the_wire() {
    let size = gzipped(Widget.loader());
    assert!(size <= 4_000, "{size} bytes");
}

#[test]
fn wg_1_the_frame_is_at_most_35_kb_on_the_wire() {
    let size: usize = FRAME.iter().map(|name| gzipped(text(name).as_bytes())).sum();
    assert!(size <= 35_000, "{size} bytes");
}

#[test]
fn every_file_has_its_type_and_nothing_else_is_served() {
    for name in FRAME.iter().chain(&OTHERS) {
        let (mime, bytes) = Widget.asset(name).unwrap();
        let expected = match name.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            _ => "text/javascript; charset=utf-8",
        };
        assert_eq!(mime, expected, "{name}");
        assert!(!bytes.is_empty(), "{name}");
    }
    for name in ["", "loader.js", "../Cargo.toml", "frame.html/", "FRAME.HTML"] {
        assert!(Widget.asset(name).is_none(), "{name}");
    }
}

/// `default-src 'none'; script-src 'self'; style-src 'self'` must not break the pages, and no text
/// of a person may become markup.
#[test]
fn pages_hold_to_the_policy() {
    for page in PAGES {
        let html = text(page);
        for script in html.split("<script").skip(1) {
            let tag = script.split("</script>").next().unwrap_or_default();
            assert!(tag.contains("src=") && tag.ends_with('>'), "{page}: an inline script");
        }
        for forbidden in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!html.contains(forbidden), "{page}: {forbidden}");
        }
    }
    let loader = std::str::from_utf8(Widget.loader()).unwrap();
    let all = FRAME.iter().chain(&OTHERS).filter(|n| n.ends_with(".js"));
    let scripts = all.map(|n| text(n)).chain([loader]);
    for script in scripts {
        for line in script.lines().filter(|l| !l.trim_start().starts_with("//")) {
            for forbidden in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("]
            {
                assert!(!line.contains(forbidden), "{line}");
            }
        }
    }
    assert!(loader.contains("mode: 'closed'") && loader.contains("all:initial"));
}

/// Every file that a page names is served.
#[test]
fn pages_name_files_that_exist() {
    for page in PAGES {
        for part in text(page).split(['"']) {
            if part.ends_with(".js") || part.ends_with(".css") {
                assert!(Widget.asset(part).is_some(), "{page} names {part}");
            }
        }
    }
    for script in FRAME.iter().chain(&OTHERS).filter(|n| n.ends_with(".js")) {
        for part in text(script).split('\'').filter(|p| p.starts_with("./")) {
            let name = part.trim_start_matches("./");
            assert!(Widget.asset(name).is_some(), "{script} imports {name}");
        }
    }
}

#[test]
fn both_languages_say_the_same_things() {
    let texts = text("texts.js");
    let keys = |language: &str| -> Vec<String> {
        texts
            .split(&format!("const {language} = {{"))
            .nth(1)
            .and_then(|rest| rest.split("\n};").next())
            .unwrap_or_default()
            .lines()
            .filter_map(|line| line.trim().split_once(':').map(|(key, _)| key.to_owned()))
            .collect()
    };
    assert!(keys("ru").len() > 30);
    assert_eq!(keys("ru"), keys("en"));
}

/// Needs node; without one the syntax is proved by the browser tests alone.
#[test]
fn scripts_are_free_of_syntax_errors() {
    if Command::new("node").arg("--version").output().is_err() {
        eprintln!("skipped: there is no node here to check the scripts' syntax");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let modules = FRAME.iter().chain(&["demo.js", "preview.js"]);
    let modules = modules.filter(|n| n.ends_with(".js")).map(|n| (*n, "mjs", text(n)));
    let loader = std::str::from_utf8(Widget.loader()).unwrap();
    let plain = [("loader.js", "cjs", loader), ("test.js", "cjs", text("test.js"))];
    for (name, ending, source) in modules.chain(plain) {
        let path = folder.path().join(format!("{name}.{ending}"));
        std::fs::write(&path, source).unwrap();
        let out = Command::new("node").arg("--check").arg(&path).output().unwrap();
        assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
    }
}
