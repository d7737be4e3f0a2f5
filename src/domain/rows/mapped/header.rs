//! Headers of one or several lines, and which place of a line each names.

use std::collections::BTreeMap;

use super::cell::is_blank;
use super::{Line, clean};
use crate::domain::mapping::MAXIMUM_TEXT;
use crate::domain::rows::{RowRemark, RowRemarkCode, RowsProblem, RowsProblemCode};
use crate::domain::text::Text;

/// Between the texts of a header of several lines: `Đã giải quyết / Đúng hạn`.
const BELOW: &str = " / ";
/// Most headers that a message lists; the file has the rest.
const MOST_LISTED: usize = 30;
/// Characters of a header that a message shows.
const SHOWN_CHARACTERS: usize = 80;
/// Characters of a header's text that are kept (301): one more than a mapping can name, so that what is cut is never found.
const KEPT_CHARACTERS: usize = MAXIMUM_TEXT + 1;

/// The names of a file's columns.
#[derive(Default)]
pub(super) struct Header {
    /// By place in the line; empty where there is no header.
    names: Vec<String>,
    /// The last line of the header, as it stands there.
    last: Vec<String>,
    /// Places of the mapping's percentages, in its order.
    pub percentages: Vec<usize>,
}

impl Header {
    /// The header of some lines. In all lines but the last an empty cell has the text to its left: that is how merged
    /// cells are exported. A text that spans lines stands in the first of them.
    pub fn of(lines: &[Line]) -> Self {
        let width = lines.iter().map(|line| line.cells.len()).max().unwrap_or(0);
        let mut names = vec![String::new(); width];
        for (index, line) in lines.iter().enumerate() {
            let is_last = index + 1 == lines.len();
            let mut left = String::new();
            for (place, name) in names.iter_mut().enumerate() {
                let text = clean(&line.cell(place).text);
                if !text.is_empty() || is_last {
                    // Every column to the right may have it, too.
                    left = text.chars().take(KEPT_CHARACTERS).collect();
                }
                if left.is_empty() || *name == left {
                    continue;
                }
                if !name.is_empty() {
                    name.push_str(BELOW);
                }
                name.push_str(&left);
            }
        }
        let last = lines
            .last()
            .map(|line| line.cells.iter().map(|cell| clean(&cell.text)).collect());
        Self {
            names,
            last: last.unwrap_or_default(),
            percentages: Vec::new(),
        }
    }

    /// The place of the one column of this name.
    pub fn find(&self, name: &str) -> Result<usize, RowsProblem> {
        let mut found = (0..self.names.len()).filter(|place| self.names[*place] == name);
        match (found.next(), found.next()) {
            (Some(place), None) => Ok(place),
            (Some(_), Some(_)) => Err(RowsProblem::new(
                RowsProblemCode::DoubledColumn,
                format!("tiêu đề {name:?} có hai cột; không rõ cột nào"),
                format!("two columns have the header {name:?}; which one is meant is not known"),
            )),
            (None, _) => {
                let names = self.names.iter().filter(|name| !name.is_empty());
                let shown = names.take(MOST_LISTED).map(|name| format!("{:?}", short(name)));
                let shown = shown.collect::<Vec<_>>().join(", ");
                Err(RowsProblem::new(
                    RowsProblemCode::MissingColumn,
                    format!("không có cột với tiêu đề {name:?}; tệp có: {shown}"),
                    format!("no column has the header {name:?}; the file has {shown}"),
                ))
            }
        }
    }

    /// The name of a column; none where there is no header.
    pub fn name(&self, place: usize) -> Option<&str> {
        self.names
            .get(place)
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }

    /// What people call a column: its header, or its number from 1.
    pub fn label(&self, place: usize) -> String {
        self.name(place).map_or_else(|| format!("#{}", place + 1), short)
    }

    /// The columns that are at none of these places.
    pub fn unmapped(&self, used: &[usize], line: u32) -> Vec<RowRemark> {
        let unmapped = (0..self.names.len()).filter(|place| !used.contains(place));
        let named = unmapped.filter_map(|place| self.name(place));
        let remark = |name: &str| RowRemark {
            line,
            column: Some(short(name)),
            code: RowRemarkCode::UnmappedColumn,
            message: Text::new(
                "cột không có trong ánh xạ: không đọc",
                "the mapping has no such column: it is not read",
            ),
        };
        named.map(remark).collect()
    }

    /// Whether a line is the last line of the header again: all that it has is there, and at least two texts.
    pub fn is_again(&self, line: &Line) -> bool {
        let mut same = BTreeMap::new();
        for (place, cell) in line.cells.iter().enumerate().filter(|(_, cell)| !is_blank(&cell.text)) {
            let text = clean(&cell.text);
            if self.last.get(place) != Some(&text) {
                return false;
            }
            same.insert(text, place);
        }
        same.len() >= 2
    }
}

fn short(name: &str) -> String {
    name.chars().take(SHOWN_CHARACTERS).collect()
}

/// There is no header where the mapping says.
pub(super) fn not_there(line: u32) -> RowsProblem {
    RowsProblem::new(
        RowsProblemCode::Empty,
        format!("không có tiêu đề ở dòng {line} như ánh xạ nêu"),
        format!("there is no header on line {line}, where the mapping says"),
    )
}
