//! A conclusion from its issue to what became of it: what it cites, what it asks, and where a correction shows.
//!
//! Published on 1 March 2020 (see the appeals): ALPHA 7.55 of 10 = 75.50 %, rank 1; BETA 2.00 = 20.00 %, rank 2. Another index says 44.3 points
//! with two places, rank 22 of 63. Everybody meets until Friday, 20 March.

mod counted;

use minhchung::app::documents::streams;
use minhchung::app::verify::verify;
use minhchung::domain::conclusion::Citation;
use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::appeals::{plan_of_alpha, publish, published, status};
use crate::council::{minutes_id, recorded, signed};
use crate::journey::dossier;
use crate::support::forging::{forge, standing};
use crate::world::{Answer, World};

const ISSUE: &str = "mutation($i: IssueConclusionInput!) { issueConclusion(input: $i) { conclusion { code } receipt { stream entry } } }";
const SAID: &str = r#"{ conclusion(code: "N-2020") { number dated issuerCode title { en } source { document } timeZone
    sections { code citations { code value currentValue changed measure unitCode roundCode index source { document } publicationVersion } }
    findings { code kind unitCodes criteria restsOn { code value } } tasks { code unitCodes due countsAs findings { code } }
    escalation { afterDays to } } }"#;
const CITED: &str =
    "query($of: CitedSource!) { citations(of: $of) { nodes { conclusionCode code value currentValue changed } } }";
const ASKED: &str = "query($f: FollowUpFilter) { followUps(filter: $f) { totalCount nodes { taskCode unitCode state due doneOn inTime daysOverdue
    escalatedTo countsAs reports { number text cameIn letter { number files { path } } outcome { accepted reason by } }
    extensions { from to reason } liftedBecause } } }";
const REPORT: &str =
    "mutation($i: ReportFollowUpInput!) { reportFollowUp(input: $i) { followUp { state } receipt { entry } } }";
const DECIDE: &str =
    "mutation($i: DecideFollowUpInput!) { decideFollowUp(input: $i) { followUp { state doneOn inTime } } }";
const AMEND: &str =
    "mutation($i: AmendFollowUpInput!) { amendFollowUp(input: $i) { followUp { state due inTime liftedBecause } } }";

fn text(text: &str) -> Value {
    json!({"vi": text, "en": text})
}

fn result(code: &str, unit: &str, node: Option<&str>, measure: &str) -> Value {
    json!({"code": code, "measure": measure, "cited": {"result": {"round": "T-2019", "unit": unit, "node": node}}})
}

fn figure(code: &str, measure: &str) -> Value {
    json!({"code": code, "measure": measure, "cited": {"figure": {"index": "PAPI", "unit": "SNV", "period": "2019"}}})
}

/// The conclusion of the journey.
fn conclusion() -> Value {
    json!({"code": "N-2020", "number": "232/TB", "dated": "2020-03-01", "issuer": "SNV", "title": text("Conclusion"),
        "source": {"document": "232/TB"},
        "citations": [result("A-RANK", "ALPHA", None, "RANK"), result("A", "ALPHA", None, "PERCENT"), result("A11", "ALPHA", Some("1.1"), "PERCENT"),
            result("B", "BETA", None, "PERCENT"), figure("PAPI", "POINTS"), figure("PAPI-RANK", "RANK"), figure("PAPI-OF", "RANKED_UNITS"),
            {"code": "SO11", "measure": "MEDIAN", "cited": {"group": {"round": "T-2019", "group": "SO", "node": "1.1"}}}],
        "sections": [{"code": "I", "heading": text("Results"), "cites": ["PAPI", "PAPI-RANK", "PAPI-OF", "A-RANK", "A", "A11", "SO11"]}],
        "findings": [{"code": "F1", "kind": "STRENGTH", "text": text("Leads"), "units": ["ALPHA"], "restsOn": ["A-RANK"]},
            {"code": "F2", "kind": "WEAKNESS", "text": text("Plans"), "units": ["BETA"], "criteria": ["1.1"], "restsOn": ["B", "A11"]}],
        "tasks": [{"code": "1", "text": text("Meet"), "unitTypes": ["SO"], "due": "2020-03-20", "findings": ["F2"], "countsAs": "MEETING"},
            {"code": "4", "text": text("Finish the program"), "units": ["STTTT", "SNV"]}],
        "escalation": [{"afterDays": 3, "to": "STTTT"}, {"afterDays": 10, "to": "SNV"}]})
}

async fn index(world: &World) {
    let index = r#"mutation { saveIndex(input: {code: "PAPI", name: {vi: "P", en: "P"}, publisher: {vi: "U", en: "U"}, from: "2018", places: 2,
        total: STATED, sources: ["papi.org.vn"]}) { edition } recordIndexFigures(input: {index: "PAPI", figures: [{unit: "SNV", period: "2019",
        points: "44.3", rank: 22, of: 63, source: {document: "232/TB"}}]}) { figureCount } }"#;
    world.send("manager", index, json!({})).await.ok();
}

async fn issue(world: &World, login: &str, input: Value) -> Answer {
    world.send(login, ISSUE, json!({ "i": input })).await
}

async fn issued() -> World {
    let world = published().await;
    index(&world).await;
    issue(&world, "manager", conclusion()).await.ok();
    world
}

fn asked(task: &str, unit: &str) -> Value {
    json!({"conclusion": "N-2020", "task": task, "unit": unit})
}

async fn follow_ups(world: &World, login: &str, filter: Value) -> Value {
    let found = world.send(login, ASKED, json!({ "f": filter })).await.ok();
    found["followUps"].clone()
}

async fn report(world: &World, login: &str, (task, unit): (&str, &str), dated: &str) -> Answer {
    let letter = json!({"number": "15/BC", "dated": dated, "files": [{"upload": null}]});
    let input = json!({"i": {"asked": asked(task, unit), "text": "Đã họp", "letter": letter}});
    let part = vec![(
        "i.letter.files.0.upload",
        "Biên bản.pdf",
        signed(&format!("{unit} {task}")),
    )];
    world.upload(login, REPORT, &input, part).await
}

async fn decide(world: &World, login: &str, (task, unit, report): (&str, &str, u32), accept: bool) -> Answer {
    let input =
        json!({"i": {"asked": asked(task, unit), "report": report, "accept": accept, "reason": "Đã đối chiếu"}});
    world.send(login, DECIDE, input).await
}

async fn amend(world: &World, (task, unit): (&str, &str), more: Value) -> Answer {
    let mut input = json!({"asked": asked(task, unit), "reason": "Theo đề nghị"});
    for (field, value) in more.as_object().unwrap() {
        input[field] = value.clone();
    }
    world.send("manager", AMEND, json!({ "i": input })).await
}

fn rejected(rule: &str) -> (String, String) {
    ("REJECTED".to_owned(), rule.to_owned())
}

#[tokio::test]
async fn what_a_conclusion_states_is_taken_from_what_it_cites() {
    let world = issued().await;
    // Everybody reads it, as the results that it cites.
    let said = world.send("", SAID, json!({})).await.ok()["conclusion"].clone();
    assert_eq!(
        (&said["number"], &said["dated"], &said["timeZone"]),
        (&json!("232/TB"), &json!("2020-03-01"), &json!("Asia/Ho_Chi_Minh"))
    );
    let stated: Vec<(&str, &str, &Value)> = said["sections"][0]["citations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["code"].as_str().unwrap(),
                one["value"].as_str().unwrap(),
                &one["changed"],
            )
        })
        .collect();
    let same = json!(false);
    assert_eq!(
        stated,
        [
            ("PAPI", "44.30", &same),
            ("PAPI-RANK", "22", &same),
            ("PAPI-OF", "63", &same),
            ("A-RANK", "1", &same),
            ("A", "75.50", &same),
            // 26 of 32 tasks at most 4 points: 3.25 of 4.
            ("A11", "81.25", &same),
            // Between that and BETA's nothing.
            ("SO11", "40.63", &same),
        ]
    );
    let alpha = &said["sections"][0]["citations"][4];
    let source = alpha["source"]["document"].as_str().unwrap();
    assert!(source.contains("29/02/2020") || source.contains("/QĐ"), "{source}");
    assert_eq!(
        (
            &alpha["publicationVersion"],
            &said["sections"][0]["citations"][0]["source"]["document"]
        ),
        (&json!(1), &json!("232/TB"))
    );
    assert_eq!(
        said["findings"][1],
        json!({"code": "F2", "kind": "WEAKNESS", "unitCodes": ["BETA"], "criteria": ["1.1"],
            "restsOn": [{"code": "B", "value": "20.00"}, {"code": "A11", "value": "81.25"}]})
    );
    assert_eq!(
        said["tasks"],
        json!([{"code": "1", "unitCodes": ["ALPHA", "BETA"], "due": "2020-03-20", "countsAs": "MEETING", "findings": [{"code": "F2"}]},
            {"code": "4", "unitCodes": ["STTTT", "SNV"], "due": null, "countsAs": null, "findings": []}])
    );
    // Each has an id by which it is found again, for those who see it.
    let ids =
        r#"{ conclusion(code: "N-2020") { id citations { id } } followUps(filter: {unit: "ALPHA"}) { nodes { id } } }"#;
    let found = world.send("alpha.officer", ids, json!({})).await.ok();
    let ids = [
        &found["conclusion"]["id"],
        &found["conclusion"]["citations"][0]["id"],
        &found["followUps"]["nodes"][0]["id"],
    ];
    let nodes = "query($i: [ID!]!) { nodes(ids: $i) { id __typename } }";
    let again = world.send("alpha.officer", nodes, json!({ "i": ids })).await.ok();
    for (place, kind) in ["Conclusion", "Citation", "FollowUp"].into_iter().enumerate() {
        assert_eq!(again["nodes"][place], json!({"id": ids[place], "__typename": kind}));
    }
    let others = world.send("beta.officer", nodes, json!({ "i": ids })).await.ok();
    assert_eq!((&others["nodes"][1]["id"], &others["nodes"][2]), (ids[1], &json!(null)));
    // Sent again, nothing more is issued; with other content it is refused.
    let again = issue(&world, "manager", conclusion()).await.ok();
    assert_eq!(again["issueConclusion"]["receipt"], json!(null));
    let mut other = conclusion();
    other["title"] = text("Other");
    assert_eq!(
        issue(&world, "manager", other).await.refused(),
        rejected("CONCLUSION_ISSUED")
    );
    world.verified().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_cited() {
    let world = published().await;
    index(&world).await;
    let before = world.kept();
    type Change = fn(&mut Value);
    let table: [(Change, &str); 14] = [
        (
            |one| one["citations"][4]["cited"]["figure"]["period"] = json!("2018"),
            "citations.PAPI",
        ),
        (
            |one| one["citations"][4]["cited"]["figure"]["statement"] = json!(2),
            "citations.PAPI",
        ),
        (|one| one["citations"][4]["measure"] = json!("CLASS"), "citations.PAPI"),
        (
            |one| one["citations"][4]["measure"] = json!("PERCENT"),
            "citations.PAPI.measure",
        ),
        (
            |one| one["citations"][1]["cited"]["result"]["unit"] = json!("GAMMA"),
            "citations.A",
        ),
        (
            |one| one["citations"][2]["cited"]["result"]["node"] = json!("9.9"),
            "citations.A11",
        ),
        (
            |one| one["citations"][7]["cited"]["group"]["group"] = json!("XA"),
            "citations.SO11",
        ),
        (
            |one| one["citations"][7]["measure"] = json!("RANK"),
            "citations.SO11.measure",
        ),
        (
            |one| one["citations"][1]["cited"]["result"]["round"] = json!("T-1900"),
            "citations.A",
        ),
        (
            |one| one["findings"][1]["criteria"] = json!(["9.9"]),
            "findings.F2.criteria",
        ),
        (
            |one| one["findings"][0]["units"] = json!(["GAMMA"]),
            "findings.F1.units",
        ),
        (|one| one["tasks"][0]["unitTypes"] = json!(["XA"]), "tasks.1.unitTypes"),
        (|one| one["dated"] = json!("2021-01-01"), "dated"),
        (|one| one["timeZone"] = json!("Asia/Nowhere"), "timeZone"),
    ];
    for (change, field) in table {
        let mut input = conclusion();
        change(&mut input);
        let refused = issue(&world, "manager", input).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), field.to_owned()));
    }
    let mut replacing = conclusion();
    replacing["replaces"] = json!("NONE");
    assert_eq!(
        issue(&world, "manager", replacing).await.refused(),
        ("NOT_FOUND".to_owned(), "replaces".to_owned())
    );
    assert!(
        before.difference(&world.kept()).is_empty(),
        "refused, but something was kept"
    );
}

#[tokio::test]
async fn a_task_goes_from_its_report_to_its_acceptance() {
    let world = issued().await;
    world.person("sttt.officer", Role::Officer, "STTTT").await;
    world.person("snv.officer", Role::Officer, "SNV").await;
    let page = follow_ups(&world, "alpha.officer", json!({"unit": "ALPHA"})).await;
    assert_eq!(page["totalCount"], "1");
    assert_eq!(
        page["nodes"][0],
        json!({"taskCode": "1", "unitCode": "ALPHA", "state": "OPEN", "due": "2020-03-20", "doneOn": null, "inTime": null, "daysOverdue": 0,
            "escalatedTo": null, "countsAs": "MEETING", "reports": [], "extensions": [], "liftedBecause": null})
    );

    // Reported in time and sent back; reported again on the day after the last one.
    world.set_time("2020-03-18T02:00:00Z");
    report(&world, "alpha.officer", ("1", "ALPHA"), "2020-03-17").await.ok();
    assert_eq!(
        report(&world, "alpha.officer", ("1", "ALPHA"), "2020-03-17")
            .await
            .refused(),
        rejected("WRONG_FOLLOW_UP")
    );
    let waiting = follow_ups(&world, "manager", json!({"state": "REPORTED"})).await;
    assert_eq!(waiting["totalCount"], "1");
    let path = waiting["nodes"][0]["reports"][0]["letter"]["files"][0]["path"].clone();
    assert_eq!(status(&world, "manager", &path).await, 200);
    decide(&world, "manager", ("1", "ALPHA", 1), false).await.ok();
    world.set_time("2020-03-20T17:00:00Z");
    report(&world, "alpha.head", ("1", "ALPHA"), "2020-03-20").await.ok();
    // Who has read the first report decides nothing about the second.
    assert_eq!(
        decide(&world, "manager", ("1", "ALPHA", 1), true).await.refused(),
        rejected("OTHER_REPORT")
    );
    let accepted = decide(&world, "manager", ("1", "ALPHA", 2), true).await.ok();
    assert_eq!(
        accepted["decideFollowUp"]["followUp"],
        json!({"state": "ACCEPTED", "doneOn": "2020-03-21", "inTime": false})
    );
    for again in [
        decide(&world, "manager", ("1", "ALPHA", 2), true).await,
        report(&world, "alpha.officer", ("1", "ALPHA"), "2020-03-21").await,
        amend(&world, ("1", "ALPHA"), json!({"lift": true})).await,
    ] {
        assert_eq!(again.refused(), rejected("WRONG_FOLLOW_UP"));
    }

    // BETA is overdue: for four days with STTTT, for ten with SNV; what was put off is not.
    world.set_time("2020-03-24T02:00:00Z");
    let late = follow_ups(&world, "manager", json!({"conclusion": "N-2020", "overdue": true})).await;
    assert_eq!(late["totalCount"], "1");
    let one = &late["nodes"][0];
    assert_eq!(
        (
            &one["unitCode"],
            &one["daysOverdue"],
            &one["escalatedTo"],
            &one["inTime"]
        ),
        (&json!("BETA"), &json!(4), &json!("STTTT"), &json!(false))
    );
    let with = async |to: &str| {
        let filter = json!({"conclusion": "N-2020", "escalatedTo": to});
        follow_ups(&world, "manager", filter).await["totalCount"].clone()
    };
    assert_eq!((with("STTTT").await, with("SNV").await), (json!("1"), json!("0")));
    world.set_time("2020-03-30T02:00:00Z");
    assert_eq!((with("STTTT").await, with("SNV").await), (json!("0"), json!("1")));
    for (due, field) in [("2020-03-20", "due"), ("2020-03-29", "due")] {
        let refused = amend(&world, ("1", "BETA"), json!({ "due": due })).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), field.to_owned()));
    }
    let later = amend(&world, ("1", "BETA"), json!({"due": "2020-04-10"})).await.ok();
    assert_eq!(later["amendFollowUp"]["followUp"]["inTime"], json!(null));
    assert_eq!(with("SNV").await, json!("0"));
    assert_eq!(
        follow_ups(&world, "manager", json!({"overdue": true})).await["totalCount"],
        "0"
    );
    let counts = r#"{ conclusion(code: "N-2020") { followUpCounts { overdue byState { state count } } } }"#;
    let counted = world.send("integrator", counts, json!({})).await.ok();
    assert_eq!(
        counted["conclusion"]["followUpCounts"],
        json!({"overdue": "0", "byState": [{"state": "OPEN", "count": "3"}, {"state": "REPORTED", "count": "0"},
            {"state": "RETURNED", "count": "0"}, {"state": "ACCEPTED", "count": "1"}, {"state": "LIFTED", "count": "0"}]})
    );

    // Nobody looks at what the own unit reports, and what has no day cannot be put off.
    report(&world, "snv.officer", ("4", "SNV"), "2020-03-29").await.ok();
    assert_eq!(
        decide(&world, "manager", ("4", "SNV", 1), true).await.refused(),
        rejected("OWN_UNIT")
    );
    let refused = amend(&world, ("4", "STTTT"), json!({"due": "2020-05-01"}))
        .await
        .refused();
    assert_eq!(refused, ("INVALID".to_owned(), "due".to_owned()));
    let lifted = amend(&world, ("4", "STTTT"), json!({"lift": true})).await.ok();
    assert_eq!(lifted["amendFollowUp"]["followUp"]["state"], "LIFTED");
    world.verified().await;
}

#[tokio::test]
async fn who_sees_scores_sees_where_it_stands_and_who_sees_documents_what_was_reported() {
    let world = issued().await;
    report(&world, "alpha.officer", ("1", "ALPHA"), "2020-03-01").await.ok();
    let path =
        follow_ups(&world, "alpha.head", json!({"unit": "ALPHA"})).await["nodes"][0]["reports"][0]["letter"]["files"]
            [0]["path"]
            .clone();
    assert_eq!(status(&world, "alpha.head", &path).await, 200);
    let seen = follow_ups(&world, "integrator", json!({})).await;
    assert_eq!(seen["totalCount"], "4");
    let of_alpha = seen["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["unitCode"] == "ALPHA");
    let of_alpha = of_alpha.unwrap();
    assert_eq!(
        (&of_alpha["state"], &of_alpha["reports"]),
        (&json!("REPORTED"), &json!(null))
    );
    // Another unit sees nothing of it, whatever it asks for, and neither does somebody who keeps accounts.
    for (login, filter) in [
        ("beta.officer", json!({"unit": "ALPHA"})),
        ("admin", json!({"unit": "ALPHA"})),
    ] {
        let refused = world.send(login, ASKED, json!({ "f": filter })).await.refused();
        assert_eq!(refused.0, "NOT_FOUND", "{login}");
    }
    for login in ["beta.officer", "snv.appraiser", "admin"] {
        let refused = world
            .send(login, ASKED, json!({"f": {"overdue": true}}))
            .await
            .refused();
        assert_eq!(refused.0, "FORBIDDEN", "{login}");
    }
    assert_eq!(world.send("", ASKED, json!({})).await.refused().0, "UNAUTHENTICATED");
    let counts = r#"{ conclusion(code: "N-2020") { followUpCounts { overdue } } }"#;
    let none = world.send("beta.officer", counts, json!({})).await.ok();
    assert_eq!(none["conclusion"]["followUpCounts"], json!(null));
    // Who may not do it is not told whether it is there; the unit's own people are told which code is wrong.
    let wrong = report(&world, "alpha.officer", ("9", "ALPHA"), "2020-03-01")
        .await
        .refused();
    assert_eq!(wrong, ("NOT_FOUND".to_owned(), "asked".to_owned()));
    let refused = report(&world, "beta.officer", ("1", "ALPHA"), "2020-03-01")
        .await
        .refused();
    assert_eq!(
        refused,
        report(&world, "beta.officer", ("9", "ALPHA"), "2020-03-01")
            .await
            .refused()
    );
    assert_eq!(
        decide(&world, "alpha.head", ("1", "ALPHA", 1), true).await.refused().0,
        "FORBIDDEN"
    );
}

#[tokio::test]
async fn a_correction_shows_where_it_was_cited() {
    let world = issued().await;
    let cited = async |of: Value| {
        let found = world.send("", CITED, json!({ "of": of })).await.ok();
        found["citations"]["nodes"].clone()
    };
    // The figure is replaced.
    let replace = r#"mutation { recordIndexFigures(input: {index: "PAPI", reason: "Đính chính", figures: [{unit: "SNV", period: "2019",
        points: "44.33", rank: 22, of: 63, source: {document: "232/TB"}}]}) { figureCount } }"#;
    world.send("manager", replace, json!({})).await.ok();
    assert_eq!(
        cited(json!({"index": "PAPI"})).await,
        json!([{"conclusionCode": "N-2020", "code": "PAPI", "value": "44.30", "currentValue": "44.33", "changed": true},
            {"conclusionCode": "N-2020", "code": "PAPI-OF", "value": "63", "currentValue": "63", "changed": false},
            {"conclusionCode": "N-2020", "code": "PAPI-RANK", "value": "22", "currentValue": "22", "changed": false}])
    );
    // The results are corrected: 28 of 32 tasks, 3.5 of 4 points, 7.8 of 10 in all.
    world.set_time("2020-03-10T02:00:00Z");
    let reopen = json!({"i": {"dossier": dossier("ALPHA"), "reason": "Đính chính"}});
    let document = "mutation($i: ReturnDossierInput!) { reopenDossier(input: $i) { round { phase } } }";
    world.send("manager", document, reopen).await.ok();
    let item = plan_of_alpha(&world, json!([])).await;
    let revise =
        "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule } } } }";
    let revised = json!({"i": {"item": item, "reason": "Đối chiếu lại"}});
    world.send("snv.appraiser", revise, revised).await.done();
    let meeting = recorded(&world, "50/BB-HĐTĐ", "2020-03-10").await;
    let correction = json!({"decisionNumber": "700/QĐ-UBND", "decisionDate": "2020-03-10", "correction": "Đính chính",
        "councilMinutesId": minutes_id(&meeting, 1)});
    publish(&world, correction).await.ok();
    let changed: Vec<Value> = cited(json!({"round": "T-2019"})).await.as_array().unwrap().clone();
    let changed: Vec<(&str, &str, &str)> = changed
        .iter()
        .filter(|one| one["changed"] == true)
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap();
            (text("code"), text("value"), text("currentValue"))
        })
        .collect();
    assert_eq!(
        changed,
        [
            ("A", "75.50", "78.00"),
            ("A11", "81.25", "87.50"),
            ("SO11", "40.63", "43.75")
        ]
    );
    world.verified().await;

    // A value that its source never had is no value.
    let stream = streams::conclusion("N-2020");
    for code in ["A", "PAPI"] {
        let mut citation: Citation = standing(&world, &stream, code).await;
        let genuine = std::mem::replace(&mut citation.value, "99.99".to_owned());
        forge(&world, &stream, &citation).await;
        let found = verify(&world.app).await.unwrap().difference.unwrap();
        assert!(found.contains(&format!("citation {code}")), "{found}");
        citation.value = genuine;
        forge(&world, &stream, &citation).await;
    }
    world.verified().await;
}
