//! Ids of messages in one form, so that a receipt finds what it tells of.

/// How an SMSC writes an id in its answer and in its receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdForm {
    Same,
    HexThenDecimal,
    DecimalThenHex,
}

impl IdForm {
    /// An id of a `submit_sm_resp`.
    pub(crate) fn of_answer(self, id: &str) -> String {
        match self {
            Self::Same => plain(id),
            Self::HexThenDecimal => number(id, 16),
            Self::DecimalThenHex => number(id, 10),
        }
    }

    /// An id of a receipt.
    pub(crate) fn of_receipt(self, id: &str) -> String {
        match self {
            Self::Same => plain(id),
            Self::HexThenDecimal => number(id, 10),
            Self::DecimalThenHex => number(id, 16),
        }
    }
}

/// Receipts pad numbers with zeros and change the case of hexadecimal ones.
fn plain(id: &str) -> String {
    let id = id.trim();
    let short = id.trim_start_matches('0');
    match short.is_empty() {
        true => id.to_owned(),
        false => short.to_ascii_lowercase(),
    }
}

/// As a decimal number; what is none stays as it is.
fn number(id: &str, radix: u32) -> String {
    u128::from_str_radix(id.trim(), radix).map_or_else(|_| plain(id), |n| n.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cv_7_ids_of_answers_and_receipts_meet() {
        for (form, answer, receipt) in [
            (IdForm::Same, "7CF3A1", "7cf3a1"),
            (IdForm::Same, "00123", "0000000123"),
            (IdForm::Same, "b7a6e0b2-8f5d", "b7a6e0b2-8f5d"),
            (IdForm::HexThenDecimal, "7CF3A1", "8188833"),
            (IdForm::HexThenDecimal, "007cf3a1", "0008188833"),
            (IdForm::DecimalThenHex, "8188833", "7CF3A1"),
            (IdForm::HexThenDecimal, "not-a-number", "not-a-number"),
        ] {
            assert_eq!(form.of_answer(answer), form.of_receipt(receipt), "{form:?} {answer}");
        }
        assert_ne!(IdForm::Same.of_answer("1"), IdForm::Same.of_answer("10"));
        assert_eq!(IdForm::Same.of_answer("0"), "0");
    }

    proptest! {
        #[test]
        fn cv_7_every_number_meets_itself(n: u64) {
            let (hex, decimal) = (format!("{n:X}"), n.to_string());
            prop_assert_eq!(
                IdForm::HexThenDecimal.of_answer(&hex),
                IdForm::HexThenDecimal.of_receipt(&decimal)
            );
            prop_assert_eq!(
                IdForm::DecimalThenHex.of_answer(&decimal),
                IdForm::DecimalThenHex.of_receipt(&hex)
            );
        }
    }
}
