//! Names that the documentation knows in bodies of requests. The real service ignores others in
//! silence; here they are told in the journal, so that a test can see a typing error.

use serde_json::Value;

const COMMON: [&str; 15] = [
    "id",
    "name",
    "responsible_user_id",
    "created_by",
    "updated_by",
    "created_at",
    "updated_at",
    "request_id",
    "custom_fields_values.field_id",
    "custom_fields_values.field_code",
    "custom_fields_values.values.value",
    "custom_fields_values.values.enum_id",
    "custom_fields_values.values.enum_code",
    "_embedded.tags.id",
    "_embedded.tags.name",
];

const TAGS: [&str; 4] =
    ["tags_to_add.id", "tags_to_add.name", "tags_to_delete.id", "tags_to_delete.name"];

const PERSON: [&str; 2] = ["first_name", "last_name"];

const LEAD: [&str; 14] = [
    "price",
    "status_id",
    "pipeline_id",
    "closed_at",
    "loss_reason_id",
    "visitor_uid",
    "_embedded.contacts.id",
    "_embedded.contacts.is_main",
    "_embedded.companies.id",
    "_embedded.source.external_id",
    "_embedded.source.type",
    "_embedded.metadata.category",
    "score",
    "is_price_modified_by_robot",
];

const METADATA: [&str; 16] = [
    "form_id",
    "form_name",
    "form_page",
    "form_sent_at",
    "form_type",
    "ip",
    "referer",
    "visitor_uid",
    "from",
    "phone",
    "called_at",
    "duration",
    "link",
    "service_code",
    "uniq",
    "is_call_event_needed",
];

const TASK: [&str; 10] = [
    "text",
    "complete_till",
    "task_type_id",
    "entity_id",
    "entity_type",
    "duration",
    "is_completed",
    "result.text",
    "result",
    "request_id",
];

/// Names in `body` that no request of this kind has, each once.
pub(super) fn oddities(method: &str, path: &str, body: &[u8]) -> Vec<String> {
    if method == "GET" || body.is_empty() {
        return Vec::new();
    }
    let (Some(route), Ok(body)) =
        (path.strip_prefix("/api/v4/"), serde_json::from_slice::<Value>(body))
    else {
        return Vec::new();
    };
    let mut names = Vec::new();
    collect(&body, String::new(), &mut names);
    names.sort();
    names.dedup();
    let parts: Vec<&str> = route.split('/').collect();
    names.retain(|name| !knows(&parts, name));
    names
}

/// Names of leaves, joined by dots; places in lists are left out.
fn collect(value: &Value, name: String, names: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                collect(value, inner, names);
            }
        }
        Value::Array(list) => {
            for item in list {
                collect(item, name.clone(), names);
            }
        }
        _ => names.push(name),
    }
}

fn knows(route: &[&str], name: &str) -> bool {
    let of = |lists: &[&[&str]]| lists.iter().any(|list| list.contains(&name));
    // `null` in place of a list or a map stands for all of it.
    let whole = matches!(name, "_embedded.tags" | "custom_fields_values" | "_embedded")
        || name == "custom_fields_values.values";
    match route {
        ["leads", "complex"] => {
            let inner = ["_embedded.contacts.", "_embedded.companies."]
                .iter()
                .find_map(|prefix| name.strip_prefix(prefix));
            inner.is_some_and(|inner| knows(&["contacts"], inner))
                || name.strip_prefix("_embedded.metadata.").is_some_and(|n| METADATA.contains(&n))
                || knows(&["leads"], name)
        }
        ["leads", "unsorted", "forms" | "sip"] => {
            let own = ["source_uid", "source_name", "pipeline_id", "created_at", "request_id"];
            let prefixed = |prefix: &str, kind: &'static str| {
                name.strip_prefix(prefix).is_some_and(|inner| knows(&[kind], inner))
            };
            own.contains(&name)
                || name.strip_prefix("metadata.").is_some_and(|n| METADATA.contains(&n))
                || prefixed("_embedded.leads.", "leads")
                || prefixed("_embedded.contacts.", "contacts")
                || prefixed("_embedded.companies.", "contacts")
        }
        ["leads", "unsorted", _, "accept" | "decline"] => of(&[&["user_id", "status_id"]]),
        ["leads", "unsorted", _, "link"] => {
            of(&[&["user_id", "link.entity_id", "link.entity_type", "link.metadata.contact_id"]])
        }
        ["leads"] | ["leads", _] => whole || of(&[&COMMON, &TAGS, &LEAD]),
        ["contacts" | "companies"] | ["contacts" | "companies", _]
            if route != ["contacts", "chats"] =>
        {
            whole || of(&[&COMMON, &TAGS, &PERSON])
        }
        ["contacts", "chats"] => of(&[&["contact_id", "chat_id", "request_id"]]),
        ["tasks"] | ["tasks", _] => of(&[&COMMON, &TASK]),
        [_, "notes"] | [_, _, "notes"] | [_, _, "notes", _] => {
            name.starts_with("params.")
                || of(&[&[
                    "id",
                    "entity_id",
                    "note_type",
                    "created_by",
                    "created_at",
                    "responsible_user_id",
                    "request_id",
                    "is_need_to_trigger_digital_pipeline",
                ]])
        }
        [_, "tags"] => of(&[&["name", "color", "request_id"]]),
        [.., "link" | "unlink"] => of(&[&[
            "entity_id",
            "to_entity_id",
            "to_entity_type",
            "metadata.is_main",
            "metadata.quantity",
            "metadata.catalog_id",
            "metadata.updated_by",
        ]]),
        [_, _, "files"] => of(&[&["file_uuid"]]),
        ["webhooks"] => of(&[&["destination", "settings", "sort"]]),
        ["talks", _, "close"] => of(&[&["force_close"]]),
        ["sources"] | ["sources", _] => {
            name.starts_with("services")
                || of(&[&[
                    "id",
                    "name",
                    "external_id",
                    "pipeline_id",
                    "default",
                    "origin_code",
                    "request_id",
                ]])
        }
        // Fields and what this sandbox does not know are not looked at.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::oddities;

    #[test]
    fn amo_sim_3_unknown_names_are_told_and_known_ones_are_not() {
        let told = |path: &str, body: &str| oddities("POST", path, body.as_bytes());
        let lead = r#"[{"name":"a","statusId":1,"tags_to_add":[{"name":"b"}],
            "custom_fields_values":[{"field_id":1,"values":[{"value":"x"}]}],
            "_embedded":{"contacts":[{"id":1,"is_main":true}],"tags":null}}]"#;
        assert_eq!(told("/api/v4/leads", lead), ["statusId"]);
        let complex = r#"[{"_embedded":{"contacts":[{"first_name":"a","phone":"1"}],
            "metadata":{"category":"forms","form_id":"1"}}}]"#;
        assert_eq!(told("/api/v4/leads/complex", complex), ["_embedded.contacts.phone"]);
        let note = r#"[{"note_type":"common","params":{"text":"a"},"text":"b"}]"#;
        assert_eq!(told("/api/v4/leads/5/notes", note), ["text"]);
    }
}
