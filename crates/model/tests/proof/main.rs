//! What the rules together promise, shown with all five contexts in memory.
//!
//! - [`golden`]: the exact JSON of every event.

#[cfg(test)]
mod golden;
