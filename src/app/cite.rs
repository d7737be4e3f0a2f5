//! The value of what is cited: from the newest publication of a round, or from an index that others publish.

use super::analyse_results::summary_of;
use super::documents::streams;
use super::error::Error;
use super::reader::Reader;
use crate::domain::analysis::GroupSummary;
use crate::domain::conclusion::{Cited, Measure, TakenFrom};
use crate::domain::exact::Decimal;
use crate::domain::round::{NodeLine, NodeRanking, RankingRow, Round};
use crate::domain::series::{IndexEdition, IndexFigure, Stated};
use crate::store::StreamId;

/// The stream that a value is taken from.
pub(super) fn stream_of(cited: &Cited) -> StreamId {
    match cited {
        Cited::Result { round, .. } | Cited::Group { round, .. } => streams::round(round),
        Cited::Figure { index, .. } => streams::index(index),
    }
}

/// The value as it stands, as it is displayed; `None` where nothing is published or recorded, or not that.
pub(super) async fn value_of(
    read: &Reader<'_>,
    cited: &Cited,
    measure: Measure,
) -> Result<Option<(String, TakenFrom)>, Error> {
    match cited {
        Cited::Result { round, .. } | Cited::Group { round, .. } => {
            let published = read.get::<Round>(&streams::round(round), round).await?;
            let Some(version) = published.and_then(|round| round.published_version) else {
                return Ok(None);
            };
            let value = published_value(read, cited, measure, version).await?;
            Ok(value.map(|value| (value, TakenFrom::Publication { version })))
        }
        Cited::Figure {
            index,
            unit,
            period,
            statement,
            part,
        } => {
            let stream = streams::index(index);
            let key = IndexFigure::key_of(unit, period, *statement);
            let Some(figure) = read.get::<IndexFigure>(&stream, &key).await? else {
                return Ok(None);
            };
            let edition = IndexEdition::key_of(figure.edition);
            let edition = read.require::<IndexEdition>(&stream, &edition, "index").await?;
            let value = of_figure(&figure.stated, edition.content.places, (part.as_deref(), measure));
            let entry = figure.version;
            Ok(value.map(|value| (value, TakenFrom::Figure { entry })))
        }
    }
}

/// The value that a publication has of a result.
pub(super) async fn published_value(
    read: &Reader<'_>,
    cited: &Cited,
    measure: Measure,
    version: u32,
) -> Result<Option<String>, Error> {
    match cited {
        Cited::Result { round, unit, node } => {
            let stream = streams::round(round);
            let Some(row) = read
                .get::<RankingRow>(&stream, &RankingRow::key_of(version, unit))
                .await?
            else {
                return Ok(None);
            };
            let (node, group) = match (node, &row.group) {
                (None, _) => return Ok(of_row(&row, measure)),
                (Some(_), None) => return Ok(None),
                (Some(node), Some(group)) => (node, group),
            };
            let key = NodeRanking::key_of(version, group, node);
            let ranking = read.get::<NodeRanking>(&stream, &key).await?;
            let line = ranking.and_then(|one| one.value.lines.into_iter().find(|line| line.unit == *unit));
            Ok(line.and_then(|line| of_line(&line, measure)))
        }
        Cited::Group { round, group, node } => {
            let summary = summary_of(read, round, (version, group)).await?;
            let median = |one: GroupSummary| Some(one.nodes.get(node)?.median.exact().rounded(one.places));
            Ok(summary.and_then(median).filter(|_| measure == Measure::Median))
        }
        Cited::Figure { .. } => Ok(None),
    }
}

fn of_row(row: &RankingRow, measure: Measure) -> Option<String> {
    match measure {
        Measure::Points => Some(row.points.clone()),
        Measure::Percent => row.percent.clone(),
        Measure::Rank => row.rank.map(|rank| rank.to_string()),
        Measure::RankChange => row.rank_change.map(|change| change.to_string()),
        Measure::Change => row.percent_change.clone(),
        Measure::Class => row.class.clone(),
        Measure::RankedUnits | Measure::Median => None,
    }
}

fn of_line(line: &NodeLine, measure: Measure) -> Option<String> {
    match measure {
        Measure::Points => Some(line.points.clone()),
        Measure::Percent => line.percent.clone(),
        Measure::Rank => line.rank.map(|rank| rank.to_string()),
        Measure::RankChange => line.rank_change.map(|change| change.to_string()),
        Measure::Change => line.percent_change.clone(),
        Measure::Class | Measure::RankedUnits | Measure::Median => None,
    }
}

/// Points are displayed with the places that the index publishes.
fn of_figure(stated: &Stated, places: u32, (part, measure): (Option<&str>, Measure)) -> Option<String> {
    let displayed = |points: &Decimal| points.exact().rounded(places);
    if let Some(part) = part {
        let points = stated.parts.get(part).filter(|_| measure == Measure::Points);
        return points.map(displayed);
    }
    match measure {
        Measure::Points => stated.points.as_ref().map(displayed),
        Measure::Rank => stated.rank.map(|rank| rank.to_string()),
        Measure::RankedUnits => stated.of.map(|of| of.to_string()),
        Measure::RankChange => stated.rank_change.map(|change| change.to_string()),
        Measure::Change => stated.points_change.as_ref().map(displayed),
        Measure::Class => stated.group.clone(),
        Measure::Percent | Measure::Median => None,
    }
}
