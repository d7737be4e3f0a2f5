//! Inputs of leaf criteria: their types, where their values come from, and which values are acceptable.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::exact::{Decimal, Exact};
use super::framework::Leaf;
use super::rows::RowKind;
use super::text::Text;

/// One input of a leaf criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InputSpec {
    /// Code, unique in the leaf; the identifier that rules and formulas use.
    pub code: String,
    pub name: Text,
    #[serde(rename = "type")]
    pub kind: InputType,
    /// Code of another input of the leaf that this one may not exceed (completed tasks: planned tasks).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<String>,
    pub source: InputSource,
}

/// Which values an input takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum InputType {
    /// A whole number from zero.
    Count {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<Decimal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        maximum: Option<Decimal>,
    },
    /// A decimal from zero, in a unit (million đồng, hectares).
    Amount {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<Text>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<Decimal>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        maximum: Option<Decimal>,
    },
    /// A decimal between bounds: a mean, a share.
    Decimal { minimum: Decimal, maximum: Decimal },
    /// A calendar date.
    Date,
    /// One code of a list.
    Option { codes: Vec<String> },
    /// Yes or no.
    YesNo,
    /// Any subset of a list of codes.
    Items { codes: Vec<String> },
}

impl InputType {
    /// The name in JSON and messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Count { .. } => "COUNT",
            Self::Amount { .. } => "AMOUNT",
            Self::Decimal { .. } => "DECIMAL",
            Self::Date => "DATE",
            Self::Option { .. } => "OPTION",
            Self::YesNo => "YES_NO",
            Self::Items { .. } => "ITEMS",
        }
    }

    /// Whether values are numbers.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Count { .. } | Self::Amount { .. } | Self::Decimal { .. })
    }
}

/// Where an input's value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum InputSource {
    /// The unit states it.
    Declared,
    /// Computed from rows of evidence.
    Derived(Derivation),
    /// The survey operator records it.
    Survey,
    /// Taken over from another index, whose name people read: recorded for each unit with where it is published.
    Imported { index: Text },
    /// The value that an input of the same leaf had in an earlier year.
    PreviousYear {
        input: String,
        /// How many years before the assessed one; last year's where nothing is stated.
        #[serde(default = "last_year", skip_serializing_if = "is_last_year")]
        years: u8,
    },
}

/// How far back a value may lie, in years: the plan of five years that an average is taken over. Each is another published round
/// that the opening of a dossier reads.
pub const MAXIMUM_YEARS_BACK: u8 = 5;

pub(in crate::domain) fn last_year() -> u8 {
    1
}

pub(in crate::domain) fn is_last_year(years: &u8) -> bool {
    *years == 1
}

impl InputSource {
    /// Whether the value is a figure of another index.
    pub fn is_imported(&self) -> bool {
        matches!(self, Self::Imported { .. })
    }

    /// How many years before the assessed one the value is of; 0 of the assessed year.
    pub fn years_before(&self) -> u8 {
        match self {
            Self::PreviousYear { years, .. } => *years,
            Self::Declared | Self::Derived(_) | Self::Survey | Self::Imported { .. } => 0,
        }
    }
}

/// How a value follows from rows; exactly one of `sum`, `countWhere` and `count` is stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Derivation {
    /// Which rows.
    pub rows: RowKind,
    /// Adds up these columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Columns>,
    /// Counts the rows with this value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count_where: Option<CountWhere>,
    /// Counts different values of the column `of`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Count>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Only rows that meet this condition.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<RowFilter>,
    /// Only rows whose count in this column is above zero: services that were used, not merely offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<String>,
    /// What makes the rows complete.
    pub coverage: Coverage,
}

/// One column, or several that are added up: `"online"`, `["resolved_early", "resolved_on_time"]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Columns {
    One(String),
    Several(Vec<String>),
}

impl Columns {
    /// Their names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

/// Rows whose column equals a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CountWhere {
    pub column: String,
    pub equals: String,
}

/// Rows whose column has one of several values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowFilter {
    pub column: String,
    pub one_of: Vec<String>,
}

/// How a column's values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Count {
    /// Each value once.
    Distinct,
}

/// What makes rows complete; without it an input derived from them is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Coverage {
    /// At least one row for every month of the assessed year.
    EveryMonth,
    /// As many different procedures as the documents state to be in force.
    EveryProcedure,
}

/// A value of an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InputValue {
    Count(Decimal),
    Amount(Decimal),
    Decimal(Decimal),
    Date(Date),
    Option(String),
    YesNo(bool),
    Items(Vec<String>),
}

impl InputValue {
    /// The name of its kind in JSON and messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Count(_) => "COUNT",
            Self::Amount(_) => "AMOUNT",
            Self::Decimal(_) => "DECIMAL",
            Self::Date(_) => "DATE",
            Self::Option(_) => "OPTION",
            Self::YesNo(_) => "YES_NO",
            Self::Items(_) => "ITEMS",
        }
    }

    /// The number, when it is one.
    pub fn number(&self) -> Option<&Exact> {
        match self {
            Self::Count(value) | Self::Amount(value) | Self::Decimal(value) => Some(value.exact()),
            Self::Date(_) | Self::Option(_) | Self::YesNo(_) | Self::Items(_) => None,
        }
    }

    /// The value as plain text, the same in both languages.
    pub fn plain(&self) -> String {
        match self {
            Self::Count(value) | Self::Amount(value) | Self::Decimal(value) => value.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Option(code) => code.clone(),
            Self::YesNo(yes) => if *yes { "YES" } else { "NO" }.to_owned(),
            Self::Items(codes) => codes.join(", "),
        }
    }
}

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InputProblemCode {
    /// The leaf has no such input.
    UnknownInput,
    /// The input is derived, surveyed, imported or of an earlier year, and is not stated by hand.
    NotDeclared,
    /// A value of another kind.
    WrongType,
    /// A count or amount below zero.
    Negative,
    /// A count that is not a whole number.
    NotWhole,
    /// Outside the stated bounds.
    OutOfRange,
    /// More than the input that bounds it.
    AboveOther,
    /// Zero, where the rule divides by it.
    Zero,
    /// A code that the list does not have.
    UnknownOption,
    /// A code twice.
    Doubled,
}

/// A value that an input cannot have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InputProblem {
    /// Code of the input.
    pub input: String,
    pub code: InputProblemCode,
    pub message: Text,
}

impl InputSpec {
    /// Whether the value is one of this input: kind, sign, bounds, codes.
    pub fn check(&self, value: &InputValue) -> Result<(), InputProblem> {
        match (&self.kind, value) {
            (InputType::Count { minimum, maximum }, InputValue::Count(number)) => {
                self.check_not_negative(number)?;
                if !number.exact().is_integer() {
                    return Err(self.problem(
                        InputProblemCode::NotWhole,
                        format!("phải là số nguyên, không phải {number}"),
                        format!("must be a whole number, not {number}"),
                    ));
                }
                self.check_bounds(number, minimum.as_ref(), maximum.as_ref())
            }
            (InputType::Amount { minimum, maximum, .. }, InputValue::Amount(number)) => {
                self.check_not_negative(number)?;
                self.check_bounds(number, minimum.as_ref(), maximum.as_ref())
            }
            (InputType::Decimal { minimum, maximum }, InputValue::Decimal(number)) => {
                self.check_bounds(number, Some(minimum), Some(maximum))
            }
            (InputType::Date, InputValue::Date(_)) | (InputType::YesNo, InputValue::YesNo(_)) => Ok(()),
            (InputType::Option { codes }, InputValue::Option(code)) => self.check_code(codes, code),
            (InputType::Items { codes }, InputValue::Items(items)) => self.check_items(codes, items),
            (kind, value) => Err(self.problem(
                InputProblemCode::WrongType,
                format!("phải có kiểu {}, không phải {}", kind.name(), value.name()),
                format!("must be of kind {}, not {}", kind.name(), value.name()),
            )),
        }
    }

    fn check_not_negative(&self, number: &Decimal) -> Result<(), InputProblem> {
        if number.exact().is_negative() {
            return Err(self.problem(
                InputProblemCode::Negative,
                format!("không được âm: {number}"),
                format!("must not be negative: {number}"),
            ));
        }
        Ok(())
    }

    fn check_bounds(
        &self,
        number: &Decimal,
        minimum: Option<&Decimal>,
        maximum: Option<&Decimal>,
    ) -> Result<(), InputProblem> {
        if let Some(minimum) = minimum.filter(|minimum| number < minimum) {
            return Err(self.problem(
                InputProblemCode::OutOfRange,
                format!("{number} nhỏ hơn mức tối thiểu {minimum}"),
                format!("{number} is below the minimum {minimum}"),
            ));
        }
        if let Some(maximum) = maximum.filter(|maximum| number > maximum) {
            return Err(self.problem(
                InputProblemCode::OutOfRange,
                format!("{number} lớn hơn mức tối đa {maximum}"),
                format!("{number} is above the maximum {maximum}"),
            ));
        }
        Ok(())
    }

    fn check_items(&self, codes: &[String], items: &[String]) -> Result<(), InputProblem> {
        let mut seen = BTreeSet::new();
        for item in items {
            self.check_code(codes, item)?;
            if !seen.insert(item) {
                return Err(self.problem(
                    InputProblemCode::Doubled,
                    format!("mã {item} bị lặp lại"),
                    format!("code {item} is stated twice"),
                ));
            }
        }
        Ok(())
    }

    fn check_code(&self, codes: &[String], code: &str) -> Result<(), InputProblem> {
        if codes.iter().any(|known| known == code) {
            return Ok(());
        }
        let known = codes.join(", ");
        Err(self.problem(
            InputProblemCode::UnknownOption,
            format!("không có lựa chọn {code:?}; các lựa chọn: {known}"),
            format!("there is no option {code:?}; the options are {known}"),
        ))
    }

    fn problem(&self, code: InputProblemCode, vi: String, en: String) -> InputProblem {
        let message = Text::new(format!("{}: {vi}", self.name.vi), format!("{}: {en}", self.name.en));
        InputProblem {
            input: self.code.clone(),
            code,
            message,
        }
    }
}

/// Whether values stated by hand are acceptable for a leaf; missing ones are not a problem here.
pub fn check_inputs(leaf: &Leaf, values: &BTreeMap<String, InputValue>) -> Result<(), Vec<InputProblem>> {
    let mut problems = Vec::new();
    for (code, value) in values {
        match leaf.input(code) {
            None => problems.push(unknown_input(leaf, code)),
            Some(spec) if spec.source != InputSource::Declared => problems.push(spec.problem(
                InputProblemCode::NotDeclared,
                "được hệ thống tính, không kê khai".to_owned(),
                "is computed by the system and cannot be declared".to_owned(),
            )),
            Some(spec) => problems.extend(spec.check(value).err()),
        }
    }
    if problems.is_empty() {
        problems.extend(above_others(leaf, |code| values.get(code)));
        problems.extend(zero_denominator(leaf, values));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Checks corrected values, which an appraiser may state for any input of the leaf, whatever its source.
pub fn check_corrections(leaf: &Leaf, values: &BTreeMap<String, InputValue>) -> Result<(), Vec<InputProblem>> {
    let mut problems: Vec<InputProblem> = values
        .iter()
        .filter_map(|(code, value)| match leaf.input(code) {
            None => Some(unknown_input(leaf, code)),
            Some(spec) => spec.check(value).err(),
        })
        .collect();
    if problems.is_empty() {
        problems.extend(above_others(leaf, |code| values.get(code)));
        problems.extend(zero_denominator(leaf, values));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Inputs that exceed the one that bounds them, where both are known.
pub(in crate::domain) fn above_others<'a>(
    leaf: &Leaf,
    value: impl Fn(&str) -> Option<&'a InputValue>,
) -> Vec<InputProblem> {
    let exceeds = |spec: &InputSpec| {
        let bound = spec.at_most.as_deref()?;
        let (number, highest) = (value(&spec.code)?.number()?, value(bound)?.number()?);
        let bound_name = leaf
            .input(bound)
            .map_or_else(|| Text::same(bound), |spec| spec.name.clone());
        (number > highest).then(|| {
            let (number, highest) = (plain(number), plain(highest));
            spec.problem(
                InputProblemCode::AboveOther,
                format!("{number} lớn hơn {} ({highest})", bound_name.vi),
                format!("{number} is more than {} ({highest})", bound_name.en),
            )
        })
    };
    leaf.inputs.iter().filter_map(exceeds).collect()
}

/// A stated zero that the rule divides by can never be worth points: it is a mistake, or the leaf does not apply.
fn zero_denominator(leaf: &Leaf, values: &BTreeMap<String, InputValue>) -> Option<InputProblem> {
    let code = leaf.rule.never_zero()?;
    let zero = values.get(code)?.number()?.is_zero();
    let problem = |spec: &InputSpec| {
        spec.problem(
            InputProblemCode::Zero,
            "không được bằng 0, vì điểm là tỷ lệ trên số này; nếu không phát sinh, hãy đề nghị xác định tiêu chí không áp dụng".to_owned(),
            "must not be zero, because the points are a share of it; if there was nothing to do, ask for the criterion to be set not applicable".to_owned(),
        )
    };
    leaf.input(code).filter(|_| zero).map(problem)
}

fn plain(number: &Exact) -> String {
    number.decimal_text(12).unwrap_or_else(|| number.to_string())
}

fn unknown_input(leaf: &Leaf, code: &str) -> InputProblem {
    let known = leaf
        .inputs
        .iter()
        .map(|spec| spec.code.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    InputProblem {
        input: code.to_owned(),
        code: InputProblemCode::UnknownInput,
        message: Text::new(
            format!("tiêu chí không có số liệu {code:?}; các số liệu: {known}"),
            format!("the criterion has no input {code:?}; its inputs are {known}"),
        ),
    }
}
