//! `verify` finds what was changed behind the program's back, whatever else was changed to hide it.

use minhchung::app::documents::streams;
use minhchung::domain::assessment::Assessment;
use minhchung::domain::input::InputValue;
use minhchung::domain::sheet::SheetNode;
use minhchung::store::canonical::to_canonical;
use minhchung::store::entry::entry_hash;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::journey::{REVIEW, accepting, in_appraisal, look};
use crate::support::forging::{forge, standing};
use crate::world::World;

/// What `verify` says; empty when all is well.
pub async fn said(world: &World) -> String {
    let report = minhchung::app::verify::verify(&world.app).await.unwrap();
    report.difference.unwrap_or_default()
}

/// Changes the data file as somebody with the disk in hand would, and returns what `verify` says.
async fn after(world: &World, change: &str) -> String {
    let file = Connection::open(world.folder.path().join("store.db")).unwrap();
    let changed = file.execute_batch(change);
    changed.unwrap_or_else(|error| panic!("{change}: {error}"));
    said(world).await
}

#[tokio::test]
async fn a_changed_document_is_found_even_when_the_journal_lost_its_copy() {
    let world = in_appraisal().await;
    assert_eq!(after(&world, "").await, "");
    // A body may be missing from the journal, because people can be redacted from it; its digest is still there.
    let hidden = "UPDATE journal_document SET body = NULL WHERE collection = 'assessment'";
    assert_eq!(after(&world, hidden).await, "");
    let found = after(
        &world,
        "UPDATE doc_assessment SET body = CAST(replace(CAST(body AS TEXT), '\"28\"', '\"32\"') AS BLOB)
         WHERE stream = 'dossier:T-2019/ALPHA' AND id = '1.1'",
    )
    .await;
    assert_eq!(found, "dossier:T-2019/ALPHA: assessment/1.1 differs from its journal");
}

#[tokio::test]
async fn a_decision_that_rests_on_a_vanished_entry_is_found() {
    let world = in_appraisal().await;
    let found = after(
        &world,
        "DELETE FROM journal_document WHERE document >> 10 IN
            (SELECT position FROM journal_entry WHERE stream = 'user:alpha.head');
         DELETE FROM journal_entry WHERE stream = 'user:alpha.head';
         DELETE FROM doc_user WHERE stream = 'user:alpha.head';
         DELETE FROM doc_grant_of_role WHERE stream = 'user:alpha.head';",
    )
    .await;
    assert!(found.contains("rests on entry 2 of user:alpha.head"), "{found}");
}

/// ALPHA's dossier after a review with a key: entry 4 is the declaration, entry 8 the review, which has a private part.
async fn reviewed() -> World {
    let world = in_appraisal().await;
    let item = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    let input = json!({"i": {"items": [item], "idempotencyKey": "review-1"}});
    world.send("snv.appraiser", REVIEW, input).await.done();
    assert_eq!((world.entries("ALPHA").await, said(&world).await), (8, String::new()));
    world
}

/// The data file in the hands of somebody who undoes each change after `verify` has looked at it.
struct Hands(Connection);

const TABLES: [&str; 3] = ["journal_entry", "journal_document", "doc_assessment"];

impl Hands {
    fn on(world: &World) -> Self {
        let file = Connection::open(world.folder.path().join("store.db")).unwrap();
        for table in TABLES {
            let keep = format!("CREATE TEMP TABLE kept_{table} AS SELECT * FROM main.{table}");
            file.execute_batch(&keep).unwrap();
        }
        Self(file)
    }

    fn undo(&self) {
        for table in TABLES {
            let undo = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}");
            self.0.execute_batch(&undo).unwrap();
        }
    }

    /// Rewrites the header of entry 4 and gives the entry the hash that fits.
    fn rewrite(&self, change: impl Fn(&mut Value)) {
        let entry = "stream = 'dossier:T-2019/ALPHA' AND number = 4";
        let query = format!("SELECT header FROM journal_entry WHERE {entry}");
        let header: Vec<u8> = self.0.query_row(&query, [], |row| row.get(0)).unwrap();
        let mut header: Value = serde_json::from_slice(&header).unwrap();
        let before = header.clone();
        change(&mut header);
        assert_ne!(header, before);
        let bytes = to_canonical(&header).unwrap();
        let hash = entry_hash(&bytes).0;
        let update = format!("UPDATE journal_entry SET header = ?1, hash = ?2 WHERE {entry}");
        assert_eq!(self.0.execute(&update, rusqlite::params![bytes, &hash[..]]).unwrap(), 1);
    }
}

/// Changes of rows with `ENTRY` for "entry 4 of ALPHA's journal", `PLACE` for its position; and what `verify` says.
const DAMAGES: &[(&str, &str)] = &[
    (
        "UPDATE journal_entry SET header = CAST(replace(CAST(header AS TEXT), 'alpha.officer', 'beta.officer') AS BLOB) WHERE ENTRY",
        "entry 4: the header does not have the stored hash",
    ),
    (
        "UPDATE journal_entry SET hash = zeroblob(32) WHERE ENTRY",
        "entry 4: the header does not have the stored hash",
    ),
    (
        "UPDATE journal_entry SET at_ms = at_ms + 1 WHERE ENTRY",
        "entry 4: its time is not the time in its header",
    ),
    (
        "UPDATE journal_entry SET number = 99 WHERE stream = 'dossier:T-2019/ALPHA' AND number = 8",
        "entry 8: the header says 8 of dossier:T-2019/ALPHA",
    ),
    (
        "DELETE FROM journal_document WHERE PLACE; DELETE FROM journal_entry WHERE ENTRY",
        "entry 4: the header says 5 of dossier:T-2019/ALPHA",
    ),
    (
        "DELETE FROM journal_entry WHERE stream = 'dossier:T-2019/ALPHA' AND number = 8",
        "assessment/1.1 differs from its journal",
    ),
    (
        "UPDATE journal_document SET body = CAST(replace(CAST(body AS TEXT), '\"28\"', '\"32\"') AS BLOB)
         WHERE PLACE AND collection = 'assessment' AND id = '1.1'",
        "entry 4: assessment/1.1 does not have the listed digest",
    ),
    (
        "UPDATE journal_document SET salt = zeroblob(16) WHERE PLACE AND collection = 'assessment' AND id = '1.1'",
        "entry 4: assessment/1.1 does not have the listed digest",
    ),
    (
        "DELETE FROM journal_document WHERE PLACE AND collection = 'assessment' AND id = '1.1'",
        "entry 4: it carries other documents than it lists",
    ),
    (
        "UPDATE journal_document SET id = '9.9' WHERE PLACE AND collection = 'assessment' AND id = '1.1'",
        "entry 4: assessment/1.1 is listed but not carried",
    ),
    (
        "UPDATE journal_entry SET private_body = X'7b7d' WHERE private_body IS NOT NULL AND stream = 'dossier:T-2019/ALPHA'",
        "entry 8: the private part does not have the listed digest",
    ),
    (
        "UPDATE journal_entry SET private_salt = zeroblob(16), private_body = X'7b7d' WHERE ENTRY",
        "entry 4: it carries a private part that it does not list",
    ),
    (
        "UPDATE doc_assessment SET version = 1 WHERE stream = 'dossier:T-2019/ALPHA' AND id = '1.1'",
        "assessment/1.1 differs from its journal",
    ),
    (
        "UPDATE doc_assessment SET id = '9.9' WHERE stream = 'dossier:T-2019/ALPHA' AND id = '1.1'",
        "assessment/9.9 is in no entry",
    ),
    (
        "DELETE FROM doc_assessment WHERE stream = 'dossier:T-2019/ALPHA' AND id = '1.1'",
        "documents are current, the journal has",
    ),
];

#[tokio::test]
async fn each_damage_of_a_journal_is_named_with_its_entry() {
    let world = reviewed().await;
    let hands = Hands::on(&world);
    for (change, expected) in DAMAGES {
        let change = change
            .replace(
                "PLACE",
                "document >> 10 = (SELECT position FROM journal_entry WHERE ENTRY)",
            )
            .replace("ENTRY", "stream = 'dossier:T-2019/ALPHA' AND number = 4");
        let before = hands.0.total_changes();
        hands.0.execute_batch(&change).unwrap();
        assert!(hands.0.total_changes() > before, "{change} changes nothing");
        let found = said(&world).await;
        assert!(
            found.starts_with("dossier:T-2019/ALPHA: ") && found.contains(expected),
            "{change}: {found}"
        );
        hands.undo();
    }
    assert_eq!(said(&world).await, "");
}

#[tokio::test]
async fn an_entry_that_was_rewritten_with_its_hash_breaks_the_chain() {
    let world = reviewed().await;
    let hands = Hands::on(&world);
    let nothing = "0".repeat(64);
    type Rewrite<'a> = (&'a dyn Fn(&mut Value), &'a str);
    let rewrites: [Rewrite<'_>; 7] = [
        (
            &|header| header["actor"] = json!("beta.officer"),
            "entry 5: it does not follow the entry before",
        ),
        (
            &|header| header["previous"] = json!(nothing),
            "entry 4: it does not follow the entry before",
        ),
        (
            &|header| header["number"] = json!("9"),
            "entry 4: the header says 9 of dossier:T-2019/ALPHA",
        ),
        (
            &|header| header["stream"] = json!("dossier:T-2019/BETA"),
            "entry 4: the header says 4 of dossier:T-2019/BETA",
        ),
        (
            &|header| header["at"] = json!("2020-03-01T02:00:00.001Z"),
            "entry 4: its time is not the time in its header",
        ),
        (
            &|header| header["basis"][0]["hash"] = json!(nothing),
            "entry 4: it rests on entry",
        ),
        (
            &|header| header["documents"] = json!([]),
            "entry 4: it carries other documents than it lists",
        ),
    ];
    for (change, expected) in rewrites {
        hands.rewrite(change);
        let found = said(&world).await;
        assert!(found.contains(expected), "{expected}: {found}");
        hands.undo();
    }
    assert_eq!(said(&world).await, "");
}

#[tokio::test]
async fn wrong_points_are_found_even_on_a_sound_chain() {
    let world = in_appraisal().await;
    let stream = streams::dossier("T-2019", "ALPHA");
    let leaf: Assessment = standing(&world, &stream, "1.1").await;
    let of_leaf = "dossier:T-2019/ALPHA: the points of 1.1 are not what its inputs give";
    let changes: [&dyn Fn(&mut Assessment); 5] = [
        &|leaf| leaf.ledgers.declared.points = leaf.max.clone(),
        &|leaf| leaf.ledgers.verified.points = leaf.max.clone(),
        &|leaf| leaf.ledgers.last.points = leaf.max.clone(),
        &|leaf| leaf.ledgers.verified.open = &leaf.max - &leaf.max,
        // Other figures with the old points are as wrong.
        &|leaf| {
            let inputs = &mut leaf.declaration.as_mut().unwrap().inputs;
            inputs.insert("completed".to_owned(), InputValue::Count("32".parse().unwrap()));
        },
    ];
    for change in changes {
        let mut wrong = leaf.clone();
        change(&mut wrong);
        forge(&world, &stream, &wrong).await;
        assert_eq!(said(&world).await, of_leaf);
    }
    forge(&world, &stream, &leaf).await;
    assert_eq!(said(&world).await, "");

    for node in ["1", "2", "total"] {
        let sheet: SheetNode = standing(&world, &stream, node).await;
        let mut wrong = sheet.clone();
        wrong.ledgers.declared.points = leaf.max.clone();
        forge(&world, &stream, &wrong).await;
        let found = format!("dossier:T-2019/ALPHA: the total of {node} is not the sum of its leaves");
        assert_eq!(said(&world).await, found);
        forge(&world, &stream, &sheet).await;
    }
    assert_eq!(said(&world).await, "");
}

#[tokio::test]
async fn an_entry_that_was_dated_back_is_found_even_with_its_hash() {
    let world = reviewed().await;
    let hands = Hands::on(&world);
    hands.rewrite(|header| header["at"] = json!("2020-03-01T01:59:59.000Z"));
    let back = "UPDATE journal_entry SET at_ms = at_ms - 1000 WHERE stream = 'dossier:T-2019/ALPHA' AND number = 4";
    assert_eq!(hands.0.execute(back, []).unwrap(), 1);
    assert_eq!(
        said(&world).await,
        "dossier:T-2019/ALPHA: entry 4: its time lies before that of the entry before"
    );
}
