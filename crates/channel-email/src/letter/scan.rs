//! One linear pass over a raw letter before any parser sees it.
//!
//! Tens of thousands of nested `message/rfc822` headers overflow the stack while mail-parser drops
//! the parsed tree, which ends the process and cannot be caught. So nesting, parts and headers are
//! counted first, on the raw bytes.

use super::Refusal;

/// What a letter may have. Over a cap it is kept raw and shown as too complex, never lost.
#[derive(Debug, Clone)]
pub struct Caps {
    /// Of the whole letter, in bytes.
    pub size: usize,
    /// Of parts within parts.
    pub depth: usize,
    pub parts: usize,
    /// In one block of headers.
    pub headers: usize,
    /// Of HTML that is sanitised, in bytes; longer HTML is shown as text.
    pub html: usize,
    /// Of HTML elements within elements; deeper HTML is shown as text.
    pub html_depth: usize,
    /// Characters of text that are shown; the rest is kept as a file.
    pub text: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            size: 30 * 1024 * 1024,
            depth: 50,
            parts: 1000,
            headers: 2000,
            html: 1024 * 1024,
            html_depth: 256,
            text: 100_000,
        }
    }
}

/// Refuses what is over the caps.
pub fn check(raw: &[u8], caps: &Caps) -> Result<(), Refusal> {
    if raw.len() > caps.size {
        return Err(Refusal::TooLarge);
    }
    let mut scan = Scan::new(caps);
    for line in raw.split(|b| *b == b'\n') {
        scan.line(line.strip_suffix(b"\r").unwrap_or(line))?;
    }
    Ok(())
}

/// An open part that holds other parts.
enum Container {
    /// Ends at a line with this boundary.
    Multipart(Vec<u8>),
    /// A letter within the letter.
    Message,
}

struct Scan<'a> {
    caps: &'a Caps,
    open: Vec<Container>,
    in_headers: bool,
    headers: usize,
    parts: usize,
    /// Headers anywhere, also in plain text, that would open a container in some reading of the
    /// letter: a bound on depth that does not hang on understanding boundaries as the parser does.
    containers: usize,
    /// The Content-Type of the present headers, unfolded, and whether it is being read.
    content_type: Vec<u8>,
    reading_type: bool,
}

impl<'a> Scan<'a> {
    fn new(caps: &'a Caps) -> Self {
        Self {
            caps,
            open: Vec::new(),
            in_headers: true,
            headers: 0,
            parts: 1,
            containers: 0,
            content_type: Vec::new(),
            reading_type: false,
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Refusal> {
        let folded = line.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        let value = if folded { Some(line) } else { content_type_value(line) };
        if value.is_some_and(|v| starts_ignoring_case(v, b"multipart/"))
            || value.is_some_and(|v| starts_ignoring_case(v, b"message/"))
        {
            self.containers += 1;
            if self.containers > self.caps.parts {
                return Err(Refusal::TooManyParts);
            }
        }
        if self.boundary(line) {
            self.parts += 1;
            if self.parts > self.caps.parts {
                return Err(Refusal::TooManyParts);
            }
            return Ok(());
        }
        if !self.in_headers {
            return Ok(());
        }
        if line.is_empty() {
            return self.end_of_headers();
        }
        if folded {
            if self.reading_type && self.content_type.len() < 4096 {
                self.content_type.extend_from_slice(line);
            }
            return Ok(());
        }
        self.headers += 1;
        if self.headers > self.caps.headers {
            return Err(Refusal::TooManyHeaders);
        }
        let value = content_type_value(line);
        self.reading_type = value.is_some();
        if let Some(value) = value {
            self.content_type = value.to_vec();
        }
        Ok(())
    }

    /// Whether the line is a boundary of an open part; then everything inside is closed.
    fn boundary(&mut self, line: &[u8]) -> bool {
        let Some(text) = line.strip_prefix(b"--") else { return false };
        let found = self.open.iter().rposition(|container| match container {
            Container::Multipart(boundary) => text.starts_with(boundary),
            Container::Message => false,
        });
        let Some(found) = found else { return false };
        let last = match self.open.get(found) {
            Some(Container::Multipart(boundary)) => {
                text.get(boundary.len()..).is_some_and(|rest| rest.starts_with(b"--"))
            }
            Some(Container::Message) | None => false,
        };
        self.open.truncate(if last { found } else { found + 1 });
        self.start_headers();
        self.in_headers = !last;
        true
    }

    fn start_headers(&mut self) {
        self.in_headers = true;
        self.headers = 0;
        self.content_type.clear();
        self.reading_type = false;
    }

    fn end_of_headers(&mut self) -> Result<(), Refusal> {
        let content_type = std::mem::take(&mut self.content_type);
        self.in_headers = false;
        if starts_ignoring_case(&content_type, b"multipart/") {
            if let Some(boundary) = boundary_of(&content_type) {
                self.open.push(Container::Multipart(boundary));
            }
        } else if starts_ignoring_case(&content_type, b"message/") {
            self.open.push(Container::Message);
            self.start_headers();
        }
        if self.open.len() > self.caps.depth { Err(Refusal::TooDeep) } else { Ok(()) }
    }
}

/// The value of a Content-Type line.
fn content_type_value(line: &[u8]) -> Option<&[u8]> {
    let (name, rest) = line.split_at_checked(12)?;
    if !name.eq_ignore_ascii_case(b"content-type") {
        return None;
    }
    rest.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start)
}

fn starts_ignoring_case(text: &[u8], start: &[u8]) -> bool {
    text.trim_ascii_start().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// The boundary parameter, quoted or not.
fn boundary_of(content_type: &[u8]) -> Option<Vec<u8>> {
    let at = content_type.windows(8).position(|w| w.eq_ignore_ascii_case(b"boundary"))?;
    let rest = content_type.get(at + 8..)?.trim_ascii_start().strip_prefix(b"=")?;
    let rest = rest.trim_ascii_start();
    let boundary: Vec<u8> = match rest.strip_prefix(b"\"") {
        Some(quoted) => quoted.iter().copied().take_while(|b| *b != b'"').collect(),
        None => {
            rest.iter().copied().take_while(|b| *b != b';' && !b.is_ascii_whitespace()).collect()
        }
    };
    if boundary.is_empty() { None } else { Some(boundary) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(raw: &str) -> Result<(), Refusal> {
        check(raw.as_bytes(), &Caps::default())
    }

    fn nested(levels: usize) -> String {
        let mut raw = String::new();
        for n in 0..levels {
            raw += &format!("Content-Type: multipart/mixed; boundary=\"b{n}.\"\n\n--b{n}.\n");
        }
        raw + "\nx\n"
    }

    #[test]
    fn s16_depth_parts_and_headers_are_counted() {
        assert_eq!(verdict("Subject: a\n\nb"), Ok(()));
        assert_eq!(verdict(&nested(40)), Ok(()));
        assert_eq!(verdict(&nested(60)), Err(Refusal::TooDeep));
        let bomb = "Content-Type: message/rfc822\n\n".repeat(40_000);
        assert_eq!(verdict(&bomb), Err(Refusal::TooDeep));
        let hidden = format!("Content-Type: text/plain\n\n{bomb}");
        assert_eq!(verdict(&hidden), Err(Refusal::TooManyParts));
        let folded = "content-TYPE :\n message/rfc822\n\n".repeat(2000);
        assert!(verdict(&folded).is_err());
        let parts = format!(
            "Content-Type: multipart/mixed; boundary=x\n\n{}",
            "--x\nContent-Type: text/plain\n\na\n".repeat(1100)
        );
        assert_eq!(verdict(&parts), Err(Refusal::TooManyParts));
        assert_eq!(verdict(&"X-A: b\n".repeat(2001)), Err(Refusal::TooManyHeaders));
    }

    #[test]
    fn siblings_are_not_depth() {
        let one = "--x\nContent-Type: message/rfc822\n\nSubject: a\n\nb\n";
        let raw =
            format!("Content-Type: multipart/digest;\n boundary=x\n\n{}--x--\n", one.repeat(200));
        assert_eq!(verdict(&raw), Ok(()));
    }
}
