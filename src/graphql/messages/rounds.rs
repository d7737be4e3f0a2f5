//! Rounds, what does not apply, survey results.

use async_graphql::{InputObject, SimpleObject};

use super::TextInput;
use crate::graphql::calendar::LatePolicy;
use crate::graphql::inputs::{Idempotency, NamedValueInput};
use crate::graphql::journal::Receipt;
use crate::graphql::query::DossierRef;
use crate::graphql::register::Round;
use crate::graphql::scalars::{Date, Decimal};

/// A value of the year before.
#[derive(InputObject)]
pub struct BaselineInput {
    /// Code of the unit.
    pub unit: String,
    /// Code of the leaf.
    pub criterion: String,
    /// Code of last year's input and its value.
    pub value: NamedValueInput,
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
    /// Last day of self-assessment.
    pub self_assessment: Date,
    /// What becomes of a dossier that is not submitted in time.
    #[graphql(default_with = "LatePolicy::Refuse")]
    pub late: LatePolicy,
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
    /// Dates that hold by themselves; without them the units may go on until the round is advanced. They are not changed
    /// later: extendDeadline gives one unit longer.
    pub calendar: Option<CalendarInput>,
    /// A framework for each unit type.
    pub frameworks: Vec<RoundFrameworkInput>,
    /// Participating units; all of these types if empty.
    #[graphql(default)]
    pub units: Vec<String>,
    /// Participating units that are scored and published without a rank, each with the reason, which is published with
    /// the results. It is not changed later. A unit without a ranking group need not be listed.
    #[graphql(default)]
    pub unranked: Vec<UnrankedUnitInput>,
    /// A published round whose values count as last year's: those for which its leaves were given points, be it none.
    pub previous: Option<String>,
    /// Last year's values that no published round holds.
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

/// Input of advanceRound.
#[derive(InputObject)]
pub struct AdvanceRoundInput {
    /// Code of the round.
    pub round: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of extendDeadline.
#[derive(InputObject)]
pub struct ExtendDeadlineInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// The unit's new last day of self-assessment, in the round's time zone: after the round's own, and not in the past. An
    /// extension that stands is replaced, by a shorter one too.
    pub until: Date,
    /// Why it has longer; the unit reads it.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
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

/// A survey result.
#[derive(InputObject)]
pub struct SurveyResultInput {
    /// Code of the unit.
    pub unit: String,
    /// Code of the leaf.
    pub criterion: String,
    /// Mean of the answers.
    pub mean: Decimal,
    /// Lowest answer of the scale.
    pub lowest: Decimal,
    /// Highest answer of the scale.
    pub highest: Decimal,
    /// Number of respondents.
    pub sample: u32,
    /// Survey report or decision.
    pub source: String,
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
