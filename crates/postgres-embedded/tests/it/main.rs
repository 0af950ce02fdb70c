//! The private Postgres through its failure cases, each on a cluster of its own in a temporary
//! folder. Run as root they use the user `postgres`; run as an ordinary user the two cases that
//! need root have nothing to show and say so.

mod deaths;
mod first_start;
mod left_behind;
mod refusals;
mod support;
