//! Who appraises what of a round: a plan made from grants, conflicts of interest and load limits.
//!
//! What one person judges of a dossier is a share: the leaves that the same people may judge there, of one appraising
//! department, so that documents used for several leaves are read by one pair of eyes. Its weight is the number of its leaves.
//! The plan gives each share to one of those whose grants cover it and who have no conflict of interest, evenly:
//!
//! - heavier shares first, each to who has least; where nobody has room, shares of the same weight are passed on in a chain
//!   until somebody has;
//! - then shares are passed on, one or a chain of the same weight, as long as that makes the loads more even (the sum of
//!   their squares smaller). With shares of one weight the result is the most even one there is; among people who may
//!   judge the same, loads then differ by one share at most.
//!
//! The same input gives the same plan, in whatever order it comes: people are taken by login, shares by unit. What nobody
//! can be given is named with the reason. Whether a leaf has been submitted is not asked: a plan is made before. What needs no
//! appraiser, because it does not apply or is verified, is in no share, and what somebody has verified weighs as if it were given.

pub mod matrix;
mod plan;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::civil::Date;

pub use self::plan::{Allocation, AllocationInForce, Load, Lot, Plan, Reason, Share};
use super::assignment::{LeafPlace, Outline, Participant};
use super::conflict::{Assessed, Conflict, Ties};
use super::policy::{Permission, Resource, Viewer, covers};
use super::registry::Grant;

/// Most times that shares are passed on to make loads more even: far more than a country's plan takes. Behind it the plan
/// is as good as before, and less even than it could be.
const MAX_PASSES: usize = 100_000;

/// Somebody who may be given shares.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub viewer: Viewer,
    /// Most leaves, those verified already too; none for no limit.
    pub most: Option<u64>,
    /// Leaves of the round that the person has verified already.
    pub verified: u64,
}

/// By unit, codes of the leaves that need no appraiser: they do not apply to it, or they are verified.
pub type Done = BTreeMap<String, BTreeSet<String>>;

/// Gives the leaves of a round to the people who may judge them on a day.
pub fn allocate(round: &str, outline: &Outline, done: &Done, candidates: &[Candidate], day: Date) -> Plan {
    let mut people: Vec<&Candidate> = candidates.iter().collect();
    people.sort_by(|one, other| one.viewer.user.login.cmp(&other.viewer.user.login));
    people.dedup_by(|one, other| one.viewer.user.login == other.viewer.user.login);
    let asked = Asked::new(round, &people, day);
    let (shares, mut left) = asked.shares(outline, done);
    let most: Vec<Option<u64>> = people.iter().map(|person| person.most).collect();
    let mut kinds: BTreeMap<(Vec<usize>, u64), Vec<Share>> = BTreeMap::new();
    for (share, able) in shares {
        kinds.entry((able, share.weight())).or_default().push(share);
    }
    let (named, mut shares): (Vec<Kind>, Vec<Vec<Share>>) = kinds
        .into_iter()
        .map(|((able, weight), shares)| {
            let count = shares.len() as u64;
            (Kind { able, weight, count }, shares)
        })
        .unzip();
    let verified: Vec<u64> = people.iter().map(|person| person.verified).collect();
    let table = Table::filled(&named, &most, &verified);
    let mut plan = Plan::default();
    for (kind, shares) in shares.iter_mut().enumerate() {
        shares.sort_unstable();
        let mut shares = shares.drain(..);
        for (person, held) in table.held.iter().enumerate() {
            let count = held.get(&kind).copied().unwrap_or(0);
            let login = &people[person].viewer.user.login;
            let taken = shares.by_ref().take(usize::try_from(count).unwrap_or(usize::MAX));
            plan.given.extend(taken.map(|share| (share, login.clone())));
        }
        left.extend(shares.map(|share| (share, Reason::NoRoom)));
    }
    plan.given.sort_unstable();
    left.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    plan.left = left;
    plan.loads = people
        .iter()
        .enumerate()
        .map(|(person, candidate)| Load {
            login: candidate.viewer.user.login.clone(),
            leaves: table.load[person] - candidate.verified,
            shares: table.held[person].values().sum(),
            verified: candidate.verified,
            most: candidate.most,
        })
        .collect();
    plan
}

/// A share with the people who may judge it.
type Able = (Share, Vec<usize>);

/// People, each with the places of those grants that cover a leaf in some dossier.
type Covering = Vec<(usize, Vec<usize>)>;

/// A leaf with its place in the framework's order.
type Placed<'a> = (usize, &'a LeafPlace);

/// The department of leaves, who may judge them, and, where nobody may, the conflicts that stand in the way.
type ShareOf<'a> = (&'a str, Vec<usize>, BTreeSet<Conflict>);

/// Leaves of one department in the framework of a type, covered by the same grants whatever the unit.
struct LeafClass<'a> {
    leaves: Vec<Placed<'a>>,
    /// By person, those grants that cover them in some dossier.
    grants: Vec<(usize, Vec<&'a Grant>)>,
}

/// Who is asked, with what does not depend on the dossier.
struct Asked<'a> {
    round: &'a str,
    grants: Vec<Vec<&'a Grant>>,
    ties: Vec<Ties<'a>>,
}

impl<'a> Asked<'a> {
    fn new(round: &'a str, people: &[&'a Candidate], day: Date) -> Self {
        let grants = |person: &&'a Candidate| person.viewer.grants_of(Permission::Review, day).collect();
        Self {
            round,
            grants: people.iter().map(grants).collect(),
            ties: people.iter().map(|person| person.viewer.ties()).collect(),
        }
    }

    /// Shares with the people who may judge them, and what nobody may.
    fn shares(&self, outline: &Outline, done: &Done) -> (Vec<Able>, Vec<(Share, Reason)>) {
        let classes = self.classes(outline);
        let (mut shares, mut left) = (Vec::new(), Vec::new());
        for unit in &outline.units {
            for ((department, able, conflicts), leaves) in self.of_dossier(unit, done.get(&unit.unit), &classes) {
                let share = Share {
                    unit: unit.unit.clone(),
                    department: department.to_owned(),
                    criteria: leaves.into_values().map(str::to_owned).collect(),
                };
                match (able.is_empty(), conflicts.is_empty()) {
                    (false, _) => shares.push((share, able)),
                    (true, true) => left.push((share, Reason::NoAppraiser)),
                    (true, false) => left.push((share, Reason::Conflicts(conflicts))),
                }
            }
        }
        (shares, left)
    }

    /// Leaves of each type, those together that the same grants cover.
    fn classes<'b>(&'b self, outline: &'b Outline) -> BTreeMap<&'b str, Vec<LeafClass<'b>>> {
        type ByGrants<'c> = BTreeMap<(&'c str, Covering), Vec<Placed<'c>>>;
        let mut by_type: BTreeMap<&str, ByGrants<'b>> = BTreeMap::new();
        for (place, leaf) in outline.leaves.iter().enumerate() {
            let of = |(person, grants): (usize, &Vec<&Grant>)| {
                let places = grants.iter().enumerate();
                let places: Vec<usize> = places
                    .filter(|(_, grant)| grant.covers_leaf(leaf))
                    .map(|(place, _)| place)
                    .collect();
                (!places.is_empty()).then_some((person, places))
            };
            let grants = self.grants.iter().enumerate().filter_map(of).collect();
            let classes = by_type.entry(&leaf.unit_type).or_default();
            classes
                .entry((&leaf.department, grants))
                .or_default()
                .push((place, leaf));
        }
        let grants_at = |(person, places): (usize, Vec<usize>)| {
            let grants = places.into_iter().map(|place| self.grants[person][place]);
            (person, grants.collect())
        };
        let class = |((_, grants), leaves): ((&str, Covering), Vec<Placed<'b>>)| LeafClass {
            leaves,
            grants: grants.into_iter().map(grants_at).collect(),
        };
        by_type
            .into_iter()
            .map(|(unit_type, classes)| (unit_type, classes.into_iter().map(class).collect()))
            .collect()
    }

    /// The shares of a dossier, each with its leaves in the framework's order.
    fn of_dossier<'b>(
        &self,
        unit: &Participant,
        done: Option<&BTreeSet<String>>,
        classes: &BTreeMap<&str, Vec<LeafClass<'b>>>,
    ) -> BTreeMap<ShareOf<'b>, BTreeMap<usize, &'b str>> {
        let assessed = |criterion| Assessed {
            round: self.round,
            unit: &unit.unit,
            unit_path: &unit.path,
            unit_type: &unit.unit_type,
            criterion,
        };
        let by_unit: Vec<Option<Conflict>> = self.ties.iter().map(|ties| ties.by_unit(assessed(None))).collect();
        let recusals = |ties: &Ties<'_>| ties.recusals_from(self.round, &unit.unit).next().is_some();
        let recused: Vec<bool> = self.ties.iter().map(recusals).collect();
        let mut found: BTreeMap<ShareOf<'b>, BTreeMap<usize, &'b str>> = BTreeMap::new();
        let mut add = |leaves: &[Placed<'b>], class: &LeafClass<'b>| {
            let Some((_, first)) = leaves.first() else { return };
            let resource = Resource::Leaf {
                round: self.round,
                unit: &unit.unit,
                unit_path: &unit.path,
                unit_type: &unit.unit_type,
                criterion: &first.criterion,
                department: &first.department,
            };
            let (mut able, mut conflicts) = (Vec::new(), BTreeSet::new());
            for (person, grants) in &class.grants {
                if !grants.iter().any(|grant| covers(grant, resource)) {
                    continue;
                }
                let conflict = by_unit[*person].or_else(|| match recused[*person] {
                    true => self.ties[*person].conflict(assessed(Some(&first.criterion))),
                    false => None,
                });
                match conflict {
                    Some(conflict) => drop(conflicts.insert(conflict)),
                    None => able.push(*person),
                }
            }
            if !able.is_empty() {
                conflicts.clear();
            }
            let share = found.entry((&first.department, able, conflicts)).or_default();
            share.extend(leaves.iter().map(|(place, leaf)| (*place, leaf.criterion.as_str())));
        };
        for class in classes.get(unit.unit_type.as_str()).into_iter().flatten() {
            let is_left = |(_, leaf): &&Placed<'b>| done.is_none_or(|done| !done.contains(&leaf.criterion));
            let leaves: Vec<Placed<'b>> = class.leaves.iter().filter(is_left).copied().collect();
            // A recusal may be from some of the leaves.
            match recused.contains(&true) {
                true => leaves.iter().for_each(|leaf| add(&[*leaf], class)),
                false => add(&leaves, class),
            }
        }
        found
    }
}

/// Shares that are alike to the plan: the same people may judge them, and they weigh the same.
#[derive(Clone, Debug)]
struct Kind {
    able: Vec<usize>,
    weight: u64,
    count: u64,
}

/// How many shares of each kind each person holds.
#[derive(Debug)]
struct Table<'a> {
    kinds: &'a [Kind],
    most: &'a [Option<u64>],
    held: Vec<BTreeMap<usize, u64>>,
    /// Leaves of each person, those verified already too.
    load: Vec<u64>,
}

/// Shares of one weight that are passed on: from whom, of which kind, to whom.
type Chain = Vec<(usize, usize, usize)>;

impl<'a> Table<'a> {
    fn filled(kinds: &'a [Kind], most: &'a [Option<u64>], verified: &[u64]) -> Self {
        let mut table = Self {
            kinds,
            most,
            held: vec![BTreeMap::new(); most.len()],
            load: verified.to_vec(),
        };
        // Evening out may take from somebody who then has room for what nobody had before.
        while table.hand_out() > 0 {
            table.even_out();
        }
        table
    }

    fn has_room(&self, person: usize, weight: u64) -> bool {
        self.most[person].is_none_or(|most| self.load[person] + weight <= most)
    }

    fn give(&mut self, kind: usize, person: usize) {
        *self.held[person].entry(kind).or_default() += 1;
        self.load[person] += self.kinds[kind].weight;
    }

    fn pass_on(&mut self, chain: &Chain) {
        for (from, kind, to) in chain {
            if let Some(count) = self.held[*from].get_mut(kind) {
                *count -= 1;
                if *count == 0 {
                    self.held[*from].remove(kind);
                }
            }
            self.load[*from] -= self.kinds[*kind].weight;
            self.give(*kind, *to);
        }
    }

    /// How many shares of a kind nobody holds.
    fn left(&self, kind: usize) -> u64 {
        let held = self.held.iter().filter_map(|held| held.get(&kind));
        self.kinds[kind].count - held.sum::<u64>()
    }

    /// Heavy shares first, and of equal ones those that few may judge; each to who has least. Gives how many were placed.
    fn hand_out(&mut self) -> u64 {
        let mut placed = 0;
        let mut order: Vec<usize> = (0..self.kinds.len()).collect();
        order.sort_by_key(|kind| {
            (
                std::cmp::Reverse(self.kinds[*kind].weight),
                self.kinds[*kind].able.len(),
                *kind,
            )
        });
        for kind in order {
            let Kind { able, weight, .. } = &self.kinds[kind];
            for _ in 0..self.left(kind) {
                let free = able.iter().copied().filter(|person| self.has_room(*person, *weight));
                if let Some(person) = free.min_by_key(|person| (self.load[*person], *person)) {
                    self.give(kind, person);
                    placed += 1;
                    continue;
                }
                let room = |table: &Self, person: usize| table.has_room(person, *weight);
                let Some(chain) = self.chain(able, *weight, room) else {
                    break;
                };
                self.pass_on(&chain);
                if let Some((first, ..)) = chain.first() {
                    self.give(kind, *first);
                    placed += 1;
                }
            }
        }
        placed
    }

    /// Passes shares on as long as loads become more even.
    fn even_out(&mut self) {
        let weights: BTreeSet<u64> = self.kinds.iter().map(|kind| kind.weight).collect();
        let mut passes = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for person in 0..self.load.len() {
                for weight in &weights {
                    let lighter = |table: &Self, other: usize| {
                        table.load[person] > table.load[other] + weight && table.has_room(other, *weight)
                    };
                    while let Some(chain) = self.chain(&[person], *weight, lighter) {
                        self.pass_on(&chain);
                        changed = true;
                        passes += 1;
                        if passes == MAX_PASSES {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// The shortest chain of shares of one weight from one of some people to somebody wanted, the one with least of
    /// those that are found.
    fn chain(&self, from: &[usize], weight: u64, wanted: impl Fn(&Self, usize) -> bool) -> Option<Chain> {
        let mut reached_by: Vec<Option<(usize, usize)>> = vec![None; self.load.len()];
        let mut is_seen = vec![false; self.load.len()];
        let mut queue: VecDeque<usize> = from.iter().copied().collect();
        queue.iter().for_each(|person| is_seen[*person] = true);
        let mut best: Option<usize> = None;
        while let Some(person) = queue.pop_front() {
            for kind in self.held[person]
                .keys()
                .filter(|kind| self.kinds[**kind].weight == weight)
            {
                for other in &self.kinds[*kind].able {
                    if std::mem::replace(&mut is_seen[*other], true) {
                        continue;
                    }
                    reached_by[*other] = Some((person, *kind));
                    queue.push_back(*other);
                    let is_better = best.is_none_or(|best| self.load[*other] < self.load[best]);
                    if is_better && wanted(self, *other) {
                        best = Some(*other);
                    }
                }
            }
        }
        let mut chain = Vec::new();
        let mut last = best?;
        while let Some((person, kind)) = reached_by[last] {
            chain.push((person, kind, last));
            last = person;
        }
        chain.reverse();
        Some(chain)
    }
}

#[cfg(test)]
mod tests;
