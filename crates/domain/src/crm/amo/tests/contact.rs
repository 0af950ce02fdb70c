//! The contact: CRM-1, CRM-2, AMO-9, WA-6.

use super::*;

fn contact_of(story: &Story) -> super::super::super::ContactDraft {
    match story.action("create_contact") {
        Action::CreateContact(draft) => draft,
        other => panic!("{other:?}"),
    }
}

#[test]
fn crm_2_a_new_client_without_phone_is_made_without_a_search() {
    let story = story();
    assert_eq!(story.does(), strings(&["create_contact", "create_deal"]));
    let draft = contact_of(&story);
    assert_eq!(draft.name, "Анна");
    assert_eq!(draft.created_at, noon());
}

#[test]
fn amo_9_somebody_of_whom_nothing_is_known_still_has_a_name() {
    for (name, username, phone, expect) in [
        ("", "@anna", "", "@anna"),
        ("", "", PHONE, PHONE),
        ("", "", "", "Клиент №1204"),
        ("  ", " ", "", "Клиент №1204"),
    ] {
        let story = story().told(nobody()).given(|f| {
            f.contact.name = name.to_owned();
            f.contact.username = username.to_owned();
            f.contact.phones =
                Some(phone).filter(|p| !p.is_empty()).map(String::from).into_iter().collect();
        });
        assert_eq!(contact_of(&story).name, expect);
    }
}

#[test]
fn crm_1_a_client_with_a_phone_is_looked_for_and_used() {
    let story = story().phone();
    let asked = Question::FindContact { phones: vec![PHONE.to_owned()], emails: Vec::new() };
    assert_eq!(story.question(), Some(asked));
    let none = story.told(nobody());
    assert_eq!(none.reasons(), strings(&["contact_not_found", "first_enquiry"]));
    let known = none.told(Answer::Contacts(vec![found("777", &[]), found("778", &[])]));
    assert_eq!(known.does(), strings(&["use_contact", "create_deal"]));
    assert!(
        matches!(known.action("use_contact"), Action::UseContact { contact, .. } if contact.as_str() == "777")
    );
}

#[test]
fn crm_1_each_switch_of_the_channel_does_its_part() {
    for (create_contact, create_deal, found_there, expect, left) in [
        (true, true, false, &["create_contact", "create_deal"][..], &[][..]),
        (false, true, false, &["create_deal"], &["contact_creation_off"]),
        (true, false, false, &["create_contact"], &["deal_creation_off"]),
        (false, false, false, &[], &["contact_creation_off", "deal_creation_off"]),
        (false, true, true, &["use_contact", "create_deal"], &[]),
        (true, false, true, &["use_contact"], &["deal_creation_off"]),
    ] {
        let answer = if found_there { vec![found("777", &[])] } else { Vec::new() };
        let story = story().phone().told(Answer::Contacts(answer)).rule(|rule| {
            rule.create_contact = create_contact;
            rule.create_deal = create_deal;
        });
        assert_eq!(story.does(), strings(expect), "{create_contact} {create_deal}");
        assert_eq!(story.left_out(), strings(left), "{create_contact} {create_deal}");
    }
}

#[test]
fn crm_6_the_search_switched_off_is_told_as_a_source_of_duplicates() {
    let story = story().phone().rule(|rule| rule.find_existing = false);
    assert_eq!(story.reasons(), strings(&["contact_not_searched", "first_enquiry"]));
    assert_eq!(story.why_not("search_off").mend.as_deref(), Some("channels"));
}

#[test]
fn crm_1_what_became_known_is_added_and_never_a_name() {
    let email = || "anna@example.ru".to_owned();
    let story = story().phone().told(Answer::Contacts(vec![found("777", &[])])).given(|f| {
        f.contact.phones.push("+79990001122".to_owned());
        f.contact.emails = vec![email()];
    });
    assert_eq!(story.does(), strings(&["use_contact", "create_deal"]));
    let story = story.rule(|rule| rule.update_contact = true);
    assert_eq!(story.does(), strings(&["use_contact", "update_contact", "create_deal"]));
    let Action::UpdateContact { contact, add_phones, add_emails, replace_8, .. } =
        story.action("update_contact")
    else {
        panic!()
    };
    assert_eq!(contact, Ref::Id("777".into()));
    // 8 (916) 123-45-67 is there already.
    assert_eq!(add_phones, strings(&["+79990001122"]));
    assert_eq!(add_emails, vec![email()]);
    assert!(!replace_8);
}

#[test]
fn crm_1_a_phone_learnt_later_goes_to_the_linked_contact_by_the_switch() {
    let later = || {
        story().phone().in_deal(EntityState::Open).given(|f| {
            f.occasion = Occasion { contact_changed: true, ..Occasion::default() };
        })
    };
    assert_eq!(later().does(), strings(&[]));
    assert_eq!(later().left_out(), strings(&["contact_update_off"]));
    let on = later().rule(|rule| rule.update_contact = true);
    assert_eq!(on.question(), None);
    assert_eq!(on.does(), strings(&["update_contact"]));
}

#[test]
fn wa_6_a_number_with_8_is_rewritten_at_the_first_inbound_message() {
    let chats = |s: &mut AmoSettings| {
        s.chats = Some(super::super::super::ChatSettings { replace_8: true, ..Default::default() });
    };
    let story = story().phone().told(Answer::Contacts(vec![found("777", &[])])).set(chats);
    assert_eq!(story.reasons(), strings(&["contact_found", "replace_8", "no_open_deal_in_funnel"]));
    let with = |phone: &str| {
        let mut contact = found("777", &[]);
        contact.phones = vec![phone.to_owned()];
        Answer::Contacts(vec![contact])
    };
    for (what, story) in [
        ("already +7", super::story().phone().set(chats).told(with(PHONE))),
        ("a foreign number", super::story().phone().set(chats).told(with("+84912345678"))),
        (
            "a repeat enquiry",
            super::story()
                .phone()
                .told(Answer::Contacts(vec![found("777", &[])]))
                .set(chats)
                .given(|f| f.enquiry.order = EnquiryOrder::Repeat),
        ),
        (
            "we wrote first",
            super::story()
                .phone()
                .told(Answer::Contacts(vec![found("777", &[])]))
                .set(chats)
                .given(|f| {
                    f.occasion.lines = vec![outbound(1)];
                    f.occasion.first_inbound = false;
                }),
        ),
    ] {
        assert_eq!(story.does(), strings(&["use_contact", "create_deal"]), "{what}");
    }
    // We wrote first, and now the client does.
    let answer = super::story().phone().in_deal(EntityState::Open).set(chats);
    assert_eq!(answer.reasons(), strings(&["replace_8"]));
    let later = answer.given(|f| f.occasion.first_inbound = false);
    assert_eq!(later.does(), strings(&[]));
}

#[test]
fn crm_1_of_several_contacts_the_first_is_used_and_their_number_is_told() {
    let answer = |ids: &[&str]| Answer::Contacts(ids.iter().map(|id| found(id, &[])).collect());
    let told = |story: &Story| {
        let facts = story.plan().steps[0].because.facts.clone();
        facts.into_iter().find(|fact| fact.name.en == "Contacts found").map(|fact| fact.value)
    };
    let story = story().phone().told(answer(&["777", "778", "779"]));
    assert!(matches!(story.action("use_contact"),
        Action::UseContact { contact, .. } if contact.as_str() == "777"));
    assert_eq!(told(&story).as_deref(), Some("3"));
    assert_eq!(told(&story.told(answer(&["777"]))), None);
}

#[test]
fn crm_2_a_contact_that_was_removed_is_made_anew() {
    let story = story().linked().given(|f| f.links.contact.as_mut().unwrap().gone = true);
    assert_eq!(story.reasons(), strings(&["contact_replaced", "first_enquiry"]));
}

#[test]
fn amo_7_by_3_tags_fixed_and_own_are_set_on_contact_and_deal() {
    let story = story().set(|s| {
        s.tags.fixed = true;
        s.tags.own = strings(&["UTM: {utm.source}", "{utm.term}", "чат", "Старт ({visit.start})"]);
    });
    let expect = strings(&[
        "Telegram-бот",
        "Бот продаж",
        "первичное",
        "чат",
        "shop.example.ru",
        "Весна",
        "UTM: direct",
        "Старт",
    ]);
    assert_eq!(contact_of(&story).tags, expect);
    let Action::CreateDeal(draft) = story.action("create_deal") else { panic!() };
    assert_eq!(draft.tags, expect);
    assert_eq!(contact_of(&super::story()).tags, strings(&[]));
}

#[test]
fn amo_7_a_contact_that_was_there_gets_tags_whatever_becomes_of_its_data() {
    for update_contact in [false, true] {
        let story = story()
            .phone()
            .rule(|rule| rule.update_contact = update_contact)
            .set(|s| s.tags.own = strings(&["из чата"]))
            .told(Answer::Contacts(vec![found("777", &[])]));
        let expect = strings(&["use_contact", "update_contact", "create_deal"]);
        assert_eq!(story.does(), expect, "{update_contact}");
        let Action::UpdateContact { add_phones, fields, tags, .. } = story.action("update_contact")
        else {
            panic!()
        };
        assert!(add_phones.is_empty() && fields.is_empty());
        assert_eq!(tags, strings(&["из чата"]));
        assert_eq!(story.reasons()[1], "contact_tagged");
        // Once for an enquiry.
        let later = story.given(|f| f.occasion.opened = false).in_deal(EntityState::Open);
        assert_eq!(later.does(), strings(&[]), "{update_contact}");
    }
}

#[test]
fn amo_9_an_english_company_names_in_english() {
    let nobody = |f: &mut Facts| {
        (f.contact.name, f.contact.username) = ("\u{3164}".to_owned(), String::new());
    };
    let story = story().english().given(nobody).tasks(TaskOwner::Integration);
    assert_eq!(contact_of(&story).name, "Client #1204");
    let Action::CreateDeal(draft) = story.action("create_deal") else { panic!() };
    assert_eq!(draft.name, "Enquiry #1204: Бот продаж");
    let Action::CreateTask { text, .. } = story.action("create_task") else { panic!() };
    assert_eq!(text, "Answer the client");
    let known = super::story().english().tasks(TaskOwner::Integration);
    let Action::CreateTask { text, .. } = known.action("create_task") else { panic!() };
    assert_eq!(text, "Answer the client Анна");
}

#[test]
fn amo_8_by_3_fields_are_filled_and_what_cannot_be_is_told() {
    let pair =
        |field: &str, from: Param| super::super::super::FieldPair { field: field.into(), from };
    let story = story().set(|s| {
        s.fields.contact = vec![pair("71", Param::ContactUsername), pair("79", Param::Site)];
        s.fields.deal = vec![
            pair("81", Param::Utm("source".to_owned())),
            pair("84", Param::Referrer),
            pair("82", Param::Site),
            pair("83", Param::Site),
        ];
    });
    assert_eq!(contact_of(&story).fields.len(), 1);
    let Action::CreateDeal(draft) = story.action("create_deal") else { panic!() };
    let filled: Vec<&str> = draft.fields.iter().map(|f| f.field.as_str()).collect();
    assert_eq!(filled, ["81"]);
    assert_eq!(
        story.left_out(),
        strings(&["field_gone", "field_not_writable", "field_not_writable"])
    );
    assert_eq!(story.why_not("field_gone").mend.as_deref(), Some("fields"));
}

#[test]
fn amo_8_a_field_is_written_once_by_the_first_pair_that_has_a_value() {
    let pair =
        |field: &str, from: Param| super::super::super::FieldPair { field: field.into(), from };
    let story = story().set(|s| {
        s.fields.contact =
            vec![pair("71", Param::Referrer), pair("71", Param::Site), pair("71", Param::Campaign)];
    });
    let fields = contact_of(&story).fields;
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].value, serde_json::json!([{ "value": "shop.example.ru" }]));
}

#[test]
fn amo_13_wa_5_what_the_crms_chat_shows() {
    let shown = |story: &Story| super::super::is_shown(&story.settings, &story.facts);
    let chats = || {
        story()
            .phone()
            .set(|s| s.chats = Some(Default::default()))
            .given(|f| f.chats_connected = true)
    };
    let bound = || chats().given(|f| f.links.chat = Some("c-1".into()));
    assert!(!shown(&chats()), "before it is bound amoCRM would make an unsorted record of it");
    assert!(shown(&bound()));
    assert!(shown(&chats().unsorted()), "there it is to make one");
    assert!(!shown(&chats().unsorted().rule(|rule| rule.create_deal = false)));
    assert!(!shown(&chats().unsorted().given(|f| f.enquiry.channel.id = OTHER_CHANNEL)));
    for story in [bound(), chats().unsorted()] {
        assert!(!shown(&story.set(|s| s.skip_phones = vec![PHONE.to_owned()])));
    }
    assert!(!shown(&bound().set(|s| s.chats = None)));
    assert!(!shown(&bound().given(|f| f.chats_connected = false)));
}

#[test]
fn amo_13_the_chat_is_bound_to_the_contact_once() {
    let chats = |s: &mut AmoSettings| s.chats = Some(Default::default());
    let story = story().set(chats).given(|f| f.chats_connected = true);
    assert_eq!(story.does(), strings(&["create_contact", "create_deal", "open_chat"]));
    assert!(matches!(story.action("open_chat"), Action::OpenChat { contact: Ref::Step(0) }));
    let bound = story.given(|f| f.links.chat = Some("c-1".into()));
    assert_eq!(bound.does(), strings(&["create_contact", "create_deal"]));
    let nobody = super::story()
        .set(chats)
        .rule(|rule| rule.create_contact = false)
        .given(|f| f.chats_connected = true);
    assert_eq!(nobody.does(), strings(&["create_deal"]));
    assert!(nobody.left_out().contains(&"chat_without_contact".to_owned()));
    let unset = super::story().given(|f| f.chats_connected = true);
    assert_eq!(unset.does(), strings(&["create_contact", "create_deal"]), "chats are off here");
    let off = super::story().set(chats);
    assert_eq!(off.does(), strings(&["create_contact", "create_deal"]), "no chats service");
}
