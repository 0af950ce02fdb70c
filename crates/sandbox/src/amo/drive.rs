//! The files service of an account: a session, parts, a file; and which files a lead has.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal, Reply},
    check::{BATCH, Batch, Check, items, object},
    gate::Caller,
    php::Query,
    world::{AccountState, Kind, Shared},
};

type App = State<Arc<Shared>>;

const MAX_FILE: i64 = 314_572_800;
const MAX_PART: usize = 524_288;
/// Sessions live a day.
const SESSION_LIFE: i64 = 86_400;

#[derive(Debug, Default)]
pub(super) struct Drive {
    sessions: BTreeMap<String, Session>,
    files: BTreeMap<String, File>,
    /// The oldest first.
    order: VecDeque<String>,
}

#[derive(Clone, Debug)]
struct Session {
    id: i64,
    name: String,
    size: i64,
    content_type: String,
    /// A new version of this file.
    of: Option<String>,
    received: Vec<u8>,
    until: i64,
}

#[derive(Clone, Debug)]
pub(super) struct File {
    pub uuid: String,
    pub version_uuid: String,
    pub name: String,
    pub content_type: String,
    pub bytes: Bytes,
    pub created_at: i64,
    pub created_by: i64,
}

/// A file on the card of an entity.
#[derive(Clone, Debug)]
pub(super) struct Hung {
    pub id: i64,
    pub uuid: String,
}

impl Drive {
    pub(super) fn holds(&self, uuid: &str) -> bool {
        self.files.contains_key(uuid)
    }

    pub(super) fn file(&self, uuid: &str) -> Option<&File> {
        self.files.get(uuid)
    }

    fn keep(&mut self, file: File, most: usize) {
        self.order.push_back(file.uuid.clone());
        self.files.insert(file.uuid.clone(), file);
        let stored = |files: &BTreeMap<String, File>| -> usize {
            files.values().map(|file| file.bytes.len()).sum()
        };
        while stored(&self.files) > most {
            let Some(oldest) = self.order.pop_front() else { break };
            self.files.remove(&oldest);
        }
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    let mut router = Router::new()
        .route("/v1.0/sessions", post(open))
        .route("/v1.0/sessions/upload/{token}", post(part))
        .route("/v1.0/files/{uuid}", get(one))
        .route("/v1.0/files/{uuid}/content", get(content));
    for kind in [Kind::Leads, Kind::Contacts, Kind::Companies] {
        router = router.route(
            &format!("/api/v4/{}/{{id}}/files", kind.name()),
            get(move |app: App, caller: Caller, id: Path<i64>, query: Query| {
                list(app, caller, id, query, kind)
            })
            .put(move |app: App, caller: Caller, id: Path<i64>, body: Bytes| {
                attach(app, caller, id, body, kind)
            }),
        );
    }
    router
}

/// `http://…/drive/{subdomain}`: where the account's files are, as the caller wrote the address.
fn base(caller: &Caller) -> String {
    caller.base.replacen("/a/", "/drive/", 1).replacen("/api/v4", "", 1)
}

async fn open(State(shared): App, caller: Caller, body: Bytes) -> Answer {
    let item = object(&body)?;
    shared.serve(&caller, |acting| {
        let mut check = Check::default();
        let name = check.filled(&item, "file_name").unwrap_or_default();
        let size = check.given_integer(&item, "file_size").unwrap_or_default();
        let content_type = check.text(&item, "content_type");
        let of = check.text(&item, "file_uuid");
        if of.as_ref().is_some_and(|uuid| !acting.account.drive.holds(uuid)) {
            check.no_choice("file_uuid");
        }
        if check.findings.is_empty() && !(1..=MAX_FILE).contains(&size) {
            check.no_choice("file_size");
        }
        check.verdict()?;
        let (id, now) = (acting.ids.made(), acting.now);
        let token = token();
        let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
        let until = now + SESSION_LIFE;
        let session = Session { id, name, size, content_type, of, received: Vec::new(), until };
        let sessions = &mut acting.account.drive.sessions;
        sessions.retain(|_, session| session.until > now);
        sessions.insert(token.clone(), session);
        Ok(Reply::Hal(json!({
            "session_id": id, "upload_url": upload_url(&caller, &token),
            "max_file_size": MAX_FILE, "max_part_size": MAX_PART,
        })))
    })
}

fn token() -> String {
    hex::encode(rand::random::<[u8; 24]>())
}

fn upload_url(caller: &Caller, token: &str) -> String {
    format!("{}/v1.0/sessions/upload/{token}", base(caller))
}

async fn part(State(shared): App, caller: Caller, Path(key): Path<String>, body: Bytes) -> Answer {
    let most = shared.options.stored_bytes;
    shared.serve(&caller, |acting| {
        let (now, by) = (acting.now, acting.by);
        let drive = &mut acting.account.drive;
        // Each address is good for one part.
        let session = drive.sessions.remove(&key).filter(|session| session.until > now);
        let mut session = session.ok_or_else(|| Refusal::new(404, "Session not found"))?;
        let total = session.received.len() + body.len();
        let size = usize::try_from(session.size).unwrap_or_default();
        if body.is_empty() || body.len() > MAX_PART || total > size {
            drive.sessions.insert(key, session);
            return Err(Refusal::new(400, "Wrong size of the part"));
        }
        session.received.extend_from_slice(&body);
        if total < size {
            let (next, id) = (token(), session.id);
            drive.sessions.insert(next.clone(), session);
            return Ok(Reply::Hal(json!({
                "next_url": upload_url(&caller, &next), "session_id": id,
            })));
        }
        let file = File {
            uuid: session.of.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
            version_uuid: uuid::Uuid::new_v4().to_string(),
            name: session.name,
            content_type: session.content_type,
            bytes: Bytes::from(session.received),
            created_at: now,
            created_by: by,
        };
        drive.keep(file.clone(), most);
        Ok(Reply::Hal(shown(&caller, &file)))
    })
}

fn shown(caller: &Caller, file: &File) -> Value {
    let own = format!("{}/v1.0/files/{}", base(caller), file.uuid);
    let (name, extension) = file.name.rsplit_once('.').unwrap_or((&file.name, ""));
    let kind = file.content_type.split('/').next().unwrap_or_default();
    let kind = if matches!(kind, "image" | "video" | "audio") { kind } else { "file" };
    json!({
        "uuid": file.uuid, "version_uuid": file.version_uuid, "name": name,
        "sanitized_name": name, "size": file.bytes.len(), "type": kind, "is_trashed": false,
        "metadata": {"extension": extension, "mime_type": file.content_type},
        "created_at": file.created_at, "updated_at": file.created_at,
        "created_by": {"type": "internal", "id": file.created_by},
        "updated_by": {"type": "internal", "id": file.created_by},
        "deleted_at": null, "deleted_by": null, "has_multiple_versions": false, "previews": null,
        "source_id": null,
        "_links": {
            "self": {"href": own}, "download": {"href": format!("{own}/content")},
            "download_version": {"href": format!("{own}/content")},
        },
    })
}

async fn one(State(shared): App, caller: Caller, Path(uuid): Path<String>) -> Answer {
    shared.look(&caller, |account| {
        let file = account.drive.file(&uuid).ok_or_else(Refusal::not_found)?;
        Ok(Reply::Hal(shown(&caller, file)))
    })
}

async fn content(State(shared): App, caller: Caller, Path(uuid): Path<String>) -> Response {
    let found = shared.look(&caller, |account| {
        let file = account.drive.file(&uuid).ok_or_else(Refusal::not_found)?;
        Ok((file.content_type.clone(), file.bytes.clone()))
    });
    match found {
        Ok((kind, bytes)) => ([(header::CONTENT_TYPE, kind)], Body::from(bytes)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn files_of(account: &AccountState, kind: Kind, id: i64) -> Vec<Hung> {
    account.files.get(&(kind, id)).cloned().unwrap_or_default()
}

async fn list(
    State(shared): App,
    caller: Caller,
    Path(id): Path<i64>,
    query: Query,
    kind: Kind,
) -> Answer {
    shared.look(&caller, |account| {
        let files = files_of(account, kind, id);
        if files.is_empty() {
            return Ok(Reply::Nothing);
        }
        let shown: Vec<Value> =
            files.iter().map(|hung| json!({"file_uuid": hung.uuid, "id": hung.id})).collect();
        let path = format!("{}/{}/{id}/files?{}", caller.base, kind.name(), query.raw);
        Ok(Reply::Hal(json!({
            "_links": {"self": {"href": path}}, "_embedded": {"files": shown},
        })))
    })
}

async fn attach(
    State(shared): App,
    caller: Caller,
    Path(id): Path<i64>,
    body: Bytes,
    kind: Kind,
) -> Answer {
    let items = items(&body, BATCH)?;
    shared.serve(&caller, |acting| {
        if !acting.account.has(kind, id) {
            return Err(Refusal::not_found());
        }
        let mut batch = Batch::default();
        let mut files = files_of(acting.account, kind, id);
        for (at, item) in items.iter().enumerate() {
            let mut check = Check::default();
            let uuid = check.filled(item, "file_uuid").unwrap_or_default();
            if !uuid.is_empty() && !acting.account.drive.holds(&uuid) {
                check.no_choice("file_uuid");
            }
            batch.add(&at.to_string(), check.findings);
            if files.iter().all(|hung| hung.uuid != uuid) {
                files.push(Hung { id: acting.ids.made(), uuid });
            }
        }
        batch.verdict()?;
        acting.account.files.insert((kind, id), files);
        Ok(Reply::Nothing)
    })
}
