//! Texts, units, accounts, grants and recusals in the API.

use async_graphql::{Enum, ID, Object, SimpleObject};

use super::ids;
use super::scalars::{Date, DateTime};
use crate::domain::{conflict, policy, registry, text};

/// A text in both languages.
#[derive(SimpleObject, Clone)]
pub struct Text {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl From<text::Text> for Text {
    fn from(text: text::Text) -> Self {
        Self {
            vi: text.vi,
            en: text.en,
        }
    }
}

/// In which capacity somebody acts.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "registry::Role")]
pub enum Role {
    /// Enters evidence and figures for a unit.
    Officer,
    /// Leads the unit: signs off and submits.
    Head,
    /// Verifies criteria within an assignment.
    Appraiser,
    /// Leads a group of appraisers.
    LeadAppraiser,
    /// Runs the round.
    Manager,
    /// Imports survey results.
    SurveyOperator,
    /// Reads scores and progress for dashboards.
    Integrator,
    /// Keeps units, accounts and grants.
    Admin,
}

/// A body that is assessed, assesses others, or both.
pub struct Unit(pub registry::Unit);

/// A body that is assessed, assesses others, or both.
#[Object]
impl Unit {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Unit", &self.0.code)
    }

    /// Short unique code, such as SGTVT.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.0.name.clone().into()
    }

    /// Which framework applies: SO, HU, ND, XA, or OTHER for bodies that are not assessed.
    #[graphql(name = "type")]
    async fn unit_type(&self) -> &str {
        &self.0.unit_type
    }

    /// Ranking group; null for units that are not ranked.
    async fn group(&self) -> Option<&str> {
        self.0.group.as_deref()
    }

    /// Code of the unit above.
    async fn parent_code(&self) -> Option<&str> {
        self.0.parent.as_deref()
    }

    /// First day of existence.
    async fn valid_from(&self) -> Date {
        Date(self.0.valid_from)
    }

    /// Last day of existence.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }
}

/// A role within a scope.
pub struct Grant(pub registry::Grant);

/// A role within a scope: unit subtree, unit types, criteria or appraising department, dates.
#[Object]
impl Grant {
    /// Opaque id, for revokeGrant.
    async fn id(&self) -> ID {
        ids::encode("Grant", &format!("{}/{}", self.0.login, self.0.id))
    }

    /// In which capacity.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// Root of the unit subtree; null means every unit.
    async fn unit_code(&self) -> Option<&str> {
        self.0.unit.as_deref()
    }

    /// Only units of these types; empty means every type.
    async fn unit_types(&self) -> &[String] {
        &self.0.unit_types
    }

    /// Only leaves at and below these criteria; empty means every criterion.
    async fn criteria(&self) -> &[String] {
        &self.0.criteria
    }

    /// Only leaves that this department appraises.
    async fn department_code(&self) -> Option<&str> {
        self.0.department.as_deref()
    }

    /// First day.
    async fn valid_from(&self) -> Date {
        Date(self.0.valid_from)
    }

    /// Last day.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }

    /// When it was revoked; null while it is in force.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked.as_ref().map(|revoked| DateTime(revoked.at))
    }
}

/// A declaration that somebody does not judge a dossier or a part of it.
pub struct Recusal(pub conflict::Recusal);

/// A declaration that somebody does not judge a dossier, or the leaves at and below one of its criteria, because of a
/// conflict of interest that the register cannot know. While it stands, these leaves are in none of the person's queues and
/// counts, and claims and reviews of them are REJECTED with the rule RECUSED.
#[Object]
impl Recusal {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Recusal", &format!("{}/{}", self.0.login, self.0.id))
    }

    /// Login of the person who does not judge.
    async fn login(&self) -> &str {
        &self.0.login
    }

    /// Code of the round.
    async fn round_code(&self) -> &str {
        &self.0.round
    }

    /// Code of the assessed unit.
    async fn unit_code(&self) -> &str {
        &self.0.unit
    }

    /// Code of the field, criterion or leaf that it is about, with all below; null for the whole dossier.
    async fn criterion(&self) -> Option<&str> {
        self.0.criterion.as_deref()
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// When it was declared.
    async fn declared_at(&self) -> DateTime {
        DateTime(self.0.declared_at)
    }

    /// Login of who declared it: the person, or the round's manager.
    async fn declared_by(&self) -> &str {
        &self.0.declared_by
    }

    /// When it was lifted; null while it stands.
    async fn lifted_at(&self) -> Option<DateTime> {
        self.0.lifted.as_ref().map(|lifted| DateTime(lifted.at))
    }

    /// Why it was lifted; null while it stands.
    async fn lift_reason(&self) -> Option<&str> {
        self.0.lifted.as_ref().map(|lifted| lifted.reason.as_str())
    }
}

/// Why somebody must not judge a dossier or leaf. Reviews and claims of it are REJECTED, and it is in none of the person's
/// queues and counts.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "conflict::Conflict")]
pub enum ConflictOfInterest {
    /// The account belongs to the assessed unit; rule OWN_UNIT.
    OwnUnit,
    /// The person is or was an officer or head of the unit, or of one above it; rule OWN_UNIT.
    HeldGrant,
    /// The account's unit lies below the assessed one, or above it and is assessed by the same framework; rule
    /// PARENT_OR_CHILD_UNIT. A district that appraises its communes has no such conflict.
    ParentOrChildUnit,
    /// The person is recused, by own declaration or by the round's manager; rule RECUSED.
    Recused,
}

/// Who asks.
pub struct Me(pub policy::Viewer);

/// The account that asks, with its grants.
#[Object(name = "Viewer")]
impl Me {
    /// Opaque id.
    async fn id(&self) -> ID {
        ids::encode("User", &self.0.user.login)
    }

    /// Login of the account.
    async fn login(&self) -> &str {
        &self.0.user.login
    }

    /// Name of the person or program.
    async fn name(&self) -> &str {
        &self.0.user.name
    }

    /// Code of the account's unit.
    async fn unit_code(&self) -> &str {
        &self.0.user.unit
    }

    /// All grants, revoked ones too.
    async fn grants(&self) -> Vec<Grant> {
        self.0.grants.iter().cloned().map(Grant).collect()
    }

    /// All recusals, lifted ones too; at most 500.
    async fn recusals(&self) -> Vec<Recusal> {
        self.0.recusals.iter().cloned().map(Recusal).collect()
    }
}
