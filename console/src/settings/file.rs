//! The config file: where it is looked for.

use super::{Mistake, Spot, Variables};
use crate::text::harmless;
use crate::tui::Text;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The longest file that is read: nobody has written more by hand.
const LONGEST: u64 = 1 << 20;

/// Where the file is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    /// None if there is no home folder either.
    pub(crate) path: Option<PathBuf>,
    /// Somebody named it, so it must be there.
    pub(crate) is_named: bool,
}

impl Location {
    /// The file that was named, else `rental/config.toml` in the XDG config folder.
    pub(crate) fn of(named: Option<&Path>, variables: &Variables) -> Self {
        if let Some(named) = named {
            return Self { path: Some(named.to_owned()), is_named: true };
        }
        // XDG: a relative path in its variable does not count.
        let folder = |name| variables.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let configs = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
        Self { path: configs.map(|configs| configs.join("rental/config.toml")), is_named: false }
    }

    /// Where it is, for people.
    pub(crate) fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new("config.toml"))
    }

    /// What is in the file; nothing if there need not be one.
    pub(crate) fn read(&self) -> Result<Option<String>, Mistake> {
        let Some(path) = &self.path else { return Ok(None) };
        match read(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.is_named => Ok(None),
            Err(error) => {
                let saying = Text::ConfigUnreadable.with("why", harmless(&error.to_string()));
                Err(Mistake { spot: Spot::File, saying })
            }
        }
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(io::Error::other("it is longer than 1 MiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(named: Option<&str>, variables: &[(&str, &str)]) -> Option<PathBuf> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Location::of(named.map(Path::new), &variables).path
    }

    #[test]
    fn the_file_is_where_xdg_says() {
        let home = ("HOME", "/home/kim");
        assert_eq!(location(None, &[home]).unwrap(), Path::new("/home/kim/.config/rental/config.toml"));
        let xdg = ("XDG_CONFIG_HOME", "/etc/kim");
        assert_eq!(location(None, &[home, xdg]).unwrap(), Path::new("/etc/kim/rental/config.toml"));
        let relative = ("XDG_CONFIG_HOME", "conf");
        assert_eq!(location(None, &[home, relative]), location(None, &[home]));
        assert_eq!(location(Some("my.toml"), &[home]).unwrap(), Path::new("my.toml"));
        assert_eq!(location(None, &[]), None);
    }

    #[test]
    fn a_file_that_need_not_be_there_is_no_mistake_and_one_that_was_named_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = Some(folder.path().join("config.toml"));
        assert_eq!(Location { path: path.clone(), is_named: false }.read(), Ok(None));
        let mistake = Location { path, is_named: true }.read().unwrap_err();
        assert!(mistake.to_string().contains("cannot be read"), "{mistake}");
        let is_folder = Location { path: Some(folder.path().to_owned()), is_named: false };
        assert!(is_folder.read().is_err());
    }
}
