//! Inputs of leaf criteria: their types, where their values come from, and which values are acceptable.

mod check;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::case_evaluation::CaseSource;
use super::distribution::Statistic;
use super::exact::{Decimal, Exact};
use super::follow_up::FollowUpSource;
use super::rows::RowKind;
use super::text::Text;

pub(in crate::domain) use check::above_others;
pub use check::{InputProblem, InputProblemCode, check_corrections, check_inputs};

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

    /// A number as a value of this type.
    pub fn number(&self, number: &Decimal) -> InputValue {
        match self {
            Self::Count { .. } => InputValue::Count(number.clone()),
            Self::Amount { .. } => InputValue::Amount(number.clone()),
            Self::Decimal { .. } | Self::Date | Self::Option { .. } | Self::YesNo | Self::Items { .. } => {
                InputValue::Decimal(number.clone())
            }
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
    /// What the units of the round have in another input of the same leaf: its least or greatest value, its mean, its deviation.
    /// Nobody states it: it is computed from what is verified of all of them.
    Group {
        input: String,
        statistic: Statistic,
        /// Places to which a mean or a deviation is rounded, halves up; [`DECIMALS_OF_GROUPS`] where nothing is stated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decimals: Option<u8>,
    },
    /// The monthly evaluation of how the unit handles cases (Decree 61/2018/NĐ-CP), of the assessed year, brought by a job.
    CaseEvaluation(CaseSource),
    /// Whether the unit did in time what a conclusion asked of it, brought by a job: 1 if it did, 0 if it did not.
    FollowUp(FollowUpSource),
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

    /// Whether the value is taken from a register of the system, from which a job brings it.
    pub fn is_brought(&self) -> bool {
        match self {
            Self::CaseEvaluation(_) | Self::FollowUp(_) => true,
            Self::Declared
            | Self::Derived(_)
            | Self::Survey
            | Self::Imported { .. }
            | Self::Group { .. }
            | Self::PreviousYear { .. } => false,
        }
    }

    /// What it takes from the follow-up of a conclusion.
    pub fn follow_up(&self) -> Option<&FollowUpSource> {
        match self {
            Self::FollowUp(source) => Some(source),
            _ => None,
        }
    }

    /// Whether the value is one of all units of the round.
    pub fn is_of_group(&self) -> bool {
        matches!(self, Self::Group { .. })
    }

    /// How many years before the assessed one the value is of; 0 of the assessed year.
    pub fn years_before(&self) -> u8 {
        match self {
            Self::PreviousYear { years, .. } => *years,
            Self::Declared
            | Self::Derived(_)
            | Self::Survey
            | Self::Imported { .. }
            | Self::CaseEvaluation(_)
            | Self::FollowUp(_)
            | Self::Group { .. } => 0,
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
    /// Only rows that go together with one of other rows: late cases for which a letter was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<Matched>,
    /// What makes the rows complete.
    pub coverage: Coverage,
}

/// Other rows that have the same value in a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Matched {
    /// Which rows; documents with them are linked to the leaf, too.
    pub rows: RowKind,
    /// The column, which both kinds have.
    pub by: String,
}

impl Derivation {
    /// Whether it looks at rows of a kind.
    pub fn reads(&self, kind: RowKind) -> bool {
        self.rows == kind || self.matched.as_ref().is_some_and(|matched| matched.rows == kind)
    }
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
    /// As many different cases as the documents state that there are.
    EveryCase,
}

impl Coverage {
    /// The name in JSON and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::EveryMonth => "EVERY_MONTH",
            Self::EveryProcedure => "EVERY_PROCEDURE",
            Self::EveryCase => "EVERY_CASE",
        }
    }
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
