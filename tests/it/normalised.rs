//! Values in their group: what the group is like is recorded with the unit's own value, each with where it is published.
//!
//! 1.1, worth 4 points, is a z-score of QĐ 766 from −2 to 2. 80.1 with the nation's mean of 75.5 and a deviation of 2.3 is z = 2: all.
//! 77.8 is z = 1, three quarters of the way: 3 points.
//! 1.2, worth 2 points, lies between the worst and the best province of the ICT Index 2019: 0.8654 between 0.4654 and 0.9654 is 0.8,
//! 1.6 points.

use serde_json::{Value, json};

use crate::explained_points::{number, worth};
use crate::figures;
use crate::other_rules::opened;
use crate::world::World;

/// The trial framework with two leaves that normalise.
pub fn framework() -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    let input = |code: &str, maximum: &str| {
        json!({"code": code, "name": text(code), "type": {"kind": "DECIMAL", "minimum": "0", "maximum": maximum},
            "source": {"kind": "IMPORTED", "index": text("ICT 2019, QĐ 766")}})
    };
    let mut framework = figures::framework();
    framework["nodes"][1]["leaf"]["rule"] = json!({"kind": "Z_SCORE", "input": "score", "mean": "mean", "deviation": "deviation",
        "zeroAt": "-2", "fullAt": "2", "withoutSpread": "0.5"});
    framework["nodes"][1]["leaf"]["inputs"] = json!(["score", "mean", "deviation"].map(|code| input(code, "100")));
    framework["nodes"][2]["leaf"]["rule"] =
        json!({"kind": "MIN_MAX", "input": "own", "lowest": "worst", "highest": "best", "withoutSpread": "1"});
    framework["nodes"][2]["leaf"]["inputs"] = json!(["own", "worst", "best"].map(|code| input(code, "1")));
    framework["nodes"][2]["leaf"]["inputs"][1]["atMost"] = json!("best");
    framework
}

/// The problem of a call with these figures of a leaf.
async fn recorded(world: &World, criterion: &str, figures: &[(&str, &str)], reason: Option<&str>) -> Value {
    let figure = |(input, value): &(&str, &str)| {
        json!({"unit": "ALPHA", "criterion": criterion, "source": "BC 88/BC-BTTTT",
            "value": {"input": input, "value": {"decimal": value}}})
    };
    let figures: Vec<Value> = figures.iter().map(figure).collect();
    let input = json!({"i": {"round": "T-2019", "figures": figures, "reason": reason}});
    world.send("manager", figures::RECORD, input).await.ok()["recordFigures"]["items"][0]["problem"].clone()
}

/// State, points and sentence of a leaf.
async fn found(world: &World, criterion: &str) -> (String, String, String) {
    let leaf = figures::leaf(world, criterion).await;
    let told = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let explain = &leaf["explain"];
    if !explain.is_null() {
        assert_eq!(worth(&explain["tree"]), number(&explain["points"]));
    }
    (
        told(&leaf["state"]),
        told(&explain["points"]),
        told(&explain["text"]["vi"]),
    )
}

fn verified(points: &str, text: &str) -> (String, String, String) {
    ("VERIFIED".to_owned(), points.to_owned(), text.to_owned())
}

#[tokio::test]
async fn a_value_counts_once_all_figures_of_its_group_are_recorded() {
    let world = opened(framework()).await;
    assert_eq!(recorded(&world, "1.2", &[("own", "0.8654")], None).await, Value::Null);
    assert_eq!(found(&world, "1.2").await.0, "OPEN");
    let upside_down = recorded(&world, "1.2", &[("worst", "0.9654"), ("best", "0.4654")], None).await;
    assert_eq!(
        (&upside_down["code"], &upside_down["field"]),
        (&json!("INVALID"), &json!("value"))
    );
    let group = [("worst", "0.4654"), ("best", "0.9654")];
    assert_eq!(recorded(&world, "1.2", &group, None).await, Value::Null);
    assert_eq!(
        found(&world, "1.2").await,
        verified(
            "8/5",
            "0,8654, tuyến tính từ 0,4654 (0) đến 0,9654 (tối đa) → 1,6 trên 2"
        )
    );

    let all = [("score", "80.1"), ("mean", "75.5"), ("deviation", "2.3")];
    assert_eq!(recorded(&world, "1.1", &all, None).await, Value::Null);
    assert_eq!(
        found(&world, "1.1").await,
        verified(
            "4",
            "z = (80,1 − 75,5) ÷ 2,3 = 2, tuyến tính từ -2 (0) đến 2 (tối đa) → 4 trên 4"
        )
    );
    assert_eq!(
        recorded(&world, "1.1", &[("score", "77.8")], Some("Đính chính")).await,
        Value::Null
    );
    assert_eq!(
        found(&world, "1.1").await,
        verified(
            "3",
            "z = (77,8 − 75,5) ÷ 2,3 = 1, tuyến tính từ -2 (0) đến 2 (tối đa) → 3 trên 4"
        )
    );
    assert_eq!(
        recorded(&world, "1.1", &[("deviation", "0")], Some("Tất cả như nhau")).await,
        Value::Null
    );
    assert_eq!(found(&world, "1.1").await, verified("2", "cả nhóm như nhau → 2 trên 4"));
    world.verified().await;
}
