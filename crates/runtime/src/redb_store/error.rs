//! Why a data file is not opened. Each cause has its own way out, and only
//! what is damaged is ever to be moved away.

use super::format;
use redb::Error as Redb;
use rental_model::Context;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is a symbolic link; put the data file itself there", .0.display())]
    Link(PathBuf),
    #[error("others can read {path} (mode {mode:o}); run: chmod 600 {path}", path = path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("another process has {} open: is this worker running already?", .0.display())]
    InUse(PathBuf),
    #[error(
        "{} may not be read and written by this user; give it, and its folder, to the user that runs the worker (chown); \
         nothing was changed",
        path.display()
    )]
    Permission { path: PathBuf, source: std::io::Error },
    #[error("the disk of {} is full; make room and start again: nothing that was answered is lost", path.display())]
    Full { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be opened", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error(
        "{} was written by a newer version (format {format}, by {program}; this is {ours}, which reads formats up to \
         {known}); install that version, or restore a backup from before it; the file is whole: leave it where it \
         is; nothing was changed",
        path.display(), known = format::FORMAT, ours = env!("CARGO_PKG_VERSION")
    )]
    Newer { path: PathBuf, format: String, program: String },
    #[error(
        "{} is the data file of {}, and this is the {context} worker; start it with its own (--home, --data); \
         nothing was changed",
        path.display(), owner.map_or("another context", Context::name)
    )]
    NotOurs { path: PathBuf, context: Context, owner: Option<Context> },
    #[error("{} is damaged; {}", path.display(), remedy(*context))]
    Damaged { path: PathBuf, context: Context, source: Redb },
}

/// What to do about a damaged file, which depends on what only it may have.
fn remedy(context: Context) -> String {
    context.stream().map_or_else(
        || "it holds nothing of its own: move it away and start again, and everything is received again".to_owned(),
        |stream| {
            format!(
                "keep it; restore the newest backup, or, if stream {stream} is whole, move it away and start again to \
                 have it read back from there; what the stream does not have is in this file alone"
            )
        },
    )
}

/// Puts what redb or the system said under its cause.
pub(super) fn classify(path: &Path, context: Context, error: Redb) -> OpenError {
    let path = path.to_owned();
    match error {
        Redb::DatabaseAlreadyOpen => OpenError::InUse(path),
        Redb::Io(source) => io(path, context, source),
        source => OpenError::Damaged { path, context, source },
    }
}

pub(super) fn io(path: PathBuf, context: Context, source: std::io::Error) -> OpenError {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => OpenError::Full { path, source },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => OpenError::Permission { path, source },
        // redb's words for a file that is none of its own, or shorter than it says.
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
            OpenError::Damaged { path, context, source: Redb::Io(source) }
        }
        _ => OpenError::Io { path, source },
    }
}
