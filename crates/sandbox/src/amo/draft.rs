//! What a request wants of an entity, once every part of it was found possible.

use serde_json::{Map, Value};

use super::{
    check::Check,
    values,
    world::{AccountState, Kind, LOST, Values, WON},
};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TagRef {
    Id(i64),
    Name(String),
}

/// `replace` wins over the other two.
#[derive(Clone, Debug, Default)]
pub(super) struct TagChange {
    pub replace: Option<Vec<TagRef>>,
    pub add: Vec<TagRef>,
    pub delete: Vec<TagRef>,
}

/// What all entities share. Nothing means: left as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    pub responsible_user_id: Option<i64>,
    pub created_by: Option<i64>,
    pub updated_by: Option<i64>,
    pub created_at: Option<i64>,
    /// A field named here loses all its former values, a multitext one too.
    pub values: Values,
    pub tags: TagChange,
}

#[derive(Clone, Debug, Default)]
pub(super) struct ContactDraft {
    pub name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company_id: Option<i64>,
    pub common: Common,
}

#[derive(Clone, Debug, Default)]
pub(super) struct LeadDraft {
    pub name: Option<String>,
    pub price: Option<i64>,
    pub pipeline_id: Option<i64>,
    pub status_id: Option<i64>,
    pub closed_at: Option<i64>,
    pub loss_reason_id: Option<Option<i64>>,
    /// The main one first.
    pub contacts: Vec<i64>,
    pub company_id: Option<i64>,
    pub source_id: Option<i64>,
    pub common: Common,
}

impl AccountState {
    fn common(&self, check: &mut Check, item: &Map<String, Value>, kind: Kind) -> Common {
        let responsible_user_id = check.integer(item, "responsible_user_id");
        if let Some(id) = responsible_user_id
            && !self.is_active_user(id)
        {
            check.no_choice("responsible_user_id");
        }
        let (created_by, updated_by) =
            (check.integer(item, "created_by"), check.integer(item, "updated_by"));
        for (name, id) in [("created_by", created_by), ("updated_by", updated_by)] {
            // 0 is a robot.
            if id.is_some_and(|id| id != 0 && !self.is_active_user(id)) {
                check.no_choice(name);
            }
        }
        // Taken and left aside, as the service's own moment of change is what counts.
        check.integer(item, "updated_at");
        Common {
            responsible_user_id,
            created_by,
            updated_by,
            created_at: check.integer(item, "created_at"),
            values: values::read(self, check, item, kind),
            tags: self.tag_change(check, item, kind),
        }
    }

    pub(super) fn is_active_user(&self, id: i64) -> bool {
        self.users.get(&id).is_some_and(|user| user.is_active)
    }

    fn tag_change(&self, check: &mut Check, item: &Map<String, Value>, kind: Kind) -> TagChange {
        let embedded = item.get("_embedded").and_then(Value::as_object);
        let replace = match embedded.and_then(|embedded| embedded.get("tags")) {
            None => None,
            Some(Value::Null) => Some(Vec::new()),
            Some(Value::Array(list)) => Some(self.tags_of(check, list, "_embedded.tags", kind)),
            Some(_) => {
                check.wrong_type("_embedded.tags", "array");
                None
            }
        };
        let add = check.list(item, "tags_to_add").to_vec();
        let delete = check.list(item, "tags_to_delete").to_vec();
        TagChange {
            replace,
            add: self.tags_of(check, &add, "tags_to_add", kind),
            delete: self.tags_of(check, &delete, "tags_to_delete", kind),
        }
    }

    fn tags_of(&self, check: &mut Check, list: &[Value], path: &str, kind: Kind) -> Vec<TagRef> {
        let mut tags = Vec::new();
        for (at, tag) in list.iter().enumerate() {
            match (tag.get("id"), tag.get("name")) {
                (Some(id), _) if !id.is_null() => {
                    let known = |id: &i64| self.tags.get(id).is_some_and(|tag| tag.kind == kind);
                    match id.as_i64() {
                        Some(id) if known(&id) => tags.push(TagRef::Id(id)),
                        Some(_) => check.no_choice(&format!("{path}.{at}.id")),
                        None => check.wrong_type(&format!("{path}.{at}.id"), "int"),
                    }
                }
                (_, Some(Value::String(name))) if !name.trim().is_empty() => {
                    tags.push(TagRef::Name(name.trim().to_owned()));
                }
                (_, Some(Value::String(_))) => {
                    let path = format!("{path}.{at}.name");
                    check.find("NotBlank", &path, "This value should not be blank.");
                }
                (_, Some(_)) => check.wrong_type(&format!("{path}.{at}.name"), "string"),
                _ => check.missing(&format!("{path}.{at}.name")),
            }
        }
        tags
    }

    /// A contact or a company.
    pub(super) fn contact_draft(
        &self,
        check: &mut Check,
        item: &Map<String, Value>,
        kind: Kind,
    ) -> ContactDraft {
        ContactDraft {
            name: check.text(item, "name"),
            first_name: check.text(item, "first_name"),
            last_name: check.text(item, "last_name"),
            company_id: None,
            common: self.common(check, item, kind),
        }
    }

    /// `present` is where the lead is now; nothing for a new one.
    pub(super) fn lead_draft(
        &self,
        check: &mut Check,
        item: &Map<String, Value>,
        present: Option<(i64, i64)>,
    ) -> LeadDraft {
        let (pipeline_id, status_id) = self.place(check, item, present);
        let closed_at = check.integer(item, "closed_at");
        let final_status = status_id.or(present.map(|(_, status)| status));
        if closed_at.is_some() && !matches!(final_status, Some(WON | LOST)) {
            check.no_choice("closed_at");
        }
        let loss_reason_id = match item.get("loss_reason_id") {
            None => None,
            Some(Value::Null) => Some(None),
            Some(_) => check.integer(item, "loss_reason_id").map(Some),
        };
        if let Some(Some(id)) = loss_reason_id
            && !self.loss_reasons.contains_key(&id)
        {
            check.no_choice("loss_reason_id");
        }
        LeadDraft {
            name: check.text(item, "name"),
            price: check.integer(item, "price"),
            pipeline_id,
            status_id,
            closed_at,
            loss_reason_id,
            contacts: Vec::new(),
            company_id: None,
            source_id: None,
            common: self.common(check, item, Kind::Leads),
        }
    }

    fn place(
        &self,
        check: &mut Check,
        item: &Map<String, Value>,
        present: Option<(i64, i64)>,
    ) -> (Option<i64>, Option<i64>) {
        let pipeline_id = check.integer(item, "pipeline_id");
        let status_id = check.integer(item, "status_id");
        let open = |id: &i64| self.pipelines.get(id).is_some_and(|pipeline| !pipeline.is_archive);
        if let Some(id) = pipeline_id
            && !open(&id)
        {
            check.no_choice("pipeline_id");
            return (None, None);
        }
        let Some(status) = status_id else { return (pipeline_id, None) };
        let holds = |pipeline: &i64| {
            self.pipelines
                .get(pipeline)
                .is_some_and(|pipeline| pipeline.statuses.iter().any(|s| s.id == status))
        };
        // A status alone names its pipeline, but 142 and 143 are in all of them.
        let of_status = || match (present, status) {
            (Some((pipeline, _)), WON | LOST) => Some(pipeline),
            (None, WON | LOST) => self.main_pipeline(),
            _ => self.pipelines.keys().find(|pipeline| holds(pipeline)).copied(),
        };
        // Nobody puts a lead into Unsorted by its status.
        let unsorted = |pipeline: &i64| {
            let status_of = self.pipelines.get(pipeline).and_then(|p| p.unsorted_status());
            status_of == Some(status) && present.is_none_or(|(_, now)| now != status)
        };
        let fits = |pipeline: &i64| holds(pipeline) && open(pipeline) && !unsorted(pipeline);
        match pipeline_id.or_else(of_status).filter(fits) {
            Some(pipeline) => (Some(pipeline), Some(status)),
            None => {
                check.no_choice("status_id");
                (pipeline_id, None)
            }
        }
    }

    pub(super) fn main_pipeline(&self) -> Option<i64> {
        let main = self.pipelines.values().find(|pipeline| pipeline.is_main);
        main.or_else(|| self.pipelines.values().next()).map(|pipeline| pipeline.id)
    }
}
