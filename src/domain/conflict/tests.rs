use super::*;
use crate::domain::policy::{Denied, Permission, Resource};
use crate::domain::registry::{AccountKind, Grant, Role, User};

fn owned(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

fn grant(role: Role, unit: Option<&str>) -> Grant {
    Grant {
        id: "g".to_owned(),
        login: "a".to_owned(),
        role,
        unit: unit.map(str::to_owned),
        unit_types: Vec::new(),
        criteria: owned(&["1"]),
        department: None,
        valid_from: "2018-01-01".parse().unwrap(),
        valid_to: None,
        document: None,
        revoked: None,
    }
}

/// An appraiser of everything who belongs to a unit that stands there in the tree.
fn appraiser(unit: &str, path: &[&str], unit_type: &str) -> Viewer {
    Viewer {
        user: User {
            login: "a".to_owned(),
            name: "A".to_owned(),
            kind: AccountKind::Person,
            unit: unit.to_owned(),
            active: true,
        },
        grants: vec![grant(Role::Appraiser, None)],
        recusals: Vec::new(),
        place: Some(UnitPlace {
            path: owned(path),
            unit_type: unit_type.to_owned(),
        }),
    }
}

fn recusal(unit: &str, criterion: Option<&str>) -> Recusal {
    Recusal {
        id: "r".to_owned(),
        login: "a".to_owned(),
        round: "T".to_owned(),
        unit: unit.to_owned(),
        criterion: criterion.map(str::to_owned),
        reason: "Vợ là phó giám đốc".to_owned(),
        declared_at: jiff::Timestamp::UNIX_EPOCH,
        declared_by: "a".to_owned(),
        lifted: None,
    }
}

/// What the policy says of a review of leaf 1.1 of a unit.
#[track_caller]
fn check(viewer: &Viewer, unit: &str, path: &[&str], unit_type: &str, expected: Option<Conflict>) {
    let path = owned(path);
    let leaf = Resource::Leaf {
        round: "T",
        unit,
        unit_path: &path,
        unit_type,
        criterion: "1.1",
        department: "SNV",
    };
    let found = viewer.authorize(Permission::Review, leaf, "2020-01-01".parse().unwrap());
    assert_eq!(
        found,
        expected.map_or(Ok(Role::Appraiser), |conflict| Err(Denied::Conflict(conflict)))
    );
}

#[test]
fn the_accounts_own_unit_is_one() {
    let viewer = appraiser("SNV", &["TINH"], "SO");
    check(&viewer, "SNV", &["TINH"], "SO", Some(Conflict::OwnUnit));
    check(&viewer, "STC", &["TINH"], "SO", None);
}

#[test]
fn a_grant_that_was_held_is_one_at_the_unit_and_below() {
    let mut viewer = appraiser("SNV", &["TINH"], "SO");
    let mut held = grant(Role::Officer, Some("HUYEN"));
    held.revoked = Some(Revocation {
        at: jiff::Timestamp::UNIX_EPOCH,
        by: "admin".to_owned(),
        reason: "chuyển".to_owned(),
    });
    viewer.grants.push(held);
    check(&viewer, "HUYEN", &["TINH"], "HU", Some(Conflict::HeldGrant));
    check(&viewer, "XA", &["HUYEN", "TINH"], "XA", Some(Conflict::HeldGrant));
    check(&viewer, "STC", &["TINH"], "SO", None);
}

#[test]
fn a_district_judges_its_communes_and_no_commune_its_district() {
    let district = appraiser("HUYEN", &["TINH"], "HU");
    check(&district, "XA", &["HUYEN", "TINH"], "XA", None);
    let commune = appraiser("XA", &["HUYEN", "TINH"], "XA");
    check(&commune, "HUYEN", &["TINH"], "HU", Some(Conflict::ParentOrChildUnit));
    check(&commune, "TINH", &[], "TINH", Some(Conflict::ParentOrChildUnit));
    check(&commune, "XA2", &["HUYEN", "TINH"], "XA", None);
}

#[test]
fn a_department_does_not_judge_the_agency_that_is_attached_to_it() {
    let department = appraiser("SNV", &["TINH"], "SO");
    check(
        &department,
        "BTD",
        &["SNV", "TINH"],
        "SO",
        Some(Conflict::ParentOrChildUnit),
    );
    let agency = appraiser("BTD", &["SNV", "TINH"], "SO");
    check(&agency, "SNV", &["TINH"], "SO", Some(Conflict::ParentOrChildUnit));
    // A division, itself never assessed, does not judge the department that it belongs to.
    let division = appraiser("PCCHC", &["SNV", "TINH"], "OTHER");
    check(&division, "SNV", &["TINH"], "SO", Some(Conflict::ParentOrChildUnit));
}

#[test]
fn the_owner_above_everybody_judges_everybody() {
    let owner = appraiser("TINH", &[], "OTHER");
    check(&owner, "SNV", &["TINH"], "SO", None);
    check(&owner, "HUYEN", &["TINH"], "HU", None);
}

#[test]
fn a_recusal_is_one_while_it_stands_and_for_what_it_names() {
    let mut viewer = appraiser("SNV", &["TINH"], "SO");
    viewer.recusals = vec![
        recusal("STC", None),
        recusal("STP", Some("1.1")),
        recusal("STP", Some("2")),
    ];
    check(&viewer, "STC", &["TINH"], "SO", Some(Conflict::Recused));
    check(&viewer, "STP", &["TINH"], "SO", Some(Conflict::Recused));
    viewer.recusals[1].criterion = Some("1.2".to_owned());
    check(&viewer, "STP", &["TINH"], "SO", None);
    viewer.recusals[0].round = "OTHER".to_owned();
    check(&viewer, "STC", &["TINH"], "SO", None);
    viewer.recusals[0].round = "T".to_owned();
    viewer.recusals[0].lifted = Some(Revocation {
        at: jiff::Timestamp::UNIX_EPOCH,
        by: "manager".to_owned(),
        reason: "nhầm".to_owned(),
    });
    check(&viewer, "STC", &["TINH"], "SO", None);
}

#[test]
fn a_conflict_forbids_to_judge_and_nothing_else() {
    let mut viewer = appraiser("SNV", &["TINH"], "SO");
    viewer.recusals = vec![recusal("STC", None)];
    let path = owned(&["TINH"]);
    let leaf = Resource::Leaf {
        round: "T",
        unit: "STC",
        unit_path: &path,
        unit_type: "SO",
        criterion: "1.1",
        department: "SNV",
    };
    let day = "2020-01-01".parse().unwrap();
    for permission in [Permission::ViewDossier, Permission::ViewScores, Permission::ViewHistory] {
        assert_eq!(viewer.authorize(permission, leaf, day), Ok(Role::Appraiser));
    }
}

#[test]
fn the_first_tie_is_named() {
    let mut viewer = appraiser("SNV", &["TINH"], "SO");
    viewer.grants.push(grant(Role::Head, Some("SNV")));
    viewer.recusals = vec![recusal("SNV", None), recusal("BTD", None)];
    check(&viewer, "SNV", &["TINH"], "SO", Some(Conflict::OwnUnit));
    check(&viewer, "BTD", &["SNV", "TINH"], "SO", Some(Conflict::HeldGrant));
    viewer.grants.pop();
    check(
        &viewer,
        "BTD",
        &["SNV", "TINH"],
        "SO",
        Some(Conflict::ParentOrChildUnit),
    );
}
