//! Which leaves of a round a viewer's grants cover, as conditions that an index can answer.
//!
//! A round is seen as its outline: the leaves of its frameworks and the units that take part. The grants become a few
//! disjoint regions, each a product of scope keys, unit types, criteria and units; together they hold exactly the
//! leaves that [`covers`](super::policy::covers) allows, each once, so that rows can be merged and counts added.

use std::collections::{BTreeMap, BTreeSet};

use super::assessment::QueueItem;
use super::conflict::Assessed;
use super::policy::Viewer;
use super::registry::{Grant, is_within};

/// Most scope keys of one region: MongoDB merges sorted ranges up to 200 and sorts in memory beyond (measured).
pub const MAX_SCOPES: usize = 64;

/// A leaf of the framework of a unit type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafPlace {
    pub unit_type: String,
    pub criterion: String,
    /// The appraising department.
    pub department: String,
}

/// A unit that takes part, as it was when the round opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub unit: String,
    /// Codes of its ancestors.
    pub path: Vec<String>,
    pub unit_type: String,
}

impl Participant {
    fn is_under(&self, root: &str) -> bool {
        self.unit == root || self.path.iter().any(|above| above == root)
    }
}

/// The leaves of a round's frameworks and the units that take part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    pub leaves: Vec<LeafPlace>,
    pub units: Vec<Participant>,
}

impl Outline {
    /// Units at and below some roots.
    fn under(&self, roots: &BTreeSet<String>) -> BTreeSet<String> {
        let found = self.units.iter();
        found
            .filter(|unit| roots.iter().any(|root| unit.is_under(root)))
            .map(|unit| unit.unit.clone())
            .collect()
    }
}

/// A product of conditions; what is absent is not limited. The scope keys are always named, those of the whole round too:
/// so each index of the queue begins with them, and none without them has to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    pub scopes: BTreeSet<String>,
    pub unit_types: Option<BTreeSet<String>>,
    pub criteria: Option<BTreeSet<String>>,
    pub units: Option<BTreeSet<String>>,
}

/// What a person must not judge of a round: a conflict of interest stands in the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// Units whose dossiers are left out.
    pub units: BTreeSet<String>,
    /// Leaves that are left out of the dossiers of other units.
    pub leaves: BTreeMap<String, BTreeSet<String>>,
}

/// The leaves of a round in which the person has a conflict of interest.
pub fn exceptions(viewer: &Viewer, round: &str, outline: &Outline) -> Exceptions {
    let ties = viewer.ties();
    // The own unit is named whether it takes part or not: so the question has one form, and one plan.
    let mut found = Exceptions {
        units: BTreeSet::from([viewer.user.unit.clone()]),
        ..Exceptions::default()
    };
    for unit in &outline.units {
        let assessed = |criterion| Assessed {
            round,
            unit: &unit.unit,
            unit_path: &unit.path,
            unit_type: &unit.unit_type,
            criterion,
        };
        if ties.by_unit(assessed(None)).is_some() {
            found.units.insert(unit.unit.clone());
        } else if ties.recusals_from(round, &unit.unit).next().is_some() {
            let leaves = outline.leaves.iter().filter(|leaf| leaf.unit_type == unit.unit_type);
            let (tied, free): (Vec<_>, Vec<_>) =
                leaves.partition(|leaf| ties.conflict(assessed(Some(&leaf.criterion))).is_some());
            if free.is_empty() {
                found.units.insert(unit.unit.clone());
            } else if !tied.is_empty() {
                let codes = tied.into_iter().map(|leaf| leaf.criterion.clone());
                found.leaves.insert(unit.unit.clone(), codes.collect());
            }
        }
    }
    found
}

/// A part of a region, as conditions that all have to hold besides the region's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    pub region: &'a Region,
    /// The only unit; none for every unit of the region.
    pub unit: Option<&'a str>,
    pub without_units: BTreeSet<&'a str>,
    pub without_criteria: Option<&'a BTreeSet<String>>,
}

impl Region {
    /// The region without the exceptions, in disjoint pieces: one for all dossiers that are whole, and one for each of
    /// which only some leaves are left out.
    pub fn without<'a>(&'a self, exceptions: &'a Exceptions) -> Vec<Piece<'a>> {
        let units = exceptions.units.iter().chain(exceptions.leaves.keys());
        let whole = Piece {
            region: self,
            unit: None,
            without_units: units.map(String::as_str).collect(),
            without_criteria: None,
        };
        let is_here = |unit: &String| self.units.as_ref().is_none_or(|units| units.contains(unit));
        let in_part = exceptions.leaves.iter().filter(|(unit, _)| is_here(unit));
        let in_part = in_part.map(|(unit, leaves)| Piece {
            region: self,
            unit: Some(unit),
            without_units: BTreeSet::new(),
            without_criteria: Some(leaves),
        });
        std::iter::once(whole).chain(in_part).collect()
    }
}

/// Leaves of one code, type and scope key, and the units for which they are covered (absent: all of the key).
struct Atom<'a> {
    scope: String,
    own: bool,
    leaf: &'a LeafPlace,
    units: Option<BTreeSet<String>>,
}

/// The regions that the grants cover together.
pub fn regions(grants: &[&Grant], outline: &Outline) -> Vec<Region> {
    let atoms = atoms(outline);
    let mut size: BTreeMap<&str, usize> = BTreeMap::new();
    let mut size_of_type: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for atom in &atoms {
        *size.entry(&atom.scope).or_default() += 1;
        *size_of_type.entry((&atom.scope, &atom.leaf.unit_type)).or_default() += 1;
    }
    let mut by_units: BTreeMap<Option<BTreeSet<String>>, Vec<&Atom<'_>>> = BTreeMap::new();
    for atom in &atoms {
        match units_of(atom, grants, outline) {
            Some(units) if units.is_empty() => {}
            units => by_units.entry(units).or_default().push(atom),
        }
    }
    let mut found = Vec::new();
    for (units, covered) in by_units {
        let mut by_scope: BTreeMap<&str, Vec<&Atom<'_>>> = BTreeMap::new();
        for atom in covered {
            by_scope.entry(&atom.scope).or_default().push(atom);
        }
        let (whole, partial): (Vec<_>, Vec<_>) = by_scope
            .into_iter()
            .partition(|(scope, atoms)| atoms.len() == size[scope]);
        let scopes: Vec<String> = whole.into_iter().map(|(scope, _)| scope.to_owned()).collect();
        found.extend(scopes.chunks(MAX_SCOPES).map(|chunk| Region {
            scopes: chunk.iter().cloned().collect(),
            unit_types: None,
            criteria: None,
            units: units.clone(),
        }));
        found.extend(partly(partial, &size_of_type, units.as_ref()));
    }
    found
}

/// Regions of scope keys of which only some leaves are covered. A leaf has one department in the framework of a type,
/// so that keys, a type and criteria make a product as long as own and foreign keys are kept apart.
fn partly(
    scopes: Vec<(&str, Vec<&Atom<'_>>)>,
    size_of_type: &BTreeMap<(&str, &str), usize>,
    units: Option<&BTreeSet<String>>,
) -> Vec<Region> {
    type Product = (BTreeSet<String>, BTreeSet<String>);
    type Limit = (BTreeSet<String>, Option<BTreeSet<String>>);
    let mut limited: BTreeMap<(bool, String), Product> = BTreeMap::new();
    let mut unlimited: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (scope, atoms) in scopes {
        let mut by_type: BTreeMap<&str, Vec<&Atom<'_>>> = BTreeMap::new();
        for atom in atoms {
            by_type.entry(&atom.leaf.unit_type).or_default().push(atom);
        }
        for (unit_type, atoms) in by_type {
            if atoms.len() == size_of_type[&(scope, unit_type)] {
                unlimited
                    .entry(unit_type.to_owned())
                    .or_default()
                    .insert(scope.to_owned());
                continue;
            }
            for atom in atoms {
                let (scopes, criteria) = limited.entry((atom.own, unit_type.to_owned())).or_default();
                scopes.insert(scope.to_owned());
                criteria.insert(atom.leaf.criterion.clone());
            }
        }
    }
    let unlimited = unlimited
        .into_iter()
        .map(|(unit_type, scopes)| (unit_type, scopes, None));
    let limited = limited
        .into_iter()
        .map(|((_, unit_type), (scopes, criteria))| (unit_type, scopes, Some(criteria)));
    // The same keys and criteria in several types are one region.
    let mut merged: BTreeMap<Limit, BTreeSet<String>> = BTreeMap::new();
    for (unit_type, scopes, criteria) in unlimited.chain(limited) {
        merged.entry((scopes, criteria)).or_default().insert(unit_type);
    }
    merged
        .into_iter()
        .map(|((scopes, criteria), unit_types)| Region {
            scopes,
            unit_types: Some(unit_types),
            criteria,
            units: units.cloned(),
        })
        .collect()
}

/// Every leaf by its scope key; a department that takes part itself has a key of its own for its own dossier.
fn atoms(outline: &Outline) -> Vec<Atom<'_>> {
    let mut found = Vec::new();
    for leaf in &outline.leaves {
        let mut add = |scope: String, own: bool, units| {
            found.push(Atom {
                scope,
                own,
                leaf,
                units,
            })
        };
        add(QueueItem::scope_of(&leaf.department, ""), false, None);
        let takes_part = |unit: &Participant| unit.unit == leaf.department && unit.unit_type == leaf.unit_type;
        if outline.units.iter().any(takes_part) {
            let only = BTreeSet::from([leaf.department.clone()]);
            add(
                QueueItem::scope_of(&leaf.department, &leaf.department),
                true,
                Some(only),
            );
        }
    }
    found
}

/// The units for which the grants cover a leaf; absent: all that its key has.
fn units_of(atom: &Atom<'_>, grants: &[&Grant], outline: &Outline) -> Option<BTreeSet<String>> {
    let leaf = atom.leaf;
    let mut roots = BTreeSet::new();
    for grant in grants.iter().filter(|grant| grant.covers_leaf(leaf)) {
        match (&grant.unit, atom.own, &grant.department) {
            // In the department's own dossier a grant by department is the named substitute's alone.
            (unit, true, Some(department)) if unit.as_ref() != Some(department) => {}
            (None, _, _) => return None,
            (Some(root), ..) => {
                roots.insert(root.clone());
            }
        }
    }
    let under = outline.under(&roots);
    if let Some(only) = &atom.units {
        // The key itself says which unit it is.
        return if under.is_superset(only) {
            None
        } else {
            Some(BTreeSet::new())
        };
    }
    let of_type = |unit: &&Participant| unit.unit_type == leaf.unit_type && unit.unit != leaf.department;
    let found = outline.units.iter().filter(of_type).map(|unit| unit.unit.clone());
    Some(found.filter(|unit| under.contains(unit)).collect())
}

impl Grant {
    /// Whether the grant covers a leaf of a framework, whatever the unit.
    pub(super) fn covers_leaf(&self, leaf: &LeafPlace) -> bool {
        let of_type = self.unit_types.is_empty() || self.unit_types.contains(&leaf.unit_type);
        let in_subtree = self.criteria.is_empty() || self.criteria.iter().any(|root| is_within(&leaf.criterion, root));
        let appraised = self.department.as_ref().is_none_or(|one| *one == leaf.department);
        of_type && in_subtree && appraised
    }
}

#[cfg(test)]
pub(super) mod tests;
