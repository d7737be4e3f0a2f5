//! Sealing and publishing a round: the wish first, then a job that seals every dossier, then the ranking, citing each
//! dossier's sealed entry. A correction is the next version with its reason; all versions stay readable.

pub(super) mod closing;
mod summaries;

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use super::Session;
use super::bring_figures;
use super::documents::streams;
use super::error::Error;
use super::feed_survey;
use super::gate::{Command, Context, Decision, Loaded, derived_id};
use super::grounds::{FoundGrounds, Grounds};
use super::reader::Reader;
use super::receipt::Done;
use super::run_round::ensure_job;
use super::text::{check_name, check_text};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::framework::Framework;
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Closing, Round, RoundPhase, UnverifiedLeaf};
use crate::domain::survey::SurveyImport;
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// Most leaves that may be published unverified.
pub const MAX_UNVERIFIED: usize = 5000;

/// What asking for publication looks at.
pub struct RoundToPublish {
    round: Versioned<Round>,
    frameworks: Vec<std::sync::Arc<Framework>>,
    /// A unit whose dossier is to be reopened and is not open yet.
    still_sealed: Option<String>,
    /// A survey whose results have not reached every dossier.
    feeding: Option<SurveyImport>,
    /// Why figures of registers keep it from being asked for.
    bringing: Option<Rejection>,
    grounds: FoundGrounds,
}

/// Asks for publication: seals by a job, then publishes the next version.
#[derive(Clone, Debug, Serialize)]
pub struct PublishResults {
    pub round: String,
    pub decision_number: String,
    pub decision_date: Date,
    /// Why the published version is corrected; needed from version 2 on.
    pub correction: Option<String>,
    pub unverified: Vec<UnverifiedLeaf>,
    #[serde(flatten)]
    pub grounds: Grounds,
}

#[async_trait]
impl Command for PublishResults {
    const NAME: &'static str = "PublishResults";
    const PERMISSION: Permission = Permission::Publish;
    type State = RoundToPublish;
    /// Code of the round.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let round = read.require::<Round>(&self.stream(), &self.round, "round").await;
        let round = round.map_err(|error| error.about("round"))?;
        let mut frameworks = Vec::with_capacity(round.frameworks.len());
        for reference in round.frameworks.values() {
            frameworks.push(read.framework_of(reference).await?);
        }
        let mut still_sealed = None;
        for unit in &round.reopening {
            let dossier = streams::dossier(&self.round, unit);
            read.head(&dossier).await?;
            let found = read.require::<Dossier>(&dossier, dossier.key(), "dossier").await?;
            if found.phase == DossierPhase::Sealed {
                still_sealed = Some(unit.clone());
            }
        }
        Ok(Loaded::of_system(RoundToPublish {
            round,
            frameworks,
            still_sealed,
            feeding: feed_survey::in_the_way(read, &self.stream()).await?,
            bringing: bring_figures::on_its_way(read, &self.stream()).await?,
            grounds: self.grounds.load(read, &self.stream()).await?,
        }))
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let RoundToPublish {
            round: state,
            frameworks,
            still_sealed,
            feeding,
            bringing,
            grounds,
        } = state;
        check_name("decisionNumber", &self.decision_number)?;
        if self.decision_date > context.today(&state.time_zone)? {
            return Err(Error::invalid(
                "decisionDate",
                "Ngày quyết định không được ở tương lai.",
                "A decision is not dated in the future.",
            ));
        }
        self.check_unverified(&state, &frameworks)?;
        if let Some(import) = feeding {
            return Err(feed_survey::feeding(&import));
        }
        if let Some(rejection) = bringing {
            return Err(rejection.into());
        }
        let mut round = state.value;
        match round.phase {
            phase if phase == round.deciding_phase() => {}
            RoundPhase::Opening
            | RoundPhase::SelfAssessment
            | RoundPhase::Advancing
            | RoundPhase::Rescheduling
            | RoundPhase::Measuring
            | RoundPhase::Appraisal
            | RoundPhase::Explanation
            | RoundPhase::SecondAppraisal
            | RoundPhase::Closing
            | RoundPhase::Published => {
                return Err(Rejection::WrongPhase {
                    phase: round.phase.name(),
                }
                .into());
            }
        }
        if let Some(unit) = still_sealed {
            return Err(Rejection::Reopening { unit }.into());
        }
        // Each of them is open: a reopening that read the dossier before comes too late for its entry.
        round.reopening.clear();
        if round.published_version.is_some() && self.correction.is_none() {
            return Err(Error::invalid(
                "correction",
                "Kỳ này đã công bố; nêu lý do đính chính.",
                "The round is published; say why it is corrected.",
            ));
        }
        if let Some(correction) = &self.correction {
            check_text("correction", correction)?;
        }
        let appeals = grounds.followed(self.decision_date)?;
        let council = grounds.council(&round, self.decision_date)?;
        round.phase = RoundPhase::Closing;
        round.job = Some(derived_id(&["job", &self.round, &context.entry.to_string()]));
        let closing = Closing {
            decision_number: self.decision_number.clone(),
            decision_date: self.decision_date,
            correction: self.correction.clone(),
            unverified: self.unverified.clone(),
            council,
            appeals,
        };
        grounds.check_room(&closing)?;
        round.closing = Some(closing);
        Ok(Decision::new(self.round.clone()).put(round))
    }
}

impl PublishResults {
    /// The listed leaves are there, each once and with its reason.
    fn check_unverified(&self, state: &Round, frameworks: &[std::sync::Arc<Framework>]) -> Result<(), Error> {
        if self.unverified.len() > MAX_UNVERIFIED {
            return Err(Error::invalid(
                "unverified",
                format!("Tối đa {MAX_UNVERIFIED} tiêu chí."),
                format!("At most {MAX_UNVERIFIED} leaves."),
            ));
        }
        let mut seen = BTreeSet::new();
        for (index, leaf) in self.unverified.iter().enumerate() {
            if !seen.insert((&leaf.unit, &leaf.criterion)) {
                return Err(Error::invalid(
                    format!("unverified.{index}"),
                    format!("{}/{} được nêu hai lần; chỉ gửi một lần.", leaf.unit, leaf.criterion),
                    format!("{}/{} is stated twice; send it once.", leaf.unit, leaf.criterion),
                ));
            }
            check_text(&format!("unverified.{index}.reason"), &leaf.reason)?;
            if !state.units.contains(&leaf.unit) {
                return Err(Error::invalid(
                    format!("unverified.{index}.unit"),
                    format!("Đơn vị {} không tham gia kỳ này.", leaf.unit),
                    format!("Unit {} takes no part in this round.", leaf.unit),
                ));
            }
            if !frameworks
                .iter()
                .any(|framework| framework.leaf(&leaf.criterion).is_some())
            {
                return Err(Error::invalid(
                    format!("unverified.{index}.criterion"),
                    format!("Kỳ này không có tiêu chí thành phần {}.", leaf.criterion),
                    format!("This round has no leaf {}.", leaf.criterion),
                ));
            }
        }
        Ok(())
    }
}

impl Session {
    /// Seals every dossier by a job and publishes the next version.
    pub async fn publish_results(&self, command: PublishResults, key: Option<String>) -> Result<Done<String>, Error> {
        let done = self.run(command, key).await?;
        ensure_job(&self.app, &done.output).await?;
        Ok(done)
    }
}
