//! The community's callback servers: ours is added, kept or replaced without a person (CH-7).

use std::time::Duration;

use channel::{Channel, ConnectError};
use domain::channel::StateReport;
use serde_json::Value;
use url::Url;

use crate::{
    api::{Api, CallError, Params, Refusal, VERSION},
    errors, inbound,
    json::Json,
    receive, reports,
};

/// VK takes titles of up to 14 characters.
const TITLE: &str = "Beseda";
/// How often and how long a new server's confirmation is looked for.
const LOOKS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// What we want to hear of, by callback as by long poll.
const EVENTS: [&str; 9] = [
    "message_new",
    "message_reply",
    "message_edit",
    "message_allow",
    "message_deny",
    "message_read",
    "message_typing_state",
    "message_event",
    "message_reaction_event",
];

/// What a server should look like to be ours.
struct Ours {
    title: String,
    url: Url,
    secret: String,
}

/// What to do with the servers that there are.
#[derive(Debug, PartialEq, Eq)]
struct Tidying {
    /// Ours, in order.
    keep: Option<i64>,
    /// Ours of former times: another address, another secret, not confirmed.
    remove: Vec<i64>,
}

/// `Beseda` and the last digits of our id, which are chance: another installation, or another
/// channel of this one, must not take it for its own.
fn title(channel: &Channel) -> String {
    let id = channel.id.0.simple().to_string();
    let tail: String = id.chars().skip(id.len().saturating_sub(7)).collect();
    format!("{TITLE} {tail}")
}

fn tidy(servers: &[Value], ours: &Ours) -> Tidying {
    let mut tidying = Tidying { keep: None, remove: Vec::new() };
    for server in servers {
        let Some(id) = server.int("id") else { continue };
        let at_our_address = server.text("url") == Some(ours.url.as_str());
        if !at_our_address && server.text("title") != Some(&ours.title) {
            continue;
        }
        let good = at_our_address
            && server.text("secret_key") == Some(&ours.secret)
            && server.text("status") == Some("ok");
        if good && tidying.keep.is_none() {
            tidying.keep = Some(id);
        } else {
            tidying.remove.push(id);
        }
    }
    tidying
}

fn group(id: i64) -> Params {
    vec![("group_id", id.to_string())]
}

fn server(group_id: i64, server: i64) -> Params {
    vec![("group_id", group_id.to_string()), ("server_id", server.to_string())]
}

fn events() -> impl Iterator<Item = (&'static str, String)> {
    EVENTS.into_iter().map(|event| (event, "1".to_owned()))
}

async fn servers(api: &Api, group_id: i64) -> Result<Vec<Value>, CallError> {
    let answer = api.call("groups.getCallbackServers", group(group_id)).await?;
    Ok(answer.list("items").to_vec())
}

async fn remove(api: &Api, group_id: i64, id: i64) -> Result<(), CallError> {
    match api.call("groups.deleteCallbackServer", server(group_id, id)).await {
        // Gone already.
        Ok(_) | Err(CallError::Refused(Refusal { code: 104, .. })) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes events come to `url`. VK asks that address for the confirmation code while it adds the
/// server, so the code is kept first; it can change, so it is fetched each time.
pub(crate) async fn register(
    api: &Api,
    channel: &Channel,
    group_id: i64,
    url: Url,
    refused: impl Fn(CallError) -> ConnectError,
) -> Result<(), ConnectError> {
    let code =
        api.call("groups.getCallbackConfirmationCode", group(group_id)).await.map_err(&refused)?;
    let Some(code) = code.text("code") else {
        return Err(ConnectError::Unreachable("VK gave no confirmation code".to_owned()));
    };
    channel.memory.remember(inbound::CODE, code.into()).await?;

    let ours = Ours { title: title(channel), url, secret: receive::secret(channel) };
    let tidying = tidy(&servers(api, group_id).await.map_err(&refused)?, &ours);
    for id in tidying.remove {
        remove(api, group_id, id).await.map_err(&refused)?;
    }
    let id = match tidying.keep {
        Some(id) => id,
        None => add(api, group_id, &ours, &refused).await?,
    };
    let mut settings = server(group_id, id);
    settings.push(("api_version", VERSION.to_owned()));
    settings.extend(events());
    api.call("groups.setCallbackSettings", settings).await.map_err(&refused)?;
    Ok(())
}

async fn add(
    api: &Api,
    group_id: i64,
    ours: &Ours,
    refused: impl Fn(CallError) -> ConnectError,
) -> Result<i64, ConnectError> {
    let mut params = group(group_id);
    params.push(("url", ours.url.to_string()));
    params.push(("title", ours.title.clone()));
    params.push(("secret_key", ours.secret.clone()));
    let added = match api.call("groups.addCallbackServer", params).await {
        Ok(added) => added,
        Err(CallError::Refused(Refusal { code: 100, text })) => {
            return Err(ConnectError::Refused(reports::not_confirmed(&text)));
        }
        Err(error) => return Err(refused(error)),
    };
    let Some(id) = added.int("server_id") else {
        return Err(ConnectError::Unreachable("VK gave no id of the server".to_owned()));
    };
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        let servers = servers(api, group_id).await.map_err(&refused)?;
        match status(&servers, |server| server.int("id") == Some(id)) {
            Some("ok") => return Ok(id),
            Some("failed") => break,
            Some(_) | None => {}
        }
    }
    // It would take one of ten places at every try.
    remove(api, group_id, id).await.map_err(&refused)?;
    let why = "the address did not answer with the code";
    Err(ConnectError::Refused(reports::not_confirmed(why)))
}

fn status(servers: &[Value], is_it: impl Fn(&Value) -> bool) -> Option<&str> {
    servers.iter().find(|server| is_it(server)).and_then(|server| server.text("status"))
}

/// Switches long polling on, and our callback server off: the same events would come twice.
pub(crate) async fn poll_instead(
    api: &Api,
    channel: &Channel,
    group_id: i64,
) -> Result<(), CallError> {
    remove_ours(api, channel, group_id).await?;
    let mut settings = group(group_id);
    settings.push(("enabled", "1".to_owned()));
    settings.push(("api_version", VERSION.to_owned()));
    settings.extend(events());
    api.call("groups.setLongPollSettings", settings).await.map(|_| ())
}

/// Takes our callback server away, wherever it leads.
pub(crate) async fn remove_ours(
    api: &Api,
    channel: &Channel,
    group_id: i64,
) -> Result<(), CallError> {
    let ours = title(channel);
    for found in servers(api, group_id).await? {
        if let Some(id) = found.int("id").filter(|_| found.text("title") == Some(&ours)) {
            remove(api, group_id, id).await?;
        }
    }
    Ok(())
}

/// How our callback server does.
pub(crate) async fn look(
    api: &Api,
    channel: &Channel,
    group_id: i64,
    url: &Url,
) -> Result<StateReport, CallError> {
    let servers = servers(api, group_id).await?;
    let ours = title(channel);
    let is_it = |server: &Value| {
        server.text("title") == Some(&ours) && server.text("url") == Some(url.as_str())
    };
    Ok(match status(&servers, is_it) {
        Some("ok" | "wait") => StateReport::connected(),
        Some("failed") => reports::server_fails(),
        Some(_) | None => reports::server_gone(),
    })
}

/// As [`errors::connect_error`], for a base address that a person gave or not.
pub(crate) fn refusal(own_base_url: bool) -> impl Fn(CallError) -> ConnectError {
    move |error| errors::connect_error(error, own_base_url)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ch_7_our_old_servers_are_found_and_others_are_left_alone() {
        let ours = Ours {
            title: "Beseda 1234567".to_owned(),
            url: Url::parse("https://chat.shop.test/hooks/vk/1").expect("a fixed address"),
            secret: "abc".to_owned(),
        };
        let server = |id: i64, title: &str, url: &str, secret: &str, status: &str| json!({ "id": id, "title": title, "url": url, "secret_key": secret, "status": status });
        let here = "https://chat.shop.test/hooks/vk/1";
        let others = [
            server(1, "Bot", "https://bot.test/", "abc", "ok"),
            server(2, "Beseda 7654321", "https://other.test/hooks/vk/1", "abc", "ok"),
        ];
        let with = |more: Vec<Value>| tidy(&[others.to_vec(), more].concat(), &ours);
        assert_eq!(with(vec![]), Tidying { keep: None, remove: vec![] });
        let good = server(3, "Beseda 1234567", here, "abc", "ok");
        assert_eq!(with(vec![good.clone()]), Tidying { keep: Some(3), remove: vec![] });
        for old in [
            server(4, "Beseda 1234567", "https://old.test/hooks/vk/1", "abc", "ok"),
            server(4, "Beseda 1234567", here, "stale", "ok"),
            server(4, "Beseda 1234567", here, "abc", "failed"),
            server(4, "Beseda", here, "abc", "unconfigured"),
        ] {
            let seen = with(vec![old, good.clone()]);
            assert_eq!(seen, Tidying { keep: Some(3), remove: vec![4] });
        }
    }
}
