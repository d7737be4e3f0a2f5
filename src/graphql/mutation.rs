//! Everything that can be changed: one input and one payload per mutation; failures are GraphQL errors with a code.

mod preparing;
mod publishing;
mod register;
mod reviewing;
mod rounds;

use async_graphql::{Context, MergedObject, Result};

use super::messages::RoundPayload;
use super::register::Round;
use super::session;

/// Everything that can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(
    register::RegisterMutation,
    rounds::RoundMutation,
    preparing::PreparingMutation,
    reviewing::ReviewingMutation,
    publishing::PublishingMutation,
);

async fn round_payload(context: &Context<'_>, code: &str) -> Result<RoundPayload> {
    Ok(RoundPayload {
        round: Round(session(context).round(code).await?),
    })
}
