//! What a company sets for a CRM: a typed, versioned document (AMO-1 to AMO-13, B24-1 to B24-16).
//!
//! Stored as JSON. Unknown fields are refused, absent ones have the default of the rule, and `version`
//! says which reading a stored document was written for.

#[cfg(test)]
mod stored;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CrmId, Filter, Gate, Param, StageRef};
use crate::ids::{ChannelId, EmployeeId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "crm", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one at a time is held, never many")]
pub enum Settings {
    Amo(AmoSettings),
    Bitrix(BitrixSettings),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AmoSettings {
    pub version: u16,
    /// AMO-2: what is not here is not passed on.
    pub channels: Vec<ChannelRule>,
    pub method: AmoMethod,
    /// AMO-5; `None`: off.
    pub tasks: Option<TaskRule>,
    /// AMO-6; `None`: everything of the channels passes.
    pub filter: Option<Gate>,
    /// AMO-7, BY-3.
    pub tags: TagRule,
    /// AMO-8.
    pub fields: Fields,
    /// AMO-9.
    pub names: Names,
    /// AMO-10, AMO-11.
    pub funnel: Funnel,
    /// AMO-12.
    pub responsible: Responsibles,
    /// CRM-3: the employee's first answer makes them responsible.
    pub transfer_responsible: bool,
    /// AMO-12: pull users, funnels and fields daily at 00:00 of Moscow.
    pub directory_daily: bool,
    /// CRM-4.
    pub transcript: Transcript,
    /// CRM-4: files of the conversation are put into the CRM.
    pub files: bool,
    /// BY-5: which of several open deals a conversation goes to.
    pub deal_choice: DealChoice,
    /// WA-5: enquiries of these numbers never reach the CRM. E.164.
    pub skip_phones: Vec<String>,
    /// AMO-13, WA-1 to WA-7; `None`: off.
    pub chats: Option<ChatSettings>,
}

impl AmoSettings {
    pub const VERSION: u16 = 1;
}

impl Default for AmoSettings {
    fn default() -> Self {
        Self {
            version: Self::VERSION,
            channels: Vec::new(),
            method: AmoMethod::default(),
            tasks: None,
            filter: None,
            tags: TagRule::default(),
            fields: Fields::default(),
            names: Names::default(),
            funnel: Funnel::default(),
            responsible: Responsibles::default(),
            transfer_responsible: true,
            directory_daily: true,
            transcript: Transcript::AtEnd,
            files: false,
            deal_choice: DealChoice::default(),
            skip_phones: Vec::new(),
            chats: None,
        }
    }
}

/// CRM-1: what a channel's enquiries may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelRule {
    pub channel: ChannelId,
    #[serde(default = "yes")]
    pub create_contact: bool,
    /// A lead or deal, as the method says.
    #[serde(default = "yes")]
    pub create_deal: bool,
    /// Look for the client by phone and e-mail before making one.
    #[serde(default = "yes")]
    pub find_existing: bool,
    /// Add phones, e-mails and fields that became known to a contact that is there.
    #[serde(default)]
    pub update_contact: bool,
}

fn yes() -> bool {
    true
}

impl ChannelRule {
    /// CRM-1, the recommended default, with the deal that AMO-3 makes.
    pub fn recommended(channel: ChannelId) -> Self {
        Self {
            channel,
            create_contact: true,
            create_deal: true,
            find_existing: true,
            update_contact: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum AmoMethod {
    /// AMO-3.
    ContactAndDeal {},
    /// AMO-4; the funnel by BY-4, `None`: the account's main one.
    Unsorted {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pipeline: Option<CrmId>,
    },
}

impl Default for AmoMethod {
    fn default() -> Self {
        Self::ContactAndDeal {}
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskRule {
    /// From the message that makes it.
    pub due_minutes: u32,
    pub owner: TaskOwner,
    /// `None`: the CRM's default kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CrmId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskOwner {
    /// Whoever is responsible for the contact in the CRM.
    ContactCard,
    /// The default of [`Responsibles`].
    Integration,
}

/// Off: neither fixed nor own tags.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TagRule {
    /// AMO-7: the fixed list ([`FixedTag`]), all of it or none.
    pub fixed: bool,
    /// BY-3: templates with parameters; one that comes out empty sets no tag.
    pub own: Vec<String>,
}

/// AMO-7: what the fixed list says of an enquiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FixedTag {
    ChannelKind,
    ChannelName,
    /// Первичное / повторное обращение.
    Order,
    /// Чат / заявка.
    EnquiryKind,
    Site,
    Source,
    Campaign,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fields {
    pub contact: Vec<FieldPair>,
    pub deal: Vec<FieldPair>,
    /// Bitrix24 alone.
    pub lead: Vec<FieldPair>,
}

/// AMO-8: the CRM's field gets the parameter's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldPair {
    pub field: CrmId,
    pub from: Param,
}

/// AMO-9, B24-11: templates with `{parameters}`; `None`: the default one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    pub contact: Option<String>,
    pub deal: Option<String>,
    pub lead: Option<String>,
    pub task: Option<String>,
}

/// AMO-10, AMO-11, B24-7: the first rule that lets the enquiry pass says where; else the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Funnel {
    /// `None`: the first funnel and its first stage, whatever they are then.
    pub default: Option<FunnelTarget>,
    pub rules: Vec<FunnelRule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FunnelRule {
    pub gate: Gate,
    pub to: FunnelTarget,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FunnelTarget {
    pub deal: Option<StageRef>,
    /// The stage of a lead: Bitrix24 alone.
    pub lead: Option<CrmId>,
}

/// AMO-12, B24-4.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Responsibles {
    /// `None`: the CRM makes the person responsible who connected it.
    pub default: Option<CrmId>,
    /// The first that lets the enquiry pass.
    pub rules: Vec<ResponsibleRule>,
    /// CRM-3: who is who; an employee without a line is found by an equal e-mail address.
    pub people: Vec<PersonLink>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponsibleRule {
    pub gate: Gate,
    pub user: CrmId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonLink {
    pub employee: EmployeeId,
    pub user: CrmId,
}

/// CRM-4, B24-8: when the conversation's words are written into the CRM.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transcript {
    Off,
    /// As it goes on.
    Online,
    /// After closing, in one piece.
    #[default]
    AtEnd,
}

/// BY-5.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DealChoice {
    #[default]
    Newest,
    Oldest,
    LastChanged,
}

/// AMO-13 and the messenger's settings (WA).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChatSettings {
    /// WA-1: the button beside a phone that asks whether the messenger knows it.
    pub check_numbers: bool,
    /// WA-2: on, a message that could not be sent only gets its status in the CRM, without words.
    pub hide_errors: bool,
    /// WA-3: through which channel a conversation started in the CRM goes.
    pub default_channel: Option<ChannelId>,
    /// WA-4: messages sent from the phone are shown, with a mark.
    pub import_outgoing: bool,
    /// WA-4: the name of the channel is put before messages of these.
    pub named_channels: Vec<ChannelId>,
    /// WA-6: the contact's phone is written with +7 at the first inbound message.
    pub replace_8: bool,
    /// WA-7: who may write from the CRM; one who is not here writes through `default_channel`, unless
    /// `listed_only`.
    pub users: Vec<ChatUser>,
    /// WA-7: a user of the CRM without a line of their own may not send.
    pub listed_only: bool,
}

/// WA-7.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatUser {
    pub user: CrmId,
    /// In the order of preference; empty: may not send.
    #[serde(default)]
    pub channels: Vec<ChannelId>,
    /// Added to each message; the customer sees it, the CRM does not.
    #[serde(default)]
    pub signature: String,
    /// Settings sections of this integration that the person may see and change.
    // Nobody reads it yet: the settings are for the company's admins alone.
    #[serde(default)]
    pub sections: Vec<String>,
}

/// B24-2: chats and offline requests are set in the same way, separately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BitrixSettings {
    pub version: u16,
    pub chats: EntityRules,
    pub requests: EntityRules,
    pub transfer_responsible: bool,
    pub directory_daily: bool,
    pub deal_choice: DealChoice,
    pub skip_phones: Vec<String>,
    /// B24-15: the portal's Open Lines make the entities; ours are skipped.
    pub open_lines: bool,
}

impl Default for BitrixSettings {
    fn default() -> Self {
        Self {
            version: 1,
            chats: EntityRules::default(),
            requests: EntityRules::default(),
            transfer_responsible: true,
            directory_daily: true,
            deal_choice: DealChoice::default(),
            skip_phones: Vec::new(),
            open_lines: false,
        }
    }
}

/// B24-3 to B24-13.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EntityRules {
    pub channels: Vec<ChannelRule>,
    pub filter: Option<Gate>,
    pub responsible: Responsibles,
    /// B24-5: of these two one is required.
    pub first_lead: bool,
    pub first_deal: bool,
    pub first_activity: bool,
    pub repeat: RepeatEntity,
    /// B24-6.
    pub comments: CommentPriority,
    /// B24-7.
    pub funnel_first: Funnel,
    pub funnel_repeat: Funnel,
    /// B24-8.
    pub transcript: Transcript,
    /// B24-9.
    pub also_contact: bool,
    /// B24-13.
    pub add_to_closed: bool,
    /// Of the «Дело»; its due time from now.
    pub activity_due_minutes: u32,
    pub tags: TagRule,
    pub names: Names,
    pub fields: Fields,
}

impl Default for EntityRules {
    fn default() -> Self {
        Self {
            channels: Vec::new(),
            filter: None,
            responsible: Responsibles::default(),
            first_lead: false,
            first_deal: true,
            first_activity: false,
            repeat: RepeatEntity::default(),
            comments: CommentPriority::default(),
            funnel_first: Funnel::default(),
            funnel_repeat: Funnel::default(),
            transcript: Transcript::Online,
            also_contact: false,
            add_to_closed: false,
            activity_due_minutes: 60,
            tags: TagRule::default(),
            names: Names::default(),
            fields: Fields::default(),
        }
    }
}

/// B24-5: what a repeat enquiry makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RepeatEntity {
    Lead,
    Deal,
    Activity,
    #[default]
    Nothing,
}

/// B24-6.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommentPriority {
    #[default]
    Deals,
    Leads,
    Both,
}

impl Settings {
    /// Of all channels that are passed on; Bitrix24 may name one for chats and for requests.
    pub fn channels(&self) -> Vec<&ChannelRule> {
        match self {
            Self::Amo(s) => s.channels.iter().collect(),
            Self::Bitrix(s) => s.chats.channels.iter().chain(&s.requests.channels).collect(),
        }
    }

    /// All conditions in it, with where they stand (JSON Pointer), for checks.
    pub fn filters(&self) -> Vec<(String, &Filter)> {
        match self {
            Self::Amo(s) => gates("", s.filter.as_ref(), &[("funnel", &s.funnel)], &s.responsible),
            Self::Bitrix(s) => [("/chats", &s.chats), ("/requests", &s.requests)]
                .into_iter()
                .flat_map(|(base, rules)| {
                    let funnels = [
                        ("funnel_first", &rules.funnel_first),
                        ("funnel_repeat", &rules.funnel_repeat),
                    ];
                    gates(base, rules.filter.as_ref(), &funnels, &rules.responsible)
                })
                .collect(),
        }
    }
}

fn gates<'a>(
    base: &str,
    filter: Option<&'a Gate>,
    funnels: &[(&str, &'a Funnel)],
    responsible: &'a Responsibles,
) -> Vec<(String, &'a Filter)> {
    let mut found: Vec<(String, &Filter)> =
        filter.iter().map(|gate| (format!("{base}/filter/when"), &gate.when)).collect();
    for (name, funnel) in funnels {
        found.extend(
            funnel
                .rules
                .iter()
                .enumerate()
                .map(|(n, rule)| (format!("{base}/{name}/rules/{n}/gate/when"), &rule.gate.when)),
        );
    }
    found.extend(
        responsible
            .rules
            .iter()
            .enumerate()
            .map(|(n, rule)| (format!("{base}/responsible/rules/{n}/gate/when"), &rule.gate.when)),
    );
    found
}
