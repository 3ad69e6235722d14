//! Who and what is kept out, and where it is shown.
//!
//! | Threat | Shown in |
//! |---|---|
//! | anonymous or wrong key | `rights::without_a_known_key_there_is_nothing`; stack `broker::nobody_gets_in_without_a_known_key` |
//! | staff publishes an event, a worker another's | `rights::an_event_can_be_published_by_its_own_context_alone`; stack `broker::only_a_context_itself_publishes_its_events`, `…people::an_answer_cannot_be_led_to_where_it_would_be_believed` |
//! | anyone purges or deletes a stream | `rights::nobody_can_delete_or_purge_a_stream_or_a_message`; stack `broker::nobody_removes_or_rewrites_what_is_recorded` |
//! | a second worker of the same context | `losses::workers_on_two_copies_of_a_ledger_take_turns_and_lose_nothing`, `link::a_second_worker_waits_until_the_first_is_gone`; runtime `stories::outbox` |
//! | 10 MB, 10,000 requests a second, 1,000 connections | [`flood`] |
//! | secrets in logs at TRACE, in argv, in URLs | [`secrets`] |
//! | key or data file readable by others, or a link | [`files`]; `rights::a_worker_refuses_a_key_that_others_can_read`; runtime `redb_store` |
//! | escape sequences in data | [`terminal`]; console `app::fuzz`, `text`, `cli::output` |
//! | vulnerable, unmaintained or foreign-licensed dependency | `scripts/test` (cargo-deny, `deny.toml`) where it is installed, as it is in the pipeline |
//! | a broker older than the safe floor | [`old_broker`] |
//! | a changed record, a changed history | [`tampering`]; runtime `stories::subscription`, `fuzz::messages` |
//! | an audit that cries wolf | [`busy_audit`] |
//! | a policy that panics | [`panics`]; simulation `flaky` |
//! | bytes of an onlooker that end a connection | [`onlookers`] |
//! | people who create consumers or streams | stack `broker::people` |
//! | bytes made to break a decoder | runtime `fuzz`, console `app::fuzz`: `scripts/fuzz` |

mod busy_audit;
mod files;
mod flood;
mod old_broker;
mod onlookers;
mod panics;
mod secrets;
mod tampering;
mod terminal;
mod wire;
