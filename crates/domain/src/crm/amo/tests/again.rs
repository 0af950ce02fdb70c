//! A decision that was carried out is not made again.

use super::*;

/// The same occasion once more, with the links as they are now.
fn once_more(story: Story) -> Story {
    let plan = story.plan();
    story.given(|f| {
        f.links = carried_out(&f.links, &plan);
        f.known = Known::default();
        f.occasion.opened = false;
    })
}

#[test]
fn by_6_carried_out_decisions_leave_nothing_to_do() {
    let full = || {
        story()
            .phone()
            .tasks(TaskOwner::ContactCard)
            .set(|s| {
                s.transcript = super::super::super::Transcript::Online;
                s.chats = Some(Default::default());
                s.tags.fixed = true;
            })
            .given(|f| {
                f.chats_connected = true;
                f.occasion.answered_by = Some(oleg());
                f.occasion.lines.push(outbound(2));
            })
    };
    for story in [
        full().told(nobody()),
        full().told(Answer::Contacts(vec![found("777", &[])])),
        full().linked().told(Answer::Deals(vec![deal("1", "1", EntityState::Open)])),
        full().in_deal(EntityState::Open),
        full().in_deal(EntityState::Gone).told(Answer::Deals(Vec::new())),
        full().unsorted(),
        full().unsorted().given(|f| f.chats_connected = false),
    ] {
        let before = story.does();
        let after = once_more(story);
        assert_eq!(after.does(), strings(&[]), "after {before:?}");
        let idle = after.given(|f| f.occasion = Occasion::default());
        assert_eq!(idle.plan(), Plan::default());
    }
    // Not a word either, where something would be left out.
    let elsewhere = full().given(|f| {
        f.enquiry.channel.id = OTHER_CHANNEL;
        f.occasion = Occasion::default();
    });
    assert_eq!(elsewhere.plan(), Plan::default());
}
