//! The only way to stdout and stderr.
//!
//! stdout carries the answer, as text or as JSON; stderr what there is to say
//! about it. Neither can carry anything a terminal would act on.

use crate::cli::failure::{Done, Exit, Failure};
use crate::cli::session::Recorded;
use crate::cli::table::grouped;
use crate::text::sanitize;
use crate::zone::Zone;
use rental_model::{Event, UnixMs, Won};
use serde::Serialize;
use serde_json::value::RawValue;
use std::fmt::Display;
use std::fmt::Write as _;
use std::io::Write;

/// Where a command speaks.
pub(crate) struct Output<'a> {
    pub(crate) is_json: bool,
    /// In which times are shown to people.
    pub(crate) zone: Zone,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    /// What was done already: a failure from then on is another one.
    done: Option<Done>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(is_json: bool, zone: Zone, out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { is_json, zone, out, err, done: None }
    }

    /// Prints text whose cells are sanitize already (see [`crate::cli::table`]).
    pub(crate) fn text(&mut self, text: &impl Display) -> Result<(), Failure> {
        Ok(write!(self.out, "{text}")?)
    }

    /// Prints one sentence.
    pub(crate) fn sentence(&mut self, sentence: &str) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{}", sanitize(sentence))?)
    }

    /// Prints one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let json = serde_json::to_string(value).map_err(std::io::Error::other)?;
        Ok(writeln!(self.out, "{}", escaped(&json))?)
    }

    /// Prints a service's answer as it came, on one line.
    pub(crate) fn answer(&mut self, answer: &RawValue) -> Result<(), Failure> {
        // Between tokens a line break means nothing, and within strings there is none.
        Ok(writeln!(self.out, "{}", escaped(&answer.get().replace(['\n', '\r'], " ")))?)
    }

    /// Prints what a command recorded: the event as it came, or in the words of `told`.
    pub(crate) fn recorded(
        &mut self,
        recorded: &Recorded,
        told: impl FnOnce(&Event) -> Option<String>,
    ) -> Result<Exit, Failure> {
        let sentence = Event::from_body(recorded.answer.get().as_bytes()).ok().map(|(event, number, _)| {
            let kind = event.kind();
            let sentence = told(&event).unwrap_or_else(|| kind.to_string());
            let (stream, number) = (kind.context().stream().unwrap_or_default(), number.unwrap_or_default());
            format!("{sentence} ({stream}:{number})")
        });
        self.done(recorded, sentence)
    }

    /// Prints what has been done: the answer as it came, or the sentence for it if there is one.
    pub(crate) fn done(&mut self, recorded: &Recorded, sentence: Option<String>) -> Result<Exit, Failure> {
        let Recorded { request_id, answer } = recorded;
        let outcome = sentence.clone().unwrap_or_else(|| answer.get().to_owned());
        self.done = Some(Done { request_id: request_id.clone(), outcome });
        match sentence {
            Some(sentence) if !self.is_json => self.sentence(&sentence)?,
            // A newer service may record what we have no word for: it is done all the same.
            _ => self.answer(answer)?,
        }
        Ok(Exit::Done)
    }

    /// Ends the run: everything printed is on its way, or it is told why not and what was done all the same.
    pub(crate) fn end(&mut self, ended: Result<Exit, Failure>) -> Result<Exit, Failure> {
        let flushed = ended.and_then(|exit| self.flush().map(|()| exit));
        flushed.map_err(|failure| match (failure, self.done.take()) {
            (Failure::Output(why), Some(done)) => Failure::Untold { done, why },
            (failure, _) => failure,
        })
    }

    /// Explains a wrong command line.
    pub(crate) fn usage(&mut self, explanation: &str) {
        for line in explanation.lines() {
            let _ = writeln!(self.err, "{}", sanitize(line));
        }
        if self.is_json {
            let sentence: Vec<_> = explanation.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
            let sentence = sentence.join(" ");
            let message = sentence.strip_prefix("error: ").unwrap_or(&sentence);
            let _ = self.json(&Failure::Usage(message.to_owned()).to_json());
        }
    }

    /// Says something about the answer, beside it.
    pub(crate) fn note(&mut self, note: &str) {
        // Whoever closed stderr does not want to know.
        let _ = self.out.flush();
        let _ = writeln!(self.err, "rental: {}", sanitize(note));
    }

    /// Says why the command was not done.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        if failure.is_closed_pipe() {
            return;
        }
        self.note(&failure.to_string());
        if let Some(hint) = failure.hint() {
            self.note(&hint);
        }
        // Where the answer could not be written, nothing can.
        if self.is_json && failure.exit() != Exit::Untold {
            let _ = self.json(&failure.to_json());
        }
    }

    /// Brings everything printed so far on its way.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }

    /// A time as people here read it, to the second.
    pub(crate) fn time(&self, at: UnixMs) -> String {
        self.formatted(at, "%Y-%m-%d %H:%M:%S")
    }

    /// The same to the millisecond.
    pub(crate) fn exact_time(&self, at: UnixMs) -> String {
        self.formatted(at, "%Y-%m-%d %H:%M:%S%.3f")
    }

    fn formatted(&self, at: UnixMs, format: &str) -> String {
        self.zone.formatted(at, format).unwrap_or_else(|| format!("{} ms", at.0))
    }
}

/// Money as people read it.
pub(crate) fn money(won: Won) -> String {
    format!("{} won", grouped(won.get()))
}

/// A value's word on the wire.
pub(crate) fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The same JSON, with everything escaped that a terminal could act on or hide.
fn escaped(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        // Plain ASCII is most of it, and serde has escaped its controls, all but DEL.
        let is_safe = matches!(c, ' '..='~') || sanitize(c.encode_utf8(&mut [0; 4])).starts_with(c);
        if is_safe {
            safe.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    safe
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What `run` printed to stdout and to stderr.
    pub(crate) fn printed(is_json: bool, run: impl FnOnce(&mut Output<'_>)) -> (String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let seoul = Zone::known(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)));
        run(&mut Output::new(is_json, seoul, &mut out, &mut err));
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn json_means_the_same_and_is_safe_to_look_at() {
        let hostile = "\u{1b}[2J \u{9b}31m \u{7f} \u{202e}x\u{200b} \u{e0041} 김 \u{e9} \"\\";
        let (out, _) = printed(true, |output| output.json(&hostile).unwrap());
        let line = out.strip_suffix('\n').unwrap();
        assert!(line.chars().all(|c| !c.is_control()), "{line:?}");
        assert!(!line.contains(['\u{202e}', '\u{200b}', '\u{e0041}']), "{line:?}");
        assert!(line.contains("김") && line.contains('é'), "{line}");
        assert_eq!(serde_json::from_str::<String>(line).unwrap(), hostile);
    }

    #[test]
    fn an_answer_keeps_its_order_and_takes_one_line() {
        let answer: Box<RawValue> = serde_json::from_str("{\"b\":1,\n\"a\":\"\u{9b}\"}").unwrap();
        let (out, _) = printed(true, |output| output.answer(&answer).unwrap());
        assert_eq!(out, "{\"b\":1, \"a\":\"\\u009b\"}\n");
    }

    #[test]
    fn times_are_shown_in_the_zone_of_the_reader() {
        printed(false, |output| {
            assert_eq!(output.time(UnixMs(1_587_605_794_123)), "2020-04-23 10:36:34");
            assert_eq!(output.exact_time(UnixMs(1_587_605_794_123)), "2020-04-23 10:36:34.123");
            assert_eq!(output.time(UnixMs(u64::MAX)), "18446744073709551615 ms");
        });
    }

    #[test]
    fn a_failure_is_a_sentence_for_people_and_an_object_for_programs() {
        let failure = Failure::ReadOnly { command: "cancel", by: "--read-only".to_owned() };
        let (out, err) = printed(true, |output| output.failure(&failure));
        assert_eq!(
            err,
            "rental: `rental cancel` changes something, and this is read-only (--read-only); nothing was sent\n"
        );
        assert!(out.starts_with(r#"{"error":{"code":403,"message":"`rental cancel` changes"#), "{out}");
        assert_eq!(printed(false, |output| output.failure(&failure)).0, "");
    }

    #[test]
    fn a_reader_who_went_away_is_no_failure() {
        let closed = Failure::Output(std::io::ErrorKind::BrokenPipe.into());
        assert_eq!(printed(true, |output| output.failure(&closed)), (String::new(), String::new()));
    }
}
