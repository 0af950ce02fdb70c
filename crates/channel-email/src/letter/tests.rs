//! Letters of every kind.
