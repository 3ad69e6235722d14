//! What went wrong once, told step by step. Most of it was found by the
//! simulation; each story has its reason with it.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod migrating;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod parking;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod subscription;
#[cfg(test)]
mod test_worker;
