//! A dossier: one unit in one round. Everything that must not be wrong by one commit lies in its own stream.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calendar::Deadline;
use super::exact::Exact;
use super::round::FrameworkRef;

/// Where a dossier stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DossierPhase {
    SelfAssessment,
    Appraisal,
    /// Nothing may be written any more; the ranking rests on this entry. Whether it is published, the round says.
    Sealed,
}

impl DossierPhase {
    pub const ALL: [Self; 3] = [Self::SelfAssessment, Self::Appraisal, Self::Sealed];

    /// The name used in the API and in projected fields.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfAssessment => "SELF_ASSESSMENT",
            Self::Appraisal => "APPRAISAL",
            Self::Sealed => "SEALED",
        }
    }
}

/// One unit in one round (hồ sơ tự chấm).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dossier {
    pub round: String,
    pub year: i16,
    pub time_zone: String,
    pub unit: String,
    /// Codes of the unit's ancestors when the round opened, nearest first.
    pub unit_path: Vec<String>,
    pub unit_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    pub framework: FrameworkRef,
    pub phase: DossierPhase,
    /// Points of all leaves inside the scale that are not excluded.
    pub applicable: Exact,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<String>,
    pub opened_at: Timestamp,
    /// Until when the unit assesses itself; absent in a round without dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
}

impl Dossier {
    /// The key that names a dossier everywhere: `QNM-2019/SGTVT`.
    pub fn key(round: &str, unit: &str) -> String {
        format!("{round}/{unit}")
    }

    pub fn is_submitted(&self) -> bool {
        self.submitted_at.is_some()
    }

    /// Whether it was submitted after its time.
    pub fn is_late(&self) -> bool {
        let late = |at| self.deadline.as_ref().is_some_and(|deadline| deadline.is_over(at));
        self.submitted_at.is_some_and(late)
    }
}
