//! Beseda from outside: through HTTP and sockets, on a real Postgres, with counterparts of the
//! messengers. One binary, so that it links once.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests own clients, time and the environment, start tasks of their own, and fail by \
              panicking"
)]

mod autoru;
mod avito;
mod board;
mod channel_memory;
mod config;
mod contacts;
mod crm;
mod crm_chats;
mod crm_files_awaited;
mod crm_portals;
mod crm_shared_chats;
mod crm_since;
mod crm_store;
mod crm_stubborn_faults;
mod crm_sync;
mod crm_two_workers;
mod crm_words;
mod demo;
mod directories;
mod doctor;
mod email;
mod endpoints;
mod feed;
mod files;
mod first_chats;
mod hooks;
mod hostile;
mod isolation;
mod number_checks;
mod openapi;
mod paid_number_checks;
mod people;
mod quarantined_crm_webhooks;
mod queue;
mod repeats;
mod routing;
mod secrets;
mod sent_messages;
mod several_nodes;
mod sms;
mod sms_http;
mod socket;
mod start;
mod telegram;
mod telegram_changes;
mod upgrade;
mod viber;
mod visitors;
mod vk;
mod web;
mod widget;
mod workstation;
