//! The files that a visitor's browser loads, compiled in.

/// Runs in the company's page.
pub const LOADER: &[u8] = include_bytes!("../assets/loader.js");

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
    ("forms.js", SCRIPT, include_bytes!("../assets/forms.js")),
    ("view.js", SCRIPT, include_bytes!("../assets/view.js")),
    ("texts.js", SCRIPT, include_bytes!("../assets/texts.js")),
    ("test.html", HTML, include_bytes!("../assets/test.html")),
    ("test.js", SCRIPT, include_bytes!("../assets/test.js")),
    ("test.css", STYLE, include_bytes!("../assets/test.css")),
    ("hostile.css", STYLE, include_bytes!("../assets/hostile.css")),
];

/// A file by its name, with its content type.
pub fn file(name: &str) -> Option<(&'static str, &'static [u8])> {
    FILES.iter().find(|(n, ..)| *n == name).map(|&(_, mime, bytes)| (mime, bytes))
}
