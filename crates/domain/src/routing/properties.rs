//! RT-3a for any scenario, any shift and any order of events.

use chrono::Duration;
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    tests::{employee, facts, group, person},
    *,
};
use crate::scenario::{
    Answer, Asked, Capacity, Condition, Distribution, Fallback, Need, NobodyOnline, Step,
    Strategy as By, Target, Unanswered,
};

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        Just(Condition::All { of: vec![] }),
        Just(Condition::Any { of: vec![] }),
        Just(Condition::Enquiry { order: EnquiryOrder::First }),
        Just(Condition::LastAssigneeOnline {}),
        (0..3_u128).prop_map(|n| Condition::AnyoneOnline { group: Some(group(n)) }),
    ]
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        proptest::collection::vec(0..6_u128, 0..3)
            .prop_map(|n| Target::Employees(n.into_iter().map(employee).collect())),
        (0..3_u128).prop_map(|n| Target::Group(group(n))),
        Just(Target::Everybody),
    ]
}

fn strategy() -> impl Strategy<Value = By> {
    prop_oneof![
        Just(By::Everyone {}),
        Just(By::RoundRobin {}),
        Just(By::LeastBusy {}),
        Just(By::LastAssignee { otherwise: Fallback::RoundRobin }),
        Just(By::LastAssignee { otherwise: Fallback::Everyone }),
    ]
}

fn leaf() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::AutoReply { text: "hi".to_owned() }),
        Just(Step::ContactForm {
            text: String::new(),
            fields: vec![Question { ask: Asked::Phone, need: Need::Required }],
            wait_seconds: 30,
        }),
        Just(Step::Tag { tags: vec![TagId(Uuid::from_u128(1))] }),
        (1..100_u32).prop_map(|seconds| Step::Wait { seconds }),
        Just(Step::Close {}),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = leaf().prop_recursive(4, 24, 3, |inner| {
        let list = proptest::collection::vec(inner, 0..3).boxed();
        let then = prop_oneof![
            (0..4_u8).prop_map(|rounds| Unanswered::NextPerson { rounds }),
            (0..3_u128).prop_map(|n| Unanswered::Group { group: group(n) }),
            Just(Unanswered::Everybody {}),
            list.clone().prop_map(|steps| Unanswered::Steps { steps }),
        ];
        let nobody = prop_oneof![
            Just(NobodyOnline::Wait {}),
            list.clone().prop_map(|steps| NobodyOnline::Steps { steps }),
        ];
        let answer = proptest::option::of(
            (10..100_u32, then).prop_map(|(within_seconds, then)| Answer { within_seconds, then }),
        );
        let capacity = prop_oneof![Just(Capacity::Respect), Just(Capacity::Ignore)];
        prop_oneof![
            (condition(), list.clone(), list.clone())
                .prop_map(|(when, then, otherwise)| Step::If { when, then, otherwise }),
            (target(), strategy(), capacity, answer, nobody).prop_map(
                |(to, by, capacity, answer, nobody_online)| {
                    Step::Distribute(Box::new(Distribution {
                        to,
                        by,
                        capacity,
                        answer,
                        nobody_online,
                    }))
                }
            ),
        ]
    });
    proptest::collection::vec(step, 0..4)
}

fn shift() -> impl Strategy<Value = Vec<EmployeeFacts>> {
    let presence = prop_oneof![Just(Presence::Online), Just(Presence::Break), Just(Presence::Off)];
    let one = (presence, 0..4_u32, proptest::option::of(0..4_u32), 0..3_u128);
    proptest::collection::vec(one, 0..5).prop_map(|people| {
        (0..)
            .zip(people)
            .map(|(n, (presence, load, capacity, team))| EmployeeFacts {
                presence,
                load,
                capacity,
                groups: vec![group(team)],
                ..person(n)
            })
            .collect()
    })
}

fn events() -> impl Strategy<Value = Vec<(Event, Vec<EmployeeFacts>)>> {
    let event = prop_oneof![
        Just(Event::Opened),
        Just(Event::TimeCame),
        Just(Event::TimeCame),
        Just(Event::FormDone),
        Just(Event::EmployeeCameOnline),
        Just(Event::EmployeeReleased),
        Just(Event::EmployeeLeft),
    ];
    proptest::collection::vec((event, shift()), 1..20)
}

/// Whether the tree ever ignores capacity; then an offer may go to somebody who is full.
fn ignores_capacity(scenario: &Scenario) -> bool {
    serde_json::to_string(scenario).unwrap().contains(r#""capacity":"ignore""#)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn rt_3a_never_limbo_never_the_wrong_person(steps in steps(), events in events()) {
        let scenario = Scenario { steps };
        let strict = !ignores_capacity(&scenario);
        let mut progress = Progress::default();
        let mut now = facts(vec![]).now;
        for (event, employees) in events {
            let facts = Facts { now, last_assignee: Some(employee(2)), ..facts(employees) };
            let decision = decide(Some(&scenario), &progress, event, &facts);

            for effect in &decision.effects {
                if let Effect::OfferTo { employee } = effect {
                    let one = facts.employees.iter().find(|e| e.id == *employee);
                    let one = one.expect("only employees of the facts are offered anything");
                    prop_assert_eq!(one.presence, Presence::Online);
                    prop_assert!(!strict || one.capacity.is_none_or(|most| one.load < most));
                }
            }

            let placed = decision.effects.iter().filter(|e| matches!(
                e, Effect::OfferTo { .. } | Effect::OfferToGroup { .. } | Effect::OfferToAll {}));
            prop_assert!(placed.count() <= 1, "one place at a time");
            match &decision.progress.standing {
                Standing::NotStarted => prop_assert!(false, "limbo"),
                Standing::Offered { .. }
                | Standing::InSight { .. }
                | Standing::WaitsForSomebody { .. }
                | Standing::Closed => {}
                Standing::WaitsForForm { until } | Standing::Pauses { until } => {
                    prop_assert!(decision.wake_at == Some(*until) && *until > now);
                }
            }
            prop_assert_eq!(decision.wake_at, decision.progress.standing.until());
            prop_assert!(
                !decision.effects.iter().any(|e| matches!(e, Effect::Alarm { reason: AlarmReason::ScenarioChanged })),
                "the scenario did not change"
            );

            // The same event again changes nothing (the job was run twice).
            let again = decide(Some(&scenario), &decision.progress, Event::TimeCame, &facts);
            prop_assert_eq!(&again.progress, &decision.progress);
            prop_assert!(again.effects.is_empty());

            progress = decision.progress;
            now = progress.standing.until().unwrap_or(now + Duration::seconds(5));
        }
    }

    /// A stored progress may meet any other scenario.
    #[test]
    fn rt_3a_a_foreign_progress_is_survived(before in steps(), after in steps(), events in events()) {
        let (before, after) = (Scenario { steps: before }, Scenario { steps: after });
        let mut progress = Progress::default();
        let mut now = facts(vec![]).now;
        for (n, (event, employees)) in events.into_iter().enumerate() {
            let facts = Facts { now, ..facts(employees) };
            let scenario = if n % 2 == 0 { &before } else { &after };
            let decision = decide(Some(scenario), &progress, event, &facts);
            progress = decision.progress;
            prop_assert_ne!(&progress.standing, &Standing::NotStarted);
            now = progress.standing.until().unwrap_or(now + Duration::seconds(5));
        }
    }
}
