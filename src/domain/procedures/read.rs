//! Reading a list of procedures in force: from CSV text, or as it was given.

use std::collections::BTreeSet;

use csv::{ReaderBuilder, StringRecord, Trim};
use jiff::civil::Date;

use super::{ListedProcedure, MAXIMUM_LISTED};
use crate::domain::rows::{
    Lines, MAXIMUM_REPORTED_PROBLEMS, RowProblem, RowProblemCode, RowReport, RowsProblem, RowsProblemCode, unreadable,
};
use crate::domain::text::Text;

/// Most characters of a code (64): `1.004227.000.00.00.H47` has 22.
const MAXIMUM_CODE: usize = 64;
/// Most characters of a name (500), as of every name.
const MAXIMUM_NAME: usize = 500;
/// Most characters of a decision's number (200).
const MAXIMUM_DECISION: usize = 200;

/// The documented header; the last two columns may be left out.
pub const HEADER: &str = "code,name,decision,in_force_from,in_force_until,publish_by";
/// The columns that every file has.
const REQUIRED: usize = 4;

/// A procedure as it is given: dates as text where they come from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnteredProcedure {
    pub code: String,
    pub name: String,
    pub decision: String,
    pub in_force_from: String,
    /// Empty where there is none.
    pub in_force_until: String,
    /// Empty where there is none.
    pub publish_by: String,
}

/// Reads CSV text with the header [`HEADER`], its columns in any order.
///
/// # Errors
/// When nothing can be read; the report when some lines are bad.
pub fn read_csv(text: &str) -> Result<Result<Vec<ListedProcedure>, RowReport>, RowsProblem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let columns: Vec<&str> = HEADER.split(',').collect();
    let places = places(&header, &columns)?;
    let mut checked = Checked::default();
    let mut record = StringRecord::new();
    let mut lines = Lines::new(text.as_bytes());
    let mut count = 0_usize;
    while reader.read_record(&mut record).map_err(|error| unreadable(&error))? {
        count += 1;
        if count > MAXIMUM_LISTED {
            return Err(too_many());
        }
        let line = lines.of(record.position().map_or(0, |position| position.byte() as usize));
        if record.len() != header.len() {
            checked.report(
                line,
                None,
                RowProblemCode::WrongLength,
                format!("có {} giá trị, cần {}", record.len(), header.len()),
                format!("has {} values instead of {}", record.len(), header.len()),
            );
            continue;
        }
        let value = |column: usize| {
            let value = places[column].and_then(|place| record.get(place));
            value.unwrap_or_default().to_owned()
        };
        checked.add(
            line,
            EnteredProcedure {
                code: value(0),
                name: value(1),
                decision: value(2),
                in_force_from: value(3),
                in_force_until: value(4),
                publish_by: value(5),
            },
        );
    }
    checked.finish()
}

/// Takes procedures that were given directly, under the same rules as those of a file; a line is a position from 1.
///
/// # Errors
/// As [`read_csv`].
pub fn read_entered(entered: Vec<EnteredProcedure>) -> Result<Result<Vec<ListedProcedure>, RowReport>, RowsProblem> {
    if entered.len() > MAXIMUM_LISTED {
        return Err(too_many());
    }
    let mut checked = Checked::default();
    for (line, one) in (1..).zip(entered) {
        let trimmed = |text: String| text.trim().to_owned();
        checked.add(
            line,
            EnteredProcedure {
                code: trimmed(one.code),
                name: trimmed(one.name),
                decision: trimmed(one.decision),
                in_force_from: trimmed(one.in_force_from),
                in_force_until: trimmed(one.in_force_until),
                publish_by: trimmed(one.publish_by),
            },
        );
    }
    checked.finish()
}

/// Where each documented column stands in the file.
fn places(header: &StringRecord, columns: &[&str]) -> Result<Vec<Option<usize>>, RowsProblem> {
    let problem = |code, vi: &str, en: &str, column: &str| {
        RowsProblem::new(
            code,
            format!("{vi} {column:?}; dòng tiêu đề: {HEADER}"),
            format!("{en} {column:?}; the header is {HEADER}"),
        )
    };
    if header.iter().all(str::is_empty) {
        return Err(empty());
    }
    let mut seen = BTreeSet::new();
    for name in header {
        if !columns.contains(&name) {
            return Err(problem(
                RowsProblemCode::UnknownColumn,
                "không có cột",
                "there is no column",
                name,
            ));
        }
        if !seen.insert(name) {
            return Err(problem(
                RowsProblemCode::DoubledColumn,
                "cột bị lặp lại:",
                "doubled column",
                name,
            ));
        }
    }
    if let Some(missing) = columns.iter().take(REQUIRED).find(|column| !seen.contains(*column)) {
        return Err(problem(
            RowsProblemCode::MissingColumn,
            "thiếu cột",
            "missing column",
            missing,
        ));
    }
    let place = |column: &&str| header.iter().position(|name| name == *column);
    Ok(columns.iter().map(place).collect())
}

fn too_many() -> RowsProblem {
    RowsProblem::new(
        RowsProblemCode::TooManyRows,
        format!("nhiều hơn {MAXIMUM_LISTED} thủ tục; hãy chia thành nhiều danh mục theo đơn vị"),
        format!("more than {MAXIMUM_LISTED} procedures; make it several lists, by unit"),
    )
}

fn empty() -> RowsProblem {
    RowsProblem::new(
        RowsProblemCode::Empty,
        format!("không có thủ tục nào; dòng tiêu đề: {HEADER}"),
        format!("there are no procedures; the header is {HEADER}"),
    )
}

/// Procedures that are good so far, and what is wrong with the others.
#[derive(Default)]
struct Checked {
    good: Vec<ListedProcedure>,
    codes: BTreeSet<String>,
    bad: u32,
    last_bad: Option<u32>,
    problem_count: u32,
    problems: Vec<RowProblem>,
}

impl Checked {
    fn report(&mut self, line: u32, column: Option<&str>, code: RowProblemCode, vi: String, en: String) {
        self.problem_count += 1;
        if self.last_bad != Some(line) {
            self.last_bad = Some(line);
            self.bad += 1;
        }
        if self.problems.len() < MAXIMUM_REPORTED_PROBLEMS {
            self.problems.push(RowProblem {
                line,
                column: column.map(str::to_owned),
                code,
                message: Text::new(vi, en),
            });
        }
    }

    fn add(&mut self, line: u32, one: EnteredProcedure) {
        let before = self.problem_count;
        for (column, text, most) in [
            ("code", &one.code, MAXIMUM_CODE),
            ("name", &one.name, MAXIMUM_NAME),
            ("decision", &one.decision, MAXIMUM_DECISION),
        ] {
            self.check_text(line, column, text, most);
        }
        let from = self.date(line, "in_force_from", &one.in_force_from);
        if one.in_force_from.is_empty() {
            self.report(
                line,
                Some("in_force_from"),
                RowProblemCode::Empty,
                "không được để trống".to_owned(),
                "must not be empty".to_owned(),
            );
        }
        let until = self.date(line, "in_force_until", &one.in_force_until);
        let publish_by = self.date(line, "publish_by", &one.publish_by);
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            self.report(
                line,
                Some("in_force_until"),
                RowProblemCode::NotADate,
                format!("{until} trước ngày có hiệu lực {from}"),
                format!("{until} lies before in_force_from {from}"),
            );
        }
        if !one.code.is_empty() && !self.codes.insert(one.code.clone()) {
            self.report(
                line,
                Some("code"),
                RowProblemCode::DoubledKey,
                format!("mã {:?} đã có ở dòng khác", one.code),
                format!("the code {:?} stands in another line", one.code),
            );
        }
        if let (true, Some(in_force_from)) = (self.problem_count == before, from) {
            self.good.push(ListedProcedure {
                code: one.code,
                name: one.name,
                decision: one.decision,
                in_force_from,
                in_force_until: until,
                publish_by,
            });
        }
    }

    fn check_text(&mut self, line: u32, column: &str, text: &str, most: usize) {
        if text.is_empty() {
            self.report(
                line,
                Some(column),
                RowProblemCode::Empty,
                "không được để trống".to_owned(),
                "must not be empty".to_owned(),
            );
        } else if text.chars().count() > most {
            self.report(
                line,
                Some(column),
                RowProblemCode::TooLong,
                format!("dài hơn {most} ký tự"),
                format!("is longer than {most} characters"),
            );
        }
    }

    /// A date; none for an empty text, and for one that is reported.
    fn date(&mut self, line: u32, column: &str, text: &str) -> Option<Date> {
        let is_plain = text.len() == "2019-12-31".len();
        let read = is_plain.then(|| text.parse().ok()).flatten();
        if read.is_none() && !text.is_empty() {
            self.report(
                line,
                Some(column),
                RowProblemCode::NotADate,
                format!("{text:?} không phải ngày dạng 2019-12-31"),
                format!("{text:?} is no date such as 2019-12-31"),
            );
        }
        read
    }

    fn finish(mut self) -> Result<Result<Vec<ListedProcedure>, RowReport>, RowsProblem> {
        if self.problem_count > 0 {
            return Ok(Err(RowReport {
                good_rows: u32::try_from(self.good.len()).unwrap_or(u32::MAX),
                bad_rows: self.bad,
                problem_count: self.problem_count,
                problems: self.problems,
                ..RowReport::default()
            }));
        }
        if self.good.is_empty() {
            return Err(empty());
        }
        self.good.sort_by(|one, other| one.code.cmp(&other.code));
        Ok(Ok(self.good))
    }
}

#[cfg(test)]
mod tests;
