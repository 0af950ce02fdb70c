//! HTML of letters. Nothing here trusts its input: the shape is checked in one linear pass before
//! the sanitiser sees it, because building a tree of nested elements is quadratic.

mod clean;
mod shape;
mod text;
mod tokens;

pub use clean::clean;
pub use shape::simple_enough;
pub use text::to_text;
