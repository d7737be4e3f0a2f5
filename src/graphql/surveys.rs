//! Questionnaires and surveys in the API.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::register::Text;
use super::rounds::Job;
use super::scalars::{DateTime, Fraction, Json, Long};
use super::{ids, session};
use crate::app::browse_surveys::SeenUnit;
use crate::domain::{questionnaire, survey};

/// What a survey asks.
pub struct Questionnaire(pub Arc<questionnaire::Questionnaire>);

/// What a survey asks, which answers there are and which leaf each question belongs to; immutable once issued.
#[Object]
impl Questionnaire {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Questionnaire", &self.0.id())
    }

    /// Code of the questionnaire; it names the survey in a round.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Version.
    async fn version(&self) -> &str {
        &self.0.version
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.0.name.clone().into()
    }

    /// Columns of a file with a row for each respondent: unit and all questions have to be there, respondent (a code by which a
    /// row is told from a repetition of it) and groupings may. A file of counts has unit, question, answer and count instead.
    async fn columns(&self) -> Vec<&str> {
        let questions = self.0.questions.iter().map(|question| question.code.as_str());
        let strata = self.0.strata.iter().map(|stratum| stratum.code.as_str());
        ["unit", "respondent"]
            .into_iter()
            .chain(questions)
            .chain(strata)
            .collect()
    }

    /// The whole questionnaire as JSON, in the form that importQuestionnaire takes.
    async fn json(&self) -> Result<Json> {
        Ok(Json(serde_json::to_value(&*self.0)?))
    }
}

/// What the rows of a survey's file are.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "survey::RowsAre")]
pub enum SurveyRows {
    /// One for each respondent and unit.
    Respondents,
    /// One for each unit, question and answer.
    Counts,
}

/// What a survey gives to a leaf.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "questionnaire::Figure")]
pub enum SurveyFigureKind {
    /// The mean of the answers.
    Mean,
    /// The share of satisfied answers.
    Share,
}

/// An edition of a survey of a round.
pub struct SurveyImport(pub survey::SurveyImport);

/// An edition of a survey of a round: counts, and where they come from. Neither the file nor a row of it is kept.
#[Object]
impl SurveyImport {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("SurveyImport", &format!("{}/{}", self.0.round, self.0.key()))
    }

    /// Code of the round.
    async fn round_code(&self) -> &str {
        &self.0.round
    }

    /// What was asked.
    async fn questionnaire(&self, context: &Context<'_>) -> Result<Questionnaire> {
        Ok(Questionnaire(Arc::new(self.asked(context).await?)))
    }

    /// Number of the edition, from 1; the newest one counts.
    async fn edition(&self) -> u32 {
        self.0.edition
    }

    /// Survey report or decision.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// When it was imported.
    async fn imported_at(&self) -> DateTime {
        DateTime(self.0.imported_at)
    }

    /// Why it took the place of what was there; for those alone who import surveys, run rounds or see scores.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// SHA-256 of the file, hexadecimal; the file itself is gone.
    async fn file_sha256(&self) -> &str {
        &self.0.file.sha256
    }

    /// Bytes of the file.
    async fn file_size(&self) -> Long {
        Long(self.0.file.size)
    }

    /// What the file's rows were.
    async fn rows_are(&self) -> SurveyRows {
        self.0.file.rows_are.into()
    }

    /// Rows that count.
    async fn good_rows(&self) -> u32 {
        self.0.file.good_rows
    }

    /// Rows that were left out.
    async fn bad_rows(&self) -> u32 {
        self.0.file.bad_rows
    }

    /// Columns that were passed over unread.
    async fn dropped_columns(&self) -> &[String] {
        &self.0.file.dropped_columns
    }

    /// Respondents of all units: each code of the column respondent once; without that column whoever answers about several
    /// units counts once for each.
    async fn respondents(&self) -> Long {
        Long(self.0.respondents)
    }

    /// People whom the survey as a whole stands for; null where that is stated by unit.
    async fn population(&self) -> Option<Long> {
        self.0.population.map(Long)
    }

    /// How many it takes for that population with a margin of 5 %: N ÷ (1 + N × 0.05²), rounded up.
    async fn required_sample(&self) -> Option<Long> {
        self.0.population.map(survey::required_sample).map(Long)
    }

    /// Whether there are as many.
    async fn sample_reached(&self) -> Option<bool> {
        let required = self.0.population.map(survey::required_sample)?;
        Some(self.0.respondents >= required)
    }

    /// Why samples that are too small were taken, for the same people; null where there are none.
    async fn small_samples_reason(&self) -> Option<&str> {
        self.0.small_samples.as_deref()
    }

    /// How many dossiers refused their results (they are sealed, say); the job says why. Nothing is published while there are any
    /// of the newest edition.
    async fn refused_dossiers(&self) -> u32 {
        self.0.refused
    }

    /// Codes of the units that it is about.
    async fn unit_codes(&self) -> Vec<&str> {
        self.0.units.keys().map(String::as_str).collect()
    }

    /// When the job had looked at every dossier; null while results are on their way.
    async fn fed_at(&self) -> Option<DateTime> {
        self.0.fed_at.map(DateTime)
    }

    /// The job that brings the results into the dossiers and says where that was not possible; null for those who neither
    /// import surveys nor run rounds.
    async fn job(&self, context: &Context<'_>) -> Result<Option<Job>> {
        Ok(session(context).survey_job(&self.0).await?.map(Into::into))
    }

    /// What was counted of these units, in the order asked; of units that it is not about, and of those of which the viewer
    /// sees no leaf of it, nothing.
    async fn unit_results(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Codes of units, at most 100.")] units: Vec<String>,
    ) -> Result<Vec<SurveyedUnit>> {
        let questionnaire = self.asked(context).await?;
        let seen = session(context).surveyed_units(&self.0, &units).await?;
        Ok(seen.iter().map(|one| SurveyedUnit::of(one, &questionnaire)).collect())
    }
}

impl SurveyImport {
    async fn asked(&self, context: &Context<'_>) -> Result<questionnaire::Questionnaire> {
        Ok(session(context).questionnaire(&self.0.questionnaire_id()).await?)
    }
}

/// What a survey counted of one unit, as far as the viewer sees its leaves.
#[derive(SimpleObject)]
pub struct SurveyedUnit {
    /// Code of the unit.
    pub unit_code: String,
    /// People who gave a valid answer about it.
    pub respondents: u32,
    /// People whom they stand for; null where that is stated for all units together.
    pub population: Option<Long>,
    /// How many it takes for that population with a margin of 5 %: N ÷ (1 + N × 0.05²), rounded up.
    pub required_sample: Option<Long>,
    /// Whether there are as many.
    pub sample_reached: Option<bool>,
    /// What follows for the leaves; none for a leaf to which nobody gave an answer.
    pub leaves: Vec<SurveyedLeaf>,
    /// How the answers to each question are distributed; none of fewer than 5 respondents, whose answers would be told by it,
    /// and of an edition that a later one has superseded none but for those who import surveys.
    pub questions: Vec<SurveyedQuestion>,
    /// How many respondents are in which group.
    pub strata: Vec<SurveyedStratum>,
}

/// What a survey found of one leaf of one unit.
#[derive(SimpleObject)]
pub struct SurveyedLeaf {
    /// Code of the leaf.
    pub criterion: String,
    /// What its rule takes.
    pub figure: SurveyFigureKind,
    /// Valid answers to its questions.
    pub valid: Long,
    /// Answers that were not given; they are in no mean and no share.
    pub missing: Long,
    /// Exact weighted mean of the valid answers; null where answers have no values, and where distributions are not told and
    /// the rule takes a share. What goes into the dossier is this as a
    /// decimal of at most twelve places.
    pub mean: Option<Fraction>,
    /// Exact weighted share of satisfied in valid answers; null where no answer counts as satisfied, and where
    /// distributions are not told and the rule takes a mean.
    pub share: Option<Fraction>,
}

/// How the answers to a question are distributed.
#[derive(SimpleObject)]
pub struct SurveyedQuestion {
    /// Code of the question.
    pub question: String,
    /// The question in both languages.
    pub name: Text,
    /// Code of the leaf that it belongs to.
    pub criterion: String,
    /// Valid answers.
    pub valid: Long,
    /// Respondents who gave none: with a code that says so, or nothing at all.
    pub unanswered: Long,
    /// How often each answer was given, in the order of the scale; then the codes that stand for no answer.
    pub answers: Vec<SurveyAnswerCount>,
}

/// How often an answer was given.
#[derive(SimpleObject)]
pub struct SurveyAnswerCount {
    /// Code of the answer.
    pub answer: String,
    /// Whether it is a valid answer, and not one that stands for none.
    pub valid: bool,
    /// How often.
    pub count: u32,
}

/// How many respondents are in which group.
#[derive(SimpleObject)]
pub struct SurveyedStratum {
    /// Code of the grouping.
    pub stratum: String,
    /// The grouping in both languages.
    pub name: Text,
    /// Its groups, and last those of whom it is not stated.
    pub groups: Vec<SurveyGroup>,
}

/// How many respondents are in a group.
#[derive(SimpleObject)]
pub struct SurveyGroup {
    /// Code of the group; null for those of whom it is not stated.
    pub code: Option<String>,
    /// How many. Null below 5, which is so few that a colleague or neighbour may tell who is meant, and for as many more
    /// groups as it takes that those below 5 do not follow from the total. An empty group is 0; the counts themselves are not kept.
    pub count: Option<u32>,
}

/// A sample that is smaller than its population asks for.
#[derive(SimpleObject)]
pub struct SmallSample {
    /// Code of the unit; null for the survey as a whole.
    pub unit_code: Option<String>,
    /// People whom it stands for.
    pub population: Long,
    /// People who were asked.
    pub respondents: Long,
    /// How many it takes.
    pub required: Long,
}

impl SurveyedUnit {
    /// What a viewer sees of a unit.
    pub fn of(seen: &SeenUnit, questionnaire: &questionnaire::Questionnaire) -> Self {
        let (counts, tally) = (&seen.counts, seen.counts.tally());
        let required = counts.population.map(survey::required_sample);
        let sees = |criterion: &str| seen.criteria.contains(criterion);
        let leaves = counts.found(questionnaire).into_iter();
        let questions = tally.questions(questionnaire);
        Self {
            unit_code: counts.unit.clone(),
            respondents: counts.respondents,
            population: counts.population.map(Long),
            required_sample: required.map(Long),
            sample_reached: required.map(|required| u64::from(counts.respondents) >= required),
            leaves: leaves
                .filter(|leaf| sees(&leaf.criterion))
                .map(|leaf| SurveyedLeaf::of(leaf, questionnaire))
                .collect(),
            questions: questions
                .filter(|one| sees(&one.question.criterion))
                .map(|one| SurveyedQuestion::of(&one))
                .collect(),
            strata: strata(counts, questionnaire),
        }
    }

    /// What whoever imports a survey sees of a unit.
    pub fn whole(counts: survey::SurveyedUnit, questionnaire: &questionnaire::Questionnaire) -> Self {
        let criteria: BTreeSet<String> = questionnaire.criteria.iter().map(|one| one.criterion.clone()).collect();
        Self::of(&SeenUnit { counts, criteria }, questionnaire)
    }
}

fn strata(counts: &survey::SurveyedUnit, questionnaire: &questionnaire::Questionnaire) -> Vec<SurveyedStratum> {
    let stratum = |(stratum, counts): (&questionnaire::Stratum, &std::collections::BTreeMap<String, u32>)| {
        let codes = stratum.values.iter().map(|value| value.code.as_str()).chain([""]);
        let group = |code: &str| SurveyGroup {
            code: (!code.is_empty()).then(|| code.to_owned()),
            count: counts.get(code).copied(),
        };
        SurveyedStratum {
            stratum: stratum.code.clone(),
            name: stratum.name.clone().into(),
            groups: codes.map(group).collect(),
        }
    };
    questionnaire.strata.iter().zip(&counts.strata).map(stratum).collect()
}

impl SurveyedLeaf {
    fn of(leaf: survey::LeafFound, questionnaire: &questionnaire::Questionnaire) -> Self {
        let share = leaf.share().filter(|_| questionnaire.divides(&leaf.criterion));
        Self {
            criterion: leaf.criterion,
            figure: leaf.figure.into(),
            valid: Long(leaf.valid),
            missing: Long(leaf.missing),
            mean: leaf.mean.map(Fraction),
            share: share.map(Fraction),
        }
    }
}

impl SurveyedQuestion {
    fn of(one: &survey::QuestionTally<'_>) -> Self {
        let count = |code: &str, valid: bool, count: u32| SurveyAnswerCount {
            answer: code.to_owned(),
            valid,
            count,
        };
        let answers = one.scale.answers.iter().zip(one.answers);
        let answers = answers.map(|(answer, times)| count(&answer.code, true, *times));
        let missing = one.scale.missing.iter().zip(one.missing);
        let missing = missing.map(|(code, times)| count(code, false, *times));
        Self {
            question: one.question.code.clone(),
            name: one.question.name.clone().into(),
            criterion: one.question.criterion.clone(),
            valid: Long(one.valid()),
            unanswered: Long(one.unanswered()),
            answers: answers.chain(missing).collect(),
        }
    }
}
