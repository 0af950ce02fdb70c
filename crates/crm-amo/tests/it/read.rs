//! What is asked of amoCRM, against the sandbox: the gotchas of its searches and lists.

use crm::Crm;
use domain::crm::{
    Answer, CrmId, DealFact, Entity, EntityState, FieldKind, FoundContact, Question, StageKind,
    UnsortedState,
};

use crate::{
    sand::Sand,
    stand::{MADE_AT, moment},
};

fn find(phones: &[&str], emails: &[&str]) -> Question {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Question::FindContact { phones: texts(phones), emails: texts(emails) }
}

async fn contacts(sand: &Sand, question: Question) -> Vec<FoundContact> {
    match sand.stand.ask(question).await {
        Answer::Contacts(found) => found,
        other => panic!("contacts, not {other:?}"),
    }
}

async fn deals(sand: &Sand, contact: i64, ids: Option<&[i64]>) -> Vec<DealFact> {
    let ids = ids.map(|ids| ids.iter().map(|id| CrmId::from(*id)).collect());
    match sand.stand.ask(Question::DealsOf { contact: CrmId::from(contact), ids }).await {
        Answer::Deals(found) => found,
        other => panic!("deals, not {other:?}"),
    }
}

fn ids<'a>(found: impl IntoIterator<Item = &'a CrmId>) -> Vec<i64> {
    found.into_iter().map(|id| id.as_str().parse().unwrap()).collect()
}

#[tokio::test]
async fn amo_12_the_directory_has_people_funnels_fields_and_kinds_of_tasks() {
    let sand = Sand::new().await;
    let directory = sand.stand.amo.directory(&sand.stand.caller()).await.unwrap();
    assert_eq!(directory.users.len(), 6);
    let gone = directory.users.iter().find(|user| user.name == "Игорь Уволенный").unwrap();
    assert!(!gone.active, "one who left stays, marked");
    assert!(directory.users.iter().any(|user| user.admin && user.chat_id.is_some()));
    let names: Vec<&str> = directory.pipelines.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["Продажи", "Повторные продажи", "Сервис"]);
    let kinds: Vec<StageKind> = directory.pipelines[0].stages.iter().map(|s| s.kind).collect();
    assert_eq!(kinds.first(), Some(&StageKind::Unsorted));
    assert_eq!(&kinds[5..], [StageKind::Won, StageKind::Lost]);
    let first = sand.account.stage("Продажи", "Первичный контакт").unwrap();
    assert_eq!(directory.first_stage().unwrap().stage, CrmId::from(first.status_id));
    let field = |of, name: &str| directory.fields.iter().find(|f| f.of == of && f.name == name);
    let phone = field(Entity::Contact, "Телефон").unwrap();
    assert_eq!((phone.code.as_deref(), phone.kind), (Some("PHONE"), FieldKind::Multitext));
    let select = field(Entity::Deal, "Канал").unwrap();
    assert_eq!((select.kind, select.choices.len()), (FieldKind::Select, 4));
    assert_eq!(field(Entity::Deal, "utm_source").unwrap().kind, FieldKind::Tracking);
    assert_eq!(field(Entity::Deal, "Дата встречи").unwrap().kind, FieldKind::Date);
    assert!(!directory.task_types.is_empty() && directory.fetched_at.is_some());
    assert_eq!(sand.calls().len(), 5, "one call for each list");
}

/// Gotcha 1: the first hit may be another person whose other field holds the digits.
#[tokio::test]
async fn amo_3_a_hit_by_another_field_is_not_the_person() {
    let sand = Sand::new().await;
    sand.account.add_contact("Заказ 9161234567", None, None);
    sand.account.add_contact("Похожий", Some("+79161234568"), None);
    assert_eq!(contacts(&sand, find(&["+79161234567"], &[])).await, []);
    let real = sand.account.add_contact("Иван", Some("8 (916) 123-45-67"), None);
    let found = contacts(&sand, find(&["+79161234567"], &[])).await;
    assert_eq!(ids(found.iter().map(|c| &c.id)), [real]);
    assert_eq!(found[0].matched_by, "phone +79161234567");
    assert_eq!(found[0].phones, ["8 (916) 123-45-67"]);
}

/// Gotcha 1: `+7…` and `8…` are different texts, the last ten digits are not.
#[tokio::test]
async fn amo_3_of_two_with_one_number_the_oldest_comes_first() {
    let sand = Sand::new().await;
    let first = sand.account.add_contact("Иван", Some("89161234567"), None);
    let second = sand.account.add_contact("Иван 2", Some("+79161234567"), None);
    let found = contacts(&sand, find(&["+79161234567"], &[])).await;
    assert_eq!(ids(found.iter().map(|c| &c.id)), [first, second]);
}

#[tokio::test]
async fn amo_3_a_person_is_found_by_e_mail_when_no_phone_is_theirs() {
    let sand = Sand::new().await;
    let anna = sand.account.add_contact("Анна", None, Some("Anna@Example.ru"));
    sand.account.add_contact("Не она", None, Some("not-anna@example.ru"));
    let found = contacts(&sand, find(&["+79160000000"], &["anna@example.ru"])).await;
    assert_eq!(ids(found.iter().map(|c| &c.id)), [anna]);
    assert_eq!(found[0].matched_by, "email anna@example.ru");
    assert_eq!(sand.calls().len(), 2);
}

/// Gotcha 8: 204 instead of an empty list, and instead of 404.
#[tokio::test]
async fn amo_3_nothing_found_and_nothing_there_are_no_errors() {
    let sand = Sand::new().await;
    assert_eq!(contacts(&sand, find(&["+79161234567"], &["a@b.ru"])).await, []);
    let id = CrmId::from(999_999_999);
    assert_eq!(sand.stand.ask(Question::Contact { id: id.clone() }).await, Answer::Contact(None));
    assert_eq!(sand.stand.ask(Question::TaskDone { id }).await, Answer::TaskDone(true));
    assert_eq!(deals(&sand, 999_999_999, None).await, []);
    let contact = sand.account.add_contact("Иван", None, None);
    assert_eq!(deals(&sand, contact, None).await, []);
}

#[tokio::test]
async fn amo_3_a_deleted_contact_is_nobody() {
    let sand = Sand::new().await;
    let contact = sand.account.add_contact("Иван", Some("+79161234567"), None);
    sand.account.delete_contact(contact);
    assert_eq!(contacts(&sand, find(&["+79161234567"], &[])).await, []);
    let gone = sand.stand.ask(Question::Contact { id: CrmId::from(contact) }).await;
    assert_eq!(gone, Answer::Contact(None));
}

#[tokio::test]
async fn amo_3_the_deals_of_a_contact_cost_one_call_with_the_paid_filter() {
    let sand = Sand::new().await;
    let open = sand.account.stage("Продажи", "Переговоры").unwrap();
    let contact = sand.account.add_contact("Иван", Some("+79161234567"), None);
    let first = sand.account.add_lead("Первая", &open, Some(contact));
    let second = sand.account.add_lead("Вторая", &open, Some(contact));
    sand.account.add_lead("Чужая", &open, None);
    sand.account.move_lead(first, open.pipeline_id, 143);
    let found = contacts(&sand, find(&["+79161234567"], &[])).await;
    let mut named = ids(&found[0].deals);
    named.sort_unstable();
    assert_eq!(named, [first, second]);
    let found = deals(&sand, contact, Some(&named)).await;
    assert_eq!(ids(found.iter().map(|d| &d.id)), [second, first]);
    assert_eq!(found[0].state, EntityState::Open);
    assert_eq!(found[1].state, EntityState::Closed);
    assert_eq!(found[0].at.stage, CrmId::from(open.status_id));
    assert_eq!(sand.calls().len(), 2);
}

/// Gotcha 4: without the add-on the filter is ignored in silence and strangers' deals come.
#[tokio::test]
async fn amo_3_strangers_deals_of_an_ignored_filter_are_not_taken() {
    for told_by_portal in [true, false] {
        let mut sand = Sand::new().await;
        sand.account.turn_paid_filter_off();
        // The account may have lost the add-on since it was asked.
        sand.stand.portal.filters = told_by_portal;
        let open = sand.account.stage("Продажи", "Переговоры").unwrap();
        let contact = sand.account.add_contact("Иван", None, None);
        let first = sand.account.add_lead("Первая", &open, Some(contact));
        let second = sand.account.add_lead("Вторая", &open, Some(contact));
        sand.account.add_lead("Чужая", &open, None);
        let found = deals(&sand, contact, Some(&[first, second])).await;
        let mut found = ids(found.iter().map(|deal| &deal.id));
        found.sort_unstable();
        assert_eq!(found, [first, second], "filters: {told_by_portal}");
    }
}

/// An agency's contact has many deals; with the add-on they cost one call, so more of them are looked at.
#[tokio::test]
async fn amo_3_an_open_deal_behind_sixty_younger_ones_is_seen() {
    let mut sand = Sand::new().await;
    let open = sand.account.stage("Продажи", "Переговоры").unwrap();
    let contact = sand.account.add_contact("Агентство", None, None);
    let all: Vec<i64> =
        (0..61).map(|n| sand.account.add_lead(&n.to_string(), &open, Some(contact))).collect();
    for (filters, seen, calls) in [(true, 61, 1), (false, 50, 50)] {
        sand.stand.portal.filters = filters;
        let before = sand.calls().len();
        let found = deals(&sand, contact, Some(&all)).await;
        assert_eq!((found.len(), sand.calls().len() - before), (seen, calls), "{filters}");
    }
}

#[tokio::test]
async fn amo_3_deleted_and_merged_deals_are_left_out() {
    let mut sand = Sand::new().await;
    let open = sand.account.stage("Продажи", "Переговоры").unwrap();
    let contact = sand.account.add_contact("Иван", None, None);
    let lead = |name| sand.account.add_lead(name, &open, Some(contact));
    let (kept, merged, deleted) = (lead("A"), lead("B"), lead("C"));
    sand.account.merge_leads(kept, merged);
    sand.account.delete_lead(deleted);
    for filters in [true, false] {
        sand.stand.portal.filters = filters;
        let found = deals(&sand, contact, Some(&[kept, merged, deleted])).await;
        assert_eq!(ids(found.iter().map(|deal| &deal.id)), [kept], "filters: {filters}");
    }
}

#[tokio::test]
async fn amo_5_a_task_is_done_when_it_was_closed_or_deleted() {
    use domain::crm::Action;
    let sand = Sand::new().await;
    let open = sand.account.stage("Продажи", "Переговоры").unwrap();
    let deal = sand.account.add_lead("A", &open, None);
    let task = |text: &str| Action::CreateTask {
        deal: crate::stand::at(deal),
        text: text.to_owned(),
        due_at: moment(MADE_AT + 3_600),
        responsible: None,
        kind: None,
    };
    let closed = sand.stand.perform(&task("A")).await.id.unwrap();
    let deleted = sand.stand.perform(&task("B")).await.id.unwrap();
    let done = |id: &CrmId| sand.stand.ask(Question::TaskDone { id: id.clone() });
    assert_eq!(done(&closed).await, Answer::TaskDone(false));
    sand.account.close_task(closed.as_str().parse().unwrap(), "Позвонили");
    sand.account.delete_task(deleted.as_str().parse().unwrap());
    assert_eq!(done(&closed).await, Answer::TaskDone(true));
    assert_eq!(done(&deleted).await, Answer::TaskDone(true));
}

#[tokio::test]
async fn amo_4_an_unsorted_waits_until_somebody_takes_it() {
    let sand = Sand::new().await;
    let effect = sand.stand.perform(&crate::write::unsorted(&sand, "beseda-1")).await;
    let uid = effect.id.unwrap();
    let state =
        || sand.stand.ask(Question::Unsorted { uid: uid.clone(), deal: effect.deal.clone() });
    assert_eq!(state().await, Answer::Unsorted(UnsortedState::Waiting));
    assert!(sand.account.accept(uid.as_str(), sand.account.admin(), None));
    assert_eq!(state().await, Answer::Unsorted(UnsortedState::Accepted));
}

/// AMO-4: the record is gone in both cases; its deal tells which it was, without any webhook.
#[tokio::test]
async fn amo_4_a_declined_record_is_told_from_an_accepted_one_by_its_deal() {
    let sand = Sand::new().await;
    let effect = sand.stand.perform(&crate::write::unsorted(&sand, "beseda-1")).await;
    let (uid, deal) = (effect.id.unwrap(), effect.deal);
    assert!(sand.account.decline(uid.as_str()));
    let asked = Question::Unsorted { uid: uid.clone(), deal };
    assert_eq!(sand.stand.ask(asked).await, Answer::Unsorted(UnsortedState::Declined));
    // Without its deal nothing tells; a second one must not be made.
    let asked = Question::Unsorted { uid, deal: None };
    assert_eq!(sand.stand.ask(asked).await, Answer::Unsorted(UnsortedState::Accepted));
}
