//! Sealing, publishing and correcting results.

use async_graphql::{Context, Object, Result};

use super::round_payload;
use crate::app::{grounds, publish_results};
use crate::domain::round;
use crate::graphql::inputs::{nfc, nfc_option};
use crate::graphql::messages::*;
use crate::graphql::rounds::Round;
use crate::graphql::{ids, session};

/// Sealing, publishing and correcting results.
#[derive(Default)]
pub struct PublishingMutation;

/// Sealing, publishing and correcting results.
#[Object]
impl PublishingMutation {
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
        let minutes = input.council_minutes_id.as_ref();
        let appeals = input.appeal_ids.iter();
        let named = grounds::Grounds {
            minutes: minutes.map(|id| ids::in_round("CouncilMinutes", &input.round, id)),
            appeals: appeals.map(|id| ids::in_round("Appeal", &input.round, id)).collect(),
        };
        let command = publish_results::PublishResults {
            round: input.round,
            decision_number: nfc(&input.decision_number),
            decision_date: input.decision_date.0,
            correction: nfc_option(input.correction),
            unverified: input.unverified.into_iter().map(leaf).collect(),
            grounds: named,
        };
        let done = session(context).publish_results(command, input.idempotency.key).await?;
        round_payload(context, done).await
    }

    /// Reopens one sealed dossier for a correction; what is published stays published.
    async fn reopen_dossier(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which dossier and why.")] input: ReturnDossierInput,
    ) -> Result<ReopenDossierPayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let receipts = session(context)
            .reopen_dossier(round.clone(), unit, nfc(&input.reason), input.idempotency.key)
            .await?;
        Ok(ReopenDossierPayload {
            round: Round(session(context).round(&round).await?),
            receipts: receipts.into_iter().map(Into::into).collect(),
        })
    }
}
