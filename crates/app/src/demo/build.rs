//! Sample talks into rows: pure, so that the same seed gives the same company.

use std::collections::BTreeMap;

use chrono::{Days, Duration, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use domain::{
    attribution::Attribution,
    clock::Instant,
    content::{Content, FormField},
    conversation::{Cause, ConversationState, Direction},
    delivery::DeliveryStatus,
    ids::{AttachmentId, ChannelId, EmployeeId, Ids},
    view::SystemLine,
};
use serde_json::Value;
use store::{
    DemoAttachment, DemoContact, DemoContactTag, DemoConversation, DemoConversationTag, DemoEmail,
    DemoIdentity, DemoMark, DemoMessage, DemoPhone, DemoRead, DemoRows, StoredBody,
};
use uuid::Uuid;

use super::{
    Known,
    script::{self, Line, Said, Words},
    seed::{SeedCompany, SeedContact, SeedEnd, SeedTalk},
};

/// Sample companies are in Moscow, as every new company is.
const ZONE: Tz = chrono_tz::Europe::Moscow;
/// The last line of a talk of today is at least so old, so that nothing lies in the future.
const YOUNGEST: i64 = 40;

type Built<T> = Result<T, String>;

/// Adds contacts, identities, conversations and messages. `Err` says what in the seed is wrong.
pub(super) fn talks(
    company: &SeedCompany,
    known: &Known,
    now: Instant,
    ids: &dyn Ids,
    rows: &mut DemoRows,
) -> Built<()> {
    let mut seeds = Vec::new();
    for talk in &company.talks {
        let lines = script::read(&talk.lines)?;
        let times = times(talk, &lines, now)?;
        seeds.push((talk, lines, times));
    }
    // Numbers are given in the order of opening, as they would have been.
    seeds.sort_by_key(|(_, _, times)| times.first().copied());
    let mut people = People { known, ids, contacts: BTreeMap::new(), identities: BTreeMap::new() };
    for (talk, lines, times) in seeds {
        let opened = times.first().copied().ok_or("a talk without lines")?;
        let (contact, is_first) = people.contact(company, &talk.who, opened, rows)?;
        let channel = *known.channels.get(&talk.channel).ok_or_else(|| unknown(&talk.channel))?;
        let identity = people.identity(company, talk, channel, contact, opened, rows)?;
        let mut story = Story::open(talk, channel, contact, identity, opened, known, ids)?;
        story.row.is_first = is_first;
        story.row.attribution = attribution(company, talk)?;
        for (line, at) in lines.into_iter().zip(times) {
            story.tell(line, at, rows)?;
        }
        story.close(rows)?;
    }
    Ok(())
}

fn unknown(name: &str) -> String {
    format!("nothing is called {name}")
}

fn attribution(company: &SeedCompany, talk: &SeedTalk) -> Built<Value> {
    let found = match &talk.from {
        Some(name) => company.sources.get(name).ok_or_else(|| unknown(name))?.0.clone(),
        None => Attribution::default(),
    };
    serde_json::to_value(found).map_err(|error| error.to_string())
}

/// When each line was said.
fn times(talk: &SeedTalk, lines: &[Line], now: Instant) -> Built<Vec<Instant>> {
    let begin = match (talk.ago, &talk.at) {
        (Some(minutes), _) => now - Duration::minutes(minutes),
        (None, Some(at)) => {
            let time = NaiveTime::parse_from_str(at, "%H:%M").map_err(|_| unknown(at))?;
            let today = now.with_timezone(&ZONE).date_naive();
            let days = Days::new(u64::try_from(talk.day).unwrap_or_default());
            let local = today.checked_sub_days(days).ok_or("too long ago")?.and_time(time);
            ZONE.from_local_datetime(&local).earliest().ok_or("no such time")?.with_timezone(&Utc)
        }
        (None, None) => return Err(format!("no time: {}", talk.lines)),
    };
    let mut seconds = Vec::new();
    let mut after = 0;
    for (n, line) in (0_i64..).zip(lines) {
        if n > 0 {
            // Uneven, as people are, and the same at every start.
            let own = 35 + (n * 47 + i64::try_from(talk.lines.len()).unwrap_or_default()) % 140;
            after += line.gap.map_or(own, |minutes| minutes * 60 + n * 7 % 60);
        }
        seconds.push(after);
    }
    // A talk of today that would reach into the future is told faster.
    let room = (now - begin).num_seconds() - YOUNGEST;
    let squeeze = |s: i64| if after > room && after > 0 { s * room.max(0) / after } else { s };
    Ok(seconds.into_iter().map(|s| begin + Duration::seconds(squeeze(s))).collect())
}

struct People<'a> {
    known: &'a Known,
    ids: &'a dyn Ids,
    contacts: BTreeMap<String, Uuid>,
    identities: BTreeMap<(String, String), Uuid>,
}

impl People<'_> {
    /// The contact, and whether this is the first that is heard of it.
    fn contact(
        &mut self,
        company: &SeedCompany,
        who: &str,
        at: Instant,
        rows: &mut DemoRows,
    ) -> Built<(Uuid, bool)> {
        if let Some(id) = self.contacts.get(who) {
            return Ok((*id, false));
        }
        let seed = seed_of(company, who)?;
        let id = self.ids.uuid();
        self.contacts.insert(who.to_owned(), id);
        mark(rows, "contact", id);
        let fields =
            seed.fields.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect();
        let name = seed.name.clone();
        rows.contacts.push(DemoContact { contact_id: id, name, fields, created_at: at });
        if let Some(phone) = seed.phone.clone() {
            rows.phones.push(DemoPhone { contact_id: id, phone });
        }
        if let Some(email) = seed.email.clone() {
            rows.emails.push(DemoEmail { contact_id: id, email });
        }
        for tag in &seed.tags {
            let tag_id = self.known.tags.get(tag).ok_or_else(|| unknown(tag))?.0;
            rows.contact_tags.push(DemoContactTag { contact_id: id, tag_id });
        }
        Ok((id, true))
    }

    fn identity(
        &mut self,
        company: &SeedCompany,
        talk: &SeedTalk,
        channel: ChannelId,
        contact: Uuid,
        at: Instant,
        rows: &mut DemoRows,
    ) -> Built<Uuid> {
        let key = (talk.channel.clone(), talk.who.clone());
        if let Some(id) = self.identities.get(&key) {
            return Ok(*id);
        }
        let seed = seed_of(company, &talk.who)?;
        let id = self.ids.uuid();
        self.identities.insert(key, id);
        mark(rows, "identity", id);
        rows.identities.push(DemoIdentity {
            identity_id: id,
            channel_id: channel.0,
            external_id: format!("demo-{}", talk.who),
            contact_id: contact,
            name: seed.name.clone(),
            username: seed.username.clone(),
            created_at: at,
        });
        Ok(id)
    }
}

fn seed_of<'a>(company: &'a SeedCompany, who: &str) -> Built<&'a SeedContact> {
    company.contacts.iter().find(|c| c.key == who).ok_or_else(|| unknown(who))
}

fn mark(rows: &mut DemoRows, kind: &'static str, id: Uuid) {
    rows.marks.push(DemoMark { kind, row_key: id.to_string() });
}

/// A conversation while it is told.
struct Story<'a> {
    talk: &'a SeedTalk,
    known: &'a Known,
    ids: &'a dyn Ids,
    row: DemoConversation,
    now: Instant,
    /// What the owner has read: everything but what came after the last answer.
    read: i64,
    waits: bool,
}

impl<'a> Story<'a> {
    fn open(
        talk: &'a SeedTalk,
        channel: ChannelId,
        contact: Uuid,
        identity: Uuid,
        at: Instant,
        known: &'a Known,
        ids: &'a dyn Ids,
    ) -> Built<Self> {
        let group = talk
            .group
            .as_ref()
            .map(|key| known.groups.get(key).map(|group| group.0).ok_or_else(|| unknown(key)));
        Ok(Self {
            talk,
            known,
            ids,
            row: DemoConversation {
                conversation_id: ids.uuid(),
                channel_id: channel.0,
                identity_id: identity,
                contact_id: contact,
                kind: "chat",
                state: ConversationState::New.as_str(),
                is_first: true,
                assignee_id: None,
                group_id: group.transpose()?,
                attribution: Value::Null,
                subject: talk.subject.clone(),
                last_position: 0,
                last_message_at: at,
                preview: String::new(),
                preview_direction: Direction::Inbound.as_str(),
                waiting_since: None,
                opened_at: at,
                taken_at: None,
                first_answer_at: None,
                closed_at: None,
                close_cause: None,
                closed_by: None,
            },
            now: at,
            read: 0,
            waits: false,
        })
    }

    fn employee(&self, key: &str) -> Built<EmployeeId> {
        self.known.employees.get(key).copied().ok_or_else(|| unknown(key))
    }

    /// The named one, else whoever has the conversation.
    fn author(&self, key: Option<&String>) -> Built<EmployeeId> {
        match (key, self.row.assignee_id) {
            (Some(key), _) => self.employee(key),
            (None, Some(id)) => Ok(EmployeeId(id)),
            (None, None) => self.employee(self.talk.by.as_deref().unwrap_or("owner")),
        }
    }

    fn tell(&mut self, line: Line, at: Instant, rows: &mut DemoRows) -> Built<()> {
        self.now = at;
        match line.said {
            Said::Customer(words) => self.customer(words, rows),
            Said::Employee { key, words, failure } => {
                let author = self.author(key.as_ref())?;
                self.take(author, rows)?;
                self.answer(author, words, failure, rows)
            }
            Said::Note { key, text } => {
                let author = self.author(key.as_ref())?;
                let body = StoredBody::Said(Content::text(text.clone()));
                self.message(Direction::Note, Some(author), body, text, None, rows).map(|_| ())
            }
            Said::GivenTo(key) => {
                let (to, by) = (self.employee(&key)?, self.author(None)?);
                self.take(by, rows)?;
                self.row.assignee_id = Some(to.0);
                let cause = Cause::Employee;
                self.happened(SystemLine::Assigned { to, by: Some(by), cause }, rows)
            }
            Said::GivenToGroup(key) => {
                let group = *self.known.groups.get(&key).ok_or_else(|| unknown(&key))?;
                let by = self.author(None)?;
                self.row.group_id = Some(group.0);
                self.row.assignee_id = None;
                self.row.taken_at = None;
                self.row.state = ConversationState::New.as_str();
                let cause = Cause::Employee;
                let line = SystemLine::TransferredToGroup { group, by: Some(by), cause };
                self.happened(line, rows)
            }
        }
    }

    fn take(&mut self, by: EmployeeId, rows: &mut DemoRows) -> Built<()> {
        if self.row.assignee_id.is_some() {
            return Ok(());
        }
        self.row.assignee_id = Some(by.0);
        self.row.taken_at = Some(self.now);
        self.row.state = ConversationState::InWork.as_str();
        self.happened(SystemLine::Taken { by }, rows)
    }

    fn customer(&mut self, words: Words, rows: &mut DemoRows) -> Built<()> {
        if matches!(words, Words::Form(_)) && self.row.last_position == 0 {
            self.row.kind = "request";
        }
        let content = self.content(words, rows)?;
        if !self.waits {
            self.row.waiting_since = Some(self.now);
            self.waits = true;
        }
        self.said(Direction::Inbound, None, content, None, rows)
    }

    fn answer(
        &mut self,
        author: EmployeeId,
        words: Words,
        failure: Option<String>,
        rows: &mut DemoRows,
    ) -> Built<()> {
        let content = self.content(words, rows)?;
        self.row.first_answer_at.get_or_insert(self.now);
        self.row.waiting_since = None;
        self.waits = false;
        self.said(Direction::Outbound, Some(author), content, failure, rows)
    }

    fn said(
        &mut self,
        direction: Direction,
        author: Option<EmployeeId>,
        content: (Content<AttachmentId>, Option<usize>),
        failure: Option<String>,
        rows: &mut DemoRows,
    ) -> Built<()> {
        let (content, attachment) = content;
        self.row.last_message_at = self.now;
        self.row.preview = content.preview();
        self.row.preview_direction = direction.as_str();
        let words = content.words();
        let body = StoredBody::Said(content);
        let message = self.message(direction, author, body, words, failure, rows)?;
        if let Some(row) = attachment.and_then(|n| rows.attachments.get_mut(n)) {
            row.message_id = message;
        }
        if direction == Direction::Outbound {
            self.read = self.row.last_position;
        }
        Ok(())
    }

    fn happened(&mut self, line: SystemLine, rows: &mut DemoRows) -> Built<()> {
        let body = StoredBody::Happened(line);
        self.message(Direction::System, None, body, String::new(), None, rows).map(|_| ())
    }

    fn message(
        &mut self,
        direction: Direction,
        author: Option<EmployeeId>,
        content: StoredBody,
        words: String,
        failure: Option<String>,
        rows: &mut DemoRows,
    ) -> Built<Uuid> {
        let id = self.ids.uuid();
        self.row.last_position += 1;
        let status = match (direction, &failure) {
            (Direction::Outbound, Some(_)) => Some(DeliveryStatus::Failed.as_str()),
            (Direction::Outbound, None) => Some(DeliveryStatus::Read.as_str()),
            (Direction::Inbound | Direction::Note | Direction::System, _) => None,
        };
        let from_outside = direction == Direction::Inbound;
        rows.messages.push(DemoMessage {
            conversation_id: self.row.conversation_id,
            position: self.row.last_position,
            message_id: id,
            channel_id: self.row.channel_id,
            direction: direction.as_str(),
            author_id: author.map(|e| e.0),
            content,
            raw: from_outside
                .then(|| serde_json::json!({ "demo": true, "text": words }).to_string()),
            words,
            external_id: (from_outside || status.is_some()).then(|| format!("demo-{id}")),
            status,
            failure,
            at: self.now,
        });
        Ok(id)
    }

    /// The content, and which attachment of the rows it brought.
    fn content(
        &mut self,
        words: Words,
        rows: &mut DemoRows,
    ) -> Built<(Content<AttachmentId>, Option<usize>)> {
        match words {
            Words::Text(text) if !self.talk.subject.is_empty() => Ok((
                Content::Letter {
                    subject: self.talk.subject.clone(),
                    text,
                    quoted: String::new(),
                    html: None,
                    files: Vec::new(),
                },
                None,
            )),
            Words::Text(text) => Ok((Content::text(text), None)),
            Words::Form(fields) => {
                let fields = fields.into_iter().map(|(label, value)| FormField {
                    key: "text".to_owned(),
                    label,
                    value,
                    optional: false,
                });
                let title = "Заявка с сайта".to_owned();
                Ok((Content::Form { title, fields: fields.collect() }, None))
            }
            Words::File { key, caption } => {
                let stored = self.known.files.get(&key).ok_or_else(|| unknown(&key))?;
                let file = &stored.file;
                let id = AttachmentId(self.ids.uuid());
                rows.attachments.push(DemoAttachment {
                    attachment_id: id.0,
                    // Set once the message has its id.
                    message_id: Uuid::nil(),
                    channel_id: self.row.channel_id,
                    kind: file.kind.as_str(),
                    name: file.name.clone(),
                    mime: file.mime.clone(),
                    size: i64::try_from(file.bytes.len()).unwrap_or_default(),
                    width: file.width,
                    height: file.height,
                    duration: file.duration,
                    storage_key: stored.storage_key.clone(),
                    created_at: self.now,
                });
                let content = Content::Files { files: vec![id], caption };
                Ok((content, rows.attachments.len().checked_sub(1)))
            }
        }
    }

    /// Ends the telling: closes where the seed says so, tags, and marks what the owner has read.
    fn close(mut self, rows: &mut DemoRows) -> Built<()> {
        match self.talk.end {
            SeedEnd::New => {}
            SeedEnd::Work => {
                let by = self.author(None)?;
                self.take(by, rows)?;
            }
            SeedEnd::Closed => {
                let by = self.author(None)?;
                self.now += Duration::seconds(25);
                self.closed(Some(by), Cause::Employee, rows)?;
            }
            SeedEnd::Silence => {
                self.now += Duration::minutes(60);
                self.closed(None, Cause::AutoClose, rows)?;
            }
        }
        let answered_last = self.row.preview_direction == Direction::Outbound.as_str();
        let last = rows.messages.iter_mut().rev().find(|m| m.status.is_some());
        if let Some(last) = last.filter(|m| answered_last && m.failure.is_none()) {
            // Nobody has said that they read it.
            last.status = Some(DeliveryStatus::Delivered.as_str());
        }
        let conversation_id = self.row.conversation_id;
        mark(rows, "conversation", conversation_id);
        for tag in &self.talk.tags {
            let tag_id = self.known.tags.get(tag).ok_or_else(|| unknown(tag))?.0;
            rows.conversation_tags.push(DemoConversationTag { conversation_id, tag_id });
        }
        let open = self.row.state != ConversationState::Closed.as_str();
        let position = if open { self.read } else { self.row.last_position };
        if position > 0 {
            let employee_id = self.employee("owner")?.0;
            rows.reads.push(DemoRead { employee_id, conversation_id, position });
        }
        rows.conversations.push(self.row);
        Ok(())
    }

    fn closed(&mut self, by: Option<EmployeeId>, cause: Cause, rows: &mut DemoRows) -> Built<()> {
        self.row.state = ConversationState::Closed.as_str();
        self.row.closed_at = Some(self.now);
        self.row.close_cause = Some(cause.as_str());
        self.row.closed_by = by.map(|e| e.0);
        self.row.waiting_since = None;
        self.happened(SystemLine::Closed { by, cause }, rows)
    }
}
