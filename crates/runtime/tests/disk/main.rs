//! The real store on disks that fail.
//!
//! - [`power`]: the power fails, and what was not synced is lost, torn or reordered.
//! - [`full`]: the disk is full from some write on.

#[cfg(test)]
mod full;
#[cfg(test)]
mod power;
