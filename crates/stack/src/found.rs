//! Finding the processes of an installation by what they hold.
//!
//! A file that notes a process's number can be lost, or tell of a process that
//! is long gone; the kernel's tables cannot. A process belongs to a home if it
//! has one of the home's files open, or was started for it: what it was started
//! with stands in its arguments and its environment. Programs that merely read
//! a file of the home, a backup say, are none of ours: only the programs of an
//! installation are looked at, and only those of this user.

use crate::home::{Home, SUPERVISOR_LOCK, numbered};
use crate::identity::Identity;
use crate::launch::{BROKER, broker_url};
use rental_model::Context;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The supervisor's name among the processes.
pub const SUPERVISOR: &str = "supervisor";
/// The variable that names a process among those of its home.
pub(crate) const PROCESS_MARK: &str = "RENTAL_STACK_PROCESS";
/// The variable that names the home a process was started for.
pub(crate) const HOME_MARK: &str = "RENTAL_STACK_HOME";

/// A running process of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What people call it: `broker`, `order` …
    pub name: String,
    pub identity: Identity,
    /// Where the broker is reached which it is, or belongs to.
    pub address: String,
}

/// Every process of `home` but this one.
pub fn processes(home: &Home) -> Vec<Found> {
    let root = real(home.root());
    let others = own_processes().filter(|pid| *pid != std::process::id());
    others.filter_map(|pid| look(pid, &root)).collect()
}

/// The process that has `file` (or the socket of this name) open.
pub(crate) fn holder(file: &Path) -> Option<u32> {
    let file = real(file);
    own_processes().find(|pid| held(*pid).contains(&file))
}

/// The numbers of this user's processes.
fn own_processes() -> impl Iterator<Item = u32> {
    let user = rustix::process::geteuid().as_raw();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter(move |entry| entry.metadata().is_ok_and(|process| process.uid() == user))
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn look(pid: u32, root: &Path) -> Option<Found> {
    let identity = Identity::of(pid)?;
    let process = Traces::of(pid)?;
    let name = process.name()?;
    let found = Found { address: process.address(&name), identity, name };
    // What was read is of this process only if it is still the same.
    (process.belongs_to(root, &found.name) && found.identity.is_running()).then_some(found)
}

/// The files a process has open.
fn held(pid: u32) -> Vec<PathBuf> {
    let handles = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    handles.filter_map(|handle| std::fs::read_link(handle.path()).ok()).collect()
}

fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// What can be seen of a process.
#[derive(Debug)]
struct Traces {
    arguments: Vec<OsString>,
    environment: Vec<OsString>,
    /// The program's name, by its file and as it was called.
    programs: [String; 2],
    folder: PathBuf,
    held: Vec<PathBuf>,
}

impl Traces {
    fn of(pid: u32) -> Option<Self> {
        let arguments = pieces(&std::fs::read(format!("/proc/{pid}/cmdline")).ok()?);
        let environment = pieces(&std::fs::read(format!("/proc/{pid}/environ")).ok()?);
        let link = |name| std::fs::read_link(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // A program that was built anew meanwhile shows as deleted.
        let program = name(&link("exe")).trim_end_matches(" (deleted)").to_owned();
        let called = arguments.first().map(|called| name(Path::new(called))).unwrap_or_default();
        Some(Self { arguments, environment, programs: [program, called], folder: link("cwd"), held: held(pid) })
    }

    /// Which process of an installation it is; none if it is no such program.
    fn name(&self) -> Option<String> {
        if let Some(marked) = self.variable(PROCESS_MARK) {
            return Some(marked.to_string_lossy().into_owned());
        }
        let is = |program: &str| self.programs.iter().any(|name| name == program);
        if is("rental-worker") {
            let context = self.arguments.iter().skip(1).find_map(|word| word.to_str()?.parse::<Context>().ok())?;
            return Some(context.name().to_owned());
        }
        if is("rental-stack") && self.arguments.iter().any(|word| word == "supervise") {
            return Some(SUPERVISOR.to_owned());
        }
        let streams = self.streams().filter(|_| self.programs.iter().any(|name| name.starts_with("nats-server")))?;
        let folder = streams.file_name()?.to_str()?.to_owned();
        (0..10).find(|index| numbered("jetstream", *index) == folder).map(|index| numbered(BROKER, index))
    }

    fn belongs_to(&self, root: &Path, name: &str) -> bool {
        let mut is_of_another = false;
        for file in &self.held {
            let (Some(folder), Some(file)) = (file.parent(), file.file_name().and_then(OsStr::to_str)) else {
                continue;
            };
            let kind = folder.file_name().and_then(OsStr::to_str).unwrap_or_default();
            let (is_its_own, is_certain) = match kind {
                "logs" => (file.starts_with(&format!("{name}.log")), self.variable(PROCESS_MARK).is_some()),
                "data" => (file.starts_with(&format!("{name}.redb")), true),
                "pids" => (file.starts_with(SUPERVISOR_LOCK) && name == SUPERVISOR, true),
                _ => continue,
            };
            if is_its_own && folder.parent() == Some(root) {
                return true;
            }
            is_of_another |= is_its_own && is_certain;
        }
        // A home that was renamed under its processes is where their files are now.
        !is_of_another && self.home().is_some_and(|home| real(&home) == *root)
    }

    /// The home it was started for.
    fn home(&self) -> Option<PathBuf> {
        let streams = || Some(self.streams()?.parent()?.parent()?.to_owned());
        let named = || self.option("--home").or_else(|| self.variable("RENTAL_HOME"));
        let home = self.variable(HOME_MARK).map(PathBuf::from).or_else(streams);
        Some(self.folder.join(home.or_else(|| named().map(PathBuf::from))?))
    }

    /// A broker's folder of streams.
    fn streams(&self) -> Option<PathBuf> {
        let quoted = self.variable("RENTAL_JETSTREAM_DIR")?;
        let bare = quoted.to_str()?.trim_matches('"').replace("\\\"", "\"").replace("\\\\", "\\");
        Some(bare.into())
    }

    fn address(&self, name: &str) -> String {
        let port = || self.option("--port").or_else(|| self.variable("RENTAL_NATS_PORT"));
        let at_port = || port().and_then(|port| port.to_str()?.parse().ok()).map_or_else(String::new, broker_url);
        let url = || self.option("--nats-url").or_else(|| self.variable("RENTAL_NATS_URL"));
        if name.starts_with(BROKER) || name == SUPERVISOR {
            return at_port();
        }
        url().map_or_else(at_port, |url| url.to_string_lossy().into_owned())
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        let value = |entry: &OsString| {
            let value = entry.as_bytes().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
            Some(OsString::from_vec(value.to_vec()))
        };
        self.environment.iter().find_map(value)
    }

    /// The value of an option, given as `--name value` or `--name=value`.
    fn option(&self, name: &str) -> Option<OsString> {
        let mut words = self.arguments.iter();
        while let Some(word) = words.next() {
            if word == name {
                return words.next().cloned();
            }
            let value = word.as_bytes().strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
            if let Some(value) = value {
                return Some(OsString::from_vec(value.to_vec()));
            }
        }
        None
    }
}

/// What the kernel tells with a zero byte behind each piece.
fn pieces(bytes: &[u8]) -> Vec<OsString> {
    let pieces = bytes.split(|byte| *byte == 0).filter(|piece| !piece.is_empty());
    pieces.map(|piece| OsString::from_vec(piece.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(command: &str, environment: &[&str], held: &[&str]) -> Traces {
        let arguments: Vec<OsString> = command.split(' ').map(Into::into).collect();
        let program = Path::new(&arguments[0]).file_name().unwrap().to_str().unwrap().to_owned();
        Traces {
            programs: [program.clone(), program],
            arguments,
            environment: environment.iter().map(Into::into).collect(),
            folder: "/elsewhere".into(),
            held: held.iter().map(Into::into).collect(),
        }
    }

    fn is_of(traces: &Traces, root: &str) -> Option<String> {
        traces.name().filter(|name| traces.belongs_to(Path::new(root), name))
    }

    #[test]
    fn a_worker_is_known_by_its_data_file_and_before_it_has_opened_it_by_its_home() {
        let by_hand = traces("/bin/rental-worker --home shop order", &[], &[]);
        assert_eq!(is_of(&by_hand, "/elsewhere/shop").as_deref(), Some("order"));
        let holding = traces("rental-worker order", &["RENTAL_HOME=/old"], &["/new/data/order.redb"]);
        assert_eq!(is_of(&holding, "/new").as_deref(), Some("order"), "the home was renamed");
        assert_eq!(is_of(&holding, "/old"), None);
    }

    #[test]
    fn a_broker_is_known_by_its_streams_and_where_it_is_reached_by_its_port() {
        let environment = ["RENTAL_JETSTREAM_DIR=\"/a \\\"shop\\\"/data/jetstream-2\"", "RENTAL_NATS_PORT=4333"];
        let broker = traces("/opt/nats-server --config x", &environment, &[]);
        assert_eq!(is_of(&broker, "/a \"shop\"").as_deref(), Some("broker-2"));
        assert_eq!(broker.address("broker-2"), "nats://127.0.0.1:4333");
        let shell = traces("/bin/bash", &environment, &[]);
        assert_eq!(is_of(&shell, "/a \"shop\""), None, "a shell in which the variables are set");
    }

    #[test]
    fn who_only_reads_a_file_of_the_home_is_none_of_ours() {
        let backup = traces("/bin/cp -r /shop/data /backup", &[], &["/shop/data/order.redb"]);
        assert_eq!(is_of(&backup, "/shop"), None);
        let tail = traces("/usr/bin/tail -f", &["RENTAL_HOME=/shop"], &["/shop/logs/order.log"]);
        assert_eq!(is_of(&tail, "/shop"), None);
    }

    #[test]
    fn what_was_started_here_is_marked_and_its_open_log_tells_where_its_home_is_now() {
        let marks = ["RENTAL_STACK_PROCESS=billing", "RENTAL_STACK_HOME=/old"];
        let starting = traces("/bin/anything", &marks, &[]);
        assert_eq!(is_of(&starting, "/old").as_deref(), Some("billing"));
        let moved = traces("/bin/anything", &marks, &["/new/logs/billing.log.1"]);
        assert_eq!((is_of(&moved, "/old"), is_of(&moved, "/new").as_deref()), (None, Some("billing")));
    }

    #[test]
    fn a_running_process_is_found_with_all_it_was_started_with() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path()).unwrap();
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .env(PROCESS_MARK, "order")
            .env(HOME_MARK, folder.path())
            .env("RENTAL_NATS_PORT", "4333")
            .spawn()
            .unwrap();
        let found = processes(&home);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(
            found.iter().map(|it| (it.name.as_str(), it.identity.pid)).collect::<Vec<_>>(),
            [("order", child.id())]
        );
        assert_eq!(found[0].address, "nats://127.0.0.1:4333");
        assert_eq!(processes(&home), []);
    }
}
