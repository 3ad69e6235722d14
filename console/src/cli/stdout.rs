//! Where answers go: the stdout we were given, or the fact that there is none.

use rustix::fs::{Mode, OFlags, fcntl_getfl, fstat, open};
use std::io;
use std::io::{BufWriter, Write};
use std::os::fd::AsFd;

/// What the process was started with.
pub(crate) fn stdout() -> Box<dyn Write> {
    if is_closed() { Box::new(Closed) } else { Box::new(BufWriter::new(io::stdout())) }
}

/// A stdout that was closed (`>&-`): what is written would be lost without a word.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("stdout is closed"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Before `main`, the runtime puts /dev/null, open for reading too, in the place of what is closed.
/// Who throws output away opens it for writing alone; a daemon has it for all it reads and writes.
fn is_closed() -> bool {
    is_stand_in(&io::stdout()) && !is_stand_in(&io::stdin())
}

fn is_stand_in(file: &impl AsFd) -> bool {
    let is_null = || {
        let null = open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
        Some(fstat(null).ok()?.st_rdev == fstat(file).ok()?.st_rdev)
    };
    fcntl_getfl(file).is_ok_and(|flags| flags.contains(OFlags::RDWR)) && is_null() == Some(true)
}
