//! Rounds, what does not apply, survey results.

use async_graphql::{InputObject, SimpleObject};

use super::TextInput;
use crate::app::error::Error;
use crate::app::record_survey;
use crate::domain::survey::SurveyFigure;
use crate::domain::{appeal, round, second_person};
use crate::graphql::calendar::{ExtendedStage, LatePolicy};
use crate::graphql::dossier::Dossier;
use crate::graphql::inputs::{Idempotency, NamedValueInput, nfc};
use crate::graphql::journal::Receipt;
use crate::graphql::query::{AssessmentRef, DossierRef};
use crate::graphql::rounds::{NextPhase, Round, UnitsSee};
use crate::graphql::scalars::{Date, Decimal};

/// A value of an earlier year.
#[derive(InputObject)]
pub struct BaselineInput {
    /// Code of the unit.
    pub unit: String,
    /// Code of the leaf.
    pub criterion: String,
    /// Code of the assessed year's input, and the value that it had in the earlier year.
    pub value: NamedValueInput,
    /// How many years before the assessed one, as an input of the leaf with the source PREVIOUS_YEAR asks for it.
    #[graphql(default = 1)]
    pub years: u8,
    /// The document that it comes from.
    pub source: String,
}

/// The framework of a unit type.
#[derive(InputObject)]
pub struct RoundFrameworkInput {
    /// Unit type.
    pub unit_type: String,
    /// CODE@VERSION.
    pub framework: String,
}

/// The dates of a round: each is the last day on which something may be done, in the round's time zone.
#[derive(InputObject)]
pub struct CalendarInput {
    /// First day of self-assessment; without it that begins when the round is opened.
    pub opening: Option<Date>,
    /// Last day of self-assessment.
    pub self_assessment: Date,
    /// What becomes of a dossier that is not submitted in time.
    #[graphql(default_with = "LatePolicy::Refuse")]
    pub late: LatePolicy,
    /// Points that a dossier submitted late loses; with DEDUCT alone.
    pub late_points: Option<Decimal>,
    /// Last day of the first round of appraisal, or of the only one: after it nothing is claimed or reviewed.
    pub appraisal: Option<Date>,
    /// Last day on which units explain; only with secondRound.
    pub explanation: Option<Date>,
    /// Last day of the second round of appraisal; only with secondRound.
    pub second_appraisal: Option<Date>,
    /// Day on which the results are to be decided; a plan, which holds nobody up.
    pub decision: Option<Date>,
}

/// A second round of appraisal.
#[derive(InputObject)]
pub struct SecondRoundInput {
    /// When a unit sees what the first round found of it. AT_PUBLICATION hides the second round as long, too.
    #[graphql(default_with = "UnitsSee::AfterTheRound")]
    pub first_seen: UnitsSee,
    /// When a unit sees what the second round decided.
    #[graphql(default_with = "UnitsSee::AtPublication")]
    pub second_seen: UnitsSee,
}

impl From<SecondRoundInput> for round::SecondRound {
    fn from(input: SecondRoundInput) -> Self {
        Self {
            first_seen: input.first_seen.into(),
            second_seen: input.second_seen.into(),
        }
    }
}

/// What appraisers do beyond one review of each leaf.
#[derive(InputObject)]
pub struct AppraisalRulesInput {
    /// A review that changes a leaf by more points than these, up or down, holds when a second person confirms it: against
    /// what the unit declared, and in the second round against what the first one verified.
    pub second_person_above: Option<Decimal>,
    /// How many in a hundred leaves two people review independently in the first round; which ones follows from the codes
    /// of round, unit and criterion.
    pub reviewed_twice_percent: Option<u32>,
    /// Whether results are published on the minutes of a meeting of the round's council alone (recordCouncilMeeting).
    #[graphql(default)]
    pub council_decides: bool,
    /// How long units may appeal after a publication (fileAppeal); without it they may not.
    pub appeals: Option<AppealRulesInput>,
}

/// How long units may appeal after a publication.
#[derive(InputObject)]
pub struct AppealRulesInput {
    /// Working days, 1 to 60, from the day after the publication in the round's time zone; the last one ends at midnight.
    /// Monday to Friday are working days but for daysOff.
    pub working_days: u32,
    /// Days off from Monday to Friday, at most 60: public holidays, as they are fixed for the year.
    #[graphql(default)]
    pub days_off: Vec<Date>,
}

impl From<AppealRulesInput> for appeal::AppealRules {
    fn from(input: AppealRulesInput) -> Self {
        Self {
            working_days: input.working_days,
            days_off: input.days_off.into_iter().map(|day| day.0).collect(),
        }
    }
}

impl From<AppraisalRulesInput> for second_person::AppraisalRules {
    fn from(input: AppraisalRulesInput) -> Self {
        Self {
            second_person_above: input.second_person_above.map(|points| points.0),
            reviewed_twice_percent: input.reviewed_twice_percent,
            council_decides: input.council_decides,
            appeals: input.appeals.map(Into::into),
        }
    }
}

/// A unit that takes part in a round and is not ranked.
#[derive(InputObject)]
pub struct UnrankedUnitInput {
    /// Code of the unit.
    pub unit: String,
    /// Why it is not ranked.
    pub reason: String,
}

/// Input of openRound.
#[derive(InputObject)]
pub struct OpenRoundInput {
    /// Code of the round.
    pub code: String,
    /// Name in both languages.
    pub name: TextInput,
    /// The assessed year.
    pub year: i32,
    /// Code of the unit that owns the round.
    pub owner: String,
    /// IANA time zone of its dates.
    #[graphql(default_with = "\"Asia/Ho_Chi_Minh\".to_owned()")]
    pub time_zone: String,
    /// Dates that hold by themselves; without them the units may go on until the round is advanced. setCalendar changes
    /// them for all, extendDeadline gives one unit longer.
    pub calendar: Option<CalendarInput>,
    /// Two rounds of appraisal: after the first one units explain what it found, and the second one decides. Without it
    /// one round decides.
    pub second_round: Option<SecondRoundInput>,
    /// When one appraiser is not enough.
    pub appraisal: Option<AppraisalRulesInput>,
    /// A framework for each unit type.
    pub frameworks: Vec<RoundFrameworkInput>,
    /// Participating units; all of these types if empty.
    #[graphql(default)]
    pub units: Vec<String>,
    /// Participating units that are scored and published without a rank, each with the reason, which is published with
    /// the results. It is not changed later. A unit without a ranking group need not be listed.
    #[graphql(default)]
    pub unranked: Vec<UnrankedUnitInput>,
    /// A published round whose values count as last year's: those for which its leaves were given points, be it none. Values
    /// of earlier years are taken from the rounds behind it, each of which names the one before, by their years.
    pub previous: Option<String>,
    /// Values of earlier years that no published round holds.
    #[graphql(default)]
    pub baselines: Vec<BaselineInput>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What openRound, advanceRound or publishResults did.
#[derive(SimpleObject)]
pub struct RoundPayload {
    /// The round; its jobId names the job that carries the change into the dossiers.
    pub round: Round,
    /// Proof that the round took it; null when nothing had to change. What the job does in the dossiers has entries of
    /// its own, in their histories.
    pub receipt: Option<Receipt>,
}

/// Input of setCalendar.
#[derive(InputObject)]
pub struct SetCalendarInput {
    /// Code of the round.
    pub round: String,
    /// All its dates: one that is left out no longer holds.
    pub calendar: CalendarInput,
    /// Why they are changed.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of advanceRound.
#[derive(InputObject)]
pub struct AdvanceRoundInput {
    /// Code of the round.
    pub round: String,
    /// The phase to which it is moved.
    #[graphql(default_with = "NextPhase::Appraisal")]
    pub to: NextPhase,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of measureGroups.
#[derive(InputObject)]
pub struct MeasureGroupsInput {
    /// Code of the round.
    pub round: String,
}

/// Input of extendDeadline.
#[derive(InputObject)]
pub struct ExtendDeadlineInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// What it gets longer for.
    #[graphql(default_with = "ExtendedStage::SelfAssessment")]
    pub stage: ExtendedStage,
    /// The unit's new last day, in the round's time zone: after the round's own, and not in the past. An
    /// extension that stands is replaced, by a shorter one too.
    pub until: Date,
    /// Why it has longer; the unit reads it.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of reopenLeaf.
#[derive(InputObject)]
pub struct ReopenLeafInput {
    /// Which leaf.
    pub assessment: AssessmentRef,
    /// Why; the unit and the appraisers read it.
    pub reason: String,
    /// Last day on which the unit works on it, in the round's time zone.
    pub due: Date,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of reopenUnit.
#[derive(InputObject)]
pub struct ReopenUnitInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Codes of the fields whose leaves are reopened; the whole dossier if empty.
    #[graphql(default)]
    pub fields: Vec<String>,
    /// Why; the unit and the appraisers read it at each leaf.
    pub reason: String,
    /// Last day on which the unit works on them, in the round's time zone.
    pub due: Date,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What reopenUnit did.
#[derive(SimpleObject)]
pub struct ReopenUnitPayload {
    /// The dossier as it stands.
    pub dossier: Dossier,
    /// Codes of the leaves that were reopened, in the framework's order.
    pub criteria: Vec<String>,
    /// Proof that the change was taken.
    pub receipt: Option<Receipt>,
}

/// Input of setNotApplicable.
#[derive(InputObject)]
pub struct SetNotApplicableInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Root of the criterion subtree.
    pub criterion: String,
    /// Why it does not apply.
    pub reason: String,
    /// The document that decided it.
    pub document: String,
    /// Lifts the exclusion again.
    #[graphql(default)]
    pub lift: bool,
    /// Last day for the unit to declare what applies again; needed when an exclusion is lifted after submission.
    pub due: Option<Date>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// How many are satisfied of those who answered.
#[derive(InputObject)]
pub struct SurveyShareInput {
    /// How many are satisfied, at most as many as answered validly.
    pub satisfied: u32,
    /// How many answered validly, at least one and at most the sample.
    pub valid: u32,
}

/// A survey result: a mean on its scale, or the share of the satisfied.
#[derive(InputObject)]
pub struct SurveyResultInput {
    /// Code of the unit.
    pub unit: String,
    /// Code of the leaf.
    pub criterion: String,
    /// Mean of the answers, with lowest and highest: what a leaf with the rule SURVEY_MEAN takes.
    pub mean: Option<Decimal>,
    /// Lowest answer of the scale.
    pub lowest: Option<Decimal>,
    /// Highest answer of the scale.
    pub highest: Option<Decimal>,
    /// How many are satisfied, instead of a mean: what a leaf with the rule SURVEY_SHARE takes.
    pub share: Option<SurveyShareInput>,
    /// Number of respondents.
    pub sample: u32,
    /// Survey report or decision.
    pub source: String,
}

impl SurveyResultInput {
    /// The result, which stands at this place of the input.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless it states either a mean with its scale or a share.
    pub fn resolve(self, place: &str) -> Result<record_survey::SurveyResult, Error> {
        let found = match (self.mean, self.lowest, self.highest, self.share) {
            (Some(mean), Some(lowest), Some(highest), None) => SurveyFigure::Mean {
                mean: mean.0,
                lowest: lowest.0,
                highest: highest.0,
            },
            (None, None, None, Some(share)) => SurveyFigure::Share {
                satisfied: share.satisfied,
                valid: share.valid,
            },
            _ => {
                return Err(Error::invalid(
                    place,
                    "Nêu mean cùng lowest và highest, hoặc chỉ share.",
                    "State mean with lowest and highest, or share alone.",
                ));
            }
        };
        Ok(record_survey::SurveyResult {
            unit: self.unit,
            criterion: self.criterion,
            found,
            sample: self.sample,
            source: nfc(&self.source),
        })
    }
}

/// A figure of another index: a class, a score.
#[derive(InputObject)]
pub struct FigureInput {
    /// Code of the unit.
    pub unit: String,
    /// Code of the leaf.
    pub criterion: String,
    /// Code of the input, and its value: one with the source IMPORTED takes it over; beside one that the unit states, or that
    /// follows from its rows, it is put as the figure of a system.
    pub value: NamedValueInput,
    /// The document or place where it is published, or the system and its export.
    pub source: String,
    /// Of a system's figure: how far the declared one may lie from it, in the unit of the input; 0 if not stated. Beyond it the
    /// difference is a case that the review of the leaf has to decide.
    pub tolerance: Option<Decimal>,
}

/// Input of recordFigures.
#[derive(InputObject)]
pub struct RecordFiguresInput {
    /// Code of the round.
    pub round: String,
    /// Figures, many units at once.
    pub figures: Vec<FigureInput>,
    /// Why figures are replaced; without it a figure that is there already stays, and its unit's item says so.
    pub reason: Option<String>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of recordSurveyResults.
#[derive(InputObject)]
pub struct RecordSurveyResultsInput {
    /// Code of the round.
    pub round: String,
    /// Results, many units at once.
    pub results: Vec<SurveyResultInput>,
    /// Why results are replaced; without it a result that is there already stays, and its unit's item says so.
    pub reason: Option<String>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}
