//! `verify` finds what was changed behind the program's back, whatever else was changed to hide it.

use rusqlite::Connection;

use crate::journey::in_appraisal;
use crate::world::World;

/// Changes the data file as somebody with the disk in hand would, and returns what `verify` says.
async fn after(world: &World, change: &str) -> String {
    let file = Connection::open(world.folder.path().join("store.db")).unwrap();
    let changed = file.execute_batch(change);
    changed.unwrap_or_else(|error| panic!("{change}: {error}"));
    let report = minhchung::app::verify::verify(&world.app).await.unwrap();
    report.difference.unwrap_or_default()
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
        "DELETE FROM journal_document WHERE position IN
            (SELECT position FROM journal_entry WHERE stream = 'user:alpha.head');
         DELETE FROM journal_entry WHERE stream = 'user:alpha.head';
         DELETE FROM doc_user WHERE stream = 'user:alpha.head';
         DELETE FROM doc_grant_of_role WHERE stream = 'user:alpha.head';",
    )
    .await;
    assert!(found.contains("rests on entry 2 of user:alpha.head"), "{found}");
}
