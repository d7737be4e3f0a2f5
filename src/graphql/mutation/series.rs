//! Keeping indices that others publish.

use async_graphql::{Context, Object, Result};

use crate::app::error::Error;
use crate::app::keep_series;
use crate::domain::series;
use crate::graphql::inputs::{nfc, nfc_option};
use crate::graphql::messages::*;
use crate::graphql::session;

/// Indices that others publish.
#[derive(Default)]
pub struct SeriesMutation;

/// Indices that others publish.
#[Object]
impl SeriesMutation {
    /// Saves what an index that others publish consists of from a period on: PAPI with its eight dimensions, the ICT Index, QĐ 766,
    /// or any other. Saved editions never change; what the newest says already is not saved again.
    async fn save_index(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The index.")] input: SaveIndexInput,
    ) -> Result<SaveIndexPayload> {
        let part = |part: IndexPartInput| series::IndexPart {
            code: part.code,
            name: part.name.into(),
            maximum: part.maximum.map(|one| one.0),
            beside: part.beside,
        };
        let group = |group: IndexGroupInput| series::IndexGroup {
            code: group.code,
            name: group.name.into(),
            at_least: group.at_least.map(|one| one.0),
        };
        let command = keep_series::SaveIndex {
            code: input.code.clone(),
            content: series::IndexContent {
                name: input.name.into(),
                publisher: input.publisher.into(),
                from: input.from.0,
                maximum: input.maximum.map(|one| one.0),
                places: input.places,
                total: input.total.into(),
                parts: input.parts.into_iter().map(part).collect(),
                groups: input.groups.into_iter().map(group).collect(),
                sources: input.sources.iter().map(|source| nfc(source)).collect(),
            },
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        Ok(SaveIndexPayload {
            code: input.code,
            edition: done.output,
            receipt: done.receipt.map(Into::into),
        })
    }

    /// Records what sources state of an index: points, parts, rank, group, and what they say of the period before, each as it is
    /// stated. Several sources of one period stand side by side; what does not agree is at indexSeries.contradictions.
    async fn record_index_figures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The figures.")] input: RecordIndexFiguresInput,
    ) -> Result<RecordIndexFiguresPayload> {
        let figures = input.figures.into_iter().enumerate();
        let command = keep_series::RecordIndexFigures {
            index: input.index,
            figures: figures.map(IndexFigureInput::resolve).collect::<Result<_, Error>>()?,
            reason: nfc_option(input.reason),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        Ok(RecordIndexFiguresPayload {
            figure_count: u32::try_from(done.output).unwrap_or(u32::MAX),
            receipt: done.receipt.map(Into::into),
        })
    }
}
