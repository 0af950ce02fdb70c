//! Settings that contradict themselves or the CRM.

use super::super::super::{
    ChatSettings, ChatUser, FieldPair, FunnelRule, FunnelTarget, PersonLink,
};
use super::super::check;
use super::*;

fn codes(change: impl FnOnce(&mut AmoSettings)) -> (Vec<String>, Vec<String>) {
    let mut settings = settings();
    change(&mut settings);
    let (problems, warnings) = check(&settings, &directory());
    let shown = |list: Vec<crate::problem::Problem>| {
        list.into_iter().map(|p| format!("{} {}", p.path, p.code)).collect()
    };
    (shown(problems.0), shown(warnings.0))
}

fn refuses(what: &str, change: impl FnOnce(&mut AmoSettings)) {
    let (problems, _) = codes(change);
    assert!(problems.iter().any(|p| p == what), "{what} is not in {problems:?}");
}

fn warns(what: &str, change: impl FnOnce(&mut AmoSettings)) {
    let (problems, warnings) = codes(change);
    assert_eq!(problems, strings(&[]), "{what} is only told");
    assert!(warnings.iter().any(|p| p == what), "{what} is not in {warnings:?}");
}

fn to(pipeline: &str, stage: &str) -> Option<FunnelTarget> {
    Some(FunnelTarget { deal: Some(at(pipeline, stage)), lead: None })
}

#[test]
fn amo_1_recommended_settings_are_sound() {
    assert_eq!(codes(|_| {}), (vec![], vec![]));
}

#[test]
fn amo_4_what_does_not_apply_to_unsorted_is_told() {
    let method = || AmoMethod::Unsorted { pipeline: None };
    warns("/funnel funnels_do_not_apply", |s| {
        (s.method, s.funnel.default) = (method(), to("1", "11"));
    });
    warns("/names names_do_not_apply", |s| {
        (s.method, s.names.deal) = (method(), Some("Чат".to_owned()));
    });
    warns("/method/pipeline unsorted_funnel_gone", |s| {
        s.method = AmoMethod::Unsorted { pipeline: Some("3".into()) };
    });
}

#[test]
fn amo_10_amo_11_stages_must_take_deals() {
    refuses("/funnel/default/deal stage_takes_no_deals", |s| s.funnel.default = to("1", "142"));
    refuses("/funnel/default/deal stage_takes_no_deals", |s| s.funnel.default = to("1", "10"));
    warns("/funnel/default/deal stage_gone", |s| s.funnel.default = to("1", "99"));
    warns("/funnel/default/deal stage_gone", |s| s.funnel.default = to("3", "31"));
    let rule = |to| FunnelRule { gate: allow(site(&["a"])), to };
    warns("/funnel/rules/0/to/deal stage_gone", |s| {
        s.funnel.rules = vec![rule(to("9", "1").unwrap())]
    });
    refuses("/funnel/rules/0/to/deal no_stage", |s| {
        s.funnel.rules = vec![rule(FunnelTarget::default())];
    });
    refuses("/funnel/default/lead not_for_amo", |s| {
        s.funnel.default = Some(FunnelTarget { deal: None, lead: Some("NEW".into()) });
    });
}

#[test]
fn amo_8_fields_must_be_there_and_writable() {
    let pair = |field: &str| FieldPair { field: field.into(), from: Param::Site };
    warns("/fields/deal/0/field field_gone", |s| s.fields.deal = vec![pair("99")]);
    refuses("/fields/deal/0/field field_not_writable", |s| s.fields.deal = vec![pair("82")]);
    refuses("/fields/deal/0/field field_not_writable", |s| s.fields.deal = vec![pair("83")]);
    refuses("/fields/deal/1/field duplicate_field", |s| {
        s.fields.deal = vec![pair("81"), pair("81")]
    });
    refuses("/fields/lead not_for_amo", |s| s.fields.lead = vec![pair("81")]);
}

#[test]
fn amo_12_people_who_are_gone_are_told() {
    warns("/responsible/default responsible_inactive", |s| {
        s.responsible.default = Some("13".into())
    });
    let link = || PersonLink { employee: oleg().id, user: "99".into() };
    warns("/responsible/people/0/user responsible_inactive", |s| {
        s.responsible.people = vec![link()]
    });
    refuses("/responsible/people/1/employee duplicate_employee", |s| {
        s.responsible.people = vec![link(), link()];
    });
}

#[test]
fn amo_5_a_task_is_due_between_a_minute_and_ninety_days() {
    for (due_minutes, fine) in [(0, false), (1, true), (129_600, true), (129_601, false)] {
        let rule = TaskRule { due_minutes, owner: TaskOwner::Integration, kind: None };
        let (problems, _) = codes(|s| s.tasks = Some(rule));
        assert_eq!(problems.is_empty(), fine, "{due_minutes}");
    }
    let rule = TaskRule { due_minutes: 5, owner: TaskOwner::Integration, kind: Some("9".into()) };
    warns("/tasks/kind task_kind_gone", |s| s.tasks = Some(rule));
}

#[test]
fn amo_9_by_3_templates_know_their_parameters() {
    refuses("/names/deal unknown_parameter", |s| s.names.deal = Some("{contact.nmae}".to_owned()));
    warns("/names/contact empty_template", |s| s.names.contact = Some(" ".to_owned()));
    refuses("/tags/own/0 empty_tag", |s| s.tags.own = strings(&[" "]));
    refuses("/tags/own/0 unknown_parameter", |s| s.tags.own = strings(&["{tag}"]));
    refuses("/tags/own/0 too_long", |s| s.tags.own = vec!["я".repeat(256)]);
}

#[test]
fn amo_6_conditions_are_whole_and_of_a_size_that_people_can_read() {
    let leaf =
        |by, values: &[&str]| Filter::Param { param: Param::Site, by, values: strings(values) };
    let filter = |when: Filter| move |s: &mut AmoSettings| s.filter = Some(allow(when));
    refuses("/filter/when/values no_values", filter(leaf(Operator::Equals, &[])));
    refuses("/filter/when/values no_values", filter(leaf(Operator::Contains, &[" "])));
    refuses("/filter/when/values needless_values", filter(leaf(Operator::Filled, &["x"])));
    let inside = Filter::Any { of: vec![leaf(Operator::Equals, &[])] };
    refuses("/filter/when/of/0/values no_values", filter(inside));
    warns("/filter/when empty_filter", filter(Filter::Any { of: vec![] }));
    let hollow = Filter::All { of: vec![leaf(Operator::Filled, &[]), Filter::Any { of: vec![] }] };
    warns("/filter/when/of/1 empty_group", filter(hollow));
    refuses("/filter/when/values/0 too_long", filter(leaf(Operator::Equals, &[&"я".repeat(256)])));
    let deep = (0..6).fold(site(&["a"]), |inner, _| Filter::Not { of: vec![inner] });
    refuses("/filter/when too_deep", filter(deep));
    let wide = Filter::Any { of: vec![site(&["a"]); 101] };
    refuses("/filter/when too_large", filter(wide));
}

#[test]
fn amo_2_crm_6_channels_once_each_and_risks_told() {
    refuses("/channels/1/channel duplicate_channel", |s| s.channels.push(s.channels[0].clone()));
    warns("/channels no_channels", |s| s.channels.clear());
    warns("/channels/0/find_existing search_off", |s| s.channels[0].find_existing = false);
    warns("/channels/0/create_contact deal_without_contact", |s| {
        s.channels[0].create_contact = false
    });
}

#[test]
fn wa_3_wa_5_wa_7_numbers_channels_and_users_of_chats() {
    refuses("/skip_phones/0 bad_phone", |s| s.skip_phones = strings(&["8 916 123-45-67"]));
    let user = |user: &str| ChatUser {
        user: user.into(),
        channels: vec![OTHER_CHANNEL],
        signature: String::new(),
        sections: Vec::new(),
    };
    let chats = |change: fn(&mut ChatSettings)| {
        let mut chats = ChatSettings::default();
        change(&mut chats);
        chats
    };
    let default = chats(|c| c.default_channel = Some(OTHER_CHANNEL));
    warns("/chats/default_channel channel_not_passed", |s| s.chats = Some(default));
    let users = ChatSettings { users: vec![user("13")], ..Default::default() };
    warns("/chats/users/0/user user_unknown", |s| s.chats = Some(users.clone()));
    warns("/chats/users/0/channels/0 channel_not_passed", |s| s.chats = Some(users));
    let twice = ChatSettings { users: vec![user("11"), user("11")], ..Default::default() };
    refuses("/chats/users/1/user duplicate_user", |s| s.chats = Some(twice));
    let signed = |length: usize| {
        let signature = "я".repeat(length);
        let users = vec![ChatUser { channels: vec![CHANNEL], signature, ..user("11") }];
        codes(|s| s.chats = Some(ChatSettings { users, ..Default::default() })).0
    };
    assert_eq!(signed(500), strings(&[]));
    assert_eq!(signed(501), strings(&["/chats/users/0/signature too_long"]));
}

#[test]
fn amo_1_lists_have_their_lengths() {
    type Change = fn(&mut AmoSettings);
    let rule = FunnelRule { gate: allow(site(&["a"])), to: to("1", "11").unwrap() };
    assert_eq!(codes(|s| s.funnel.rules = vec![rule.clone(); 50]).0, strings(&[]));
    refuses("/funnel/rules too_many", |s| s.funnel.rules = vec![rule; 51]);
    let changes: [(&str, Change); 8] = [
        ("/tags/own too_many", |s| s.tags.own = (0..21).map(|n| format!("тег {n}")).collect()),
        ("/skip_phones too_many", |s| {
            s.skip_phones = (0..10_001).map(|n| format!("+7916{n:07}")).collect();
        }),
        ("/channels too_many", |s| {
            let rule = |n| ChannelRule::recommended(ChannelId(Uuid::from_u128(n)));
            s.channels = (0..501).map(rule).collect();
        }),
        ("/fields/deal too_many", |s| {
            let pair = |n: i64| FieldPair { field: n.into(), from: Param::Site };
            s.fields.deal = (0..101).map(pair).collect();
        }),
        ("/fields/deal/0/from too_long", |s| {
            let from = Param::Utm("я".repeat(256));
            s.fields.deal = vec![FieldPair { field: "81".into(), from }];
        }),
        ("/responsible/people too_many", |s| {
            let link =
                |n| PersonLink { employee: EmployeeId(Uuid::from_u128(n)), user: "11".into() };
            s.responsible.people = (0..2_001).map(link).collect();
        }),
        ("/chats/users too_many", |s| {
            let user = |n: i64| ChatUser {
                user: n.into(),
                channels: Vec::new(),
                signature: String::new(),
                sections: Vec::new(),
            };
            let users = (0..2_001).map(user).collect();
            s.chats = Some(ChatSettings { users, ..Default::default() });
        }),
        ("/names/task too_long", |s| s.names.task = Some("я".repeat(1_001))),
    ];
    for (what, change) in changes {
        refuses(what, change);
    }
}

#[test]
fn amo_4_amo_5_by_4_wa_7_what_can_have_no_effect_is_told() {
    let rule = TaskRule { due_minutes: 5, owner: TaskOwner::Integration, kind: None };
    warns("/tasks tasks_without_deals", |s| {
        s.channels[0].create_deal = false;
        s.tasks = Some(rule);
    });
    warns("/method/pipeline unsorted_funnel_of_source", |s| {
        s.method = AmoMethod::Unsorted { pipeline: Some("2".into()) };
        s.chats = Some(ChatSettings::default());
    });
    warns("/chats/listed_only nobody_may_write", |s| {
        s.chats = Some(ChatSettings { listed_only: true, ..Default::default() });
    });
}

#[test]
fn amo_1_a_document_of_another_version_is_refused() {
    refuses("/version unknown_version", |s| s.version = 2);
}

#[test]
fn amo_1_an_account_that_was_never_pulled_refuses_nothing() {
    let mut settings = settings();
    settings.responsible.default = Some("1".into());
    settings.funnel.default = to("7", "71");
    settings.fields.deal = vec![FieldPair { field: "5".into(), from: Param::Site }];
    let (problems, warnings) = check(&settings, &Directory::default());
    assert!(problems.0.is_empty() && warnings.0.is_empty());
}
