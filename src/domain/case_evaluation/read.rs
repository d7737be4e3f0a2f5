//! Adding up what the system that keeps the cases delivers: a row for each case, or one for each unit and month.
//!
//! Rows are added as they come and never kept: memory is bounded by units and months, and by 16 bytes for each case, by which one that is
//! named twice is found. No message repeats a value: a code of a case may tell whose it is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{CaseFigures, CaseSums, INDICATORS, Indicator, MAXIMUM_CASES, MAXIMUM_OF_INDICATOR, MONTHS, month_text};
use crate::domain::rows::{RowProblem, RowProblemCode, RowReport, RowsProblem, RowsProblemCode};
use crate::domain::survey::read::{MAXIMUM_LISTED, digest};
use crate::domain::survey::table::{Record, Table};

/// Most rows of one file (2,000,000): the cases of a large province in a year; bounds the memory of a call to some 64 MiB.
pub const MAXIMUM_CASE_ROWS: u32 = 2_000_000;

/// What a file's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowsAre {
    /// One for each case, with its points.
    Cases,
    /// One for each unit and month, with how many cases there were and the sums of their points.
    Months,
}

/// What was added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasesRead {
    pub rows_are: RowsAre,
    pub units: CaseFigures,
    pub report: RowReport,
}

impl CasesRead {
    /// Cases of all units.
    pub fn cases(&self) -> u64 {
        let months = self.units.values().flat_map(BTreeMap::values);
        months.map(|sums| u64::from(sums.cases)).sum()
    }

    /// The months that the file is about.
    pub fn months(&self) -> Vec<u8> {
        let months: BTreeSet<u8> = self.units.values().flat_map(|months| months.keys().copied()).collect();
        months.into_iter().collect()
    }
}

/// Where the columns stand.
#[derive(Clone)]
struct Layout {
    rows_are: RowsAre,
    columns: usize,
    unit: usize,
    month: usize,
    /// The code of the case, or how many there are.
    case: usize,
    indicators: [usize; INDICATORS],
}

/// A file on its way in.
pub struct CaseReader {
    table: Table,
    adding: Adding,
}

struct Adding {
    year: i16,
    /// Place of each unit by its code.
    places: HashMap<Vec<u8>, usize>,
    codes: Vec<String>,
    sums: Vec<BTreeMap<u8, CaseSums>>,
    layout: Option<Layout>,
    /// Cases, or units with their months, as 16 bytes each.
    seen: HashSet<u128>,
    problems: Vec<RowProblem>,
    report: RowReport,
}

impl CaseReader {
    /// For a year of these units.
    pub fn new(year: i16, units: impl IntoIterator<Item = String>) -> Self {
        let codes: Vec<String> = units.into_iter().collect();
        let places = codes.iter().enumerate();
        Self {
            table: Table::default(),
            adding: Adding {
                year,
                places: places.map(|(place, code)| (code.as_bytes().to_vec(), place)).collect(),
                sums: vec![BTreeMap::new(); codes.len()],
                codes,
                layout: None,
                seen: HashSet::new(),
                problems: Vec::new(),
                report: RowReport::default(),
            },
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// What is wrong with the file as a whole.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), RowsProblem> {
        let adding = &mut self.adding;
        self.table.push(bytes, &mut |record| adding.record(record))
    }

    /// The file has ended.
    ///
    /// # Errors
    /// What is wrong with the file as a whole; what is wrong with rows is in the report.
    pub fn finish(self) -> Result<CasesRead, RowsProblem> {
        let mut adding = self.adding;
        self.table.finish(&mut |record| adding.record(record))?;
        let empty = adding.report.good_rows + adding.report.bad_rows == 0;
        let Some(layout) = adding.layout.filter(|_| !empty) else {
            return Err(RowsProblem::new(
                RowsProblemCode::Empty,
                format!("Tệp không có dòng nào; các cột: {}.", columns()),
                format!("The file has no rows; its columns are {}.", columns()),
            ));
        };
        let units = adding.codes.into_iter().zip(adding.sums);
        Ok(CasesRead {
            rows_are: layout.rows_are,
            units: units.filter(|(_, months)| !months.is_empty()).collect(),
            report: adding.report,
        })
    }
}

/// The header, in words.
fn columns() -> String {
    let indicators: Vec<String> = Indicator::ALL.iter().map(|one| column_of(*one)).collect();
    format!("unit, month, case | cases, {}", indicators.join(", "))
}

fn column_of(indicator: Indicator) -> String {
    indicator.name().to_ascii_lowercase()
}

fn layout(header: &Record<'_>) -> Result<Layout, RowsProblem> {
    let mut names = Vec::with_capacity(header.length);
    for column in 0..header.length {
        let name = std::str::from_utf8(header.value(column)).map_err(|_| {
            RowsProblem::new(
                RowsProblemCode::NotUtf8,
                "Tệp không phải UTF-8; hãy lưu lại bằng UTF-8.",
                "The file is not UTF-8; save it as UTF-8.",
            )
        })?;
        names.push(name);
    }
    let at = |wanted: &str| names.iter().position(|name| *name == wanted);
    let needed = |wanted: &str| {
        at(wanted).ok_or_else(|| {
            RowsProblem::new(
                RowsProblemCode::MissingColumn,
                format!("Thiếu cột {wanted}; các cột: {}.", columns()),
                format!("Column {wanted} is missing; the columns are {}.", columns()),
            )
        })
    };
    let (rows_are, case) = match at("cases") {
        Some(cases) => (RowsAre::Months, cases),
        None => (RowsAre::Cases, needed("case")?),
    };
    let mut indicators = [0; INDICATORS];
    for indicator in Indicator::ALL {
        indicators[indicator as usize] = needed(&column_of(indicator))?;
    }
    let (unit, month) = (needed("unit")?, needed("month")?);
    let known = |place: usize| [unit, month, case].contains(&place) || indicators.contains(&place);
    // No value of an unknown column is repeated: without a header it is somebody's first row.
    if let Some(place) = (0..names.len()).find(|place| !known(*place)) {
        let number = place + 1;
        return Err(RowsProblem::new(
            RowsProblemCode::UnknownColumn,
            format!("Cột thứ {number} thừa hoặc lặp lại; bỏ cột đó. Các cột: {}.", columns()),
            format!(
                "Column {number} is unknown or there twice; leave it out. The columns are {}.",
                columns()
            ),
        ));
    }
    Ok(Layout {
        rows_are,
        columns: names.len(),
        unit,
        month,
        case,
        indicators,
    })
}

impl Adding {
    fn record(&mut self, record: &Record<'_>) -> Result<Option<Vec<bool>>, RowsProblem> {
        let Some(layout) = self.layout.take() else {
            self.layout = Some(layout(record)?);
            return Ok(None);
        };
        self.row(&layout, record);
        self.layout = Some(layout);
        if self.report.good_rows + self.report.bad_rows > MAXIMUM_CASE_ROWS {
            return Err(RowsProblem::new(
                RowsProblemCode::TooManyRows,
                format!(
                    "Tệp có hơn {MAXIMUM_CASE_ROWS} dòng; hãy chia theo tháng, hoặc gửi tổng theo đơn vị và tháng."
                ),
                format!(
                    "The file has more than {MAXIMUM_CASE_ROWS} rows; split it by months, or send sums by unit and month."
                ),
            ));
        }
        Ok(None)
    }

    fn row(&mut self, layout: &Layout, record: &Record<'_>) {
        self.read(layout, record);
        self.report.take_row(&mut self.problems, MAXIMUM_LISTED);
    }

    fn problem(&mut self, line: u32, column: Option<&str>, code: RowProblemCode, vi: String, en: String) {
        self.problems.push(RowProblem {
            line,
            column: column.map(str::to_owned),
            code,
            message: crate::domain::text::Text::new(vi, en),
        });
    }

    /// Reads a row, and adds it if it is good.
    fn read(&mut self, layout: &Layout, record: &Record<'_>) {
        if record.length != layout.columns {
            let (found, expected) = (record.length, layout.columns);
            self.problem(
                record.line,
                None,
                RowProblemCode::WrongLength,
                format!("có {found} giá trị, tiêu đề có {expected} cột"),
                format!("has {found} values, the header has {expected} columns"),
            );
            return;
        }
        let unit = self.unit(layout, record);
        let month = self.month(layout, record);
        let sums = match layout.rows_are {
            RowsAre::Cases => self.case(layout, record),
            RowsAre::Months => self.sums(layout, record),
        };
        let (Some(unit), Some(month), Some(sums), true) = (unit, month, sums, self.problems.is_empty()) else {
            return;
        };
        let named = match layout.rows_are {
            // The code of a case is one of its unit: other units may count in the same way.
            RowsAre::Cases => digest(&[record.value(layout.unit), record.value(layout.case)]),
            RowsAre::Months => digest(&[record.value(layout.unit), &[month]]),
        };
        if !self.seen.insert(named) {
            let column = if layout.rows_are == RowsAre::Cases {
                "case"
            } else {
                "month"
            };
            self.problem(
                record.line,
                Some(column),
                RowProblemCode::DoubledKey,
                "lặp lại một dòng trước; mỗi hồ sơ, hoặc mỗi đơn vị và tháng, chỉ một dòng".to_owned(),
                "repeats a row before: a case, or a unit with a month, has one row".to_owned(),
            );
            return;
        }
        let month = self.sums[unit].entry(month).or_default();
        month.plus(&sums);
        if month.cases > MAXIMUM_CASES {
            self.too_many(record.line);
        }
    }

    fn unit(&mut self, layout: &Layout, record: &Record<'_>) -> Option<usize> {
        let place = self.places.get(record.value(layout.unit)).copied();
        if place.is_none() {
            self.problem(
                record.line,
                Some("unit"),
                RowProblemCode::UnknownCode,
                "không phải mã đơn vị trong danh mục; sửa mã, hoặc thêm đơn vị trước".to_owned(),
                "is no code of a unit of the register; correct it, or add the unit first".to_owned(),
            );
        }
        place
    }

    fn month(&mut self, layout: &Layout, record: &Record<'_>) -> Option<u8> {
        let value = record.value(layout.month);
        let month = (1..=MONTHS).find(|month| month_text(self.year, *month).as_bytes() == value);
        if month.is_none() {
            let first = month_text(self.year, 1);
            let last = month_text(self.year, MONTHS);
            self.problem(
                record.line,
                Some("month"),
                RowProblemCode::NotAMonth,
                format!("phải là tháng từ {first} đến {last}; tháng của năm khác gửi riêng"),
                format!("must be a month from {first} to {last}; send those of another year apart"),
            );
        }
        month
    }

    fn case(&mut self, layout: &Layout, record: &Record<'_>) -> Option<CaseSums> {
        if record.value(layout.case).is_empty() || record.is_cut(layout.case) {
            self.problem(
                record.line,
                Some("case"),
                RowProblemCode::Empty,
                "mã hồ sơ trống hoặc quá dài".to_owned(),
                "the code of the case is empty or too long".to_owned(),
            );
        }
        self.points(layout, record, 1)
    }

    fn sums(&mut self, layout: &Layout, record: &Record<'_>) -> Option<CaseSums> {
        match number(record.value(layout.case)).filter(|cases| *cases <= MAXIMUM_CASES) {
            Some(cases) => self.points(layout, record, cases),
            None => {
                self.problem(
                    record.line,
                    Some("cases"),
                    RowProblemCode::NotANumber,
                    format!("phải là số hồ sơ, từ 0 đến {MAXIMUM_CASES}"),
                    format!("must be a number of cases, 0 to {MAXIMUM_CASES}"),
                );
                None
            }
        }
    }

    /// The points of so many cases: at most two of each for an indicator. All nine are needed, so that every mean is one of all cases.
    fn points(&mut self, layout: &Layout, record: &Record<'_>, cases: u32) -> Option<CaseSums> {
        let most = cases * MAXIMUM_OF_INDICATOR;
        let mut points = [0; INDICATORS];
        for indicator in Indicator::ALL {
            let value = record.value(layout.indicators[indicator as usize]);
            match number(value).filter(|points| *points <= most) {
                Some(found) => points[indicator as usize] = found,
                None => self.problem(
                    record.line,
                    Some(&column_of(indicator)),
                    if number(value).is_some() {
                        RowProblemCode::MoreThanTotal
                    } else {
                        RowProblemCode::NotANumber
                    },
                    format!("phải là số nguyên từ 0 đến {most}: mỗi hồ sơ 2, 1 hoặc 0 điểm"),
                    format!("must be a whole number from 0 to {most}: 2, 1 or 0 points for each case"),
                ),
            }
        }
        self.problems.is_empty().then_some(CaseSums { cases, points })
    }

    fn too_many(&mut self, line: u32) {
        self.problem(
            line,
            Some("case"),
            RowProblemCode::MoreThanTotal,
            format!("một đơn vị có hơn {MAXIMUM_CASES} hồ sơ trong tháng"),
            format!("a unit has more than {MAXIMUM_CASES} cases in the month"),
        );
    }
}

/// A whole number of digits alone, at most nine of them.
fn number(value: &[u8]) -> Option<u32> {
    let digits = !value.is_empty() && value.len() <= 9 && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| digits)?;
    text.parse().ok()
}
