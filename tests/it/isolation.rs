//! Companies do not reach one another: every id position of the API (S8), the sweep without a login
//! (S11), and the second wall in the database with its mutants (S10).

mod company;
mod probe;
mod wall;
