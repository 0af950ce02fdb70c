//! How a visitor of a site goes on elsewhere: the company's other channels as links that keep the
//! source (WG-1, CH-2), and whether the site counts as manned now (RT-3a).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use channel::InboundMessage;
use domain::{
    attribution::Attribution,
    channel::{ChannelKind, ChannelState},
    listing::Listing,
    text::{Words, without_nul},
};
use store::{ChannelRow, VisitorRow};
use uuid::Uuid;

use crate::{App, Result};

/// More than anybody chooses from.
const MOST_WAYS: usize = 12;

/// What the database stores of it. Anybody may write anything into a link, and a NUL there would send
/// the customer's whole message into the quarantine.
fn stored(told: Attribution) -> Attribution {
    let text = |text: Option<String>| text.map(|text| without_nul(&text).into_owned());
    Attribution {
        site: text(told.site),
        page: text(told.page),
        page_title: text(told.page_title),
        referrer: text(told.referrer),
        campaign: text(told.campaign),
        source: text(told.source),
        utm: told
            .utm
            .into_iter()
            .map(|(key, value)| (without_nul(&key).into_owned(), without_nul(&value).into_owned()))
            .collect(),
        start_payload: text(told.start_payload),
        listing: told.listing.map(Listing::clean),
    }
}

/// Another channel in which this visitor can write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayOn {
    pub kind: ChannelKind,
    pub kind_title: Words,
    /// The account's own name there: `@shop_bot`. Never the company's inner name of the channel.
    pub title: String,
    pub link: String,
}

/// The visitor's mark in a link. It tells nothing of the visitor and opens nothing: whoever brings it
/// back only says from which site they came.
fn mark(visitor: Uuid) -> String {
    format!("v{}", BASE64_URL_SAFE_NO_PAD.encode(visitor.as_bytes()))
}

fn visitor_of(mark: &str) -> Option<Uuid> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(mark.strip_prefix('v')?).ok()?;
    Uuid::from_slice(&bytes).ok()
}

impl App {
    /// The connected channels that people marked for use in the widget and that have a link.
    pub async fn ways_on(&self, visitor: &VisitorRow) -> Result<Vec<WayOn>> {
        let mut tx = self.store.tenant(visitor.account).await?;
        let rows = tx.channels().await?;
        drop(tx);
        let offered = rows.iter().filter(|row| {
            row.use_in_widget
                && row.channel_id != visitor.channel
                && row.deleted.is_none()
                && row.report.state == ChannelState::Connected
        });
        let ways = offered.filter_map(|row| {
            let driver = self.driver(row).ok().filter(|d| d.capabilities().in_widget)?;
            let start = mark(visitor.visitor);
            let link = driver.write_link(&self.driver_channel(row), &row.title, &start)?;
            let kind_title = driver.title();
            Some(WayOn { kind: row.kind.clone(), kind_title, title: row.title.clone(), link })
        });
        Ok(ways.take(MOST_WAYS).collect())
    }

    /// The visitor is here again, and from where: what a link to another channel brings along.
    pub async fn visitor_came(
        &self,
        visitor: &mut VisitorRow,
        attribution: &Attribution,
    ) -> Result<()> {
        if attribution.is_empty() || visitor.attribution == *attribution {
            return Ok(());
        }
        let mut tx = self.store.tenant(visitor.account).await?;
        tx.visitor_came(visitor.visitor, attribution).await?;
        tx.commit().await?;
        visitor.attribution = attribution.clone();
        Ok(())
    }

    /// A message that a visitor's link brought into another channel, with where it came from.
    pub(crate) async fn followed(
        &self,
        channel: &ChannelRow,
        mut message: InboundMessage,
    ) -> Result<InboundMessage> {
        message.attribution = self.source(channel, message.attribution).await?;
        Ok(message)
    }

    /// Where a person came from: behind a visitor's mark stands what the site told of the visitor.
    pub(crate) async fn source(
        &self,
        channel: &ChannelRow,
        told: Attribution,
    ) -> Result<Attribution> {
        let told = stored(told);
        let mark = told.start_payload.as_deref();
        let Some(visitor) = mark.and_then(visitor_of) else { return Ok(told) };
        let mut tx = self.store.tenant(channel.account).await?;
        Ok(match tx.visitor_attribution(visitor).await? {
            Some(found) => Attribution { start_payload: told.start_payload, ..found },
            None => told,
        })
    }

    /// Whether the company works now, as far as the channel's scenario knows: closed when the
    /// scenario names working hours and none of them is open.
    pub async fn site_is_open(&self, channel: &ChannelRow) -> Result<bool> {
        let Some(scenario) = channel.scenario_id else { return Ok(true) };
        let mut tx = self.store.tenant(channel.account).await?;
        let Some(scenario) = tx.scenario(scenario).await? else { return Ok(true) };
        let asked = scenario.scenario.schedules();
        if asked.is_empty() {
            return Ok(true);
        }
        let now = self.clock.now();
        let schedules = tx.schedules().await?;
        Ok(schedules.iter().any(|s| asked.contains(&s.schedule_id) && s.schedule.open_at(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ch_2_a_link_with_a_nul_is_stored_without_it() {
        let told = Attribution {
            start_payload: Some("a\0b".to_owned()),
            utm: [("k\0".to_owned(), "\0v".to_owned())].into(),
            ..Attribution::default()
        };
        let stored = stored(told);
        assert_eq!(stored.start_payload.as_deref(), Some("ab"));
        assert_eq!(stored.utm.get("k").map(String::as_str), Some("v"));
    }

    #[test]
    fn wg_1_a_mark_fits_a_deep_link_and_comes_back() {
        let visitor = Uuid::from_u128(0x0199_aaaa_bbbb_7ccc_8ddd_eeee_eeee_eeee);
        let text = mark(visitor);
        assert!(text.len() <= 64);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
        assert_eq!(visitor_of(&text), Some(visitor));
        for foreign in ["", "v", "spring-sale_7", "vspring", &"v".repeat(23), "x123"] {
            assert!(visitor_of(foreign).is_none_or(|id| id != visitor), "{foreign}");
        }
    }
}
