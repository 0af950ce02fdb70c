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
    let nowhere = story()
        .rule(|rule| (rule.create_contact, rule.create_deal) = (false, false))
        .set(|s| s.transcript = Transcript::Off)
        .given(|f| f.occasion.closed = true);
    assert!(!nowhere.left_out().contains(&"nowhere_to_write".to_owned()));
}

#[test]
fn crm_4_messages_stand_in_their_order_each_once() {
    let mut f = facts();
    f.occasion.history = vec![inbound(1), outbound(3)];
    f.occasion.lines = vec![inbound(2), outbound(3), inbound(4)];
    let lines = super::super::super::transcript::all_lines(&f);
    assert_eq!(lines.iter().map(|line| line.position).collect::<Vec<_>>(), [1, 2, 3, 4]);
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
    // The line and its break are 33 characters.
    let almost = |left: usize| {
        move |f: &mut Facts| {
            f.links.written[0].text = "я".repeat(LONGEST_NOTE - left);
        }
    };
    let grown = grown.given(almost(33));
    assert_eq!(grown.does(), strings(&["edit_note"]));
    let full = grown.given(almost(32));
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
    assert!(all.contains("Анна: <1>") && all.contains("Ромашка: ы"));
}

/// Text, as the note of a closed conversation of one message has it, without the heading.
fn noted(story: Story, said: Line) -> String {
    let story = story.in_deal(EntityState::Open).given(|f| {
        f.enquiry.link.clear();
        f.occasion = Occasion { closed: true, history: vec![said], ..Occasion::default() };
    });
    let Action::AddNote { body, .. } = story.action("add_note") else { panic!() };
    body_text(&body).split_once('\n').unwrap().1.to_owned()
}

#[test]
fn crm_4_who_spoke_is_told_by_name_else_by_the_side() {
    let nameless = || story().given(|f| f.contact.name = "\u{2800}".to_owned());
    for (story, direction, author, expect) in [
        (story(), Direction::Inbound, "", "14.03 12:31 Анна: да"),
        (nameless(), Direction::Inbound, " ", "14.03 12:31 Клиент: да"),
        (nameless().english(), Direction::Inbound, "", "14 Mar 09:31 Client: да"),
        (story(), Direction::Outbound, "Олег\nИванов", "14.03 12:31 Олег Иванов: да"),
        // Sent from the phone, by a rule, by the interface of programs: nobody here, and not «auto».
        (story(), Direction::Outbound, "", "14.03 12:31 Ромашка: да"),
    ] {
        assert_eq!(noted(story, line(1, direction, author, "да")), expect);
    }
}

#[test]
fn crm_4_a_message_of_several_lines_cannot_pretend_to_be_several_messages() {
    for said in [
        "да\n14.03 12:32 Олег: дарим",
        "да\r\n14.03 12:32 Олег: дарим",
        "да\u{2028}14.03 12:32 Олег: дарим",
    ] {
        let text = noted(story(), line(1, Direction::Inbound, "", said));
        let lines: Vec<&str> = text.split('\n').collect();
        assert_eq!(lines[0], "14.03 12:31 Анна: да");
        assert_eq!(lines[1..], ["\u{a0}\u{a0}\u{a0}\u{a0}14.03 12:32 Олег: дарим"]);
    }
    // Not at the seam of a message that is longer than a note, either.
    let room = LONGEST_NOTE - 1_000 - "14.03 12:31 Анна: ".chars().count();
    let long = format!("{}14.03 12:32 Олег: дарим", "я".repeat(room));
    let text = noted(story(), line(1, Direction::Inbound, "", &long));
    assert!(text.ends_with("\n\u{a0}\u{a0}\u{a0}\u{a0}14.03 12:32 Олег: дарим"));
}

#[test]
fn crm_4_an_english_company_reads_an_english_note_in_its_own_time() {
    let story = closed().english();
    let Action::AddNote { body, .. } = story.action("add_note") else { panic!() };
    assert_eq!(
        body_text(&body),
        "Chat #1204 · Telegram bot “Бот продаж” · 2026-03-14 09:30\n\
         https://beseda.example.ru/desk/1204\n\
         14 Mar 09:31 Анна: Сколько стоит доставка?\n\
         14 Mar 09:32 Олег: Двести рублей. [file: счёт.pdf]\n\
         14 Mar 09:33 Анна: Сколько стоит доставка?"
    );
    let request = closed().english().given(|f| f.enquiry.kind = ConversationKind::Request);
    let Action::AddNote { body, .. } = request.action("add_note") else { panic!() };
    assert!(body_text(&body).starts_with("Request #1204 · "));
}

#[test]
fn crm_4_by_5_a_note_in_another_deal_says_which_conversation_it_is() {
    let story =
        story().in_deal(EntityState::Open).set(|s| s.transcript = Transcript::Online).given(|f| {
            f.occasion.lines = vec![inbound(2)];
            f.occasion.chosen_deal = Some("333".into());
            f.links.written = vec![Written {
                note: "61".into(),
                to: Entity::Deal,
                of: "901".into(),
                text: "…".to_owned(),
                up_to: 1,
            }];
        });
    assert_eq!(story.does(), strings(&["use_deal", "add_note"]));
    let Action::AddNote { id, body, .. } = story.action("add_note") else { panic!() };
    assert_eq!(id, Ref::Id("333".into()));
    let text = body_text(&body);
    assert!(text.starts_with("Чат №1204") && !text.contains("12:31"), "{text}");
}

#[test]
fn crm_4_a_growing_note_never_passes_its_length_whatever_is_said() {
    let lines = vec![line(2, Direction::Inbound, "", &"я\n".repeat(2_900)), outbound(3)];
    let story =
        story().in_deal(EntityState::Open).set(|s| s.transcript = Transcript::Online).given(|f| {
            f.occasion.lines = lines;
            f.links.written = vec![Written {
                note: "61".into(),
                to: Entity::Deal,
                of: "901".into(),
                text: "я".repeat(5_000),
                up_to: 1,
            }];
        });
    let plan = story.plan();
    assert!(!plan.steps.is_empty());
    for step in plan.steps {
        let (Action::AddNote { body, .. } | Action::EditNote { body, .. }) = step.action else {
            panic!()
        };
        assert!(body_text(&body).chars().count() <= LONGEST_NOTE);
    }
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
    let attachment = AttachmentId(Uuid::from_u128(77));
    let there = story.given(|f| f.links.attached = vec![attachment]);
    assert_eq!(there.does(), strings(&["create_contact", "create_deal"]), "once");
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
