//! Conversations: lists, pages, and what employees do with them.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use domain::{
    conversation::{ConversationKind, ConversationState},
    ids::{
        AttachmentId, ChannelId, ContactId, ConversationId, EmployeeId, GroupId, MessageId, TagId,
    },
    text::Words,
    view::{ConversationView, MessageView},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use app::{ConversationFilter, Draft, DraftKind, Stretch, Target, Waiting, WriteFirst};

use crate::{Api, As, Json, Path, Problem, Query, page::Page, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_conversations, write_first))
        .routes(routes!(count_conversations))
        .routes(routes!(get_conversation))
        .routes(routes!(list_messages, send_message))
        .routes(routes!(take_conversation))
        .routes(routes!(assign_conversation))
        .routes(routes!(join_conversation))
        .routes(routes!(close_conversation))
        .routes(routes!(read_conversation))
        .routes(routes!(send_message_again))
        .routes(routes!(get_message_raw))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// `new`, `in_work` or `closed`.
    state: Option<ConversationState>,
    /// `chat` or `request`.
    kind: Option<ConversationKind>,
    channel_id: Option<ChannelId>,
    assignee_id: Option<EmployeeId>,
    group_id: Option<GroupId>,
    contact_id: Option<ContactId>,
    tag_id: Option<TagId>,
    /// `true`: only those whose customer waits for an answer.
    waiting: Option<bool>,
    /// How many items, 50 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A conversation with how far the asker has read it.
#[derive(Serialize, ToSchema)]
struct ListedConversation {
    #[serde(flatten)]
    conversation: ConversationView,
    /// The last position that the asker has read; 0 = nothing.
    read_position: i64,
    /// The customer's messages behind it, counted up to 100; 0 when somebody answered.
    unread: i64,
}

/// Counts of conversations, each up to 1000.
#[derive(Serialize, ToSchema)]
struct CountsBody {
    new: i64,
    in_work: i64,
    /// In work by the asker.
    mine: i64,
    /// In work, and the customer waits.
    waiting: i64,
    /// Among the company's latest 10000 closed ones.
    closed: i64,
    /// The counts stop here: show `999+`.
    bound: i64,
}

/// Conversations that the asker may see, the latest first
#[utoipa::path(get, path = "/api/v1/conversations", operation_id = "list_conversations",
    tag = "conversations", params(ListQuery),
    responses((status = 200, body = Page<ListedConversation>), Refusals))]
async fn list_conversations(
    State(api): State<Api>,
    As(actor): As,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ListedConversation>>, Problem> {
    let limit = page_limit(query.limit)?;
    let filter = ConversationFilter {
        state: query.state,
        channel: query.channel_id,
        assignee: query.assignee_id,
        group: query.group_id,
        contact: query.contact_id,
        tag: query.tag_id,
        kind: query.kind,
        waiting: query.waiting.filter(|w| *w).map(|_| Waiting),
        before: query.cursor.as_deref().map(read_cursor).transpose()?,
    };
    let mut items = api.app.conversations(&actor, &filter, limit + 1).await?;
    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = items.last().filter(|_| more).map(write_cursor);
    let ids: Vec<ConversationId> = items.iter().map(|c| c.conversation_id).collect();
    let reads = api.app.reads(&actor, &ids).await?;
    let items = items
        .into_iter()
        .map(|conversation| {
            let read = reads.iter().find(|read| read.id == conversation.conversation_id);
            ListedConversation {
                read_position: read.map_or(0, |read| read.position),
                unread: read.map_or(0, |read| read.unread),
                conversation,
            }
        })
        .collect();
    Ok(Json(Page { items, next }))
}

/// How many conversations of each state the asker sees
#[utoipa::path(get, path = "/api/v1/conversations/counts", operation_id = "count_conversations",
    tag = "conversations", responses((status = 200, body = CountsBody), Refusals))]
async fn count_conversations(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<CountsBody>, Problem> {
    let counts = api.app.counts(&actor).await?;
    Ok(Json(CountsBody {
        new: counts.new,
        in_work: counts.in_work,
        mine: counts.mine,
        waiting: counts.waiting,
        closed: counts.closed,
        bound: app::COUNT_BOUND,
    }))
}

/// One conversation, and how far the asker has read it
#[utoipa::path(get, path = "/api/v1/conversations/{conversation_id}",
    operation_id = "get_conversation", tag = "conversations",
    params(("conversation_id" = ConversationId, Path)),
    responses((status = 200, body = ListedConversation), Refusals))]
async fn get_conversation(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
) -> Result<Json<ListedConversation>, Problem> {
    let (conversation, read) = api.app.conversation_read(&actor, id).await?;
    let (read_position, unread) = (read.position, read.unread);
    Ok(Json(ListedConversation { conversation, read_position, unread }))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MessagesQuery {
    /// Those before this position.
    before: Option<i64>,
    /// Those after this position.
    after: Option<i64>,
    /// Those on both sides of this position, with the message that stands there.
    around: Option<i64>,
    /// How many items, 50 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct MessagesBody {
    /// Oldest first.
    items: Vec<MessageView>,
}

/// Messages of a conversation, oldest first: the latest page, or before, after or around a position
#[utoipa::path(get, path = "/api/v1/conversations/{conversation_id}/messages",
    operation_id = "list_messages", tag = "conversations",
    params(("conversation_id" = ConversationId, Path), MessagesQuery),
    responses((status = 200, body = MessagesBody), Refusals))]
async fn list_messages(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<MessagesBody>, Problem> {
    let limit = page_limit(query.limit)?;
    let stretch = match (query.before, query.after, query.around) {
        (None, None, None) => Stretch::Latest,
        (Some(position), None, None) => Stretch::Before(position),
        (None, Some(position), None) => Stretch::After(position),
        (None, None, Some(position)) => Stretch::Around(position),
        _ => {
            return Err(Problem::bad_request(
                "before_and_after",
                "Укажите одно из before, after и around.",
                "Give one of before, after and around.",
            ));
        }
    };
    Ok(Json(MessagesBody { items: api.app.messages(&actor, id, stretch, limit).await? }))
}

/// An answer to the customer, or a note among employees.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMessageBody {
    /// Your own id of the message (1 to 100 of `A-Za-z0-9-_.:`): a repeat answers with the stored
    /// message and sends nothing twice.
    client_id: String,
    #[serde(default)]
    text: String,
    /// Uploads of yours.
    #[serde(default)]
    files: Vec<AttachmentId>,
    reply_to: Option<MessageId>,
    /// `answer` (default) goes to the customer, `note` stays among employees.
    #[serde(default)]
    kind: MessageKind,
    /// Colleagues named in a note.
    #[serde(default)]
    mentions: Vec<EmployeeId>,
    /// For channels with subjects; absent keeps the conversation's.
    subject: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MessageKind {
    #[default]
    Answer,
    Note,
}

/// Answer the customer, or leave a note. Answering a new conversation takes it
#[utoipa::path(post, path = "/api/v1/conversations/{conversation_id}/messages",
    operation_id = "send_message", tag = "conversations",
    params(("conversation_id" = ConversationId, Path)), request_body = NewMessageBody,
    responses((status = 201, body = MessageView), Refusals))]
async fn send_message(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
    Json(body): Json<NewMessageBody>,
) -> Result<(StatusCode, Json<MessageView>), Problem> {
    let draft = Draft {
        client_id: body.client_id,
        text: body.text,
        files: body.files,
        reply_to: body.reply_to,
        kind: match body.kind {
            MessageKind::Answer => DraftKind::Answer,
            MessageKind::Note => DraftKind::Note,
        },
        mentions: body.mentions,
        subject: body.subject,
    };
    Ok((StatusCode::CREATED, Json(api.app.reply(&actor, id, draft).await?)))
}

/// Take a new conversation. Exactly one wins; the others learn who did (409 `taken`)
#[utoipa::path(post, path = "/api/v1/conversations/{conversation_id}/take",
    operation_id = "take_conversation", tag = "conversations",
    params(("conversation_id" = ConversationId, Path)),
    responses((status = 200, body = ConversationView), Refusals))]
async fn take_conversation(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationView>, Problem> {
    Ok(Json(api.app.take(&actor, id).await?))
}

/// Whom to give a conversation to: one of the two, or neither for everybody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssignBody {
    employee_id: Option<EmployeeId>,
    group_id: Option<GroupId>,
}

/// Give a conversation to a colleague, a group, or back to everybody
#[utoipa::path(post, path = "/api/v1/conversations/{conversation_id}/assign",
    operation_id = "assign_conversation", tag = "conversations",
    params(("conversation_id" = ConversationId, Path)), request_body = AssignBody,
    responses((status = 200, body = ConversationView), Refusals))]
async fn assign_conversation(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
    Json(body): Json<AssignBody>,
) -> Result<Json<ConversationView>, Problem> {
    let target = match (body.employee_id, body.group_id) {
        (Some(employee), None) => Target::Employee(employee),
        (None, Some(group)) => Target::Group(group),
        (None, None) => Target::Everybody,
        (Some(_), Some(_)) => {
            return Err(app::Error::invalid(
                "group_id",
                "employee_or_group",
                Words::new(
                    "Укажите либо сотрудника, либо группу.",
                    "Give either an employee or a group.",
                ),
            )
            .into());
        }
    };
    Ok(Json(api.app.assign(&actor, id, target).await?))
}

/// Join a colleague's conversation
#[utoipa::path(post, path = "/api/v1/conversations/{conversation_id}/join",
    operation_id = "join_conversation", tag = "conversations",
    params(("conversation_id" = ConversationId, Path)),
    responses((status = 200, body = ConversationView), Refusals))]
async fn join_conversation(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationView>, Problem> {
    Ok(Json(api.app.join(&actor, id).await?))
}

/// Close a conversation. Closing twice is no fault
#[utoipa::path(post, path = "/api/v1/conversations/{conversation_id}/close",
    operation_id = "close_conversation", tag = "conversations",
    params(("conversation_id" = ConversationId, Path)),
    responses((status = 200, body = ConversationView), Refusals))]
async fn close_conversation(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationView>, Problem> {
    Ok(Json(api.app.close(&actor, id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadBody {
    /// The last position that was seen.
    position: i64,
}

/// Mark how far you have read. Only forward
#[utoipa::path(post, path = "/api/v1/conversations/{conversation_id}/read",
    operation_id = "read_conversation", tag = "conversations",
    params(("conversation_id" = ConversationId, Path)), request_body = ReadBody,
    responses((status = 204), Refusals))]
async fn read_conversation(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
    Json(body): Json<ReadBody>,
) -> Result<StatusCode, Problem> {
    api.app.mark_read(&actor, id, body.position).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a failed or uncertain message again: your decision, never the program's
#[utoipa::path(post, path = "/api/v1/messages/{message_id}/send-again",
    operation_id = "send_message_again", tag = "conversations",
    params(("message_id" = MessageId, Path)),
    responses((status = 200, body = MessageView), Refusals))]
async fn send_message_again(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<MessageId>,
) -> Result<Json<MessageView>, Problem> {
    Ok(Json(api.app.send_again(&actor, id).await?))
}

#[derive(Serialize, ToSchema)]
struct RawBody {
    /// As the service sent it; absent for what we wrote.
    raw: Option<String>,
}

/// The service's own text of a message
#[utoipa::path(get, path = "/api/v1/messages/{message_id}/raw", operation_id = "get_message_raw",
    tag = "conversations", params(("message_id" = MessageId, Path)),
    responses((status = 200, body = RawBody), Refusals))]
async fn get_message_raw(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<MessageId>,
) -> Result<Json<RawBody>, Problem> {
    Ok(Json(RawBody { raw: api.app.message_raw(&actor, id).await? }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WriteFirstBody {
    channel_id: ChannelId,
    /// An e-mail address or a phone.
    to: String,
    #[serde(default)]
    name: String,
    subject: Option<String>,
    text: String,
    client_id: String,
}

#[derive(Serialize, ToSchema)]
struct WrittenBody {
    conversation: ConversationView,
    message: MessageView,
}

/// Write to a person first: a conversation in work that begins with your message
#[utoipa::path(post, path = "/api/v1/conversations", operation_id = "write_first",
    tag = "conversations", request_body = WriteFirstBody,
    responses((status = 201, body = WrittenBody), Refusals))]
async fn write_first(
    State(api): State<Api>,
    As(actor): As,
    Json(body): Json<WriteFirstBody>,
) -> Result<(StatusCode, Json<WrittenBody>), Problem> {
    let first = WriteFirst {
        channel: body.channel_id,
        to: body.to,
        name: body.name,
        subject: body.subject,
        text: body.text,
        client_id: body.client_id,
    };
    let (conversation, message) = api.app.write_first(&actor, first).await?;
    Ok((StatusCode::CREATED, Json(WrittenBody { conversation, message })))
}

fn page_limit(limit: Option<i64>) -> Result<i64, Problem> {
    crate::page::PageQuery { limit, cursor: None }.limit()
}

/// A list's cursor: the last row's time in microseconds and its id.
fn write_cursor(last: &ConversationView) -> String {
    format!("{}.{}", last.last_message_at.timestamp_micros(), last.conversation_id)
}

fn read_cursor(text: &str) -> Result<(DateTime<Utc>, ConversationId), Problem> {
    text.split_once('.')
        .and_then(|(at, id)| {
            let at = DateTime::from_timestamp_micros(at.parse().ok()?)?;
            Some((at, id.parse().ok()?))
        })
        .ok_or_else(|| {
            Problem::bad_request(
                "bad_cursor",
                "Параметр cursor: возьмите значение next из прошлого ответа.",
                "Take the cursor parameter from the next field of the previous answer.",
            )
        })
}
