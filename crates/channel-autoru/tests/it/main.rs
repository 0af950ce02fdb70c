//! The Auto.ru driver from outside: fixtures in, the sandbox at the other end.

mod contract;
mod hostile;
mod reading;
mod sending;
mod world;
