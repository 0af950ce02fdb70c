//! Tags of an entity, by name or number; a new name makes a new tag.

use super::Acting;
use crate::amo::{
    draft::{TagChange, TagRef},
    world::{Kind, Tag},
};

impl Acting<'_> {
    /// The number of a tag; a new name makes a new tag.
    pub(in crate::amo) fn tag(&mut self, kind: Kind, name: &str) -> i64 {
        let known = self
            .account
            .tags
            .values()
            .find(|tag| tag.kind == kind && tag.name.to_lowercase() == name.to_lowercase());
        if let Some(tag) = known {
            return tag.id;
        }
        let id = self.ids.made();
        self.account.tags.insert(id, Tag { id, kind, name: name.to_owned(), color: None });
        id
    }

    pub(super) fn tags(&mut self, kind: Kind, present: &[i64], change: &TagChange) -> Vec<i64> {
        let ids_of = |tags: &[TagRef], acting: &mut Self| -> Vec<i64> {
            let id = |tag: &TagRef| match tag {
                TagRef::Id(id) => *id,
                TagRef::Name(name) => acting.tag(kind, name),
            };
            tags.iter().map(id).collect()
        };
        if let Some(replace) = &change.replace {
            let mut tags = ids_of(replace, self);
            tags.dedup();
            return tags;
        }
        let mut tags = present.to_vec();
        for id in ids_of(&change.add, self) {
            if !tags.contains(&id) {
                tags.push(id);
            }
        }
        let gone: Vec<i64> = change
            .delete
            .iter()
            .filter_map(|tag| match tag {
                TagRef::Id(id) => Some(*id),
                TagRef::Name(name) => {
                    let of_name = |tag: &&Tag| tag.kind == kind && tag.name == *name;
                    self.account.tags.values().find(of_name).map(|tag| tag.id)
                }
            })
            .collect();
        tags.retain(|id| !gone.contains(id));
        tags
    }
}
