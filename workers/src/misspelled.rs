//! Variables of the environment that look like ours, and that nobody reads.
//!
//! They are told. **One that may have been meant to protect ends the worker
//! before it serves**: what cannot be understood would be as good as not said.

use rental_bus::variables::Unknown;
use rental_model::Context;

/// What protects a context: how the names begin, and from what.
const GUARDS: [(Option<Context>, &str, &str); 2] = [
    (Some(Context::Billing), "RENTAL_PAYMENT", "who takes the money and how much at most"),
    (None, "RENTAL_TLS", "that the broker is spoken to with TLS only"),
];

/// A guard that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("{unknown}. It may say {what}, so {context} does not start: correct its name, or unset it")]
pub(crate) struct Misunderstood {
    unknown: Unknown,
    what: &'static str,
    context: Context,
}

/// Tells each in the log, and refuses where one may be a guard.
pub(crate) fn tell(unknown: Vec<Unknown>, context: Context) -> Result<(), Misunderstood> {
    let mut refused = Ok(());
    for unknown in unknown {
        tracing::warn!(%context, "{unknown}; it counts for nothing");
        let guard =
            GUARDS.iter().find(|(of, beginning, _)| of.is_none_or(|of| of == context) && unknown.may_mean(beginning));
        if let Some((_, _, what)) = guard {
            refused = Err(Misunderstood { unknown, what, context });
        }
    }
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, context: Context) -> Result<(), String> {
        tell(rental_bus::variables::unknown([(name, "1")]), context).map_err(|error| error.to_string())
    }

    #[test]
    fn a_guard_that_cannot_be_understood_is_on() {
        for name in
            ["RENTAL_PAYMENTLIMIT", "RENTAL_PAYMENTS", "RENTAL_LIMIT_PAYMENT", "RENTAL_TLSCA", "RENTAL_TLS_CERTS"]
        {
            let refused = told(name, Context::Billing).unwrap_err();
            assert!(refused.starts_with(&format!("no such variable: {name}; the nearest is RENTAL_")), "{refused}");
        }
        assert!(told("RENTAL_TLS", Context::Order).is_err());
    }

    #[test]
    fn what_guards_nothing_here_ends_nothing() {
        assert_eq!(told("RENTAL_PAYMENTLIMIT", Context::Order), Ok(()));
        assert_eq!(told("RENTAL_REPLICA", Context::Billing), Ok(()));
        assert_eq!(told("RENTAL_PAYMENT_LIMIT", Context::Billing), Ok(()));
    }
}
