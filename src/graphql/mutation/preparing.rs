//! What a unit does: evidence, declarations, submission, answers.

use async_graphql::{Context, Object, Result};

use super::dossier_payload;
use crate::app::receipt::Done;
use crate::app::{carry_forward, explain_leaf, keep_evidence, prepare_dossier};
use crate::domain::dossier::Dossier;
use crate::domain::framework::NodeChange;
use crate::graphql::filing::{
    FileDossierInput, FileDossierPayload, FiledEvidencePayload, UploadFilesInput, UploadFilesPayload, declarations,
    file_dossier, upload_files,
};
use crate::graphql::inputs::{AddEvidenceInput, nfc, nfc_option};
use crate::graphql::journal::Receipt;
use crate::graphql::messages::*;
use crate::graphql::query::{assessment, dossier};
use crate::graphql::{ids, session};

async fn evidence_payload(
    context: &Context<'_>,
    round: &str,
    unit: &str,
    done: Done<String>,
) -> Result<EvidencePayload> {
    Ok(EvidencePayload {
        evidence_id: ids::encode_part("Evidence", &Dossier::key(round, unit), &done.output),
        changed: done.output,
        dossier: dossier(context, round, unit).await?,
        receipt: done.receipt.map(Into::into),
    })
}

async fn filed_payload(
    context: &Context<'_>,
    round: &str,
    unit: &str,
    done: Done<keep_evidence::FiledEvidence>,
) -> Result<FiledEvidencePayload> {
    let rows = done.output.rows.clone().map(Into::into);
    let changed = done.map(|filed| filed.id);
    Ok(FiledEvidencePayload {
        changed: evidence_payload(context, round, unit, changed).await?,
        rows,
    })
}

/// What a unit does: evidence, declarations, submission, answers.
#[derive(Default)]
pub struct PreparingMutation;

/// What a unit does: evidence, declarations, submission, answers.
#[Object]
impl PreparingMutation {
    /// Adds a document to a dossier and links it to criteria.
    async fn add_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The document.")] input: AddEvidenceInput,
    ) -> Result<FiledEvidencePayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
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
        let added = session(context).add_evidence(command, rows, input.idempotency.key);
        filed_payload(context, &round, &unit, added.await?).await
    }

    /// Replaces a document's content by a new revision; old ones stay readable.
    async fn revise_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The document and its new content.")] input: ReviseEvidenceInput,
    ) -> Result<FiledEvidencePayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let (revision, rows) = input.content.resolve(context).await?;
        let command = keep_evidence::ReviseEvidence {
            round: round.clone(),
            unit: unit.clone(),
            evidence: ids::part_of("Evidence", &round, &unit, &input.evidence_id),
            revision,
            reason: nfc(&input.reason),
        };
        let revised = session(context).revise_evidence(command, rows, input.idempotency.key);
        filed_payload(context, &round, &unit, revised.await?).await
    }

    /// Uses a document for more leaves.
    async fn link_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The document and the leaves.")] input: LinkEvidenceInput,
    ) -> Result<EvidencePayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let evidence = ids::part_of("Evidence", &round, &unit, &input.evidence_id);
        let command = keep_evidence::LinkEvidence {
            round: round.clone(),
            unit: unit.clone(),
            evidence: evidence.clone(),
            links: input.links.into_iter().map(Into::into).collect(),
        };
        let linked = session(context).run(command, input.idempotency.key).await?;
        evidence_payload(context, &round, &unit, linked.map(|_| evidence)).await
    }

    /// Uses the documents of the year before again, without their verdicts: for each leaf those that it was given then, found by
    /// what the leaf is called and not by its code alone. Statistics and rejected documents stay where they are, and so do
    /// declarations. Only before the dossier is submitted, once the results of the year before are published.
    async fn carry_forward(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] input: CarryForwardInput,
    ) -> Result<CarryForwardPayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let command = carry_forward::CarryForward {
            round: round.clone(),
            unit: unit.clone(),
            criteria: input.criteria,
            dry_run: input.dry_run,
        };
        let done = session(context).run(command, None).await?;
        let changes = session(context).changes_since_last_year(&round, &unit).await?;
        let changed = |criterion: &str| {
            let nodes = changes.iter().flat_map(|compared| &compared.changes.nodes);
            let of = |change: &&NodeChange| change.to.as_ref().is_some_and(|node| node.code == criterion);
            let aspects = nodes.filter(of).flat_map(|change| &change.aspects);
            aspects.map(|aspect| (*aspect).into()).collect()
        };
        let found = done.output;
        let before = Dossier::key(&found.from, &unit);
        let document = |one: carry_forward::CarriedDocument| CarriedDocument {
            from_evidence_id: ids::encode_part("Evidence", &before, &one.origin),
            label: one.label,
            fate: one.fate.into(),
        };
        let leaf = |leaf: carry_forward::CarriedLeaf| CarriedLeaf {
            changed: changed(&leaf.criterion),
            documents: leaf.documents.into_iter().map(document).collect(),
            criterion: leaf.criterion,
            from_criterion: leaf.origin,
        };
        Ok(CarryForwardPayload {
            dossier: dossier(context, &round, &unit).await?,
            left: found.left,
            leaves: found.leaves.into_iter().map(leaf).collect(),
            from_round: found.from,
            receipt: done.receipt.map(Into::into),
        })
    }

    /// No longer uses a document for a leaf.
    async fn unlink_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The link.")] input: UnlinkEvidenceInput,
    ) -> Result<DossierPayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let command = keep_evidence::UnlinkEvidence {
            round: round.clone(),
            unit: unit.clone(),
            link: ids::part_of("Link", &round, &unit, &input.link_id),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        dossier_payload(context, &round, &unit, done).await
    }

    /// Withdraws a document before submission.
    async fn withdraw_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The document and why.")] input: WithdrawEvidenceInput,
    ) -> Result<EvidencePayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let command = keep_evidence::WithdrawEvidence {
            round: round.clone(),
            unit: unit.clone(),
            evidence: ids::part_of("Evidence", &round, &unit, &input.evidence_id),
            reason: nfc(&input.reason),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        evidence_payload(context, &round, &unit, done).await
    }

    /// Declares any number of leaves of a dossier in one commit: all of them, or none. If some are wrong, the error's
    /// `extensions.items` names each of them: index in the call, code, field or rule, message.
    async fn declare(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The leaves.")] input: DeclareInput,
    ) -> Result<DeclarePayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let items = declarations("items", input.items)?;
        let command = prepare_dossier::Declare {
            round: round.clone(),
            unit: unit.clone(),
            items,
            dry_run: input.dry_run,
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        let receipt: Option<Receipt> = done.receipt.map(Into::into);
        let item = |one: prepare_dossier::ItemOutcome| ItemResult {
            unit: Some(unit.clone()),
            criterion: Some(one.criterion),
            made: None,
            problem: one.problem.map(Into::into),
            receipt: receipt.clone(),
        };
        let items = done.output.into_iter().map(item).collect();
        Ok(DeclarePayload {
            items,
            dossier: dossier(context, &round, &unit).await?,
            receipt,
        })
    }

    /// Keeps files for the calls that will use them: at most 20 a call, by the GraphQL multipart request protocol. The
    /// references are of use to nobody else and for 24 hours; bytes that no document uses then are deleted. It needs no
    /// idempotencyKey: the same bytes sent again are kept once.
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
        let (round, unit) = input.dossier.resolve("dossier")?;
        let command = prepare_dossier::SubmitDossier {
            round: round.clone(),
            unit: unit.clone(),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        dossier_payload(context, &round, &unit, done).await
    }

    /// Returns a submitted dossier to its unit. Where its time is over, extendDeadline after it gives it time to work on it.
    async fn return_dossier(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which dossier and why.")] input: ReturnDossierInput,
    ) -> Result<DossierPayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let reason = nfc(&input.reason);
        let command = prepare_dossier::ReturnDossier {
            round: round.clone(),
            unit: unit.clone(),
            reason,
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        dossier_payload(context, &round, &unit, done).await
    }

    /// Answers a supplement request: the leaf goes back to the queue.
    async fn answer_supplement(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The leaf and the answer.")] input: AnswerSupplementInput,
    ) -> Result<AssessmentPayload> {
        let key = input.assessment.resolve("assessment")?;
        let command = prepare_dossier::AnswerSupplement {
            round: key.round.clone(),
            unit: key.unit.clone(),
            criterion: key.criterion.clone(),
            answer: nfc(&input.answer),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        Ok(AssessmentPayload {
            assessment: assessment(context, key).await?,
            receipt: done.receipt.map(Into::into),
        })
    }

    /// Explains a leaf between the two rounds of appraisal, whether that was asked for or not; the leaf then waits for the
    /// second round. Evidence that explains is added by addEvidence and linkEvidence, and counts in the final ledger
    /// alone. Sent again with another text, the newer one stands; both stay in the thread.
    async fn submit_explanation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The leaf and the explanation.")] input: SubmitExplanationInput,
    ) -> Result<AssessmentPayload> {
        let key = input.assessment.resolve("assessment")?;
        let command = explain_leaf::SubmitExplanation {
            round: key.round.clone(),
            unit: key.unit.clone(),
            criterion: key.criterion.clone(),
            text: nfc(&input.text),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        Ok(AssessmentPayload {
            assessment: assessment(context, key).await?,
            receipt: done.receipt.map(Into::into),
        })
    }
}
