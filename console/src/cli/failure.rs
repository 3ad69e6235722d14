//! What can go wrong with a command, and the exit code that says so.

use rental_audit::AuditError;
use rental_bus::streams::StreamError;
use rental_bus::{CallError, ConnectError};
use rental_model::{Code, Context, Refusal};
use serde_json::{Value, json};
use std::error::Error as _;
use std::process::ExitCode;

/// How a command ended, for whoever called it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    /// The answer was no: nothing was changed.
    Refused,
    /// Wrong arguments, or a set-up that cannot work: trying again will not help.
    Usage,
    /// A needed service does not answer: trying again may help.
    Silent,
    /// Done, and nobody could be told on stdout.
    Untold,
    /// It was sent, and what became of it is not known.
    Unknown,
    /// What a check came to: one of the codes its help tells.
    Checked(u8),
}

impl Exit {
    const ALL: [Self; 6] = [Self::Done, Self::Refused, Self::Usage, Self::Silent, Self::Untold, Self::Unknown];

    const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Silent => 3,
            Self::Untold => 4,
            Self::Unknown => 5,
            Self::Checked(code) => code,
        }
    }

    /// What it tells, for whoever writes a script.
    const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused: nothing was changed",
            Self::Usage => "usage: wrong arguments, or a set-up that cannot work; nothing was changed",
            Self::Silent => "a needed service does not answer; nothing was changed",
            Self::Untold => "done, but the answer could not be written: stderr has it, and the request id",
            Self::Unknown => "sent, but it is not known whether it was done: the same --request-id finds out",
            Self::Checked(_) => "what a check came to, as its own help tells",
        }
    }

    /// All of them, a line each.
    pub(crate) fn explained() -> String {
        let lines = Self::ALL.map(|exit| format!("  {}  {}", exit.code(), exit.meaning()));
        lines.join("\n")
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What a command has done, whether or not anybody could be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) request_id: String,
    /// In a sentence.
    pub(crate) outcome: String,
}

/// Why a command was not done, or not told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{refusal}")]
    Refused { refusal: Refusal, hint: Option<&'static str> },
    #[error("{context} does not answer: {why}")]
    Silent { context: Context, why: String },
    #[error("it is not known whether {context} has done it: {why}")]
    Unsure { context: Context, why: String, request_id: String },
    #[error("done, but the answer could not be written ({why}): {}", done.outcome)]
    Untold { done: Done, why: std::io::Error },
    #[error("{context}'s answer cannot be read: {why}")]
    Unreadable { context: Context, why: String },
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error("{0}")]
    Usage(String),
    #[error("`rental {command}` changes something, and this is read-only ({by}); nothing was sent")]
    ReadOnly { command: &'static str, by: String },
    #[error("{0}")]
    Failed(String),
    #[error("the output cannot be written: {0}")]
    Output(#[from] std::io::Error),
}

impl Failure {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Refused { refusal, .. } if refusal.code == Code::Unavailable => Exit::Silent,
            Self::Refused { .. } | Self::ReadOnly { .. } | Self::Failed(_) | Self::Output(_) => Exit::Refused,
            Self::Connect(ConnectError::Unreachable { .. })
            | Self::Silent { .. }
            | Self::Unreadable { .. }
            | Self::Stream(_) => Exit::Silent,
            Self::Untold { .. } => Exit::Untold,
            Self::Unsure { .. } => Exit::Unknown,
            Self::Connect(_) | Self::Usage(_) => Exit::Usage,
        }
    }

    /// Whether the reader of our output has simply gone away (`| head`).
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// What to do about it, or what lies behind it, where the sentence does not say.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { hint, .. } => hint.map(str::to_owned),
            Self::Unsure { request_id, .. } => Some(format!(
                "to learn what became of it, or to do it, run the same command with --request-id {request_id}: \
                 it is never carried out twice"
            )),
            Self::Untold { done: Done { request_id, .. }, .. } => {
                Some(format!("the same command with --request-id {request_id} answers again and does nothing twice"))
            }
            Self::Connect(error) => error.source().map(|cause| format!("cause: {cause}")),
            _ => None,
        }
    }

    /// `{"error":{"code","message", …recorded_events}}`, as the services answer.
    pub(crate) fn to_json(&self) -> Value {
        let code = match self {
            Self::Refused { refusal, .. } => return json!({ "error": refusal }),
            Self::ReadOnly { .. } => 403,
            Self::Unreadable { .. } | Self::Failed(_) | Self::Output(_) => 500,
            Self::Untold { .. } => 200,
            _ if matches!(self.exit(), Exit::Silent | Exit::Unknown) => 503,
            _ => 400,
        };
        let mut error = json!({ "code": code, "message": self.to_string() });
        if let Self::Unsure { request_id, .. } = self {
            error["isUnsure"] = json!(true);
            error["requestId"] = json!(request_id);
        }
        json!({ "error": error })
    }
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Stream(error) => error.into(),
            AuditError::Call(error) => error.into(),
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(refusal) => Self::Refused { refusal, hint: None },
            CallError::Silent { context, why } => Self::Silent { context, why: why.to_string() },
            CallError::Unreadable { context, why } => Self::Unreadable { context, why },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rental_bus::keys::KeyError;
    use std::io::ErrorKind;
    use std::path::PathBuf;

    fn unsure() -> Failure {
        Failure::Unsure { context: Context::Order, why: "late".to_owned(), request_id: "ABC".to_owned() }
    }

    /// One definition: the help has it from here, the manual from the help, and README a copy of it.
    #[test]
    fn the_readme_has_every_exit_code() {
        let readme = include_str!("../../../README.md");
        assert!(readme.contains(&Exit::explained()), "write this into it:\n{}", Exit::explained());
    }

    fn refused(code: Code) -> Failure {
        CallError::Refused(Refusal::new(code, "no").with("available", 90)).into()
    }

    #[test]
    fn only_what_may_heal_by_itself_is_told_as_silence() {
        let silent = || CallError::Silent { context: Context::Order, why: rental_bus::Silence::NotRunning };
        for (failure, exit) in [
            (refused(Code::Malformed), Exit::Refused),
            (refused(Code::Unknown), Exit::Refused),
            (refused(Code::Conflict), Exit::Refused),
            (refused(Code::Failed), Exit::Refused),
            (refused(Code::Unavailable), Exit::Silent),
            (silent().into(), Exit::Silent),
            (CallError::Unreadable { context: Context::Order, why: String::new() }.into(), Exit::Silent),
            (ConnectError::Key(KeyError::Missing(PathBuf::new())).into(), Exit::Usage),
            (ConnectError::TooOld { url: String::new(), found: "2.9.10".to_owned() }.into(), Exit::Usage),
            (Failure::ReadOnly { command: "request", by: String::new() }, Exit::Refused),
            (Failure::Usage(String::new()), Exit::Usage),
            (unsure(), Exit::Unknown),
            (Failure::Output(ErrorKind::StorageFull.into()), Exit::Refused),
        ] {
            assert_eq!(failure.exit(), exit, "{failure:?}");
        }
    }

    #[test]
    fn a_refusal_is_handed_on_with_its_facts() {
        let expected = json!({ "error": { "code": 409, "message": "no", "available": 90 } });
        assert_eq!(refused(Code::Conflict).to_json(), expected);
    }

    #[test]
    fn an_unsure_outcome_names_the_way_to_certainty() {
        let failure = unsure();
        assert!(failure.hint().unwrap().contains("--request-id ABC"));
        let json = failure.to_json();
        assert_eq!((&json["error"]["requestId"], &json["error"]["isUnsure"]), (&json!("ABC"), &json!(true)));
    }
}
