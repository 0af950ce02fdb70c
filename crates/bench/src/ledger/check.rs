//! The comparison: what was acknowledged against what the database, the sockets' readers and the
//! messenger know. Pure, so that planted faults prove that it sees them.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use crate::messenger::{Call, Effect, Sending};

/// A message of a customer that was delivered until it was acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub chat: i64,
    /// Counts the customer's messages; each is sent after the 2xx of the one before.
    pub number: u32,
    /// Like no other.
    pub text: String,
    pub accepted: bool,
}

/// An answer of an operator that was posted until it was acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub text: String,
    pub accepted: bool,
}

/// A message in the database, in the order of conversation and position.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub conversation: String,
    pub chat: String,
    pub inbound: bool,
    pub text: String,
    pub status: Option<String>,
}

/// What one reader of the socket got, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The cursor it began with.
    pub from: i64,
    pub events: Vec<Seen>,
    pub reconnects: usize,
    /// Told that its cursor is too old, which no cursor of a short run is.
    pub resyncs: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub seq: i64,
    /// Of a new message.
    pub text: Option<String>,
}

/// All that is compared.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    pub deliveries: Vec<Delivery>,
    pub answers: Vec<Answer>,
    pub rows: Vec<Row>,
    pub calls: Vec<Call>,
    pub sending: Sending,
    /// Numbers of the account's feed in the database.
    pub feed: Vec<i64>,
    pub readings: Vec<Reading>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Verdict {
    pub accepted: usize,
    pub never_accepted: usize,
    pub lost: usize,
    pub doubled: usize,
    pub reordered: usize,
    /// Messages in the database that nobody sent.
    pub strangers: usize,
    /// Customers whose messages lie in more than one conversation.
    pub split: usize,
    pub answers: usize,
    pub answers_never_accepted: usize,
    pub answers_lost: usize,
    pub answers_doubled: usize,
    pub sent_twice: usize,
    /// Shown as sent, and the messenger knows nothing of it.
    pub sent_in_name_only: usize,
    /// Shown as failed, and the customer has it.
    pub failed_but_sent: usize,
    /// The messenger's answer was lost, repeating is dangerous, and it is not shown as uncertain.
    pub uncertain_hidden: usize,
    /// Neither sent nor given up.
    pub unfinished: usize,
    /// Calls whose effect the messenger did not tell.
    pub untold: usize,
    pub uncertain: usize,
    /// Of those, how many the customer has.
    pub uncertain_arrived: usize,
    /// Of those, how many are shown once more by the messenger's own report.
    pub shown_by_report: usize,
    pub failed: usize,
    pub socket_events: usize,
    pub socket_missed: usize,
    pub socket_doubled: usize,
    pub socket_disordered: usize,
    pub socket_resyncs: usize,
    pub socket_reconnects: usize,
    /// Gaps in the account's feed.
    pub feed_gaps: usize,
    /// Examples of what is wrong, for people.
    pub examples: Vec<String>,
}

/// Examples kept for people.
const EXAMPLES: usize = 12;

pub fn compare(evidence: &Evidence) -> Verdict {
    let mut verdict = Verdict::default();
    inbound(evidence, &mut verdict);
    outbound(evidence, &mut verdict);
    sockets(evidence, &mut verdict);
    verdict
}

impl Verdict {
    fn example(&mut self, what: impl FnOnce() -> String) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(what());
        }
    }
}

fn inbound(evidence: &Evidence, verdict: &mut Verdict) {
    let known: HashMap<&str, &Delivery> =
        evidence.deliveries.iter().map(|d| (d.text.as_str(), d)).collect();
    let mut stored: HashMap<&str, usize> = HashMap::new();
    let mut homes: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
    let mut newest: HashMap<&str, u32> = HashMap::new();
    for row in evidence.rows.iter().filter(|row| row.inbound) {
        let Some(delivery) = known.get(row.text.as_str()) else {
            verdict.strangers += 1;
            verdict.example(|| format!("nobody sent: {}", row.text));
            continue;
        };
        homes.entry(&row.chat).or_default().insert(&row.conversation);
        let times = stored.entry(&row.text).or_default();
        *times += 1;
        if *times > 1 {
            verdict.doubled += 1;
            verdict.example(|| format!("doubled: {}", row.text));
            continue;
        }
        let newest = newest.entry(&row.conversation).or_default();
        if delivery.number < *newest {
            verdict.reordered += 1;
            verdict.example(|| format!("after number {newest}: {}", row.text));
        }
        *newest = (*newest).max(delivery.number);
    }
    for delivery in &evidence.deliveries {
        if !delivery.accepted {
            verdict.never_accepted += 1;
            continue;
        }
        verdict.accepted += 1;
        if !stored.contains_key(delivery.text.as_str()) {
            verdict.lost += 1;
            verdict.example(|| format!("lost: {}", delivery.text));
        }
    }
    verdict.split = homes.values().filter(|conversations| conversations.len() > 1).count();
}

fn outbound(evidence: &Evidence, verdict: &mut Verdict) {
    let mut rows: HashMap<&str, (usize, &str)> = HashMap::new();
    for row in evidence.rows.iter().filter(|row| !row.inbound) {
        let status = row.status.as_deref().unwrap_or("");
        rows.entry(&row.text).or_insert((0, status)).0 += 1;
    }
    let mut reached: HashMap<&str, (usize, bool)> = HashMap::new();
    for call in evidence.calls.iter().filter(|call| call.effect != Effect::None) {
        let entry = reached.entry(&call.text).or_insert((0, false));
        entry.0 += 1;
        entry.1 |= call.effect == Effect::Untold;
        verdict.untold += usize::from(call.effect == Effect::Untold);
    }
    for answer in &evidence.answers {
        let row = rows.get(answer.text.as_str());
        if answer.accepted {
            verdict.answers += 1;
        } else {
            verdict.answers_never_accepted += 1;
        }
        let Some(&(times, status)) = row else {
            if answer.accepted {
                verdict.answers_lost += 1;
                verdict.example(|| format!("answer lost: {}", answer.text));
            }
            continue;
        };
        let by_report = evidence.sending == Sending::Reported && status == "uncertain";
        if times == 2 && by_report {
            verdict.shown_by_report += 1;
        } else if times > 1 {
            verdict.answers_doubled += times - 1;
            verdict.example(|| format!("answer doubled: {}", answer.text));
        }
        let (arrived, untold) = reached.get(answer.text.as_str()).copied().unwrap_or_default();
        if arrived > 1 {
            verdict.sent_twice += 1;
            verdict.example(|| format!("sent {arrived} times, shown {status}: {}", answer.text));
        }
        match status {
            "uncertain" => {
                verdict.uncertain += 1;
                verdict.uncertain_arrived += usize::from(arrived > 0);
            }
            "sent" | "delivered" | "read" => {
                if arrived == 0 {
                    verdict.sent_in_name_only += 1;
                    verdict.example(|| format!("shown {status}, never sent: {}", answer.text));
                } else if untold && arrived == 1 && evidence.sending == Sending::Blind {
                    verdict.uncertain_hidden += 1;
                    verdict.example(|| format!("shown {status}, uncertain: {}", answer.text));
                }
            }
            "failed" => {
                verdict.failed += 1;
                if arrived > 0 {
                    verdict.failed_but_sent += 1;
                    verdict.example(|| format!("shown failed, sent: {}", answer.text));
                }
            }
            _ => {
                verdict.unfinished += 1;
                verdict.example(|| format!("still {status}: {}", answer.text));
            }
        }
    }
}

fn sockets(evidence: &Evidence, verdict: &mut Verdict) {
    verdict.feed_gaps = evidence.feed.windows(2).filter(|w| w[1] != w[0] + 1).count();
    let accepted: HashSet<&str> =
        evidence.deliveries.iter().filter(|d| d.accepted).map(|d| d.text.as_str()).collect();
    for (nth, reading) in evidence.readings.iter().enumerate() {
        let mut seen = HashSet::new();
        let mut texts = HashSet::new();
        let mut last = reading.from;
        for event in &reading.events {
            if !seen.insert(event.seq) {
                verdict.socket_doubled += 1;
                verdict.example(|| format!("reader {nth} got event {} twice", event.seq));
            } else if event.seq <= last {
                verdict.socket_disordered += 1;
                verdict.example(|| format!("reader {nth} got {} after {last}", event.seq));
            }
            last = last.max(event.seq);
            texts.extend(event.text.as_deref());
        }
        let wanted = evidence.feed.iter().filter(|&&seq| seq > reading.from);
        let missed = wanted.filter(|seq| !seen.contains(seq)).count();
        let unheard = accepted.iter().filter(|text| !texts.contains(*text)).count();
        if missed + unheard > 0 {
            verdict.example(|| format!("reader {nth} missed {missed} events, {unheard} messages"));
        }
        verdict.socket_missed += missed.max(unheard);
        verdict.socket_events += reading.events.len();
        verdict.socket_reconnects += reading.reconnects;
        verdict.socket_resyncs += reading.resyncs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(chat: i64, number: u32) -> Delivery {
        Delivery { chat, number, text: format!("c{chat} n{number}"), accepted: true }
    }

    fn row(chat: i64, number: u32) -> Row {
        Row {
            conversation: format!("cnv{chat}"),
            chat: chat.to_string(),
            inbound: true,
            text: format!("c{chat} n{number}"),
            status: None,
        }
    }

    fn answered(status: &str, effects: &[Effect]) -> Verdict {
        let text = "answer".to_owned();
        compare(&Evidence {
            answers: vec![Answer { text: text.clone(), accepted: true }],
            rows: vec![Row {
                conversation: "cnv1".to_owned(),
                chat: "1".to_owned(),
                inbound: false,
                text: text.clone(),
                status: Some(status.to_owned()),
            }],
            calls: effects.iter().map(|&effect| Call { text: text.clone(), effect }).collect(),
            ..Evidence::default()
        })
    }

    fn good() -> Evidence {
        let texts = [(1, 1), (2, 1), (1, 2), (2, 2)];
        let events = texts
            .iter()
            .zip(1..)
            .map(|(&(chat, number), seq)| Seen { seq, text: Some(format!("c{chat} n{number}")) });
        Evidence {
            deliveries: texts.iter().map(|&(c, n)| delivery(c, n)).collect(),
            rows: vec![row(1, 1), row(1, 2), row(2, 1), row(2, 2)],
            feed: vec![1, 2, 3, 4],
            readings: vec![Reading { from: 0, events: events.collect(), ..Reading::default() }],
            ..Evidence::default()
        }
    }

    #[test]
    fn ch_2_a_clean_run_has_no_faults() {
        let verdict = compare(&good());
        let clean = Verdict { accepted: 4, socket_events: 4, ..Verdict::default() };
        assert_eq!(verdict, clean);
    }

    #[test]
    fn s1_a_row_taken_away_is_lost() {
        let mut evidence = good();
        evidence.rows.remove(1);
        assert_eq!(compare(&evidence).lost, 1);
        // What was never acknowledged may be missing.
        evidence.deliveries[2].accepted = false;
        let verdict = compare(&evidence);
        assert_eq!((verdict.lost, verdict.never_accepted), (0, 1));
    }

    #[test]
    fn s2_a_row_planted_twice_is_doubled_and_not_reordered() {
        let mut evidence = good();
        evidence.rows.insert(2, row(1, 1));
        let verdict = compare(&evidence);
        assert_eq!((verdict.doubled, verdict.reordered, verdict.lost), (1, 0, 0));
    }

    #[test]
    fn s1_rows_that_changed_places_are_reordered() {
        let mut evidence = good();
        evidence.rows.swap(0, 1);
        assert_eq!(compare(&evidence).reordered, 1);
        // Between conversations there is no order.
        let mut evidence = good();
        evidence.rows.rotate_left(2);
        assert_eq!(compare(&evidence).reordered, 0);
    }

    #[test]
    fn s2_a_second_conversation_and_a_stranger_are_seen() {
        let mut evidence = good();
        evidence.rows[1].conversation = "cnv9".to_owned();
        evidence.rows.push(row(7, 7));
        let verdict = compare(&evidence);
        assert_eq!((verdict.split, verdict.strangers), (1, 1));
    }

    #[test]
    fn s4_each_end_of_an_answer_is_told_apart() {
        use Effect::{None, Told, Untold};
        assert_eq!(answered("sent", &[Told]), Verdict { answers: 1, ..Verdict::default() });
        assert_eq!(answered("sent", &[None, Told]).sent_twice, 0);
        assert_eq!(answered("sent", &[Told, Told]).sent_twice, 1);
        assert_eq!(answered("sent", &[Untold, Told]).sent_twice, 1);
        assert_eq!(answered("sent", &[]).sent_in_name_only, 1);
        assert_eq!(answered("sent", &[Untold]).uncertain_hidden, 1);
        assert_eq!(answered("failed", &[Untold]).failed_but_sent, 1);
        assert_eq!(answered("sending", &[Told]).unfinished, 1);
        let shown = answered("uncertain", &[Untold]);
        assert_eq!((shown.uncertain, shown.uncertain_arrived, shown.uncertain_hidden), (1, 1, 0));
        assert_eq!(answered("uncertain", &[]).uncertain_arrived, 0);
    }

    #[test]
    fn s4_what_a_messenger_knows_or_reports_changes_what_is_a_fault() {
        let text = "a".to_owned();
        let row = |status: &str| Row {
            inbound: false,
            text: text.clone(),
            status: Some(status.to_owned()),
            ..row(1, 1)
        };
        let evidence = |sending, rows: Vec<Row>| Evidence {
            answers: vec![Answer { text: text.clone(), accepted: true }],
            rows,
            calls: vec![Call { text: text.clone(), effect: Effect::Untold }],
            sending,
            ..Evidence::default()
        };
        let of = |sending, rows| compare(&evidence(sending, rows));
        assert_eq!(of(Sending::Idempotent, vec![row("sent")]).uncertain_hidden, 0);
        let reported = of(Sending::Reported, vec![row("uncertain"), row("sent")]);
        assert_eq!((reported.shown_by_report, reported.answers_doubled), (1, 0));
        assert_eq!(of(Sending::Reported, vec![row("sent"), row("sent")]).answers_doubled, 1);
        assert_eq!(of(Sending::Blind, vec![row("uncertain"), row("sent")]).answers_doubled, 1);
    }

    #[test]
    fn s4_an_answer_without_a_row_is_lost_and_with_two_is_doubled() {
        let mut evidence = Evidence {
            answers: vec![Answer { text: "a".to_owned(), accepted: true }],
            ..Evidence::default()
        };
        assert_eq!(compare(&evidence).answers_lost, 1);
        let row = Row { inbound: false, text: "a".to_owned(), ..row(1, 1) };
        evidence.rows = vec![row.clone(), row];
        assert_eq!(compare(&evidence).answers_doubled, 1);
    }

    #[test]
    fn s21_what_a_reader_missed_got_twice_or_out_of_order_is_seen() {
        let mut evidence = good();
        evidence.readings[0].events.remove(1);
        assert_eq!(compare(&evidence).socket_missed, 1);

        let mut evidence = good();
        let again = evidence.readings[0].events[0].clone();
        evidence.readings[0].events.push(again);
        assert_eq!(compare(&evidence).socket_doubled, 1);

        let mut evidence = good();
        evidence.readings[0].events.swap(1, 2);
        assert_eq!(compare(&evidence).socket_disordered, 1);

        let mut evidence = good();
        evidence.feed.remove(2);
        assert_eq!(compare(&evidence).feed_gaps, 1);
    }
}
