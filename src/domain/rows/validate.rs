//! What a row must look like.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::civil::Date;

use super::remark::Remarks;
use super::{
    Column, ColumnKind, MAXIMUM_REPORTED_PROBLEMS, MAXIMUM_VALUE_LENGTH, Row, RowKind, RowProblem, RowProblemCode,
    RowRemark, RowRemarkCode, RowsRead,
};
use crate::domain::text::Text;

/// Checks rows one after the other and collects what is good and what is not.
pub(super) struct Validator {
    kind: RowKind,
    read: RowsRead,
    remarks: Remarks,
    /// Line of the first row with a natural key.
    keys: BTreeMap<String, u32>,
    /// Line of the last row with a problem.
    last_bad: Option<u32>,
}

impl Validator {
    pub fn new(kind: RowKind) -> Self {
        Self {
            kind,
            read: RowsRead::default(),
            remarks: Remarks::default(),
            keys: BTreeMap::new(),
            last_bad: None,
        }
    }

    /// Takes a row in, or reports everything that is wrong with it.
    pub fn add(&mut self, line: u32, mut values: BTreeMap<String, String>) {
        let may_lack = |name: &str| self.kind.column(name).is_some_and(|column| !column.required);
        values.retain(|name, value| !(value.is_empty() && may_lack(name)));
        let mut problems = check_columns(self.kind, &values);
        for column in self.kind.columns() {
            if let Some(value) = values.get_mut(column.name) {
                match check_value(column, value) {
                    Ok(canonical) => *value = canonical,
                    Err((code, message)) => problems.push((Some(column.name.to_owned()), code, message)),
                }
            }
        }
        let row = Row { line, values };
        if problems.is_empty() {
            problems.extend(check_bounds(self.kind, &row));
            problems.extend(check_order(self.kind, &row));
            problems.extend(self.check_key(&row));
        }
        if problems.is_empty() {
            self.remarks.extend(check_balance(self.kind, &row));
            self.read.rows.push(row);
        }
        for (column, code, message) in problems {
            self.report(RowProblem {
                line,
                column,
                code,
                message,
            });
        }
    }

    /// Takes a problem; those of one row come one after the other.
    pub fn report(&mut self, problem: RowProblem) {
        self.read.problem_count += 1;
        if self.last_bad != Some(problem.line) {
            self.last_bad = Some(problem.line);
            self.read.bad_rows += 1;
        }
        if self.read.report.len() < MAXIMUM_REPORTED_PROBLEMS {
            self.read.report.push(problem);
        }
    }

    /// Takes a remark.
    pub fn remark(&mut self, remark: RowRemark) {
        self.remarks.extend(Some(remark));
    }

    pub fn finish(mut self) -> RowsRead {
        (self.read.remark_count, self.read.remarks) = self.remarks.finish();
        self.read
    }

    fn check_key(&mut self, row: &Row) -> Option<Problem> {
        match self.keys.entry(row.key(self.kind)) {
            Entry::Vacant(free) => {
                free.insert(row.line);
                None
            }
            Entry::Occupied(first) => {
                let (key, first, line) = (first.key(), first.get(), row.line);
                let columns = self.kind.natural_key().join(" + ");
                let message = Text::new(
                    format!("dòng {line} trùng {columns} với dòng {first}: {key}"),
                    format!("line {line} has the same {columns} as line {first}: {key}"),
                );
                Some((None, RowProblemCode::DoubledKey, message))
            }
        }
    }
}

/// The values of levels: those counted before 2022, then those since.
pub(in crate::domain) const LEVELS: [&str; 6] = ["1", "2", "3", "4", "full", "partial"];

/// Whether a value that is the same in every row is one that the column can have.
pub(in crate::domain) fn check_constant(column: &Column, value: &str) -> Result<(), Text> {
    match check_value(column, value) {
        Ok(kept) if kept == value => Ok(()),
        Ok(kept) => Err(Text::new(
            format!("{}: viết là {kept:?}", column.name),
            format!("{}: write it as {kept:?}", column.name),
        )),
        Err((_, message)) => Err(message),
    }
}

type Problem = (Option<String>, RowProblemCode, Text);

fn check_columns(kind: RowKind, values: &BTreeMap<String, String>) -> Vec<Problem> {
    let missing = kind
        .columns()
        .iter()
        .filter(|column| column.required && !values.contains_key(column.name))
        .map(|column| {
            let message = Text::new(
                format!("thiếu cột {}", column.name),
                format!("missing column {}", column.name),
            );
            (Some(column.name.to_owned()), RowProblemCode::MissingColumn, message)
        });
    let unknown = values.keys().filter(|name| kind.column(name).is_none()).map(|name| {
        let message = Text::new(format!("không có cột {name:?}"), format!("there is no column {name:?}"));
        (Some(name.clone()), RowProblemCode::UnknownColumn, message)
    });
    missing.chain(unknown).collect()
}

/// The value as it is kept, or what is wrong with it.
pub(super) fn check_value(column: &Column, value: &str) -> Result<String, (RowProblemCode, Text)> {
    if value.chars().count() > MAXIMUM_VALUE_LENGTH {
        let message = Text::new(
            format!("{}: dài quá {MAXIMUM_VALUE_LENGTH} ký tự", column.name),
            format!("{}: longer than {MAXIMUM_VALUE_LENGTH} characters", column.name),
        );
        return Err((RowProblemCode::TooLong, message));
    }
    if value.is_empty() && column.kind != ColumnKind::Text {
        let message = Text::new(format!("{}: để trống", column.name), format!("{}: empty", column.name));
        return Err((RowProblemCode::Empty, message));
    }
    let expect = |good: bool, code: RowProblemCode, vi: &str, en: &str| {
        let message = || {
            Text::new(
                format!("{}: {value:?} {vi}", column.name),
                format!("{}: {value:?} {en}", column.name),
            )
        };
        if good {
            Ok(value.to_owned())
        } else {
            Err((code, message()))
        }
    };
    match column.kind {
        ColumnKind::Code | ColumnKind::Text => Ok(value.to_owned()),
        ColumnKind::Count => check_count(value).or_else(|code| match code {
            RowProblemCode::Negative => expect(false, code, "không được âm", "must not be negative"),
            code => expect(
                false,
                code,
                "không phải số nguyên; chỉ ghi chữ số, không dấu phân cách",
                "is not a whole number; write digits only, without separators",
            ),
        }),
        ColumnKind::Month => {
            let good = value.len() == 7 && format!("{value}-01").parse::<Date>().is_ok();
            expect(
                good,
                RowProblemCode::NotAMonth,
                "không phải tháng dạng YYYY-MM",
                "is not a month such as 2019-03",
            )
        }
        ColumnKind::Date => {
            let good = value.len() == 10 && value.parse::<Date>().is_ok();
            expect(
                good,
                RowProblemCode::NotADate,
                "không phải ngày dạng YYYY-MM-DD",
                "is not a date such as 2019-03-31",
            )
        }
        ColumnKind::Level => {
            let good = LEVELS.contains(&value);
            expect(
                good,
                RowProblemCode::NotALevel,
                "không phải mức độ 1 đến 4, full hoặc partial",
                "is not a level from 1 to 4, full or partial",
            )
        }
        ColumnKind::YesNo => {
            let good = matches!(value, "yes" | "no");
            expect(
                good,
                RowProblemCode::NotYesNo,
                "không phải yes hoặc no",
                "is neither yes nor no",
            )
        }
    }
}

/// Digits without leading zeros; at most 18, so that sums of all rows stay far from any limit.
fn check_count(value: &str) -> Result<String, RowProblemCode> {
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match value.strip_prefix('-') {
        Some(digits) if is_number(digits) => Err(RowProblemCode::Negative),
        None if is_number(value) && value.len() <= 18 => {
            let canonical = value.trim_start_matches('0');
            Ok(if canonical.is_empty() { "0" } else { canonical }.to_owned())
        }
        _ => Err(RowProblemCode::NotANumber),
    }
}

fn check_bounds(kind: RowKind, row: &Row) -> Vec<Problem> {
    let count = |column: &str| row.value(column).parse::<u128>().unwrap_or_default();
    let exceeds = |(parts, whole): &(&[&str], &str)| {
        let (sum, bound) = (parts.iter().map(|part| count(part)).sum::<u128>(), count(whole));
        (sum > bound).then(|| {
            let parts = parts.join(" + ");
            let message = Text::new(
                format!("{parts} = {sum} lớn hơn {whole} = {bound}"),
                format!("{parts} = {sum} is more than {whole} = {bound}"),
            );
            (Some((*whole).to_owned()), RowProblemCode::MoreThanTotal, message)
        })
    };
    kind.bounds().iter().filter_map(exceeds).collect()
}

/// Days that do not lie after those that they follow; a day that the row lacks follows none.
fn check_order(kind: RowKind, row: &Row) -> Vec<Problem> {
    let day = |column: &str| row.value(column).parse::<Date>().ok();
    let breaks = |(later, earlier): &(&str, &str)| {
        let (after, before) = (day(later)?, day(earlier)?);
        (after <= before).then(|| {
            let message = Text::new(
                format!("{later} = {after} không sau {earlier} = {before}"),
                format!("{later} = {after} is not after {earlier} = {before}"),
            );
            (Some((*later).to_owned()), RowProblemCode::NotAfter, message)
        })
    };
    kind.order().iter().filter_map(breaks).collect()
}

/// What of a whole is in none of its parts. Cases that were returned or withdrawn have no column, so that this is no
/// problem; who appraises the document sees it.
fn check_balance(kind: RowKind, row: &Row) -> Option<RowRemark> {
    let (parts, whole) = kind.balance()?;
    let count = |column: &str| row.value(column).parse::<u128>().unwrap_or_default();
    let (sum, whole_count) = (parts.iter().map(|part| count(part)).sum::<u128>(), count(whole));
    let left = whole_count.checked_sub(sum).filter(|left| *left > 0)?;
    let parts = parts.join(" + ");
    Some(RowRemark {
        line: row.line,
        column: Some(whole.to_owned()),
        code: RowRemarkCode::Unbalanced,
        message: Text::new(
            format!("{whole} = {whole_count}, {parts} = {sum}: {left} hồ sơ không thuộc nhóm nào (trả lại, rút?)"),
            format!(
                "{whole} = {whole_count}, {parts} = {sum}: {left} cases are in none of them (returned, withdrawn?)"
            ),
        ),
    })
}
