//! Telling a process from another that got its number later.

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::os::fd::OwnedFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A process, for ever: the kernel gives numbers out again, but never with the
/// same start time in the same boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub pid: u32,
    /// Clock ticks from boot to its start.
    started_ticks: u64,
    /// Names the boot.
    boot: String,
}

impl Identity {
    /// The process that has this number now; none if there is none.
    pub fn of(pid: u32) -> Option<Self> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let started_ticks = started_ticks(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
        Some(Self { pid, started_ticks, boot: boot.trim().to_owned() })
    }

    pub fn is_running(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Waits until it has ended, also if somebody else is to reap it.
    pub async fn ended(&self) -> std::io::Result<()> {
        let Some(handle) = self.open()? else { return Ok(()) };
        if self.is_running() {
            // The kernel wakes us: a process that is watched costs nothing.
            watched(handle)?.readable().await?.retain_ready();
        }
        Ok(())
    }

    /// A handle of the process that has this number now.
    fn open(&self) -> std::io::Result<Option<OwnedFd>> {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else { return Ok(None) };
        match pidfd_open(pid, PidfdFlags::empty()) {
            Err(rustix::io::Errno::SRCH) => Ok(None),
            other => Ok(Some(other?)),
        }
    }

    /// Signals the process, if it still is the same. Answers whether it was.
    pub fn signal(&self, signal: Signal) -> std::io::Result<bool> {
        // The handle is taken first: what is compared is what is signalled.
        let Some(handle) = self.open()? else { return Ok(false) };
        if !self.is_running() {
            return Ok(false);
        }
        match pidfd_send_signal(&handle, signal) {
            Err(rustix::io::Errno::SRCH) => Ok(false),
            other => Ok(other.map(|()| true)?),
        }
    }
}

#[expect(deprecated, reason = "its replacement is unsafe; an OwnedFd keeps the promise that one asks for")]
fn watched(handle: OwnedFd) -> std::io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(handle, Interest::READABLE)
}

/// The start time in `/proc/<pid>/stat`; none for a process that has ended and
/// only waits to be noticed by its parent.
fn started_ticks(stat: &str) -> Option<u64> {
    // The name in brackets may hold anything, brackets and blanks too.
    let fields: Vec<&str> = stat.get(stat.rfind(')')? + 1..)?.split_whitespace().collect();
    if matches!(*fields.first()?, "Z" | "X") {
        return None;
    }
    // Field 22 of the line; the first after the name is field 3.
    fields.get(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_time_is_found_behind_a_strange_name() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 2 3";
        assert_eq!(started_ticks(stat), Some(4711));
        assert_eq!(started_ticks(&stat.replace(") S ", ") Z ")), None, "ended");
        assert_eq!(started_ticks("7 (a"), None);
        assert_eq!(started_ticks(""), None);
    }

    #[tokio::test]
    async fn the_end_of_a_process_is_received_of_before_anybody_reaps_it() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let identity = Identity::of(child.id()).unwrap();
        let waiting = tokio::spawn({
            let identity = identity.clone();
            async move { identity.ended().await }
        });
        identity.signal(Signal::KILL).unwrap();
        tokio::time::timeout(std::time::Duration::from_secs(10), waiting).await.unwrap().unwrap().unwrap();
        identity.ended().await.unwrap();
        assert!(!identity.is_running());
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_only_has_the_number_is_left_alone() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let identity = Identity::of(child.id()).unwrap();
        let other = Identity { started_ticks: identity.started_ticks + 1, ..identity.clone() };
        let rebooted = Identity { boot: "another".to_owned(), ..identity.clone() };
        for stranger in [other, rebooted] {
            assert!(!stranger.is_running());
            assert!(!stranger.signal(Signal::KILL).unwrap());
        }
        assert!(identity.is_running());
        assert!(identity.signal(Signal::KILL).unwrap());
        child.wait().unwrap();
        assert!(!identity.is_running());
        assert!(!identity.signal(Signal::KILL).unwrap());
    }
}
