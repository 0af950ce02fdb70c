//! `beseda doctor`: looks at an installation without changing it and says in plain words what is
//! wrong and what to do.

mod examine;
mod report;

pub use examine::examine;
pub use report::Language;
