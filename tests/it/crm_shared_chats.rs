//! Two companies of ours that have connected one account of the CRM with its chats (AMO-13): one that leaves
//! takes nothing from the other.

use sandbox::{
    amo::{
        Account,
        chats::{ChatShown, Delivery, Draft},
    },
    telegram::{self, Bot, Telegram},
};
use serde_json::json;
use tests::{AmoHouse, PATIENCE, Session, Way, amo_settings, connect, until};

/// Connects the account of the house and its chats; the path of the portal.
pub(crate) async fn joins(owner: &Session, house: &AmoHouse) -> String {
    let portal = owner.joins(&house.amo, &house.app).await;
    owner.connects_chats(&portal, &house.app).await;
    format!("/api/v1/crm/portals/{portal}")
}

/// One of the companies, with a bot of its own whose chats are shown in the CRM.
struct Company {
    owner: Session,
    bot: Bot,
    channel: String,
    portal: String,
}

impl Company {
    async fn found(house: &AmoHouse, telegram: &Telegram, bot: &str) -> Self {
        let owner = house.server.sign_up().await;
        let bot = telegram.add_bot(bot);
        let channel = connect(&owner, telegram, &bot, Way::Webhook).await;
        let channel = channel["channel_id"].as_str().unwrap().to_owned();
        let portal = joins(&owner, house).await;
        let id = portal.rsplit('/').next().unwrap();
        owner.integrates(id, "Чаты", &amo_settings(&channel, &json!({"chats": {}}))).await;
        Self { owner, bot, channel, portal }
    }

    async fn leaves_chats(&self) {
        self.owner.delete(&format!("{}/chats", self.portal), 200).await;
    }
}

async fn chat_with(account: &Account, text: &str) -> ChatShown {
    until(text, async || {
        account.chats().into_iter().find(|chat| chat.messages.iter().any(|m| m.text == text))
    })
    .await
}

struct Stage {
    house: AmoHouse,
    telegram: Telegram,
    one: Company,
    other: Company,
}

impl Stage {
    async fn start() -> Self {
        let house = AmoHouse::with_chats(|_| {}).await;
        let telegram = Telegram::start(telegram::Options::quick()).await.unwrap();
        let one = Company::found(&house, &telegram, "one_bot").await;
        let other = Company::found(&house, &telegram, "other_bot").await;
        Self { house, telegram, one, other }
    }

    /// A customer writes to a company and is answered from the CRM.
    async fn talks(&self, of: &Company, customer: i64, text: &str) {
        let customer = self.telegram.customer(customer, "Иван", None);
        customer.sends_text(&of.bot, text);
        let chat = chat_with(&self.house.account, text).await;
        let user = self.house.account.managers()[0].id;
        let answer = format!("Ответ: {text}");
        self.house.account.writes_in_chat(user, &chat.id, Draft::text(&answer)).unwrap();
        customer.wait_for_text(&of.bot, PATIENCE, &answer).await.unwrap();
    }

    /// What the server keeps of messages that were written in the CRM.
    async fn kept(&self) -> String {
        let mut db = self.house.server.database().connect().await;
        let said = "select coalesce(string_agg(said::text, ' '), '') from crm_chat_received";
        sqlx::query_scalar(said).fetch_one(&mut db).await.unwrap()
    }
}

/// The chats of the other company go on in both directions; the last one to leave ends them.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_company_that_leaves_does_not_end_the_chats_of_another() {
    let stage = Stage::start().await;
    stage.talks(&stage.other, 78, "До ухода").await;
    assert_eq!(stage.house.account.scopes().len(), 1, "one scope for both");
    stage.one.leaves_chats().await;
    let seen = stage.one.owner.get(&stage.one.portal, 200).await.json();
    assert!(seen["chats"].is_null(), "{seen}");
    assert_eq!(stage.house.account.scopes().len(), 1, "the other company is in there");
    stage.talks(&stage.other, 79, "После ухода").await;

    stage.other.leaves_chats().await;
    assert_eq!(stage.house.account.scopes(), Vec::<String>::new());
    assert_eq!(stage.house.account.chat_refusals(), []);
}

/// The same of a company that disconnects the whole portal; and one that was disconnected holds nothing.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_portal_that_is_disconnected_leaves_the_chats_to_the_other() {
    let stage = Stage::start().await;
    let disconnect = |portal: &str| format!("{portal}/disconnect");
    stage.one.owner.poke(&disconnect(&stage.one.portal), 200).await;
    assert_eq!(stage.house.account.scopes().len(), 1);
    stage.talks(&stage.other, 78, "Портал первой отключён").await;
    // The first one's chats are kept for the next time, and do not count.
    stage.other.owner.poke(&disconnect(&stage.other.portal), 200).await;
    assert_eq!(stage.house.account.scopes(), Vec::<String>::new());
}

/// Of two that leave at the same moment one is the last.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_two_portals_that_are_disconnected_at_once_end_the_chats() {
    let stage = Stage::start().await;
    let leaves = async |of: &Company| {
        of.owner.poke(&format!("{}/disconnect", of.portal), 200).await;
    };
    tokio::join!(leaves(&stage.one), leaves(&stage.other));
    assert_eq!(stage.house.account.scopes(), Vec::<String>::new());
}

/// A chat that begins in the CRM through a channel of the company that left: it goes through no channel of the
/// company that stays, which keeps no word of it.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_chat_begun_through_the_channel_of_who_left_is_nobodys() {
    let stage = Stage::start().await;
    stage.one.leaves_chats().await;
    let account = &stage.house.account;
    let contact = account.add_contact("Пётр", Some("+79165554433"), None);
    let (user, source) = (account.managers()[0].id, stage.one.channel.as_str());
    let secret = Draft::text("Тайна первой компании");
    let (_, id) = account.writes_first(user, contact, Some(source), secret).unwrap();
    let told = until("whoever wrote is told", async || {
        let chats = account.chats();
        let message = chats.iter().flat_map(|chat| &chat.messages).find(|m| m.id == id)?;
        match &message.delivery {
            Delivery::Failed { error, .. } => error.clone(),
            _ => None,
        }
    })
    .await;
    assert!(told.starts_with("Канал, через который вы пишете, удалён"), "{told}");
    assert!(!stage.kept().await.contains("Тайна"), "{}", stage.kept().await);
}

/// Chats of the company that left stand in the CRM: who writes in one is told, the customer hears nothing,
/// and the company that stays keeps no word of it.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_what_is_written_to_the_company_that_left_is_nobodys() {
    let stage = Stage::start().await;
    let customer = stage.telegram.customer(77, "Мария", None);
    for (leave, text) in [("chats", "Первый вопрос"), ("portal", "Второй вопрос")]
    {
        customer.sends_text(&stage.one.bot, text);
        let chat = chat_with(&stage.house.account, text).await;
        match leave {
            "chats" => stage.one.leaves_chats().await,
            _ => {
                let path = format!("{}/disconnect", stage.one.portal);
                stage.one.owner.poke(&path, 200).await;
            }
        }
        let user = stage.house.account.managers()[0].id;
        let secret = Draft::text("Тайна первой компании");
        let id = stage.house.account.writes_in_chat(user, &chat.id, secret).unwrap();
        until("whoever wrote is told", async || {
            let chats = stage.house.account.chats();
            let message = chats.iter().flat_map(|chat| &chat.messages).find(|m| m.id == id)?;
            matches!(message.delivery, Delivery::Failed { .. }).then_some(())
        })
        .await;
        assert!(!stage.kept().await.contains("Тайна"), "{}", stage.kept().await);
        stage.talks(&stage.other, 78, &format!("После: {text}")).await;
        if leave == "chats" {
            let portal = stage.one.portal.rsplit('/').next().unwrap();
            stage.one.owner.connects_chats(portal, &stage.house.app).await;
        }
    }
    let shown = customer.transcript(&stage.one.bot);
    assert!(!shown.iter().any(|m| m.text.as_deref().is_some_and(|t| t.contains("Тайна"))));
}
