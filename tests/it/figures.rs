//! Figures of other indices: recorded with where they are published, by those who run the round or the survey, and by nobody else;
//! neither declared nor reviewed.
//!
//! 1.1, worth 4 points, takes the unit's Decree-61 class: Xuất sắc all, Tốt 0.8, Khá a half. 1.2, worth 2, is a line over its score of
//! QĐ 766 from 50 to 90: 80.1 is 0.7525 of it, 1.505 points; 82.8 is 0.82, 1.64 points.

use serde_json::{Value, json};

use crate::explained_points::{number, worth};
use crate::journey::{ADD, DECLARE, REVIEW, SUBMIT, accepting, dossier, look, report};
use crate::other_rules;
use crate::world::World;

fn text(text: &str) -> Value {
    json!({"vi": text, "en": text})
}

/// The trial framework with two leaves of other indices.
pub fn framework() -> Value {
    let classes: Vec<Value> = [("XS", "Xuất sắc", "1"), ("TOT", "Tốt", "0.8"), ("KHA", "Khá", "0.5")]
        .map(|(code, name, ratio)| json!({"code": code, "name": text(name), "ratio": ratio}))
        .to_vec();
    let source = |index: &str| json!({"kind": "IMPORTED", "index": text(index)});
    let class = json!({"code": "class", "name": text("Xếp loại"), "type": {"kind": "OPTION", "codes": ["XS", "TOT", "KHA"]},
        "source": source("Nghị định 61/2018")});
    let mut framework = other_rules::framework(
        "/nodes/1/leaf",
        json!({"kind": "CLASS_MAP", "input": "class", "classes": classes}),
        json!([class]),
    );
    let score = json!({"code": "score", "name": text("Điểm 766"), "type": {"kind": "DECIMAL", "minimum": "0", "maximum": "100"},
        "source": source("Quyết định 766")});
    let line = json!({"kind": "LINEAR", "measure": {"input": "score"}, "zeroAt": "50", "fullAt": "90"});
    framework["nodes"][2]["leaf"]["rule"] = line;
    framework["nodes"][2]["leaf"]["inputs"] = json!([score]);
    for node in [1, 2] {
        framework["nodes"][node]["leaf"]["method"] = json!("IMPORTED");
        framework["nodes"][node]["leaf"]["requiredEvidence"] = json!([]);
    }
    framework
}

fn figure(criterion: &str, input: &str, value: Value) -> Value {
    json!({"unit": "ALPHA", "criterion": criterion, "value": {"input": input, "value": value}, "source": "TB 12/TB-VPUB"})
}

fn class(code: &str) -> Value {
    figure("1.1", "class", json!({"option": code}))
}

fn score(score: &str) -> Value {
    figure("1.2", "score", json!({"decimal": score}))
}

pub const RECORD: &str = r#"mutation($i: RecordFiguresInput!) { recordFigures(input: $i) {
    items { unit problem { code rule field message { vi en } } } } }"#;

/// What became of the items of a call.
async fn recorded(world: &World, login: &str, figures: Value, reason: Option<&str>) -> Value {
    let input = json!({"i": {"round": "T-2019", "figures": figures, "reason": reason}});
    world.send(login, RECORD, input).await.ok()["recordFigures"]["items"].clone()
}

/// Code, rule or field, and English message of the first item's problem.
async fn refused(world: &World, figures: Value) -> (String, String, String) {
    let input = json!({"i": {"round": "T-2019", "figures": figures}});
    world
        .send("manager", RECORD, input)
        .await
        .refusal("en")
        .expect("a problem")
}

const LEAF: &str = r#"query($c: String!) { assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: $c}}) {
    state importedInputs { value { code text } source } points { declared { points } verified { points open } }
    explain(ledger: VERIFIED) { outcome points text { vi en } tree } } }"#;

pub async fn leaf(world: &World, criterion: &str) -> Value {
    let leaf = world.send("alpha.officer", LEAF, json!({"c": criterion})).await.ok()["assessment"].clone();
    if !leaf["explain"].is_null() {
        assert_eq!(worth(&leaf["explain"]["tree"]), number(&leaf["explain"]["points"]));
    }
    leaf
}

#[tokio::test]
async fn a_figure_of_another_index_counts_with_its_place_and_changes_only_with_a_reason() {
    let world = other_rules::opened(framework()).await;
    let before = leaf(&world, "1.1").await;
    assert_eq!((&before["state"], &before["explain"]), (&json!("OPEN"), &Value::Null));
    assert_eq!(before["points"]["verified"], json!({"points": "0", "open": "4"}));

    let done = json!([{"unit": "ALPHA", "problem": null}]);
    assert_eq!(
        recorded(&world, "manager", json!([class("TOT"), score("80.1")]), None).await,
        done
    );
    let found = leaf(&world, "1.1").await;
    assert_eq!(found["state"], "VERIFIED");
    assert_eq!(
        found["importedInputs"],
        json!([{"value": {"code": "class", "text": "TOT"}, "source": "TB 12/TB-VPUB"}])
    );
    assert_eq!(found["points"]["declared"]["points"], "16/5");
    assert_eq!(found["explain"]["text"]["vi"], "Tốt → 3,2 trên 4");
    assert!(
        found["explain"]["tree"]
            .to_string()
            .contains("Xếp loại: TOT (Nghị định 61/2018, TB 12/TB-VPUB)"),
        "{found}"
    );
    assert_eq!(leaf(&world, "1.2").await["explain"]["points"], "301/200");

    // The same again changes nothing; another one needs a reason, and the operator of the survey may give it, too.
    let entries = world.entries("ALPHA").await;
    assert_eq!(recorded(&world, "survey", json!([class("TOT")]), None).await, done);
    assert_eq!(world.entries("ALPHA").await, entries);
    let (code, rule, message) = refused(&world, json!([score("82.8")])).await;
    assert_eq!((code.as_str(), rule.as_str()), ("REJECTED", "FIGURE_RECORDED"));
    assert_eq!(
        message,
        "score of criterion 1.2 has another value already; replacing it needs a reason."
    );
    assert_eq!(
        recorded(&world, "survey", json!([score("82.8")]), Some("Số liệu tháng 10")).await,
        done
    );
    assert_eq!(leaf(&world, "1.2").await["explain"]["points"], "41/25");
    world.verified().await;
}

#[tokio::test]
async fn nobody_declares_or_reviews_what_another_index_says() {
    let world = other_rules::opened(framework()).await;
    let items = json!({"i": {"dossier": dossier("ALPHA"), "items": [{"criterion": "1.1"}]}});
    assert_eq!(
        world.send("alpha.officer", DECLARE, items).await.refused().1,
        "IMPORTED_LEAF"
    );
    let stated = json!({"i": {"dossier": dossier("ALPHA"), "items": [
        {"criterion": "1.1", "inputs": [{"input": "class", "value": {"option": "XS"}}]}]}});
    assert_eq!(
        world.send("alpha.officer", DECLARE, stated).await.refused().1,
        "IMPORTED_LEAF"
    );
    assert_eq!(
        world
            .send("alpha.officer", ADD, report("ALPHA", "1.1"))
            .await
            .refused()
            .1,
        "IMPORTED_LEAF"
    );
    // Nothing is asked of the unit, which submits with nothing.
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
    assert_eq!(
        recorded(&world, "manager", json!([class("KHA")]), None).await[0]["problem"],
        Value::Null
    );
    let item = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    let review = json!({"i": {"items": [item]}});
    assert_eq!(
        world.send("snv.appraiser", REVIEW, review).await.refused().1,
        "IMPORTED_LEAF"
    );
    let queue = r#"{ reviewQueue(round: "T-2019") { totalCount } }"#;
    let waiting = world.send("snv.appraiser", queue, json!({})).await.ok();
    assert_eq!(waiting["reviewQueue"]["totalCount"], "0");
    assert_eq!(leaf(&world, "1.1").await["explain"]["points"], "2");
    world.verified().await;
}

#[tokio::test]
async fn a_figure_that_no_leaf_takes_is_refused_and_nothing_of_its_unit_is_kept() {
    let world = other_rules::opened(framework()).await;
    let no_source = {
        let mut one = class("TOT");
        one["source"] = json!(" ");
        one
    };
    for (figures, what, message) in [
        (
            json!([score("80"), class("YEU")]),
            "value",
            "there is no option \"YEU\"",
        ),
        (json!([score("100.1")]), "value", "above the maximum 100"),
        (
            json!([figure("1.1", "class", json!({"count": "1"}))]),
            "value",
            "must be of kind OPTION",
        ),
        (
            json!([figure("1.1", "rank", json!({"count": "1"}))]),
            "input",
            "its inputs are class",
        ),
        (
            json!([figure("2.1", "mean", json!({"decimal": "4"}))]),
            "criterion",
            "takes its figures from a survey",
        ),
        (json!([class("TOT"), class("TOT")]), "input", "is given twice"),
        (json!([no_source]), "source", ""),
    ] {
        let (code, found, told) = refused(&world, figures.clone()).await;
        assert_eq!((code.as_str(), found.as_str()), ("INVALID", what), "{figures}");
        assert!(told.contains(message), "{told}");
    }
    let none = json!({"i": {"round": "T-2019", "figures": []}});
    assert_eq!(world.send("manager", RECORD, none).await.refused().1, "figures");
    assert_eq!(leaf(&world, "1.2").await["importedInputs"], json!([]));
    for login in ["alpha.officer", "alpha.head", "snv.appraiser"] {
        let input = json!({"i": {"round": "T-2019", "figures": [class("TOT")]}});
        assert_eq!(
            world.send(login, RECORD, input).await.refused().0,
            "FORBIDDEN",
            "{login}"
        );
    }
}
