//! The log of a channel (CH-13), for those who manage channels.

use chrono::Days;
use domain::{
    channel_log::ChannelLogLine,
    ids::ChannelId,
    page::{Limit, Page},
    people::Right,
};
use uuid::Uuid;

use crate::{Actor, App, Error, Result, cursor};

impl App {
    /// The newest lines first.
    pub async fn channel_log(
        &self,
        actor: &Actor,
        id: ChannelId,
        from: Option<&str>,
        limit: Limit,
    ) -> Result<Page<ChannelLogLine>> {
        actor.require(Right::ManageChannels)?;
        // Clocks of several machines differ by less.
        let beginning = (self.clock.now() + Days::new(1), Uuid::max());
        let before = cursor::read(from)?.unwrap_or(beginning);
        let mut tx = self.store.tenant(actor.account).await?;
        if tx.channel(id).await?.is_none() {
            return Err(Error::NotFound { what: "channel" });
        }
        let lines = tx.channel_log(id, before, limit.rows()).await?;
        let page = Page::of_rows(lines, limit, |last| cursor::write(last.line.at, last.id));
        Ok(page.map(|logged| logged.line))
    }
}
