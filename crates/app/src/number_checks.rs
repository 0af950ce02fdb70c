//! Whether a phone can be written to (WA-1): a person asks, a job puts the question to the channel's
//! service and looks for the answer as long as it takes, everybody who sees contacts is told.
//!
//! Nothing is asked without a click, because a question may cost money: one that may have reached the
//! service is not put again by itself, unless the service knows it by our id.
//!
//! A company that pays sets how many a day it pays for at most; they are counted where they are queued.
//!
//! A question ends itself and never the channel: a key that may send need not be let into the register,
//! and anybody may click. The channel is judged by what sends and by who looks at the account.

use std::time::Duration;

use channel::{Asking, Channel, Numbers, Question, RetryScope, SendError, Told};
use chrono_tz::Tz;
use domain::{
    channel::StateReport,
    channel_log::ChannelEventKind,
    crm::Settings,
    event::{EventKind, NewEvent},
    ids::{AccountId, ChannelId, ContactId, NumberCheckId},
    number_check::{self, NumberCheckView, Price, Stage, Wanted},
    people::Right,
    phone::{self, Phone},
    refusal,
    text::{Words, shortened, without_nul},
};
use serde_json::json;
use store::{ChannelRow, NewJob, NewNumberCheck, NumberCheckRow, TenantTx};

use crate::{
    Actor, App, Error, Result, contacts,
    work::{JobError, Work, back_off, patiently},
};

/// Tries of a question that surely was not put: about half a minute, since somebody waits.
const TRIES: i32 = 5;
/// Before a question whose answer was lost is looked for.
const AFTER_LOSS: Duration = Duration::from_secs(5);
/// Of a service's own words.
const LONGEST_WHY: usize = 300;

/// A click beside a phone.
#[derive(Debug, Clone)]
pub struct CheckNumber {
    pub channel: ChannelId,
    pub phone: String,
    pub wanted: Wanted,
}

impl App {
    /// What each channel that can tell knows of a contact's phones.
    pub async fn number_checks(
        &self,
        actor: &Actor,
        contact: ContactId,
    ) -> Result<Vec<NumberCheckView>> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let contact = tx.contact(contact).await?.ok_or(contacts::NOT_FOUND)?;
        self.checks_of(&mut tx, &contact.phones).await
    }

    /// The same of a phone in any form, before somebody writes to it first.
    pub async fn number_checks_of_phone(
        &self,
        actor: &Actor,
        text: &str,
    ) -> Result<Vec<NumberCheckView>> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let country = contacts::country(&mut tx).await?;
        let phone = phone::normalise(text, country).ok_or_else(not_a_phone)?;
        self.checks_of(&mut tx, &[String::from(phone)]).await
    }

    /// Asks the channel's service about a contact's phone, unless an answer is kept that will do or a
    /// question is under way. Answers with how it stands now; the rest is told by `number.checked`.
    pub async fn check_number(
        &self,
        actor: &Actor,
        contact: ContactId,
        asked: CheckNumber,
    ) -> Result<NumberCheckView> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let contact = tx.contact(contact).await?.ok_or(contacts::NOT_FOUND)?;
        let country = contacts::country(&mut tx).await?;
        let phone = phone::normalise(&asked.phone, country)
            .map_or_else(|| without_nul(&asked.phone).into_owned(), String::from);
        if !contact.phones.contains(&phone) {
            return Err(Error::NotFound { what: "phone" });
        }
        let Some(channel) = tx.channel(asked.channel).await? else {
            return Err(Error::NotFound { what: "channel" });
        };
        let price = self.price_of_check(&mut tx, &channel).await?.ok_or_else(cannot_check)?;
        let now = self.clock.now();
        let known = tx.number_check_of(channel.channel_id, &phone).await?;
        if !number_check::asks(known.as_ref().map(NumberCheckRow::latest), asked.wanted, now) {
            return Ok(known.map_or_else(
                || NumberCheckView::not_checked(channel.channel_id, &phone, price),
                |row| self.shown(row, Some(price)),
            ));
        }
        if !channel.report.state.sends() {
            return Err(channel_down(&channel.report));
        }
        let id = NumberCheckId::new(&*self.ids);
        let new = NewNumberCheck {
            check_id: id,
            channel_id: channel.channel_id,
            phone: phone.clone(),
            employee_id: actor.employee,
            at: now,
        };
        let put = tx.ask_number(&new, known.map(|row| row.check_id)).await?;
        if put && price == Price::Paid {
            self.count_paid(&mut tx, &channel).await?;
        }
        if put {
            tx.push(NewJob {
                lane: format!("number:{id}"),
                queue: "channels",
                payload: json!(Work::CheckNumber { check: id }),
                run_at: None,
            });
        }
        // Ours, or that of a colleague who was quicker.
        let row = tx.number_check_of(channel.channel_id, &phone).await?;
        let row = row.ok_or_else(|| Error::Internal("a question vanished".to_owned()))?;
        let view = self.shown(row, Some(price));
        if put {
            announce(&mut tx, &view);
        }
        tx.commit().await?;
        Ok(view)
    }

    /// A check that is to be paid for, of those that the company allows itself on a day of its own
    /// calendar. Who is in charge of the channel reads in its log that there are no more.
    async fn count_paid(&self, tx: &mut TenantTx, channel: &ChannelRow) -> Result<()> {
        let driver = self.driver(channel)?;
        let ours = self.driver_channel(channel);
        let most = driver.numbers().and_then(|numbers| numbers.most_a_day(&ours));
        let Some(most) = most else { return Ok(()) };
        let company = tx.company().await?.ok_or(Error::NotFound { what: "account" })?;
        let zone: Tz = company.time_zone.parse().unwrap_or(Tz::UTC);
        let day = self.clock.now().with_timezone(&zone).date_naive();
        let nth = tx.count_paid_check(day, most).await?.ok_or_else(|| no_more_today(most))?;
        if nth == most {
            let text = that_was_the_last(most);
            tx.log_channel(channel.channel_id, ChannelEventKind::Setting, &text).await?;
        }
        Ok(())
    }

    /// Every pair of phone and channel that can be checked or was, in the order of the phones.
    async fn checks_of(
        &self,
        tx: &mut TenantTx,
        phones: &[String],
    ) -> Result<Vec<NumberCheckView>> {
        let mut known = tx.number_checks(phones).await?;
        let mut priced = Vec::new();
        for channel in tx.channels().await? {
            if let Some(price) = self.price_of_check(tx, &channel).await? {
                priced.push((channel.channel_id, price));
            }
        }
        let mut views = Vec::new();
        for phone in phones {
            for (channel, price) in &priced {
                let at = known.iter().position(|k| k.phone == *phone && k.channel_id == *channel);
                views.push(match at {
                    Some(at) => self.shown(known.swap_remove(at), Some(*price)),
                    None => NumberCheckView::not_checked(*channel, phone, *price),
                });
            }
            // An answer stays worth knowing when its channel no longer asks.
            let (here, others): (Vec<_>, Vec<_>) =
                known.into_iter().partition(|k| k.phone == *phone);
            known = others;
            let answered = |row: &NumberCheckRow| row.answer.is_some();
            views.extend(here.into_iter().filter(answered).map(|row| self.shown(row, None)));
        }
        Ok(views)
    }

    /// What a check through this channel costs. `None`: it cannot, or the CRM whose chats show this
    /// channel says that operators shall not (WA-1 among the settings of chats).
    async fn price_of_check(
        &self,
        tx: &mut TenantTx,
        channel: &ChannelRow,
    ) -> Result<Option<Price>> {
        let Some(driver) = self.drivers.get(&channel.kind) else { return Ok(None) };
        let Some(numbers) = driver.numbers() else { return Ok(None) };
        let Some(price) = numbers.price(&self.driver_channel(channel)) else { return Ok(None) };
        let rows = tx.integrations_of_channel(channel.channel_id).await?;
        let mut wishes = rows.iter().filter_map(|row| match &row.settings {
            Settings::Amo(amo) => amo.chats.as_ref().map(|chats| chats.check_numbers),
            Settings::Bitrix(_) => None,
        });
        let refused = wishes.next().is_some_and(|first| !first && !wishes.any(|wish| wish));
        Ok((!refused).then_some(price))
    }

    fn shown(&self, row: NumberCheckRow, price: Option<Price>) -> NumberCheckView {
        NumberCheckView {
            channel_id: row.channel_id,
            state: number_check::state(row.latest(), row.answer, self.clock.now()),
            phone: row.phone,
            answer: row.answer,
            answered_at: row.answered_at,
            asked_at: Some(row.asked_at),
            employee_id: Some(row.employee_id),
            reason: row.reason,
            remedy: row.remedy,
            price,
        }
    }

    /// Puts a question to its service, or looks for the answer. Run twice, a question that may have
    /// been put is looked for where the service knows it, and else given up: nobody pays twice.
    pub(crate) async fn put_number_question(
        &self,
        account: AccountId,
        id: NumberCheckId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let done = self.carry_out_check(account, id, attempts).await;
        done.map_err(|error| JobError::of(&error, attempts))?
    }

    async fn carry_out_check(
        &self,
        account: AccountId,
        id: NumberCheckId,
        attempts: i32,
    ) -> Result<std::result::Result<(), JobError>> {
        let mut tx = self.store.tenant(account).await?;
        let Some(row) = tx.number_check(id).await?.filter(|row| row.stage != Stage::Over) else {
            return Ok(Ok(()));
        };
        let Some(channel) = tx.channel(row.channel_id).await? else {
            tx.forget_numbers_of(row.channel_id).await?;
            tx.commit().await?;
            return Ok(Ok(()));
        };
        let Some(phone) = Phone::international(&row.phone) else {
            return Err(Error::Internal("a phone that is none was to be checked".to_owned()));
        };
        let driver = self.driver(&channel)?;
        let ours = self.driver_channel(&channel);
        let numbers = match self.next_move(driver.numbers(), &ours, &channel, &row) {
            Move::Put(numbers) => numbers,
            Move::Wait(wait) => return Ok(Err(wait)),
            Move::GiveUp(why) => {
                self.brought_nothing(&mut tx, &channel, &row, &why).await?;
                tx.commit().await?;
                return Ok(Ok(()));
            }
        };
        let asking = match (row.stage, &row.ticket) {
            (Stage::Taken, Some(ticket)) => Asking::Taken(ticket.clone()),
            (Stage::ToAsk, _) => Asking::First,
            (Stage::Asked | Stage::Taken | Stage::Over, _) => Asking::AfterLoss,
        };
        if asking == Asking::First {
            tx.number_check_is(id, Stage::Asked, None).await?;
            tx.commit().await?;
        } else {
            drop(tx);
        }
        let question = Question { id, phone, asking };
        let said = numbers.exists(&ours, &question).await;
        patiently(|| self.heard(&channel, &row, (&question.asking, &said), attempts)).await
    }

    /// What is to be done with a question now.
    fn next_move<'d>(
        &self,
        numbers: Option<&'d dyn Numbers>,
        ours: &Channel,
        channel: &ChannelRow,
        row: &NumberCheckRow,
    ) -> Move<'d> {
        let Some(numbers) = numbers else { return Move::GiveUp(no_more()) };
        let standing = Standing {
            report: &channel.report,
            price: numbers.price(ours),
            late: row.latest().is_given_up(self.clock.now()),
        };
        match standing.why_not(row.stage) {
            Some(why) => Move::GiveUp(why),
            None => self.must_wait(channel).map_or(Move::Put(numbers), Move::Wait),
        }
    }

    /// Writes down what the service said.
    async fn heard(
        &self,
        channel: &ChannelRow,
        row: &NumberCheckRow,
        answer: (&Asking, &Result<Told, SendError>),
        attempts: i32,
    ) -> Result<std::result::Result<(), JobError>> {
        let mut tx = self.store.tenant(channel.account).await?;
        let next = self.judged(&mut tx, channel, row, answer, attempts).await?;
        tx.commit().await?;
        Ok(next)
    }

    async fn judged(
        &self,
        tx: &mut TenantTx,
        channel: &ChannelRow,
        row: &NumberCheckRow,
        (asking, said): (&Asking, &Result<Told, SendError>),
        attempts: i32,
    ) -> Result<std::result::Result<(), JobError>> {
        let id = row.check_id;
        let now = self.clock.now();
        let last_look = matches!(asking, Asking::Taken(_)) && row.latest().is_given_up(now);
        let why_not = match said {
            Ok(Told::Known(answer)) => {
                if tx.number_is(id, *answer, now).await? {
                    self.announce_row(tx, channel, row).await?;
                }
                return Ok(Ok(()));
            }
            Ok(Told::Later { ticket, after }) if !last_look => {
                tx.number_check_is(id, Stage::Taken, Some(ticket)).await?;
                let why = "the service has not answered yet".to_owned();
                return Ok(Err(JobError::Wait { after: *after, why }));
            }
            Err(SendError::Retry { after, scope, why }) if !last_look => {
                if *scope == RetryScope::Channel {
                    let pause = chrono::Duration::from_std(*after)
                        .unwrap_or_else(|_| chrono::Duration::minutes(1));
                    tx.pause_channel(channel.channel_id, now + pause).await?;
                }
                let why = why.clone();
                if *asking != Asking::First {
                    let after = (*after).max(back_off(attempts));
                    return Ok(Err(JobError::Retry { after, why }));
                }
                tx.number_check_is(id, Stage::ToAsk, None).await?;
                if attempts < TRIES {
                    return Ok(Err(JobError::Retry { after: *after, why }));
                }
                does_not_answer()
            }
            Err(SendError::Unknown(_)) if *asking == Asking::AfterLoss => lost(),
            Err(SendError::Unknown(why)) if !last_look => {
                return Ok(Err(JobError::Retry { after: AFTER_LOSS, why: why.clone() }));
            }
            Ok(Told::Later { .. }) | Err(SendError::Retry { .. } | SendError::Unknown(_)) => {
                silent()
            }
            Err(SendError::Rejected { code, text }) => refused(code, text),
            Err(SendError::Disconnected(report)) => of_report(report),
        };
        self.brought_nothing(tx, channel, row, &why_not).await?;
        Ok(Ok(()))
    }

    async fn brought_nothing(
        &self,
        tx: &mut TenantTx,
        channel: &ChannelRow,
        row: &NumberCheckRow,
        why: &WhyNot,
    ) -> Result<()> {
        let now = self.clock.now();
        if tx.number_not_told(row.check_id, &why.reason, &why.remedy, now).await? {
            self.announce_row(tx, channel, row).await?;
        }
        Ok(())
    }

    async fn announce_row(
        &self,
        tx: &mut TenantTx,
        channel: &ChannelRow,
        row: &NumberCheckRow,
    ) -> Result<()> {
        let price = self.price_of_check(tx, channel).await?;
        if let Some(row) = tx.number_check(row.check_id).await? {
            announce(tx, &self.shown(row, price));
        }
        Ok(())
    }
}

/// What a job does with a question.
enum Move<'d> {
    Put(&'d dyn Numbers),
    Wait(JobError),
    GiveUp(WhyNot),
}

/// How things are when a question's turn comes.
struct Standing<'a> {
    report: &'a StateReport,
    /// `None`: checks are switched off by now.
    price: Option<Price>,
    /// Answers have come by this time, or never do.
    late: bool,
}

impl Standing<'_> {
    /// Why a question of this stage is not pursued any more; `None`: it is. What the service has taken
    /// may be paid for, and to look costs nothing: it waits for a channel that is down, and is looked
    /// for once more when it is late.
    fn why_not(&self, stage: Stage) -> Option<WhyNot> {
        let down = !self.report.state.sends();
        match stage {
            Stage::Taken => (down && self.late).then(|| of_report(self.report)),
            Stage::Asked => (down || self.late || self.price.is_none()).then(lost),
            Stage::ToAsk | Stage::Over if self.price.is_none() => Some(no_more()),
            Stage::ToAsk | Stage::Over if down => Some(of_report(self.report)),
            Stage::ToAsk | Stage::Over => self.late.then(does_not_answer),
        }
    }
}

/// Why a question brought nothing, and what to do.
#[derive(Debug, PartialEq)]
struct WhyNot {
    reason: Words,
    remedy: Words,
}

fn announce(tx: &mut TenantTx, view: &NumberCheckView) {
    tx.append(NewEvent {
        kind: EventKind::NumberChecked,
        conversation: None,
        audience: None,
        was: None,
        payload: json!({ "check": view }),
    });
}

fn of_report(report: &StateReport) -> WhyNot {
    let reason = report.reason.clone().unwrap_or_else(|| {
        Words::new("Канал сейчас не работает.", "The channel does not work at present.")
    });
    let remedy = report.remedy.clone().unwrap_or_else(|| {
        Words::new(
            "Подключите канал снова и проверьте номер ещё раз.",
            "Connect the channel again, then check the number once more.",
        )
    });
    WhyNot { reason, remedy }
}

fn refused(code: &str, text: &str) -> WhyNot {
    let Words { ru, en } = refusal::words(code, &shortened(&without_nul(text), LONGEST_WHY));
    WhyNot {
        reason: Words::new(
            format!("Сервис не проверил номер. {ru}"),
            format!("The service did not check the number. {en}"),
        ),
        remedy: Words::new(
            "Посмотрите, верно ли записан номер, и проверьте ещё раз позже.",
            "Look whether the number is written right, and check again later.",
        ),
    }
}

fn does_not_answer() -> WhyNot {
    WhyNot {
        reason: Words::new(
            "Сервис сейчас не отвечает, номер не проверен.",
            "The service does not answer at present; the number was not checked.",
        ),
        remedy: Words::new("Проверьте ещё раз позже.", "Check again later."),
    }
}

fn lost() -> WhyNot {
    WhyNot {
        reason: Words::new(
            "Ответ сервиса потерялся. Проверка могла пройти и быть оплачена.",
            "The service's answer was lost. The check may have been done, and paid for.",
        ),
        remedy: Words::new(
            "Если результат нужен, проверьте номер ещё раз.",
            "If you need the result, check the number again.",
        ),
    }
}

fn silent() -> WhyNot {
    WhyNot {
        reason: Words::new(
            "Сервис принял проверку, но за полчаса не ответил.",
            "The service took the check and has not answered within half an hour.",
        ),
        remedy: Words::new("Проверьте номер ещё раз позже.", "Check the number again later."),
    }
}

fn no_more() -> WhyNot {
    WhyNot {
        reason: Words::new(
            "Проверка номеров в этом канале выключена.",
            "Number checks are switched off in this channel.",
        ),
        remedy: Words::new(
            "Администратор может включить её в настройках канала.",
            "An administrator can switch them on in the channel's settings.",
        ),
    }
}

fn no_more_today(most: u32) -> Error {
    let words = match most {
        0 => Words::new(
            "Платные проверки номеров не разрешены: в настройках канала их ноль в день. \
             Администратор может задать другое число.",
            "Paid number checks are not allowed: the channel's settings say zero a day. An \
             administrator can set another number.",
        ),
        _ => Words::new(
            format!(
                "Платные проверки на сегодня закончились: компания разрешает {most} в день. \
                 Проверьте номер завтра или попросите администратора увеличить число в настройках \
                 канала."
            ),
            format!(
                "There are no more paid checks today: the company allows {most} a day. Check the \
                 number tomorrow, or ask an administrator to raise the number in the channel's \
                 settings."
            ),
        ),
    };
    Error::conflict("no_more_checks_today", words)
}

fn that_was_the_last(most: u32) -> Words {
    Words::new(
        format!(
            "Платные проверки номеров на сегодня закончились: разрешено {most} в день. До завтра \
             номера не проверяются. Если этого мало, увеличьте «Проверок в день не больше» в \
             настройках канала."
        ),
        format!(
            "Paid number checks are used up for today: {most} a day are allowed. No number is \
             checked until tomorrow. If this is too few, raise “Checks a day at most” in the \
             channel's settings."
        ),
    )
}

fn cannot_check() -> Error {
    Error::invalid(
        "channel_id",
        "cannot_check_numbers",
        Words::new(
            "Через этот канал номера не проверяются. Если канал это умеет, администратор может \
             включить проверку в его настройках и в настройках чатов CRM.",
            "Numbers are not checked through this channel. If it can, an administrator can switch \
             checks on in its settings and in the settings of the CRM's chats.",
        ),
    )
}

fn channel_down(report: &StateReport) -> Error {
    let WhyNot { reason, remedy } = of_report(report);
    let words =
        Words::new(format!("{} {}", reason.ru, remedy.ru), format!("{} {}", reason.en, remedy.en));
    Error::conflict("channel_down", words)
}

fn not_a_phone() -> Error {
    Error::invalid(
        "phone",
        "not_a_phone",
        Words::new(
            "Это не похоже на номер телефона. Пример: +7 916 123-45-67.",
            "This does not look like a phone number. Example: +7 916 123-45-67.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use domain::channel::ChannelState;

    use super::*;

    #[test]
    fn wa_1_how_a_question_that_is_not_pursued_ends() {
        use Stage::{Asked, Taken, ToAsk};
        let up = StateReport::connected();
        let why = Words::new("Ключ не подходит.", "The key does not fit.");
        let down = StateReport::new(ChannelState::BadCredentials, why.clone(), why);
        let paid = Some(Price::Paid);
        let off = None;
        for (stage, report, price, late, expected) in [
            (ToAsk, &up, paid, false, None),
            (ToAsk, &up, off, false, Some(no_more())),
            (ToAsk, &down, paid, false, Some(of_report(&down))),
            // It was never asked.
            (ToAsk, &up, paid, true, Some(does_not_answer())),
            (Asked, &up, paid, false, None),
            (Asked, &up, paid, true, Some(lost())),
            (Asked, &up, off, false, Some(lost())),
            (Asked, &down, paid, false, Some(lost())),
            // Paid for: looked for to its end.
            (Taken, &up, off, false, None),
            (Taken, &up, paid, true, None),
            (Taken, &down, paid, false, None),
            (Taken, &down, paid, true, Some(of_report(&down))),
        ] {
            let standing = Standing { report, price, late };
            assert_eq!(standing.why_not(stage), expected, "{stage:?} {report:?} {price:?} {late}");
        }
    }

    #[test]
    fn wa_1_a_refused_question_is_explained_in_both_languages() {
        let WhyNot { reason, .. } = refused("bad_number", "Неверный номер телефона.");
        assert!(reason.ru.ends_with("Неверный номер телефона."), "{reason:?}");
        assert!(reason.en.is_ascii() && reason.en.contains("number"), "{reason:?}");
    }
}
