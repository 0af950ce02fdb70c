//! The account that [`Amo::add_account`](super::Amo::add_account) makes: a small Russian company with
//! people, three pipelines and fields of most types.

use std::collections::BTreeMap;

use super::{
    Faults, Switches,
    chats::Chats,
    drive::Drive,
    limits::Rates,
    oauth::Grants,
    world::{
        AccountState, Field, FieldEnum, Ids, Kind, LOST, Pipeline, SortedOut, Status, Tag, User,
        WON,
    },
};

pub(super) fn account(ids: &mut Ids, subdomain: &str) -> AccountState {
    let id = ids.seeded();
    let mut account = AccountState {
        id,
        subdomain: subdomain.to_owned(),
        name: format!("ООО «{subdomain}»"),
        amojo_id: uuid_of(subdomain, "amojo"),
        uuid: uuid_of(subdomain, "account"),
        timezone: "Europe/Moscow".to_owned(),
        users: BTreeMap::new(),
        groups: Vec::new(),
        pipelines: BTreeMap::new(),
        fields: BTreeMap::new(),
        contacts: BTreeMap::new(),
        companies: BTreeMap::new(),
        leads: BTreeMap::new(),
        tasks: BTreeMap::new(),
        notes: BTreeMap::new(),
        unsorted: BTreeMap::new(),
        sorted: SortedOut::default(),
        tags: BTreeMap::new(),
        loss_reasons: BTreeMap::new(),
        sources: BTreeMap::new(),
        webhooks: BTreeMap::new(),
        chat_links: Vec::new(),
        grants: Grants::default(),
        installs: BTreeMap::new(),
        switches: Switches::default(),
        faults: Faults::default(),
        rates: Rates::default(),
        blocked: false,
        happened: std::collections::VecDeque::new(),
        events_told: 0,
        drive: Drive::default(),
        files: BTreeMap::new(),
        chats: Chats::default(),
    };
    people(ids, &mut account);
    pipelines(ids, &mut account);
    fields(ids, &mut account);
    for reason in ["Дорого", "Купили у других", "Пропала потребность", "Не дозвонились"]
    {
        account.loss_reasons.insert(ids.seeded(), reason.to_owned());
    }
    for (kind, name) in [(Kind::Leads, "Повторный клиент"), (Kind::Contacts, "VIP")]
    {
        let tag = Tag { id: ids.seeded(), kind, name: name.to_owned(), color: None };
        account.tags.insert(tag.id, tag);
    }
    account
}

/// The same uuid at every start.
pub(super) fn uuid_of(subdomain: &str, what: &str) -> String {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(format!("{subdomain} {what}").as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(byte, of)| *byte = of);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

fn people(ids: &mut Ids, account: &mut AccountState) {
    let (sales, support) = (ids.seeded(), ids.seeded());
    account.groups = vec![(sales, "Отдел продаж".to_owned()), (support, "Отдел заботы".to_owned())];
    let all = [
        ("Елена Соколова", "sokolova", true, true, false, None),
        ("Дмитрий Орлов", "orlov", false, true, false, Some(sales)),
        ("Мария Белова", "belova", false, true, false, Some(sales)),
        ("Тимур Ахметов", "akhmetov", false, true, false, Some(support)),
        // Left last year; deals still name him.
        ("Игорь Уволенный", "uvolenny", false, false, false, Some(sales)),
        ("Ольга Читатель", "reader", false, true, true, None),
    ];
    for (name, login, is_admin, is_active, is_free, group_id) in all {
        let id = ids.seeded();
        let user = User {
            id,
            name: name.to_owned(),
            email: format!("{login}@{}.example", account.subdomain),
            amojo_id: (!is_free).then(|| uuid_of(&account.subdomain, login)),
            is_admin,
            is_active,
            is_free,
            group_id,
        };
        account.users.insert(id, user);
    }
}

fn pipelines(ids: &mut Ids, account: &mut AccountState) {
    let all: [(&str, bool, bool, &[&str]); 3] = [
        (
            "Продажи",
            true,
            true,
            &["Первичный контакт", "Переговоры", "Принимают решение", "Согласование договора"],
        ),
        ("Повторные продажи", false, true, &["Напомнить", "Предложение отправлено", "Ждём оплату"]),
        ("Сервис", false, false, &["Обращение", "В работе", "Ждём клиента"]),
    ];
    for (sort, (name, is_main, is_unsorted_on, stages)) in (1..).zip(all) {
        let id = ids.seeded();
        let mut statuses = vec![Status {
            id: ids.seeded(),
            name: "Неразобранное".to_owned(),
            sort: 10,
            color: "#c1c1c1",
            kind: 1,
        }];
        for (at, stage) in (2..).zip(stages) {
            let color = if at % 2 == 0 { "#99ccff" } else { "#ffcc66" };
            let (id, name) = (ids.seeded(), (*stage).to_owned());
            statuses.push(Status { id, name, sort: at * 10, color, kind: 0 });
        }
        for (id, name, sort, color) in [
            (WON, "Успешно реализовано", 10_000, "#CCFF66"),
            (LOST, "Закрыто и не реализовано", 11_000, "#D5D8DB"),
        ] {
            statuses.push(Status { id, name: name.to_owned(), sort, color, kind: 0 });
        }
        let name = name.to_owned();
        let is_archive = false;
        let pipeline = Pipeline { id, name, sort, is_main, is_unsorted_on, is_archive, statuses };
        account.pipelines.insert(id, pipeline);
    }
}

const PHONES: [&str; 6] = ["WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"];
const EMAILS: [&str; 3] = ["WORK", "PRIV", "OTHER"];

fn fields(ids: &mut Ids, account: &mut AccountState) {
    type Row = (Kind, &'static str, Option<&'static str>, &'static str, &'static [&'static str]);
    let all: [Row; 26] = [
        (Kind::Contacts, "Должность", Some("POSITION"), "text", &[]),
        (Kind::Contacts, "Телефон", Some("PHONE"), "multitext", &PHONES),
        (Kind::Contacts, "Email", Some("EMAIL"), "multitext", &EMAILS),
        (Kind::Contacts, "Город", None, "text", &[]),
        (Kind::Contacts, "Дата рождения", None, "birthday", &[]),
        (Kind::Contacts, "Телеграм", None, "url", &[]),
        (Kind::Contacts, "Согласен на рассылку", None, "checkbox", &[]),
        (Kind::Contacts, "Комментарий", None, "textarea", &[]),
        (Kind::Companies, "Телефон", Some("PHONE"), "multitext", &PHONES),
        (Kind::Companies, "Email", Some("EMAIL"), "multitext", &EMAILS),
        (Kind::Companies, "Адрес", Some("ADDRESS"), "textarea", &[]),
        (Kind::Leads, "Источник обращения", None, "text", &[]),
        (Kind::Leads, "Посадочная страница", None, "url", &[]),
        (Kind::Leads, "Сколько человек", None, "numeric", &[]),
        (Kind::Leads, "Нужна доставка", None, "checkbox", &[]),
        (Kind::Leads, "Канал", None, "select", &["Сайт", "Telegram", "WhatsApp", "Почта"]),
        (Kind::Leads, "Интересы", None, "multiselect", &["Доставка", "Монтаж", "Сервис"]),
        (Kind::Leads, "Способ оплаты", None, "radiobutton", &["Карта", "Счёт", "Наличные"]),
        (Kind::Leads, "Дата встречи", None, "date", &[]),
        (Kind::Leads, "Время доставки", None, "date_time", &[]),
        (Kind::Leads, "Адрес доставки", None, "streetaddress", &[]),
        (Kind::Leads, "Бюджет клиента", None, "monetary", &[]),
        (Kind::Leads, "Текст обращения", None, "textarea", &[]),
        (Kind::Leads, "utm_source", Some("UTM_SOURCE"), "tracking_data", &[]),
        (Kind::Leads, "utm_campaign", Some("UTM_CAMPAIGN"), "tracking_data", &[]),
        (Kind::Leads, "roistat", Some("ROISTAT"), "tracking_data", &[]),
    ];
    for (sort, (kind, name, code, field_type, choices)) in (500..).zip(all) {
        let id = ids.seeded();
        let enums = (1..).zip(choices).map(|(sort, value)| FieldEnum {
            id: ids.seeded(),
            value: (*value).to_owned(),
            sort,
        });
        let field = Field {
            id,
            kind,
            name: name.to_owned(),
            code: code.map(str::to_owned),
            field_type: field_type.to_owned(),
            sort,
            is_api_only: false,
            is_predefined: code.is_some(),
            enums: enums.collect(),
            required_statuses: Vec::new(),
        };
        account.fields.insert(id, field);
    }
}
