//! The users' secret keys: one nkey seed per file, readable by its owner alone.

use nkeys::KeyPair;
use rental_model::Context;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The desk, onlookers, and an outside payment provider.
const PEOPLE: [&str; 3] = ["staff", "inspect", "payments"];

/// Everyone the broker knows: the contexts, and those who are none.
pub const USERS: [&str; Context::ALL.len() + PEOPLE.len()] = {
    let mut users = [""; Context::ALL.len() + PEOPLE.len()];
    let mut at = 0;
    while at < users.len() {
        users[at] = if at < Context::ALL.len() { Context::ALL[at].name() } else { PEOPLE[at - Context::ALL.len()] };
        at += 1;
    }
    users
};

/// Whoever runs the broker, where its own affairs are open to be looked at; no user of the service.
pub const SYSTEM: &str = "system";

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("there is no key at {}; ./scripts/up makes the keys, or set RENTAL_HOME", .0.display())]
    Missing(PathBuf),
    #[error("{} cannot be read", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} is a symbolic link; put the key itself there", .0.display())]
    Link(PathBuf),
    #[error("others can read the key {path} (mode {mode:o}); run: chmod 600 {path}", path = path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("{} holds no nkey seed of a user", .0.display())]
    NotASeed(PathBuf),
    #[error("{} cannot be written", path.display())]
    Unwritable { path: PathBuf, source: std::io::Error },
}

/// Where `user`'s key lies in an installation.
pub fn path(home: &Path, user: &str) -> PathBuf {
    home.join("keys").join(format!("{user}.nk"))
}

/// Reads a seed, refusing a file that others can read or that is a link.
pub(crate) fn read_seed(path: &Path) -> Result<String, KeyError> {
    let unreadable = |source: std::io::Error| KeyError::Unreadable { path: path.to_owned(), source };
    let link_metadata = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(KeyError::Missing(path.to_owned())),
        other => other.map_err(unreadable)?,
    };
    if link_metadata.is_symlink() {
        return Err(KeyError::Link(path.to_owned()));
    }
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let mut file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.mode() & 0o777;
    let is_ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if mode & exposing(is_ours, metadata.uid()) != 0 {
        return Err(KeyError::Exposed { path: path.to_owned(), mode });
    }
    let mut seed = String::new();
    file.read_to_string(&mut seed).map_err(unreadable)?;
    let seed = seed.trim().to_owned();
    match KeyPair::from_seed(&seed) {
        Ok(pair) if pair.public_key().starts_with('U') => Ok(seed),
        _ => Err(KeyError::NotASeed(path.to_owned())),
    }
}

/// The permissions that would let others read or change a key.
///
/// What a container runtime hands to a service belongs to root and to the service's group: then
/// the group may read. (The same rule as `PostgreSQL`'s for its server key.)
const fn exposing(is_ours: bool, owner: u32) -> u32 {
    if !is_ours && owner == 0 { 0o037 } else { 0o077 }
}

/// Signs `nonce` with the key at `path`; answers the public key and the signature.
pub(crate) fn sign(path: &Path, nonce: &[u8]) -> Result<(String, Vec<u8>), KeyError> {
    let not_a_seed = |_| KeyError::NotASeed(path.to_owned());
    let pair = KeyPair::from_seed(&read_seed(path)?).map_err(not_a_seed)?;
    Ok((pair.public_key(), pair.sign(nonce).map_err(not_a_seed)?))
}

/// Makes the key if it is not there; answers with the public key either way.
pub fn ensure(path: &Path) -> Result<String, KeyError> {
    match read_seed(path) {
        Ok(seed) => public(path, &seed),
        Err(KeyError::Missing(_)) => create(path),
        Err(error) => Err(error),
    }
}

/// The secret at `path`, made if it is not there: for what is not a user of ours.
pub fn secret(path: &Path) -> Result<String, KeyError> {
    ensure(path)?;
    read_seed(path)
}

fn create(path: &Path) -> Result<String, KeyError> {
    let unwritable = |source| KeyError::Unwritable { path: path.to_owned(), source };
    let not_a_seed = |_| KeyError::NotASeed(path.to_owned());
    let seed = KeyPair::new_user().seed().map_err(not_a_seed)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(unwritable)?;
    }
    write_private(path, format!("{seed}\n").as_bytes()).map_err(unwritable)?;
    public(path, &seed)
}

/// Puts another key in the place of the one at `path`.
pub fn replace(path: &Path) -> Result<Replaced, KeyError> {
    let before = read_seed(path)?;
    create(path)?;
    Ok(Replaced { path: path.to_owned(), before })
}

/// A key that took another's place.
pub struct Replaced {
    path: PathBuf,
    before: String,
}

impl Replaced {
    /// Puts the key of before back.
    pub fn undo(self) -> Result<(), KeyError> {
        let unwritable = |source| KeyError::Unwritable { path: self.path.clone(), source };
        write_private(&self.path, format!("{}\n", self.before).as_bytes()).map_err(unwritable)
    }
}

// Not derived: the seed of before is still a secret.
impl std::fmt::Debug for Replaced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replaced").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Writes a file that its owner alone can read. It is there whole, or as it was.
pub fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    // Under another name first; its extension is kept, for two files may differ in that alone.
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let _ = std::fs::remove_file(&draft);
    let mut file: File = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(content).and_then(|()| file.sync_all())?;
    std::fs::rename(&draft, path)
}

fn public(path: &Path, seed: &str) -> Result<String, KeyError> {
    KeyPair::from_seed(seed).map(|pair| pair.public_key()).map_err(|_| KeyError::NotASeed(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{USERS, exposing};

    /// `keys.conf` and the folder of the keys are kept in this order.
    #[test]
    fn the_contexts_come_first_and_then_the_people() {
        let users = ["order", "inventory", "billing", "logistics", "totalview", "staff", "inspect", "payments"];
        assert_eq!(USERS, users);
    }

    #[test]
    fn only_a_key_that_belongs_to_root_may_be_read_by_a_group() {
        let is_refused = |mode: u32, is_ours, owner| mode & exposing(is_ours, owner) != 0;
        for mode in [0o600, 0o400] {
            assert!(!is_refused(mode, true, 1000) && !is_refused(mode, false, 0), "{mode:o}");
        }
        for (is_ours, owner) in [(true, 1000), (true, 0), (false, 1001)] {
            assert!(is_refused(0o640, is_ours, owner), "owned by {owner}");
        }
        assert!(!is_refused(0o440, false, 0));
        for mode in [0o644, 0o660, 0o604, 0o610] {
            assert!(is_refused(mode, false, 0), "{mode:o}");
        }
    }
}
