//! What a person at the screen of amoCRM does.

use serde_json::json;

use super::{Account, Stage};
use crate::amo::{
    acts::{Acting, TaskDraft, moved, plain},
    draft::{ContactDraft, LeadDraft},
    world::{FieldValue, Kind},
};

impl Account {
    pub fn add_contact(&self, name: &str, phone: Option<&str>, email: Option<&str>) -> i64 {
        self.act(|acting| {
            let mut draft = ContactDraft { name: Some(name.to_owned()), ..ContactDraft::default() };
            for (code, text) in [("PHONE", phone), ("EMAIL", email)] {
                let field = acting.account.field_by_code(Kind::Contacts, code);
                if let (Some(field), Some(text)) = (field, text) {
                    let first = field.enums.first();
                    let value = FieldValue {
                        value: json!(text),
                        enum_id: first.map(|choice| choice.id),
                        enum_code: first.map(|choice| choice.value.clone()),
                    };
                    draft.common.values.insert(field.id, vec![value]);
                }
            }
            acting.add_contact(Kind::Contacts, &draft)
        })
        .unwrap_or_default()
    }

    /// A lead in a stage, of a contact if there is one.
    pub fn add_lead(&self, name: &str, stage: &Stage, contact: Option<i64>) -> i64 {
        let draft = LeadDraft {
            name: Some(name.to_owned()),
            contacts: contact.into_iter().collect(),
            ..moved(stage.pipeline_id, stage.status_id)
        };
        self.act(|acting| acting.add_lead(&draft)).unwrap_or_default()
    }

    pub fn move_lead(&self, lead: i64, pipeline_id: i64, status_id: i64) {
        self.act(|acting| acting.change_lead(lead, &moved(pipeline_id, status_id)));
    }

    pub fn set_responsible(&self, lead: i64, user: i64) {
        let mut draft = LeadDraft::default();
        draft.common.responsible_user_id = Some(user);
        self.act(|acting| acting.change_lead(lead, &draft));
    }

    pub fn set_contact_responsible(&self, contact: i64, user: i64) {
        let mut draft = ContactDraft::default();
        draft.common.responsible_user_id = Some(user);
        self.act(|acting| acting.change_contact(Kind::Contacts, contact, &draft));
    }

    pub fn rename_contact(&self, contact: i64, name: &str) {
        let draft = ContactDraft { name: Some(name.to_owned()), ..ContactDraft::default() };
        self.act(|acting| acting.change_contact(Kind::Contacts, contact, &draft));
    }

    pub fn add_note(&self, kind: Kind, id: i64, text: &str) -> i64 {
        let note = |acting: &mut Acting<'_>| {
            acting.add_note((kind, id), "common", plain(text), None, None)
        };
        self.act(note).unwrap_or_default()
    }

    pub fn close_task(&self, task: i64, result: &str) {
        let draft = TaskDraft {
            is_completed: Some(true),
            result: Some(result.to_owned()),
            ..TaskDraft::default()
        };
        self.act(|acting| acting.change_task(task, &draft));
    }

    pub fn delete_task(&self, task: i64) {
        self.act(|acting| acting.delete_task(task));
    }

    /// Into the first stage of its pipeline, or the one named. False: nothing with this uid waits.
    pub fn accept(&self, uid: &str, user: i64, status_id: Option<i64>) -> bool {
        self.act(|acting| acting.accept(uid, Some(user), status_id).is_some()).unwrap_or_default()
    }

    pub fn decline(&self, uid: &str) -> bool {
        self.act(|acting| acting.decline(uid).is_some()).unwrap_or_default()
    }

    pub fn delete_lead(&self, lead: i64) {
        self.act(|acting| acting.delete_lead(lead));
    }

    pub fn restore_lead(&self, lead: i64) {
        self.act(|acting| acting.restore_lead(lead));
    }

    pub fn delete_contact(&self, contact: i64) {
        self.act(|acting| acting.delete_contact(Kind::Contacts, contact));
    }

    /// `gone` becomes part of `kept`.
    pub fn merge_leads(&self, kept: i64, gone: i64) {
        self.act(|acting| acting.merge_leads(kept, gone));
    }
}
