//! Bringing the results of an imported survey into the dossiers, by a job: one commit for each.

use async_trait::async_trait;
use serde::Serialize;

use super::App;
use super::desk::Desk;
use super::documents::{streams, survey_fields};
use super::error::Error;
use super::feed_dossier::check_not_sealed;
use super::gate::{Authority, Command, Context, Decision, Loaded, run_as};
use super::jobs::{CreateJob, Job, JobKind, JobState};
use super::reader::Reader;
use super::record_survey::put_result;
use crate::domain::policy::Permission;
use crate::domain::questionnaire::Questionnaire;
use crate::domain::registry::Role;
use crate::domain::rejection::{Rejection, SurveyRejection};
use crate::domain::rows::is_zero;
use crate::domain::survey::{LeafFound, SurveyFigure, SurveyImport, SurveyValue, SurveyedUnit};
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

const WHAT: &str = "survey";

/// The import of a round whose results are on their way.
pub(super) async fn on_its_way(read: &Reader<'_>, round: &StreamId) -> Result<Option<SurveyImport>, Error> {
    let imports = read.all::<SurveyImport>(round).await?.into_iter().map(|one| one.value);
    Ok(imports.into_iter().find(SurveyImport::is_feeding))
}

/// The import that keeps results from being published: nothing is published on half of a survey, be it on its way, or refused by a
/// dossier.
pub(super) async fn in_the_way(read: &Reader<'_>, round: &StreamId) -> Result<Option<SurveyImport>, Error> {
    let imports = read.all::<SurveyImport>(round).await?;
    let newest = SurveyImport::newest(imports.iter().map(|one| &one.value));
    let blocks = |import: &&SurveyImport| import.is_feeding() || import.refused > 0;
    Ok(newest.into_values().find(blocks).cloned())
}

/// That an import is on its way, or did not reach every dossier.
pub(super) fn feeding(import: &SurveyImport) -> Error {
    let survey = import.questionnaire.clone();
    let rejection = match import.is_feeding() {
        true => SurveyRejection::Feeding { survey },
        false => SurveyRejection::Refused {
            survey,
            count: import.refused,
        },
    };
    Rejection::Survey(rejection).into()
}

/// What was found of a leaf as its rule takes it.
///
/// # Errors
/// [`Error::Invalid`] for weighted counts that no input holds.
pub(super) fn figure_of(found: &LeafFound, questionnaire: &Questionnaire) -> Result<SurveyFigure, Error> {
    found.figure(questionnaire).ok_or_else(|| {
        let criterion = &found.criterion;
        Error::invalid(
            "questionnaire",
            format!("Số trả lời nhân trọng số của tiêu chí {criterion} quá lớn; dùng trọng số nhỏ hơn."),
            format!("Answers times weights of criterion {criterion} are too many; use smaller weights."),
        )
    })
}

/// What is recorded of a leaf.
///
/// # Errors
/// Those of [`figure_of`].
fn value_of(
    import: &SurveyImport,
    unit: &SurveyedUnit,
    found: &LeafFound,
    questionnaire: &Questionnaire,
) -> Result<SurveyValue, Error> {
    Ok(SurveyValue {
        criterion: found.criterion.clone(),
        found: figure_of(found, questionnaire)?,
        sample: unit.respondents,
        source: import.source.clone(),
        import: Some(import.key()),
        recorded_at: import.imported_at,
        recorded_by: import.imported_by.clone(),
    })
}

/// Brings what an import found of one unit into its dossier.
#[derive(Debug, Serialize)]
struct FeedSurvey {
    round: String,
    unit: String,
    /// Id of the import.
    survey: String,
}

/// A dossier's leaves, and what was found of them.
struct Found {
    desk: Desk,
    import: SurveyImport,
    values: Vec<SurveyValue>,
}

#[async_trait]
impl Command for FeedSurvey {
    const NAME: &'static str = "FeedSurvey";
    const PERMISSION: Permission = Permission::RecordSurvey;
    type State = Found;
    /// How many results there are.
    type Output = usize;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Found>, Error> {
        let round = streams::round(&self.round);
        // What is brought here rests on the round's entry.
        read.head(&round).await?;
        let import = read.require::<SurveyImport>(&round, &self.survey, WHAT).await?.value;
        let key = SurveyedUnit::key_of(&self.survey, &self.unit);
        let unit = read.require::<SurveyedUnit>(&round, &key, WHAT).await?.value;
        let questionnaire = read.questionnaire(&import.questionnaire_id()).await?;
        let found = unit.found(&questionnaire);
        let values = found.iter().map(|one| value_of(&import, &unit, one, &questionnaire));
        let values: Vec<SurveyValue> = values.collect::<Result<_, _>>()?;
        let codes: Vec<String> = values.iter().map(|value| value.criterion.clone()).collect();
        let desk = Desk::load(read, &self.stream(), Some(&codes)).await?;
        let owners = desk.owners_of(&codes);
        let state = Found { desk, import, values };
        Ok(Loaded { state, owners })
    }

    fn decide(&self, state: Found, context: &Context<'_>) -> Result<Decision<usize>, Error> {
        let Found {
            mut desk,
            import,
            values,
        } = state;
        let is_new = |value: &SurveyValue| {
            let standing = desk.leaf(&value.criterion).ok().and_then(|leaf| leaf.survey.as_ref());
            standing.is_none_or(|standing| !value.says_the_same_as(standing))
        };
        // Behind a seal nothing changes, and what says the same changes nothing.
        if values.iter().any(is_new) {
            check_not_sealed(&desk)?;
        }
        let mut decision = Decision::new(values.len());
        for value in values {
            if let Some(value) = put_result(&mut desk, value, import.reason.as_deref(), context)? {
                decision.add(value);
            }
        }
        desk.write(&mut decision);
        Ok(match import.reason {
            Some(reason) => decision.because(reason),
            None => decision,
        })
    }
}

/// Says that a job has looked at every dossier.
#[derive(Debug, Serialize)]
struct FinishFeeding {
    round: String,
    survey: String,
    /// How many dossiers refused their results.
    #[serde(skip_serializing_if = "is_zero")]
    refused: u32,
}

#[async_trait]
impl Command for FinishFeeding {
    const NAME: &'static str = "FinishFeeding";
    const PERMISSION: Permission = Permission::RecordSurvey;
    type State = Versioned<SurveyImport>;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let import = read.require::<SurveyImport>(&self.stream(), &self.survey, WHAT).await?;
        Ok(Loaded::of_system(import))
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let mut import = state.value;
        let decision = Decision::new(self.survey.clone());
        if !import.is_feeding() {
            return Ok(decision);
        }
        import.fed_at = Some(context.now);
        import.refused = self.refused;
        Ok(decision.put(import))
    }
}

/// One step of the job: one dossier.
pub(super) async fn step(
    app: &App,
    authority: &Authority,
    round: String,
    unit: String,
    survey: Option<String>,
) -> Result<(), Error> {
    let survey = survey.ok_or_else(nameless)?;
    let command = FeedSurvey { round, unit, survey };
    run_as(app, authority, &command, None).await.map(drop)
}

/// The end of the job. What could not be done stands in its report: a dossier that is sealed takes nothing any more.
pub(super) async fn finish(app: &App, authority: &Authority, job: &Job) -> Result<(), Error> {
    let command = FinishFeeding {
        round: job.subject.clone(),
        survey: job.survey.clone().ok_or_else(nameless)?,
        refused: job.problem_count,
    };
    run_as(app, authority, &command, None).await.map(drop)
}

fn nameless() -> Error {
    Error::Internal("a job about no survey".into())
}

/// Creates the jobs that imports have announced and that are missing; a process may have died between the two.
pub(super) async fn ensure_jobs(app: &App) -> Result<(), Error> {
    let read = Reader::new(app, &*app.store);
    let feeding = SurveyImport::query().filter(survey_fields::FEEDING.equal(1_i64));
    for import in read.every(feeding).await? {
        ensure_job(app, &import.value).await?;
    }
    Ok(())
}

/// Makes sure that the job of an import exists.
pub(super) async fn ensure_job(app: &App, import: &SurveyImport) -> Result<(), Error> {
    let job = Job {
        id: import.job.clone(),
        kind: JobKind::FeedSurvey,
        subject: import.round.clone(),
        survey: Some(import.key()),
        state: JobState::Running,
        items: import.units.keys().cloned().collect(),
        cursor: 0,
        lease: None,
        for_login: import.imported_by.clone(),
        role: Role::SurveyOperator,
        started_at: app.clock.now(),
        ended_at: None,
        problem_count: 0,
        problems: Vec::new(),
    };
    let authority = Authority::Job {
        login: import.imported_by.clone(),
        role: Role::SurveyOperator,
        job: import.job.clone(),
        fence: None,
    };
    run_as(app, &authority, &CreateJob { job }, None).await.map(drop)
}
