//! Everything that can be changed: one input and one payload per mutation; failures are GraphQL errors with a code.

mod cases;
mod conclusions;
mod council;
mod preparing;
mod publishing;
mod register;
mod reviewing;
mod rounds;
mod series;
mod surveys;

use async_graphql::{Context, MergedObject, Result};

use super::messages::{DossierPayload, RoundPayload};
use super::query::dossier;
use super::rounds::Round;
use super::session;
use crate::app::receipt::Done;

/// Everything that can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(
    register::RegisterMutation,
    rounds::RoundMutation,
    preparing::PreparingMutation,
    reviewing::ReviewingMutation,
    publishing::PublishingMutation,
    council::CouncilMutation,
    surveys::SurveyMutation,
    series::SeriesMutation,
    conclusions::ConclusionMutation,
    cases::CaseMutation,
);

async fn round_payload(context: &Context<'_>, done: Done<String>) -> Result<RoundPayload> {
    Ok(RoundPayload {
        round: Round(session(context).round(&done.output).await?),
        receipt: done.receipt.map(Into::into),
    })
}

async fn dossier_payload<O>(context: &Context<'_>, round: &str, unit: &str, done: Done<O>) -> Result<DossierPayload> {
    Ok(DossierPayload {
        dossier: dossier(context, round, unit).await?,
        receipt: done.receipt.map(Into::into),
    })
}
