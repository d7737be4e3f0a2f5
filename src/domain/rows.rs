//! Rows of evidence: statistics and lists whose figures become inputs.
//!
//! Knows nothing of files, stores or dossiers: bytes and rows come in, rows, reports and values go out.

mod derive;
mod kind;
pub mod mapped;
mod pack;
mod read;
mod remark;
mod validate;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::text::Text;

pub use derive::{RowSource, derive};
pub use kind::{Column, ColumnKind, RowKind};
pub use pack::{NotARowSet, pack, unpack};
pub(super) use read::{Lines, unreadable};
pub use read::{read_csv, read_csv_text, read_entered, utf8};
pub use remark::{RowRemark, RowRemarkCode};
pub(super) use validate::{LEVELS, check_constant};

/// Most rows read from one file; protects memory and the time of a commit.
pub const MAXIMUM_FILE_ROWS: usize = 100_000;
/// Most rows given directly.
pub const MAXIMUM_ENTERED_ROWS: usize = 5_000;
/// Most characters of one value.
pub const MAXIMUM_VALUE_LENGTH: usize = 1_000;
/// Most problems that are reported; more of the same help nobody.
pub const MAXIMUM_REPORTED_PROBLEMS: usize = 1_000;

/// One row as read: its line in the file, or its position from 1 when given directly, and its values by column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    pub line: u32,
    pub values: BTreeMap<String, String>,
}

/// What reading rows led to: the good rows, and what is wrong with the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowsRead {
    pub rows: Vec<Row>,
    /// How many rows are not good.
    pub bad_rows: u32,
    /// How many problems they have.
    pub problem_count: u32,
    /// In the order of lines; empty when every row is good. At most [`MAXIMUM_REPORTED_PROBLEMS`].
    pub report: Vec<RowProblem>,
    /// How many remarks there are.
    #[serde(default)]
    pub remark_count: u32,
    /// What is to be known about the rows though they are good, the first few of each kind.
    #[serde(default)]
    pub remarks: Vec<RowRemark>,
}

/// What became of the rows of a file, as it is told to its sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowReport {
    /// Rows that are good.
    pub good_rows: u32,
    /// Rows that are not.
    pub bad_rows: u32,
    /// Problems of the bad rows, more than are listed perhaps.
    pub problem_count: u32,
    /// The first of them, in the order of lines.
    pub problems: Vec<RowProblem>,
    /// Remarks, more than are listed perhaps.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub remark_count: u32,
    /// What is to be known about the rows though they are good, the first few of each kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<RowRemark>,
}

impl RowReport {
    /// Counts a row by its problems, which are taken, and lists at most so many of all.
    pub fn take_row(&mut self, problems: &mut Vec<RowProblem>, most: usize) {
        if problems.is_empty() {
            self.good_rows += 1;
            return;
        }
        self.bad_rows += 1;
        let count = u32::try_from(problems.len()).unwrap_or(u32::MAX);
        self.problem_count = self.problem_count.saturating_add(count);
        let room = most.saturating_sub(self.problems.len());
        self.problems.extend(problems.drain(..).take(room));
    }
}

/// What is not said of reports that have nothing to remark.
pub fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What is wrong with one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowProblem {
    pub line: u32,
    /// The column at fault, when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    pub code: RowProblemCode,
    pub message: Text,
}

/// Kinds of problems of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowProblemCode {
    /// More or fewer values than the header has columns.
    WrongLength,
    /// A value that must not be empty.
    Empty,
    /// Longer than [`MAXIMUM_VALUE_LENGTH`].
    TooLong,
    /// Words, fractions or exponents where a whole number belongs.
    NotANumber,
    Negative,
    NotAMonth,
    NotADate,
    /// Not 1 to 4, `full` or `partial`, or a word that the mapping does not have for the row's month.
    NotALevel,
    /// Not `yes` or `no`.
    NotYesNo,
    /// A part that exceeds its whole.
    MoreThanTotal,
    /// A day that does not lie after the one that it follows.
    NotAfter,
    /// The natural key of another row.
    DoubledKey,
    /// A code that is not on its list: a unit, a question, an answer.
    UnknownCode,
    /// A column that the kind does not have (rows given directly).
    UnknownColumn,
    /// A column that is not there (rows given directly).
    MissingColumn,
    /// A spreadsheet's own error, such as a division by zero.
    CellError,
    /// A code that the spreadsheet keeps as a number, so that its zeros may be lost.
    NotText,
    /// A line that the spreadsheet hides.
    HiddenLine,
    /// A line of totals that differs from its rows.
    WrongTotal,
    /// What looks like a line of totals, which the mapping knows nothing of.
    UnstatedTotal,
}

impl RowProblemCode {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::WrongLength => "WRONG_LENGTH",
            Self::Empty => "EMPTY",
            Self::TooLong => "TOO_LONG",
            Self::NotANumber => "NOT_A_NUMBER",
            Self::Negative => "NEGATIVE",
            Self::NotAMonth => "NOT_A_MONTH",
            Self::NotADate => "NOT_A_DATE",
            Self::NotALevel => "NOT_A_LEVEL",
            Self::NotYesNo => "NOT_YES_NO",
            Self::MoreThanTotal => "MORE_THAN_TOTAL",
            Self::NotAfter => "NOT_AFTER",
            Self::DoubledKey => "DOUBLED_KEY",
            Self::UnknownCode => "UNKNOWN_CODE",
            Self::UnknownColumn => "UNKNOWN_COLUMN",
            Self::MissingColumn => "MISSING_COLUMN",
            Self::CellError => "CELL_ERROR",
            Self::NotText => "NOT_TEXT",
            Self::HiddenLine => "HIDDEN_LINE",
            Self::WrongTotal => "WRONG_TOTAL",
            Self::UnstatedTotal => "UNSTATED_TOTAL",
        }
    }
}

/// Why nothing could be read at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowsProblem {
    pub code: RowsProblemCode,
    pub message: Text,
}

/// Kinds of problems of a whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowsProblemCode {
    NotUtf8,
    /// Bytes that are no text in the encoding that is stated.
    WrongEncoding,
    /// No header or no rows.
    Empty,
    MissingColumn,
    UnknownColumn,
    DoubledColumn,
    TooManyRows,
    TooManyColumns,
    /// More bytes than are unpacked for one file.
    TooLarge,
    /// A value that comes with the upload, or stands above the table, is missing or wrong.
    WrongValue,
    /// A second table, or a header that is there again.
    SecondTable,
    /// The sheet is not there, is hidden, or is not the only one.
    WrongSheet,
    /// Needs a password.
    Encrypted,
    /// Another format than the mapping's: an older workbook, for one.
    WrongFormat,
    Unreadable,
}

impl RowsProblemCode {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotUtf8 => "NOT_UTF8",
            Self::WrongEncoding => "WRONG_ENCODING",
            Self::Empty => "EMPTY",
            Self::MissingColumn => "MISSING_COLUMN",
            Self::UnknownColumn => "UNKNOWN_COLUMN",
            Self::DoubledColumn => "DOUBLED_COLUMN",
            Self::TooManyRows => "TOO_MANY_ROWS",
            Self::TooManyColumns => "TOO_MANY_COLUMNS",
            Self::TooLarge => "TOO_LARGE",
            Self::WrongValue => "WRONG_VALUE",
            Self::SecondTable => "SECOND_TABLE",
            Self::WrongSheet => "WRONG_SHEET",
            Self::Encrypted => "ENCRYPTED",
            Self::WrongFormat => "WRONG_FORMAT",
            Self::Unreadable => "UNREADABLE",
        }
    }
}

impl RowsProblem {
    /// A problem with its wording in Vietnamese and English, in this order.
    pub fn new(code: RowsProblemCode, vi: impl Into<String>, en: impl Into<String>) -> Self {
        let message = Text::new(vi, en);
        Self { code, message }
    }
}

impl Row {
    /// A value; empty when the row lacks the column.
    pub fn value(&self, column: &str) -> &str {
        self.values.get(column).map_or("", String::as_str)
    }

    /// The natural key: `2019-03 1.004227`, `1.004227`.
    pub fn key(&self, kind: RowKind) -> String {
        kind.natural_key()
            .iter()
            .map(|column| self.value(column))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

impl RowsRead {
    /// Whether every row is good.
    pub fn is_clean(&self) -> bool {
        self.bad_rows == 0
    }

    /// The report with its first `most` problems.
    pub fn summary(&self, most: usize) -> RowReport {
        RowReport {
            good_rows: u32::try_from(self.rows.len()).unwrap_or(u32::MAX),
            bad_rows: self.bad_rows,
            problem_count: self.problem_count,
            problems: self.report.iter().take(most).cloned().collect(),
            remark_count: self.remark_count,
            remarks: self.remarks.clone(),
        }
    }
}
