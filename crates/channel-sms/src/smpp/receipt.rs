//! Delivery receipts: by TLVs 0x001E and 0x0427 where they are there, else by the text that SMPP 3.4
//! shows in its appendix B and every SMSC writes a little differently.

use domain::delivery::DeliveryStatus;

/// How far a message got, by the SMSC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// On its way: scheduled, en route, accepted, or unknown to the SMSC itself.
    Going,
    Delivered,
    Expired,
    Deleted,
    Undeliverable,
    Rejected,
}

impl State {
    /// SMPP 3.4, 5.2.28; 9 is of SMPP 5.0.
    fn of_tlv(value: u8) -> Self {
        match value {
            2 => Self::Delivered,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 => Self::Undeliverable,
            8 | 9 => Self::Rejected,
            _ => Self::Going,
        }
    }

    fn of_text(word: &str) -> Self {
        match word.to_ascii_uppercase().as_str() {
            "DELIVRD" | "DELIVERED" => Self::Delivered,
            "EXPIRED" => Self::Expired,
            "DELETED" => Self::Deleted,
            "UNDELIV" | "UNDELIVERABLE" | "FAILED" => Self::Undeliverable,
            "REJECTD" | "REJECTED" => Self::Rejected,
            // ENROUTE, ACCEPTD, UNKNOWN, SCHEDULED and whatever a provider makes up.
            _ => Self::Going,
        }
    }

    /// What our message becomes; `None` while it is not decided.
    pub(crate) fn status(self) -> Option<DeliveryStatus> {
        match self {
            Self::Going => None,
            Self::Delivered => Some(DeliveryStatus::Delivered),
            Self::Expired | Self::Deleted | Self::Undeliverable | Self::Rejected => {
                Some(DeliveryStatus::Failed)
            }
        }
    }

    fn words(self) -> Option<&'static str> {
        match self {
            Self::Going | Self::Delivered => None,
            Self::Expired => {
                Some("Телефон был недоступен, срок доставки истёк (the phone was out of reach)")
            }
            Self::Deleted => Some("Оператор удалил сообщение (deleted by the operator)"),
            Self::Undeliverable => Some("Оператор не смог доставить (undeliverable)"),
            Self::Rejected => Some("Оператор отклонил сообщение (rejected by the operator)"),
        }
    }
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// As the SMSC writes it.
    pub(crate) id: String,
    pub(crate) state: State,
    /// The network's error, if any.
    pub(crate) error: Option<String>,
}

impl Receipt {
    /// Why it failed, for the operator.
    pub(crate) fn reason(&self) -> Option<String> {
        let words = self.state.words()?;
        Some(match &self.error {
            Some(error) => format!("{words}, err {error}"),
            None => words.to_owned(),
        })
    }
}

/// Reads a receipt; `None` where it names no message.
pub(crate) fn read(id: Option<&str>, state: Option<u8>, text: &str) -> Option<Receipt> {
    let id = id.map(str::trim).filter(|id| !id.is_empty()).or_else(|| field(text, "id"))?;
    let state = match state {
        Some(value) => State::of_tlv(value),
        None => field(text, "stat").map_or(State::Going, State::of_text),
    };
    let error = field(text, "err").filter(|e| e.chars().any(|c| c != '0')).map(str::to_owned);
    Some(Receipt { id: id.to_owned(), state, error })
}

/// Whether a text is a receipt's, whatever its message is marked as.
pub(crate) fn looks_like_one(text: &str) -> bool {
    field(text, "id").is_some() && field(text, "stat").is_some()
}

/// The word behind `name:`, with or without a space between. What stands behind `text:` is the
/// customer's message, in which anything may stand.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let Some((key, value)) = word.split_once(':') else { continue };
        if key.eq_ignore_ascii_case(name) {
            return if value.is_empty() { words.next() } else { Some(value) };
        }
        if key.eq_ignore_ascii_case("text") {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DELIVERED: &str = "id:7CF3A1 sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 \
                             stat:DELIVRD err:000 text:id:5 stat:EXPIRED";

    #[test]
    fn cv_7_a_receipt_by_text() {
        let receipt = read(None, None, DELIVERED).expect("a receipt");
        assert_eq!(
            (receipt.id.as_str(), receipt.state, receipt.error.as_deref()),
            ("7CF3A1", State::Delivered, None)
        );
        for (text, state, error) in [
            ("id:1 stat:EXPIRED err:027", State::Expired, Some("027")),
            ("ID: 1 Stat: UNDELIV Err: 1", State::Undeliverable, Some("1")),
            ("id:1 stat:REJECTD", State::Rejected, None),
            ("id:1 stat:DELETED", State::Deleted, None),
            ("id:1 stat:ENROUTE", State::Going, None),
            ("id:1 stat:ACCEPTD", State::Going, None),
            ("id:1 stat:UNKNOWN", State::Going, None),
            ("id:1", State::Going, None),
        ] {
            let receipt = read(None, None, text).expect("a receipt");
            assert_eq!((receipt.state, receipt.error.as_deref()), (state, error), "{text}");
        }
        assert_eq!(read(None, None, "спасибо"), None);
        assert_eq!(read(None, None, "text:id:5"), None);
    }

    #[test]
    fn cv_7_tlvs_come_before_the_text() {
        let receipt = read(Some("42"), Some(5), DELIVERED).expect("a receipt");
        assert_eq!((receipt.id.as_str(), receipt.state), ("42", State::Undeliverable));
        assert_eq!(read(Some("42"), Some(1), "").map(|r| r.state), Some(State::Going));
        assert_eq!(read(Some("42"), None, DELIVERED).map(|r| r.state), Some(State::Delivered));
    }

    #[test]
    fn cv_7_final_and_passing_states() {
        assert_eq!(State::Going.status(), None);
        assert_eq!(State::Delivered.status(), Some(DeliveryStatus::Delivered));
        for failed in [State::Expired, State::Deleted, State::Undeliverable, State::Rejected] {
            assert_eq!(failed.status(), Some(DeliveryStatus::Failed));
            let receipt = Receipt { id: "1".to_owned(), state: failed, error: None };
            assert!(receipt.reason().is_some(), "{failed:?} is explained");
        }
    }

    proptest! {
        #[test]
        fn cv_7_any_text_is_survived(text: String) {
            let _ = read(None, None, &text);
        }
    }
}
