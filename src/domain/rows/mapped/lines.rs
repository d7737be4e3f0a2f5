//! Lines below the header: rows, totals, and what is neither.

use std::collections::BTreeMap;

use super::cell::{Cell, CellForm, Reading, is_blank};
use super::problems::second_table;
use super::reads::{Origin, Reads};
use super::{Line, Place, TableReader};
use crate::domain::mapping::BlankLines;
use crate::domain::rows::read::too_many;
use crate::domain::rows::{ColumnKind, MAXIMUM_FILE_ROWS, RowProblemCode, RowsProblem};
use crate::domain::text::{Text, folded};

impl TableReader<'_> {
    /// Takes a line below the header.
    pub(super) fn table_line(&mut self, line: &Line) -> Result<(), RowsProblem> {
        let is_empty = line.cells.iter().all(|cell| is_blank(&cell.text)) && !self.awaits_results(line);
        let blank = line.blank_before + u32::from(is_empty);
        if blank > 0 && matches!(self.place, Place::Table) {
            match self.layout.blank_lines {
                BlankLines::EndTable => self.place = Place::Behind,
                BlankLines::Skipped => self.blank.add(blank, line.number + u32::from(is_empty) - blank),
            }
        }
        if is_empty {
            return Ok(());
        }
        if self.header.is_again(line) {
            return Err(second_table(
                line.number,
                "tiêu đề lặp lại",
                "the header is there again",
            ));
        }
        let first = line.first_text().unwrap_or_default();
        let label = self.layout.totals.iter().find(|total| same_label(&total.label, &first));
        if let Some(label) = label {
            let of = label.of;
            return self.total_line(line, of);
        }
        if matches!(self.place, Place::Behind) {
            return self.behind_table(line);
        }
        if looks_like_total(&first) {
            let message = Text::new(
                format!("{first:?} có vẻ là dòng tổng; nêu nhãn này ở totals của ánh xạ, hoặc xóa dòng"),
                format!(
                    "{first:?} looks like a line of totals; state the label in the mapping's totals, or delete the line"
                ),
            );
            self.problem(line.number, None, RowProblemCode::UnstatedTotal, message);
            return Ok(());
        }
        self.row(line)
    }

    /// Whether a formula without its result is where a column is read.
    fn awaits_results(&self, line: &Line) -> bool {
        let is_awaited = |cell: &Cell| cell.form == CellForm::Uncalculated;
        line.cells.iter().any(is_awaited) && self.places().any(|place| is_awaited(line.cell(place)))
    }

    /// What stands behind the table is left out, unless it looks like rows.
    fn behind_table(&mut self, line: &Line) -> Result<(), RowsProblem> {
        let reading = Reading::of(self.layout);
        let is_counted = |read: &Reads<'_>| match &read.from {
            Origin::Places { places, .. } if read.column.kind == ColumnKind::Count => places.iter().any(|place| {
                let cell = line.cell(*place);
                !is_blank(&cell.text) && reading.count(cell).is_ok()
            }),
            _ => false,
        };
        if self.reads.iter().any(is_counted) {
            return Err(second_table(
                line.number,
                "sau dòng trống lại có số liệu",
                "there are figures again behind an empty line",
            ));
        }
        self.behind.add(1, line.number);
        Ok(())
    }

    fn row(&mut self, line: &Line) -> Result<(), RowsProblem> {
        self.count += 1;
        if self.count > MAXIMUM_FILE_ROWS {
            return Err(too_many(MAXIMUM_FILE_ROWS));
        }
        if line.hidden {
            let message = Text::new(
                "dòng bị ẩn trong bảng tính; hãy hiện lại hoặc xóa",
                "the spreadsheet hides this line; show it or delete it",
            );
            self.problem(line.number, None, RowProblemCode::HiddenLine, message);
            self.totals.is_sure = false;
            return Ok(());
        }
        let repeated = self.reads.iter().map(|read| read.repeated_bytes(line)).sum();
        self.hand_over(line.number, repeated)?;
        self.note_cells(line);
        let reading = Reading::of(self.layout);
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        let mut problems = Vec::new();
        let time = self
            .kind
            .columns()
            .iter()
            .find(|column| matches!(column.kind, ColumnKind::Month | ColumnKind::Date));
        // What the month decides is read when it is known.
        let (levels, others): (Vec<usize>, Vec<usize>) =
            (0..self.reads.len()).partition(|index| self.reads[*index].column.kind == ColumnKind::Level);
        for index in others.into_iter().chain(levels) {
            let read = &mut self.reads[index];
            let month = time.and_then(|column| values.get(column.name)?.get(..7).map(str::to_owned));
            if read.column.kind == ColumnKind::Level && month.is_none() && !problems.is_empty() {
                continue;
            }
            match read.value(&reading, line, month.as_deref()) {
                Ok(value) => {
                    values.insert(read.column.name.to_owned(), value);
                }
                Err((code, message)) => problems.push((read.column.name, code, message)),
            }
        }
        self.totals.add(&self.reads, &values);
        if problems.is_empty() {
            self.check_percentages(line, &values);
            self.validator.add(line.number, values);
        }
        for (column, code, message) in problems {
            self.problem(line.number, Some(column.to_owned()), code, message);
        }
        Ok(())
    }

    /// Notes formulas, and values in columns without a header.
    fn note_cells(&mut self, line: &Line) {
        for (place, cell) in line.cells.iter().enumerate() {
            if cell.formula {
                self.formulas.entry(place).or_default().add(1, line.number);
            }
            if !is_blank(&cell.text) && self.header.name(place).is_none() {
                self.nameless.entry(place).or_default().add(1, line.number);
            }
        }
    }
}

/// Whether a text is a label of totals that the mapping names.
fn same_label(label: &str, text: &str) -> bool {
    label.trim_end_matches([':', ' ']).to_lowercase() == text.to_lowercase()
}

/// Words by which people know a line of totals, without marks and case.
fn looks_like_total(text: &str) -> bool {
    let is_short = text.len() <= 64;
    is_short
        && matches!(
            folded(text).as_str(),
            "tong" | "tong cong" | "tong so" | "cong" | "total"
        )
}
