//! Whatever reaches a decoder, nothing panics, and what is refused leaves nothing behind.
//!
//! Every program takes valid inputs and changes them ([`changes`]), for noise
//! alone seldom gets past the first brace. [`worker`] is the worker they try.
//!
//! - [`events`]: the bodies of events.
//! - [`messages`]: messages of a stream, with their headers, numbers and hashes.
//! - [`requests`]: what people and programs ask of every context, and what another context answers.
//! - [`rows`]: what lies in a store.
//! - [`answers`]: what services answer to those who ask them.
//!
//! 20,000 cases each; `RENTAL_FUZZ_CASES` sets another number, as `scripts/fuzz` does.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod events;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod test_worker;
