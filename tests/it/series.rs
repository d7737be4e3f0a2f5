//! Indices that others publish: data, figures with their sources, and what does not agree among them.

use minhchung::app::seed::seed;
use serde_json::{Value, json};

use crate::world::{Answer, World};

const SAVE: &str = "mutation($i: SaveIndexInput!) { saveIndex(input: $i) { code edition receipt { stream entry } } }";
const RECORD: &str =
    "mutation($i: RecordIndexFiguresInput!) { recordIndexFigures(input: $i) { figureCount receipt { stream entry } } }";
const SERIES: &str = "query($i: String!, $u: String!) { indexSeries(index: $i, unit: $u) { editions { edition from }
    figures { period statement points parts { part points } rank of rankChange pointsChange source { document } reason }
    contradictions { kind period statement otherPeriod otherStatement message { en } } } }";

fn index(from: &str, parts: &[&str]) -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    let parts: Vec<Value> = parts
        .iter()
        .map(|code| json!({"code": code, "name": text(code), "maximum": "10"}))
        .collect();
    json!({"code": "PAPI", "name": text("PAPI"), "publisher": text("UNDP"), "from": from, "maximum": "80", "places": 2,
        "total": "SUM", "parts": parts, "sources": ["papi.org.vn"]})
}

async fn save(world: &World, input: Value) -> Answer {
    world.send("manager", SAVE, json!({ "i": input })).await
}

async fn record(world: &World, login: &str, figures: Value, reason: Option<&str>) -> Answer {
    let input = json!({"i": {"index": "PAPI", "figures": figures, "reason": reason}});
    world.send(login, RECORD, input).await
}

async fn series(world: &World, login: &str, index: &str, unit: &str) -> Value {
    let asked = json!({"i": index, "u": unit});
    world.send(login, SERIES, asked).await.ok()["indexSeries"].clone()
}

fn figure(period: &str, more: Value, document: &str) -> Value {
    let mut figure = json!({"unit": "SNV", "period": period, "source": {"document": document}});
    for (name, value) in more.as_object().unwrap() {
        figure[name] = value.clone();
    }
    figure
}

#[tokio::test]
async fn figures_stand_by_source_and_are_replaced_with_a_reason() {
    let world = World::with_framework().await;
    let saved = save(&world, index("2009", &["A", "B"])).await.ok();
    assert_eq!(
        (
            &saved["saveIndex"]["edition"],
            saved["saveIndex"]["receipt"].is_object()
        ),
        (&json!(1), true)
    );
    // The same again is there already; another content begins with another period.
    let again = save(&world, index("2009", &["A", "B"])).await.ok();
    assert_eq!(
        again["saveIndex"],
        json!({"code": "PAPI", "edition": 1, "receipt": null})
    );
    let earlier = save(&world, index("2009", &["A", "B", "C"])).await;
    assert_eq!(earlier.refused(), ("INVALID".to_owned(), "from".to_owned()));
    assert_eq!(
        save(&world, index("2018", &["A", "B", "C"])).await.ok()["saveIndex"]["edition"],
        2
    );

    let parts = json!([{"part": "A", "points": "5.27"}, {"part": "B", "points": "5.05"}]);
    let newspaper = figure(
        "2017",
        json!({"points": "10.32", "parts": parts, "rank": 33, "of": 63}),
        "Báo Quảng Nam",
    );
    record(&world, "survey", json!([newspaper]), None).await.ok();
    let kept = world.kept();
    let same = record(&world, "survey", json!([newspaper]), None).await.ok();
    assert_eq!(same["recordIndexFigures"], json!({"figureCount": 1, "receipt": null}));
    crate::bad_input::assert_unchanged(&world, &kept, "the same figure");

    let changed = figure(
        "2017",
        json!({"points": "10.32", "rank": 34, "of": 63}),
        "Báo Quảng Nam",
    );
    assert_eq!(
        record(&world, "survey", json!([changed]), None).await.refused(),
        ("REJECTED".to_owned(), "INDEX_FIGURE_RECORDED".to_owned())
    );
    record(&world, "survey", json!([changed]), Some("Báo đã đính chính"))
        .await
        .ok();
    let notice = figure("2017", json!({"rank": 33, "of": 63}), "TB 232/TB-UBND");
    record(&world, "manager", json!([notice]), None).await.ok();

    // Everybody may ask, also without an account.
    let found = series(&world, "alpha.officer", "PAPI", "SNV").await;
    let lines: Vec<String> = found["figures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {} {} {} {}",
                one["period"], one["statement"], one["rank"], one["source"]["document"], one["reason"]
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            r#""2017" 1 34 "Báo Quảng Nam" "Báo đã đính chính""#,
            r#""2017" 2 33 "TB 232/TB-UBND" null"#,
        ]
    );
    assert_eq!(
        found["contradictions"],
        json!([{"kind": "RANK", "period": "2017", "statement": 2, "otherPeriod": "2017", "otherStatement": 1,
            "message": {"en": "rank 33, another source states 34"}}])
    );
    // Years of which nothing is known are absent.
    assert_eq!(
        series(&world, "integrator", "PAPI", "ALPHA").await["figures"],
        json!([])
    );
    assert_eq!(series(&world, "integrator", "NONE", "ALPHA").await, Value::Null);
    world.verified().await;
}

#[tokio::test]
async fn what_cannot_be_recorded_is_named() {
    let world = World::with_framework().await;
    let rank = || json!({"rank": 1});
    let missing = record(&world, "manager", json!([figure("2019", rank(), "TB")]), None).await;
    assert_eq!(missing.refused(), ("NOT_FOUND".to_owned(), "index".to_owned()));
    save(&world, index("2018", &["A", "B"])).await.ok();
    let mut nobody = figure("2019", rank(), "TB");
    nobody["unit"] = json!("NOBODY");
    let doubled = json!({"parts": [{"part": "A", "points": "1"}, {"part": "A", "points": "2"}]});
    for (figures, code, field) in [
        (json!([]), "INVALID", "figures"),
        (json!([nobody]), "NOT_FOUND", "figures.0.unit"),
        (json!([figure("2017", rank(), "TB")]), "INVALID", "figures.0.period"),
        (json!([figure("2019", json!({}), "TB")]), "INVALID", "figures.0.stated"),
        (
            json!([figure("2019", rank(), "")]),
            "INVALID",
            "figures.0.source.document",
        ),
        (
            json!([figure("2019", rank(), "TB"), figure("2019", rank(), "TB")]),
            "INVALID",
            "figures.1",
        ),
        (json!([figure("2019", doubled, "TB")]), "INVALID", "figures.0.parts"),
        (
            json!([figure("2019", json!({"points": "80.01"}), "TB")]),
            "INVALID",
            "figures.0.points",
        ),
    ] {
        let kept = world.kept();
        let refused = record(&world, "manager", figures, None).await.refused();
        assert_eq!(refused, (code.to_owned(), field.to_owned()));
        crate::bad_input::assert_unchanged(&world, &kept, field);
    }
    let officer = record(&world, "alpha.officer", json!([figure("2019", rank(), "TB")]), None).await;
    assert_eq!(officer.refused().0, "FORBIDDEN");
}

/// What the notice of 23 June 2020 says of the province: 35 of 63 in PAR INDEX, 9 places better; 22 in PAPI, 22 better; 18 in ICT INDEX, 23
/// better. The newspaper's rank of 2018 does not agree with the second, and one gain within PAR INDEX not with its own points.
#[tokio::test]
async fn the_seed_has_the_provinces_series_with_what_does_not_agree() {
    let world = World::new().await;
    seed(&world.app).await.unwrap();
    let entries = world
        .app
        .store
        .head(&minhchung::app::documents::streams::index("PAPI"))
        .await
        .unwrap();
    seed(&world.app).await.unwrap();
    let again = world
        .app
        .store
        .head(&minhchung::app::documents::streams::index("PAPI"))
        .await
        .unwrap();
    assert_eq!(
        entries.unwrap().number,
        again.unwrap().number,
        "seeding twice wrote twice"
    );
    let notice = |found: &Value| {
        let figures = found["figures"].as_array().unwrap().clone();
        let of_notice = |one: &&Value| one["source"]["document"].as_str().unwrap().contains("232/TB-UBND");
        let figure = figures.iter().find(of_notice).unwrap().clone();
        format!(
            "{} {}/{} {}",
            figure["period"], figure["rank"], figure["of"], figure["rankChange"]
        )
    };
    for (index, stated, disagrees) in [
        ("PAR-INDEX", r#""2019" 35/63 9"#, vec![]),
        ("PAPI", r#""2019" 22/63 22"#, vec!["RANK_BEFORE"]),
        ("ICT-INDEX", r#""2019" 18/63 23"#, vec![]),
    ] {
        let found = series(&world, "snv.manager", index, "UBND-QNM").await;
        assert_eq!(notice(&found), stated, "{index}");
        let kinds: Vec<&str> = found["contradictions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["kind"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, disagrees, "{index}");
    }
    let leaders = series(&world, "snv.manager", "PAR-LEADERS", "UBND-QNM").await;
    assert_eq!(leaders["contradictions"][0]["kind"], "POINTS_CHANGE");
    let listed = world
        .send("snv.manager", "{ indices { code total } }", json!({}))
        .await
        .ok();
    let codes: Vec<&str> = listed["indices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        ["ICT-INDEX", "PAPI", "PAR-INDEX", "PAR-LEADERS", "PAR-SIPAS", "QD766"]
    );
}
