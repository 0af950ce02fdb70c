//! Fields of the CRM filled with parameters of the enquiry (AMO-8, B24-12, BY-3).

use super::{
    Because, Converted, CrmKind, Entity, Facts, FieldKind, FieldPair, FieldValue, convert,
};
use crate::text::shortened;

/// Of a value that did not fit, in the log.
const SHOWN: usize = 200;

/// Values for the fields that have one, and why others are left out. An empty value writes nothing, so
/// that it never wipes what a person typed.
pub fn mapped(
    crm: CrmKind,
    of: Entity,
    pairs: &[FieldPair],
    facts: &Facts,
) -> (Vec<FieldValue>, Vec<Because>) {
    let (mut values, mut left_out) = (Vec::<FieldValue>::new(), Vec::new());
    for pair in pairs {
        let text = pair.from.value(facts);
        let title = pair.from.title();
        if text.trim().is_empty() || values.iter().any(|known| known.field == pair.field) {
            continue;
        }
        let field = facts.directory.field(of, &pair.field);
        let Some(field) = field.filter(|f| !f.read_only && f.kind != FieldKind::Other) else {
            let shown = field.map_or_else(|| pair.field.to_string(), |f| f.name.clone());
            let because = match field {
                None => Because::new(
                    "AMO-8",
                    "field_gone",
                    "Поля из настроек нет в CRM, остальные поля записаны.",
                    "The field in the settings is not in the CRM; the other fields are written.",
                ),
                Some(_) => Because::new(
                    "AMO-8",
                    "field_not_writable",
                    "Это поле CRM нельзя заполнять из интеграции, остальные поля записаны.",
                    "An integration cannot fill this field; the other fields are written.",
                ),
            };
            left_out.push(because.with("Поле CRM", "CRM field", shown).mended_in("fields"));
            continue;
        };
        match convert(crm, field, &text, facts.company.time_zone) {
            Converted::Value(value) => {
                values.push(FieldValue { field: pair.field.clone(), value });
            }
            Converted::Empty => {}
            Converted::Misfit(words) => left_out.push(
                Because::new("BY-3", "field_misfit", words.ru, words.en)
                    .with("Поле CRM", "CRM field", &field.name)
                    .with(&title.ru, &title.en, shortened(&text, SHOWN)),
            ),
        }
    }
    (values, left_out)
}
