//! How units of equal displayed percentage are told apart, where their framework says so.
//!
//! Only units of one framework are compared this way: a criterion of another framework is another criterion. Where some of
//! equal percentage have another one, all of them share the rank.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{SealedUnit, exact};
use crate::domain::exact::Exact;
use crate::domain::framework::TieBreak;
use crate::domain::round::{FrameworkRef, Tie, TieValue};
use crate::domain::sheet::displayed;

/// What a unit is ranked by: its percentage, then the values of the tie order; the greater is the better.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    percent: Exact,
    /// As many as were looked at: none where nobody has the same percentage, or the framework names no order.
    values: Vec<Place>,
}

/// A value in the order of a tie break.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The higher the better; what does not apply comes last.
    Higher(Option<Exact>),
    /// The smaller the better.
    Smaller(Reverse<Exact>),
}

/// The keys of units with their percentages, in the order given.
pub(super) fn keys(compared: &[(&SealedUnit, Exact)]) -> Vec<Key> {
    // How many have a percentage, and the framework if it is one: a country's communes are thousands in one group.
    let mut equal: BTreeMap<&Exact, (usize, Option<&FrameworkRef>)> = BTreeMap::new();
    for (unit, percent) in compared {
        let framework = &unit.dossier.framework;
        let (count, only) = equal.entry(percent).or_insert((0, Some(framework)));
        *count += 1;
        *only = only.filter(|only| *only == framework);
    }
    let key = |(unit, percent): &(&SealedUnit, Exact)| {
        let is_compared = matches!(equal.get(percent), Some((2.., Some(_))));
        let values = match is_compared {
            true => order(unit).iter().map(|by| place(unit, by)).collect(),
            false => Vec::new(),
        };
        Key {
            percent: percent.clone(),
            values,
        }
    };
    compared.iter().map(key).collect()
}

/// For each unit whose tie was looked at: what decided, and what was compared.
pub(super) fn ties<'a>(compared: &[(&'a SealedUnit, Exact)], keys: &[Key]) -> Vec<(&'a str, Tie)> {
    let tie = |((unit, _), key): (&(&'a SealedUnit, Exact), &Key)| {
        if key.values.is_empty() {
            return None;
        }
        // What had to be looked at is what tells it apart from whoever is nearest to it without being equal.
        let apart = |other: &Key| {
            let mut pairs = key.values.iter().zip(&other.values);
            pairs.position(|(mine, theirs)| mine != theirs)
        };
        let equal = keys.iter().filter(|other| other.percent == key.percent);
        let last = equal.filter_map(apart).max();
        let order = order(unit);
        let shared = keys.iter().filter(|other| *other == key).count() > 1;
        // Whoever still shares the rank was compared by all of it.
        let looked_at = if shared {
            order.len()
        } else {
            last.map_or(0, |last| last + 1)
        };
        let value = |by: &TieBreak| TieValue {
            by: by.clone(),
            value: shown(unit, by),
        };
        let tie = Tie {
            broken_by: last.and_then(|last| order.get(last).cloned()),
            values: order[..looked_at].iter().map(value).collect(),
        };
        Some((unit.dossier.unit.as_str(), tie))
    };
    compared.iter().zip(keys).filter_map(tie).collect()
}

/// What the framework names besides the percentage itself.
fn order(unit: &SealedUnit) -> &[TieBreak] {
    match unit.framework.tie_order.as_deref() {
        Some([TieBreak::Index, rest @ ..]) => rest,
        Some(order) => order,
        None => &[],
    }
}

fn place(unit: &SealedUnit, by: &TieBreak) -> Place {
    let shown = shown(unit, by).map(|text| exact(&text));
    match by {
        TieBreak::Index | TieBreak::AppraisedPart | TieBreak::Node(_) => Place::Higher(shown),
        TieBreak::SmallerGap => Place::Smaller(Reverse(shown.unwrap_or_default())),
    }
}

/// The value as it is displayed, at the places of the framework's totals.
fn shown(unit: &SealedUnit, by: &TieBreak) -> Option<String> {
    let tally = unit.last.as_ref()?;
    match by {
        TieBreak::Index => tally.displayed(&unit.framework).1,
        TieBreak::AppraisedPart => displayed(&tally.appraised, unit.scoring()).1,
        TieBreak::Node(node) => tally.nodes.get(node)?.displayed(&unit.framework).1,
        TieBreak::SmallerGap => {
            let (last, _) = tally.displayed(&unit.framework);
            let gap = &exact(unit.claimed.as_ref()?.points.as_str()) - &exact(&last);
            let size = if gap.is_negative() { -&gap } else { gap };
            Some(size.rounded(unit.scoring().round_total))
        }
    }
}
