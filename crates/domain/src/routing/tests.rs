//! Each case is a small scenario, a shift of employees and what must come of it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

pub(super) fn employee(n: u128) -> EmployeeId {
    EmployeeId(Uuid::from_u128(n))
}

pub(super) fn group(n: u128) -> GroupId {
    GroupId(Uuid::from_u128(n))
}

fn at(second: i64) -> Instant {
    chrono::DateTime::from_timestamp(1_795_000_000 + second, 0).unwrap()
}

/// On line, no limit, in group 1, never offered anything.
pub(super) fn person(n: u128) -> EmployeeFacts {
    EmployeeFacts {
        id: employee(n),
        presence: Presence::Online,
        load: 0,
        capacity: None,
        groups: vec![group(1)],
        last_offered_at: None,
    }
}

fn absent(n: u128) -> EmployeeFacts {
    EmployeeFacts { presence: Presence::Off, ..person(n) }
}

fn busy(n: u128, load: u32, capacity: u32) -> EmployeeFacts {
    EmployeeFacts { load, capacity: Some(capacity), ..person(n) }
}

pub(super) fn facts(employees: Vec<EmployeeFacts>) -> Facts {
    Facts {
        now: at(0),
        channel: ChannelFacts {
            id: ChannelId(Uuid::from_u128(1)),
            kind: ChannelKind::new("widget"),
            pinned: None,
            asks_forms: true,
        },
        attribution: Attribution::default(),
        enquiry: EnquiryOrder::First,
        contact: Known::Unknown,
        last_assignee: None,
        text: String::new(),
        language: None,
        schedules: BTreeMap::new(),
        employees,
    }
}

fn scenario(steps: Value) -> Scenario {
    serde_json::from_value(json!({ "steps": steps })).unwrap()
}

fn distribute(by: &str) -> Value {
    json!({ "do": "distribute", "to": { "group": group(1) }, "by": { "strategy": by } })
}

fn with(mut step: Value, more: Value) -> Value {
    step.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
    step
}

/// `{ within 60 s, then … }`.
fn answer(then: Value) -> Value {
    json!({ "answer": { "within_seconds": 60, "then": then } })
}

fn say(text: &str) -> Value {
    json!({ "do": "auto_reply", "text": text })
}

/// A conversation under way: keeps the progress, as its row does.
struct Story {
    scenario: Option<Scenario>,
    progress: Progress,
    wake_at: Option<Instant>,
}

impl Story {
    fn of(steps: Value) -> Self {
        Self { scenario: Some(scenario(steps)), progress: Progress::default(), wake_at: None }
    }

    fn on(&mut self, event: Event, facts: &Facts) -> Vec<Effect> {
        let decision = decide(self.scenario.as_ref(), &self.progress, event, facts);
        let stored = serde_json::to_value(&decision.progress).unwrap();
        self.progress = serde_json::from_value(stored).unwrap();
        assert_eq!(self.progress, decision.progress, "progress survives storage");
        self.wake_at = decision.wake_at;
        decision.effects
    }

    fn opens(&mut self, employees: Vec<EmployeeFacts>) -> Vec<Effect> {
        self.on(Event::Opened, &facts(employees))
    }

    fn later(&mut self, second: i64, event: Event, employees: Vec<EmployeeFacts>) -> Vec<Effect> {
        self.on(event, &Facts { now: at(second), ..facts(employees) })
    }
}

fn to(n: u128) -> Effect {
    Effect::OfferTo { employee: employee(n) }
}

fn to_group(n: u128) -> Effect {
    Effect::OfferToGroup { group: group(n) }
}

fn to_all() -> Effect {
    Effect::OfferToAll {}
}

fn reply(text: &str) -> Effect {
    Effect::AutoReply { text: text.to_owned() }
}

fn alarm(reason: AlarmReason) -> Effect {
    Effect::Alarm { reason }
}

use AlarmReason::{NobodyAnswered, NobodyOnline, PinnedEmployeeGone, ScenarioChanged};
use Event::{EmployeeCameOnline, EmployeeLeft, EmployeeReleased, FormDone, Opened, TimeCame};

#[test]
fn ch_2_without_a_scenario_everybody_sees_it() {
    let mut story = Story { scenario: None, progress: Progress::default(), wake_at: None };
    assert_eq!(story.opens(vec![person(1)]), [to_all()]);
    assert_eq!(story.opens(vec![person(1)]), [], "asked twice");
    let mut night = Story { scenario: None, progress: Progress::default(), wake_at: None };
    assert_eq!(night.opens(vec![absent(1)]), [to_all(), alarm(NobodyOnline)]);
}

#[test]
fn ch_2_a_channel_that_lost_its_scenario_leaves_nobody_waiting() {
    let mut story =
        Story::of(json!([with(distribute("round_robin"), answer(json!({"go": "everybody"})))]));
    story.opens(vec![person(1)]);
    story.scenario = None;
    assert_eq!(story.later(5, EmployeeCameOnline, vec![person(1)]), []);
    assert_eq!(story.later(60, TimeCame, vec![person(1)]), [to_all()]);
}

#[test]
fn ch_3_a_pinned_channel_bypasses_the_scenario() {
    let mut story = Story::of(json!([say("hello"), { "do": "close" }]));
    let mut facts = facts(vec![person(1), absent(2)]);
    facts.channel.pinned = Some(employee(2));
    assert_eq!(story.on(Opened, &facts), [to(2)]);
    assert_eq!(story.on(EmployeeLeft, &facts), []);
    assert_eq!(story.wake_at, None);
    facts.channel.pinned = Some(employee(9));
    assert_eq!(story.on(TimeCame, &facts), [to(9), alarm(PinnedEmployeeGone)]);
}

#[test]
fn rt_1_a_scenario_that_distributes_nothing_ends_with_everybody() {
    for steps in [
        json!([]),
        json!([say("hi")]),
        json!([{"do": "if", "when": {"is": "any", "of": []}, "then": [{"do": "close"}]}]),
    ] {
        let mut story = Story::of(steps);
        let effects = story.opens(vec![person(1)]);
        assert_eq!(effects.last(), Some(&to_all()));
    }
}

#[test]
fn rt_1_steps_run_in_turn_and_close_ends() {
    let tag = TagId(Uuid::from_u128(5));
    let mut story = Story::of(json!([
        { "do": "tag", "tags": [tag] },
        { "do": "wait", "seconds": 30 },
        say("bye"),
        { "do": "close" }
    ]));
    assert_eq!(story.opens(vec![]), [Effect::Tag { tags: vec![tag] }]);
    assert_eq!(story.wake_at, Some(at(30)));
    assert_eq!(story.later(29, TimeCame, vec![]), [], "too early");
    assert_eq!(story.wake_at, Some(at(30)));
    assert_eq!(story.later(30, TimeCame, vec![]), [reply("bye"), Effect::Close {}]);
    assert_eq!(story.progress.standing, Standing::Closed);
    assert_eq!(story.later(31, EmployeeCameOnline, vec![person(1)]), []);
}

#[test]
fn rt_1_branches_are_left_at_the_step_behind_them() {
    let mut story = Story::of(json!([
        { "do": "if", "when": { "is": "enquiry", "order": "first" },
          "then": [
            { "do": "if", "when": { "is": "contact", "state": "known" },
              "then": [say("known")],
              "otherwise": [say("unknown"), { "do": "wait", "seconds": 1 }, say("waited")] },
            say("inner end") ],
          "otherwise": [say("repeat")] },
        say("end"), distribute("everyone")
    ]));
    assert_eq!(story.opens(vec![person(1)]), [reply("unknown")]);
    assert_eq!(
        story.later(1, TimeCame, vec![person(1)]),
        [reply("waited"), reply("inner end"), reply("end"), to_group(1)]
    );
}

#[test]
fn rt_1_conditions() {
    let schedule = |hours: &str| -> Schedule {
        serde_json::from_value(json!({"time_zone": "UTC", "week": {
            "mon": [hours], "tue": [hours], "wed": [hours], "thu": [hours], "fri": [hours],
            "sat": [hours], "sun": [hours] }}))
        .unwrap()
    };
    let (always, never, gone) = [1, 2, 3].map(|n| ScheduleId(Uuid::from_u128(n))).into();
    let mut facts = facts(vec![person(1), absent(2)]);
    facts.now = "2026-11-23T12:00:00Z".parse().unwrap();
    facts.attribution = serde_json::from_value(json!({
        "site": "WWW.Shop.ru", "page": "https://shop.ru/Catalog/шины", "campaign": "Зима",
        "source": "yandex", "utm": { "medium": "CPC" } }))
    .unwrap();
    facts.text = "Хочу вернуть ЁЛКУ".to_owned();
    facts.language = Some("ru-RU".to_owned());
    facts.last_assignee = Some(employee(2));
    facts.schedules = [(always, schedule("00:00-24:00")), (never, schedule("03:00-03:01"))].into();
    let channel = |n| ChannelId(Uuid::from_u128(n));
    let yes = json!({ "is": "all", "of": [] });
    let no = json!({ "is": "any", "of": [] });
    for (condition, expect) in [
        (json!({"is": "all", "of": [yes, yes]}), true),
        (json!({"is": "all", "of": [yes, no]}), false),
        (json!({"is": "any", "of": [no, yes]}), true),
        (json!({"is": "any", "of": [no, no]}), false),
        (json!({"is": "not", "of": [no, no]}), true),
        (json!({"is": "not", "of": [no, yes]}), false),
        (json!({"is": "channel", "channels": [channel(7), channel(1)]}), true),
        (json!({"is": "channel", "channels": [channel(7)]}), false),
        (json!({"is": "kind", "kinds": ["email", "widget"]}), true),
        (json!({"is": "kind", "kinds": ["email"]}), false),
        (json!({"is": "site", "any_of": ["shop.ru"]}), true),
        (json!({"is": "site", "any_of": ["www.SHOP.ru"]}), true),
        (json!({"is": "site", "any_of": ["myshop.ru", "shop"]}), false),
        (json!({"is": "campaign", "any_of": ["лето", " зима "]}), true),
        (json!({"is": "campaign", "any_of": ["зим"]}), false),
        (json!({"is": "source", "any_of": ["Yandex"]}), true),
        (json!({"is": "source", "any_of": ["google"]}), false),
        (json!({"is": "utm", "key": "utm_medium", "any_of": ["cpc"]}), true),
        (json!({"is": "utm", "key": "medium", "any_of": ["email"]}), false),
        (json!({"is": "utm", "key": "term", "any_of": ["cpc"]}), false),
        (json!({"is": "page", "any_of": ["/catalog/"]}), true),
        (json!({"is": "page", "any_of": ["/cart"]}), false),
        (json!({"is": "working_hours", "schedule": always, "state": "open"}), true),
        (json!({"is": "working_hours", "schedule": always, "state": "closed"}), false),
        (json!({"is": "working_hours", "schedule": never, "state": "closed"}), true),
        (json!({"is": "working_hours", "schedule": never, "state": "open"}), false),
        (json!({"is": "working_hours", "schedule": gone, "state": "open"}), true),
        (json!({"is": "enquiry", "order": "first"}), true),
        (json!({"is": "enquiry", "order": "repeat"}), false),
        (json!({"is": "contact", "state": "unknown"}), true),
        (json!({"is": "contact", "state": "known"}), false),
        (json!({"is": "last_assignee_online"}), false),
        (json!({"is": "text", "any_of": ["скидка", "елк"]}), true),
        (json!({"is": "text", "any_of": ["вернУТЬ"]}), true),
        (json!({"is": "text", "any_of": ["скидка", ""]}), false),
        (json!({"is": "language", "any_of": ["en", "RU"]}), true),
        (json!({"is": "language", "any_of": ["en"]}), false),
        (json!({"is": "anyone_online"}), true),
        (json!({"is": "anyone_online", "group": group(1)}), true),
        (json!({"is": "anyone_online", "group": group(2)}), false),
    ] {
        let parsed = serde_json::from_value(condition.clone()).unwrap();
        assert_eq!(holds(&parsed, &facts), expect, "{condition}");
    }
}

#[test]
fn rt_2_everyone_at_once() {
    let mut story = Story::of(json!([distribute("everyone")]));
    assert_eq!(story.opens(vec![person(1), person(2)]), [to_group(1)]);
    let mut all = Story::of(json!([
        { "do": "distribute", "to": "everybody", "by": { "strategy": "everyone" } }]));
    assert_eq!(all.opens(vec![person(1)]), [to_all()]);
}

#[test]
fn rt_2_each_strategy_picks_its_one() {
    let ago = |mut e: EmployeeFacts, seconds: i64| {
        e.last_offered_at = Some(at(-seconds));
        e
    };
    let absent_1 = EmployeeFacts { presence: Presence::Break, ..person(1) };
    let other_group = EmployeeFacts { groups: vec![group(2)], ..person(1) };
    for (name, by, employees, expect) in [
        ("longest ago", "round_robin", vec![ago(person(1), 10), ago(person(2), 20)], 2),
        ("never is longest ago", "round_robin", vec![ago(person(1), 10), person(3)], 3),
        ("a tie goes by id", "round_robin", vec![person(3), person(2)], 2),
        ("on a break", "round_robin", vec![absent_1.clone(), person(2)], 2),
        ("another group", "round_robin", vec![other_group, person(2)], 2),
        ("full", "round_robin", vec![busy(1, 3, 3), person(2)], 2),
        ("smallest share", "least_busy", vec![busy(1, 2, 4), busy(2, 3, 10)], 2),
        ("equal share: longest ago", "least_busy", vec![busy(1, 1, 2), ago(busy(2, 2, 4), 9)], 1),
        (
            "without limits the plain number",
            "least_busy",
            vec![busy(1, 2, 9), EmployeeFacts { load: 1, ..person(2) }],
            2,
        ),
        ("least busy but away", "least_busy", vec![absent_1, busy(2, 5, 6)], 2),
    ] {
        let mut story = Story::of(json!([distribute(by)]));
        assert_eq!(story.opens(employees), [to(expect)], "{name}");
    }
}

#[test]
fn rt_2_the_last_assignee_first() {
    let by = |otherwise: &str| {
        json!([{ "do": "distribute", "to": { "group": group(1) },
                 "by": { "strategy": "last_assignee", "otherwise": otherwise } }])
    };
    for (otherwise, employees, expect) in [
        ("round_robin", vec![person(1), person(2)], to(2)),
        ("round_robin", vec![person(1), absent(2)], to(1)),
        ("least_busy", vec![busy(1, 1, 2), busy(2, 2, 2), busy(3, 0, 1)], to(3)),
        ("everyone", vec![person(1), absent(2)], to_group(1)),
        ("round_robin", vec![person(1), EmployeeFacts { groups: vec![], ..person(2) }], to(1)),
    ] {
        let mut story = Story::of(by(otherwise));
        let facts = Facts { last_assignee: Some(employee(2)), ..facts(employees) };
        assert_eq!(story.on(Opened, &facts), [expect]);
    }
}

#[test]
fn rt_2_capacity_may_be_ignored() {
    let mut story =
        Story::of(json!([with(distribute("round_robin"), json!({"capacity": "ignore"}))]));
    assert_eq!(story.opens(vec![busy(1, 9, 3)]), [to(1)]);
}

#[test]
fn rt_2_a_list_of_employees() {
    let step = json!({ "do": "distribute", "to": { "employees": [employee(2), employee(3)] },
                       "by": { "strategy": "round_robin" } });
    let mut story = Story::of(json!([step]));
    assert_eq!(story.opens(vec![person(1), absent(2), person(3)]), [to(3)]);
    let mut nobody = Story::of(json!([step]));
    assert_eq!(nobody.opens(vec![person(1), absent(2)]), [to_all(), alarm(NobodyOnline)]);
    assert_eq!(nobody.later(9, EmployeeCameOnline, vec![person(1), person(2)]), [to(2)]);
}

#[test]
fn rt_2_in_time_or_the_next_person() {
    let mut story =
        Story::of(json!([with(distribute("round_robin"), answer(json!({"go": "next_person"})))]));
    let people = || vec![person(1), person(2), person(3)];
    assert_eq!(story.opens(people()), [to(1)]);
    assert_eq!(story.wake_at, Some(at(60)));
    assert_eq!(story.later(59, TimeCame, people()), []);
    assert_eq!(story.later(60, TimeCame, people()), [to(2)]);
    assert_eq!(story.wake_at, Some(at(120)));
    assert_eq!(story.later(60, TimeCame, people()), [], "the same waking again");
    assert_eq!(story.later(120, TimeCame, people()), [to(3)]);
    assert_eq!(story.later(180, TimeCame, people()), [to_group(1), alarm(NobodyAnswered)]);
    assert_eq!(story.wake_at, None);
    assert_eq!(story.later(999, TimeCame, people()), []);
}

#[test]
fn rt_2_two_rounds_do_not_ask_the_same_person_twice_running() {
    let next = json!({"go": "next_person", "rounds": 2});
    let mut story = Story::of(json!([with(distribute("round_robin"), answer(next))]));
    let people = || vec![person(1), person(2)];
    let mut asked = vec![story.opens(people())];
    for n in 1..=4 {
        asked.push(story.later(n * 60, TimeCame, people()));
    }
    let spilt = vec![to_group(1), alarm(NobodyAnswered)];
    assert_eq!(asked, [vec![to(1)], vec![to(2)], vec![to(1)], vec![to(2)], spilt]);
}

#[test]
fn rt_2_not_in_time_another_group_everybody_or_steps() {
    let second = EmployeeFacts { groups: vec![group(2)], ..person(5) };
    let steps = json!({"go": "steps", "steps": [
        say("wait a little"), with(distribute("round_robin"), json!({"to": {"group": group(2)}}))]});
    let to_nothing = json!({"go": "steps", "steps": [say("sorry")]});
    for (then, expect) in [
        (json!({"go": "group", "group": group(2)}), vec![to_group(2)]),
        (json!({"go": "group", "group": group(3)}), vec![to_group(3), alarm(NobodyOnline)]),
        (json!({"go": "everybody"}), vec![to_all()]),
        (steps, vec![reply("wait a little"), to(5)]),
        (to_nothing, vec![reply("sorry"), to_group(1), alarm(NobodyAnswered)]),
    ] {
        for by in ["round_robin", "everyone"] {
            let mut story = Story::of(json!([with(distribute(by), answer(then.clone()))]));
            let people = || vec![person(1), second.clone()];
            story.opens(people());
            assert_eq!(story.later(60, TimeCame, people()), expect, "{then} after {by}");
        }
    }
}

#[test]
fn rt_2_steps_after_the_time_withdraw_the_offer_first() {
    let steps = json!({"go": "steps", "steps": [{"do": "wait", "seconds": 300}, {"do": "close"}]});
    let mut story = Story::of(json!([with(distribute("round_robin"), answer(steps))]));
    assert_eq!(story.opens(vec![person(1)]), [to(1)]);
    assert_eq!(story.later(60, TimeCame, vec![person(1)]), [to_group(1)]);
    assert_eq!(story.later(360, TimeCame, vec![person(1)]), [Effect::Close {}]);
}

#[test]
fn rt_2_who_leaves_does_not_keep_the_offer() {
    let mut story = Story::of(json!([distribute("round_robin")]));
    assert_eq!(story.opens(vec![person(1), person(2)]), [to(1)]);
    assert_eq!(story.later(1, EmployeeLeft, vec![person(1), absent(2)]), []);
    assert_eq!(story.later(2, EmployeeLeft, vec![absent(1), person(2)]), [to(2)]);
    let waits = [to_group(1), alarm(NobodyOnline)];
    assert_eq!(story.later(3, EmployeeLeft, vec![absent(1), absent(2)]), waits);
    assert_eq!(story.later(4, EmployeeCameOnline, vec![person(1), absent(2)]), [to(1)]);
}

#[test]
fn rt_3_the_form_is_asked_before_it_goes_on() {
    let form = json!({ "do": "contact_form", "text": "Кто вы?", "wait_seconds": 120,
                       "fields": [{ "ask": "name" }, { "ask": "email", "need": "optional" }] });
    let steps = json!([form, distribute("round_robin")]);
    for (second, event) in [(5, FormDone), (120, TimeCame)] {
        let mut story = Story::of(steps.clone());
        let asked = story.opens(vec![person(1)]);
        assert!(matches!(&asked[..], [Effect::AskForm { fields, .. }] if fields.len() == 2));
        assert_eq!(story.wake_at, Some(at(120)));
        assert_eq!(story.later(4, TimeCame, vec![person(1)]), []);
        assert_eq!(story.later(second, event, vec![person(1)]), [to(1)]);
        assert_eq!(story.later(200, FormDone, vec![person(1)]), [], "filled afterwards");
    }
    let mut mail = Story::of(steps);
    let mut facts = facts(vec![person(1)]);
    facts.channel.asks_forms = false;
    assert_eq!(mail.on(Opened, &facts), [to(1)]);
}

#[test]
fn rt_3a_nobody_online_waits_in_sight_until_somebody_can_have_it() {
    let mut story = Story::of(json!([distribute("round_robin")]));
    assert_eq!(story.opens(vec![absent(1), busy(2, 1, 1)]), [to_group(1), alarm(NobodyOnline)]);
    assert_eq!(story.wake_at, None);
    assert_eq!(story.later(1, EmployeeCameOnline, vec![absent(1), busy(2, 1, 1)]), []);
    assert_eq!(story.later(2, EmployeeReleased, vec![absent(1), busy(2, 0, 1)]), [to(2)]);
}

#[test]
fn rt_3a_nobody_online_runs_its_steps_once() {
    let nobody = json!({"nobody_online": {"go": "steps", "steps": [
        say("we are away"),
        { "do": "contact_form", "fields": [{ "ask": "phone" }], "wait_seconds": 60 }]}});
    let mut story = Story::of(json!([with(distribute("round_robin"), nobody)]));
    let effects = story.opens(vec![absent(1)]);
    assert!(matches!(
        &effects[..],
        [Effect::AutoReply { .. }, Effect::AskForm { .. }, Effect::OfferToGroup { .. }]
    ));
    let still = [to_group(1), alarm(NobodyOnline)];
    assert_eq!(story.later(60, TimeCame, vec![absent(1)]), still);
    assert_eq!(story.later(70, EmployeeCameOnline, vec![person(1)]), [to(1)]);
    // gone again: the customer is not told a second time
    assert_eq!(story.later(80, EmployeeLeft, vec![absent(1)]), still);
}

#[test]
fn rt_3a_somebody_who_came_while_the_form_was_open_gets_it() {
    let nobody = json!({"nobody_online": {"go": "steps", "steps": [
        { "do": "contact_form", "fields": [{ "ask": "phone" }] }]}});
    let mut story = Story::of(json!([with(distribute("round_robin"), nobody)]));
    story.opens(vec![absent(1)]);
    assert_eq!(story.later(10, EmployeeCameOnline, vec![person(1)]), []);
    assert_eq!(story.later(20, FormDone, vec![person(1)]), [to(1)]);
}

#[test]
fn rt_3a_the_first_target_has_precedence_when_it_comes_back() {
    let instead = with(distribute("round_robin"), json!({"to": {"group": group(2)}}));
    let nobody = json!({"nobody_online": {"go": "steps", "steps": [instead]}});
    let mut story = Story::of(json!([with(distribute("round_robin"), nobody)]));
    let second = |presence| EmployeeFacts { groups: vec![group(2)], presence, ..person(5) };
    let away = || vec![absent(1), second(Presence::Off)];
    assert_eq!(story.opens(away()), [to_group(2), alarm(NobodyOnline)]);
    let both = vec![person(1), second(Presence::Online)];
    assert_eq!(story.later(1, EmployeeCameOnline, both), [to(1)]);
    let mut other = Story::of(json!([with(
        distribute("round_robin"),
        json!({"nobody_online": {"go": "steps", "steps": [
            with(distribute("round_robin"), json!({"to": {"group": group(2)}}))]}})
    )]));
    assert_eq!(other.opens(vec![absent(1), second(Presence::Online)]), [to(5)]);
}

#[test]
fn rt_3a_a_changed_scenario_shows_the_conversation_to_everybody() {
    let changed = [to_all(), alarm(ScenarioChanged)];
    let people = || vec![person(1)];
    let timed = with(distribute("round_robin"), answer(json!({"go": "everybody"})));
    let mut story = Story::of(json!([say("hi"), timed]));
    story.opens(people());
    story.scenario = Some(scenario(json!([say("hi")])));
    assert_eq!(story.later(60, TimeCame, people()), changed);
    assert_eq!(story.later(99, TimeCame, people()), []);

    let mut paused = Story::of(json!([{ "do": "wait", "seconds": 5 }]));
    paused.opens(people());
    paused.scenario = Some(scenario(json!([{ "do": "close" }])));
    assert_eq!(paused.later(5, TimeCame, people()), changed);

    let mut waiting = Story::of(json!([distribute("round_robin")]));
    waiting.opens(vec![]);
    waiting.scenario = Some(scenario(json!([])));
    assert_eq!(waiting.later(5, EmployeeCameOnline, people()), changed);
}

/// RT-1: what is told of an example is what the walk did, by the paths of the check.
#[test]
fn rt_1_a_tried_example_tells_each_step_of_the_same_decision() {
    let mut facts = facts(vec![person(1), absent(2)]);
    facts.text = "Нужен ВОЗВРАТ".to_owned();
    let scenario = scenario(json!([
        { "do": "if",
          "when": { "is": "all", "of": [
              { "is": "text", "any_of": ["возврат"] },
              { "is": "enquiry", "order": "repeat" } ] },
          "then": [{ "do": "close" }],
          "otherwise": [
              say("Здравствуйте."),
              { "do": "contact_form", "fields": [{ "ask": "phone" }] },
              { "do": "wait", "seconds": 60 } ] },
        with(distribute("round_robin"), answer(json!({ "go": "everybody" }))),
    ]));
    let tried = try_out(&scenario, facts.clone());
    let told: Vec<(&str, &str)> =
        tried.steps.iter().map(|t| (t.path.as_str(), t.outcome.code())).collect();
    assert_eq!(
        told,
        [
            ("/steps/0/when", "no"),
            ("/steps/0/when/of/0", "yes"),
            ("/steps/0/when/of/1", "no"),
            ("/steps/0/otherwise/0", "done"),
            ("/steps/0/otherwise/1", "waits"),
            ("/steps/0/otherwise/1", "done"),
            ("/steps/0/otherwise/2", "waits"),
            ("/steps/1", "offered"),
        ]
    );
    assert_eq!(
        tried.decision.progress.standing,
        Standing::Offered { employee: employee(1), until: Some(at(120)) }
    );
    let names =
        Names { employees: [(employee(1), "Вера".to_owned())].into(), ..Names::default() };
    assert_eq!(result_words(&tried.decision, &names).ru, "Диалог предложен сотруднику Вера.");
    // The decision that is explained is the one that is made.
    let made = decide(Some(&scenario), &Progress::default(), Event::Opened, &facts);
    let (told, _) = explained(Some(&scenario), &Progress::default(), Event::Opened, &facts);
    assert_eq!(made, told);
}
