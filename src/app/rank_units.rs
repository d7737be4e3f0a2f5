//! The lines of a ranking, computed from sealed dossiers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::documents::{result_fields, streams};
use super::error::Error;
use super::reader::Reader;
use crate::domain::assessment::Ledger;
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::exact::Exact;
use crate::domain::framework::Framework;
use crate::domain::ranking::competition_ranks;
use crate::domain::round::{NodePoints, RankingRow, Round};
use crate::domain::sheet::{SheetNode, TOTAL, displayed};
use crate::store::Document;

/// One unit's sealed totals.
pub(super) struct SealedUnit {
    pub dossier: Dossier,
    /// Number and hash of the entry that sealed it.
    pub entry: u64,
    pub hash: String,
    pub sheets: Vec<SheetNode>,
    pub framework: Arc<Framework>,
}

impl SealedUnit {
    /// The displayed points and percentage of the final ledger.
    fn displayed(&self) -> (String, String) {
        let total = self.sheets.iter().find(|node| node.node == TOTAL);
        let shown = total.map(|node| displayed(node.ledgers.get(Ledger::Final), &self.framework.scoring));
        let (points, percent) = shown.unwrap_or_else(|| ("0".to_owned(), None));
        (points, percent.unwrap_or_else(|| "0".to_owned()))
    }
}

/// The lines of the next version; `None` when a dossier is not sealed, or was never opened.
pub(super) async fn ranking(read: &Reader<'_>, round: &Round) -> Result<Option<Vec<RankingRow>>, Error> {
    let mut units = Vec::with_capacity(round.units.len());
    for unit in &round.units {
        let stream = streams::dossier(&round.code, unit);
        // One moment: what is published of a dossier is what its sealed entry left behind, all of it.
        let snapshot = read.app().store.snapshot(&stream).await?;
        let read = Reader::new(read.app(), &*snapshot);
        let Some(dossier) = read.get::<Dossier>(&stream, stream.key()).await? else {
            return Ok(None);
        };
        let dossier = dossier.value;
        if dossier.phase != DossierPhase::Sealed {
            return Ok(None);
        }
        let head = read.head(&stream).await?.ok_or(Error::NotFound { what: "dossier" })?;
        let framework = read.framework_of(&dossier.framework).await?;
        let sheets = read
            .all::<SheetNode>(&stream)
            .await?
            .into_iter()
            .map(|node| node.value)
            .collect();
        units.push(SealedUnit {
            dossier,
            entry: head.number,
            hash: head.hash.to_string(),
            sheets,
            framework,
        });
    }
    let before = match &round.previous {
        Some(code) => published_rows(read, code).await?,
        None => BTreeMap::new(),
    };
    let version = round.published_version.unwrap_or(0) + 1;
    Ok(Some(rank(version, &units, &before)))
}

/// The newest published lines of a round, by unit.
pub(super) async fn published_rows(read: &Reader<'_>, code: &str) -> Result<BTreeMap<String, RankingRow>, Error> {
    let round = read.require::<Round>(&streams::round(code), code, "round").await?;
    let Some(version) = round.published_version else {
        return Ok(BTreeMap::new());
    };
    let query = RankingRow::query()
        .filter(result_fields::ROUND.equal(code))
        .filter(result_fields::PUBLICATION.equal(i64::from(version)));
    let rows = read.every(query).await?;
    Ok(rows.into_iter().map(|row| (row.unit.clone(), row.value)).collect())
}

/// Ranks units inside their groups by the displayed percentage (1224), with class and change from the year before.
pub(super) fn rank(version: u32, units: &[SealedUnit], before: &BTreeMap<String, RankingRow>) -> Vec<RankingRow> {
    let shown: Vec<(String, String)> = units.iter().map(SealedUnit::displayed).collect();
    let exact = |text: &str| Exact::parse_decimal(text).unwrap_or_else(|_| Exact::zero());
    let mut ranks: BTreeMap<&str, u32> = BTreeMap::new();
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        if let Some(group) = &unit.dossier.group {
            groups.entry(group).or_default().push(index);
        }
    }
    for members in groups.values() {
        let values: Vec<Exact> = members.iter().map(|index| exact(&shown[*index].1)).collect();
        for (index, rank) in members.iter().zip(competition_ranks(&values)) {
            ranks.insert(&units[*index].dossier.unit, rank);
        }
    }
    units
        .iter()
        .zip(shown)
        .map(|(unit, (points, percent))| {
            let value = exact(&percent);
            let class = unit.framework.class_of(&value);
            let old = before.get(&unit.dossier.unit);
            let rank = ranks.get(unit.dossier.unit.as_str()).copied();
            let total = unit.sheets.iter().find(|node| node.node == TOTAL);
            RankingRow {
                publication: version,
                round: unit.dossier.round.clone(),
                unit: unit.dossier.unit.clone(),
                unit_type: unit.dossier.unit_type.clone(),
                group: unit.dossier.group.clone(),
                points,
                applicable: total.map_or_else(String::new, |node| {
                    node.ledgers.last.applicable.rounded(unit.framework.scoring.round_total)
                }),
                class: class.map(|class| class.code.clone()),
                percent_change: old
                    .map(|old| (&value - &exact(&old.percent)).rounded(unit.framework.scoring.round_total)),
                rank_change: old
                    .and_then(|old| old.rank)
                    .zip(rank)
                    .and_then(|(old, new)| Some(i32::try_from(old).ok()? - i32::try_from(new).ok()?)),
                percent,
                rank,
                sealed_entry: unit.entry,
                sealed_hash: unit.hash.clone(),
                nodes: unit
                    .sheets
                    .iter()
                    .map(|node| {
                        let last = &node.ledgers.last;
                        (
                            node.node.clone(),
                            NodePoints {
                                points: last.points.clone(),
                                applicable: last.applicable.clone(),
                            },
                        )
                    })
                    .collect(),
            }
        })
        .collect()
}
