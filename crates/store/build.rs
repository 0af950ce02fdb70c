//! New migration files rebuild this crate.
fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
