//! The whole system, with real processes. Each test has a shop of its own.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod again;
mod bad_input;
mod chaos;
mod cluster;
mod command;
mod crashes;
mod deploy;
mod full_disk;
mod holes;
mod hostile;
mod inspection;
mod isolation;
mod journal;
mod link;
mod losses;
mod nats_tool;
mod payments;
mod retries;
mod rights;
mod rotation;
mod rush;
mod scenarios;
mod security;
mod shortage;
mod terminal;
mod tls;
mod untold;
mod versions;
mod watching;
