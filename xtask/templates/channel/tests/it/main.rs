//! The driver against the house's contract and against a counterpart on this machine. Replace the
//! fixtures by real, cleaned payloads of the service, one for each kind that it documents.

mod contract;
mod sending;
mod support;
