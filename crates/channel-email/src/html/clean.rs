//! HTML of a letter made safe to show in a sandboxed frame.

use std::{collections::HashSet, sync::LazyLock};

use ammonia::{Builder, UrlRelative};

use super::tokens::{Token, Tokens};

static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "cid"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .add_clean_content_tags(["title", "noscript", "template"]);
    builder
});

/// Without scripts, styles, forms and frames; nothing in it loads from outside: the address of a
/// remote image is moved from `src` to `data-src`, so that the reader's computer does not tell the
/// sender that the letter was read. Images of the letter itself keep their `cid:`.
///
/// Only for HTML that passed [`super::simple_enough`].
pub fn clean(html: &str) -> String {
    let clean = SANITISER.clean(html).to_string();
    if !clean.contains("<img") {
        return clean;
    }
    // The sanitiser wrote this text, so attributes are `name="value"` and a value has no quote.
    let mut out = String::with_capacity(clean.len());
    for token in Tokens::new(&clean) {
        match token {
            Token::Text(text) => out.push_str(text),
            Token::Open { name, attributes } if name == "img" => {
                let own = attributes.to_ascii_lowercase().contains(" src=\"cid:");
                let attributes = if own {
                    attributes.to_owned()
                } else {
                    attributes.replacen(" src=\"", " data-src=\"", 1)
                };
                out.push_str(&format!("<img{attributes}>"));
            }
            Token::Open { name, attributes } => out.push_str(&format!("<{name}{attributes}>")),
            Token::Close { name } => out.push_str(&format!("</{name}>")),
            Token::Hidden | Token::Unclear => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn s17_nothing_runs_and_nothing_loads() {
        for (html, expected) in [
            ("<p onclick=x style='background:url(http://e/)'>a<script>b</script></p>", "<p>a</p>"),
            ("<title>t</title><style>p{}</style>a", "a"),
            (
                "<img src=https://e.test/1.png alt='\" src=\"x'>",
                "<img data-src=\"https://e.test/1.png\" alt=\"&quot; src=&quot;x\">",
            ),
            ("<img src=CID:logo@1 width=5>", "<img src=\"CID:logo@1\" width=\"5\">"),
            ("<img src=javascript:x><img src=/x>", "<img><img>"),
            ("<form action=x><input name=a>text</form>", "text"),
            ("<iframe src=http://e/></iframe><video src=http://e/></video>a", "a"),
        ] {
            assert_eq!(clean(html), expected, "{html}");
        }
    }

    #[test]
    fn links_keep_only_harmless_schemes() {
        assert_eq!(
            clean("<a href='javascript:alert(1)'>x</a><a href=https://e.test/>y</a>"),
            "<a rel=\"noopener noreferrer nofollow\">x</a>\
             <a href=\"https://e.test/\" rel=\"noopener noreferrer nofollow\">y</a>"
        );
    }
}
