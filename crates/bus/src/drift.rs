//! Whether a stream still is what a context's stream must be.

use crate::connection::Bus;
use crate::streams::{StreamError, settings};
use async_nats::jetstream::stream::Config;
use rental_model::Context;
use serde_json::Value;

/// A setting of a stream that somebody has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    pub setting: String,
    pub expected: String,
    pub found: String,
}

/// The settings on which it hangs that event n stays message n, for ever.
const THAT_COUNT: [&str; 14] = [
    "subjects",
    "retention",
    "storage",
    "max_msgs",
    "max_msgs_per_subject",
    "max_bytes",
    "max_age",
    "max_msg_size",
    "no_ack",
    "sealed",
    "deny_delete",
    "deny_purge",
    "mirror",
    "sources",
];

impl Bus {
    /// What of the context's stream is set otherwise than its worker sets it.
    pub async fn drift(&self, context: Context) -> Result<Vec<Drift>, StreamError> {
        let stream = self.stream(context).await?;
        let found = &stream.cached_info().config;
        Ok(settings(context, found.num_replicas).map(|expected| compare(&expected, found)).unwrap_or_default())
    }

    /// Whether `listener` has its place in the stream of `source`.
    pub async fn has_consumer(&self, source: Context, listener: Context) -> Result<bool, StreamError> {
        let stream = self.stream(source).await?;
        Ok(stream.consumer_info(crate::subjects::consumer(listener)).await.is_ok())
    }
}

fn compare(expected: &Config, found: &Config) -> Vec<Drift> {
    let json = |config| serde_json::to_value(config).unwrap_or_default();
    let (expected, found) = (json(expected), json(found));
    let differs = |setting: &&str| plain(&expected[*setting]) != plain(&found[*setting]);
    let told = |setting: &str| Drift {
        setting: setting.to_owned(),
        expected: plain(&expected[setting]).to_string(),
        found: plain(&found[setting]).to_string(),
    };
    THAT_COUNT.into_iter().filter(differs).map(told).collect()
}

/// The broker fills in -1 for a limit that is none, and leaves out what is off.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.as_i64().is_some_and(|number| number <= 0) => Value::Null,
        Value::Bool(false) => Value::Null,
        Value::Array(items) if items.is_empty() => Value::Null,
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_was_set_is_found_and_the_brokers_way_to_say_none_is_not() {
        let expected = settings(Context::Order, 1).unwrap();
        let same = Config { max_messages: -1, max_bytes: -1, ..expected.clone() };
        assert_eq!(compare(&expected, &same), []);
        let limited = Config { max_messages: 100, deny_purge: false, ..expected.clone() };
        let drifts = compare(&expected, &limited);
        let changed: Vec<_> = drifts.iter().map(|drift| (drift.setting.as_str(), drift.found.as_str())).collect();
        assert_eq!(changed, [("max_msgs", "100"), ("deny_purge", "null")]);
    }
}
