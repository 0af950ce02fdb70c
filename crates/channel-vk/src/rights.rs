//! What a community's key must allow (CH-7).

use domain::{channel::StateReport, text::Words};
use serde_json::Value;

use crate::{
    api::{Api, CallError},
    errors,
    json::Json,
    reports,
};

/// VK's name of a right, and its caption in the dialogue that makes a key.
const NEEDED: [(&str, &str, &str); 4] = [
    ("manage", "управление сообществом", "community management"),
    ("messages", "сообщения сообщества", "community messages"),
    ("photos", "фотографии сообщества", "community photos"),
    ("docs", "файлы сообщества", "community files"),
];

/// The captions of the rights that the answer of `groups.getTokenPermissions` lacks.
pub(crate) fn missing(permissions: &Value) -> Option<Words> {
    let has =
        |name: &str| permissions.list("permissions").iter().any(|p| p.text("name") == Some(name));
    let lacking: Vec<_> = NEEDED.iter().filter(|(name, ..)| !has(name)).collect();
    if lacking.is_empty() {
        return None;
    }
    let join = |texts: Vec<&str>| texts.join(", ");
    Some(Words::new(
        join(lacking.iter().map(|(_, ru, _)| *ru).collect()),
        join(lacking.iter().map(|(_, _, en)| *en).collect()),
    ))
}

/// What stands behind a refusal.
pub(crate) enum Cause {
    /// The call itself.
    Call(CallError),
    /// The whole channel.
    Channel(StateReport),
}

/// Where VK's code leaves open whether the key lacks a right, or this person is closed to us, the key
/// is asked: one call more, on that refusal alone.
pub(crate) async fn cause(api: &Api, error: CallError) -> Cause {
    if !errors::is_about_rights(&error) {
        return Cause::Call(error);
    }
    let permissions = api.call("groups.getTokenPermissions", Vec::new()).await;
    match permissions.as_ref().map(missing) {
        Ok(Some(lacking)) => Cause::Channel(reports::missing_rights(&lacking)),
        Ok(None) | Err(_) => Cause::Call(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ch_7_missing_rights_are_named_as_vk_names_them() {
        let key = |names: &[&str]| {
            let list: Vec<Value> =
                names.iter().map(|n| json!({ "name": n, "setting": 1 })).collect();
            json!({ "mask": 1, "permissions": list })
        };
        assert_eq!(missing(&key(&["messages", "docs", "photos", "manage", "stories"])), None);
        let lacking = missing(&key(&["messages", "docs"])).map(|w| w.ru);
        assert_eq!(lacking.as_deref(), Some("управление сообществом, фотографии сообщества"));
        assert!(missing(&json!([])).is_some());
    }
}
