//! Decides in one linear pass whether HTML is safe to hand to a tree builder.
//!
//! ammonia (through html5ever) takes quadratic time and memory over nested elements, and repeats
//! formatting elements that were left open in every later block. The model below keeps a stack
//! that is never shallower than the real one: when it is not sure that a closing tag really
//! closes, it leaves the element open.

use super::tokens::{Token, Tokens};

/// Formatting elements that may be left open by their blocks; each is repeated in later blocks.
const STRAYS: usize = 64;
/// Elements the tree may get, repeated ones included.
const ELEMENTS: usize = 100_000;

/// Elements that open nothing, and those that exist once whatever a letter says.
const VOID: &[&str] = &[
    "area", "base", "basefont", "bgsound", "body", "br", "col", "embed", "frame", "head", "hr",
    "html", "img", "input", "keygen", "link", "meta", "param", "source", "track", "wbr",
];
/// Their content is text up to their own closing tag.
const RAW: &[&str] =
    &["iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"];
/// What follows is read by other rules, and ordinary letters have none of it.
const UNUSUAL: &[&str] =
    &["frameset", "math", "noscript", "plaintext", "select", "svg", "template"];
const FORMATTING: &[&str] = &[
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];
/// A closing tag of something outside does not reach over these.
const BARRIERS: &[&str] = &[
    "applet", "button", "caption", "marquee", "object", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr",
];
/// Blocks: their closing tag closes what stands open inside, and a closing tag of an inline
/// element does not reach over them.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "li",
    "listing",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "ul",
];
/// Stop a closing tag from outside as blocks do, but close only themselves. `</form>` leaves open
/// what stands in it; the others are blocks in newer versions of the standard alone.
const STOPS: &[&str] = &["dialog", "form", "search"];

/// Whether building a tree of it is cheap: nesting at most `depth`, few repeated elements.
pub fn simple_enough(html: &str, depth: usize) -> bool {
    let mut shape = Shape::default();
    let mut tokens = Tokens::new(html);
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(_) | Token::Hidden => {}
            Token::Unclear => return false,
            Token::Open { name, .. } if UNUSUAL.contains(&name.as_str()) => return false,
            Token::Open { name, .. } if RAW.contains(&name.as_str()) => {
                // Inside a script, `<!--` moves the end of the script.
                if tokens.raw_content(&name).contains("<!--") && name == "script" {
                    return false;
                }
            }
            Token::Open { name, .. } => shape.open(name),
            Token::Close { name } => shape.close(&name),
        }
        if shape.stack.len() > depth || shape.strays > STRAYS || shape.elements > ELEMENTS {
            return false;
        }
    }
    true
}

#[derive(Default)]
struct Shape {
    stack: Vec<String>,
    /// Formatting elements left open by a block that was closed over them.
    strays: usize,
    elements: usize,
}

impl Shape {
    fn open(&mut self, name: String) {
        self.elements += 1 + self.strays;
        if VOID.contains(&name.as_str()) {
            return;
        }
        self.close_implied(&name);
        self.stack.push(name);
    }

    /// Openings that end their unclosed neighbour, as people often leave these open.
    fn close_implied(&mut self, opening: &str) {
        let ends: &[&str] = match opening {
            "p" => &["p"],
            "li" => &["li"],
            "dd" | "dt" => &["dd", "dt"],
            "option" => &["option"],
            "td" | "th" => &["td", "th"],
            "tr" => &["td", "th", "tr"],
            _ => return,
        };
        while self.stack.last().is_some_and(|top| ends.contains(&top.as_str())) {
            let row = self.stack.pop().is_some_and(|top| top == "tr");
            if row || opening != "tr" {
                break;
            }
        }
    }

    fn close(&mut self, name: &str) {
        if self.stack.last().is_some_and(|top| top == name) {
            self.stack.pop();
            return;
        }
        if STOPS.contains(&name) {
            return;
        }
        let block = BLOCKS.contains(&name) || BARRIERS.contains(&name);
        let mut found = None;
        for (n, open) in self.stack.iter().enumerate().rev() {
            let open = open.as_str();
            if open == name {
                found = Some(n);
                break;
            }
            let barrier = BARRIERS.contains(&open) && !closes_over(name, open)
                || name == "li" && matches!(open, "ul" | "ol")
                || !block && (BLOCKS.contains(&open) || STOPS.contains(&open));
            if barrier {
                return;
            }
        }
        let Some(found) = found else { return };
        let inside = self.stack.split_off(found);
        self.strays +=
            inside.iter().skip(1).filter(|open| FORMATTING.contains(&open.as_str())).count();
    }
}

/// Parts of a table end with the part that they stand in.
fn closes_over(closing: &str, open: &str) -> bool {
    match closing {
        "table" => matches!(open, "tbody" | "thead" | "tfoot" | "tr" | "td" | "th" | "caption"),
        "tbody" | "thead" | "tfoot" => matches!(open, "tr" | "td" | "th"),
        "tr" => matches!(open, "td" | "th"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_letters_pass() {
        let row = "<tr><td><p>a<td><b>b</b><br><img src=x></tr>";
        for html in [
            "<html><head><style>td>a{}</style><title>x</title></head><body><p>a<p>b</body></html>"
                .to_owned(),
            format!("<table>{}</table>", row.repeat(2000)),
            "<div><span>x</span></div>".repeat(5000),
            "<ul>".to_owned() + &"<li>x".repeat(3000) + "</ul>",
            "<!--[if mso]><table><tr><td><![endif]-->x".repeat(500),
            "<table><tr><td>".repeat(40) + &"</td></tr></table>".repeat(40),
        ] {
            assert!(simple_enough(&html, 256), "{}", html.get(..60).unwrap_or(&html));
        }
    }

    /// Random tag soup that the model calls shallow must come out shallow of the real tree
    /// builder. The model leaves out html, body, and the parts of a table that open by themselves.
    #[test]
    fn s16_the_model_is_never_shallower_than_the_tree() {
        const TAGS: &[&str] = &[
            "div",
            "p",
            "b",
            "i",
            "a",
            "span",
            "table",
            "tr",
            "td",
            "tbody",
            "ul",
            "li",
            "blockquote",
            "h1",
            "form",
            "button",
            "object",
            "caption",
            "center",
            "pre",
            "dl",
            "dd",
            "font",
            "nobr",
            "style",
            "title",
            "section",
            "details",
        ];
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = move |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            usize::try_from(seed % u64::try_from(below).unwrap_or(1)).unwrap_or(0)
        };
        let (mut shallow, mut deepest) = (0, 0);
        for _ in 0..3000 {
            let few: Vec<&str> = (0..4).map(|_| TAGS[random(TAGS.len())]).collect();
            let mut html = String::new();
            for _ in 0..300 {
                let tag = few[random(few.len())];
                match random(5) {
                    0 | 1 => html += &format!("<{tag}>"),
                    2 | 3 => html += &format!("</{tag}>"),
                    _ => html += "x<!-- --> ",
                }
            }
            if !simple_enough(&html, 16) {
                continue;
            }
            shallow += 1;
            let (mut depth, mut most) = (0_usize, 0);
            for token in Tokens::new(&crate::html::clean(&html)) {
                match token {
                    Token::Open { name, .. } if !VOID.contains(&name.as_str()) => depth += 1,
                    Token::Close { .. } => depth = depth.saturating_sub(1),
                    _ => {}
                }
                most = most.max(depth);
            }
            deepest = deepest.max(most);
            assert!(most <= 16 * 4 + STRAYS, "{most} deep: {html}");
        }
        assert!(shallow > 300, "only {shallow} were shallow enough to prove something");
        assert!(deepest > 4, "{deepest}");
    }

    #[test]
    fn s16_every_way_to_nest_is_seen() {
        for html in [
            "<div>".repeat(1000),
            "<blockquote>".repeat(1000),
            "<div></b>".repeat(1000),
            "<span><div></span>".repeat(1000),
            "<b><div></b>".repeat(1000),
            format!("{}<table>{}", "<div>".repeat(200), "</div>".repeat(200)).repeat(5),
            format!("{}<style>{}</style>", "<div>".repeat(200), "</div>".repeat(200)).repeat(5),
            format!("<style><!--</style>{}-->", "<div>".repeat(1000)),
            format!("<svg><style>{}", "<g>".repeat(1000)),
            "<form><div></form>".repeat(1000),
            "<li><ul></li>".repeat(1000),
            format!("<body>{}</body>", "<div>".repeat(200)).repeat(5),
            format!("{}<script><!--<script></script>{}", "<div>".repeat(200), "</div>".repeat(200)),
            format!("{}<div title=\"{}\">", "<div>".repeat(200), "</div>".repeat(200)).repeat(5),
            (0..5000).map(|n| format!("<div><b id={n}></div>")).collect(),
            "<p><b><i><u><s></p>".repeat(5000),
            "<svg><![CDATA[<div>".to_owned(),
            "<plaintext>".to_owned(),
        ] {
            assert!(!simple_enough(&html, 256), "{}", html.get(..60).unwrap_or(&html));
        }
    }
}
