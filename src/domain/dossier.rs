//! A dossier: one unit in one round. Everything that must not be wrong by one commit lies in its own stream.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::calendar::{Deadline, Edge, LatePolicy, Reminder, Stage, Windows, reminders};
use super::exact::{Decimal, Exact};
use super::round::{FrameworkRef, SecondRound};
use super::second_person::AppraisalRules;

/// Where a dossier stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DossierPhase {
    SelfAssessment,
    /// The first round of appraisal, or the only one.
    Appraisal,
    /// Between two rounds: the unit explains what the first one found.
    Explanation,
    /// The second round decides.
    SecondAppraisal,
    /// Nothing may be written any more; the ranking rests on this entry. Whether it is published, the round says.
    Sealed,
}

impl DossierPhase {
    pub const ALL: [Self; 5] = [
        Self::SelfAssessment,
        Self::Appraisal,
        Self::Explanation,
        Self::SecondAppraisal,
        Self::Sealed,
    ];

    /// The name used in the API and in projected fields.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfAssessment => "SELF_ASSESSMENT",
            Self::Appraisal => "APPRAISAL",
            Self::Explanation => "EXPLANATION",
            Self::SecondAppraisal => "SECOND_APPRAISAL",
            Self::Sealed => "SEALED",
        }
    }

    /// Whether appraisers judge in it.
    pub fn is_appraisal(self) -> bool {
        match self {
            Self::Appraisal | Self::SecondAppraisal => true,
            Self::SelfAssessment | Self::Explanation | Self::Sealed => false,
        }
    }

    /// Whether the first of two rounds of appraisal is over: what it found stands, whatever comes.
    pub fn is_behind_first(self) -> bool {
        match self {
            Self::Explanation | Self::SecondAppraisal => true,
            // A sealed dossier says itself how the first round left its leaves.
            Self::SelfAssessment | Self::Appraisal | Self::Sealed => false,
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
    /// The round's other dates; absent in a round without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<Windows>,
    /// The round's second round of appraisal; absent where one decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_round: Option<SecondRound>,
    /// What the round asks of its appraisers beyond one review of each leaf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appraisal: Option<AppraisalRules>,
}

impl Dossier {
    /// The key that names a dossier everywhere: `QNM-2019/SGTVT`.
    pub fn key(round: &str, unit: &str) -> String {
        format!("{round}/{unit}")
    }

    pub fn is_submitted(&self) -> bool {
        self.submitted_at.is_some()
    }

    /// The last day of the stage that the dossier is in, if that is over and nothing is taken any more.
    pub fn closed_since(&self, now: Timestamp) -> Option<(Stage, Date)> {
        let windows = self.windows.as_ref();
        let edge = |edge: Option<Edge>| edge.filter(|edge| now >= edge.at).map(|edge| edge.day);
        let deadline = |deadline: Option<&Deadline>| deadline.filter(|one| one.closes(now)).map(|one| one.day);
        let (stage, day) = match self.phase {
            DossierPhase::SelfAssessment => (Stage::SelfAssessment, deadline(self.deadline.as_ref())),
            DossierPhase::Appraisal => (Stage::Appraisal, edge(windows.and_then(|one| one.appraisal))),
            DossierPhase::Explanation => (
                Stage::Explanation,
                deadline(windows.and_then(|one| one.explanation.as_ref())),
            ),
            DossierPhase::SecondAppraisal => (
                Stage::SecondAppraisal,
                edge(windows.and_then(|one| one.second_appraisal)),
            ),
            DossierPhase::Sealed => return None,
        };
        Some((stage, day?))
    }

    /// The last day of the round of appraisal that the dossier is in, if it has one.
    pub fn appraised_until(&self) -> Option<Date> {
        let windows = self.windows.as_ref()?;
        let edge = match self.phase {
            DossierPhase::Appraisal => windows.appraisal,
            DossierPhase::SecondAppraisal => windows.second_appraisal,
            DossierPhase::SelfAssessment | DossierPhase::Explanation | DossierPhase::Sealed => None,
        };
        edge.map(|edge| edge.day)
    }

    /// The first day of self-assessment, if it is still to come.
    pub fn opens_on(&self, now: Timestamp) -> Option<Date> {
        let opening = self.windows.as_ref()?.opening?;
        (now < opening.at).then_some(opening.day)
    }

    /// Points that are taken away because it was submitted late; none where it was not, or nothing is lost by it.
    pub fn late_points(&self) -> Option<&Exact> {
        let deadline = self.deadline.as_ref().filter(|_| self.is_late())?;
        match deadline.late {
            LatePolicy::Deduct => deadline.late_points.as_ref().map(Decimal::exact),
            LatePolicy::Refuse | LatePolicy::Flag => None,
        }
    }

    /// What the unit is reminded of at an instant: that its self-assessment ends while it has not submitted, and then that
    /// its explanations do.
    pub fn reminders(&self, now: Timestamp) -> Vec<Reminder> {
        let Ok(zone) = TimeZone::get(&self.time_zone) else {
            return Vec::new();
        };
        let (stage, deadline, done) = match self.phase {
            DossierPhase::SelfAssessment => (Stage::SelfAssessment, self.deadline.as_ref(), self.submitted_at),
            DossierPhase::Explanation => {
                let windows = self.windows.as_ref();
                (
                    Stage::Explanation,
                    windows.and_then(|one| one.explanation.as_ref()),
                    None,
                )
            }
            DossierPhase::Appraisal | DossierPhase::SecondAppraisal | DossierPhase::Sealed => return Vec::new(),
        };
        let of = |deadline: &Deadline| reminders((stage, deadline.day), &zone, done, now);
        deadline.map(of).unwrap_or_default()
    }

    /// Whether it was submitted after its time.
    pub fn is_late(&self) -> bool {
        let late = |at| self.deadline.as_ref().is_some_and(|deadline| deadline.is_over(at));
        self.submitted_at.is_some_and(late)
    }
}
