//! Answers in the shape of the documentation's samples, with their nulls, absent fields and odd types.

use crm::{Connect, Crm, CrmError};
use domain::crm::{Action, Answer, CrmId, Effect, Entity, Question};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::{
    fake::Fake,
    stand::{at, attach, id, url},
    write::contact,
};

#[tokio::test]
async fn amo_1_an_account_without_what_was_asked_along_is_read() {
    let fake = Fake::new().await;
    fake.json(
        "GET /api/v4/account",
        json!({
            "id": 1231414, "name": "example", "subdomain": "example", "current_user_id": 581651,
            "is_unsorted_on": true, "amojo_id": null, "version": 16,
            "_links": { "self": { "href": "https://example.amocrm.ru/api/v4/account" } },
        }),
    );
    let about = fake.stand.amo.about(&fake.stand.caller()).await.unwrap();
    assert_eq!((about.external_id.as_str(), about.title.as_str()), ("1231414", "example"));
    assert!(about.unsorted_on && !about.filters && about.drive.is_none());
    let request = &fake.requests().await[0];
    assert_eq!(request.headers["authorization"], "Bearer token-of-the-portal");
    let call = &fake.stand.gate.take()[0];
    assert_eq!(call.path, "/a/ecoles/api/v4/account?with=amojo_id,drive_url,is_api_filter_enabled");
    assert!(!format!("{call:?}").contains("token-of-the-portal"));
}

/// Where files would go is named by an answer; a token is not sent anywhere.
#[tokio::test]
async fn crm_4_a_foreign_drive_is_not_taken() {
    let fake = Fake::new().await;
    for (drive, taken) in [
        ("https://drive-b.amocrm.ru", true),
        ("https://drive-b.kommo.com", true),
        ("https://drive.evil.com", false),
        ("not an address", false),
    ] {
        fake.json("GET /api/v4/account", json!({ "id": 1, "drive_url": drive }));
        let about = fake.stand.amo.about(&fake.stand.caller()).await.unwrap();
        assert_eq!(about.drive.is_some(), taken, "{drive}");
    }
}

/// `custom_fields_values: null`, an old `enum` beside the codes, numbers as values.
#[tokio::test]
async fn amo_3_a_contact_with_nulls_is_read() {
    let fake = Fake::new().await;
    fake.json(
        "GET /api/v4/contacts",
        json!({
            "_page": 1,
            "_links": { "self": { "href": "https://example.amocrm.ru/api/v4/contacts?page=1" } },
            "_embedded": { "contacts": [
                {
                    "id": 1, "name": "1", "first_name": "", "responsible_user_id": 504141,
                    "created_at": 1585758065, "closest_task_at": null,
                    "custom_fields_values": null, "_embedded": { "tags": [], "companies": [] },
                },
                {
                    "id": 3, "name": null, "responsible_user_id": null, "created_at": 1582117331,
                    "custom_fields_values": [
                        { "field_id": 3, "field_code": "PHONE", "field_type": "multitext",
                          "values": [{ "value": 79161234567_i64, "enum_id": 1, "enum": "WORK" }] },
                        { "field_id": 4, "field_code": null, "values": [{ "value": true }] },
                    ],
                    "_embedded": { "leads": [{ "id": 1 }, { "id": 3916883 }] },
                },
            ]},
        }),
    );
    let question =
        Question::FindContact { phones: vec!["+79161234567".to_owned()], emails: Vec::new() };
    let Answer::Contacts(found) = fake.stand.ask(question).await else { panic!("contacts") };
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id.as_str(), found[0].name.as_str()), ("3", ""));
    assert_eq!(found[0].deals, [CrmId::from(1), CrmId::from(3_916_883)]);
    let query: Vec<_> = fake.requests().await[0].url.query_pairs().into_owned().collect();
    assert!(query.contains(&("query".to_owned(), "9161234567".to_owned())), "{query:?}");
}

/// Only the `next` link says whether there is more; of it only the query is followed.
#[tokio::test]
async fn amo_12_lists_are_read_to_their_end_and_never_elsewhere() {
    let fake = Fake::new().await;
    let users = |id: i64, next: Option<&str>| {
        let links = match next {
            Some(next) => json!({ "next": { "href": next } }),
            None => json!({}),
        };
        let rights = json!({ "is_admin": false, "is_active": true, "is_free": false });
        json!({ "_links": links, "_embedded": { "users": [
            { "id": id, "name": "A", "email": "A@B.ru", "rights": rights },
        ]}})
    };
    for of in ["contacts", "leads"] {
        fake.status(&format!("GET /api/v4/{of}/custom_fields"), 204);
    }
    let next = "https://evil.com/steal?with=amojo_id&limit=250&page=2";
    fake.json("GET /api/v4/users", users(1, Some(next)));
    fake.json("GET /api/v4/users", users(2, None));
    fake.status("GET /api/v4/leads/pipelines", 204);
    fake.json("GET /api/v4/account", json!({ "id": 1, "_embedded": { "task_types": null } }));
    let directory = fake.stand.amo.directory(&fake.stand.caller()).await.unwrap();
    assert_eq!(directory.users.len(), 2);
    assert_eq!(directory.users[0].email, "a@b.ru");
    assert!(fake.requests().await.iter().any(|r| r.url.query().unwrap_or("").contains("page=2")));
}

/// The second refusal names the next dead field: a service may find them one by one.
#[tokio::test]
async fn crm_6_fields_that_are_refused_one_by_one_are_taken_out_one_by_one() {
    let fake = Fake::new().await;
    let call = "POST /api/v4/contacts";
    let refusal = |path: &str| {
        let error = json!({ "code": "NotSupportedChoice", "path": path, "detail": "No." });
        ResponseTemplate::new(400).set_body_json(json!({
            "validation-errors": [{ "request_id": "0", "errors": [error] }],
            "title": "Bad Request", "status": 400, "detail": "Request validation failed",
        }))
    };
    fake.on(call, refusal("custom_fields_values.1.field_id"));
    fake.on(call, refusal("custom_fields_values.1.field_id"));
    fake.on(call, refusal("responsible_user_id"));
    fake.json(
        call,
        json!({ "_embedded": { "contacts": [{ "id": 40401635, "request_id": "0" }] } }),
    );
    let mut draft = contact("Иван", &["+79161234567"]);
    draft.responsible = Some(CrmId::from(7));
    draft.fields = [1, 2]
        .map(|field| domain::crm::FieldValue { field: CrmId::from(field), value: json!("x") })
        .to_vec();
    let effect = fake.stand.perform(&Action::CreateContact(draft)).await;
    assert_eq!(id(&effect), 40_401_635);
    assert_eq!(effect.dropped_fields, [CrmId::from(1), CrmId::from(2)]);
    assert_eq!(effect.dropped_responsible, Some(CrmId::from(7)));
    let bodies = fake.bodies().await;
    let last = bodies.last().unwrap();
    assert_eq!(last[0]["custom_fields_values"].as_array().unwrap().len(), 1, "the phone stays");
}

/// Somebody deletes a whole group of fields, and each is found by itself.
#[tokio::test]
async fn crm_6_fourteen_dead_fields_lose_nothing_but_themselves() {
    let fake = Fake::new().await;
    let call = "POST /api/v4/contacts";
    for _ in 0..14 {
        let error = json!({ "code": "NotSupportedChoice", "detail": "No.",
            "path": "custom_fields_values.1.field_id" });
        fake.on(
            call,
            ResponseTemplate::new(400).set_body_json(json!({
                "validation-errors": [{ "request_id": "0", "errors": [error] }], "status": 400,
            })),
        );
    }
    fake.json(call, json!({ "_embedded": { "contacts": [{ "id": 1, "request_id": "0" }] } }));
    let mut draft = contact("Иван", &["+79161234567"]);
    draft.fields = (1..=15)
        .map(|field| domain::crm::FieldValue { field: CrmId::from(field), value: json!("x") })
        .collect();
    let effect = fake.stand.perform(&Action::CreateContact(draft)).await;
    assert_eq!(effect.dropped_fields.len(), 14);
}

/// 204 is what amoCRM says of an unknown id; of a change it means that there is nothing to change.
#[tokio::test]
async fn amo_3_a_change_that_is_answered_with_nothing_is_looked_after() {
    let fake = Fake::new().await;
    let change = Action::SetResponsible { of: Entity::Deal, id: at(5), user: CrmId::from(7) };
    fake.status("PATCH /api/v4/leads/5", 204).status("GET /api/v4/leads/5", 204);
    assert!(fake.stand.perform(&change).await.target_gone);
    fake.status("PATCH /api/v4/leads/5", 204);
    fake.json("GET /api/v4/leads/5", json!({ "id": 5 }));
    assert!(!fake.stand.perform(&change).await.target_gone);
}

/// Whatever is refused again and again is not tried for ever.
#[tokio::test]
async fn crm_6_a_refusal_that_names_nothing_of_ours_is_told_in_words() {
    let fake = Fake::new().await;
    let problem = json!({ "title": "Bad Request", "status": 400, "detail": "Something odd" });
    fake.on("POST /api/v4/contacts", ResponseTemplate::new(400).set_body_json(problem));
    let refused = fake.stand.refused(&Action::CreateContact(contact("Иван", &[]))).await;
    let CrmError::Rejected { words } = refused else { panic!("{refused}") };
    assert!(words.ru.contains("Something odd"), "{words:?}");
    fake.on("POST /api/v4/contacts", ResponseTemplate::new(400).set_body_string("<html>"));
    let refused = fake.stand.refused(&Action::CreateContact(contact("Иван", &[]))).await;
    assert!(matches!(refused, CrmError::Rejected { .. }));
}

/// 200 with a page instead of JSON: of a write it is not known what became of it.
#[tokio::test]
async fn crm_6_a_good_status_with_a_page_is_no_success() {
    let fake = Fake::new().await;
    let page = || ResponseTemplate::new(200).set_body_string("<html>ok</html>");
    let nothing = || ResponseTemplate::new(200).set_body_json(json!({ "_embedded": {} }));
    let create = Action::CreateContact(contact("Иван", &[]));
    fake.on("POST /api/v4/contacts", page());
    assert!(matches!(fake.stand.refused(&create).await, CrmError::Unknown { .. }));
    fake.on("POST /api/v4/contacts", nothing());
    assert!(matches!(fake.stand.refused(&create).await, CrmError::Unknown { .. }));
    fake.status("POST /api/v4/contacts", 204);
    assert!(matches!(fake.stand.refused(&create).await, CrmError::Unknown { .. }));
    fake.on("GET /api/v4/tasks/5", page());
    let question = Question::TaskDone { id: CrmId::from(5) };
    let read = fake.stand.amo.ask(&fake.stand.caller(), &question).await.unwrap_err();
    assert!(matches!(read, CrmError::Retry { .. }));
}

/// What is made about nothing can have lost nothing: «gone» would have it decided anew for ever.
#[tokio::test]
async fn crm_6_a_creation_that_is_not_found_is_refused() {
    let fake = Fake::new().await;
    fake.status("POST /api/v4/contacts", 404);
    let refused = fake.stand.refused(&Action::CreateContact(contact("Иван", &[]))).await;
    assert!(matches!(refused, CrmError::Rejected { .. }), "{refused:?}");
}

/// A redirect is not followed: the token would go along.
#[tokio::test]
async fn amo_1_redirects_are_not_followed() {
    let fake = Fake::new().await;
    let elsewhere = ResponseTemplate::new(302).insert_header("location", "https://evil.com/");
    fake.on("GET /api/v4/tasks/5", elsewhere);
    let question = Question::TaskDone { id: CrmId::from(5) };
    let moved = fake.stand.amo.ask(&fake.stand.caller(), &question).await.unwrap_err();
    assert!(matches!(moved, CrmError::Retry { .. }), "{moved}");
    assert_eq!(fake.requests().await.len(), 1);
}

/// A PATCH has only what changes: never what was read (gotcha 2).
#[tokio::test]
async fn crm_1_an_update_sends_nothing_that_was_read() {
    let fake = Fake::new().await;
    fake.json(
        "GET /api/v4/contacts/3",
        json!({ "id": 3, "name": "Имя от менеджера", "responsible_user_id": 504141,
            "created_by": 1, "updated_by": 1, "custom_fields_values": null }),
    );
    fake.json("PATCH /api/v4/contacts/3", json!({ "id": 3, "updated_at": 1590945248 }));
    let update = Action::UpdateContact {
        contact: at(3),
        add_phones: vec!["+79161234567".to_owned()],
        add_emails: Vec::new(),
        replace_8: false,
        fields: Vec::new(),
        tags: vec!["чат".to_owned()],
    };
    fake.stand.perform(&update).await;
    let bodies = fake.bodies().await;
    let names: Vec<&String> = bodies[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["custom_fields_values", "tags_to_add"]);
}

/// A file for deal 5, whose bytes are with amoCRM.
fn uploaded(fake: &mut Fake) -> Action {
    let base = fake.server.uri();
    fake.stand.portal.drive = Some(url(&base));
    fake.stand.files.0.insert(5, vec![7; 10]);
    let to = format!("{base}/v1.0/sessions/upload/ey");
    fake.json("POST /v1.0/sessions", json!({ "upload_url": to, "max_part_size": 524_288 }));
    let file = json!({ "uuid": "f", "version_uuid": "v" });
    fake.json("POST /v1.0/sessions/upload/ey", file);
    attach(5, 5, "a.jpg")
}

/// A deal that takes no file may be there all the same, in «Неразобранное» for instance: nobody makes
/// another one for that.
#[tokio::test]
async fn crm_4_a_deal_that_takes_no_file_is_gone_only_when_it_is_not_there() {
    let mut fake = Fake::new().await;
    for there in [true, false] {
        let attach = uploaded(&mut fake);
        fake.status("PUT /api/v4/leads/5/files", 404);
        fake.json("GET /api/v4/leads/5", json!({ "id": 5, "is_deleted": !there }));
        match fake.stand.amo.perform(&fake.stand.caller(), &attach).await {
            Err(CrmError::Rejected { words }) if there => {
                assert!(words.ru.contains("не прикрепляет файл"), "{words:?}");
            }
            Ok(Effect { target_gone: true, .. }) if !there => {}
            other => panic!("{there}: {other:?}"),
        }
    }
}

/// A file that hangs on the card is half done, whatever stopped us then: a try from the beginning would
/// hang a second one.
#[tokio::test]
async fn crm_4_a_portal_that_is_cut_off_between_file_and_note_leaves_a_doubt() {
    let mut fake = Fake::new().await;
    for status in [402, 403] {
        let attach = uploaded(&mut fake);
        fake.status("PUT /api/v4/leads/5/files", 200);
        fake.status("POST /api/v4/leads/5/notes", status);
        let error = fake.stand.refused(&attach).await;
        assert!(matches!(error, CrmError::Unknown { .. }), "{status}: {error}");
    }
}
