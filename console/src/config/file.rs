//! The config file: where it is looked for, and the one thing that is ever
//! written into it.

use crate::config::Variables;
use crate::config::mistake::{Mistake, Spot};
use crate::i18n::Text;
use crate::text::sanitize;
use std::fs::File;
use std::io;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, TomlError, value};

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
                let message = Text::ConfigUnreadable.with("why", sanitize(&error.to_string()));
                Err(Mistake { spot: Spot::File, message })
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

/// Saves a filter in the file at `path`, which is made if there is none.
///
/// What was there stays until what is new is complete.
pub(crate) fn save_filter(path: &Path, name: &str, filter: &str) -> Result<(), SaveError> {
    // A link stays a link.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let text = match read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    let text = with_filter(&text, name, filter)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension("toml.new");
    let mut file = File::create(&draft)?;
    if let Ok(known) = std::fs::metadata(&path) {
        file.set_permissions(known.permissions())?;
    }
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
    std::fs::rename(draft, path)?;
    Ok(())
}

/// Why a filter was not saved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the file is not TOML: {}", .0.message())]
    Syntax(#[from] TomlError),
}

/// The file's text with a filter saved under `name`; all else stays as it was written.
fn with_filter(text: &str, name: &str, filter: &str) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let filters = document.entry("filters").or_insert_with(|| Item::Table(Table::new()));
    if let Some(filters) = filters.as_table_like_mut() {
        match filters.get_mut(name).and_then(Item::as_value_mut) {
            // What stands beside it, a comment perhaps, stays there.
            Some(known) => {
                let decor = known.decor().clone();
                *known = filter.into();
                *known.decor_mut() = decor;
            }
            None => {
                filters.insert(name, value(filter));
            }
        }
    }
    Ok(document.to_string())
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

    #[test]
    fn a_filter_is_saved_and_every_comment_stays() {
        let text = "# mine\ntheme = \"dark\" # at night\n\n[filters]\n# the late ones\nlate = \"age>1h\" # hour\n\n[keys.list]\nnew = \"N\"\n";
        let saved = with_filter(text, "이번 달", "status=active").unwrap();
        assert_eq!(saved, text.replace("# hour\n", "# hour\n\"이번 달\" = \"status=active\"\n"));
        let again = with_filter(&saved, "late", "age>2h").unwrap();
        assert_eq!(again, saved.replace("age>1h", "age>2h"));
        assert_eq!(with_filter("", "late", "age>1h").unwrap(), "[filters]\nlate = \"age>1h\"\n");
        assert!(with_filter("theme = ", "late", "age>1h").is_err());
    }

    #[test]
    fn a_file_is_made_where_there_is_none_and_one_that_cannot_be_read_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rental/config.toml");
        save_filter(&path, "late", "age>1h").unwrap();
        assert_eq!(read(&path).unwrap(), "[filters]\nlate = \"age>1h\"\n");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
        std::fs::write(&path, "theme = ").unwrap();
        save_filter(&path, "late", "age>1h").unwrap_err();
        assert_eq!(read(&path).unwrap(), "theme = ");
    }
}
