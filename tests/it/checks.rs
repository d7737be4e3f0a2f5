//! What looks wrong in a dossier is told before it is submitted, and again to whoever appraises it; and to nobody else.

use minhchung::app::documents::COLLECTIONS;
use minhchung::app::gate::{Authority, run_as};
use minhchung::app::keep_register::PutUnits;
use minhchung::domain::registry::{Role, Unit};
use minhchung::domain::text::Text;
use minhchung::store::mongo::MongoStore;
use minhchung::store::sqlite::SqliteStore;
use mongodb::bson::{Document as Bson, doc};
use serde_json::{Value, json};

use crate::grants::GRANT;
use crate::journey::{
    ADD, DECLARE, PDF, SUBMIT, brought_to_appraisal, declaration, export, in_appraisal, publish_unverified, report,
};
use crate::races::ADVANCE;
use crate::support::stores::{self, Kind};
use crate::world::{OPEN_ROUND, World, framework, usage};

const CHECKS: &str = r#"query($r: String!, $u: String!, $at: DateTime) { dossier(ref: {key: {round: $r, unit: $u}}, asOf: $at) {
    checks { total countByRule { rule count } findings { rule severity criteria input
        message { vi en } remedy { vi en } evidence { id title number } link { id criterion }
        others { round unit evidenceId label } } } } }"#;
const LEAF_CHECKS: &str = r#"query($u: String!, $c: String!) {
    assessment(ref: {key: {round: "T-2019", unit: $u, criterion: $c}}) { checks { total findings { rule criteria } } } }"#;

/// A report of the unit that nothing is wrong with.
fn paper(unit: &str, number: u32) -> Value {
    let mut paper = report(unit, "1.1");
    paper["i"]["title"] = json!(format!("Báo cáo {number}"));
    let header = &mut paper["i"]["content"]["header"];
    header["number"] = json!(format!("{number}/BC-{unit}"));
    header["issuer"] = json!(unit);
    paper
}

fn with(mut paper: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    paper["i"].pointer_mut(parent).unwrap()[name] = value;
    paper
}

async fn add(world: &World, login: &str, paper: Value) -> Value {
    world.send(login, ADD, paper).await.ok()["addEvidence"]["evidenceId"].clone()
}

/// Adds a document with a file.
async fn add_file(world: &World, login: &str, paper: Value, bytes: &[u8]) {
    let paper = with(paper, "/content/files", json!([{"upload": null}]));
    let file = vec![("i.content.files.0.upload", "a.pdf", bytes.to_vec())];
    world.upload(login, ADD, &paper, file).await.ok();
}

async fn checks(world: &World, login: &str, unit: &str) -> Value {
    let variables = json!({"r": "T-2019", "u": unit});
    world.send(login, CHECKS, variables).await.ok()["dossier"]["checks"].clone()
}

/// The rule of each finding, with the number or title of its document.
fn told(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap();
    let one = |finding: &Value| {
        let document = &finding["evidence"];
        let name = document["number"]
            .as_str()
            .or(document["title"].as_str())
            .unwrap_or_default();
        (text(&finding["rule"]), name.to_owned())
    };
    let mut told: Vec<(String, String)> = findings.iter().map(one).collect();
    told.sort();
    told
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = expected
        .iter()
        .map(|(rule, name)| ((*rule).to_owned(), (*name).to_owned()))
        .collect();
    pairs.sort();
    pairs
}

#[tokio::test]
async fn a_dossier_in_order_has_no_findings() {
    let world = World::with_round().await;
    add(&world, "alpha.officer", paper("ALPHA", 15)).await;
    add(&world, "alpha.officer", export("ALPHA", &usage(12, 30, 100))).await;
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    let found = checks(&world, "alpha.officer", "ALPHA").await;
    assert_eq!(found, json!({"total": 0, "countByRule": [], "findings": []}));
}

/// One document for each rule; what the unit learns before it submits, its appraiser learns afterwards.
#[tokio::test]
async fn each_rule_is_told_before_submission_and_to_the_appraiser() {
    let world = World::with_framework().await;
    let mut unbounded = framework();
    unbounded["version"] = json!("2");
    unbounded["nodes"][1]["leaf"]["inputs"][0]
        .as_object_mut()
        .unwrap()
        .remove("atMost");
    world.import(unbounded).await;
    let calendar = r#"year: 2019, calendar: {selfAssessment: "2020-03-05", late: FLAG}"#;
    world
        .open_round(&OPEN_ROUND.replace("T@1", "T@2").replace("year: 2019", calendar))
        .await;
    world.set_time("2020-03-10T02:00:00Z");

    let header = |number: u32, name: &str, value: &str| {
        with(paper("ALPHA", number), &format!("/content/header/{name}"), json!(value))
    };
    let officer = "alpha.officer";
    for paper in [
        header(1, "issuedOn", "2018-05-05"),
        header(2, "issuedOn", "2020-03-08"),
        header(3, "issuer", "Công ty An Phát"),
        header(4, "number", "số 4"),
        header(5, "subject", "Một"),
        header(5, "subject", "Hai"),
    ] {
        // The symbol would tell the unit.
        let paper = match paper["i"]["content"]["header"]["issuer"] == "Công ty An Phát" {
            true => with(paper, "/content/header/number", json!("3/BC-AP")),
            false => paper,
        };
        add(&world, officer, paper).await;
    }
    let twice = json!([{"criterion": "1.1", "requirement": "REPORT", "pages": "Mục II"}, {"criterion": "1.1"}]);
    add(&world, officer, with(paper("ALPHA", 6), "/links", twice)).await;
    for number in [7, 8] {
        add_file(&world, officer, paper("ALPHA", number), PDF).await;
    }
    let mut rows = usage(12, 30, 100);
    rows.push_str("2018-12,1.004227,4,100,30,0,0\n");
    add(&world, officer, export("ALPHA", &rows)).await;
    world.send(officer, DECLARE, declaration("ALPHA", "33")).await.ok();

    let of_report = [
        ("WRONG_PERIOD", "1/BC-ALPHA"),
        ("WRONG_PERIOD", "2/BC-ALPHA"),
        ("DATED_AFTER_DEADLINE", "2/BC-ALPHA"),
        ("WRONG_ISSUER", "3/BC-AP"),
        ("MALFORMED_NUMBER", "số 4"),
        ("NUMBER_USED_TWICE", "5/BC-ALPHA"),
        ("NUMBER_USED_TWICE", "5/BC-ALPHA"),
        ("MISSING_PAGE_REFERENCE", "6/BC-ALPHA"),
        ("FILE_REUSED", "7/BC-ALPHA"),
        ("FILE_REUSED", "8/BC-ALPHA"),
        ("ARITHMETIC", ""),
    ];
    let of_usage = [("WRONG_PERIOD", "Số liệu DVCTT 2019")];
    let everything = [&of_report[..], &of_usage[..]].concat();
    let found = checks(&world, officer, "ALPHA").await;
    assert_eq!(told(&found), pairs(&everything), "{found:#}");
    assert_eq!(found["total"], 12);
    assert_eq!(found["countByRule"][0], json!({"rule": "WRONG_PERIOD", "count": 3}));
    for finding in found["findings"].as_array().unwrap() {
        assert_eq!(finding["severity"], "WARNING");
        for text in ["message", "remedy"] {
            for language in ["vi", "en"] {
                assert!(
                    finding[text][language].as_str().is_some_and(|text| text.len() > 10),
                    "{finding}"
                );
            }
        }
        match finding["rule"].as_str().unwrap() {
            "MISSING_PAGE_REFERENCE" => assert_eq!(finding["link"]["criterion"], "1.1"),
            "ARITHMETIC" => {
                assert_eq!(
                    (&finding["input"], &finding["evidence"]),
                    (&json!("planned"), &Value::Null)
                );
                assert_eq!(finding["message"]["en"], "completed = 33, more than planned = 32.");
            }
            "NUMBER_USED_TWICE" => {
                assert_eq!(finding["others"].as_array().unwrap().len(), 1);
                assert_ne!(finding["others"][0]["evidenceId"], finding["evidence"]["id"]);
            }
            _ => {}
        }
    }
    // Nothing of it blocks.
    world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"})).await.ok();
    world.send("manager", ADVANCE, json!({})).await.ok();
    world.run_jobs().await;
    for (login, expected) in [
        ("manager", &everything[..]),
        ("snv.appraiser", &of_report[..]),
        ("sttt.appraiser", &of_usage[..]),
    ] {
        assert_eq!(told(&checks(&world, login, "ALPHA").await), pairs(expected), "{login}");
    }
    for (login, criterion, total) in [
        ("snv.appraiser", "1.1", 11),
        ("sttt.appraiser", "1.2", 1),
        ("manager", "1.2", 1),
        ("integrator", "1.1", 0),
    ] {
        let leaf = world
            .send(login, LEAF_CHECKS, json!({"u": "ALPHA", "c": criterion}))
            .await
            .ok();
        assert_eq!(leaf["assessment"]["checks"]["total"], total, "{login} {criterion}");
    }
}

/// Both units use the same report and number. Each of them learns nothing of the other; who appraises both learns it.
#[tokio::test]
async fn another_units_dossier_is_not_told_to_the_unit() {
    let world = World::with_round().await;
    add_file(&world, "alpha.officer", paper("ALPHA", 15), PDF).await;
    add(&world, "alpha.officer", paper("ALPHA", 16)).await;
    let alone = world
        .send("alpha.officer", CHECKS, json!({"r": "T-2019", "u": "ALPHA"}))
        .await
        .ok();
    assert_eq!(alone["dossier"]["checks"]["total"], 0);
    let unseen = checks(&world, "sttt.appraiser", "ALPHA").await;

    let copied = |number: u32| with(paper("ALPHA", number), "/dossier/key/unit", json!("BETA"));
    add_file(
        &world,
        "beta.officer",
        with(copied(20), "/content/header/issuer", json!("BETA")),
        PDF,
    )
    .await;
    add(&world, "beta.officer", copied(16)).await;

    let beside = world
        .send("alpha.officer", CHECKS, json!({"r": "T-2019", "u": "ALPHA"}))
        .await
        .ok();
    assert_eq!(beside.to_string(), alone.to_string());
    assert_eq!(
        checks(&world, "sttt.appraiser", "ALPHA").await.to_string(),
        unseen.to_string()
    );
    assert_eq!(checks(&world, "integrator", "ALPHA").await["total"], 0);
    for login in ["snv.appraiser", "manager"] {
        let found = checks(&world, login, "ALPHA").await;
        let expected = [("FILE_REUSED", "15/BC-ALPHA"), ("NUMBER_USED_TWICE", "16/BC-ALPHA")];
        assert_eq!(told(&found), pairs(&expected), "{login}: {found:#}");
        for finding in found["findings"].as_array().unwrap() {
            let other = &finding["others"][0];
            assert_eq!((&other["round"], &other["unit"]), (&json!("T-2019"), &json!("BETA")));
            let node = "query($id: ID!) { node(id: $id) { ... on Evidence { number } } }";
            let node = world.send(login, node, json!({"id": other["evidenceId"]})).await.ok();
            assert_eq!(node["node"]["number"], other["label"]);
        }
        // As of an instant it is compared with no other dossier.
        let earlier = json!({"r": "T-2019", "u": "ALPHA", "at": "2020-03-01T02:00:00Z"});
        let earlier = world.send(login, CHECKS, earlier).await.ok();
        assert_eq!(earlier["dossier"]["checks"]["total"], 0, "{login}");
    }
}

/// Who works for the unit above two others sees both of them, and above a dossier of its own, too.
#[tokio::test]
async fn the_unit_above_is_told_of_those_below() {
    let world = World::with_framework().await;
    let unit = |code: &str, parent: Option<&str>| Unit {
        code: code.to_owned(),
        name: Text::same(code),
        unit_type: "SO".to_owned(),
        group: None,
        parent: parent.map(str::to_owned),
        valid_from: "2018-01-01".parse().unwrap(),
        valid_to: None,
        agency_code: None,
    };
    let units = vec![unit("ABOVE", None), unit("BELOW", Some("ABOVE"))];
    run_as(&world.app, &Authority::System, &PutUnits { units }, None)
        .await
        .unwrap();
    world.person("above.officer", Role::Officer, "ABOVE").await;
    world.person("below.officer", Role::Officer, "BELOW").await;
    world.open_round(OPEN_ROUND).await;
    for (login, unit) in [("above.officer", "ABOVE"), ("below.officer", "BELOW")] {
        let paper = with(paper("BELOW", 15), "/dossier/key/unit", json!(unit));
        add(&world, login, paper).await;
    }
    for (login, unit, other) in [
        ("above.officer", "ABOVE", Some("BELOW")),
        ("above.officer", "BELOW", Some("ABOVE")),
        ("below.officer", "BELOW", None),
    ] {
        let found = checks(&world, login, unit).await;
        assert_eq!(
            found["findings"][0]["others"][0]["unit"].as_str(),
            other,
            "{login} {unit}: {found:#}"
        );
        assert_eq!(found["total"], u64::from(other.is_some()), "{login} {unit}");
    }
}

/// Of a dossier that somebody sees in part, only that part is told: here and in the other dossier.
#[tokio::test]
async fn what_is_used_for_leaves_out_of_sight_is_not_told() {
    let world = World::with_round().await;
    let elsewhere = json!([{"criterion": "1.2"}]);
    add(&world, "alpha.officer", paper("ALPHA", 15)).await;
    add(
        &world,
        "alpha.officer",
        with(paper("ALPHA", 15), "/links", elsewhere.clone()),
    )
    .await;
    add_file(&world, "alpha.officer", paper("ALPHA", 16), PDF).await;
    let beta = with(paper("BETA", 17), "/links", elsewhere);
    add_file(&world, "beta.officer", beta, PDF).await;

    let whole = [
        ("NUMBER_USED_TWICE", "15/BC-ALPHA"),
        ("NUMBER_USED_TWICE", "15/BC-ALPHA"),
    ];
    assert_eq!(told(&checks(&world, "alpha.officer", "ALPHA").await), pairs(&whole));
    assert_eq!(checks(&world, "snv.appraiser", "ALPHA").await["total"], 0);
    // With the other leaf in the assignment, too, it is all there.
    let grant =
        json!({"login": "snv.appraiser", "role": "APPRAISER", "department": "STTTT", "validFrom": "2018-01-01"});
    world.send("admin", GRANT, json!({ "i": grant })).await.ok();
    let all = [&whole[..], &[("FILE_REUSED", "16/BC-ALPHA")]].concat();
    assert_eq!(told(&checks(&world, "snv.appraiser", "ALPHA").await), pairs(&all));
}

#[tokio::test]
async fn a_document_of_another_year_is_told_to_its_unit() {
    let world = World::with_round().await;
    let next = OPEN_ROUND
        .replace("T-2019", "T-2020")
        .replace("year: 2019", "year: 2020");
    world.open_round(&next).await;
    for round in ["T-2019", "T-2020"] {
        for number in [15, 16] {
            let paper = with(paper("ALPHA", number), "/dossier/key/round", json!(round));
            match number {
                15 => add_file(&world, "alpha.officer", paper, PDF).await,
                _ => drop(add(&world, "alpha.officer", paper).await),
            }
        }
    }
    for login in ["alpha.officer", "snv.appraiser"] {
        let found = checks(&world, login, "ALPHA").await;
        let expected = [("FILE_REUSED", "15/BC-ALPHA"), ("NUMBER_USED_TWICE", "16/BC-ALPHA")];
        assert_eq!(told(&found), pairs(&expected), "{login}");
        assert_eq!(found["findings"][0]["others"][0]["round"], "T-2020");
        let next = world
            .send(login, CHECKS, json!({"r": "T-2020", "u": "ALPHA"}))
            .await
            .ok();
        let wrong_year = [("WRONG_PERIOD", "15/BC-ALPHA"), ("WRONG_PERIOD", "16/BC-ALPHA")];
        assert_eq!(
            told(&next["dossier"]["checks"]),
            pairs(&[&expected[..], &wrong_year[..]].concat())
        );
    }
}

/// However many other units use a file, the unit's own other year is found, and the list stays short.
#[tokio::test]
async fn a_file_that_everybody_uses_hides_nothing_of_the_unit() {
    let world = World::with_framework().await;
    let many: Vec<String> = (0..60).map(|number| format!("AA{number:02}")).collect();
    world
        .units("SO", &many.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    world.person("all.officer", Role::Officer, "SNV").await;
    world.open_round(OPEN_ROUND).await;
    let next = OPEN_ROUND
        .replace("T-2019", "ZZ-2020")
        .replace("year: 2019", "year: 2020");
    world.open_round(&next).await;
    let file = world.upload_ahead("alpha.officer", vec![("a.pdf", PDF.to_vec())]).await;
    for round in ["T-2019", "ZZ-2020"] {
        let paper = with(paper("ALPHA", 15), "/dossier/key/round", json!(round));
        let paper = with(paper, "/content/files", json!([{"reference": file[0]}]));
        add(&world, "alpha.officer", paper).await;
    }
    for (number, unit) in many.iter().enumerate() {
        let officer = format!("officer.{number}");
        world.person(&officer, Role::Officer, unit).await;
        add_file(&world, &officer, paper(unit, 15), PDF).await;
    }
    let found = checks(&world, "alpha.officer", "ALPHA").await;
    assert_eq!(told(&found), pairs(&[("FILE_REUSED", "15/BC-ALPHA")]));
    let others = found["findings"][0]["others"].as_array().unwrap();
    assert_eq!((others.len(), &others[0]["round"]), (1, &json!("ZZ-2020")));
    let found = checks(&world, "manager", "ALPHA").await;
    let others = found["findings"][0]["others"].as_array().unwrap();
    assert_eq!((others.len(), &others[0]["round"]), (10, &json!("ZZ-2020")));
}

/// Withdrawn, unlinked and earlier revisions are in nobody's way; and what is published stays without findings.
#[tokio::test]
async fn what_is_not_in_use_is_not_compared() {
    let world = World::with_round().await;
    add(&world, "alpha.officer", paper("ALPHA", 15)).await;
    let copy = add(&world, "alpha.officer", paper("ALPHA", 15)).await;
    assert_eq!(checks(&world, "alpha.officer", "ALPHA").await["total"], 2);
    let theirs = add(
        &world,
        "beta.officer",
        with(paper("ALPHA", 15), "/dossier/key/unit", json!("BETA")),
    )
    .await;
    let others = checks(&world, "manager", "ALPHA").await["findings"][0]["others"].clone();
    assert_eq!(others.as_array().unwrap().len(), 2);

    let withdraw = "mutation($i: WithdrawEvidenceInput!) { withdrawEvidence(input: $i) { evidenceId } }";
    let input =
        json!({"i": {"dossier": {"key": {"round": "T-2019", "unit": "ALPHA"}}, "evidenceId": copy, "reason": "Trùng"}});
    world.send("alpha.officer", withdraw, input).await.ok();
    let revise = "mutation($i: ReviseEvidenceInput!) { reviseEvidence(input: $i) { evidenceId } }";
    let content = paper("BETA", 99)["i"]["content"].clone();
    let input = json!({"i": {"dossier": {"key": {"round": "T-2019", "unit": "BETA"}}, "evidenceId": theirs,
        "reason": "Nhầm", "content": content}});
    world.send("beta.officer", revise, input).await.ok();
    assert_eq!(checks(&world, "manager", "ALPHA").await["total"], 0);

    let world = in_appraisal().await;
    assert_ne!(checks(&world, "snv.appraiser", "ALPHA").await["total"], 0);
    publish_unverified(&world).await;
    assert_eq!(checks(&world, "", "ALPHA").await["total"], 0);
    assert_ne!(checks(&world, "snv.appraiser", "ALPHA").await["total"], 0);
}

/// A world whose appraisers are told of one number in two dossiers.
async fn with_a_shared_number() -> World {
    let world = brought_to_appraisal(World::with_round().await).await;
    assert_eq!(shared(&world).await, 1);
    world
}

/// How often a number is told to be used twice.
async fn shared(world: &World) -> u64 {
    let found = checks(world, "snv.appraiser", "ALPHA").await;
    let counts = found["countByRule"].as_array().unwrap();
    let twice = counts.iter().find(|count| count["rule"] == "NUMBER_USED_TWICE");
    twice.map_or(0, |count| count["count"].as_u64().unwrap())
}

/// A store of the time before numbers were indexed is brought up to date when it is opened: what was filed then is found.
#[tokio::test]
async fn a_file_without_numbers_is_filled_when_it_is_opened() {
    let world = stores::on(Kind::Sqlite, with_a_shared_number()).await;
    let folder = world.close();
    let file = folder.path().join("store.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    let older = "DROP INDEX doc_revision__official_number; ALTER TABLE doc_revision DROP COLUMN f_official_number;
        DROP INDEX doc_queue_item__round__scope__changed_at___unit__field__unit_type__unit_group__criterion__verified_by____verified_1;
        ALTER TABLE doc_queue_item DROP COLUMN f_verified;";
    connection.execute_batch(older).unwrap();
    drop(connection);
    drop(SqliteStore::open(&file, COLLECTIONS).unwrap());
    let connection = rusqlite::Connection::open(&file).unwrap();
    let numbers = "SELECT count(*) FROM doc_revision WHERE f_official_number IS NOT NULL";
    assert_eq!(connection.query_row(numbers, [], |row| row.get::<_, i64>(0)), Ok(2));
    // Two survey leaves are verified; of the others the field is absent.
    let verified = "SELECT count(*) FROM doc_queue_item WHERE f_verified = 1";
    assert_eq!(connection.query_row(verified, [], |row| row.get::<_, i64>(0)), Ok(2));
    let absent = "SELECT count(*) FROM doc_queue_item WHERE f_verified IS NULL";
    assert_eq!(connection.query_row(absent, [], |row| row.get::<_, i64>(0)), Ok(4));
    drop(connection);
    let world = stores::on(Kind::Sqlite, World::open(folder)).await;
    assert_eq!(shared(&world).await, 1);
    world.verified().await;
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn a_database_without_numbers_is_filled_when_it_is_opened() {
    let world = stores::on(Kind::Mongodb, with_a_shared_number()).await;
    let url = stores::on(Kind::Mongodb, stores::url(world.folder.path())).await;
    let database = mongodb::Client::with_uri_str(&url)
        .await
        .unwrap()
        .default_database()
        .unwrap();
    let revisions = database.collection::<Bson>("doc_revision");
    revisions.drop_index("official_number").await.unwrap();
    let all = doc! {};
    let gone = doc! { "$unset": { "f_official_number": "" } };
    revisions.update_many(all, gone).await.unwrap();
    assert_eq!(shared(&world).await, 0);
    drop(MongoStore::open(&url, None, COLLECTIONS).await.unwrap());
    assert_eq!(shared(&world).await, 1);
    let filled = doc! { "f_official_number": { "$exists": true } };
    assert_eq!(revisions.count_documents(filled).await.unwrap(), 2);
    let names = revisions.list_index_names().await.unwrap();
    assert!(names.contains(&"official_number".to_owned()), "{names:?}");
    world.verified().await;
}
