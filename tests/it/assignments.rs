//! The plan in force as one reads it, and a plan that is made again when a part of the work is done.

use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::conflicts::RECUSE;
use crate::journey::{accept, dossier, in_appraisal};
use crate::world::World;

const ALLOCATE: &str = "mutation($i: AllocateReviewsInput!) { allocateReviews(input: $i) { plan {
    shares(first: 500) { unitCode criteria login } unallocated(first: 500) { unitCode criteria reason }
    loads(first: 500) { login leaves verified maxLeaves } } } }";
const MATRIX: &str = r#"{ assignmentMatrix(round: "T-2019") { plan { author } lineCount lines { unitType departmentCode criteria
    dossierCount peopleCount people { login unitCode leads substitutes leaves leavesKeptOut conflicts plannedLeaves
    plannedUnitCount plannedUnits standingRecusalCount standingRecusals { unitCode criterion reason } } } } }"#;

async fn allocate(world: &World, more: Value) -> Value {
    let mut input = more;
    input["round"] = json!("T-2019");
    world.send("manager", ALLOCATE, json!({ "i": input })).await.ok()["allocateReviews"]["plan"].clone()
}

fn shares(plan: &Value) -> Vec<String> {
    let text = |share: &Value, name: &str| share[name].as_str().unwrap().to_owned();
    let shares = plan["shares"].as_array().unwrap().iter();
    let line = |share: &Value| {
        let (unit, login) = (text(share, "unitCode"), text(share, "login"));
        format!("{unit} {} {login}", share["criteria"])
    };
    shares.map(line).collect()
}

#[tokio::test]
async fn a_manager_reads_who_appraises_what() {
    let world = in_appraisal().await;
    world.person("snv.lead", Role::LeadAppraiser, "SNV").await;
    let recuse =
        json!({"i": {"login": "snv.second", "dossier": dossier("ALPHA"), "criterion": "1", "reason": "Họ hàng"}});
    world.send("manager", RECUSE, recuse).await.ok();
    let matrix = async || world.send("manager", MATRIX, json!({})).await.ok()["assignmentMatrix"].clone();
    assert_eq!(matrix().await["plan"], Value::Null);
    allocate(&world, json!({"dryRun": false})).await;
    let found = matrix().await;
    assert_eq!(found["plan"], json!({"author": "manager"}));
    assert_eq!(found["lineCount"], "2");
    let person = |login: &str, unit: &str, leads: bool, leaves: [&str; 2], planned: &[&str], recusals: Value| {
        let conflicts = if leaves[1] == "0" {
            json!([])
        } else {
            json!(["RECUSED"])
        };
        json!({"login": login, "unitCode": unit, "leads": leads, "substitutes": false, "leaves": leaves[0],
            "leavesKeptOut": leaves[1], "conflicts": conflicts, "plannedLeaves": planned.len().to_string(),
            "plannedUnitCount": planned.len().to_string(), "plannedUnits": planned,
            "standingRecusalCount": recusals.as_array().unwrap().len().to_string(), "standingRecusals": recusals})
    };
    // ALPHA is nobody's who is recused from it, and so the first one's; BETA then is the next one's.
    let recusal = json!([{"unitCode": "ALPHA", "criterion": "1", "reason": "Họ hàng"}]);
    let line = |department: &str, criterion: &str, people: Vec<Value>| {
        json!({"unitType": "SO", "departmentCode": department, "criteria": [criterion], "dossierCount": "2",
            "peopleCount": people.len().to_string(), "people": people})
    };
    assert_eq!(
        found["lines"],
        json!([
            line(
                "SNV",
                "1.1",
                vec![
                    person("snv.appraiser", "SNV", false, ["2", "0"], &["ALPHA"], json!([])),
                    person("snv.lead", "SNV", true, ["2", "0"], &["BETA"], json!([])),
                    person("snv.second", "SNV", false, ["1", "1"], &[], recusal),
                ]
            ),
            line(
                "STTTT",
                "1.2",
                vec![person(
                    "sttt.appraiser",
                    "STTTT",
                    false,
                    ["2", "0"],
                    &["ALPHA", "BETA"],
                    json!([])
                )]
            ),
        ])
    );
    let paged = r#"{ assignmentMatrix(round: "T-2019") { lines(first: 1, skip: 1) { departmentCode people { plannedUnits(first: 1, skip: 1) } } } }"#;
    assert_eq!(
        world.send("manager", paged, json!({})).await.ok()["assignmentMatrix"]["lines"],
        json!([{"departmentCode": "STTTT", "people": [{"plannedUnits": ["BETA"]}]}])
    );
    let none = r#"{ assignmentMatrix(round: "T-1999") { lineCount } }"#;
    assert_eq!(
        world.send("manager", none, json!({})).await.refused(),
        ("NOT_FOUND".to_owned(), "round".to_owned())
    );
}

#[tokio::test]
async fn a_plan_made_again_leaves_out_what_is_done_and_counts_who_did_it() {
    let world = in_appraisal().await;
    accept(&world, "snv.appraiser", "BETA", "1.1").await;
    let exclude = r#"mutation { setNotApplicable(input: {dossier: {key: {round: "T-2019", unit: "BETA"}}, criterion: "1.2",
        reason: "Không có", document: "CV 1"}) { dossier { id } } }"#;
    world.send("manager", exclude, json!({})).await.ok();
    // One leaf of SNV is left, and the other one has done nothing yet.
    let plan = allocate(&world, json!({"dryRun": false})).await;
    assert_eq!(
        shares(&plan),
        [r#"ALPHA ["1.1"] snv.second"#, r#"ALPHA ["1.2"] sttt.appraiser"#]
    );
    let load = |login: &str, leaves: &str, verified: &str| json!({"login": login, "leaves": leaves, "verified": verified, "maxLeaves": null});
    assert_eq!(
        plan["loads"],
        json!([
            load("snv.appraiser", "0", "1"),
            load("snv.second", "1", "0"),
            load("sttt.appraiser", "1", "0")
        ])
    );
    assert_eq!(plan["unallocated"], json!([]));
    // Who may have one leaf of the round has it already.
    let one = json!({"appraisers": ["snv.appraiser"], "maxLeaves": 1});
    let plan = allocate(&world, one).await;
    assert_eq!(shares(&plan), [""; 0]);
    assert_eq!(
        plan["unallocated"],
        json!([{"unitCode": "ALPHA", "criteria": ["1.1"], "reason": "NO_ROOM"},
            {"unitCode": "ALPHA", "criteria": ["1.2"], "reason": "NO_APPRAISER"}])
    );
    // Given back it is work again.
    let reopen = r#"mutation { reopenUnit(input: {dossier: {key: {round: "T-2019", unit: "BETA"}}, reason: "r", due: "2020-03-20"}) { criteria } }"#;
    world.send("manager", reopen, json!({})).await.ok();
    let plan = allocate(&world, json!({})).await;
    assert_eq!(
        shares(&plan),
        [
            r#"ALPHA ["1.1"] snv.appraiser"#,
            r#"ALPHA ["1.2"] sttt.appraiser"#,
            r#"BETA ["1.1"] snv.second"#
        ]
    );
    world.verified().await;
}
