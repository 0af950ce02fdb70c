//! How many parts a text takes as SMS: GSM 7-bit default alphabet with its extension table (3GPP
//! TS 23.038), else UCS-2. Long texts go as several parts with a six-byte header in each
//! (TS 23.040), which leaves 153 septets or 67 UTF-16 units of 160 or 70.

/// How a text is written over the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Septets of the default alphabet.
    Gsm7,
    /// UTF-16, big-endian.
    Ucs2,
}

impl Coding {
    /// Units in a message of one part, and in each part of a longer one.
    pub fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
}

/// The basic table by code; 0x1B is the escape to the extension.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Characters that take an escape and a second septet, with the latter's code.
const EXTENDED: [(char, u8); 10] = [
    ('\u{c}', 0x0A),
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2F),
    ('[', 0x3C),
    ('~', 0x3D),
    (']', 0x3E),
    ('|', 0x40),
    ('€', 0x65),
];
const ESCAPE: u8 = 0x1B;

/// The septets of one character, unpacked; `None` if the alphabet does not have it.
pub fn gsm7(c: char) -> Option<Vec<u8>> {
    if c == '\u{1b}' {
        return None;
    }
    if let Some(at) = BASIC.chars().position(|b| b == c) {
        return u8::try_from(at).ok().map(|code| vec![code]);
    }
    EXTENDED.iter().find(|(e, _)| *e == c).map(|(_, code)| vec![ESCAPE, *code])
}

/// The cheapest coding that holds the whole text.
pub fn coding(text: &str) -> Coding {
    match text.chars().all(|c| gsm7(c).is_some()) {
        true => Coding::Gsm7,
        false => Coding::Ucs2,
    }
}

fn units(coding: Coding, c: char) -> usize {
    match coding {
        Coding::Gsm7 => gsm7(c).map_or(1, |septets| septets.len()),
        Coding::Ucs2 => c.len_utf16(),
    }
}

/// The text cut into the parts that go over the air. No character is cut in two, so a part may stay
/// a unit short.
pub fn split(text: &str) -> Vec<&str> {
    split_as(text, coding(text))
}

/// The same in a coding that somebody else chose. It must hold the text.
pub fn split_as(text: &str, coding: Coding) -> Vec<&str> {
    let (whole, room) = coding.room();
    if text.chars().map(|c| units(coding, c)).sum::<usize>() <= whole {
        return vec![text];
    }
    let (mut parts, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let mut taken = 0;
        let end = rest
            .char_indices()
            .find(|(_, c)| {
                taken += units(coding, *c);
                taken > room
            })
            .map_or(rest.len(), |(at, _)| at);
        let (part, left) = rest.split_at(end);
        parts.push(part);
        rest = left;
    }
    parts
}

/// The number of parts that a text takes; an empty one takes one.
pub fn parts(text: &str) -> usize {
    split(text).len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ch_11_the_table_has_its_128_places_and_no_character_twice() {
        let all: Vec<char> = BASIC.chars().collect();
        assert_eq!(all.len(), 128);
        let unique: std::collections::BTreeSet<char> = all.iter().copied().collect();
        assert_eq!(unique.len(), 128);
        assert_eq!(
            (gsm7('@'), gsm7('A'), gsm7('à')),
            (Some(vec![0]), Some(vec![65]), Some(vec![127]))
        );
        assert_eq!(gsm7('€'), Some(vec![0x1B, 0x65]));
        assert_eq!(gsm7('ж'), None);
    }

    #[test]
    fn ch_11_parts_at_their_borders() {
        for (text, expected) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            // An escape is not cut from its character: 76 pairs fit 153 septets.
            ("€".repeat(153), 3),
            ("ж".repeat(70), 1),
            ("ж".repeat(71), 2),
            ("ж".repeat(134), 2),
            ("ж".repeat(160), 3),
            ("😀".repeat(35), 1),
            // A pair is not cut: 33 of them fit 67 units.
            ("😀".repeat(67), 3),
            (format!("{}ж", "a".repeat(70)), 2),
        ] {
            assert_eq!(parts(&text), expected, "{} characters", text.chars().count());
        }
    }

    proptest! {
        #[test]
        fn ch_11_parts_are_the_text_and_each_fits(text in ".{0,400}") {
            let parts = split(&text);
            prop_assert_eq!(parts.concat(), text.clone());
            let coding = coding(&text);
            let (whole, room) = coding.room();
            let room = if parts.len() == 1 { whole } else { room };
            for part in parts {
                prop_assert!(part.chars().map(|c| units(coding, c)).sum::<usize>() <= room);
            }
        }
    }
}
