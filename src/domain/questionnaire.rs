//! A questionnaire: what a survey asks, which answers there are, and which leaf each question belongs to. Data like a
//! framework: versioned, immutable once issued.
//!
//! Knows nothing of files and units: what was answered is counted in [`super::survey`].

mod lint;
mod parse;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::exact::Decimal;
use super::text::Text;

/// The only format that is known.
pub const FORMAT: u32 = 1;
/// Most leaves that a questionnaire is for; a framework has some ten survey leaves.
pub const MAXIMUM_CRITERIA: usize = 50;
/// Most scales of answers; nearly every questionnaire has one.
pub const MAXIMUM_SCALES: usize = 20;
/// Most questions; with all their answers they decide what a unit's counts take in memory.
pub const MAXIMUM_QUESTIONS: usize = 200;
/// Most answers of a scale, those that count as none included; a scale from 0 to 10 has eleven.
pub const MAXIMUM_ANSWERS: usize = 20;
/// Most groupings of respondents.
pub const MAXIMUM_STRATA: usize = 10;
/// Most codes of a grouping: the communes of a province.
pub const MAXIMUM_STRATUM_CODES: usize = 500;
/// Largest weight of a question; only what weights are to each other counts, so that thirds and halves are 2 and 3.
pub const MAXIMUM_WEIGHT: u32 = 1000;
/// Longest code, in bytes: it heads a column of a file.
pub const MAXIMUM_CODE_BYTES: usize = 64;

/// Columns that a file has beside questions and strata; no question may be called so.
pub const RESERVED: [&str; 5] = ["unit", "respondent", "question", "answer", "count"];

/// What a survey asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Questionnaire {
    pub format: u32,
    pub code: String,
    pub version: String,
    pub name: Text,
    /// The leaves that it is for.
    pub criteria: Vec<SurveyedCriterion>,
    pub scales: Vec<Scale>,
    /// In the order of the paper.
    pub questions: Vec<Question>,
    /// How respondents are grouped: closed lists of codes, counted by unit and never kept by respondent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strata: Vec<Stratum>,
}

/// A leaf, and what its rule takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyedCriterion {
    /// Code of the leaf.
    pub criterion: String,
    pub figure: Figure,
}

/// What a survey gives to a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Figure {
    /// The mean of the answers' values.
    Mean,
    /// The share of satisfied answers.
    Share,
}

/// A closed list of answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scale {
    pub code: String,
    /// Lowest first.
    pub answers: Vec<Answer>,
    /// Codes that stand for no answer, don't know and the like; an empty value always does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// An answer of a scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answer {
    /// As it stands in the file.
    pub code: String,
    pub name: Text,
    /// What it is worth in a mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Decimal>,
    /// Whether whoever answers so is satisfied.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub satisfied: bool,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Question {
    /// As it heads a column of the file.
    pub code: String,
    pub name: Text,
    /// Code of its scale.
    pub scale: String,
    /// Code of the leaf that it belongs to.
    pub criterion: String,
    /// How much an answer to it counts beside one to another question of its leaf.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: u32,
}

/// A grouping of respondents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stratum {
    /// As it heads a column of the file.
    pub code: String,
    pub name: Text,
    pub values: Vec<StratumValue>,
}

/// A group of respondents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StratumValue {
    pub code: String,
    pub name: Text,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde hands over")]
fn is_one(weight: &u32) -> bool {
    *weight == 1
}

impl Questionnaire {
    /// `CODE@VERSION`.
    pub fn id(&self) -> String {
        format!("{}@{}", self.code, self.version)
    }

    /// A scale by its code.
    pub fn scale(&self, code: &str) -> Option<&Scale> {
        self.scales.iter().find(|scale| scale.code == code)
    }

    /// The questions of a leaf with their places in the questionnaire.
    pub fn questions_of<'a>(&'a self, criterion: &'a str) -> impl Iterator<Item = (usize, &'a Question)> {
        let questions = self.questions.iter().enumerate();
        questions.filter(move |(_, question)| question.criterion == criterion)
    }

    /// Lowest and highest value of the scales of a leaf's questions, where each answer has a value and all scales span the
    /// same.
    pub fn span(&self, criterion: &str) -> Option<(&Decimal, &Decimal)> {
        let mut spans = self
            .questions_of(criterion)
            .map(|(_, question)| self.scale(&question.scale).and_then(Scale::span));
        let first = spans.next()??;
        spans.all(|span| span == Some(first)).then_some(first)
    }

    /// Whether some answers of each scale of a leaf's questions are satisfied and some are not.
    pub fn divides(&self, criterion: &str) -> bool {
        self.questions_of(criterion).all(|(_, question)| {
            self.scale(&question.scale).is_some_and(|scale| {
                let satisfied = scale.answers.iter().filter(|answer| answer.satisfied).count();
                satisfied > 0 && satisfied < scale.answers.len()
            })
        })
    }
}

impl Scale {
    /// Lowest and highest value, where each answer has one and they differ.
    pub fn span(&self) -> Option<(&Decimal, &Decimal)> {
        let values: Option<Vec<&Decimal>> = self.answers.iter().map(|answer| answer.value.as_ref()).collect();
        let values = values?;
        let (lowest, highest) = (values.iter().min()?, values.iter().max()?);
        (lowest < highest).then_some((*lowest, *highest))
    }
}
