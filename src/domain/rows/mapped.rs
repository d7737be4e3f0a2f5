//! Reading a table as another system exports it, by a mapping: lines of cells come in, rows and a report go out.
//!
//! What is not read is in the report: lines above and behind the table, columns without a mapping, totals. What could be
//! read in two ways is refused. Knows nothing of where files lie.

mod cell;
mod header;
mod lines;
mod percentage;
mod problems;
mod reads;
mod report;
mod text_file;
mod totals;
mod workbook;

use std::collections::BTreeMap;
use std::ops::Range;

pub use cell::{Cell, CellForm};
pub use text_file::{decode, read_text_file};
pub use workbook::{MAXIMUM_UNPACKED_BYTES, Package, read_workbook};

use self::cell::{Reading, is_blank, is_too_long};
use self::header::Header;
use self::problems::{hidden_column, long_cell, no_cell, too_much_text, wrong_cell};
use self::reads::{Origin, Reads, check_given};
use self::totals::Totals;
use super::validate::Validator;
use super::{RowKind, RowProblem, RowProblemCode, RowRemark, RowsProblem, RowsProblemCode, RowsRead};
use crate::domain::mapping::{FileFormat, Layout, MAXIMUM_COLUMNS, Source, clean};
use crate::domain::text::Text;

/// Most bytes of all cells of a file, each as often as it is read (256 MiB): twice what a workbook unpacks to. A text that
/// cells share is in the file once and in any number of them.
const MAXIMUM_HANDED_BYTES: usize = 256 * 1024 * 1024;

/// Reads a file by a mapping. `given` are values that came with the upload, by column.
///
/// # Errors
/// When nothing can be read; what is wrong with single rows is in the report.
pub fn read_mapped(
    kind: RowKind,
    layout: &Layout,
    given: &BTreeMap<String, String>,
    bytes: &[u8],
) -> Result<RowsRead, RowsProblem> {
    let table = TableReader::new(kind, layout, given)?;
    match &layout.format {
        FileFormat::Csv { encoding, delimiter } => read_text_file(table, *encoding, *delimiter, bytes),
        FileFormat::Xlsx { sheet } => read_workbook(table, sheet.as_deref(), bytes),
    }
}

/// A line of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// In the file, from 1; of a workbook the row of the sheet.
    pub number: u32,
    /// Empty lines right before it that are not handed over.
    pub blank_before: u32,
    /// Whether a spreadsheet hides it.
    pub hidden: bool,
    /// From the first column on; what is missing at the end is empty.
    pub cells: Vec<Cell>,
}

impl Line {
    fn cell(&self, place: usize) -> &Cell {
        self.cells.get(place).unwrap_or(&cell::EMPTY)
    }

    /// The first text that is not empty.
    fn first_text(&self) -> Option<String> {
        let texts = self.cells.iter().filter(|cell| !is_blank(&cell.text));
        let first = texts.map(|cell| clean(&cell.text)).next()?;
        Some(first.trim_end_matches([':', ' ']).to_owned())
    }
}

/// Where the reader stands in the file.
enum Place {
    Above,
    Header(Vec<Line>),
    Table,
    /// Behind an empty line that ends the table.
    Behind,
}

/// Takes in the lines of a file in their order.
pub struct TableReader<'a> {
    kind: RowKind,
    layout: &'a Layout,
    place: Place,
    reads: Vec<Reads<'a>>,
    header: Header,
    /// Places that a spreadsheet hides.
    hidden: Vec<Range<usize>>,
    validator: Validator,
    totals: Totals,
    /// Rows so far, good or not.
    count: usize,
    /// Bytes of the cells so far.
    handed: usize,
    above: Seen,
    behind: Seen,
    blank: Seen,
    /// Formulas by place in the line.
    formulas: BTreeMap<usize, Seen>,
    /// Columns without a header that have values.
    nameless: BTreeMap<usize, Seen>,
}

/// Some lines: how many, and the first of them.
#[derive(Clone, Copy, Default)]
struct Seen {
    count: u32,
    first: u32,
}

impl Seen {
    fn add(&mut self, count: u32, first: u32) {
        if self.count == 0 {
            self.first = first;
        }
        self.count += count;
    }
}

impl<'a> TableReader<'a> {
    /// Begins to read a file.
    ///
    /// # Errors
    /// When the values that come with the upload are not those that the mapping asks for.
    pub fn new(kind: RowKind, layout: &'a Layout, given: &BTreeMap<String, String>) -> Result<Self, RowsProblem> {
        check_given(kind, layout, given)?;
        let mut reads = Vec::with_capacity(layout.columns.len());
        // In the order of the kind, in which a month comes before what depends on it.
        for column in kind.columns() {
            let Some(source) = layout.columns.iter().find(|source| source.column == column.name) else {
                continue;
            };
            let from = match &source.source {
                Source::Constant { value } => Origin::Same(value.clone()),
                Source::Given => Origin::Same(given.get(column.name).cloned().unwrap_or_default()),
                Source::Cell { line, column: across } => Origin::Awaited {
                    line: *line,
                    place: *across as usize - 1,
                    headers: &[],
                },
                Source::Headers { headers, .. } => Origin::Awaited {
                    line: 0,
                    place: 0,
                    headers,
                },
            };
            reads.push(Reads { column, from });
        }
        Ok(Self {
            kind,
            layout,
            place: Place::Above,
            reads,
            header: Header::default(),
            hidden: Vec::new(),
            validator: Validator::new(kind),
            totals: Totals::default(),
            count: 0,
            handed: 0,
            above: Seen::default(),
            behind: Seen::default(),
            blank: Seen::default(),
            formulas: BTreeMap::new(),
            nameless: BTreeMap::new(),
        })
    }

    /// Notes places that a spreadsheet hides.
    pub(in crate::domain) fn hide_columns(&mut self, places: &Range<usize>) {
        if !places.is_empty() && self.hidden.len() < MAXIMUM_COLUMNS {
            self.hidden.push(places.clone());
        }
    }

    /// Notes something about the whole file.
    pub fn remark(&mut self, remark: RowRemark) {
        self.validator.remark(remark);
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// When the file as a whole cannot be read.
    pub fn line(&mut self, line: Line) -> Result<(), RowsProblem> {
        if line.cells.len() > MAXIMUM_COLUMNS {
            return Err(RowsProblem::new(
                RowsProblemCode::TooManyColumns,
                format!("dòng {} có hơn {MAXIMUM_COLUMNS} cột", line.number),
                format!("line {} has more than {MAXIMUM_COLUMNS} columns", line.number),
            ));
        }
        if line.cells.iter().any(|cell| is_too_long(&cell.text)) {
            return Err(long_cell(line.number));
        }
        self.hand_over(line.number, line.cells.iter().map(|cell| cell.text.len()).sum())?;
        match &mut self.place {
            Place::Above if line.number < self.layout.header_line => self.above_header(&line),
            Place::Above => {
                if line.number != self.layout.header_line {
                    return Err(header::not_there(self.layout.header_line));
                }
                self.place = Place::Header(vec![line]);
                self.begin_table()
            }
            Place::Header(lines) => {
                // A line of which all is merged with the one above is empty, and some writers leave it out.
                let wanted = (self.layout.header_lines as usize).saturating_sub(lines.len());
                let empty = wanted.min(line.blank_before as usize);
                lines.extend((0..empty).map(|_| Line::default()));
                if empty < wanted {
                    lines.push(line);
                    return self.begin_table();
                }
                self.begin_table()?;
                let blank_before = line.blank_before - empty as u32;
                self.table_line(&Line { blank_before, ..line })
            }
            Place::Table | Place::Behind => self.table_line(&line),
        }
    }

    /// Counts bytes of cells that are read.
    fn hand_over(&mut self, line: u32, bytes: usize) -> Result<(), RowsProblem> {
        self.handed = self.handed.saturating_add(bytes);
        match self.handed > MAXIMUM_HANDED_BYTES {
            true => Err(too_much_text(line)),
            false => Ok(()),
        }
    }

    fn above_header(&mut self, line: &Line) -> Result<(), RowsProblem> {
        if line.cells.iter().all(|cell| is_blank(&cell.text)) {
            return Ok(());
        }
        self.above.add(1, line.number);
        for read in &mut self.reads {
            let Origin::Awaited {
                line: wanted,
                place,
                headers: [],
            } = &read.from
            else {
                continue;
            };
            if *wanted == line.number {
                let value = Reading::of(self.layout).value(read.column, line.cell(*place), None);
                let value = value.map_err(|(_, message)| wrong_cell(line.number, *place, &message))?;
                read.from = Origin::Same(value);
            }
        }
        Ok(())
    }

    /// Finds where each column stands, once the header is there.
    fn begin_table(&mut self) -> Result<(), RowsProblem> {
        let Place::Header(lines) = &mut self.place else {
            return Ok(());
        };
        if lines.len() < self.layout.header_lines as usize {
            return Ok(());
        }
        let lines = std::mem::take(lines);
        self.place = Place::Table;
        self.header = Header::of(&lines);
        let layout = self.layout;
        for read in &mut self.reads {
            match &read.from {
                Origin::Awaited {
                    headers: [],
                    line,
                    place,
                } => return Err(no_cell(read.column, *line, *place)),
                Origin::Awaited { headers, .. } => {
                    let places = headers.iter().map(|header| self.header.find(header));
                    let repeats = layout.columns.iter().any(|source| {
                        let repeats = matches!(source.source, Source::Headers { repeats: true, .. });
                        source.column == read.column.name && repeats
                    });
                    read.from = Origin::Places {
                        places: places.collect::<Result<_, _>>()?,
                        repeats,
                        last: Cell::default(),
                    };
                }
                Origin::Same(_) | Origin::Places { .. } => {}
            }
        }
        let percentages = layout.percentages.iter().map(|one| self.header.find(&one.header));
        let percentages: Vec<usize> = percentages.collect::<Result<_, _>>()?;
        let used: Vec<usize> = self.places().chain(percentages.iter().copied()).collect();
        let is_hidden = |place: &&usize| self.hidden.iter().any(|hidden| hidden.contains(place));
        if let Some(place) = used.iter().find(is_hidden) {
            return Err(hidden_column(&self.header.label(*place)));
        }
        for remark in self.header.unmapped(&used, layout.header_line) {
            self.validator.remark(remark);
        }
        self.header.percentages = percentages;
        Ok(())
    }

    /// Places of a line that are read as columns.
    fn places(&self) -> impl Iterator<Item = usize> {
        let of = |read: &Reads<'_>| match &read.from {
            Origin::Places { places, .. } => places.clone(),
            Origin::Same(_) | Origin::Awaited { .. } => Vec::new(),
        };
        self.reads.iter().flat_map(of).collect::<Vec<_>>().into_iter()
    }

    fn problem(&mut self, line: u32, column: Option<String>, code: RowProblemCode, message: Text) {
        self.validator.report(RowProblem {
            line,
            column,
            code,
            message,
        });
    }

    /// The rows and the report.
    ///
    /// # Errors
    /// When there was no header, or there are no rows.
    pub fn finish(mut self) -> Result<RowsRead, RowsProblem> {
        if matches!(self.place, Place::Above | Place::Header(_)) {
            return Err(header::not_there(self.layout.header_line));
        }
        if self.count == 0 {
            return Err(RowsProblem::new(
                RowsProblemCode::Empty,
                "không có dòng số liệu nào dưới tiêu đề",
                "there are no rows below the header",
            ));
        }
        self.finish_totals();
        self.remark_on_file();
        Ok(self.validator.finish())
    }
}

#[cfg(test)]
mod tests;
