//! Splits HTML into tags and text in one pass, by the tokenizer states of the HTML standard
//! (html.spec.whatwg.org, 13.2.5) that decide where a tag or comment ends. It builds nothing.

/// A piece of HTML.
#[derive(Debug, PartialEq)]
pub enum Token<'a> {
    Text(&'a str),
    /// `attributes` is the text between name and `>`.
    Open {
        name: String,
        attributes: &'a str,
    },
    Close {
        name: String,
    },
    /// Comments, doctypes and the like: shown by nobody.
    Hidden,
    /// Means different things by context (`<![CDATA[`): the caller gives up.
    Unclear,
}

/// The pieces of a text, in order.
pub struct Tokens<'a> {
    html: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub fn new(html: &'a str) -> Self {
        Self { html, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.html.get(self.at..).unwrap_or_default()
    }

    /// Moves behind the first `end`, or to the end of the text.
    fn skip_past(&mut self, end: &str) {
        self.at = match self.rest().find(end) {
            Some(n) => self.at + n + end.len(),
            None => self.html.len(),
        };
    }

    /// Behind the opening tag of an element whose content is text: moves to its closing tag, which
    /// is the only thing that ends it, and gives what stood before.
    pub fn raw_content(&mut self, name: &str) -> &'a str {
        let rest = self.rest();
        let mut from = 0;
        while let Some(n) = rest.get(from..).and_then(|r| r.find("</")) {
            let at = from + n;
            let tag = rest.as_bytes().get(at + 2..).unwrap_or_default();
            let (head, tail) = tag.split_at(name.len().min(tag.len()));
            let ends = tail.first().is_none_or(|b| b.is_ascii_whitespace() || b"/>".contains(b));
            if head.eq_ignore_ascii_case(name.as_bytes()) && ends {
                self.at += at;
                return rest.get(..at).unwrap_or_default();
            }
            from = at + 2;
        }
        self.at = self.html.len();
        rest
    }

    /// Behind `<!--`: a comment ends at once with `>` or `->`, else at `-->` or `--!>`.
    fn skip_comment(&mut self) {
        let rest = self.rest();
        if let Some(n) = [">", "->"].iter().find(|end| rest.starts_with(**end)) {
            self.at += n.len();
            return;
        }
        let mut from = 0;
        while let Some(n) = rest.get(from..).and_then(|r| r.find("--")) {
            let tail = rest.get(from + n + 2..).unwrap_or_default();
            if let Some(end) = [">", "!>"].iter().find(|end| tail.starts_with(**end)) {
                self.at += from + n + 2 + end.len();
                return;
            }
            from += n + 1;
        }
        self.at = self.html.len();
    }

    /// A tag's name, from the present place.
    fn name(&mut self) -> String {
        let rest = self.rest();
        let end = rest
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
            .unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default().to_ascii_lowercase()
    }

    /// Moves behind the `>` of the tag and gives what stood before it.
    fn attributes(&mut self) -> &'a str {
        enum In {
            BeforeName,
            Name,
            AfterName,
            BeforeValue,
            Quoted(u8),
            Bare,
        }
        let start = self.at;
        let mut state = In::BeforeName;
        for (n, byte) in self.rest().bytes().enumerate() {
            state = match (state, byte) {
                (In::Quoted(q), b) if b == q => In::BeforeName,
                (In::Quoted(q), _) => In::Quoted(q),
                (_, b'>') => {
                    self.at = start + n + 1;
                    return self.html.get(start..start + n).unwrap_or_default();
                }
                (In::BeforeName, b) if b.is_ascii_whitespace() || b == b'/' => In::BeforeName,
                (In::BeforeName, _) => In::Name,
                (In::Name, b) if b.is_ascii_whitespace() => In::AfterName,
                (In::Name | In::AfterName, b'/') => In::BeforeName,
                (In::Name | In::AfterName, b'=') => In::BeforeValue,
                (In::Name, _) => In::Name,
                (In::AfterName, b) if b.is_ascii_whitespace() => In::AfterName,
                (In::AfterName, _) => In::Name,
                (In::BeforeValue, b) if b.is_ascii_whitespace() => In::BeforeValue,
                (In::BeforeValue, b @ (b'"' | b'\'')) => In::Quoted(b),
                (In::BeforeValue, _) => In::Bare,
                (In::Bare, b) if b.is_ascii_whitespace() => In::BeforeName,
                (In::Bare, _) => In::Bare,
            };
        }
        self.at = self.html.len();
        ""
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let Some(after) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            self.at += end;
            return Some(Token::Text(rest.get(..end).unwrap_or_default()));
        };
        if after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.at += 1;
            let name = self.name();
            return Some(Token::Open { name, attributes: self.attributes() });
        }
        if let Some(close) = after.strip_prefix('/') {
            self.at += 2;
            if close.starts_with(|c: char| c.is_ascii_alphabetic()) {
                let name = self.name();
                self.attributes();
                return Some(Token::Close { name });
            }
            self.skip_past(">");
            return Some(Token::Hidden);
        }
        if after.starts_with("!--") {
            self.at += 4;
            self.skip_comment();
            return Some(Token::Hidden);
        }
        if after.starts_with("![CDATA[") {
            self.at = self.html.len();
            return Some(Token::Unclear);
        }
        if after.starts_with(['!', '?']) {
            self.skip_past(">");
            return Some(Token::Hidden);
        }
        self.at += 1;
        Some(Token::Text("<"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> String {
        Tokens::new(html)
            .map(|t| match t {
                Token::Text(text) => format!("'{text}'"),
                Token::Open { name, .. } => format!("<{name}>"),
                Token::Close { name } => format!("</{name}>"),
                Token::Hidden => "-".to_owned(),
                Token::Unclear => "?".to_owned(),
            })
            .collect()
    }

    #[test]
    fn tags_end_where_the_standard_says() {
        for (html, expected) in [
            ("a<b>c</B >d", "'a'<b>'c'</b>'d'"),
            (r#"<a title="</a>">x"#, "<a>'x'"),
            (r#"<a "</a>">x"#, "<a>'\">x'"),
            ("<a =\">\">x", "<a>'\">x'"),
            ("<!-->x<!---->y<!-- <b> --!>z", "-'x'-'y'-'z'"),
            ("<!doctype html><?x?></ y>1 < 2", "---'1 ''<'' 2'"),
            ("<br/>x<img src=x>", "<br>'x'<img>"),
            ("<svg><![CDATA[<b>]]>", "<svg>?"),
            ("<div title='never closed", "<div>"),
        ] {
            assert_eq!(shown(html), expected, "{html}");
        }
    }
}
