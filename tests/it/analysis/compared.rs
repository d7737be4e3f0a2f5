//! Rounds of any years against each other, and results against another figure.

use serde_json::{Value, json};

use super::{GAIN, GAINS, ask, lines, refused, two_rounds};
use crate::journey::ask_to_publish_unverified;

/// 2021 under a framework in which field 2 became field 1 under its name, with a leaf less and one more.
#[tokio::test]
async fn two_rounds_are_compared_by_names_before_codes() {
    let world = two_rounds().await;
    let mut renumbered = crate::world::framework();
    renumbered["version"] = json!("2");
    let nodes = renumbered["nodes"].as_array_mut().unwrap();
    for (node, (code, parent)) in nodes.iter_mut().zip([
        ("2", None),
        ("2.1", Some("2")),
        ("2.2", Some("2")),
        ("1", None),
        ("1.1", Some("1")),
    ]) {
        node["code"] = json!(code);
        if let Some(parent) = parent {
            node["parent"] = json!(parent);
        }
    }
    nodes[2]["name"] = json!({"vi": "Số hóa", "en": "Digitising"});
    nodes[2]["leaf"]["rule"]["fullAt"] = json!("0.6");
    nodes.rotate_left(3);
    world.import(renumbered).await;
    let open = r#"mutation { openRound(input: {code: "T-2021", name: {vi: "T", en: "T"}, year: 2021, owner: "SNV", previous: "T-2020",
        frameworks: [{unitType: "SO", framework: "T@2"}]}) { round { code } } }"#;
    let record = r#"mutation { recordSurveyResults(input: {round: "T-2021", results: [
        {unit: "ALPHA", criterion: "1.1", mean: "5", lowest: "1", highest: "5", sample: 400, source: "s"},
        {unit: "BETA", criterion: "1.1", mean: "3", lowest: "1", highest: "5", sample: 400, source: "s"},
        {unit: "GAMMA", criterion: "1.1", mean: "3", lowest: "1", highest: "5", sample: 400, source: "s"}]}) { items { problem { code } } } }"#;
    let advance = r#"mutation { advanceRound(input: {round: "T-2021"}) { round { phase } } }"#;
    for (login, document) in [("manager", open), ("survey", record), ("manager", advance)] {
        world.send(login, document, json!({})).await.ok();
        world.run_jobs().await;
    }
    let leaves: Vec<Value> = ["ALPHA", "BETA", "GAMMA"]
        .into_iter()
        .flat_map(|unit| ["2.1", "2.2"].map(|leaf| json!({"unit": unit, "criterion": leaf, "reason": "r"})))
        .collect();
    let more = json!({"round": "T-2021", "decisionNumber": "3", "unverified": leaves});
    ask_to_publish_unverified(&world, more).await.ok();
    world.run_jobs().await;
    const COMPARED: &str =
        "{ firstPercent secondPercent change lines { change first { node { code } percent source { roundCode } }
        second { node { code } percent source { roundCode } } } }";
    let of_group = r#"comparison(first: {round: "T-2019"}, second: {round: "T-2021"}, group: "SO")"#;
    let found = ask(&world, "", &format!("{of_group} {COMPARED}")).await;
    // 31 and 20; then 4, 2 and 2 of 10: means 25.5 and 26.67.
    assert_eq!(
        (&found["firstPercent"], &found["secondPercent"]),
        (&json!("25.50"), &json!("26.67"))
    );
    assert_eq!(found["change"], "1.17");
    let side = |side: &Value| match side {
        Value::Null => "-".to_owned(),
        side => format!("{} {}", side["node"]["code"], side["percent"]).replace('"', ""),
    };
    let shown: Vec<String> = found["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            format!(
                "{} > {} {}",
                side(&line["first"]),
                side(&line["second"]),
                line["change"]
            )
            .replace('"', "")
        })
        .collect();
    // Surveys: 77.5 and 50, mean 63.75; then 100, 50 and 50, mean 66.67. What took the code of something else is nothing of it.
    assert_eq!(
        shown,
        [
            "2 63.75 > 1 66.67 2.92",
            "2.1 63.75 > 1.1 66.67 2.92",
            "1 0.00 > 2 0.00 0.00",
            "1.1 0.00 > 2.1 0.00 0.00",
            "- > 2.2 0.00 null",
            "1.2 0.00 > - null"
        ]
    );
    let of_unit = r#"comparison(first: {round: "T-2019"}, second: {round: "T-2021"}, unit: "ALPHA")"#;
    let found = ask(&world, "", &format!("{of_unit} {COMPARED}")).await;
    assert_eq!(
        (&found["firstPercent"], &found["change"]),
        (&json!("31.00"), &json!("9.00"))
    );
    let fields = lines(&found["lines"], &["/first/node/code", "/second/node/code", "/change"]);
    assert_eq!(fields, ["2 1 22.50", "1 2 0.00"]);
    // Gains by a node find it under its old code, too.
    let gains =
        format!(r#"improvements(round: "T-2021", against: {{round: "T-2019"}}, group: "SO", node: "1.1") {GAINS}"#);
    let found = ask(&world, "", &gains).await;
    assert_eq!(lines(&found["units"], GAIN), ["ALPHA 22.50 0 1 1", "BETA 0.00 0 2 2"]);
    assert_eq!(found["earlierNode"]["code"], "2.1");
    let new = r#"improvements(round: "T-2021", against: {round: "T-2019"}, group: "SO", node: "2.2") { unitCount }"#;
    assert_eq!(refused(&world, new).await, ("INVALID".to_owned(), "node".to_owned()));
    world.verified().await;
}

#[tokio::test]
async fn results_are_correlated_with_a_criterion_and_with_an_index() {
    let world = two_rounds().await;
    const FOUND: &str = "{ pearson spearman because pairCount pairs { unitCode percent with } leftOut }";
    let with = async |round: &str, with: &str| {
        let question = format!(r#"correlation(round: "{round}", with: {with}) {FOUND}"#);
        ask(&world, "", &question).await
    };
    // 20, 20, 51.67 with 50, 50, 77.5: in a line.
    let found = with("T-2020", r#"{criterion: "2.1"}"#).await;
    assert_eq!(
        found,
        json!({"pearson": "1.0000", "spearman": "1.0000", "because": null, "pairCount": "3", "leftOut": [], "pairs": [
            {"unitCode": "ALPHA", "percent": "20.00", "with": "50.00"}, {"unitCode": "BETA", "percent": "20.00", "with": "50.00"},
            {"unitCode": "GAMMA", "percent": "51.67", "with": "77.50"}]})
    );
    let found = with("T-2020", r#"{criterion: "1.2"}"#).await;
    assert_eq!(
        (&found["pearson"], &found["because"]),
        (&Value::Null, &json!("NO_SPREAD"))
    );
    let found = with("T-2019", r#"{criterion: "2.1"}"#).await;
    assert_eq!(
        (&found["because"], &found["pairCount"]),
        (&json!("TOO_FEW"), &json!("2"))
    );
    let index = r#"mutation { saveIndex(input: {code: "SIPAS", name: {vi: "S", en: "S"}, publisher: {vi: "B", en: "B"}, from: "2018",
        places: 2, total: STATED, sources: ["d"]}) { edition } recordIndexFigures(input: {index: "SIPAS", figures: [
        {unit: "ALPHA", period: "2020", points: "80", source: {document: "d"}}, {unit: "BETA", period: "2020", points: "90.5", source: {document: "d"}},
        {unit: "GAMMA", period: "2020", points: "95.75", source: {document: "d"}}, {unit: "ALPHA", period: "2019", points: "1", source: {document: "d"}}]})
        { figureCount } }"#;
    world.send("manager", index, json!({})).await.ok();
    // x − 20: 0, 0, 31.67; y − 80: 0, 10.5, 15.75, twice as far again from 80 to 90.5 as from there to 95.75.
    // 3 × 31.67 × 15.75 − 31.67 × 26.25 = 665.07; 3 × 1002.9889 − 1002.9889 = 2005.9778; 3 × 358.3125 − 689.0625 = 385.875:
    // 665.07 ÷ √774056.68 = 665.07 ÷ 879.8049 = 0.75593. Ranks 1.5, 1.5, 3 with 1, 2, 3: 1.5 ÷ √(1.5 × 2) = 0.86603.
    let found = with("T-2020", r#"{index: {code: "SIPAS"}}"#).await;
    assert_eq!(
        (&found["pearson"], &found["spearman"]),
        (&json!("0.7559"), &json!("0.8660"))
    );
    assert_eq!(
        found["pairs"][1],
        json!({"unitCode": "BETA", "percent": "20.00", "with": "90.5"})
    );
    let found = with("T-2020", r#"{index: {code: "SIPAS", period: "2019"}}"#).await;
    assert_eq!(
        (&found["because"], &found["leftOut"]),
        (&json!("TOO_FEW"), &json!(["BETA", "GAMMA"]))
    );
    let none = r#"correlation(round: "T-2020", with: {index: {code: "NONE"}}) { pearson }"#;
    assert_eq!(
        refused(&world, none).await,
        ("NOT_FOUND".to_owned(), "with.index.code".to_owned())
    );
}
