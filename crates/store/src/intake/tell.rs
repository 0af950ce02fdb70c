//! The feed's events of a batch, and the jobs that fetch files.

use super::*;

/// Whom a service does not name is asked about again after so long.
const ASKED_AGAIN: chrono::Duration = chrono::Duration::days(3);

/// Builds the feed's events and the jobs that fetch files.
pub(super) async fn append_events(
    conn: &mut PgConnection,
    items: &[Item],
    made: &mut Made,
    stored: &mut [Stored],
    identities: &HashMap<Place, Identity>,
    opened: &[(usize, Uuid)],
) -> Result<()> {
    let firsts: HashMap<Uuid, bool> = first_flags(conn, items, opened).await?;
    let mut asked: BTreeMap<Uuid, &Item> = BTreeMap::new();
    let mut order = 0;
    for (item, fate) in items.iter().zip(stored) {
        let Stored::New { conversation, message, opened } = fate else { continue };
        message.reply_to = made.replies.get(order).copied().flatten().map(MessageId);
        order += 1;
        let Some(touched) = made.conversations.get(&conversation.0) else { continue };
        let audience = touched.open.audience();
        if *opened {
            let place = (item.channel.0, item.person.external_id.clone());
            let Some(identity) = identities.get(&place) else { continue };
            let view = opened_view(item, identity, touched, *conversation, &firsts);
            made.events.push((
                item.account,
                NewEvent {
                    kind: EventKind::ConversationCreated,
                    conversation: Some(*conversation),
                    audience: Some(audience),
                    was: None,
                    payload: json!({ "conversation": view }),
                },
            ));
        }
        let tail = ConversationTail {
            conversation_id: *conversation,
            state: ConversationState::parse(&touched.open.state).unwrap_or(ConversationState::New),
            last_position: message.position,
            last_message_at: item.now,
            preview: item.content.preview(),
            preview_direction: item.direction,
            waiting_since: touched.open.waiting_since,
        };
        made.events.push((
            item.account,
            NewEvent {
                kind: EventKind::MessageCreated,
                conversation: Some(*conversation),
                audience: Some(audience),
                was: None,
                payload: json!({ "message": &*message, "conversation": tail }),
            },
        ));
        let place = (item.channel.0, item.person.external_id.clone());
        if let Some(identity) = identities.get(&place) {
            let found = look_ups(item, *conversation, touched, *opened);
            made.jobs.extend(found.into_iter().map(|job| (item.account, job)));
            if asks_who(item, identity) && asked.insert(identity.identity_id, item).is_none() {
                made.jobs.push((item.account, who_is(IdentityId(identity.identity_id))));
            }
        }
        for file in item.files.iter().filter(|f| f.handle.is_some()) {
            made.jobs.push((
                item.account,
                NewJob {
                    lane: format!("media:{}", file.attachment_id),
                    queue: "media",
                    payload: json!({ "job": "fetch", "attachment": file.attachment_id }),
                    run_at: None,
                },
            ));
        }
    }
    note_asked(conn, &asked).await
}

/// Whether the service is to be asked who this is: it has not been of late.
fn asks_who(item: &Item, identity: &Identity) -> bool {
    item.look_up.person
        && identity.name.is_empty()
        && identity.asked_at.is_none_or(|at| at + ASKED_AGAIN <= item.now)
}

fn who_is(id: IdentityId) -> NewJob {
    NewJob {
        lane: format!("person:{id}"),
        queue: "media",
        payload: json!({ "job": "look_up_person", "identity": id }),
        run_at: None,
    }
}

async fn note_asked(conn: &mut PgConnection, asked: &BTreeMap<Uuid, &Item>) -> Result<()> {
    if asked.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = asked.keys().copied().collect();
    let (accounts, at): (Vec<Uuid>, Vec<DateTime<Utc>>) =
        asked.values().map(|item| (item.account.0, item.now)).unzip();
    sqlx::query(
        "update identities i set asked_at = w.at
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) w(account_id, identity_id, at)
         where i.account_id = w.account_id and i.identity_id = w.identity_id",
    )
    .bind(&accounts)
    .bind(&ids)
    .bind(&at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Jobs for what the message does not tell, and for a listing that is another than before.
fn look_ups(
    item: &Item,
    conversation: ConversationId,
    touched: &Touched,
    opened: bool,
) -> Vec<NewJob> {
    let job = |lane: String, payload: serde_json::Value| NewJob {
        lane,
        queue: "media",
        payload,
        run_at: None,
    };
    let mut jobs = Vec::new();
    if item.look_up.whole {
        let id = item.message_id;
        jobs.push(job(format!("whole:{id}"), json!({ "job": "look_up_message", "message": id })));
    }
    if item.look_up.press {
        let id = item.message_id;
        jobs.push(NewJob {
            queue: "signs",
            ..job(format!("press:{id}"), json!({ "job": "answer_press", "message": id }))
        });
    }
    let known = touched.open.attribution.listing.as_ref();
    if let Some(listing) = &item.attribution.listing
        && !opened
        && known.is_none_or(|l| l.external_id != listing.external_id)
    {
        jobs.push(job(
            format!("listing:{conversation}"),
            json!({ "job": "listing", "conversation": conversation, "listing": listing }),
        ));
    }
    jobs
}

async fn first_flags(
    conn: &mut PgConnection,
    items: &[Item],
    opened: &[(usize, Uuid)],
) -> Result<HashMap<Uuid, bool>> {
    if opened.is_empty() {
        return Ok(HashMap::new());
    }
    let (mut accounts, mut ids) = (Vec::new(), Vec::new());
    for item in opened.iter().filter_map(|(n, _)| items.get(*n)) {
        accounts.push(item.account.0);
        ids.push(item.new_conversation.0);
    }
    let rows: Vec<(Uuid, bool)> = sqlx::query_as(
        "select c.conversation_id, c.is_first
         from unnest($1::uuid[], $2::uuid[]) w(account_id, conversation_id)
         join conversations c using (account_id, conversation_id)",
    )
    .bind(&accounts)
    .bind(&ids)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

fn opened_view(
    item: &Item,
    identity: &Identity,
    touched: &Touched,
    conversation: ConversationId,
    firsts: &HashMap<Uuid, bool>,
) -> ConversationView {
    ConversationView {
        conversation_id: conversation,
        number: touched.open.number,
        channel_id: item.channel,
        identity_id: IdentityId(identity.identity_id),
        contact_id: ContactId(identity.contact_id),
        contact_name: identity.contact_name.clone(),
        contact_phone: match identity.contact_name.is_empty() {
            true => item.person.phones.first().cloned(),
            false => None,
        },
        kind: item.kind,
        state: ConversationState::New,
        is_first: firsts.get(&conversation.0).copied().unwrap_or(false),
        pinned_id: touched.open.pinned_id.map(EmployeeId),
        assignee_id: None,
        offered_id: None,
        group_id: None,
        attribution: touched.open.attribution.0.clone(),
        subject: match &item.content {
            Content::Letter { subject, .. } => subject.clone(),
            _ => String::new(),
        },
        last_position: touched.open.last_position,
        last_message_at: touched.last_message_at,
        preview: touched.preview.clone(),
        preview_direction: touched.preview_direction,
        waiting_since: touched.open.waiting_since,
        auto_close_at: touched.auto_close_at,
        opened_at: item.now,
        taken_at: None,
        first_answer_at: touched.open.first_answer_at,
        closed_at: None,
        close_cause: None::<Cause>,
        closed_by: None,
        tags: Vec::new(),
    }
}
