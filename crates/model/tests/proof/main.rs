//! What the rules together promise, shown with all five contexts in memory.
//!
//! - [`golden`]: the exact JSON of every event.
//! - [`shop`]: the five contexts in one place; [`audit`]: what must be true of them.
//! - [`rentals`]: the three scenarios, and the faults of the original that must not come back.
//! - [`arrival`]: whatever is heard twice, early or late, or again after a loss, ends the same.

#[cfg(test)]
mod arrival;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod rentals;
#[cfg(test)]
mod shop;
