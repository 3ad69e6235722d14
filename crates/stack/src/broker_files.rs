//! What the broker and the `nats` tool find in a home.

use crate::cluster::{self, Member};
use crate::home::{Home, HomeError};
use crate::launch::{BROKER_CONFIG, nkey_variable};
use rental_bus::keys;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Writes each user's public key to where `nats.conf` takes it in. The broker reads it
/// again when it is told to, so that a key can be changed while it runs.
pub(crate) fn write_keys(home: &Home, keys: &[(&'static str, String)]) -> Result<(), HomeError> {
    let mut text =
        "# Each user's public key, from the secret ones in keys/; `rental-stack keys` writes this.\n".to_owned();
    for (user, key) in keys {
        let _ = writeln!(text, "{}: \"{key}\"", nkey_variable(user));
    }
    write(home.root().join("keys.conf"), &text).map(drop)
}

/// The file to start a broker with. `given` is another configuration than this version's, and
/// `monitoring` the port for looking at the broker itself.
pub(crate) fn write_config(
    home: &Home,
    given: Option<&Path>,
    cluster: &[Member],
    index: usize,
    monitoring: Option<u16>,
) -> Result<PathBuf, HomeError> {
    let is_plain = cluster.is_empty() && monitoring.is_none();
    let base = match given {
        // One that takes its keys from the environment may take in files beside it, too.
        Some(path) if is_plain && !takes_keys_in(path) => return Ok(path.to_owned()),
        given => write_base(home, given)?,
    };
    if is_plain {
        return Ok(base);
    }
    let mut text = format!("include \"{}\"\n", base.file_name().unwrap_or_default().to_string_lossy());
    if !cluster.is_empty() {
        text += &cluster::config(cluster, index, &keys::secret(&home.key("routes"))?);
    }
    if let Some(port) = monitoring {
        text += &monitored(port);
    }
    write(home.root().join(format!("nats-{}.conf", index + 1)), &text)
}

/// Writes the configuration to where the broker reads it, beside its keys.
pub(crate) fn write_base(home: &Home, given: Option<&Path>) -> Result<PathBuf, HomeError> {
    let path = home.root().join("nats.conf");
    let text = match given {
        Some(given) => {
            std::fs::read_to_string(given).map_err(|source| HomeError::Folder { path: given.to_owned(), source })?
        }
        None => BROKER_CONFIG.to_owned(),
    };
    write(path, &text)
}

fn takes_keys_in(config: &Path) -> bool {
    std::fs::read_to_string(config)
        .is_ok_and(|text| text.lines().any(|line| line.trim().starts_with("include") && line.contains("keys.conf")))
}

/// The broker's own affairs, for this machine alone.
fn monitored(port: u16) -> String {
    format!("system_account: SYS\nhttp: \"127.0.0.1:{port}\"\n")
}

/// Writes a context of the `nats` tool for each user who has business with it:
/// `export NATS_CONTEXT=HOME/nats/inspect.json`.
pub(crate) fn write_contexts(home: &Home, url: &str, is_monitored: bool) -> Result<(), HomeError> {
    let mut contexts = vec![("inspect", "looks, and changes nothing"), ("staff", "calls every service")];
    let system = home.root().join("nats").join(format!("{}.json", keys::SYSTEM));
    if is_monitored {
        contexts.push((keys::SYSTEM, "looks at the broker itself"));
    } else {
        let _ = std::fs::remove_file(system);
    }
    for (user, does) in contexts {
        // Staff share their account, and have an inbox of their own there.
        let inbox = if user == "staff" { rental_bus::subjects::inbox(user) } else { String::new() };
        let context = serde_json::json!({
            "description": format!("rental: {user} {does}"),
            "url": url,
            "nkey": home.key(user),
            "inbox_prefix": inbox,
        });
        write(home.root().join("nats").join(format!("{user}.json")), &format!("{context:#}\n"))?;
    }
    Ok(())
}

/// Writes a file of the home, if it is not the same already.
fn write(path: PathBuf, text: &str) -> Result<PathBuf, HomeError> {
    if std::fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
        return Ok(path);
    }
    match keys::write_private(&path, text.as_bytes()) {
        Ok(()) => Ok(path),
        Err(source) => Err(HomeError::Folder { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path()).unwrap();
        home.prepare().unwrap();
        (folder, home)
    }

    #[test]
    fn all_members_share_one_secret_which_only_the_owner_can_read() {
        let (_folder, home) = home();
        let members = [Member { port: 1, route_port: 11 }, Member { port: 2, route_port: 12 }];
        let paths = [0, 1].map(|index| write_config(&home, None, &members, index, None).unwrap());
        let secret = keys::secret(&home.key("routes")).unwrap();
        for path in paths {
            assert!(std::fs::read_to_string(&path).unwrap().contains(&secret));
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_configuration_with_its_own_ways_stays_where_it_is_and_ours_goes_beside_its_keys() {
        let (folder, home) = home();
        let own = folder.path().join("own.conf");
        std::fs::write(&own, "include \"tls.conf\"\n").unwrap();
        assert_eq!(write_config(&home, Some(&own), &[], 0, None).unwrap(), own);
        std::fs::write(&own, "include \"keys.conf\"\n").unwrap();
        let placed = write_config(&home, Some(&own), &[], 0, None).unwrap();
        assert_eq!(placed, home.root().join("nats.conf"));
        assert!(home.root().join("keys.conf").exists());
    }

    #[test]
    fn the_brokers_own_affairs_are_open_to_this_machine_alone_and_only_where_wanted() {
        let (_folder, home) = home();
        let closed = std::fs::read_to_string(write_config(&home, None, &[], 0, None).unwrap()).unwrap();
        assert!(!closed.contains("system_account") && !closed.contains("http"), "{closed}");
        let open = std::fs::read_to_string(write_config(&home, None, &[], 0, Some(8222)).unwrap()).unwrap();
        assert_eq!(open, "include \"nats.conf\"\nsystem_account: SYS\nhttp: \"127.0.0.1:8222\"\n");
    }

    #[test]
    fn the_nats_tool_finds_the_installation_and_its_keys() {
        let (_folder, home) = home();
        write_contexts(&home, "nats://127.0.0.1:4222", true).unwrap();
        for (user, inbox) in [("inspect", ""), ("staff", "_INBOX_staff"), ("system", "")] {
            let path = home.root().join(format!("nats/{user}.json"));
            let context: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            assert_eq!(context["url"], "nats://127.0.0.1:4222");
            assert_eq!(context["nkey"], home.key(user).to_str().unwrap());
            assert_eq!(context["inbox_prefix"], inbox);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        write_contexts(&home, "nats://127.0.0.1:4222", false).unwrap();
        assert!(!home.root().join("nats/system.json").exists(), "it would lead nowhere");
    }
}
