//! Portals: access to CRM accounts, and the integrations that use them, with a CRM that counts what it is
//! asked.

mod access;
mod fake;
mod integrations;
mod moving;
mod own_app;
mod parting;
mod stage;
mod story;
mod upkeep;
