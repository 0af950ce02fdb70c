//! What parameters say of an enquiry: AMO-6, AMO-8, AMO-9.

use super::*;

#[test]
fn amo_8_amo_9_each_parameter_has_its_value_in_the_companys_time() {
    let mut f = facts();
    f.contact.phones = strings(&[PHONE, "+79990001122"]);
    f.contact.fields = BTreeMap::from([("city".to_owned(), "Казань".to_owned())]);
    f.enquiry.employee = Some(oleg());
    f.enquiry.tags = strings(&["опт", "vip"]);
    for (param, expect) in [
        ("enquiry.number", "1204"),
        ("enquiry.kind", "чат"),
        ("enquiry.order", "первичное"),
        ("enquiry.link", "https://beseda.example.ru/desk/1204"),
        ("enquiry.date", "14.03.2026"),
        ("enquiry.time", "12:30"),
        ("enquiry.text", "Сколько стоит доставка?"),
        ("enquiry.tags", "опт, vip"),
        ("channel.id", "chn_00000000000000000000000000000001"),
        ("channel.kind", "Telegram-бот"),
        ("channel.name", "Бот продаж"),
        ("visit.site", "shop.example.ru"),
        ("visit.page", ""),
        ("visit.campaign", "Весна"),
        ("utm.source", "direct"),
        ("utm.term", ""),
        ("contact.name", "Анна"),
        ("contact.phone", PHONE),
        ("contact.email", ""),
        ("contact.username", "@anna"),
        ("contact.field.city", "Казань"),
        ("contact.field.street", ""),
        ("employee.name", "Олег"),
        ("employee.email", "oleg@example.ru"),
        ("company.name", "Ромашка"),
    ] {
        assert_eq!(param.parse::<Param>().unwrap().value(&f), expect, "{param}");
    }
}

#[test]
fn amo_7_amo_9_an_english_company_has_english_words_and_days_that_are_never_mistaken() {
    let f = story().english().facts;
    for (param, expect) in [
        ("enquiry.kind", "chat"),
        ("enquiry.order", "first"),
        ("enquiry.date", "2026-03-14"),
        ("enquiry.time", "09:30"),
        ("channel.kind", "Telegram bot"),
    ] {
        assert_eq!(param.parse::<Param>().unwrap().value(&f), expect, "{param}");
    }
    // A field of dates takes it.
    let day = Param::EnquiryDate.value(&f);
    let field = CrmField { kind: FieldKind::Date, ..directory().fields[0].clone() };
    let read = super::super::super::convert(
        super::super::super::CrmKind::Amo,
        &field,
        &day,
        f.company.time_zone,
    );
    assert!(matches!(read, super::super::super::Converted::Value(_)), "{read:?}");
}

#[test]
fn amo_6_filters_find_codes_and_words_and_each_of_several_values() {
    let mut f = facts();
    f.contact.phones = strings(&[PHONE, "+79990001122"]);
    f.enquiry.tags = strings(&["опт", "vip"]);
    for (param, value) in [
        ("enquiry.kind", "chat"),
        ("enquiry.kind", "Чат"),
        // A condition outlives a change of the company's language.
        ("channel.kind", "telegram bot"),
        ("enquiry.order", "first"),
        ("enquiry.order", "первичное"),
        ("channel.kind", "telegram_bot"),
        ("channel.kind", "Telegram-бот"),
        ("contact.phone", "+79990001122"),
        ("enquiry.tags", "VIP"),
    ] {
        let param = param.parse().unwrap();
        let values = strings(&[value]);
        assert!(Filter::Param { param, by: Operator::Equals, values }.holds(&f), "{value}");
    }
}

#[test]
fn amo_6_the_part_that_decided_is_named() {
    let f = facts();
    let yes = || site(&["shop.example.ru"]);
    let no = || site(&["other.example.ru"]);
    for (filter, holds, parts) in [
        (Filter::All { of: vec![yes(), yes()] }, true, 2),
        (Filter::All { of: vec![yes(), no(), no()] }, false, 1),
        (Filter::Any { of: vec![no(), yes(), yes()] }, true, 1),
        (Filter::Any { of: vec![no(), no()] }, false, 2),
        (Filter::Not { of: vec![no(), no()] }, true, 2),
        (Filter::Not { of: vec![no(), yes()] }, false, 1),
        (Filter::All { of: vec![yes(), Filter::Any { of: vec![no(), no()] }] }, false, 2),
        // Groups in groups.
        (Filter::Any { of: vec![no(), Filter::All { of: vec![yes(), yes()] }] }, true, 2),
        (Filter::Not { of: vec![Filter::All { of: vec![yes(), no()] }] }, true, 1),
        (Filter::All { of: vec![Filter::Not { of: vec![yes()] }, yes()] }, false, 1),
        // Empty ones are as in logic.
        (Filter::All { of: vec![] }, true, 0),
        (Filter::Any { of: vec![] }, false, 0),
        (Filter::Not { of: vec![] }, true, 0),
        (Filter::All { of: vec![yes(), Filter::Any { of: vec![] }] }, false, 0),
    ] {
        let judged = filter.judge(&f);
        assert_eq!((judged.holds, judged.because.len()), (holds, parts), "{filter:?}");
    }
    let by = Operator::Empty;
    let empty = Filter::Param { param: Param::Page, by, values: Vec::new() }.judge(&f);
    assert_eq!(empty.because[0].name.en, "Page is not known");
    assert_eq!(empty.because[0].value, "—");
}

#[test]
fn amo_6_what_decided_is_told_by_names_and_not_by_codes() {
    let f = facts();
    let own = f.enquiry.channel.id.to_string();
    let name = &f.enquiry.channel.name;
    let told = |param: &str, values: &[&str]| {
        let (param, values) = (param.parse().unwrap(), strings(values));
        let judged = Filter::Param { param, by: Operator::Equals, values }.judge(&f);
        format!("{}: {}", judged.because[0].name.ru, judged.because[0].value)
    };
    let other = "chn_01999999999970008000000000000001";
    assert_eq!(
        told("channel.id", &[&own, other, other]),
        format!("Канал = «{name}» или «другой канал»: {name}")
    );
    assert_eq!(
        told("channel.kind", &["telegram_bot"]),
        "Тип канала = «Telegram-бот»: Telegram-бот"
    );
    assert_eq!(told("enquiry.kind", &["request"]), "Вид обращения = «заявка»: чат");
    assert_eq!(
        told("enquiry.order", &["first"]),
        "Первичное или повторное = «первичное»: первичное"
    );
    assert_eq!(told("visit.site", &[" shop.ru "]).split(':').next(), Some("Сайт = «shop.ru»"));
}
