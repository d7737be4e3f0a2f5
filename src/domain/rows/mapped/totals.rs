//! Lines of totals against the sums of their rows.

use std::collections::BTreeMap;

use super::cell::{Reading, is_blank};
use super::{Line, Origin, Reads, TableReader};
use crate::domain::mapping::TotalOf;
use crate::domain::rows::{ColumnKind, RowProblemCode, RowRemark, RowRemarkCode, RowsProblem};
use crate::domain::text::Text;

/// Most lines of totals of all rows that are kept until the end: one above, one below, and some more.
const MAXIMUM_KEPT: usize = 16;

/// Sums by column.
type Sums = BTreeMap<&'static str, u128>;

/// What rows add up to, and what lines of totals say.
pub(super) struct Totals {
    table: Sums,
    group: Sums,
    /// Printed totals of all rows, with their lines, held to the sums at the end.
    kept: Vec<(u32, Sums)>,
    /// Lines of totals so far.
    count: usize,
    /// Whether every row so far could be added up; otherwise its own problem is told, and not that of the total.
    pub is_sure: bool,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            table: Sums::new(),
            group: Sums::new(),
            kept: Vec::new(),
            count: 0,
            is_sure: true,
        }
    }
}

impl Totals {
    /// Adds a row's counts.
    pub fn add(&mut self, reads: &[Reads<'_>], values: &BTreeMap<String, String>) {
        for column in counted(reads) {
            match values.get(column).and_then(|value| value.parse::<u128>().ok()) {
                Some(count) => {
                    *self.table.entry(column).or_default() += count;
                    *self.group.entry(column).or_default() += count;
                }
                None => self.is_sure = false,
            }
        }
    }
}

/// Columns of counts that the file has.
fn counted<'r>(reads: &'r [Reads<'_>]) -> impl Iterator<Item = &'static str> + 'r {
    let read = reads.iter().filter(|read| matches!(read.from, Origin::Places { .. }));
    read.filter(|read| read.column.kind == ColumnKind::Count)
        .map(|read| read.column.name)
}

impl TableReader<'_> {
    /// Takes a line of totals.
    pub(super) fn total_line(&mut self, line: &Line, of: TotalOf) -> Result<(), RowsProblem> {
        self.totals.count += 1;
        let reading = Reading::of(self.layout);
        let mut printed = Sums::new();
        let mut wrong = Vec::new();
        for read in &self.reads {
            let Origin::Places { places, .. } = &read.from else {
                continue;
            };
            // A sum of which a part is not printed is held to nothing.
            let is_empty = places.iter().any(|place| is_blank(&line.cell(*place).text));
            if read.column.kind != ColumnKind::Count || is_empty {
                continue;
            }
            match reading.sum(read.column, places.iter().map(|place| line.cell(*place))) {
                Ok(total) => {
                    printed.insert(read.column.name, total.parse().unwrap_or_default());
                }
                Err((code, message)) => wrong.push((read.column.name, code, message)),
            }
        }
        let is_read = wrong.is_empty();
        for (column, code, message) in wrong {
            self.problem(line.number, Some(column.to_owned()), code, message);
        }
        if is_read {
            let values = printed
                .iter()
                .map(|(column, total)| ((*column).to_owned(), total.to_string()));
            self.check_percentages(line, &values.collect());
        }
        match of {
            TotalOf::Group => {
                let group = std::mem::take(&mut self.totals.group);
                self.check_total(line.number, &printed, &group);
            }
            TotalOf::Table if self.totals.kept.len() < MAXIMUM_KEPT => self.totals.kept.push((line.number, printed)),
            TotalOf::Table => {
                let message = Text::new(
                    format!("hơn {MAXIMUM_KEPT} dòng tổng của cả bảng"),
                    format!("more than {MAXIMUM_KEPT} lines of totals of all rows"),
                );
                self.problem(line.number, None, RowProblemCode::WrongTotal, message);
            }
        }
        Ok(())
    }

    /// Holds what is left to hold at the end of the file.
    pub(super) fn finish_totals(&mut self) {
        let table = std::mem::take(&mut self.totals.table);
        for (line, printed) in std::mem::take(&mut self.totals.kept) {
            self.check_total(line, &printed, &table);
        }
        if self.totals.count == 0 && !self.layout.totals.is_empty() {
            self.validator.remark(RowRemark {
                line: self.layout.header_line,
                column: None,
                code: RowRemarkCode::NoTotalLine,
                message: Text::new(
                    "ánh xạ nêu dòng tổng nhưng tệp không có",
                    "the mapping tells of a line of totals, and the file has none",
                ),
            });
        }
    }

    /// A printed total that differs is a problem: a row was lost or doubled, and nobody can tell from the file which.
    fn check_total(&mut self, line: u32, printed: &Sums, sums: &Sums) {
        if !self.totals.is_sure {
            return;
        }
        let mut differs = false;
        for column in self.kind.columns().iter().map(|column| column.name) {
            let Some(total) = printed.get(column) else { continue };
            let sum = sums.get(column).copied().unwrap_or_default();
            if sum != *total {
                differs = true;
                let message = Text::new(
                    format!("{column}: dòng tổng ghi {total}, các dòng cộng lại là {sum}"),
                    format!("{column}: the line of totals says {total}, the rows add up to {sum}"),
                );
                self.problem(line, Some(column.to_owned()), RowProblemCode::WrongTotal, message);
            }
        }
        if !differs {
            let count = printed.len();
            self.validator.remark(RowRemark {
                line,
                column: None,
                code: RowRemarkCode::TotalLine,
                message: Text::new(
                    format!("dòng tổng, không đọc như số liệu; {count} cột khớp với các dòng"),
                    format!("a line of totals, which is no row; {count} columns agree with the rows"),
                ),
            });
        }
    }
}
