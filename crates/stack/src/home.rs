//! Where everything of one installation lies.

use crate::broker_files;
use crate::found;
use rental_bus::keys;
use rental_model::Context;
use std::fs::File;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const LOCK: &str = "lock";
pub(crate) const SUPERVISOR_LOCK: &str = "supervisor.lock";
/// How often a lock that another holds is tried.
const LOOK: Duration = Duration::from_millis(50);

/// The folder of an installation: `RENTAL_HOME`.
///
/// ```text
/// data/<context>.redb   each context's ledger
/// data/jetstream/       the broker's streams; of a second one `data/jetstream-2/`, and so on
/// keys/<user>.nk        each user's secret key
/// keys.conf             the public ones, as the broker reads them
/// nats.conf             what the broker is started with
/// nats/<user>.json      where the `nats` tool finds this installation, and as whom
/// logs/<process>.log    what each process says
/// pids/lock             held while `up` or `down` is at work
/// pids/supervisor.lock  held by the supervisor
/// pids/supervisor.json  what the supervisor says about the processes
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
}

/// Why an installation's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    #[error("{} cannot be made or used; set RENTAL_HOME to a folder of your own", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Key(#[from] keys::KeyError),
    #[error("another `up` or `down`{process} is at work in {}; wait for it to end, or end it", home.display())]
    Busy { home: PathBuf, process: String },
}

impl Home {
    /// The installation in `root`; a relative path counts from the current folder.
    pub fn new(root: &Path) -> Result<Self, HomeError> {
        let root = std::path::absolute(root).map_err(|source| HomeError::Folder { path: root.to_owned(), source })?;
        Ok(Self { root })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A context's ledger.
    pub fn data(&self, context: Context) -> PathBuf {
        self.root.join("data").join(format!("{context}.redb"))
    }

    /// The broker's streams.
    pub fn jetstream(&self) -> PathBuf {
        self.jetstream_of(0)
    }

    /// The streams of one broker of several.
    pub fn jetstream_of(&self, broker: usize) -> PathBuf {
        self.root.join("data").join(numbered("jetstream", broker))
    }

    /// A user's secret key.
    pub fn key(&self, user: &str) -> PathBuf {
        keys::path(&self.root, user)
    }

    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    pub fn pids(&self) -> PathBuf {
        self.root.join("pids")
    }

    /// What a process says.
    pub fn log(&self, process: &str) -> PathBuf {
        self.logs().join(format!("{process}.log"))
    }

    /// What the supervisor says.
    pub fn report(&self) -> PathBuf {
        self.pids().join("supervisor.json")
    }

    /// Makes the folders and keys that are missing; answers each user's public key.
    ///
    /// Everything is for the owner alone.
    pub fn prepare(&self) -> Result<Vec<(&'static str, String)>, HomeError> {
        self.make_folders()?;
        let users = keys::USERS.into_iter().chain([keys::SYSTEM]);
        let keys = users.map(|user| Ok((user, keys::ensure(&self.key(user))?)));
        let keys = keys.collect::<Result<Vec<_>, HomeError>>()?;
        broker_files::write_keys(self, &keys)?;
        Ok(keys)
    }

    pub(crate) fn make_folders(&self) -> Result<(), HomeError> {
        for folder in ["", "data", "data/jetstream", "keys", "logs", "nats", "pids"] {
            let path = self.root.join(folder);
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path);
            made.map_err(|source| HomeError::Folder { path, source })?;
        }
        Ok(())
    }

    /// Writes this version's `nats.conf` beside its keys, for a broker that is started by hand.
    pub fn write_config(&self) -> Result<(), HomeError> {
        broker_files::write_base(self, None).map(drop)
    }

    /// Keeps other `up`s and `down`s out until the answer is dropped.
    pub fn lock(&self) -> Result<File, HomeError> {
        self.lock_file(LOCK)
    }

    /// The same, waiting for another `up` or `down` to end.
    pub async fn lock_within(&self, patience: Duration) -> Result<File, HomeError> {
        self.lock_file_within(LOCK, patience).await
    }

    /// Makes this process the home's supervisor until the answer is dropped.
    ///
    /// Nobody can take it while a child of the supervisor has not become the
    /// program it is to be: until then the child holds it too.
    pub(crate) async fn supervise_within(&self, patience: Duration) -> Result<File, HomeError> {
        self.lock_file_within(SUPERVISOR_LOCK, patience).await
    }

    async fn lock_file_within(&self, name: &str, patience: Duration) -> Result<File, HomeError> {
        let deadline = Instant::now() + patience;
        loop {
            match self.lock_file(name) {
                Err(HomeError::Busy { .. }) if Instant::now() < deadline => tokio::time::sleep(LOOK).await,
                Err(HomeError::Busy { home, .. }) => {
                    let holder = found::holder(&self.pids().join(name));
                    let process = holder.map(|pid| format!(" (process {pid})")).unwrap_or_default();
                    return Err(HomeError::Busy { home, process });
                }
                outcome => return outcome,
            }
        }
    }

    fn lock_file(&self, name: &str) -> Result<File, HomeError> {
        let path = self.pids().join(name);
        let folder = |source| HomeError::Folder { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(folder)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(HomeError::Busy { home: self.root.clone(), process: String::new() })
            }
            Err(std::fs::TryLockError::Error(source)) => Err(HomeError::Folder { path, source }),
        }
    }
}

/// The first has the bare name, the second `<name>-2`.
pub(crate) fn numbered(name: &str, index: usize) -> String {
    if index == 0 { name.to_owned() } else { format!("{name}-{}", index + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_prepared_home_is_for_its_owner_alone_and_keeps_its_keys() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(&folder.path().join("new")).unwrap();
        let first = home.prepare().unwrap();
        let (users, system) = first.split_at(keys::USERS.len());
        assert_eq!(users.iter().map(|(user, _)| *user).collect::<Vec<_>>(), keys::USERS);
        assert_eq!(system[0].0, keys::SYSTEM);
        assert_eq!(home.prepare().unwrap(), first, "keys are made once");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&home.root().join("keys")), 0o700);
        assert_eq!(mode(home.root()), 0o700);
        assert_eq!(mode(&home.root().join("keys.conf")), 0o600);
        for user in keys::USERS {
            assert_eq!(mode(&home.key(user)), 0o600, "{user}");
        }
    }

    #[test]
    fn only_one_works_in_a_home_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path()).unwrap();
        home.prepare().unwrap();
        let held = home.lock().unwrap();
        assert!(matches!(home.lock(), Err(HomeError::Busy { .. })));
        drop(held);
        home.lock().unwrap();
    }
}
