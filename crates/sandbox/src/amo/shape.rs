//! Entities as the API answers them.

use serde_json::{Value, json};

use super::{
    php::Query,
    world::{AccountState, Contact, Field, Kind, Lead, Note, Pipeline, Task, Unsorted, User},
};

/// The account and the address by which it was called.
pub(super) struct Shape<'a> {
    pub account: &'a AccountState,
    /// `…/api/v4`.
    pub base: &'a str,
}

impl Shape<'_> {
    pub(super) fn link(&self, path: &str) -> Value {
        json!({"self": {"href": format!("{}/{path}", self.base)}})
    }

    fn reference(&self, kind: Kind, id: i64) -> Value {
        json!({"id": id, "_links": self.link(&format!("{}/{id}", kind.name()))})
    }

    fn tags(&self, tags: &[i64]) -> Vec<Value> {
        let known = tags.iter().filter_map(|id| self.account.tags.get(id));
        known.map(|tag| json!({"id": tag.id, "name": tag.name, "color": tag.color})).collect()
    }

    fn closest_task(&self, kind: Kind, id: i64) -> Option<i64> {
        let open = self.account.tasks.values().filter(|task| !task.deleted && !task.is_completed);
        open.filter(|task| task.entity == Some((kind, id))).map(|task| task.complete_till).min()
    }

    pub(super) fn contact(&self, kind: Kind, contact: &Contact, query: &Query) -> Value {
        let mut shown = json!({
            "id": contact.id, "name": contact.name,
            "responsible_user_id": contact.responsible_user_id, "group_id": 0,
            "created_by": contact.trail.created_by, "updated_by": contact.trail.updated_by,
            "created_at": contact.trail.created_at, "updated_at": contact.trail.updated_at,
            "closest_task_at": self.closest_task(kind, contact.id), "is_deleted": false,
            "custom_fields_values": self.account.values_json(&contact.values),
            "account_id": self.account.id,
            "_links": self.link(&format!("{}/{}", kind.name(), contact.id)),
        });
        let mut embedded = json!({"tags": self.tags(&contact.tags)});
        if kind == Kind::Contacts {
            shown["first_name"] = json!(contact.first_name);
            shown["last_name"] = json!(contact.last_name);
            let company = contact.company_id.map(|id| self.reference(Kind::Companies, id));
            embedded["companies"] = json!(company.into_iter().collect::<Vec<_>>());
        }
        if query.with("leads") {
            let leads = self.account.leads.values().filter(|lead| !lead.deleted);
            let of_contact = leads.filter(|lead| match kind {
                Kind::Companies => lead.company_id == Some(contact.id),
                _ => lead.contacts.contains(&contact.id),
            });
            let leads = of_contact.map(|lead| self.reference(Kind::Leads, lead.id));
            embedded["leads"] = json!(leads.collect::<Vec<_>>());
        }
        for nothing in ["customers", "catalog_elements"] {
            if query.with(nothing) {
                embedded[nothing] = json!([]);
            }
        }
        shown["_embedded"] = embedded;
        shown
    }

    pub(super) fn lead(&self, lead: &Lead, query: &Query) -> Value {
        let company = lead.company_id.map(|id| self.reference(Kind::Companies, id));
        let mut embedded = json!({
            "tags": self.tags(&lead.tags), "companies": company.into_iter().collect::<Vec<_>>(),
        });
        if query.with("contacts") {
            let visible = lead.contacts.iter().enumerate().map(|(at, id)| {
                let mut contact = self.reference(Kind::Contacts, *id);
                contact["is_main"] = json!(at == 0);
                contact
            });
            embedded["contacts"] = json!(visible.collect::<Vec<_>>());
        }
        if query.with("loss_reason") {
            let reason = lead.loss_reason_id.and_then(|id| {
                let name = self.account.loss_reasons.get(&id)?;
                Some(json!({"id": id, "name": name, "sort": 100_000}))
            });
            embedded["loss_reason"] = json!(reason.into_iter().collect::<Vec<_>>());
        }
        if query.with("catalog_elements") {
            embedded["catalog_elements"] = json!([]);
        }
        if query.with("source")
            && let Some(source) = lead.source_id.and_then(|id| self.account.sources.get(&id))
        {
            embedded["source"] = json!({"id": source.id, "name": source.name});
        }
        let mut shown = json!({
            "id": lead.id, "name": lead.name, "price": lead.price,
            "responsible_user_id": lead.responsible_user_id, "group_id": 0,
            "status_id": lead.status_id, "pipeline_id": lead.pipeline_id,
            "loss_reason_id": lead.loss_reason_id,
            "source_id": lead.source_id.filter(|_| query.with("source_id")),
            "created_by": lead.trail.created_by, "updated_by": lead.trail.updated_by,
            "created_at": lead.trail.created_at, "updated_at": lead.trail.updated_at,
            "closed_at": lead.closed_at, "closest_task_at": self.closest_task(Kind::Leads, lead.id),
            "is_deleted": lead.deleted,
            "custom_fields_values": self.account.values_json(&lead.values),
            "score": null, "account_id": self.account.id, "labor_cost": null,
            "_links": self.link(&format!("leads/{}", lead.id)), "_embedded": embedded,
        });
        if query.with("is_price_modified_by_robot") {
            shown["is_price_modified_by_robot"] = json!(false);
        }
        shown
    }

    pub(super) fn task(&self, task: &Task) -> Value {
        // Without a result it is an empty list, with one a map: PHP.
        let result = task.result.as_ref().map_or(json!([]), |text| json!({"text": text}));
        json!({
            "id": task.id, "created_by": task.trail.created_by,
            "updated_by": task.trail.updated_by, "created_at": task.trail.created_at,
            "updated_at": task.trail.updated_at, "responsible_user_id": task.responsible_user_id,
            "group_id": 0, "entity_id": task.entity.map_or(0, |(_, id)| id),
            "entity_type": task.entity.map(|(kind, _)| kind.name()), "duration": task.duration,
            "is_completed": task.is_completed, "task_type_id": task.task_type_id,
            "text": task.text, "result": result, "complete_till": task.complete_till,
            "account_id": self.account.id, "_links": self.link(&format!("tasks/{}", task.id)),
        })
    }

    pub(super) fn note(&self, note: &Note) -> Value {
        let (kind, entity_id) = note.entity;
        json!({
            "id": note.id, "entity_id": entity_id, "created_by": note.trail.created_by,
            "updated_by": note.trail.updated_by, "created_at": note.trail.created_at,
            "updated_at": note.trail.updated_at, "responsible_user_id": note.responsible_user_id,
            "group_id": 0, "note_type": note.note_type, "params": note.params,
            "account_id": self.account.id,
            "_links": self.link(&format!("{}/{entity_id}/notes/{}", kind.name(), note.id)),
        })
    }

    pub(super) fn unsorted_parts(&self, entry: &Unsorted) -> Value {
        let all = |kind: Kind, ids: &[i64]| -> Vec<Value> {
            ids.iter().map(|id| self.reference(kind, *id)).collect()
        };
        json!({
            "contacts": all(Kind::Contacts, &entry.contact_ids),
            "leads": all(Kind::Leads, &[entry.lead_id]),
            "companies": all(Kind::Companies, &entry.company_ids),
        })
    }

    pub(super) fn unsorted(&self, entry: &Unsorted) -> Value {
        json!({
            "uid": entry.uid, "source_uid": entry.source_uid, "source_name": entry.source_name,
            "category": entry.category, "pipeline_id": entry.pipeline_id,
            "created_at": entry.created_at, "metadata": entry.metadata,
            "account_id": self.account.id,
            "_links": self.link(&format!("leads/unsorted/{}", entry.uid)),
            "_embedded": self.unsorted_parts(entry),
        })
    }

    pub(super) fn user(&self, user: &User, query: &Query) -> Value {
        let all = json!({"view": "A", "edit": "A", "add": "A", "delete": "A", "export": "A"});
        let mut shown = json!({
            "id": user.id, "name": user.name, "email": user.email, "lang": "ru",
            "rights": {
                "leads": all, "contacts": all, "companies": all,
                "tasks": {"edit": "A", "delete": "A"},
                "mail_access": false, "catalog_access": true, "files_access": true,
                "status_rights": null, "is_admin": user.is_admin, "is_free": user.is_free,
                "is_active": user.is_active, "group_id": user.group_id, "role_id": null,
            },
            "_links": self.link(&format!("users/{}", user.id)),
        });
        if query.with("amojo_id") {
            shown["amojo_id"] = json!(user.amojo_id);
        }
        if query.with("group") {
            let group = user
                .group_id
                .and_then(|id| self.account.groups.iter().find(|(known, _)| *known == id));
            let groups = group.map(|(id, name)| json!({"id": id, "name": name}));
            shown["_embedded"] = json!({"groups": groups.into_iter().collect::<Vec<_>>()});
        }
        shown
    }

    pub(super) fn pipeline(&self, pipeline: &Pipeline) -> Value {
        let statuses: Vec<Value> =
            pipeline.statuses.iter().map(|status| self.status(pipeline.id, status)).collect();
        json!({
            "id": pipeline.id, "name": pipeline.name, "sort": pipeline.sort,
            "is_main": pipeline.is_main, "is_unsorted_on": pipeline.is_unsorted_on,
            "is_archive": pipeline.is_archive, "account_id": self.account.id,
            "_links": self.link(&format!("leads/pipelines/{}", pipeline.id)),
            "_embedded": {"statuses": statuses},
        })
    }

    pub(super) fn status(&self, pipeline_id: i64, status: &super::world::Status) -> Value {
        let path = format!("leads/pipelines/{pipeline_id}/statuses/{}", status.id);
        json!({
            "id": status.id, "name": status.name, "sort": status.sort,
            "is_editable": status.kind == 0 && status.id > 1_000, "pipeline_id": pipeline_id,
            "color": status.color, "type": status.kind, "account_id": self.account.id,
            "_links": self.link(&path),
        })
    }

    pub(super) fn field(&self, field: &Field) -> Value {
        let enums: Vec<Value> = field
            .enums
            .iter()
            .map(|choice| json!({"id": choice.id, "value": choice.value, "sort": choice.sort}))
            .collect();
        let required: Vec<Value> = field
            .required_statuses
            .iter()
            .map(|(pipeline, status)| json!({"pipeline_id": pipeline, "status_id": status}))
            .collect();
        json!({
            "id": field.id, "name": field.name, "type": field.field_type,
            "account_id": self.account.id, "code": field.code, "sort": field.sort,
            "is_api_only": field.is_api_only,
            "enums": if enums.is_empty() { Value::Null } else { Value::Array(enums) },
            "group_id": null, "required_statuses": required, "is_deletable": !field.is_predefined,
            "is_predefined": field.is_predefined, "entity_type": field.kind.name(),
            "remind": null, "settings": null,
            "_links": self.link(&format!("{}/custom_fields/{}", field.kind.name(), field.id)),
        })
    }
}
