//! What holds for every settings and every facts.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::crm::{CommentPriority, DealChoice, LinkedTask, RepeatEntity, outcome_words};

/// Choices drawn from random bytes: shrinks towards the first of each.
struct Tape<'a>(std::iter::Cycle<std::slice::Iter<'a, u8>>);

impl Tape<'_> {
    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        let byte = usize::from(*self.0.next().unwrap());
        choices[byte % choices.len()].clone()
    }

    fn coin(&mut self) -> bool {
        self.one_of(&[false, true])
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.coin().then(|| make(self))
    }

    fn settings(&mut self) -> BitrixSettings {
        let mut s = settings();
        s.transfer_responsible = self.coin();
        s.deal_choice =
            self.one_of(&[DealChoice::Newest, DealChoice::Oldest, DealChoice::LastChanged]);
        let rules = &mut s.chats;
        let channel = rules.channels.first_mut().unwrap();
        channel.create_contact = !self.coin();
        channel.create_deal = !self.coin();
        channel.find_existing = !self.coin();
        channel.update_contact = self.coin();
        rules.first_lead = self.coin();
        rules.first_deal = !rules.first_lead || self.coin();
        rules.first_activity = self.coin();
        rules.repeat = self.one_of(&[
            RepeatEntity::Nothing,
            RepeatEntity::Activity,
            RepeatEntity::Deal,
            RepeatEntity::Lead,
        ]);
        rules.comments =
            self.one_of(&[CommentPriority::Deals, CommentPriority::Leads, CommentPriority::Both]);
        rules.transcript = self.one_of(&[Transcript::Online, Transcript::AtEnd, Transcript::Off]);
        rules.also_contact = self.coin();
        rules.add_to_closed = self.coin();
        rules.responsible.default = self.one_of(&[None, Some("1".into()), Some("9".into())]);
        s
    }

    fn link(&mut self, id: &str) -> LinkedDeal {
        use EntityState::{Closed, Gone, Open};
        LinkedDeal {
            state: self.one_of(&[Open, Closed, Gone]),
            of_this: self.coin(),
            responsible_by_hand: self.coin(),
            ..linked(id)
        }
    }

    fn facts(&mut self) -> Facts {
        let mut f = facts();
        f.enquiry.order = self.one_of(&[EnquiryOrder::Repeat, EnquiryOrder::First]);
        f.mirrored = self.coin();
        f.directory.lead_mode = self.one_of(&[LeadMode::Classic, LeadMode::Simple, LeadMode::None]);
        if self.coin() {
            f.contact.phones.clear();
        }
        let o = &mut f.occasion;
        o.opened = !self.coin();
        o.closed = self.coin();
        let said = |direction, author| line(5, direction, author, "Слова");
        o.lines = self.one_of(&[
            vec![said(Direction::Inbound, "")],
            vec![said(Direction::Outbound, "Олег")],
            Vec::new(),
        ]);
        o.history =
            if o.closed { vec![line(1, Direction::Inbound, "", "Да")] } else { Vec::new() };
        o.answered_by = self.maybe(|_| oleg());
        o.contact_changed = self.coin();
        o.chosen_deal = self.one_of(&[None, None, None, Some("12".into()), Some("15".into())]);
        f.links.contact = self.maybe(|tape| LinkedContact {
            gone: tape.coin(),
            responsible_by_hand: tape.coin(),
            ..linked_contact("7")
        });
        f.links.deals = self.maybe(|tape| tape.link("12")).into_iter().collect();
        f.links.leads = self.maybe(|tape| tape.link("3")).into_iter().collect();
        f.links.activity =
            self.maybe(|tape| LinkedTask { id: "70".into(), deal: None, done: tape.coin() });
        f
    }

    fn portal(&mut self) -> Portal {
        Portal {
            contacts: self.maybe(|_| found("7")).into_iter().collect(),
            companies: self.maybe(|_| "44".into()).into_iter().collect(),
            leads: self.one_of(&[vec![], vec![open("3")], vec![closed("4"), closed("3")]]),
            deals: self.one_of(&[vec![], vec![open("12")], vec![closed("13"), open("14")]]),
            activity_done: self.coin(),
            contact_gone: self.coin(),
        }
    }
}

/// Entities that steps work on.
fn refs(action: &Action) -> Vec<(Entity, &Ref)> {
    match action {
        Action::UpdateContact { contact, .. } => vec![(Entity::Contact, contact)],
        Action::CreateDeal(draft) | Action::CreateLead(draft) => {
            draft.contact.iter().map(|contact| (Entity::Contact, contact)).collect()
        }
        Action::SetResponsible { of, id, .. }
        | Action::CreateActivity { of, id, .. }
        | Action::AddNote { to: of, id, .. }
        | Action::EditNote { to: of, id, .. } => vec![(*of, id)],
        _ => Vec::new(),
    }
}

fn makes(action: &Action) -> Option<Entity> {
    match action {
        Action::CreateContact(_) => Some(Entity::Contact),
        Action::CreateLead(_) => Some(Entity::Lead),
        Action::CreateDeal(_) => Some(Entity::Deal),
        Action::CreateActivity { .. } => Some(Entity::Activity),
        Action::AddNote { .. } => Some(Entity::Note),
        _ => None,
    }
}

/// What the links are when every step was done: step `n` made the entity `n + 1000`.
fn carried_out(links: &Links, plan: &Plan) -> Links {
    let made = |step: usize| CrmId::from(i64::try_from(step).unwrap() + 1000);
    let at = |at: &Ref| match at {
        Ref::Id(id) => id.clone(),
        Ref::Step(step) => made(*step),
    };
    fn take(cards: &mut Vec<LinkedDeal>, id: &CrmId, responsible: Option<CrmId>) {
        for card in cards.iter_mut() {
            card.of_this = card.id == *id;
        }
        if !cards.iter().any(|card| card.id == *id) {
            cards.push(LinkedDeal { responsible, ..linked(id.as_str()) });
        }
    }
    let mut links = links.clone();
    for (n, step) in plan.steps.iter().enumerate() {
        match &step.action {
            Action::CreateContact(draft) => {
                let responsible = draft.responsible.clone();
                links.contact =
                    Some(LinkedContact { responsible, ..linked_contact(made(n).as_str()) });
            }
            Action::UseContact { contact, responsible } => {
                let responsible = responsible.clone();
                links.contact =
                    Some(LinkedContact { responsible, ..linked_contact(contact.as_str()) });
            }
            Action::CreateDeal(d) => take(&mut links.deals, &made(n), d.responsible.clone()),
            Action::CreateLead(d) => take(&mut links.leads, &made(n), d.responsible.clone()),
            Action::UseDeal { deal } => take(&mut links.deals, deal, None),
            Action::UseLead { lead } => take(&mut links.leads, lead, None),
            Action::AddNote { to, id, up_to, .. } => {
                let note = made(n);
                links.written.push(written(note.as_str(), *to, at(id).as_str(), *up_to));
            }
            Action::EditNote { note, up_to, .. } => {
                for known in links.written.iter_mut().filter(|known| known.note == *note) {
                    known.up_to = *up_to;
                }
            }
            Action::CreateActivity { .. } => {
                links.activity = Some(LinkedTask { id: made(n), deal: None, done: false });
            }
            _ => {}
        }
    }
    links
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20000))]

    /// BY-6, B24-5, B24-8: no decision refers to what comes later, makes two of one thing, or makes
    /// again what was made.
    #[test]
    fn by_6_every_decision_is_sound_and_made_once(bytes in vec(any::<u8>(), 61)) {
        let mut tape = Tape(bytes.iter().cycle());
        let (settings, facts, mut portal) = (tape.settings(), tape.facts(), tape.portal());
        let links = facts.links.clone();
        let done = decide(&settings, facts.clone(), &portal);
        let mut asked = done.asked.clone();
        asked.sort_unstable();
        asked.dedup();
        prop_assert_eq!(asked.len(), done.asked.len(), "asked twice: {:?}", &done.asked);

        for (n, step) in done.plan.steps.iter().enumerate() {
            for (of, at) in refs(&step.action) {
                if let Ref::Step(earlier) = at {
                    prop_assert!(*earlier < n);
                    prop_assert_eq!(makes(&done.plan.steps[*earlier].action), Some(of));
                }
            }
        }
        for of in [Entity::Contact, Entity::Lead, Entity::Deal, Entity::Activity] {
            let count = done.plan.steps.iter().filter(|s| makes(&s.action) == Some(of)).count();
            prop_assert!(count <= 1, "{:?}", &done.steps);
        }
        prop_assert!(!outcome_words(&done.plan).ru.is_empty());

        // The same words once more: they stand there already.
        let mut again = facts;
        again.links = carried_out(&links, &done.plan);
        again.occasion.opened = false;
        again.occasion.answered_by = None;
        let taken = |action: &Action| {
            matches!(action, Action::CreateContact(_) | Action::UseContact { .. })
        };
        let taken = done.plan.steps.iter().any(|step| taken(&step.action));
        let gone = portal.contact_gone || portal.contacts.is_empty();
        if let Some(contact) = &mut again.links.contact {
            if contact.gone || (gone && !taken && !again.mirrored) {
                // What the first one met as removed is known to be.
                contact.gone = true;
            } else {
                portal.contacts.insert(0, found(contact.id.as_str()));
                portal.contact_gone = false;
            }
        }
        if done.plan.steps.iter().any(|step| makes(&step.action) == Some(Entity::Contact)) {
            // Of a contact that was just made there is nothing else.
            portal.deals.clear();
            let searched = settings.chats.channels.iter().all(|rule| rule.find_existing);
            if again.contact.phones.is_empty() || !searched {
                portal.leads.clear();
            }
        }
        let second = decide(&settings, again, &portal);
        let made: Vec<Entity> =
            second.plan.steps.iter().filter_map(|step| makes(&step.action)).collect();
        prop_assert!(made.is_empty(), "{:?} then {:?}", &done.steps, &second.steps);
    }
}
