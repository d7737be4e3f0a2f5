//! Opening and moving rounds, and what comes into their dossiers from outside the units.

use async_graphql::{Context, Object, Result};

use super::round_payload;
use crate::app::error::Error;
use crate::app::{feed_dossier, open_round, prepare_dossier};
use crate::domain::round;
use crate::graphql::inputs::nfc;
use crate::graphql::messages::*;
use crate::graphql::query::dossier;
use crate::graphql::session;

/// Opening and moving rounds, and what comes into their dossiers from outside the units.
#[derive(Default)]
pub struct RoundMutation;

/// Opening and moving rounds, and what comes into their dossiers from outside the units.
#[Object]
impl RoundMutation {
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
        let command = open_round::OpenRound {
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
}
