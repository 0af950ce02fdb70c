//! What a change in the CRM means for what we know of it (CRM-4a). Pure: a change that we made ourselves
//! comes back as an echo and is no news, and one that others overtook on their way is none either.

use domain::{
    crm::{Change, CrmId, Directory, Entity, Happening, StageKind, StageRef},
    view::CrmWhat,
};
use store::{LinkRow, LinkState};

/// What people are told of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// A line in the conversation.
    Line(CrmWhat),
    /// The contact's name in the CRM is another one now.
    Renamed(String),
    /// Nobody needs a line; faces look anew.
    Quiet,
    /// It is as it was known; only how late that is has become known.
    Nothing,
}

/// The link as it is after the change, and what is new about it; `None`: nothing is.
pub(crate) fn hear(
    link: &LinkRow,
    change: &Change,
    directory: &Directory,
) -> Option<(LinkRow, News)> {
    if is_late(link, change) {
        return None;
    }
    let mut now = link.clone();
    let news = match &change.happened {
        Happening::Moved { to, from } => moved(&mut now, to, from.as_ref(), directory),
        Happening::Responsible { user } => responsible(&mut now, user),
        Happening::Named { name } => named(&mut now, name),
        Happening::TaskDone => {
            now.state = LinkState::Done;
            News::Line(CrmWhat::TaskDone)
        }
        Happening::TaskOpened => {
            now.state = LinkState::Open;
            News::Quiet
        }
        Happening::Removed => {
            now.state = LinkState::Gone;
            match link.entity {
                Entity::Deal | Entity::Lead => News::Line(CrmWhat::DealRemoved),
                _ => News::Quiet,
            }
        }
        Happening::Restored => {
            let closed = now.data.at.as_ref().is_some_and(|at| is_closed(at, directory));
            now.state = if closed { LinkState::Closed } else { LinkState::Open };
            News::Quiet
        }
        Happening::Accepted { deal, contact } => {
            now.state = LinkState::Accepted;
            now.data.deal = deal.clone().or(now.data.deal);
            now.data.contact = contact.clone().or(now.data.contact);
            News::Line(CrmWhat::UnsortedAccepted)
        }
        Happening::Declined => {
            now.state = LinkState::Declined;
            News::Line(CrmWhat::UnsortedDeclined)
        }
        Happening::Added => return None,
    };
    let news = if now == *link { News::Nothing } else { news };
    remember(&mut now, link.data.at.as_ref(), change);
    (now != *link).then_some((now, news))
}

/// Keeps how late it is with an entity, and which stages it was at and is no more in this second.
fn remember(now: &mut LinkRow, known: Option<&StageRef>, change: &Change) {
    if change.at > now.data.heard_at {
        now.data.heard_at = change.at;
        now.data.left.clear();
    }
    if let (Happening::Moved { to, from }, Some(_)) = (&change.happened, change.at) {
        let left = &mut now.data.left;
        for stage in known.into_iter().chain(from) {
            if !left.contains(stage) {
                left.push(stage.clone());
            }
        }
        left.retain(|stage| stage != to);
    }
}

/// Whether a change is older than what was heard already: webhooks overtake each other. The CRM counts
/// in seconds; within one, a move to where the entity was already is an old one, unless it begins where
/// it is.
fn is_late(link: &LinkRow, change: &Change) -> bool {
    let (Some(heard), Some(at)) = (link.data.heard_at, change.at) else { return false };
    match &change.happened {
        Happening::Moved { to, from } if at == heard => {
            let here = link.data.at.as_ref();
            link.data.left.contains(to) && (from.is_none() || from.as_ref() != here)
        }
        Happening::Moved { .. }
        | Happening::Responsible { .. }
        | Happening::Named { .. }
        | Happening::TaskDone
        | Happening::TaskOpened => at < heard,
        Happening::Added
        | Happening::Removed
        | Happening::Restored
        | Happening::Accepted { .. }
        | Happening::Declined => false,
    }
}

fn moved(now: &mut LinkRow, to: &StageRef, from: Option<&StageRef>, directory: &Directory) -> News {
    let known = now.data.at.replace(to.clone());
    if now.state != LinkState::Gone {
        now.state = if is_closed(to, directory) { LinkState::Closed } else { LinkState::Open };
    }
    let ours = now.written.at.as_ref() == Some(to);
    if !ours && known == now.written.at {
        // Where we put it, it is no more: should it come back there, that is no echo.
        now.written.at = None;
    }
    match known {
        _ if ours => News::Quiet,
        Some(known) if known == *to => News::Quiet,
        Some(_) => News::Line(CrmWhat::StageChanged),
        // Where it stands is learned; whether it was moved there says the change itself.
        None if from.is_some_and(|from| from != to) => News::Line(CrmWhat::StageChanged),
        None => News::Quiet,
    }
}

/// A stage that the directory does not know yet is told by its id: amoCRM's 142 and 143 close a deal in
/// every funnel.
pub(crate) fn is_closed(at: &StageRef, directory: &Directory) -> bool {
    match directory.stage(at).map(|stage| stage.kind) {
        Some(kind) => matches!(kind, StageKind::Won | StageKind::Lost),
        None => matches!(at.stage.as_str(), "142" | "143"),
    }
}

fn responsible(now: &mut LinkRow, user: &CrmId) -> News {
    let ours = now.written.responsible.as_ref() == Some(user);
    // Whom the CRM made responsible by itself is learned here, and nobody's choice.
    let known = now.data.responsible.replace(user.clone());
    let same = known.as_ref().is_none_or(|known| known == user);
    if !ours && known == now.written.responsible {
        // Back to whom we named would be a person's choice again.
        now.written.responsible = None;
    }
    // CRM-3: whom a person of the CRM chose stays.
    now.data.responsible_by_hand = !ours && (!same || now.data.responsible_by_hand);
    match now.entity {
        // A task's owner is nobody's affair but the task's.
        Entity::Task => News::Quiet,
        _ if ours || same => News::Quiet,
        _ => News::Line(CrmWhat::ResponsibleChanged),
    }
}

fn named(now: &mut LinkRow, name: &str) -> News {
    let echo = now.written.name.as_deref() == Some(name);
    let known = now.data.name.as_deref() == Some(name);
    now.data.name = Some(name.to_owned());
    match now.entity {
        Entity::Contact if !echo && !known => News::Renamed(name.to_owned()),
        _ => News::Quiet,
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        crm::{Pipeline, Stage},
        ids::{ContactId, PortalId},
    };
    use store::{LinkData, LinkWritten};
    use uuid::Uuid;

    use super::*;

    fn link(entity: Entity) -> LinkRow {
        LinkRow {
            link_id: Uuid::nil(),
            portal_id: PortalId(Uuid::nil()),
            entity,
            external_id: "1".into(),
            contact_id: ContactId(Uuid::nil()),
            conversation_id: None,
            data: LinkData::default(),
            state: LinkState::Open,
            written: LinkWritten::default(),
            created_at: chrono::DateTime::UNIX_EPOCH,
            updated_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    fn at(stage: &str) -> StageRef {
        StageRef { pipeline: "10".into(), stage: stage.into() }
    }

    fn directory() -> Directory {
        let stage = |id: &str, kind| Stage {
            id: id.into(),
            name: id.to_owned(),
            sort: 0,
            color: String::new(),
            kind,
        };
        Directory {
            pipelines: vec![Pipeline {
                id: "10".into(),
                name: "Продажи".to_owned(),
                sort: 0,
                main: true,
                archived: false,
                stages: vec![
                    stage("11", StageKind::Open),
                    stage("12", StageKind::Open),
                    stage("13", StageKind::Lost),
                ],
            }],
            ..Directory::default()
        }
    }

    fn change(of: Entity, happened: Happening) -> Change {
        Change { of, id: "1".into(), happened, by: None, at: None }
    }

    #[test]
    fn crm_4a_a_move_by_a_person_is_news_and_our_own_is_an_echo() {
        let mut deal = link(Entity::Deal);
        deal.data.at = Some(at("11"));
        deal.written.at = Some(at("12"));
        for (to, state, news) in [
            ("12", LinkState::Open, Some(News::Quiet)),
            ("13", LinkState::Closed, Some(News::Line(CrmWhat::StageChanged))),
            ("142", LinkState::Closed, Some(News::Line(CrmWhat::StageChanged))),
            ("77", LinkState::Open, Some(News::Line(CrmWhat::StageChanged))),
            ("11", LinkState::Open, None),
        ] {
            let moved = change(Entity::Deal, Happening::Moved { to: at(to), from: None });
            let heard = hear(&deal, &moved, &directory());
            assert_eq!(heard.as_ref().map(|(_, news)| news.clone()), news, "{to}");
            if let Some((now, _)) = heard {
                assert_eq!((now.state, now.data.at), (state, Some(at(to))), "{to}");
            }
        }
    }

    #[test]
    fn crm_3_a_responsible_chosen_by_hand_is_remembered_until_we_write_again() {
        let mut deal = link(Entity::Deal);
        deal.data.responsible = Some("5".into());
        deal.written.responsible = Some("5".into());
        let to = |user: &str| change(Entity::Deal, Happening::Responsible { user: user.into() });
        let (by_hand, news) = hear(&deal, &to("6"), &directory()).expect("a change");
        assert!(by_hand.data.responsible_by_hand);
        assert_eq!(news, News::Line(CrmWhat::ResponsibleChanged));
        assert_eq!(hear(&by_hand, &to("6"), &directory()), None, "told once");
        // Back to whom we had named: their choice too, and no echo of ours.
        let (back, news) = hear(&by_hand, &to("5"), &directory()).expect("a change");
        assert!(back.data.responsible_by_hand);
        assert_eq!(news, News::Line(CrmWhat::ResponsibleChanged));
        let mut again = back;
        again.written.responsible = Some("6".into());
        let (ours, news) = hear(&again, &to("6"), &directory()).expect("an echo");
        assert_eq!((ours.data.responsible_by_hand, news), (false, News::Quiet));
    }

    /// CRM-4a: amoCRM's webhooks come in any order, also within one second.
    #[test]
    fn crm_4a_a_move_that_was_overtaken_is_no_news() {
        let moved = |from: Option<&str>, to: &str, second: i64| Change {
            at: chrono::DateTime::from_timestamp(second, 0),
            ..change(Entity::Deal, Happening::Moved { to: at(to), from: from.map(at) })
        };
        let mut deal = link(Entity::Deal);
        deal.data.at = Some(at("11"));
        let heard = |deal: &LinkRow, change: &Change| hear(deal, change, &directory());
        // 11 → 12 → 13, told the other way round.
        for second in [100, 101] {
            let (last, news) = heard(&deal, &moved(Some("12"), "13", 101)).expect("news");
            assert_eq!(news, News::Line(CrmWhat::StageChanged));
            assert_eq!(heard(&last, &moved(Some("11"), "12", second)), None, "{second}");
            assert_eq!(heard(&last, &moved(None, "12", second)), None, "{second}");
            let (next, _) = heard(&last, &moved(Some("13"), "11", 101)).expect("a way on");
            assert_eq!(next.data.at, Some(at("11")));
        }
        // All of it in the second in which the deal was heard of for the first time.
        let (mut now, _) = heard(&deal, &moved(None, "11", 101)).expect("a time");
        for (from, to) in [(None, "13"), (Some("12"), "13"), (None, "12"), (Some("11"), "12")] {
            if let Some((next, _)) = heard(&now, &moved(from, to, 101)) {
                now = next;
            }
        }
        assert_eq!(now.data.at, Some(at("13")));
        // An update that says nothing new is remembered by its time alone.
        let (known, news) = heard(&deal, &moved(None, "11", 105)).expect("a time");
        assert_eq!((news, known.data.at.as_ref()), (News::Nothing, Some(&at("11"))));
        assert_eq!(heard(&known, &moved(Some("13"), "12", 104)), None);
    }

    /// CRM-4a: our own move comes back, before the answer or after it; a person's move back to where we
    /// had put the deal is theirs.
    #[test]
    fn crm_4a_only_our_own_move_is_an_echo() {
        let to = |stage: &str| change(Entity::Deal, Happening::Moved { to: at(stage), from: None });
        let mut deal = link(Entity::Deal);
        deal.data.at = Some(at("11"));
        // Begun, not answered: a person's move meanwhile does not hide our echo.
        deal.written.at = Some(at("12"));
        let (theirs, news) = hear(&deal, &to("13"), &directory()).expect("news");
        assert_eq!(news, News::Line(CrmWhat::StageChanged));
        let (ours, news) = hear(&theirs, &to("12"), &directory()).expect("the echo");
        assert_eq!(news, News::Quiet);
        let (on, _) = hear(&ours, &to("13"), &directory()).expect("news");
        let (_, news) = hear(&on, &to("12"), &directory()).expect("news");
        assert_eq!(news, News::Line(CrmWhat::StageChanged));
    }

    /// CRM-4a: the first that is heard of a deal that was there before us is where it stands, and nobody
    /// moved it.
    #[test]
    fn crm_4a_what_is_learned_is_not_told_as_a_change() {
        let deal = link(Entity::Deal);
        let update = change(Entity::Deal, Happening::Moved { to: at("12"), from: None });
        let (known, news) = hear(&deal, &update, &directory()).expect("learned");
        assert_eq!((known.data.at, news), (Some(at("12")), News::Quiet));
        let moved = Happening::Moved { to: at("12"), from: Some(at("11")) };
        let (_, news) = hear(&deal, &change(Entity::Deal, moved), &directory()).expect("news");
        assert_eq!(news, News::Line(CrmWhat::StageChanged));
        // A won deal out of the bin is a won deal.
        let mut gone = link(Entity::Deal);
        (gone.data.at, gone.state) = (Some(at("142")), LinkState::Gone);
        let (back, _) =
            hear(&gone, &change(Entity::Deal, Happening::Restored), &directory()).expect("news");
        assert_eq!(back.state, LinkState::Closed);
        let mut task = link(Entity::Task);
        task.data.responsible = Some("5".into());
        let other = change(Entity::Task, Happening::Responsible { user: "6".into() });
        assert_eq!(hear(&task, &other, &directory()).expect("news").1, News::Quiet);
    }

    #[test]
    fn crm_3_whom_the_crm_made_responsible_itself_is_nobodys_choice() {
        let deal = link(Entity::Deal);
        let first = change(Entity::Deal, Happening::Responsible { user: "5".into() });
        let (known, news) = hear(&deal, &first, &directory()).expect("learned");
        assert_eq!((known.data.responsible_by_hand, news), (false, News::Quiet));
        let other = change(Entity::Deal, Happening::Responsible { user: "6".into() });
        let (chosen, news) = hear(&known, &other, &directory()).expect("a change");
        assert!(chosen.data.responsible_by_hand);
        assert_eq!(news, News::Line(CrmWhat::ResponsibleChanged));
    }

    #[test]
    fn crm_4a_tasks_unsorted_names_and_removals_come_back() {
        let directory = directory();
        let heard = |entity, happened| {
            let before = link(entity);
            hear(&before, &change(entity, happened), &directory)
                .map(|(now, news)| (now.state, news))
        };
        let accepted = Happening::Accepted { deal: Some("7".into()), contact: None };
        for (entity, happened, expect) in [
            (Entity::Task, Happening::TaskDone, (LinkState::Done, News::Line(CrmWhat::TaskDone))),
            (
                Entity::Unsorted,
                accepted,
                (LinkState::Accepted, News::Line(CrmWhat::UnsortedAccepted)),
            ),
            (
                Entity::Unsorted,
                Happening::Declined,
                (LinkState::Declined, News::Line(CrmWhat::UnsortedDeclined)),
            ),
            (Entity::Deal, Happening::Removed, (LinkState::Gone, News::Line(CrmWhat::DealRemoved))),
            (
                Entity::Contact,
                Happening::Named { name: "Анна".to_owned() },
                (LinkState::Open, News::Renamed("Анна".to_owned())),
            ),
        ] {
            assert_eq!(heard(entity, happened), Some(expect));
        }
        assert_eq!(heard(Entity::Deal, Happening::Added), None);
    }
}
