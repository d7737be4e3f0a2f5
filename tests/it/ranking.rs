//! Ranking by the total, a field and a leaf, with ties and the change from the published year before, for anybody.
//!
//! 2019: only the survey counts. ALPHA (4.1 − 1) ÷ 4 × 4 = 3.1 of 10 = 31 %, BETA (3 − 1) ÷ 4 × 4 = 2 of 10 = 20 %.
//! 2020: ALPHA and BETA 2 of 10 = 20 % each. For GAMMA, which is new, leaf 1.1 does not apply: 3.1 of 6 = 51.67 %.

use serde_json::{Value, json};

use crate::journey::{in_appraisal, publish_unverified};
use crate::world::World;

const ROW: &str = "unitCode rank isTied points applicable percent percentChange rankChange";

pub async fn publish_2020(world: &World) {
    world.units("SO", &["GAMMA"]).await;
    let steps = [
        (
            "manager",
            r#"mutation { openRound(input: {code: "T-2020", name: {vi: "T", en: "T"}, year: 2020, owner: "SNV", previous: "T-2019",
            frameworks: [{unitType: "SO", framework: "T@1"}]}) { round { code } } }"#,
        ),
        (
            "survey",
            r#"mutation { recordSurveyResults(input: {round: "T-2020", results: [
            {unit: "ALPHA", criterion: "2.1", mean: "3", lowest: "1", highest: "5", sample: 400, source: "s"},
            {unit: "BETA", criterion: "2.1", mean: "3", lowest: "1", highest: "5", sample: 400, source: "s"},
            {unit: "GAMMA", criterion: "2.1", mean: "4.1", lowest: "1", highest: "5", sample: 400, source: "s"}]}) {
            items { problem { code } } } }"#,
        ),
        (
            "manager",
            r#"mutation { setNotApplicable(input: {dossier: {key: {round: "T-2020", unit: "GAMMA"}}, criterion: "1.1",
            reason: "không có nhiệm vụ", document: "QĐ 1"}) { dossier { id } } }"#,
        ),
        (
            "manager",
            r#"mutation { advanceRound(input: {round: "T-2020"}) { round { phase } } }"#,
        ),
    ];
    for (login, document) in steps {
        world.send(login, document, json!({})).await.ok();
        world.run_jobs().await;
    }
    let leaves: Vec<Value> = ["ALPHA", "BETA", "GAMMA"]
        .into_iter()
        .flat_map(|unit| ["1.1", "1.2"].map(|leaf| json!({"unit": unit, "criterion": leaf, "reason": "r"})))
        .collect();
    let input =
        json!({"i": {"round": "T-2020", "decisionNumber": "2", "decisionDate": "2020-02-28", "unverified": leaves}});
    let publish = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
    world.send("manager", publish, input).await.ok();
    world.run_jobs().await;
}

/// Lines of a ranking as text, for anybody.
async fn lines(world: &World, round: &str, ranking: &str) -> Vec<String> {
    let query = format!(
        r#"{{ round(code: "{round}") {{ publication {{ r: {ranking} {{ nodes {{ {ROW} }} pageInfo {{ hasNextPage }} }} }} }} }}"#
    );
    let found = world.send("", &query, json!({})).await.ok();
    let rows = found["round"]["publication"]["r"]["nodes"].as_array().unwrap().iter();
    let names = ROW.split(' ');
    rows.map(|row| {
        let cells = names.clone().map(|name| row[name].to_string().replace('"', ""));
        cells.collect::<Vec<_>>().join(" ")
    })
    .collect()
}

#[tokio::test]
async fn ties_classes_and_the_change_from_the_year_before_are_explicit() {
    let world = in_appraisal().await;
    publish_unverified(&world).await;
    assert_eq!(
        lines(&world, "T-2019", r#"ranking(group: "SO")"#).await,
        [
            "ALPHA 1 false 3.10 10.00 31.00 null null",
            "BETA 2 false 2.00 10.00 20.00 null null"
        ]
    );
    publish_2020(&world).await;
    assert_eq!(
        lines(&world, "T-2020", r#"ranking(group: "SO")"#).await,
        [
            "GAMMA 1 false 3.10 6.00 51.67 null null",
            "ALPHA 2 true 2.00 10.00 20.00 -11.00 -1",
            "BETA 2 true 2.00 10.00 20.00 0.00 0"
        ]
    );
    let classes = r#"{ round(code: "T-2020") { publication { ranking(group: "SO") { nodes { class } } } } }"#;
    let found = world.send("", classes, json!({})).await.ok();
    assert_eq!(
        found["round"]["publication"]["ranking"]["nodes"],
        json!([{"class": "KHA"}, {"class": "YEU"}, {"class": "YEU"}])
    );
    // Every line is found again by its id.
    let ids = r#"{ round(code: "T-2020") { publication { id ranking(group: "SO") { nodes { id } } nodeRanking(group: "SO", node: "2") { nodes { id } } } } }"#;
    let found = world.send("", ids, json!({})).await.ok()["round"]["publication"].clone();
    let lists = ["ranking", "nodeRanking"].map(|list| found[list]["nodes"].as_array().unwrap().clone());
    for object in lists.iter().flatten().chain([&found]) {
        let again = world
            .send(
                "",
                "query($id: ID!) { node(id: $id) { id } }",
                json!({"id": object["id"]}),
            )
            .await;
        assert_eq!(again.ok()["node"]["id"], object["id"]);
    }
    // Field 2 is the survey alone: 3.1 and 2 of 4.
    assert_eq!(
        lines(&world, "T-2020", r#"nodeRanking(group: "SO", node: "2")"#).await,
        [
            "GAMMA 1 false 3.10 4.00 77.50 null null",
            "ALPHA 2 true 2.00 4.00 50.00 -27.50 -1",
            "BETA 2 true 2.00 4.00 50.00 0.00 0"
        ]
    );
    // A leaf that does not apply to a unit gives it no rank.
    assert_eq!(
        lines(&world, "T-2020", r#"nodeRanking(group: "SO", node: "1.1")"#).await,
        [
            "ALPHA 1 true 0.00 4.00 0.00 0.00 0",
            "BETA 1 true 0.00 4.00 0.00 0.00 0",
            "GAMMA null false 0.00 0.00 null null null"
        ]
    );
}

#[tokio::test]
async fn a_ranking_by_node_is_paged_and_unknown_nodes_are_not_found() {
    let world = in_appraisal().await;
    publish_unverified(&world).await;
    let page = r#"query($n: String!, $a: String) { round(code: "T-2019") { publication {
        nodeRanking(group: "SO", node: $n, first: 1, after: $a) { edges { cursor node { unitCode unit { code } } } pageInfo { hasNextPage } } } } }"#;
    let first = world.send("", page, json!({"n": "2"})).await.ok()["round"]["publication"]["nodeRanking"].clone();
    assert_eq!(
        first["edges"][0]["node"],
        json!({"unitCode": "ALPHA", "unit": {"code": "ALPHA"}})
    );
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let after = first["edges"][0]["cursor"].clone();
    let next = world.send("", page, json!({"n": "2", "a": after})).await.ok();
    let next = &next["round"]["publication"]["nodeRanking"];
    assert_eq!(next["edges"][0]["node"]["unitCode"], "BETA");
    assert_eq!(next["pageInfo"]["hasNextPage"], false);
    // A cursor of one ranking is none of another.
    let refused = world.send("", page, json!({"n": "1", "a": after})).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "after".to_owned()));
    assert_eq!(world.send("", page, json!({"n": "9"})).await.refused().0, "NOT_FOUND");
    // A group that nobody is in is a slip of the pen.
    let nobody = r#"{ round(code: "T-2019") { publication { ranking(group: "so") { nodes { rank } } } } }"#;
    let refused = world.send("", nobody, json!({})).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "group".to_owned()));
    assert_eq!(
        minhchung::app::verify::verify(&world.app).await.unwrap().difference,
        None
    );
}

/// Survey alone counts in 2020: DELTA 3.1 of 10 in no group; nothing applies to EPSILON.
#[tokio::test]
async fn whoever_has_no_rank_is_listed_with_the_reason() {
    let world = in_appraisal().await;
    world.units("SO", &["EPSILON"]).await;
    let put = r#"mutation { putUnits(input: {units: [{code: "DELTA", name: {vi: "D", en: "D"}, type: "SO", validFrom: "2018-01-01"}]}) { units { code } } }"#;
    world.send("admin", put, json!({})).await.ok();
    let exclude = |criterion: &str| {
        format!(
            r#"mutation {{ setNotApplicable(input: {{dossier: {{key: {{round: "T-2020", unit: "EPSILON"}}}}, criterion: "{criterion}",
            reason: "mới thành lập", document: "QĐ 1"}}) {{ dossier {{ id }} }} }}"#
        )
    };
    let survey = |unit: &str, mean: &str| {
        format!(
            r#"{{unit: "{unit}", criterion: "2.1", mean: "{mean}", lowest: "1", highest: "5", sample: 400, source: "s"}}"#
        )
    };
    let record = format!(
        r#"mutation {{ recordSurveyResults(input: {{round: "T-2020", results: [{}, {}, {}]}}) {{ items {{ problem {{ code }} }} }} }}"#,
        survey("ALPHA", "3"),
        survey("BETA", "3"),
        survey("DELTA", "4.1")
    );
    let open = r#"mutation { openRound(input: {code: "T-2020", name: {vi: "T", en: "T"}, year: 2020, owner: "SNV",
        frameworks: [{unitType: "SO", framework: "T@1"}]}) { round { code } } }"#;
    let advance = r#"mutation { advanceRound(input: {round: "T-2020"}) { round { phase } } }"#;
    for (login, document) in [
        ("manager", open.to_owned()),
        ("survey", record),
        ("manager", exclude("1")),
        ("manager", exclude("2")),
        ("manager", advance.to_owned()),
    ] {
        world.send(login, &document, json!({})).await.ok();
        world.run_jobs().await;
    }
    let leaves: Vec<Value> = ["ALPHA", "BETA", "DELTA"]
        .into_iter()
        .flat_map(|unit| ["1.1", "1.2"].map(|leaf| json!({"unit": unit, "criterion": leaf, "reason": "r"})))
        .collect();
    let input =
        json!({"i": {"round": "T-2020", "decisionNumber": "2", "decisionDate": "2020-02-28", "unverified": leaves}});
    let publish = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
    world.send("manager", publish, input).await.ok();
    world.run_jobs().await;

    // Who is compared, and who is in the group but has nothing to be compared by.
    assert_eq!(
        lines(&world, "T-2020", r#"ranking(group: "SO")"#).await,
        [
            "ALPHA 1 true 2.00 10.00 20.00 null null",
            "BETA 1 true 2.00 10.00 20.00 null null",
            "EPSILON null false 0.00 0.00 null null null"
        ]
    );
    let page = r#"query($a: String) { round(code: "T-2020") { publication { unranked(first: 1, after: $a) { edges { cursor node {
        id unitCode group rank unrankedBecause points percent class } } pageInfo { hasNextPage } }
        ranking(group: "SO", first: 1) { edges { cursor node { group unrankedBecause } } } } } }"#;
    let read = async |after: &Value| {
        let found = world.send("", page, json!({"a": after})).await.ok();
        found["round"]["publication"].clone()
    };
    let first = read(&Value::Null).await;
    let line = |page: &Value| {
        let mut line = page["unranked"]["edges"][0]["node"].clone();
        line.as_object_mut().unwrap().remove("id");
        line
    };
    assert_eq!(
        line(&first),
        json!({"unitCode": "DELTA", "group": null, "rank": null, "unrankedBecause": "NO_GROUP", "points": "3.10",
            "percent": "31.00", "class": "YEU"})
    );
    assert_eq!(first["unranked"]["pageInfo"]["hasNextPage"], true);
    let second = read(&first["unranked"]["edges"][0]["cursor"]).await;
    assert_eq!(
        line(&second),
        json!({"unitCode": "EPSILON", "group": "SO", "rank": null, "unrankedBecause": "NOTHING_APPLICABLE",
            "points": "0.00", "percent": null, "class": null})
    );
    assert_eq!(second["unranked"]["pageInfo"]["hasNextPage"], false);
    let ranked = &first["ranking"]["edges"][0];
    assert_eq!(ranked["node"], json!({"group": "SO", "unrankedBecause": null}));
    let foreign = world.send("", page, json!({"a": ranked["cursor"]})).await.refused();
    assert_eq!(foreign, ("INVALID".to_owned(), "after".to_owned()));
    let node = "query($id: ID!) { node(id: $id) { ... on RankingRow { unitCode } } }";
    let id = &second["unranked"]["edges"][0]["node"]["id"];
    let again = world.send("", node, json!({"id": id})).await.ok();
    assert_eq!(again["node"]["unitCode"], "EPSILON");
    world.verified().await;
}
