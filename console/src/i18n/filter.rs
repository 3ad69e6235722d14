//! The words for a filter's mistakes.

use crate::i18n::Message;
use crate::i18n::words::Text;
use rental_model::totalview::filter::{Mistake, Why};

/// What is wrong with a filter, and where.
pub(crate) fn message(mistake: &Mistake) -> Message {
    let why = match mistake.why {
        Why::NeedsWord => Text::FilterNeedsWord,
        Why::NeedsSign => Text::FilterNeedsSign,
        Why::NeedsEqual => Text::FilterNeedsEqual,
        Why::NeedsNumber => Text::FilterNeedsNumber,
        Why::NeedsStatus => Text::FilterNeedsStatus,
        Why::NeedsAge => Text::FilterNeedsAge,
        Why::NeedsName => Text::FilterNeedsName,
    };
    Text::FilterMistake.with("at", mistake.at).with("why", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;
    use rental_model::totalview::Status;
    use rental_model::totalview::filter::Filter;

    #[test]
    fn a_filter_takes_every_status_as_the_screen_shows_it() {
        for status in Status::ALL {
            let by_wire = Filter::parse(&format!("status={}", status.word()));
            for language in [Language::English, Language::Korean] {
                // `대여 중` is two words on the screen and one in a filter.
                let shown = language.text(Text::from(status)).replace(' ', "");
                assert_eq!(Filter::parse(&format!("status={shown}")), by_wire, "{shown}");
                assert_eq!(Filter::parse(&shown), by_wire, "{shown}");
            }
        }
    }

    #[test]
    fn a_mistake_is_told_in_both_languages() {
        let mistake = Filter::parse("ipad 수량>x").unwrap_err();
        assert_eq!(Language::English.say(&message(&mistake)), "Filter, character 9: a number is expected");
        assert_eq!(Language::Korean.say(&message(&mistake)), "조건 9번째 글자: 숫자가 필요합니다");
    }
}
