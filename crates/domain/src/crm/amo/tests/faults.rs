//! The faults of CRM-6, before an enquiry is lost to them.

use super::super::super::{ChannelName, Fault, FunnelTarget};
use super::super::faults;
use super::*;

fn found(change: impl FnOnce(&mut AmoSettings)) -> Vec<Fault> {
    let mut settings = settings();
    settings.responsible.default = Some("11".into());
    change(&mut settings);
    let channels = [ChannelName { id: CHANNEL, name: "Бот".to_owned() }];
    faults(&settings, &directory(), &channels)
}

#[test]
fn crm_6_each_fault_is_named_with_its_remedy_and_tab() {
    type Change = fn(&mut AmoSettings);
    let cases: [(Change, &str, &str); 9] = [
        (|s| s.channels.clear(), "channel_not_passed", "channels"),
        (|s| s.channels[0].create_deal = false, "deal_creation_off", "channels"),
        (|s| s.channels[0].find_existing = false, "search_off", "channels"),
        (
            |s| s.funnel.default = Some(FunnelTarget { deal: Some(at("1", "99")), lead: None }),
            "stage_gone",
            "funnels",
        ),
        (
            |s| s.method = AmoMethod::Unsorted { pipeline: Some("3".into()) },
            "unsorted_funnel_gone",
            "funnels",
        ),
        (|s| s.responsible.default = Some("13".into()), "responsible_inactive", "employees"),
        (|s| s.responsible.default = None, "responsible_not_set", "employees"),
        (|s| s.transfer_responsible = false, "transfer_off", "employees"),
        (
            |s| {
                let pair = super::super::super::FieldPair { field: "99".into(), from: Param::Site };
                s.fields.deal = vec![pair];
            },
            "field_gone",
            "fields",
        ),
    ];
    for (change, code, tab) in cases {
        let faults = found(change);
        assert_eq!(faults.len(), 1, "{code}: {faults:?}");
        assert_eq!((faults[0].code.as_str(), faults[0].tab.as_str()), (code, tab));
        assert!(faults[0].words.ru.ends_with('.') && faults[0].remedy.en.ends_with('.'));
        assert_eq!(faults[0].channel.is_some(), tab == "channels");
    }
    assert_eq!(found(|_| {}), Vec::new());
}

/// A company with dozens of channels is not told of each in a line of its own.
#[test]
fn crm_6_channels_that_are_not_passed_are_one_fault_with_their_names() {
    let named = |n: u128| ChannelName {
        id: crate::ids::ChannelId(uuid::Uuid::from_u128(n)),
        name: format!("Канал {n}"),
    };
    let told = |channels: &[ChannelName]| {
        let mut found = faults(&settings(), &directory(), channels);
        found.retain(|fault| fault.code == "channel_not_passed");
        found
    };
    let own = ChannelName { id: CHANNEL, name: "Бот".to_owned() };
    let many: Vec<ChannelName> = std::iter::once(own).chain((101..113).map(named)).collect();
    let faults = told(&many);
    assert_eq!(faults.len(), 1, "{faults:?}");
    let words = &faults[0].words.ru;
    assert!(words.contains("(12)") && words.contains("«Канал 101», «Канал 102»"), "{words}");
    assert!(words.ends_with("«Канал 110» и ещё 2."), "{words}");
    assert!(!words.contains("Бот"));
    assert_eq!((faults[0].channels.len(), faults[0].channel), (12, None));
    let one = told(&many[..2]);
    assert_eq!((one[0].channel, one[0].channels.len()), (Some(many[1].id), 1));
}
