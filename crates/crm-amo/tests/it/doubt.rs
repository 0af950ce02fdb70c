//! What became of a write whose answer was lost, against the sandbox: gotcha 6, amoCRM has no
//! idempotency.

use crm::CrmError;
use domain::crm::{Action, Entity, NoteBody};
use sandbox::amo::{Faults, Kind};

use crate::{
    sand::Sand,
    stand::{MADE_AT, at, attach, id, moment},
    write::{contact, deal, unsorted},
};

/// Carries an action out so that its answer is lost, and looks for it.
async fn lost_and_found(sand: &Sand, action: &Action) -> i64 {
    assert_eq!(sand.stand.find_done(action, &[]).await, None, "nothing is there yet");
    sand.faults(Faults { drop_request: 1, ..Faults::default() });
    let never = sand.stand.refused(action).await;
    assert!(matches!(never, CrmError::Unknown { .. }), "{never}");
    assert_eq!(sand.stand.find_done(action, &[]).await, None, "it did not arrive");
    sand.faults(Faults { drop_answer: 1, ..Faults::default() });
    let lost = sand.stand.refused(action).await;
    assert!(matches!(lost, CrmError::Unknown { .. }), "{lost}");
    let found = sand.stand.find_done(action, &[]).await.expect("it was done");
    match found.deal {
        Some(deal) => deal.as_str().parse().unwrap(),
        None => id(&found),
    }
}

#[tokio::test]
async fn amo_3_a_contact_whose_creation_was_not_answered_is_found_again() {
    let sand = Sand::new().await;
    // The same person under another name and the same name of another person.
    sand.account.add_contact("Другой", Some("+79161234567"), None);
    sand.account.add_contact("Иван", Some("+79990000000"), None);
    let by_phone = Action::CreateContact(contact("Иван", &["+79161234567"]));
    let made = lost_and_found(&sand, &by_phone).await;
    assert_eq!(sand.account.contact(made).unwrap()["created_at"], MADE_AT);
    let by_name = Action::CreateContact(contact("Гость 5", &[]));
    let made = lost_and_found(&sand, &by_name).await;
    assert_eq!(sand.account.contact(made).unwrap()["name"], "Гость 5");
    assert_eq!(sand.account.contacts().len(), 4);
    // What another action made is not this one's.
    assert_eq!(sand.stand.find_done(&by_name, &[made]).await, None);
}

#[tokio::test]
async fn amo_3_a_deal_whose_creation_was_not_answered_is_found_again() {
    let sand = Sand::new().await;
    let open = sand.account.stage("Продажи", "Переговоры").unwrap();
    let contact = sand.account.add_contact("Иван", None, None);
    sand.account.add_lead("Обращение №5", &open, Some(contact));
    let action = Action::CreateDeal(deal("Обращение №5", contact));
    let made = lost_and_found(&sand, &action).await;
    assert_eq!(sand.account.lead(made).unwrap()["created_at"], MADE_AT);
    assert_eq!(sand.account.leads().len(), 2);
    assert_eq!(sand.stand.find_done(&action, &[made]).await, None);
}

#[tokio::test]
async fn amo_4_an_unsorted_whose_creation_was_not_answered_is_found_again() {
    let sand = Sand::new().await;
    sand.stand.perform(&unsorted(&sand, "beseda-1")).await;
    let action = unsorted(&sand, "beseda-2");
    let lead = lost_and_found(&sand, &action).await;
    assert!(sand.account.lead(lead).is_some());
    assert_eq!(sand.account.unsorted().len(), 2);
}

/// A manager was quicker than our look: what is no longer in «Неразобранное» was made all the same.
#[tokio::test]
async fn amo_4_an_unsorted_that_was_accepted_before_we_looked_is_not_made_again() {
    let sand = Sand::new().await;
    // The same number under another name, there before: nobody of ours.
    sand.account.add_contact("Другой", Some("+79161234567"), None);
    let action = unsorted(&sand, "beseda-7");
    assert_eq!(sand.stand.find_done(&action, &[]).await, None);
    sand.faults(Faults { drop_answer: 1, ..Faults::default() });
    assert!(matches!(sand.stand.refused(&action).await, CrmError::Unknown { .. }));
    let waiting = sand.account.unsorted();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let uid = text(&waiting[0]["uid"]);
    let lead = waiting[0]["_embedded"]["leads"][0]["id"].as_i64().unwrap();
    assert!(sand.account.accept(&uid, sand.account.admin(), None));
    let found = sand.stand.find_done(&action, &[]).await.expect("it was made, and accepted");
    assert_eq!(found.deal, Some(lead.into()));
    assert!(found.contact.is_some());
    assert!(found.id.is_some(), "something stands for its uid");
}

#[tokio::test]
async fn amo_5_a_task_whose_creation_was_not_answered_is_found_again() {
    let sand = Sand::new().await;
    let lead = sand.open_lead();
    let action = Action::CreateTask {
        deal: at(lead),
        text: "Ответить".to_owned(),
        due_at: moment(MADE_AT + 3_600),
        responsible: None,
        kind: None,
    };
    lost_and_found(&sand, &action).await;
    assert_eq!(sand.account.tasks().len(), 1);
}

#[tokio::test]
async fn crm_4_two_equal_notes_are_two() {
    let sand = Sand::new().await;
    let lead = sand.open_lead();
    let action = Action::AddNote {
        to: Entity::Deal,
        id: at(lead),
        body: NoteBody::Text { text: "Иван: да".to_owned() },
        up_to: 1,
    };
    let first = lost_and_found(&sand, &action).await;
    assert_eq!(sand.stand.find_done(&action, &[first]).await, None);
    let second = id(&sand.stand.perform(&action).await);
    let found = sand.stand.find_done(&action, &[first]).await.unwrap();
    assert_eq!(id(&found), second);
    assert_eq!(sand.account.notes(Kind::Leads, lead).len(), 2);
}

/// The bytes may go up again; the note that shows the file comes once.
#[tokio::test]
async fn crm_4_a_file_whose_note_was_not_answered_is_found_again() {
    let (sand, lead) = Sand::with_file(vec![7; 100]).await;
    let action = attach(lead, 5, "a.jpg");
    // An upload that is cut off is no doubt about the card.
    sand.faults(Faults { drop_answer: 1, ..Faults::default() });
    assert!(matches!(sand.stand.refused(&action).await, CrmError::Retry { .. }));
    assert_eq!(sand.stand.find_done(&action, &[]).await, None);
    let done = sand.stand.perform(&action).await;
    assert_eq!(sand.stand.find_done(&action, &[]).await.and_then(|e| e.id), done.id);
    assert_eq!(sand.stand.find_done(&action, &[id(&done)]).await, None);
}

/// A file comes onto a card by two calls. Between them the portal's limit may end, the token, or we.
#[tokio::test]
async fn crm_4_a_file_that_hangs_without_its_note_is_not_hung_again() {
    let (sand, lead) = Sand::with_file(vec![7; 100]).await;
    let action = attach(lead, 5, "букет.jpg");
    // Session, part, and the card; the note has to wait.
    sand.stand.gate.busy_after(3);
    let half = sand.stand.refused(&action).await;
    assert!(matches!(half, CrmError::Unknown { .. }), "{half}");
    assert_eq!(sand.account.files(Kind::Leads, lead).len(), 1);
    assert_eq!(sand.account.notes(Kind::Leads, lead).len(), 0);
    let ended = sand.stand.find_done(&action, &[]).await.expect("the rest is done");
    let notes = sand.account.notes(Kind::Leads, lead);
    assert_eq!((notes.len(), notes[0]["id"].as_i64()), (1, Some(id(&ended))));
    assert_eq!(notes[0]["params"]["original_name"], "букет.jpg");
    assert_eq!(sand.account.files(Kind::Leads, lead).len(), 1, "the file hangs there once");
    assert_eq!(sand.stand.find_done(&action, &[]).await.and_then(|e| e.id), ended.id);
}

/// Gotcha 5: the search shows the old state for a while, which is what `settles_after` is for.
#[tokio::test]
async fn amo_3_the_search_is_asked_only_when_it_has_caught_up() {
    use std::time::Duration;

    use crm::Crm;
    use sandbox::amo::{Limits, Options};
    let lag = Duration::from_secs(29);
    let sand =
        Sand::with(Options { limits: Limits::off(), search_lag: lag, ..Options::default() }).await;
    assert!(sand.stand.amo.settles_after() > lag);
    sand.faults(Faults { drop_answer: 1, ..Faults::default() });
    let action = Action::CreateContact(contact("Иван", &["+79161234567"]));
    sand.stand.refused(&action).await;
    assert_eq!(sand.stand.find_done(&action, &[]).await, None, "too early");
    sand.server.advance(sand.stand.amo.settles_after());
    assert!(sand.stand.find_done(&action, &[]).await.is_some());
}
