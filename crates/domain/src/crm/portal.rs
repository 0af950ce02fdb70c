//! The state of a connected CRM account, with what a person can do about it (CRM-6, CRM-7).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text::Words;

/// What is possible with a portal (CRM-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PortalMode {
    /// OAuth: webhooks, tags, stages, chats.
    Full,
    /// A long-lived token: contacts, deals and notes only.
    Lite,
}

/// Where a portal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PortalState {
    /// Consent was given; the portal is being looked at.
    Connecting,
    Connected,
    /// It does not answer now; work waits and goes on by itself.
    Interrupted,
    /// A person must do something; work waits and nothing is lost.
    Stopped,
    /// Taken away here.
    Disconnected,
}

/// Why a portal is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PortalTrouble {
    /// The refresh token is spent, expired or revoked: connect again.
    ConnectAgain,
    /// The admin switched our integration off in the CRM.
    SwitchedOff,
    /// The CRM blocked us or the account (403): only its support can lift it.
    Blocked,
    /// The account is not paid for (402).
    Unpaid,
    /// The user whose access it is may not do this: an admin must connect.
    NoRights,
    /// The chats channel is not registered or its secret is wrong.
    ChatsRefused,
    /// The CRM lets only known network addresses in, and ours is not among them.
    AddressRefused,
    /// The CRM does not take the id or the secret of our app; no token was spent.
    KeysRefused,
}

macro_rules! texts {
    ($of:ty { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $of {
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

texts!(PortalMode { Full = "full", Lite = "lite" });
texts!(PortalState {
    Connecting = "connecting",
    Connected = "connected",
    Interrupted = "interrupted",
    Stopped = "stopped",
    Disconnected = "disconnected",
});
texts!(PortalTrouble {
    ConnectAgain = "connect_again",
    SwitchedOff = "switched_off",
    Blocked = "blocked",
    Unpaid = "unpaid",
    NoRights = "no_rights",
    ChatsRefused = "chats_refused",
    AddressRefused = "address_refused",
    KeysRefused = "keys_refused",
});

impl PortalTrouble {
    /// What is wrong.
    pub fn reason(self) -> Words {
        match self {
            Self::ConnectAgain => Words::new(
                "Доступ к CRM потерян: токен отозван или уже использован.",
                "Access to the CRM is lost: the token is revoked or spent.",
            ),
            Self::SwitchedOff => Words::new(
                "Интеграция отключена в настройках CRM.",
                "The integration is switched off in the CRM's settings.",
            ),
            Self::Blocked => Words::new(
                "CRM заблокировала запросы этого аккаунта.",
                "The CRM blocks requests of this account.",
            ),
            Self::Unpaid => {
                Words::new("Аккаунт CRM не оплачен.", "The CRM account is not paid for.")
            }
            Self::NoRights => Words::new(
                "У пользователя, который подключил CRM, не хватает прав.",
                "The user who connected the CRM lacks rights.",
            ),
            Self::ChatsRefused => Words::new(
                "Канал чатов не принят CRM: он не зарегистрирован или неверен его секрет.",
                "The CRM refuses the chats channel: it is not registered or its secret is wrong.",
            ),
            Self::AddressRefused => Words::new(
                "CRM принимает запросы только с разрешённых адресов сети.",
                "The CRM takes requests from listed network addresses only.",
            ),
            Self::KeysRefused => Words::new(
                "CRM не приняла ID или секретный ключ интеграции.",
                "The CRM does not take the integration's id or secret key.",
            ),
        }
    }

    /// What to do. Work waits in every case and is done afterwards.
    pub fn remedy(self) -> Words {
        match self {
            Self::ConnectAgain => Words::new(
                "Нажмите «Подключить заново». Всё, что накопилось, будет передано.",
                "Press “Connect again”. What has gathered will be passed on.",
            ),
            Self::SwitchedOff => Words::new(
                "Включите интеграцию в CRM и нажмите «Подключить заново».",
                "Switch the integration on in the CRM and press “Connect again”.",
            ),
            Self::Blocked => Words::new(
                "Напишите в поддержку CRM, затем нажмите «Проверить».",
                "Write to the CRM's support, then press “Check”.",
            ),
            Self::Unpaid => Words::new(
                "Оплатите CRM и нажмите «Проверить».",
                "Pay for the CRM and press “Check”.",
            ),
            Self::NoRights => Words::new(
                "Подключите CRM от имени администратора аккаунта.",
                "Connect the CRM as an administrator of the account.",
            ),
            Self::ChatsRefused => Words::new(
                "Раз в час мы предлагаем канал CRM заново; нажмите «Проверить», чтобы сделать это сейчас. \
                 Если не помогает, сверьте ID и секрет канала с теми, что прислала поддержка CRM.",
                "We offer the CRM the channel again every hour; press “Check” to do it now. If that does \
                 not help, compare the channel's id and secret with those that the CRM's support gave.",
            ),
            Self::AddressRefused => Words::new(
                "Добавьте адрес нашего сервера в список разрешённых в настройках CRM и нажмите «Проверить».",
                "Add our server's address to the list in the CRM's settings, then press “Check”.",
            ),
            Self::KeysRefused => Words::new(
                "Если это ваша интеграция, нажмите «Подключить заново» и впишите её нынешние ключи; если \
                 ключи сервера, их исправит его администратор, и передача продолжится.",
                "If the integration is your own, press “Connect again” and enter its present keys; if the \
                 keys are the server's, its admin mends them, and passing on goes on.",
            ),
        }
    }
}
