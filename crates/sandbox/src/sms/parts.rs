//! How many SMS a text takes, counted from 3GPP TS 23.038 and 23.040.

const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const ESCAPED: &str = "\u{c}^{}\\[~]|€";

pub(super) fn parts(text: &str) -> usize {
    let septets = |c: char| match c {
        c if GSM.contains(c) => Some(1),
        c if ESCAPED.contains(c) => Some(2),
        _ => None,
    };
    let sizes: Option<Vec<usize>> = text.chars().map(septets).collect();
    match sizes {
        Some(sizes) => fill(&sizes, 160, 153),
        None => fill(&text.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

/// Characters are not cut in two.
fn fill(sizes: &[usize], whole: usize, room: usize) -> usize {
    if sizes.iter().sum::<usize>() <= whole {
        return 1;
    }
    let (mut parts, mut taken) = (1, 0);
    for size in sizes {
        if taken + size > room {
            parts += 1;
            taken = 0;
        }
        taken += size;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ch_11_parts_at_their_borders() {
        for (text, expected) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("€".repeat(81), 2),
            ("ж".repeat(70), 1),
            ("ж".repeat(71), 2),
            ("ж".repeat(135), 3),
        ] {
            assert_eq!(parts(&text), expected);
        }
    }
}
