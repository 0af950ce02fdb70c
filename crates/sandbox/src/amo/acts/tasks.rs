//! Tasks and notes.

use serde_json::{Value, json};

use super::Acting;
use crate::amo::{
    events,
    world::{Kind, Note, Task},
};

/// What a request wants of a task.
#[derive(Clone, Debug, Default)]
pub(in crate::amo) struct TaskDraft {
    pub text: Option<String>,
    pub complete_till: Option<i64>,
    pub task_type_id: Option<i64>,
    pub responsible_user_id: Option<i64>,
    pub entity: Option<(Kind, i64)>,
    pub duration: Option<i64>,
    pub is_completed: Option<bool>,
    pub result: Option<String>,
    pub created_by: Option<i64>,
    pub created_at: Option<i64>,
}

/// A note of plain text.
pub(in crate::amo) fn plain(text: &str) -> Value {
    json!({"text": text})
}

impl Acting<'_> {
    pub(in crate::amo) fn add_task(&mut self, draft: &TaskDraft) -> i64 {
        let id = self.ids.made();
        let task = Task {
            id,
            text: draft.text.clone().unwrap_or_default(),
            complete_till: draft.complete_till.unwrap_or(self.now),
            task_type_id: draft.task_type_id.unwrap_or(1),
            responsible_user_id: draft.responsible_user_id.unwrap_or(self.by),
            entity: draft.entity,
            duration: draft.duration.unwrap_or_default(),
            is_completed: draft.is_completed.unwrap_or_default(),
            result: draft.result.clone(),
            trail: self.trail(draft.created_by, draft.created_at),
            deleted: false,
        };
        self.account.tasks.insert(id, task);
        self.task_happened(id, "add", false);
        id
    }

    /// False: there is no such task.
    pub(in crate::amo) fn change_task(&mut self, id: i64, draft: &TaskDraft) -> bool {
        let (now, by) = (self.now, self.by);
        let Some(task) = self.account.tasks.get_mut(&id).filter(|task| !task.deleted) else {
            return false;
        };
        if let Some(text) = &draft.text {
            task.text.clone_from(text);
        }
        let closes = draft.is_completed == Some(true) && !task.is_completed;
        let handed = draft.responsible_user_id.is_some_and(|id| id != task.responsible_user_id);
        task.complete_till = draft.complete_till.unwrap_or(task.complete_till);
        task.task_type_id = draft.task_type_id.unwrap_or(task.task_type_id);
        task.responsible_user_id = draft.responsible_user_id.unwrap_or(task.responsible_user_id);
        task.entity = draft.entity.or(task.entity);
        task.duration = draft.duration.unwrap_or(task.duration);
        task.is_completed = draft.is_completed.unwrap_or(task.is_completed);
        if draft.result.is_some() {
            task.result.clone_from(&draft.result);
        }
        task.trail.updated_at = now;
        task.trail.updated_by = by;
        self.task_happened(id, "update", closes);
        if handed {
            self.task_happened(id, "responsible", false);
        }
        true
    }

    pub(in crate::amo) fn delete_task(&mut self, id: i64) {
        if let Some(task) = self.account.tasks.get_mut(&id) {
            task.deleted = true;
        }
        self.task_happened(id, "delete", false);
    }

    pub(super) fn task_happened(&mut self, id: i64, action: &'static str, closes: bool) {
        if let Some(event) = events::of_task(self.account, id, action, closes) {
            self.happened(event);
        }
    }

    pub(in crate::amo) fn add_note(
        &mut self,
        entity: (Kind, i64),
        note_type: &str,
        params: Value,
        created_by: Option<i64>,
        created_at: Option<i64>,
    ) -> i64 {
        let id = self.ids.made();
        let note = Note {
            id,
            entity,
            note_type: note_type.to_owned(),
            params,
            responsible_user_id: self.by,
            trail: self.trail(created_by, created_at),
        };
        self.account.notes.insert(id, note);
        if let Some(event) = events::of_note(self.account, id) {
            self.happened(event);
        }
        id
    }
}
