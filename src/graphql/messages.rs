//! Inputs and payloads of mutations: one of each per mutation.

use async_graphql::{ID, InputObject, SimpleObject};

use super::assessment::Assessment;
use super::content::{LinkInput, RevisionInput};
use super::dossier::Dossier;
use super::inputs::{DeclareItemInput, NamedValueInput, ReviewItemInput, nfc};
use super::query::{AssessmentRef, DossierRef};
use super::queue::{QueueFilter, QueueOrder};
use super::register::{Finding, Framework, Role, Round, Text, Unit};
use super::scalars::{Date, Decimal, Json};
use crate::app::prepare_dossier;
use crate::domain::text;

/// A text in both languages.
#[derive(InputObject)]
pub struct TextInput {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl From<TextInput> for text::Text {
    fn from(text: TextInput) -> Self {
        Self::new(nfc(&text.vi), nfc(&text.en))
    }
}

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
}

/// What importFramework did.
#[derive(SimpleObject)]
pub struct ImportFrameworkPayload {
    /// The issued framework; null after a dry run or with errors in the findings of one.
    pub framework: Option<Framework>,
    /// What lint found.
    pub findings: Vec<Finding>,
}

/// A unit.
#[derive(InputObject)]
pub struct UnitInput {
    /// Short unique code.
    pub code: String,
    /// Name in both languages.
    pub name: TextInput,
    /// SO, HU, ND or OTHER.
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
}

/// What putUnits did.
#[derive(SimpleObject)]
pub struct PutUnitsPayload {
    /// The units as they stand.
    pub units: Vec<Unit>,
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
}

/// What putUser did.
#[derive(SimpleObject)]
pub struct PutUserPayload {
    /// Login.
    pub login: String,
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
}

/// What grantRole or revokeGrant did.
#[derive(SimpleObject)]
pub struct GrantPayload {
    /// Id of the grant.
    pub grant_id: ID,
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
}

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
    /// A framework for each unit type.
    pub frameworks: Vec<RoundFrameworkInput>,
    /// Participating units; all of these types if empty.
    #[graphql(default)]
    pub units: Vec<String>,
    /// A published round whose values count as last year's.
    pub previous: Option<String>,
    /// Last year's values that no published round holds.
    #[graphql(default)]
    pub baselines: Vec<BaselineInput>,
}

/// What openRound, advanceRound or publishResults did.
#[derive(SimpleObject)]
pub struct RoundPayload {
    /// The round; its jobId names the job that carries the change into the dossiers.
    pub round: Round,
}

/// Input of advanceRound.
#[derive(InputObject)]
pub struct AdvanceRoundInput {
    /// Code of the round.
    pub round: String,
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
}

/// What a change of a dossier did.
#[derive(SimpleObject)]
pub struct DossierPayload {
    /// The dossier as it stands.
    pub dossier: Dossier,
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
}

/// What became of one item of a bulk mutation.
#[derive(SimpleObject)]
pub struct ItemResult {
    /// Code of the unit.
    pub unit: Option<String>,
    /// Code of the leaf.
    pub criterion: Option<String>,
    /// Id of what was made, such as the review.
    pub made: Option<ID>,
    /// Why it failed; null when it is fine.
    pub problem: Option<ItemProblem>,
}

/// Why an item failed.
#[derive(SimpleObject)]
pub struct ItemProblem {
    /// One of the error codes.
    pub code: String,
    /// The rule that forbids it.
    pub rule: Option<String>,
    /// The input that is wrong.
    pub field: Option<String>,
    /// What to do, in both languages.
    pub message: Text,
}

impl From<prepare_dossier::ItemProblem> for ItemProblem {
    fn from(problem: prepare_dossier::ItemProblem) -> Self {
        Self {
            code: problem.code,
            rule: problem.rule,
            field: problem.field,
            message: problem.message.into(),
        }
    }
}

/// Outcomes of a bulk mutation.
#[derive(SimpleObject)]
pub struct ItemsPayload {
    /// One per item.
    pub items: Vec<ItemResult>,
}

/// What a change of a document did.
#[derive(SimpleObject)]
pub struct EvidencePayload {
    /// Id of the document.
    pub evidence_id: ID,
    /// The dossier as it stands.
    pub dossier: Dossier,
}

/// Input of reviseEvidence.
#[derive(InputObject)]
pub struct ReviseEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Id of the document.
    pub evidence_id: ID,
    /// The new content.
    pub content: RevisionInput,
    /// Why.
    pub reason: String,
    /// Re-sending with the same key answers with the first outcome.
    pub idempotency_key: Option<String>,
}

/// Input of linkEvidence.
#[derive(InputObject)]
pub struct LinkEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Id of the document.
    pub evidence_id: ID,
    /// Leaves that it is used for.
    pub links: Vec<LinkInput>,
    /// Re-sending with the same key answers with the first outcome.
    pub idempotency_key: Option<String>,
}

/// Input of unlinkEvidence.
#[derive(InputObject)]
pub struct UnlinkEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Id of the link.
    pub link_id: ID,
}

/// Input of withdrawEvidence.
#[derive(InputObject)]
pub struct WithdrawEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Id of the document.
    pub evidence_id: ID,
    /// Why.
    pub reason: String,
}

/// Input of declare.
#[derive(InputObject)]
pub struct DeclareInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Leaves, all in one commit.
    pub items: Vec<DeclareItemInput>,
    /// Only say what would become of each item.
    #[graphql(default)]
    pub dry_run: bool,
    /// Re-sending with the same key answers with the first outcome.
    pub idempotency_key: Option<String>,
}

/// What declare did.
#[derive(SimpleObject)]
pub struct DeclarePayload {
    /// One per item.
    pub items: Vec<ItemResult>,
    /// The dossier as it stands.
    pub dossier: Dossier,
}

/// Input of submitDossier.
#[derive(InputObject)]
pub struct SubmitDossierInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Re-sending with the same key answers with the first outcome.
    pub idempotency_key: Option<String>,
}

/// Input of returnDossier and reopenDossier.
#[derive(InputObject)]
pub struct ReturnDossierInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Why.
    pub reason: String,
}

/// Input of answerSupplement.
#[derive(InputObject)]
pub struct AnswerSupplementInput {
    /// Which leaf.
    pub assessment: AssessmentRef,
    /// The unit's answer.
    pub answer: String,
}

/// What a change of a leaf did.
#[derive(SimpleObject)]
pub struct AssessmentPayload {
    /// The leaf as it stands.
    pub assessment: Assessment,
}

/// Input of claim: the next leaves by filter, or given ones.
#[derive(InputObject)]
pub struct ClaimInput {
    /// Code of the round.
    pub round: String,
    /// Given leaves; the next ones by filter if empty.
    #[graphql(default)]
    pub assessments: Vec<AssessmentRef>,
    /// Which criteria.
    pub filter: Option<QueueFilter>,
    /// Order; most points at stake first if not stated.
    pub order: Option<QueueOrder>,
    /// How many, 1 to 50.
    #[graphql(default = 10)]
    pub first: i32,
}

/// What claim or releaseClaim did.
#[derive(SimpleObject)]
pub struct ClaimPayload {
    /// The leaves that the viewer holds for 20 minutes, with everything needed to judge; those that others hold are
    /// left out.
    pub assessments: Vec<Assessment>,
}

/// Input of releaseClaim.
#[derive(InputObject)]
pub struct ReleaseClaimInput {
    /// The leaves.
    pub assessments: Vec<AssessmentRef>,
}

/// Input of review.
#[derive(InputObject)]
pub struct ReviewInput {
    /// Up to 200 leaves of many dossiers; atomic per dossier.
    pub items: Vec<ReviewItemInput>,
    /// Re-sending with the same key answers with the first outcome.
    pub idempotency_key: Option<String>,
}

/// Input of reviseReview.
#[derive(InputObject)]
pub struct ReviseReviewInput {
    /// The new review of one's own leaf.
    pub item: ReviewItemInput,
    /// Why it replaces the one before.
    pub reason: String,
    /// Re-sending with the same key answers with the first outcome.
    pub idempotency_key: Option<String>,
}

/// A leaf that may be published unverified.
#[derive(InputObject)]
pub struct UnverifiedLeafInput {
    /// Code of the unit.
    pub unit: String,
    /// Code of the leaf.
    pub criterion: String,
    /// Why.
    pub reason: String,
}

/// Input of publishResults.
#[derive(InputObject)]
pub struct PublishResultsInput {
    /// Code of the round.
    pub round: String,
    /// Number of the announcing decision.
    pub decision_number: String,
    /// Its date.
    pub decision_date: Date,
    /// Why the published version is corrected; needed from version 2 on.
    pub correction: Option<String>,
    /// Leaves that count zero because nobody verified them.
    #[graphql(default)]
    pub unverified: Vec<UnverifiedLeafInput>,
    /// Re-sending with the same key answers with the first outcome.
    pub idempotency_key: Option<String>,
}
