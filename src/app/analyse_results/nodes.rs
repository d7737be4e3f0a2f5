//! Nodes of a framework: where a unit stands against its group, where a group is weak, what tells units apart.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Edition, Level, NamedNode, PublicationRef, Published, framework_of};
use crate::app::Session;
use crate::app::error::Error;
use crate::domain::analysis::{Position, Spread, gain, shown};
use crate::domain::assessment::Contribution;
use crate::domain::exact::{Decimal, Exact};
use crate::domain::framework::{Framework, Node};
use crate::domain::round::{NodePoints, RankingRow};
use crate::domain::sheet::displayed;

/// Largest tolerance in percentage points: beyond it nothing is a strength or a weakness.
const MAXIMUM_TOLERANCE: i64 = 100;

/// What is asked of one unit.
pub struct ProfileQuestion {
    pub round: PublicationRef,
    pub unit: String,
    /// Fields or criteria.
    pub level: Level,
    /// The round before, if none is named.
    pub against: Option<PublicationRef>,
    /// Percentage points from the median within which a unit is average.
    pub tolerance: Decimal,
}

impl ProfileQuestion {
    /// The tolerance of a question that can be answered.
    fn tolerance(&self) -> Result<&Exact, Error> {
        let tolerance = self.tolerance.exact();
        if tolerance.is_negative() || *tolerance > Exact::from_integer(MAXIMUM_TOLERANCE) {
            return Err(Error::invalid(
                "tolerance",
                format!("tolerance từ 0 đến {MAXIMUM_TOLERANCE} điểm phần trăm."),
                format!("tolerance must be 0 to {MAXIMUM_TOLERANCE} percentage points."),
            ));
        }
        if self.level == Level::Leaf {
            return Err(Error::invalid(
                "level",
                "Chỉ FIELD hoặc CRITERION; thứ hạng theo tiêu chí thành phần xem ở nodeRanking của publication.",
                "FIELD or CRITERION alone; a publication has the rankings by leaf, of which reading all would take long.",
            ));
        }
        Ok(tolerance)
    }
}

/// A unit against its group and against another round, node by node.
pub struct Profile {
    pub edition: Edition,
    pub unit: String,
    pub group: Option<String>,
    /// The round that it is compared with; absent where the unit has no line in one before.
    pub earlier: Option<Edition>,
    pub places: u32,
    pub total: ProfileLine,
    /// In the order of the framework.
    pub lines: Vec<ProfileLine>,
}

/// One node, or the total, of a unit.
pub struct ProfileLine {
    /// Absent for the total.
    pub node: Option<NamedNode>,
    /// Absent where it does not apply to the unit.
    pub percent: Option<String>,
    /// How the ranked units of the group lie; absent for a unit in no group.
    pub spread: Option<Spread>,
    /// Percentage points above the median.
    pub difference: Option<Exact>,
    pub position: Option<Position>,
    /// The node in the earlier round; absent where it had none.
    pub earlier_node: Option<NamedNode>,
    pub earlier_percent: Option<String>,
    /// Percentage points against it.
    pub change: Option<Exact>,
}

/// How a group lies in the nodes of one level.
pub struct NodeStatistics {
    pub edition: Edition,
    pub group: String,
    pub places: u32,
    pub nodes: Vec<NodeFigures>,
}

/// How a group lies in one node.
#[derive(Clone)]
pub struct NodeFigures {
    pub node: NamedNode,
    pub spread: Spread,
}

impl NodeStatistics {
    /// The lowest median first, then the lowest mean; the other way round if the best is to come first.
    pub fn by_weakness(&mut self, best_first: bool) {
        self.nodes.sort_by(|one, other| {
            (&one.spread.median, &one.spread.mean).cmp(&(&other.spread.median, &other.spread.mean))
        });
        if best_first {
            self.nodes.reverse();
        }
    }

    /// What tells units apart least first: the smallest deviation, then where most have everything or nothing.
    pub fn by_spread(&mut self) {
        let ends = |one: &NodeFigures| one.spread.full.max(one.spread.none);
        self.nodes.sort_by(|one, other| {
            (&one.spread.deviation, Reverse(ends(one))).cmp(&(&other.spread.deviation, Reverse(ends(other))))
        });
    }
}

impl Session {
    /// How the ranked units of a group lie in the nodes of one level inside the scale, in the order of the framework.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a group with several frameworks, in which a code means different things.
    pub async fn node_statistics(
        &self,
        round: &PublicationRef,
        group: &str,
        level: Level,
    ) -> Result<NodeStatistics, Error> {
        let published = self.published(round, "round").await?;
        let summary = published.group("group", group)?;
        let framework = published.framework("group", summary).await?;
        // Of a penalty the least is the best, and a bonus is nobody's duty: neither is weak or strong.
        let of_scale = |node: &&Node| level.has(node) && framework.outside_scale(&node.code).is_none();
        let figures = |node: &Node| {
            let spread = summary.nodes.get(&node.code)?.clone();
            let node = node.into();
            Some(NodeFigures { node, spread })
        };
        let nodes = framework.nodes.iter().filter(of_scale).filter_map(figures).collect();
        Ok(NodeStatistics {
            edition: published.edition(),
            group: group.to_owned(),
            places: summary.places,
            nodes,
        })
    }

    /// A unit against its group and another round.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not published, [`Error::Invalid`] for a tolerance out of bounds.
    pub async fn unit_profile(&self, question: &ProfileQuestion) -> Result<Profile, Error> {
        let tolerance = question.tolerance()?;
        let published = self.published(&question.round, "round").await?;
        let now = UnitResult::of(&published, "unit", &question.unit).await?;
        let earlier = match (&question.against, &published.round.previous) {
            (None, None) => None,
            (against, _) => match self.published_before(&published.round, against.as_ref()).await {
                // A round before that was never published is none to compare with, unless somebody names it.
                Err(error) if against.is_none() && matches!(error.kind(), Error::NotFound { .. }) => None,
                found => Some(found?),
            },
        };
        let before = match &earlier {
            Some(earlier) => match UnitResult::of(earlier, "unit", &question.unit).await {
                Err(error) if matches!(error.kind(), Error::NotFound { .. }) => None,
                found => Some(found?),
            },
            None => None,
        };
        let pairs = before.as_ref().map(|before| before.framework.nodes_of(&now.framework));
        let summary = match &now.row.group {
            Some(group) => Some(published.group("group", group)?),
            None => None,
        };
        let line = |line: Line| line.against(tolerance);
        let total = line(Line {
            node: None,
            percent: now.row.percent.clone(),
            spread: summary.and_then(|one| one.total.clone()),
            earlier_node: None,
            earlier_percent: before.as_ref().and_then(|before| before.row.percent.clone()),
        });
        let mut lines = Vec::new();
        // What other frameworks of the group call by the same code is something else.
        let comparable = summary.filter(|one| one.only_unit_type().is_some());
        let of_scale = |node: &&Node| question.level.has(node) && now.framework.outside_scale(&node.code).is_none();
        for node in now.framework.nodes.iter().filter(of_scale) {
            let code = pairs.as_ref().and_then(|pairs| pairs.get(&node.code));
            let old = before.as_ref().zip(code);
            let earlier_percent = match (&earlier, old) {
                (Some(earlier), Some((before, code))) => before.percent(earlier, code).await?,
                _ => None,
            };
            lines.push(line(Line {
                percent: now.percent(&published, &node.code).await?,
                spread: comparable.and_then(|one| one.nodes.get(&node.code).cloned()),
                earlier_node: old
                    .and_then(|(before, code)| before.framework.node(code))
                    .map(Into::into),
                earlier_percent,
                node: Some(node.into()),
            }));
        }
        Ok(Profile {
            edition: published.edition(),
            unit: question.unit.clone(),
            group: now.row.group.clone(),
            earlier: earlier.filter(|_| before.is_some()).map(|earlier| earlier.edition()),
            places: now.framework.scoring.round_total,
            total,
            lines,
        })
    }
}

/// What is known of a line before it is compared.
struct Line {
    node: Option<NamedNode>,
    percent: Option<String>,
    spread: Option<Spread>,
    earlier_node: Option<NamedNode>,
    earlier_percent: Option<String>,
}

impl Line {
    fn against(self, tolerance: &Exact) -> ProfileLine {
        let percent = self.percent.as_deref();
        let median = self.spread.as_ref().map(|spread| spread.median.exact());
        let difference = percent.zip(median).map(|(percent, median)| &shown(percent) - median);
        let change = self
            .earlier_percent
            .as_deref()
            .zip(percent)
            .map(|(old, new)| gain(old, new));
        ProfileLine {
            position: difference
                .as_ref()
                .map(|difference| Position::of(difference, tolerance)),
            difference,
            change,
            node: self.node,
            percent: self.percent,
            spread: self.spread,
            earlier_node: self.earlier_node,
            earlier_percent: self.earlier_percent,
        }
    }
}

/// A unit's published line with the framework that it rests on.
pub(super) struct UnitResult {
    pub row: RankingRow,
    pub framework: Arc<Framework>,
    /// Leaves that do not apply and were made up for, so that their points are shown elsewhere.
    rebased: BTreeSet<String>,
}

impl UnitResult {
    pub async fn of(published: &Published<'_>, place: &str, unit: &str) -> Result<Self, Error> {
        let row = published.row(place, unit).await?;
        let framework = framework_of(&published.read, &published.round, &row.unit_type).await?;
        let rebased = row.breakdown.iter().flat_map(|breakdown| &breakdown.rebased);
        Ok(Self {
            rebased: rebased.map(|one| one.leaf.clone()).collect(),
            framework,
            row,
        })
    }

    /// The displayed percentage of a node; none where it does not apply, also where points are granted for it.
    pub async fn percent(&self, published: &Published<'_>, node: &str) -> Result<Option<String>, Error> {
        let Some(points) = self.row.nodes.get(node) else {
            return self.percent_of_leaf(published, node).await;
        };
        let applies = |points: &&NodePoints| {
            let mut leaves = self.framework.under(node).into_iter();
            !points.applicable.is_zero() && leaves.any(|(leaf, _)| !self.rebased.contains(&leaf.code))
        };
        let contribution = Some(points).filter(applies).map(|points| Contribution {
            points: points.points.clone(),
            applicable: points.applicable.clone(),
            open: Exact::zero(),
        });
        Ok(contribution.and_then(|one| displayed(&one, &self.framework.scoring).1))
    }

    /// A leaf's points are not in the line of the unit but in the ranking of its group.
    async fn percent_of_leaf(&self, published: &Published<'_>, node: &str) -> Result<Option<String>, Error> {
        let Some(group) = &self.row.group else { return Ok(None) };
        let ranking = published.ranking(published.group("group", group)?, node).await?;
        let mut lines = ranking.into_iter().flat_map(|one| one.lines);
        Ok(lines
            .find(|line| line.unit == self.row.unit)
            .and_then(|line| line.percent))
    }
}
