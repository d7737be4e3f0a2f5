//! Survey results of many units, recorded by their operator: one commit for each dossier.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::Serialize;

use super::Session;
use super::by_unit::{UnitOutcomes, by_unit};
use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::feed_dossier::check_not_sealed;
use super::feed_survey;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::text::{check_name, check_text};
use crate::domain::assessment::AssessmentState;
use crate::domain::exact::Decimal;
use crate::domain::framework::{Leaf, Method};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::rule::{Rule, SurveyMean};
use crate::domain::survey::{SurveyFigure, SurveyImport, SurveyValue};
use crate::store::StreamId;

/// Most survey results of one call: ten leaves of a hundred units.
pub const MAX_SURVEY_RESULTS: usize = 1000;

/// A survey result of one leaf of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SurveyResult {
    pub unit: String,
    pub criterion: String,
    #[serde(flatten)]
    pub found: SurveyFigure,
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

/// A dossier's leaves, and an import of the round that is on its way to them.
struct Recording {
    desk: Desk,
    feeding: Option<SurveyImport>,
}

#[async_trait]
impl Command for RecordSurvey {
    const NAME: &'static str = "RecordSurvey";
    const PERMISSION: Permission = Permission::RecordSurvey;
    type State = Recording;
    type Output = usize;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Recording>, Error> {
        let round = streams::round(&self.round);
        // That nothing is on its way rests on the round's entry.
        read.head(&round).await?;
        let feeding = feed_survey::on_its_way(read, &round).await?;
        let codes: Vec<String> = self.results.iter().map(|result| result.criterion.clone()).collect();
        let place = |_: &str| Some("criterion".to_owned());
        let desk = Desk::load_named(read, &self.stream(), Some(&codes), &place).await?;
        let owners = desk.owners_of(&codes);
        let state = Recording { desk, feeding };
        Ok(Loaded { state, owners })
    }

    fn decide(&self, state: Recording, context: &Context<'_>) -> Result<Decision<usize>, Error> {
        let Recording { mut desk, feeding } = state;
        if let Some(reason) = &self.reason {
            check_text("reason", reason)?;
        }
        if let Some(import) = feeding.filter(|import| self.meets(import)) {
            return Err(feed_survey::feeding(&import));
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
                found: result.found.clone(),
                sample: result.sample,
                source: result.source.clone(),
                import: None,
                recorded_at: context.now,
                recorded_by: context.login.to_owned(),
            };
            if let Some(value) = put_result(&mut desk, value, self.reason.as_deref(), context)? {
                decision.add(value);
            }
        }
        desk.write(&mut decision);
        Ok(match &self.reason {
            Some(reason) => decision.because(reason.clone()),
            None => decision,
        })
    }
}

impl RecordSurvey {
    /// Whether an import brings one of the same results, which would take the place of what is recorded now.
    fn meets(&self, import: &SurveyImport) -> bool {
        let brought = import.units.get(&self.unit);
        let meets = |result: &SurveyResult| brought.is_some_and(|brought| brought.contains(&result.criterion));
        self.results.iter().any(meets)
    }
}

/// Puts a result into its leaf, which is verified by it, and answers what is to be written: nothing when it stands so
/// already.
///
/// # Errors
/// [`Rejection::SurveyRecorded`] when another one stands and nothing says why it is replaced.
pub(super) fn put_result(
    desk: &mut Desk,
    value: SurveyValue,
    reason: Option<&str>,
    context: &Context<'_>,
) -> Result<Option<SurveyValue>, Error> {
    let criterion = value.criterion.clone();
    let leaf = desk.leaf_mut(&criterion)?;
    if let Some(standing) = &leaf.survey {
        if value.says_the_same_as(standing) {
            return Ok(None);
        }
        if reason.is_none() {
            return Err(Rejection::SurveyRecorded { criterion }.into());
        }
    }
    leaf.survey = Some(value.clone());
    // The survey is its own evidence: what it says needs no appraiser.
    leaf.assessment.value.state = AssessmentState::Verified;
    desk.rescore(&criterion, context.now)?;
    Ok(Some(value))
}

fn check_result(desk: &Desk, result: &SurveyResult) -> Result<(), Error> {
    check_name("source", &result.source)?;
    let (_, leaf) = desk.node(&result.criterion)?;
    check_found(&result.criterion, leaf, result)?;
    if result.sample == 0 {
        return Err(Error::invalid(
            "sample",
            "Cỡ mẫu phải lớn hơn 0.",
            "The sample must be larger than 0.",
        ));
    }
    Ok(())
}

/// Whether what was found is what the leaf's rule takes, and can have been found.
fn check_found(code: &str, leaf: &Leaf, result: &SurveyResult) -> Result<(), Error> {
    let no_survey = || {
        Error::invalid(
            "criterion",
            format!("Tiêu chí {code} không lấy từ khảo sát."),
            format!("Criterion {code} does not come from a survey."),
        )
    };
    if leaf.method != Method::Survey {
        return Err(no_survey());
    }
    match (&leaf.rule, &result.found) {
        (Rule::SurveyMean(rule), SurveyFigure::Mean { mean, lowest, highest }) => {
            check_mean(rule, mean, (lowest, highest))
        }
        (Rule::SurveyShare(_), SurveyFigure::Share { satisfied, valid }) => {
            check_share(*satisfied, *valid, result.sample)
        }
        (Rule::SurveyShare(_), SurveyFigure::Mean { .. }) => Err(Error::invalid(
            "share",
            format!("Tiêu chí {code} tính theo tỷ lệ hài lòng: nêu share thay cho điểm trung bình."),
            format!("Criterion {code} takes the share of the satisfied: state share instead of a mean."),
        )),
        (Rule::SurveyMean(_), SurveyFigure::Share { .. }) => Err(Error::invalid(
            "mean",
            format!("Tiêu chí {code} tính theo điểm trung bình: nêu mean, lowest và highest thay cho share."),
            format!("Criterion {code} takes a mean: state mean, lowest and highest instead of share."),
        )),
        _ => Err(no_survey()),
    }
}

fn check_mean(rule: &SurveyMean, mean: &Decimal, (lowest, highest): (&Decimal, &Decimal)) -> Result<(), Error> {
    if (&rule.lowest, &rule.highest) != (lowest, highest) {
        return Err(Error::invalid(
            "scale",
            format!("Thang điểm phải là {} đến {}.", rule.lowest, rule.highest),
            format!("The scale is {} to {}.", rule.lowest, rule.highest),
        ));
    }
    if mean < lowest || mean > highest {
        return Err(Error::invalid(
            "mean",
            "Điểm trung bình nằm ngoài thang.",
            "The mean lies outside the scale.",
        ));
    }
    Ok(())
}

fn check_share(satisfied: u32, valid: u32, sample: u32) -> Result<(), Error> {
    if valid == 0 {
        return Err(Error::invalid(
            "share.valid",
            "Không có trả lời hợp lệ thì không có tỷ lệ hài lòng; chỉ nhập kết quả khi có ít nhất một.",
            "Without a valid answer there is no share of the satisfied; record a result of at least one.",
        ));
    }
    if satisfied > valid {
        return Err(Error::invalid(
            "share.satisfied",
            format!("{satisfied} người hài lòng, nhiều hơn {valid} trả lời hợp lệ."),
            format!("{satisfied} are satisfied, more than the {valid} valid answers."),
        ));
    }
    if valid > sample {
        return Err(Error::invalid(
            "share.valid",
            format!("{valid} trả lời hợp lệ, nhiều hơn {sample} người được hỏi."),
            format!("{valid} valid answers, more than the {sample} respondents."),
        ));
    }
    Ok(())
}

impl Session {
    /// Records survey results of many units: atomic per dossier, an outcome per unit.
    pub async fn record_survey_results(&self, call: SurveyResults, key: Option<String>) -> Result<UnitOutcomes, Error> {
        self.signed_in()?;
        let SurveyResults { round, results, reason } = call;
        if results.is_empty() || results.len() > MAX_SURVEY_RESULTS {
            return Err(Error::invalid(
                "results",
                format!("Cần từ 1 đến {MAX_SURVEY_RESULTS} kết quả."),
                format!("1 to {MAX_SURVEY_RESULTS} results are needed."),
            ));
        }
        let command = |(unit, results): (String, Vec<SurveyResult>)| {
            let command = RecordSurvey {
                round: round.clone(),
                unit: unit.clone(),
                results,
                reason: reason.clone(),
            };
            (unit, command)
        };
        let commands = by_unit(results, |one| &one.unit);
        self.run_by_unit(commands.into_iter().map(command), key).await
    }
}
