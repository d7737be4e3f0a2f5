//! Analyses of two published rounds, over HTTP and for anybody, every figure by hand.
//!
//! 2019: ALPHA 3.1 of 10 = 31 %, BETA 2 of 10 = 20 %; nothing but the survey counts. ALPHA claimed 3.5 + 1.2 + 3.1 = 7.8.
//! 2020: ALPHA and BETA 2 of 10 = 20 %; GAMMA, which is new and to which 1.1 does not apply, 3.1 of 6 = 51.67 %.

mod compared;
mod found;
mod older;

use serde_json::{Value, json};

use crate::journey::{in_appraisal, publish_unverified};
use crate::ranking::publish_2020;
use crate::world::World;

async fn ask(world: &World, login: &str, question: &str) -> Value {
    world.send(login, &format!("{{ r: {question} }}"), json!({})).await.ok()["r"].clone()
}

async fn refused(world: &World, question: &str) -> (String, String) {
    world
        .send("", &format!("{{ r: {question} }}"), json!({}))
        .await
        .refused()
}

async fn two_rounds() -> World {
    let world = in_appraisal().await;
    publish_unverified(&world).await;
    publish_2020(&world).await;
    world
}

/// Members of the lines of a list, as text.
fn lines(list: &Value, members: &[&str]) -> Vec<String> {
    let cell = |line: &Value, member: &&str| line.pointer(member).unwrap().to_string().replace('"', "");
    let line = |one: &Value| {
        members
            .iter()
            .map(|member| cell(one, member))
            .collect::<Vec<_>>()
            .join(" ")
    };
    list.as_array().unwrap().iter().map(line).collect()
}

const GAINS: &str = "{ unitCount absentCount node { code } earlierNode { code } units { unitCode change rankChange
    later { group percent rank source { roundCode publicationVersion unitCode node } }
    earlier { group percent rank source { roundCode publicationVersion unitCode node } } }
    absent { unitCode because later { percent } earlier { percent } } }";
const GAIN: &[&str] = &["/unitCode", "/change", "/rankChange", "/earlier/rank", "/later/rank"];

#[tokio::test]
async fn units_are_put_in_order_by_what_they_gained() {
    let world = two_rounds().await;
    let found = ask(
        &world,
        "",
        &format!(r#"improvements(round: "T-2020", group: "SO") {GAINS}"#),
    )
    .await;
    assert_eq!(lines(&found["units"], GAIN), ["BETA 0.00 0 2 2", "ALPHA -11.00 -1 1 2"]);
    assert_eq!(
        found["units"][1]["earlier"],
        json!({"group": "SO", "percent": "31.00", "rank": 1,
            "source": {"roundCode": "T-2019", "publicationVersion": 1, "unitCode": "ALPHA", "node": null}})
    );
    // Who is new is not a unit that had nothing.
    assert_eq!(
        found["absent"],
        json!([{"unitCode": "GAMMA", "because": "NOT_IN_EARLIER", "later": {"percent": "51.67"}, "earlier": null}])
    );
    // Field 2: 3.1 of 4 = 77.5 %, then 2 of 4.
    let by_node = format!(r#"improvements(round: "T-2020", group: "SO", node: "2") {GAINS}"#);
    let found = ask(&world, "", &by_node).await;
    assert_eq!(lines(&found["units"], GAIN), ["BETA 0.00 0 2 2", "ALPHA -27.50 -1 1 2"]);
    assert_eq!(
        (&found["node"]["code"], &found["units"][0]["later"]["source"]["node"]),
        (&json!("2"), &json!("2"))
    );
    // The other way round, and page by page.
    let back = r#"improvements(round: "T-2019", against: {round: "T-2020", publication: 1}) { unitCount absent { unitCode because }
        units(first: 1, skip: 1) { unitCode change } }"#;
    let found = ask(&world, "", back).await;
    assert_eq!(
        found,
        json!({"unitCount": "2", "absent": [{"unitCode": "GAMMA", "because": "NOT_IN_LATER"}],
            "units": [{"unitCode": "BETA", "change": "0.00"}]})
    );
    world.verified().await;
}

#[tokio::test]
async fn a_unit_is_held_against_its_group_and_the_round_before() {
    let world = two_rounds().await;
    let profile = async |unit: &str, more: &str| {
        let question = format!(
            r#"unitProfile(round: "T-2020", unit: "{unit}"{more}) {{ group earlier {{ roundCode }}
            total {{ percent spread {{ median unitCount }} difference position change }}
            lines {{ node {{ code }} percent spread {{ median }} difference position earlierPercent change source {{ node unitCode }} }} }}"#
        );
        ask(&world, "", &question).await
    };
    let line: &[&str] = &[
        "/node/code",
        "/percent",
        "/difference",
        "/position",
        "/earlierPercent",
        "/change",
    ];
    let alpha = profile("ALPHA", "").await;
    // Totals 20, 20 and 51.67; fields 1: 0 three times; fields 2: 50, 50 and 77.5.
    assert_eq!(
        alpha["total"],
        json!({"percent": "20.00", "spread": {"median": "20.00", "unitCount": 3}, "difference": "0.00",
            "position": "AVERAGE", "change": "-11.00"})
    );
    assert_eq!(
        lines(&alpha["lines"], line),
        ["1 0.00 0.00 AVERAGE 0.00 0.00", "2 50.00 0.00 AVERAGE 77.50 -27.50"]
    );
    let gamma = profile("GAMMA", "").await;
    assert_eq!(
        (&gamma["earlier"], &gamma["total"]["difference"]),
        (&Value::Null, &json!("31.67"))
    );
    let fields = ["1 0.00 0.00 AVERAGE null null", "2 77.50 27.50 STRENGTH null null"];
    assert_eq!(lines(&gamma["lines"], line), fields);
    let lenient = profile("GAMMA", r#", tolerance: "27.5""#).await;
    assert_eq!(lenient["lines"][1]["position"], "AVERAGE");
    let leaves = r#"unitProfile(round: "T-2020", unit: "GAMMA", level: LEAF) { group }"#;
    assert_eq!(
        refused(&world, leaves).await,
        ("INVALID".to_owned(), "level".to_owned())
    );
    // In 2019: 31 and 20, between them 25.5.
    let weak = r#"unitProfile(round: "T-2019", unit: "BETA") { total { difference position } earlier { roundCode } }"#;
    assert_eq!(
        ask(&world, "", weak).await,
        json!({"total": {"difference": "-5.50", "position": "WEAKNESS"}, "earlier": null})
    );
}

#[tokio::test]
async fn a_groups_weak_nodes_and_those_that_tell_nobody_apart() {
    let world = two_rounds().await;
    const SPREAD: &str = "{ lineCount lines { node { code name { vi } } source { roundCode node } spread { unitCount lowest lowerQuartile median
        upperQuartile highest mean deviation fullCount zeroCount belowHalfCount isNone } } }";
    let codes = |found: &Value| lines(&found["lines"], &["/node/code"]);
    let weak = async |more: &str| {
        let question = format!(r#"weaknesses(round: "T-2020", group: "SO"{more}) {SPREAD}"#);
        codes(&ask(&world, "", &question).await)
    };
    assert_eq!(weak("").await, ["1", "2"]);
    assert_eq!(weak(", order: BEST_FIRST").await, ["2", "1"]);
    assert_eq!(weak(", level: LEAF").await, ["1.1", "1.2", "2.1"]);
    let found = ask(&world, "", &format!(r#"spread(round: "T-2020", group: "SO") {SPREAD}"#)).await;
    // 1.1 and 1.2 tell nobody apart; 1.2 applies to more units.
    assert_eq!(codes(&found), ["1.2", "1.1", "2.1"]);
    let nothing = &found["lines"][0]["spread"];
    assert_eq!(
        (&nothing["isNone"], &nothing["zeroCount"], &nothing["unitCount"]),
        (&json!(true), &json!(3), &json!(3))
    );
    // 50, 50, 77.5: mean 59.1667, distances 9.1667 twice and 18.3333, squares 504.1667 ÷ 3, root 12.9636; half of the way from
    // the second to the third is 63.75.
    assert_eq!(
        found["lines"][2],
        json!({"node": {"code": "2.1", "name": {"vi": "Khảo sát"}}, "source": {"roundCode": "T-2020", "node": "2.1"},
            "spread": {"unitCount": 3, "lowest": "50.00", "lowerQuartile": "50.00", "median": "50.00", "upperQuartile": "63.75",
                "highest": "77.50", "mean": "59.17", "deviation": "12.96", "fullCount": 0, "zeroCount": 0, "belowHalfCount": 0,
                "isNone": false}})
    );
}

/// BETA moves to a group of its own between the years: its gain counts, its ranks are not compared.
#[tokio::test]
async fn a_unit_that_changed_its_group_is_compared_by_its_percentage_alone() {
    let world = in_appraisal().await;
    publish_unverified(&world).await;
    let put = r#"mutation { putUnits(input: {units: [{code: "BETA", name: {vi: "B", en: "B"}, type: "SO", group: "SO-2", validFrom: "2018-01-01"}]}) {
        units { code } } }"#;
    world.send("admin", put, json!({})).await.ok();
    publish_2020(&world).await;
    let of = async |group: &str| {
        ask(
            &world,
            "",
            &format!(r#"improvements(round: "T-2020", group: "{group}") {GAINS}"#),
        )
        .await
    };
    let moved = of("SO-2").await;
    assert_eq!(lines(&moved["units"], GAIN), ["BETA 0.00 null 2 1"]);
    assert_eq!(moved["units"][0]["earlier"]["group"], "SO");
    let stayed = of("SO").await;
    assert_eq!(lines(&stayed["units"], GAIN), ["ALPHA -11.00 -1 1 2"]);
    // It is not missing from SO, it is elsewhere.
    assert_eq!(lines(&stayed["absent"], &["/unitCode"]), ["GAMMA"]);
    let by_node = r#"improvements(round: "T-2020", group: "SO-2", node: "2") { units { unitCode change rankChange } }"#;
    assert_eq!(
        ask(&world, "", by_node).await["units"],
        json!([{"unitCode": "BETA", "change": "0.00", "rankChange": null}])
    );
}
