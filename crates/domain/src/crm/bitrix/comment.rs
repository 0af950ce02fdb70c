//! The conversation's words as comments of timelines (B24-8, B24-9, B24-16).

use super::{
    super::{
        Action, Because, Entity, Line, NoteBody, Plan, Question, Ref, Transcript, Written,
        transcript::{self, LONGEST_NOTE},
    },
    Case, Place, Target,
    client::{Client, companies},
};
use crate::text::Language;

/// Comments by the setting, and the announcement of a chat that an operator began.
pub fn write(case: &Case<'_>, place: &Place, plan: &mut Plan) -> Result<(), Question> {
    let occasion = &case.facts.occasion;
    let due = match case.rules.transcript {
        Transcript::Off => false,
        Transcript::Online => true,
        Transcript::AtEnd => occasion.closed,
    };
    let lines = if due { transcript::all_lines(case.facts) } else { Vec::new() };
    if lines.is_empty() {
        if place.announced {
            announce(case, place, plan);
        }
        return Ok(());
    }
    if place.targets.is_empty() {
        plan.leave_out(Because::new(
            "B24-8",
            "nowhere_to_write",
            "Переписка не записана: у обращения нет в CRM ни лида, ни сделки, ни контакта.",
            "The messages are not written: the enquiry has no lead, deal or contact in the CRM.",
        ));
        return Ok(());
    }
    for target in &place.targets {
        grow(case, place, target, &lines, plan);
    }
    if case.rules.also_contact {
        for copy in copies(case, place)? {
            grow(case, place, &copy, &lines, plan);
        }
    }
    Ok(())
}

/// B24-9: the client's contact and company, where the words do not go anyway.
fn copies(case: &Case<'_>, place: &Place) -> Result<Vec<Target>, Question> {
    let written = &case.facts.links.written;
    let of_company = |id| Target {
        of: Entity::Company,
        at: Ref::Id(id),
        responsible: None,
        responsible_by_hand: false,
        fresh: false,
    };
    let noted = written.iter().find(|note| note.to == Entity::Company);
    let company = match noted {
        Some(note) => Some(note.of.clone()),
        // Where words stand already without a company, there was none.
        None if !written.is_empty() => None,
        None => companies(case, &Client::default())?.first().cloned(),
    };
    let wanted = place.contact.iter().cloned().chain(company.map(of_company));
    Ok(wanted.filter(|copy| !place.targets.iter().any(|t| t.of == copy.of)).collect())
}

/// One comment for each conversation and card: it grows, and past its length a new one begins. A
/// comment that was deleted in the CRM is no longer among those written, so that a new one is made.
fn grow(case: &Case<'_>, place: &Place, target: &Target, lines: &[&Line], plan: &mut Plan) {
    let here = |note: &&Written| target.is_at(note.to, &note.of);
    let last = case.facts.links.written.iter().filter(here).max_by_key(|note| note.up_to);
    let new: Vec<&Line> = lines
        .iter()
        .copied()
        .filter(|line| last.is_none_or(|note| line.position > note.up_to))
        .collect();
    let Some(first) = new.first() else { return };
    let more = transcript::length(first, case.facts);
    let taken = |note: &Written| note.text.chars().count() + more;
    let room = last.filter(|note| taken(note) <= LONGEST_NOTE);
    let head = match (room, last) {
        (Some(note), _) => note.text.clone(),
        (None, Some(_)) => String::new(),
        (None, None) => heading(case, place),
    };
    for (n, part) in transcript::parts(&head, &new, case.facts).into_iter().enumerate() {
        let (to, id, up_to) = (target.of, target.at.clone(), part.up_to);
        let (body, because) = worded(case, target, part.text);
        let action = match room.filter(|_| n == 0) {
            Some(note) => Action::EditNote { note: note.note.clone(), to, id, body, up_to },
            None => Action::AddNote { to, id, body, up_to },
        };
        plan.push(action, because);
    }
}

fn worded(case: &Case<'_>, target: &Target, text: String) -> (NoteBody, Because) {
    let (place, place_en) = match target.of {
        Entity::Lead => ("лид", "the lead"),
        Entity::Contact => ("контакт", "the contact"),
        Entity::Company => ("компанию", "the company"),
        _ => ("сделку", "the deal"),
    };
    match case.rules.transcript {
        Transcript::AtEnd => (
            NoteBody::Transcript { text },
            Because::new(
                "B24-8",
                "transcript_at_end",
                format!("Обращение закрыто: переписка записана целиком в {place}."),
                format!("The enquiry is closed: the whole conversation is written to {place_en}."),
            ),
        ),
        Transcript::Online | Transcript::Off => (
            NoteBody::Text { text },
            Because::new(
                "B24-8",
                "comment_online",
                format!("Сообщения дописываются в комментарий по ходу обращения: в {place}."),
                format!("Messages are added to a comment as they come: to {place_en}."),
            ),
        ),
    }
}

/// The comment that links the new chat, once; later words go on in it.
fn announce(case: &Case<'_>, place: &Place, plan: &mut Plan) {
    let written = &case.facts.links.written;
    let told = |target: &&Target| written.iter().any(|note| target.is_at(note.to, &note.of));
    for target in place.targets.iter().filter(|target| !told(target)) {
        let because = Because::new(
            "B24-16",
            "chat_announced",
            "Комментарий связывает с записью новый чат, который начал сотрудник.",
            "A comment links the new chat that an employee began.",
        );
        let body = NoteBody::Text { text: heading(case, place) };
        plan.push(
            Action::AddNote { to: target.of, id: target.at.clone(), body, up_to: 0 },
            because,
        );
    }
}

fn heading(case: &Case<'_>, place: &Place) -> String {
    let heading = transcript::heading(case.facts);
    match (place.announced, case.facts.company.language) {
        (true, Language::Ru) => format!("Сотрудник написал клиенту первым\n{heading}"),
        (true, Language::En) => format!("An employee wrote to the client first\n{heading}"),
        (false, _) => heading,
    }
}
