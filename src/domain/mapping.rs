//! Column mappings: how the export of another system is read as rows of a kind. Data: saved, versioned, never changed.
//!
//! Knows nothing of files and stores; [`crate::domain::rows::mapped`] reads by them.

mod check;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::rows::RowKind;
use super::text::Text;

/// Most header lines (5): the deepest printed tables of statistics have three.
pub const MAXIMUM_HEADER_LINES: u32 = 5;
/// Farthest line on which a header begins (100): what stands above it is a letterhead and a title.
pub const MAXIMUM_HEADER_LINE: u32 = 100;
/// Most headers that are added up to one column (12): the months of a year.
pub const MAXIMUM_ADDED: usize = 12;
/// Most entries of one list of a mapping (40): labels, printed percentages, words for levels.
pub const MAXIMUM_LISTED: usize = 40;
/// Most characters of one text of a mapping (300): the longest printed headers have some 100.
pub const MAXIMUM_TEXT: usize = 300;
/// Most columns of a file (500): the widest exports have a hundred.
pub const MAXIMUM_COLUMNS: usize = 500;

/// One version of how the exports of a system are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ColumnMapping {
    pub code: String,
    /// From 1, in the order in which the versions were saved.
    pub version: u32,
    pub content: MappingContent,
    pub saved_at: Timestamp,
    pub saved_by: String,
}

/// What a version of a mapping says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MappingContent {
    pub name: Text,
    /// The system whose exports it reads, as people call it.
    pub system: String,
    pub kind: RowKind,
    /// First day on which files may be read by it.
    pub valid_from: Date,
    /// Last such day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    pub layout: Layout,
}

/// Where a table stands in a file and what its cells mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Layout {
    pub format: FileFormat,
    /// Line of the file, or row of the sheet, on which the header begins, from 1.
    pub header_line: u32,
    /// How many lines the header has.
    pub header_lines: u32,
    /// Where each column of the kind is read from.
    pub columns: Vec<ColumnSource>,
    /// How numbers are written as text. Cells of a workbook that are numbers need none.
    pub numbers: NumberForm,
    /// Whether an empty count, or a dash in its place, is 0; otherwise it is a problem.
    #[serde(default)]
    pub empty_is_zero: bool,
    /// How dates and months are written as text.
    #[serde(default)]
    pub dates: Vec<DateForm>,
    /// How lines of totals are recognised.
    #[serde(default)]
    pub totals: Vec<TotalLabel>,
    /// Columns of percentages, which are held to what they are percentages of.
    #[serde(default)]
    pub percentages: Vec<PrintedPercentage>,
    /// What levels are called, by time.
    #[serde(default)]
    pub levels: Vec<LevelScheme>,
    /// What yes is called.
    #[serde(default)]
    pub yes: Vec<String>,
    /// What no is called; an empty text for empty cells.
    #[serde(default)]
    pub no: Vec<String>,
    /// What an empty line means.
    pub blank_lines: BlankLines,
}

/// What kind of file it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum FileFormat {
    Csv {
        encoding: Encoding,
        delimiter: Delimiter,
    },
    /// A workbook of Office Open XML.
    Xlsx {
        /// Name of the sheet; none for the only visible one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sheet: Option<String>,
    },
}

/// How a text file is encoded. It is stated and never guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16 with the byte order mark that says which one.
    Utf16,
    /// Windows-1258, Vietnamese.
    Windows1258,
}

/// What stands between the values of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Delimiter {
    Comma,
    Semicolon,
    Tab,
    Bar,
}

/// A column of the kind and where its values come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ColumnSource {
    pub column: String,
    pub source: Source,
}

/// Where the values of a column come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Source {
    /// From the column of the file under this header; several of them are added up.
    Headers {
        headers: Vec<String>,
        /// Whether an empty cell has the value of the cell above, as merged cells are exported.
        #[serde(default)]
        repeats: bool,
    },
    /// The same in every row.
    Constant { value: String },
    /// From one cell above the header, such as that with the period.
    Cell { line: u32, column: u32 },
    /// Given with the upload, the same in every row.
    Given,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NumberForm {
    /// `1.234,5`
    Vietnamese,
    /// `1,234.5`
    English,
    /// `1234.5`
    Plain,
}

/// How dates and months are written; no text is of two of these forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DateForm {
    /// `30/06/2019`
    DayMonthYear,
    /// `06/2019`
    MonthYear,
    /// `Tháng 6/2019`, `tháng 06 năm 2019`, also within other words, once.
    MonthInWords,
    /// `2019-06-30`, `2019-06`
    Iso,
}

/// A label by which a line of totals is recognised, in its first cell that is not empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TotalLabel {
    /// Compared without regard to case.
    pub label: String,
    pub of: TotalOf,
}

/// What a line of totals adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TotalOf {
    /// All rows, wherever the line stands.
    Table,
    /// The rows since the line of totals before it, or since the header.
    Group,
}

/// A printed column of percentages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrintedPercentage {
    pub header: String,
    /// Columns of the kind that are added up.
    pub numerator: Vec<String>,
    pub denominator: Vec<String>,
    /// Whether 0.486 stands for 48.6 %, as in cells of a workbook that are shown as percentages. A text with a percent
    /// sign is a percentage in either case.
    #[serde(default)]
    pub fraction: bool,
}

/// What levels of services are called in the rows of some months.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LevelScheme {
    /// First month, `2022-01`; none for all before `until`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Last month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The level by what it is called in the file.
    pub values: BTreeMap<String, String>,
}

/// What an empty line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BlankLines {
    /// The table ends there.
    EndTable,
    /// Nothing; the table goes on to the end of the file.
    Skipped,
}

/// A mapping's version, as a file names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MappingRef {
    pub code: String,
    pub version: u32,
}

/// By what the rows of a revision were read, so that they can be read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadBy {
    pub mapping: MappingRef,
    /// Values that came with the upload, by column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, String>,
}

impl ColumnMapping {
    /// The id of a version in its mapping's stream; ids are in the order of versions.
    pub fn key_of(version: u32) -> String {
        format!("{version:06}")
    }
}

impl MappingContent {
    /// Whether files may be read by it on a day.
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

impl LevelScheme {
    /// Whether the rows of a month use it.
    pub fn is_of(&self, month: &str) -> bool {
        self.from.as_deref().is_none_or(|from| from <= month) && self.until.as_deref().is_none_or(|last| month <= last)
    }
}

impl Delimiter {
    /// The byte itself.
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }
}

impl Encoding {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "UTF-16",
            Self::Windows1258 => "Windows-1258",
        }
    }
}

/// Text of a cell as it is compared and kept: composed characters, one space between words, none around them.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !cleaned.is_empty() {
            cleaned.push(' ');
        }
        // Most cells are digits, which are what they are in every form.
        match word.is_ascii() {
            true => cleaned.push_str(word),
            false => cleaned.extend(word.nfc()),
        }
    }
    cleaned
}

#[cfg(test)]
mod tests;
