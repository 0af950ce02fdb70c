//! What can be done in a CRM. Data: stored with the decision, carried out by an adapter, shown in the
//! log, and looked for in the CRM when it is not known whether it was done.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CrmId, Directory, Entity, Ref, StageRef, funnel, people};
use crate::{
    clock::Instant,
    ids::{AttachmentId, MessageId},
    text::Words,
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

impl Action {
    /// One line for the log and the dry run: «Создать сделку «…», этап «…»».
    pub fn words(&self, directory: &Directory) -> Words {
        let stage = |at: &StageRef| funnel::name_of(directory, at);
        let user = |id: &CrmId| people::name_of(directory, id);
        match self {
            Self::CreateContact(draft) => Words::new(
                format!("Создать контакт «{}»", draft.name),
                format!("Create the contact “{}”", draft.name),
            ),
            Self::UpdateContact { contact, .. } => Words::new(
                format!("Дополнить контакт {}", shown(contact).ru),
                format!("Add to the contact {}", shown(contact).en),
            ),
            Self::CreateDeal(draft) => match &draft.at {
                Some(at) => Words::new(
                    format!("Создать сделку «{}», этап «{}»", draft.name, stage(at)),
                    format!("Create the deal “{}” at the stage “{}”", draft.name, stage(at)),
                ),
                None => Words::new(
                    format!("Создать сделку «{}»", draft.name),
                    format!("Create the deal “{}”", draft.name),
                ),
            },
            Self::CreateLead(draft) => Words::new(
                format!("Создать лид «{}»", draft.name),
                format!("Create the lead “{}”", draft.name),
            ),
            Self::CreateUnsorted(draft) => Words::new(
                format!("Создать запись в «Неразобранном»: {}", draft.contact_name),
                format!("Create an unsorted record: {}", draft.contact_name),
            ),
            Self::UpdateDeal { deal, .. } => Words::new(
                format!("Дополнить сделку {}", shown(deal).ru),
                format!("Add to the deal {}", shown(deal).en),
            ),
            Self::MoveDeal { deal, to } => Words::new(
                format!("Перевести сделку {} на этап «{}»", shown(deal).ru, stage(to)),
                format!("Move the deal {} to the stage “{}”", shown(deal).en, stage(to)),
            ),
            Self::SetResponsible { of, id, user: who } => {
                let (ru, en) = named(*of);
                Words::new(
                    format!("Назначить ответственного: {}, {ru} {}", user(who), shown(id).ru),
                    format!("Make {} responsible for the {en} {}", user(who), shown(id).en),
                )
            }
            Self::CreateTask { text, .. } => Words::new(
                format!("Поставить задачу «{text}»"),
                format!("Create the task “{text}”"),
            ),
            Self::CreateActivity { title, .. } => Words::new(
                format!("Создать дело «{title}»"),
                format!("Create the activity “{title}”"),
            ),
            Self::AddNote { to, id, .. } => {
                let (ru, en) = named(*to);
                Words::new(
                    format!("Записать переписку: {ru} {}", shown(id).ru),
                    format!("Write the conversation into the {en} {}", shown(id).en),
                )
            }
            Self::EditNote { to, id, .. } => {
                let (ru, en) = named(*to);
                Words::new(
                    format!("Дописать переписку: {ru} {}", shown(id).ru),
                    format!("Add to the conversation in the {en} {}", shown(id).en),
                )
            }
            Self::AttachFile { to, id, name, .. } => {
                let (ru, en) = named(*to);
                Words::new(
                    format!("Прикрепить файл «{name}»: {ru} {}", shown(id).ru),
                    format!("Attach the file “{name}” to the {en} {}", shown(id).en),
                )
            }
            Self::OpenChat { .. } => {
                Words::new("Открыть чат в карточке контакта", "Open the chat at the contact")
            }
            Self::UseDeal { deal } => Words::new(
                format!("Вести обращение в сделке № {deal}"),
                format!("Keep the enquiry in the deal No. {deal}"),
            ),
            Self::UseLead { lead } => Words::new(
                format!("Вести обращение в лиде № {lead}"),
                format!("Keep the enquiry in the lead No. {lead}"),
            ),
            Self::UseContact { contact, .. } => Words::new(
                format!("Взять контакт № {contact}"),
                format!("Use the contact No. {contact}"),
            ),
        }
    }

    /// What is new in the CRM after it, in a word; `None`: nothing that people count.
    pub fn made(&self) -> Option<Words> {
        Some(match self {
            Self::CreateContact(draft) => Words::new(
                format!("контакт «{}»", draft.name),
                format!("the contact “{}”", draft.name),
            ),
            Self::CreateDeal(draft) => {
                Words::new(format!("сделка «{}»", draft.name), format!("the deal “{}”", draft.name))
            }
            Self::CreateLead(draft) => {
                Words::new(format!("лид «{}»", draft.name), format!("the lead “{}”", draft.name))
            }
            Self::CreateUnsorted(_) => Words::new("запись в «Неразобранном»", "an unsorted record"),
            Self::CreateTask { .. } => Words::new("задача", "a task"),
            Self::CreateActivity { .. } => Words::new("дело", "an activity"),
            Self::UpdateContact { .. }
            | Self::UpdateDeal { .. }
            | Self::MoveDeal { .. }
            | Self::SetResponsible { .. }
            | Self::AddNote { .. }
            | Self::EditNote { .. }
            | Self::AttachFile { .. }
            | Self::OpenChat { .. }
            | Self::UseDeal { .. }
            | Self::UseLead { .. }
            | Self::UseContact { .. } => return None,
        })
    }

    /// Whether its reason says all of it: it changes one thing and passes nothing on.
    pub fn tells_itself(&self) -> bool {
        matches!(self, Self::MoveDeal { .. })
    }

    /// Whether it takes a deal or lead that is there instead of making one.
    pub fn uses(&self) -> bool {
        matches!(self, Self::UseDeal { .. } | Self::UseLead { .. })
    }
}

/// An entity that a step makes has no id yet: the step's number, as the log counts them.
fn shown(at: &Ref) -> Words {
    match at {
        Ref::Id(id) => Words::new(format!("№ {id}"), format!("No. {id}")),
        Ref::Step(step) => {
            Words::new(format!("из шага {}", step + 1), format!("of step {}", step + 1))
        }
    }
}

fn named(of: Entity) -> (&'static str, &'static str) {
    match of {
        Entity::Contact => ("контакт", "contact"),
        Entity::Company => ("компания", "company"),
        Entity::Lead => ("лид", "lead"),
        Entity::Deal => ("сделка", "deal"),
        Entity::Unsorted => ("«Неразобранное»", "unsorted record"),
        Entity::Task => ("задача", "task"),
        Entity::Activity => ("дело", "activity"),
        Entity::Note => ("примечание", "note"),
        Entity::Chat => ("чат", "chat"),
    }
}
