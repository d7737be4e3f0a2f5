//! What the embedded store answers when the disk fails, and what is there afterwards.

use std::path::Path;
use std::sync::Arc;

use minhchung::store::conformance::{COLLECTIONS, ITEM, PAIR, item, next_change};
use minhchung::store::entry::{entry_hash, put};
use minhchung::store::sqlite::SqliteStore;
use minhchung::store::{
    Collection, CommitError, Condition, Cursor, Direction, FieldValue, Order, Query, Read as _, Salt, Store, StreamId,
    documents_of,
};

use crate::support::faulty_disk::{self, FaultyDisk};

fn open(path: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open_on(path, Some(faulty_disk::NAME), COLLECTIONS).expect("opens"))
}

fn stream(number: usize) -> StreamId {
    StreamId::new("test", &number.to_string())
}

/// Commits to `streams` streams at once: they share transactions.
async fn commit_all(store: &Arc<SqliteStore>, streams: usize) -> Vec<Result<(), CommitError>> {
    let mut running = Vec::new();
    for number in 0..streams {
        let head = store.head(&stream(number)).await.expect("reads");
        let put = item("a", &"1".repeat(20_000), &[("rank", 1.into())]);
        let change = next_change(&stream(number), head.as_ref(), vec![put]);
        let store = Arc::clone(store);
        running.push(tokio::spawn(async move { store.commit(change).await }));
    }
    let mut outcomes = Vec::new();
    for one in running {
        outcomes.push(one.await.expect("no panic"));
    }
    outcomes
}

/// Every stream's chain holds, and its document is that of its last entry.
async fn check(store: &SqliteStore, streams: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    for number in 0..streams {
        let entries = store.entries(&stream(number), 1, 500).await.expect("reads");
        let mut previous = None;
        for (index, entry) in entries.iter().enumerate() {
            assert_eq!(entry.number, index as u64 + 1);
            assert_eq!(entry_hash(&entry.header), entry.hash);
            assert_eq!(entry.header().expect("a header").previous, previous);
            previous = Some(entry.hash);
        }
        let documents = documents_of(store, &ITEM, &stream(number)).await.expect("reads");
        let version = documents.first().map_or(0, |one| one.version);
        assert_eq!(version, entries.len() as u64);
        numbers.push(version);
    }
    numbers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_fails_the_batch_and_passes() {
    let disk = FaultyDisk::take().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = open(&path);
    assert!(commit_all(&store, 20).await.iter().all(Result::is_ok));
    disk.is_full();
    for outcome in commit_all(&store, 20).await {
        assert!(matches!(outcome, Err(CommitError::NotApplied(_))), "{outcome:?}");
    }
    assert_eq!(check(&store, 20).await, [1; 20]);
    disk.works();
    assert!(!store.is_broken());
    assert!(commit_all(&store, 20).await.iter().all(Result::is_ok));
    assert_eq!(check(&store, 20).await, [2; 20]);
    drop(store);
    assert_eq!(check(&open(&path), 20).await, [2; 20]);
}

/// A copy of the files, as a process that is killed now would leave them, has not what was answered "not applied".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_full_disk_refused_does_not_come_back() {
    let disk = FaultyDisk::take().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = open(&path);
    assert!(commit_all(&store, 3).await.iter().all(Result::is_ok));
    disk.is_full();
    assert!(commit_all(&store, 3).await.iter().all(Result::is_err));
    disk.works();
    assert_eq!(check(&copy_of(&path), 3).await, [1; 3]);
}

/// Opens a copy of the file and its log.
fn copy_of(path: &Path) -> Arc<SqliteStore> {
    let folder = path.with_extension("copy");
    std::fs::create_dir_all(&folder).expect("a folder");
    let copy = folder.join("store.db");
    std::fs::copy(path, &copy).expect("copies");
    std::fs::copy(path.with_extension("db-wal"), copy.with_extension("db-wal")).expect("copies the log");
    open(&copy)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_write_is_never_called_a_commit() {
    let disk = FaultyDisk::take().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = open(&path);
    assert!(commit_all(&store, 5).await.iter().all(Result::is_ok));
    disk.fails_to_write();
    assert!(commit_all(&store, 5).await.iter().all(Result::is_err));
    disk.works();
    assert_eq!(check(&copy_of(&path), 5).await, [1; 5]);
    drop(store);
    let store = open(&path);
    assert_eq!(check(&store, 5).await, [1; 5]);
    assert!(commit_all(&store, 5).await.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sync_is_unknown_and_ends_all_writing() {
    let disk = FaultyDisk::take().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = open(&path);
    assert!(commit_all(&store, 5).await.iter().all(Result::is_ok));
    disk.fails_to_sync();
    let first = commit_all(&store, 1).await;
    assert!(matches!(first[..], [Err(CommitError::Unknown(_))]), "{first:?}");
    disk.works();
    store.until_broken().await;
    assert!(store.is_broken());
    assert!(store.ready().await.is_err());
    for outcome in commit_all(&store, 5).await {
        assert!(matches!(outcome, Err(CommitError::NotApplied(_))), "{outcome:?}");
    }
    // A killed process leaves the log: the unknown commit is there as a whole, or not at all.
    let after_kill = check(&copy_of(&path), 5).await;
    assert!(after_kill == [1; 5] || after_kill == [2, 1, 1, 1, 1], "{after_kill:?}");
    drop(store);
    let store = open(&path);
    let reopened = check(&store, 5).await;
    assert!(reopened == [1; 5] || reopened == [2, 1, 1, 1, 1], "{reopened:?}");
    assert!(commit_all(&store, 5).await.iter().all(Result::is_ok));
}

/// A kind of documents that the store was not opened with: writing one fails when its entry is written already.
static UNKNOWN: Collection = Collection {
    name: "test_unknown",
    fields: &[],
    indexes: &[],
    project: None,
};

/// What fails for a reason of its own takes nobody along, whoever shares its transaction, and leaves nothing behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changeset_that_cannot_be_written_fails_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(SqliteStore::open(&folder.path().join("store.db"), COLLECTIONS).expect("opens"));
    let failing = 7;
    let unknown = put(&UNKNOWN, "a".to_owned(), b"1".to_vec(), Salt([7; 16]), []);
    let mut running = Vec::new();
    for number in 0..20 {
        let mut puts = vec![item("a", "1", &[("rank", 1.into())])];
        puts.extend((number == failing).then(|| unknown.clone()));
        let change = next_change(&stream(number), None, puts);
        let store = Arc::clone(&store);
        running.push(tokio::spawn(async move { store.commit(change).await }));
    }
    for (number, one) in running.into_iter().enumerate() {
        let outcome = one.await.expect("no panic");
        if number == failing {
            assert!(matches!(outcome, Err(CommitError::NotApplied(_))), "{outcome:?}");
        } else {
            assert!(outcome.is_ok(), "{number}: {outcome:?}");
        }
    }
    let expected: Vec<u64> = (0..20).map(|number| u64::from(number != failing)).collect();
    assert_eq!(check(&store, 20).await, expected);
    assert!(!store.is_broken());
}

/// A declared index answers the query it was declared for: found by range, in order, without a sort.
#[test]
fn a_declared_index_needs_no_scan_and_no_sort() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("store.db"), COLLECTIONS).expect("opens");
    let cursor = |value: FieldValue| Cursor {
        value,
        stream: stream(1),
        id: "a".to_owned(),
    };
    let ordered = |field, value: FieldValue, conditions: Vec<Condition>| {
        [Direction::Ascending, Direction::Descending].map(|direction| Query {
            conditions: conditions.clone(),
            order: Some(Order { field, direction }),
            after: Some(cursor(value.clone())),
            ..Query::of(&ITEM)
        })
    };
    let mut served = Vec::from(ordered("rank", 1.into(), Vec::new()));
    served.extend(ordered(
        "label",
        "b".into(),
        vec![Condition::AtLeast("label", "a".into())],
    ));
    served.extend(ordered("rank", 1.into(), vec![Condition::Equal("kind", "x".into())]));
    for collection in COLLECTIONS {
        served.push(Query {
            after: Some(cursor(FieldValue::Absent)),
            ..Query::of(collection)
        });
        served.push(Query {
            stream: Some(stream(1)),
            ..Query::of(collection)
        });
    }
    for query in served {
        let plan = store.explain(&query).expect("a plan").join("; ");
        assert!(
            plan.contains("SEARCH") && !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"),
            "{query:?}: {plan}"
        );
    }
    assert_eq!(PAIR.indexes.len(), 0);

    // Several ranges of one index are merged in order: what lies outside of them is never walked.
    let kinds = || vec!["x".into(), "y".into(), FieldValue::Absent];
    for query in ordered("rank", 1.into(), vec![Condition::OneOf("kind", kinds())]) {
        let plan = store.explain(&query).expect("a plan");
        let ranges = plan
            .iter()
            .filter(|line| line.contains("test_item__kind__rank___label (f_kind=?"));
        assert_eq!(ranges.count(), kinds().len(), "{plan:?}");
        assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{plan:?}");
    }
}
