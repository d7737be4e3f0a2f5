//! Indices that others publish and their series, in the API.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

use super::inputs::Idempotency;
use super::inputs::{nfc, nfc_option};
use super::journal::Receipt;
use super::messages::TextInput;
use super::query::found;
use super::register::Text;
use super::scalars::{DateTime, Decimal, Period};
use super::session;
use crate::app::error::Error;
use crate::app::keep_series;
use crate::domain::series;

/// How the points of an index follow from its parts.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "series::TotalRule")]
pub enum IndexTotal {
    /// They add up.
    Sum,
    /// Their plain mean.
    Mean,
    /// By a method that is not told here.
    Stated,
}

/// A part of an index: a dimension, a sub-index, a group of indicators.
#[derive(SimpleObject)]
pub struct IndexPart {
    /// Code within the index.
    pub code: String,
    /// Name in both languages.
    pub name: Text,
    /// Most points; null where there is no bound.
    pub maximum: Option<Decimal>,
    /// Whether it is shown beside the total and no term of it.
    pub beside: bool,
}

/// A group or class of results.
#[derive(SimpleObject)]
pub struct IndexGroup {
    /// Code within the index.
    pub code: String,
    /// Name in both languages.
    pub name: Text,
    /// From how many points on; null where it depends on the others.
    pub at_least: Option<Decimal>,
}

/// What an index that others publish consists of, from a period on.
pub struct IndexEdition(pub series::IndexEdition);

/// What an index that others publish consists of, from a period on.
#[Object]
impl IndexEdition {
    /// Code of the index, such as PAPI.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Number of the edition, from 1.
    async fn edition(&self) -> u32 {
        self.0.edition
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.0.content.name.clone().into()
    }

    /// Who publishes it.
    async fn publisher(&self) -> Text {
        self.0.content.publisher.clone().into()
    }

    /// The first period that is measured so.
    async fn from(&self) -> Period {
        Period(self.0.content.from.clone())
    }

    /// Most points; null where there is no bound.
    async fn maximum(&self) -> Option<Decimal> {
        self.0.content.maximum.clone().map(Decimal)
    }

    /// Places of published points.
    async fn places(&self) -> u32 {
        self.0.content.places
    }

    /// How points follow from the parts.
    async fn total(&self) -> IndexTotal {
        self.0.content.total.into()
    }

    /// Its parts, in the order of the document.
    async fn parts(&self) -> Vec<IndexPart> {
        let part = |part: &series::IndexPart| IndexPart {
            code: part.code.clone(),
            name: part.name.clone().into(),
            maximum: part.maximum.clone().map(Decimal),
            beside: part.beside,
        };
        self.0.content.parts.iter().map(part).collect()
    }

    /// Groups or classes, best first.
    async fn groups(&self) -> Vec<IndexGroup> {
        let group = |group: &series::IndexGroup| IndexGroup {
            code: group.code.clone(),
            name: group.name.clone().into(),
            at_least: group.at_least.clone().map(Decimal),
        };
        self.0.content.groups.iter().map(group).collect()
    }

    /// Decisions and papers that say so.
    async fn sources(&self) -> &[String] {
        &self.0.content.sources
    }
}

/// Points of one part of an index.
#[derive(SimpleObject)]
pub struct IndexPoints {
    /// Code of the part.
    pub part: String,
    /// Its points.
    pub points: Decimal,
}

/// Where a figure is stated.
#[derive(SimpleObject)]
pub struct IndexSource {
    /// The document: number and title, or the paper and its date.
    pub document: String,
    /// Address.
    pub url: Option<String>,
    /// Page or section.
    pub place: Option<String>,
}

/// What one source states of a unit in one period. What it does not state is null, and nothing is derived from something else.
pub struct IndexFigure(pub series::IndexFigure);

/// What one source states of a unit in one period. What it does not state is null, and nothing is derived from something else.
#[Object]
impl IndexFigure {
    /// Code of the index.
    async fn index(&self) -> &str {
        &self.0.index
    }

    /// Code of the unit that it is about.
    async fn unit_code(&self) -> &str {
        &self.0.subject
    }

    /// What time it is about.
    async fn period(&self) -> Period {
        Period(self.0.period.clone())
    }

    /// Tells several sources of one period apart, from 1.
    async fn statement(&self) -> u32 {
        self.0.statement
    }

    /// Number of the edition of the index by which it is measured.
    async fn edition(&self) -> u32 {
        self.0.edition
    }

    /// Points as published.
    async fn points(&self) -> Option<Decimal> {
        self.0.stated.points.clone().map(Decimal)
    }

    /// Points of the parts that the source states, by code.
    async fn parts(&self) -> Vec<IndexPoints> {
        let part = |(part, points): (&String, &crate::domain::exact::Decimal)| IndexPoints {
            part: part.clone(),
            points: Decimal(points.clone()),
        };
        self.0.stated.parts.iter().map(part).collect()
    }

    /// Rank.
    async fn rank(&self) -> Option<u32> {
        self.0.stated.rank
    }

    /// Of how many.
    async fn of(&self) -> Option<u32> {
        self.0.stated.of
    }

    /// Code of the group or class.
    async fn group(&self) -> Option<&str> {
        self.0.stated.group.as_deref()
    }

    /// The rank of the period before, as this source states it.
    async fn rank_before(&self) -> Option<u32> {
        self.0.stated.rank_before
    }

    /// Places gained since then, as stated; below zero for places lost.
    async fn rank_change(&self) -> Option<i32> {
        self.0.stated.rank_change
    }

    /// The points of the period before, as this source states them.
    async fn points_before(&self) -> Option<Decimal> {
        self.0.stated.points_before.clone().map(Decimal)
    }

    /// Points gained since then, as stated.
    async fn points_change(&self) -> Option<Decimal> {
        self.0.stated.points_change.clone().map(Decimal)
    }

    /// What all have on average, as stated.
    async fn average(&self) -> Option<Decimal> {
        self.0.stated.average.clone().map(Decimal)
    }

    /// Where it is stated.
    async fn source(&self) -> IndexSource {
        let series::Source { document, url, place } = self.0.source.clone();
        IndexSource { document, url, place }
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// Why it took the place of what the same source stated before.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
}

/// In which respect figures contradict each other.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "series::ContradictionKind")]
pub enum IndexContradictionKind {
    /// The parts do not give the points.
    Parts,
    /// The points are not in the stated group.
    Group,
    /// Two sources state different points of one period.
    Points,
    /// Two sources state different ranks of one period.
    Rank,
    /// Rank, rank before and change of one source do not fit together.
    RankChange,
    /// Points, points before and change of one source do not fit together.
    PointsChange,
    /// The rank before, as a source states or implies it, is not what a source of that period states.
    RankBefore,
    /// The points before, as a source states or implies them, are not what a source of that period states.
    PointsBefore,
}

/// Figures that contradict each other. They are shown and not mended: which one is right, no program knows.
#[derive(SimpleObject)]
pub struct IndexContradiction {
    /// In which respect.
    pub kind: IndexContradictionKind,
    /// The period of the statement that it is found in.
    pub period: Period,
    /// Number of that statement.
    pub statement: u32,
    /// The period of the statement that it does not agree with; null where one statement contradicts itself.
    pub other_period: Option<Period>,
    /// Number of that statement.
    pub other_statement: Option<u32>,
    /// What does not agree, in both languages.
    pub message: Text,
}

/// What is recorded of a unit in an index.
pub struct IndexSeries(pub Arc<keep_series::IndexSeries>);

/// What is recorded of a unit in an index; periods of which nothing is known are absent.
#[Object]
impl IndexSeries {
    /// Its editions, the oldest first.
    async fn editions(&self) -> Vec<IndexEdition> {
        self.0.editions.iter().cloned().map(IndexEdition).collect()
    }

    /// Figures by period, then by source.
    async fn figures(&self) -> Vec<IndexFigure> {
        self.0.figures.iter().cloned().map(IndexFigure).collect()
    }

    /// What does not agree among them.
    async fn contradictions(&self) -> Vec<IndexContradiction> {
        let line = |one: &series::Contradiction| {
            let (other_period, other_statement) = one.other.clone().unzip();
            IndexContradiction {
                kind: one.kind.into(),
                period: Period(one.period.clone()),
                statement: one.statement,
                other_period: other_period.map(Period),
                other_statement,
                message: one.message.clone().into(),
            }
        };
        self.0.contradictions.iter().map(line).collect()
    }
}

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

impl IndexFigureInput {
    /// The figure at a position of the call, in which each part is stated once.
    fn resolve((position, input): (usize, Self)) -> Result<keep_series::NewFigure, Error> {
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
            source: series::Source {
                document: nfc(&input.source.document),
                url: input.source.url,
                place: nfc_option(input.source.place),
            },
        })
    }
}

/// What can be asked of indices that others publish.
#[derive(Default)]
pub struct SeriesQuery;

/// What can be asked of indices that others publish.
#[Object]
impl SeriesQuery {
    /// The newest edition of every index that others publish, by code; at most 500.
    async fn indices(&self, context: &Context<'_>) -> Result<Vec<IndexEdition>> {
        let found = session(context).indices().await?;
        Ok(found.into_iter().map(IndexEdition).collect())
    }

    /// What is recorded of a unit, such as the province, in an index that others publish, each figure with its source; null if there
    /// is no such index. Everybody may ask.
    async fn index_series(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the index, such as PAPI.")] index: String,
        #[graphql(desc = "Code of the unit.")] unit: String,
    ) -> Option<Result<IndexSeries>> {
        let series = session(context).index_series(&index, &unit).await;
        found(series.map(|series| IndexSeries(Arc::new(series))))
    }
}
