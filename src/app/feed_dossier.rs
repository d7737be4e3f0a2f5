//! What comes into a dossier from outside the unit: criteria that do not apply, and survey results.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use super::Session;
use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::prepare_dossier::ItemProblem;
use super::reader::Reader;
use super::receipt::Receipt;
use super::text::{check_name, check_text};
use crate::domain::assessment::{AssessmentState, Exclusion, Supplement, SurveyValue};
use crate::domain::dossier::DossierPhase;
use crate::domain::exact::{Decimal, Exact};
use crate::domain::framework::Method;
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::rule::Rule;
use crate::store::StreamId;

/// Most survey results of one call: ten leaves of a hundred units.
pub const MAX_SURVEY_RESULTS: usize = 1000;

fn check_not_sealed(desk: &Desk) -> Result<(), Error> {
    match desk.dossier.phase {
        DossierPhase::SelfAssessment
        | DossierPhase::Appraisal
        | DossierPhase::Explanation
        | DossierPhase::SecondAppraisal => Ok(()),
        DossierPhase::Sealed => Err(Rejection::WrongPhase {
            phase: desk.dossier.phase.name(),
        }
        .into()),
    }
}

/// Decides that a criterion subtree does not apply to a unit, or that it applies again.
#[derive(Clone, Debug, Serialize)]
pub struct SetNotApplicable {
    pub round: String,
    pub unit: String,
    /// Root of the subtree; the whole framework below it.
    pub criterion: String,
    pub reason: String,
    /// The document that decided it.
    pub document: String,
    /// Lifts the exclusion again.
    pub lift: bool,
    /// Last day for the unit to declare what applies again; needed when an exclusion is lifted after submission.
    pub due: Option<Date>,
}

/// What deciding about an exclusion looks at.
pub struct Exclusions {
    desk: Desk,
    /// Every exclusion that was ever decided for the dossier, lifted ones too.
    decided: Vec<Exclusion>,
}

#[async_trait]
impl Command for SetNotApplicable {
    const NAME: &'static str = "SetNotApplicable";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Exclusions;
    /// Codes of the leaves.
    type Output = Vec<String>;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Exclusions>, Error> {
        let stream = self.stream();
        let desk = Desk::load(read, &stream, None).await?;
        let decided = read.all::<Exclusion>(&stream).await?;
        let leaves = desk.framework.under(&self.criterion);
        let owners = desk.owners_of(leaves.into_iter().map(|(node, _)| &node.code));
        let decided = decided.into_iter().map(|one| one.value).collect();
        let state = Exclusions { desk, decided };
        Ok(Loaded { state, owners })
    }

    fn decide(&self, state: Exclusions, context: &Context<'_>) -> Result<Decision<Vec<String>>, Error> {
        let Exclusions { mut desk, decided } = state;
        check_text("reason", &self.reason)?;
        check_name("document", &self.document)?;
        check_not_sealed(&desk)?;
        let leaves: Vec<String> = desk
            .framework
            .under(&self.criterion)
            .into_iter()
            .map(|(node, _)| node.code.clone())
            .collect();
        if leaves.is_empty() {
            return Err(Error::NotFound { what: "criterion" }.about("criterion"));
        }
        let standing = self.standing(&decided)?;
        for code in &leaves {
            let excluded = outermost(&desk, code, &standing);
            let leaf = &mut desk.leaf_mut(code)?.assessment.value;
            if leaf.excluded != excluded {
                leaf.excluded = excluded;
                self.reopen_if_late(&mut desk, code, context)?;
                desk.rescore(code, context.now)?;
            }
        }
        desk.dossier.value.applicable = desk
            .leaves
            .values()
            .filter(|leaf| leaf.assessment.excluded.is_none() && leaf.assessment.section.is_none())
            .fold(Exact::zero(), |sum, leaf| &sum + &leaf.assessment.max);
        // Every place in the queue is measured by the applicable maximum, which has just changed.
        desk.requeue_all();
        let exclusion = Exclusion {
            criterion: self.criterion.clone(),
            reason: self.reason.clone(),
            document: self.document.clone(),
            at: context.now,
            by: context.login.to_owned(),
            lifted: self.lift,
        };
        let mut decision = Decision::new(leaves).put(exclusion).put(desk.dossier.value.clone());
        desk.write(&mut decision);
        Ok(decision.because(self.reason.clone()))
    }
}

impl SetNotApplicable {
    /// Roots of the subtrees that do not apply once this is decided.
    fn standing(&self, decided: &[Exclusion]) -> Result<BTreeSet<String>, Error> {
        let mut standing: BTreeSet<String> = decided
            .iter()
            .filter(|one| !one.lifted)
            .map(|one| one.criterion.clone())
            .collect();
        if !self.lift {
            standing.insert(self.criterion.clone());
        } else if !standing.remove(&self.criterion) {
            return Err(Error::invalid(
                "lift",
                format!("Tiêu chí {} không có quyết định loại trừ nào để bỏ.", self.criterion),
                format!("No exclusion of {} stands that could be lifted.", self.criterion),
            ));
        }
        Ok(standing)
    }

    /// A leaf that applies again after the unit has submitted, and was never submitted itself, is opened for the unit
    /// like a supplement: otherwise nobody could ever declare or verify it.
    fn reopen_if_late(&self, desk: &mut Desk, code: &str, context: &Context<'_>) -> Result<(), Error> {
        let late = desk.dossier.is_submitted() || desk.dossier.phase != DossierPhase::SelfAssessment;
        let leaf = desk.leaf(code)?;
        let unsubmitted = matches!(leaf.assessment.state, AssessmentState::Open | AssessmentState::Declared);
        if !late || !unsubmitted || leaf.assessment.excluded.is_some() || leaf.assessment.method == Method::Survey {
            return Ok(());
        }
        let today = context.today(&desk.dossier.time_zone)?;
        let Some(due) = self.due.filter(|due| *due >= today) else {
            return Err(Error::invalid(
                "due",
                format!(
                    "Tiêu chí {code} áp dụng trở lại sau khi đã nộp; nêu hạn để đơn vị tự chấm, từ hôm nay trở đi."
                ),
                format!(
                    "Criterion {code} applies again after submission; say until when, from today on, the unit declares it."
                ),
            ));
        };
        let leaf = &mut desk.leaf_mut(code)?.assessment.value;
        leaf.state = AssessmentState::SupplementRequested;
        leaf.supplement = Some(Supplement {
            text: self.reason.clone(),
            due,
            requested_at: context.now,
            requested_by: context.login.to_owned(),
            answer: None,
        });
        Ok(())
    }
}

/// The exclusion that covers a leaf; the outermost one if several do.
fn outermost(desk: &Desk, leaf: &str, standing: &BTreeSet<String>) -> Option<String> {
    let above = desk.framework.ancestors(leaf);
    let codes = above.iter().rev().map(|node| node.code.as_str()).chain([leaf]);
    codes
        .into_iter()
        .find(|code| standing.contains(*code))
        .map(str::to_owned)
}

/// A survey result of one leaf of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SurveyResult {
    pub unit: String,
    pub criterion: String,
    pub mean: Decimal,
    pub lowest: Decimal,
    pub highest: Decimal,
    pub sample: u32,
    pub source: String,
}

/// Survey results of many units of one round.
#[derive(Clone, Debug)]
pub struct SurveyResults {
    pub round: String,
    pub results: Vec<SurveyResult>,
    /// Why results that are there already are replaced.
    pub reason: Option<String>,
}

/// Records survey results in one dossier.
#[derive(Clone, Debug, Serialize)]
struct RecordSurvey {
    round: String,
    unit: String,
    results: Vec<SurveyResult>,
    /// Why results that are there already are replaced.
    reason: Option<String>,
}

#[async_trait]
impl Command for RecordSurvey {
    const NAME: &'static str = "RecordSurvey";
    const PERMISSION: Permission = Permission::RecordSurvey;
    type State = Desk;
    type Output = usize;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        let codes: Vec<String> = self.results.iter().map(|result| result.criterion.clone()).collect();
        let place = |_: &str| Some("criterion".to_owned());
        let desk = Desk::load_named(read, &self.stream(), Some(&codes), &place).await?;
        let owners = desk.owners_of(&codes);
        Ok(Loaded { state: desk, owners })
    }

    fn decide(&self, mut desk: Desk, context: &Context<'_>) -> Result<Decision<usize>, Error> {
        if let Some(reason) = &self.reason {
            check_text("reason", reason)?;
        }
        check_not_sealed(&desk)?;
        let mut decision = Decision::new(self.results.len());
        let mut seen = BTreeSet::new();
        for result in &self.results {
            if !seen.insert(&result.criterion) {
                return Err(Error::invalid(
                    "criterion",
                    format!("Tiêu chí {} của {} có hai kết quả.", result.criterion, self.unit),
                    format!("Criterion {} of {} has two results.", result.criterion, self.unit),
                ));
            }
            check_result(&desk, result)?;
            let value = SurveyValue {
                criterion: result.criterion.clone(),
                mean: result.mean.clone(),
                lowest: result.lowest.clone(),
                highest: result.highest.clone(),
                sample: result.sample,
                source: result.source.clone(),
                recorded_at: context.now,
                recorded_by: context.login.to_owned(),
            };
            let leaf = desk.leaf_mut(&result.criterion)?;
            if let Some(standing) = &leaf.survey {
                if value.says_the_same_as(standing) {
                    continue;
                }
                if self.reason.is_none() {
                    let criterion = result.criterion.clone();
                    return Err(Rejection::SurveyRecorded { criterion }.into());
                }
            }
            leaf.survey = Some(value.clone());
            // The survey is its own evidence: what it says needs no appraiser.
            leaf.assessment.value.state = AssessmentState::Verified;
            desk.rescore(&result.criterion, context.now)?;
            decision.add(value);
        }
        desk.write(&mut decision);
        Ok(match &self.reason {
            Some(reason) => decision.because(reason.clone()),
            None => decision,
        })
    }
}

fn check_result(desk: &Desk, result: &SurveyResult) -> Result<(), Error> {
    check_name("source", &result.source)?;
    let (_, leaf) = desk.node(&result.criterion)?;
    let Rule::SurveyMean(rule) = &leaf.rule else {
        return Err(Error::invalid(
            "criterion",
            format!("Tiêu chí {} không lấy từ khảo sát.", result.criterion),
            format!("Criterion {} does not come from a survey.", result.criterion),
        ));
    };
    if leaf.method != Method::Survey || (&rule.lowest, &rule.highest) != (&result.lowest, &result.highest) {
        return Err(Error::invalid(
            "scale",
            format!("Thang điểm phải là {} đến {}.", rule.lowest, rule.highest),
            format!("The scale is {} to {}.", rule.lowest, rule.highest),
        ));
    }
    if result.mean < result.lowest || result.mean > result.highest {
        return Err(Error::invalid(
            "mean",
            "Điểm trung bình nằm ngoài thang.",
            "The mean lies outside the scale.",
        ));
    }
    if result.sample == 0 {
        return Err(Error::invalid(
            "sample",
            "Cỡ mẫu phải lớn hơn 0.",
            "The sample must be larger than 0.",
        ));
    }
    Ok(())
}

impl Session {
    /// Records survey results of many units: atomic per dossier, an outcome per unit.
    pub async fn record_survey_results(
        &self,
        call: SurveyResults,
        key: Option<String>,
    ) -> Result<Vec<(String, Result<Option<Receipt>, ItemProblem>)>, Error> {
        self.signed_in()?;
        let SurveyResults { round, results, reason } = call;
        if results.is_empty() || results.len() > MAX_SURVEY_RESULTS {
            return Err(Error::invalid(
                "results",
                format!("Cần từ 1 đến {MAX_SURVEY_RESULTS} kết quả."),
                format!("1 to {MAX_SURVEY_RESULTS} results are needed."),
            ));
        }
        let mut by_unit: BTreeMap<String, Vec<SurveyResult>> = BTreeMap::new();
        for result in results {
            by_unit.entry(result.unit.clone()).or_default().push(result);
        }
        let mut outcomes = Vec::new();
        for (unit, results) in by_unit {
            let command = RecordSurvey {
                round: round.clone(),
                unit: unit.clone(),
                results,
                reason: reason.clone(),
            };
            match self.run(command, key.clone()).await {
                Ok(done) => outcomes.push((unit, Ok(done.receipt))),
                Err(error @ (Error::Unauthenticated | Error::Unavailable { .. } | Error::Internal(_))) => {
                    return Err(error);
                }
                Err(error) => outcomes.push((unit, Err(ItemProblem::of(&error)))),
            }
        }
        Ok(outcomes)
    }
}
