//! Reading rows from a CSV file, or taking them as given.

use std::collections::{BTreeMap, BTreeSet};

use csv::{ReaderBuilder, StringRecord, Trim};

use super::validate::Validator;
use super::{
    MAXIMUM_ENTERED_ROWS, MAXIMUM_FILE_ROWS, RowKind, RowProblem, RowProblemCode, RowsProblem, RowsProblemCode,
    RowsRead,
};
use crate::domain::text::Text;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads rows from a CSV file in UTF-8 with the kind's header, its columns in any order.
///
/// A problem with the file as a whole is an error; a problem with a row is in the report, and the row is left out.
pub fn read_csv(kind: RowKind, bytes: &[u8]) -> Result<RowsRead, RowsProblem> {
    read_table(kind, utf8(bytes)?, MAXIMUM_FILE_ROWS)
}

/// The text of a file in UTF-8, without its mark.
pub fn utf8(bytes: &[u8]) -> Result<&str, RowsProblem> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))
}

/// Reads rows from CSV text that is no file: given directly, and therefore as few as those.
pub fn read_csv_text(kind: RowKind, text: &str) -> Result<RowsRead, RowsProblem> {
    read_table(kind, text, MAXIMUM_ENTERED_ROWS)
}

fn read_table(kind: RowKind, text: &str, most: usize) -> Result<RowsRead, RowsProblem> {
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
    check_header(kind, &header)?;
    let mut validator = Validator::new(kind);
    let mut record = StringRecord::new();
    let mut lines = Lines::new(text.as_bytes());
    let mut count = 0_usize;
    while reader.read_record(&mut record).map_err(|error| unreadable(&error))? {
        count += 1;
        if count > most {
            return Err(too_many(most));
        }
        let line = lines.of(record.position().map_or(0, |position| position.byte() as usize));
        if record.len() == header.len() {
            let values = header
                .iter()
                .zip(&record)
                .map(|(column, value)| (column.to_owned(), value.to_owned()));
            validator.add(line, values.collect());
        } else {
            validator.report(wrong_length(line, record.len(), header.len()));
        }
    }
    if count == 0 {
        Err(empty(kind))
    } else {
        Ok(validator.finish())
    }
}

/// Takes rows that were given directly, under the same rules as those of a file.
pub fn read_entered(kind: RowKind, rows: Vec<BTreeMap<String, String>>) -> Result<RowsRead, RowsProblem> {
    if rows.len() > MAXIMUM_ENTERED_ROWS {
        return Err(too_many(MAXIMUM_ENTERED_ROWS));
    }
    if rows.is_empty() {
        return Err(empty(kind));
    }
    let mut validator = Validator::new(kind);
    for (line, values) in (1..).zip(rows) {
        let trimmed = |(column, value): (String, String)| (column, value.trim().to_owned());
        validator.add(line, values.into_iter().map(trimmed).collect());
    }
    Ok(validator.finish())
}

/// Counts lines on the way. The reader's own count is one behind where lines end in CR LF or empty lines come before.
pub(in crate::domain) struct Lines<'a> {
    bytes: &'a [u8],
    /// Bytes whose line ends are in `line`.
    counted: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            counted: 0,
            line: 1,
        }
    }

    /// The line of the first value from this byte on; bytes are asked for in rising order.
    pub fn of(&mut self, byte: usize) -> u32 {
        let rest = self.bytes.get(byte..).unwrap_or_default();
        let start = byte + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.bytes.get(self.counted..start).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u32;
        self.counted = start;
        self.line
    }
}

fn check_header(kind: RowKind, header: &StringRecord) -> Result<(), RowsProblem> {
    let expected = kind.header();
    if header.is_empty() || header.iter().all(str::is_empty) {
        return Err(empty(kind));
    }
    if header.len() == 1 && header.get(0).is_some_and(|only| only.contains(';')) {
        return Err(RowsProblem {
            code: RowsProblemCode::Unreadable,
            message: Text::new(
                format!("các cột phải cách nhau bằng dấu phẩy, không phải dấu chấm phẩy; dòng tiêu đề: {expected}"),
                format!("columns are separated by commas, not by semicolons; the header is {expected}"),
            ),
        });
    }
    let mut seen = BTreeSet::new();
    for name in header {
        if kind.column(name).is_none() {
            return Err(header_problem(
                RowsProblemCode::UnknownColumn,
                ("không có cột", "there is no column"),
                name,
                kind,
            ));
        }
        if !seen.insert(name) {
            return Err(header_problem(
                RowsProblemCode::DoubledColumn,
                ("cột bị lặp lại:", "doubled column"),
                name,
                kind,
            ));
        }
    }
    let mut required = kind.columns().iter().filter(|column| column.required);
    match required.find(|column| !seen.contains(column.name)) {
        None => Ok(()),
        Some(missing) => Err(header_problem(
            RowsProblemCode::MissingColumn,
            ("thiếu cột", "missing column"),
            missing.name,
            kind,
        )),
    }
}

fn header_problem(code: RowsProblemCode, (vi, en): (&str, &str), column: &str, kind: RowKind) -> RowsProblem {
    let expected = kind.header();
    let message = Text::new(
        format!("{vi} {column:?}; dòng tiêu đề: {expected}"),
        format!("{en} {column:?}; the header is {expected}"),
    );
    RowsProblem { code, message }
}

fn not_utf8(bytes: &[u8], position: usize) -> RowsProblem {
    let line = bytes[..position].iter().filter(|byte| **byte == b'\n').count() + 1;
    RowsProblem {
        code: RowsProblemCode::NotUtf8,
        message: Text::new(
            format!("dòng {line} không phải mã UTF-8 (thường là Windows-1258); hãy lưu lại tệp dạng CSV UTF-8"),
            format!("line {line} is not UTF-8 (most likely Windows-1258); save the file again as CSV UTF-8"),
        ),
    }
}

pub(in crate::domain) fn unreadable(error: &csv::Error) -> RowsProblem {
    let message = Text::new(
        format!("không đọc được tệp CSV: {error}"),
        format!("the CSV cannot be read: {error}"),
    );
    RowsProblem {
        code: RowsProblemCode::Unreadable,
        message,
    }
}

fn empty(kind: RowKind) -> RowsProblem {
    let expected = kind.header();
    RowsProblem {
        code: RowsProblemCode::Empty,
        message: Text::new(
            format!("không có dòng số liệu nào; dòng tiêu đề: {expected}"),
            format!("there are no rows; the header is {expected}"),
        ),
    }
}

pub(super) fn too_many(most: usize) -> RowsProblem {
    let message = if most < MAXIMUM_FILE_ROWS {
        Text::new(
            format!("nhiều hơn {most} dòng nhập trực tiếp; hãy gửi bằng tệp CSV"),
            format!("more than {most} rows given directly; send them as a CSV file"),
        )
    } else {
        Text::new(
            format!("nhiều hơn {most} dòng; hãy chia thành nhiều tài liệu"),
            format!("more than {most} rows; make it several documents"),
        )
    };
    RowsProblem {
        code: RowsProblemCode::TooManyRows,
        message,
    }
}

fn wrong_length(line: u32, found: usize, expected: usize) -> RowProblem {
    let message = Text::new(
        format!("có {found} giá trị, cần {expected}"),
        format!("has {found} values instead of {expected}"),
    );
    RowProblem {
        line,
        column: None,
        code: RowProblemCode::WrongLength,
        message,
    }
}

#[cfg(test)]
mod tests;
