//! Files: uploads of operators, and the signed links by which every file is fetched.

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Multipart, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{ids::AttachmentId, text::Words, view::AttachmentView};
use futures::TryStreamExt;
use tower_http::limit::RequestBodyLimitLayer;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Path, Problem, refusals::Refusals};

/// The largest file and what wraps it.
const LONGEST: usize = app::inbound::LARGEST_FILE as usize + 64 * 1024;

pub fn routes() -> OpenApiRouter<Api> {
    let upload = OpenApiRouter::default()
        .routes(routes!(upload))
        .layer(RequestBodyLimitLayer::new(LONGEST))
        .layer(DefaultBodyLimit::disable());
    OpenApiRouter::default().merge(upload).routes(routes!(get_attachment))
}

/// Where signed links lead.
pub fn files() -> Router<Api> {
    Router::new().route("/files/{token}", get(file)).route("/files/{token}/{name}", get(named_file))
}

#[derive(ToSchema)]
struct UploadForm {
    #[schema(value_type = String, format = Binary)]
    #[expect(dead_code, reason = "stands for the multipart field in the OpenAPI document")]
    file: Vec<u8>,
}

/// Upload a file for a message to come (multipart, one field `file`, at most 50 MB)
#[utoipa::path(post, path = "/api/v1/attachments", operation_id = "upload_attachment",
    tag = "attachments",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = AttachmentView), Refusals))]
async fn upload(
    State(api): State<Api>,
    As(actor): As,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<(StatusCode, Json<AttachmentView>), Problem> {
    let mut form = form.map_err(|e| unreadable(&e.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(|e| unreadable(&e.body_text()))? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let declared = field.content_type().map(str::to_owned);
        let bytes = std::pin::pin!(field.map_err(std::io::Error::other));
        let view = api.app.upload(&actor, &name, declared.as_deref(), bytes).await?;
        return Ok((StatusCode::CREATED, Json(view)));
    }
    Err(app::Error::invalid(
        "file",
        "missing",
        Words::new("Приложите файл в поле file.", "Put the file into the field file."),
    )
    .into())
}

fn unreadable(why: &str) -> Problem {
    Problem::bad_request(
        "bad_multipart",
        &format!("Пришлите файл формой multipart/form-data: {why}"),
        &format!("Send the file as multipart/form-data: {why}"),
    )
}

/// A file with a link that works for an hour
#[utoipa::path(get, path = "/api/v1/attachments/{attachment_id}",
    operation_id = "get_attachment", tag = "attachments",
    params(("attachment_id" = AttachmentId, Path)),
    responses((status = 200, body = AttachmentView), Refusals))]
async fn get_attachment(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<AttachmentId>,
) -> Result<Json<AttachmentView>, Problem> {
    Ok(Json(api.app.attachment_link(&actor, id).await?))
}

/// Services judge a file by the end of its address; the token alone says which it is.
async fn named_file(
    api: State<Api>,
    Path((token, _name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    file(api, Path(token)).await
}

/// Anybody may have written the file, so a browser is let do nothing with it but show a picture or
/// play a sound.
async fn file(State(api): State<Api>, Path(token): Path<String>) -> Result<Response, Problem> {
    let file = api.app.open_link(&token).await?;
    let place = if app::objects::shown_in_place(&file.view.mime) { "inline" } else { "attachment" };
    let mut response = Body::from_stream(file.bytes).into_response();
    let headers = response.headers_mut();
    let mut set = |name, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, file.view.mime);
    set(header::CONTENT_DISPOSITION, disposition(place, &file.view.name));
    set(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned());
    set(header::CACHE_CONTROL, "private, max-age=3000, immutable".to_owned());
    set(header::REFERRER_POLICY, "no-referrer".to_owned());
    if let Some(size) = file.view.size {
        set(header::CONTENT_LENGTH, size.to_string());
    }
    Ok(response)
}

/// `Content-Disposition` with the name in both forms (RFC 6266, section 4.3; RFC 8187): plain
/// letters for old programs, UTF-8 for the rest.
fn disposition(place: &str, name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() {
        return place.to_owned();
    }
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii() && !matches!(c, '"' | '\\' | '/' | '%' | ';') { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{place}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_cannot_leave_their_header() {
        assert_eq!(
            disposition("attachment", "чек \"1\".pdf"),
            "attachment; filename=\"___ _1_.pdf\"; \
             filename*=UTF-8''%D1%87%D0%B5%D0%BA%20%221%22.pdf"
        );
        assert_eq!(
            disposition("inline", "a\r\nSet-Cookie: x"),
            "inline; filename=\"aSet-Cookie: x\"; filename*=UTF-8''aSet-Cookie%3A%20x"
        );
        assert_eq!(disposition("inline", ""), "inline");
    }
}
