//! What a cell says: numbers, dates, months, levels, exactly and as the mapping states.

use jiff::civil::Date;

use super::super::RowProblemCode;
use crate::domain::mapping::{DateForm, Layout, NumberForm, clean};
use crate::domain::rows::{Column, ColumnKind};
use crate::domain::text::Text;

/// A cell of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What is in it; of a number its digits with a point, of a date `2019-06-30`.
    pub text: String,
    pub form: CellForm,
    /// Whether a formula gave it.
    pub formula: bool,
}

/// What kind of thing is in a cell. A text file has texts alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CellForm {
    #[default]
    Text,
    Number,
    Date,
    Boolean,
    /// A spreadsheet's own error, such as `#DIV/0!`.
    Error,
    /// A formula of which no result is stored.
    Uncalculated,
}

pub(super) static EMPTY: Cell = Cell {
    text: String::new(),
    form: CellForm::Text,
    formula: false,
};

/// Whether there is nothing in a cell.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Most characters of a cell's text (32,767): as many as spreadsheets take.
pub(super) const MAXIMUM_CELL_CHARACTERS: usize = 32_767;

/// Whether a text is longer than any cell's.
pub(super) fn is_too_long(text: &str) -> bool {
    text.len() > MAXIMUM_CELL_CHARACTERS && text.chars().count() > MAXIMUM_CELL_CHARACTERS
}

/// Most digits of a count: as in rows that come in the documented header.
const MAXIMUM_DIGITS: usize = 18;

type Wrong = (RowProblemCode, Text);

/// How the cells of a file are read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    layout: &'a Layout,
}

impl<'a> Reading<'a> {
    pub fn of(layout: &'a Layout) -> Self {
        Self { layout }
    }

    /// A cell's value as rows have it. `month` is the row's month, for what is called otherwise in other years.
    pub fn value(&self, column: &Column, cell: &Cell, month: Option<&str>) -> Result<String, Wrong> {
        check_error(column, cell)?;
        match column.kind {
            ColumnKind::Count => self.counted(column, cell).map(|count| count.to_string()),
            ColumnKind::Month => self.dated(column, cell, &month_of),
            // What has not happened yet has no day; a formula without its result was refused above.
            ColumnKind::Date if !column.required && is_blank(&cell.text) => Ok(String::new()),
            ColumnKind::Date => self.dated(column, cell, &date_of),
            ColumnKind::Level => self.level(column, cell, month),
            ColumnKind::YesNo => self.yes_or_no(column, cell),
            ColumnKind::Code if cell.form != CellForm::Text => Err(wrong(
                column,
                RowProblemCode::NotText,
                &cell.text,
                "được lưu dạng số nên có thể mất số 0; hãy lưu ô dạng văn bản",
                "is stored as a number, so that zeros may be lost; store the cell as text",
            )),
            ColumnKind::Code | ColumnKind::Text => Ok(clean(&cell.text)),
        }
    }

    /// The sum of several counts.
    pub fn sum<'c>(&self, column: &Column, cells: impl Iterator<Item = &'c Cell>) -> Result<String, Wrong> {
        let mut sum: u64 = 0;
        for cell in cells {
            check_error(column, cell)?;
            // Twelve numbers of 18 digits are below the largest one.
            sum = sum.saturating_add(self.counted(column, cell)?);
        }
        Ok(sum.to_string())
    }

    fn counted(&self, column: &Column, cell: &Cell) -> Result<u64, Wrong> {
        self.count(cell).map_err(|code| match code {
            RowProblemCode::Negative => wrong(column, code, &cell.text, "không được âm", "must not be negative"),
            RowProblemCode::Empty => {
                let name = column.name;
                (code, Text::new(format!("{name}: để trống"), format!("{name}: empty")))
            }
            code => {
                let (vi, en) = self.count_form(cell);
                wrong(column, code, &cell.text, vi, en)
            }
        })
    }

    fn count_form(&self, cell: &Cell) -> (&'static str, &'static str) {
        match (cell.form, self.layout.numbers) {
            (CellForm::Number, _) => ("không phải số nguyên", "is not a whole number"),
            (_, NumberForm::Vietnamese) => ("không phải số nguyên dạng 1.234", "is not a whole number such as 1.234"),
            (_, NumberForm::English) => ("không phải số nguyên dạng 1,234", "is not a whole number such as 1,234"),
            (_, NumberForm::Plain) => ("không phải số nguyên dạng 1234", "is not a whole number such as 1234"),
        }
    }

    /// A count, or why there is none.
    pub fn count(&self, cell: &Cell) -> Result<u64, RowProblemCode> {
        let text = clean(&cell.text);
        if text.is_empty() || self.layout.empty_is_zero && matches!(text.as_str(), "-" | "–") {
            return match self.layout.empty_is_zero {
                true => Ok(0),
                false => Err(RowProblemCode::Empty),
            };
        }
        let number = self.number(&text, cell.form).ok_or(RowProblemCode::NotANumber)?;
        let is_whole = number.fraction.bytes().all(|digit| digit == b'0');
        if number.negative && !(is_whole && number.whole.bytes().all(|digit| digit == b'0')) {
            return Err(RowProblemCode::Negative);
        }
        let digits = number.whole.trim_start_matches('0');
        if !is_whole || digits.len() > MAXIMUM_DIGITS {
            return Err(RowProblemCode::NotANumber);
        }
        match digits {
            "" => Ok(0),
            digits => digits.parse().map_err(|_| RowProblemCode::NotANumber),
        }
    }

    /// The digits of a number as it is written.
    pub fn number(&self, text: &str, form: CellForm) -> Option<Number> {
        match form {
            CellForm::Number => Number::read(text, None, '.'),
            CellForm::Text => match self.layout.numbers {
                NumberForm::Vietnamese => Number::read(text, Some('.'), ','),
                NumberForm::English => Number::read(text, Some(','), '.'),
                NumberForm::Plain => Number::read(text, None, '.'),
            },
            CellForm::Date | CellForm::Boolean | CellForm::Error | CellForm::Uncalculated => None,
        }
    }

    fn dated(
        &self,
        column: &Column,
        cell: &Cell,
        read: &dyn Fn(&str, DateForm) -> Option<String>,
    ) -> Result<String, Wrong> {
        let text = clean(&cell.text);
        let found = match cell.form {
            CellForm::Date => read(&text, DateForm::Iso),
            CellForm::Text => self.layout.dates.iter().find_map(|form| read(&text, *form)),
            CellForm::Number | CellForm::Boolean | CellForm::Error | CellForm::Uncalculated => None,
        };
        found.ok_or_else(|| match column.kind {
            ColumnKind::Month => wrong(
                column,
                RowProblemCode::NotAMonth,
                &text,
                "không phải tháng theo các dạng của ánh xạ",
                "is not a month in any form of the mapping",
            ),
            _ => wrong(
                column,
                RowProblemCode::NotADate,
                &text,
                "không phải ngày theo các dạng của ánh xạ",
                "is not a date in any form of the mapping",
            ),
        })
    }

    fn level(&self, column: &Column, cell: &Cell, month: Option<&str>) -> Result<String, Wrong> {
        let text = clean(&cell.text);
        let scheme = self
            .layout
            .levels
            .iter()
            .find(|scheme| month.is_some_and(|month| scheme.is_of(month)));
        let Some(scheme) = scheme else {
            let month = month.unwrap_or("?");
            let message = Text::new(
                format!("{}: ánh xạ không có bộ mức độ cho tháng {month}", column.name),
                format!("{}: the mapping has no scheme of levels for {month}", column.name),
            );
            return Err((RowProblemCode::NotALevel, message));
        };
        scheme.values.get(&text).cloned().ok_or_else(|| {
            wrong(
                column,
                RowProblemCode::NotALevel,
                &text,
                "không có trong bộ mức độ của tháng này",
                "is not in the scheme of levels of its month",
            )
        })
    }

    fn yes_or_no(&self, column: &Column, cell: &Cell) -> Result<String, Wrong> {
        let text = clean(&cell.text);
        if self.layout.yes.contains(&text) {
            Ok("yes".to_owned())
        } else if self.layout.no.contains(&text) {
            Ok("no".to_owned())
        } else {
            let (vi, en) = (
                "không phải giá trị có/không của ánh xạ",
                "is neither yes nor no in the mapping",
            );
            Err(wrong(column, RowProblemCode::NotYesNo, &text, vi, en))
        }
    }
}

fn check_error(column: &Column, cell: &Cell) -> Result<(), Wrong> {
    match cell.form {
        CellForm::Error => Err(wrong(
            column,
            RowProblemCode::CellError,
            &cell.text,
            "là lỗi của bảng tính; hãy sửa ô",
            "is an error of the spreadsheet; mend the cell",
        )),
        // It is not empty: what would be there is not known.
        CellForm::Uncalculated => {
            let name = column.name;
            let message = Text::new(
                format!("{name}: công thức không có giá trị đã lưu; hãy mở tệp, lưu lại rồi gửi lại"),
                format!("{name}: the formula has no stored value; open the file, save it, send it again"),
            );
            Err((RowProblemCode::Empty, message))
        }
        CellForm::Text | CellForm::Number | CellForm::Date | CellForm::Boolean => Ok(()),
    }
}

fn wrong(column: &Column, code: RowProblemCode, text: &str, vi: &str, en: &str) -> Wrong {
    // As much as a line of a report shows.
    let shown: String = clean(text).chars().take(80).collect();
    let name = column.name;
    let message = Text::new(format!("{name}: {shown:?} {vi}"), format!("{name}: {shown:?} {en}"));
    (code, message)
}

/// A decimal number as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub negative: bool,
    pub whole: String,
    /// Digits behind the mark; as many as are written.
    pub fraction: String,
}

impl Number {
    /// Reads digits with the marks of groups of three and of decimals; groups are all marked, or none is.
    fn read(text: &str, group: Option<char>, decimal: char) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix(['-', '−']) {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once(decimal) {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let whole = match group.filter(|mark| whole.contains(*mark)) {
            None => whole.to_owned(),
            Some(mark) => {
                let groups: Vec<&str> = whole.split(mark).collect();
                let (first, rest) = groups.split_first()?;
                if !(1..=3).contains(&first.len()) || rest.iter().any(|group| group.len() != 3) {
                    return None;
                }
                groups.concat()
            }
        };
        if whole.is_empty() || !are_digits(&whole) || !are_digits(fraction) {
            return None;
        }
        Some(Self {
            negative,
            whole,
            fraction: fraction.to_owned(),
        })
    }
}

/// The parts of a text between a mark, if there are so many.
fn split<const PARTS: usize>(text: &str, mark: char) -> Option<[&str; PARTS]> {
    text.split(mark).collect::<Vec<_>>().try_into().ok()
}

/// A number of one or two digits.
fn small(text: &str) -> Option<i8> {
    let is_small = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_small.then(|| text.parse().ok()).flatten()
}

fn year(text: &str) -> Option<i16> {
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_year.then(|| text.parse().ok()).flatten()
}

fn month_text(year: i16, month: i8) -> Option<String> {
    Date::new(year, month, 1).ok()?;
    Some(format!("{year:04}-{month:02}"))
}

/// The day that a text of this form names, as `2019-06-30`.
fn date_of(text: &str, form: DateForm) -> Option<String> {
    match form {
        DateForm::DayMonthYear => {
            let [day, month, of] = split(text, '/')?;
            Some(Date::new(year(of)?, small(month)?, small(day)?).ok()?.to_string())
        }
        DateForm::Iso => (text.len() == 10)
            .then(|| text.parse::<Date>().ok())
            .flatten()
            .map(|date| date.to_string()),
        DateForm::MonthYear | DateForm::MonthInWords => None,
    }
}

/// The month that a text of this form names, as `2019-06`.
fn month_of(text: &str, form: DateForm) -> Option<String> {
    match form {
        DateForm::DayMonthYear => date_of(text, form)?.get(..7).map(str::to_owned),
        DateForm::MonthYear => {
            let [month, of] = split(text, '/')?;
            month_text(year(of)?, small(month)?)
        }
        DateForm::MonthInWords => month_in_words(text),
        DateForm::Iso => {
            let day = match text.len() {
                7 => format!("{text}-01"),
                _ => text.to_owned(),
            };
            date_of(&day, form)?.get(..7).map(str::to_owned)
        }
    }
}

/// The one month that a text names in words.
fn month_in_words(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    let mut found = text.split("tháng ").skip(1).filter_map(|behind| {
        let month = behind.split(|one: char| !one.is_ascii_digit()).next()?;
        let behind = behind.get(month.len()..)?.trim_start();
        let behind = behind
            .strip_prefix(['/', '-'])
            .or_else(|| behind.strip_prefix("năm"))?
            .trim_start();
        let of = behind.split(|one: char| !one.is_ascii_digit()).next()?;
        month_text(year(of)?, small(month)?)
    });
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str, form: NumberForm) -> Option<String> {
        let (group, decimal) = match form {
            NumberForm::Vietnamese => (Some('.'), ','),
            NumberForm::English => (Some(','), '.'),
            NumberForm::Plain => (None, '.'),
        };
        let number = Number::read(text, group, decimal)?;
        let sign = if number.negative { "-" } else { "" };
        Some(format!("{sign}{}.{}", number.whole, number.fraction))
    }

    #[test]
    fn numbers_are_read_in_their_form_alone() {
        use NumberForm::{English, Plain, Vietnamese};
        for (text, form, expected) in [
            ("268.763", Vietnamese, Some("268763.")),
            ("1.234.567,89", Vietnamese, Some("1234567.89")),
            ("48,6", Vietnamese, Some("48.6")),
            ("1234", Vietnamese, Some("1234.")),
            ("-5", Vietnamese, Some("-5.")),
            // A point that does not mark thousands would be read as a thousand times too much.
            ("48.6", Vietnamese, None),
            ("1.23.456", Vietnamese, None),
            ("1234.567", Vietnamese, None),
            ("1 234", Vietnamese, None),
            ("12,", Vietnamese, None),
            (",5", Vietnamese, None),
            ("1e3", Vietnamese, None),
            ("", Vietnamese, None),
            ("1,234.5", English, Some("1234.5")),
            ("1.234", English, Some("1.234")),
            ("1234.5", Plain, Some("1234.5")),
            ("1,234", Plain, None),
            ("１２", Plain, None),
        ] {
            assert_eq!(number(text, form).as_deref(), expected, "{text:?} as {form:?}");
        }
    }

    #[test]
    fn months_are_read_in_their_form_alone() {
        use DateForm::{DayMonthYear, Iso, MonthInWords, MonthYear};
        for (text, form, expected) in [
            ("30/06/2019", DayMonthYear, Some("2019-06")),
            ("1/6/2019", DayMonthYear, Some("2019-06")),
            ("31/06/2019", DayMonthYear, None),
            ("06/30/2019", DayMonthYear, None),
            ("06/2019", DayMonthYear, None),
            ("06/2019", MonthYear, Some("2019-06")),
            ("13/2019", MonthYear, None),
            ("6/19", MonthYear, None),
            ("Tháng 6/2019", MonthInWords, Some("2019-06")),
            ("(Kỳ báo cáo: tháng 06 năm 2019)", MonthInWords, Some("2019-06")),
            ("THÁNG 12-2019", MonthInWords, Some("2019-12")),
            ("Từ tháng 1/2019 đến tháng 6/2019", MonthInWords, None),
            ("Tháng sáu năm 2019", MonthInWords, None),
            ("2019-06", Iso, Some("2019-06")),
            ("2019-06-30", Iso, Some("2019-06")),
            ("2019-6", Iso, None),
        ] {
            assert_eq!(month_of(text, form).as_deref(), expected, "{text:?} as {form:?}");
        }
    }
}
