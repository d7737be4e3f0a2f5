//! The HTTP edge over real HTTP, before a small schema of its own.

mod queries;
mod server;
mod uploads;
