//! Rounds and jobs in the API.

use async_graphql::connection::Connection;
use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};

use super::appeals::{Appeal, AppealRules, AppealState, page_of_appeals};
use super::calendar::Calendar;
use super::council::CouncilMeeting;
use super::frameworks::Framework;
use super::paging::Paging;
use super::procedures::ProcedureList;
use super::register::Text;
use super::scalars::{Decimal, Long};
use super::thread::CriterionAgreement;
use super::{ids, session};
use crate::app::browse_council::SeenMeeting;
use crate::app::error::Error;
use crate::app::jobs;
use crate::domain::{appeal, round};
use crate::store::Cursor;
use crate::store::typed::Versioned;

/// Where a round stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "round::RoundPhase")]
pub enum RoundPhase {
    /// A job creates the dossiers.
    Opening,
    /// Units declare and submit.
    SelfAssessment,
    /// A job moves the dossiers to the next phase.
    Advancing,
    /// A job carries new dates into the dossiers; then the round is back in its phase.
    Rescheduling,
    /// A job measures what all units have, for rules that compare them, and brings it into the dossiers; then the round is back in
    /// its phase.
    Measuring,
    /// Appraisers review: the first round of appraisal, or the only one.
    Appraisal,
    /// Between two rounds of appraisal: units explain what the first one found.
    Explanation,
    /// Appraisers decide on what was explained.
    SecondAppraisal,
    /// A job seals the dossiers.
    Closing,
    /// Results are public.
    Published,
}

/// The phases to which a round is advanced.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum NextPhase {
    /// From self-assessment: appraisers review.
    Appraisal,
    /// From appraisal, where there are two rounds of it: units explain what the first one found.
    Explanation,
    /// From explanation: appraisers decide.
    SecondAppraisal,
}

impl From<NextPhase> for round::RoundPhase {
    fn from(next: NextPhase) -> Self {
        match next {
            NextPhase::Appraisal => Self::Appraisal,
            NextPhase::Explanation => Self::Explanation,
            NextPhase::SecondAppraisal => Self::SecondAppraisal,
        }
    }
}

/// When a unit sees what appraisers found of it. Where its leaves stand, and what it is asked for, it always sees.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "round::UnitsSee")]
pub enum UnitsSee {
    /// As it is found.
    AtOnce,
    /// When that round of appraisal is over: the second one is when its results are published.
    AfterTheRound,
    /// When the results are published.
    AtPublication,
}

/// A second round of appraisal, after units have explained what the first one found.
#[derive(SimpleObject)]
pub struct SecondRound {
    /// When a unit sees what the first round found of it.
    pub first_seen: UnitsSee,
    /// When a unit sees what the second round decided.
    pub second_seen: UnitsSee,
}

/// What appraisers do beyond one review of each leaf.
#[derive(SimpleObject)]
pub struct AppraisalRules {
    /// A review that changes a leaf by more points than these, up or down, holds when a second person confirms it.
    pub second_person_above: Option<Decimal>,
    /// How many in a hundred leaves two people review independently in the first round.
    pub reviewed_twice_percent: Option<u32>,
    /// Whether results are published on the minutes of a meeting of the round's council alone.
    pub council_decides: bool,
    /// How long units may appeal after a publication; null where they may not.
    pub appeals: Option<AppealRules>,
}

/// A unit that takes part in a round and is not ranked.
#[derive(SimpleObject)]
pub struct UnrankedUnit {
    /// Code of the unit.
    pub unit: String,
    /// Why it is not ranked.
    pub reason: String,
}

/// One assessment of many units.
pub struct Round(pub Versioned<round::Round>);

/// One assessment of many units by one owner, with a framework per unit type.
#[Object]
impl Round {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Round", &self.0.code)
    }

    /// Code, such as QNM-2019.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.0.value.name.clone().into()
    }

    /// The assessed year.
    async fn year(&self) -> i32 {
        i32::from(self.0.year)
    }

    /// Where the round stands.
    async fn phase(&self) -> RoundPhase {
        self.0.phase.into()
    }

    /// The framework of each unit type, by the type's code.
    async fn frameworks(&self, context: &Context<'_>) -> Result<Vec<Framework>> {
        let mut found = Vec::new();
        for reference in self.0.value.frameworks.values() {
            let framework = session(context).framework(&reference.code, &reference.version);
            found.push(Framework(framework.await?));
        }
        Ok(found)
    }

    /// Codes of the participating units.
    async fn unit_codes(&self) -> &[String] {
        &self.0.value.units
    }

    /// Lists of procedures in force by code, each in its newest version; null for nobody.
    async fn procedure_lists(&self, context: &Context<'_>) -> Result<Option<Vec<ProcedureList>>> {
        match session(context).procedure_lists(&self.0.code).await {
            Ok(lists) => Ok(Some(lists.into_iter().map(Into::into).collect())),
            Err(Error::Unauthenticated) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Participating units that are scored and published without a rank, each with the reason; null before the first
    /// publication for those who do not run rounds.
    async fn unranked(&self, context: &Context<'_>) -> Result<Option<Vec<UnrankedUnit>>> {
        if self.0.published_version.is_none() && !session(context).runs_rounds().await? {
            return Ok(None);
        }
        let unranked = self.0.value.unranked.iter();
        let unit = |(unit, reason): (&String, &String)| UnrankedUnit {
            unit: unit.clone(),
            reason: reason.clone(),
        };
        Ok(Some(unranked.map(unit).collect()))
    }

    /// Id of the job that is moving the round, for Query.job.
    async fn job_id(&self) -> Option<ID> {
        self.0.value.job.as_deref().map(|job| ids::encode("Job", job))
    }

    /// Dates that hold by themselves; null where the units may go on until the round is advanced.
    async fn calendar(&self) -> Option<Calendar> {
        self.0.calendar.clone().map(Into::into)
    }

    /// What appraisers do beyond one review of each leaf; null where that is all.
    async fn appraisal_rules(&self) -> Option<AppraisalRules> {
        self.0.appraisal.as_ref().map(|rules| AppraisalRules {
            second_person_above: rules.second_person_above.clone().map(Decimal),
            reviewed_twice_percent: rules.reviewed_twice_percent,
            council_decides: rules.council_decides,
            appeals: rules.appeals.clone().map(Into::into),
        })
    }

    /// How far independent reviews agree, by criterion, over the leaves that the viewer leads; null for who leads nowhere.
    async fn agreement(&self, context: &Context<'_>) -> Result<Option<Vec<CriterionAgreement>>> {
        match session(context).agreement(&self.0.code).await {
            Ok(found) => Ok(Some(found.into_iter().map(Into::into).collect())),
            Err(Error::Unauthenticated | Error::Forbidden { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The second round of appraisal and what units see before publication; null where one round decides.
    async fn second_round(&self) -> Option<SecondRound> {
        self.0.second_round.as_ref().map(|rules| SecondRound {
            first_seen: rules.first_seen.into(),
            second_seen: rules.second_seen.into(),
        })
    }

    /// Number of the newest publication.
    async fn published_version(&self) -> Option<u32> {
        self.0.published_version
    }

    /// Version of this object: the number of the entry that last wrote it.
    async fn version(&self) -> Long {
        Long(self.0.version)
    }

    /// Meetings of the round's council by day, as far as the viewer sees them: all for those who publish,
    /// otherwise those on which published results rest.
    async fn council_meetings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last meeting before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first meeting behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, CouncilMeeting>> {
        let paging = Paging::of(&format!("council/{}", self.0.code), first, after, last, before)?;
        let (found, more) = session(context).council_meetings(&self.0.code, paging.window()).await?;
        let mut connection = paging.connection(more);
        let edge = |(meeting, cursor): (SeenMeeting, Cursor)| paging.edge(&cursor, CouncilMeeting(meeting));
        connection.edges = found.into_iter().map(edge).collect();
        Ok(connection)
    }

    /// Appeals against the round's results, oldest first, for those who publish and for lead appraisers; null for everybody
    /// else, whose own are at dossier.appeals.
    async fn appeals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Those in this state alone.")] state: Option<AppealState>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last appeal before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first appeal behind the page.")] before: Option<String>,
    ) -> Result<Option<Connection<String, Appeal>>> {
        let state = state.map(appeal::AppealState::from);
        let query = format!("appeals/{}/{state:?}", self.0.code);
        let paging = Paging::of(&query, first, after, last, before)?;
        let page = session(context).appeals(&self.0.code, state, paging.window()).await?;
        Ok(page.map(|page| page_of_appeals(&paging, page)))
    }

    /// The published results: the newest, or that version.
    async fn publication(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Version; the newest if not stated.")] version: Option<u32>,
    ) -> Result<Option<super::results::Publication>> {
        Ok(session(context)
            .publication(&self.0.code, version)
            .await?
            .map(super::results::Publication))
    }
}

/// Long work over many dossiers.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Job {
    #[graphql(skip)]
    pub key: String,
    /// Code of the round.
    pub round_code: String,
    /// Whether it has ended.
    pub done: bool,
    /// Items in all.
    pub total: i32,
    /// Items done.
    pub completed: i32,
    /// Items that could not be done.
    pub problem_count: i32,
    /// The first problems.
    pub problems: Vec<JobProblem>,
}

/// An item that a job could not do.
#[derive(SimpleObject)]
pub struct JobProblem {
    /// Code of the unit, or of the round where it is about the round as a whole.
    pub item: String,
    /// Error code.
    pub code: String,
    /// What happened.
    pub message: String,
}

#[ComplexObject]
impl Job {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Job", &self.key)
    }
}

impl From<jobs::Job> for Job {
    fn from(job: jobs::Job) -> Self {
        let small = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let problem = |one: jobs::Problem| JobProblem {
            item: one.item,
            code: one.code,
            message: one.message,
        };
        Self {
            done: !job.is_running(),
            key: job.id,
            round_code: job.subject,
            total: small(job.items.len()),
            completed: small(job.cursor as usize),
            problem_count: small(job.problem_count as usize),
            problems: job.problems.into_iter().map(problem).collect(),
        }
    }
}
