//! Analyses of published results, for everybody who sees those: how units changed, where they are weak, what they claimed, what
//! reviews found, which criteria tell units apart, what goes together with satisfaction.
//!
//! A publication keeps one document per group with what most of them need; one that was published before this was kept is summed up
//! from its rankings when somebody asks. Both never change, so that they stay in memory.

mod change;
mod compare;
mod correlate;
mod nodes;
mod reject;

pub use change::{FoundOverclaims, ImprovementQuestion, Improvements};
pub use compare::{ComparedNode, Comparison, ComparisonQuestion, NodeOfSide, change};
pub use correlate::{CorrelatedUnit, CorrelationQuestion, FoundCorrelation, With};
pub use nodes::{NodeFigures, NodeStatistics, Profile, ProfileLine, ProfileQuestion};
pub use reject::{FoundRejections, FoundTexts, RejectionLine, RejectionQuestion, RejectionText, UnitTexts};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Session;
use super::documents::{result_fields, streams, summary_fields};
use super::error::Error;
use super::known_codes;
use super::reader::Reader;
use crate::domain::analysis::{Beside, GroupSummary, Standing};
use crate::domain::framework::{Framework, Node};
use crate::domain::round::{NodeRanking, RankingRow, Round};
use crate::domain::text::Text;
use crate::store::Document;

/// Publications whose summaries stay in memory: some 1 MiB each for 3,400 units, and five years of six provinces.
pub const REMEMBERED_PUBLICATIONS: usize = 32;

/// A publication by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicationRef {
    /// Code of the round.
    pub round: String,
    /// Number of the publication; the newest where none is named.
    pub publication: Option<u32>,
}

/// Which publication a figure is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    pub round: String,
    pub publication: u32,
}

/// Where in the tree of a framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nodes without one above; sections outside the scale too.
    Field,
    /// Nodes between fields and leaves.
    Criterion,
    /// What is assessed.
    Leaf,
}

/// A node as its framework names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedNode {
    pub code: String,
    pub name: Text,
}

impl From<&Node> for NamedNode {
    fn from(node: &Node) -> Self {
        Self {
            code: node.code.clone(),
            name: node.name.clone(),
        }
    }
}

impl Level {
    /// Whether a node lies there. A field that is assessed itself is a field and a leaf.
    fn has(self, node: &Node) -> bool {
        match self {
            Self::Field => node.parent.is_none(),
            Self::Criterion => node.parent.is_some() && node.leaf.is_none(),
            Self::Leaf => node.leaf.is_some(),
        }
    }
}

/// The summaries of a publication.
pub type Summaries = Arc<Vec<GroupSummary>>;

/// A publication that is looked at.
struct Published<'a> {
    read: Reader<'a>,
    round: Round,
    version: u32,
    groups: Summaries,
}

impl Session {
    /// A publication with its summaries; `place` is where the input names the round.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the round is not there or has no such publication: what is not published is not there.
    async fn published(&self, wanted: &PublicationRef, place: &str) -> Result<Published<'_>, Error> {
        let read = self.reader();
        let (code, stream) = (&wanted.round, streams::round(&wanted.round));
        let round = read.require::<Round>(&stream, code, "round").await;
        let round = round.map_err(|error| error.about(place))?.value;
        let newest = round.published_version.unwrap_or(0);
        let version = wanted.publication.unwrap_or(newest);
        if !(1..=newest).contains(&version) {
            return Err(Error::NotFound { what: "publication" }.about(place));
        }
        let key = (code.clone(), version);
        let groups = match self.app.summaries.get(&key) {
            Some(known) => known,
            None => {
                let found = Arc::new(summaries(&read, &round, version).await?);
                self.app.summaries.keep(key, Arc::clone(&found));
                found
            }
        };
        Ok(Published {
            read,
            round,
            version,
            groups,
        })
    }

    /// The round that another one is compared with: the one that is named, or the one before it.
    async fn published_before(&self, later: &Round, named: Option<&PublicationRef>) -> Result<Published<'_>, Error> {
        if let Some(named) = named {
            return self.published(named, "against.round").await;
        }
        let Some(previous) = &later.previous else {
            return Err(Error::invalid(
                "against",
                "Kỳ này không nêu kỳ trước; hãy nêu kỳ để so sánh ở against.",
                "The round names no round before it; name one to compare with in against.",
            ));
        };
        let newest = PublicationRef {
            round: previous.clone(),
            publication: None,
        };
        self.published(&newest, "against").await
    }
}

/// The summary of one group of a publication; `None` where there is no such group.
pub(super) async fn summary_of(
    read: &Reader<'_>,
    round: &str,
    (version, group): (u32, &str),
) -> Result<Option<GroupSummary>, Error> {
    let stream = streams::round(round);
    let key = GroupSummary::key_of(version, Some(group));
    if let Some(found) = read.get::<GroupSummary>(&stream, &key).await? {
        return Ok(Some(found.value));
    }
    let round = read.require::<Round>(&stream, round, "round").await?;
    let all = summaries(read, &round, version).await?;
    Ok(all.into_iter().find(|one| one.group.as_deref() == Some(group)))
}

/// The stored summaries of a publication; of an old one, what its rankings say.
async fn summaries(read: &Reader<'_>, round: &Round, version: u32) -> Result<Vec<GroupSummary>, Error> {
    let stream = streams::round(&round.code);
    let query = GroupSummary::query()
        .in_stream(&stream)
        .filter(summary_fields::PUBLICATION.equal(i64::from(version)));
    let found = read.every(query).await?;
    if !found.is_empty() {
        return Ok(found.into_iter().map(|one| one.value).collect());
    }
    let rows = RankingRow::query()
        .filter(result_fields::ROUND.equal(round.code.as_str()))
        .filter(result_fields::PUBLICATION.equal(i64::from(version)));
    let rows = read.every(rows).await?;
    let mut by_group: BTreeMap<Option<&str>, Vec<&RankingRow>> = BTreeMap::new();
    for row in &rows {
        by_group.entry(row.group.as_deref()).or_default().push(&row.value);
    }
    let mut found = Vec::with_capacity(by_group.len());
    for (group, rows) in by_group {
        let types: BTreeSet<&str> = rows.iter().map(|row| row.unit_type.as_str()).collect();
        let mut nodes: BTreeSet<String> = BTreeSet::new();
        let mut places = 0;
        for unit_type in types {
            let framework = framework_of(read, round, unit_type).await?;
            places = places.max(framework.scoring.round_total);
            nodes.extend(framework.nodes.iter().map(|node| node.code.clone()));
        }
        let key = |node: &String| NodeRanking::key_of(version, group.unwrap_or_default(), node);
        let keys: Vec<String> = nodes.iter().filter(|_| group.is_some()).map(key).collect();
        let rankings = read.get_all::<NodeRanking>(&stream, &keys).await?;
        let rankings: Vec<&NodeRanking> = rankings.iter().flatten().map(|one| &one.value).collect();
        let beside = Beside {
            places,
            declared: BTreeMap::new(),
            findings: None,
        };
        found.extend(GroupSummary::of(&rows, &rankings, beside));
    }
    Ok(found)
}

/// The framework of a unit type in a round.
async fn framework_of(read: &Reader<'_>, round: &Round, unit_type: &str) -> Result<Arc<Framework>, Error> {
    let reference = round.frameworks.get(unit_type);
    read.framework_of(reference.ok_or(Error::NotFound { what: "framework" })?)
        .await
}

impl Published<'_> {
    fn edition(&self) -> Edition {
        Edition {
            round: self.round.code.clone(),
            publication: self.version,
        }
    }

    /// The summary of a group.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the groups that there are.
    fn group(&self, place: &str, code: &str) -> Result<&GroupSummary, Error> {
        let known = self.groups.iter().filter_map(|one| one.group.as_deref()).collect();
        known_codes::check(place, Some(code), &known)?;
        let mut groups = self.groups.iter();
        groups
            .find(|one| one.group.as_deref() == Some(code))
            .ok_or(Error::NotFound { what: "ranking" })
    }

    /// The summary of one group, or all of them with that of the units that are in none.
    fn some(&self, group: Option<&str>) -> Result<Vec<&GroupSummary>, Error> {
        match group {
            Some(code) => Ok(vec![self.group("group", code)?]),
            None => Ok(self.groups.iter().collect()),
        }
    }

    /// The one framework of a group's units.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a group of units of several frameworks: a code means other things in each.
    async fn framework(&self, place: &str, group: &GroupSummary) -> Result<Arc<Framework>, Error> {
        match group.only_unit_type() {
            Some(unit_type) => framework_of(&self.read, &self.round, unit_type).await,
            None => Err(Error::invalid(
                place,
                "Nhóm này được đánh giá theo nhiều bộ chỉ số, nên mã tiêu chí không cùng nghĩa; hãy hỏi từng đơn vị (unitProfile).",
                "The units of this group are assessed by several frameworks, in which a code means different things; ask unit by unit (unitProfile).",
            )),
        }
    }

    /// Where every unit stands by its total.
    fn totals(&self) -> BTreeMap<String, Standing> {
        let of_group = |group: &GroupSummary| {
            let standing = |unit: &crate::domain::analysis::UnitTotal| {
                let standing = Standing {
                    group: group.group.clone(),
                    percent: unit.percent.clone(),
                    rank: unit.rank,
                };
                (unit.unit.clone(), standing)
            };
            group.units.iter().map(standing).collect::<Vec<_>>()
        };
        self.groups.iter().flat_map(of_group).collect()
    }

    /// The published ranking of a group by a node; none where the node applies to nobody.
    async fn ranking(&self, group: &GroupSummary, node: &str) -> Result<Option<NodeRanking>, Error> {
        let Some(code) = &group.group else { return Ok(None) };
        let key = NodeRanking::key_of(self.version, code, node);
        let stream = streams::round(&self.round.code);
        Ok(self.read.get::<NodeRanking>(&stream, &key).await?.map(|one| one.value))
    }

    /// Where the units of a group stand by a node.
    async fn standings(&self, group: &GroupSummary, node: &str) -> Result<BTreeMap<String, Standing>, Error> {
        let lines = self.ranking(group, node).await?.into_iter().flat_map(|one| one.lines);
        let standing = |line: crate::domain::round::NodeLine| {
            let standing = Standing {
                group: group.group.clone(),
                percent: line.percent,
                rank: line.rank,
            };
            (line.unit, standing)
        };
        Ok(lines.map(standing).collect())
    }

    /// A unit's published line.
    async fn row(&self, place: &str, unit: &str) -> Result<RankingRow, Error> {
        let key = RankingRow::key_of(self.version, unit);
        let row = self
            .read
            .get::<RankingRow>(&streams::round(&self.round.code), &key)
            .await?;
        let missing = || Error::NotFound { what: "ranking row" }.about(place);
        Ok(row.ok_or_else(missing)?.value)
    }
}

/// The node of a framework with a code.
///
/// # Errors
/// [`Error::Invalid`] for a code that the framework does not have.
fn node_of<'a>(framework: &'a Framework, place: &str, code: &str) -> Result<&'a Node, Error> {
    framework.node(code).ok_or_else(|| {
        let name = format!("{}@{}", framework.code, framework.version);
        Error::invalid(
            place,
            format!("Bộ chỉ số {name} không có {code}; xem framework {{ nodes {{ code }} }}."),
            format!("Framework {name} has no {code}; see framework {{ nodes {{ code }} }}."),
        )
    })
}
