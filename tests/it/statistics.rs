//! Statistics become inputs over the API: published procedures, one-stop cases, rows given directly.
//!
//! Leaf 1.1 is worth 4 by the share of procedures in force that are on the portal, leaf 1.2 is worth 2 by the share of
//! late cases with a letter, all of it when there was none. Electronic documents: 1.1 is a gate at 90 % of documents signed, 1.2 a
//! line from 60 % to 90 % of files online.

use serde_json::{Value, json};

use crate::bad_input::assert_unchanged;
use crate::journey::{ADD, DECLARE, dossier};
use crate::mappings::save;
use crate::world::{OPEN_ROUND, World, framework};

const REVISE: &str = "mutation($i: ReviseEvidenceInput!) { reviseEvidence(input: $i) { evidenceId } }";
const LEAF: &str = r#"query($c: String!) { assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: $c}}) {
    points { declared { points } } explain(ledger: DECLARED) { outcome missing { en } }
    links { evidence { kind newest { rowCount rowOrigin statedTotal nothingToDo } } } } }"#;

fn statistics() -> Value {
    let mut changed = framework();
    changed["code"] = json!("S");
    let input = |code: &str, source: Value| {
        let mut input =
            json!({"code": code, "name": {"vi": code, "en": code}, "type": {"kind": "COUNT"}, "source": source});
        input["source"]["kind"] = json!("DERIVED");
        input
    };
    let procedures = |column: &str| {
        json!({"rows": "PUBLISHED_PROCEDURES", "countWhere": {"column": column, "equals": "yes"},
            "where": {"column": "in_force", "oneOf": ["yes"]}, "coverage": "EVERY_PROCEDURE"})
    };
    let cases = |column: &str| json!({"rows": "ONE_STOP_CASES", "sum": column, "coverage": "EVERY_MONTH"});
    for (node, rows, part, whole, empty) in [
        (
            1,
            "PUBLISHED_PROCEDURES",
            ("on_portal", procedures("on_portal")),
            ("in_force", procedures("in_force")),
            None,
        ),
        (
            2,
            "ONE_STOP_CASES",
            ("letters", cases("apology_letters")),
            ("late", cases("resolved_late")),
            Some("FULL"),
        ),
    ] {
        let leaf = &mut changed["nodes"][node]["leaf"];
        leaf["rule"] =
            json!({"kind": "PROPORTIONAL", "measure": {"ratio": {"numerator": part.0, "denominator": whole.0}}});
        if let Some(empty) = empty {
            leaf["rule"]["whenEmpty"] = json!(empty);
        }
        leaf["inputs"] = json!([input(part.0, part.1), input(whole.0, whole.1)]);
        leaf["requiredEvidence"] = json!([{"code": "ROWS", "name": {"vi": "Số liệu", "en": "Rows"}, "kinds": [rows],
            "documentTypes": [], "atLeast": 1}]);
    }
    changed
}

/// A round with a framework of the code S.
async fn with_round_of(framework: Value) -> World {
    let world = World::with_framework().await;
    world.import(framework).await;
    world.open_round(&OPEN_ROUND.replace("T@1", "S@1")).await;
    world
}

/// A round with the statistics' framework, both leaves of ALPHA declared.
async fn declared() -> World {
    let world = with_round_of(statistics()).await;
    let both = json!({"i": {"dossier": dossier("ALPHA"), "items": [{"criterion": "1.1"}, {"criterion": "1.2"}]}});
    world.send("alpha.officer", DECLARE, both).await.ok();
    world
}

fn document(kind: &str, criterion: &str, content: Value) -> Value {
    json!({"i": {"dossier": dossier("ALPHA"), "kind": kind, "title": "Số liệu", "content": content,
        "links": [{"criterion": criterion}]}})
}

/// Outcome and points that ALPHA declares.
async fn points(world: &World, criterion: &str) -> (String, String) {
    let found = world.send("alpha.officer", LEAF, json!({"c": criterion})).await.ok();
    let leaf = &found["assessment"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&leaf["explain"]["outcome"]),
        text(&leaf["points"]["declared"]["points"]),
    )
}

fn is(outcome: &str, points: &str) -> (String, String) {
    (outcome.to_owned(), points.to_owned())
}

#[tokio::test]
async fn procedures_count_once_the_document_says_how_many_there_are_and_all_are_listed() {
    let world = declared().await;
    // Of five procedures one is no longer in force, and one in force is not on the portal.
    let mut csv =
        "code,name,decision,url,checked_on,at_desk,on_portal,one_stop,level,in_force,iso,post_cases\n".to_owned();
    for (number, on_portal, in_force) in [
        (1, "yes", "yes"),
        (2, "yes", "yes"),
        (3, "yes", "yes"),
        (4, "no", "yes"),
        (5, "yes", "no"),
    ] {
        csv.push_str(&format!(
            "1.{number},Cấp phép,12/QĐ,https://a.vn,2019-12-01,yes,{on_portal},yes,4,{in_force},no,0\n"
        ));
    }
    let input = document("PUBLISHED_PROCEDURES", "1.1", json!({"rows": {"csvFile": null}}));
    let file = vec![("i.content.rows.csvFile", "tthc.csv", csv.clone().into_bytes())];
    let id = world.upload("alpha.officer", ADD, &input, file).await.ok()["addEvidence"]["evidenceId"].clone();
    assert_eq!(points(&world, "1.1").await, is("MISSING", "0"), "nobody says how many");
    for (total, expected) in [
        (6, is("MISSING", "0")),
        (4, is("MISSING", "0")),
        // 3 of 4 in force: 0.75 × 4.
        (5, is("POINTS", "3")),
    ] {
        let revised = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "Nêu tổng số",
            "content": {"rows": {"csv": csv}, "statedTotal": total}}});
        world.send("alpha.officer", REVISE, revised).await.ok();
        assert_eq!(points(&world, "1.1").await, expected, "{total} stated");
    }
    let found = world.send("alpha.officer", LEAF, json!({"c": "1.1"})).await.ok();
    let newest = &found["assessment"]["links"][0]["evidence"]["newest"];
    assert_eq!((&newest["rowCount"], &newest["statedTotal"]), (&json!(5), &json!(5)));
    world.verified().await;
}

/// One service's cases of each month: ten received, so many late, and letters for so many of those in all.
fn cases(late: u32, letters: u32) -> String {
    let mut csv = "month,service,received,resolved_early,resolved_on_time,resolved_late,pending_in_time,pending_overdue,apology_letters,extra_papers\n".to_owned();
    for month in 1..=12 {
        let letter = u32::from(month <= letters);
        let on_time = 5 - late;
        csv.push_str(&format!(
            "2019-{month:02},1.004227,10,5,{on_time},{late},0,0,{letter},0\n"
        ));
    }
    csv
}

#[tokio::test]
async fn one_stop_cases_count_and_none_late_in_a_whole_year_is_worth_all() {
    let world = declared().await;
    let input = document("ONE_STOP_CASES", "1.2", json!({"rows": {"csvFile": null}}));
    let file = vec![("i.content.rows.csvFile", "mot-cua.csv", cases(1, 9).into_bytes())];
    let id = world.upload("alpha.officer", ADD, &input, file).await.ok()["addEvidence"]["evidenceId"].clone();
    // 9 letters for 12 late cases: 0.75 × 2.
    assert_eq!(points(&world, "1.2").await, is("POINTS", "3/2"));

    // No late case in any month of the year is what the rows say; eleven months say nothing of the twelfth.
    let eleven: String = cases(0, 0).lines().take(12).flat_map(|line| [line, "\n"]).collect();
    for (csv, expected) in [(eleven, is("MISSING", "0")), (cases(0, 0), is("POINTS", "2"))] {
        let revised = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "Rà soát lại",
            "content": {"rows": {"csv": csv}}}});
        world.send("alpha.officer", REVISE, revised).await.ok();
        assert_eq!(points(&world, "1.2").await, expected);
    }
    world.verified().await;
}

#[tokio::test]
async fn nothing_to_do_is_worth_all_only_when_a_document_says_so() {
    let mut framework = framework();
    framework["code"] = json!("S");
    framework["nodes"][1]["leaf"]["rule"]["whenEmpty"] = json!("FULL");
    let world = with_round_of(framework).await;
    let inputs = ["completed", "planned"].map(|input| json!({"input": input, "value": {"count": "0"}}));
    let declare = json!({"i": {"dossier": dossier("ALPHA"), "items": [{"criterion": "1.1", "inputs": inputs}]}});
    world.send("alpha.officer", DECLARE, declare).await.ok();
    let content = |says: bool| json!({"url": "https://alpha.gov.vn/bao-cao", "nothingToDo": says});
    world
        .send("alpha.officer", ADD, document("OTHER", "1.1", content(false)))
        .await
        .ok();
    assert_eq!(points(&world, "1.1").await.1, "0", "none of none is not all");
    let no_letter = document("APOLOGY_LETTERS", "1.1", json!({"nothingToDo": true}));
    world.send("alpha.officer", ADD, no_letter).await.ok();
    assert_eq!(points(&world, "1.1").await.1, "0", "no letter is not no case");
    world
        .send("alpha.officer", ADD, document("OTHER", "1.1", content(true)))
        .await
        .ok();
    assert_eq!(points(&world, "1.1").await, is("POINTS", "4"));
    world.verified().await;
}

#[tokio::test]
async fn five_thousand_rows_are_given_directly_and_not_one_more() {
    let world = declared().await;
    let row = |number: usize| -> Value {
        let code = format!("1.{number:06}");
        // Three of four are on the portal.
        let on_portal = if number < 3750 { "yes" } else { "no" };
        let url = format!("https://dichvucong.quangnam.gov.vn/{code}");
        let cells = [
            ("code", code.as_str()),
            ("name", "Cấp giấy phép xây dựng công trình"),
            ("decision", "1234/QĐ-UBND"),
            ("url", &url),
            ("checked_on", "2019-12-01"),
            ("at_desk", "yes"),
            ("on_portal", on_portal),
            ("one_stop", "yes"),
            ("level", "4"),
            ("in_force", "yes"),
            ("iso", "no"),
            ("post_cases", "0"),
        ];
        json!(cells.map(|(column, value)| json!({"column": column, "value": value})))
    };
    let rows: Vec<Value> = (0..5001).map(row).collect();
    let entered = |rows: &[Value]| {
        let content = json!({"rows": {"entered": rows}, "statedTotal": rows.len()});
        document("PUBLISHED_PROCEDURES", "1.1", content)
    };
    let before = world.kept();
    let refused = world.send("alpha.officer", ADD, entered(&rows)).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "content.rows".to_owned()));
    assert_unchanged(&world, &before, "5,001 rows");

    world.send("alpha.officer", ADD, entered(&rows[..5000])).await.ok();
    // 3,750 of 5,000: 0.75 × 4.
    assert_eq!(points(&world, "1.1").await, is("POINTS", "3"));
    let found = world.send("alpha.officer", LEAF, json!({"c": "1.1"})).await.ok();
    let newest = &found["assessment"]["links"][0]["evidence"]["newest"];
    assert_eq!(
        (&newest["rowCount"], &newest["rowOrigin"]),
        (&json!(5000), &json!("ENTERED"))
    );
    world.verified().await;
}

/// The trial framework with shares of documents and files of the document-management system.
fn electronic() -> Value {
    let mut changed = framework();
    changed["code"] = json!("S");
    let input = |code: &str| {
        let source = json!({"kind": "DERIVED", "rows": "ELECTRONIC_DOCUMENTS", "sum": code, "coverage": "EVERY_MONTH"});
        json!({"code": code, "name": {"vi": code, "en": code}, "type": {"kind": "COUNT"}, "source": source})
    };
    let ratio = |part: &str, whole: &str| json!({"ratio": {"numerator": part, "denominator": whole}});
    let gate = json!({"kind": "GATED_PROPORTIONAL", "measure": ratio("signed", "issued"), "full": "1", "threshold": "0.9", "over": "1"});
    let line = json!({"kind": "LINEAR", "measure": ratio("files_online", "files"), "zeroAt": "0.6", "fullAt": "0.9"});
    for (node, rule, [part, whole]) in [(1, gate, ["signed", "issued"]), (2, line, ["files_online", "files"])] {
        let leaf = &mut changed["nodes"][node]["leaf"];
        leaf["rule"] = rule;
        leaf["inputs"] = json!([input(part), input(whole)]);
        leaf["requiredEvidence"] = json!([{"code": "ROWS", "name": {"vi": "Số liệu", "en": "Rows"},
            "kinds": ["ELECTRONIC_DOCUMENTS"], "documentTypes": [], "atLeast": 1}]);
    }
    changed
}

/// An export of twelve months: 120 documents a month, so many signed, 60 files, so many online.
fn documents(signed: u32, online: u32) -> String {
    let mut file = "Tháng;Đơn vị;Ban hành;Điện tử;Ký số;Hồ sơ;Trên mạng\n".to_owned();
    for month in 1..=12 {
        file.push_str(&format!("{month:02}/2019;VP;120;120;{signed};60;{online}\n"));
    }
    file + &format!("Tổng cộng;;1.440;1.440;{};720;{}\n", signed * 12, online * 12)
}

#[tokio::test]
async fn documents_signed_and_files_online_are_shares_of_a_whole_year() {
    let world = with_round_of(electronic()).await;
    let both = json!({"i": {"dossier": dossier("ALPHA"), "items": [{"criterion": "1.1"}, {"criterion": "1.2"}]}});
    world.send("alpha.officer", DECLARE, both).await.ok();
    let column = |(column, header): (&str, &str)| json!({"column": column, "headers": [header]});
    let columns = [
        ("month", "Tháng"),
        ("office", "Đơn vị"),
        ("issued", "Ban hành"),
        ("electronic", "Điện tử"),
        ("signed", "Ký số"),
        ("files", "Hồ sơ"),
        ("files_online", "Trên mạng"),
    ];
    let mapping = json!({"code": "QLVB", "name": {"vi": "Quản lý văn bản", "en": "Documents"}, "system": "QLVB",
        "kind": "ELECTRONIC_DOCUMENTS", "validFrom": "2019-01-01",
        "layout": {"csv": {"encoding": "UTF8", "delimiter": "SEMICOLON"}, "headerLine": 1, "numbers": "VIETNAMESE",
            "columns": columns.map(column), "dates": ["MONTH_YEAR"], "totals": [{"label": "Tổng cộng", "of": "TABLE"}],
            "blankLines": "END_TABLE"}});
    save(&world, &mapping).await;
    let rows = json!({"mapped": {"upload": null, "mapping": {"code": "QLVB", "version": 1}}});
    let mut input = document("ELECTRONIC_DOCUMENTS", "1.1", json!({ "rows": rows }));
    input["i"]["links"] = json!([{"criterion": "1.1"}, {"criterion": "1.2"}]);
    let upload = |file: String| vec![("i.content.rows.mapped.upload", "qlvb.csv", file.into_bytes())];
    // A line of totals that differs refuses the file.
    let wrong = documents(115, 45).replace(";1380;", ";1381;");
    let refused = world
        .upload("alpha.officer", ADD, &input, upload(wrong))
        .await
        .refused();
    assert_eq!(refused, ("INVALID".to_owned(), "content.rows.14.signed".to_owned()));

    // 1,380 of 1,440 are 23/24: of 4 that is 23/6; 540 of 720 are three quarters, half of the way: 1.
    let id = world
        .upload("alpha.officer", ADD, &input, upload(documents(115, 45)))
        .await
        .ok()["addEvidence"]["evidenceId"]
        .clone();
    assert_eq!(points(&world, "1.1").await, is("POINTS", "23/6"));
    assert_eq!(points(&world, "1.2").await, is("POINTS", "1"));
    for (signed, online, gate, line) in [(108, 36, "18/5", "0"), (107, 54, "0", "2"), (120, 60, "4", "2")] {
        let mut revised = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "Rà soát lại"}});
        revised["i"]["content"] = input["i"]["content"].clone();
        let file = upload(documents(signed, online));
        world.upload("alpha.officer", REVISE, &revised, file).await.ok();
        assert_eq!(
            points(&world, "1.1").await,
            is("POINTS", gate),
            "{signed} of 120 signed"
        );
        assert_eq!(points(&world, "1.2").await, is("POINTS", line), "{online} of 60 online");
    }
    world.verified().await;
}
