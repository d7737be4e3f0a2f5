use proptest::prelude::*;

use super::*;
use crate::domain::conflict::{Recusal, UnitPlace};
use crate::domain::policy::Permission;
use crate::domain::policy::{Resource, covers};
use crate::domain::registry::{AccountKind, Role, User};

fn grant(unit: Option<&str>, types: &[&str], criteria: &[&str], department: Option<&str>) -> Grant {
    let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    Grant {
        id: "g".to_owned(),
        login: "a".to_owned(),
        role: Role::Appraiser,
        unit: unit.map(str::to_owned),
        unit_types: owned(types),
        criteria: owned(criteria),
        department: department.map(str::to_owned),
        valid_from: "2018-01-01".parse().unwrap(),
        valid_to: None,
        document: None,
        revoked: None,
    }
}

pub fn leaf(unit_type: &str, criterion: &str, department: &str) -> LeafPlace {
    LeafPlace {
        unit_type: unit_type.to_owned(),
        criterion: criterion.to_owned(),
        department: department.to_owned(),
    }
}

pub fn unit(unit: &str, path: &[&str], unit_type: &str) -> Participant {
    Participant {
        unit: unit.to_owned(),
        path: path.iter().map(|one| (*one).to_owned()).collect(),
        unit_type: unit_type.to_owned(),
    }
}

/// A leaf of a unit's dossier as the policy sees it.
pub fn resource<'a>(unit: &'a Participant, leaf: &'a LeafPlace) -> Resource<'a> {
    Resource::Leaf {
        round: "T",
        unit: &unit.unit,
        unit_path: &unit.path,
        unit_type: &unit.unit_type,
        criterion: &leaf.criterion,
        department: &leaf.department,
    }
}

/// Two frameworks, three departments of which two are assessed themselves, and a unit below another.
fn outline() -> Outline {
    Outline {
        leaves: vec![
            leaf("SO", "1.1", "SNV"),
            leaf("SO", "1.2", "STTTT"),
            leaf("SO", "3.4.1", "SNV"),
            leaf("SO", "3.4.2", "VPUB"),
            leaf("HU", "1.1", "SNV"),
            leaf("HU", "1.2", "SNV"),
            leaf("HU", "3.4.1", "STTTT"),
        ],
        units: vec![
            unit("SNV", &["TINH"], "SO"),
            unit("BTD", &["SNV", "TINH"], "SO"),
            unit("STTTT", &["TINH"], "SO"),
            unit("TX", &["TINH"], "HU"),
            unit("H", &["TINH"], "HU"),
        ],
    }
}

fn holds_piece(piece: &Piece<'_>, unit: &Participant, leaf: &LeafPlace) -> bool {
    holds(piece.region, unit, leaf)
        && piece.unit.is_none_or(|only| only == unit.unit)
        && !piece.without_units.contains(unit.unit.as_str())
        && !piece
            .without_criteria
            .is_some_and(|codes| codes.contains(&leaf.criterion))
}

/// Every leaf that the policy lets somebody judge is in one piece of the queue, every other one in none.
fn check_judged(viewer: &Viewer) {
    let outline = outline();
    let day = "2020-01-01".parse().unwrap();
    let grants: Vec<&Grant> = viewer.grants_of(Permission::Review, day).collect();
    let regions = regions(&grants, &outline);
    let exceptions = exceptions(viewer, "T", &outline);
    let pieces: Vec<Piece<'_>> = regions.iter().flat_map(|region| region.without(&exceptions)).collect();
    for unit in &outline.units {
        for leaf in outline.leaves.iter().filter(|leaf| leaf.unit_type == unit.unit_type) {
            let resource = resource(unit, leaf);
            let judged = viewer.authorize(Permission::Review, resource, day).is_ok();
            let found = pieces.iter().filter(|piece| holds_piece(piece, unit, leaf)).count();
            assert_eq!(
                found,
                usize::from(judged),
                "{} {}: {pieces:?}",
                unit.unit,
                leaf.criterion
            );
        }
    }
}

fn holds(region: &Region, unit: &Participant, leaf: &LeafPlace) -> bool {
    let among = |set: &Option<BTreeSet<String>>, value: &str| set.as_ref().is_none_or(|set| set.contains(value));
    let scope = QueueItem::scope_of(&leaf.department, &unit.unit);
    region.scopes.contains(&scope)
        && among(&region.unit_types, &unit.unit_type)
        && among(&region.criteria, &leaf.criterion)
        && among(&region.units, &unit.unit)
}

/// Every leaf that a grant covers is in one region, every other one in none.
fn check(grants: &[Grant]) {
    let outline = outline();
    let grants: Vec<&Grant> = grants.iter().collect();
    let regions = regions(&grants, &outline);
    for unit in &outline.units {
        for leaf in outline.leaves.iter().filter(|leaf| leaf.unit_type == unit.unit_type) {
            let resource = resource(unit, leaf);
            let covered = grants.iter().any(|grant| covers(grant, resource));
            let found = regions.iter().filter(|region| holds(region, unit, leaf)).count();
            assert_eq!(
                found,
                usize::from(covered),
                "{} {}: {regions:?}",
                unit.unit,
                leaf.criterion
            );
        }
    }
}

#[test]
fn a_department_is_one_key_and_a_substitute_one_more() {
    let own = grant(None, &[], &[], Some("SNV"));
    let found = regions(&[&own], &outline());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].scopes, BTreeSet::from(["SNV".to_owned()]));
    let substitute = grant(Some("SNV"), &[], &[], Some("SNV"));
    check(&[own, substitute]);
}

#[test]
fn a_grant_without_limits_is_one_region_of_all_keys() {
    let all = grant(None, &[], &[], None);
    let found = regions(&[&all], &outline());
    assert_eq!(
        found,
        [Region {
            scopes: atoms(&outline()).into_iter().map(|atom| atom.scope).collect(),
            unit_types: None,
            criteria: None,
            units: None
        }]
    );
}

#[test]
fn a_criterion_subtree_is_keys_with_criteria() {
    let subtree = grant(None, &["SO"], &["3.4"], None);
    check(std::slice::from_ref(&subtree));
    let set = |one: &str| Some(BTreeSet::from([one.to_owned()]));
    let found = regions(&[&subtree], &outline());
    assert!(found.contains(&Region {
        scopes: BTreeSet::from(["SNV".to_owned()]),
        unit_types: set("SO"),
        criteria: set("3.4.1"),
        units: None
    }));
}

proptest! {
    #[test]
    fn regions_hold_exactly_what_the_grants_cover(grants in prop::collection::vec(any_grant(), 0..4)) {
        check(&grants);
    }
}

proptest! {
    #[test]
    fn the_queue_holds_exactly_what_the_gate_lets_somebody_judge(viewer in any_viewer()) {
        check_judged(&viewer);
    }
}

/// Somebody of any unit of the outline, of the owner above it, or of a division below one, with any grants and recusals.
fn any_viewer() -> impl Strategy<Value = Viewer> {
    let place = |unit: &str, path: &[&str], unit_type: &str| {
        let path = path.iter().map(|one| (*one).to_owned()).collect();
        let unit_type = unit_type.to_owned();
        (unit.to_owned(), Some(UnitPlace { path, unit_type }))
    };
    let places = vec![
        place("TINH", &[], "OTHER"),
        place("SNV", &["TINH"], "SO"),
        place("BTD", &["SNV", "TINH"], "SO"),
        place("STTTT", &["TINH"], "SO"),
        place("H", &["TINH"], "HU"),
        place("PCCHC", &["SNV", "TINH"], "OTHER"),
        ("GONE".to_owned(), None),
    ];
    let held = prop::option::of((
        prop::sample::select(vec![Role::Officer, Role::Head]),
        prop::sample::select(vec!["SNV", "BTD", "H", "TINH"]),
    ));
    let grants = prop::collection::vec(any_grant(), 0..3);
    let recusals = prop::collection::vec(any_recusal(), 0..4);
    (prop::sample::select(places), grants, held, recusals).prop_map(|((unit, place), mut grants, held, recusals)| {
        grants.extend(held.map(|(role, unit)| Grant {
            role,
            ..grant(Some(unit), &[], &[], None)
        }));
        let (login, name) = ("a".to_owned(), "A".to_owned());
        Viewer {
            user: User {
                login,
                name,
                kind: AccountKind::Person,
                unit,
                active: true,
            },
            grants,
            recusals,
            place,
        }
    })
}

fn any_recusal() -> impl Strategy<Value = Recusal> {
    let units = prop::sample::select(vec!["SNV", "BTD", "STTTT", "TX", "H"]);
    let criteria = prop::option::of(prop::sample::select(vec!["1", "1.1", "3", "3.4.1", "9"]));
    let rounds = prop::sample::select(vec!["T", "T", "OTHER"]);
    (rounds, units, criteria, any::<bool>()).prop_map(|(round, unit, criterion, lifted)| Recusal {
        id: "r".to_owned(),
        login: "a".to_owned(),
        round: round.to_owned(),
        unit: unit.to_owned(),
        criterion: criterion.map(str::to_owned),
        reason: "r".to_owned(),
        declared_at: jiff::Timestamp::UNIX_EPOCH,
        declared_by: "a".to_owned(),
        lifted: lifted.then(|| crate::domain::registry::Revocation {
            at: jiff::Timestamp::UNIX_EPOCH,
            by: "m".to_owned(),
            reason: "r".to_owned(),
        }),
    })
}

fn any_grant() -> impl Strategy<Value = Grant> {
    let units = prop::option::of(prop::sample::select(vec!["TINH", "SNV", "BTD", "STTTT", "H", "NONE"]));
    let types = prop::collection::vec(prop::sample::select(vec!["SO", "HU", "ND"]), 0..2);
    let criteria = prop::collection::vec(prop::sample::select(vec!["1", "1.1", "3", "3.4.1", "9"]), 0..3);
    let departments = prop::option::of(prop::sample::select(vec!["SNV", "STTTT", "VPUB"]));
    (units, types, criteria, departments)
        .prop_map(|(unit, types, criteria, department)| grant(unit, &types, &criteria, department))
}
