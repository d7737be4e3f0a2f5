//! Where a table stands in a file and what its cells mean, in the API; what goes in comes out alike.

use async_graphql::{Enum, InputObject, SimpleObject};

use super::inputs::by_name;
use crate::app::error::Error;
use crate::domain::mapping;

/// How a text file is encoded; it is never guessed.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "mapping::Encoding")]
pub enum FileEncoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16; the file begins with its byte order mark.
    Utf16,
    /// Windows-1258, Vietnamese.
    Windows1258,
}

/// What stands between the values of a line.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "mapping::Delimiter")]
pub enum ValueDelimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Bar,
}

/// How numbers are written.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "mapping::NumberForm")]
pub enum NumberForm {
    /// `1.234,5`
    Vietnamese,
    /// `1,234.5`
    English,
    /// `1234.5`
    Plain,
}

/// How dates and months are written.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "mapping::DateForm")]
pub enum DateForm {
    /// `30/06/2019`; for a month its day does not count.
    DayMonthYear,
    /// `06/2019`
    MonthYear,
    /// `Tháng 6/2019` or `tháng 6 năm 2019`, also within other words; a text that names two months is none.
    MonthInWords,
    /// `2019-06-30`, `2019-06`
    Iso,
}

/// What a line of totals adds up.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "mapping::TotalOf")]
pub enum TotalOf {
    /// All rows, wherever the line stands.
    Table,
    /// The rows since the line of totals before it, or since the header.
    Group,
}

/// What an empty line means.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "mapping::BlankLines")]
pub enum BlankLines {
    /// The table ends there. Figures behind it are taken for a second table, and the file is refused.
    EndTable,
    /// Nothing; the table goes on.
    Skipped,
}

/// How a CSV file is written.
#[derive(SimpleObject, InputObject, Clone)]
#[graphql(input_name = "CsvFormatInput")]
pub struct CsvFormat {
    /// Its encoding. Bytes that are no text in it are reported, and nothing is read.
    pub encoding: FileEncoding,
    /// What stands between values.
    pub delimiter: ValueDelimiter,
}

/// Which sheet of a workbook (.xlsx) is read.
#[derive(SimpleObject, InputObject, Clone)]
#[graphql(input_name = "WorkbookFormatInput")]
pub struct WorkbookFormat {
    /// Name of the sheet, which has to be visible. Null for the only visible one; a workbook with several is refused.
    pub sheet: Option<String>,
}

/// A cell above the header, by its place.
#[derive(SimpleObject, InputObject, Clone)]
#[graphql(input_name = "CellPlaceInput")]
pub struct CellPlace {
    /// Line of the file or row of the sheet, from 1.
    pub line: u32,
    /// Number of the column, from 1.
    pub column: u32,
}

/// Where a column is read from: exactly one of headers, constant, cell and given.
#[derive(SimpleObject, InputObject, Clone)]
#[graphql(input_name = "ColumnSourceInput")]
pub struct ColumnSource {
    /// Name of the column, such as resolved_late.
    pub column: String,
    /// Its header in the file; of a header of several lines the texts with ` / ` between: `Đã giải quyết / Đúng hạn`. An
    /// empty cell in any line of a header but the last has the text to its left, as merged cells are exported. Compared
    /// exactly, but for blanks and composed characters. Several headers of counts are added up.
    #[graphql(default)]
    pub headers: Vec<String>,
    /// Whether an empty cell has the value of the cell above, as merged cells are exported; with one header.
    #[graphql(default)]
    pub repeats: bool,
    /// The same value in every row, as rows have it.
    pub constant: Option<String>,
    /// One cell above the header, such as that of the period.
    pub cell: Option<CellPlace>,
    /// Whether the value comes with each upload, the same in every row.
    #[graphql(default)]
    pub given: bool,
}

/// A label by which a line of totals is recognised.
#[derive(SimpleObject, InputObject, Clone)]
#[graphql(input_name = "TotalLabelInput")]
pub struct TotalLabel {
    /// The first text of the line, such as `Tổng cộng`; case does not count.
    pub label: String,
    /// What the line adds up.
    pub of: TotalOf,
}

/// A printed column of percentages. They are computed again from the counts and never kept; where the printed one differs
/// beyond its printed places, a remark says by how much.
#[derive(SimpleObject, InputObject, Clone)]
#[graphql(input_name = "PrintedPercentageInput")]
pub struct PrintedPercentage {
    /// Its header.
    pub header: String,
    /// Columns of counts that are added up.
    pub numerator: Vec<String>,
    /// Columns of counts that are added up.
    pub denominator: Vec<String>,
    /// Whether 0.486 stands for 48.6 %, as in cells that a workbook shows as percentages.
    #[graphql(default)]
    pub fraction: bool,
}

/// What a level is called.
#[derive(SimpleObject, InputObject, Clone)]
#[graphql(input_name = "LevelWordInput")]
pub struct LevelWord {
    /// The text in the file.
    pub word: String,
    /// The level: 1 to 4, full or partial.
    pub level: String,
}

/// What levels are called in the rows of some months. A scheme has levels 1 to 4 alone, or full and partial alone.
#[derive(SimpleObject, InputObject, Clone)]
#[graphql(input_name = "LevelSchemeInput")]
pub struct LevelScheme {
    /// First month, such as 2022-01; null for all before the last.
    pub from: Option<String>,
    /// Last month; null if there is none.
    pub until: Option<String>,
    /// Words and levels.
    pub words: Vec<LevelWord>,
}

/// Where a table stands in a file and what its cells mean.
#[derive(SimpleObject, InputObject, Clone)]
#[graphql(input_name = "TableLayoutInput")]
pub struct TableLayout {
    /// For CSV files; exactly one of csv and workbook.
    pub csv: Option<CsvFormat>,
    /// For workbooks (.xlsx).
    pub workbook: Option<WorkbookFormat>,
    /// Line on which the header begins, 1 to 100.
    pub header_line: u32,
    /// Lines of the header, 1 to 5.
    #[graphql(default = 1)]
    pub header_lines: u32,
    /// Where each column of the kind is read from. Columns of the file that none is read from are in the report.
    pub columns: Vec<ColumnSource>,
    /// How numbers are written as text; cells of a workbook that are numbers need no form.
    pub numbers: NumberForm,
    /// Whether an empty count, or a dash, is 0; otherwise it is a problem.
    #[graphql(default)]
    pub empty_is_zero: bool,
    /// How dates and months are written as text; cells of a workbook that are dates need no form.
    #[graphql(default)]
    pub dates: Vec<DateForm>,
    /// Lines of totals. A total that differs from its rows is a problem, and so is a line that looks like one and is not
    /// stated here.
    #[graphql(default)]
    pub totals: Vec<TotalLabel>,
    /// Printed percentages.
    #[graphql(default)]
    pub percentages: Vec<PrintedPercentage>,
    /// What levels of services are called, by the month of a row.
    #[graphql(default)]
    pub levels: Vec<LevelScheme>,
    /// What yes is called.
    #[graphql(default)]
    pub yes: Vec<String>,
    /// What no is called; an empty text for empty cells.
    #[graphql(default)]
    pub no: Vec<String>,
    /// What an empty line means.
    pub blank_lines: BlankLines,
}

/// Texts are compared as cells are.
fn cleaned(texts: Vec<String>) -> Vec<String> {
    texts.iter().map(|text| mapping::clean(text)).collect()
}

fn one_of(field: String, vi: &str, en: &str) -> Error {
    Error::invalid(
        field,
        format!("Nêu đúng một trong: {vi}."),
        format!("State exactly one of {en}."),
    )
}

impl ColumnSource {
    fn into_domain(self, index: usize) -> Result<mapping::ColumnSource, Error> {
        let headers = (!self.headers.is_empty()).then(|| mapping::Source::Headers {
            headers: cleaned(self.headers),
            repeats: self.repeats,
        });
        let constant = self.constant.map(|value| mapping::Source::Constant {
            value: mapping::clean(&value),
        });
        let cell = self.cell.map(|cell| mapping::Source::Cell {
            line: cell.line,
            column: cell.column,
        });
        let given = self.given.then_some(mapping::Source::Given);
        let mut stated = [headers, constant, cell, given].into_iter().flatten();
        match (stated.next(), stated.next()) {
            (Some(source), None) => Ok(mapping::ColumnSource {
                column: self.column,
                source,
            }),
            _ => {
                let names = "headers, constant, cell, given";
                Err(one_of(format!("layout.columns.{index}"), names, names))
            }
        }
    }

    fn of(source: &mapping::ColumnSource) -> Self {
        let mut shown = Self {
            column: source.column.clone(),
            headers: Vec::new(),
            repeats: false,
            constant: None,
            cell: None,
            given: false,
        };
        match &source.source {
            mapping::Source::Headers { headers, repeats } => {
                (shown.headers, shown.repeats) = (headers.clone(), *repeats);
            }
            mapping::Source::Constant { value } => shown.constant = Some(value.clone()),
            mapping::Source::Cell { line, column } => {
                shown.cell = Some(CellPlace {
                    line: *line,
                    column: *column,
                });
            }
            mapping::Source::Given => shown.given = true,
        }
        shown
    }
}

impl LevelScheme {
    fn into_domain(self, index: usize) -> Result<mapping::LevelScheme, Error> {
        let words = self.words.into_iter().map(|one| (mapping::clean(&one.word), one.level));
        Ok(mapping::LevelScheme {
            from: self.from,
            until: self.until,
            values: by_name(&format!("layout.levels.{index}.words"), words)?,
        })
    }

    fn of(scheme: &mapping::LevelScheme) -> Self {
        let word = |(word, level): (&String, &String)| LevelWord {
            word: word.clone(),
            level: level.clone(),
        };
        Self {
            from: scheme.from.clone(),
            until: scheme.until.clone(),
            words: scheme.values.iter().map(word).collect(),
        }
    }
}

impl TableLayout {
    /// As the rules take it.
    pub fn into_domain(self) -> Result<mapping::Layout, Error> {
        let format = match (self.csv, self.workbook) {
            (Some(csv), None) => mapping::FileFormat::Csv {
                encoding: csv.encoding.into(),
                delimiter: csv.delimiter.into(),
            },
            (None, Some(workbook)) => mapping::FileFormat::Xlsx {
                sheet: workbook.sheet.map(|name| mapping::clean(&name)),
            },
            _ => return Err(one_of("layout.csv".to_owned(), "csv, workbook", "csv and workbook")),
        };
        let columns = self.columns.into_iter().enumerate();
        let columns = columns.map(|(index, source)| source.into_domain(index));
        let levels = self.levels.into_iter().enumerate();
        let levels = levels.map(|(index, scheme)| scheme.into_domain(index));
        let total = |total: TotalLabel| mapping::TotalLabel {
            label: mapping::clean(&total.label),
            of: total.of.into(),
        };
        let percentage = |one: PrintedPercentage| mapping::PrintedPercentage {
            header: mapping::clean(&one.header),
            numerator: one.numerator,
            denominator: one.denominator,
            fraction: one.fraction,
        };
        Ok(mapping::Layout {
            format,
            header_line: self.header_line,
            header_lines: self.header_lines,
            columns: columns.collect::<Result<_, _>>()?,
            numbers: self.numbers.into(),
            empty_is_zero: self.empty_is_zero,
            dates: self.dates.into_iter().map(Into::into).collect(),
            totals: self.totals.into_iter().map(total).collect(),
            percentages: self.percentages.into_iter().map(percentage).collect(),
            levels: levels.collect::<Result<_, _>>()?,
            yes: cleaned(self.yes),
            no: cleaned(self.no),
            blank_lines: self.blank_lines.into(),
        })
    }
}

impl From<&mapping::Layout> for TableLayout {
    fn from(layout: &mapping::Layout) -> Self {
        let (csv, workbook) = match &layout.format {
            mapping::FileFormat::Csv { encoding, delimiter } => {
                let csv = CsvFormat {
                    encoding: (*encoding).into(),
                    delimiter: (*delimiter).into(),
                };
                (Some(csv), None)
            }
            mapping::FileFormat::Xlsx { sheet } => (None, Some(WorkbookFormat { sheet: sheet.clone() })),
        };
        let total = |total: &mapping::TotalLabel| TotalLabel {
            label: total.label.clone(),
            of: total.of.into(),
        };
        let percentage = |one: &mapping::PrintedPercentage| PrintedPercentage {
            header: one.header.clone(),
            numerator: one.numerator.clone(),
            denominator: one.denominator.clone(),
            fraction: one.fraction,
        };
        Self {
            csv,
            workbook,
            header_line: layout.header_line,
            header_lines: layout.header_lines,
            columns: layout.columns.iter().map(ColumnSource::of).collect(),
            numbers: layout.numbers.into(),
            empty_is_zero: layout.empty_is_zero,
            dates: layout.dates.iter().map(|form| (*form).into()).collect(),
            totals: layout.totals.iter().map(total).collect(),
            percentages: layout.percentages.iter().map(percentage).collect(),
            levels: layout.levels.iter().map(LevelScheme::of).collect(),
            yes: layout.yes.clone(),
            no: layout.no.clone(),
            blank_lines: layout.blank_lines.into(),
        }
    }
}
