//! Ready texts that employees put into an answer (OW-6). Those who manage scenarios write them;
//! everybody who answers uses those of everybody and of their own groups.

use domain::{
    canned_reply::{CannedReplyView, MOST_SECTION, MOST_TEXT, shortcut},
    event::Directory,
    ids::{CannedReplyId, GroupId},
    people::Right,
    text::Words,
};
use serde_json::json;
use store::{CannedReplyForm, SHORTCUT_TAKEN, TenantTx};

use crate::{
    Actor, App, Error, Invalid, RequestKey, Result, directory, fields::Check, idempotency,
    people::unknown_group,
};

/// The workstation keeps all of them.
const MOST_REPLIES: i64 = 1000;

impl App {
    /// Those that the actor may use; all of them for who manages them.
    pub async fn canned_replies(&self, actor: &Actor) -> Result<Vec<CannedReplyView>> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.canned_replies(groups_of(actor)).await?)
    }

    pub async fn create_canned_reply(
        &self,
        actor: &Actor,
        form: CannedReplyForm,
        key: Option<&RequestKey>,
    ) -> Result<CannedReplyView> {
        actor.require(Right::ManageScenarios)?;
        let form = checked(form)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if let Some(answer) = idempotency::answered(&mut tx, actor, key).await? {
            return Ok(answer);
        }
        if tx.count_canned_replies().await? >= MOST_REPLIES {
            return Err(Error::conflict(
                "too_many_canned_replies",
                Words::new(
                    "Не больше 1000 готовых ответов. Удалите ненужные.",
                    "At most 1000 canned replies. Delete some that are not needed.",
                ),
            ));
        }
        check_group(&mut tx, form.group_id).await?;
        let id = CannedReplyId::new(&*self.ids);
        let at = self.clock.now();
        let view = tx.insert_canned_reply(id, &form, at).await.map_err(shortcut_taken)?;
        idempotency::remember(&mut tx, actor, key, &view).await?;
        self.canned_reply_noted(&mut tx, actor, "canned_reply.created", id).await?;
        tx.commit().await?;
        Ok(view)
    }

    pub async fn change_canned_reply(
        &self,
        actor: &Actor,
        id: CannedReplyId,
        form: CannedReplyForm,
    ) -> Result<CannedReplyView> {
        actor.require(Right::ManageScenarios)?;
        let form = checked(form)?;
        let mut tx = self.store.tenant(actor.account).await?;
        check_group(&mut tx, form.group_id).await?;
        let at = self.clock.now();
        let view = tx.update_canned_reply(id, &form, at).await.map_err(shortcut_taken)?;
        let view = view.ok_or(NOT_FOUND)?;
        self.canned_reply_noted(&mut tx, actor, "canned_reply.changed", id).await?;
        tx.commit().await?;
        Ok(view)
    }

    pub async fn delete_canned_reply(&self, actor: &Actor, id: CannedReplyId) -> Result<()> {
        actor.require(Right::ManageScenarios)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.delete_canned_reply(id).await? {
            return Err(NOT_FOUND);
        }
        self.canned_reply_noted(&mut tx, actor, "canned_reply.deleted", id).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Counts that it was put into an answer. Nobody is told: it happens at every other answer, and
    /// the next reading of the list shows it.
    pub async fn use_canned_reply(&self, actor: &Actor, id: CannedReplyId) -> Result<()> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.use_canned_reply(id, groups_of(actor)).await? {
            return Err(NOT_FOUND);
        }
        tx.commit().await?;
        Ok(())
    }

    async fn canned_reply_noted(
        &self,
        tx: &mut TenantTx,
        actor: &Actor,
        action: &'static str,
        id: CannedReplyId,
    ) -> Result<()> {
        directory::changed(tx, Directory::CannedReplies);
        self.note(tx, actor, action, id.to_string(), json!({})).await
    }
}

const NOT_FOUND: Error = Error::NotFound { what: "canned reply" };

/// Whose replies the actor sees; `None`: everybody's.
fn groups_of(actor: &Actor) -> Option<&[GroupId]> {
    let manages = actor.rights.contains(&Right::ManageScenarios);
    (!manages).then_some(actor.viewer.groups.as_slice())
}

/// The form in its one spelling; every wrong field is named.
fn checked(form: CannedReplyForm) -> Result<CannedReplyForm> {
    let mut check = Check::default();
    let word = shortcut(&form.shortcut);
    if word.is_none() {
        check.add(Invalid::new(
            "shortcut",
            "bad_shortcut",
            Words::new(
                "Одно слово до 40 знаков: буквы, цифры, «-», «_» и точка. Можно оставить пустым.",
                "One word of up to 40 letters, digits, “-”, “_” and dots. May stay empty.",
            ),
        ));
    }
    let title = check.line("title", &form.title);
    let text = form.text.trim().to_owned();
    if text.is_empty() {
        let words = Words::new("Напишите текст ответа.", "Write the text of the reply.");
        check.add(Invalid::new("text", "empty", words));
    }
    check.add(longer(&text, "text", MOST_TEXT));
    let section = form.section.trim().to_owned();
    check.add(longer(&section, "section", MOST_SECTION));
    if section.chars().any(char::is_control) {
        check.add(Invalid::new(
            "section",
            "control_characters",
            Words::new(
                "Уберите управляющие символы и переводы строк.",
                "Remove control characters and line breaks.",
            ),
        ));
    }
    check.done()?;
    let shortcut = word.unwrap_or_default();
    Ok(CannedReplyForm { shortcut, title, text, section, group_id: form.group_id })
}

fn longer(text: &str, field: &str, most: usize) -> Option<Invalid> {
    let words =
        Words::new(format!("Не больше {most} знаков."), format!("At most {most} characters."));
    (text.chars().count() > most).then(|| Invalid::new(field, "too_long", words))
}

async fn check_group(tx: &mut TenantTx, group: Option<GroupId>) -> Result<()> {
    match group {
        Some(group) if !tx.group_exists(group).await? => Err(unknown_group_at("group_id")),
        Some(_) | None => Ok(()),
    }
}

fn unknown_group_at(field: &str) -> Error {
    match unknown_group() {
        Error::Invalid(wrong) => Error::Invalid(
            wrong.into_iter().map(|one| Invalid { field: field.to_owned(), ..one }).collect(),
        ),
        other => other,
    }
}

fn shortcut_taken(error: store::Error) -> Error {
    match error {
        store::Error::Constraint(name) if name == SHORTCUT_TAKEN => Error::conflict(
            "shortcut_taken",
            Words::new(
                "Готовый ответ с таким сокращением уже есть. Выберите другое.",
                "There is a canned reply of this shortcut. Choose another one.",
            ),
        ),
        // The group was deleted meanwhile.
        store::Error::Constraint(_) => unknown_group_at("group_id"),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_of_a_reply_is_named() {
        let form = |shortcut: &str, title: &str, text: &str, section: &str| CannedReplyForm {
            shortcut: shortcut.to_owned(),
            title: title.to_owned(),
            text: text.to_owned(),
            section: section.to_owned(),
            group_id: None,
        };
        let good = checked(form(" /привет ", " Приветствие ", "Здравствуйте, {имя}!\n", " Общие "));
        let good = good.expect("is good");
        let told = [good.shortcut, good.title, good.text, good.section];
        assert_eq!(told, ["привет", "Приветствие", "Здравствуйте, {имя}!", "Общие"]);
        let bad = checked(form("два слова", "", " ", "a\nb")).expect_err("is wrong");
        let Error::Invalid(wrong) = bad else { panic!("{bad:?}") };
        let fields: Vec<&str> = wrong.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["shortcut", "title", "text", "section"]);
    }
}
