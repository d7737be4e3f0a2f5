//! Late cases and the apology letters for them, filed as the one-stop system and the office export them, and appraised.
//!
//! Leaf 1.2 is worth 2 by the share of late cases for which a letter was sent. ALPHA was late with twelve cases and sent letters
//! for seven of them: 7 ÷ 12 × 2 = 7/6. BETA was late with none, and its list says so: 2.

use serde_json::{Value, json};

use crate::bad_input::assert_unchanged;
use crate::journey::{ADD, DECLARE, REVIEW, SUBMIT, accepting, declaration, dossier, look, report};
use crate::mappings::save;
use crate::races::ADVANCE;
use crate::world::{OPEN_ROUND, World, framework};

const REVISE: &str = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field message { vi en } } } } }";
const CHECKS: &str = r#"query($u: String!) { assessment(ref: {key: {round: "T-2019", unit: $u, criterion: "1.2"}}) {
    checks { total findings { rule message { vi en } remedy { vi en } evidence { title } link { criterion } } } } }"#;
const TRY: &str = "query($r: String!, $m: ColumnMappingRefInput!) { readStatistics(reference: $r, mapping: $m) {
    kind rows { line values { column value } } problem { code } report { goodRows problems { line column code } remarks { line code } } } }";
const ROWS: &str = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.2"}}) { links { evidence { title newest {
    rowCount statedTotal rows(first: 100) { nodes { line
        ... on LateCaseRow { case service dueOn resolvedOn }
        ... on ApologyLetterRow { letter case dueOn newDueOn sentOn signer } } } } } } } }"#;

/// The trial framework, in which leaf 1.2 is about letters.
pub fn letters() -> Value {
    let mut changed = framework();
    changed["code"] = json!("L");
    let input = |code: &str, matched: Value| {
        let source = json!({"kind": "DERIVED", "rows": "LATE_CASES", "count": "DISTINCT", "of": "case", "coverage": "EVERY_CASE"});
        let mut input =
            json!({"code": code, "name": {"vi": code, "en": code}, "type": {"kind": "COUNT"}, "source": source});
        if !matched.is_null() {
            input["source"]["matched"] = matched;
        }
        input
    };
    let leaf = &mut changed["nodes"][2]["leaf"];
    leaf["rule"] = json!({"kind": "PROPORTIONAL", "whenEmpty": "FULL",
        "measure": {"ratio": {"numerator": "with_letter", "denominator": "late"}}});
    leaf["inputs"] = json!([
        input("with_letter", json!({"rows": "APOLOGY_LETTERS", "by": "case"})),
        input("late", Value::Null)
    ]);
    leaf["requiredEvidence"] = json!([{"code": "CASES", "name": {"vi": "Hồ sơ trễ hạn", "en": "Late cases"},
        "kinds": ["LATE_CASES"], "documentTypes": [], "atLeast": 1}]);
    changed
}

fn case(number: u32) -> String {
    format!("000.00.12.H47-190416-{number:04}")
}

fn mapping(code: &str, kind: &str, header_line: u32, columns: &[(&str, &str)]) -> Value {
    let column = |(column, header): &(&str, &str)| json!({"column": column, "headers": [header]});
    json!({
        "code": code, "name": {"vi": code, "en": code}, "system": "Một cửa điện tử", "kind": kind, "validFrom": "2019-01-01",
        "layout": {"csv": {"encoding": "UTF8", "delimiter": "SEMICOLON"}, "headerLine": header_line, "numbers": "VIETNAMESE",
            "columns": columns.iter().map(column).collect::<Value>(), "dates": ["DAY_MONTH_YEAR"], "blankLines": "END_TABLE"}})
}

fn late_mapping() -> Value {
    let columns = [
        ("case", "Mã hồ sơ"),
        ("service", "Mã TTHC"),
        ("due_on", "Hạn trả kết quả"),
        ("resolved_on", "Ngày trả kết quả"),
    ];
    mapping("TRE-HAN", "LATE_CASES", 2, &columns)
}

fn letter_mapping() -> Value {
    let columns = [
        ("letter", "Số, ký hiệu"),
        ("case", "Mã hồ sơ"),
        ("due_on", "Hạn trả"),
        ("new_due_on", "Hẹn trả lại"),
        ("sent_on", "Ngày gửi"),
        ("signer", "Người ký"),
    ];
    mapping("THU-XIN-LOI", "APOLOGY_LETTERS", 1, &columns)
}

/// Twelve cases that were due on 10 May; the last two are open, the others were resolved on `resolved`.
fn late_file(resolved: &str) -> Vec<u8> {
    let mut file =
        "DANH SÁCH HỒ SƠ TRỄ HẠN NĂM 2019;;;;\nSTT;Mã hồ sơ;Mã TTHC;Hạn trả kết quả;Ngày trả kết quả\n".to_owned();
    for number in 1..=12 {
        let resolved = if number > 10 { "" } else { resolved };
        file.push_str(&format!("{number};{};1.004227;10/05/2019;{resolved}\n", case(number)));
    }
    file.into_bytes()
}

/// Letters for cases 1 to 7, one with another due date, one sent too late, one a second one, and one for a case that was not late.
fn letter_file() -> Vec<u8> {
    let mut file = "Số, ký hiệu;Mã hồ sơ;Hạn trả;Hẹn trả lại;Ngày gửi;Người ký\n".to_owned();
    for (letter, number, due, sent) in [
        (45, 1, "10/05/2019", "11/05/2019"),
        (45, 2, "10/05/2019", "11/05/2019"),
        (46, 3, "10/05/2019", "11/05/2019"),
        (47, 4, "10/05/2019", "11/05/2019"),
        (48, 5, "09/05/2019", "11/05/2019"),
        (49, 6, "10/05/2019", "21/05/2019"),
        (50, 7, "10/05/2019", "11/05/2019"),
        (51, 7, "10/05/2019", "18/05/2019"),
        (52, 99, "10/05/2019", "11/05/2019"),
    ] {
        file.push_str(&format!(
            "{letter}/TXL-UBND;{};{due};22/05/2019;{sent};Nguyễn Văn A\n",
            case(number)
        ));
    }
    file.into_bytes()
}

async fn with_round() -> World {
    let world = World::with_framework().await;
    world.import(letters()).await;
    world.open_round(&OPEN_ROUND.replace("T@1", "L@1")).await;
    assert_eq!(save(&world, &late_mapping()).await, 1);
    assert_eq!(save(&world, &letter_mapping()).await, 1);
    world
}

fn document(unit: &str, kind: &str, title: &str, content: Value) -> Value {
    json!({"i": {"dossier": dossier(unit), "kind": kind, "title": title, "content": content, "links": [{"criterion": "1.2"}]}})
}

fn mapped(mapping: &str) -> Value {
    json!({"mapped": {"upload": null, "mapping": {"code": mapping, "version": 1}}})
}

/// Both of ALPHA's lists, as they were exported.
async fn file_lists(world: &World) {
    let content = json!({"rows": mapped("TRE-HAN"), "statedTotal": 12});
    let file = vec![("i.content.rows.mapped.upload", "tre-han.csv", late_file("20/05/2019"))];
    let input = document("ALPHA", "LATE_CASES", "Hồ sơ trễ hạn", content);
    world.upload("alpha.officer", ADD, &input, file).await.ok();
    let file = vec![("i.content.rows.mapped.upload", "thu.csv", letter_file())];
    let input = document(
        "ALPHA",
        "APOLOGY_LETTERS",
        "Thư xin lỗi",
        json!({"rows": mapped("THU-XIN-LOI")}),
    );
    world.upload("alpha.officer", ADD, &input, file).await.ok();
}

/// Both units have filed and submitted, and are appraised.
async fn in_appraisal() -> World {
    let world = with_round().await;
    file_lists(&world).await;
    let none = document(
        "BETA",
        "LATE_CASES",
        "Không có hồ sơ trễ hạn",
        json!({"nothingToDo": true}),
    );
    world.send("beta.officer", ADD, none).await.ok();
    for (unit, officer, head) in [
        ("ALPHA", "alpha.officer", "alpha.head"),
        ("BETA", "beta.officer", "beta.head"),
    ] {
        world.send(officer, ADD, report(unit, "1.1")).await.ok();
        world.send(officer, DECLARE, declaration(unit, "28")).await.ok();
        world.send(head, SUBMIT, json!({"u": unit})).await.ok();
    }
    world.send("manager", ADVANCE, json!({})).await.ok();
    world.run_jobs().await;
    world
}

async fn findings(world: &World, login: &str, unit: &str) -> Vec<Value> {
    let found = world.send(login, CHECKS, json!({"u": unit})).await.ok()["assessment"]["checks"].clone();
    found["findings"].as_array().unwrap().clone()
}

/// The verdict of one document, by its title.
fn verdict<'a>(item: &'a mut Value, seen: &Value, title: &str) -> &'a mut Value {
    let links = seen["links"].as_array().unwrap();
    let place = links
        .iter()
        .position(|link| link["evidence"]["title"] == title)
        .unwrap();
    &mut item["verdicts"][place]
}

#[tokio::test]
async fn letters_are_matched_with_cases_and_points_fall_when_they_are_rejected() {
    let world = in_appraisal().await;
    let seen = look(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    assert_eq!(seen["points"]["declared"]["points"], "7/6");

    // Nobody accepted anything yet; with both lists accepted it is 7 of 12, with the letters rejected it is nothing.
    let item = accepting("ALPHA", "1.2", &seen);
    world
        .send("sttt.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await
        .done();
    let accepted = look(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    assert_eq!(accepted["points"]["verified"]["points"], "7/6");
    assert_eq!(accepted["explain"]["outcome"], "POINTS");

    for (title, other) in [("Thư xin lỗi", "Hồ sơ trễ hạn"), ("Hồ sơ trễ hạn", "Thư xin lỗi")] {
        let seen = look(&world, "sttt.appraiser", "ALPHA", "1.2").await;
        let mut item = accepting("ALPHA", "1.2", &seen);
        let judged = verdict(&mut item, &seen, title);
        judged["kind"] = json!("REJECTED");
        judged["reason"] = json!("CONTRADICTS_DATA");
        judged["text"] = json!("Không khớp hệ thống một cửa");
        assert_eq!(verdict(&mut item, &seen, other)["kind"], "ACCEPTED");
        if title == "Hồ sơ trễ hạn" {
            item["waivers"] = json!([{"requirement": "CASES", "reason": "Có trên hệ thống một cửa"}]);
        }
        let input = json!({"i": {"item": item, "reason": "Đối chiếu lại"}});
        world.send("sttt.appraiser", REVISE, input).await.done();
        let fallen = look(&world, "sttt.appraiser", "ALPHA", "1.2").await;
        assert_eq!(fallen["points"]["verified"]["points"], "0", "{title}");
        assert_eq!(fallen["explain"]["outcome"], "MISSING");
        assert_eq!(
            fallen["points"]["declared"]["points"], "7/6",
            "what the unit claims stays"
        );
    }

    let item = accepting("BETA", "1.2", &look(&world, "sttt.appraiser", "BETA", "1.2").await);
    world
        .send("sttt.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await
        .done();
    let none_late = look(&world, "sttt.appraiser", "BETA", "1.2").await;
    assert_eq!(none_late["points"]["verified"]["points"], "2");
    world.verified().await;
}

#[tokio::test]
async fn what_does_not_go_together_is_told_to_those_who_see_the_leaf() {
    let world = in_appraisal().await;
    let expected = [
        (
            None,
            format!(
                "Cases have several letters (1): {} (50/TXL-UBND; 51/TXL-UBND).",
                case(7)
            ),
        ),
        (
            None,
            format!(
                "Late cases for which there is no letter (5): {}, {}, {} and 2 more.",
                case(8),
                case(9),
                case(10)
            ),
        ),
        (
            Some("Thư xin lỗi"),
            format!(
                "Letters for cases that are in no list of late cases (1): 52/TXL-UBND ({}).",
                case(99)
            ),
        ),
        (
            Some("Thư xin lỗi"),
            format!(
                "Letters state another due date than the list of late cases (1): 48/TXL-UBND ({}: 2019-05-09, 2019-05-10).",
                case(5)
            ),
        ),
        (
            Some("Thư xin lỗi"),
            format!(
                "Letters were sent after the case was resolved (1): 49/TXL-UBND ({}: 2019-05-21, 2019-05-20).",
                case(6)
            ),
        ),
    ];
    for login in ["alpha.officer", "sttt.appraiser", "manager"] {
        let found = findings(&world, login, "ALPHA").await;
        let told: Vec<(Option<&str>, &str)> = found
            .iter()
            .map(|one| {
                (
                    one["evidence"]["title"].as_str(),
                    one["message"]["en"].as_str().unwrap(),
                )
            })
            .collect();
        let expected: Vec<(Option<&str>, &str)> =
            expected.iter().map(|(title, text)| (*title, text.as_str())).collect();
        assert_eq!(told, expected, "{login}");
        assert!(found.iter().all(|one| one["rule"] == "APOLOGY_LETTERS"));
        assert!(
            found
                .iter()
                .all(|one| !one["remedy"]["vi"].as_str().unwrap().is_empty())
        );
    }
    // Who appraises other leaves, another unit and who reads scores alone are told nothing.
    for login in ["snv.appraiser", "beta.officer", "integrator"] {
        let answer = world.send(login, CHECKS, json!({"u": "ALPHA"})).await;
        let told = answer.data["assessment"]["checks"]["total"]
            .as_u64()
            .unwrap_or_default();
        assert_eq!(told, 0, "{login}");
    }
    assert!(findings(&world, "beta.officer", "BETA").await.is_empty());
}

#[tokio::test]
async fn rows_of_both_lists_are_read_back_as_they_were_exported() {
    let world = with_round().await;
    file_lists(&world).await;
    let links = world.send("sttt.appraiser", ROWS, json!({})).await.ok()["assessment"]["links"].clone();
    let of = |title: &str| {
        let links = links.as_array().unwrap().iter();
        let mut found = links.filter(|link| link["evidence"]["title"] == title);
        found.next().unwrap()["evidence"]["newest"].clone()
    };
    let (late, letters) = (of("Hồ sơ trễ hạn"), of("Thư xin lỗi"));
    assert_eq!((&late["rowCount"], &late["statedTotal"]), (&json!(12), &json!(12)));
    assert_eq!(
        (&letters["rowCount"], &letters["statedTotal"]),
        (&json!(9), &Value::Null)
    );
    let nodes = |page: &Value| page["rows"]["nodes"].as_array().unwrap().clone();
    assert_eq!(
        nodes(&late)[0],
        json!({"line": 3, "case": case(1), "service": "1.004227", "dueOn": "2019-05-10", "resolvedOn": "2019-05-20"})
    );
    assert_eq!(nodes(&late)[11]["resolvedOn"], Value::Null, "it is open");
    assert_eq!(
        nodes(&letters)[4],
        json!({"line": 6, "letter": "48/TXL-UBND", "case": case(5), "dueOn": "2019-05-09", "newDueOn": "2019-05-22",
            "sentOn": "2019-05-11", "signer": "Nguyễn Văn A"})
    );
}

#[tokio::test]
async fn a_case_that_was_not_late_is_told_by_its_line_before_it_is_filed() {
    let world = with_round().await;
    let files = vec![
        ("tre-han.csv", late_file("10/05/2019")),
        ("tot.csv", late_file("11/05/2019")),
    ];
    let references = world.upload_ahead("alpha.officer", files).await;
    let tried = |reference: &str| {
        let variables = json!({"r": reference, "m": {"code": "TRE-HAN", "version": 1}});
        let world = &world;
        async move { world.send("alpha.officer", TRY, variables).await.ok()["readStatistics"].clone() }
    };
    let wrong = tried(&references[0]).await;
    assert_eq!(
        (&wrong["kind"], &wrong["problem"]),
        (&json!("LATE_CASES"), &Value::Null)
    );
    assert_eq!(wrong["report"]["goodRows"], 2, "those that are open");
    let problems = wrong["report"]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 10);
    assert_eq!(
        problems[0],
        json!({"line": 3, "column": "resolved_on", "code": "NOT_AFTER"})
    );
    let good = tried(&references[1]).await;
    assert_eq!(
        (&good["report"]["goodRows"], &good["report"]["problems"]),
        (&json!(12), &json!([]))
    );
    assert_eq!(
        good["report"]["remarks"],
        json!([{"line": 1, "code": "ABOVE_HEADER"}, {"line": 2, "code": "UNMAPPED_COLUMN"}])
    );
}

#[tokio::test]
async fn an_empty_list_says_so_and_has_no_rows() {
    let world = with_round().await;
    let before = world.kept();
    let row = "case,service,due_on\nH47-1,1.004227,2019-05-02\n";
    for (content, field) in [
        (json!({}), "content.rows"),
        (
            json!({"rows": {"csv": row}, "nothingToDo": true}),
            "content.nothingToDo",
        ),
        (json!({"rows": {"csv": "case,service,due_on\n"}}), "content.rows"),
    ] {
        for kind in ["LATE_CASES", "APOLOGY_LETTERS"] {
            let content = match kind {
                "LATE_CASES" => content.clone(),
                _ => {
                    let text = content.to_string();
                    let text = text.replace("case,service,due_on", "letter,case,due_on,new_due_on,sent_on,signer");
                    let text = text.replace(
                        "H47-1,1.004227,2019-05-02",
                        "1/TXL,H47-1,2019-05-02,2019-05-09,2019-05-03,A",
                    );
                    serde_json::from_str(&text).unwrap()
                }
            };
            let refused = world
                .send("alpha.officer", ADD, document("ALPHA", kind, "Danh sách", content))
                .await;
            assert_eq!(refused.refused(), ("INVALID".to_owned(), field.to_owned()), "{kind}");
        }
    }
    // Monthly statistics are never empty: each month says 0.
    let monthly = document("ALPHA", "ELECTRONIC_DOCUMENTS", "Văn bản", json!({"nothingToDo": true}));
    let refused = world.send("alpha.officer", ADD, monthly).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "content.rows".to_owned()));
    assert_unchanged(&world, &before, "lists that are neither empty nor not");
}

/// A system that counts six cases with a letter differs from the lists, which have seven: both lists are looked at, as for the points.
#[tokio::test]
async fn a_systems_count_of_letters_is_held_against_both_lists() {
    let world = in_appraisal().await;
    let figure = |input: &str, count: &str| json!({"unit": "ALPHA", "criterion": "1.2", "source": "Một cửa điện tử", "value": {"input": input, "value": {"count": count}}});
    let figures = json!({"i": {"round": "T-2019", "figures": [figure("with_letter", "6"), figure("late", "12")]}});
    world.send("manager", crate::figures::RECORD, figures).await.done();
    let compared = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.2"}}) {
        comparisons { system { code } declared { text } difference state } } }"#;
    let found = world.send("sttt.appraiser", compared, json!({})).await.ok();
    assert_eq!(
        found["assessment"]["comparisons"],
        json!([{"system": {"code": "late"}, "declared": {"text": "12"}, "difference": "0", "state": "AGREES"},
            {"system": {"code": "with_letter"}, "declared": {"text": "7"}, "difference": "1", "state": "OPEN"}])
    );
}
