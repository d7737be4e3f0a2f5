//! Who may appraise what of a round, and what the plan in force gives them: department × criteria × unit type.
//!
//! A line has the leaves of one department in the framework of one type that the same grants cover, whatever the unit. For each
//! person of a line it says in how many dossiers' leaves the grants allow to judge, how many of them a conflict of interest takes
//! away and which, and how many the plan gives. A line without people is one that nobody may appraise.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Allocation, Asked, Candidate, LeafClass};
use crate::domain::assignment::{Outline, Participant};
use crate::domain::conflict::{Assessed, Conflict, Recusal};
use crate::domain::policy::{Resource, covers};
use crate::domain::registry::{Role, User, is_within};

/// Leaves that the same people may appraise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub unit_type: String,
    /// The appraising department.
    pub department: String,
    /// Codes of the leaves, in the framework's order.
    pub criteria: Vec<String>,
    /// How many units of the type take part.
    pub dossiers: u64,
    /// By login.
    pub people: Vec<Part>,
}

/// One person in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub user: User,
    /// Whether one of the grants is a lead's.
    pub leads: bool,
    /// Whether the person is named to appraise the department's own dossier.
    pub substitutes: bool,
    /// Leaves that the person may judge.
    pub leaves: u64,
    /// Leaves that a conflict of interest takes away.
    pub kept_out: u64,
    /// The conflicts that do.
    pub conflicts: BTreeSet<Conflict>,
    /// Recusals that stand, from leaves of the line.
    pub recusals: Vec<Recusal>,
    /// Leaves that the plan in force gives to the person.
    pub planned: u64,
    /// Units of whose dossiers these are.
    pub units: BTreeSet<String>,
}

/// The lines by unit type, department and first leaf.
pub fn matrix(round: &str, outline: &Outline, candidates: &[Candidate], parts: &[Allocation], day: Date) -> Vec<Line> {
    let mut people: Vec<&Candidate> = candidates.iter().collect();
    people.sort_by(|one, other| one.viewer.user.login.cmp(&other.viewer.user.login));
    let asked = Asked::new(round, &people, day);
    let parts: BTreeMap<&str, &Allocation> = parts.iter().map(|part| (part.login.as_str(), part)).collect();
    let mut lines = Vec::new();
    for (unit_type, classes) in asked.classes(outline) {
        let units: Vec<&Participant> = outline
            .units
            .iter()
            .filter(|unit| unit.unit_type == unit_type)
            .collect();
        for class in classes {
            let Some((first, leaf)) = class.leaves.first() else {
                continue;
            };
            let part = |(person, _): &(usize, _)| {
                let login = people[*person].viewer.user.login.as_str();
                asked.part(*person, people[*person], &class, &units, parts.get(login).copied())
            };
            let line = Line {
                unit_type: unit_type.to_owned(),
                department: leaf.department.clone(),
                criteria: class.leaves.iter().map(|(_, leaf)| leaf.criterion.clone()).collect(),
                dossiers: units.len() as u64,
                people: class.grants.iter().map(part).filter(Part::reaches_any).collect(),
            };
            lines.push((*first, line));
        }
    }
    lines.sort_by(|(one, line), (other, next)| {
        let key = |line: &Line, place: usize| (line.unit_type.clone(), line.department.clone(), place);
        key(line, *one).cmp(&key(next, *other))
    });
    lines.into_iter().map(|(_, line)| line).collect()
}

impl Part {
    /// Whether the grants cover leaves of the line in any dossier, be they kept from the person.
    fn reaches_any(&self) -> bool {
        self.leaves > 0 || self.kept_out > 0
    }
}

impl Asked<'_> {
    fn part(
        &self,
        person: usize,
        candidate: &Candidate,
        class: &LeafClass<'_>,
        units: &[&Participant],
        planned: Option<&Allocation>,
    ) -> Part {
        let grants = class.grants.iter().find(|(one, _)| *one == person);
        let grants = grants.map(|(_, grants)| grants.as_slice()).unwrap_or_default();
        let ties = &self.ties[person];
        let mut part = Part {
            user: candidate.viewer.user.clone(),
            leads: grants.iter().any(|grant| grant.role == Role::LeadAppraiser),
            substitutes: false,
            leaves: 0,
            kept_out: 0,
            conflicts: BTreeSet::new(),
            recusals: Vec::new(),
            planned: 0,
            units: BTreeSet::new(),
        };
        for unit in units {
            for (_, leaf) in &class.leaves {
                let resource = Resource::Leaf {
                    round: self.round,
                    unit: &unit.unit,
                    unit_path: &unit.path,
                    unit_type: &unit.unit_type,
                    criterion: &leaf.criterion,
                    department: &leaf.department,
                };
                if !grants.iter().any(|grant| covers(grant, resource)) {
                    continue;
                }
                part.substitutes |= leaf.department == unit.unit;
                let conflict = ties.conflict(Assessed {
                    round: self.round,
                    unit: &unit.unit,
                    unit_path: &unit.path,
                    unit_type: &unit.unit_type,
                    criterion: Some(&leaf.criterion),
                });
                match conflict {
                    None => part.leaves += 1,
                    Some(conflict) => {
                        part.kept_out += 1;
                        part.conflicts.insert(conflict);
                    }
                }
            }
            let is_of_line = |recusal: &&Recusal| {
                let within = |root: &String| class.leaves.iter().any(|(_, leaf)| is_within(&leaf.criterion, root));
                recusal.criterion.as_ref().is_none_or(within)
            };
            let standing = ties.recusals_from(self.round, &unit.unit).filter(is_of_line);
            part.recusals.extend(standing.cloned());
        }
        let codes: BTreeSet<&String> = class.leaves.iter().map(|(_, leaf)| &leaf.criterion).collect();
        let of_type: BTreeSet<&String> = units.iter().map(|unit| &unit.unit).collect();
        let department = class.leaves.first().map(|(_, leaf)| leaf.department.as_str());
        let lots = planned.into_iter().flat_map(|part| &part.lots);
        for lot in lots.filter(|lot| Some(lot.department.as_str()) == department) {
            let leaves = lot.criteria.iter().filter(|code| codes.contains(code)).count();
            let units: Vec<&String> = lot.units.iter().filter(|unit| of_type.contains(unit)).collect();
            if leaves > 0 {
                part.planned += (leaves * units.len()) as u64;
                part.units.extend(units.into_iter().cloned());
            }
        }
        part
    }
}
