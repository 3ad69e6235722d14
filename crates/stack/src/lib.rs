//! A local installation of the rental service: keys, broker and five workers,
//! started and stopped together.
//!
//! [`Home`] says where everything of one installation lies. [`Stack`] starts the
//! broker and the workers of a home and waits until they serve; [`Process`] is
//! one of them, to be stopped, killed, paused and started again. The command
//! `rental-stack` and the end-to-end tests both stand on these.
//!
//! **A process is ended only if it is surely the one that was started**: its
//! number, its start time and the machine's boot are noted in its pid file and
//! compared before every signal.

mod broker_files;
mod cluster;
mod down;
mod home;
mod identity;
mod launch;
mod log;
pub mod port;
mod process;
mod rotate;
mod stack;
mod wait;

pub use cluster::{Member, member_name};
pub use down::{down, names, running};
pub use home::{Home, HomeError};
pub use identity::Identity;
pub use launch::{BROKER_CONFIG, LaunchError, MissingProgram, Options, broker_url, nkey_variable};
pub use process::{Ending, Launch, Ownership, Process, ProcessError};
pub use rotate::{RotateError, rotate};
pub use stack::{Stack, StartError};
pub use wait::{Progress, phase, serving, staff};
