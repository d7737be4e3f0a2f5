//! Frameworks, units, accounts and grants.

use crate::graphql::inputs::Idempotency;
use async_graphql::{ID, InputObject, SimpleObject};

use super::TextInput;
use crate::graphql::frameworks::{Finding, Framework};
use crate::graphql::journal::Receipt;
use crate::graphql::query::DossierRef;
use crate::graphql::register::{Recusal, Role, Unit};
use crate::graphql::scalars::{Date, Json};

/// Input of importFramework.
#[derive(InputObject)]
pub struct ImportFrameworkInput {
    /// The framework in the form of schema/framework.schema.json.
    pub framework: Json,
    /// Issue in spite of warnings.
    #[graphql(default)]
    pub accept_warnings: bool,
    /// Only say what lint finds.
    #[graphql(default)]
    pub dry_run: bool,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What importFramework did.
#[derive(SimpleObject)]
pub struct ImportFrameworkPayload {
    /// The issued framework; null after a dry run or with errors in the findings of one.
    pub framework: Option<Framework>,
    /// What lint found.
    pub findings: Vec<Finding>,
    /// Proof that the framework was issued; null after a dry run, and when it had been issued before.
    pub receipt: Option<Receipt>,
}

/// A unit.
#[derive(InputObject)]
pub struct UnitInput {
    /// Short unique code.
    pub code: String,
    /// Name in both languages.
    pub name: TextInput,
    /// SO, HU, ND, XA or OTHER.
    #[graphql(name = "type")]
    pub unit_type: String,
    /// Ranking group.
    pub group: Option<String>,
    /// Code of the unit above.
    pub parent: Option<String>,
    /// First day of existence.
    pub valid_from: Date,
    /// Last day of existence.
    pub valid_to: Option<Date>,
    /// Electronic identification code of the body.
    pub agency_code: Option<String>,
}

/// Input of putUnits.
#[derive(InputObject)]
pub struct PutUnitsInput {
    /// Units to add or change.
    pub units: Vec<UnitInput>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What putUnits did.
#[derive(SimpleObject)]
pub struct PutUnitsPayload {
    /// The units as they stand.
    pub units: Vec<Unit>,
    /// Proof that the change was taken; null when nothing had to change.
    pub receipt: Option<Receipt>,
}

/// Input of putUser.
#[derive(InputObject)]
pub struct PutUserInput {
    /// Login.
    pub login: String,
    /// Name of the person or program.
    pub name: String,
    /// A program's account.
    #[graphql(default)]
    pub service: bool,
    /// Code of the unit.
    pub unit: String,
    /// False deactivates the account at once.
    #[graphql(default = true)]
    pub active: bool,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What putUser did.
#[derive(SimpleObject)]
pub struct PutUserPayload {
    /// Login.
    pub login: String,
    /// Proof that the change was taken; null when nothing had to change.
    pub receipt: Option<Receipt>,
}

/// Input of grantRole.
#[derive(InputObject)]
pub struct GrantRoleInput {
    /// Login of the account.
    pub login: String,
    /// The role.
    pub role: Role,
    /// Root of the unit subtree; needed for OFFICER and HEAD. Every unit if not stated.
    pub unit: Option<String>,
    /// Only units of these types, at most 64. Every type if empty.
    #[graphql(default)]
    pub unit_types: Vec<String>,
    /// Only leaves at and below these criteria, such as 3 or 3.4; at most 64. Every criterion if empty.
    #[graphql(default)]
    pub criteria: Vec<String>,
    /// Only leaves that this department appraises. APPRAISER and LEAD_APPRAISER need this or criteria. In the
    /// department's own dossier only with that unit: then it names the substitute.
    pub department: Option<String>,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Option<Date>,
    /// The decision that it rests on.
    pub document: Option<String>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What grantRole or revokeGrant did.
#[derive(SimpleObject)]
pub struct GrantPayload {
    /// Id of the grant.
    pub grant_id: ID,
    /// Proof that the change was taken; null when nothing had to change.
    pub receipt: Option<Receipt>,
}

/// Input of revokeGrant.
#[derive(InputObject)]
pub struct RevokeGrantInput {
    /// Login of the account.
    pub login: String,
    /// Id of the grant.
    pub grant_id: ID,
    /// Why.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of recuse.
#[derive(InputObject)]
pub struct RecuseInput {
    /// The dossier that is not judged.
    pub dossier: DossierRef,
    /// Code of a field, criterion or leaf, if it is about the leaves there alone: of at most 16 dossiers of a round. The
    /// whole dossier if not stated.
    pub criterion: Option<String>,
    /// Login of the person; another's is for those who run rounds. The viewer if not stated.
    pub login: Option<String>,
    /// Why: the tie that there is.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of liftRecusal.
#[derive(InputObject)]
pub struct LiftRecusalInput {
    /// Login of the person.
    pub login: String,
    /// The dossier of the recusal.
    pub dossier: DossierRef,
    /// The criterion of the recusal, if it has one.
    pub criterion: Option<String>,
    /// Why it is lifted.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What recuse or liftRecusal did.
#[derive(SimpleObject)]
pub struct RecusalPayload {
    /// The recusal as it stands.
    pub recusal: Recusal,
    /// Proof that it was taken; null when nothing had to change.
    pub receipt: Option<Receipt>,
}
