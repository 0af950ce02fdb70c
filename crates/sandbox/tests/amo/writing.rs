use sandbox::amo::{Kind, Switches};
use serde_json::{Value, json};

use super::{Desk, finding};

#[tokio::test]
async fn amo_sim_3_one_wrong_item_refuses_the_whole_batch() {
    let desk = Desk::start().await;
    let account = &desk.account;
    let text = account.field(Kind::Leads, "Источник обращения").unwrap();
    let select = account.field(Kind::Leads, "Канал").unwrap();
    let date = account.field(Kind::Leads, "Дата встречи").unwrap();
    let of_contact = account.field(Kind::Contacts, "PHONE").unwrap();
    let people = account.people();
    let gone = people.iter().find(|person| !person.is_active).unwrap().id;
    let stage = account.stage("Продажи", "Переговоры").unwrap();
    let other = account.stage("Сервис", "Обращение").unwrap();
    let value = |field: i64, value: Value| json!({"custom_fields_values": [{"field_id": field, "values": [value]}]});
    let cases = [
        (value(1, json!({"value": "a"})), "NotSupportedChoice", "custom_fields_values.0.field_id"),
        (
            value(of_contact, json!({"value": "a"})),
            "NotSupportedChoice",
            "custom_fields_values.0.field_id",
        ),
        (value(text, json!({"value": 5})), "InvalidType", "custom_fields_values.0.values.0.value"),
        (
            value(select, json!({"enum_id": 1})),
            "NotSupportedChoice",
            "custom_fields_values.0.values.0.enum_id",
        ),
        (
            value(date, json!({"value": "вчера"})),
            "InvalidType",
            "custom_fields_values.0.values.0.value",
        ),
        (json!({"price": "100"}), "InvalidType", "price"),
        (json!({"responsible_user_id": gone}), "NotSupportedChoice", "responsible_user_id"),
        (json!({"pipeline_id": 5}), "NotSupportedChoice", "pipeline_id"),
        (
            json!({"pipeline_id": stage.pipeline_id, "status_id": other.status_id}),
            "NotSupportedChoice",
            "status_id",
        ),
        (json!({"loss_reason_id": 5}), "NotSupportedChoice", "loss_reason_id"),
        (
            json!({"_embedded": {"contacts": [{"id": 5}]}}),
            "NotSupportedChoice",
            "_embedded.contacts.0.id",
        ),
        (json!({"tags_to_add": [{"id": 5}]}), "NotSupportedChoice", "tags_to_add.0.id"),
    ];
    for (wrong, code, path) in cases {
        let mut wrong = wrong;
        wrong["request_id"] = json!("второй");
        let (status, body) = desk.post("leads", json!([{"name": "хорошая"}, wrong])).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(finding(&body), (code.to_owned(), path.to_owned()));
        assert_eq!(body["validation-errors"][0]["request_id"], json!("второй"));
    }
    // Without an id of the caller's own the place in the batch stands for it.
    let (_, body) = desk.post("leads", json!([{"name": "хорошая"}, {"price": "100"}])).await;
    assert_eq!(body["validation-errors"][0]["request_id"], json!("1"));
    let many = |count: usize| Value::Array(vec![json!({"name": "много"}); count]);
    assert_eq!(desk.post("leads", many(251)).await.0, 400);
    assert_eq!(desk.post("leads/complex", many(51)).await.0, 400);
    assert_eq!(desk.post("leads", json!({"name": "не список"})).await.0, 400);
    assert!(account.leads().is_empty(), "nothing took effect");

    account.delete_field(text);
    let (status, _) = desk.post("leads", json!([value(text, json!({"value": "a"}))])).await;
    assert_eq!(status, 400, "a deleted field poisons the write");
    account.archive_pipeline(other.pipeline_id);
    let archived = json!([{"pipeline_id": other.pipeline_id, "status_id": other.status_id}]);
    assert_eq!(desk.post("leads", archived).await.0, 400);
}

#[tokio::test]
async fn amo_sim_3_tasks_and_notes_want_what_they_need() {
    let desk = Desk::start().await;
    let lead = desk.made("leads", json!({"name": "Сделка"})).await;
    let task = |change: Value| {
        let mut task = json!({"text": "Перезвонить", "complete_till": 1_900_000_000,
            "entity_type": "leads", "entity_id": lead});
        for (name, value) in change.as_object().unwrap() {
            task[name] = value.clone();
        }
        json!([task])
    };
    for (change, path) in [
        (json!({"text": null}), "text"),
        (json!({"text": " "}), "text"),
        (json!({"complete_till": null}), "complete_till"),
        (json!({"complete_till": "2030"}), "complete_till"),
        (json!({"entity_id": 7}), "entity_id"),
        (json!({"task_type_id": 99}), "task_type_id"),
        (json!({"responsible_user_id": 99}), "responsible_user_id"),
    ] {
        let (status, body) = desk.post("tasks", task(change)).await;
        assert_eq!((status.as_u16(), finding(&body).1.as_str()), (400, path), "{body}");
    }
    let id = desk.made("tasks", task(json!({})).as_array().unwrap()[0].clone()).await;
    let open = format!(
        "tasks?filter[entity_type]=leads&filter[entity_id][]={lead}&filter[is_completed]=0"
    );
    assert_eq!(desk.get(&open).await.1["_embedded"]["tasks"][0]["id"], json!(id));
    assert_eq!(desk.get(&format!("tasks?filter[entity_id][]={lead}")).await.0, 400);
    let close = json!({"is_completed": true, "result": {"text": "Дозвонились"}});
    assert_eq!(desk.patch(&format!("tasks/{id}"), close).await.0, 200);
    assert_eq!(desk.get(&open).await.0, 204);
    let (_, closed) = desk.get(&format!("tasks/{id}")).await;
    assert_eq!(closed["result"], json!({"text": "Дозвонились"}));

    let notes = format!("leads/{lead}/notes");
    for (note, path) in [
        (json!({"note_type": "common", "params": {}}), "params.text"),
        (json!({"note_type": "service_message", "params": {"text": "a"}}), "params.service"),
        (json!({"note_type": "выдумка", "params": {}}), "note_type"),
        (json!({"note_type": "common"}), "params"),
        (
            json!({"note_type": "attachment", "params": {"file_uuid": "x", "version_uuid": "y",
                "file_name": "z"}}),
            "params.file_uuid",
        ),
        (
            json!({"note_type": "call_in", "params": {"uniq": "1", "source": "a", "phone": "1",
            "duration": "60"}}),
            "params.duration",
        ),
    ] {
        let (status, body) = desk.post(&notes, json!([note])).await;
        assert_eq!((status.as_u16(), finding(&body).1.as_str()), (400, path), "{body}");
    }
    let note = json!({"note_type": "extended_service_message",
        "params": {"service": "Беседа", "text": "Клиент: здравствуйте"}});
    let id = desk.made(&notes, note).await;
    let grown = json!({"note_type": "extended_service_message",
        "params": {"service": "Беседа", "text": "Клиент: здравствуйте. Мы: добрый день"}});
    assert_eq!(desk.patch(&format!("leads/{lead}/notes/{id}"), grown).await.0, 200);
    let (_, list) = desk.get("leads/notes?filter[note_type]=extended_service_message").await;
    let text = list["_embedded"]["notes"][0]["params"]["text"].as_str().unwrap();
    assert!(text.ends_with("добрый день"));
}

#[tokio::test]
async fn amo_sim_6_tags_and_multitext_values_are_replaced() {
    let desk = Desk::start().await;
    let lead =
        desk.made("leads", json!({"tags_to_add": [{"name": "чат"}, {"name": "сайт"}]})).await;
    let tags = async || {
        let (_, lead) = desk.get(&format!("leads/{lead}")).await;
        let tags = lead["_embedded"]["tags"].as_array().unwrap().clone();
        tags.iter().map(|tag| tag["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let path = format!("leads/{lead}");
    desk.patch(
        &path,
        json!({"tags_to_add": [{"name": "VIP"}], "tags_to_delete": [{"name": "чат"}]}),
    )
    .await;
    assert_eq!(tags().await, ["сайт", "VIP"]);
    let both =
        json!({"tags_to_add": [{"name": "нет"}], "_embedded": {"tags": [{"name": "новый"}]}});
    desk.patch(&path, both).await;
    assert_eq!(tags().await, ["новый"], "the embedded list wins and replaces");
    desk.patch(&path, json!({"_embedded": {"tags": null}})).await;
    assert!(tags().await.is_empty());
    assert_eq!(
        desk.get("contacts/tags?query=сайт").await.0,
        204,
        "contacts have tags of their own"
    );

    let fields = json!([Desk::phone("+79161234567")]);
    let contact =
        desk.made("contacts", json!({"name": "Анна", "custom_fields_values": fields})).await;
    let path = format!("contacts/{contact}");
    desk.patch(&path, json!({"custom_fields_values": [Desk::phone("+79990000000")]})).await;
    let (_, contact) = desk.get(&path).await;
    let values = &contact["custom_fields_values"][0]["values"];
    assert_eq!(values.as_array().unwrap().len(), 1, "the first number is gone: {values}");
    assert_eq!(values[0]["value"], json!("+79990000000"));
    assert_eq!(values[0]["enum_code"], json!("WORK"));
}

#[tokio::test]
async fn amo_sim_6_complex_answers_a_bare_array_and_may_merge() {
    let desk = Desk::start().await;
    let complex = |phone: &str| {
        json!([{"name": "Заявка", "request_id": "r1", "_embedded": {
            "contacts": [{"name": "Пётр", "custom_fields_values": [Desk::phone(phone)]}],
            "companies": [{"name": "ООО Василёк"}]}}])
    };
    let (status, first) = desk.post("leads/complex", complex("+7 916 123-45-67")).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!((&first[0]["request_id"], &first[0]["merged"]), (&json!(["r1"]), &json!(false)));
    assert!(first[0]["company_id"].is_i64());
    let (_, again) = desk.post("leads/complex", complex("89161234567")).await;
    assert_eq!(again[0]["merged"], json!(false), "nobody asked for the duplicate control");
    let before = desk.account.leads().len();
    desk.account.set_switches(Switches { duplicate_control: true, ..Switches::default() });
    let (_, third) = desk.post("leads/complex", complex("+79161234567")).await;
    assert_eq!(third[0]["merged"], json!(true), "{third}");
    assert_eq!(desk.account.leads().len(), before);
    let (_, plain) = desk.post("leads", json!([{"name": "Заявка"}])).await;
    assert!(plain["_embedded"]["leads"][0]["id"].is_i64(), "POST /leads never merges");
    assert_eq!(desk.account.audit().contacts_by_phone.len(), 1);

    let two = json!([{"_embedded": {"contacts": [{"name": "a"}, {"name": "b"}]}}]);
    assert_eq!(desk.post("leads/complex", two).await.0, 400, "one contact");
}

#[tokio::test]
async fn amo_sim_9_a_file_goes_by_parts_and_hangs_on_a_lead() {
    let desk = Desk::start().await;
    let lead = desk.made("leads", json!({"name": "С файлом"})).await;
    let (_, account) = desk.get("account?with=drive_url").await;
    let drive = account["drive_url"].as_str().unwrap();
    assert!(drive.ends_with("/drive/romashka"), "{drive}");
    let bytes = vec![7_u8; 600_000];
    let open = json!({"file_name": "смета.pdf", "file_size": bytes.len(),
        "content_type": "application/pdf"});
    let session = desk.client.post(format!("{drive}/v1.0/sessions")).bearer_auth(&desk.token);
    let session: Value = session.json(&open).send().await.unwrap().json().await.unwrap();
    let part = usize::try_from(session["max_part_size"].as_i64().unwrap()).unwrap();
    let mut next = session["upload_url"].as_str().unwrap().to_owned();
    let mut last = Value::Null;
    for chunk in bytes.chunks(part) {
        let sent = desk.client.post(&next).bearer_auth(&desk.token).body(chunk.to_vec());
        last = sent.send().await.unwrap().json().await.unwrap();
        if let Some(url) = last["next_url"].as_str() {
            next = url.to_owned();
        }
    }
    assert!(last["version_uuid"].is_string(), "{last}");
    let put = json!([{"file_uuid": last["uuid"]}]);
    let path = format!("leads/{lead}/files");
    assert_eq!(desk.ask(reqwest::Method::PUT, &path, Some(&put)).await.0, 204);
    assert_eq!(desk.account.files(Kind::Leads, lead), [("смета.pdf".to_owned(), bytes)]);
    let note = json!([{"note_type": "attachment", "params": {"file_uuid": last["uuid"],
        "version_uuid": last["version_uuid"], "file_name": "смета.pdf"}}]);
    assert_eq!(desk.post(&format!("leads/{lead}/notes"), note).await.0, 200);

    desk.account.set_switches(Switches { files_scope: false, ..Switches::default() });
    let session = desk.client.post(format!("{drive}/v1.0/sessions")).bearer_auth(&desk.token);
    assert_eq!(session.json(&open).send().await.unwrap().status(), 403);
    assert_eq!(desk.ask(reqwest::Method::PUT, &path, Some(&put)).await.0, 403);
    assert_eq!(desk.get(&format!("leads/{lead}")).await.0, 200, "the rest goes on");
}
