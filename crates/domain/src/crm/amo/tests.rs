//! Rules of amoCRM, each by its number.
