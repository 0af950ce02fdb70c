//! The site widget as a channel: the driver of kind `widget`, and the script and frame that run in
//! the visitor's browser.
//!
//! This crate decides what a site may do, what a visitor's frame means and what the page draws. It
//! holds no socket, knows no visitor rows and answers no request: the web layer does, through the
//! [`channel::Site`] role. Start at [`Widget`]; the browser's side is in `assets/`, where
//! `loader.js` runs in the company's page and everything else inside an iframe of our own origin.

mod assets;
mod driver;
mod files;
mod frame;
mod origin;
mod page;
mod settings;
mod visit;

pub use driver::Widget;
