//! Counterparts of the messengers, for tests and for people, that enforce the messengers' documented rules.
//!
//! They listen on loopback only, keep everything in memory with bounds, and know nothing of Beseda:
//! no type of ours is shared with the drivers, so that an error in our reading of a protocol cannot
//! hide on both sides of the wire. Start reading at [`telegram::Telegram`].

pub mod amo;
pub mod autoru;
pub mod avito;
mod counter;
mod cut;
mod error;
mod page;
mod serving;
pub mod sms;
pub mod telegram;
pub mod viber;
pub mod vk;

pub use error::Error;

use std::{net::SocketAddr, time::Duration};

use tokio_util::sync::CancellationToken;

/// The token of the bot that [`run`] creates; the same at every start, so that a channel connected
/// to the sandbox yesterday works today.
pub const DEMO_TOKEN: &str = "7000000001:AAsandbox-demo-token-of-beseda-000001";

/// The long-lived token of the demo account of amoCRM; the same at every start.
pub const DEMO_AMO_TOKEN: &str =
    "sandbox.demo-long-lived-token-of-the-amocrm-account-romashka.0001";

/// The token of the demo bot of Viber; the same at every start.
pub const DEMO_VIBER_TOKEN: &str = "5a6e64626f782d31-2d64656d6f2d626f-742d6f662d766962";

/// The key of the demo community of VK; the same at every start.
pub const DEMO_VK_KEY: &str = "vk1.a.sandbox-demo-key-of-the-community-romashka-0001";

/// The keys of the demo account at the SMS providers; the same at every start.
pub const DEMO_SMS_KEYS: [&str; 3] = [
    "sandbox-demo-key-of-sms-aero-0001",
    "sandbox-demo-key-of-smsc-ru-0001",
    "sandbox-demo-key-of-mts-exolve-0001",
];

/// The keys of the demo seller of Avito; the same at every start.
pub const DEMO_AVITO_KEYS: (&str, &str) =
    ("romashka-demo-client-id", "romashka-demo-client-secret");

/// The demo application that asks Avito's sellers for their consent; the same at every start.
pub const DEMO_AVITO_APP: (&str, &str) = ("beseda-demo-app", "beseda-demo-app-secret");

/// Loopback addresses of the sandboxes.
#[derive(Clone, Copy, Debug)]
pub struct Listen {
    pub telegram: SocketAddr,
    pub amo: SocketAddr,
    pub viber: SocketAddr,
    pub vk: SocketAddr,
    pub avito: SocketAddr,
    pub autoru: SocketAddr,
    pub sms: SocketAddr,
}

impl Listen {
    /// One port after another. Port 0 is a free one, and so are its neighbours then.
    #[must_use]
    pub fn beginning_at(first: SocketAddr) -> Self {
        let nth = |n| match first.port() {
            0 => first,
            port => SocketAddr::new(first.ip(), port.saturating_add(n)),
        };
        Self {
            telegram: nth(0),
            amo: nth(1),
            viber: nth(2),
            vk: nth(3),
            avito: nth(4),
            autoru: nth(5),
            sms: nth(6),
        }
    }
}

const YEARS: Duration = Duration::from_secs(5 * 365 * 86_400);

/// Addresses of the program that is tried against the sandbox, as its owner would register them
/// with amoCRM.
#[derive(Clone, Debug)]
pub struct Tried {
    pub redirect_uri: String,
    /// Called when an account switches the integration off.
    pub disable_hook: String,
    /// Takes the messages of amoCRM's users; `:scope_id` in it becomes the scope.
    pub chat_hook: String,
    /// Where Avito sends sellers back to.
    pub avito_redirect: String,
}

/// Serves the sandboxes' pages with one demo bot and one demo account until `stop` is cancelled.
///
/// The limits of the real services are on: a person who tries the product here should meet them.
pub async fn run(listen: Listen, tried: Tried, stop: CancellationToken) -> Result<(), Error> {
    let options = telegram::Options {
        listen: listen.telegram,
        limits: telegram::Limits::documented(),
        slow_repeated_offset: true,
        ..telegram::Options::default()
    };
    let telegram = telegram::Telegram::start(options).await?;
    let bot = telegram.add_bot_with_token("beseda_demo_bot", DEMO_TOKEN)?;
    println!("Песочница Telegram: {}", telegram.url());
    println!("  откройте эту страницу, чтобы писать за клиента");
    println!("  адрес Bot API для настройки канала: {}", telegram.url());
    println!("  токен бота @{}: {}", bot.username, bot.token);
    let amo = demo_amo(listen.amo, &tried).await?;
    let avito = demo_avito(listen.avito, &tried).await?;
    let autoru = demo_autoru(listen.autoru).await?;
    let vk = demo_vk(listen.vk).await?;
    let sms = demo_sms(listen.sms).await?;
    let viber = demo_viber(listen.viber).await?;
    stop.cancelled().await;
    telegram.stop().await;
    amo.stop().await;
    avito.stop().await;
    autoru.stop().await;
    vk.stop().await;
    sms.stop().await;
    viber.stop().await;
    Ok(())
}

async fn demo_viber(listen: SocketAddr) -> Result<viber::Viber, Error> {
    let viber = viber::Viber::start(viber::Options { listen, ..viber::Options::default() }).await?;
    viber.add_bot_with_token("Цветы «Ромашка»", "romashka_demo", DEMO_VIBER_TOKEN);
    viber.customer("Вера Ясная");
    viber.customer("Глеб Тихий");
    println!("Песочница Viber: {}", viber.url());
    println!("  откройте эту страницу, чтобы писать за клиента");
    println!("  адрес Viber API для настройки канала: {}", viber.url());
    println!("  токен бота: {DEMO_VIBER_TOKEN}");
    Ok(viber)
}

async fn demo_sms(listen: SocketAddr) -> Result<sms::Sms, Error> {
    use sms::Provider;
    let options =
        sms::Options { listen, limits: sms::Limits::documented(), ..sms::Options::default() };
    let sandbox = sms::Sms::start(options).await?;
    let [aero, smsc, exolve] = DEMO_SMS_KEYS;
    let credentials = sms::Credentials {
        email: "romashka@shop.test".to_owned(),
        aero_key: aero.to_owned(),
        login: "romashka".to_owned(),
        password: "sandbox-demo".to_owned(),
        smsc_key: smsc.to_owned(),
        exolve_key: exolve.to_owned(),
    };
    let account = sandbox.add_account_with("Ромашка", "79160000001", credentials);
    account.register_sender(&account.number);
    sandbox.phone("79161234567");
    println!("Песочница SMS: {}", sandbox.url());
    println!("  откройте эту страницу, чтобы держать телефон клиента; номер компании +79160000001");
    println!("  SMS Aero: адрес {}", sandbox.base(Provider::SmsAero));
    println!("    логин romashka@shop.test, ключ {aero}");
    println!("  SMSC.ru: адрес {}, ключ {smsc}", sandbox.base(Provider::SmscRu));
    println!("  МТС Exolve: адрес {}, ключ {exolve}", sandbox.base(Provider::Exolve));
    Ok(sandbox)
}

async fn demo_vk(listen: SocketAddr) -> Result<vk::Vk, Error> {
    let vk = vk::Vk::start(vk::Options { listen, ..vk::Options::default() }).await?;
    let community = vk.add_community_with_key("Цветочная лавка", DEMO_VK_KEY);
    vk.customer(1001, "Вера", "Ясная");
    vk.customer(1002, "Глеб", "Тихий");
    println!("Песочница ВКонтакте: {}", vk.url());
    println!("  откройте эту страницу, чтобы писать за клиента");
    println!("  адрес API для настройки канала: {}", vk.url());
    println!("  ключ сообщества «{}»: {DEMO_VK_KEY}", community.name);
    Ok(vk)
}

async fn demo_avito(listen: SocketAddr, tried: &Tried) -> Result<avito::Avito, Error> {
    let avito = avito::Avito::start(avito::Options { listen, ..avito::Options::default() }).await?;
    let (id, secret) = DEMO_AVITO_KEYS;
    let seller = avito.add_seller_with(94_235_311, "Цветы «Ромашка»", id, secret);
    let item = seller.add_item("Букет «Весна», 25 тюльпанов", "3 200 ₽");
    seller.add_item("Горшок керамический", "890 ₽");
    seller.chat_with(141_906_442, "Вера", Some(item));
    let (app_id, app_secret) = DEMO_AVITO_APP;
    let app = avito.add_app_with(avito::App {
        name: "Беседа".to_owned(),
        client_id: app_id.to_owned(),
        client_secret: app_secret.to_owned(),
        redirect_uri: tried.avito_redirect.clone(),
    });
    let url = avito.url();
    println!("Песочница Авито: {url}");
    println!("  откройте эту страницу, чтобы писать за покупателя");
    println!("  свои ключи продавца: client_id {id}, client_secret {secret}");
    println!("  свой адрес API для настройки канала: {url}");
    println!("  для файла настроек, чтобы подключать через страницу Авито:");
    println!("    [channels.avito]");
    println!("    client_id = \"{}\"", app.client_id);
    println!("    client_secret = \"{}\"", app.client_secret);
    println!("    api = \"{url}\"");
    println!("    consent = \"{url}/oauth\"");
    Ok(avito)
}

async fn demo_autoru(listen: SocketAddr) -> Result<autoru::Autoru, Error> {
    let options = autoru::Options { listen, ..autoru::Options::default() };
    let autoru = autoru::Autoru::start(options).await?;
    let dealer = autoru.add_dealer("Автосалон «Ромашка»");
    dealer.buyer("a3bc21", "Иван");
    dealer.buyer("b7f10c", "Екатерина");
    println!("Песочница Авто.ру: {}", autoru.url());
    println!("  слева кабинет дилера: вставьте туда Chat ID и адрес из настроек канала");
    println!("  свой адрес API для настройки канала: {}", autoru.base());
    Ok(autoru)
}

async fn demo_amo(listen: SocketAddr, tried: &Tried) -> Result<amo::Amo, Error> {
    let amo = amo::Amo::start(amo::Options { listen, ..amo::Options::default() }).await?;
    let integration = amo.add_integration(
        amo::Integration::named("Беседа", &tried.redirect_uri)
            .with_disable_hook(&tried.disable_hook)
            .with_channel(&tried.chat_hook),
    );
    let account = amo.add_account("romashka");
    account.rename("ООО «Ромашка»");
    amo.add_account("vasilek").rename("ООО «Василёк»");
    account.set_long_lived_token(&integration.client_id, DEMO_AMO_TOKEN, YEARS);
    let (url, id, secret) = (amo.url(), &integration.client_id, &integration.client_secret);
    println!("Песочница amoCRM: {url}");
    println!("  откройте эту страницу, чтобы работать за менеджера; аккаунты romashka и vasilek");
    println!("  интеграция «{}»: client_id {id}", integration.name);
    println!("    client_secret {secret}");
    println!("  долгосрочный токен аккаунта romashka: {DEMO_AMO_TOKEN}");
    if let Some(channel) = &integration.channel {
        println!("  канал чатов: id {}, бот {}", channel.id, channel.bot_id);
        println!("    секрет {}", channel.secret);
    }
    println!("  для файла настроек:");
    println!("    [crm.amo]");
    println!("    client_id = \"{id}\"");
    println!("    client_secret = \"{secret}\"");
    println!("    api = \"{url}/a/{{subdomain}}\"");
    println!("    consent = \"{url}/oauth\"");
    println!("    chats = \"{url}/amojo\"");
    Ok(amo)
}
