//! Growth over several years: each year's figure from the round of that year, from a baseline, or missing with its reason.
//!
//! 1.2 of 2021, worth 2 points: all from an average growth of 8 % over 2020 and 2021, a half above none.
//! ALPHA: 12 × 30 = 360 in 2019, 12 × 33 = 396 in 2020, 12 × 35 = 420 in 2021: (1/10 + 2/33) ÷ 2 = 53/660 ≈ 8.03 % → 2.
//! BETA took no part in 2020, and its figure of 2019 counted for nothing: of the baselines 300 and 300, and 12 × 26 = 312, the
//! average is (0 + 1/25) ÷ 2 = 2 % → 1. GAMMA began in 2020 with 12 × 50 = 600: nobody knows what it was in 2019.

use minhchung::app::documents::streams;
use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::explained_points::{number, worth};
use crate::journey::{accept, in_appraisal, publish_unverified};
use crate::last_year::{
    LEAF, OPEN, a_year_later, accept_online_2020, baseline, declare_of, growing, publish_2020, submit_2020,
};
use crate::world::World;

/// The framework of 2021: 1.2 grows on average over two years.
pub fn framework() -> Value {
    let mut framework = growing();
    framework["version"] = json!("3");
    let leaf = &mut framework["nodes"][2]["leaf"];
    leaf["rule"] = json!({"kind": "GROWTH", "years": ["online_before", "online_previous", "online"], "otherwise": "0",
        "bands": [{"growthAtLeast": "0.08", "ratio": "1"}, {"growthAbove": "0", "ratio": "0.5"}]});
    let mut before = leaf["inputs"][1].clone();
    before["code"] = json!("online_before");
    before["source"]["years"] = json!(2);
    leaf["inputs"].as_array_mut().unwrap().push(before);
    framework
}

/// 2019 and 2020 are published: ALPHA with both figures, GAMMA with that of 2020, BETA with none.
async fn two_years_later() -> World {
    let world = in_appraisal().await;
    accept(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    publish_unverified(&world).await;
    a_year_later(&world).await;
    world.person("gamma.head", Role::Head, "GAMMA").await;
    let open = OPEN.replace(r#""ALPHA", "BETA", "GAMMA""#, r#""ALPHA", "GAMMA""#);
    let previous = json!({"b": [], "p": "T-2019"});
    world.send("manager", &open, previous).await.ok();
    world.run_jobs().await;
    for (unit, online) in [("ALPHA", 33), ("GAMMA", 50)] {
        declare_of(&world, 2020, unit, "33", online).await;
        submit_2020(&world, unit).await;
    }
    let advance = r#"mutation { advanceRound(input: {round: "T-2020"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
    accept_online_2020(&world, "ALPHA").await;
    accept_online_2020(&world, "GAMMA").await;
    let left = [("ALPHA", "1.1"), ("ALPHA", "2.1"), ("GAMMA", "1.1"), ("GAMMA", "2.1")];
    publish_2020(&world, &left).await;
    world.set_time("2022-03-01T02:00:00Z");
    world.import(framework()).await;
    world
}

fn open_2021() -> String {
    OPEN.replace("T-2020", "T-2021")
        .replace("year: 2020", "year: 2021")
        .replace("T@2", "T@3")
}

fn earlier(unit: &str, years: u8, count: &str) -> Value {
    let mut baseline = baseline(unit, "1.2", "online", count);
    baseline["years"] = json!(years);
    baseline["source"] = json!(format!("BC {unit} {years}"));
    baseline
}

/// The newest entry of a dossier's journal, as a source is cited.
async fn cited(world: &World, round: &str, unit: &str) -> String {
    let stream = streams::dossier(round, unit);
    let head = world.app.store.head(&stream).await.unwrap().unwrap();
    format!("{stream}#{}", head.number)
}

/// The earlier values of 1.2 by input, each with its source, and the whole explanation.
async fn found(world: &World, unit: &str) -> (Vec<(String, String, String)>, Value) {
    let leaf = LEAF
        .replace("T-2020", "T-2021")
        .replace("outcome tree", "outcome points text { vi en } tree");
    let answer = world.send("manager", &leaf, json!({"u": unit, "c": "1.2"})).await.ok();
    let told = |value: &Value| value.as_str().unwrap().to_owned();
    let values = answer["assessment"]["previousInputs"].as_array().unwrap().iter();
    let mut values: Vec<(String, String, String)> = values
        .map(|one| {
            (
                told(&one["value"]["code"]),
                told(&one["value"]["text"]),
                told(&one["source"]),
            )
        })
        .collect();
    values.sort();
    let explain = answer["assessment"]["explain"].clone();
    assert_eq!(worth(&explain["tree"]), number(&explain["points"]));
    (values, explain)
}

#[tokio::test]
async fn each_year_comes_from_its_own_round_or_from_a_baseline_or_is_missing_with_its_reason() {
    let world = two_years_later().await;
    let baselines = json!([
        earlier("BETA", 1, "300"),
        earlier("BETA", 2, "300"),
        // A published figure stands before a baseline.
        earlier("ALPHA", 2, "1"),
    ]);
    let input = json!({"b": baselines, "p": "T-2020"});
    world.send("manager", &open_2021(), input).await.ok();
    world.run_jobs().await;
    for (unit, online) in [("ALPHA", 35), ("BETA", 26), ("GAMMA", 60)] {
        declare_of(&world, 2021, unit, "40", online).await;
    }

    let (of_2019, of_2020) = (
        cited(&world, "T-2019", "ALPHA").await,
        cited(&world, "T-2020", "ALPHA").await,
    );
    let value = |code: &str, count: &str, source: &str| (code.to_owned(), count.to_owned(), source.to_owned());
    let (values, explain) = found(&world, "ALPHA").await;
    assert_eq!(
        values,
        [
            value("online_before", "360", &of_2019),
            value("online_previous", "396", &of_2020)
        ]
    );
    assert_eq!(explain["points"], "2");
    assert_eq!(
        explain["text"]["en"],
        "average growth over 2 years (10 %; ≈ 6.0606 %): ≈ 8.0303 % ≥ 8 % → 2 of 2"
    );
    assert!(
        explain["tree"]
            .to_string()
            .contains("360 (2 năm trước, dossier:T-2019/ALPHA#"),
        "{explain}"
    );

    let (values, explain) = found(&world, "BETA").await;
    assert_eq!(
        values,
        [
            value("online_before", "300", "BC BETA 2"),
            value("online_previous", "300", "BC BETA 1")
        ]
    );
    assert_eq!(explain["points"], "1");
    assert_eq!(
        explain["text"]["vi"],
        "tăng bình quân 2 năm (0 %; 4 %): 2 % > 0 % → 1 trên 2"
    );

    let (values, explain) = found(&world, "GAMMA").await;
    let of_2020 = cited(&world, "T-2020", "GAMMA").await;
    assert_eq!(values, [value("online_previous", "600", &of_2020)]);
    assert_eq!(
        (&explain["outcome"], &explain["points"]),
        (&json!("MISSING"), &json!("0"))
    );
    assert_eq!(
        explain["text"]["en"],
        "Missing: online; no published round gives the value of 2019, and none was stated when this one was opened → 0 of 2"
    );
    world.verified().await;
}

#[tokio::test]
async fn a_baseline_is_of_a_year_that_the_leaf_asks_for() {
    let world = two_years_later().await;
    for (baselines, field) in [
        (json!([earlier("BETA", 3, "300")]), "baselines.0.value.input"),
        (json!([earlier("BETA", 0, "300")]), "baselines.0.value.input"),
        (
            json!([earlier("BETA", 2, "300"), earlier("BETA", 2, "301")]),
            "baselines.1",
        ),
        (json!([earlier("BETA", 2, "-1")]), "baselines.0.value.value"),
    ] {
        let input = json!({"b": baselines, "p": "T-2020"});
        let refused = world.send("manager", &open_2021(), input).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), field.to_owned()), "{baselines}");
    }
}
