//! What holds for every settings and every facts.

use proptest::{collection::vec, prelude::*};

use super::super::super::{
    Asked, ChatSettings, DealChoice, FieldPair, FunnelRule, FunnelTarget, ResponsibleRule,
    Transcript,
};
use super::*;

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

    fn gate(&mut self) -> Gate {
        let leaf = |tape: &mut Self| Filter::Param {
            param: tape.one_of(&[Param::Site, Param::Campaign, Param::ContactPhone, Param::Tags]),
            by: tape.one_of(&[Operator::Equals, Operator::NotContains, Operator::Filled]),
            values: tape.one_of(&[vec![], strings(&["shop.example.ru"]), strings(&["", "весна"])]),
        };
        let of = vec![leaf(self), leaf(self)];
        let when = self.one_of(&[
            Filter::All { of: of.clone() },
            Filter::Any { of: of.clone() },
            Filter::Not { of },
            Filter::Any { of: vec![] },
        ]);
        Gate { verdict: self.one_of(&[Verdict::Allow, Verdict::Denied]), when }
    }

    fn stage(&mut self) -> FunnelTarget {
        let pipeline = self.one_of(&["1", "2", "3", "9"]);
        let stage = self.one_of(&["11", "21", "142", "10", "99"]);
        FunnelTarget { deal: self.maybe(|_| at(pipeline, stage)), lead: None }
    }

    fn user(&mut self) -> CrmId {
        self.one_of(&["11", "12", "13", "99"]).into()
    }

    fn settings(&mut self) -> AmoSettings {
        let mut s = settings();
        let rule = &mut s.channels[0];
        rule.create_contact = !self.coin();
        rule.create_deal = !self.coin();
        rule.find_existing = !self.coin();
        rule.update_contact = self.coin();
        s.method = self.one_of(&[
            AmoMethod::ContactAndDeal {},
            AmoMethod::Unsorted { pipeline: None },
            AmoMethod::Unsorted { pipeline: Some("2".into()) },
        ]);
        s.tasks = self.maybe(|tape| TaskRule {
            due_minutes: 30,
            owner: tape.one_of(&[TaskOwner::ContactCard, TaskOwner::Integration]),
            kind: tape.maybe(|_| "9".into()),
        });
        s.filter = self.maybe(Self::gate).filter(|_| self.coin());
        s.tags.fixed = self.coin();
        s.tags.own = self.one_of(&[vec![], strings(&["{utm.source}", "{нет}", "("])]);
        let pair = |field: &str, from| FieldPair { field: field.into(), from };
        s.fields.contact = self.one_of(&[vec![], vec![pair("71", Param::Site)]]);
        s.fields.deal = self.one_of(&[vec![], vec![pair("81", Param::ContactPhone)]]);
        s.names.deal = self.maybe(|_| "{contact.phone} — {visit.site}".to_owned());
        s.funnel.default = self.maybe(Self::stage);
        s.funnel.rules = (0..self.one_of(&[0, 1, 2]))
            .map(|_| FunnelRule { gate: self.gate(), to: self.stage() })
            .collect();
        s.responsible.default = self.maybe(Self::user);
        s.responsible.rules = (0..self.one_of(&[0, 1]))
            .map(|_| ResponsibleRule { gate: self.gate(), user: self.user() })
            .collect();
        s.transfer_responsible = !self.coin();
        s.transcript = self.one_of(&[Transcript::AtEnd, Transcript::Online, Transcript::Off]);
        s.files = self.coin();
        s.deal_choice =
            self.one_of(&[DealChoice::Newest, DealChoice::Oldest, DealChoice::LastChanged]);
        s.chats = self.maybe(|tape| ChatSettings { replace_8: tape.coin(), ..Default::default() });
        s
    }

    fn facts(&mut self) -> Facts {
        use EntityState::{Closed, Gone, Open};
        let mut f = facts();
        let o = &mut f.occasion;
        o.opened = !self.coin();
        o.closed = self.coin();
        o.lines = self.one_of(&[
            vec![inbound(1)],
            vec![],
            vec![outbound(5)],
            vec![with_file(inbound(5)), outbound(6)],
        ]);
        o.history = if o.closed { vec![inbound(1), outbound(3)] } else { vec![] };
        o.answered_by = self.maybe(|_| oleg());
        o.contact_changed = self.coin();
        o.chosen_deal = self.one_of(&[None, None, None, Some("901".into()), Some("333".into())]);
        f.contact.phones = self.one_of(&[vec![], strings(&[PHONE]), strings(&["+79990001122"])]);
        f.contact.name = self.one_of(&["Анна", "", "}{ №"]).to_owned();
        f.enquiry.order = self.one_of(&[EnquiryOrder::First, EnquiryOrder::Repeat]);
        f.mirrored = !self.coin();
        f.chats_connected = self.coin();
        if self.coin() {
            f.directory = Directory::default();
        }
        f.links.contact = self.maybe(|tape| LinkedContact {
            id: "501".into(),
            responsible: tape.maybe(Self::user),
            responsible_by_hand: tape.coin(),
            gone: tape.coin(),
        });
        f.links.deals = (0..self.one_of(&[0, 1, 2]))
            .map(|n| {
                let mut deal = linked_deal(&format!("90{n}"), self.one_of(&[Open, Closed, Gone]));
                deal.of_this = n == 0 && self.coin();
                deal.responsible_by_hand = self.coin();
                deal
            })
            .collect();
        f.links.unsorted = self.maybe(|tape| {
            let states = [UnsortedState::Waiting, UnsortedState::Accepted, UnsortedState::Declined];
            let mut record = unsorted(tape.one_of(&states));
            record.of_this = tape.coin();
            record.deal = tape.maybe(|_| "902".into());
            record
        });
        f.links.task = self.maybe(|tape| task(tape.coin()));
        f.links.chat = self.maybe(|_| "c-1".into());
        f
    }

    fn answer(&mut self, question: &Question) -> Answer {
        use EntityState::{Closed, Open};
        let deals = [vec![], vec!["1"], vec!["1", "2"]];
        match question {
            Question::FindContact { .. } => {
                let ids = self.one_of(&deals);
                Answer::Contacts(self.one_of(&[vec![], vec![found("777", &ids)]]))
            }
            Question::Contact { id } => {
                let ids = self.one_of(&deals);
                Answer::Contact(self.maybe(|_| found(id.as_str(), &ids)))
            }
            Question::DealsOf { .. } => {
                let one = deal("1", self.one_of(&["1", "2"]), self.one_of(&[Open, Closed]));
                let two = deal("2", self.one_of(&["1", "2"]), self.one_of(&[Open, Closed]));
                Answer::Deals(self.one_of(&[vec![], vec![one.clone()], vec![two, one]]))
            }
            Question::TaskDone { .. } => Answer::TaskDone(self.coin()),
            Question::Unsorted { .. } => {
                Answer::Unsorted(self.one_of(&[UnsortedState::Waiting, UnsortedState::Declined]))
            }
            other => panic!("not of amoCRM: {other:?}"),
        }
    }
}

/// Asks until nothing is asked: every question is asked once at most.
fn settled(mut story: Story, mut answer: impl FnMut(&Story, &Question) -> Answer) -> Story {
    for _ in 0..6 {
        let Some(question) = story.question() else { return story };
        let before = story.facts.known.clone();
        let answer = answer(&story, &question);
        story = story.told(answer);
        assert_ne!(story.facts.known, before, "{question:?} was asked twice");
    }
    panic!("too many questions")
}

/// Steps that work on an entity, and where they say it is.
fn refs(action: &Action) -> Vec<&Ref> {
    match action {
        Action::UpdateContact { contact, .. } | Action::OpenChat { contact } => vec![contact],
        Action::CreateDeal(draft) | Action::CreateLead(draft) => draft.contact.iter().collect(),
        Action::UpdateDeal { deal, .. }
        | Action::MoveDeal { deal, .. }
        | Action::CreateTask { deal, .. } => vec![deal],
        Action::SetResponsible { id, .. }
        | Action::CreateActivity { id, .. }
        | Action::AddNote { id, .. }
        | Action::EditNote { id, .. }
        | Action::AttachFile { id, .. } => vec![id],
        Action::CreateContact(_)
        | Action::CreateUnsorted(_)
        | Action::UseDeal { .. }
        | Action::UseLead { .. }
        | Action::UseContact { .. } => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// BY-6, AMO-3, AMO-5: no decision refers to what comes later, makes two of one thing, or makes
    /// again what was made.
    #[test]
    fn by_6_every_decision_is_sound_and_made_once(bytes in vec(any::<u8>(), 97)) {
        let mut tape = Tape(bytes.iter().cycle());
        let (settings, facts) = (tape.settings(), tape.facts());
        // Even unasked nothing breaks, and no new contact is made where one could be there.
        let unasked = plan(&settings, &facts);
        let story = settled(Story { settings, facts }, |_, question| tape.answer(question));
        let plan = story.plan();
        prop_assert!(unasked.steps.is_empty() || unasked == plan);

        for (n, step) in plan.steps.iter().enumerate() {
            for at in refs(&step.action) {
                if let Ref::Step(earlier) = at {
                    prop_assert!(*earlier < n);
                    prop_assert!(verb(&plan.steps[*earlier].action).starts_with("create_"));
                }
            }
            let words = step.action.words(&story.facts.directory);
            prop_assert!(!words.ru.is_empty() && !words.en.is_empty());
        }
        let does = story.does();
        let count = |verb: &str| does.iter().filter(|does| *does == verb).count();
        for verb in ["create_contact", "create_task", "open_chat", "use_contact"] {
            prop_assert!(count(verb) <= 1, "{does:?}");
        }
        prop_assert!(count("create_deal") + count("use_deal") + count("create_unsorted") <= 1);
        prop_assert!(!super::super::super::outcome_words(&plan).ru.is_empty());

        let again = story.given(|f| {
            if let (Asked::Is(None), Some(contact)) = (&f.known.contact, &mut f.links.contact) {
                contact.gone = true;
            }
            if let (Asked::Is(state), Some(record)) = (&f.known.unsorted, &mut f.links.unsorted) {
                record.state = *state;
            }
            if let (Asked::Is(done), Some(task)) = (&f.known.task_done, &mut f.links.task) {
                task.done = *done;
            }
            f.links = carried_out(&f.links, &plan);
            (f.known.contact, f.known.unsorted) = (Asked::Not, Asked::Not);
            f.known.task_done = Asked::Not;
            f.occasion.opened = false;
        });
        let again = settled(again, |story, question| match question {
            Question::Contact { id } => {
                let mut now = found(id.as_str(), &[]);
                now.responsible = story.facts.links.contact.as_ref().and_then(|c| c.responsible.clone());
                Answer::Contact(Some(now))
            }
            Question::Unsorted { .. } => Answer::Unsorted(UnsortedState::Waiting),
            Question::TaskDone { .. } => Answer::TaskDone(false),
            other => tape.answer(other),
        });
        let again = again.does();
        let made = |verb: &String| !verb.starts_with("update_");
        prop_assert!(!again.iter().any(made), "{does:?} then {again:?}");
    }
}
