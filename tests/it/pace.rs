//! How fast a round is verified, and what will be left: by the day, in the round's time zone, for what the viewer sees.

use serde_json::{Value, json};

use crate::journey::{accept, in_appraisal};
use crate::world::World;

const PACE: &str = r#"query($n: Int!, $d: Date, $by: ProgressBy!) { pace(round: "T-2019", days: $n, due: $d) { today due
    days { day count } forecast(by: $by) { key left verified perDay finishesOn misses } } }"#;

async fn pace(world: &World, login: &str, days: u32, due: Option<&str>, by: &str) -> Value {
    let variables = json!({"n": days, "d": due, "by": by});
    world.send(login, PACE, variables).await.ok()["pace"].clone()
}

/// One leaf on the evening of 2 March, two in the night to the 3rd and on it, one left.
async fn three_of_four() -> World {
    let world = in_appraisal().await;
    for (at, login, unit, criterion) in [
        ("2020-03-02T16:59:59.999Z", "snv.appraiser", "ALPHA", "1.1"),
        ("2020-03-02T17:00:00Z", "sttt.appraiser", "ALPHA", "1.2"),
        ("2020-03-03T10:00:00Z", "sttt.appraiser", "BETA", "1.2"),
    ] {
        world.set_time(at);
        accept(&world, login, unit, criterion).await;
    }
    world.set_time("2020-03-05T02:00:00Z");
    world
}

#[tokio::test]
async fn leaves_are_counted_by_the_day_on_which_they_were_verified() {
    let world = three_of_four().await;
    let found = pace(&world, "manager", 4, None, "UNIT").await;
    // The survey results came on the 1st, and needed no appraiser.
    let day = |day: &str, count: &str| json!({"day": format!("2020-03-{day}"), "count": count});
    assert_eq!(
        found["days"],
        json!([day("01", "0"), day("02", "1"), day("03", "2"), day("04", "0")])
    );
    assert_eq!((&found["today"], &found["due"]), (&json!("2020-03-05"), &Value::Null));
    // Today is not over and does not count.
    world.set_time("2020-03-03T12:00:00Z");
    let found = pace(&world, "manager", 1, None, "UNIT").await;
    assert_eq!(found["days"], json!([day("02", "1")]));
}

#[tokio::test]
async fn what_is_left_is_held_to_the_pace() {
    let world = three_of_four().await;
    let row = |key: &str,
               left: &str,
               verified: &str,
               per_day: Option<&str>,
               finishes_on: Option<&str>,
               misses: Option<bool>| {
        json!({"key": key, "left": left, "verified": verified, "perDay": per_day, "finishesOn": finishes_on, "misses": misses})
    };
    let today = Some("2020-03-05");
    // Three days, of which 4 March was idle: one leaf left at 1/3 a day takes three days.
    let found = pace(&world, "manager", 3, Some("2020-03-07"), "UNIT").await;
    assert_eq!(
        found["forecast"],
        json!([
            row("ALPHA", "0", "2", Some("2/3"), today, Some(false)),
            row("BETA", "1", "1", Some("1/3"), Some("2020-03-08"), Some(true)),
        ])
    );
    let found = pace(&world, "manager", 3, Some("2020-03-08"), "APPRAISER").await;
    assert_eq!(
        found["forecast"],
        json!([
            row("SNV", "1", "1", Some("1/3"), Some("2020-03-08"), Some(false)),
            row("STTTT", "0", "2", Some("2/3"), today, Some(false)),
        ])
    );
    let found = pace(&world, "manager", 3, None, "FIELD").await;
    assert_eq!(
        found["forecast"],
        json!([row("1", "1", "3", Some("1"), Some("2020-03-06"), None)])
    );
    // Yesterday nobody did anything: there is no pace, unless the day is over.
    let idle = |misses| json!([row("BETA", "1", "0", None, None, misses)]);
    assert_eq!(
        pace(&world, "manager", 1, Some("2020-03-08"), "UNIT").await["forecast"],
        idle(None)
    );
    assert_eq!(
        pace(&world, "manager", 1, Some("2020-03-04"), "UNIT").await["forecast"],
        idle(Some(true))
    );
}

#[tokio::test]
async fn everybody_sees_the_pace_of_what_they_see() {
    let world = three_of_four().await;
    let keys = async |login: &str| {
        let found = pace(&world, login, 4, None, "UNIT").await;
        let counts = found["days"].as_array().unwrap().iter();
        let verified: u64 = counts
            .map(|day| day["count"].as_str().unwrap().parse::<u64>().unwrap())
            .sum();
        let rows = found["forecast"].as_array().unwrap().iter();
        (
            verified,
            rows.map(|row| row["key"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>(),
        )
    };
    for (login, verified, units) in [
        ("manager", 3, &["ALPHA", "BETA"][..]),
        ("integrator", 3, &["ALPHA", "BETA"]),
        ("snv.appraiser", 1, &["ALPHA", "BETA"]),
        ("sttt.appraiser", 2, &["ALPHA", "BETA"]),
        ("alpha.officer", 2, &["ALPHA"]),
        ("beta.head", 1, &["BETA"]),
    ] {
        let (count, keys) = keys(login).await;
        assert_eq!(
            (count, keys.iter().map(String::as_str).collect::<Vec<_>>()),
            (verified, units.to_vec()),
            "{login}"
        );
    }
}

#[tokio::test]
async fn a_slip_is_told() {
    let world = World::with_round().await;
    for days in [0, 93] {
        let variables = json!({"n": days, "by": "UNIT"});
        let refused = world.send("manager", PACE, variables).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), "days".to_owned()));
    }
    let unknown = PACE.replace("T-2019", "T-1999");
    let refused = world
        .send("manager", &unknown, json!({"n": 7, "by": "UNIT"}))
        .await
        .refused();
    assert_eq!(refused, ("NOT_FOUND".to_owned(), "round".to_owned()));
}
