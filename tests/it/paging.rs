//! Every list is paged from its beginning and from its end, and says on each page what there is on either side.

use std::collections::BTreeSet;

use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::journey::{ADD, brought_to_appraisal, dossier, export, in_appraisal};
use crate::world::{OPEN_ROUND, World, usage};

/// A connection: who asks, what around it, its own arguments, and what tells its items apart.
struct List {
    login: &'static str,
    around: String,
    arguments: String,
    item: &'static str,
}

impl List {
    fn new(login: &'static str, around: impl Into<String>, arguments: &str, item: &'static str) -> Self {
        let (around, arguments) = (around.into(), arguments.to_owned());
        Self {
            login,
            around,
            arguments,
            item,
        }
    }

    /// One page: items, cursors, whether there is a previous and a next one.
    async fn page(&self, world: &World, window: &Value) -> Page {
        let connection = format!(
            "({} first: $first, after: $after, last: $last, before: $before) {{ edges {{ cursor node {{ {} }} }} \
             pageInfo {{ hasPreviousPage hasNextPage startCursor endCursor }} }}",
            self.arguments, self.item
        );
        let selection = self.around.replace("LIST", &connection);
        let document = format!("query($first: Int, $after: String, $last: Int, $before: String) {{ {selection} }}");
        let answer = world.send(self.login, &document, window.clone()).await.ok();
        let found = connection_in(&answer).unwrap_or_else(|| panic!("no connection in {answer}"));
        let edges = found["edges"].as_array().unwrap();
        let info = &found["pageInfo"];
        let cursors: Vec<Value> = edges.iter().map(|edge| edge["cursor"].clone()).collect();
        assert_eq!(cursors.first().unwrap_or(&Value::Null), &info["startCursor"]);
        assert_eq!(cursors.last().unwrap_or(&Value::Null), &info["endCursor"]);
        Page {
            items: edges.iter().map(|edge| edge["node"].to_string()).collect(),
            cursors,
            previous: info["hasPreviousPage"].as_bool().unwrap(),
            next: info["hasNextPage"].as_bool().unwrap(),
        }
    }
}

#[derive(Debug)]
struct Page {
    items: Vec<String>,
    cursors: Vec<Value>,
    previous: bool,
    next: bool,
}

/// The first object with page information in an answer.
fn connection_in(answer: &Value) -> Option<&Value> {
    match answer {
        Value::Object(members) if members.contains_key("pageInfo") => Some(answer),
        Value::Object(members) => members.values().find_map(connection_in),
        Value::Array(items) => items.iter().find_map(connection_in),
        _ => None,
    }
}

/// ALPHA's document of which there are three revisions, and the newest of them.
async fn revised(world: &World) -> (String, String) {
    let mut input = export("ALPHA", &usage(10, 30, 100));
    input["i"]["links"] = json!([]);
    let added = world.send("alpha.officer", ADD, input).await.ok();
    let id = added["addEvidence"]["evidenceId"].clone();
    let revise = "mutation($i: ReviseEvidenceInput!) { reviseEvidence(input: $i) { evidenceId } }";
    for months in [11, 12] {
        let input = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": id,
            "content": {"rows": {"csv": usage(months, 30, 100)}}, "reason": "Thêm tháng"}});
        world.send("alpha.officer", revise, input).await.ok();
    }
    let newest = "query($id: ID!) { node(id: $id) { ... on Evidence { newest { id } } } }";
    let found = world.send("alpha.officer", newest, json!({"id": id})).await.ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&id), text(&found["node"]["newest"]["id"]))
}

/// Everything that is listed of the published round.
fn lists(document: &str, revision: &str) -> Vec<List> {
    let dossier = r#"dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}})"#;
    let publication = |list: &str| format!(r#"round(code: "T-2019") {{ publication {{ {list} }} }}"#);
    let node = |id: &str, list: &str| format!(r#"node(id: "{id}") {{ ... on {list} }}"#);
    let officer = "alpha.officer";
    vec![
        List::new("", "unitsLIST", "", "code"),
        List::new("", "roundsLIST", "", "code"),
        List::new("manager", "dossiersLIST", r#"round: "T-2019","#, "id"),
        List::new(officer, format!("{dossier} {{ evidenceLIST }}"), "", "id"),
        List::new(officer, format!("{dossier} {{ historyLIST }}"), "", "number"),
        List::new(officer, node(document, "Evidence { revisionsLIST }"), "", "number"),
        List::new(officer, node(revision, "Revision { rowsLIST }"), "", "line"),
        List::new("", publication("rankingLIST"), r#"group: "SO","#, "unitCode"),
        List::new(
            "",
            publication("nodeRankingLIST"),
            r#"group: "SO", node: "1","#,
            "unitCode",
        ),
        List::new("", publication("unrankedLIST"), "", "unitCode"),
    ]
}

/// Walks a list from both ends in pages of every size, and between any two of its items.
async fn check(world: &World, list: &List, at_least: usize) {
    let all = list.page(world, &json!({"first": 500})).await;
    assert_eq!((all.previous, all.next), (false, false), "{}", list.around);
    assert!(all.items.len() >= at_least, "{}: {all:?}", list.around);
    assert_eq!(all.items.iter().collect::<BTreeSet<_>>().len(), all.items.len());
    // By default the first ones, of which there are not 25 here.
    let default = list.page(world, &json!({})).await;
    assert_eq!(default.items, all.items[..all.items.len().min(25)], "{}", list.around);
    let whole = list.page(world, &json!({"last": 500})).await;
    assert_eq!((whole.previous, whole.next, &whole.items), (false, false, &all.items));
    for size in [1, 2, 5] {
        let (mut forwards, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = list.page(world, &json!({"first": size, "after": after})).await;
            assert_eq!(page.previous, !forwards.is_empty(), "{}: {page:?}", list.around);
            after = page.cursors.last().cloned().unwrap_or_default();
            forwards.extend(page.items);
            assert_eq!(page.next, forwards.len() < all.items.len(), "{}", list.around);
            if !page.next {
                break;
            }
        }
        let (mut backwards, mut before) = (Vec::new(), Value::Null);
        loop {
            let mut page = list.page(world, &json!({"last": size, "before": before})).await;
            assert_eq!(page.next, !backwards.is_empty(), "{}: {page:?}", list.around);
            before = page.cursors.first().cloned().unwrap_or_default();
            page.items.append(&mut backwards);
            backwards = page.items;
            assert_eq!(page.previous, backwards.len() < all.items.len(), "{}", list.around);
            if !page.previous {
                break;
            }
        }
        assert_eq!((&forwards, &backwards), (&all.items, &all.items), "{}", list.around);
    }
    // All but the first and the last one, from either end.
    let (first, last) = (all.cursors.first().unwrap(), all.cursors.last().unwrap());
    let between = &all.items[1..all.items.len().max(2) - 1];
    for size in ["first", "last"] {
        let page = list
            .page(world, &json!({size: 500, "after": first, "before": last}))
            .await;
        assert_eq!(
            (page.previous, page.next, &page.items[..]),
            (true, true, between),
            "{}",
            list.around
        );
    }
}

#[tokio::test]
async fn every_list_is_paged_in_both_directions() {
    let world = World::with_framework().await;
    let units = r#"mutation { putUnits(input: {units: [
        {code: "ALONE", name: {vi: "A", en: "A"}, type: "SO", validFrom: "2018-01-01"},
        {code: "APART", name: {vi: "A", en: "A"}, type: "SO", validFrom: "2018-01-01"}]}) { units { code } } }"#;
    world.send("admin", units, json!({})).await.ok();
    world.open_round(OPEN_ROUND).await;
    let next = OPEN_ROUND
        .replace("T-2019", "U-2020")
        .replace("year: 2019", "year: 2020");
    world.open_round(&next).await;
    let (document, revision) = revised(&world).await;
    // Two grants, so that two regions are read: leaves of the department, and of field 1.
    world.person("all", Role::Appraiser, "SNV").await;
    let more = r#"mutation { grantRole(input: {login: "all", role: APPRAISER, criteria: ["1"], validFrom: "2018-01-01"}) { grantId } }"#;
    world.send("admin", more, json!({})).await.ok();
    let world = brought_to_appraisal(world).await;
    for order in ["STAKE", "DUE", "AGE", "UNIT"] {
        let arguments = format!(r#"round: "T-2019", order: {order},"#);
        let queue = List::new("all", "reviewQueueLIST", &arguments, "id");
        check(&world, &queue, 4).await;
    }
    let unverified = ["ALPHA", "BETA", "ALONE", "APART"].into_iter().flat_map(|unit| {
        // Of ALPHA and BETA a survey is recorded.
        let leaves = if ["ALPHA", "BETA"].contains(&unit) { 2 } else { 3 };
        let leaf = move |criterion| json!({"unit": unit, "criterion": criterion, "reason": "Không thẩm định"});
        ["1.1", "1.2", "2.1"].into_iter().take(leaves).map(leaf)
    });
    let input = json!({"i": {"round": "T-2019", "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28",
        "unverified": unverified.collect::<Vec<_>>()}});
    let publish = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
    world.send("manager", publish, input).await.ok();
    world.run_jobs().await;
    for list in lists(&document, &revision) {
        check(&world, &list, 2).await;
    }
}

/// The last entries of a journal are what somebody wants to see who asks what has happened, as of an earlier moment too.
#[tokio::test]
async fn a_history_is_read_from_its_newest_entry() {
    let world = in_appraisal().await;
    let newest = world.entries("ALPHA").await;
    for as_of in ["", r#", asOf: "2020-03-01T02:00:00Z""#] {
        let history = format!(
            r#"{{ dossier(ref: {{key: {{round: "T-2019", unit: "ALPHA"}}}}{as_of}) {{ history(last: 2) {{ nodes {{ number }}
            pageInfo {{ hasPreviousPage hasNextPage }} }} }} }}"#
        );
        let found = world.send("manager", &history, json!({})).await.ok()["dossier"]["history"].clone();
        let numbers = json!([{"number": (newest - 1).to_string()}, {"number": newest.to_string()}]);
        assert_eq!(found["nodes"], numbers);
        assert_eq!(
            found["pageInfo"],
            json!({"hasPreviousPage": true, "hasNextPage": false})
        );
    }
}

#[tokio::test]
async fn a_page_is_asked_for_from_one_end() {
    let world = World::with_round().await;
    let cursor = "{ units(first: 1) { pageInfo { endCursor } } }";
    let cursor = world.send("", cursor, json!({})).await.ok()["units"]["pageInfo"]["endCursor"].clone();
    let units = "query($first: Int, $last: Int) { units(first: $first, last: $last) { nodes { code } } }";
    for (window, field) in [
        (json!({"first": 2, "last": 2}), "last"),
        (json!({"last": 0}), "last"),
        (json!({"last": 501}), "last"),
        (json!({"first": -1}), "first"),
    ] {
        let refused = world.send("", units, window).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), field.to_owned()));
    }
    // A cursor is one of its own query, whichever argument it is sent in.
    for field in ["after", "before"] {
        let rounds = format!("query($c: String) {{ rounds({field}: $c) {{ nodes {{ code }} }} }}");
        let refused = world.send("", &rounds, json!({"c": cursor})).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), field.to_owned()));
    }
}
