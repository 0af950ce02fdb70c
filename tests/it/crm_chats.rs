//! The chat inside amoCRM (AMO-13, WA): customers with messengers on one side, people of the CRM on the
//! other, Beseda between them.

mod access;
mod avito;
mod by_sms;
mod employees;
mod failing;
mod first;
mod house;
mod neighbours;
mod odd_hooks;
mod refused;
mod stage;
mod talking;
mod unsorted;
mod vk;
mod ways;
