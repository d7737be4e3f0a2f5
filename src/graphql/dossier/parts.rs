//! What is told of a dossier beside itself: where it stands, what it lacks, which ones are wanted.

use async_graphql::{Enum, InputObject, SimpleObject};

use crate::app::browse_dossiers;
use crate::domain::{assessment, dossier};
use crate::graphql::register::Text;

/// Which dossiers are wanted; all conditions must hold.
#[derive(InputObject, Default)]
pub struct DossierFilter {
    /// Unit type.
    pub unit_type: Option<String>,
    /// Ranking group.
    pub group: Option<String>,
    /// Where it stands.
    pub phase: Option<DossierPhase>,
    /// Submitted ones only, or none of them.
    pub submitted: Option<bool>,
    /// Codes of units, at most 200; every unit if empty.
    #[graphql(default)]
    pub units: Vec<String>,
}

impl From<DossierFilter> for browse_dossiers::DossierFilter {
    fn from(filter: DossierFilter) -> Self {
        Self {
            unit_type: filter.unit_type,
            group: filter.group,
            phase: filter.phase.map(Into::into),
            submitted: filter.submitted,
            units: filter.units,
        }
    }
}

/// Where a dossier stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "dossier::DossierPhase")]
pub enum DossierPhase {
    /// The unit declares and submits.
    SelfAssessment,
    /// Appraisers review: the first round of appraisal, or the only one.
    Appraisal,
    /// Between two rounds: the unit explains what the first one found, and adds evidence that explains.
    Explanation,
    /// Appraisers decide on what was explained.
    SecondAppraisal,
    /// Nothing can be changed any more.
    Sealed,
}

/// Where a leaf stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "assessment::AssessmentState")]
pub enum AssessmentState {
    /// Nothing declared yet.
    Open,
    /// Declared by the unit.
    Declared,
    /// Submitted: waits for an appraiser.
    Submitted,
    /// The unit is asked for more.
    SupplementRequested,
    /// Answered: waits for an appraiser again.
    Supplemented,
    /// Explained between the two rounds: waits for the second one.
    Explained,
    /// Reviewed by one person: waits for a second one, who confirms a large change or reviews a leaf of the sample, too.
    Proposed,
    /// Two independent reviews differ: waits for the lead.
    Disputed,
    /// Verified by an appraiser.
    Verified,
    /// Sealed.
    Final,
}

/// What a leaf still lacks.
#[derive(SimpleObject)]
pub struct Lack {
    /// Code of the leaf.
    pub criterion: String,
    /// DECLARATION, INPUT or EVIDENCE; ROWS where rows do not give an input its figure.
    pub kind: String,
    /// Code of the input or required evidence.
    pub code: Option<String>,
    /// What to do, in both languages.
    pub message: Text,
    /// Whether the dossier cannot be submitted without it. Rows do not block: their figures count nothing. Nor does
    /// anything of a bonus or penalty section, and a leaf there that is not declared lacks nothing.
    pub blocks: bool,
}

/// What the viewer may do with a dossier, whatever its state.
#[derive(SimpleObject)]
pub struct ViewerCan {
    /// Upload evidence and declare.
    pub prepare: bool,
    /// Sign off and submit.
    pub submit: bool,
    /// Give it longer, return it, exclude criteria.
    pub run: bool,
}
