//! What is wrong with the settings, and where.

use crate::i18n::{Language, Message, Text};
use crate::text::sanitize;
use std::fmt;
use std::path::Path;

/// Where a mistake is. The file's come first, in the order of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spot {
    /// The file as a whole.
    File,
    Line(usize),
    /// A variable of the environment.
    Variable(&'static str),
    /// The environment as a whole.
    Environment,
}

/// Something in the settings that does not count, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) spot: Spot,
    pub(crate) message: Message,
}

impl Mistake {
    pub(crate) const fn line(&self) -> Option<usize> {
        match self.spot {
            Spot::Line(line) => Some(line),
            Spot::File | Spot::Variable(_) | Spot::Environment => None,
        }
    }

    /// The mistake with the file it is in.
    pub(crate) fn in_file(&self, file: &Path) -> Message {
        let file = sanitize(&file.display().to_string());
        match self.spot {
            Spot::File => Text::ConfigFile.with("file", file).with("why", self.message.clone()),
            Spot::Line(line) => {
                Text::ConfigLine.with("file", file).with("line", line).with("why", self.message.clone())
            }
            Spot::Environment => Text::ConfigEnvironment.with("why", self.message.clone()),
            Spot::Variable(name) => Text::ConfigVariable.with("name", name).with("why", self.message.clone()),
        }
    }
}

/// What is wrong, in English, without the place.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&Language::English.say(&self.message))
    }
}
