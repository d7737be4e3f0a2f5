//! Units, people and their grants: who exists and who may act where. Dates decide validity; nothing is ever deleted.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::text::Text;

/// A body that is assessed, assesses others, or both (cơ quan, đơn vị).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unit {
    /// Short, unique, never reused: `SGTVT`.
    pub code: String,
    pub name: Text,
    /// Which framework applies: `SO`, `HU`, `ND`, or `OTHER` for bodies that are not assessed.
    #[serde(rename = "type")]
    pub unit_type: String,
    /// Ranking group; absent for units that are scored but not ranked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Code of the unit above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// First day of existence.
    pub valid_from: Date,
    /// Last day of existence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// Electronic identification code of the body (Decision 20/2020/QĐ-TTg), if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency_code: Option<String>,
}

impl Unit {
    /// Whether the unit exists on that day.
    pub fn exists_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

/// Whether an account is a person's or a program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountKind {
    Person,
    Service,
}

/// An account: a person, or a service account of an agency's software. Deactivated, never deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    pub login: String,
    pub name: String,
    pub kind: AccountKind,
    /// Code of the unit the account belongs to.
    pub unit: String,
    pub active: bool,
}

/// In which capacity somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Enters evidence and figures for a unit.
    Officer,
    /// Leads the unit: signs off and submits.
    Head,
    /// Verifies criteria within an assignment.
    Appraiser,
    /// Leads a group of appraisers.
    LeadAppraiser,
    /// Runs the round: frameworks, phases, N/A register, publication.
    Manager,
    /// Imports survey results.
    SurveyOperator,
    /// Reads scores and progress for dashboards.
    Integrator,
    /// Keeps units, accounts and grants.
    Admin,
}

impl Role {
    pub const ALL: [Self; 8] = [
        Self::Officer,
        Self::Head,
        Self::Appraiser,
        Self::LeadAppraiser,
        Self::Manager,
        Self::SurveyOperator,
        Self::Integrator,
        Self::Admin,
    ];

    /// The name used in the API and in journal entries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Officer => "OFFICER",
            Self::Head => "HEAD",
            Self::Appraiser => "APPRAISER",
            Self::LeadAppraiser => "LEAD_APPRAISER",
            Self::Manager => "MANAGER",
            Self::SurveyOperator => "SURVEY_OPERATOR",
            Self::Integrator => "INTEGRATOR",
            Self::Admin => "ADMIN",
        }
    }

    /// Whether holding the role at a unit makes that unit one's own (and its dossier untouchable as an appraiser).
    pub fn is_for_the_unit(self) -> bool {
        matches!(self, Self::Officer | Self::Head)
    }
}

/// Why and when a grant ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revocation {
    pub at: jiff::Timestamp,
    pub by: String,
    pub reason: String,
}

/// A role within a scope: unit subtree × unit types × criterion subtrees or appraising department × dates.
///
/// An empty list means "all".
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grant {
    pub id: String,
    pub login: String,
    pub role: Role,
    /// Code of the root of the unit subtree; absent: every unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unit_types: Vec<String>,
    /// Roots of criterion subtrees, by code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<String>,
    /// Only leaves whose appraising department is this unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// The decision that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
}

impl Grant {
    /// Whether the grant is in force on that day.
    pub fn in_force(&self, day: Date) -> bool {
        self.revoked.is_none() && self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

/// Whether `code` is `root` or lies below it: criteria are numbered `3`, `3.4`, `3.4.1`.
pub fn is_within(code: &str, root: &str) -> bool {
    code.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn criterion_31_is_not_below_criterion_3() {
        assert!(is_within("3", "3") && is_within("3.1.2", "3") && is_within("3.1.2", "3.1"));
        assert!(!is_within("31", "3") && !is_within("3", "3.1") && !is_within("3.10", "3.1"));
    }
}
