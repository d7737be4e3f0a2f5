//! Units against another round, against what they claimed, and against their group.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::summary::{DeclaredTotal, GroupSummary, UnitTotal, shown};
use crate::domain::exact::Exact;

/// Where a unit stands in a publication, by the total or by one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its ranking group; absent for a unit in none.
    pub group: Option<String>,
    /// Displayed percentage; absent where nothing applies.
    pub percent: Option<String>,
    /// Rank in the group; absent for a unit that is not ranked.
    pub rank: Option<u32>,
}

/// A unit that has a percentage in both rounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gain {
    pub unit: String,
    pub earlier: Standing,
    pub later: Standing,
    /// Percentage points, below zero for a loss.
    pub change: Exact,
}

/// Why a unit cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Absence {
    /// It has no line in the earlier round.
    NotInEarlier,
    /// It has no line in the later round.
    NotInLater,
    /// Nothing applied to it in the earlier round.
    NothingAppliedEarlier,
    /// Nothing applies to it in the later round.
    NothingAppliesLater,
}

/// A unit that has a percentage in one of two rounds alone, or in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsentUnit {
    pub unit: String,
    pub because: Absence,
    pub earlier: Option<Standing>,
    pub later: Option<Standing>,
}

/// The units of two rounds against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gains {
    /// The greatest gain first, then by code.
    pub gains: Vec<Gain>,
    /// By code.
    pub absent: Vec<AbsentUnit>,
}

impl Gain {
    /// Places gained; `None` without two ranks in one group.
    pub fn rank_change(&self) -> Option<i64> {
        let ranks = self.earlier.rank.zip(self.later.rank);
        let (earlier, later) = ranks.filter(|_| self.earlier.group == self.later.group)?;
        Some(i64::from(earlier) - i64::from(later))
    }
}

/// Percentage points between two displayed percentages.
pub fn gain(earlier: &str, later: &str) -> Exact {
    &shown(later) - &shown(earlier)
}

/// The units of a group of the later round, or all of them, against an earlier round; who was in the group then and is
/// nowhere now is absent, and nobody counts as zero.
pub fn gains(earlier: &BTreeMap<String, Standing>, later: &BTreeMap<String, Standing>, group: Option<&str>) -> Gains {
    let wanted = |standing: &Standing| group.is_none() || standing.group.as_deref() == group;
    let mut found = Gains {
        gains: Vec::new(),
        absent: Vec::new(),
    };
    for (unit, now) in later.iter().filter(|(_, standing)| wanted(standing)) {
        let before = earlier.get(unit);
        let percents = before.map(|before| (before, before.percent.as_deref(), now.percent.as_deref()));
        let because = match percents {
            Some((before, Some(old), Some(new))) => {
                found.gains.push(Gain {
                    unit: unit.clone(),
                    change: gain(old, new),
                    earlier: before.clone(),
                    later: now.clone(),
                });
                continue;
            }
            Some((_, _, None)) => Absence::NothingAppliesLater,
            Some((_, None, Some(_))) => Absence::NothingAppliedEarlier,
            None => Absence::NotInEarlier,
        };
        found.absent.push(AbsentUnit {
            unit: unit.clone(),
            because,
            earlier: before.cloned(),
            later: Some(now.clone()),
        });
    }
    let left = earlier
        .iter()
        .filter(|(unit, standing)| wanted(standing) && !later.contains_key(*unit));
    found.absent.extend(left.map(|(unit, standing)| AbsentUnit {
        unit: unit.clone(),
        because: Absence::NotInLater,
        earlier: Some(standing.clone()),
        later: None,
    }));
    found
        .gains
        .sort_by(|one, other| (&other.change, &one.unit).cmp(&(&one.change, &other.unit)));
    found.absent.sort_by(|one, other| one.unit.cmp(&other.unit));
    found
}

impl Gains {
    /// Absences by a node in the light of where the units are in the two rounds: who moved to another group is not asked about.
    pub fn told_by(
        &mut self,
        earlier: &BTreeMap<String, Standing>,
        later: &BTreeMap<String, Standing>,
        group: Option<&str>,
    ) {
        for one in &mut self.absent {
            let (before, now) = (earlier.contains_key(&one.unit), later.contains_key(&one.unit));
            one.because = match one.because {
                Absence::NotInLater if now => Absence::NothingAppliesLater,
                Absence::NotInEarlier if before => Absence::NothingAppliedEarlier,
                other => other,
            };
        }
        let moved = |unit: &str| later.get(unit).is_some_and(|now| now.group.as_deref() != group);
        self.absent.retain(|one| !moved(&one.unit));
    }
}

/// What a unit claimed and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overclaim {
    pub group: Option<String>,
    pub unit: UnitTotal,
    pub declared: DeclaredTotal,
    /// Points claimed beyond the final ones, as displayed; below zero for a unit that claimed too little.
    pub points: Exact,
    /// The same in percentage points; absent where nothing applies.
    pub percent: Option<Exact>,
}

/// What the units of some groups claimed beyond what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overclaims {
    /// The most percentage points first, then the most points, then by code; last those to which nothing applies.
    pub units: Vec<Overclaim>,
    /// Of how many nobody knows what they claimed: in publications from before it was kept.
    pub unknown: usize,
}

fn mean<'a>(values: impl Iterator<Item = &'a Exact>) -> Option<Exact> {
    let (count, sum) = values.fold((0, Exact::zero()), |(count, sum), value| (count + 1, &sum + value));
    sum.checked_div(&Exact::from_integer(count))
}

impl Overclaims {
    /// Those who are ranked.
    fn ranked(&self) -> impl Iterator<Item = &Overclaim> {
        self.units.iter().filter(|one| one.unit.rank.is_some())
    }

    /// The mean of the points of those who are ranked; `None` of nobody.
    pub fn mean_points(&self) -> Option<Exact> {
        mean(self.ranked().map(|one| &one.points))
    }

    /// The mean of the percentage points of those who are ranked and to which anything applies; `None` of nobody.
    pub fn mean_percent(&self) -> Option<Exact> {
        mean(self.ranked().filter_map(|one| one.percent.as_ref()))
    }
}

/// What the units of these groups claimed beyond what was found.
pub fn overclaims<'a>(groups: impl IntoIterator<Item = &'a GroupSummary>) -> Overclaims {
    let mut found = Overclaims::default();
    for group in groups {
        for unit in &group.units {
            let Some(declared) = &unit.declared else {
                found.unknown += 1;
                continue;
            };
            let percents = declared.percent.as_deref().zip(unit.percent.as_deref());
            found.units.push(Overclaim {
                group: group.group.clone(),
                points: gain(&unit.points, &declared.points),
                percent: percents.map(|(declared, last)| gain(last, declared)),
                declared: declared.clone(),
                unit: unit.clone(),
            });
        }
    }
    found.units.sort_by(|one, other| {
        let key = |one: &Overclaim| (Reverse(one.percent.clone()), Reverse(one.points.clone()));
        (key(one), &one.unit.unit).cmp(&(key(other), &other.unit.unit))
    });
    found
}

/// Where a unit is against its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Above the median by more than the tolerance.
    Strength,
    /// Within the tolerance.
    Average,
    /// Below the median by more than the tolerance.
    Weakness,
}

impl Position {
    /// Of a distance from the median in percentage points.
    pub fn of(difference: &Exact, tolerance: &Exact) -> Self {
        if difference > tolerance {
            Self::Strength
        } else if -difference > *tolerance {
            Self::Weakness
        } else {
            Self::Average
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn standing(group: &str, percent: Option<&str>, rank: Option<u32>) -> Standing {
        Standing {
            group: Some(group.to_owned()),
            percent: percent.map(str::to_owned),
            rank,
        }
    }

    fn map(list: &[(&str, Standing)]) -> BTreeMap<String, Standing> {
        list.iter()
            .map(|(unit, one)| ((*unit).to_owned(), one.clone()))
            .collect()
    }

    #[test]
    fn gains_by_hand() {
        let earlier = map(&[
            ("A", standing("SO", Some("70.00"), Some(1))),
            ("B", standing("SO", Some("60.10"), Some(2))),
            ("C", standing("HU", Some("50.00"), Some(1))),
            ("D", standing("SO", None, None)),
            ("GONE", standing("SO", Some("10.00"), Some(3))),
            ("AWAY", standing("HU", Some("10.00"), Some(2))),
        ]);
        let later = map(&[
            ("A", standing("SO", Some("69.95"), Some(3))),
            ("B", standing("SO", Some("80.00"), Some(1))),
            ("C", standing("SO", Some("69.90"), Some(4))),
            ("D", standing("SO", Some("75.00"), Some(2))),
            ("E", standing("SO", Some("20.00"), Some(5))),
            ("F", standing("HU", None, None)),
        ]);
        let found = gains(&earlier, &later, Some("SO"));
        let lines: Vec<_> = found
            .gains
            .iter()
            .map(|one| (one.unit.as_str(), one.change.rounded(2), one.rank_change()))
            .collect();
        // B and C gain 19.90 each; C came from another group, so that its ranks are not compared.
        let expected = [("B", "19.90", Some(1)), ("C", "19.90", None), ("A", "-0.05", Some(-2))];
        assert_eq!(
            lines,
            expected.map(|(unit, change, rank)| (unit, change.to_owned(), rank))
        );
        let absent: Vec<_> = found
            .absent
            .iter()
            .map(|one| (one.unit.as_str(), one.because))
            .collect();
        let expected = [
            ("D", Absence::NothingAppliedEarlier),
            ("E", Absence::NotInEarlier),
            ("GONE", Absence::NotInLater),
        ];
        assert_eq!(absent, expected);
        let all = gains(&earlier, &later, None);
        assert_eq!((all.gains.len(), all.absent.len()), (3, 5));
    }

    #[test]
    fn positions_begin_beyond_the_tolerance() {
        let of = |difference: &str| Position::of(&shown(difference), &shown("5"));
        assert_eq!(of("5"), Position::Average);
        assert_eq!(of("5.01"), Position::Strength);
        assert_eq!(of("-5"), Position::Average);
        assert_eq!(of("-5.01"), Position::Weakness);
    }

    fn summary(units: &[(&str, &str, Option<&str>)]) -> GroupSummary {
        let unit = |(unit, last, declared): &(&str, &str, Option<&str>)| UnitTotal {
            unit: (*unit).to_owned(),
            points: (*last).to_owned(),
            percent: Some((*last).to_owned()),
            rank: Some(1),
            declared: declared.map(|declared| DeclaredTotal {
                points: declared.to_owned(),
                percent: Some(declared.to_owned()),
            }),
        };
        GroupSummary {
            publication: 1,
            round: "R".to_owned(),
            group: Some("SO".to_owned()),
            unit_types: ["SO".to_owned()].into(),
            places: 2,
            units: units.iter().map(unit).collect(),
            total: None,
            nodes: BTreeMap::new(),
            findings: None,
        }
    }

    #[test]
    fn what_nobody_stated_is_unknown_and_not_zero() {
        let found = overclaims([&summary(&[
            ("A", "70.00", Some("75.50")),
            ("B", "70.00", None),
            ("C", "70.00", Some("68.00")),
            ("D", "10.00", Some("15.50")),
        ])]);
        let lines: Vec<_> = found
            .units
            .iter()
            .map(|one| (one.unit.unit.as_str(), one.points.rounded(2)))
            .collect();
        let expected = [("A", "5.50"), ("D", "5.50"), ("C", "-2.00")];
        assert_eq!(lines, expected.map(|(unit, points)| (unit, points.to_owned())));
        assert_eq!(found.unknown, 1);
        // 5.5 + 5.5 − 2 = 9 of three.
        assert_eq!(found.mean_points(), Some(Exact::from_integer(3)));
        assert_eq!(found.mean_percent(), Some(Exact::from_integer(3)));
    }

    proptest! {
        /// Every unit of either side is in exactly one line, the lines are in order, and the other way round the signs turn.
        #[test]
        fn every_unit_is_in_one_line(
            earlier in prop::collection::btree_map("[A-F]", prop::option::of(0_i64..10_000), 0..6),
            later in prop::collection::btree_map("[A-F]", prop::option::of(0_i64..10_000), 0..6),
        ) {
            let side = |side: &BTreeMap<String, Option<i64>>| -> BTreeMap<String, Standing> {
                let one = |(unit, percent): (&String, &Option<i64>)| {
                    let percent = percent.map(|percent| Exact::ratio(percent, 100).rounded(2));
                    (unit.clone(), standing("SO", percent.as_deref(), percent.as_ref().map(|_| 1)))
                };
                side.iter().map(one).collect()
            };
            let (earlier, later) = (side(&earlier), side(&later));
            let (found, turned) = (gains(&earlier, &later, None), gains(&later, &earlier, None));
            let mut units: Vec<&String> = found.gains.iter().map(|one| &one.unit).collect();
            units.extend(found.absent.iter().map(|one| &one.unit));
            units.sort();
            let mut expected: Vec<&String> = earlier.keys().chain(later.keys()).collect();
            expected.sort();
            expected.dedup();
            prop_assert_eq!(units, expected);
            prop_assert!(found.gains.is_sorted_by(|one, other| one.change >= other.change));
            let sum = |gains: &Gains| gains.gains.iter().map(|one| one.change.clone()).sum::<Exact>();
            prop_assert!((sum(&found) + sum(&turned)).is_zero());
        }
    }
}
