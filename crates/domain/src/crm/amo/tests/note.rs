//! The conversation's words and files: CRM-4.

use super::super::super::{NoteBody, Transcript, transcript::LONGEST_NOTE};
use super::*;

fn closed() -> Story {
    story().in_deal(EntityState::Open).given(|f| {
        let history = vec![inbound(1), with_file(outbound(2)), inbound(3)];
        f.occasion = Occasion { closed: true, history, ..Occasion::default() };
    })
}

#[test]
fn crm_4_at_the_end_the_whole_conversation_is_one_note() {
    let story = closed();
    assert_eq!(story.does(), strings(&["add_note"]));
    let Action::AddNote { to, id, body, up_to } = story.action("add_note") else { panic!() };
    assert_eq!((to, id, up_to), (Entity::Deal, Ref::Id("901".into()), 3));
    let NoteBody::Transcript { text } = body else { panic!() };
    assert_eq!(
        text,
        "Чат №1204 · Telegram-бот «Бот продаж» · 14.03.2026 12:30\n\
         https://beseda.example.ru/desk/1204\n\
         14.03 12:31 Анна: Сколько стоит доставка?\n\
         14.03 12:32 Олег: Двести рублей. [файл: счёт.pdf]\n\
         14.03 12:33 Анна: Сколько стоит доставка?"
    );
}

#[test]
fn crm_4_before_the_end_and_with_transcripts_off_nothing_is_written() {
    let open = story().in_deal(EntityState::Open);
    assert_eq!(open.does(), strings(&[]));
    assert_eq!(closed().set(|s| s.transcript = Transcript::Off).does(), strings(&[]));
    let empty = closed().given(|f| f.occasion.history.clear());
    assert_eq!(empty.does(), strings(&[]), "nothing was said");
}

#[test]
fn crm_4_what_is_written_is_not_written_again() {
    let written = |up_to| Written {
        note: "61".into(),
        to: Entity::Deal,
        of: "901".into(),
        text: "…".to_owned(),
        up_to,
    };
    let story = closed().given(|f| f.links.written = vec![written(3)]);
    assert_eq!(story.does(), strings(&[]));
    let more = closed().given(|f| f.links.written = vec![written(2)]);
    let Action::AddNote { body, .. } = more.action("add_note") else { panic!() };
    assert!(!body_text(&body).contains("Двести"));
}

#[test]
fn crm_4_online_one_note_grows_until_it_is_full() {
    let online = |f: fn(&mut Facts)| {
        story().in_deal(EntityState::Open).set(|s| s.transcript = Transcript::Online).given(f)
    };
    let first = online(|_| {});
    let Action::AddNote { body: NoteBody::Text { text }, up_to: 1, .. } = first.action("add_note")
    else {
        panic!()
    };
    let grown = online(|f| f.occasion.lines = vec![outbound(2)]).given(|f| {
        f.links.written = vec![Written {
            note: "61".into(),
            to: Entity::Deal,
            of: "901".into(),
            text: text.clone(),
            up_to: 1,
        }];
    });
    let Action::EditNote { note, body, up_to: 2, .. } = grown.action("edit_note") else { panic!() };
    assert_eq!(note.as_str(), "61");
    assert_eq!(body_text(&body), format!("{text}\n14.03 12:32 Олег: Двести рублей."));
    let full = grown.given(|f| f.links.written[0].text = "я".repeat(LONGEST_NOTE - 100));
    let Action::AddNote { body, up_to: 2, .. } = full.action("add_note") else { panic!() };
    assert_eq!(body_text(&body), "14.03 12:32 Олег: Двести рублей.");
}

#[test]
fn crm_4_long_conversations_take_several_notes_and_lose_nothing() {
    let story = closed().given(|f| {
        f.occasion.history = (1..=100)
            .map(|n| line(n, Direction::Inbound, "", &format!("<{n}>{}", "я".repeat(400))))
            .collect();
        f.occasion.history.push(line(101, Direction::Outbound, "", &"ы".repeat(40_000)));
    });
    let notes: Vec<(String, i64)> = story
        .plan()
        .steps
        .iter()
        .map(|step| match &step.action {
            Action::AddNote { body, up_to, .. } => (body_text(body), *up_to),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(notes.len() > 3);
    assert!(notes.iter().all(|(text, _)| text.chars().count() <= LONGEST_NOTE));
    assert!(notes.is_sorted_by_key(|(_, up_to)| *up_to));
    assert_eq!(notes.last().unwrap().1, 101);
    let all: String = notes.iter().map(|(text, _)| text.as_str()).collect();
    assert!((1..=100).all(|n| all.contains(&format!("<{n}>"))));
    assert_eq!(all.matches('ы').count(), 40_000);
    assert!(all.contains("Клиент: <1>") && all.contains("Автоответ: ы"));
}

#[test]
fn crm_4_a_note_that_went_with_its_deal_is_written_into_the_new_one() {
    let story = closed().told(Answer::Deals(Vec::new())).given(|f| {
        f.occasion.lines = vec![inbound(4)];
        f.links.deals[0].state = EntityState::Gone;
        f.links.written = vec![Written {
            note: "61".into(),
            to: Entity::Deal,
            of: "901".into(),
            text: String::new(),
            up_to: 3,
        }];
    });
    assert_eq!(story.does(), strings(&["create_deal", "add_note"]));
    let Action::AddNote { id, body, .. } = story.action("add_note") else { panic!() };
    assert_eq!(id, Ref::Step(0));
    assert!(body_text(&body).contains("12:31 Анна"));
}

#[test]
fn crm_4_files_are_attached_by_choice() {
    let story = story().given(|f| f.occasion.lines = vec![with_file(inbound(1))]);
    assert_eq!(story.does(), strings(&["create_contact", "create_deal"]));
    let story = story.set(|s| s.files = true);
    assert_eq!(story.does(), strings(&["create_contact", "create_deal", "attach_file"]));
    let Action::AttachFile { to: Entity::Deal, id: Ref::Step(1), name, .. } =
        story.action("attach_file")
    else {
        panic!()
    };
    assert_eq!(name, "счёт.pdf");
}

#[test]
fn crm_4_without_a_deal_the_words_go_to_the_contact_or_it_is_told() {
    let contact_only = story().rule(|rule| rule.create_deal = false).given(|f| {
        f.occasion.closed = true;
    });
    let Action::AddNote { to, .. } = contact_only.action("add_note") else { panic!() };
    assert_eq!(to, Entity::Contact);
    let nowhere = contact_only.rule(|rule| rule.create_contact = false);
    assert!(nowhere.left_out().contains(&"nowhere_to_write".to_owned()));
}

#[test]
fn crm_7_lite_writes_contact_deal_and_transcript() {
    let story = story().given(|f| {
        f.mirrored = false;
        f.occasion.closed = true;
    });
    assert_eq!(story.does(), strings(&["create_contact", "create_deal", "add_note"]));
}
