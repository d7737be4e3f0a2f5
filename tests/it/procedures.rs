//! Published procedures against the list in force, over HTTP: the list saved, a unit's procedures filed, their links fetched, and
//! what differs read by the unit and its appraiser.

use serde_json::{Value, json};

use crate::check_links::{check, published};
use crate::journey::ADD;
use crate::support::site::Site;
use crate::world::World;

const SAVE: &str = "mutation($i: SaveProcedureListInput!) { saveProcedureList(input: $i) {
    list { id code version procedureCount } receipt { stream entry } } }";
const COMPARED: &str = r#"query($u: String!, $f: ProcedureFinding, $n: Int! = 50) { assessment(ref: {key: {round: "T-2019", unit: $u, criterion: "1.1"}}) {
    procedures { list { code version } until requiredCount publishedCount counts { finding count }
        items(finding: $f, first: $n) { finding code listed { name inForceUntil } evidenceId row { line url linkCheck { state failure status sha256 } } } } } }"#;

fn procedure(code: &str, from: &str, until: Option<&str>) -> Value {
    json!({"code": code, "name": format!("Thủ tục {code}"), "decision": "234/QĐ-UBND", "inForceFrom": from, "inForceUntil": until})
}

/// A list for departments: three in force at the end of 2019, one over, one to come.
pub fn list(code: &str) -> Value {
    json!({"round": "T-2019", "code": code, "name": {"vi": "Danh mục", "en": "List"}, "source": "Quyết định 234/QĐ-UBND",
        "unitTypes": ["SO"], "procedures": {"entered": [
            procedure("1.1", "2019-01-01", None), procedure("1.2", "2019-01-01", None), procedure("1.3", "2019-06-01", None),
            procedure("1.4", "2018-01-01", Some("2019-06-30")), procedure("1.5", "2020-01-01", None)]}})
}

/// Saves a list as the manager; its version.
pub async fn saved(world: &World, list: Value) -> Value {
    world.send("manager", SAVE, json!({ "i": list })).await.ok()["saveProcedureList"].clone()
}

/// What somebody reads of ALPHA's procedures.
async fn compared(world: &World, login: &str, more: Value) -> Value {
    let mut variables = json!({"u": "ALPHA"});
    variables
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    world.send(login, COMPARED, variables).await.ok()["assessment"]["procedures"].clone()
}

fn counts(compared: &Value) -> Vec<(&str, u64)> {
    let list = compared["counts"].as_array().unwrap();
    list.iter()
        .map(|one| (one["finding"].as_str().unwrap(), one["count"].as_u64().unwrap()))
        .collect()
}

#[tokio::test]
async fn a_unit_and_its_appraiser_read_what_is_missing_over_unknown_and_behind_a_dead_link() {
    let (world, site) = (World::with_round().await, Site::start().await);
    assert_eq!(compared(&world, "alpha.officer", json!({})).await, Value::Null);
    let rows = [
        ("1.1", site.url("page")),
        ("1.2", site.url("status/404")),
        ("1.4", site.url("status/503")),
        ("9.9", String::new()),
    ];
    let rows: Vec<(&str, &str)> = rows.iter().map(|(code, url)| (*code, url.as_str())).collect();
    let filed = world.send("alpha.officer", ADD, published("ALPHA", &rows)).await.ok();
    // No list holds for it.
    assert_eq!(compared(&world, "alpha.officer", json!({})).await, Value::Null);
    saved(&world, list("SO")).await;
    let before = compared(&world, "alpha.officer", json!({})).await;
    assert_eq!(
        (&before["requiredCount"], &before["publishedCount"], &before["until"]),
        (&json!(3), &json!(4), &json!("2019-12-31"))
    );
    assert_eq!(
        counts(&before),
        [
            ("MISSING", 1),
            ("EXPIRED", 1),
            ("UNKNOWN", 1),
            ("UNCHECKED_LINK", 3),
            ("NO_LINK", 1)
        ]
    );
    let heads = world.entries("ALPHA").await;
    let (run, told) = check(&world, None).await;
    assert_eq!(
        (run.tally.alive, run.tally.dead, run.tally.failing, run.left),
        (1, 1, 1, 0)
    );
    assert_eq!(told.len(), 3);
    assert_eq!(world.entries("ALPHA").await, heads, "no dossier goes on by it");
    for login in ["alpha.officer", "snv.appraiser"] {
        let found = compared(&world, login, json!({})).await;
        assert_eq!(
            counts(&found),
            [
                ("MISSING", 1),
                ("EXPIRED", 1),
                ("UNKNOWN", 1),
                ("DEAD_LINK", 1),
                ("FAILING_LINK", 1),
                ("NO_LINK", 1)
            ],
            "{login}"
        );
        let items = found["items"].as_array().unwrap();
        assert_eq!(items.len(), 6);
        assert_eq!(
            items[0],
            json!({"finding": "MISSING", "code": "1.3", "listed": {"name": "Thủ tục 1.3", "inForceUntil": null},
                "evidenceId": null, "row": null})
        );
        assert_eq!(
            (
                &items[1]["code"],
                &items[1]["listed"]["inForceUntil"],
                &items[1]["row"]["line"]
            ),
            (&json!("1.4"), &json!("2019-06-30"), &json!(4))
        );
        assert_eq!(items[2]["listed"], Value::Null);
        assert_eq!(items[3]["evidenceId"], filed["addEvidence"]["evidenceId"]);
        assert_eq!(
            items[3]["row"]["linkCheck"],
            json!({"state": "DEAD", "failure": "GONE", "status": 404, "sha256": null})
        );
    }
    let few = compared(&world, "snv.appraiser", json!({"n": 2})).await;
    assert_eq!((few["items"].as_array().unwrap().len(), counts(&few).len()), (2, 6));
    let dead = compared(&world, "snv.appraiser", json!({"f": "DEAD_LINK"})).await;
    assert_eq!(dead["items"].as_array().unwrap().len(), 1);
    // Another department has nothing to do with the leaf, and another unit nothing with the dossier.
    let other = world.send("sttt.appraiser", COMPARED, json!({"u": "ALPHA"})).await;
    assert!(other.data["assessment"]["procedures"].is_null());
    assert_eq!(
        world
            .send("beta.officer", COMPARED, json!({"u": "ALPHA"}))
            .await
            .refused()
            .0,
        "NOT_FOUND"
    );
    world.verified().await;
}

#[tokio::test]
async fn a_list_is_saved_in_versions_that_stay_readable() {
    let world = World::with_round().await;
    let first = saved(&world, list("SO")).await;
    assert_eq!(
        (&first["list"]["version"], &first["list"]["procedureCount"]),
        (&json!(1), &json!(5))
    );
    assert_eq!(first["receipt"]["stream"], "round:T-2019");
    // The same again is no new version.
    let again = saved(&world, list("SO")).await;
    assert_eq!((&again["list"], &again["receipt"]), (&first["list"], &Value::Null));
    let mut changed = list("SO");
    changed["procedures"] = json!({"csvFile": null});
    let csv = "\u{feff}code,name,decision,in_force_from\r\n2.1,Ha\u{302}\u{323}u,5/QĐ-UBND,2019-02-01\r\n";
    let file = vec![("i.procedures.csvFile", "danh-muc.csv", csv.as_bytes().to_vec())];
    let second = world.upload("manager", SAVE, &json!({"i": changed}), file).await.ok();
    assert_eq!(second["saveProcedureList"]["list"]["version"], 2);
    // The file was read and goes with the request.
    assert_eq!(world.app.blobs.list(None, 10).await.unwrap().len(), 0);
    let read = r#"{ newest: procedureList(round: "T-2019", code: "SO") { version procedures { nodes { id code name } } }
        first: procedureList(round: "T-2019", code: "SO", version: 1) { id unitTypes unitCodes source
            procedures(first: 2) { pageInfo { hasNextPage } nodes { code inForceFrom inForceUntil publishBy decision } } }
        none: procedureList(round: "T-2019", code: "XA") { version }
        round(code: "T-2019") { procedureLists { code version procedureCount procedures(last: 1) { nodes { code } } } } }"#;
    let found = world.send("beta.officer", read, json!({})).await.ok();
    let newest = &found["newest"]["procedures"]["nodes"][0];
    assert_eq!((&newest["code"], &newest["name"]), (&json!("2.1"), &json!("Hậu")));
    assert_eq!(found["first"]["procedures"]["pageInfo"]["hasNextPage"], true);
    assert_eq!(
        found["first"]["procedures"]["nodes"][0],
        json!({"code": "1.1", "inForceFrom": "2019-01-01", "inForceUntil": null, "publishBy": null, "decision": "234/QĐ-UBND"})
    );
    assert_eq!(
        (&found["first"]["unitTypes"], &found["first"]["id"]),
        (&json!(["SO"]), &first["list"]["id"])
    );
    assert_eq!(found["none"], Value::Null);
    assert_eq!(
        found["round"]["procedureLists"],
        json!([{"code": "SO", "version": 2, "procedureCount": 1, "procedures": {"nodes": [{"code": "2.1"}]}}])
    );
    let node = "query($l: ID!, $p: ID!) { l: node(id: $l) { ... on ProcedureList { version } } p: node(id: $p) { ... on ListedProcedure { code } } }";
    let ids = json!({"l": first["list"]["id"], "p": newest["id"]});
    let nodes = world.send("alpha.officer", node, ids).await.ok();
    assert_eq!(nodes, json!({"l": {"version": 1}, "p": {"code": "2.1"}}));
    let nobody = world
        .send(
            "",
            r#"{ round(code: "T-2019") { procedureLists { code } } }"#,
            json!({}),
        )
        .await
        .ok();
    assert_eq!(nobody["round"]["procedureLists"], Value::Null);
    world.verified().await;
}

#[tokio::test]
async fn the_list_that_names_a_unit_goes_before_that_of_its_type_and_no_two_name_the_same() {
    let world = World::with_round().await;
    world
        .send("alpha.officer", ADD, published("ALPHA", &[("1.1", "")]))
        .await
        .ok();
    saved(&world, list("SO")).await;
    let of = async || compared(&world, "alpha.officer", json!({})).await["list"].clone();
    assert_eq!(of().await, json!({"code": "SO", "version": 1}));
    let mut own = list("ALPHA");
    own["unitTypes"] = json!([]);
    own["units"] = json!(["ALPHA"]);
    saved(&world, own.clone()).await;
    assert_eq!(of().await, json!({"code": "ALPHA", "version": 1}));
    // A list that holds for nobody leaves its units to others.
    own["units"] = json!([]);
    saved(&world, own).await;
    assert_eq!(of().await, json!({"code": "SO", "version": 1}));
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut input = list("OTHER");
        input["unitTypes"] = json!([]);
        change(&mut input);
        let (code, what, message) = world
            .send("manager", SAVE, json!({"i": input}))
            .await
            .refusal("en")
            .unwrap();
        (code, what, message)
    };
    for (change, code, what, told) in [
        (
            &(|input: &mut Value| input["unitTypes"] = json!(["SO"])) as &dyn Fn(&mut Value),
            "REJECTED",
            "PROCEDURE_LIST_OVERLAPS",
            "The list SO holds for SO",
        ),
        (
            &|input| input["unitTypes"] = json!(["XA"]),
            "INVALID",
            "unitTypes",
            "no units of type XA",
        ),
        (
            &|input| input["units"] = json!(["SNV"]),
            "INVALID",
            "units",
            "SNV takes no part",
        ),
        (&|input| input["source"] = json!(""), "INVALID", "source", ""),
        (&|input| input["code"] = json!("a b"), "INVALID", "code", ""),
        (&|input| input["round"] = json!("NONE"), "NOT_FOUND", "round", ""),
        (
            &|input| input["procedures"]["entered"] = json!([]),
            "INVALID",
            "procedures",
            "there are no procedures",
        ),
        (
            &|input| input["procedures"]["entered"][2]["code"] = json!("1.1"),
            "INVALID",
            "procedures.3.code",
            "stands in another line",
        ),
        (
            &|input| {
                let long = |number: usize| {
                    let mut one = procedure(&format!("1.{number}"), "2019-01-01", None);
                    one["name"] = json!("ư".repeat(400));
                    one
                };
                input["procedures"]["entered"] = (0..1000).map(long).collect();
            },
            "TOO_LARGE",
            "procedures",
            "768 KiB",
        ),
    ] {
        let (found, field, message) = refused(change).await;
        assert_eq!((found.as_str(), field.as_str()), (code, what), "{message}");
        assert!(message.contains(told), "{message}");
    }
    world.verified().await;
}

/// 1.1 is to be published by 8 January, 1.2 by 8 February and 1.3 by 8 June: the unit publishes on the last day, a day later, and does
/// not say when.
#[tokio::test]
async fn what_is_published_after_its_day_is_late_and_what_says_no_day_is_undated() {
    let world = World::with_round().await;
    let mut in_force = list("SO");
    for (position, day) in ["2019-01-08", "2019-02-08", "2019-06-08"].into_iter().enumerate() {
        in_force["procedures"]["entered"][position]["publishBy"] = json!(day);
    }
    saved(&world, in_force).await;
    let header =
        "code,name,decision,url,checked_on,at_desk,on_portal,one_stop,level,in_force,iso,post_cases,published_on";
    let row = |code: &str, published: &str| {
        // Seen after its day, so that only the date of publication can show that it was there in time.
        format!("{code},N,234/QĐ-UBND,https://dvc.example/{code},2019-12-31,yes,yes,yes,4,yes,yes,0,{published}")
    };
    let csv = [
        header.to_owned(),
        row("1.1", "2019-01-08"),
        row("1.2", "2019-02-09"),
        row("1.3", ""),
    ];
    let input = json!({"i": {"dossier": crate::journey::dossier("ALPHA"), "kind": "PUBLISHED_PROCEDURES", "title": "Danh mục TTHC",
        "content": {"rows": {"csv": csv.join("\n")}}, "links": [{"criterion": "1.1"}]}});
    world.send("alpha.officer", ADD, input).await.ok();
    let found = compared(&world, "alpha.officer", json!({})).await;
    assert_eq!(counts(&found), [("LATE", 1), ("UNDATED", 1), ("UNCHECKED_LINK", 3)]);
    let late = compared(&world, "alpha.officer", json!({"f": "LATE"})).await;
    assert_eq!(late["items"][0]["code"], "1.2");
    let undated = compared(&world, "alpha.officer", json!({"f": "UNDATED"})).await;
    assert_eq!(undated["items"][0]["code"], "1.3");
}
