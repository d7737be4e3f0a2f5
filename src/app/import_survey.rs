//! Importing a survey: what a file delivers is counted as its bytes come, the counts are kept in the round's stream, and a job
//! brings what follows from them into the dossiers.
//!
//! Neither the file nor a row of it is kept. What is counted is bounded by units, questions and answers.

mod checks;
mod counting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;

use super::Session;
use super::documents::streams;
use super::error::Error;
use super::feed_survey;
use super::gate::{Command, Context, Decision, Loaded, derived_id};
use super::read_once::{PassingFile, gone};
use super::reader::Reader;
use super::receipt::Done;
use super::text::{check_name, check_text};
use crate::domain::policy::Permission;
use crate::domain::questionnaire::Questionnaire;
use crate::domain::rejection::{Rejection, SurveyRejection};
use crate::domain::round::{Round, RoundPhase};
use crate::domain::rows::RowReport;
use crate::domain::survey::{SurveyFile, SurveyImport, SurveyRead, SurveyedUnit};
use crate::domain::text::Text;
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// Most surveys of a round: one for each leaf that takes one.
const MAX_SURVEYS: usize = 20;
/// Most editions of a survey of a round: a correction a week for a year.
const MAX_EDITIONS: u32 = 50;
/// Most units of one import: with the import itself they are one commit, which takes 1,000 documents.
const MAX_UNITS: usize = 900;
/// Most columns that are dropped by name.
const MAX_DROPPED: usize = 100;

/// A survey as its operator sends it.
#[derive(Clone, Debug, Serialize)]
pub struct ImportSurvey {
    pub round: String,
    /// `CODE@VERSION`.
    pub questionnaire: String,
    /// Survey report or decision.
    pub source: String,
    /// People whom the survey stands for, where that is stated for all units together.
    pub population: Option<u64>,
    /// The same for single units.
    pub populations: BTreeMap<String, u64>,
    /// Columns that are passed over unread.
    pub drop_columns: BTreeSet<String>,
    /// Count the good rows although others are bad.
    pub accept_bad_rows: bool,
    /// Why samples below what their populations ask for are taken.
    pub accept_small_samples: Option<String>,
    /// Why it takes the place of what is there.
    pub reason: Option<String>,
    /// Only say what would come of it.
    pub dry_run: bool,
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    pub size: u64,
    /// What was counted; nothing when the file is gone, so that only a call that was answered before is answered.
    #[serde(skip)]
    pub counted: Option<Arc<Counted>>,
}

/// What a file delivered, and what there is to say of it.
#[derive(Debug)]
pub struct Counted {
    pub questionnaire: Arc<Questionnaire>,
    pub read: SurveyRead,
    /// Samples below what their populations ask for.
    pub small: Vec<SmallSample>,
    /// A leaf that has another result already, with its unit.
    standing: Option<String>,
}

/// A sample that is smaller than its population asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallSample {
    /// Code of the unit; none for the survey as a whole.
    pub unit: Option<String>,
    pub population: u64,
    pub respondents: u64,
    pub required: u64,
}

/// What became of an import.
pub struct SurveyImported {
    /// Id of the import; after a dry run that which it would have.
    pub done: Done<String>,
    /// What was counted; none when the call had been answered before and its file is gone.
    pub counted: Option<Arc<Counted>>,
    /// What would be kept of each unit.
    pub units: Vec<SurveyedUnit>,
}

/// A round and the surveys that it has.
pub struct Surveys {
    round: Versioned<Round>,
    imports: Vec<SurveyImport>,
}

#[async_trait]
impl Command for ImportSurvey {
    const NAME: &'static str = "ImportSurvey";
    const PERMISSION: Permission = Permission::RecordSurvey;
    type State = Surveys;
    /// Id of the import.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Surveys>, Error> {
        let stream = self.stream();
        let round = read.require::<Round>(&stream, &self.round, "round").await;
        let round = round.map_err(|error| error.about("round"))?;
        let imports = read.all::<SurveyImport>(&stream).await?;
        let imports = imports.into_iter().map(|one| one.value).collect();
        Ok(Loaded::of_system(Surveys { round, imports }))
    }

    fn decide(&self, state: Surveys, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let Some(counted) = &self.counted else {
            return Err(gone());
        };
        self.check_texts()?;
        check_phase(&state.round)?;
        if let Some(import) = state.imports.iter().find(|import| import.is_feeding()) {
            return Err(feed_survey::feeding(import));
        }
        let import = self.import(&state, counted, context)?;
        let id = import.key();
        let decision = Decision::new(id.clone());
        if self.dry_run {
            return Ok(decision);
        }
        self.check_rows(counted)?;
        self.check_samples(counted)?;
        let units = self.units(&id, counted);
        let decision = decision.put(import).put_all(units);
        Ok(match &self.reason {
            Some(reason) => decision.because(reason.clone()),
            None => decision,
        })
    }
}

impl ImportSurvey {
    fn check_texts(&self) -> Result<(), Error> {
        check_name("source", &self.source)?;
        if let Some(reason) = &self.reason {
            check_text("reason", reason)?;
        }
        if let Some(reason) = &self.accept_small_samples {
            check_text("acceptSmallSamples", reason)?;
        }
        Ok(())
    }

    /// The edition that is imported.
    fn import(&self, state: &Surveys, counted: &Counted, context: &Context<'_>) -> Result<SurveyImport, Error> {
        let survey = &counted.questionnaire.code;
        let units = results(counted);
        let newest = SurveyImport::newest(&state.imports);
        let before = newest.get(survey.as_str()).copied();
        let edition = before.map_or(1, |before| before.edition + 1);
        if before.is_none() && newest.len() >= MAX_SURVEYS || edition > MAX_EDITIONS {
            return Err(too_many());
        }
        if self.reason.is_none() {
            if before.is_some() {
                let survey = survey.clone();
                return Err(Error::from(Rejection::Survey(SurveyRejection::Imported { survey })).about("reason"));
            }
            if let Some(criterion) = counted.standing.clone() {
                return Err(Error::from(Rejection::SurveyRecorded { criterion }).about("reason"));
            }
        }
        if let Some(before) = before {
            check_covers(before, &units)?;
        }
        for (other, import) in newest.iter().filter(|(other, _)| *other != survey) {
            check_apart(other, import, &units)?;
        }
        Ok(SurveyImport {
            round: self.round.clone(),
            questionnaire: survey.clone(),
            version: counted.questionnaire.version.clone(),
            edition,
            source: self.source.clone(),
            imported_at: context.now,
            imported_by: context.login.to_owned(),
            reason: self.reason.clone(),
            file: SurveyFile {
                sha256: self.sha256.clone(),
                size: self.size,
                rows_are: counted.read.rows_are,
                good_rows: counted.read.report.good_rows,
                bad_rows: counted.read.report.bad_rows,
                dropped_columns: self.drop_columns.iter().cloned().collect(),
            },
            population: self.population,
            respondents: respondents(&counted.read),
            small_samples: self.accept_small_samples.clone().filter(|_| !counted.small.is_empty()),
            units,
            job: derived_id(&["job", &self.round, &context.entry.to_string()]),
            fed_at: None,
            refused: 0,
        })
    }

    fn check_rows(&self, counted: &Counted) -> Result<(), Error> {
        let report = &counted.read.report;
        let Some(first) = report.problems.first().filter(|_| !self.accept_bad_rows) else {
            return Ok(());
        };
        let (line, count) = (first.line, report.bad_rows);
        let column = first
            .column
            .as_ref()
            .map_or_else(String::new, |column| format!(", {column}"));
        Err(Error::Rows {
            field: "file".to_owned(),
            message: Text::new(
                format!(
                    "{count} dòng lỗi, đầu tiên là dòng {line}{column}: {}; sửa tệp, hoặc gửi acceptBadRows để bỏ các dòng đó.",
                    first.message.vi
                ),
                format!(
                    "{count} bad rows, the first is line {line}{column}: {}; mend the file, or send acceptBadRows to leave them out.",
                    first.message.en
                ),
            ),
            report: Box::new(report.clone()),
        })
    }

    fn check_samples(&self, counted: &Counted) -> Result<(), Error> {
        let Some(first) = counted.small.first().filter(|_| self.accept_small_samples.is_none()) else {
            return Ok(());
        };
        let SmallSample {
            respondents, required, ..
        } = first;
        let of = first.unit.as_deref();
        let told = Text::new(
            format!("{}: {respondents} người, cần {required}", of.unwrap_or("toàn bộ")),
            format!(
                "{}: {respondents} people of {required} needed",
                of.unwrap_or("the whole")
            ),
        );
        let count = counted.small.len();
        let small = SurveyRejection::SmallSamples { count, first: told };
        Err(Error::from(Rejection::Survey(small)).about("acceptSmallSamples"))
    }

    /// What is kept of each unit.
    fn units(&self, import: &str, counted: &Counted) -> Vec<SurveyedUnit> {
        let one = |(unit, tally): (&String, _)| {
            let population = self.populations.get(unit).copied();
            SurveyedUnit::of(import, unit, tally, &counted.questionnaire, population)
        };
        counted.read.units.iter().map(one).collect()
    }
}

/// Respondents of all units.
pub(super) fn respondents(read: &SurveyRead) -> u64 {
    read.respondents
}

/// The leaves for which each unit has a result.
fn results(counted: &Counted) -> BTreeMap<String, Vec<String>> {
    let found = |tally: &crate::domain::survey::UnitTally| {
        let found = tally.found(&counted.questionnaire).into_iter();
        found.map(|leaf| leaf.criterion).collect()
    };
    let units = counted.read.units.iter();
    units.map(|(unit, tally)| (unit.clone(), found(tally))).collect()
}

/// Everything that the edition before gave is there again: what is not would stay as it was, unseen.
fn check_covers(before: &SurveyImport, units: &BTreeMap<String, Vec<String>>) -> Result<(), Error> {
    for (unit, criteria) in &before.units {
        let now = units.get(unit);
        let lacking = |criterion: &&String| now.is_none_or(|now| !now.contains(criterion));
        if let Some(criterion) = criteria.iter().find(lacking).cloned() {
            let unit = unit.clone();
            let lacks = SurveyRejection::Lacks { unit, criterion };
            return Err(Error::from(Rejection::Survey(lacks)).about("file"));
        }
    }
    Ok(())
}

/// Two surveys give no result twice.
fn check_apart(survey: &str, other: &SurveyImport, units: &BTreeMap<String, Vec<String>>) -> Result<(), Error> {
    for (unit, criteria) in units {
        let theirs = other.units.get(unit);
        let both = |criterion: &&String| theirs.is_some_and(|theirs| theirs.contains(criterion));
        if let Some(criterion) = criteria.iter().find(both).cloned() {
            let overlap = SurveyRejection::OtherSurvey {
                unit: unit.clone(),
                criterion,
                survey: survey.to_owned(),
            };
            return Err(Error::from(Rejection::Survey(overlap)).about("questionnaire"));
        }
    }
    Ok(())
}

/// Dossiers are there, and not being sealed. What a sealed one has already it may be told again.
fn check_phase(round: &Round) -> Result<(), Error> {
    match round.phase {
        RoundPhase::SelfAssessment | RoundPhase::Appraisal | RoundPhase::Explanation | RoundPhase::SecondAppraisal => {
            Ok(())
        }
        RoundPhase::Opening
        | RoundPhase::Advancing
        | RoundPhase::Rescheduling
        | RoundPhase::Measuring
        | RoundPhase::Closing
        | RoundPhase::Published => {
            let phase = round.phase.name();
            Err(Error::from(Rejection::WrongPhase { phase }).about("round"))
        }
    }
}

fn too_many() -> Error {
    Error::TooLarge {
        field: "questionnaire".to_owned(),
        message: Text::new(
            format!("Một kỳ có tối đa {MAX_SURVEYS} cuộc khảo sát, mỗi cuộc tối đa {MAX_EDITIONS} bản."),
            format!("A round has at most {MAX_SURVEYS} surveys of at most {MAX_EDITIONS} editions each."),
        ),
    }
}

impl Session {
    /// Imports a survey, and starts the job that brings its results into the dossiers. The file is deleted once it is of
    /// no more use: after a dry run and a refusal it waits for the next call as long as its reference holds.
    pub async fn import_survey(
        &self,
        mut command: ImportSurvey,
        upload: PassingFile,
        key: Option<String>,
    ) -> Result<SurveyImported, Error> {
        self.check(Permission::RecordSurvey).await?;
        command.counted = self.counted(&command, &upload.file).await?.map(Arc::new);
        let counted = command.counted.clone();
        let dry_run = command.dry_run;
        let asked = command.clone();
        let done = self.run(command, key).await?;
        let units = counted
            .as_ref()
            .map_or_else(Vec::new, |counted| asked.units(&done.output, counted));
        if !dry_run {
            let stream = streams::round(&asked.round);
            let import = self
                .reader()
                .require::<SurveyImport>(&stream, &done.output, "survey")
                .await?;
            if import.is_feeding() {
                feed_survey::ensure_job(&self.app, &import).await?;
            }
            self.discard(&upload).await;
        }
        Ok(SurveyImported { done, counted, units })
    }
}

impl Counted {
    pub fn report(&self) -> &RowReport {
        &self.read.report
    }
}
