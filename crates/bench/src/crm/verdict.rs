//! Compares what customers wrote with what stands in the CRM.

use std::collections::HashMap;

use serde::Serialize;

/// Examples kept for people.
const EXAMPLES: usize = 12;

/// What one account of the CRM holds.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// Id and name.
    pub contacts: Vec<(i64, String)>,
    /// Id and main contact.
    pub leads: Vec<(i64, i64)>,
    /// Leads of tasks.
    pub tasks: Vec<i64>,
    /// Leads of notes with a text.
    pub notes: Vec<i64>,
}

/// What is wrong, each of it to be zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub customers: usize,
    pub contacts_lost: usize,
    pub leads_lost: usize,
    pub tasks_lost: usize,
    pub transcripts_lost: usize,
    pub contacts_doubled: usize,
    pub leads_doubled: usize,
    pub tasks_doubled: usize,
    pub transcripts_doubled: usize,
    /// Contacts of nobody who wrote.
    pub strangers: usize,
    pub examples: Vec<String>,
}

impl Verdict {
    pub fn lost(&self) -> usize {
        self.contacts_lost + self.leads_lost + self.tasks_lost + self.transcripts_lost
    }

    pub fn doubled(&self) -> usize {
        let records = self.contacts_doubled + self.leads_doubled;
        records + self.tasks_doubled + self.transcripts_doubled
    }

    fn example(&mut self, portal: usize, what: &str, whose: &str) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(format!("account {portal}: {what}: {whose}"));
        }
    }

    /// Counts the customers of one account in. Each has written once and been closed: one contact of
    /// their name, one lead of it, one task and one transcript of that.
    pub fn count(&mut self, portal: usize, customers: &[String], held: &Held) {
        let contacts = grouped(held.contacts.iter().map(|(id, name)| (name.as_str(), *id)));
        let leads = grouped(held.leads.iter().map(|(id, contact)| (*contact, *id)));
        let tasks = grouped(held.tasks.iter().map(|lead| (*lead, ())));
        let notes = grouped(held.notes.iter().map(|lead| (*lead, ())));
        self.customers += customers.len();
        let mut ours = 0;
        for name in customers {
            let of_name = contacts.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            ours += of_name.len();
            let of_contacts: Vec<i64> =
                of_name.iter().flat_map(|id| leads.get(id)).flatten().copied().collect();
            let of_leads = |of: &HashMap<i64, Vec<()>>| -> usize {
                of_contacts.iter().map(|lead| of.get(lead).map_or(0, Vec::len)).sum()
            };
            let (tasks, notes) = (of_leads(&tasks), of_leads(&notes));
            let counts = [
                ("contact", of_name.len(), &mut self.contacts_lost, &mut self.contacts_doubled),
                ("lead", of_contacts.len(), &mut self.leads_lost, &mut self.leads_doubled),
                ("task", tasks, &mut self.tasks_lost, &mut self.tasks_doubled),
                ("transcript", notes, &mut self.transcripts_lost, &mut self.transcripts_doubled),
            ];
            let mut wrong = Vec::new();
            for (what, count, lost, doubled) in counts {
                *lost += usize::from(count == 0);
                *doubled += count.saturating_sub(1);
                match count {
                    0 => wrong.push(format!("no {what}")),
                    1 => {}
                    more => wrong.push(format!("{more} x {what}")),
                }
            }
            if !wrong.is_empty() {
                self.example(portal, &wrong.join(", "), name);
            }
        }
        self.strangers += held.contacts.len() - ours;
    }
}

fn grouped<K: std::hash::Hash + Eq, V>(pairs: impl Iterator<Item = (K, V)>) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Held {
        Held {
            contacts: vec![(1, "Анна".to_owned()), (2, "Иван".to_owned())],
            leads: vec![(11, 1), (12, 2)],
            tasks: vec![12, 11],
            notes: vec![11, 12],
        }
    }

    fn of(held: &Held) -> Verdict {
        let mut verdict = Verdict::default();
        verdict.count(0, &["Анна".to_owned(), "Иван".to_owned()], held);
        verdict
    }

    #[test]
    fn amo_3_one_of_each_is_as_it_should_be() {
        assert_eq!(of(&good()), Verdict { customers: 2, ..Verdict::default() });
    }

    #[test]
    fn what_was_taken_away_is_lost() {
        let mut held = good();
        held.tasks.pop();
        held.notes.clear();
        let verdict = of(&held);
        assert_eq!((verdict.tasks_lost, verdict.transcripts_lost, verdict.lost()), (1, 2, 3));
        held.contacts.pop();
        assert_eq!(of(&held).leads_lost, 1, "a lead of nobody is nobody's lead");
    }

    #[test]
    fn what_was_planted_is_doubled_or_a_stranger() {
        let mut held = good();
        held.leads.push((13, 2));
        held.tasks.push(13);
        held.notes.push(11);
        let verdict = of(&held);
        assert_eq!((verdict.leads_doubled, verdict.tasks_doubled), (1, 1));
        assert_eq!((verdict.transcripts_doubled, verdict.doubled()), (1, 3));
        held.contacts.push((3, "Анна".to_owned()));
        held.contacts.push((4, "Никто".to_owned()));
        let verdict = of(&held);
        assert_eq!((verdict.contacts_doubled, verdict.strangers), (1, 1));
    }
}
