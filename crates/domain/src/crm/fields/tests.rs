use chrono_tz::{America::Sao_Paulo, Europe::Moscow};
use serde_json::json;

use super::*;
use crate::crm::Entity;

fn field(kind: FieldKind) -> CrmField {
    CrmField {
        id: "31".into(),
        of: Entity::Deal,
        name: "Поле".into(),
        code: None,
        kind,
        choices: Vec::new(),
        read_only: false,
    }
}

fn with_choices(kind: FieldKind, choices: &[(&str, &str)]) -> CrmField {
    let choice =
        |(id, value): &(&str, &str)| FieldChoice { id: (*id).into(), value: (*value).into() };
    CrmField { choices: choices.iter().map(choice).collect(), ..field(kind) }
}

fn coded(code: &str) -> CrmField {
    CrmField { code: Some(code.into()), ..field(FieldKind::Multitext) }
}

fn own(kind: FieldKind) -> CrmField {
    CrmField { id: "ufCrm_1713790573".into(), ..field(kind) }
}

#[track_caller]
fn amo(field: &CrmField, text: &str, values: Value) {
    assert_eq!(convert(CrmKind::Amo, field, text, Moscow), Converted::Value(values), "{text}");
}

#[track_caller]
fn bitrix(field: &CrmField, text: &str, value: Value) {
    assert_eq!(convert(CrmKind::Bitrix, field, text, Moscow), Converted::Value(value), "{text}");
}

#[track_caller]
fn misfit_of(field: &CrmField, text: &str) -> Words {
    match convert(CrmKind::Amo, field, text, Moscow) {
        Converted::Misfit(words) => words,
        other => panic!("{text} became {other:?}"),
    }
}

#[test]
fn amo_8_a_text_is_written_as_it_is() {
    for kind in [FieldKind::Text, FieldKind::Textarea, FieldKind::Tracking] {
        amo(&field(kind), " yandex ", json!([{ "value": "yandex" }]));
    }
    bitrix(&own(FieldKind::Text), "yandex", json!("yandex"));
}

#[test]
fn amo_8_an_empty_value_writes_nothing() {
    for kind in [FieldKind::Text, FieldKind::Date, FieldKind::Other] {
        assert_eq!(convert(CrmKind::Amo, &field(kind), " \n ", Moscow), Converted::Empty);
    }
}

#[test]
fn by_3_a_number_may_have_spaces_and_a_comma() {
    let cases = [
        ("12", "12"),
        ("1 234,50", "1234.5"),
        ("1\u{a0}234", "1234"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234,567", "1234567"),
        ("-0,25", "-0.25"),
        ("−7", "-7"),
        ("+7", "7"),
        ("007", "7"),
        ("-0", "0"),
    ];
    for (text, number) in cases {
        amo(&field(FieldKind::Numeric), text, json!([{ "value": number }]));
    }
    bitrix(&own(FieldKind::Numeric), "1 234,50", json!(1234.5));
    bitrix(&own(FieldKind::Numeric), "12", json!(12));
    for text in ["много", "12 шт", "1.2,3.4,5", "--1", ",", "1e5"] {
        misfit_of(&field(FieldKind::Numeric), text);
    }
}

#[test]
fn by_3_money_may_name_its_currency() {
    for text in ["1 500", "1500 ₽", "1 500 руб.", "1500,00 рублей", "₽1500"] {
        amo(&field(FieldKind::Monetary), text, json!([{ "value": "1500" }]));
        bitrix(&own(FieldKind::Monetary), text, json!("1500|RUB"));
    }
    bitrix(&own(FieldKind::Monetary), "$12.5", json!("12.5|USD"));
    bitrix(&own(FieldKind::Monetary), "12|EUR", json!("12|EUR"));
    misfit_of(&field(FieldKind::Monetary), "договорная");
}

#[test]
fn by_3_a_checkbox_takes_yes_and_no_in_both_languages() {
    for (text, flag) in [("Да", true), ("yes", true), ("1", true), ("НЕТ", false), ("0", false)]
    {
        amo(&field(FieldKind::Checkbox), text, json!([{ "value": flag }]));
        bitrix(&own(FieldKind::Checkbox), text, json!(i32::from(flag)));
    }
    let of_the_crm = CrmField { id: "opened".into(), ..field(FieldKind::Checkbox) };
    bitrix(&of_the_crm, "да", json!("Y"));
    bitrix(&of_the_crm, "нет", json!("N"));
    misfit_of(&field(FieldKind::Checkbox), "может быть");
}

#[test]
fn by_3_a_choice_is_found_without_regard_to_case_and_yo() {
    for kind in [FieldKind::Select, FieldKind::Radio] {
        let field = with_choices(kind, &[("71", "Тёплый"), ("72", "Холодный")]);
        amo(&field, "ТЕПЛЫЙ", json!([{ "enum_id": 71 }]));
        bitrix(&field, " холодный ", json!(72));
        let words = misfit_of(&field, "кипящий");
        assert!(words.ru.contains("«Тёплый», «Холодный»"), "{}", words.ru);
        assert!(words.ru.contains("кипящий"), "{}", words.ru);
    }
}

#[test]
fn by_3_a_list_takes_several_choices() {
    let field = with_choices(
        FieldKind::Multiselect,
        &[("1", "Окна"), ("2", "Двери"), ("3", "Балконы, лоджии")],
    );
    amo(&field, "двери; окна,Двери", json!([{ "enum_id": 2 }, { "enum_id": 1 }]));
    amo(&field, "балконы,  лоджии", json!([{ "enum_id": 3 }]));
    bitrix(&field, "окна, двери", json!([1, 2]));
    misfit_of(&field, "окна, крыши");
    misfit_of(&field, ",");
}

#[test]
fn by_3_a_day_is_read_in_the_companys_zone() {
    // 2026-11-22T12:00:00+03:00: at midnight it would be the day before for an account to the west.
    for kind in [FieldKind::Date, FieldKind::Birthday] {
        for text in ["2026-11-22", "22.11.2026", "22/11/2026", "22.11.2026 14:05"] {
            amo(&field(kind), text, json!([{ "value": 1_795_338_000 }]));
            bitrix(&own(kind), text, json!("2026-11-22"));
        }
    }
    // The evening in UTC is already tomorrow in Moscow.
    bitrix(&own(FieldKind::Date), "2026-11-21T22:00:00Z", json!("2026-11-22"));
    amo(&field(FieldKind::Birthday), "01.02.1960", json!([{ "value": -312_908_400 }]));
    for text in ["31.02.2026", "завтра", "22.11.26", "22.11", "01.01.0001"] {
        misfit_of(&field(FieldKind::Date), text);
    }
}

/// amoCRM cuts a day's seconds to the day in the account's own zone.
#[test]
fn by_3_a_day_is_the_same_day_in_an_account_of_another_zone() {
    use chrono::{TimeZone, Utc};
    use chrono_tz::Asia::Vladivostok;
    for company in [Moscow, Vladivostok, Sao_Paulo] {
        for account in [Moscow, Vladivostok, chrono_tz::UTC] {
            let text = "14.03.2026";
            let converted = convert(CrmKind::Amo, &field(FieldKind::Date), text, company);
            let Converted::Value(value) = converted else { panic!("{converted:?}") };
            let seconds = value[0]["value"].as_i64().unwrap();
            let there = Utc.timestamp_opt(seconds, 0).unwrap().with_timezone(&account);
            let apart = (company, account) == (Sao_Paulo, Vladivostok);
            assert_eq!(there.format("%d.%m.%Y").to_string() == text, !apart, "{company} {account}");
        }
    }
}

#[test]
fn by_3_a_moment_keeps_its_time() {
    let texts =
        ["2026-11-22 14:05", "22.11.2026, 14:05", "2026-11-22T14:05:00", "2026-11-22T11:05:00Z"];
    for text in texts {
        amo(&field(FieldKind::DateTime), text, json!([{ "value": 1_795_345_500 }]));
        bitrix(&own(FieldKind::DateTime), text, json!("2026-11-22T14:05:00+03:00"));
    }
    misfit_of(&field(FieldKind::DateTime), "22.11.2026 25:00");
}

#[test]
fn by_3_a_day_that_begins_at_one_o_clock_is_that_day() {
    // The clocks of São Paulo jumped over midnight on 4 November 2018.
    let converted = convert(CrmKind::Bitrix, &own(FieldKind::Date), "04.11.2018", Sao_Paulo);
    assert_eq!(converted, Converted::Value(json!("2018-11-04")));
}

#[test]
fn by_3_a_link_must_be_of_the_web() {
    let url = field(FieldKind::Url);
    amo(&url, "https://shop.example/a?b=1", json!([{ "value": "https://shop.example/a?b=1" }]));
    bitrix(&own(FieldKind::Url), "http://shop.example", json!("http://shop.example"));
    for text in ["shop.example", "ftp://shop.example", "javascript:alert(1)", "https://"] {
        misfit_of(&url, text);
    }
}

#[test]
fn by_3_phones_and_addresses_have_a_label() {
    amo(
        &coded("PHONE"),
        "8 (916) 123-45-67",
        json!([{ "value": "+79161234567", "enum_code": "WORK" }]),
    );
    amo(
        &coded("EMAIL"),
        "Anna@Shop.example; b@shop.example",
        json!([
            { "value": "anna@shop.example", "enum_code": "WORK" },
            { "value": "b@shop.example", "enum_code": "WORK" }
        ]),
    );
    bitrix(
        &coded("PHONE"),
        "+79161234567",
        json!([{ "typeId": "PHONE", "valueType": "WORK", "value": "+79161234567" }]),
    );
    misfit_of(&coded("PHONE"), "нет телефона");
    misfit_of(&coded("EMAIL"), "anna");
    let messengers = CrmField {
        code: Some("IM".into()),
        ..with_choices(FieldKind::Multitext, &[("1", "SKYPE"), ("2", "OTHER")])
    };
    amo(&messengers, "anna_1", json!([{ "value": "anna_1", "enum_code": "SKYPE" }]));
}

#[test]
fn by_3_an_address_is_one_line_of_it() {
    amo(&field(FieldKind::Address), "Тверская, 1", json!([{ "value": "Тверская, 1" }]));
    let smart = with_choices(
        FieldKind::Address,
        &[("2", "city"), ("1", "address_line_1"), ("3", "country")],
    );
    amo(&smart, "Тверская, 1", json!([{ "value": "Тверская, 1", "enum_code": "address_line_1" }]));
    bitrix(&smart, "Тверская, 1", json!("Тверская, 1"));
}

#[test]
fn by_3_what_cannot_be_text_advises_a_text_field() {
    let words = misfit_of(&field(FieldKind::Other), "файл");
    assert!(words.ru.contains("поле типа «Текст»"), "{}", words.ru);
    assert!(words.en.contains("a field of the type “Text”"), "{}", words.en);
}

#[test]
fn by_3_a_computed_field_is_never_written() {
    let computed = CrmField { read_only: true, ..field(FieldKind::Text) };
    assert!(misfit_of(&computed, "текст").ru.contains("нельзя заполнить"));
}
