//! Dossiers under a framework that nobody has signed: whose rank would move, and why. The figures rest on the end of
//! [`crate::whole_round`]: A1 has 1.1 40 of 50, 1.2 10 of 10, 2.1 4.6, +3 −5; A2 has 1.1 54 of 80, 1.2 not applicable, 2.1 5;
//! A3 has everything, and a veto.

use serde_json::{Value, json};

use crate::world::{Answer, World};

const REPLAY: &str = "query($to: FrameworkDraft!, $skip: Int! = 0) { replayFramework(round: \"T-2019\", to: $to) {
    unitCount movedCount reclassedCount findings { code } changes { unchangedCount nodes { kind } } to { version }
    units(first: 3, skip: $skip) { unitCode group rankChange
        before { points percent class rank tied } after { points percent class rank tied }
        leaves { fromCode toCode cause before { points } after { points applicable } missing { en } effect } } } }";

async fn ask(world: &World, login: &str, to: Value) -> Answer {
    world.send(login, REPLAY, json!({ "to": to })).await
}

async fn replay(world: &World, to: Value) -> Value {
    ask(world, "manager", to).await.ok()["replayFramework"].take()
}

/// `unit before>after rank>rank class>class`.
fn jotted(replayed: &Value) -> Vec<String> {
    let units = replayed["units"].as_array().unwrap().iter();
    let line = |unit: &Value| {
        let cell = |side: &str, cell: &str| unit[side][cell].to_string().replace('"', "");
        let both = |name: &str| format!("{}>{}", cell("before", name), cell("after", name));
        format!(
            "{} {} {} {}",
            unit["unitCode"].as_str().unwrap(),
            both("percent"),
            both("rank"),
            both("class")
        )
    };
    units.map(line).collect()
}

/// `from>to cause effect` of a unit's leaves.
fn leaves(replayed: &Value, unit: &str) -> Vec<String> {
    let units = replayed["units"].as_array().unwrap();
    let unit = units.iter().find(|one| one["unitCode"] == unit).expect(unit);
    let plain = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |leaf: &Value| {
        let (from, to) = (plain(&leaf["fromCode"]), plain(&leaf["toCode"]));
        format!("{from}>{to} {} {}", plain(&leaf["cause"]), plain(&leaf["effect"]))
    };
    unit["leaves"].as_array().unwrap().iter().map(line).collect()
}

pub async fn of_the_whole_round(world: &World, own: Value) {
    weights(world).await;
    drafts(world, own).await;
    refusals(world).await;
}

/// 1.1 at 80 of 100 and 2.1 at 10. A1: 64 + 10 + 9 + 3 − 5 = 81. A2: 54 + 10 = 64 of 90 = 71.11 %. A3: 100.
/// A1's 1.1 gains 32 points of a hundred, its 2.1 loses 36. A2's 1.1 goes from 27 to 54 of 90, its 2.1 from 50 to 10 of 90.
async fn weights(world: &World) {
    let points = json!([{"criterion": "1.1", "points": "80"}, {"criterion": "2.1", "points": "10"}]);
    let found = replay(world, json!({"adjusted": {"unitType": "SO", "points": points}})).await;
    assert_eq!(
        jotted(&found),
        [
            "A1 85.00>81.00 3>2 TOT>TOT",
            "A2 85.56>71.11 2>3 TOT>KHA",
            "A3 100.00>100.00 1>1 KHA>KHA",
        ]
    );
    let counts = ["unitCount", "movedCount", "reclassedCount"].map(|count| found[count].clone());
    assert_eq!(counts, [json!("3"), json!("2"), json!("1")]);
    assert_eq!(found["units"][0]["rankChange"], 1);
    assert_eq!(
        leaves(&found, "A1"),
        ["2.1>2.1 WEIGHT -36.0000", "1.1>1.1 WEIGHT 32.0000"]
    );
    assert_eq!(
        leaves(&found, "A2"),
        ["2.1>2.1 WEIGHT -44.4444", "1.1>1.1 WEIGHT 30.0000"]
    );

    // Whole percents: 85 and 86 instead of 85.00 and 85.56; the order stays.
    let rounded = json!({"adjusted": {"unitType": "SO", "roundTotal": 0}});
    let found = replay(world, rounded).await;
    assert_eq!(
        (&found["movedCount"], &found["units"][1]["after"]["percent"]),
        (&json!("0"), &json!("86"))
    );
}

/// A gate at 70 % takes A2's 27 points (67.5 %): 50 of 90. 1.2 has become 1.4 and asks for another figure, which nobody has: A1
/// and A3 lose 10. The new 1.3 has no data. A1: 32 + 45 + 3 − 5 = 75 of 100; A3: 40 + 50 of 100.
async fn drafts(world: &World, own: Value) {
    let mut draft = own;
    draft["version"] = json!("2");
    draft["scale"] = json!("105");
    let nodes = draft["nodes"].as_array_mut().unwrap();
    nodes[0]["points"] = json!("55");
    nodes[1]["leaf"]["rule"] = json!({"kind": "GATED_PROPORTIONAL", "full": "1", "threshold": "0.7", "over": "1",
        "measure": {"ratio": {"numerator": "done", "denominator": "planned"}}});
    nodes[2]["code"] = json!("1.4");
    nodes[2]["leaf"]["inputs"][0]["code"] = json!("posted");
    nodes[2]["leaf"]["rule"]["measure"]["ratio"]["numerator"] = json!("posted");
    let mut added = nodes[2].clone();
    added["code"] = json!("1.3");
    added["name"] = json!({"vi": "Sáng kiến mới", "en": "New initiatives"});
    added["points"] = json!("5");
    nodes.insert(2, added);
    draft["stated"] = json!({"fields": 2, "leaves": 4});

    let expected = [
        "A1 85.00>75.00 3>2 TOT>KHA",
        "A2 85.56>55.56 2>3 TOT>YEU",
        "A3 100.00>90.00 1>1 KHA>KHA",
    ];
    let found = replay(world, json!({"draft": draft})).await;
    assert_eq!(jotted(&found), expected);
    assert_eq!(
        leaves(&found, "A1"),
        ["1.2>1.4 DATA_MISSING -10.0000", "->1.3 ADDED 0.0000"]
    );
    assert_eq!(leaves(&found, "A2"), ["1.1>1.1 RULE -30.0000", "->1.3 ADDED 0.0000"]);
    let units = found["units"].as_array().unwrap();
    assert_eq!(units[0]["leaves"][0]["missing"][0]["en"], "Missing: done");
    assert_eq!(found["to"]["version"], "2");

    // Issued, it is the same framework; and the round goes on under its own.
    world.import(draft).await;
    let found = replay(world, json!({"issued": {"code": "W-SO", "version": "2"}})).await;
    assert_eq!(jotted(&found), expected);
}

async fn refusals(world: &World) {
    let adjusted = |points: Value| json!({"adjusted": {"unitType": "SO", "points": points}});
    let one = |code: &str| json!({"criterion": code, "points": "1"});
    let nonsense = json!({"draft": {"format": 1}});
    for (to, field) in [
        (json!({"adjusted": {"unitType": "XA"}}), "to.adjusted.unitType"),
        (adjusted(json!([one("1")])), "to.adjusted.points.0.criterion"),
        (
            adjusted(json!([one("1.1"), one("1.1")])),
            "to.adjusted.points.1.criterion",
        ),
        (adjusted(json!([{"criterion": "1.1", "points": "-1"}])), "to.adjusted"),
        (nonsense, "to.draft"),
        (json!({"issued": {"code": "T", "version": "9"}}), "to.issued"),
    ] {
        let (_, at, message) = ask(world, "manager", to).await.refusal("en").expect(field);
        assert_eq!(at, field, "{message}");
    }
    let to = || json!({"adjusted": {"unitType": "SO"}});
    for login in ["A1.h", "snv.appraiser", "snv.lead"] {
        assert_eq!(ask(world, login, to()).await.refused().0, "FORBIDDEN", "{login}");
    }
    // One at a time: the second of two that begin together is told to come again.
    let (first, second) = tokio::join!(ask(world, "manager", to()), ask(world, "manager", to()));
    first.ok();
    assert_eq!(second.refused().0, "RATE_LIMITED");
}
