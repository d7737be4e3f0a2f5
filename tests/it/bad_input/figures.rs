//! Rows, declared figures and dates.

use serde_json::{Value, json};

use super::refused;
use crate::journey::{ADD, DECLARE, SUBMIT, declaration, dossier, export, report};
use crate::world::{World, usage};

/// A document, its variables, what is expected: the code and the field or rule, and a part of the message.
type Case<'a> = (&'a str, &'a str, Value, (&'a str, &'a str), &'a str);

async fn all_refused(world: &World, cases: Vec<Case<'_>>) {
    for (case, document, variables, expected, says) in cases {
        let login = if document == SUBMIT {
            "alpha.head"
        } else {
            "alpha.officer"
        };
        let request = || {
            let body = json!({"query": document, "variables": variables});
            world.server.post(login).json(&body)
        };
        refused(world, case, request, expected, says).await;
    }
}

#[tokio::test]
async fn rows_are_held_to_their_kind() {
    let world = World::with_round().await;
    let twice = usage(12, 30, 100) + "2019-12,1.004227,4,100,30,0,0\n";
    let words = usage(12, 1, 100).replace(",1,0,0", ",nhiều,0,0");
    let row = |place: &'static str| ("INVALID", place);
    all_refused(
        &world,
        vec![
            (
                "a missing column",
                ADD,
                export("ALPHA", "month,service\n2019-01,x\n"),
                row("content.rows"),
                "total",
            ),
            (
                "a bad number",
                ADD,
                export("ALPHA", &words),
                row("content.rows.2.online"),
                "12 problems; line 2",
            ),
            (
                "a doubled key",
                ADD,
                export("ALPHA", &twice),
                row("content.rows.14"),
                "line 14",
            ),
            (
                "more online than all",
                ADD,
                export("ALPHA", &usage(12, 101, 100)),
                row("content.rows.2.total"),
                "101",
            ),
            (
                "a negative number",
                ADD,
                export("ALPHA", &usage(12, 30, 100).replace(",30,", ",-30,")),
                row("content.rows.2.online"),
                "line 2",
            ),
            (
                "a huge number",
                ADD,
                export("ALPHA", &usage(12, 30, 100).replace(",30,", ",1e400,")),
                row("content.rows.2.online"),
                "line 2",
            ),
            ("no rows at all", ADD, export("ALPHA", ""), row("content.rows"), ""),
        ],
    )
    .await;
}

#[tokio::test]
async fn declared_figures_are_held_to_their_inputs() {
    let world = World::with_round().await;
    let completed = ("INVALID", "items.0.inputs.completed");
    let value = ("INVALID", "items.0.inputs.0.value.count");
    let with = |value: Value| {
        let mut input = declaration("ALPHA", "1");
        input["i"]["items"][0]["inputs"][0]["value"] = value;
        input
    };
    let mut nothing_planned = declaration("ALPHA", "0");
    nothing_planned["i"]["items"][0]["inputs"][1]["value"] = json!({"count": "0"});
    all_refused(
        &world,
        vec![
            (
                "more than all",
                DECLARE,
                declaration("ALPHA", "33"),
                completed,
                "33 is more than planned (32)",
            ),
            (
                "a zero denominator",
                DECLARE,
                nothing_planned,
                ("INVALID", "items.0.inputs.planned"),
                "not applicable",
            ),
            (
                "1e400",
                DECLARE,
                declaration("ALPHA", "1e400"),
                value,
                "expected type \"Decimal\"",
            ),
            (
                "a negative count",
                DECLARE,
                declaration("ALPHA", "-1"),
                completed,
                "must not be negative",
            ),
            (
                "half a task",
                DECLARE,
                declaration("ALPHA", "0.5"),
                completed,
                "whole number",
            ),
            (
                "words",
                DECLARE,
                declaration("ALPHA", "nhiều"),
                value,
                "expected type \"Decimal\"",
            ),
            (
                "a JSON number",
                DECLARE,
                with(json!({"count": 28})),
                value,
                "expected type \"Decimal\"",
            ),
            (
                "another kind",
                DECLARE,
                with(json!({"yesNo": true})),
                completed,
                "must be of kind COUNT",
            ),
            (
                "two kinds at once",
                DECLARE,
                with(json!({"count": "1", "yesNo": true})),
                ("INVALID", "items.0.inputs.0.value"),
                "exactly one",
            ),
            (
                "an input that the criterion does not have",
                DECLARE,
                json!({"i": {"dossier": dossier("ALPHA"), "items": [
                    {"criterion": "1.1", "inputs": [{"input": "tasks", "value": {"count": "1"}}]}]}}),
                ("INVALID", "items.0.inputs.tasks"),
                "completed, planned",
            ),
            (
                "a derived input",
                DECLARE,
                json!({"i": {"dossier": dossier("ALPHA"), "items": [
                    {"criterion": "1.2", "inputs": [{"input": "online", "value": {"count": "1"}}]}]}}),
                ("INVALID", "items.0.inputs.online"),
                "computed",
            ),
            (
                "undeclared leaves",
                SUBMIT,
                json!({"u": "ALPHA"}),
                ("REJECTED", "INCOMPLETE"),
                "dossier.missing",
            ),
        ],
    )
    .await;
    // A number that no client can mean does not even parse.
    let body = json!({"query": DECLARE, "variables": with(json!({"count": 7777}))}).to_string();
    let body = body.replace("7777", "1e400");
    let request = || {
        let post = world.server.post("alpha.officer");
        post.header("content-type", "application/json").body(body.clone())
    };
    refused(
        &world,
        "1e400 as a JSON number",
        request,
        ("INVALID", "body"),
        "number out of range",
    )
    .await;
}

#[tokio::test]
async fn an_option_is_one_of_the_rule() {
    let world = World::with_round().await;
    let text = |text: &str| json!({"vi": text, "en": text});
    let option = |code: &str, ratio: &str| json!({"code": code, "name": text(code), "ratio": ratio});
    let framework = json!({
        "format": 1, "code": "O", "version": "1", "unitType": "SO", "name": text("O"), "scale": "10",
        "scoring": {"roundLeaf": "NONE", "roundTotal": 2, "totalOf": "EXACT", "rebase": "RATIO"},
        "classes": [{"code": "YEU", "name": text("Yếu"), "atLeast": "0"}],
        "stated": {"fields": 1, "leaves": 1}, "sources": ["made for the tests"],
        "nodes": [
            {"code": "1", "name": text("Điều hành"), "points": "10"},
            {"code": "1.1", "parent": "1", "name": text("Ban hành"), "points": "10", "leaf": {
                "method": "APPRAISED", "appraiser": "SNV",
                "rule": {"kind": "OPTIONS", "input": "issued", "options": [option("ON_TIME", "1"), option("LATE", "0.5")]},
                "inputs": [{"code": "issued", "name": text("Ban hành"), "type": {"kind": "OPTION", "codes": ["ON_TIME", "LATE"]},
                    "source": {"kind": "DECLARED"}}],
                "requiredEvidence": []}}]
    });
    let import =
        "mutation($f: JSON!) { importFramework(input: {framework: $f, acceptWarnings: true}) { findings { code } } }";
    world.send("manager", import, json!({"f": framework})).await.ok();
    let open = crate::world::OPEN_ROUND
        .replace("T-2019", "O-2019")
        .replace("T@1", "O@1");
    world.send("manager", &open, json!({})).await.ok();
    world.run_jobs().await;
    let declare = |option: &str| {
        json!({"i": {"dossier": {"key": {"round": "O-2019", "unit": "ALPHA"}}, "items": [
            {"criterion": "1.1", "inputs": [{"input": "issued", "value": {"option": option}}]}]}})
    };
    let field = ("INVALID", "items.0.inputs.issued");
    let says = "the options are ON_TIME, LATE";
    all_refused(&world, vec![("an option", DECLARE, declare("SOON"), field, says)]).await;
    world.send("alpha.officer", DECLARE, declare("LATE")).await.ok();
}

#[tokio::test]
async fn a_date_in_the_future_is_wrong_and_one_of_another_year_is_flagged() {
    let world = World::with_round().await;
    let dated = |date: &str| {
        let mut input = report("ALPHA", "1.1");
        input["i"]["content"]["header"]["issuedOn"] = json!(date);
        input
    };
    // It is 1 March 2020, 09:00 in Việt Nam.
    let place = "content.header.issuedOn";
    all_refused(
        &world,
        vec![
            (
                "tomorrow",
                ADD,
                dated("2020-03-02"),
                ("INVALID", place),
                "check the date",
            ),
            (
                "no date",
                ADD,
                dated("2019-02-30"),
                ("INVALID", place),
                "expected type \"Date\"",
            ),
        ],
    )
    .await;
    world.send("alpha.officer", ADD, dated("2020-03-01")).await.ok();
    world.send("alpha.officer", ADD, dated("2018-12-31")).await.ok();
    let read = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { links { evidence { newest { header { issuedOn } } findings { en vi } } } } }"#;
    let found = world.send("snv.appraiser", read, json!({})).await.ok();
    let links = found["assessment"]["links"].as_array().unwrap();
    assert_eq!(links.len(), 2);
    for link in links {
        let findings = &link["evidence"]["findings"];
        let year = link["evidence"]["newest"]["header"]["issuedOn"].as_str().unwrap();
        assert!(
            findings.to_string().contains("outside the assessed year 2019"),
            "{year}: {findings}"
        );
    }
}
