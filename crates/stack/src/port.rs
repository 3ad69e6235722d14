//! Ports: finding a free one, and who sits on one.

use std::fs::{File, TryLockError};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

/// The ports that are handed out. The system gives none of these to an outgoing connection by
/// itself: one that it gives could be taken between here and its use.
const HANDED_OUT: std::ops::Range<u16> = 10_000..32_000;

/// The ports this process has been handed, locked against all others until it ends.
static KEPT: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A port nobody listens on now, and that no other process is handed while this one lives.
pub fn free() -> io::Result<u16> {
    let first = fastrand::u16(HANDED_OUT);
    let ports = (first..HANDED_OUT.end).chain(HANDED_OUT.start..first);
    for port in ports {
        if let Some(lock) = reserve(port)?
            && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        {
            KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
            return Ok(port);
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, "every port is in use"))
}

/// Ports nobody listens on now, each another.
pub fn several<const N: usize>() -> io::Result<[u16; N]> {
    let mut ports = [0; N];
    for port in &mut ports {
        *port = free()?;
    }
    Ok(ports)
}

/// Takes a port against other processes that look for one; none if one of them has it.
fn reserve(port: u16) -> io::Result<Option<File>> {
    let folder = std::env::temp_dir().join(format!("rental-ports-{}", rustix::process::geteuid().as_raw()));
    std::fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join(port.to_string()))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Who listens on `port`, as far as it can be told; none if it is free.
pub fn occupant(port: u16) -> Option<String> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => None,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Some(listener(port).unwrap_or_else(|| "a process of another user".to_owned()))
        }
        Err(error) => Some(format!("this system ({error})")),
    }
}

/// Name and number of the process that listens, if it is one of ours.
fn listener(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let inode = tables.iter().find_map(|table| listening_inode(table, port))?;
    let wanted = format!("socket:[{inode}]");
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        // `self` and the like are the same processes again.
        let name = process.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(handles) = std::fs::read_dir(process.path().join("fd")) else { continue };
        let is_it = handles
            .flatten()
            .any(|handle| std::fs::read_link(handle.path()).is_ok_and(|to| to.as_os_str() == wanted.as_str()));
        if is_it {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (process {pid})", name.trim()));
        }
    }
    None
}

fn listening_inode(table: &str, port: u16) -> Option<&str> {
    const LISTENING: &str = "0A";
    let ending = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_it = fields.get(1)?.ends_with(&ending) && *fields.get(3)? == LISTENING;
        if is_it { fields.get(9).copied() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_names_who_has_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let who = occupant(port).unwrap();
        assert!(who.contains(&format!("process {}", std::process::id())), "{who}");
    }

    #[test]
    fn a_free_port_is_free() {
        assert_eq!(occupant(free().unwrap()), None);
    }

    /// The system handed the same port out again, or to an outgoing connection, before a test's
    /// broker listened on it.
    #[test]
    fn a_port_is_handed_out_once() {
        let mut ports = several::<200>().unwrap().to_vec();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 200);
        assert!(ports.iter().all(|port| reserve(*port).unwrap().is_none()));
    }
}
