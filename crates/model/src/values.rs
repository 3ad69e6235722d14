//! The values of the rental desk, each valid by construction.
//!
//! Numbers stay below 2^53, so that every JSON reader keeps them exactly.

use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;
use std::str::FromStr;

/// The largest whole number every JSON reader keeps exactly (2^53 - 1).
pub(crate) const LARGEST: u64 = 9_007_199_254_740_991;

/// A value that is outside what the desk can mean.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not {expected}")]
pub struct OutOfRange {
    given: String,
    expected: &'static str,
}

macro_rules! whole_number {
    ($(#[$doc:meta])* $name:ident($inner:ty), $least:expr, $most:expr, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// The value, or what would have been one.
            pub fn new(number: u64) -> Result<Self, OutOfRange> {
                let refused = || OutOfRange { given: number.to_string(), expected: $expected };
                let inner = <$inner>::try_from(number).map_err(|_| refused())?;
                if ($least..=$most).contains(&inner) { Ok(Self(inner)) } else { Err(refused()) }
            }

            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = OutOfRange;

            fn from_str(text: &str) -> Result<Self, OutOfRange> {
                let refused = || OutOfRange { given: text.to_owned(), expected: $expected };
                text.trim().parse().map_err(|_| refused()).and_then(|n| Self::new(n).map_err(|_| refused()))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Whole;
                impl Visitor<'_> for Whole {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_u64<E: de::Error>(self, number: u64) -> Result<$name, E> {
                        $name::new(number).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
                    }
                }
                deserializer.deserialize_u64(Whole)
            }
        }
    };
}

whole_number!(
    /// Names one rental, for ever. Chosen by the customer's system or allocated.
    OrderId(u64), 1, LARGEST, "an order id: a whole number from 1 to 9007199254740991"
);
whole_number!(
    /// Names one product of the shop.
    ProductId(u64), 1, LARGEST, "a product id: a whole number from 1 to 9007199254740991"
);
whole_number!(
    /// How many units of a product, at least one.
    Qty(u32), 1, 1_000_000_000, "a quantity: a whole number from 1 to 1000000000"
);
whole_number!(
    /// An amount of money in whole won, never negative.
    Won(u64), 0, 1_000_000_000_000_000, "an amount: whole won from 0 to 1000000000000000"
);

impl Won {
    pub const ZERO: Self = Self(0);
}

impl Default for Won {
    fn default() -> Self {
        Self::ZERO
    }
}

/// Milliseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct UnixMs(pub u64);

impl UnixMs {
    /// The wire's `timestamp`: 14 digits, UTC, calendar year (`20200423013634`).
    pub fn stamp(self) -> String {
        let time = self.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
        format!(
            "{:04}{:02}{:02}{:02}{:02}{:02}",
            time.year(),
            time.month(),
            time.day(),
            time.hour(),
            time.minute(),
            time.second()
        )
    }

    /// The second a wire `timestamp` names, if it names one.
    pub fn from_stamp(stamp: &str) -> Option<Self> {
        if stamp.len() != 14 || !stamp.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let part = |range: std::ops::Range<usize>| stamp.get(range)?.parse::<i8>().ok();
        let date_time = jiff::civil::DateTime::new(
            stamp.get(0..4)?.parse().ok()?,
            part(4..6)?,
            part(6..8)?,
            part(8..10)?,
            part(10..12)?,
            part(12..14)?,
            0,
        )
        .ok()?;
        let zoned = date_time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        u64::try_from(zoned.timestamp().as_millisecond()).ok().map(Self)
    }

    fn timestamp(self) -> jiff::Timestamp {
        i64::try_from(self.0)
            .ok()
            .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
            .unwrap_or(jiff::Timestamp::MAX)
    }
}

/// Why a person did something, in their own words: 1 to 500 characters after trimming.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Reason(String);

impl Reason {
    const EXPECTED: &'static str = "a reason: 1 to 500 characters";

    pub fn new(text: &str) -> Result<Self, OutOfRange> {
        let text = text.trim();
        if (1..=500).contains(&text.chars().count()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(OutOfRange { given: text.chars().take(40).collect(), expected: Self::EXPECTED })
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        Self::new(text)
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_at_least_one_and_whole() {
        for bad in ["0", "-1", "1.5", "\"ten\"", "null", "1000000001", "1e3"] {
            assert!(serde_json::from_str::<Qty>(bad).is_err(), "{bad} was taken");
        }
        assert_eq!(serde_json::from_str::<Qty>("10").unwrap().get(), 10);
    }

    #[test]
    fn an_amount_is_whole_won_and_may_be_zero() {
        assert!(serde_json::from_str::<Won>("-1").is_err());
        assert!(serde_json::from_str::<Won>("0.5").is_err());
        assert_eq!(serde_json::from_str::<Won>("0").unwrap(), Won::ZERO);
    }

    #[test]
    fn a_refused_number_says_what_was_expected() {
        let error = serde_json::from_str::<Qty>("0").unwrap_err().to_string();
        assert!(error.contains("a whole number from 1 to 1000000000"), "{error}");
    }

    #[test]
    fn the_stamp_is_fourteen_digits_of_the_calendar_year_in_utc() {
        // The week-year of these days is 2021 and 2025, as the original would have said.
        assert_eq!(UnixMs(1_609_372_799_999).stamp(), "20201230235959");
        assert_eq!(UnixMs(1_735_560_000_000).stamp(), "20241230120000");
        assert_eq!(UnixMs(1_587_605_794_000).stamp(), "20200423013634");
    }

    #[test]
    fn a_stamp_names_its_second() {
        assert_eq!(UnixMs::from_stamp("20200423013634"), Some(UnixMs(1_587_605_794_000)));
        for bad in ["", "2020042301363", "20201332000000", "2020042301363x", "２０２０"] {
            assert_eq!(UnixMs::from_stamp(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_reason_is_never_empty() {
        assert!(Reason::new("  ").is_err());
        assert!(Reason::new(&"x".repeat(501)).is_err());
        assert_eq!(Reason::new(" broken screen ").unwrap().as_str(), "broken screen");
    }
}
