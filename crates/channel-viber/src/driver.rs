//! The driver. Roles: webhook (`receive.rs`), media (`media.rs`).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use channel::{
    Channel, ConnectError, Connected, Connecting, Driver, FieldError, Media, Outbound, Receive,
    SendError, Sent, SettingsForm, Webhook,
};
use domain::{
    channel::{Capabilities, ChannelKind, ChannelState, FileLimit, StateReport, TextUnit},
    clock::Clock,
    content::FileKind,
    text::Words,
};
use net::Outgoing;
use serde_json::{Value, json};
use url::Url;

use crate::{
    api::{Api, CallError, Refusal},
    outbound, reports,
    settings::{self, Settings},
    status::{self, Status},
    wire::{Accepted, Account},
};

/// What we want to hear of; messages come in any case
/// (<https://developers.viber.com/docs/api/rest-bot-api/#webhooks>).
const EVENTS: [&str; 6] =
    ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"];

/// Our webhook's address, kept so that we never take away another product's.
const HOOK: &str = "hook";

/// The bot's name at Viber, kept for messages above which nobody chose another one.
const NAME: &str = "name";

/// What holds for every bot of this installation.
#[derive(Debug, Clone)]
pub struct Options {
    /// The Bot API of channels that do not name their own address.
    pub base_url: Url,
    /// Viber calls the webhook while it is being set, signed with the bot's token. Processes of ours
    /// may know the former token for two seconds more, so a refusal is asked about once again after
    /// this time.
    pub second_try: Duration,
    /// Which addresses the names of companies' own API servers and proxies may stand for. `None`: any.
    pub guard: Option<net::Guard>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            base_url: Url::parse("https://chatapi.viber.com").expect("a fixed, valid address"),
            second_try: Duration::from_secs(3),
            guard: None,
        }
    }
}

/// The driver of the kind `viber`.
pub struct Viber {
    options: Options,
    /// A callback may tell no time that can be read.
    pub(crate) clock: Arc<dyn Clock>,
    /// For files.
    pub(crate) outside: Outgoing,
    clients: net::Clients,
}

/// A bot, ready to be asked.
pub(crate) struct Bot {
    pub(crate) api: Api,
    pub(crate) proxy: Option<Url>,
}

impl Viber {
    /// A driver for any number of bots.
    pub fn new(clock: Arc<dyn Clock>, options: Options) -> Self {
        let clients =
            net::Clients::new(net::Options { guard: options.guard, ..net::Options::default() });
        Self { options, clock, outside: Outgoing::strict(), clients }
    }

    /// The bot of a channel, or the setting that is wrong.
    pub(crate) fn open(&self, channel: &Channel) -> Result<Bot, FieldError> {
        let Settings { token, base_url, proxy } =
            Settings::read(channel, &self.options.base_url).map_err(first)?;
        let http = self.clients.get(proxy.as_ref()).map_err(|error| {
            let ru = format!("Через этот прокси работать нельзя: {error}");
            let en = format!("This proxy cannot be used: {error}");
            FieldError::new(settings::PROXY, "bad_proxy", Words::new(ru, en))
        })?;
        Ok(Bot { api: Api { http, base: base_url, token }, proxy })
    }

    async fn set_webhook(&self, api: &Api, hook: &Url) -> Result<(), CallError> {
        let wanted = json!({
            "url": hook, "event_types": EVENTS, "send_name": true, "send_photo": true,
        });
        let refused = |error: &CallError| {
            matches!(error, CallError::Refused(Refusal { status: Status::InvalidUrl, .. }))
        };
        match api.call::<Value>("set_webhook", &wanted).await {
            Err(error) if refused(&error) => {
                tokio::time::sleep(self.options.second_try).await;
                api.call::<Value>("set_webhook", &wanted).await.map(|_| ())
            }
            other => other.map(|_| ()),
        }
    }
}

fn first(wrong: Vec<FieldError>) -> FieldError {
    wrong.into_iter().next().unwrap_or_else(|| FieldError::required(settings::TOKEN))
}

#[async_trait]
impl Driver for Viber {
    fn kind(&self) -> ChannelKind {
        ChannelKind::new("viber")
    }

    fn title(&self) -> Words {
        Words::new("Viber", "Viber")
    }

    fn capabilities(&self) -> Capabilities {
        let files = [
            FileKind::Image,
            FileKind::Video,
            FileKind::VideoNote,
            FileKind::Audio,
            FileKind::Voice,
            FileKind::File,
            FileKind::Sticker,
        ];
        Capabilities {
            max_text: settings::LONGEST_TEXT,
            text_unit: TextUnit::Characters,
            max_caption: outbound::LONGEST_CAPTION,
            // What is too large for a picture or a video goes as a file.
            files: files.map(|kind| FileLimit { kind, max_bytes: outbound::LARGEST_FILE }).to_vec(),
            max_files: 1,
            subject: false,
            replies: false,
            delivery_receipts: true,
            read_receipts: true,
            idempotent_send: false,
            // Only those who wrote to the bot can be written to.
            write_first: false,
            in_widget: true,
            edit_within: None,
            remove_within: None,
            reactions: Vec::new(),
        }
    }

    fn form(&self) -> SettingsForm {
        settings::form()
    }

    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>> {
        Settings::read(channel, &self.options.base_url).map(|_| ())
    }

    async fn connect(
        &self,
        channel: &Channel,
        connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        let Bot { api, .. } = self.open(channel).map_err(ConnectError::Field)?;
        let own_base_url = channel.setting(settings::BASE_URL).is_some();
        let refused = |error| status::connect_error(error, own_base_url);
        let account: Account = api.call("get_account_info", &json!({})).await.map_err(refused)?;
        let Some(hook) = &connecting.hook_url else {
            return Err(ConnectError::Refused(reports::no_public_address()));
        };
        channel.memory.remember(HOOK, hook.as_str().into()).await?;
        channel.memory.remember(NAME, account.name.as_str().into()).await?;
        self.set_webhook(&api, hook).await.map_err(refused)?;
        let external_id = if account.id.is_empty() { &account.uri } else { &account.id };
        if external_id.is_empty() {
            return Err(ConnectError::Unreachable("Viber did not name the bot".to_owned()));
        }
        Ok(Connected {
            external_id: external_id.clone(),
            title: title(&account),
            receive: Receive::Webhook,
        })
    }

    async fn disconnect(&self, channel: &Channel) -> Result<(), ConnectError> {
        let Bot { api, .. } = self.open(channel).map_err(ConnectError::Field)?;
        match take_away(&api, channel).await {
            Err(CallError::Refused(refusal)) if status::of_the_bot(&refusal).is_some() => Ok(()),
            done => done.map_err(|error| status::connect_error(error, false)),
        }
    }

    async fn inspect(&self, channel: &Channel, connecting: &Connecting) -> Option<StateReport> {
        let Bot { api, .. } = match self.open(channel) {
            Ok(bot) => bot,
            Err(wrong) => return Some(reports::mend_settings(wrong)),
        };
        let Some(ours) = &connecting.hook_url else { return Some(reports::no_public_address()) };
        match api.call::<Account>("get_account_info", &json!({})).await {
            Ok(account) => Some(judge(&account.webhook, ours)),
            Err(CallError::Refused(refusal)) => status::of_the_bot(&refusal),
            Err(CallError::NotSent(_) | CallError::Foreign(_) | CallError::Lost(_)) => {
                Some(reports::unreachable())
            }
        }
    }

    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        let Bot { api, .. } = self
            .open(channel)
            .map_err(|wrong| SendError::Disconnected(reports::mend_settings(wrong)))?;
        let mut tokens = Vec::new();
        for part in outbound::plan(message, &sender(channel).await)? {
            match api.call::<Accepted>("send_message", &part).await {
                // A message without a token is accepted all the same; no report can name it.
                Ok(Accepted { token }) => {
                    let own = || format!("own:{}:{}", message.id, tokens.len());
                    let token = token.map_or_else(own, |token| token.0);
                    tokens.push(token);
                }
                Err(error) if tokens.is_empty() => return Err(status::send_error(error)),
                Err(error) => return Err(half(status::send_error(error))),
            }
        }
        Ok(sent(tokens))
    }

    /// <https://developers.viber.com/docs/tools/deep-links/>: the context comes back with
    /// `conversation_started`.
    fn write_link(&self, _channel: &Channel, title: &str, start: &str) -> Option<String> {
        let uri = title.strip_suffix(')')?.rsplit_once(" (")?.1;
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let is_uri = !uri.is_empty() && uri.chars().all(fits);
        is_uri.then(|| format!("viber://pa?chatURI={uri}&context={start}"))
    }

    fn webhook(&self) -> Option<&dyn Webhook> {
        Some(self)
    }

    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }
}

/// `Лавка (lavka)`: the name for people, and the address by which links open the bot.
fn title(account: &Account) -> String {
    match (account.name.trim(), account.uri.trim()) {
        // No address: nothing must look like one.
        (name, "") => name.trim_end_matches(')').to_owned(),
        ("", uri) => format!("Viber ({uri})"),
        (name, uri) => format!("{name} ({uri})"),
    }
}

/// The name above a message: the one that a person chose, else the bot's own. A memory that cannot be
/// reached does not hold a message up.
async fn sender(channel: &Channel) -> String {
    if let Some(chosen) = settings::sender(channel) {
        return settings::as_sender(chosen);
    }
    let own = channel.memory.recall(NAME).await.ok().flatten();
    let own = own.as_ref().and_then(Value::as_str).filter(|name| !name.trim().is_empty());
    settings::as_sender(own.unwrap_or(&channel.name))
}

/// Takes our webhook away; another product's stays.
async fn take_away(api: &Api, channel: &Channel) -> Result<(), CallError> {
    let ours = channel.memory.recall(HOOK).await.ok().flatten();
    if let Some(ours) = ours.as_ref().and_then(Value::as_str) {
        let account: Account = api.call("get_account_info", &json!({})).await?;
        if account.webhook != ours {
            return Ok(());
        }
    }
    api.call::<Value>("set_webhook", &json!({ "url": "" })).await.map(|_| ())
}

fn judge(webhook: &str, ours: &Url) -> StateReport {
    if webhook == ours.as_str() {
        return StateReport::connected();
    }
    match Url::parse(webhook).ok().as_ref().and_then(Url::host_str) {
        Some(host) => reports::taken_by(host),
        None => reports::webhook_gone(),
    }
}

/// A file went and its words did not. Trying again would send the file twice, so a person decides.
fn half(words: SendError) -> SendError {
    match words {
        SendError::Rejected { code, text } => SendError::Rejected {
            code,
            text: format!("Файл отправлен, а текст к нему нет: {text}"),
        },
        SendError::Disconnected(StateReport { state, .. }) => {
            let why = match state {
                ChannelState::BadCredentials => "токен бота больше не действует",
                _ => "бот отключён",
            };
            SendError::Unknown(format!("Файл отправлен, а текст к нему нет: {why}."))
        }
        SendError::Retry { why, .. } => {
            SendError::Unknown(format!("Файл отправлен, а текст к нему нет: {why}"))
        }
        SendError::Unknown(why) => {
            SendError::Unknown(format!("Файл отправлен, а текст к нему, возможно, нет: {why}"))
        }
    }
}

/// Two parts are reported on one by one.
fn sent(tokens: Vec<String>) -> Sent {
    let mut sent = Sent::new(tokens.first().cloned().unwrap_or_default());
    if tokens.len() > 1 {
        sent.parts = tokens;
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, uri: &str) -> Account {
        Account { name: name.to_owned(), uri: uri.to_owned(), ..Account::default() }
    }

    #[test]
    fn ch_2_the_address_for_links_is_read_back_out_of_the_title() {
        for (name, uri, shown) in [
            ("Лавка", "lavka_test", "Лавка (lavka_test)"),
            ("Лавка (Тверь)", "lavka", "Лавка (Тверь) (lavka)"),
            ("", "lavka", "Viber (lavka)"),
            ("Лавка (shop)", "", "Лавка (shop"),
        ] {
            assert_eq!(title(&account(name, uri)), shown);
        }
    }

    #[test]
    fn ch_13_a_webhook_of_somebody_else_is_told_without_its_path() {
        let ours = Url::parse("https://beseda.test/hooks/viber/key").expect("fixed");
        assert_eq!(judge(ours.as_str(), &ours).state, ChannelState::Connected);
        let taken = judge("https://other.test/secret-path", &ours);
        assert_eq!(taken.state, ChannelState::Failed);
        let reason = taken.reason.expect("a reason").ru;
        assert!(reason.contains("other.test") && !reason.contains("secret-path"), "{reason}");
        assert_eq!(judge("", &ours).state, ChannelState::Failed);
    }
}
