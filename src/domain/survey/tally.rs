//! What was answered about one unit, counted, and what follows from it for the leaves.

use std::collections::BTreeMap;

use num_integer::Integer as _;
use serde::{Deserialize, Serialize};

use super::SurveyFigure;
use crate::domain::exact::{Decimal, Exact, MAXIMUM_FRACTION_DIGITS};
use crate::domain::number_text;
use crate::domain::questionnaire::{Figure, Question, Questionnaire, Scale};

/// Counts of one unit, in the order of the questionnaire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnitTally {
    /// People who gave a valid answer about the unit.
    pub respondents: u32,
    /// For each question the counts of its scale's answers, then of its codes that stand for none, then of empty values.
    pub questions: Vec<Vec<u32>>,
    /// For each grouping the counts of its codes, then of those of whom it is not stated.
    pub strata: Vec<Vec<u32>>,
}

/// Answers to one question about one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionTally<'a> {
    pub question: &'a Question,
    pub scale: &'a Scale,
    /// Counts of the scale's answers.
    pub answers: &'a [u32],
    /// Counts of the scale's codes that stand for no answer.
    pub missing: &'a [u32],
    /// Values that were empty.
    pub empty: u32,
}

/// What was found of one leaf of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeafFound {
    pub criterion: String,
    /// What the leaf's rule takes.
    pub figure: Figure,
    /// Answers of the scales to the leaf's questions, unweighted.
    #[serde(with = "number_text")]
    pub valid: u64,
    /// What was asked and not answered.
    #[serde(with = "number_text")]
    pub missing: u64,
    /// The weighted mean of the answers, where they have values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Exact>,
    /// Satisfied and valid answers, each as often as its question weighs; the weights of a leaf are reduced as far as they
    /// go, so that equal ones are 1.
    #[serde(with = "number_text")]
    pub satisfied: u64,
    #[serde(with = "number_text")]
    pub weighted: u64,
}

impl UnitTally {
    /// No answers yet.
    pub fn of(questionnaire: &Questionnaire) -> Self {
        let slots = |question: &Question| {
            let scale = questionnaire.scale(&question.scale);
            scale.map_or(0, |scale| scale.answers.len() + scale.missing.len()) + 1
        };
        Self {
            respondents: 0,
            questions: questionnaire.questions.iter().map(|one| vec![0; slots(one)]).collect(),
            strata: questionnaire
                .strata
                .iter()
                .map(|one| vec![0; one.values.len() + 1])
                .collect(),
        }
    }

    /// Whether the counts are those of that questionnaire.
    pub fn fits(&self, questionnaire: &Questionnaire) -> bool {
        let slots =
            |tally: &Self| -> Vec<usize> { tally.questions.iter().chain(&tally.strata).map(Vec::len).collect() };
        slots(self) == slots(&Self::of(questionnaire))
    }

    /// The answers, question by question.
    pub fn questions<'a>(&'a self, questionnaire: &'a Questionnaire) -> impl Iterator<Item = QuestionTally<'a>> {
        questionnaire
            .questions
            .iter()
            .zip(&self.questions)
            .filter_map(|(question, counts)| {
                let scale = questionnaire.scale(&question.scale)?;
                let (empty, counts) = counts.split_last()?;
                let (answers, missing) = counts.split_at_checked(scale.answers.len())?;
                Some(QuestionTally {
                    question,
                    scale,
                    answers,
                    missing,
                    empty: *empty,
                })
            })
    }

    /// What was found of each leaf to which anybody gave a valid answer, in the order of the questionnaire. What was not
    /// answered is in no sum and no count, so that a question that nobody answered changes nothing.
    pub fn found(&self, questionnaire: &Questionnaire) -> Vec<LeafFound> {
        let mut by_criterion: BTreeMap<&str, Vec<QuestionTally<'_>>> = BTreeMap::new();
        for one in self.questions(questionnaire) {
            by_criterion.entry(&one.question.criterion).or_default().push(one);
        }
        let found = questionnaire.criteria.iter().filter_map(|one| {
            let questions = by_criterion.get(one.criterion.as_str())?;
            Some(leaf(&one.criterion, one.figure, questions))
        });
        found.filter(|leaf| leaf.valid > 0).collect()
    }
}

impl QuestionTally<'_> {
    /// How many answered with an answer of the scale.
    pub fn valid(&self) -> u64 {
        self.answers.iter().copied().map(u64::from).sum()
    }

    /// How many were asked and gave none.
    pub fn unanswered(&self) -> u64 {
        self.missing.iter().copied().map(u64::from).sum::<u64>() + u64::from(self.empty)
    }

    fn satisfied(&self) -> u64 {
        let answers = self.scale.answers.iter().zip(self.answers);
        answers
            .filter(|(answer, _)| answer.satisfied)
            .map(|(_, count)| u64::from(*count))
            .sum()
    }

    /// The sum of the answers' values, where each answer has one.
    fn sum(&self) -> Option<Exact> {
        let product = |(answer, count): (&crate::domain::questionnaire::Answer, &u32)| {
            Some(answer.value.as_ref()?.exact() * &Exact::from(u64::from(*count)))
        };
        self.scale.answers.iter().zip(self.answers).map(product).sum()
    }
}

fn leaf<'a>(criterion: &str, figure: Figure, questions: &[QuestionTally<'a>]) -> LeafFound {
    let divisor = questions
        .iter()
        .fold(0, |all: u32, one| all.gcd(&one.question.weight))
        .max(1);
    let weight = |one: &QuestionTally<'a>| u64::from(one.question.weight / divisor);
    let over_all = |count: &dyn Fn(&QuestionTally<'a>) -> u64| questions.iter().map(count).sum::<u64>();
    let weighted = over_all(&|one| weight(one) * one.valid());
    let total: Option<Exact> = questions
        .iter()
        .map(|one| Some(one.sum()? * Exact::from(weight(one))))
        .sum();
    LeafFound {
        criterion: criterion.to_owned(),
        figure,
        valid: over_all(&QuestionTally::valid),
        missing: over_all(&QuestionTally::unanswered),
        mean: total.and_then(|total| total.checked_div(&Exact::from(weighted))),
        satisfied: over_all(&|one| weight(one) * one.satisfied()),
        weighted,
    }
}

impl LeafFound {
    /// Only what the leaf's figure takes: of a mean no satisfied answers, of a share no mean.
    pub fn bare(self) -> Self {
        match self.figure {
            Figure::Mean => Self {
                satisfied: 0,
                weighted: 0,
                ..self
            },
            Figure::Share => Self { mean: None, ..self },
        }
    }

    /// The share of satisfied answers.
    pub fn share(&self) -> Option<Exact> {
        Exact::from(self.satisfied).checked_div(&Exact::from(self.weighted))
    }

    /// What goes into a dossier: a mean as a decimal of at most twelve places, which is what an input holds, halves away
    /// from zero; a share as its two counts. `None` for counts that no input holds.
    pub fn figure(&self, questionnaire: &Questionnaire) -> Option<SurveyFigure> {
        match self.figure {
            Figure::Mean => {
                let (lowest, highest) = questionnaire.span(&self.criterion)?;
                let mean = self.mean.as_ref()?.rounded_exact(MAXIMUM_FRACTION_DIGITS as u32);
                Some(SurveyFigure::Mean {
                    mean: Decimal::from_exact(&mean)?,
                    lowest: lowest.clone(),
                    highest: highest.clone(),
                })
            }
            Figure::Share => Some(SurveyFigure::Share {
                satisfied: u32::try_from(self.satisfied).ok()?,
                valid: u32::try_from(self.weighted).ok()?,
            }),
        }
    }
}
