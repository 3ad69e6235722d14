//! Ports: finding a free one, and who sits on one.

use std::fs::{File, TryLockError};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a port that is in use is looked at.
const LOOK: Duration = Duration::from_millis(50);

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

/// What keeps a port from a new listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occupant {
    /// A process of this user listens.
    Listener { name: String, pid: u32 },
    /// A process of another user listens.
    OtherUser(u32),
    /// A process has a connection that goes out from this very port.
    Connection { name: String, pid: u32 },
    /// Nobody any more: whoever had it has just ended, and the kernel is still closing it.
    Closing,
    /// The system refuses it for another reason.
    System(String),
}

impl std::fmt::Display for Occupant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listener { name, pid } => write!(f, "{name} (process {pid})"),
            Self::OtherUser(user) => write!(f, "a process of another user (user id {user})"),
            Self::Connection { name, pid } => write!(f, "a connection {name} (process {pid}) has made from it"),
            Self::Closing => f.write_str("a process that has ended, and whose connections are still being closed"),
            Self::System(why) => write!(f, "this system ({why})"),
        }
    }
}

/// What keeps `port` from a new listener; none if it is free.
pub fn occupant(port: u16) -> Option<Occupant> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => None,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Some(look(port)),
        Err(error) => Some(Occupant::System(error.to_string())),
    }
}

/// What still keeps `port` after all that goes away by itself has had its time.
///
/// Whoever is killed is gone for `kill` before the kernel has closed its sockets.
pub async fn occupant_after_all(port: u16) -> Option<Occupant> {
    let begun = Instant::now();
    loop {
        let occupant = occupant(port)?;
        let patience = match occupant {
            Occupant::Listener { .. } => Duration::from_secs(1),
            Occupant::Closing | Occupant::Connection { .. } => Duration::from_secs(10),
            Occupant::OtherUser(_) | Occupant::System(_) => Duration::ZERO,
        };
        if begun.elapsed() >= patience {
            return Some(occupant);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn look(port: u16) -> Occupant {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let sockets: Vec<Socket> = tables.iter().flat_map(|table| sockets_at(table, port)).collect();
    let named = |socket: &Socket| {
        let pid = crate::found::holder(Path::new(&format!("socket:[{}]", socket.inode)))?;
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        Some((name.trim().to_owned(), pid))
    };
    let (listening, others): (Vec<_>, Vec<_>) = sockets.into_iter().partition(|socket| socket.is_listening);
    if let Some((name, pid)) = listening.iter().find_map(named) {
        return Occupant::Listener { name, pid };
    }
    let user = rustix::process::geteuid().as_raw();
    if let Some(other) = listening.iter().find(|socket| socket.user != user) {
        return Occupant::OtherUser(other.user);
    }
    match others.iter().find_map(named) {
        Some((name, pid)) => Occupant::Connection { name, pid },
        None => Occupant::Closing,
    }
}

/// A line of the kernel's table.
#[derive(Debug, PartialEq, Eq)]
struct Socket<'a> {
    is_listening: bool,
    user: u32,
    inode: &'a str,
}

fn sockets_at(table: &str, port: u16) -> impl Iterator<Item = Socket<'_>> {
    const LISTENING: &str = "0A";
    let ending = format!(":{port:04X}");
    table.lines().skip(1).filter_map(move |line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_there = fields.get(1)?.ends_with(&ending);
        let socket = || {
            let user = fields.get(7)?.parse().ok()?;
            Some(Socket { is_listening: *fields.get(3)? == LISTENING, user, inode: fields.get(9)? })
        };
        if is_there { socket() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn a_taken_port_names_who_has_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let Some(Occupant::Listener { pid, .. }) = occupant(port) else { panic!("{:?}", occupant(port)) };
        assert_eq!(pid, std::process::id());
    }

    #[test]
    fn a_port_that_a_connection_goes_out_from_is_no_other_users() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let connection = TcpStream::connect(server.local_addr().unwrap()).unwrap();
        let port = connection.local_addr().unwrap().port();
        let Some(Occupant::Connection { pid, .. }) = occupant(port) else { panic!("{:?}", occupant(port)) };
        assert_eq!(pid, std::process::id());
    }

    #[test]
    fn the_kernels_table_tells_whose_a_socket_is() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
             0: 0100007F:107E 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 4711 1 0\n   \
             1: 0100007F:107E 0100007F:9C40 04 00000000:00000000 01:00000014 00000000     0        0 0 3 0\n   \
             2: 0100007F:107F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n";
        let found: Vec<Socket> = sockets_at(table, 4222).collect();
        let closing = Socket { is_listening: false, user: 0, inode: "0" };
        assert_eq!(found, [Socket { is_listening: true, user: 1001, inode: "4711" }, closing]);
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
