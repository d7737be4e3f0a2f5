//! Ranking of sealed dossiers: standard competition ranking (1, 2, 2, 4) on displayed percentages, inside groups, by the
//! total and by every field, criterion and leaf.

mod summary;
mod tie;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::analysis::{DeclaredTotal, LeafFindings};
use super::assessment::{Assessment, Contribution, Ledger, Ledgers};
use super::dossier::Dossier;
use super::exact::Exact;
use super::framework::{Framework, Scoring, SectionKind, TieBreak};
use super::round::{
    Breakdown, KeptFromRank, NodeLine, NodePoints, NodeRanking, PublishedVeto, RankingRow, RebasedLeaf, Round,
    SectionPoints, Tie,
};
use super::sheet::TOTAL;
use super::tally::{EstablishedVeto, NodeTally, Rebased, SectionTally, Sums, Tally};
pub use summary::{Summaries, summarise};

/// A place in a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// 1 for the highest; equal values share a rank, the next one leaves a gap.
    pub rank: u32,
    /// Somebody else has the same rank.
    pub tied: bool,
}

/// Places of values in any order.
///
/// Values are compared as they are displayed (domain practice: the ICT Index of 2017 lists 17, 17, 19).
pub fn standings<T: Ord>(values: &[T]) -> Vec<Standing> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].cmp(&values[*a]));
    let mut found = vec![Standing { rank: 0, tied: false }; values.len()];
    for same in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let better = same
            .first()
            .map_or(0, |first| order.partition_point(|one| values[*one] > values[*first]));
        let rank = u32::try_from(better).unwrap_or(u32::MAX - 1) + 1;
        for index in same {
            found[*index] = Standing {
                rank,
                tied: same.len() > 1,
            };
        }
    }
    found
}

/// One unit's sealed dossier, with what its points come to.
pub struct SealedUnit {
    pub dossier: Dossier,
    /// The sealed entry.
    pub entry: u64,
    pub hash: String,
    pub framework: Arc<Framework>,
    /// Why the round does not rank it; absent for most.
    listed: Option<String>,
    last: Option<Tally>,
    claimed: Option<DeclaredTotal>,
    /// What reviews found, by leaf.
    findings: BTreeMap<String, LeafFindings>,
}

/// The documents of a sealed dossier that points follow from.
#[derive(Default)]
pub struct SealedSums {
    /// Raw sums by node, [`TOTAL`] too.
    pub sheets: BTreeMap<String, Ledgers>,
    /// By criterion.
    pub leaves: BTreeMap<String, Assessment>,
    /// Points lost by being late.
    pub late: Option<Exact>,
}

impl Sums for SealedSums {
    fn late_points(&self) -> Option<&Exact> {
        self.late.as_ref()
    }

    fn ledgers(&self, node: &str) -> Option<&Ledgers> {
        let leaf = || self.leaves.get(node).map(|leaf| &leaf.ledgers);
        self.sheets.get(node).or_else(leaf)
    }

    fn leaf(&self, code: &str) -> Option<&Assessment> {
        self.leaves.get(code)
    }
}

impl SealedUnit {
    /// A dossier as its sealed entry left it; `round` says who is not ranked.
    pub fn of(
        round: &Round,
        dossier: Dossier,
        (entry, hash): (u64, String),
        framework: Arc<Framework>,
        sums: &dyn Sums,
    ) -> Self {
        Self::in_ledger(round, dossier, (entry, hash), framework, (Ledger::Final, sums))
    }

    /// A dossier as it stands in a ledger, sealed or not: what would be ranked if that were final.
    pub fn in_ledger(
        round: &Round,
        dossier: Dossier,
        (entry, hash): (u64, String),
        framework: Arc<Framework>,
        (ledger, sums): (Ledger, &dyn Sums),
    ) -> Self {
        Self {
            listed: round.unranked.get(&dossier.unit).cloned(),
            last: Tally::of(&framework, ledger, sums),
            claimed: summary::claimed(&framework, sums),
            findings: BTreeMap::new(),
            dossier,
            entry,
            hash,
            framework,
        }
    }

    /// The same without the nodes that no total is ranked by: for many units that are ranked by totals alone.
    #[must_use]
    pub fn for_totals(mut self) -> Self {
        let order = self.framework.tie_order.iter().flatten();
        let named = |code: &String| {
            order
                .clone()
                .any(|by| matches!(by, TieBreak::Node(node) if node == code))
        };
        if let Some(tally) = &mut self.last {
            tally.nodes.retain(|code, _| named(code));
        }
        self
    }

    fn node(&self, node: &str) -> Option<&NodeTally> {
        self.last.as_ref()?.nodes.get(node)
    }

    /// Displayed total points and percentage in the final ledger; no percentage where nothing is applicable.
    fn total(&self) -> Option<(String, Option<String>)> {
        Some(self.last.as_ref()?.displayed(&self.framework))
    }

    fn percent(&self) -> Option<String> {
        self.total()?.1
    }

    /// Why it has no rank, whatever its points.
    fn kept_from_rank(&self) -> Option<KeptFromRank> {
        let listed = self.listed.clone().map(|reason| KeptFromRank::Listed { reason });
        let vetoed = || {
            let vetoed = self.last.as_ref().is_some_and(Tally::is_kept_from_rank);
            vetoed.then_some(KeptFromRank::Veto)
        };
        listed.or_else(vetoed)
    }

    fn scoring(&self) -> &Scoring {
        &self.framework.scoring
    }
}

/// What was published of the year before.
#[derive(Default)]
pub struct Before {
    /// By unit.
    pub rows: BTreeMap<String, RankingRow>,
    /// By group and node.
    pub nodes: BTreeMap<(String, String), NodeRanking>,
}

fn exact(text: &str) -> Exact {
    Exact::parse_decimal(text).unwrap_or_else(|_| Exact::zero())
}

/// Percentage points against the year before, as displayed.
fn percent_change(now: &str, before: &str, scoring: &Scoring) -> String {
    (&exact(now) - &exact(before)).rounded(scoring.round_total)
}

/// Places gained.
fn places_gained(now: u32, before: u32) -> Option<i32> {
    Some(i32::try_from(before).ok()? - i32::try_from(now).ok()?)
}

/// Members of each group; units without one are scored but not ranked.
fn groups(units: &[SealedUnit]) -> BTreeMap<&str, Vec<&SealedUnit>> {
    let mut found: BTreeMap<&str, Vec<&SealedUnit>> = BTreeMap::new();
    for unit in units {
        if let Some(group) = &unit.dossier.group {
            found.entry(group).or_default().push(unit);
        }
    }
    found
}

/// The lines of a publication: every unit with its total.
pub fn rank_totals(version: u32, units: &[SealedUnit], before: &Before) -> Vec<RankingRow> {
    let mut places: BTreeMap<&str, Standing> = BTreeMap::new();
    let mut ties: BTreeMap<&str, Tie> = BTreeMap::new();
    for members in groups(units).values() {
        let compared: Vec<(&SealedUnit, Exact)> = members
            .iter()
            .filter(|unit| unit.kept_from_rank().is_none())
            .filter_map(|unit| Some((*unit, exact(&unit.percent()?))))
            .collect();
        let keys = tie::keys(&compared);
        let codes = compared.iter().map(|(unit, _)| unit.dossier.unit.as_str());
        places.extend(codes.zip(standings(&keys)));
        ties.extend(tie::ties(&compared, &keys));
    }
    let row = |unit: &SealedUnit| {
        let dossier = &unit.dossier;
        let (points, percent) = unit.total().unwrap_or_else(|| ("0".to_owned(), None));
        let place = places.get(dossier.unit.as_str());
        let old = before.rows.get(&dossier.unit);
        // Places are compared within one group; a unit that has moved to another has none to compare.
        let old_rank = old.filter(|old| old.group == dossier.group).and_then(|old| old.rank);
        let classed = unit.last.as_ref().and_then(|tally| tally.classed.clone());
        let (class, class_lowered) = classed.map_or_else(Default::default, |classed| (classed.class, classed.lowered));
        RankingRow {
            publication: version,
            round: dossier.round.clone(),
            unit: dossier.unit.clone(),
            unit_type: dossier.unit_type.clone(),
            group: dossier.group.clone(),
            points,
            applicable: unit.last.as_ref().map_or_else(String::new, |tally| {
                tally.total.applicable.rounded(unit.scoring().round_total)
            }),
            class,
            class_lowered,
            vetoes: unit
                .last
                .as_ref()
                .map_or_else(Vec::new, |tally| published_vetoes(&unit.framework, tally)),
            breakdown: unit.last.as_ref().and_then(Breakdown::of),
            percent_change: percent
                .as_ref()
                .zip(old.and_then(|old| old.percent.as_ref()))
                .map(|(now, old)| percent_change(now, old, unit.scoring())),
            rank_change: place.zip(old_rank).and_then(|(now, old)| places_gained(now.rank, old)),
            rank: place.map(|place| place.rank),
            tied: place.is_some_and(|place| place.tied),
            tie: ties.get(dossier.unit.as_str()).cloned(),
            kept_from_rank: unit.kept_from_rank(),
            percent,
            sealed_entry: unit.entry,
            sealed_hash: unit.hash.clone(),
            nodes: inner_nodes(unit),
        }
    };
    units.iter().map(row).collect()
}

/// The established vetoes of a tally in words.
pub fn published_vetoes(framework: &Framework, tally: &Tally) -> Vec<PublishedVeto> {
    let published = |veto: &EstablishedVeto| {
        let (_, leaf) = framework.leaf(&veto.leaf)?;
        Some(PublishedVeto {
            leaf: veto.leaf.clone(),
            because: framework.describe_veto(&veto.leaf, leaf.veto.as_ref()?),
            effect: veto.effect.clone(),
        })
    };
    tally.vetoes.iter().filter_map(published).collect()
}

fn node_points(shown: &Contribution) -> NodePoints {
    NodePoints {
        points: shown.points.clone(),
        applicable: shown.applicable.clone(),
    }
}

impl Breakdown {
    /// How the total of a tally came about; `None` where it is the plain sum of the fields.
    pub fn of(tally: &Tally) -> Option<Self> {
        if tally.sections.is_empty() && tally.rebased.is_empty() && tally.total == tally.raw {
            return None;
        }
        let section = |one: &SectionTally| SectionPoints {
            node: one.node.clone(),
            kind: one.kind,
            raw: one.raw.clone(),
            cap: one.cap.clone(),
            counted: one.counted.clone(),
        };
        let rebased = |one: &Rebased| RebasedLeaf {
            leaf: one.leaf.clone(),
            points: one.points.clone(),
            under: one.under.clone(),
            shares: one.shares,
        };
        Some(Self {
            raw: node_points(&tally.raw),
            base: node_points(&tally.base),
            sections: tally.sections.iter().map(section).collect(),
            late: tally.late.clone(),
            rebased: tally.rebased.iter().map(rebased).collect(),
        })
    }
}

/// Final points of the total, fields and criteria; those of leaves are in the node rankings and in the dossier.
fn inner_nodes(unit: &SealedUnit) -> BTreeMap<String, NodePoints> {
    let Some(tally) = &unit.last else {
        return BTreeMap::new();
    };
    let inner = tally.nodes.iter();
    let inner = inner.filter(|(node, _)| unit.framework.leaf(node).is_none());
    inner
        .map(|(node, found)| (node.clone(), node_points(&found.shown)))
        .chain([(TOTAL.to_owned(), node_points(&tally.total))])
        .collect()
}

/// One ranking per group and node: fields, criteria and leaves.
pub fn rank_nodes(version: u32, units: &[SealedUnit], before: &Before) -> Vec<NodeRanking> {
    let mut found = Vec::new();
    for (group, members) in groups(units) {
        let tallies = members.iter().filter_map(|unit| unit.last.as_ref());
        let nodes: BTreeSet<&String> = tallies.flat_map(|tally| tally.nodes.keys()).collect();
        for node in nodes {
            let old = before.nodes.get(&(group.to_owned(), node.clone()));
            found.push(NodeRanking {
                publication: version,
                round: members
                    .first()
                    .map_or_else(String::new, |unit| unit.dossier.round.clone()),
                group: group.to_owned(),
                node: node.clone(),
                lines: rank_node(node, &members, old),
            });
        }
    }
    found
}

/// Lines of one node, best first; of a penalty the best is the smallest. Units to which it does not apply, and those that
/// are not ranked, come last and have no rank. Ties are shared here: the order that breaks them is one of totals.
fn rank_node(node: &str, members: &[&SealedUnit], before: Option<&NodeRanking>) -> Vec<NodeLine> {
    let shown: Vec<_> = members
        .iter()
        .filter_map(|unit| {
            let found = unit.node(node)?;
            Some((*unit, &found.shown, found.displayed(&unit.framework)))
        })
        .collect();
    let value = |unit: &SealedUnit, percent: Option<&str>| {
        let percent = exact(percent.filter(|_| unit.kept_from_rank().is_none())?);
        let is_penalty = unit.framework.outside_scale(node) == Some(SectionKind::Penalty);
        Some(if is_penalty { -&percent } else { percent })
    };
    let values: Vec<Option<Exact>> = shown
        .iter()
        .map(|(unit, _, (_, percent))| value(unit, percent.as_deref()))
        .collect();
    let compared: Vec<&Exact> = values.iter().flatten().collect();
    let mut places = standings(&compared).into_iter();
    let mut lines: Vec<NodeLine> = shown
        .into_iter()
        .zip(&values)
        .map(|((unit, last, (points, percent)), value)| {
            let place = value.as_ref().and_then(|_| places.next());
            let old = before.and_then(|old| old.lines.iter().find(|line| line.unit == unit.dossier.unit));
            let old_percent = old.and_then(|old| old.percent.as_ref());
            NodeLine {
                unit: unit.dossier.unit.clone(),
                points,
                applicable: last.applicable.rounded(unit.scoring().round_total),
                rank: place.map(|place| place.rank),
                tied: place.is_some_and(|place| place.tied),
                percent_change: percent
                    .as_ref()
                    .zip(old_percent)
                    .map(|(now, old)| percent_change(now, old, unit.scoring())),
                rank_change: place
                    .zip(old.and_then(|old| old.rank))
                    .and_then(|(now, old)| places_gained(now.rank, old)),
                percent,
            }
        })
        .collect();
    lines.sort_by(|a, b| (a.rank.is_none(), a.rank, &a.unit).cmp(&(b.rank.is_none(), b.rank, &b.unit)));
    lines
}

#[cfg(test)]
mod tests;
