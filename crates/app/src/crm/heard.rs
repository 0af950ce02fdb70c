//! What a change in the CRM means for what we know of it (CRM-4a). Pure: a change that we made ourselves
//! comes back as an echo and is no news.

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
}

/// The link as it is after the change, and what is new about it; `None`: nothing is.
pub(crate) fn hear(
    link: &LinkRow,
    change: &Change,
    directory: &Directory,
) -> Option<(LinkRow, News)> {
    let mut now = link.clone();
    let news = match &change.happened {
        Happening::Moved { to, .. } => moved(&mut now, to, directory),
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
            now.state = LinkState::Open;
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
    (now != *link).then_some((now, news))
}

fn moved(now: &mut LinkRow, to: &StageRef, directory: &Directory) -> News {
    now.data.at = Some(to.clone());
    if now.state != LinkState::Gone {
        now.state = if is_closed(to, directory) { LinkState::Closed } else { LinkState::Open };
    }
    if now.written.at.as_ref() == Some(to) {
        News::Quiet
    } else {
        News::Line(CrmWhat::StageChanged)
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
    let same = now.data.responsible.as_ref().is_none_or(|known| known == user);
    now.data.responsible = Some(user.clone());
    // CRM-3: whom a person of the CRM chose stays.
    now.data.responsible_by_hand = !ours && (!same || now.data.responsible_by_hand);
    if ours || same { News::Quiet } else { News::Line(CrmWhat::ResponsibleChanged) }
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
        let (back, news) = hear(&by_hand, &to("5"), &directory()).expect("a change");
        assert!(!back.data.responsible_by_hand);
        assert_eq!(news, News::Quiet);
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
