//! A table whose columns give way, the least needed first, until it fits.

use crate::i18n::Text;
use crate::theme::Tone;
use crate::widgets::canvas::{Canvas, row};
use crate::widgets::fit::{Side, fit};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The cursor's mark and the space behind it.
const MARK: u16 = 2;

/// A column of a grid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    head: Text,
    width: u16,
    side: Side,
    /// Goes first when there is no room; those of 0 stay.
    spare: u8,
    /// Takes what room is left.
    is_wide: bool,
}

impl Column {
    pub(crate) const fn left(head: Text, width: u16, spare: u8) -> Self {
        Self { head, width, side: Side::Left, spare, is_wide: false }
    }

    pub(crate) const fn right(head: Text, width: u16, spare: u8) -> Self {
        Self { side: Side::Right, ..Self::left(head, width, spare) }
    }

    /// A column of texts that takes the room left over.
    pub(crate) const fn wide(head: Text, width: u16, spare: u8) -> Self {
        Self { is_wide: true, ..Self::left(head, width, spare) }
    }
}

/// A row of a grid.
#[derive(Debug)]
pub(crate) struct GridRow<const N: usize> {
    pub(crate) cells: [(String, Tone); N],
    pub(crate) is_selected: bool,
}

/// The widths that fit into `width`; none for a column that gives way.
fn fitting<const N: usize>(columns: &[Column; N], width: u16) -> [Option<u16>; N] {
    let mut widths = columns.map(|column| Some(column.width));
    let room = width.saturating_sub(MARK);
    let taken = |widths: &[Option<u16>; N]| widths.iter().flatten().map(|width| width + 1).sum::<u16>();
    while taken(&widths) > room + 1 {
        let shown = (0..N).filter(|place| widths[*place].is_some() && columns[*place].spare > 0);
        let Some(last) = shown.max_by_key(|place| columns[*place].spare) else { break };
        widths[last] = None;
    }
    let free = (room + 1).saturating_sub(taken(&widths));
    if let Some(wide) = (0..N).find(|place| columns[*place].is_wide && widths[*place].is_some()) {
        widths[wide] = widths[wide].map(|width| width + free);
    }
    widths
}

/// How many rows fit below the head.
pub(crate) fn rows_in(area: Rect) -> usize {
    usize::from(area.height).saturating_sub(1)
}

/// Draws the head and `rows` below it.
pub(crate) fn grid<const N: usize>(
    canvas: &mut Canvas,
    area: Rect,
    columns: &[Column; N],
    rows: impl IntoIterator<Item = GridRow<N>>,
) {
    let (theme, glyphs, is_fresh) = (canvas.theme, canvas.glyphs, canvas.is_fresh);
    let widths = fitting(columns, area.width);
    let shown = |place: usize, text: &str| {
        widths[place].map(|width| fit(text, width.into(), columns[place].side, glyphs.ellipsis) + " ")
    };
    let heads: String = (0..N).filter_map(|place| shown(place, canvas.head(columns[place].head))).collect();
    canvas.line(area, Line::styled(format!("  {heads}"), theme.head));
    for (place, one) in rows.into_iter().take(rows_in(area)).enumerate() {
        let mark = if one.is_selected { glyphs.cursor } else { " " };
        let mut spans = vec![Span::raw(format!("{mark} "))];
        for (column, (text, tone)) in one.cells.iter().enumerate() {
            let style = if one.is_selected || !is_fresh { Style::new() } else { canvas.tone(*tone) };
            spans.extend(shown(column, text).map(|text| Span::styled(text, style)));
        }
        let style = match (one.is_selected, is_fresh) {
            (true, _) => theme.selected,
            (false, true) => Style::new(),
            (false, false) => theme.faded,
        };
        let here = row(area, place + 1);
        canvas.frame.buffer_mut().set_style(here, style);
        canvas.line(here, spans);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_until_the_rest_fits() {
        let columns = [
            Column::wide(Text::HeadProduct, 10, 0),
            Column::right(Text::HeadOwned, 5, 2),
            Column::right(Text::HeadAvailable, 5, 1),
        ];
        assert_eq!(fitting(&columns, 30), [Some(16), Some(5), Some(5)]);
        assert_eq!(fitting(&columns, 20), [Some(12), None, Some(5)]);
        assert_eq!(fitting(&columns, 13), [Some(11), None, None]);
        assert_eq!(fitting(&columns, 3), [Some(10), None, None], "what must stay is cut by the screen");
    }
}
