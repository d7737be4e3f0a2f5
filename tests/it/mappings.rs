//! Column mappings over the API: saved by those who keep frameworks, tried, and used to file an export as it is.
//!
//! Leaf 1.2 is worth 2 by the share of cases filed online, all of it at a half: 360 of 1,200 are 0.3, 0.6 of the way, 1.2.

use serde_json::{Value, json};

use crate::bad_input::assert_unchanged;
use crate::journey::{ADD, DECLARE, declaration, dossier};
use crate::support::workbook::{data, row, workbook};
use crate::world::{Answer, World};

const SAVE: &str = "mutation($i: SaveColumnMappingInput!) { saveColumnMapping(input: $i) { mapping { id code version } receipt { stream entry } } }";
const TRY: &str = "query($r: String!, $m: ColumnMappingRefInput!, $g: [RowValueInput!]!) { readStatistics(reference: $r, mapping: $m, given: $g) {
    kind rows { line values { column value } } problem { code message { vi en } }
    report { goodRows badRows problemCount problems { line column code } remarkCount remarks { line column code message { vi en } } } } }";
const NEWEST: &str = r#"query($c: String!) { assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: $c}}) {
    points { declared { points } } links { evidence { id newest { rowCount rowOrigin rowRemarkCount
        rowsReadBy { code version given { column value } } rowRemarks { line column code } files { name }
        rows(first: 2) { nodes { ... on OnlineServiceUsageRow { month service level onlineForm total online line file } } } } } } } }"#;

/// How a system exports online usage: CSV in Windows-1258 with semicolons, by month, with totals and a percentage.
pub fn usage_mapping(code: &str) -> Value {
    json!({
        "code": code, "name": {"vi": "Dịch vụ công", "en": "Online services"}, "system": "Cổng dịch vụ công",
        "kind": "ONLINE_SERVICE_USAGE", "validFrom": "2019-01-01",
        "layout": {
            "csv": {"encoding": "WINDOWS1258", "delimiter": "SEMICOLON"}, "headerLine": 1, "numbers": "VIETNAMESE",
            "columns": [
                {"column": "month", "headers": ["Tháng"]}, {"column": "service", "given": true},
                {"column": "level", "headers": ["Mức"]}, {"column": "total", "headers": ["Tổng"]},
                {"column": "online", "headers": ["Trực tuyến"]}, {"column": "fee_cases", "constant": "0"},
                {"column": "online_payments", "constant": "0"}],
            "dates": ["MONTH_YEAR"], "totals": [{"label": "Tổng cộng", "of": "TABLE"}],
            "percentages": [{"header": "%", "numerator": ["online"], "denominator": ["total"]}],
            "levels": [{"until": "2021-12", "words": [{"word": "4", "level": "4"}]},
                {"from": "2022-01", "words": [{"word": "Toàn trình", "level": "full"}]}],
            "blankLines": "END_TABLE"}})
}

/// Saves a mapping as the manager; its version.
pub async fn save(world: &World, mapping: &Value) -> u64 {
    let saved = world.send("manager", SAVE, json!({"i": mapping})).await.ok();
    saved["saveColumnMapping"]["mapping"]["version"].as_u64().unwrap()
}

/// Twelve months of 30 of 100 in that export, in its encoding; February's percentage is printed wrongly.
fn export() -> Vec<u8> {
    // Tháng;Mức;Tổng;Trực tuyến;%;Ghi chú, each letter with its mark behind it.
    let mut bytes = b"Th\xE1ng;M\xFD\xECc;T\xF4\xD2ng;Tr\xFD\xF2c tuy\xEA\xECn;%;Ghi ch\xFA\r\n".to_vec();
    for month in 1..=12 {
        let percent = if month == 2 { "31,0" } else { "30,0" };
        bytes.extend(format!("{month:02}/2019;4;100;30;{percent};\r\n").bytes());
    }
    bytes.extend(b"T\xF4\xD2ng c\xF4\xF2ng;;1.200;360;30,0;\r\n");
    bytes
}

fn named(version: u64) -> Value {
    json!({"code": "DVC", "version": version})
}

fn service() -> Value {
    json!([{"column": "service", "value": "1.004227"}])
}

fn document(rows: Value) -> Value {
    json!({"i": {"dossier": dossier("ALPHA"), "kind": "ONLINE_SERVICE_USAGE", "title": "Số liệu DVCTT 2019",
        "content": {"rows": {"mapped": rows}}, "links": [{"criterion": "1.2"}]}})
}

/// ALPHA's export, filed as it is.
pub async fn filed(world: &World) {
    let version = save(world, &usage_mapping("DVC")).await;
    let file = vec![("i.content.rows.mapped.upload", "dvc.csv", export())];
    let input = document(json!({"upload": null, "mapping": named(version), "given": service()}));
    world.upload("alpha.officer", ADD, &input, file).await.ok();
}

/// Leaf 1.2 as somebody sees it: the declared points, and the newest revision of its first document.
async fn newest(world: &World, login: &str) -> (Value, Value) {
    let found = world.send(login, NEWEST, json!({"c": "1.2"})).await.ok()["assessment"].clone();
    let points = found["points"]["declared"]["points"].clone();
    (points, found["links"][0]["evidence"].clone())
}

async fn tried(world: &World, login: &str, reference: &str, mapping: Value) -> Answer {
    world
        .send(login, TRY, json!({"r": reference, "m": mapping, "g": service()}))
        .await
}

#[tokio::test]
async fn a_mapping_is_saved_as_versions_that_never_change() {
    let world = World::with_framework().await;
    let mapping = usage_mapping("DVC");
    let saved = world.send("manager", SAVE, json!({"i": mapping})).await.ok();
    let id = saved["saveColumnMapping"]["mapping"]["id"].clone();
    assert_eq!(
        saved["saveColumnMapping"]["receipt"],
        json!({"stream": "mapping:DVC", "entry": "1"})
    );
    // The same again is there already; another one is the next version.
    let again = world.send("manager", SAVE, json!({"i": mapping})).await.ok();
    assert_eq!(again["saveColumnMapping"]["receipt"], Value::Null);
    let mut changed = mapping.clone();
    changed["layout"]["headerLine"] = json!(3);
    assert_eq!(save(&world, &changed).await, 2);
    assert_eq!(save(&world, &usage_mapping("A.1")).await, 1);

    let read = r#"{ newest: columnMapping(code: "DVC") { version layout { headerLine } }
        first: columnMapping(code: "DVC", version: 1) { version name { vi } system kind validFrom validTo layout {
            csv { encoding delimiter } workbook { sheet } headerLine headerLines numbers emptyIsZero dates blankLines
            columns { column headers constant given cell { line } } totals { label of } percentages { header fraction }
            levels { from until words { word level } } } }
        third: columnMapping(code: "DVC", version: 3) { version } none: columnMapping(code: "B") { version } }"#;
    let found = world.send("alpha.officer", read, json!({})).await.ok();
    assert_eq!(found["newest"], json!({"version": 2, "layout": {"headerLine": 3}}));
    assert_eq!((&found["third"], &found["none"]), (&Value::Null, &Value::Null));
    let first = &found["first"];
    assert_eq!(first["layout"]["headerLine"], 1);
    assert_eq!(first["layout"]["columns"][1]["given"], true);
    assert_eq!(
        first["layout"]["levels"][1]["words"],
        json!([{"word": "Toàn trình", "level": "full"}])
    );
    assert_eq!(first["layout"]["workbook"], Value::Null);

    let page = "query($a: String) { columnMappings(first: 2, after: $a) { pageInfo { hasNextPage endCursor } nodes { code version } } }";
    let listed = world.send("alpha.officer", page, json!({})).await.ok()["columnMappings"].clone();
    assert_eq!(
        listed["nodes"],
        json!([{"code": "A.1", "version": 1}, {"code": "DVC", "version": 1}])
    );
    let rest = json!({"a": listed["pageInfo"]["endCursor"]});
    let rest = world.send("alpha.officer", page, rest).await.ok()["columnMappings"].clone();
    assert_eq!(rest["nodes"], json!([{"code": "DVC", "version": 2}]));
    let node = "query($id: ID!) { node(id: $id) { ... on ColumnMapping { code version } } }";
    let found = world.send("integrator", node, json!({"id": id})).await.ok();
    assert_eq!(found["node"], json!({"code": "DVC", "version": 1}));
    world.verified().await;
}

#[tokio::test]
async fn the_mapping_that_the_readme_shows_can_be_saved() {
    let world = World::with_framework().await;
    let shown = include_str!("../../README.md").split("```graphql\n").nth(1).unwrap();
    let (document, _) = shown.split_once("```").unwrap();
    let saved = world.send("manager", document, json!({})).await.ok();
    assert_eq!(saved["saveColumnMapping"]["mapping"]["version"], 1);
}

#[tokio::test]
async fn a_mapping_that_could_not_read_is_refused_by_its_place() {
    let world = World::with_framework().await;
    save(&world, &usage_mapping("DVC")).await;
    let before = world.kept();
    let place = |changed: Value| {
        let world = &world;
        async move { world.send("manager", SAVE, json!({"i": changed})).await.refused() }
    };
    let changed = |path: &str, value: Value| {
        let mut mapping = usage_mapping("DVC");
        *mapping.pointer_mut(path).unwrap() = value;
        mapping
    };
    for (mapping, field) in [
        (changed("/code", json!("a b")), "code"),
        (changed("/system", json!(" ")), "system"),
        (changed("/kind", json!("ONE_STOP_CASES")), "layout.columns.2.column"),
        (changed("/layout/headerLine", json!(0)), "layout.headerLine"),
        (changed("/layout/columns/0/headers", json!([])), "layout.columns.0"),
        (
            changed(
                "/layout/columns/5",
                json!({"column": "fee_cases", "constant": "0", "given": true}),
            ),
            "layout.columns.5",
        ),
        (changed("/layout/csv", Value::Null), "layout.csv"),
        (
            changed("/layout/levels/0/words/0/level", json!("5")),
            "layout.levels.0.words",
        ),
        (
            changed("/layout/percentages/0/numerator", json!(["month"])),
            "layout.percentages.0.numerator",
        ),
    ] {
        assert_eq!(place(mapping).await, ("INVALID".to_owned(), field.to_owned()));
    }
    // Rows of another kind need a code of their own.
    let mut other = usage_mapping("DVC");
    other["kind"] = json!("PUBLISHED_PROCEDURES");
    let columns = minhchung::domain::rows::RowKind::PublishedProcedures.columns();
    let constants = columns
        .iter()
        .map(|column| json!({"column": column.name, "given": true}));
    other["layout"]["columns"] = constants.collect();
    other["layout"]["percentages"] = json!([]);
    assert_eq!(place(other).await, ("INVALID".to_owned(), "kind".to_owned()));
    assert_unchanged(&world, &before, "mappings that could not read");
}

#[tokio::test]
async fn an_export_is_tried_filed_as_it_is_and_shown_with_its_remarks() {
    let world = World::with_round().await;
    let version = save(&world, &usage_mapping("DVC")).await;
    let references = world
        .upload_ahead("alpha.officer", vec![("xuat-dvc.csv", export())])
        .await;
    let before = world.entries("ALPHA").await;
    let reading = tried(&world, "alpha.officer", &references[0], named(version))
        .await
        .ok()["readStatistics"]
        .clone();
    assert_eq!(
        (&reading["kind"], &reading["problem"]),
        (&json!("ONLINE_SERVICE_USAGE"), &Value::Null)
    );
    assert_eq!(reading["rows"].as_array().unwrap().len(), 12);
    let value = |column: &str, value: &str| json!({"column": column, "value": value});
    let values = [
        value("fee_cases", "0"),
        value("level", "4"),
        value("month", "2019-01"),
        value("online", "30"),
        value("online_payments", "0"),
        value("service", "1.004227"),
        value("total", "100"),
    ];
    assert_eq!(reading["rows"][0], json!({"line": 2, "values": values}));
    let report = &reading["report"];
    assert_eq!(
        (&report["goodRows"], &report["problemCount"], &report["remarkCount"]),
        (&json!(12), &json!(0), &json!(3))
    );
    let told: Vec<(&Value, &Value)> = report["remarks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["line"], &one["code"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!(1), &json!("UNMAPPED_COLUMN")),
            (&json!(3), &json!("PERCENTAGE_DIFFERS")),
            (&json!(14), &json!("TOTAL_LINE")),
        ]
    );
    assert_eq!(world.entries("ALPHA").await, before, "nothing is kept");

    let filed = document(json!({"reference": references[0], "mapping": named(version), "given": service()}));
    let add = "mutation($i: AddEvidenceInput!) { addEvidence(input: $i) { evidenceId rows { goodRows remarkCount } } }";
    let added = world.send("alpha.officer", add, filed).await.ok()["addEvidence"].clone();
    assert_eq!(added["rows"], json!({"goodRows": 12, "remarkCount": 3}));
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    let (points, evidence) = newest(&world, "alpha.officer").await;
    assert_eq!(points, "6/5");
    let revision = &evidence["newest"];
    assert_eq!(
        revision["rowsReadBy"],
        json!({"code": "DVC", "version": 1, "given": service()})
    );
    assert_eq!(
        (&revision["rowCount"], &revision["rowOrigin"]),
        (&json!(12), &json!("FILE"))
    );
    assert_eq!(revision["files"], json!([{"name": "xuat-dvc.csv"}]));
    assert_eq!(
        revision["rows"]["nodes"][0],
        json!({"month": "2019-01", "service": "1.004227", "level": 4, "onlineForm": null, "total": "100", "online": "30",
            "line": 2, "file": "xuat-dvc.csv"})
    );
    // Who appraises the leaf sees what was remarked.
    let (_, seen) = newest(&world, "sttt.appraiser").await;
    assert_eq!(
        seen["newest"]["rowRemarks"][1],
        json!({"line": 3, "column": "%", "code": "PERCENTAGE_DIFFERS"})
    );
    assert_eq!(seen["newest"]["rowRemarkCount"], 3);
    world.verified().await;
}

/// The same figures in a workbook, with the two words of 2022 for levels.
fn usage_book(rows: &[String]) -> Vec<u8> {
    let header = row(2, &["'Tháng", "'Mức", "'Tổng", "'Trực tuyến"]);
    let sheet = data(&[&[row(1, &["'THỐNG KÊ"]), header][..], rows].concat());
    workbook(&[("Số liệu", "visible", sheet)], &[])
}

fn workbook_mapping() -> Value {
    let mut mapping = usage_mapping("DVC");
    let layout = mapping["layout"].as_object_mut().unwrap();
    layout.remove("csv");
    layout.insert("workbook".to_owned(), json!({"sheet": "Số liệu"}));
    layout.insert("headerLine".to_owned(), json!(2));
    layout.insert("percentages".to_owned(), json!([]));
    layout.insert("totals".to_owned(), json!([]));
    mapping
}

#[tokio::test]
async fn a_document_is_revised_by_a_workbook_and_the_next_version_of_the_mapping() {
    let world = World::with_round().await;
    let first = save(&world, &usage_mapping("DVC")).await;
    let file = vec![("i.content.rows.mapped.upload", "dvc.csv", export())];
    let input = document(json!({"upload": null, "mapping": named(first), "given": service()}));
    let id = world.upload("alpha.officer", ADD, &input, file).await.ok()["addEvidence"]["evidenceId"].clone();
    let second = save(&world, &workbook_mapping()).await;
    let months: Vec<String> = (1..=12)
        .map(|month| row(month + 2, &[&format!("'{month:02}/2019"), "4", "100", "40"]))
        .collect();
    let revise = "mutation($i: ReviseEvidenceInput!) { reviseEvidence(input: $i) { rows { goodRows } } }";
    let revised = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "Xuất lại dạng bảng tính",
        "content": {"rows": {"mapped": {"upload": null, "mapping": named(second), "given": service()}}}}});
    let file = |bytes: Vec<u8>| vec![("i.content.rows.mapped.upload", "dvc.xlsx", bytes)];
    let answer = world
        .upload("alpha.officer", revise, &revised, file(usage_book(&months)))
        .await
        .ok();
    assert_eq!(answer["reviseEvidence"]["rows"]["goodRows"], 12);
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    // 480 of 1,200 are 0.4, 0.8 of the way to a half: 1.6.
    let (points, evidence) = newest(&world, "alpha.officer").await;
    assert_eq!(points, "8/5");
    assert_eq!(evidence["newest"]["rowsReadBy"]["version"], 2);

    // From 2022 on the level is a word, and both are kept.
    let later = [
        row(3, &["'01/2022", "'Toàn trình", "100", "40"]),
        row(4, &["'12/2021", "4", "100", "40"]),
    ];
    world
        .upload("alpha.officer", revise, &revised, file(usage_book(&later)))
        .await
        .ok();
    let (_, evidence) = newest(&world, "alpha.officer").await;
    let rows = evidence["newest"]["rows"]["nodes"].as_array().unwrap();
    let levels: Vec<_> = rows.iter().map(|row| (&row["level"], &row["onlineForm"])).collect();
    assert_eq!(levels, [(&Value::Null, &json!("FULL")), (&json!(4), &Value::Null)]);

    // The wrong word for the month is a problem with its line.
    let before = world.kept();
    let wrong = [row(3, &["'01/2022", "4", "100", "40"])];
    let answer = world
        .upload("alpha.officer", revise, &revised, file(usage_book(&wrong)))
        .await;
    assert_eq!(
        answer.refused(),
        ("INVALID".to_owned(), "content.rows.3.level".to_owned())
    );
    assert_unchanged(&world, &before, "a level of another time");
    world.verified().await;
}

#[tokio::test]
async fn a_whole_dossier_takes_exports_and_a_dry_run_tells_what_is_wrong_with_them() {
    let world = World::with_round().await;
    let version = save(&world, &usage_mapping("DVC")).await;
    let mut wrong = export();
    wrong.extend(b"01/2020;4;1,5;30;;\r\n");
    let files = vec![("dung.csv", export()), ("sai.csv", wrong)];
    let references = world.upload_ahead("alpha.officer", files).await;
    let file =
        "mutation($i: FileDossierInput!) { fileDossier(input: $i) { commits items { outcome problem { code field }
        rows { goodRows badRows remarkCount problems { line code } } } } }";
    let filing = |reference: &str, dry_run: bool| {
        let rows = json!({"mapped": {"reference": reference, "mapping": named(version), "given": service()}});
        json!({"i": {"dossier": dossier("ALPHA"), "dryRun": dry_run, "evidence": [{"externalId": "DVC-2019",
            "kind": "ONLINE_SERVICE_USAGE", "title": "Số liệu", "content": {"rows": rows}, "links": [{"criterion": "1.2"}]}]}})
    };
    let item = |answer: Value| answer["fileDossier"]["items"][0].clone();
    let told = item(
        world
            .send("alpha.officer", file, filing(&references[1], true))
            .await
            .ok(),
    );
    assert_eq!(
        told["problem"],
        json!({"code": "INVALID", "field": "evidence.0.content.rows.15.total"})
    );
    let problems = &told["rows"]["problems"];
    // The row itself, and the line of totals above it, which it is no part of.
    assert_eq!(problems, &json!([{"line": 15, "code": "NOT_A_NUMBER"}]));
    let refused = world
        .send("alpha.officer", file, filing(&references[1], false))
        .await
        .refused();
    assert_eq!(refused.1, "evidence.0.content.rows.15.total");
    for expected in ["CREATED", "UNCHANGED"] {
        let done = item(
            world
                .send("alpha.officer", file, filing(&references[0], false))
                .await
                .ok(),
        );
        assert_eq!(
            (&done["outcome"], &done["rows"]["remarkCount"]),
            (&json!(expected), &json!(3))
        );
    }
    world.verified().await;
}

#[tokio::test]
async fn a_mapping_reads_its_own_kind_in_its_own_time_for_those_who_upload() {
    let world = World::with_round().await;
    let mut until = usage_mapping("DVC");
    until["validTo"] = json!("2020-02-29");
    let over = save(&world, &until).await;
    let good = save(&world, &usage_mapping("DVC")).await;
    let references = world.upload_ahead("alpha.officer", vec![("dvc.csv", export())]).await;
    let before = world.kept();
    let refused = |input: Value| {
        let world = &world;
        async move { world.send("alpha.officer", ADD, input).await.refused() }
    };
    let mapped = |mapping: Value, given: Value| {
        document(json!({"reference": references[0], "mapping": mapping, "given": given}))
    };
    let place = "content.rows.mapped.mapping";
    // Today is 1 March 2020.
    assert_eq!(
        refused(mapped(named(over), service())).await,
        ("INVALID".to_owned(), place.to_owned())
    );
    assert_eq!(
        refused(mapped(named(9), service())).await,
        ("NOT_FOUND".to_owned(), place.to_owned())
    );
    let mut other = mapped(named(good), service());
    other["i"]["kind"] = json!("ONE_STOP_CASES");
    assert_eq!(refused(other).await, ("INVALID".to_owned(), place.to_owned()));
    assert_eq!(
        refused(mapped(named(good), json!([]))).await,
        ("INVALID".to_owned(), "content.rows".to_owned())
    );
    let twice = json!([{"column": "service", "value": "a"}, {"column": "service", "value": "b"}]);
    assert_eq!(
        refused(mapped(named(good), twice)).await.1,
        "content.rows.mapped.given.1"
    );
    let neither = document(json!({"mapping": named(good), "given": service()}));
    assert_eq!(
        refused(neither).await,
        ("INVALID".to_owned(), "content.rows.mapped".to_owned())
    );
    assert_unchanged(&world, &before, "exports that are refused");

    // Only saving needs to keep frameworks; trying needs to upload, and only one's own files.
    let code = |answer: Answer| answer.refused().0;
    let save = json!({"i": usage_mapping("X")});
    assert_eq!(code(world.send("alpha.officer", SAVE, save.clone()).await), "FORBIDDEN");
    assert_eq!(code(world.send("", SAVE, save).await), "UNAUTHENTICATED");
    assert_eq!(
        code(tried(&world, "snv.appraiser", &references[0], named(good)).await),
        "FORBIDDEN"
    );
    assert_eq!(
        code(tried(&world, "beta.officer", &references[0], named(good)).await),
        "INVALID"
    );
    let over = tried(&world, "alpha.officer", &references[0], named(over))
        .await
        .refused();
    assert_eq!(over, ("INVALID".to_owned(), "mapping".to_owned()));
    let list = "{ columnMappings { nodes { code } } }";
    assert_eq!(code(world.send("", list, json!({})).await), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_at_all_says_why() {
    let world = World::with_round().await;
    let version = save(&world, &workbook_mapping()).await;
    let compound = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0].to_vec();
    let hidden = workbook(&[("Số liệu", "hidden", data(&[]))], &[]);
    let files = vec![("cu.xls", compound), ("an.xlsx", hidden), ("dvc.csv", export())];
    let references = world.upload_ahead("alpha.officer", files).await;
    for (reference, code) in references.iter().zip(["WRONG_FORMAT", "WRONG_SHEET", "WRONG_FORMAT"]) {
        let reading = tried(&world, "alpha.officer", reference, named(version)).await.ok()["readStatistics"].clone();
        assert_eq!(
            (&reading["problem"]["code"], &reading["report"]),
            (&json!(code), &Value::Null)
        );
        assert!(
            reading["problem"]["message"]["vi"]
                .as_str()
                .is_some_and(|text| text.len() > 20)
        );
        let input = document(json!({"reference": reference, "mapping": named(version), "given": service()}));
        let refused = world.send("alpha.officer", ADD, input).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), "content.rows".to_owned()));
    }
}
