//! The Avito driver from outside: fixtures in, the sandbox at the other end.

mod contract;
mod receiving;
mod reconciling;
mod rights;
mod sending;
mod world;
