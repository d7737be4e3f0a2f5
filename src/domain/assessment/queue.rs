//! A leaf's place in the review queue: since when it waits, whom for, and who holds it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::AssessmentState;
use crate::domain::exact::Exact;
use crate::domain::rows::is_zero;
use crate::domain::second_person::ReviewedTwice;

/// A leaf's place in the review queue, with its claim; kept apart so that a claim never changes the leaf's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueueItem {
    pub round: String,
    pub unit: String,
    pub unit_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    pub criterion: String,
    pub field: String,
    pub department: String,
    pub state: AssessmentState,
    /// Whether the leaf does not apply to the unit: then it is no part of anybody's progress.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub excluded: bool,
    /// From when on an appraiser has to act on the leaf: at once when it is submitted or supplemented, after the last
    /// day when a supplement is asked for. Absent when nobody has to: not applicable, verified, or not in appraisal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_from: Option<Timestamp>,
    /// Whether nobody has to act on the leaf, because the unit claims nothing, and an appraiser who knows better may: a penalty, a
    /// veto, or a condition of a class, in a round of appraisal.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unclaimed: bool,
    /// Last day of the round of appraisal that the leaf waits in; absent where it does not wait, or the round has no such day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// (maximum − verified points) ÷ the dossier's applicable maximum.
    pub stake: Exact,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Timestamp>,
    pub changed_at: Timestamp,
    /// Login of whose review stands; absent while the leaf is not verified, and where a survey gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twice: Option<ReviewedTwice>,
    /// Who proposed the review that waits for somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<String>,
    /// How many figures differ from a system's without an outcome.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub open_differences: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_until: Option<Timestamp>,
}

/// Ends the scope key of a department's leaves in its own dossier; no code holds an `@`.
const OWN: &str = "@own";

impl QueueItem {
    /// Since ever: what waits already, waits for a clock that is a little behind, too.
    pub const AT_ONCE: Timestamp = Timestamp::UNIX_EPOCH;

    /// The key by which the queue is cut to an assignment: the appraising department, or, in that department's own
    /// dossier, a key that only the named substitute has.
    pub fn scope(&self) -> String {
        Self::scope_of(&self.department, &self.unit)
    }

    /// The scope key of a department's leaves in a unit's dossier.
    pub fn scope_of(department: &str, unit: &str) -> String {
        if department == unit {
            format!("{department}{OWN}")
        } else {
            department.to_owned()
        }
    }

    /// The department of a scope key.
    pub fn department_of(scope: &str) -> &str {
        scope.strip_suffix(OWN).unwrap_or(scope)
    }

    /// Whether the leaf applies and the unit has handed it over.
    pub fn is_handed_over(&self) -> bool {
        !self.excluded && !matches!(self.state, AssessmentState::Open | AssessmentState::Declared)
    }

    /// Whether an appraiser has to act on the leaf at that instant.
    pub fn waits_at(&self, now: Timestamp) -> bool {
        self.waiting_from.is_some_and(|from| from <= now)
    }

    /// Whether it waits for somebody else than that person: a second one, or the lead.
    pub fn waits_for_another(&self, login: &str) -> bool {
        self.state == AssessmentState::Disputed || self.proposed_by.as_deref() == Some(login)
    }

    /// Nobody holds it any more.
    pub fn release(&mut self) {
        self.claimed_by = None;
        self.claimed_until = None;
    }

    /// Who holds the leaf at that instant, if anybody.
    pub fn holder(&self, now: Timestamp) -> Option<&str> {
        let until = self.claimed_until?;
        self.claimed_by.as_deref().filter(|_| now < until)
    }
}
