//! Indices that others publish.

use std::collections::BTreeMap;

use async_graphql::{InputObject, SimpleObject};

use super::TextInput;
use crate::app::error::Error;
use crate::app::keep_series;
use crate::domain::series;
use crate::graphql::inputs::{Idempotency, nfc, nfc_option};
use crate::graphql::journal::Receipt;
use crate::graphql::scalars::{Decimal, Period};
use crate::graphql::series::IndexTotal;

/// A part of an index.
#[derive(InputObject)]
pub struct IndexPartInput {
    /// Code within the index.
    pub code: String,
    /// Name in both languages.
    pub name: TextInput,
    /// Most points; left out where there is no bound.
    pub maximum: Option<Decimal>,
    /// Shown beside the total and no term of it: a part of a part, say.
    #[graphql(default)]
    pub beside: bool,
}

/// A group or class of results.
#[derive(InputObject)]
pub struct IndexGroupInput {
    /// Code within the index.
    pub code: String,
    /// Name in both languages.
    pub name: TextInput,
    /// From how many points on; left out where it depends on the others.
    pub at_least: Option<Decimal>,
}

/// Input of saveIndex.
#[derive(InputObject)]
pub struct SaveIndexInput {
    /// Code of the index, such as PAPI.
    pub code: String,
    /// Name in both languages.
    pub name: TextInput,
    /// Who publishes it.
    pub publisher: TextInput,
    /// The first period that is measured so; a later edition begins with a later one.
    pub from: Period,
    /// Most points; left out where there is no bound.
    pub maximum: Option<Decimal>,
    /// Places of published points, 0 to 6.
    pub places: u32,
    /// How points follow from the parts.
    pub total: IndexTotal,
    /// Its parts, in the order of the document; at most 60.
    #[graphql(default)]
    pub parts: Vec<IndexPartInput>,
    /// Groups or classes, best first; at most 12.
    #[graphql(default)]
    pub groups: Vec<IndexGroupInput>,
    /// Decisions and papers that lay it down; at least one.
    pub sources: Vec<String>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Points of one part of an index.
#[derive(InputObject)]
pub struct IndexPointsInput {
    /// Code of the part.
    pub part: String,
    /// Its points.
    pub points: Decimal,
}

/// Where a figure is stated.
#[derive(InputObject)]
pub struct IndexSourceInput {
    /// The document: number and title, or the paper and its date. The same document replaces what it stated of the period before.
    pub document: String,
    /// Address.
    pub url: Option<String>,
    /// Page or section.
    pub place: Option<String>,
}

/// What a source states of a unit in a period; leave out what it does not state.
#[derive(InputObject)]
pub struct IndexFigureInput {
    /// Code of the unit that it is about; a province is a unit, too.
    pub unit: String,
    /// What time it is about.
    pub period: Period,
    /// Points as published.
    pub points: Option<Decimal>,
    /// Points of parts.
    #[graphql(default)]
    pub parts: Vec<IndexPointsInput>,
    /// Rank.
    pub rank: Option<u32>,
    /// Of how many.
    pub of: Option<u32>,
    /// Code of the group or class.
    pub group: Option<String>,
    /// The rank of the period before, where this source states it.
    pub rank_before: Option<u32>,
    /// Places gained since then, where this source states it; below zero for places lost.
    pub rank_change: Option<i32>,
    /// The points of the period before, where this source states them.
    pub points_before: Option<Decimal>,
    /// Points gained since then, where this source states it.
    pub points_change: Option<Decimal>,
    /// What all have on average.
    pub average: Option<Decimal>,
    /// Where it is stated.
    pub source: IndexSourceInput,
}

/// Input of recordIndexFigures.
#[derive(InputObject)]
pub struct RecordIndexFiguresInput {
    /// Code of the index.
    pub index: String,
    /// 1 to 500 figures.
    pub figures: Vec<IndexFigureInput>,
    /// Why figures of the same documents are replaced; needed where one is.
    pub reason: Option<String>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What saveIndex did.
#[derive(SimpleObject)]
pub struct SaveIndexPayload {
    /// Code of the index.
    pub code: String,
    /// Number of the edition.
    pub edition: u32,
    /// Proof that the change was taken; null when nothing had to change.
    pub receipt: Option<Receipt>,
}

/// What recordIndexFigures did.
#[derive(SimpleObject)]
pub struct RecordIndexFiguresPayload {
    /// How many figures the call had.
    pub figure_count: u32,
    /// Proof that the change was taken; null when nothing had to change.
    pub receipt: Option<Receipt>,
}

impl From<IndexSourceInput> for series::Source {
    fn from(source: IndexSourceInput) -> Self {
        Self {
            document: nfc(&source.document),
            url: source.url,
            place: nfc_option(source.place),
        }
    }
}

impl IndexFigureInput {
    /// The figure at a position of the call, in which each part is stated once.
    pub fn resolve((position, input): (usize, Self)) -> Result<keep_series::NewFigure, Error> {
        let mut parts = BTreeMap::new();
        for one in input.parts {
            if parts.insert(one.part.clone(), one.points.0).is_some() {
                return Err(Error::invalid(
                    format!("figures.{position}.parts"),
                    format!("Thành phần {} nêu hai lần.", one.part),
                    format!("Part {} is given twice.", one.part),
                ));
            }
        }
        Ok(keep_series::NewFigure {
            subject: input.unit,
            period: input.period.0,
            stated: series::Stated {
                points: input.points.map(|one| one.0),
                parts,
                rank: input.rank,
                of: input.of,
                group: input.group,
                rank_before: input.rank_before,
                rank_change: input.rank_change,
                points_before: input.points_before.map(|one| one.0),
                points_change: input.points_change.map(|one| one.0),
                average: input.average.map(|one| one.0),
            },
            source: input.source.into(),
        })
    }
}
