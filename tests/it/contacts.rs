//! Contacts, tags, merges, the black list and search: CV-8, CV-9, WA-5, BY-9, OW-3, OW-4.

mod company;
mod known;
mod merges;
mod search;
mod sight;
