//! The socket at which a worker is asked how it is by those on its own machine,
//! and how to ask there.

use rental_bus::health::{Health, Verdict};
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a worker may take to answer a probe.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Answers longer than this are none of ours.
const LONGEST_ANSWER: u64 = 1 << 20;

/// Listens at `path`, for the owner of the process alone.
pub(crate) fn listen(path: &Path) -> std::io::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match std::fs::symlink_metadata(path) {
        // Left behind by a process that was killed; one that lives answers.
        Ok(metadata) if metadata.file_type().is_socket() => match connect(path) {
            Ok(_) => return Err(ErrorKind::AddrInUse.into()),
            Err(_) => std::fs::remove_file(path)?,
        },
        Ok(_) => return Err(std::io::Error::other("there is a file of another kind")),
        Err(_) => {}
    }
    let (short, _folder) = shortened(path)?;
    let listener = UnixListener::bind(short)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

fn connect(path: &Path) -> std::io::Result<UnixStream> {
    let (short, _folder) = shortened(path)?;
    UnixStream::connect(short)
}

/// The same place by a name that fits into a socket's address (107 bytes), however deep it lies.
fn shortened(path: &Path) -> std::io::Result<(PathBuf, OwnedFd)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = openat(CWD, folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let name = path.file_name().unwrap_or_default();
    Ok((Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name), folder))
}

/// Asks the worker that listens at `path`; `what` is `/livez`, `/readyz` or `/healthz`.
///
/// Whatever keeps it from answering is its being down.
pub fn probe(path: &Path, what: &str) -> Health {
    let (answered, answers) = std::sync::mpsc::channel();
    let (at, query) = (path.to_owned(), what.to_owned());
    // On a thread of its own: a frozen worker's queue may be full, and then connecting has no end.
    std::thread::spawn(move || answered.send(ask(&at, &query)));
    let answer = answers.recv_timeout(ANSWER_WITHIN).unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()));
    let down = |words: String| Health::new(Verdict::Down, words);
    match answer {
        Ok(answer) => Health::parse(&answer).unwrap_or_else(|| down("its answer cannot be read".to_owned())),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            down(format!("no worker runs here ({})", path.display()))
        }
        Err(error) if error.kind() == ErrorKind::TimedOut => {
            down(format!("the worker does not answer within {} s", ANSWER_WITHIN.as_secs()))
        }
        Err(error) => down(format!("the worker cannot be asked ({}): {error}", path.display())),
    }
}

fn ask(path: &Path, what: &str) -> std::io::Result<String> {
    let mut stream = connect(path)?;
    write!(stream, "GET {what} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(LONGEST_ANSWER).read_to_string(&mut answer)?;
    Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_lies_as_deep_as_the_installation_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d".repeat(120)).join("order.sock");
        let first = listen(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(listen(&path).unwrap_err().kind(), ErrorKind::AddrInUse);
        drop(first);
        listen(&path).unwrap();
    }

    #[test]
    fn where_nobody_listens_the_worker_is_down() {
        let folder = tempfile::tempdir().unwrap();
        let health = probe(&folder.path().join("order.sock"), "/livez");
        assert_eq!(health.verdict, Verdict::Down);
        assert!(health.words.starts_with("no worker runs here"), "{health}");
    }

    #[test]
    fn what_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("order.sock");
        std::fs::write(&path, "mine").unwrap();
        assert!(listen(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    }
}
