//! What the rules together promise, shown with all five contexts in memory.
//!
//! - [`golden`]: the exact JSON of every event.
//! - [`shop`]: the five contexts in one place; [`audit`]: what must be true of them.
//! - [`rentals`]: the three scenarios, and the faults of the original that must not come back.
//! - [`arrival`]: whatever is received twice, early or late, or again after a loss, ends the same.
//! - [`check`]: every interleaving of one order, and of two for one unit, by a model checker that walks
//!   through the [`saga`]; and that it notices a policy [`without`] one of its rules.
//! - [`refuse`]: as many are taken as there are units, whoever asks at the same time.

#[cfg(test)]
mod arrival;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod check;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod refuse;
#[cfg(test)]
mod rentals;
#[cfg(test)]
mod saga;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod without;
