//! What units could still gain, at the end of [`crate::whole_round`]: published are A3 100.00, A2 85.56 and A1 85.00.

use serde_json::{Value, json};

use crate::world::World;

const ASK: &str = "query($u: String!, $ledger: Ledger!, $items: [TriedItem!]!) { dossier(ref: {key: {round: \"T-2019\", unit: $u}}) {
    whatIf(ledger: $ledger) { against { roundCode publicationVersion group } gainCount
        gains { criterion shortfall points maximum effect result { points percent class rank } evidence missing { en } }
        tried(items: $items) { now { points percent rank } after { points percent class rank } leaves { criterion points text { en } } } } } }";

async fn ask(world: &World, login: &str, unit: &str, ledger: &str, items: Value) -> Value {
    let variables = json!({"u": unit, "ledger": ledger, "items": items});
    world.send(login, ASK, variables).await.ok()["dossier"]["whatIf"].take()
}

/// `criterion shortfall effect percent class rank`.
fn jotted(found: &Value) -> Vec<String> {
    let line = |gain: &Value| {
        let text = |value: &Value| value.to_string().replace('"', "");
        let own = ["criterion", "shortfall", "effect"].map(|cell| text(&gain[cell]));
        let result = ["percent", "class", "rank"].map(|cell| text(&gain["result"][cell]));
        format!("{} {}", own.join(" "), result.join(" "))
    };
    found["gains"].as_array().unwrap().iter().map(line).collect()
}

/// A2 has 27 of 40 and 50 of 50, 77 of 90; its bonus could add 3 of 4 points, 80 of 90. A1 claimed 32 of 40, 45 of 50 and a bonus
/// of 3, and stated a penalty of 6, of which 5 count: 85.
pub async fn after_the_whole_round(world: &World) {
    let sixty = json!([{"criterion": "1.1", "inputs": [{"input": "done", "value": {"count": "60"}}]}]);
    let found = ask(world, "A2.h", "A2", "FINAL", sixty).await;
    assert_eq!(
        found["against"],
        json!({"roundCode": "T-2019", "publicationVersion": 2, "group": "SO"})
    );
    assert_eq!(
        jotted(&found),
        [
            "1.1 BELOW_MAXIMUM 14.4444 100.00 XUAT_SAC 1",
            "B.1 NOT_DECLARED 3.3333 88.89 TOT 2"
        ]
    );
    assert_eq!(found["gainCount"], "2");
    // 60 of 80 of 40 points are 30; 80 of 90.
    let tried = &found["tried"];
    assert_eq!(tried["now"], json!({"points": "77.00", "percent": "85.56", "rank": 2}));
    assert_eq!(
        tried["after"],
        json!({"points": "80.00", "percent": "88.89", "class": "TOT", "rank": 2})
    );
    assert_eq!(
        (&tried["leaves"][0]["points"], &tried["leaves"][0]["criterion"]),
        (&json!("30"), &json!("1.1"))
    );

    // A survey that is not as good: 3 ÷ 4 of 50 points are 37.5; 64.5 of 90 are behind A1.
    let survey = json!([{"criterion": "2.1", "inputs": [{"input": "mean", "value": {"decimal": "4"}}]}]);
    let found = ask(world, "A2.h", "A2", "FINAL", survey).await;
    assert_eq!(
        found["tried"]["after"],
        json!({"points": "64.50", "percent": "71.67", "class": "KHA", "rank": 3})
    );

    let found = ask(world, "A1.o", "A1", "DECLARED", json!([])).await;
    assert_eq!(
        jotted(&found),
        [
            "1.1 BELOW_MAXIMUM 8.0000 93.00 XUAT_SAC 2",
            "2.1 BELOW_MAXIMUM 5.0000 90.00 XUAT_SAC 2",
            "P.1 PENALTY 5.0000 90.00 XUAT_SAC 2",
        ]
    );

    // A3 has everything but a false report, which keeps it from a class above KHA; A1 would be kept so, too.
    for (unit, value, class) in [("A3", false, "XUAT_SAC"), ("A1", true, "KHA")] {
        let report = json!([{"criterion": "1.1", "inputs": [{"input": "false_report", "value": {"yesNo": value}}]}]);
        let found = ask(world, "manager", unit, "FINAL", report).await;
        assert_eq!(found["tried"]["after"]["class"], class, "{unit}");
        assert_eq!(
            found["tried"]["after"]["percent"], found["tried"]["now"]["percent"],
            "{unit}"
        );
    }

    // Other units, and nobody, see what is published, and are not told what could be.
    for login in ["A1.h", ""] {
        assert_eq!(
            ask(world, login, "A2", "FINAL", json!([])).await,
            Value::Null,
            "{login}"
        );
    }
    refusals(world).await;
}

async fn refusals(world: &World) {
    let done = |value: Value| json!({"input": "done", "value": value});
    for (items, field) in [
        (json!([{"criterion": "9.9", "inputs": []}]), "items.0.criterion"),
        (
            json!([{"criterion": "1.1", "inputs": []}, {"criterion": "1.1", "inputs": []}]),
            "items.1.criterion",
        ),
        (
            json!([{"criterion": "1.1", "inputs": [done(json!({"count": "-1"}))]}]),
            "items.0.inputs.done",
        ),
        (
            json!([{"criterion": "1.1", "inputs": [done(json!({"count": "1"})), done(json!({"count": "2"}))]}]),
            "items.0.inputs.1",
        ),
    ] {
        let variables = json!({"u": "A2", "ledger": "FINAL", "items": items});
        let (code, at) = world.send("A2.h", ASK, variables).await.refused();
        assert_eq!((code.as_str(), at.as_str()), ("INVALID", field));
    }
    // The question and the field that computes: two for each.
    let many: Vec<String> = (0..60)
        .map(|number| {
            format!(
                "a{number}: dossier(ref: {{key: {{round: \"T-2019\", unit: \"H1\"}}}}) {{ whatIf {{ gainCount }} }}"
            )
        })
        .collect();
    for chunk in many.chunks(20) {
        world
            .send("H1.h", &format!("{{ {} }}", chunk.join(" ")), json!({}))
            .await
            .ok();
    }
    let one_more = "{ dossier(ref: {key: {round: \"T-2019\", unit: \"H1\"}}) { whatIf { gainCount } } }";
    assert_eq!(
        world.send("H1.h", one_more, json!({})).await.refused().0,
        "RATE_LIMITED"
    );
    assert!(world.send("H1.o", one_more, json!({})).await.ok()["dossier"]["whatIf"]["gainCount"].is_string());
}
