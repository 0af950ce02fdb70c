//! The conversation's words and files in the CRM (CRM-4).

use super::{
    super::{
        Action, Because, Entity, EntityState, Line, LineFile, NoteBody, Plan, Ref, Transcript,
        Written,
        transcript::{self, LONGEST_NOTE},
    },
    Case, Person, Target,
};

/// Notes by the setting, then files.
pub fn write(case: &Case<'_>, person: &Person, target: Option<&Target>, plan: &mut Plan) {
    let occasion = &case.facts.occasion;
    let due = match case.settings.transcript {
        Transcript::Off => false,
        Transcript::Online => true,
        Transcript::AtEnd => occasion.closed,
    };
    let lines = if due { unwritten(case) } else { Vec::new() };
    let files = if case.settings.files { unattached(case) } else { Vec::new() };
    if lines.is_empty() && files.is_empty() {
        return;
    }
    let Some((to, id)) = case.place(person, target) else {
        plan.leave_out(Because::new(
            "CRM-4",
            "nowhere_to_write",
            "Переписка не записана: у обращения нет ни сделки, ни контакта в CRM.",
            "The messages are not written: the enquiry has neither a deal nor a contact in the CRM.",
        ));
        return;
    };
    match case.settings.transcript {
        Transcript::Off => {}
        Transcript::Online => grow(case, &lines, to, &id, plan),
        Transcript::AtEnd => at_end(case, &lines, to, &id, plan),
    }
    for (line, file) in files {
        attach(line, file, to, &id, plan);
    }
}

/// Messages that stand in no note yet. A note went away with its deal if that was deleted.
fn unwritten<'a>(case: &Case<'a>) -> Vec<&'a Line> {
    let links = &case.facts.links;
    let lost = |written: &&Written| {
        links.deals.iter().any(|deal| deal.id == written.of && deal.state == EntityState::Gone)
    };
    let kept = links.written.iter().filter(|written| !lost(written));
    let up_to = kept.map(|written| written.up_to).max();
    let mut lines = transcript::all_lines(case.facts);
    lines.retain(|line| up_to.is_none_or(|up_to| line.position > up_to));
    lines
}

/// One note that grows; past its length, or at another deal, a new one.
fn grow(case: &Case<'_>, lines: &[&Line], to: Entity, id: &Ref, plan: &mut Plan) {
    let written = &case.facts.links.written;
    let here = |note: &&Written| note.to == to && *id == Ref::Id(note.of.clone());
    let last = written.iter().filter(here).max_by_key(|note| note.up_to);
    let length: usize = lines.iter().map(|line| transcript::length(line, case.facts)).sum();
    let room = last.filter(|note| note.text.chars().count() + length <= LONGEST_NOTE);
    let head = match (room, last) {
        (Some(note), _) => note.text.clone(),
        (None, Some(_)) => String::new(),
        (None, None) => transcript::heading(case.facts),
    };
    for (n, part) in transcript::parts(&head, lines, case.facts).into_iter().enumerate() {
        let body = NoteBody::Text { text: part.text };
        let (to, id, up_to) = (to, id.clone(), part.up_to);
        match room.filter(|_| n == 0) {
            Some(note) => {
                let note = note.note.clone();
                let because = Because::new(
                    "CRM-4",
                    "note_grows",
                    "Новые сообщения дописаны в примечание с перепиской.",
                    "New messages are added to the note with the conversation.",
                );
                plan.push(Action::EditNote { note, to, id, body, up_to }, because);
            }
            None => {
                let because = Because::new(
                    "CRM-4",
                    "note_online",
                    "Переписка пишется в CRM по ходу обращения.",
                    "The conversation is written into the CRM as it goes on.",
                );
                plan.push(Action::AddNote { to, id, body, up_to }, because);
            }
        }
    }
}

fn at_end(case: &Case<'_>, lines: &[&Line], to: Entity, id: &Ref, plan: &mut Plan) {
    let head = transcript::heading(case.facts);
    for part in transcript::parts(&head, lines, case.facts) {
        let because = Because::new(
            "CRM-4",
            "transcript_at_end",
            "Обращение закрыто: переписка записана целиком.",
            "The enquiry is closed: the whole conversation is written down.",
        );
        let body = NoteBody::Transcript { text: part.text };
        plan.push(Action::AddNote { to, id: id.clone(), body, up_to: part.up_to }, because);
    }
}

/// Files of new messages that do not lie in the CRM yet.
fn unattached<'a>(case: &Case<'a>) -> Vec<(&'a Line, &'a LineFile)> {
    let attached = &case.facts.links.attached;
    let lines = case.facts.occasion.lines.iter();
    let files = lines.flat_map(|line| line.files.iter().map(move |file| (line, file)));
    files.filter(|(_, file)| !attached.contains(&file.attachment)).collect()
}

fn attach(line: &Line, file: &LineFile, to: Entity, id: &Ref, plan: &mut Plan) {
    let because = Because::new(
        "CRM-4",
        "file_attached",
        "Файл из переписки прикреплён в CRM.",
        "A file of the conversation is attached in the CRM.",
    );
    let action = Action::AttachFile {
        to,
        id: id.clone(),
        message: line.message,
        file: file.attachment,
        name: file.name.clone(),
    };
    plan.push(action, because);
}
