//! The words of sanitised HTML as plain text.

use super::tokens::{Token, Tokens};

/// Plain text of HTML that came out of [`super::clean`]. Lines for blocks, `> ` for quotes, a dash
/// for list items; tables are read cell by cell, because letters use them for layout.
pub fn to_text(html: &str) -> String {
    let mut out = Lines::default();
    let mut pre = 0usize;
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => out.words(&decoded(text), pre > 0),
            Token::Open { name, .. } => match name.as_str() {
                "br" => out.newline(),
                "hr" => out.block(),
                "blockquote" => {
                    out.block();
                    out.quotes += 1;
                }
                "pre" => {
                    out.block();
                    pre += 1;
                }
                "li" => {
                    out.block();
                    out.words("- ", true);
                }
                "td" | "th" => out.words(" ", false),
                _ if is_paragraph(&name) => out.paragraph(),
                _ if is_block(&name) => out.block(),
                _ => {}
            },
            Token::Close { name } => match name.as_str() {
                "blockquote" => {
                    out.block();
                    out.quotes = out.quotes.saturating_sub(1);
                }
                "pre" => {
                    out.block();
                    pre = pre.saturating_sub(1);
                }
                _ if is_paragraph(&name) => out.paragraph(),
                _ if is_block(&name) => out.block(),
                _ => {}
            },
            Token::Hidden | Token::Unclear => {}
        }
    }
    out.finish()
}

fn is_paragraph(name: &str) -> bool {
    matches!(name, "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol" | "dl")
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "div"
            | "tr"
            | "article"
            | "section"
            | "header"
            | "footer"
            | "center"
            | "dt"
            | "dd"
            | "li"
            | "aside"
            | "figure"
            | "figcaption"
            | "nav"
            | "details"
            | "summary"
            | "address"
    )
}

/// The four entities that html5ever writes; it decodes all others.
fn decoded(text: &str) -> String {
    text.replace("&nbsp;", " ")
        .replace('\u{a0}', " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[derive(Default)]
struct Lines {
    done: String,
    line: String,
    quotes: usize,
    blank: bool,
}

impl Lines {
    fn words(&mut self, text: &str, as_is: bool) {
        if as_is {
            for (n, line) in text.split('\n').enumerate() {
                if n > 0 {
                    self.newline();
                }
                self.line.push_str(line);
            }
            return;
        }
        for word in text.split_inclusive(|c: char| c.is_ascii_whitespace()) {
            let trimmed = word.trim_end_matches(|c: char| c.is_ascii_whitespace());
            self.line.push_str(trimmed);
            let spaced = trimmed.len() != word.len();
            if spaced && !self.line.is_empty() && !self.line.ends_with(' ') {
                self.line.push(' ');
            }
        }
    }

    /// Ends the line, also an empty one.
    fn newline(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_end();
        if line.is_empty() {
            self.blank = !self.done.is_empty();
            return;
        }
        let marks = "> ".repeat(self.quotes.min(10));
        if self.blank {
            self.done.push_str(marks.trim_end());
            self.done.push('\n');
            self.blank = false;
        }
        self.done.push_str(&marks);
        self.done.push_str(line);
        self.done.push('\n');
    }

    /// Ends the line if something stands in it.
    fn block(&mut self) {
        if !self.line.trim().is_empty() {
            self.newline();
        }
        self.line.clear();
    }

    fn paragraph(&mut self) {
        self.block();
        self.blank = !self.done.is_empty();
    }

    fn finish(mut self) -> String {
        self.block();
        self.done.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::to_text;

    #[test]
    fn cv_6_html_reads_as_text() {
        for (html, expected) in [
            ("<p>Добрый   день!</p><p>Где\nзаказ?</p>", "Добрый день!\n\nГде заказ?"),
            ("a<br>b<br><br>c", "a\nb\n\nc"),
            ("<div>a</div><div><b>b</b> c</div>", "a\nb c"),
            ("x<blockquote>q<br>r</blockquote>y", "x\n> q\n> r\ny"),
            ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("1 &lt; 2 &amp;amp; &nbsp;x", "1 < 2 &amp; x"),
            ("<pre>a\n  b</pre>", "a\n  b"),
        ] {
            assert_eq!(to_text(html), expected, "{html}");
        }
    }
}
