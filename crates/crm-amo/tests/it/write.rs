//! What is written into amoCRM, against the sandbox: what is saved, what is left alone, and what is
//! left out because it is gone.

use crm::{Crm, CrmError};
use domain::crm::{
    Action, ContactDraft, CrmId, DealDraft, Entity, FieldValue, NoteBody, StageRef, UnsortedDraft,
};
use sandbox::amo::Kind;
use serde_json::{Value, json};

use crate::{
    sand::Sand,
    stand::{MADE_AT, at, attach, id, moment, url},
};

pub fn contact(name: &str, phones: &[&str]) -> ContactDraft {
    ContactDraft {
        name: name.to_owned(),
        phones: phones.iter().map(|phone| (*phone).to_owned()).collect(),
        emails: Vec::new(),
        responsible: None,
        tags: Vec::new(),
        fields: Vec::new(),
        created_at: moment(MADE_AT),
    }
}

pub fn deal(name: &str, contact: i64) -> DealDraft {
    DealDraft {
        contact: Some(at(contact)),
        company: None,
        name: name.to_owned(),
        at: None,
        responsible: None,
        tags: Vec::new(),
        fields: Vec::new(),
        created_at: moment(MADE_AT),
        phones: Vec::new(),
        emails: Vec::new(),
    }
}

pub fn unsorted(sand: &Sand, form_id: &str) -> Action {
    let pipeline = sand.account.stage("Повторные продажи", "Напомнить").unwrap().pipeline_id;
    Action::CreateUnsorted(UnsortedDraft {
        pipeline: Some(CrmId::from(pipeline)),
        contact_name: "Иван".to_owned(),
        phones: vec!["+79161234567".to_owned()],
        emails: vec!["ivan@example.ru".to_owned()],
        contact_fields: vec![text(field(sand, Kind::Contacts, "Город"), "Тула")],
        deal_fields: vec![text(field(sand, Kind::Leads, "Источник обращения"), "Сайт")],
        tags: vec!["чат".to_owned()],
        form_id: form_id.to_owned(),
        form_name: "Чат на сайте".to_owned(),
        page: "https://shop.test/".to_owned(),
        referrer: "https://ya.ru/".to_owned(),
        source: "Сайт".to_owned(),
        created_at: moment(MADE_AT),
    })
}

fn field(sand: &Sand, kind: Kind, name: &str) -> i64 {
    sand.account.field(kind, name).unwrap()
}

fn text(field: i64, value: &str) -> FieldValue {
    FieldValue { field: CrmId::from(field), value: json!([{ "value": value }]) }
}

fn stage(sand: &Sand, pipeline: &str, name: &str) -> StageRef {
    let stage = sand.account.stage(pipeline, name).unwrap();
    StageRef { pipeline: stage.pipeline_id.into(), stage: stage.status_id.into() }
}

/// The texts of a field in the sandbox's answer.
fn values(entity: &Value, code_or_id: impl Fn(&Value) -> bool) -> Vec<Value> {
    let fields = entity["custom_fields_values"].as_array().into_iter().flatten();
    let found = fields.filter(|field| code_or_id(field)).flat_map(|field| {
        field["values"].as_array().into_iter().flatten().map(|value| value["value"].clone())
    });
    found.collect()
}

fn tags(entity: &Value) -> Vec<&str> {
    let tags = entity["_embedded"]["tags"].as_array().into_iter().flatten();
    tags.filter_map(|tag| tag["name"].as_str()).collect()
}

#[tokio::test]
async fn amo_3_a_contact_and_its_deal_are_made_as_decided() {
    let sand = Sand::new().await;
    let manager = &sand.account.managers()[0];
    let mut draft = contact("Иван Петров", &["+79161234567", "+74951112233"]);
    draft.emails = vec!["ivan@example.ru".to_owned()];
    draft.responsible = Some(manager.id.into());
    draft.tags = vec!["чат".to_owned(), "VIP".to_owned()];
    draft.fields = vec![text(field(&sand, Kind::Contacts, "Город"), "Тула")];
    let contact = id(&sand.stand.perform(&Action::CreateContact(draft)).await);
    let made = sand.account.contact(contact).unwrap();
    assert_eq!(made["name"], "Иван Петров");
    assert_eq!(made["responsible_user_id"], manager.id);
    assert_eq!(made["created_at"], MADE_AT);
    assert_eq!(tags(&made), ["чат", "VIP"]);
    let phones = values(&made, |field| field["field_code"] == "PHONE");
    assert_eq!(phones, ["+79161234567", "+74951112233"]);
    assert_eq!(values(&made, |field| field["field_code"] == "EMAIL"), ["ivan@example.ru"]);
    assert_eq!(values(&made, |field| field["field_name"] == "Город"), ["Тула"]);

    let to = stage(&sand, "Сервис", "В работе");
    let mut draft = deal("Обращение №5", contact);
    draft.at = Some(to.clone());
    draft.responsible = Some(manager.id.into());
    draft.tags = vec!["заявка".to_owned()];
    draft.fields = vec![text(field(&sand, Kind::Leads, "utm_source"), "yandex")];
    let deal = id(&sand.stand.perform(&Action::CreateDeal(draft)).await);
    let made = sand.account.lead(deal).unwrap();
    assert_eq!(made["name"], "Обращение №5");
    assert_eq!(made["status_id"].to_string(), to.stage.to_string());
    assert_eq!(made["pipeline_id"].to_string(), to.pipeline.to_string());
    assert_eq!(made["created_at"], MADE_AT);
    assert_eq!(made["_embedded"]["contacts"][0]["id"], contact);
    assert_eq!(tags(&made), ["заявка"]);
    assert_eq!(sand.calls(), ["POST /api/v4/contacts", "POST /api/v4/leads"]);
}

/// Gotcha 7: `_embedded.tags` of an update would take the other tags away.
#[tokio::test]
async fn amo_7_tags_are_added_and_the_others_stay() {
    let sand = Sand::new().await;
    let lead = sand.open_lead();
    let update = |tag: &str| Action::UpdateDeal {
        deal: at(lead),
        fields: Vec::new(),
        tags: vec![tag.to_owned()],
    };
    sand.stand.perform(&update("свой")).await;
    sand.stand.perform(&update("чат")).await;
    assert_eq!(tags(&sand.account.lead(lead).unwrap()), ["свой", "чат"]);
}

/// A write of a multitext field replaces all its values.
#[tokio::test]
async fn crm_1_a_phone_is_added_to_those_that_are_there() {
    let sand = Sand::new().await;
    let contact = sand.account.add_contact("Как назвал менеджер", Some("8 495 111-22-33"), None);
    let update = |phones: &[&str], replace_8| Action::UpdateContact {
        contact: at(contact),
        add_phones: phones.iter().map(|phone| (*phone).to_owned()).collect(),
        add_emails: vec!["ivan@example.ru".to_owned()],
        replace_8,
        fields: vec![text(field(&sand, Kind::Contacts, "Город"), "Тула")],
        tags: Vec::new(),
    };
    sand.stand.perform(&update(&["+79161234567", "+74951112233"], false)).await;
    let phones = || {
        let now = sand.account.contact(contact).unwrap();
        assert_eq!(now["name"], "Как назвал менеджер");
        assert_eq!(values(&now, |field| field["field_code"] == "EMAIL"), ["ivan@example.ru"]);
        values(&now, |field| field["field_code"] == "PHONE")
    };
    assert_eq!(phones(), ["8 495 111-22-33", "+79161234567"]);
    // WA-6.
    sand.stand.perform(&update(&[], true)).await;
    assert_eq!(phones(), ["+74951112233", "+79161234567"]);
}

/// AMO-8: a company may map a parameter to the very field of phones.
#[tokio::test]
async fn amo_8_a_parameter_mapped_to_the_phones_takes_no_phone_away() {
    let mut sand = Sand::new().await;
    sand.stand.directory = sand.stand.amo.directory(&sand.stand.caller()).await.unwrap();
    let field = CrmId::from(field(&sand, Kind::Contacts, "PHONE"));
    let phones = |contact: i64| {
        values(&sand.account.contact(contact).unwrap(), |field| field["field_code"] == "PHONE")
    };
    let value = json!([
        { "value": "89161234567", "enum_code": "WORK" },
        { "value": "+74951112233", "enum_code": "WORK" },
    ]);
    let mapped = vec![FieldValue { field, value }];
    let mut draft = contact("Иван", &["+79161234567"]);
    draft.fields = mapped.clone();
    let made = id(&sand.stand.perform(&Action::CreateContact(draft)).await);
    assert_eq!(phones(made), ["+79161234567", "+74951112233"]);
    let known = sand.account.add_contact("Анна", Some("+79990000000"), None);
    let update = Action::UpdateContact {
        contact: at(known),
        add_phones: Vec::new(),
        add_emails: Vec::new(),
        replace_8: false,
        fields: mapped,
        tags: Vec::new(),
    };
    sand.stand.perform(&update).await;
    assert_eq!(phones(known), ["+79990000000", "89161234567", "+74951112233"]);
}

/// AMO-8: a field of messengers has many values too, and a manager's own stay.
#[tokio::test]
async fn amo_8_a_messenger_is_added_to_those_that_are_there() {
    let mut sand = Sand::new().await;
    let labels = ["SKYPE", "OTHER"];
    let field = sand.account.add_field(Kind::Contacts, "Мессенджер", "multitext", &labels);
    sand.stand.directory = sand.stand.amo.directory(&sand.stand.caller()).await.unwrap();
    let known = sand.account.add_contact("Анна", None, None);
    let update = |text: &str| Action::UpdateContact {
        contact: at(known),
        add_phones: Vec::new(),
        add_emails: Vec::new(),
        replace_8: false,
        fields: vec![FieldValue {
            field: CrmId::from(field),
            value: json!([{ "value": text, "enum_code": "SKYPE" }]),
        }],
        tags: Vec::new(),
    };
    for text in ["anna.skype", "anna_new", "Anna_New"] {
        sand.stand.perform(&update(text)).await;
    }
    let now = sand.account.contact(known).unwrap();
    assert_eq!(values(&now, |of| of["field_id"] == field), ["anna.skype", "anna_new"]);
}

#[tokio::test]
async fn crm_1_nothing_new_is_nothing_written() {
    let sand = Sand::new().await;
    let contact = sand.account.add_contact("Иван", Some("+79161234567"), None);
    let update = Action::UpdateContact {
        contact: at(contact),
        add_phones: vec!["+79161234567".to_owned()],
        add_emails: Vec::new(),
        replace_8: true,
        fields: Vec::new(),
        tags: Vec::new(),
    };
    assert_eq!(id(&sand.stand.perform(&update).await), contact);
    assert_eq!(sand.calls(), [format!("GET /api/v4/contacts/{contact}")]);
}

/// Gotcha 3: one deleted field poisons the whole write.
#[tokio::test]
async fn crm_6_a_deleted_field_does_not_lose_the_others() {
    let sand = Sand::new().await;
    let city = field(&sand, Kind::Contacts, "Город");
    let comment = field(&sand, Kind::Contacts, "Комментарий");
    let job = field(&sand, Kind::Contacts, "Должность");
    sand.account.delete_field(comment);
    let mut draft = contact("Иван", &["+79161234567"]);
    draft.fields = vec![text(city, "Тула"), text(comment, "потеряно"), text(job, "Повар")];
    let effect = sand.stand.perform(&Action::CreateContact(draft)).await;
    assert_eq!(effect.dropped_fields, [CrmId::from(comment)]);
    let made = sand.account.contact(id(&effect)).unwrap();
    assert_eq!(values(&made, |field| field["field_id"] == city), ["Тула"]);
    assert_eq!(values(&made, |field| field["field_id"] == job), ["Повар"]);
    assert_eq!(values(&made, |field| field["field_code"] == "PHONE"), ["+79161234567"]);
    assert_eq!(sand.account.contacts().len(), 1, "refused whole, then saved once");
}

#[tokio::test]
async fn crm_6_an_update_of_nothing_but_dead_fields_is_no_failure() {
    let sand = Sand::new().await;
    let contact = sand.account.add_contact("Иван", None, None);
    let city = field(&sand, Kind::Contacts, "Город");
    sand.account.delete_field(city);
    let update = Action::UpdateContact {
        contact: at(contact),
        add_phones: Vec::new(),
        add_emails: Vec::new(),
        replace_8: false,
        fields: vec![text(city, "Тула")],
        tags: Vec::new(),
    };
    let effect = sand.stand.perform(&update).await;
    assert_eq!(effect.dropped_fields, [CrmId::from(city)]);
    assert!(!effect.target_gone);
}

/// Gotcha 2 and AMO-12: somebody who left may not be named, and everything else is saved.
#[tokio::test]
async fn amo_12_a_deactivated_responsible_is_left_out() {
    let sand = Sand::new().await;
    let manager = sand.account.managers()[0].id;
    sand.account.set_user_active(manager, false);
    let contact = sand.account.add_contact("Иван", None, None);
    let mut draft = deal("Обращение", contact);
    draft.responsible = Some(manager.into());
    draft.at = Some(stage(&sand, "Сервис", "В работе"));
    let effect = sand.stand.perform(&Action::CreateDeal(draft)).await;
    assert_eq!(effect.dropped_responsible, Some(CrmId::from(manager)));
    let made = sand.account.lead(id(&effect)).unwrap();
    assert_eq!(made["pipeline_id"].to_string(), stage(&sand, "Сервис", "В работе").pipeline.0);

    let set =
        Action::SetResponsible { of: Entity::Deal, id: at(id(&effect)), user: manager.into() };
    let effect = sand.stand.perform(&set).await;
    assert_eq!(effect.dropped_responsible, Some(CrmId::from(manager)));
}

#[tokio::test]
async fn crm_3_the_responsible_of_deal_and_contact_is_set() {
    let sand = Sand::new().await;
    let manager = sand.account.managers()[1].id;
    let open = sand.account.stage("Продажи", "Переговоры").unwrap();
    let contact = sand.account.add_contact("Иван", None, None);
    let lead = sand.account.add_lead("A", &open, Some(contact));
    for (of, id) in [(Entity::Deal, lead), (Entity::Contact, contact)] {
        let set = Action::SetResponsible { of, id: at(id), user: manager.into() };
        sand.stand.perform(&set).await;
    }
    assert_eq!(sand.account.lead(lead).unwrap()["responsible_user_id"], manager);
    assert_eq!(sand.account.contact(contact).unwrap()["responsible_user_id"], manager);
}

#[tokio::test]
async fn amo_10_a_stage_of_an_archived_funnel_gives_way_to_the_first() {
    let sand = Sand::new().await;
    let gone = stage(&sand, "Сервис", "В работе");
    sand.account.archive_pipeline(gone.pipeline.as_str().parse().unwrap());
    let contact = sand.account.add_contact("Иван", None, None);
    let mut draft = deal("Обращение", contact);
    draft.at = Some(gone.clone());
    let effect = sand.stand.perform(&Action::CreateDeal(draft)).await;
    assert_eq!(effect.dropped_stage, Some(gone));
    let made = sand.account.lead(id(&effect)).unwrap();
    let first = stage(&sand, "Продажи", "Первичный контакт");
    assert_eq!(made["status_id"].to_string(), first.stage.0);
}

#[tokio::test]
async fn amo_10_a_deal_is_moved_to_a_stage_of_another_funnel() {
    let sand = Sand::new().await;
    let lead = sand.open_lead();
    let to = stage(&sand, "Сервис", "Ждём клиента");
    sand.stand.perform(&Action::MoveDeal { deal: at(lead), to: to.clone() }).await;
    let now = sand.account.lead(lead).unwrap();
    assert_eq!(now["status_id"].to_string(), to.stage.0);
    assert_eq!(now["pipeline_id"].to_string(), to.pipeline.0);
    let won = StageRef { pipeline: to.pipeline, stage: CrmId::from(142) };
    sand.stand.perform(&Action::MoveDeal { deal: at(lead), to: won }).await;
    assert_eq!(sand.account.lead(lead).unwrap()["status_id"], 142);
}

/// Merged and deleted deals: nothing is written, and the plan is made anew.
#[tokio::test]
async fn amo_3_a_target_that_is_gone_is_said() {
    let sand = Sand::new().await;
    let open = sand.account.stage("Продажи", "Переговоры").unwrap();
    let contact = sand.account.add_contact("Иван", Some("+79161234567"), None);
    let lead = sand.account.add_lead("A", &open, Some(contact));
    sand.account.delete_lead(lead);
    sand.account.delete_contact(contact);
    let body = NoteBody::Text { text: "Привет".to_owned() };
    for action in [
        Action::UpdateDeal { deal: at(lead), fields: Vec::new(), tags: vec!["чат".to_owned()] },
        Action::MoveDeal {
            deal: at(lead), to: stage(&sand, "Продажи", "Переговоры")
        },
        Action::SetResponsible {
            of: Entity::Deal,
            id: at(lead),
            user: sand.account.admin().into(),
        },
        Action::UpdateContact {
            contact: at(contact),
            add_phones: vec!["+79990000000".to_owned()],
            add_emails: Vec::new(),
            replace_8: false,
            fields: Vec::new(),
            tags: Vec::new(),
        },
        Action::CreateDeal(deal("B", contact)),
        Action::CreateTask {
            deal: at(lead),
            text: "Ответить".to_owned(),
            due_at: moment(MADE_AT + 60),
            responsible: None,
            kind: None,
        },
        Action::AddNote { to: Entity::Deal, id: at(lead), body: body.clone(), up_to: 1 },
    ] {
        let effect = sand.stand.perform(&action).await;
        assert!(effect.target_gone && effect.id.is_none(), "{action:?}: {effect:?}");
    }
}

/// Whether notes on an unaccepted «Неразобранное» are taken, the documentation does not say: if not, it
/// must not be taken for a deleted one, or the person would be made a second time.
#[tokio::test]
async fn amo_4_a_refused_note_on_an_unsorted_is_no_deleted_deal() {
    let sand = Sand::new().await;
    let deal = sand.stand.perform(&unsorted(&sand, "beseda-1")).await.deal.unwrap();
    let body = NoteBody::Text { text: "Ещё вопрос".to_owned() };
    let id = domain::crm::Ref::Id(deal);
    let note = Action::AddNote { to: Entity::Deal, id, body, up_to: 2 };
    sand.stand.perform(&note).await;
    let switches = sand.account.switches();
    sand.account.set_switches(sandbox::amo::Switches { notes_on_unsorted: false, ..switches });
    let refused = sand.stand.refused(&note).await;
    assert!(matches!(refused, CrmError::Rejected { .. }), "{refused}");
}

#[tokio::test]
async fn amo_5_a_task_hangs_on_the_deal() {
    let sand = Sand::new().await;
    let lead = sand.open_lead();
    let manager = sand.account.managers()[0].id;
    let task = Action::CreateTask {
        deal: at(lead),
        text: "Ответить клиенту Иван".to_owned(),
        due_at: moment(MADE_AT + 3_600),
        responsible: Some(manager.into()),
        kind: Some(CrmId::from(1)),
    };
    let made = id(&sand.stand.perform(&task).await);
    let tasks = sand.account.tasks();
    let task = tasks.iter().find(|task| task["id"] == made).unwrap();
    assert_eq!(task["text"], "Ответить клиенту Иван");
    assert_eq!(task["complete_till"], MADE_AT + 3_600);
    assert_eq!((&task["entity_type"], &task["entity_id"]), (&json!("leads"), &json!(lead)));
    assert_eq!(task["responsible_user_id"], manager);
}

#[tokio::test]
async fn crm_4_notes_are_added_and_a_growing_one_is_edited() {
    let sand = Sand::new().await;
    let open = sand.account.stage("Продажи", "Переговоры").unwrap();
    let contact = sand.account.add_contact("Иван", None, None);
    let lead = sand.account.add_lead("A", &open, Some(contact));
    let add = |to, id: i64, body| Action::AddNote { to, id: at(id), body, up_to: 3 };
    let said = NoteBody::Text { text: "Иван: привет".to_owned() };
    let note = sand.stand.perform(&add(Entity::Deal, lead, said)).await.id.unwrap();
    let whole = NoteBody::Transcript { text: "весь разговор".to_owned() };
    sand.stand.perform(&add(Entity::Contact, contact, whole)).await;
    let edit = |note: &CrmId| Action::EditNote {
        note: note.clone(),
        to: Entity::Deal,
        id: at(lead),
        body: NoteBody::Text {
            text: "Иван: привет\nМария: здравствуйте".to_owned()
        },
        up_to: 4,
    };
    sand.stand.perform(&edit(&note)).await;
    let notes = sand.account.notes(Kind::Leads, lead);
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0]["params"]["text"], "Иван: привет\nМария: здравствуйте");
    let notes = sand.account.notes(Kind::Contacts, contact);
    assert_eq!(notes[0]["note_type"], "extended_service_message");
    assert_eq!(notes[0]["params"]["service"], "Беседа");
    let effect = sand.stand.perform(&edit(&CrmId::from(999_999_999))).await;
    assert!(effect.target_gone, "a note that somebody deleted");
}

#[tokio::test]
async fn amo_4_an_unsorted_is_made_with_its_contact_and_has_no_name_of_ours() {
    let sand = Sand::new().await;
    let effect = sand.stand.perform(&unsorted(&sand, "beseda-1204")).await;
    let waiting = sand.account.unsorted();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0]["uid"].as_str(), effect.id.as_ref().map(CrmId::as_str));
    assert_eq!(waiting[0]["metadata"]["form_id"], "beseda-1204");
    // BY-4: the funnel is chosen.
    let pipeline = sand.account.stage("Повторные продажи", "Напомнить").unwrap().pipeline_id;
    assert_eq!(waiting[0]["pipeline_id"], pipeline);
    let lead = sand.account.lead(effect.deal.unwrap().as_str().parse().unwrap()).unwrap();
    assert_eq!(tags(&lead), ["чат"]);
    assert_eq!(values(&lead, |field| field["field_name"] == "Источник обращения"), ["Сайт"]);
    let contact = sand.account.contact(effect.contact.unwrap().as_str().parse().unwrap()).unwrap();
    assert_eq!(values(&contact, |field| field["field_code"] == "PHONE"), ["+79161234567"]);
    // Equal ones are refused, which is why each enquiry has its own form.
    let refused = sand.stand.refused(&unsorted(&sand, "beseda-1204")).await;
    assert!(matches!(refused, CrmError::Rejected { .. }), "{refused}");
    sand.stand.perform(&unsorted(&sand, "beseda-1205")).await;
}

#[tokio::test]
async fn amo_4_a_deleted_field_does_not_lose_an_unsorted() {
    let sand = Sand::new().await;
    let action = unsorted(&sand, "beseda-1");
    let source = field(&sand, Kind::Leads, "Источник обращения");
    sand.account.delete_field(source);
    let effect = sand.stand.perform(&action).await;
    assert_eq!(effect.dropped_fields, [CrmId::from(source)]);
    assert_eq!(sand.account.unsorted().len(), 1);
}

/// Parts of 512 kB at most, then the card, then a note that shows the file.
#[tokio::test]
async fn crm_4_a_file_goes_up_in_parts_and_hangs_on_the_deal() {
    let bytes: Vec<u8> = (0..1_300_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let (sand, lead) = Sand::with_file(bytes.clone()).await;
    let attach = |file| attach(lead, file, "букет.jpg");
    let effect = sand.stand.perform(&attach(5)).await;
    assert!(sand.account.files(Kind::Leads, lead) == [("букет.jpg".to_owned(), bytes)]);
    let notes = sand.account.notes(Kind::Leads, lead);
    assert_eq!((notes.len(), &notes[0]["id"]), (1, &json!(id(&effect))));
    assert_eq!(notes[0]["params"]["original_name"], "букет.jpg");
    let missing = sand.stand.refused(&attach(6)).await;
    assert!(matches!(missing, CrmError::Rejected { .. }));
    let calls = format!("{:?}", sand.stand.gate.take());
    assert!(!calls.contains("upload/ey") && calls.contains("sessions/upload/…"), "{calls}");
}

/// The scope «files» is one of its own: without it the portal goes on, and the file says why not.
#[tokio::test]
async fn crm_4_files_that_are_not_allowed_stop_nothing_else() {
    let (mut sand, lead) = Sand::with_file(vec![1; 10]).await;
    sand.stand.files.0.insert(6, Vec::new());
    let attach = |file| attach(lead, file, "a.jpg");
    let refused = sand.stand.refused(&attach(6)).await;
    assert!(matches!(refused, CrmError::Rejected { .. }), "an empty file is tried once: {refused}");
    let switches = sand.account.switches();
    sand.account.set_switches(sandbox::amo::Switches { files_scope: false, ..switches });
    let CrmError::Rejected { words } = sand.stand.refused(&attach(5)).await else {
        panic!("the portal is not stopped")
    };
    assert!(words.ru.contains("Разрешите интеграции файлы"), "{words:?}");
}

#[tokio::test]
async fn crm_4_a_file_goes_to_no_foreign_address() {
    let mut sand = Sand::new().await;
    sand.stand.files.0.insert(5, vec![1; 10]);
    let attach = attach(5, 5, "a.jpg");
    // No scope for files: amoCRM names no drive.
    assert!(matches!(sand.stand.refused(&attach).await, CrmError::Rejected { .. }));
    sand.stand.portal.drive = Some(url("http://127.0.0.1:9/drive"));
    assert!(matches!(sand.stand.refused(&attach).await, CrmError::Retry { .. }));
}

#[tokio::test]
async fn amo_3_what_costs_no_call_and_what_amocrm_has_not() {
    let sand = Sand::new().await;
    let used = sand.stand.perform(&Action::UseDeal { deal: CrmId::from(5) }).await;
    assert_eq!(used.id, Some(CrmId::from(5)));
    let odd = Action::MoveDeal {
        deal: domain::crm::Ref::Id(CrmId::from("C5:NEW")),
        to: StageRef { pipeline: CrmId::from("C5"), stage: CrmId::from("NEW") },
    };
    for action in [odd, Action::CreateLead(deal("A", 1)), Action::OpenChat { contact: at(1) }] {
        assert!(matches!(sand.stand.refused(&action).await, CrmError::Rejected { .. }));
    }
    assert_eq!(sand.calls(), [""; 0]);
    let card = sand.stand.amo.card_url(&sand.stand.portal, Entity::Deal, &CrmId::from(5)).unwrap();
    assert!(card.as_str().ends_with("/a/ecoles/leads/detail/5"));
}
