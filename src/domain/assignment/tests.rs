use proptest::prelude::*;

use super::*;
use crate::domain::policy::{Resource, covers};
use crate::domain::registry::Role;

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

/// Two frameworks, three departments of which two are assessed themselves, and a unit below another.
fn outline() -> Outline {
    let leaf = |unit_type: &str, criterion: &str, department: &str| LeafPlace {
        unit_type: unit_type.to_owned(),
        criterion: criterion.to_owned(),
        department: department.to_owned(),
    };
    let unit = |unit: &str, path: &[&str], unit_type: &str| Participant {
        unit: unit.to_owned(),
        path: path.iter().map(|one| (*one).to_owned()).collect(),
        unit_type: unit_type.to_owned(),
    };
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
            let resource = Resource::Leaf {
                unit: &unit.unit,
                unit_path: &unit.path,
                unit_type: &unit.unit_type,
                criterion: &leaf.criterion,
                department: &leaf.department,
            };
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

fn any_grant() -> impl Strategy<Value = Grant> {
    let units = prop::option::of(prop::sample::select(vec!["TINH", "SNV", "BTD", "STTTT", "H", "NONE"]));
    let types = prop::collection::vec(prop::sample::select(vec!["SO", "HU", "ND"]), 0..2);
    let criteria = prop::collection::vec(prop::sample::select(vec!["1", "1.1", "3", "3.4.1", "9"]), 0..3);
    let departments = prop::option::of(prop::sample::select(vec!["SNV", "STTTT", "VPUB"]));
    (units, types, criteria, departments)
        .prop_map(|(unit, types, criteria, department)| grant(unit, &types, &criteria, department))
}
