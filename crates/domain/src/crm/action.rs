//! What can be done in a CRM. Data: stored with the decision, carried out by an adapter, shown in the
//! log, and looked for in the CRM when it is not known whether it was done.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CrmId, Entity, Ref, StageRef};
use crate::{
    clock::Instant,
    ids::{AttachmentId, MessageId},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    CreateContact(ContactDraft),
    /// Adds what is missing; a name that a person typed in the CRM is never replaced.
    UpdateContact {
        contact: Ref,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        add_phones: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        add_emails: Vec<String>,
        /// WA-6: numbers beginning with 8 are written with +7.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        replace_8: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<FieldValue>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tags: Vec<String>,
    },
    CreateDeal(DealDraft),
    /// Bitrix24 alone; `at.pipeline` is empty.
    CreateLead(DealDraft),
    CreateUnsorted(UnsortedDraft),
    UpdateDeal {
        deal: Ref,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<FieldValue>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tags: Vec<String>,
    },
    MoveDeal {
        deal: Ref,
        to: StageRef,
    },
    SetResponsible {
        of: Entity,
        id: Ref,
        user: CrmId,
    },
    CreateTask {
        deal: Ref,
        text: String,
        due_at: Instant,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        responsible: Option<CrmId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<CrmId>,
    },
    /// «Дело» of Bitrix24.
    CreateActivity {
        of: Entity,
        id: Ref,
        title: String,
        due_at: Instant,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        responsible: Option<CrmId>,
    },
    AddNote {
        to: Entity,
        id: Ref,
        body: NoteBody,
        /// Of our messages, the last in it.
        up_to: i64,
    },
    /// The note grows: `body` is the whole text.
    EditNote {
        note: CrmId,
        to: Entity,
        id: Ref,
        body: NoteBody,
        up_to: i64,
    },
    AttachFile {
        to: Entity,
        id: Ref,
        message: MessageId,
        file: AttachmentId,
        name: String,
    },
    /// AMO-13: the chat of this conversation is made in the CRM and bound to the contact.
    OpenChat {
        contact: Ref,
    },
    /// No call: the conversation is from now on that deal's.
    UseDeal {
        deal: CrmId,
    },
    UseLead {
        lead: CrmId,
    },
    UseContact {
        contact: CrmId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        responsible: Option<CrmId>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactDraft {
    pub name: String,
    pub phones: Vec<String>,
    pub emails: Vec<String>,
    pub responsible: Option<CrmId>,
    pub tags: Vec<String>,
    pub fields: Vec<FieldValue>,
    /// Of the enquiry, to the second: by it (and the name) a contact is known again whose creation was
    /// not answered.
    pub created_at: Instant,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DealDraft {
    pub contact: Option<Ref>,
    pub company: Option<CrmId>,
    pub name: String,
    pub at: Option<StageRef>,
    pub responsible: Option<CrmId>,
    pub tags: Vec<String>,
    pub fields: Vec<FieldValue>,
    /// As in [`ContactDraft`].
    pub created_at: Instant,
    /// Bitrix24: a lead carries them itself.
    pub phones: Vec<String>,
    pub emails: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnsortedDraft {
    pub pipeline: Option<CrmId>,
    /// Of the person; amoCRM names the deal itself (AMO-4).
    pub contact_name: String,
    pub phones: Vec<String>,
    pub emails: Vec<String>,
    pub contact_fields: Vec<FieldValue>,
    pub deal_fields: Vec<FieldValue>,
    pub tags: Vec<String>,
    /// Unique for each enquiry, because the CRM refuses equal ones: `beseda-1204`.
    pub form_id: String,
    pub form_name: String,
    pub page: String,
    pub referrer: String,
    pub source: String,
    pub created_at: Instant,
}

/// A field of the CRM with the value in the CRM's own JSON form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldValue {
    pub field: CrmId,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum NoteBody {
    Text {
        text: String,
    },
    /// Shown folded, under our name.
    Transcript {
        text: String,
    },
}

/// What carrying an action out came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Effect {
    /// Of what was made or changed.
    pub id: Option<CrmId>,
    /// Of an «unsorted»: the deal and the contact inside it.
    pub deal: Option<CrmId>,
    pub contact: Option<CrmId>,
    /// The CRM's own duplicate control put it into an existing one.
    pub merged: bool,
    /// Fields that the CRM no longer has or takes; left out so that the rest is saved.
    pub dropped_fields: Vec<CrmId>,
    /// A person who can no longer be made responsible; left out.
    pub dropped_responsible: Option<CrmId>,
    /// The stage or funnel was gone; the CRM's first stage was used.
    pub dropped_stage: Option<StageRef>,
    /// The entity to work on is no longer there; nothing was done.
    pub target_gone: bool,
}
