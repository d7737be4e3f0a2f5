//! What does not agree among the figures of a series: each is shown with what it is about, and nothing is mended.

use super::{IndexEdition, IndexFigure, Period};
use crate::domain::exact::{Decimal, Exact};
use crate::domain::text::Text;

/// In which respect figures contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContradictionKind {
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
    /// The rank before, as a source states or implies it, is not what is recorded of that period.
    RankBefore,
    /// The points before, as a source states or implies them, are not what is recorded of that period.
    PointsBefore,
}

/// Figures that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    pub kind: ContradictionKind,
    pub period: Period,
    /// The statement that it is found in, and the period and statement that it does not agree with, if that is another one.
    pub statement: u32,
    pub other: Option<(Period, u32)>,
    pub message: Text,
}

/// What does not agree among the figures of one index and one subject, in the order of periods and statements.
pub fn contradictions(editions: &[IndexEdition], figures: &[IndexFigure]) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for figure in figures {
        let edition = editions.iter().find(|one| one.edition == figure.edition);
        if let Some(edition) = edition {
            within_edition(figure, edition, &mut found);
        }
        within_statement(figure, &mut found);
        let earlier = |other: &&IndexFigure| other.period == figure.period && other.statement < figure.statement;
        for other in figures.iter().filter(earlier) {
            of_one_period(figure, other, &mut found);
        }
        if let Some(before) = figure.period.before() {
            for other in figures.iter().filter(|other| other.period == before) {
                with_before(figure, other, &mut found);
            }
        }
    }
    found
}

fn push(
    found: &mut Vec<Contradiction>,
    kind: ContradictionKind,
    figure: &IndexFigure,
    other: Option<&IndexFigure>,
    (vi, en): (String, String),
) {
    found.push(Contradiction {
        kind,
        period: figure.period.clone(),
        statement: figure.statement,
        other: other.map(|other| (other.period.clone(), other.statement)),
        message: Text::new(vi, en),
    });
}

fn within_edition(figure: &IndexFigure, edition: &IndexEdition, found: &mut Vec<Contradiction>) {
    let (content, stated) = (&edition.content, &figure.stated);
    if let (Some(points), Some(total)) = (&stated.points, content.total_of(&stated.parts))
        && *points.exact() != total
    {
        let total = total.rounded(content.places);
        let sentence = (
            format!("các thành phần cho {total}, văn bản nêu {points}"),
            format!("the parts give {total}, the source states {points}"),
        );
        push(found, ContradictionKind::Parts, figure, None, sentence);
    }
    if let (Some(points), Some(group)) = (&stated.points, &stated.group)
        && let Some(computed) = content.group_of(points)
        && computed.code != *group
    {
        let code = &computed.code;
        let sentence = (
            format!("{points} điểm thuộc nhóm {code}, văn bản nêu {group}"),
            format!("{points} points are in group {code}, the source states {group}"),
        );
        push(found, ContradictionKind::Group, figure, None, sentence);
    }
}

/// The rank before that follows from rank and change: places gained are smaller numbers.
fn implied_rank(figure: &IndexFigure) -> Option<i64> {
    Some(i64::from(figure.stated.rank?) + i64::from(figure.stated.rank_change?))
}

fn implied_points(figure: &IndexFigure) -> Option<Exact> {
    Some(figure.stated.points.as_ref()?.exact() - figure.stated.points_change.as_ref()?.exact())
}

fn shown(number: &Exact) -> String {
    number.decimal_text(12).unwrap_or_else(|| number.to_string())
}

fn within_statement(figure: &IndexFigure, found: &mut Vec<Contradiction>) {
    let stated = &figure.stated;
    if let (Some(before), Some(implied)) = (stated.rank_before, implied_rank(figure))
        && i64::from(before) != implied
    {
        let sentence = (
            format!("hạng và mức thay đổi cho hạng trước {implied}, văn bản nêu {before}"),
            format!("rank and change give the rank before as {implied}, the source states {before}"),
        );
        push(found, ContradictionKind::RankChange, figure, None, sentence);
    }
    if let (Some(before), Some(implied)) = (&stated.points_before, implied_points(figure))
        && *before.exact() != implied
    {
        let implied = shown(&implied);
        let sentence = (
            format!("điểm và mức thay đổi cho điểm trước {implied}, văn bản nêu {before}"),
            format!("points and change give the points before as {implied}, the source states {before}"),
        );
        push(found, ContradictionKind::PointsChange, figure, None, sentence);
    }
}

fn of_one_period(figure: &IndexFigure, other: &IndexFigure, found: &mut Vec<Contradiction>) {
    if let (Some(points), Some(others)) = (&figure.stated.points, &other.stated.points)
        && points.exact() != others.exact()
    {
        let sentence = differ("điểm", "points", points, others);
        push(found, ContradictionKind::Points, figure, Some(other), sentence);
    }
    if let (Some(rank), Some(others)) = (figure.stated.rank, other.stated.rank)
        && rank != others
    {
        let sentence = differ("hạng", "rank", &rank, &others);
        push(found, ContradictionKind::Rank, figure, Some(other), sentence);
    }
}

fn differ(vi: &str, en: &str, one: &impl ToString, other: &impl ToString) -> (String, String) {
    let (one, other) = (one.to_string(), other.to_string());
    (
        format!("{vi} {one}, văn bản khác nêu {other}"),
        format!("{en} {one}, another source states {other}"),
    )
}

/// What a source says of the period before, against what is recorded of that period.
fn with_before(figure: &IndexFigure, other: &IndexFigure, found: &mut Vec<Contradiction>) {
    let stated_rank = figure.stated.rank_before.map(i64::from);
    if let (Some(before), Some(recorded)) = (stated_rank.or_else(|| implied_rank(figure)), other.stated.rank)
        && before != i64::from(recorded)
    {
        let sentence = (
            format!("nguồn này cho hạng kỳ trước {before}, nguồn của kỳ trước nêu {recorded}"),
            format!("this source gives the rank before as {before}, a source of that period states {recorded}"),
        );
        push(found, ContradictionKind::RankBefore, figure, Some(other), sentence);
    }
    let stated_points = figure.stated.points_before.as_ref().map(Decimal::exact).cloned();
    if let (Some(before), Some(recorded)) = (stated_points.or_else(|| implied_points(figure)), &other.stated.points)
        && before != *recorded.exact()
    {
        let before = shown(&before);
        let sentence = (
            format!("nguồn này cho điểm kỳ trước {before}, nguồn của kỳ trước nêu {recorded}"),
            format!("this source gives the points before as {before}, a source of that period states {recorded}"),
        );
        push(found, ContradictionKind::PointsBefore, figure, Some(other), sentence);
    }
}
