//! The split × split matrix on the page.

use std::fmt::Write;

use super::html;
use crate::human;
use crate::matrix::Cell;
use crate::run::Run;

/// A table of more splits than this is nothing to look at; `run.json` has it.
const SPLITS: usize = 8;

/// The section, empty where there are no two splits.
pub(super) fn section(run: &Run) -> String {
    let splits = &run.labels.splits;
    if splits.len() < 2 {
        return String::new();
    }
    let mut text =
        "<section class=\"splits\" aria-label=\"Splits\"><h2>Across splits</h2>".to_owned();
    if splits.len() > SPLITS {
        let number = human::count(splits.len() as u64);
        let _ = write!(
            text,
            "<p>{number} splits; <code>run.json</code> has the matrix.</p></section>"
        );
        return text;
    }
    text.push_str(
        "<p>How many images of one split have a look-alike in another.</p><table><tr><td></td>",
    );
    for split in splits {
        let _ = write!(text, "<th scope=\"col\">in {}</th>", html(&split.split));
    }
    text.push_str("</tr>");
    for a in splits {
        let size = human::count(a.images);
        let _ = write!(
            text,
            "<tr><th scope=\"row\">of {} <span>{size} images</span></th>",
            html(&a.split)
        );
        for b in splits {
            text.push_str(&cell(run, &a.split, &b.split));
        }
        text.push_str("</tr>");
    }
    text.push_str("</table></section>");
    text
}

fn cell(run: &Run, a: &str, b: &str) -> String {
    if a == b {
        return "<td class=\"same\">–</td>".to_owned();
    }
    let cell = Cell::of(run, a, b);
    let total = human::count(cell.total());
    format!("<td><b>{total}</b><span>{}</span></td>", cell.kinds())
}
