//! Webhooks of an account: bodies in the form of the documentation, and what the sandbox sends.

use crm::Crm;
use domain::crm::{Change, CrmId, Entity, Happening, StageRef};
use url::form_urlencoded;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use crate::{
    sand::Sand,
    stand::{adapter, moment, url},
};

const FORM: &str = "application/x-www-form-urlencoded";

fn parse(pairs: &[(&str, &str)]) -> Vec<Change> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    read(&body)
}

fn read(body: &str) -> Vec<Change> {
    adapter("http://127.0.0.1:9").hook().unwrap().parse(FORM, body.as_bytes()).unwrap()
}

fn happened(of: Entity, id: i64, happened: Happening) -> Change {
    Change { of, id: id.into(), happened, by: None, at: None }
}

fn stage(pipeline: i64, stage: i64) -> StageRef {
    StageRef { pipeline: pipeline.into(), stage: stage.into() }
}

#[test]
fn crm_4a_a_deal_that_was_moved_is_told_with_whence_and_by_whom() {
    let changes = parse(&[
        ("leads[status][0][id]", "25399013"),
        ("leads[status][0][name]", "Сделка"),
        ("leads[status][0][old_status_id]", "7039101"),
        ("leads[status][0][status_id]", "142"),
        ("leads[status][0][pipeline_id]", "300"),
        ("leads[status][0][responsible_user_id]", "504141"),
        ("leads[status][0][modified_user_id]", "504142"),
        ("leads[status][0][last_modified]", "1413554372"),
        ("leads[status][0][custom_fields][0][id]", "427183"),
        ("leads[status][0][custom_fields][0][values][0]", "1"),
        ("account[subdomain]", "ecoles"),
        ("account[id]", "7039099"),
    ]);
    let moved = Happening::Moved { to: stage(300, 142), from: Some(stage(300, 7_039_101)) };
    let moved = changes.iter().find(|change| change.happened == moved).expect("the move");
    assert_eq!((moved.of, moved.id.as_str()), (Entity::Deal, "25399013"));
    assert_eq!(moved.by, Some(CrmId::from(504_142)));
    assert_eq!(moved.at, Some(moment(1_413_554_372)));
    let user = Happening::Responsible { user: CrmId::from(504_141) };
    assert!(changes.iter().any(|change| change.happened == user));
}

/// Events are merged and lost, so an update tells where the deal is now.
#[test]
fn crm_4a_an_update_says_everything_it_knows_once() {
    let changes = parse(&[
        ("leads[update][0][id]", "5"),
        ("leads[update][0][status_id]", "20"),
        ("leads[update][0][pipeline_id]", "300"),
        ("leads[status][0][id]", "5"),
        ("leads[status][0][status_id]", "20"),
        ("leads[status][0][old_status_id]", "10"),
        ("leads[status][0][pipeline_id]", "300"),
        ("leads[status][0][old_pipeline_id]", "200"),
        ("leads[update][1][id]", "6"),
        ("leads[update][1][name]", "Другая"),
    ]);
    let moved = Happening::Moved { to: stage(300, 20), from: Some(stage(200, 10)) };
    assert_eq!(
        changes,
        [
            happened(Entity::Deal, 5, moved),
            happened(Entity::Deal, 6, Happening::Named { name: "Другая".to_owned() }),
        ]
    );
}

/// A stage without its funnel says nothing: 142 and 143 are in each.
#[test]
fn crm_4a_a_stage_without_a_funnel_is_not_guessed() {
    let pairs = [("leads[status][0][id]", "5"), ("leads[status][0][status_id]", "142")];
    assert_eq!(parse(&pairs), []);
}

#[test]
fn crm_4a_companies_come_as_contacts() {
    let changes = parse(&[
        ("contacts[update][0][id]", "10"),
        ("contacts[update][0][type]", "contact"),
        ("contacts[update][0][responsible_user_id]", "7"),
        ("contacts[update][1][id]", "11"),
        ("contacts[update][1][type]", "company"),
        ("contacts[update][1][name]", "ООО"),
    ]);
    assert_eq!(
        changes,
        [
            happened(Entity::Contact, 10, Happening::Responsible { user: CrmId::from(7) }),
            happened(Entity::Company, 11, Happening::Named { name: "ООО".to_owned() }),
        ]
    );
}

/// The documentation's own sample hides the task one level deeper.
#[test]
fn amo_5_a_task_that_was_closed_is_told_at_any_depth() {
    for prefix in ["task[update][0]", "task[update][0][0]", "tasks[update][0]"] {
        let name = |field: &str| format!("{prefix}[{field}]");
        let changes = parse(&[
            (&name("id"), "11122233"),
            (&name("element_id"), "33322211"),
            (&name("status"), "1"),
            (&name("action_close"), "1"),
            (&name("last_modified"), "2017-07-21 19:00:00"),
        ]);
        assert_eq!(changes, [happened(Entity::Task, 11_122_233, Happening::TaskDone)], "{prefix}");
    }
    let opened = parse(&[("task[update][0][id]", "5"), ("task[update][0][status]", "0")]);
    assert_eq!(opened, [happened(Entity::Task, 5, Happening::TaskOpened)]);
    // amoCRM repeats what we could not take after minutes: the task may be done by then.
    let made = parse(&[("task[add][0][id]", "5"), ("task[add][0][status]", "0")]);
    assert_eq!(made, []);
}

#[test]
fn amo_4_an_unsorted_is_accepted_or_declined() {
    let pairs = |action: &'static str| {
        [
            ("unsorted[delete][0][action]", action),
            ("unsorted[delete][0][uid]", "40789acb990dbb97"),
            ("unsorted[delete][0][category]", "forms"),
            ("unsorted[delete][0][accept_result][leads][0]", "2132111"),
            ("unsorted[delete][0][accept_result][contacts][0]", "3454532"),
        ]
    };
    let accepted = Happening::Accepted {
        deal: Some(CrmId::from(2_132_111)),
        contact: Some(CrmId::from(3_454_532)),
    };
    for (action, expected) in [("accept", accepted), ("decline", Happening::Declined)] {
        let changes = parse(&pairs(action));
        assert_eq!(changes.len(), 1);
        assert_eq!((changes[0].of, &changes[0].happened), (Entity::Unsorted, &expected));
        assert_eq!(changes[0].id, CrmId::from("40789acb990dbb97"));
    }
}

#[test]
fn crm_4a_deletions_come_in_several_forms() {
    let removed = [happened(Entity::Deal, 5, Happening::Removed)];
    for body in [
        "leads[delete][0][id]=5&leads[delete][0][status_id]=142&leads[delete][0][pipeline_id]=3",
        "leads[delete][id]=5",
        "leads[delete][0]=5",
        "leads[delete]=5",
    ] {
        assert_eq!(read(body), removed, "{body}");
    }
    let changes =
        read("contacts[delete][0][id]=5&contacts[delete][0][type]=company&task[delete][0][id]=6");
    assert_eq!(
        changes,
        [
            happened(Entity::Company, 5, Happening::Removed),
            happened(Entity::Task, 6, Happening::Removed),
        ]
    );
    assert_eq!(read("leads[restore][0][id]=5"), [happened(Entity::Deal, 5, Happening::Restored)]);
}

#[test]
fn crm_4a_what_does_not_concern_us_is_let_be_and_what_is_unknown_is_kept() {
    for body in [
        "leads[note][0][note][id]=5&leads[note][0][note][element_id]=6&account[id]=1",
        "message[add][0][id]=uuid&message[add][0][text]=x",
        "talk[update][0][talk_id]=5",
        "customers[add][0][id]=5",
        "leads[status][0][id]=&leads[status][0][status_id]=1",
        "leads[status][0][id]=0",
        "leads=5",
        "account[subdomain]=x",
    ] {
        assert_eq!(read(body), [], "{body}");
    }
    let amo = adapter("http://127.0.0.1:9");
    let hook = amo.hook().unwrap();
    for (kind, body) in [
        (FORM, ""),
        (FORM, "something=else"),
        ("application/json", "{broken"),
        ("application/json", "[]"),
        ("application/json", "5"),
    ] {
        assert!(hook.parse(kind, body.as_bytes()).is_err(), "{body}");
    }
    let json = br#"{"leads":{"delete":[{"id":5}]}}"#;
    let changes = hook.parse("application/json; charset=utf-8", json).unwrap();
    assert_eq!(changes, [happened(Entity::Deal, 5, Happening::Removed)]);
}

/// Two moves of one deal in one body: as texts «10» stands before «2», and the deal would go back.
#[test]
fn crm_4a_what_happened_last_is_told_last() {
    let body: Vec<String> = (0..12)
        .map(|n| {
            let item = format!("leads[status][{n}]");
            format!("{item}[id]=5&{item}[pipeline_id]=300&{item}[status_id]={}", 20 + n)
        })
        .collect();
    let told = read(&body.join("&"));
    let stages: Vec<Happening> = told.into_iter().map(|change| change.happened).collect();
    let wanted = (20..32).map(|to| Happening::Moved { to: stage(300, to), from: None });
    assert_eq!(stages, wanted.collect::<Vec<_>>());
}

/// There and back again in one body: where it stands now is told last, not where it was in between.
#[test]
fn crm_4a_what_came_back_to_where_it_was_is_told_so() {
    let told = |body: &str| -> Vec<Happening> {
        read(body).into_iter().map(|change| change.happened).collect()
    };
    let moves: Vec<String> = [(0, 20), (1, 30), (2, 20)]
        .into_iter()
        .map(|(n, to)| {
            let item = format!("leads[status][{n}]");
            format!("{item}[id]=5&{item}[pipeline_id]=300&{item}[status_id]={to}")
        })
        .collect();
    let moved = |to| Happening::Moved { to: stage(300, to), from: None };
    assert_eq!(told(&moves.join("&")), [moved(30), moved(20)]);
    let tasks: Vec<String> = [(0, 1), (1, 0), (2, 1)]
        .into_iter()
        .map(|(n, done)| format!("task[update][{n}][id]=5&task[update][{n}][status]={done}"))
        .collect();
    assert_eq!(told(&tasks.join("&")), [Happening::TaskOpened, Happening::TaskDone]);
}

/// Whoever learned the address may send anything: what amoCRM never sends is refused whole and soon.
#[test]
fn crm_4a_a_flood_is_refused_and_long_texts_are_cut() {
    let amo = adapter("http://127.0.0.1:9");
    let hook = amo.hook().unwrap();
    let flood: Vec<String> = (0..2_000).map(|n| format!("leads[add][{n}][id]={}", n + 1)).collect();
    assert!(hook.parse(FORM, flood.join("&").as_bytes()).is_err());
    let same: Vec<String> = (0..900).map(|n| format!("leads[add][{n}][id]=5")).collect();
    assert_eq!(read(&same.join("&")), [happened(Entity::Deal, 5, Happening::Added)]);
    let long = "я".repeat(1_000);
    let changes = parse(&[("contacts[update][0][id]", "5"), ("contacts[update][0][name]", &long)]);
    let Happening::Named { name } = &changes[0].happened else { panic!("{changes:?}") };
    assert_eq!(name.chars().count(), 255);
    let uid =
        [("unsorted[delete][0][uid]", long.as_str()), ("unsorted[delete][0][action]", "accept")];
    assert_eq!(parse(&uid), []);
}

/// Any bytes: an error or nothing, never a panic.
#[test]
fn crm_4a_no_body_breaks_the_reading() {
    let amo = adapter("http://127.0.0.1:9");
    let hook = amo.hook().unwrap();
    let mut seed = 7_u32;
    for _ in 0..2_000 {
        let body: Vec<u8> = (0..40)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let bytes = b"leads[]=&0159%\xffstatus";
                bytes[usize::try_from(seed >> 16).unwrap() % bytes.len()]
            })
            .collect();
        let _ = hook.parse(FORM, &body);
    }
}

/// From a person's act at the screen to our change, as the sandbox sends it.
#[tokio::test]
async fn crm_4a_what_a_person_does_in_the_crm_comes_to_us() {
    use crm::Connect;
    let ours = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(200)).mount(&ours).await;
    let sand = Sand::new().await;
    let hook = url(&format!("{}/hooks/crm/k", ours.uri()));
    sand.stand.amo.subscribe(&sand.stand.caller(), &hook).await.unwrap();

    let open = sand.account.stage("Продажи", "Переговоры").unwrap();
    let other = sand.account.stage("Сервис", "В работе").unwrap();
    let manager = sand.account.managers()[0].id;
    let contact = sand.account.add_contact("Иван", None, None);
    let lead = sand.account.add_lead("A", &open, Some(contact));
    sand.account.move_lead(lead, other.pipeline_id, other.status_id);
    sand.account.set_responsible(lead, manager);
    sand.account.rename_contact(contact, "Иван Петров");
    let form = sand.stand.perform(&crate::write::unsorted(&sand, "beseda-1")).await;
    let uid = form.id.clone().unwrap();
    sand.account.accept(uid.as_str(), manager, None);
    sand.account.delete_lead(lead);

    let wanted = [
        (
            Entity::Deal,
            Happening::Moved {
                to: stage(other.pipeline_id, other.status_id),
                from: Some(stage(open.pipeline_id, open.status_id)),
            },
        ),
        (Entity::Deal, Happening::Responsible { user: manager.into() }),
        (Entity::Contact, Happening::Named { name: "Иван Петров".to_owned() }),
        (Entity::Unsorted, Happening::Accepted { deal: form.deal, contact: form.contact }),
        (Entity::Deal, Happening::Removed),
    ];
    let mut seen: Vec<Change> = Vec::new();
    let all = |seen: &[Change]| {
        let missing = wanted.iter().find(|(of, happened)| {
            !seen.iter().any(|change| change.of == *of && change.happened == *happened)
        });
        missing.cloned()
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        loop {
            seen.clear();
            for request in ours.received_requests().await.unwrap() {
                let parsed = sand.stand.amo.hook().unwrap().parse(FORM, &request.body);
                seen.extend(parsed.unwrap());
            }
            if all(&seen).is_none() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    if waited.await.is_err() {
        panic!("never told: {:?}; seen {seen:#?}", all(&seen));
    }
}
