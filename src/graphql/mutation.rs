//! Everything that can be changed: one input and one payload per mutation; failures are GraphQL errors with a code.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::dossier::{Assessment, Dossier};
use super::inputs::{
    AddEvidenceInput, DeclareItemInput, LinkInput, NamedValueInput, ReviewItemInput, RevisionInput, nfc, nfc_option,
    values,
};
use super::query::{AssessmentRef, DossierRef, assessment, dossier};
use super::queue::{QueueFilter, QueueOrder};
use super::register::{Finding, Framework, Role, Round, Text, Unit};
use super::scalars::{Date, Decimal, Json};
use super::session;
use crate::app::error::Error;
use crate::app::{
    feed_dossier, import_framework, keep_evidence, keep_register, prepare_dossier, publish_results, review, run_round,
};
use crate::domain::policy::Permission;
use crate::domain::{registry, round, text};

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
    /// Root of the unit subtree; needed for OFFICER and HEAD.
    pub unit: Option<String>,
    /// Only leaves that this department appraises; needed for APPRAISER and LEAD_APPRAISER.
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
    pub grant_id: String,
}

/// Input of revokeGrant.
#[derive(InputObject)]
pub struct RevokeGrantInput {
    /// Login of the account.
    pub login: String,
    /// Id of the grant.
    pub grant_id: String,
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
    /// Id of what was made.
    pub made: Option<String>,
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
    pub evidence_id: String,
    /// The dossier as it stands.
    pub dossier: Dossier,
}

/// Input of reviseEvidence.
#[derive(InputObject)]
pub struct ReviseEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Id of the document.
    pub evidence_id: String,
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
    pub evidence_id: String,
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
    pub link_id: String,
}

/// Input of withdrawEvidence.
#[derive(InputObject)]
pub struct WithdrawEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Id of the document.
    pub evidence_id: String,
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

async fn round_payload(context: &Context<'_>, code: &str) -> Result<RoundPayload> {
    Ok(RoundPayload {
        round: Round(session(context).round(code).await?),
    })
}

/// Leaves grouped by dossier.
fn by_dossier(
    references: Vec<AssessmentRef>,
) -> Result<std::collections::BTreeMap<(String, String), Vec<String>>, Error> {
    let mut groups = std::collections::BTreeMap::new();
    for reference in references {
        let key = reference.resolve()?;
        groups
            .entry((key.round, key.unit))
            .or_insert_with(Vec::new)
            .push(key.criterion);
    }
    Ok(groups)
}

/// Everything that can be changed.
pub struct Mutation;

/// Everything that can be changed.
#[Object]
impl Mutation {
    /// Lints a framework and issues it; issued frameworks never change.
    async fn import_framework(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The framework.")] input: ImportFrameworkInput,
    ) -> Result<ImportFrameworkPayload> {
        session(context).check(Permission::KeepFrameworks).await?;
        let (framework, findings) = match import_framework::check(&input.framework.0) {
            Ok(found) => found,
            Err(findings) => {
                let first = findings.into_iter().next();
                let (path, message) = first.map_or_else(
                    || (String::new(), text::Text::same("?")),
                    |finding| (finding.path, finding.message),
                );
                return Err(Error::Invalid {
                    field: format!("framework.{path}"),
                    message,
                }
                .into());
            }
        };
        let findings: Vec<Finding> = findings.into_iter().map(Into::into).collect();
        if input.dry_run {
            return Ok(ImportFrameworkPayload {
                framework: None,
                findings,
            });
        }
        let (code, version) = (framework.code.clone(), framework.version.clone());
        let command = import_framework::ImportFramework {
            framework,
            accept_warnings: input.accept_warnings,
        };
        session(context).run(command, None).await?;
        let framework = session(context).framework(&code, &version).await?;
        Ok(ImportFrameworkPayload {
            framework: Some(Framework(framework)),
            findings,
        })
    }

    /// Adds units or changes their data.
    async fn put_units(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The units.")] input: PutUnitsInput,
    ) -> Result<PutUnitsPayload> {
        let unit = |one: UnitInput| registry::Unit {
            code: one.code,
            name: one.name.into(),
            unit_type: one.unit_type,
            group: one.group,
            parent: one.parent,
            valid_from: one.valid_from.0,
            valid_to: one.valid_to.map(|date| date.0),
            agency_code: one.agency_code,
        };
        let command = keep_register::PutUnits {
            units: input.units.into_iter().map(unit).collect(),
        };
        let codes = session(context).run(command, None).await?;
        let mut units = Vec::with_capacity(codes.len());
        for code in codes {
            units.extend(session(context).unit(&code).await?.map(Unit));
        }
        Ok(PutUnitsPayload { units })
    }

    /// Creates an account or changes it.
    async fn put_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The account.")] input: PutUserInput,
    ) -> Result<PutUserPayload> {
        let kind = if input.service {
            registry::AccountKind::Service
        } else {
            registry::AccountKind::Person
        };
        let (login, name) = (input.login, nfc(&input.name));
        let command = keep_register::PutUser {
            login,
            name,
            kind,
            unit: input.unit,
            active: input.active,
        };
        Ok(PutUserPayload {
            login: session(context).run(command, None).await?,
        })
    }

    /// Grants a role within a scope.
    async fn grant_role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The grant.")] input: GrantRoleInput,
    ) -> Result<GrantPayload> {
        let command = keep_register::GrantRole {
            login: input.login,
            role: input.role.into(),
            unit: input.unit,
            unit_types: Vec::new(),
            criteria: Vec::new(),
            department: input.department,
            valid_from: input.valid_from.0,
            valid_to: input.valid_to.map(|date| date.0),
            document: nfc_option(input.document),
        };
        Ok(GrantPayload {
            grant_id: session(context).run(command, None).await?,
        })
    }

    /// Revokes a grant at once.
    async fn revoke_grant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The grant and why.")] input: RevokeGrantInput,
    ) -> Result<GrantPayload> {
        let command = keep_register::RevokeGrant {
            login: input.login,
            grant: input.grant_id,
            reason: nfc(&input.reason),
        };
        Ok(GrantPayload {
            grant_id: session(context).run(command, None).await?,
        })
    }

    /// Opens a round; a job creates one dossier per participating unit.
    async fn open_round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The round.")] input: OpenRoundInput,
    ) -> Result<RoundPayload> {
        let baseline = |one: BaselineInput| round::Baseline {
            unit: one.unit,
            criterion: one.criterion,
            input: one.value.input,
            value: one.value.value.into(),
            source: nfc(&one.source),
        };
        let command = run_round::OpenRound {
            code: input.code,
            name: input.name.into(),
            year: i16::try_from(input.year).map_err(|_| Error::invalid("year", "Năm không hợp lệ.", "Not a year."))?,
            owner: input.owner,
            time_zone: input.time_zone,
            frameworks: input
                .frameworks
                .into_iter()
                .map(|one| (one.unit_type, one.framework))
                .collect(),
            units: input.units,
            previous: input.previous,
            baselines: input.baselines.into_iter().map(baseline).collect(),
        };
        let code = session(context).open_round(command, None).await?;
        round_payload(context, &code).await
    }

    /// Moves a round from self-assessment to appraisal, by a job.
    async fn advance_round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which round.")] input: AdvanceRoundInput,
    ) -> Result<RoundPayload> {
        let code = session(context).advance_round(input.round, None).await?;
        round_payload(context, &code).await
    }

    /// Decides that a criterion subtree does not apply to a unit.
    async fn set_not_applicable(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Unit, subtree, reason, document.")] input: SetNotApplicableInput,
    ) -> Result<DossierPayload> {
        let (round, unit) = input.dossier.resolve()?;
        let command = feed_dossier::SetNotApplicable {
            round: round.clone(),
            unit: unit.clone(),
            criterion: input.criterion,
            reason: nfc(&input.reason),
            document: nfc(&input.document),
            lift: input.lift,
        };
        session(context).run(command, None).await?;
        Ok(DossierPayload {
            dossier: dossier(context, &round, &unit).await?,
        })
    }

    /// Records survey results of many units: atomic per unit.
    async fn record_survey_results(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The results.")] input: RecordSurveyResultsInput,
    ) -> Result<ItemsPayload> {
        let result = |one: SurveyResultInput| feed_dossier::SurveyResult {
            unit: one.unit,
            criterion: one.criterion,
            mean: one.mean.0,
            lowest: one.lowest.0,
            highest: one.highest.0,
            sample: one.sample,
            source: nfc(&one.source),
        };
        let results = input.results.into_iter().map(result).collect();
        let outcomes = session(context).record_survey_results(&input.round, results).await?;
        let item = |(unit, problem): (String, Option<prepare_dossier::ItemProblem>)| ItemResult {
            unit: Some(unit),
            criterion: None,
            made: None,
            problem: problem.map(Into::into),
        };
        Ok(ItemsPayload {
            items: outcomes.into_iter().map(item).collect(),
        })
    }

    /// Adds a document to a dossier and links it to criteria.
    async fn add_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The document.")] input: AddEvidenceInput,
    ) -> Result<EvidencePayload> {
        let (round, unit) = input.dossier.resolve()?;
        let command = keep_evidence::AddEvidence {
            round: round.clone(),
            unit: unit.clone(),
            external_id: nfc_option(input.external_id),
            kind: input.kind.into(),
            title: nfc(&input.title),
            revision: input.content.resolve(context).await?,
            links: input.links.into_iter().map(Into::into).collect(),
        };
        let evidence_id = session(context).run(command, input.idempotency_key).await?;
        Ok(EvidencePayload {
            evidence_id,
            dossier: dossier(context, &round, &unit).await?,
        })
    }

    /// Replaces a document's content by a new revision; old ones stay readable.
    async fn revise_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The document and its new content.")] input: ReviseEvidenceInput,
    ) -> Result<EvidencePayload> {
        let (round, unit) = input.dossier.resolve()?;
        let command = keep_evidence::ReviseEvidence {
            round: round.clone(),
            unit: unit.clone(),
            evidence: input.evidence_id,
            revision: input.content.resolve(context).await?,
            reason: nfc(&input.reason),
        };
        let evidence_id = session(context).run(command, input.idempotency_key).await?;
        Ok(EvidencePayload {
            evidence_id,
            dossier: dossier(context, &round, &unit).await?,
        })
    }

    /// Uses a document for more leaves.
    async fn link_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The document and the leaves.")] input: LinkEvidenceInput,
    ) -> Result<EvidencePayload> {
        let (round, unit) = input.dossier.resolve()?;
        let evidence_id = input.evidence_id.clone();
        let command = keep_evidence::LinkEvidence {
            round: round.clone(),
            unit: unit.clone(),
            evidence: input.evidence_id,
            links: input.links.into_iter().map(Into::into).collect(),
        };
        session(context).run(command, input.idempotency_key).await?;
        Ok(EvidencePayload {
            evidence_id,
            dossier: dossier(context, &round, &unit).await?,
        })
    }

    /// No longer uses a document for a leaf.
    async fn unlink_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The link.")] input: UnlinkEvidenceInput,
    ) -> Result<DossierPayload> {
        let (round, unit) = input.dossier.resolve()?;
        let command = keep_evidence::UnlinkEvidence {
            round: round.clone(),
            unit: unit.clone(),
            link: input.link_id,
        };
        session(context).run(command, None).await?;
        Ok(DossierPayload {
            dossier: dossier(context, &round, &unit).await?,
        })
    }

    /// Withdraws a document before submission.
    async fn withdraw_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The document and why.")] input: WithdrawEvidenceInput,
    ) -> Result<EvidencePayload> {
        let (round, unit) = input.dossier.resolve()?;
        let command = keep_evidence::WithdrawEvidence {
            round: round.clone(),
            unit: unit.clone(),
            evidence: input.evidence_id,
            reason: nfc(&input.reason),
        };
        let evidence_id = session(context).run(command, None).await?;
        Ok(EvidencePayload {
            evidence_id,
            dossier: dossier(context, &round, &unit).await?,
        })
    }

    /// Declares any number of leaves of a dossier in one commit: all of them, or none.
    async fn declare(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The leaves.")] input: DeclareInput,
    ) -> Result<DeclarePayload> {
        let (round, unit) = input.dossier.resolve()?;
        let mut items = Vec::with_capacity(input.items.len());
        for (index, item) in input.items.into_iter().enumerate() {
            items.push(prepare_dossier::DeclareItem {
                criterion: item.criterion,
                inputs: values(&format!("items.{index}.inputs"), item.inputs)?,
                explanation: nfc_option(item.explanation),
                evidence_missing: nfc_option(item.evidence_missing),
            });
        }
        let command = prepare_dossier::Declare {
            round: round.clone(),
            unit: unit.clone(),
            items,
            dry_run: input.dry_run,
        };
        let outcomes = session(context).run(command, input.idempotency_key).await?;
        let item = |one: prepare_dossier::ItemOutcome| ItemResult {
            unit: Some(unit.clone()),
            criterion: Some(one.criterion),
            made: None,
            problem: one.problem.map(Into::into),
        };
        let items = outcomes.into_iter().map(item).collect();
        Ok(DeclarePayload {
            items,
            dossier: dossier(context, &round, &unit).await?,
        })
    }

    /// The head signs off and submits.
    async fn submit_dossier(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which dossier.")] input: SubmitDossierInput,
    ) -> Result<DossierPayload> {
        let (round, unit) = input.dossier.resolve()?;
        let command = prepare_dossier::SubmitDossier {
            round: round.clone(),
            unit: unit.clone(),
        };
        session(context).run(command, input.idempotency_key).await?;
        Ok(DossierPayload {
            dossier: dossier(context, &round, &unit).await?,
        })
    }

    /// Returns a submitted dossier to its unit.
    async fn return_dossier(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which dossier and why.")] input: ReturnDossierInput,
    ) -> Result<DossierPayload> {
        let (round, unit) = input.dossier.resolve()?;
        let reason = nfc(&input.reason);
        let command = prepare_dossier::ReturnDossier {
            round: round.clone(),
            unit: unit.clone(),
            reason,
        };
        session(context).run(command, None).await?;
        Ok(DossierPayload {
            dossier: dossier(context, &round, &unit).await?,
        })
    }

    /// Answers a supplement request: the leaf goes back to the queue.
    async fn answer_supplement(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The leaf and the answer.")] input: AnswerSupplementInput,
    ) -> Result<AssessmentPayload> {
        let key = input.assessment.resolve()?;
        let command = prepare_dossier::AnswerSupplement {
            round: key.round.clone(),
            unit: key.unit.clone(),
            criterion: key.criterion.clone(),
            answer: nfc(&input.answer),
        };
        session(context).run(command, None).await?;
        Ok(AssessmentPayload {
            assessment: assessment(context, key).await?,
        })
    }

    /// Holds leaves for 20 minutes and returns everything needed to judge them.
    async fn claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which leaves.")] input: ClaimInput,
    ) -> Result<ClaimPayload> {
        let first = usize::try_from(input.first).unwrap_or(0);
        if first == 0 || first > review::MAX_CLAIM || input.assessments.len() > review::MAX_CLAIM {
            return Err(Error::invalid("first", "Từ 1 đến 50 tiêu chí.", "1 to 50 leaves.").into());
        }
        let mut got = Vec::new();
        if input.assessments.is_empty() {
            let filter = input.filter.unwrap_or_default().into();
            let order = input.order.unwrap_or(QueueOrder::Stake).into();
            for (unit, criterion) in session(context).claim_next(&input.round, &filter, order, first).await? {
                got.push((input.round.clone(), unit, criterion));
            }
        } else {
            for ((round, unit), criteria) in by_dossier(input.assessments)? {
                let command = review::Claim {
                    round: round.clone(),
                    unit: unit.clone(),
                    criteria,
                    release: false,
                };
                let held = session(context).run(command, None).await?;
                got.extend(
                    held.into_iter()
                        .map(|criterion| (round.clone(), unit.clone(), criterion)),
                );
            }
        }
        let mut assessments = Vec::with_capacity(got.len());
        for (round, unit, criterion) in got {
            assessments.push(assessment(context, super::query::AssessmentKey { round, unit, criterion }).await?);
        }
        Ok(ClaimPayload { assessments })
    }

    /// Gives claimed leaves back.
    async fn release_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The leaves.")] input: ReleaseClaimInput,
    ) -> Result<ItemsPayload> {
        let mut items = Vec::new();
        for ((round, unit), criteria) in by_dossier(input.assessments)? {
            let command = review::Claim {
                round,
                unit: unit.clone(),
                criteria,
                release: true,
            };
            for criterion in session(context).run(command, None).await? {
                items.push(ItemResult {
                    unit: Some(unit.clone()),
                    criterion: Some(criterion),
                    made: None,
                    problem: None,
                });
            }
        }
        Ok(ItemsPayload { items })
    }

    /// Reviews leaves: a verdict on every link, inputs confirmed or corrected, an outcome.
    async fn review(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The reviews.")] input: ReviewInput,
    ) -> Result<ItemsPayload> {
        let items = input
            .items
            .into_iter()
            .map(|item| item.resolve(None))
            .collect::<Result<Vec<_>, _>>()?;
        review_all(context, items, input.idempotency_key).await
    }

    /// Replaces one's own review, with a reason.
    async fn revise_review(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new review and why.")] input: ReviseReviewInput,
    ) -> Result<ItemsPayload> {
        let item = input.item.resolve(Some(nfc(&input.reason)))?;
        review_all(context, vec![item], input.idempotency_key).await
    }

    /// Seals every dossier by a job and publishes the next version of the results.
    async fn publish_results(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Round, decision, exceptions.")] input: PublishResultsInput,
    ) -> Result<RoundPayload> {
        let leaf = |one: UnverifiedLeafInput| round::UnverifiedLeaf {
            unit: one.unit,
            criterion: one.criterion,
            reason: nfc(&one.reason),
        };
        let command = publish_results::PublishResults {
            round: input.round,
            decision_number: nfc(&input.decision_number),
            decision_date: input.decision_date.0,
            correction: nfc_option(input.correction),
            unverified: input.unverified.into_iter().map(leaf).collect(),
        };
        let code = session(context).publish_results(command, input.idempotency_key).await?;
        round_payload(context, &code).await
    }

    /// Reopens one sealed dossier for a correction; what is published stays published.
    async fn reopen_dossier(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which dossier and why.")] input: ReturnDossierInput,
    ) -> Result<RoundPayload> {
        let (round, unit) = input.dossier.resolve()?;
        session(context)
            .reopen_dossier(round.clone(), unit, nfc(&input.reason))
            .await?;
        round_payload(context, &round).await
    }
}

async fn review_all(
    context: &Context<'_>,
    items: Vec<(review::LeafKey, review::ReviewItem)>,
    key: Option<String>,
) -> Result<ItemsPayload> {
    let outcomes = session(context).review(items, key).await?;
    let item = |(leaf, outcome): (review::LeafKey, Result<String, prepare_dossier::ItemProblem>)| {
        let (made, problem) = match outcome {
            Ok(id) => (Some(id), None),
            Err(problem) => (None, Some(problem.into())),
        };
        ItemResult {
            unit: Some(leaf.unit),
            criterion: Some(leaf.criterion),
            made,
            problem,
        }
    };
    Ok(ItemsPayload {
        items: outcomes.into_iter().map(item).collect(),
    })
}
