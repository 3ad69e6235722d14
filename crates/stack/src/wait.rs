//! Waiting until the workers serve.

use crate::home::Home;
use rental_bus::status::{ContextStatus, Phase};
use rental_bus::{Bus, ConnectError, ConnectionSettings};
use rental_model::Context;
use std::time::Duration;

/// How long one worker may take over saying how it is.
const ANSWER: Duration = Duration::from_secs(1);

/// What is still awaited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Whether the broker takes connections.
    pub is_broker_up: bool,
    /// Who does not serve yet, and what they are at.
    pub waiting: Vec<(Context, String)>,
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.is_broker_up {
            return f.write_str("waiting for the broker");
        }
        let waiting: Vec<String> = self.waiting.iter().map(|(who, what)| format!("{who} ({what})")).collect();
        let serving = Context::ALL.len() - waiting.len();
        write!(f, "{serving} of {} serve", Context::ALL.len())?;
        if waiting.is_empty() { Ok(()) } else { write!(f, "; waiting for {}", waiting.join(", ")) }
    }
}

/// Connects to a home's broker as staff.
pub async fn staff(home: &Home, url: &str) -> Result<Bus, ConnectError> {
    Bus::connect(ConnectionSettings {
        url: url.to_owned(),
        user: "staff".to_owned(),
        key: home.key("staff"),
        name: "rental-stack".to_owned(),
        is_patient: false,
        tls: rental_bus::Tls::default(),
    })
    .await
}

/// Asks every context how it is: its word, or why there is none.
pub async fn serving(bus: &Bus) -> Vec<(Context, Result<ContextStatus, String>)> {
    let mut answers = Vec::new();
    let asked = Context::ALL.map(|context| {
        let bus = bus.clone();
        let ask = async move { bus.call::<ContextStatus>(context, "status", &serde_json::json!({}), ANSWER).await };
        (context, tokio::spawn(ask))
    });
    for (context, answer) in asked {
        let answer = match answer.await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        answers.push((context, answer));
    }
    answers
}

/// Who does not serve yet, and what they are at.
pub(crate) fn not_serving(answers: &[(Context, Result<ContextStatus, String>)]) -> Vec<(Context, String)> {
    let at = |answer: &Result<ContextStatus, String>| match answer {
        Ok(status) if status.phase == Phase::Serving => None,
        Ok(status) => Some(phase(status.phase).to_owned()),
        Err(_) => Some("no answer yet".to_owned()),
    };
    answers.iter().filter_map(|(context, answer)| Some((*context, at(answer)?))).collect()
}

/// A worker's phase, for people.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Starting => "starting",
        Phase::CatchingUp => "reading its own events back",
        Phase::Rebuilding => "receiving everything again",
        Phase::Serving => "serving",
        Phase::Stopping => "stopping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_who_is_awaited() {
        let none = Progress { is_broker_up: false, waiting: Vec::new() };
        assert_eq!(none.to_string(), "waiting for the broker");
        let some = Progress {
            is_broker_up: true,
            waiting: vec![(Context::Order, "starting".to_owned()), (Context::Totalview, "no answer yet".to_owned())],
        };
        assert_eq!(some.to_string(), "3 of 5 serve; waiting for order (starting), totalview (no answer yet)");
        let all = Progress { is_broker_up: true, waiting: Vec::new() };
        assert_eq!(all.to_string(), "5 of 5 serve");
    }
}
