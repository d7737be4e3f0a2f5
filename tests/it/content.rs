//! What was filed is read back by those who judge it, word for word and row by row, and by nobody else.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::journey::{ADD, REVIEW, accepting, dossier, in_appraisal, look, publish_unverified};
use crate::support::hooked::Question;
use crate::support::recording::Record;
use crate::world::{World, usage};

const CONTENT: &str = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { links { evidence {
    id title kind number state supplementary changedAt newest { id number
        header { documentType number issuer issuedOn signer subject }
        url capturedOn nothingToDo statedTotal other rowCount rowOrigin } } } } }"#;
const ROWS: &str = r#"query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Evidence { newest {
    rows(first: $first, after: $after) { pageInfo { hasNextPage hasPreviousPage } edges { cursor node { __typename id line origin file
        ... on OneStopCasesRow { month service received resolvedEarly resolvedOnTime resolvedLate pendingInTime pendingOverdue apologyLetters extraPapers }
        ... on OnlineServiceUsageRow { month service level total online feeCases onlinePayments }
        ... on PublishedProcedureRow { code name decision url checkedOn atDesk onPortal oneStop level inForce iso postCases publishedOn } } } } } } } }"#;
const ROW: &str = "query($id: ID!) { node(id: $id) { __typename id } }";

const PROCEDURES: &str = "code,name,decision,url,checked_on,at_desk,on_portal,one_stop,level,in_force,iso,post_cases,published_on\n\
    1.004227,Cấp phép,12/QĐ,https://a.vn,2019-12-01,yes,no,yes,4,yes,no,7,2019-03-05\n\
    1.004228,Gia hạn,13/QĐ,,2019-12-02,no,yes,no,2,no,yes,0,\n";

fn one_stop(received: u32) -> Value {
    let cell = |(column, value): (&str, &str)| json!({"column": column, "value": value});
    let received = received.to_string();
    let cells = [
        ("month", "2019-03"),
        ("service", "1.004227"),
        ("received", &received),
        ("resolved_early", "1"),
        ("resolved_on_time", "2"),
        ("resolved_late", "3"),
        ("pending_in_time", "4"),
        ("pending_overdue", "5"),
        ("apology_letters", "3"),
        ("extra_papers", "6"),
    ];
    json!(cells.map(cell))
}

/// One document of each kind that has something of its own to say, for leaf 1.1 of ALPHA.
fn documents() -> [(&'static str, &'static str, Value); 5] {
    let header = json!({"documentType": "BC", "number": "15/BC-SNV", "issuer": "Sở Nội vụ", "issuedOn": "2019-12-20",
        "signer": "Nguyễn Văn A", "subject": "Kết quả"});
    [
        (
            "OFFICIAL_DOCUMENT",
            "Báo cáo",
            json!({"header": header, "url": "https://alpha.gov.vn/bc"}),
        ),
        (
            "LINK",
            "Trang tin",
            json!({"url": "https://alpha.gov.vn/cchc", "capturedOn": "2019-11-30"}),
        ),
        (
            "OTHER",
            "Khác",
            json!({"other": {"đợt": 2, "danh sách": ["a", null]}, "nothingToDo": true}),
        ),
        (
            "ONE_STOP_CASES",
            "Một cửa",
            json!({"rows": {"entered": [one_stop(100)]}}),
        ),
        (
            "PUBLISHED_PROCEDURES",
            "Thủ tục",
            json!({"rows": {"csv": PROCEDURES}, "statedTotal": 2}),
        ),
    ]
}

async fn add(world: &World, kind: &str, title: &str, content: &Value) -> Value {
    let input = json!({"i": {"dossier": dossier("ALPHA"), "kind": kind, "title": title, "content": content,
        "links": [{"criterion": "1.1"}]}});
    let added = world.send("alpha.officer", ADD, input).await.ok();
    added["addEvidence"]["evidenceId"].clone()
}

async fn furnished() -> World {
    let world = World::with_round().await;
    for (kind, title, content) in documents() {
        add(&world, kind, title, &content).await;
    }
    world
}

async fn evidence(world: &World, login: &str) -> Vec<Value> {
    let found = world.send(login, CONTENT, json!({})).await.ok();
    let links = found["assessment"]["links"].as_array().unwrap();
    links.iter().map(|link| link["evidence"].clone()).collect()
}

async fn rows(world: &World, login: &str, id: &Value, first: u32, after: &Value) -> Value {
    let variables = json!({"id": id, "first": first, "after": after});
    world.send(login, ROWS, variables).await.ok()["node"]["newest"]["rows"].clone()
}

fn without<const N: usize>(value: &Value, names: [&str; N]) -> Value {
    let mut value = value.clone();
    for name in names {
        value.as_object_mut().unwrap().remove(name);
    }
    value
}

#[tokio::test]
async fn whoever_judges_reads_what_was_stated() {
    let world = furnished().await;
    let seen = evidence(&world, "snv.appraiser").await;
    let nothing = json!({"number": 1, "header": null, "url": null, "capturedOn": null, "nothingToDo": false,
        "statedTotal": null, "other": null, "rowCount": null, "rowOrigin": null});
    let stated = [
        json!({"header": {"documentType": "BC", "number": "15/BC-SNV", "issuer": "Sở Nội vụ", "issuedOn": "2019-12-20",
            "signer": "Nguyễn Văn A", "subject": "Kết quả"}, "url": "https://alpha.gov.vn/bc"}),
        json!({"url": "https://alpha.gov.vn/cchc", "capturedOn": "2019-11-30"}),
        json!({"other": {"đợt": 2, "danh sách": ["a", null]}, "nothingToDo": true}),
        json!({"rowCount": 1, "rowOrigin": "ENTERED"}),
        json!({"rowCount": 2, "rowOrigin": "ENTERED", "statedTotal": 2}),
    ];
    assert_eq!(seen.len(), stated.len());
    for ((kind, title, _), stated) in documents().iter().zip(stated) {
        let one = seen.iter().find(|one| one["title"] == *title).unwrap();
        assert_eq!((&one["kind"], &one["state"]), (&json!(kind), &json!("ACTIVE")));
        assert_eq!(
            (&one["supplementary"], &one["changedAt"]),
            (&json!(false), &json!("2020-03-01T02:00:00.000Z"))
        );
        let mut expected = nothing.clone();
        for (name, value) in stated.as_object().unwrap() {
            expected[name] = value.clone();
        }
        assert_eq!(without(&one["newest"], ["id"]), expected, "{title}");
    }
}

#[tokio::test]
async fn rows_are_typed_paged_and_found_again_by_their_id() {
    let world = furnished().await;
    let seen = evidence(&world, "snv.appraiser").await;
    let id = |title: &str| seen.iter().find(|one| one["title"] == title).unwrap()["id"].clone();
    let entered = rows(&world, "snv.appraiser", &id("Một cửa"), 25, &Value::Null).await;
    let row = without(&entered["edges"][0]["node"], ["id"]);
    assert_eq!(
        row,
        json!({"__typename": "OneStopCasesRow", "line": 1, "origin": "ENTERED", "file": null, "month": "2019-03",
            "service": "1.004227", "received": "100", "resolvedEarly": "1", "resolvedOnTime": "2", "resolvedLate": "3",
            "pendingInTime": "4", "pendingOverdue": "5", "apologyLetters": "3", "extraPapers": "6"})
    );
    let first = rows(&world, "snv.appraiser", &id("Thủ tục"), 1, &Value::Null).await;
    let row = without(&first["edges"][0]["node"], ["id", "file"]);
    assert_eq!(
        row,
        json!({"__typename": "PublishedProcedureRow", "line": 2, "origin": "ENTERED", "code": "1.004227", "name": "Cấp phép",
            "decision": "12/QĐ", "url": "https://a.vn", "checkedOn": "2019-12-01", "atDesk": true, "onPortal": false,
            "oneStop": true, "level": 4, "inForce": true, "iso": false, "postCases": "7", "publishedOn": "2019-03-05"})
    );
    assert_eq!(
        first["pageInfo"],
        json!({"hasNextPage": true, "hasPreviousPage": false})
    );
    let cursor = &first["edges"][0]["cursor"];
    let second = rows(&world, "snv.appraiser", &id("Thủ tục"), 1, cursor).await;
    let node = &second["edges"][0]["node"];
    assert_eq!(
        (&node["code"], &node["publishedOn"]),
        (&json!("1.004228"), &Value::Null)
    );
    assert_eq!(
        second["pageInfo"],
        json!({"hasNextPage": false, "hasPreviousPage": true})
    );
    let after_the_last = rows(
        &world,
        "snv.appraiser",
        &id("Thủ tục"),
        1,
        &second["edges"][0]["cursor"],
    )
    .await;
    assert_eq!(after_the_last["edges"], json!([]));
    // A cursor of one document's rows is none of another's; a document without rows has none.
    let variables = json!({"id": id("Một cửa"), "first": 1, "after": cursor});
    let refused = world.send("snv.appraiser", ROWS, variables).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "after".to_owned()));
    let none = rows(&world, "snv.appraiser", &id("Báo cáo"), 1, &Value::Null).await;
    assert_eq!(none["edges"], json!([]));

    for page in [&entered, &second] {
        let row = &page["edges"][0]["node"];
        for (login, sees) in [
            ("snv.appraiser", true),
            ("alpha.head", true),
            ("manager", true),
            // An appraiser of other leaves, another unit, who reads scores alone, nobody.
            ("sttt.appraiser", false),
            ("beta.head", false),
            ("integrator", false),
            ("", false),
        ] {
            let found = world.send(login, ROW, json!({"id": row["id"]})).await.ok();
            let expected = if sees {
                json!({"__typename": row["__typename"], "id": row["id"]})
            } else {
                Value::Null
            };
            assert_eq!(found["node"], expected, "{login}");
        }
    }
}

#[tokio::test]
async fn usage_of_services_is_read_from_the_file_that_came() {
    let world = World::with_round().await;
    let input = json!({"i": {"dossier": dossier("ALPHA"), "kind": "ONLINE_SERVICE_USAGE", "title": "DVC",
        "content": {"rows": {"csvFile": null}}, "links": [{"criterion": "1.2"}]}});
    let file = vec![("i.content.rows.csvFile", "dvc.csv", usage(12, 30, 100).into_bytes())];
    let report = "rows { goodRows badRows problemCount problems { line } }";
    let add = format!("mutation($i: AddEvidenceInput!) {{ addEvidence(input: $i) {{ evidenceId {report} }} }}");
    let added = world.upload("alpha.officer", &add, &input, file).await.ok()["addEvidence"].clone();
    let told = |rows: u32| json!({"goodRows": rows, "badRows": 0, "problemCount": 0, "problems": []});
    assert_eq!(added["rows"], told(12));
    let page = rows(&world, "sttt.appraiser", &added["evidenceId"], 2, &Value::Null).await;
    let row = without(&page["edges"][1]["node"], ["id"]);
    assert_eq!(
        row,
        json!({"__typename": "OnlineServiceUsageRow", "line": 3, "origin": "FILE", "file": "dvc.csv", "month": "2019-02",
            "service": "1.004227", "level": 4, "total": "100", "online": "30", "feeCases": "0", "onlinePayments": "0"})
    );
    // A revision tells its own rows; the first one's stay what they were.
    let revise = format!("mutation($i: ReviseEvidenceInput!) {{ reviseEvidence(input: $i) {{ {report} }} }}");
    let revision = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": added["evidenceId"], "reason": "r",
        "content": {"rows": {"csv": usage(11, 40, 100)}}}});
    let revised = world.send("alpha.officer", &revise, revision.clone()).await.ok();
    assert_eq!(revised["reviseEvidence"]["rows"], told(11));
    let both = r#"query($id: ID!) { node(id: $id) { ... on Evidence { revisions { nodes { rowCount rows(first: 1) { nodes { line ... on OnlineServiceUsageRow { online } } } } } } } }"#;
    let found = world
        .send("sttt.appraiser", both, json!({"id": added["evidenceId"]}))
        .await
        .ok();
    let row = |online: &str| json!({"nodes": [{"line": 2, "online": online}]});
    assert_eq!(
        found["node"]["revisions"]["nodes"],
        json!([{"rowCount": 12, "rows": row("30")}, {"rowCount": 11, "rows": row("40")}])
    );
    // What is wrong is told with line and column; a document without rows has no report.
    let mut wrong = revision;
    wrong["i"]["content"]["rows"]["csv"] =
        json!(usage(2, 40, 100).replace("2019-02,1.004227,4,100", "2019-02,1.004227,4,x"));
    let refused = world.send("alpha.officer", &revise, wrong).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "content.rows.3.total".to_owned()));
    let list =
        json!({"i": {"dossier": dossier("ALPHA"), "kind": "LIST", "title": "t", "content": {"url": "https://a.vn"}}});
    let listed = world.send("alpha.officer", &add, list).await.ok();
    assert_eq!(listed["addEvidence"]["rows"], Value::Null);
}

#[tokio::test]
async fn nobody_else_reads_more_than_a_number_and_a_title() {
    let world = in_appraisal().await;
    let public = |one: &Value| {
        assert_eq!(one["title"], "Báo cáo CCHC 2019");
        assert_eq!(one["number"], "15/BC-SNV");
        for name in ["state", "supplementary", "changedAt", "newest"] {
            assert_eq!(one[name], Value::Null, "{name}");
        }
    };
    public(&evidence(&world, "integrator").await[0]);
    for login in ["", "beta.officer", "sttt.appraiser"] {
        assert_eq!(
            world.send(login, CONTENT, json!({})).await.refused().0,
            "NOT_FOUND",
            "{login}"
        );
    }
    let whole = evidence(&world, "snv.appraiser").await;
    assert_eq!(whole[0]["newest"]["header"]["issuer"], "Sở");
    publish_unverified(&world).await;
    for login in ["", "beta.officer", "sttt.appraiser"] {
        public(&evidence(&world, login).await[0]);
        for id in [&whole[0]["id"], &whole[0]["newest"]["id"]] {
            let node = "query($id: ID!) { node(id: $id) { ... on Evidence { title newest { id } revisions { nodes { id } } } } }";
            let found = world.send(login, node, json!({"id": id})).await.ok()["node"].clone();
            let of_evidence = json!({"title": "Báo cáo CCHC 2019", "newest": null, "revisions": {"nodes": []}});
            let expected = if *id == whole[0]["id"] {
                of_evidence
            } else {
                Value::Null
            };
            assert_eq!(found, expected, "{login}");
        }
    }
}

#[tokio::test]
async fn a_page_of_rows_costs_no_leaf_of_the_dossier() {
    let prepared = furnished().await;
    let seen = evidence(&prepared, "snv.appraiser").await;
    let record = Arc::new(Record::default());
    let world = prepared.over(|store| record.of(store)).await;
    let procedures = seen.iter().find(|one| one["title"] == "Thủ tục").unwrap();
    let page = rows(&world, "snv.appraiser", &procedures["id"], 1, &Value::Null).await;
    assert_eq!(page["edges"][0]["node"]["code"], "1.004227");
    let asked = record.take();
    let collections: BTreeSet<&str> = asked.iter().flat_map(Question::collections).collect();
    // Of the account: its grants and recusals, and where its unit stands.
    let expected = [
        "dossier",
        "evidence",
        "framework",
        "grant_of_role",
        "link",
        "recusal",
        "revision",
        "unit",
        "user",
    ];
    assert_eq!(collections, BTreeSet::from(expected));
}

#[tokio::test]
async fn a_link_says_which_revision_was_judged() {
    let world = in_appraisal().await;
    let judged = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { links { verdict judgedRevision evidence { revision } } } }"#;
    let link = async |login: &str| {
        let found = world.send(login, judged, json!({})).await.ok();
        found["assessment"]["links"][0].clone()
    };
    let unjudged = json!({"verdict": null, "judgedRevision": null, "evidence": {"revision": 1}});
    assert_eq!(link("alpha.officer").await, unjudged);
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut ask = accepting("ALPHA", "1.1", &seen);
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["supplement"] = json!({"text": "Bản có chữ ký", "due": "2020-03-10"});
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [ask]}}))
        .await
        .done();
    let accepted = json!({"verdict": "ACCEPTED", "judgedRevision": 1, "evidence": {"revision": 1}});
    assert_eq!(link("alpha.officer").await, accepted);
    // Who reads scores alone is not told.
    assert_eq!(link("integrator").await["judgedRevision"], Value::Null);

    let id = evidence(&world, "alpha.officer").await[0]["id"].clone();
    let header =
        json!({"documentType": "BC", "number": "15/BC-SNV", "issuer": "Sở", "issuedOn": "2019-12-20", "subject": "s"});
    let revise = "mutation($i: ReviseEvidenceInput!) { reviseEvidence(input: $i) { evidenceId } }";
    let input = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id, "reason": "r", "content": {"header": header, "url": "https://a.vn"}}});
    world.send("alpha.officer", revise, input).await.ok();
    let revised = json!({"verdict": null, "judgedRevision": 1, "evidence": {"revision": 2}});
    assert_eq!(link("alpha.officer").await, revised);
}
