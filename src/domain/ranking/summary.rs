//! The documents that analyses of a publication read: a summary of each group, and where reviews found something.

use std::collections::BTreeMap;

use super::SealedUnit;
use crate::domain::analysis::{Beside, CriterionFindings, DeclaredTotal, GroupSummary, LeafFindings};
use crate::domain::assessment::Ledger;
use crate::domain::framework::Framework;
use crate::domain::round::{NodeRanking, RankingRow};
use crate::domain::tally::{Sums, Tally};

/// What the dossier claimed in all, as displayed.
pub(super) fn claimed(framework: &Framework, sums: &dyn Sums) -> Option<DeclaredTotal> {
    let (points, percent) = Tally::of(framework, Ledger::Declared, sums)?.displayed(framework);
    Some(DeclaredTotal { points, percent })
}

/// The analyses of a publication.
pub struct Summaries {
    pub groups: Vec<GroupSummary>,
    pub findings: Vec<CriterionFindings>,
}

impl SealedUnit {
    /// The same with what reviews found in it, by leaf.
    #[must_use]
    pub fn with_findings(mut self, findings: BTreeMap<String, LeafFindings>) -> Self {
        self.findings = findings;
        self
    }
}

/// What is kept of a publication for analyses: `rows` and `rankings` are what it ranks.
pub fn summarise(version: u32, units: &[SealedUnit], rows: &[RankingRow], rankings: &[NodeRanking]) -> Summaries {
    let mut members: BTreeMap<Option<&str>, Vec<&SealedUnit>> = BTreeMap::new();
    for unit in units {
        members.entry(unit.dossier.group.as_deref()).or_default().push(unit);
    }
    let mut summaries = Summaries {
        groups: Vec::new(),
        findings: Vec::new(),
    };
    let mut rows_of: BTreeMap<Option<&str>, Vec<&RankingRow>> = BTreeMap::new();
    for row in rows {
        rows_of.entry(row.group.as_deref()).or_default().push(row);
    }
    for (group, members) in members {
        let findings = findings_of(version, group, &members);
        let found = findings.iter().filter(|one| !one.units.is_empty());
        let counts = found.map(|one| (one.criterion.clone(), one.counts()));
        let beside = Beside {
            places: members.iter().map(|unit| unit.scoring().round_total).max().unwrap_or(0),
            declared: members
                .iter()
                .filter_map(|unit| Some((unit.dossier.unit.as_str(), unit.claimed.clone()?)))
                .collect(),
            findings: Some(counts.collect()),
        };
        let of_group: Vec<&NodeRanking> = rankings
            .iter()
            .filter(|ranking| Some(ranking.group.as_str()) == group)
            .collect();
        let rows = rows_of.remove(&group).unwrap_or_default();
        summaries.groups.extend(GroupSummary::of(&rows, &of_group, beside));
        summaries.findings.extend(findings);
    }
    summaries
}

fn findings_of(version: u32, group: Option<&str>, members: &[&SealedUnit]) -> Vec<CriterionFindings> {
    let mut by_leaf: BTreeMap<&str, BTreeMap<String, LeafFindings>> = BTreeMap::new();
    for unit in members {
        // Also where nothing was found: what a publication that failed wrote under the same version is written over.
        for (leaf, _) in unit.framework.leaves() {
            by_leaf.entry(&leaf.code).or_default();
        }
        for (leaf, found) in &unit.findings {
            let of_leaf = by_leaf.entry(leaf).or_default();
            of_leaf.insert(unit.dossier.unit.clone(), found.clone());
        }
    }
    let round = members.first().map_or("", |unit| unit.dossier.round.as_str());
    let one = |(criterion, units): (&str, BTreeMap<String, LeafFindings>)| CriterionFindings {
        publication: version,
        round: round.to_owned(),
        group: group.map(str::to_owned),
        criterion: criterion.to_owned(),
        units,
    };
    by_leaf.into_iter().map(one).collect()
}
