use proptest::prelude::*;

use super::*;
use crate::domain::assignment::tests::{leaf, resource, unit};
use crate::domain::conflict::{Recusal, UnitPlace};
use crate::domain::policy::Denied;
use crate::domain::registry::{AccountKind, Role, User};

fn day() -> Date {
    "2020-01-01".parse().unwrap()
}

fn owned(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

fn grant(role: Role, unit: Option<&str>, criteria: &[&str], department: Option<&str>) -> Grant {
    Grant {
        id: "g".to_owned(),
        login: "a".to_owned(),
        role,
        unit: unit.map(str::to_owned),
        unit_types: Vec::new(),
        criteria: owned(criteria),
        department: department.map(str::to_owned),
        valid_from: "2018-01-01".parse().unwrap(),
        valid_to: None,
        document: None,
        revoked: None,
    }
}

fn person(login: &str, unit: &str, path: &[&str], grants: Vec<Grant>) -> Candidate {
    Candidate {
        viewer: Viewer {
            user: User {
                login: login.to_owned(),
                name: login.to_owned(),
                kind: AccountKind::Person,
                unit: unit.to_owned(),
                active: true,
            },
            grants,
            recusals: Vec::new(),
            place: Some(UnitPlace {
                path: owned(path),
                unit_type: "SO".to_owned(),
            }),
        },
        most: None,
        verified: 0,
    }
}

/// Appraisers of a department.
fn department(code: &str, logins: &[&str]) -> Vec<Candidate> {
    let grants = || vec![grant(Role::Appraiser, None, &[], Some(code))];
    logins
        .iter()
        .map(|login| person(login, code, &["TINH"], grants()))
        .collect()
}

fn recused(candidate: &mut Candidate, unit: &str, criterion: Option<&str>) {
    candidate.viewer.recusals.push(Recusal {
        id: unit.to_owned(),
        login: candidate.viewer.user.login.clone(),
        round: "T".to_owned(),
        unit: unit.to_owned(),
        criterion: criterion.map(str::to_owned),
        reason: "r".to_owned(),
        declared_at: jiff::Timestamp::UNIX_EPOCH,
        declared_by: "m".to_owned(),
        lifted: None,
    });
}

fn outline(leaves: &[(&str, &str, &str)], units: &[(&str, &str)]) -> Outline {
    let leaf = |(unit_type, criterion, department): &(&str, &str, &str)| LeafPlace {
        unit_type: (*unit_type).to_owned(),
        criterion: (*criterion).to_owned(),
        department: (*department).to_owned(),
    };
    let unit = |(unit, unit_type): &(&str, &str)| Participant {
        unit: (*unit).to_owned(),
        path: owned(&["TINH"]),
        unit_type: (*unit_type).to_owned(),
    };
    Outline {
        leaves: leaves.iter().map(leaf).collect(),
        units: units.iter().map(unit).collect(),
    }
}

/// One leaf of each of four units.
fn four() -> Outline {
    outline(
        &[("HU", "1.1", "SNV")],
        &[("A", "HU"), ("B", "HU"), ("C", "HU"), ("D", "HU")],
    )
}

fn leaves_of(plan: &Plan) -> Vec<u64> {
    plan.loads.iter().map(|load| load.leaves).collect()
}

#[test]
fn equal_people_get_equal_shares() {
    let plan = allocate("T", &four(), &Done::new(), &department("SNV", &["b", "a", "c"]), day());
    assert_eq!(leaves_of(&plan), [2, 1, 1]);
    assert_eq!(plan.left, []);
    let logins: Vec<&str> = plan.given.iter().map(|(_, login)| login.as_str()).collect();
    assert_eq!(logins, ["a", "a", "b", "c"]);
}

#[test]
fn a_department_keeps_its_leaves_of_a_dossier_together() {
    let outline = outline(
        &[("HU", "1.2", "SNV"), ("HU", "1.10", "SNV"), ("HU", "3", "STP")],
        &[("A", "HU")],
    );
    let mut people = department("SNV", &["a", "b"]);
    people.extend(department("STP", &["p"]));
    let plan = allocate("T", &outline, &Done::new(), &people, day());
    let share = |department: &str, criteria: &[&str]| Share {
        unit: "A".to_owned(),
        department: department.to_owned(),
        criteria: owned(criteria),
    };
    assert_eq!(
        plan.given,
        [
            (share("SNV", &["1.2", "1.10"]), "a".to_owned()),
            (share("STP", &["3"]), "p".to_owned())
        ]
    );
}

#[test]
fn what_nobody_can_be_given_is_named_with_the_reason() {
    let outline = outline(
        &[("HU", "1", "SNV"), ("HU", "2", "STP"), ("SO", "1", "SNV")],
        &[("A", "HU"), ("B", "HU"), ("C", "HU"), ("SNV", "SO")],
    );
    let mut people = department("SNV", &["a", "b"]);
    people.push(person(
        "wide",
        "SNV",
        &["TINH"],
        vec![grant(Role::Appraiser, None, &["1"], None)],
    ));
    people.iter_mut().for_each(|person| person.most = Some(0));
    people[0].most = Some(1);
    for person in &mut people {
        recused(person, "B", None);
    }
    let plan = allocate("T", &outline, &Done::new(), &people, day());
    let left: Vec<(&str, &str, Reason)> = plan
        .left
        .iter()
        .map(|(share, reason)| (share.unit.as_str(), share.criteria[0].as_str(), reason.clone()))
        .collect();
    let conflict = |one| Reason::Conflicts(BTreeSet::from([one]));
    assert_eq!(
        left,
        [
            ("A", "2", Reason::NoAppraiser),
            ("B", "1", conflict(Conflict::Recused)),
            ("B", "2", Reason::NoAppraiser),
            ("C", "1", Reason::NoRoom),
            ("C", "2", Reason::NoAppraiser),
            // Its own people are not the substitute; who sees it by criteria belongs to it.
            ("SNV", "1", conflict(Conflict::OwnUnit)),
        ]
    );
    assert_eq!(leaves_of(&plan), [1, 0, 0]);
}

#[test]
fn shares_are_passed_on_to_make_room() {
    // a may judge everything and b only A: whatever a was given first, both have room for both.
    let outline = outline(&[("HU", "1", "SNV")], &[("A", "HU"), ("B", "HU")]);
    let mut people = department("SNV", &["a", "b"]);
    people[1].viewer.grants[0].unit = Some("A".to_owned());
    people.iter_mut().for_each(|person| person.most = Some(1));
    let plan = allocate("T", &outline, &Done::new(), &people, day());
    assert_eq!(plan.left, []);
    let logins: Vec<(&str, &str)> = plan
        .given
        .iter()
        .map(|(share, login)| (share.unit.as_str(), login.as_str()))
        .collect();
    assert_eq!(logins, [("A", "b"), ("B", "a")]);
}

#[test]
fn a_recusal_from_a_part_splits_the_share() {
    let outline = outline(&[("HU", "1.1", "SNV"), ("HU", "1.2", "SNV")], &[("A", "HU")]);
    let mut people = department("SNV", &["a", "b"]);
    recused(&mut people[0], "A", Some("1.2"));
    let plan = allocate("T", &outline, &Done::new(), &people, day());
    let of = |login: &str| -> Vec<&str> {
        let given = plan.given.iter().filter(|(_, who)| who == login);
        given
            .flat_map(|(share, _)| share.criteria.iter().map(String::as_str))
            .collect()
    };
    assert_eq!((of("a"), of("b")), (vec!["1.1"], vec!["1.2"]));
}

#[test]
fn what_is_verified_is_in_no_share_and_weighs_with_who_did_it() {
    let mut people = department("SNV", &["a", "b"]);
    people[0].verified = 2;
    let done = Done::from([
        ("A".to_owned(), BTreeSet::from(["1.1".to_owned()])),
        ("B".to_owned(), BTreeSet::from(["1.1".to_owned()])),
    ]);
    // Two of four are left, and who verified the two others is given none of them.
    let plan = allocate("T", &four(), &done, &people, day());
    assert_eq!(leaves_of(&plan), [0, 2]);
    let units: Vec<&str> = plan.given.iter().map(|(share, _)| share.unit.as_str()).collect();
    assert_eq!(units, ["C", "D"]);
    // A limit is one of the whole round.
    people.truncate(1);
    people[0].most = Some(3);
    let plan = allocate("T", &four(), &done, &people, day());
    assert_eq!((leaves_of(&plan), plan.left.len()), (vec![1], 1));
    assert_eq!(plan.left[0].1, Reason::NoRoom);
}

#[test]
fn the_matrix_says_who_may_appraise_what_and_what_the_plan_gives() {
    let mut people = department("SNV", &["a", "b"]);
    recused(&mut people[0], "STC", Some("1"));
    recused(&mut people[1], "STC", Some("3"));
    // The substitute for the department's own dossier, and a lead of another department who is below an assessed unit.
    people.push(person(
        "sub",
        "STP",
        &["TINH"],
        vec![grant(Role::Appraiser, Some("SNV"), &[], Some("SNV"))],
    ));
    people.push(person(
        "lead",
        "H",
        &["TINH"],
        vec![grant(Role::LeadAppraiser, None, &["3"], None)],
    ));
    let parts = [Allocation {
        round: "T".to_owned(),
        plan: "p".to_owned(),
        login: "a".to_owned(),
        lots: vec![
            Lot {
                department: "SNV".to_owned(),
                criteria: owned(&["1.1", "1.2"]),
                units: owned(&["BTD"]),
            },
            // The same leaf in a dossier of another type.
            Lot {
                department: "SNV".to_owned(),
                criteria: owned(&["1.1"]),
                units: owned(&["H"]),
            },
        ],
    }];
    let lines = matrix::matrix("T", &world(), &people, &parts, day());
    let line = |line: &matrix::Line| {
        let people = line.people.iter().map(|part| {
            let units: Vec<&str> = part.units.iter().map(String::as_str).collect();
            format!(
                " {}{}{}:{}-{}/{}{units:?}",
                part.user.login,
                if part.leads { "!" } else { "" },
                if part.substitutes { "@" } else { "" },
                part.leaves,
                part.kept_out,
                part.planned,
            )
        });
        let people: String = people.collect();
        format!("{} {} {:?}{people}", line.unit_type, line.department, line.criteria)
    };
    let shown: Vec<String> = lines.iter().map(line).collect();
    assert_eq!(
        shown,
        [
            // One grant covers 3.4.1 of the district; the lead belongs to it.
            r#"HU SNV ["1.1"] a:1-0/1["H"] b:1-0/0[]"#.to_owned(),
            r#"HU STP ["3.4.1"] lead!:0-1/0[]"#.to_owned(),
            // The department's own dossier is the substitute's, with that of BTD, which is attached to it. Its own people are kept out
            // of BTD, with which their department is compared, and one of them of STC by a recusal.
            r#"SO SNV ["1.1", "1.2"] a:0-4/2["BTD"] b:2-2/0[] sub@:4-0/0[]"#.to_owned(),
            r#"SO STP ["3.4.1"] lead!:3-0/0[]"#.to_owned(),
            r#"XA H ["1.1"]"#.to_owned(),
        ]
    );
    let so = &lines[2];
    assert_eq!(so.dossiers, 3);
    let recusals = |place: usize| so.people[place].recusals.len();
    assert_eq!((recusals(0), recusals(1)), (1, 0));
}

/// Two departments of which one is assessed itself, an agency below it, and communes below a district.
fn world() -> Outline {
    Outline {
        leaves: vec![
            leaf("SO", "1.1", "SNV"),
            leaf("SO", "1.2", "SNV"),
            leaf("SO", "3.4.1", "STP"),
            leaf("HU", "1.1", "SNV"),
            leaf("HU", "3.4.1", "STP"),
            leaf("XA", "1.1", "H"),
        ],
        units: vec![
            unit("SNV", &["TINH"], "SO"),
            unit("BTD", &["SNV", "TINH"], "SO"),
            unit("STC", &["TINH"], "SO"),
            unit("H", &["TINH"], "HU"),
            unit("X1", &["H", "TINH"], "XA"),
            unit("X2", &["H", "TINH"], "XA"),
        ],
    }
}

fn any_candidate(number: usize) -> impl Strategy<Value = Candidate> {
    let homes = prop::sample::select(vec!["SNV", "BTD", "STC", "H", "X1", "ELSE"]);
    let units = prop::option::of(prop::sample::select(vec!["TINH", "SNV", "H", "X1"]));
    let criteria = prop::sample::select(vec![vec![], vec!["1"], vec!["1.1"], vec!["3"]]);
    let departments = prop::option::of(prop::sample::select(vec!["SNV", "STP", "H"]));
    let grants = prop::collection::vec((units, criteria, departments), 0..3);
    let held = prop::option::of(prop::sample::select(vec!["STC", "H", "X2"]));
    let recusals = prop::collection::vec(
        (
            prop::sample::select(vec!["STC", "H", "X1"]),
            prop::option::of(prop::sample::select(vec!["1.1", "1", "3"])),
        ),
        0..3,
    );
    let loads = (prop::option::of(0u64..6), 0u64..4);
    (homes, grants, held, recusals, loads).prop_map(move |(home, grants, held, recusals, (most, verified))| {
        let grants = grants
            .iter()
            .map(|(unit, criteria, department)| grant(Role::Appraiser, *unit, criteria, *department));
        let held = held.map(|unit| grant(Role::Officer, Some(unit), &[], None));
        let path: &[&str] = match home {
            "BTD" => &["SNV", "TINH"],
            "X1" => &["H", "TINH"],
            _ => &["TINH"],
        };
        let mut found = person(&format!("p{number}"), home, path, grants.chain(held).collect());
        found.most = most;
        found.verified = verified;
        for (unit, criterion) in recusals {
            recused(&mut found, unit, criterion);
        }
        found
    })
}

fn any_candidates() -> impl Strategy<Value = Vec<Candidate>> {
    (any_candidate(1), any_candidate(2), any_candidate(3), any_candidate(4)).prop_map(|(a, b, c, d)| vec![a, b, c, d])
}

/// Leaves that need no appraiser, some of which no dossier has.
fn any_done() -> impl Strategy<Value = Done> {
    let units = prop::sample::select(vec!["SNV", "BTD", "STC", "H", "X1"]);
    let leaves = prop::collection::btree_set(prop::sample::select(vec!["1.1", "1.2", "3.4.1"]), 0..3);
    let of_leaves = |leaves: BTreeSet<&str>| leaves.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    prop::collection::btree_map(units.prop_map(str::to_owned), leaves.prop_map(of_leaves), 0..4)
}

/// What the policy says of a review of a leaf by somebody.
fn may(candidate: &Candidate, unit: &Participant, leaf: &LeafPlace) -> Result<Role, Denied> {
    let resource = resource(unit, leaf);
    candidate.viewer.authorize(Permission::Review, resource, day())
}

/// Every leaf of every dossier is given once to somebody whom the gate lets judge it, or is left for the reason that is true.
fn check_plan(outline: &Outline, done: &Done, candidates: &[Candidate], plan: &Plan) {
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let leaf_of = |share: &Share, criterion: &str| {
        let unit = outline.units.iter().find(|unit| unit.unit == share.unit).unwrap();
        let is_it = |leaf: &&LeafPlace| leaf.unit_type == unit.unit_type && leaf.criterion == criterion;
        (unit, outline.leaves.iter().find(is_it).unwrap())
    };
    for (share, login) in &plan.given {
        let candidate = candidates.iter().find(|one| one.viewer.user.login == *login).unwrap();
        for criterion in &share.criteria {
            let (unit, leaf) = leaf_of(share, criterion);
            assert_eq!(leaf.department, share.department);
            assert!(may(candidate, unit, leaf).is_ok(), "{login} must not judge {share:?}");
            *seen.entry((&share.unit, criterion)).or_default() += 1;
        }
    }
    for (share, reason) in &plan.left {
        for criterion in &share.criteria {
            let (unit, leaf) = leaf_of(share, criterion);
            let answers: Vec<_> = candidates.iter().map(|one| (one, may(one, unit, leaf))).collect();
            let conflicts = answers.iter().filter_map(|(_, answer)| match answer {
                Err(Denied::Conflict(conflict)) => Some(*conflict),
                _ => None,
            });
            match reason {
                Reason::NoRoom => {
                    for (one, _) in answers.iter().filter(|(_, answer)| answer.is_ok()) {
                        let load = plan
                            .loads
                            .iter()
                            .find(|load| load.login == one.viewer.user.login)
                            .unwrap();
                        assert!(
                            load.verified + load.leaves + share.weight() > one.most.unwrap(),
                            "{share:?} fits {load:?}"
                        );
                    }
                    assert!(answers.iter().any(|(_, answer)| answer.is_ok()));
                }
                Reason::Conflicts(named) => assert_eq!(*named, conflicts.collect()),
                Reason::NoAppraiser => assert_eq!(conflicts.count(), 0),
            }
            if *reason != Reason::NoRoom {
                assert!(answers.iter().all(|(_, answer)| answer.is_err()), "{share:?}");
            }
            *seen.entry((&share.unit, criterion)).or_default() += 1;
        }
    }
    let is_done = |unit: &str, criterion: &str| done.get(unit).is_some_and(|leaves| leaves.contains(criterion));
    assert!(seen.keys().all(|(unit, criterion)| !is_done(unit, criterion)));
    let leaves = outline.units.iter().map(|unit| {
        let of_type = outline.leaves.iter().filter(|leaf| leaf.unit_type == unit.unit_type);
        of_type.filter(|leaf| !is_done(&unit.unit, &leaf.criterion)).count()
    });
    assert_eq!(seen.len(), leaves.sum::<usize>());
    assert!(seen.values().all(|times| *times == 1));
    for load in &plan.loads {
        let within = |most| load.leaves == 0 || load.verified + load.leaves <= most;
        assert!(load.most.is_none_or(within), "{load:?}");
        let given = plan.given.iter().filter(|(_, login)| *login == load.login);
        assert_eq!(load.leaves, given.map(|(share, _)| share.weight()).sum::<u64>());
    }
}

proptest! {
    #[test]
    fn nobody_is_given_what_the_gate_refuses_and_nothing_is_lost(candidates in any_candidates(), done in any_done()) {
        let plan = allocate("T", &world(), &done, &candidates, day());
        check_plan(&world(), &done, &candidates, &plan);
    }

    #[test]
    fn the_same_input_gives_the_same_plan_in_whatever_order(candidates in any_candidates(), done in any_done()) {
        let plan = allocate("T", &world(), &done, &candidates, day());
        let (mut outline, mut turned) = (world(), candidates);
        outline.units.reverse();
        turned.reverse();
        prop_assert_eq!(allocate("T", &outline, &done, &turned, day()), plan);
    }

    #[test]
    fn loads_of_people_who_may_judge_the_same_differ_by_one_share(people in 1usize..7, units in 0usize..40, leaves in 1usize..4) {
        let logins: Vec<String> = (0..people).map(|number| format!("p{number}")).collect();
        let logins: Vec<&str> = logins.iter().map(String::as_str).collect();
        let codes: Vec<(String, &str)> = (0..units).map(|number| (format!("U{number}"), "HU")).collect();
        let codes: Vec<(&str, &str)> = codes.iter().map(|(code, unit_type)| (code.as_str(), *unit_type)).collect();
        let criteria = ["1", "2", "3"];
        let of: Vec<(&str, &str, &str)> = criteria[..leaves].iter().map(|code| ("HU", *code, "SNV")).collect();
        let plan = allocate("T", &outline(&of, &codes), &Done::new(), &department("SNV", &logins), day());
        let shares = || plan.loads.iter().map(|load| load.shares);
        prop_assert!(shares().max().unwrap() - shares().min().unwrap() <= 1);
    }

    #[test]
    fn shares_of_one_weight_lie_as_evenly_as_they_can(
        able in prop::collection::vec(1usize..8, 0..7),
        verified in prop::collection::vec(0u64..4, 3),
    ) {
        let kinds: Vec<Kind> = able.iter().map(|set| kind(*set)).collect();
        let table = Table::filled(&kinds, &[None, None, None], &verified);
        let squares = |loads: &[u64]| loads.iter().map(|load| load * load).sum::<u64>();
        // With what each of them has verified before.
        let all = |loads: Vec<u64>| loads.iter().zip(&verified).map(|(load, before)| load + before).collect::<Vec<_>>();
        let best = every_way(&kinds).into_iter().map(|loads| squares(&all(loads))).min().unwrap();
        prop_assert_eq!(squares(&table.load), best);
    }

    #[test]
    fn as_many_shares_of_one_weight_find_room_as_can(
        able in prop::collection::vec(1usize..8, 0..7),
        most in prop::collection::vec(0u64..4, 3),
        verified in prop::collection::vec(0u64..4, 3),
    ) {
        let kinds: Vec<Kind> = able.iter().map(|set| kind(*set)).collect();
        let limits: Vec<Option<u64>> = most.iter().copied().map(Some).collect();
        let table = Table::filled(&kinds, &limits, &verified);
        // Of every way to give all, what is over somebody's limit has to be left; what was verified is a part of it.
        let room: Vec<u64> = most.iter().zip(&verified).map(|(most, before)| most.saturating_sub(*before)).collect();
        let fits = |loads: Vec<u64>| loads.iter().zip(&room).map(|(load, room)| *load.min(room)).sum::<u64>();
        let best = every_way(&kinds).into_iter().map(fits).max().unwrap();
        prop_assert_eq!(table.load.iter().sum::<u64>() - verified.iter().sum::<u64>(), best);
    }
}

/// One share of weight 1 that those of three people may judge whose bits are set.
fn kind(set: usize) -> Kind {
    Kind {
        able: (0..3).filter(|person| set & (1 << person) != 0).collect(),
        weight: 1,
        count: 1,
    }
}

/// The loads of every way to give all shares to somebody.
fn every_way(kinds: &[Kind]) -> Vec<Vec<u64>> {
    let mut ways = vec![vec![0u64; 3]];
    for kind in kinds {
        ways = ways
            .iter()
            .flat_map(|loads| {
                kind.able.iter().map(|person| {
                    let mut loads = loads.clone();
                    loads[*person] += 1;
                    loads
                })
            })
            .collect();
    }
    ways
}

/// A country: 34 provinces with 20 departments each, and 80 communes under each province: 3,400 units, 80 leaves. Printed
/// and not held to a time, which would fail on a busy machine.
#[test]
fn a_country_is_allocated() {
    let mut outline = Outline::default();
    let departments = ["SNV", "STP", "VPUB", "STC", "STTTT", "SKHCN", "SKHDT", "SVHTT"];
    for unit_type in ["SO", "XA"] {
        outline.leaves.extend((0..80).map(|leaf| LeafPlace {
            unit_type: unit_type.to_owned(),
            criterion: format!("{}.{}", leaf % 8 + 1, leaf / 8 + 1),
            department: departments[leaf % departments.len()].to_owned(),
        }));
    }
    let mut candidates = Vec::new();
    for province in 0..34 {
        let above = format!("T{province}");
        outline.units.extend((0..100).map(|unit| Participant {
            unit: format!("{above}-{unit}"),
            path: vec![above.clone(), "VN".to_owned()],
            unit_type: if unit < 20 { "SO" } else { "XA" }.to_owned(),
        }));
        for (place, code) in departments.iter().enumerate() {
            for number in 0..2 {
                let grants = vec![
                    grant(Role::Appraiser, Some(&above), &[], Some(code)),
                    grant(Role::Appraiser, Some(&format!("{above}-{place}")), &[], Some(code)),
                ];
                let home = format!("{above}-{place}");
                let mut one = person(&format!("{above}.{code}.{number}"), &home, &[&above, "VN"], grants);
                recused(
                    &mut one,
                    &format!("{above}-{}", 30 + place),
                    (number == 0).then_some("1"),
                );
                candidates.push(one);
            }
        }
    }
    let begun = std::time::Instant::now();
    let plan = allocate("T", &outline, &Done::new(), &candidates, day());
    let took = begun.elapsed();
    println!(
        "{} units, {} people, {} shares given, {} left: {} ms",
        outline.units.len(),
        candidates.len(),
        plan.given.len(),
        plan.left.len(),
        took.as_millis()
    );
    assert_eq!(plan.loads.len(), 34 * 16);
    check_country(&plan);
}

/// In a country loads of the two people of a department in a province are even.
fn check_country(plan: &Plan) {
    for pair in plan.loads.chunks(2) {
        let apart = pair[0].leaves.abs_diff(pair[1].leaves);
        assert!(apart <= 10, "{pair:?}");
    }
}
