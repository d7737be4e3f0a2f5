//! Rows of evidence: statistics and lists whose figures become inputs.
//!
//! Knows nothing of files, stores or dossiers: bytes and rows come in, rows, reports and values go out.

mod derive;
pub mod mapped;
mod pack;
mod read;
mod remark;
mod validate;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::text::Text;

pub use derive::{RowSource, derive};
pub use pack::{NotARowSet, pack, unpack};
pub use read::{read_csv, read_csv_text, read_entered};
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

/// Which rows a document carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowKind {
    /// One-stop case statistics per month and service.
    OneStopCases,
    /// Online-service usage per month and service.
    OnlineServiceUsage,
    /// Published procedures, one per row.
    PublishedProcedures,
}

/// A column of a kind of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// As in the CSV header.
    pub name: &'static str,
    pub kind: ColumnKind,
    /// Whether every file has it and every row a value there. What may be lacking serves checks alone: no framework names it.
    pub required: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// `YYYY-MM`.
    Month,
    /// The code of a service or procedure; never empty.
    Code,
    /// A whole number from zero, digits only.
    Count,
    /// How far a service is online: 1 to 4 as counted before 2022, `full` or `partial` (toàn trình, một phần) as since
    /// Decree 42/2022/NĐ-CP. Both are kept as they are: neither can be told from the other.
    Level,
    /// `yes` or `no`.
    YesNo,
    /// `YYYY-MM-DD`.
    Date,
    /// Free text; may be empty.
    Text,
}

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

const fn column(name: &'static str, kind: ColumnKind) -> Column {
    let required = true;
    Column { name, kind, required }
}

const fn optional(name: &'static str, kind: ColumnKind) -> Column {
    let required = false;
    Column { name, kind, required }
}

const ONE_STOP_CASES: [Column; 11] = [
    column("month", ColumnKind::Month),
    column("service", ColumnKind::Code),
    column("received", ColumnKind::Count),
    column("resolved_early", ColumnKind::Count),
    column("resolved_on_time", ColumnKind::Count),
    column("resolved_late", ColumnKind::Count),
    column("pending_in_time", ColumnKind::Count),
    column("pending_overdue", ColumnKind::Count),
    column("apology_letters", ColumnKind::Count),
    column("extra_papers", ColumnKind::Count),
    // A part of `received`; the rest of it is new.
    optional("carried_over", ColumnKind::Count),
];

const ONLINE_SERVICE_USAGE: [Column; 7] = [
    column("month", ColumnKind::Month),
    column("service", ColumnKind::Code),
    column("level", ColumnKind::Level),
    column("total", ColumnKind::Count),
    column("online", ColumnKind::Count),
    column("fee_cases", ColumnKind::Count),
    column("online_payments", ColumnKind::Count),
];

const PUBLISHED_PROCEDURES: [Column; 13] = [
    column("code", ColumnKind::Code),
    column("name", ColumnKind::Text),
    column("decision", ColumnKind::Text),
    column("url", ColumnKind::Text),
    column("checked_on", ColumnKind::Date),
    column("at_desk", ColumnKind::YesNo),
    column("on_portal", ColumnKind::YesNo),
    column("one_stop", ColumnKind::YesNo),
    column("level", ColumnKind::Level),
    column("in_force", ColumnKind::YesNo),
    column("iso", ColumnKind::YesNo),
    column("post_cases", ColumnKind::Count),
    // When the unit published it.
    optional("published_on", ColumnKind::Date),
];

impl RowKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::OneStopCases, Self::OnlineServiceUsage, Self::PublishedProcedures];

    /// The name in JSON and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneStopCases => "ONE_STOP_CASES",
            Self::OnlineServiceUsage => "ONLINE_SERVICE_USAGE",
            Self::PublishedProcedures => "PUBLISHED_PROCEDURES",
        }
    }

    /// The columns in the order of the documented header, then those that a file may lack; it may have them in any order.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::OneStopCases => &ONE_STOP_CASES,
            Self::OnlineServiceUsage => &ONLINE_SERVICE_USAGE,
            Self::PublishedProcedures => &PUBLISHED_PROCEDURES,
        }
    }

    /// A column by its name.
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.name == name)
    }

    /// The header line of a file of this kind, without what a file may lack.
    pub fn header(self) -> String {
        let required = self.columns().iter().filter(|column| column.required);
        required.map(|column| column.name).collect::<Vec<_>>().join(",")
    }

    /// The columns that together name a row: month and service, or the procedure's code.
    pub fn natural_key(self) -> &'static [&'static str] {
        match self {
            Self::OneStopCases | Self::OnlineServiceUsage => &["month", "service"],
            Self::PublishedProcedures => &["code"],
        }
    }

    /// The column that names the service or procedure.
    pub fn procedure_column(self) -> &'static str {
        match self {
            Self::OneStopCases | Self::OnlineServiceUsage => "service",
            Self::PublishedProcedures => "code",
        }
    }

    /// A column as a framework may name it; `procedure` stands for the column with its code.
    pub(super) fn framework_column(self, name: &str) -> Option<&'static Column> {
        let named = if name == "procedure" {
            self.procedure_column()
        } else {
            name
        };
        self.column(named).filter(|column| column.required)
    }

    /// Parts that may not exceed their whole: the columns added up, and the column that bounds them.
    fn bounds(self) -> &'static [(&'static [&'static str], &'static str)] {
        match self {
            // Received includes what was carried over; returned cases have no column, so that less is possible.
            Self::OneStopCases => &[
                (
                    &[
                        "resolved_early",
                        "resolved_on_time",
                        "resolved_late",
                        "pending_in_time",
                        "pending_overdue",
                    ],
                    "received",
                ),
                (&["extra_papers"], "received"),
                (&["carried_over"], "received"),
            ],
            Self::OnlineServiceUsage => &[
                (&["online"], "total"),
                (&["fee_cases"], "total"),
                (&["online_payments"], "fee_cases"),
            ],
            Self::PublishedProcedures => &[],
        }
    }

    /// Parts that add up to their whole where nothing was returned or withdrawn: what is left over is worth a look.
    fn balance(self) -> Option<(&'static [&'static str], &'static str)> {
        match self {
            Self::OneStopCases => self.bounds().first().copied(),
            Self::OnlineServiceUsage | Self::PublishedProcedures => None,
        }
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
