//! Whether a mapping can read anything: each column once, each form that its values need.

use std::collections::BTreeSet;

use super::{
    ColumnSource, DateForm, FileFormat, Layout, LevelScheme, MAXIMUM_ADDED, MAXIMUM_COLUMNS, MAXIMUM_HEADER_LINE,
    MAXIMUM_HEADER_LINES, MAXIMUM_LISTED, MAXIMUM_TEXT, MappingContent, PrintedPercentage, Source, clean,
};
use crate::domain::fault::Fault;
use crate::domain::rows::{Column, ColumnKind, LEVELS, RowKind, check_constant};

fn fault<T>(field: impl Into<String>, vi: impl Into<String>, en: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::new(field, vi, en))
}

impl MappingContent {
    /// Finds the first thing that is wrong. Texts of files are compared as [`clean`] makes them.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn check(&self) -> Result<(), Fault> {
        if self.valid_to.is_some_and(|last| last < self.valid_from) {
            return fault(
                "validTo",
                "Ngày cuối không được trước ngày đầu.",
                "The last day is not before the first.",
            );
        }
        let layout = &self.layout;
        if let FileFormat::Xlsx { sheet: Some(sheet) } = &layout.format {
            text("layout.workbook.sheet", sheet)?;
        }
        if !(1..=MAXIMUM_HEADER_LINE).contains(&layout.header_line) {
            return range("layout.headerLine", MAXIMUM_HEADER_LINE as usize);
        }
        if !(1..=MAXIMUM_HEADER_LINES).contains(&layout.header_lines) {
            return range("layout.headerLines", MAXIMUM_HEADER_LINES as usize);
        }
        layout.check_columns(self.kind)?;
        layout.check_words()?;
        layout.check_levels()?;
        for (index, percentage) in layout.percentages.iter().enumerate() {
            layout.check_percentage(self.kind, percentage, &format!("layout.percentages.{index}"))?;
        }
        Ok(())
    }
}

impl Layout {
    fn check_columns(&self, kind: RowKind) -> Result<(), Fault> {
        let mut seen = BTreeSet::new();
        for (index, source) in self.columns.iter().enumerate() {
            let place = format!("layout.columns.{index}");
            let Some(column) = kind.column(&source.column) else {
                let known: Vec<&str> = kind.columns().iter().map(|column| column.name).collect();
                let (name, known) = (&source.column, known.join(", "));
                return fault(
                    format!("{place}.column"),
                    format!("{} không có cột {name:?}; các cột: {known}.", kind.name()),
                    format!("{} has no column {name:?}; its columns are {known}.", kind.name()),
                );
            };
            if !seen.insert(column.name) {
                return fault(
                    format!("{place}.column"),
                    format!("Cột {} nêu hai lần; chỉ nêu một lần.", column.name),
                    format!("The column {} is stated twice; state it once.", column.name),
                );
            }
            self.check_source(column, source, &place)?;
        }
        let mut required = kind.columns().iter().filter(|column| column.required);
        match required.find(|column| !seen.contains(column.name)) {
            None => Ok(()),
            Some(missing) => fault(
                "layout.columns",
                format!("Thiếu cột {}: nêu tiêu đề, ô, hằng số hoặc given.", missing.name),
                format!(
                    "The column {} is missing: state headers, a cell, a constant or given.",
                    missing.name
                ),
            ),
        }
    }

    fn check_source(&self, column: &Column, source: &ColumnSource, place: &str) -> Result<(), Fault> {
        match &source.source {
            Source::Headers { headers, .. } => {
                let place = format!("{place}.headers");
                listed(&place, headers, MAXIMUM_ADDED)?;
                if headers.is_empty() || headers.len() > 1 && column.kind != ColumnKind::Count {
                    return fault(
                        place,
                        format!(
                            "{}: cần đúng một tiêu đề; chỉ cột số đếm mới cộng nhiều cột.",
                            column.name
                        ),
                        format!("{}: exactly one header; only counts are added up.", column.name),
                    );
                }
                self.check_readable(column, &place)
            }
            Source::Constant { value } => match check_constant(column, value) {
                Ok(()) => Ok(()),
                Err(message) => Err(Fault {
                    field: format!("{place}.constant"),
                    message,
                }),
            },
            Source::Cell { line, column: across } => {
                let is_above = (1..self.header_line).contains(line);
                if !is_above || !(1..=MAXIMUM_COLUMNS as u32).contains(across) {
                    return fault(
                        format!("{place}.cell"),
                        "Ô phải nằm phía trên dòng tiêu đề (dòng và cột đếm từ 1).",
                        "The cell has to lie above the header (line and column count from 1).",
                    );
                }
                self.check_readable(column, &format!("{place}.cell"))
            }
            Source::Given => Ok(()),
        }
    }

    /// Whether the mapping says how values of this column are written.
    fn check_readable(&self, column: &Column, place: &str) -> Result<(), Fault> {
        let (is_said, lacking) = match column.kind {
            ColumnKind::Month => (!self.dates.is_empty(), "dates"),
            ColumnKind::Date => (self.dates.iter().any(|form| form.has_days()), "dates"),
            ColumnKind::Level => (!self.levels.is_empty(), "levels"),
            ColumnKind::YesNo => (!self.yes.is_empty() && !self.no.is_empty(), "yes, no"),
            ColumnKind::Code | ColumnKind::Text | ColumnKind::Count => (true, ""),
        };
        if is_said {
            return Ok(());
        }
        fault(
            place,
            format!("{}: ánh xạ chưa nêu cách ghi giá trị ({lacking}).", column.name),
            format!(
                "{}: the mapping does not say how its values are written ({lacking}).",
                column.name
            ),
        )
    }

    fn check_words(&self) -> Result<(), Fault> {
        let labels: Vec<String> = self.totals.iter().map(|total| total.label.to_lowercase()).collect();
        listed("layout.totals", &labels, MAXIMUM_LISTED)?;
        listed("layout.yes", &self.yes, MAXIMUM_LISTED)?;
        let no: Vec<String> = self.no.iter().filter(|one| !one.is_empty()).cloned().collect();
        listed("layout.no", &no, MAXIMUM_LISTED)?;
        match self.yes.iter().find(|one| self.no.contains(one)) {
            None => Ok(()),
            Some(both) => fault(
                "layout.no",
                format!("{both:?} vừa là có vừa là không."),
                format!("{both:?} is both yes and no."),
            ),
        }
    }

    fn check_levels(&self) -> Result<(), Fault> {
        if self.levels.len() > MAXIMUM_LISTED {
            return range("layout.levels", MAXIMUM_LISTED);
        }
        for (index, scheme) in self.levels.iter().enumerate() {
            scheme.check(&format!("layout.levels.{index}"))?;
            let overlap = |other: &&LevelScheme| {
                let begins_before_end = |one: &LevelScheme, end: &LevelScheme| match (&one.from, &end.until) {
                    (Some(from), Some(until)) => from <= until,
                    _ => true,
                };
                begins_before_end(scheme, other) && begins_before_end(other, scheme)
            };
            if self.levels[..index].iter().any(|other| overlap(&other)) {
                return fault(
                    format!("layout.levels.{index}"),
                    "Hai bộ mức độ trùng thời gian; mỗi tháng chỉ dùng một bộ.",
                    "Two schemes of levels overlap; a month has one.",
                );
            }
        }
        Ok(())
    }

    fn check_percentage(&self, kind: RowKind, one: &PrintedPercentage, place: &str) -> Result<(), Fault> {
        if self.percentages.len() > MAXIMUM_LISTED {
            return range("layout.percentages", MAXIMUM_LISTED);
        }
        text(&format!("{place}.header"), &one.header)?;
        for (name, columns) in [("numerator", &one.numerator), ("denominator", &one.denominator)] {
            let place = format!("{place}.{name}");
            listed(&place, columns, MAXIMUM_ADDED)?;
            let is_counted = |name: &String| {
                let is_count = kind.column(name).is_some_and(|column| column.kind == ColumnKind::Count);
                is_count && self.columns.iter().any(|source| source.column == *name)
            };
            if columns.is_empty() || !columns.iter().all(is_counted) {
                return fault(
                    place,
                    "Nêu các cột số đếm có trong ánh xạ.",
                    "Name columns of counts that the mapping has.",
                );
            }
        }
        Ok(())
    }
}

impl DateForm {
    fn has_days(self) -> bool {
        match self {
            Self::DayMonthYear | Self::Iso => true,
            Self::MonthYear | Self::MonthInWords => false,
        }
    }
}

impl LevelScheme {
    fn check(&self, place: &str) -> Result<(), Fault> {
        for (name, month) in [("from", &self.from), ("until", &self.until)] {
            let is_month = |month: &str| month.len() == 7 && format!("{month}-01").parse::<jiff::civil::Date>().is_ok();
            if month.as_deref().is_some_and(|month| !is_month(month)) {
                return fault(
                    format!("{place}.{name}"),
                    "Cần tháng dạng YYYY-MM.",
                    "A month such as 2022-01 is needed.",
                );
            }
        }
        let names: Vec<String> = self.values.keys().cloned().collect();
        listed(&format!("{place}.words"), &names, MAXIMUM_LISTED)?;
        if self.values.is_empty() || !self.values.values().all(|level| LEVELS.contains(&level.as_str())) {
            return fault(
                format!("{place}.words"),
                "Mỗi giá trị là 1, 2, 3, 4, full (toàn trình) hoặc partial (một phần).",
                "Each value is 1, 2, 3, 4, full (toàn trình) or partial (một phần).",
            );
        }
        let is_number = |level: &&String| level.len() == 1;
        let numbers = self.values.values().filter(is_number).count();
        if numbers != 0 && numbers != self.values.len() {
            return fault(
                format!("{place}.words"),
                "Một bộ chỉ gồm mức 1 đến 4, hoặc chỉ gồm full và partial; hãy tách theo thời gian.",
                "A scheme has levels 1 to 4 alone, or full and partial alone; split it by time.",
            );
        }
        Ok(())
    }
}

fn range<T>(field: &str, most: usize) -> Result<T, Fault> {
    fault(
        field,
        format!("Cần từ 1 đến {most}."),
        format!("1 to {most} are needed."),
    )
}

/// A text that a file is compared with.
fn text(field: &str, value: &str) -> Result<(), Fault> {
    if value.is_empty() || value.chars().count() > MAXIMUM_TEXT || clean(value) != value {
        return fault(
            field,
            format!("Cần từ 1 đến {MAXIMUM_TEXT} ký tự, không thừa dấu cách."),
            format!("1 to {MAXIMUM_TEXT} characters are needed, without needless blanks."),
        );
    }
    Ok(())
}

/// A list of different texts.
fn listed(field: &str, values: &[String], most: usize) -> Result<(), Fault> {
    if values.len() > most {
        return fault(field, format!("Tối đa {most} mục."), format!("At most {most} entries."));
    }
    let mut seen = BTreeSet::new();
    for (index, value) in values.iter().enumerate() {
        text(&format!("{field}.{index}"), value)?;
        if !seen.insert(value) {
            return fault(
                format!("{field}.{index}"),
                format!("{value:?} nêu hai lần; chỉ nêu một lần."),
                format!("{value:?} is stated twice; state it once."),
            );
        }
    }
    Ok(())
}
