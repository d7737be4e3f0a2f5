//! One leaf of one dossier: what the unit declares, what the appraiser established, and its points in the ledgers.

mod queue;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::brought::BroughtFigure;
use super::discrepancy::SystemFigure;
use super::distribution::GroupFigure;
use super::exact::Exact;
use super::framework::{Leaf, Method, SectionKind};
use super::input::{InputSpec, InputValue};
use super::second_person::{Proposal, ReviewedTwice};

pub use queue::QueueItem;

/// Where a leaf stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AssessmentState {
    Open,
    Declared,
    Submitted,
    SupplementRequested,
    Supplemented,
    /// The unit has explained what the first round found, and the second one has to decide.
    Explained,
    /// Reviewed by one person; a second one has to confirm it or to review the leaf, too.
    Proposed,
    /// Two independent reviews differ; the lead decides.
    Disputed,
    Verified,
    Final,
}

impl AssessmentState {
    pub const ALL: [Self; 10] = [
        Self::Open,
        Self::Declared,
        Self::Submitted,
        Self::SupplementRequested,
        Self::Supplemented,
        Self::Explained,
        Self::Proposed,
        Self::Disputed,
        Self::Verified,
        Self::Final,
    ];

    /// The name used in the API and in projected fields.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Declared => "DECLARED",
            Self::Submitted => "SUBMITTED",
            Self::SupplementRequested => "SUPPLEMENT_REQUESTED",
            Self::Supplemented => "SUPPLEMENTED",
            Self::Explained => "EXPLAINED",
            Self::Proposed => "PROPOSED",
            Self::Disputed => "DISPUTED",
            Self::Verified => "VERIFIED",
            Self::Final => "FINAL",
        }
    }
}

/// What the unit says of a leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declaration {
    /// Declared inputs; derived ones are not declared.
    pub inputs: BTreeMap<String, InputValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Why required evidence is missing; without it and without evidence a leaf is not complete (383/BNV-CCHC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_missing: Option<String>,
    pub at: Timestamp,
    pub by: String,
}

/// On what a corrected input rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CorrectionBasis {
    /// On what the accepted evidence shows.
    Evidence,
    /// On the appraiser's own data (e-one-stop, document system).
    OwnData,
}

impl CorrectionBasis {
    /// The name used in the API and in explanations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Evidence => "EVIDENCE",
            Self::OwnData => "OWN_DATA",
        }
    }
}

/// An input as corrected by an appraiser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Correction {
    pub value: InputValue,
    pub reason: String,
    pub basis: CorrectionBasis,
}

/// What the last review of a round of appraisal established.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Established {
    /// Id of the review.
    pub review: String,
    pub corrections: BTreeMap<String, Correction>,
    /// Required evidence that need not be there, by code, each with the reason.
    pub waivers: BTreeMap<String, String>,
    /// Declared figures that stand against those of a system, by input, each with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stands: BTreeMap<String, String>,
    /// What the unit is to explain before the second round, in the appraiser's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<String>,
    pub at: Timestamp,
    pub by: String,
    /// Login of the second person who confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
}

/// What the unit says between the two rounds (giải trình).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Explained {
    pub text: String,
    pub at: Timestamp,
    pub by: String,
}

/// What is said of a leaf outside reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StatementKind {
    /// The unit's, to a supplement request.
    Answer,
    /// The unit's, between the two rounds.
    Explanation,
    /// A second person confirms a review.
    Confirmation,
    /// A second person does not confirm it.
    Refusal,
    /// The manager gives the leaf back to the unit.
    Reopening,
}

/// One statement; immutable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    pub id: String,
    pub criterion: String,
    pub kind: StatementKind,
    pub text: String,
    pub at: Timestamp,
    pub by: String,
}

/// What the appraiser asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Supplement {
    pub text: String,
    /// Last day, in the round's time zone.
    pub due: Date,
    pub requested_at: Timestamp,
    pub requested_by: String,
    /// What the unit answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// A leaf's contribution to the totals in one ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contribution {
    pub points: Exact,
    /// What counts in the denominator.
    pub applicable: Exact,
    /// What can still be won.
    pub open: Exact,
}

/// A leaf's contributions in the three ledgers; until the first of two rounds of appraisal is over, and where there is
/// only one, final equals verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ledgers {
    pub declared: Contribution,
    pub verified: Contribution,
    #[serde(rename = "final")]
    pub last: Contribution,
}

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ledger {
    Declared,
    Verified,
    Final,
}

impl Ledgers {
    pub fn get(&self, ledger: Ledger) -> &Contribution {
        match ledger {
            Ledger::Declared => &self.declared,
            Ledger::Verified => &self.verified,
            Ledger::Final => &self.last,
        }
    }
}

/// One leaf of one dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assessment {
    pub round: String,
    pub unit: String,
    pub criterion: String,
    pub field: String,
    pub method: Method,
    /// Appraising department.
    pub department: String,
    /// Maximum points.
    pub max: Exact,
    /// The kind of the section outside the scale that the leaf lies in; absent inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<SectionKind>,
    pub state: AssessmentState,
    /// Id of the exclusion that makes the leaf not applicable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Declaration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub established: Option<Established>,
    /// In which state the first of two rounds left the leaf: what was verified then stays so in its ledger. Absent until
    /// that round is over, and where it is the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_first: Option<AssessmentState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained: Option<Explained>,
    /// What the second round decided; absent where it let the first one's findings stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Established>,
    /// A review that does not hold yet, in the states PROPOSED and DISPUTED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// What became of it, if two people reviewed it independently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twice: Option<ReviewedTwice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplement: Option<Supplement>,
    /// Inputs of earlier years, with their source, put here when the round opened.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub previous: BTreeMap<String, PreviousValue>,
    /// Figures of another index by input, of a leaf that takes them over.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub imported: BTreeMap<String, ImportedFigure>,
    /// What registers of the system say, by input, as a job brought it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub brought: BTreeMap<String, BroughtFigure>,
    /// What the units of the round have, by the input that takes it; measured over all of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub group: BTreeMap<String, GroupFigure>,
    /// What systems say of inputs that the unit states, by input.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub system: BTreeMap<String, SystemFigure>,
    pub ledgers: Ledgers,
}

impl Assessment {
    /// Whether every figure that the leaf takes over from another index or a register is there.
    pub fn has_all_figures(&self, leaf: &Leaf) -> bool {
        let is_there = |spec: &InputSpec| match &spec.source {
            source if source.is_imported() => self.imported.contains_key(&spec.code),
            source if source.is_brought() => self.brought_value(spec).is_some(),
            _ => true,
        };
        leaf.inputs.iter().all(is_there)
    }

    /// The value of an input that a register gives, once it is brought.
    pub fn brought_value(&self, spec: &InputSpec) -> Option<InputValue> {
        self.brought.get(&spec.code)?.value(&spec.source)
    }

    /// What the appraisal established that a ledger rests on.
    pub fn established_in(&self, ledger: Ledger) -> Option<&Established> {
        match ledger {
            Ledger::Declared => None,
            Ledger::Verified => self.established.as_ref(),
            Ledger::Final => self.decided.as_ref().or(self.established.as_ref()),
        }
    }

    /// Where a round of appraisal keeps what it finds; the second one leaves what the first found.
    pub fn finding_mut(&mut self, second: bool) -> &mut Option<Established> {
        match second {
            true => &mut self.decided,
            false => &mut self.established,
        }
    }

    /// What a round of appraisal has found.
    pub fn finding(&self, second: bool) -> Option<&Established> {
        match second {
            true => self.decided.as_ref(),
            false => self.established.as_ref(),
        }
    }

    /// Login of whose review stands, of a leaf that is verified.
    pub fn verified_by(&self) -> Option<&str> {
        let found = self.established_in(Ledger::Final)?;
        self.is_verified_in(Ledger::Final).then_some(found.by.as_str())
    }

    /// Whether an appraiser's findings give the leaf points in a ledger.
    pub fn is_verified_in(&self, ledger: Ledger) -> bool {
        let state = match ledger {
            Ledger::Declared => return false,
            Ledger::Verified => self.after_first.unwrap_or(self.state),
            Ledger::Final => self.state,
        };
        matches!(state, AssessmentState::Verified | AssessmentState::Final)
    }
}

/// A figure of another index, as somebody recorded it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportedFigure {
    pub value: InputValue,
    /// The document or place where it is published.
    pub source: String,
    pub recorded_at: Timestamp,
    pub recorded_by: String,
}

/// A value of an earlier year and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviousValue {
    pub value: InputValue,
    /// A published round's dossier entry, or the document of a baseline.
    pub source: String,
}

/// A criterion subtree that does not apply to the unit, decided by the manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exclusion {
    /// Root of the subtree.
    pub criterion: String,
    pub reason: String,
    /// The document that decided it.
    pub document: String,
    pub at: Timestamp,
    pub by: String,
    /// Lifted again.
    pub lifted: bool,
}

/// The outcome of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewOutcome {
    /// The leaf is verified with its inputs as declared, derived or corrected.
    Verify,
    /// The unit is asked for more.
    RequestSupplement,
}

/// An appraiser's act on one leaf; immutable, superseded by a later one with a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Review {
    pub id: String,
    pub criterion: String,
    pub reviewer: String,
    pub at: Timestamp,
    pub verdicts: Vec<super::evidence::LinkVerdict>,
    pub corrections: BTreeMap<String, Correction>,
    pub waivers: BTreeMap<String, String>,
    /// Declared figures that stand against those of a system, by input, each with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stands: BTreeMap<String, String>,
    pub outcome: ReviewOutcome,
    /// Made in the second of two rounds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub second: bool,
    /// One of two independent reviews of the sample: nobody else sees it until the other one is made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub independent: bool,
    /// What the unit is asked to explain before the second round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplement: Option<Supplement>,
    /// Id of the review that this one replaces, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
