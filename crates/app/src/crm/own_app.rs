//! By which app a portal is connected (AMO-1): the installation's, or one that the company registered in
//! its CRM itself. Its keys are entered once, sealed, and never shown again.

use domain::{crm::CrmKind, ids::PortalId, text::Words};
use secrecy::{ExposeSecret, SecretString};
use store::{OwnApp, TenantTx};

use super::portals::NOT_FOUND;
use crate::{App, Error, Invalid, Result, fields::Check};

/// The CRM's secrets have 64 characters; who pastes a page of text has missed.
const LONGEST_SECRET: usize = 500;

/// Which app asks for consent.
#[derive(Debug, Default)]
pub enum PortalApp {
    /// The one by which the portal was connected before; of a new portal the installation's.
    #[default]
    Same,
    /// The installation's.
    Installation,
    /// The company's own.
    Own { client_id: String, client_secret: SecretString },
}

impl App {
    /// The company's own app that consent is asked for; `None`: the installation's.
    pub(super) async fn own_app(
        &self,
        tx: &mut TenantTx,
        kind: CrmKind,
        portal: Option<PortalId>,
        app: PortalApp,
    ) -> Result<Option<OwnApp>> {
        let known = match portal {
            Some(id) => Some(tx.portal(id).await?.filter(|row| row.kind == kind).ok_or(NOT_FOUND)?),
            None => None,
        };
        let own = match app {
            PortalApp::Same => known.and_then(|row| row.secrets.own_app()),
            PortalApp::Installation => None,
            PortalApp::Own { client_id, client_secret } => {
                Some(entered(&client_id, &client_secret)?)
            }
        };
        if own.is_some() && self.settings.crm_redirect_of_own(kind).is_none() {
            return Err(Error::conflict(
                "no_public_address",
                Words::new(
                    "У сервера не задан публичный адрес, и CRM не сможет вернуть вас сюда. \
                     Попросите администратора сервера задать его (public_url) или подключите по токену.",
                    "The server has no public address, so the CRM cannot send you back here. Ask the \
                     server's admin to set it (public_url), or connect by a token.",
                ),
            ));
        }
        if own.is_none() && !self.settings.crm.apps.contains_key(&kind) {
            return Err(Error::conflict(
                "no_app",
                Words::new(
                    "На этом сервере нет ключей приложения CRM. Впишите ключи своей интеграции или \
                     подключите по токену.",
                    "This server has no keys of a CRM app. Enter the keys of an integration of your \
                     own, or connect by a token.",
                ),
            ));
        }
        Ok(own)
    }
}

/// What a person copied out of the CRM.
fn entered(client_id: &str, client_secret: &SecretString) -> Result<OwnApp> {
    let mut check = Check::default();
    let client_id = check.line("app/client_id", client_id);
    let secret = client_secret.expose_secret().trim();
    let plain = secret.chars().all(|c| c.is_ascii_graphic());
    if secret.is_empty() || secret.len() > LONGEST_SECRET || !plain {
        check.add(Invalid::new(
            "app/client_secret",
            "not_a_secret",
            Words::new(
                "Вставьте секретный ключ интеграции целиком, без пробелов.",
                "Paste the whole secret key of the integration, without spaces.",
            ),
        ));
    } else if secret == client_id {
        check.add(Invalid::new(
            "app/client_secret",
            "same_as_id",
            Words::new(
                "Это ID интеграции. Секретный ключ стоит рядом с ним, на вкладке «Ключи и доступы».",
                "This is the integration's id. Its secret key stands beside it, under “Keys”.",
            ),
        ));
    }
    check.done()?;
    Ok(OwnApp { client_id, client_secret: secret.to_owned().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amo_1_keys_that_cannot_be_keys_are_refused_at_their_field() {
        let wrong = |id: &str, secret: &str| match entered(id, &secret.to_owned().into()) {
            Ok(_) => Vec::new(),
            Err(Error::Invalid(wrong)) => wrong.into_iter().map(|w| (w.field, w.code)).collect(),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(wrong(" 5a1b ", " s3cret "), []);
        assert_eq!(wrong("", "s"), [("app/client_id".to_owned(), "empty")]);
        for (secret, code) in [
            ("", "not_a_secret"),
            ("два слова", "not_a_secret"),
            ("a b", "not_a_secret"),
            ("5a1b", "same_as_id"),
        ] {
            assert_eq!(wrong("5a1b", secret), [("app/client_secret".to_owned(), code)], "{secret}");
        }
        let long = "x".repeat(LONGEST_SECRET + 1);
        assert_eq!(wrong("5a1b", &long), [("app/client_secret".to_owned(), "not_a_secret")]);
    }
}
