//! A local installation of the rental service: keys, broker and five workers,
//! started and stopped together.
//!
//! [`Home`] says where everything of one installation lies. [`up()`] starts a
//! supervisor for a home and waits until the workers serve; [`supervise`] is
//! what that does: it starts the broker and the workers, and starts again what
//! dies. [`down()`] ends all of them. The command `rental-stack` stands on these.
//! [`Stack`] is an installation whose processes its holder stops, kills and
//! pauses by itself, each a [`Process`]: for the end-to-end tests.
//!
//! **Processes are found by what they hold, and not by what a file says.**
//! **A process is signalled only if it is surely the one that was found**: its
//! number, its start time and the machine's boot are compared before.

mod broker_files;
mod cluster;
mod down;
mod found;
mod home;
mod identity;
mod launch;
mod log;
pub mod mend;
pub mod permissions;
pub mod port;
mod process;
mod report;
mod restarts;
mod rotate;
mod stack;
mod storage;
mod supervisor;
mod up;
mod wait;

pub use cluster::{Member, member_name};
pub use down::{down, names, running};
pub use found::{Found, SUPERVISOR, processes};
pub use home::{Home, HomeError};
pub use identity::Identity;
pub use launch::{BROKER_CONFIG, LaunchError, MissingProgram, Options, broker_url, nkey_variable};
pub use process::{Ending, Launch, Ownership, Process, ProcessError};
pub use report::{Care, Report, State};
pub use restarts::HOPELESS;
pub use rotate::{RotateError, rotate};
pub use stack::{Stack, StartError};
pub use storage::full_disk;
pub use supervisor::{SuperviseError, supervise};
pub use up::{Up, UpError, undo, up};
pub use wait::{Progress, phase, serving, staff};
