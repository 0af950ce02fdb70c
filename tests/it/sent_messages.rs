//! What becomes of messages after they are sent: receipts by parts and by place (CV-7), changes,
//! removals and emoji (CV-6), signs of reading and writing (OW-6), services' black lists (WA-5). The
//! driver is a puppet that writes down what it is asked.

mod changes;
mod people;
pub(crate) mod puppet;
mod reactions;
mod receipts;
mod signs;
pub(crate) mod stage;
mod uncertain;
