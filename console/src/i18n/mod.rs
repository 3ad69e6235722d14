//! Korean and English: every string the console shows comes through here.
//!
//! [`Text`] names a string, [`words`] holds it in both languages, side by
//! side: one that lacks a language does not compile. A [`Message`] is a text
//! with its figures filled in later, so that what is on the screen changes
//! language with `L` like everything else.

pub(crate) mod business;
pub(crate) mod filter;
pub(crate) mod words;

pub(crate) use filter::message;
pub(crate) use words::Text;

/// The languages of the desk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    Korean,
}

impl Language {
    /// The language of a POSIX locale: the first of `LC_ALL`, `LC_MESSAGES`, `LANG` that is set.
    pub(crate) fn from_locale(mut variable: impl FnMut(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| variable(name).filter(|value| !value.is_empty()))
            .unwrap_or_default();
        if locale.starts_with("ko") { Self::Korean } else { Self::English }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::English => Self::Korean,
            Self::Korean => Self::English,
        }
    }

    /// `text` in this language.
    pub(crate) fn text(self, text: Text) -> &'static str {
        let (english, korean) = text.both();
        match self {
            Self::English => english,
            Self::Korean => korean,
        }
    }

    /// `message` in this language, with its figures in place. `{n:order/orders}` is a count and
    /// what is counted: "1 order", "2 orders".
    pub(crate) fn say(self, message: &Message) -> String {
        let mut said = String::new();
        let mut rest = self.text(message.text);
        // One pass: what a figure holds is never taken for a place.
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
        {
            said.push_str(before);
            let (name, forms) = name.split_once(':').map_or((name, None), |(name, forms)| (name, Some(forms)));
            if let Some((_, figure)) = message.figures.iter().find(|(known, _)| *known == name) {
                let figure = self.figure(figure);
                let word = forms
                    .and_then(|forms| forms.split_once('/'))
                    .map(|(one, more)| if figure == "1" { one } else { more });
                said.push_str(&figure);
                said.extend(word.into_iter().flat_map(|word| [" ", word]));
            }
            rest = after;
        }
        said + rest
    }

    fn figure(self, figure: &Arg) -> String {
        match figure {
            Arg::Plain(text) => text.clone(),
            Arg::Named(text) => self.text(*text).to_owned(),
            Arg::Said(message) => self.say(message),
            Arg::Lasted(ms) => self.duration(*ms),
        }
    }

    /// How long something duration, in one unit: `850 ms`, `12 s`, `5 min`, `3 h`, `2 d`.
    pub(crate) fn duration(self, ms: u64) -> String {
        let units = [Text::UnitSecond, Text::UnitMinute, Text::UnitHour, Text::UnitDay];
        if ms < 1_000 { self.say(&Text::UnitMs.with("n", ms)) } else { self.in_units(ms, units) }
    }

    /// How long ago something was, as short as can be: `now`, `12s`, `5m`, `3h`, `2d`.
    pub(crate) fn age(self, ms: u64) -> String {
        let units = [Text::AgeSeconds, Text::AgeMinutes, Text::AgeHours, Text::AgeDays];
        if ms < 1_000 { self.text(Text::AgeNow).to_owned() } else { self.in_units(ms, units) }
    }

    fn in_units(self, ms: u64, [seconds, minutes, hours, days]: [Text; 4]) -> String {
        let (count, unit) = match ms / 1_000 {
            s @ 0..60 => (s, seconds),
            s @ 60..3_600 => (s / 60, minutes),
            s @ 3_600..86_400 => (s / 3_600, hours),
            s => (s / 86_400, days),
        };
        self.say(&unit.with("n", count))
    }
}

/// What stands in the place of a `{name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arg {
    Plain(String),
    Named(Text),
    Said(Message),
    /// Milliseconds, to be told as a duration.
    Lasted(u64),
}

macro_rules! plain_figures {
    ($($kind:ty),+) => {
        $(impl From<$kind> for Arg {
            fn from(value: $kind) -> Self {
                Self::Plain(value.to_string())
            }
        })+
    };
}

plain_figures!(u64, usize, &str, String, rental_model::OrderId, rental_model::ProductId, rental_model::Qty);

impl From<Text> for Arg {
    fn from(text: Text) -> Self {
        Self::Named(text)
    }
}

impl From<Message> for Arg {
    fn from(message: Message) -> Self {
        Self::Said(message)
    }
}

/// A text and the figures that belong in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    text: Text,
    figures: Vec<(&'static str, Arg)>,
}

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        Self { text, figures: Vec::new() }
    }
}

impl Text {
    /// This text with `figure` in the place of `{name}`.
    pub(crate) fn with(self, name: &'static str, figure: impl Into<Arg>) -> Message {
        Message::from(self).with(name, figure)
    }
}

impl Message {
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, figure: impl Into<Arg>) -> Self {
        self.figures.push((name, figure.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `{names}` of a text, sorted.
    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<_> = text.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next()).collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn every_text_is_there_in_both_languages() {
        // Units and marks that are written alike everywhere.
        let alike = [
            Text::UnitMs,
            Text::Live,
            Text::HeadTimeUtc,
            Text::DownWorks,
            Text::HealthPhase,
            Text::Became,
            Text::BecameWhy,
            Text::ChangedTo,
            Text::LeftOutWhy,
            Text::DeedOther,
        ];
        for text in Text::ALL {
            let (english, korean) = text.both();
            assert!(!english.trim().is_empty() && !korean.trim().is_empty(), "{text:?} lacks a language");
            assert!(english.is_ascii(), "{text:?}: {english:?} would not show on a plain terminal");
            assert_eq!(places(english), places(korean), "{text:?} has other figures in Korean");
            let is_hangul = korean.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c));
            assert!(is_hangul || alike.contains(text), "{text:?} is not translated: {korean:?}");
        }
    }

    #[test]
    fn the_locale_chooses_the_language() {
        let locale = |set: &'static [(&str, &str)]| {
            Language::from_locale(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(locale(&[("LANG", "ko_KR.UTF-8")]), Language::Korean);
        assert_eq!(locale(&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "C.UTF-8")]), Language::English);
        assert_eq!(locale(&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "ko_KR")]), Language::Korean);
        assert_eq!(locale(&[("LC_ALL", ""), ("LANG", "ko_KR")]), Language::Korean);
        assert_eq!(locale(&[]), Language::English);
    }

    /// "1 warnings" stood in the header of every screen.
    #[test]
    fn what_is_counted_is_said_as_one_or_as_several() {
        for (text, one, several) in [
            (Text::LogWarnings, " 1 warning", " 12 warnings"),
            (Text::BulkCancelTitle, "Cancel 1 order?", "Cancel 12 orders?"),
            (Text::SumRetrieve, "1 unit is called back from customers", "12 units are called back from customers"),
            (Text::ServiceParked, "It runs, 1 parked message waits", "It runs, 12 parked messages wait"),
        ] {
            let said = |n: u64| Language::English.say(&text.with("n", n));
            assert!(said(1).starts_with(one) && said(12).starts_with(several), "{} / {}", said(1), said(12));
        }
        assert_eq!(Language::Korean.say(&Text::CountOf.with("n", 1_u64)), "1개");
    }

    /// A number followed by a word for several must be able to stand for one.
    #[test]
    fn no_english_text_counts_in_the_plural_only() {
        let invariable = ["s", "ms"];
        for text in Text::ALL {
            let english = text.both().0;
            for name in ["{n} ", "{rest} ", "{total} ", "{settled} ", "{accepted} "] {
                let after =
                    english.split(name).skip(1).filter_map(|rest| rest.split([' ', '.', ',', ';', ':', '?']).next());
                for word in after.filter(|word| word.ends_with('s') && !invariable.contains(word)) {
                    assert!(*text == Text::PreviewNarrow, "{text:?}: {name}{word}");
                }
            }
        }
    }

    #[test]
    fn figures_take_their_places_and_change_language_too() {
        let message = Text::CommandAccepted
            .with("what", Text::DeedCancel.with("order", 17_u64))
            .with("number", 42_u64)
            .with("context", Text::ContextOrder);
        assert_eq!(Language::English.say(&message), "cancel order 17: accepted (order event 42)");
        assert_eq!(Language::Korean.say(&message), "주문 17 취소: 접수됨 (주문 이벤트 42번)");
    }
}
