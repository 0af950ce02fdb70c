//! Texts as octets and back: `data_coding` of SMPP 3.4 (5.2.19), with the message classes of 3GPP TS
//! 23.038 (section 4) that SMSCs pass through.

use std::{collections::HashMap, sync::LazyLock};

use domain::sms::{self, Coding};
use encoding_rs::{EUC_JP, EUC_KR, Encoding, ISO_2022_JP, ISO_8859_5, ISO_8859_8, SHIFT_JIS};

pub(crate) const DEFAULT: u8 = 0x00;
pub(crate) const UCS2: u8 = 0x08;

const ESCAPE: u8 = 0x1B;

/// What an SMSC takes `data_coding` 0 for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// The default alphabet of GSM, one septet in an octet.
    Gsm7,
    Latin1,
}

/// A text ready to go: its `data_coding`, and its octets by parts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) data_coding: u8,
    pub(crate) parts: Vec<Vec<u8>>,
}

/// Writes a text in the parts that were shown to whoever wrote it.
pub(crate) fn encode(text: &str, alphabet: Alphabet) -> Encoded {
    let write: fn(&str) -> Option<Vec<u8>> = match alphabet {
        Alphabet::Gsm7 => gsm7,
        Alphabet::Latin1 => latin1,
    };
    let as_default = match sms::coding(text) {
        Coding::Gsm7 => sms::split(text).into_iter().map(write).collect::<Option<Vec<_>>>(),
        Coding::Ucs2 => None,
    };
    match as_default {
        Some(parts) => Encoded { data_coding: DEFAULT, parts },
        // Euro and Greek letters are in GSM's alphabet and not in Latin-1.
        None => Encoded {
            data_coding: UCS2,
            parts: sms::split_as(text, Coding::Ucs2).into_iter().map(ucs2).collect(),
        },
    }
}

/// The whole text at once, for an SMSC that cuts it itself.
pub(crate) fn encode_whole(text: &str, alphabet: Alphabet) -> Encoded {
    let encoded = encode(text, alphabet);
    Encoded { data_coding: encoded.data_coding, parts: vec![encoded.parts.concat()] }
}

fn gsm7(text: &str) -> Option<Vec<u8>> {
    text.chars().map(sms::gsm7).collect::<Option<Vec<_>>>().map(|septets| septets.concat())
}

fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

fn ucs2(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// How octets are to be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scheme {
    Gsm7,
    Latin1,
    Ucs2,
    Named(&'static Encoding),
    /// No text.
    Binary,
}

impl Scheme {
    /// Of a message that came.
    pub(crate) fn of(data_coding: u8, alphabet: Alphabet) -> Self {
        let default = match alphabet {
            Alphabet::Gsm7 => Self::Gsm7,
            Alphabet::Latin1 => Self::Latin1,
        };
        match data_coding {
            0x00 => default,
            // IA5 is ASCII, of which Latin-1 is a superset.
            0x01 | 0x03 => Self::Latin1,
            0x05 => Self::Named(SHIFT_JIS),
            0x06 => Self::Named(ISO_8859_5),
            0x07 => Self::Named(ISO_8859_8),
            0x08 => Self::Ucs2,
            0x0A => Self::Named(ISO_2022_JP),
            0x0D => Self::Named(EUC_JP),
            0x0E => Self::Named(EUC_KR),
            0x02 | 0x04 | 0x09 | 0x0B | 0x0C | 0x0F => Self::Binary,
            // General data coding with a class ("flash" messages) or marked for deletion; bit 5
            // says compressed.
            0x10..=0x1F | 0x40..=0x5F => match (data_coding >> 2) & 0b11 {
                0b00 => Self::Gsm7,
                0b10 => Self::Ucs2,
                _ => Self::Binary,
            },
            // Message waiting, discarded or stored.
            0xC0..=0xDF => Self::Gsm7,
            0xE0..=0xEF => Self::Ucs2,
            0xF0..=0xFF if data_coding & 0b100 == 0 => Self::Gsm7,
            0x20..=0x3F | 0x60..=0xBF | 0xF0..=0xFF => Self::Binary,
        }
    }

    /// Octets as text; `None` where they are none. What cannot be read shows as U+FFFD.
    pub(crate) fn read(self, octets: &[u8]) -> Option<String> {
        Some(match self {
            Self::Gsm7 => read_gsm7(octets),
            Self::Latin1 => octets.iter().map(|octet| char::from(*octet)).collect(),
            Self::Ucs2 => {
                let units = octets.chunks_exact(2).map(|pair| {
                    let [high, low] = [pair.first(), pair.get(1)].map(|o| o.copied().unwrap_or(0));
                    u16::from_be_bytes([high, low])
                });
                char::decode_utf16(units)
                    .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            }
            Self::Named(encoding) => encoding.decode_without_bom_handling(octets).0.into_owned(),
            Self::Binary => return None,
        })
    }
}

/// The alphabet backwards; an escaped character under its second septet with the top bit set.
static GSM7: LazyLock<HashMap<u8, char>> = LazyLock::new(|| {
    const LAST: char = '€';
    (char::MIN..=LAST)
        .filter_map(|c| match sms::gsm7(c)?.as_slice() {
            [septet] => Some((*septet, c)),
            [ESCAPE, septet] => Some((septet | 0x80, c)),
            _ => None,
        })
        .collect()
});

fn read_gsm7(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    let mut octets = octets.iter().copied();
    while let Some(octet) = octets.next() {
        let read = match octet {
            // An unknown escape is read as the plain character (TS 23.038, 6.2.1.1).
            ESCAPE => octets.next().and_then(|next| {
                GSM7.get(&(next | 0x80)).or_else(|| GSM7.get(&(next & 0x7F))).copied()
            }),
            octet => GSM7.get(&octet).copied(),
        };
        text.push(read.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ch_11_160_cyrillic_letters_are_three_parts_of_134_134_and_52_octets() {
        let encoded = encode(&"ж".repeat(160), Alphabet::Gsm7);
        assert_eq!(encoded.data_coding, UCS2);
        assert_eq!(encoded.parts.iter().map(Vec::len).collect::<Vec<_>>(), [134, 134, 52]);
    }

    #[test]
    fn ch_11_the_default_alphabet_is_a_setting() {
        let text = "@£[x]";
        assert_eq!(
            encode(text, Alphabet::Gsm7),
            Encoded {
                data_coding: DEFAULT,
                parts: vec![vec![0x00, 0x01, 0x1B, 0x3C, 0x78, 0x1B, 0x3E]]
            }
        );
        assert_eq!(encode(text, Alphabet::Latin1).parts, [b"@\xA3[x]".to_vec()]);
        assert_eq!(encode("5 €", Alphabet::Latin1).data_coding, UCS2);
        assert_eq!(encode("5 €", Alphabet::Gsm7).data_coding, DEFAULT);
    }

    #[test]
    fn ch_11_every_data_coding_is_read() {
        for (coding, octets, expected) in [
            (0x00, &b"\x00\x1b\x65"[..], Some("@€")),
            (0x01, b"abc", Some("abc")),
            (0x03, b"caf\xe9", Some("café")),
            (0x05, b"\x83e\x83X\x83g", Some("テスト")),
            (0x06, b"\xbf\xe0\xd8", Some("При")),
            (0x08, b"\x04\x1f\x04\x40\x04\x38", Some("При")),
            (0x08, b"\xd8\x3d\xde\x00", Some("😀")),
            (0x08, b"\xd8\x3d\x00\x21", Some("\u{fffd}!")),
            (0x08, b"\x04\x1f\x04", Some("П")),
            (0x0E, b"\xb0\xa1", Some("가")),
            (0x18, b"\x04\x1f", Some("П")),
            (0x10, b"hi", Some("hi")),
            (0xF1, b"hi", Some("hi")),
            (0xE0, b"\x04\x1f", Some("П")),
            (0x02, b"\x00\x01", None),
            (0x04, b"\x00\x01", None),
            (0xF5, b"\x00\x01", None),
        ] {
            let read = Scheme::of(coding, Alphabet::Gsm7).read(octets);
            assert_eq!(read.as_deref(), expected, "data_coding {coding:#04x}");
        }
        assert_eq!(Scheme::of(0, Alphabet::Latin1).read(b"@").as_deref(), Some("@"));
        // An escape that says nothing, at the end and before an unknown septet.
        assert_eq!(read_gsm7(b"a\x1b"), "a\u{fffd}");
        assert_eq!(read_gsm7(b"\x1ba"), "a");
    }

    proptest! {
        #[test]
        fn ch_11_what_is_written_is_read_again(text in "[ -~а-яё€😀]{0,300}", latin: bool) {
            let alphabet = if latin { Alphabet::Latin1 } else { Alphabet::Gsm7 };
            let encoded = encode(&text, alphabet);
            let scheme = Scheme::of(encoded.data_coding, alphabet);
            let read: String =
                encoded.parts.iter().filter_map(|part| scheme.read(part)).collect();
            prop_assert_eq!(read, text);
        }

        #[test]
        fn ch_11_any_octets_under_any_coding_are_survived(coding: u8, octets: Vec<u8>) {
            let _ = Scheme::of(coding, Alphabet::Gsm7).read(&octets);
        }
    }
}
