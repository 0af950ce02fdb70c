//! The live board (RP-2): figures of now and of today, put together.

use chrono_tz::Tz;
use domain::{
    board::{BoardView, HourView, TodayView, WaitingView, day_start},
    people::Right,
};
use store::{ClosedCount, OpenCount, OpenedCount, SaidCount};

use crate::{Actor, App, Error, Result};

impl App {
    /// The board, for those who see all conversations or read reports.
    pub async fn board(&self, actor: &Actor) -> Result<BoardView> {
        actor.require(Right::SeeAll).or_else(|_| actor.require(Right::ReadReports))?;
        let now = self.clock.now();
        let mut tx = self.store.tenant(actor.account).await?;
        let company = tx.company().await?.ok_or(Error::NotFound { what: "account" })?;
        let zone: Tz = company.time_zone.parse().unwrap_or(Tz::UTC);
        let start = day_start(now, zone);
        let open = tx.board_open().await?;
        let opened = tx.board_opened(start, zone.name()).await?;
        let closed = tx.board_closed(start, zone.name()).await?;
        let said = tx.board_said(start).await?;
        let mut board = BoardView {
            at: now,
            time_zone: company.time_zone,
            waiting: WaitingView {
                count: open.iter().map(|o| o.waiting).sum(),
                oldest_since: open.iter().filter_map(|o| o.oldest).min(),
            },
            in_work: open.iter().map(|o| o.in_work).sum(),
            today: TodayView {
                new: opened.iter().map(|o| o.count).sum(),
                closed: closed.iter().map(|c| c.count).sum(),
                missed: closed.iter().map(|c| c.missed).sum(),
                messages_in: said.iter().filter(|s| s.inbound).map(|s| s.messages).sum(),
                messages_out: said.iter().filter(|s| !s.inbound).map(|s| s.messages).sum(),
                first_answer: tx.board_first_answer(start).await?,
            },
            hours: hours(&opened, &closed),
            employees: tx.board_employees().await?,
            channels: tx.board_channels().await?,
            groups: tx.board_groups().await?,
        };
        fill(&mut board, &open, &opened, &closed, &said);
        Ok(board)
    }
}

fn hours(opened: &[OpenedCount], closed: &[ClosedCount]) -> Vec<HourView> {
    (0..24)
        .map(|hour| HourView {
            hour,
            new: opened.iter().filter(|o| o.hour == hour).map(|o| o.count).sum(),
            closed: closed.iter().filter(|c| c.hour == hour).map(|c| c.count).sum(),
        })
        .collect()
}

/// Gives each employee, channel and group their share.
fn fill(
    board: &mut BoardView,
    open: &[OpenCount],
    opened: &[OpenedCount],
    closed: &[ClosedCount],
    said: &[SaidCount],
) {
    for employee in &mut board.employees {
        let id = Some(employee.employee_id);
        employee.open = open.iter().filter(|o| o.assignee == id).map(|o| o.in_work).sum();
        employee.closed_today = closed.iter().filter(|c| c.by == id).map(|c| c.count).sum();
        let answered = said.iter().filter(|s| !s.inbound && s.author == id);
        employee.answered_today = answered.map(|s| s.conversations).sum();
    }
    for channel in &mut board.channels {
        let id = channel.channel_id;
        channel.waiting = open.iter().filter(|o| o.channel == id).map(|o| o.waiting).sum();
        channel.in_work = open.iter().filter(|o| o.channel == id).map(|o| o.in_work).sum();
        channel.today = opened.iter().filter(|o| o.channel == id).map(|o| o.count).sum();
    }
    for group in &mut board.groups {
        let id = Some(group.group_id);
        group.waiting = open.iter().filter(|o| o.group == id).map(|o| o.waiting).sum();
        group.in_work = open.iter().filter(|o| o.group == id).map(|o| o.in_work).sum();
    }
}
