//! Several brokers as one: what each of them gets beside `nats.conf`.
//!
//! Nothing of `nats.conf` is changed but the server's name: users, permissions
//! and limits are the same on every member. What is added is the way between
//! them, which a member must open with a secret of the installation; without
//! it whoever reaches the route's port could speak for every user.

use crate::home::{Home, HomeError};
use rental_bus::keys;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// One broker of a cluster on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Where clients reach it.
    pub port: u16,
    /// Where the other members reach it.
    pub route_port: u16,
}

/// What people, the broker itself and its streams call a member: `rental-2` is the second.
pub fn member_name(index: usize) -> String {
    format!("rental-{}", index + 1)
}

/// Writes the configuration of member `index`, which takes in `base`, a file of the home's folder.
pub(crate) fn write_config(home: &Home, base: &Path, members: &[Member], index: usize) -> Result<PathBuf, HomeError> {
    let secret = keys::secret(&home.key("routes"))?;
    let path = home.root().join(format!("nats-{}.conf", index + 1));
    let folder = |source| HomeError::Folder { path: path.clone(), source };
    let _ = std::fs::remove_file(&path);
    // It holds the secret: for the owner alone from its first moment.
    let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(&path).map_err(folder)?;
    file.write_all(config(base, members, index, &secret).as_bytes()).map_err(folder)?;
    Ok(path)
}

fn config(base: &Path, members: &[Member], index: usize, secret: &str) -> String {
    let name = base.file_name().unwrap_or_default().to_string_lossy();
    let listen = members.get(index).map_or(0, |member| member.route_port);
    let mut routes = String::new();
    for (_, other) in members.iter().enumerate().filter(|(other, _)| *other != index) {
        let _ = writeln!(routes, "    \"nats-route://routes:{secret}@127.0.0.1:{}\"", other.route_port);
    }
    format!(
        "include \"{name}\"\n\
         server_name: \"{}\"\n\
         cluster {{\n  name: rental\n  host: \"127.0.0.1\"\n  port: {listen}\n  \
         authorization {{ user: routes, password: \"{secret}\", timeout: 5 }}\n  \
         routes: [\n{routes}  ]\n}}\n",
        member_name(index)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const MEMBERS: [Member; 3] =
        [Member { port: 1, route_port: 11 }, Member { port: 2, route_port: 12 }, Member { port: 3, route_port: 13 }];

    #[test]
    fn a_member_knows_the_others_and_not_itself() {
        let text = config(Path::new("/x/nats.conf"), &MEMBERS, 1, "SUSECRET");
        assert!(text.starts_with("include \"nats.conf\"\nserver_name: \"rental-2\"\n"), "{text}");
        assert!(text.contains("@127.0.0.1:11\"") && text.contains("@127.0.0.1:13\""), "{text}");
        assert!(!text.contains("@127.0.0.1:12\""), "{text}");
    }

    #[test]
    fn all_members_share_one_secret_which_only_the_owner_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path()).unwrap();
        home.prepare().unwrap();
        let base = home.root().join("nats.conf");
        let paths = [0, 1].map(|index| write_config(&home, &base, &MEMBERS, index).unwrap());
        let secret = keys::secret(&home.key("routes")).unwrap();
        for path in paths {
            assert!(std::fs::read_to_string(&path).unwrap().contains(&secret));
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
