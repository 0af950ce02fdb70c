//! The demo channel: a service that does not exist, so that a newcomer sees a message come in and an
//! answer go out on any machine, and sample conversations can be answered without reaching anybody.
//!
//! Nothing leaves the process. What is sent is delivered, then read, and a question is answered by
//! an invented customer; what is sent can be changed, taken back and given emoji. This much is kept in memory alone: a restart, or a listener in another
//! process, leaves a message `sent`, which is no lie.
//!
//! Start reading at `driver.rs`.

mod driver;
mod obliging;
mod play;
mod settings;

pub use driver::Demo;
