//! The header at the beginning of a part (3GPP TS 23.040, 9.2.3.24).

use serde::{Deserialize, Serialize};

/// Which part of which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) reference: u16,
    pub(crate) total: u8,
    /// From 1.
    pub(crate) number: u8,
}

impl Part {
    /// A part that can be: senders' mistakes are messages of their own.
    pub(crate) fn of(reference: u16, total: u8, number: u8) -> Option<Self> {
        (total > 1 && (1..=total).contains(&number)).then_some(Self { reference, total, number })
    }
}

/// What a header says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) part: Option<Part>,
    /// For a program on the phone and not for a person: settings, a business card.
    pub(crate) port: Option<u16>,
}

const PART_8: u8 = 0x00;
const PART_16: u8 = 0x08;
const PORT_8: u8 = 0x04;
const PORT_16: u8 = 0x05;

/// Reads the header; gives it and the octets behind it. Broken headers are passed over as far as
/// their length can be believed.
pub(crate) fn read(octets: &[u8]) -> (Header, &[u8]) {
    let Some((length, rest)) = octets.split_first() else { return (Header::default(), octets) };
    let Some((mut elements, text)) = rest.split_at_checked(usize::from(*length)) else {
        return (Header::default(), octets);
    };
    let mut header = Header::default();
    while let [id, length, rest @ ..] = elements {
        let Some((value, further)) = rest.split_at_checked(usize::from(*length)) else { break };
        match (*id, value) {
            (PART_8, [reference, total, number]) => {
                header.part = Part::of(u16::from(*reference), *total, *number);
            }
            (PART_16, [high, low, total, number]) => {
                header.part = Part::of(u16::from_be_bytes([*high, *low]), *total, *number);
            }
            (PORT_8, [to, _]) => header.port = Some(u16::from(*to)),
            (PORT_16, [high, low, _, _]) => {
                header.port = Some(u16::from_be_bytes([*high, *low]));
            }
            _ => {}
        }
        elements = further;
    }
    (header, text)
}

/// The six octets before a part's text.
pub(crate) fn write(reference: u8, total: u8, number: u8) -> [u8; 6] {
    [5, PART_8, 3, reference, total, number]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ch_11_both_widths_of_the_reference_are_read() {
        let part = |reference| Some(Part { reference, total: 3, number: 2 });
        let (header, text) = read(&[5, 0, 3, 0x2A, 3, 2, b'h', b'i']);
        assert_eq!((header.part, text), (part(0x2A), &b"hi"[..]));
        let (header, text) = read(&[6, 8, 4, 0x12, 0x34, 3, 2, b'h']);
        assert_eq!((header.part, text), (part(0x1234), &b"h"[..]));
        // Behind another element (language, TS 23.040 9.2.3.24.15).
        let (header, _) = read(&[8, 0x25, 1, 1, 0, 3, 0x2A, 3, 2]);
        assert_eq!(header.part, part(0x2A));
        let (header, _) = read(&[6, 5, 4, 0x23, 0xF4, 0, 0]);
        assert_eq!(header.port, Some(0x23F4));
    }

    #[test]
    fn ch_11_impossible_parts_are_messages_of_their_own() {
        for (total, number) in [(0, 0), (1, 1), (2, 3), (2, 0)] {
            assert_eq!(read(&write(7, total, number)).0.part, None, "{number} of {total}");
        }
        assert_eq!(read(&[200, 1]), (Header::default(), &[200, 1][..]));
    }

    proptest! {
        #[test]
        fn ch_11_any_octets_are_survived(octets: Vec<u8>) {
            let _ = read(&octets);
        }
    }
}
