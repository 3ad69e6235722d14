//! What each user of the broker may do, as far as it follows from the program.
//!
//! Who receives whose events, who asks whom, and which services there are stands in the model. The
//! parts of `nats.conf` that repeat it lie between marks, and [`renewed`] writes them anew:
//! `rental-stack permissions` does so with a file, and a test compares the committed one. Whatever
//! stands outside the marks, and why, is written by hand.

use rental_bus::subjects;
use rental_model::billing::BillingPolicy;
use rental_model::inventory::InventoryPolicy;
use rental_model::logistics::LogisticsPolicy;
use rental_model::order::{OrderPolicy, STOCK_CHECK};
use rental_model::totalview::TotalView;
use rental_model::{Context, Decider as _, Projection as _};
use std::fmt::Write as _;

/// A part under the name its marks have, and its lines.
type Part = (&'static str, fn() -> Vec<String>);

const PARTS: [Part; 7] = [
    ("workers", workers),
    ("services for the desk", || {
        for_each(|context| format!("{{ service: \"rental.{context}.>\", accounts: [DESK] }}"))
    }),
    ("journals for onlookers", || {
        for_each(|context| format!("{{ service: \"look.{context}.journal\", accounts: [LOOK] }}"))
    }),
    ("services staff call", || vec![quoted(Context::ALL.map(|context| format!("rental.{context}.>")))]),
    ("services of the workers", || {
        for_each(|context| format!("{{ service: {{ account: RENTAL, subject: \"rental.{context}.>\" }} }}"))
    }),
    ("journals onlookers read", || vec![quoted(Context::ALL.map(|context| subjects::endpoint(context, "journal")))]),
    ("journals of the workers", || {
        for_each(|context| {
            let ours = subjects::endpoint(context, "journal");
            format!("{{ service: {{ account: RENTAL, subject: \"look.{context}.journal\" }}, to: \"{ours}\" }}")
        })
    }),
];

/// Why a configuration cannot be renewed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PermissionsError {
    #[error(
        "there is no part between the lines '# <permissions: {0}>' and '# </permissions>'; take those lines \
         over from the nats.conf of this version"
    )]
    Unmarked(&'static str),
    #[error("the part '# <permissions: {0}>' stands there twice; leave one of them")]
    Twice(&'static str),
}

/// The configuration with every marked part as the program wants it.
pub fn renewed(config: &str) -> Result<String, PermissionsError> {
    PARTS.iter().try_fold(config.to_owned(), |config, (name, lines)| replaced(&config, name, &lines()))
}

/// With these lines in one part, as far to the right as its mark.
fn replaced(config: &str, part: &'static str, lines: &[String]) -> Result<String, PermissionsError> {
    let mark = format!("# <permissions: {part}>\n");
    let (before, rest) = config.split_once(&mark).ok_or(PermissionsError::Unmarked(part))?;
    if rest.contains(&mark) {
        return Err(PermissionsError::Twice(part));
    }
    let (_, after) = rest.split_once("# </permissions>\n").ok_or(PermissionsError::Unmarked(part))?;
    let indent = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
    let mut text = format!("{before}{mark}");
    for line in lines {
        let _ = writeln!(text, "{indent}{line}");
    }
    Ok(format!("{text}{indent}# </permissions>\n{after}"))
}

/// Whose events a context receives.
fn subscriptions(context: Context) -> &'static [Context] {
    match context {
        Context::Order => OrderPolicy::default().subscriptions(),
        Context::Inventory => InventoryPolicy::default().subscriptions(),
        Context::Billing => BillingPolicy::default().subscriptions(),
        Context::Logistics => LogisticsPolicy.subscriptions(),
        Context::Totalview => TotalView.subscriptions(),
    }
}

/// What it asks before it decides.
fn query(context: Context) -> Option<(Context, &'static str)> {
    (context == Context::Order).then_some(STOCK_CHECK)
}

/// Whether `context` calls `other`: for how far it is, or before it decides.
fn calls(context: Context, other: Context) -> bool {
    subscriptions(context).contains(&other) || query(context).is_some_and(|(asked, _)| asked == other)
}

fn workers() -> Vec<String> {
    Context::ALL.into_iter().flat_map(worker).collect()
}

fn worker(context: Context) -> Vec<String> {
    let mut lines = vec![
        "{".to_owned(),
        format!("  nkey: ${}", crate::nkey_variable(context.name())),
        "  permissions: {".to_owned(),
        "    publish: [".to_owned(),
    ];
    lines.extend(publishes(context).into_iter().map(|line| format!("      {line}")));
    lines.extend(["    ]".to_owned(), "    subscribe: [".to_owned()]);
    lines.extend(subscribes(context).into_iter().map(|line| format!("      {line}")));
    lines.extend(["    ]", "  }", "}"].map(str::to_owned));
    lines
}

fn publishes(context: Context) -> Vec<String> {
    let claims = format!("rental.claims.{context}.>");
    let mut lines = match context.stream() {
        Some(stream) => own_stream(context, stream, claims),
        None => vec![quoted([claims])],
    };
    lines.extend(subscriptions(context).iter().flat_map(|source| consumer(context, *source)));
    lines.extend(query(context).map(|(asked, endpoint)| quoted([subjects::endpoint(asked, endpoint)])));
    lines.push(quoted(subscriptions(context).iter().map(|source| subjects::endpoint(*source, "status"))));
    let asks_itself = format!("$SRV.*.{}.*", subjects::service(context));
    lines.push(quoted([asks_itself, subjects::endpoint(context, "journal"), inbox(context)]));
    let callers = Context::ALL.into_iter().filter(|caller| calls(*caller, context));
    lines.push(quoted(["_R_.>".to_owned()].into_iter().chain(callers.map(inbox))));
    lines
}

/// Its events, and keeping the stream they are in.
fn own_stream(context: Context, stream: &str, claims: String) -> Vec<String> {
    let api = |verb: &str| format!("$JS.API.{verb}.{stream}");
    vec![
        quoted([subjects::events_of(context), claims]),
        quoted(["STREAM.CREATE", "STREAM.UPDATE"].map(api)),
        quoted(["STREAM.INFO", "STREAM.MSG.GET", "DIRECT.GET"].map(api)),
    ]
}

/// Reading what `source` records, through a consumer named after the reader.
fn consumer(context: Context, source: Context) -> Vec<String> {
    let Some(stream) = source.stream() else { return Vec::new() };
    let named = |verb: &str| format!("$JS.API.CONSUMER.{verb}.{stream}.{}", subjects::consumer(context));
    vec![
        quoted([format!("$JS.API.STREAM.INFO.{stream}"), format!("$JS.API.STREAM.MSG.GET.{stream}")]),
        quoted(["CREATE", "DELETE"].map(named)),
        quoted(["INFO", "MSG.NEXT"].map(named)),
        quoted([format!("$JS.ACK.{stream}.{}.>", subjects::consumer(context))]),
    ]
}

/// Where it is called: by people, by its like, by the tools, and by onlookers.
fn subscribes(context: Context) -> Vec<String> {
    let service = subjects::service(context);
    let asked = |root: &str| [format!("{root}.*"), format!("{root}.*.{service}"), format!("{root}.*.{service}.*")];
    let own = [format!("{}.>", subjects::service_prefix(context)), format!("rental.claims.{context}.>")];
    let looked_at = [format!("look.{context}.>")];
    vec![
        quoted(own.into_iter().chain(asked("$SRV"))),
        quoted(looked_at.into_iter().chain(asked("look.srv")).chain([inbox(context)])),
    ]
}

fn inbox(context: Context) -> String {
    format!("{}.>", subjects::inbox(context.name()))
}

fn for_each(line: impl Fn(Context) -> String) -> Vec<String> {
    Context::ALL.into_iter().map(line).collect()
}

fn quoted(subjects: impl IntoIterator<Item = String>) -> String {
    let subjects: Vec<_> = subjects.into_iter().map(|subject| format!("\"{subject}\"")).collect();
    subjects.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BROKER_CONFIG;

    #[test]
    fn what_is_committed_is_what_follows_from_the_program() {
        let renewed = renewed(BROKER_CONFIG).unwrap();
        let differing = BROKER_CONFIG.lines().zip(renewed.lines()).find(|(committed, renewed)| committed != renewed);
        assert!(
            renewed == BROKER_CONFIG,
            "nats.conf is not what the model wants, first here: {differing:?}\n\
             mend it with: cargo run --package rental-stack -- permissions nats.conf"
        );
    }

    #[test]
    fn what_was_changed_within_the_marks_is_put_right_and_what_is_outside_stays() {
        let own = BROKER_CONFIG.replace("max_connections: 3000", "max_connections: 30");
        let wider = own.replacen("\"$JS.ACK.INVENTORY.order.>\"", "\"$JS.ACK.>\"", 1);
        assert_ne!(own, wider);
        assert_eq!(renewed(&wider), Ok(own));
    }

    #[test]
    fn a_configuration_without_its_marks_is_refused_and_says_which() {
        let without = BROKER_CONFIG.replace("# <permissions: workers>\n", "");
        assert_eq!(renewed(&without), Err(PermissionsError::Unmarked("workers")));
        let twice = format!("{BROKER_CONFIG}# <permissions: workers>\n");
        assert_eq!(renewed(&twice), Err(PermissionsError::Twice("workers")));
    }

    /// What stands there by hand names services, too; one that is renamed must not be forgotten.
    #[test]
    fn every_service_that_is_named_exists() {
        let billing = BillingPolicy::default();
        let offered = |context: Context| match context {
            Context::Order => [OrderPolicy::default().commands(), OrderPolicy::default().queries()],
            Context::Inventory => [InventoryPolicy::default().commands(), InventoryPolicy::default().queries()],
            Context::Billing => [billing.commands(), billing.queries()],
            Context::Logistics => [LogisticsPolicy.commands(), LogisticsPolicy.queries()],
            Context::Totalview => [&[], TotalView.queries()],
        };
        for context in Context::ALL {
            let prefix = format!("\"{}.", subjects::service_prefix(context));
            for named in BROKER_CONFIG.split(&prefix).skip(1).filter_map(|rest| rest.split('"').next()) {
                let is_common = [">", "status", "journal"].contains(&named);
                let is_own = offered(context).concat().iter().any(|endpoint| endpoint.name == named);
                assert!(is_common || is_own, "rental.{context}.{named}");
            }
        }
    }
}
