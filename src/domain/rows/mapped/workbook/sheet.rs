//! A sheet's lines, one after the other.

use quick_xml::events::BytesStart;

use super::package::Package;
use super::strings::Strings;
use super::styles::Styles;
use super::xml::{self, Event, Xml};
use super::{number, xml::damaged};
use crate::domain::mapping::MAXIMUM_COLUMNS;
use crate::domain::rows::mapped::cell::{MAXIMUM_CELL_CHARACTERS, is_blank};
use crate::domain::rows::mapped::problems::long_cell;
use crate::domain::rows::mapped::{Cell, CellForm, Line, TableReader};
use crate::domain::rows::{RowsProblem, RowsProblemCode};

/// Lines of a sheet, as spreadsheets have them.
const MAXIMUM_LINES: u32 = 1_048_576;

/// Most bytes of a cell's text that are gathered (128 KiB): its most characters, all of four bytes.
const MAXIMUM_CELL_BYTES: usize = MAXIMUM_CELL_CHARACTERS * 4;

/// What reading a sheet needs from the rest of the workbook.
pub(super) struct SheetReader<'w> {
    pub strings: &'w Strings,
    pub styles: &'w Styles,
    pub since_1904: bool,
}

/// A line under way.
#[derive(Default)]
struct Row {
    number: u32,
    hidden: bool,
    cells: Vec<Cell>,
    /// Where the next cell lies that does not say where.
    next: usize,
}

/// A cell under way.
#[derive(Default)]
struct Raw {
    place: usize,
    kind: String,
    style: Option<usize>,
    formula: bool,
    /// Whether there is an element for a value, which may be empty.
    has_value: bool,
    value: String,
}

impl SheetReader<'_> {
    /// Hands the lines that have anything to the table.
    pub fn read(&self, package: &Package<'_>, part: &str, table: &mut TableReader<'_>) -> Result<(), RowsProblem> {
        let mut xml = Xml::open(package, part)?;
        let (mut row, mut raw, mut in_value) = (Row::default(), Raw::default(), false);
        // The last line that was handed over, and the last one at all.
        let (mut handed, mut last) = (0, 0);
        while let Some(event) = xml.next()? {
            match event {
                Event::Start(start) => match start.local_name().as_ref() {
                    b"col" => table.hide_columns(&hidden_columns(&start)),
                    b"row" => {
                        row = Row::begin(&start, last).ok_or_else(|| damaged(part))?;
                        last = row.number;
                    }
                    b"c" => raw = Raw::begin(&start, row.next).ok_or_else(|| damaged(part))?,
                    b"f" => raw.formula = true,
                    b"v" | b"t" => (in_value, raw.has_value) = (true, true),
                    _ => {}
                },
                Event::Text(text) if in_value => {
                    raw.value.push_str(&text);
                    if raw.value.len() > MAXIMUM_CELL_BYTES {
                        return Err(long_cell(last));
                    }
                }
                Event::Text(_) => {}
                Event::End(name) => match name.as_slice() {
                    b"v" | b"t" => in_value = false,
                    b"c" => {
                        row.next = raw.place + 1;
                        row.put(std::mem::take(&mut raw), self)?;
                    }
                    b"row" => {
                        let row = std::mem::take(&mut row);
                        let has_something = |cell: &Cell| !is_blank(&cell.text) || cell.form == CellForm::Uncalculated;
                        if row.cells.iter().any(has_something) {
                            // A line within another one has ended it.
                            let blank_before = row.number.checked_sub(handed + 1).ok_or_else(|| damaged(part))?;
                            handed = row.number;
                            table.line(Line {
                                number: row.number,
                                blank_before,
                                hidden: row.hidden,
                                cells: row.cells,
                            })?;
                        }
                    }
                    // What follows is no cell: pictures, conditions, prints.
                    b"sheetData" => return Ok(()),
                    _ => {}
                },
            }
        }
        // Lines may be missing.
        Err(damaged(part))
    }

    fn cell(&self, raw: Raw) -> Result<Cell, RowsProblem> {
        let Raw {
            kind,
            style,
            formula,
            has_value,
            value,
            ..
        } = raw;
        // A formula may give an empty text, which is then stored as one.
        let is_empty_text = kind == "str" && has_value;
        if formula && value.is_empty() && !is_empty_text {
            return Ok(Cell {
                text: value,
                form: CellForm::Uncalculated,
                formula,
            });
        }
        let (text, form) = match kind.as_str() {
            "s" if !value.is_empty() => (unescaped(self.strings.get(&value)?), CellForm::Text),
            "s" | "str" | "inlineStr" => (unescaped(&value), CellForm::Text),
            "b" => (
                if value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
                CellForm::Boolean,
            ),
            "e" => (value, CellForm::Error),
            "d" => (value.get(..10).unwrap_or(&value).to_owned(), CellForm::Date),
            _ if is_blank(&value) => (String::new(), CellForm::Text),
            _ => match number::plain(&value) {
                // What is no number here is told with the text that is there.
                None => (value, CellForm::Number),
                Some(plain) if self.styles.is_date(style) => match number::day(&plain, self.since_1904) {
                    Some(day) => (day.to_string(), CellForm::Date),
                    None => (plain, CellForm::Number),
                },
                Some(plain) => (plain, CellForm::Number),
            },
        };
        Ok(Cell { text, form, formula })
    }
}

impl Row {
    /// A line after the last one; none if it is not behind it.
    fn begin(start: &BytesStart<'_>, last: u32) -> Option<Self> {
        let number = match xml::attribute(start, b"r") {
            Some(number) => number.parse().ok()?,
            None => last + 1,
        };
        let is_behind = number > last && number <= MAXIMUM_LINES;
        is_behind.then(|| Self {
            number,
            hidden: xml::is_true(start, b"hidden"),
            ..Self::default()
        })
    }

    fn put(&mut self, raw: Raw, reader: &SheetReader<'_>) -> Result<(), RowsProblem> {
        let place = raw.place;
        let cell = reader.cell(raw)?;
        if is_blank(&cell.text) && !cell.formula {
            return Ok(());
        }
        if place >= MAXIMUM_COLUMNS {
            return Err(RowsProblem::new(
                RowsProblemCode::TooManyColumns,
                format!("dòng {} có hơn {MAXIMUM_COLUMNS} cột", self.number),
                format!("line {} has more than {MAXIMUM_COLUMNS} columns", self.number),
            ));
        }
        if self.cells.len() <= place {
            self.cells.resize_with(place + 1, Cell::default);
        }
        self.cells[place] = cell;
        Ok(())
    }
}

impl Raw {
    fn begin(start: &BytesStart<'_>, next: usize) -> Option<Self> {
        let mut raw = Self {
            place: next,
            ..Self::default()
        };
        let mut attributes = start.attributes();
        for attribute in attributes.with_checks(false).flatten() {
            let value = std::str::from_utf8(&attribute.value).ok()?;
            match attribute.key.as_ref() {
                b"r" => raw.place = column_of(value)?,
                b"t" => raw.kind = value.to_owned(),
                b"s" => raw.style = value.parse().ok(),
                _ => {}
            }
        }
        Some(raw)
    }
}

/// The column of a reference such as `BC12`, from 0.
fn column_of(reference: &str) -> Option<usize> {
    let letters = reference.trim_end_matches(|one: char| one.is_ascii_digit());
    let is_column = (1..=3).contains(&letters.len()) && letters.bytes().all(|one| one.is_ascii_uppercase());
    let number = |sum: usize, letter: u8| sum * 26 + usize::from(letter - b'A') + 1;
    is_column.then(|| letters.bytes().fold(0, number) - 1)
}

/// Places of the columns that an element hides.
fn hidden_columns(start: &BytesStart<'_>) -> std::ops::Range<usize> {
    let number = |name: &[u8]| xml::attribute(start, name).and_then(|value| value.parse::<usize>().ok());
    match (xml::is_true(start, b"hidden"), number(b"min"), number(b"max")) {
        (true, Some(min @ 1..), Some(max)) => min - 1..max.min(MAXIMUM_COLUMNS),
        _ => 0..0,
    }
}

/// Ends of lines and tabs as spreadsheets escape them in texts.
fn unescaped(text: &str) -> String {
    match text.contains("_x00") {
        false => text.to_owned(),
        true => ["_x000D_", "_x000A_", "_x0009_"]
            .iter()
            .fold(text.to_owned(), |text, escape| text.replace(escape, " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::column_of;

    #[test]
    fn references_name_columns() {
        for (reference, expected) in [
            ("A1", Some(0)),
            ("Z9", Some(25)),
            ("AA10", Some(26)),
            ("XFD1048576", Some(16_383)),
            ("a1", None),
            ("1", None),
            ("ABCD1", None),
        ] {
            assert_eq!(column_of(reference), expected, "{reference}");
        }
    }
}
