//! Indices that others publish and their series, in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Result, SimpleObject};

use super::query::found;
use super::register::Text;
use super::scalars::{DateTime, Decimal, Period};
use super::session;
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

impl From<series::Source> for IndexSource {
    fn from(series::Source { document, url, place }: series::Source) -> Self {
        Self { document, url, place }
    }
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
        self.0.source.clone().into()
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
