//! Inputs of a leaf: codes, types, sources.

use super::Lint;
use crate::domain::distribution::Statistic;
use crate::domain::exact::MAXIMUM_FRACTION_DIGITS;
use crate::domain::framework::{Leaf, Method};
use crate::domain::input::{Columns, Derivation, InputSource, InputSpec, InputType, MAXIMUM_YEARS_BACK, Matched};
use crate::domain::rows::{ColumnKind, LEVELS, RowKind};
use crate::domain::rule::Rule;

impl Lint {
    pub(super) fn inputs(&mut self, path: &str, leaf: &Leaf, found: &[&str]) {
        let path = format!("{path}/inputs");
        self.unique(&path, leaf.inputs.iter().map(|input| input.code.as_str()));
        let mut used = leaf.rule.inputs();
        used.extend(found);
        for input in &leaf.inputs {
            let path = format!("{path}/{}", input.code);
            self.identifier(&path, &input.code);
            self.text(&format!("{path}/name"), &input.name);
            self.input_type(&format!("{path}/type"), &input.kind);
            self.at_most(&path, leaf, input);
            self.source(&format!("{path}/source"), leaf, input);
            let bounds = leaf
                .inputs
                .iter()
                .any(|other| other.at_most.as_deref() == Some(&input.code));
            let remembered = leaf
                .inputs
                .iter()
                .any(|other| matches!(&other.source, InputSource::PreviousYear { input: of, .. } | InputSource::Group { input: of, .. } if *of == input.code));
            if !used.contains(&input.code.as_str()) && !bounds && !remembered {
                self.warning(
                    &path,
                    "UNUSED_INPUT",
                    format!("quy tắc không dùng số liệu {}", input.code),
                    format!("the rule does not use the input {}", input.code),
                );
            }
        }
    }

    fn identifier(&mut self, path: &str, code: &str) {
        self.code(path, code);
        let starts_well = code.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let identifier = code
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '_');
        if !starts_well || !identifier || ["if", "min", "max"].contains(&code) {
            self.error(
                path,
                "BAD_CODE",
                format!("mã số liệu {code:?} phải dùng được trong công thức: chữ cái, chữ số, '_'"),
                format!("the input code {code:?} must be usable in formulas: letters, digits, '_'"),
            );
        }
    }

    fn input_type(&mut self, path: &str, kind: &InputType) {
        let (minimum, maximum) = match kind {
            InputType::Count { minimum, maximum } => (minimum.as_ref(), maximum.as_ref()),
            InputType::Amount { unit, minimum, maximum } => {
                if let Some(unit) = unit {
                    self.text(&format!("{path}/unit"), unit);
                }
                (minimum.as_ref(), maximum.as_ref())
            }
            InputType::Decimal { minimum, maximum } => (Some(minimum), Some(maximum)),
            InputType::Option { codes } | InputType::Items { codes } => {
                self.unique(path, codes.iter().map(String::as_str));
                codes.iter().for_each(|code| self.code(path, code));
                if codes.is_empty() {
                    self.error(path, "NO_CODES", "danh sách mã trống", "the list of codes is empty");
                }
                (None, None)
            }
            InputType::Date | InputType::YesNo => (None, None),
        };
        if let (Some(minimum), Some(maximum)) = (minimum, maximum)
            && minimum > maximum
        {
            self.error(
                path,
                "OUT_OF_RANGE",
                format!("tối thiểu {minimum} lớn hơn tối đa {maximum}"),
                format!("the minimum {minimum} is above the maximum {maximum}"),
            );
        }
    }

    fn at_most(&mut self, path: &str, leaf: &Leaf, input: &InputSpec) {
        let Some(bound) = input.at_most.as_deref() else { return };
        let numbers = leaf.input(bound).is_some_and(|other| other.kind.is_number()) && input.kind.is_number();
        if bound == input.code || !numbers {
            self.error(
                path,
                "BAD_BOUND",
                format!("atMost {bound:?} phải là một số liệu khác, kiểu số, của cùng tiêu chí"),
                format!("atMost {bound:?} must be another numeric input of the leaf"),
            );
        }
    }

    fn source(&mut self, path: &str, leaf: &Leaf, input: &InputSpec) {
        match &input.source {
            InputSource::Declared if leaf.method == Method::Survey => self.error(
                path,
                "SURVEY_DECLARED",
                "tiêu chí khảo sát không do đơn vị kê khai",
                "a survey leaf is never declared by the unit",
            ),
            InputSource::Survey if leaf.method == Method::Appraised => self.error(
                path,
                "SURVEY_SOURCE",
                "chỉ tiêu chí khảo sát mới lấy số liệu khảo sát",
                "only a survey leaf takes its inputs from a survey",
            ),
            InputSource::Imported { index } => {
                self.text(&format!("{path}/index"), index);
                if leaf.method != Method::Imported {
                    self.error(
                        path,
                        "IMPORTED_SOURCE",
                        "chỉ tiêu chí lấy từ chỉ số khác (method IMPORTED) mới nhận số liệu này",
                        "only a leaf with the method IMPORTED takes figures of another index",
                    );
                }
            }
            InputSource::Group {
                input: of,
                statistic,
                decimals,
            } => self.group(path, leaf, input, (of, *statistic, *decimals)),
            InputSource::CaseEvaluation(source) => self.case_evaluation(path, leaf, input, source),
            InputSource::FollowUp(source) => self.follow_up(path, leaf, input, source),
            _ if leaf.method == Method::Imported => self.error(
                path,
                "IMPORTED_LEAF_SOURCE",
                "tiêu chí có method IMPORTED chỉ nhận số liệu có nguồn IMPORTED, CASE_EVALUATION, FOLLOW_UP hoặc GROUP",
                "a leaf with the method IMPORTED takes inputs with the source IMPORTED, CASE_EVALUATION, FOLLOW_UP or GROUP alone",
            ),
            InputSource::Declared | InputSource::Survey => {}
            InputSource::PreviousYear { input: of, years } => {
                let is_of_other =
                    |other: &InputSpec| other.code != input.code && other.kind.name() == input.kind.name();
                if !leaf.input(of).is_some_and(is_of_other) {
                    self.error(
                        path,
                        "BAD_PREVIOUS_YEAR",
                        format!("{of:?} phải là số liệu khác, cùng kiểu, của cùng tiêu chí"),
                        format!("{of:?} must be another input of the leaf, of the same kind"),
                    );
                }
                if !(1..=MAXIMUM_YEARS_BACK).contains(years) {
                    self.error(
                        &format!("{path}/years"),
                        "OUT_OF_RANGE",
                        format!("{years} năm trước; được lấy từ 1 đến {MAXIMUM_YEARS_BACK} năm trước"),
                        format!("{years} years before; a value may be of 1 to {MAXIMUM_YEARS_BACK} years before"),
                    );
                }
            }
            InputSource::Derived(derivation) => self.derivation(path, derivation, &input.kind),
        }
    }

    /// A figure of the group is about another number of the leaf, and can hold what it is to hold.
    fn group(&mut self, path: &str, leaf: &Leaf, input: &InputSpec, about: (&str, Statistic, Option<u8>)) {
        let (of, statistic, decimals) = about;
        if !matches!(leaf.rule, Rule::MinMax(_) | Rule::ZScore(_)) {
            self.error(
                path,
                "GROUP_RULE",
                "chỉ quy tắc MIN_MAX và Z_SCORE dùng số liệu của toàn nhóm",
                "only the rules MIN_MAX and Z_SCORE take figures of the group",
            );
        }
        let holds = |other: &InputSpec| match statistic.is_rounded() {
            true => !matches!(input.kind, InputType::Count { .. }) && input.kind.is_number() && other.kind.is_number(),
            false => input.kind.is_number() && input.kind.name() == other.kind.name(),
        };
        let own = |other: &InputSpec| {
            let of_this_year = !matches!(other.source, InputSource::PreviousYear { .. });
            let has_room = statistic.fits(&input.kind, &other.kind);
            other.code != input.code && of_this_year && !other.source.is_of_group() && holds(other) && has_room
        };
        if !leaf.input(of).is_some_and(own) {
            self.error(
                path,
                "BAD_GROUP",
                format!(
                    "{of:?} phải là số liệu kiểu số khác, của năm đánh giá, của cùng tiêu chí; giá trị thấp nhất và cao nhất cùng kiểu với nó, trung bình và độ lệch không phải COUNT, khoảng giá trị đủ rộng"
                ),
                format!(
                    "{of:?} must be another number of the leaf, of the assessed year; the lowest and the highest are of its kind, a mean and a deviation no COUNT, and the bounds leave room for it"
                ),
            );
        }
        let most = MAXIMUM_FRACTION_DIGITS;
        if decimals.is_some_and(|places| usize::from(places) > most || !statistic.is_rounded()) {
            self.error(
                &format!("{path}/decimals"),
                "OUT_OF_RANGE",
                format!("chỉ trung bình và độ lệch được làm tròn, đến 0 đến {most} chữ số thập phân"),
                format!("only a mean and a deviation are rounded, to 0 to {most} places"),
            );
        }
    }

    fn derivation(&mut self, path: &str, derivation: &Derivation, kind: &InputType) {
        let rows = derivation.rows;
        if !kind.is_number() {
            self.error(
                path,
                "DERIVED_NOT_NUMBER",
                format!("số liệu tính từ dòng phải là kiểu số, không phải {}", kind.name()),
                format!("an input derived from rows must be a number, not {}", kind.name()),
            );
        }
        let ways = [
            derivation.sum.is_some(),
            derivation.count_where.is_some(),
            derivation.count.is_some(),
        ];
        if ways.into_iter().filter(|way| *way).count() != 1 || derivation.count.is_some() != derivation.of.is_some() {
            self.error(
                path,
                "BAD_DERIVATION",
                "phải nêu đúng một trong sum, countWhere, count (kèm of)",
                "exactly one of sum, countWhere and count (with of) must be stated",
            );
        }
        let summed = derivation.sum.as_ref().map(Columns::names).unwrap_or_default();
        self.unique(path, summed.iter().map(String::as_str));
        for column in summed.iter().chain(&derivation.used) {
            self.column(path, rows, column, Some(ColumnKind::Count));
        }
        if derivation.sum.is_some() && summed.is_empty() {
            self.error(path, "BAD_DERIVATION", "sum trống", "sum is empty");
        }
        if let Some(condition) = &derivation.count_where {
            self.column(path, rows, &condition.column, None);
            self.column_value(path, rows, &condition.column, &condition.equals);
        }
        if let Some(column) = &derivation.of {
            self.column(path, rows, column, None);
        }
        if let Some(filter) = &derivation.filter {
            self.column(path, rows, &filter.column, None);
            filter
                .one_of
                .iter()
                .for_each(|value| self.column_value(path, rows, &filter.column, value));
        }
        let coverage = rows.coverage();
        if derivation.coverage != coverage {
            let (name, coverage) = (rows.name(), coverage.name());
            self.error(
                path,
                "BAD_COVERAGE",
                format!("dòng {name} chỉ đầy đủ theo cách {coverage}; ghi coverage là {coverage}"),
                format!("rows of {name} are complete by {coverage} alone; state it as the coverage"),
            );
        }
        if let Some(matched) = &derivation.matched {
            self.matched(&format!("{path}/matched"), rows, matched);
        }
    }

    /// Rows go together with those of another kind by a code that both have.
    fn matched(&mut self, path: &str, rows: RowKind, matched: &Matched) {
        if matched.rows == rows {
            self.error(
                path,
                "BAD_MATCH",
                format!("dòng {} không đối chiếu với chính loại đó; nêu loại khác", rows.name()),
                format!("{} is not matched with itself; name other rows", rows.name()),
            );
        }
        self.column(path, rows, &matched.by, Some(ColumnKind::Code));
        self.column(path, matched.rows, &matched.by, Some(ColumnKind::Code));
    }

    fn column(&mut self, path: &str, rows: RowKind, name: &str, kind: Option<ColumnKind>) {
        match rows.framework_column(name) {
            None => {
                let known = rows.header();
                self.error(
                    path,
                    "UNKNOWN_COLUMN",
                    format!("{} không có cột {name:?}; các cột: {known}", rows.name()),
                    format!("{} has no column {name:?}; its columns are {known}", rows.name()),
                );
            }
            Some(column) if kind.is_some_and(|kind| column.kind != kind) => {
                let (vi, en) = match kind {
                    Some(ColumnKind::Code) => ("mã", "a code"),
                    _ => ("số đếm", "a count"),
                };
                self.error(
                    path,
                    "WRONG_COLUMN_KIND",
                    format!("cột {name} không phải là {vi}"),
                    format!("the column {name} is not {en}"),
                );
            }
            Some(_) => {}
        }
    }

    /// A value that no row can have makes a count that is always zero.
    fn column_value(&mut self, path: &str, rows: RowKind, name: &str, value: &str) {
        let possible = match rows.framework_column(name).map(|column| column.kind) {
            Some(ColumnKind::YesNo) => matches!(value, "yes" | "no"),
            Some(ColumnKind::Level) => LEVELS.contains(&value),
            _ => true,
        };
        if !possible {
            self.error(
                path,
                "IMPOSSIBLE_VALUE",
                format!("cột {name} không thể có giá trị {value:?}"),
                format!("the column {name} never has the value {value:?}"),
            );
        }
    }
}
