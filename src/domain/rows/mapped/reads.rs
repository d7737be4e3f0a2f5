//! Where the values of each column come from in one file.

use std::collections::BTreeMap;

use super::Line;
use super::cell::{Cell, CellForm, Reading, is_blank};
use crate::domain::mapping::{Layout, Source};
use crate::domain::rows::validate::check_constant;
use crate::domain::rows::{Column, RowKind, RowProblemCode, RowsProblem, RowsProblemCode};
use crate::domain::text::Text;

/// A column of the kind, and where its values come from in this file.
pub(super) struct Reads<'a> {
    pub column: &'static Column,
    pub from: Origin<'a>,
}

pub(super) enum Origin<'a> {
    /// These places of each line, added up if they are several.
    Places {
        places: Vec<usize>,
        repeats: bool,
        /// The cell of the line before, for a cell that repeats it.
        last: Cell,
    },
    /// The same value in every row.
    Same(String),
    /// A cell above the header that has not come yet.
    Awaited {
        line: u32,
        place: usize,
        headers: &'a [String],
    },
}

impl Reads<'_> {
    /// Bytes of the cell before that an empty one of this line stands for.
    pub fn repeated_bytes(&self, line: &Line) -> usize {
        match &self.from {
            Origin::Places {
                places,
                repeats: true,
                last,
            } => match places.as_slice() {
                [place] if repeats_last(line.cell(*place)) => last.text.len(),
                _ => 0,
            },
            _ => 0,
        }
    }

    /// The column's value in a line, or what is wrong with it.
    pub fn value(
        &mut self,
        reading: &Reading<'_>,
        line: &Line,
        month: Option<&str>,
    ) -> Result<String, (RowProblemCode, Text)> {
        match &mut self.from {
            Origin::Same(value) => Ok(value.clone()),
            Origin::Awaited { .. } => Ok(String::new()),
            Origin::Places { places, repeats, last } => {
                let [place] = places.as_slice() else {
                    return reading.sum(self.column, places.iter().map(|place| line.cell(*place)));
                };
                let cell = line.cell(*place);
                if *repeats {
                    if repeats_last(cell) {
                        return reading.value(self.column, last, month);
                    }
                    last.clone_from(cell);
                }
                reading.value(self.column, cell, month)
            }
        }
    }
}

/// Whether a cell is empty, and not only without its result.
fn repeats_last(cell: &Cell) -> bool {
    is_blank(&cell.text) && cell.form != CellForm::Uncalculated
}

/// Whether the values that come with a file are those that the mapping asks for.
pub(super) fn check_given(kind: RowKind, layout: &Layout, given: &BTreeMap<String, String>) -> Result<(), RowsProblem> {
    let wanted = |name: &str| {
        let mut sources = layout.columns.iter();
        sources.any(|source| source.column == name && source.source == Source::Given)
    };
    let wrong = |vi: String, en: String| Err(RowsProblem::new(RowsProblemCode::WrongValue, vi, en));
    for (name, value) in given {
        match kind.column(name).filter(|_| wanted(name)) {
            None => {
                return wrong(
                    format!("ánh xạ không nhận {name:?} kèm theo tệp; bỏ khỏi given"),
                    format!("the mapping takes no {name:?} with the file; leave it out of given"),
                );
            }
            Some(column) => check_constant(column, value).map_err(|message| RowsProblem {
                code: RowsProblemCode::WrongValue,
                message,
            })?,
        }
    }
    let mut missing = layout.columns.iter().filter(|source| source.source == Source::Given);
    match missing.find(|source| !given.contains_key(&source.column)) {
        None => Ok(()),
        Some(source) => wrong(
            format!("cần nêu {} kèm theo tệp (given)", source.column),
            format!("state {} with the file (given)", source.column),
        ),
    }
}
