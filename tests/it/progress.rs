//! How far people are with what a plan gives them, and how far units are with declaring: worked out by hand.

use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, SUBMIT, accept, declaration, dossier, export, in_appraisal, report};
use crate::world::{OPEN_ROUND, World, usage};

const PROGRESS: &str = r#"{ progress(round: "T-2019", by: PERSON) { key verified states { state count } } }"#;
const FORECAST: &str = r#"query($n: Int!, $d: Date) { pace(round: "T-2019", days: $n, due: $d) { forecast(by: PERSON) {
    key left verified perDay finishesOn misses } } }"#;
const DECLARING: &str = r#"query($n: Int!) { pace(round: "T-2019", days: $n) { declaring {
    unitCode left declared perDay finishesOn due misses } } }"#;
const ALLOCATE: &str =
    r#"mutation { allocateReviews(input: {round: "T-2019", dryRun: false}) { plan { shareCount } } }"#;

/// A line for each person: leaves of the plan by state, and how many the person has verified.
async fn people(world: &World, login: &str) -> Vec<String> {
    let found = world.send(login, PROGRESS, json!({})).await.ok()["progress"].clone();
    let states = |row: &Value| -> String {
        let states = row["states"].as_array().unwrap().iter();
        let state = |one: &Value| format!(" {} {}", one["count"].as_str().unwrap(), one["state"].as_str().unwrap());
        states.map(state).collect()
    };
    let line = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        format!("{}:{}, verified {}", text("key"), states(row), text("verified"))
    };
    found.as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn everybody_is_counted_by_the_plan_and_by_what_they_verified() {
    let world = in_appraisal().await;
    // The survey's leaves are verified and nobody's work.
    assert_eq!(people(&world, "manager").await, [""; 0]);
    world.send("manager", ALLOCATE, json!({})).await.ok();
    let before = [
        "snv.appraiser: 1 SUBMITTED, verified 0",
        "snv.second: 1 SUBMITTED, verified 0",
        "sttt.appraiser: 2 SUBMITTED, verified 0",
    ];
    assert_eq!(people(&world, "manager").await, before);

    // BETA's 1.1 is the second one's by the plan, and the first one judges it.
    world.set_time("2020-03-02T03:00:00Z");
    accept(&world, "snv.appraiser", "BETA", "1.1").await;
    accept(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    let after = [
        "snv.appraiser: 1 SUBMITTED, verified 1",
        "snv.second: 1 VERIFIED, verified 0",
        "sttt.appraiser: 1 SUBMITTED 1 VERIFIED, verified 1",
    ];
    assert_eq!(people(&world, "manager").await, after);
    assert_eq!(people(&world, "sttt.appraiser").await, after[2..]);
    assert_eq!(people(&world, "snv.second").await, after[1..2]);
    for login in ["alpha.officer", "integrator", "admin"] {
        assert_eq!(world.send(login, PROGRESS, json!({})).await.refused().0, "FORBIDDEN");
    }

    // Two whole days, of which one was idle: 1/2 a day, and one leaf takes two days.
    world.set_time("2020-03-04T03:00:00Z");
    let forecast = async |login: &str| {
        let variables = json!({"n": 2, "d": "2020-03-05"});
        world.send(login, FORECAST, variables).await.ok()["pace"]["forecast"].clone()
    };
    let row = |key: &str, left: &str| json!({"key": key, "left": left, "verified": "1", "perDay": "1/2", "finishesOn": "2020-03-06", "misses": true});
    let own = row("sttt.appraiser", "1");
    assert_eq!(forecast("manager").await, json!([row("snv.appraiser", "1"), own]));
    assert_eq!(forecast("sttt.appraiser").await, json!([own]));
    assert_eq!(
        world.send("alpha.officer", FORECAST, json!({"n": 2})).await.refused().0,
        "FORBIDDEN"
    );

    // What does not apply is nobody's work any more.
    let exclude = r#"mutation { setNotApplicable(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, criterion: "1.1",
        reason: "Không có", document: "CV 1"}) { dossier { id } } }"#;
    world.send("manager", exclude, json!({})).await.ok();
    assert_eq!(people(&world, "snv.appraiser").await, ["snv.appraiser:, verified 1"]);
    world.verified().await;
}

#[tokio::test]
async fn a_unit_that_will_not_be_ready_in_time_is_told() {
    let world = World::with_framework().await;
    let dated = r#"year: 2019, calendar: {selfAssessment: "2020-03-10"}"#;
    world.open_round(&OPEN_ROUND.replace("year: 2019", dated)).await;
    let declaring = async |login: &str, days: u32| {
        let found = world.send(login, DECLARING, json!({"n": days})).await.ok();
        found["pace"]["declaring"].clone()
    };
    let row = |unit: &str, left: &str, declared: &str, per_day: Value, finishes_on: Value, due: &str, misses: Value| {
        json!({"unitCode": unit, "left": left, "declared": declared, "perDay": per_day, "finishesOn": finishes_on,
            "due": due, "misses": misses})
    };
    // On 1 March one of the two leaves that ALPHA declares itself; the third is the survey's.
    let mut first = declaration("ALPHA", "28");
    first["i"]["items"].as_array_mut().unwrap().truncate(1);
    world.send("alpha.officer", DECLARE, first).await.ok();
    let idle = |misses: Value| row("BETA", "2", "0", Value::Null, Value::Null, "2020-03-10", misses);

    // Two days, one leaf: half a leaf a day, and the other one takes until the 5th.
    world.set_time("2020-03-03T02:00:00Z");
    let in_time = row(
        "ALPHA",
        "1",
        "1",
        json!("1/2"),
        json!("2020-03-05"),
        "2020-03-10",
        json!(false),
    );
    assert_eq!(declaring("manager", 2).await, json!([in_time, idle(Value::Null)]));
    assert_eq!(declaring("alpha.officer", 2).await, json!([in_time]));

    // Eight days, still one leaf: another eight are too many, unless it is given longer.
    world.set_time("2020-03-09T02:00:00Z");
    let late = row(
        "ALPHA",
        "1",
        "1",
        json!("1/8"),
        json!("2020-03-17"),
        "2020-03-10",
        json!(true),
    );
    assert_eq!(declaring("integrator", 8).await, json!([late, idle(Value::Null)]));
    let extend = "mutation($i: ExtendDeadlineInput!) { extendDeadline(input: $i) { dossier { id } } }";
    let longer = json!({"i": {"dossier": dossier("ALPHA"), "stage": "SELF_ASSESSMENT", "until": "2020-03-17", "reason": "Lũ lụt"}});
    world.send("manager", extend, longer).await.ok();
    let longer = row(
        "ALPHA",
        "1",
        "1",
        json!("1/8"),
        json!("2020-03-17"),
        "2020-03-17",
        json!(false),
    );
    assert_eq!(declaring("manager", 8).await, json!([longer, idle(Value::Null)]));

    // A day that is over is missed by whatever is left.
    world.set_time("2020-03-10T17:00:00Z");
    assert_eq!(declaring("manager", 1).await[1], idle(json!(true)));

    // All declared and not submitted is on the list with nothing left; submitted it is not.
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    let rows = export("ALPHA", &usage(12, 30, 100));
    world.send("alpha.officer", ADD, rows).await.ok();
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    let done = row(
        "ALPHA",
        "0",
        "0",
        Value::Null,
        json!("2020-03-11"),
        "2020-03-17",
        json!(false),
    );
    assert_eq!(declaring("manager", 1).await, json!([done, idle(json!(true))]));
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
    assert_eq!(declaring("manager", 1).await, json!([idle(json!(true))]));
    assert_eq!(declaring("alpha.officer", 1).await, json!([]));
}
