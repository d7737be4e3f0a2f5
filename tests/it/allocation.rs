//! Who appraises what: a plan that is looked at first, then put in force, and then cuts each appraiser's own queue.

use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::bad_input::assert_unchanged;
use crate::conflicts::RECUSE;
use crate::grants::GRANT;
use crate::journey::{REVIEW, accepting, dossier, in_appraisal, look};
use crate::world::World;

const ALLOCATE: &str =
    "mutation($i: AllocateReviewsInput!) { allocateReviews(input: $i) { receipt { stream entry } plan {
    shareCount unallocatedCount appraiserCount
    shares(first: 500) { unitCode departmentCode criteria login }
    unallocated(first: 500) { unitCode criteria reason conflicts }
    loads(first: 500) { login leaves maxLeaves } } } }";
const MINE: &str = r#"{ reviewQueue(round: "T-2019", filter: {assignedTo: ME}, order: UNIT) { totalCount nodes { unitCode criterion }
    countByUnit { key count } } }"#;

/// Two appraisers of SNV and one of STTTT, two dossiers in appraisal; leaf 2.1 is the survey's.
async fn allocate(world: &World, login: &str, more: Value) -> crate::world::Answer {
    let mut input = more;
    input["round"] = json!("T-2019");
    world.send(login, ALLOCATE, json!({ "i": input })).await
}

fn shares(answer: &Value) -> Vec<String> {
    let shares = answer["plan"]["shares"].as_array().unwrap().iter();
    let text = |share: &Value, name: &str| share[name].as_str().unwrap().to_owned();
    shares
        .map(|share| {
            format!(
                "{} {} {}",
                text(share, "unitCode"),
                share["criteria"],
                text(share, "login")
            )
        })
        .collect()
}

/// Lines of the own part of the queue, after the counts were compared with them.
async fn mine(world: &World, login: &str) -> Vec<String> {
    let found = world.send(login, MINE, json!({})).await.ok()["reviewQueue"].clone();
    let nodes = found["nodes"].as_array().unwrap();
    assert_eq!(found["totalCount"], nodes.len().to_string());
    let counted = found["countByUnit"].as_array().unwrap().iter();
    let counted: usize = counted
        .map(|one| one["count"].as_str().unwrap().parse::<usize>().unwrap())
        .sum();
    assert_eq!(counted, nodes.len());
    let line = |node: &Value| {
        format!(
            "{} {}",
            node["unitCode"].as_str().unwrap(),
            node["criterion"].as_str().unwrap()
        )
    };
    nodes.iter().map(line).collect()
}

#[tokio::test]
async fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let world = in_appraisal().await;
    let before = world.kept();
    let plan = allocate(&world, "manager", json!({})).await.ok()["allocateReviews"].clone();
    assert_eq!(
        shares(&plan),
        [
            r#"ALPHA ["1.1"] snv.appraiser"#,
            r#"ALPHA ["1.2"] sttt.appraiser"#,
            r#"BETA ["1.1"] snv.second"#,
            r#"BETA ["1.2"] sttt.appraiser"#,
        ]
    );
    assert_eq!(plan["receipt"], Value::Null);
    assert_eq!(
        (&plan["plan"]["shareCount"], &plan["plan"]["unallocatedCount"]),
        (&json!("4"), &json!("0"))
    );
    assert_unchanged(&world, &before, "a dry run");
    let refused = world.send("snv.appraiser", MINE, json!({})).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "filter.assignedTo".to_owned()));
}

#[tokio::test]
async fn a_plan_in_force_cuts_each_queue_and_takes_no_right() {
    let world = in_appraisal().await;
    let put = json!({"dryRun": false});
    let first = allocate(&world, "manager", put.clone()).await.ok()["allocateReviews"].clone();
    assert_eq!(first["receipt"]["stream"], "round:T-2019");
    assert_eq!(mine(&world, "snv.appraiser").await, ["ALPHA 1.1"]);
    assert_eq!(mine(&world, "snv.second").await, ["BETA 1.1"]);
    assert_eq!(mine(&world, "sttt.appraiser").await, ["ALPHA 1.2", "BETA 1.2"]);
    let claim =
        r#"mutation { claim(input: {round: "T-2019", filter: {assignedTo: ME}}) { items { unit criterion } } }"#;
    assert_eq!(
        world.send("snv.second", claim, json!({})).await.ok()["claim"]["items"],
        json!([{"unit": "BETA", "criterion": "1.1"}])
    );
    // Put in force again it is the same plan, and nothing is written.
    let again = allocate(&world, "manager", put.clone()).await.ok()["allocateReviews"].clone();
    assert_eq!((&again["plan"], &again["receipt"]), (&first["plan"], &Value::Null));

    // Somebody's leave of absence: all of SNV's goes to the other one, and the earlier plan holds no more.
    let away = json!({"dryRun": false, "limits": [{"login": "snv.second", "maxLeaves": 0}]});
    let second = allocate(&world, "manager", away).await.ok()["allocateReviews"].clone();
    assert_ne!(second["receipt"], first["receipt"]);
    assert_eq!(mine(&world, "snv.appraiser").await, ["ALPHA 1.1", "BETA 1.1"]);
    assert_eq!(mine(&world, "snv.second").await, Vec::<String>::new());
    // Back to the first plan, of which every part is there already.
    let back = allocate(&world, "manager", put).await.ok()["allocateReviews"].clone();
    assert_ne!(back["receipt"], Value::Null);
    assert_eq!(mine(&world, "snv.second").await, ["BETA 1.1"]);

    // A plan takes no right: the other one may stand in.
    world.set_time("2020-03-01T03:00:00Z");
    let seen = look(&world, "snv.appraiser", "BETA", "1.1").await;
    let review = json!({"i": {"items": [accepting("BETA", "1.1", &seen)]}});
    world.send("snv.appraiser", REVIEW, review).await.done();
    assert_eq!(mine(&world, "snv.second").await, Vec::<String>::new());
    world.verified().await;
}

#[tokio::test]
async fn a_plan_heeds_conflicts_recusals_and_limits_and_names_what_is_left() {
    let world = in_appraisal().await;
    let recuse = json!({"i": {"login": "snv.appraiser", "dossier": dossier("ALPHA"), "reason": "r"}});
    world.send("manager", RECUSE, recuse).await.ok();
    // An officer of BETA belongs to it, whatever else the account may do.
    world.person("sttt.appraiser", Role::Officer, "BETA").await;
    let plan = allocate(&world, "manager", json!({"maxLeaves": 1})).await.ok()["allocateReviews"].clone();
    assert_eq!(
        shares(&plan),
        [
            r#"ALPHA ["1.1"] snv.second"#,
            r#"ALPHA ["1.2"] sttt.appraiser"#,
            r#"BETA ["1.1"] snv.appraiser"#,
        ]
    );
    let left =
        json!([{"unitCode": "BETA", "criteria": ["1.2"], "reason": "CONFLICT_OF_INTEREST", "conflicts": ["OWN_UNIT"]}]);
    assert_eq!(plan["plan"]["unallocated"], left);
    let loads = plan["plan"]["loads"].as_array().unwrap();
    assert!(
        loads
            .iter()
            .all(|load| load["leaves"] == "1" && load["maxLeaves"] == "1")
    );
    // Of two people alone, one of whom may do nothing here.
    let two = json!({"appraisers": ["snv.appraiser", "sttt.appraiser"], "maxLeaves": 1});
    let plan = allocate(&world, "manager", two).await.ok()["allocateReviews"].clone();
    let reasons: Vec<&Value> = plan["plan"]["unallocated"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["reason"])
        .collect();
    assert_eq!(reasons, ["CONFLICT_OF_INTEREST", "CONFLICT_OF_INTEREST"]);
    assert_eq!(plan["plan"]["appraiserCount"], "2");
}

#[tokio::test]
async fn a_conflict_after_the_plan_is_heeded_by_the_queue() {
    let world = in_appraisal().await;
    allocate(&world, "manager", json!({"dryRun": false})).await.ok();
    let recuse = json!({"i": {"dossier": dossier("ALPHA"), "reason": "r"}});
    world.send("snv.appraiser", RECUSE, recuse).await.ok();
    assert_eq!(mine(&world, "snv.appraiser").await, Vec::<String>::new());
    // A wider grant gives no bigger part.
    let wide = json!({"login": "snv.appraiser", "role": "APPRAISER", "criteria": ["1"], "validFrom": "2018-01-01"});
    world.send("admin", GRANT, json!({ "i": wide })).await.ok();
    assert_eq!(mine(&world, "snv.appraiser").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_no_plan_is_refused() {
    let world = in_appraisal().await;
    for (login, input, expected) in [
        ("snv.appraiser", json!({}), ("FORBIDDEN", "")),
        ("admin", json!({}), ("FORBIDDEN", "")),
        (
            "manager",
            json!({"appraisers": ["alpha.head"]}),
            ("INVALID", "appraisers"),
        ),
        (
            "manager",
            json!({"limits": [{"login": "nobody", "maxLeaves": 1}]}),
            ("INVALID", "limits"),
        ),
        (
            "manager",
            json!({"appraisers": vec!["snv.second"; 1001]}),
            ("INVALID", "appraisers"),
        ),
    ] {
        let refused = allocate(&world, login, input.clone()).await.refused();
        assert_eq!((refused.0.as_str(), refused.1.as_str()), expected, "{login} {input}");
    }
    let none = json!({"i": {"round": "T-1999"}});
    assert_eq!(
        world.send("manager", ALLOCATE, none).await.refused(),
        ("NOT_FOUND".to_owned(), "round".to_owned())
    );
    for (page, field) in [("first: 0", "first"), ("first: 501", "first"), ("skip: -1", "skip")] {
        let ask = format!(
            r#"mutation {{ allocateReviews(input: {{round: "T-2019"}}) {{ plan {{ shares({page}) {{ login }} }} }} }}"#
        );
        assert_eq!(
            world.send("manager", &ask, json!({})).await.refused(),
            ("INVALID".to_owned(), field.to_owned())
        );
    }
}
