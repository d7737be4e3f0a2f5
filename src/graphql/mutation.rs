//! Everything that can be changed: one input and one payload per mutation; failures are GraphQL errors with a code.

use async_graphql::{Context, Object, Result};

use super::filing::{
    FileDossierInput, FileDossierPayload, UploadFilesInput, UploadFilesPayload, declarations, file_dossier,
    upload_files,
};
use super::inputs::{AddEvidenceInput, nfc, nfc_option};
use super::messages::*;
use super::query::{AssessmentRef, assessment, dossier};
use super::queue::QueueOrder;
use super::register::{Finding, Framework, Round, Unit};
use super::{ids, session};
use crate::app::error::Error;
use crate::app::{
    feed_dossier, import_framework, keep_evidence, keep_register, prepare_dossier, publish_results, review,
    review_many, run_round,
};
use crate::domain::dossier::Dossier;
use crate::domain::policy::Permission;
use crate::domain::{registry, round, text};

async fn round_payload(context: &Context<'_>, code: &str) -> Result<RoundPayload> {
    Ok(RoundPayload {
        round: Round(session(context).round(code).await?),
    })
}

async fn evidence_payload(context: &Context<'_>, round: &str, unit: &str, evidence: &str) -> Result<EvidencePayload> {
    Ok(EvidencePayload {
        evidence_id: ids::encode_part("Evidence", &Dossier::key(round, unit), evidence),
        dossier: dossier(context, round, unit).await?,
    })
}

fn grant_payload(login: &str, grant: &str) -> GrantPayload {
    GrantPayload {
        grant_id: ids::encode("Grant", &format!("{login}/{grant}")),
    }
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
                    field: format!("framework.{path}").trim_end_matches('.').to_owned(),
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
            login: input.login.clone(),
            role: input.role.into(),
            unit: input.unit,
            unit_types: input.unit_types,
            criteria: input.criteria,
            department: input.department,
            valid_from: input.valid_from.0,
            valid_to: input.valid_to.map(|date| date.0),
            document: nfc_option(input.document),
        };
        let grant = session(context).run(command, None).await?;
        Ok(grant_payload(&input.login, &grant))
    }

    /// Revokes a grant at once.
    async fn revoke_grant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The grant and why.")] input: RevokeGrantInput,
    ) -> Result<GrantPayload> {
        // An id of something else names no grant: the gate says so after it has looked at the rights.
        let grant = ids::decode(&input.grant_id)
            .filter(|(kind, _)| kind == "Grant")
            .and_then(|(_, key)| Some(key.strip_prefix(&format!("{}/", input.login))?.to_owned()))
            .unwrap_or_default();
        let command = keep_register::RevokeGrant {
            login: input.login.clone(),
            grant,
            reason: nfc(&input.reason),
        };
        let grant = session(context).run(command, None).await?;
        Ok(grant_payload(&input.login, &grant))
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
            due: input.due.map(|date| date.0),
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
        let (revision, rows) = input.content.resolve(context).await?;
        let command = keep_evidence::AddEvidence {
            round: round.clone(),
            unit: unit.clone(),
            external_id: nfc_option(input.external_id),
            kind: input.kind.into(),
            title: nfc(&input.title),
            revision,
            links: input.links.into_iter().map(Into::into).collect(),
        };
        let added = session(context).add_evidence(command, rows, input.idempotency_key);
        let evidence = added.await?;
        evidence_payload(context, &round, &unit, &evidence).await
    }

    /// Replaces a document's content by a new revision; old ones stay readable.
    async fn revise_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The document and its new content.")] input: ReviseEvidenceInput,
    ) -> Result<EvidencePayload> {
        let (round, unit) = input.dossier.resolve()?;
        let (revision, rows) = input.content.resolve(context).await?;
        let command = keep_evidence::ReviseEvidence {
            round: round.clone(),
            unit: unit.clone(),
            evidence: ids::part_of("Evidence", &round, &unit, &input.evidence_id),
            revision,
            reason: nfc(&input.reason),
        };
        let revised = session(context).revise_evidence(command, rows, input.idempotency_key);
        let evidence = revised.await?;
        evidence_payload(context, &round, &unit, &evidence).await
    }

    /// Uses a document for more leaves.
    async fn link_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The document and the leaves.")] input: LinkEvidenceInput,
    ) -> Result<EvidencePayload> {
        let (round, unit) = input.dossier.resolve()?;
        let evidence = ids::part_of("Evidence", &round, &unit, &input.evidence_id);
        let command = keep_evidence::LinkEvidence {
            round: round.clone(),
            unit: unit.clone(),
            evidence: evidence.clone(),
            links: input.links.into_iter().map(Into::into).collect(),
        };
        session(context).run(command, input.idempotency_key).await?;
        evidence_payload(context, &round, &unit, &evidence).await
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
            link: ids::part_of("Link", &round, &unit, &input.link_id),
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
            evidence: ids::part_of("Evidence", &round, &unit, &input.evidence_id),
            reason: nfc(&input.reason),
        };
        let evidence = session(context).run(command, None).await?;
        evidence_payload(context, &round, &unit, &evidence).await
    }

    /// Declares any number of leaves of a dossier in one commit: all of them, or none.
    async fn declare(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The leaves.")] input: DeclareInput,
    ) -> Result<DeclarePayload> {
        let (round, unit) = input.dossier.resolve()?;
        let items = declarations("items", input.items)?;
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

    /// Keeps files for the calls that will use them: at most 20 a call, by the GraphQL multipart request protocol. The
    /// references are of use to nobody else and for 24 hours; bytes that no document uses then are deleted.
    async fn upload_files(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The files.")] input: UploadFilesInput,
    ) -> Result<UploadFilesPayload> {
        upload_files(context, input).await
    }

    /// Files a whole dossier: documents with their links, and declarations, all of them or none. It says how things are
    /// to be: what is as stated already is left alone, so that sending the same again changes nothing and sending it
    /// with a change applies the change alone. Documents and leaves that are not named stay as they are. One commit
    /// holds some 150 documents; a larger dossier is checked as a whole and committed in as few batches as it takes.
    async fn file_dossier(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier as it is to be.")] input: FileDossierInput,
    ) -> Result<FileDossierPayload> {
        file_dossier(context, input).await
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
    items: Vec<(review_many::LeafKey, review::ReviewItem)>,
    key: Option<String>,
) -> Result<ItemsPayload> {
    let outcomes = session(context).review(items, key).await?;
    let item = |(leaf, outcome): (review_many::LeafKey, Result<String, prepare_dossier::ItemProblem>)| {
        let (made, problem) = match outcome {
            Ok(id) => (Some(id), None),
            Err(problem) => (None, Some(problem.into())),
        };
        ItemResult {
            made: made.map(|id| ids::encode_part("Review", &Dossier::key(&leaf.round, &leaf.unit), &id)),
            unit: Some(leaf.unit),
            criterion: Some(leaf.criterion),
            problem,
        }
    };
    Ok(ItemsPayload {
        items: outcomes.into_iter().map(item).collect(),
    })
}
