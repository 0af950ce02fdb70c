//! The driver from outside: the contract of all drivers, and VK's sandbox as the other side.

mod changing;
mod connecting;
mod contract;
mod events;
mod polling;
mod sending;
mod world;
