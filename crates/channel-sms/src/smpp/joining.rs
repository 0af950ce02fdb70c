//! Long messages put together from their parts, which come in any order and over restarts.

use std::collections::BTreeMap;

use domain::clock::Instant;
use serde::{Deserialize, Serialize};

use super::{
    address::Address,
    coding::{Alphabet, Scheme},
    udh::Part,
};

/// Messages begun at once. Over that the oldest is shown as it is.
const MOST_BEGUN: usize = 200;

/// Octets of all their parts: the state is written with each message. A text of 255 parts has 36 KB.
const MOST_OCTETS: usize = 512 << 10;

/// Messages that are not whole yet; kept in the channel's state.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Joining {
    begun: Vec<Begun>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Begun {
    id: String,
    ton: u8,
    from: String,
    to: String,
    reference: u16,
    total: u8,
    at: Instant,
    pieces: BTreeMap<u8, Piece>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Piece {
    coding: u8,
    #[serde(with = "hex::serde")]
    octets: Vec<u8>,
}

/// A part as it came.
#[derive(Debug, Clone)]
pub(crate) struct Arrival<'a> {
    /// The message's id, if this is its first part.
    pub(crate) id: String,
    pub(crate) from: &'a Address,
    pub(crate) to: &'a str,
    pub(crate) part: Part,
    pub(crate) coding: u8,
    pub(crate) octets: &'a [u8],
    pub(crate) at: Instant,
}

/// A message that is whole, or as whole as it will get.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Joined {
    pub(crate) id: String,
    pub(crate) from: Address,
    pub(crate) at: Instant,
    /// `None` where its parts are no text.
    pub(crate) text: Option<String>,
}

impl Joining {
    /// Takes a part. What comes of it: nothing, the whole, or a message that this one displaced.
    pub(crate) fn take(&mut self, arrival: Arrival<'_>, alphabet: Alphabet) -> Vec<Joined> {
        let mut joined = Vec::new();
        let piece = Piece { coding: arrival.coding, octets: arrival.octets.to_vec() };
        let number = arrival.part.number;
        let place = self.begun.iter().position(|b| b.is_of(&arrival));
        let place = match place.and_then(|p| Some((p, self.begun.get(p)?.pieces.get(&number)?))) {
            // The same part again.
            Some((_, known)) if *known == piece => return joined,
            // The sender's count went around: a message that lost its parts, and a new one.
            Some((former, _)) => {
                joined.push(self.begun.remove(former).shown(alphabet));
                None
            }
            None => place,
        };
        let place = place.unwrap_or_else(|| {
            self.begun.push(Begun::with(&arrival));
            self.begun.len() - 1
        });
        if let Some(begun) = self.begun.get_mut(place) {
            begun.pieces.insert(number, piece);
            if begun.pieces.len() == usize::from(begun.total) {
                joined.push(self.begun.remove(place).shown(alphabet));
            }
        }
        while self.begun.len() > MOST_BEGUN || self.octets() > MOST_OCTETS {
            joined.push(self.begun.remove(0).shown(alphabet));
        }
        joined
    }

    fn octets(&self) -> usize {
        self.begun.iter().flat_map(|b| b.pieces.values()).map(|piece| piece.octets.len()).sum()
    }

    /// Messages begun before a moment, with a note of what is missing.
    pub(crate) fn give_up(&mut self, before: Instant, alphabet: Alphabet) -> Vec<Joined> {
        let (late, waiting) =
            std::mem::take(&mut self.begun).into_iter().partition(|b| b.at < before);
        self.begun = waiting;
        let late: Vec<Begun> = late;
        late.into_iter().map(|b| b.shown(alphabet)).collect()
    }
}

impl Begun {
    fn with(arrival: &Arrival<'_>) -> Self {
        Self {
            id: arrival.id.clone(),
            ton: arrival.from.ton,
            from: arrival.from.value.clone(),
            to: arrival.to.to_owned(),
            reference: arrival.part.reference,
            total: arrival.part.total,
            at: arrival.at,
            pieces: BTreeMap::new(),
        }
    }

    fn is_of(&self, arrival: &Arrival<'_>) -> bool {
        self.from == arrival.from.value
            && self.to == arrival.to
            && self.reference == arrival.part.reference
            && self.total == arrival.part.total
    }

    fn shown(self, alphabet: Alphabet) -> Joined {
        let text = self.text(alphabet);
        let from = Address { ton: self.ton, npi: 0, value: self.from };
        Joined { id: self.id, from, at: self.at, text }
    }

    /// Octets of one coding are read together: senders cut pairs of UTF-16 and escapes in two.
    fn text(&self, alphabet: Alphabet) -> Option<String> {
        let mut text = String::new();
        let mut run: Option<(u8, Vec<u8>)> = None;
        let close = |run: &mut Option<(u8, Vec<u8>)>, text: &mut String| {
            if let Some((coding, octets)) = run.take() {
                text.push_str(&Scheme::of(coding, alphabet).read(&octets)?);
            }
            Some(())
        };
        for number in 1..=self.total {
            match (self.pieces.get(&number), &mut run) {
                (Some(piece), Some((coding, octets))) if *coding == piece.coding => {
                    octets.extend_from_slice(&piece.octets);
                }
                (Some(piece), run) => {
                    close(run, &mut text)?;
                    *run = Some((piece.coding, piece.octets.clone()));
                }
                (None, run) => {
                    close(run, &mut text)?;
                    text.push_str(&format!(" […часть {number} из {} не пришла…] ", self.total));
                }
            }
        }
        close(&mut run, &mut text)?;
        Some(text.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::smpp::coding::{Encoded, encode};

    fn at(seconds: i64) -> Instant {
        Instant::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
    }

    fn someone() -> Address {
        Address { ton: 1, npi: 1, value: "79161234567".to_owned() }
    }

    fn arrival<'a>(
        from: &'a Address,
        part: (u16, u8, u8),
        coding: u8,
        octets: &'a [u8],
    ) -> Arrival<'a> {
        let (reference, total, number) = part;
        Arrival {
            id: format!("first-{number}"),
            from,
            to: "7900",
            part: Part { reference, total, number },
            coding,
            octets,
            at: at(i64::from(number)),
        }
    }

    fn again(joining: &Joining) -> Joining {
        let kept = serde_json::to_value(joining).expect("it is kept");
        serde_json::from_value(kept).expect("it is read again")
    }

    #[test]
    fn ch_11_parts_are_joined_in_any_order_and_over_restarts() {
        let from = someone();
        let text = "Здравствуйте, ".repeat(12);
        let Encoded { data_coding, parts } = encode(&text, Alphabet::Gsm7);
        assert_eq!(parts.len(), 3);
        let mut joining = Joining::default();
        for (number, octets) in [(3, &parts[2]), (1, &parts[0]), (3, &parts[2])] {
            let came = arrival(&from, (7, 3, number), data_coding, octets);
            assert_eq!(joining.take(came, Alphabet::Gsm7), []);
            joining = again(&joining);
        }
        let last = arrival(&from, (7, 3, 2), data_coding, &parts[1]);
        let joined = joining.take(last, Alphabet::Gsm7);
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].text.as_deref(), Some(text.trim()));
        assert_eq!((joined[0].id.as_str(), joined[0].at), ("first-3", at(3)));
        assert_eq!(joining, Joining::default());
    }

    #[test]
    fn ch_11_parts_of_other_messages_are_kept_apart() {
        let (one, two) = (someone(), Address { value: "79160000000".to_owned(), ..someone() });
        let mut joining = Joining::default();
        for (from, reference) in [(&one, 1), (&two, 1), (&one, 2)] {
            let came = arrival(from, (reference, 2, 1), 0, b"a");
            assert_eq!(joining.take(came, Alphabet::Gsm7), []);
        }
        let joined = joining.take(arrival(&two, (1, 2, 2), 0, b"b"), Alphabet::Gsm7);
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].from.value, two.value);
    }

    #[test]
    fn ch_11_a_missing_part_is_told_after_hours() {
        let from = someone();
        let mut joining = Joining::default();
        joining.take(arrival(&from, (7, 3, 1), 0, b"one"), Alphabet::Gsm7);
        joining.take(arrival(&from, (7, 3, 3), 0, b"three"), Alphabet::Gsm7);
        assert_eq!(joining.give_up(at(1), Alphabet::Gsm7), []);
        let shown = joining.give_up(at(100), Alphabet::Gsm7);
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].text.as_deref(), Some("one […часть 2 из 3 не пришла…] three"));
        assert_eq!(joining, Joining::default());
    }

    #[test]
    fn ch_11_a_count_that_went_around_begins_a_new_message() {
        let from = someone();
        let mut joining = Joining::default();
        joining.take(arrival(&from, (7, 2, 1), 0, b"old"), Alphabet::Gsm7);
        let shown = joining.take(arrival(&from, (7, 2, 1), 0, b"new"), Alphabet::Gsm7);
        assert_eq!(shown[0].text.as_deref(), Some("old […часть 2 из 2 не пришла…]"));
        let shown = joining.take(arrival(&from, (7, 2, 2), 0, b"er"), Alphabet::Gsm7);
        assert_eq!(shown[0].text.as_deref(), Some("newer"));
    }

    #[test]
    fn ch_11_a_pair_cut_by_the_sender_is_whole_again() {
        let from = someone();
        let mut joining = Joining::default();
        joining.take(arrival(&from, (7, 2, 1), 8, &[0xD8, 0x3D]), Alphabet::Gsm7);
        let shown = joining.take(arrival(&from, (7, 2, 2), 8, &[0xDE, 0x00]), Alphabet::Gsm7);
        assert_eq!(shown[0].text.as_deref(), Some("😀"));
    }

    #[test]
    fn ch_11_what_waits_is_bounded() {
        let from = someone();
        let mut joining = Joining::default();
        let mut shown = 0;
        for reference in 0..1000 {
            shown += joining.take(arrival(&from, (reference, 2, 1), 0, b"a"), Alphabet::Gsm7).len();
        }
        assert_eq!((shown, joining.begun.len()), (800, 200));
        let large = vec![b'a'; 60_000];
        for reference in 2000..2020 {
            joining.take(arrival(&from, (reference, 2, 1), 0, &large), Alphabet::Gsm7);
        }
        assert!((1..=MOST_OCTETS).contains(&joining.octets()), "{}", joining.octets());
    }

    proptest! {
        #[test]
        fn ch_11_every_order_gives_the_same_text(
            text in "[а-я😀a-z ]{140,700}",
            order in proptest::collection::vec(0usize..1000, 12),
        ) {
            let from = someone();
            let Encoded { data_coding, parts } = encode(&text, Alphabet::Gsm7);
            let total = u8::try_from(parts.len()).expect("few");
            prop_assume!(total > 1);
            let mut numbers: Vec<u8> = (1..=total).collect();
            for (n, key) in order.iter().enumerate() {
                let length = numbers.len();
                numbers.swap(n % length, key % length);
            }
            let mut joining = Joining::default();
            let mut shown = Vec::new();
            for number in numbers {
                let octets = &parts[usize::from(number) - 1];
                let came = arrival(&from, (9, total, number), data_coding, octets);
                shown.extend(joining.take(came, Alphabet::Gsm7));
            }
            prop_assert_eq!(shown.len(), 1);
            prop_assert_eq!(shown[0].text.as_deref(), Some(text.trim()));
        }
    }
}
