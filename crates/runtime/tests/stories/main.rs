//! What went wrong once, told step by step. Most of it was found by the
//! simulation; each story has its reason with it.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod hearing;
#[cfg(test)]
mod parking;
#[cfg(test)]
mod renewing;
#[cfg(test)]
mod shipping;
#[cfg(test)]
mod stopping;
