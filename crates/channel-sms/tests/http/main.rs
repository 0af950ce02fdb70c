//! SMS over the providers' HTTP APIs, from outside: the driver against the sandbox, which is written
//! from the providers' documents and shares no code with it.
#![expect(clippy::disallowed_methods, reason = "tests own their tasks and their time")]

mod connecting;
mod contract;
mod numbers;
mod receiving;
mod sending;
mod world;
