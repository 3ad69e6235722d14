//! What processes say, kept in files that do not grow for ever.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A log this large is put aside at the next start.
const LARGE_BYTES: u64 = 1024 * 1024;
/// How many of those are kept: `<name>.log.1` is the latest.
const KEPT: u32 = 3;
/// How much of a log's end is shown to explain a failure.
const END_BYTES: u64 = 4096;

/// Opens a log for one more start; answers where that start's words begin.
pub(crate) fn open(path: &Path) -> std::io::Result<(File, u64)> {
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() >= LARGE_BYTES) {
        for age in (1..KEPT).rev() {
            let _ = std::fs::rename(aged(path, age), aged(path, age + 1));
        }
        std::fs::rename(path, aged(path, 1))?;
    }
    let file = File::options().create(true).append(true).mode(0o600).open(path)?;
    let begins = file.metadata()?.len();
    Ok((file, begins))
}

/// Says a line in this process's own log. A log that cannot be written is no reason to fail.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{:.3} {text}", jiff::Timestamp::now());
}

fn aged(path: &Path, age: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{age}"));
    name.into()
}

/// The last `lines` of what was said since `begins`; empty if there is nothing.
pub(crate) fn end(path: &Path, begins: u64, lines: usize) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(begins.max(length.saturating_sub(END_BYTES))))?;
        let mut bytes = Vec::new();
        file.take(END_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let text = String::from_utf8_lossy(&read().unwrap_or_default()).into_owned();
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_that_of_the_latest_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        writeln!(open(&path).unwrap().0, "old").unwrap();
        let (mut file, begins) = open(&path).unwrap();
        assert_eq!(end(&path, begins, 5), "");
        writeln!(file, "one\ntwo\nthree").unwrap();
        assert_eq!(end(&path, begins, 2), "two\nthree");
        assert_eq!(end(&path, begins, 9), "one\ntwo\nthree");
        assert_eq!(end(&folder.path().join("none"), 0, 9), "");
    }

    #[test]
    fn large_logs_are_put_aside_and_the_oldest_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let large = |mark: u8| vec![mark; usize::try_from(LARGE_BYTES).unwrap()];
        for mark in b'a'..=b'e' {
            open(&path).unwrap().0.write_all(&large(mark)).unwrap();
        }
        assert_eq!(open(&path).unwrap().1, 0, "begun anew");
        for (age, mark) in [(1, b'e'), (2, b'd'), (3, b'c')] {
            assert_eq!(std::fs::read(aged(&path, age)).unwrap()[0], mark);
        }
        assert!(!aged(&path, 4).exists());
    }
}
