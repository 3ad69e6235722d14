//! Several brokers as one: what each of them gets beside `nats.conf`.
//!
//! Nothing of `nats.conf` is changed but the server's name: users, permissions
//! and limits are the same on every member. What is added is the way between
//! them, which a member must open with a secret of the installation; without
//! it whoever reaches the route's port could speak for every user.

use std::fmt::Write as _;

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

/// What member `index` gets behind `nats.conf`.
pub(crate) fn config(members: &[Member], index: usize, secret: &str) -> String {
    let listen = members.get(index).map_or(0, |member| member.route_port);
    let mut routes = String::new();
    for (_, other) in members.iter().enumerate().filter(|(other, _)| *other != index) {
        let _ = writeln!(routes, "    \"nats-route://routes:{secret}@127.0.0.1:{}\"", other.route_port);
    }
    format!(
        "server_name: \"{}\"\n\
         cluster {{\n  name: rental\n  host: \"127.0.0.1\"\n  port: {listen}\n  \
         authorization {{ user: routes, password: \"{secret}\", timeout: 5 }}\n  \
         routes: [\n{routes}  ]\n}}\n",
        member_name(index)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBERS: [Member; 3] =
        [Member { port: 1, route_port: 11 }, Member { port: 2, route_port: 12 }, Member { port: 3, route_port: 13 }];

    #[test]
    fn a_member_knows_the_others_and_not_itself() {
        let text = config(&MEMBERS, 1, "SUSECRET");
        assert!(text.starts_with("server_name: \"rental-2\"\n"), "{text}");
        assert!(text.contains("@127.0.0.1:11\"") && text.contains("@127.0.0.1:13\""), "{text}");
        assert!(!text.contains("@127.0.0.1:12\""), "{text}");
    }
}
