//! Companies with an amoCRM account each: the sandbox that plays amoCRM, consent, an integration.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sandbox::amo::{Account, Amo, Faults, Integration, Options, Outage, Scope};
use serde_json::{Value, json};
use url::Url;

use crate::{
    company::{self, Company},
    messenger::Apart,
    stage::{self, Stage},
};

/// A scaled clock: six hours of outage are a minute.
const SCALE: u32 = 360;
/// What the product waits in life, which must shrink with the outage.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
const SEARCH_LAG: Duration = Duration::from_secs(30);
/// How long users and funnels may take to be pulled after consent.
const CONNECT: Duration = Duration::from_secs(60);
const OURS: &str = "Беседа";

/// A company's account in the CRM and how it is known here.
pub struct Portal {
    pub company: Company,
    pub account: Account,
    id: String,
}

/// amoCRM with its documented limits.
pub async fn sandbox(seed: u64) -> Result<Apart<Amo>> {
    let options = Options {
        search_lag: SEARCH_LAG / SCALE,
        seed,
        // All of a run: it is the evidence.
        journal_kept: 1_000_000,
        ..Options::default()
    };
    Apart::start(Amo::start(options)).await
}

/// What the server must be told about this amoCRM.
pub fn settings(amo: &Amo) -> stage::Settings {
    let ours = Integration::named(OURS, "");
    let seconds = |life: Duration| (life / SCALE).as_secs_f64().to_string();
    vec![
        // Work is done by workers of their own, which are killed.
        ("BESEDA_ROLES", "api,listener".to_owned()),
        ("BESEDA_CRM__LONGEST_PAUSE", seconds(LONGEST_PAUSE)),
        ("BESEDA_CRM__AMO__SEARCH_LAG", seconds(SEARCH_LAG)),
        ("BESEDA_CRM__AMO__CLIENT_ID", ours.client_id),
        ("BESEDA_CRM__AMO__CLIENT_SECRET", ours.client_secret),
        ("BESEDA_CRM__AMO__API", format!("{}/a/{{subdomain}}", amo.url())),
        ("BESEDA_CRM__AMO__CONSENT", format!("{}/oauth", amo.url())),
        ("BESEDA_CRM__AMO__CHATS", format!("{}/amojo", amo.url())),
    ]
}

/// Registers us with amoCRM and connects each company with an account of its own.
pub async fn connect(stage: &Stage, amo: &Amo, companies: Vec<Company>) -> Result<Vec<Portal>> {
    let back = format!("{}/api/v1/crm/oauth/amo", stage.url());
    amo.add_integration(Integration::named(OURS, &back));
    let mut portals = Vec::new();
    for (nth, company) in companies.into_iter().enumerate() {
        let account = amo.add_account(&format!("company{nth}"));
        let id = consent(amo, &company, &account, None).await?;
        let portal = Portal { company, account, id };
        portal.wait_for_lists(stage).await?;
        portal.pass_on().await?;
        portals.push(portal);
    }
    Ok(portals)
}

/// What the owner's browser does. Answers our id of the portal.
async fn consent(
    amo: &Amo,
    company: &Company,
    account: &Account,
    again: Option<&str>,
) -> Result<String> {
    let form = json!({ "kind": "amo", "portal_id": again });
    let asked = company.api.make("/api/v1/crm/portals/consent", &form).await?;
    let page = Url::parse(&company::text(&asked, "url")?)?;
    let state = page.query_pairs().find(|(name, _)| name == "state").context("no state")?.1;
    let client = Integration::named(OURS, "").client_id;
    let back = amo.consent_redirect(&client, &state, &account.subdomain);
    let back = Url::parse(&back.context("the sandbox gives no consent")?)?;
    let path = format!("{}?{}", back.path(), back.query().unwrap_or_default());
    let end = company.api.visit(&path).await?;
    let portal = end.query_pairs().find(|(name, _)| name == "connected");
    Ok(portal.with_context(|| format!("consent ended at {end}"))?.1.into_owned())
}

impl Portal {
    /// Contact, deal and task for everyone who writes; the transcript at the end.
    async fn pass_on(&self) -> Result<()> {
        let form = json!({
            "portal_id": self.id, "name": "Продажи", "enabled": true,
            "settings": {
                "crm": "amo",
                "channels": [{ "channel": self.company.channel_id }],
                "tasks": { "due_minutes": 60, "owner": "integration" },
            },
        });
        self.company.api.make("/api/v1/crm/integrations", &form).await?;
        Ok(())
    }

    async fn wait_for_lists(&self, stage: &Stage) -> Result<()> {
        let begun = Instant::now();
        loop {
            let (portal, lists) = (self.seen().await?, format!("{}/directory", self.path()));
            let lists = self.company.api.get(&lists).await.unwrap_or_default();
            let users = lists["users"].as_array().is_some_and(|users| !users.is_empty());
            if users && portal["state"] == "connected" {
                return Ok(());
            }
            if begun.elapsed() > CONNECT {
                bail!("the portal is not connected: {portal}\n{}", stage.last_words());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn path(&self) -> String {
        format!("/api/v1/crm/portals/{}", self.id)
    }

    /// As the API shows it.
    pub async fn seen(&self) -> Result<Value> {
        self.company.api.get(&self.path()).await
    }

    /// Does what an administrator does who reads that access is lost. Answers whether it was.
    pub async fn mend(&self, amo: &Amo) -> Result<Option<String>> {
        let seen = self.seen().await?;
        if seen["state"] != "stopped" {
            return Ok(None);
        }
        consent(amo, &self.company, &self.account, Some(&self.id)).await?;
        Ok(Some(seen["reason"]["ru"].as_str().unwrap_or_default().to_owned()))
    }

    pub fn strike(&self, shares: Shares, outage: Outage) {
        self.account.set_faults(Faults {
            too_many_percent: shares.too_many,
            server_error_percent: shares.server_errors,
            drop_answer_percent: shares.lost_answers,
            scope: Scope::Everything,
            outage,
            ..Faults::default()
        });
    }
}

/// Of all calls, in percent.
#[derive(Debug, Clone, Copy)]
pub struct Shares {
    pub too_many: f64,
    pub server_errors: f64,
    pub lost_answers: f64,
}
