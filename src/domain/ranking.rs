//! Ranking of sealed dossiers: standard competition ranking (1, 2, 2, 4) on displayed percentages, inside groups, by the
//! total and by every field, criterion and leaf.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::assessment::{Contribution, Ledger, Ledgers};
use super::dossier::Dossier;
use super::exact::Exact;
use super::framework::{Framework, Scoring};
use super::round::{NodeLine, NodePoints, NodeRanking, RankingRow};
use super::sheet::{TOTAL, displayed};

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

/// One unit's sealed dossier.
pub struct SealedUnit {
    pub dossier: Dossier,
    /// The sealed entry.
    pub entry: u64,
    pub hash: String,
    /// Ledgers of the total, of inner nodes and of leaves.
    pub nodes: BTreeMap<String, Ledgers>,
    pub framework: Arc<Framework>,
}

impl SealedUnit {
    fn last(&self, node: &str) -> Option<&Contribution> {
        self.nodes.get(node).map(|ledgers| ledgers.get(Ledger::Final))
    }

    /// Displayed points and percentage of a node in the final ledger; no percentage where nothing is applicable.
    fn displayed(&self, node: &str) -> Option<(String, Option<String>)> {
        Some(displayed(self.last(node)?, &self.framework.scoring))
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
    let percent = |unit: &SealedUnit| unit.displayed(TOTAL).and_then(|(_, percent)| percent);
    let mut places: BTreeMap<&str, Standing> = BTreeMap::new();
    for members in groups(units).values() {
        let compared = members
            .iter()
            .filter_map(|unit| Some((unit.dossier.unit.as_str(), exact(&percent(unit)?))));
        let (units, values): (Vec<&str>, Vec<Exact>) = compared.unzip();
        places.extend(units.into_iter().zip(standings(&values)));
    }
    let row = |unit: &SealedUnit| {
        let dossier = &unit.dossier;
        let percent = percent(unit);
        let class = percent
            .as_ref()
            .and_then(|percent| unit.framework.class_of(&exact(percent)));
        let place = places.get(dossier.unit.as_str());
        let old = before.rows.get(&dossier.unit);
        // Places are compared within one group; a unit that has moved to another has none to compare.
        let old_rank = old.filter(|old| old.group == dossier.group).and_then(|old| old.rank);
        RankingRow {
            publication: version,
            round: dossier.round.clone(),
            unit: dossier.unit.clone(),
            unit_type: dossier.unit_type.clone(),
            group: dossier.group.clone(),
            points: unit
                .displayed(TOTAL)
                .map_or_else(|| "0".to_owned(), |(points, _)| points),
            applicable: unit
                .last(TOTAL)
                .map_or_else(String::new, |last| last.applicable.rounded(unit.scoring().round_total)),
            class: class.map(|class| class.code.clone()),
            percent_change: percent
                .as_ref()
                .zip(old.and_then(|old| old.percent.as_ref()))
                .map(|(now, old)| percent_change(now, old, unit.scoring())),
            rank_change: place.zip(old_rank).and_then(|(now, old)| places_gained(now.rank, old)),
            rank: place.map(|place| place.rank),
            tied: place.is_some_and(|place| place.tied),
            percent,
            sealed_entry: unit.entry,
            sealed_hash: unit.hash.clone(),
            nodes: inner_nodes(unit),
        }
    };
    units.iter().map(row).collect()
}

/// Final points of the total, fields and criteria; those of leaves are in the node rankings and in the dossier.
fn inner_nodes(unit: &SealedUnit) -> BTreeMap<String, NodePoints> {
    let points = |last: &Contribution| NodePoints {
        points: last.points.clone(),
        applicable: last.applicable.clone(),
    };
    unit.nodes
        .keys()
        .filter(|node| unit.framework.leaf(node).is_none())
        .filter_map(|node| Some((node.clone(), points(unit.last(node)?))))
        .collect()
}

/// One ranking per group and node: fields, criteria and leaves.
pub fn rank_nodes(version: u32, units: &[SealedUnit], before: &Before) -> Vec<NodeRanking> {
    let mut found = Vec::new();
    for (group, members) in groups(units) {
        let nodes: BTreeSet<&String> = members.iter().flat_map(|unit| unit.nodes.keys()).collect();
        for node in nodes.into_iter().filter(|node| *node != TOTAL) {
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

/// Lines of one node, best first; units to which it does not apply come last and have no rank.
fn rank_node(node: &str, members: &[&SealedUnit], before: Option<&NodeRanking>) -> Vec<NodeLine> {
    let shown: Vec<_> = members
        .iter()
        .filter_map(|unit| Some((*unit, unit.last(node)?, unit.displayed(node)?)))
        .collect();
    let applicable: Vec<Exact> = shown
        .iter()
        .filter_map(|(_, _, (_, percent))| percent.as_deref().map(exact))
        .collect();
    let mut places = standings(&applicable).into_iter();
    let mut lines: Vec<NodeLine> = shown
        .into_iter()
        .map(|(unit, last, (points, percent))| {
            let place = percent.as_ref().and_then(|_| places.next());
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
mod tests {
    use super::{Standing, standings};

    fn ranks(values: &[i32]) -> Vec<u32> {
        standings(values).iter().map(|place| place.rank).collect()
    }

    #[test]
    fn equal_values_share_a_rank_and_leave_a_gap() {
        assert_eq!(ranks(&[633, 700, 633, 624]), [2, 1, 2, 4]);
        let tied: Vec<bool> = standings(&[633, 700, 633, 624])
            .iter()
            .map(|place| place.tied)
            .collect();
        assert_eq!(tied, [true, false, true, false]);
        assert_eq!(standings::<i32>(&[]), Vec::<Standing>::new());
    }

    /// The ICT Index of 2017 at places 17, 17 and 19.
    #[test]
    fn the_ict_table_of_2017() {
        let mut scores: Vec<i32> = (0..16).map(|place| 900 - place).collect();
        scores.extend([633, 633, 624]);
        assert_eq!(ranks(&scores)[16..], [17, 17, 19]);
    }
}
