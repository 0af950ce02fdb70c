//! The files that a visitor's browser loads, compiled in.

use std::sync::LazyLock;

/// Runs in the company's page: without its comments and indents, because it is loaded by every page
/// of every site.
pub fn loader() -> &'static [u8] {
    static LEAN: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let lines = include_str!("../assets/loader.js").lines().map(str::trim);
        let mut lean = String::new();
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with("//")) {
            lean.push_str(line);
            lean.push('\n');
        }
        lean.into_bytes()
    });
    &LEAN
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Everything that the frame loads, and the page where a person tries the widget.
const FILES: &[(&str, &str, &[u8])] = &[
    ("frame.html", HTML, include_bytes!("../assets/frame.html")),
    ("frame.css", STYLE, include_bytes!("../assets/frame.css")),
    ("frame.js", SCRIPT, include_bytes!("../assets/frame.js")),
    ("connection.js", SCRIPT, include_bytes!("../assets/connection.js")),
    ("outbox.js", SCRIPT, include_bytes!("../assets/outbox.js")),
    ("talk.js", SCRIPT, include_bytes!("../assets/talk.js")),
    ("around.js", SCRIPT, include_bytes!("../assets/around.js")),
    ("composer.js", SCRIPT, include_bytes!("../assets/composer.js")),
    ("uploads.js", SCRIPT, include_bytes!("../assets/uploads.js")),
    ("forms.js", SCRIPT, include_bytes!("../assets/forms.js")),
    ("rating.js", SCRIPT, include_bytes!("../assets/rating.js")),
    ("ways.js", SCRIPT, include_bytes!("../assets/ways.js")),
    ("view.js", SCRIPT, include_bytes!("../assets/view.js")),
    ("look.js", SCRIPT, include_bytes!("../assets/look.js")),
    ("texts.js", SCRIPT, include_bytes!("../assets/texts.js")),
    ("demo.js", SCRIPT, include_bytes!("../assets/demo.js")),
    ("preview.html", HTML, include_bytes!("../assets/preview.html")),
    ("preview.css", STYLE, include_bytes!("../assets/preview.css")),
    ("preview.js", SCRIPT, include_bytes!("../assets/preview.js")),
    ("test.html", HTML, include_bytes!("../assets/test.html")),
    ("test.js", SCRIPT, include_bytes!("../assets/test.js")),
    ("test.css", STYLE, include_bytes!("../assets/test.css")),
    ("hostile.css", STYLE, include_bytes!("../assets/hostile.css")),
];

/// A file by its name, with its content type.
pub fn file(name: &str) -> Option<(&'static str, &'static [u8])> {
    FILES.iter().find(|(n, ..)| *n == name).map(|&(_, mime, bytes)| (mime, bytes))
}
