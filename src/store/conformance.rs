//! What every store must do, as cases that run on each of them.
//!
//! A test crate calls [`store_conformance!`](crate::store_conformance) with a function that opens an empty store over
//! [`COLLECTIONS`]. The cases panic when a store is wrong: they are tests that live beside the trait they hold.

mod feed;
mod model;

use std::sync::Arc;

use bytes::Bytes;

use super::entry::{FORMAT, Header, Private, Sealed, document_digest, entry_hash, private_digest, put};
use super::{
    ChangeSet, Collection, CommitError, Digest, Direction, FieldKind, FieldSpec, FieldValue, Head, Index, Key,
    MAX_BODY_BYTES, Order, Page, Put, Query, Read, Salt, SealedEntry, Store, StreamId,
};

pub use feed::{the_tail_has_no_gaps, the_tail_waits_for_a_commit};
pub use model::every_page_of_every_query;

/// Documents with fields of both kinds.
pub static ITEM: Collection = Collection {
    name: "test_item",
    fields: &[
        FieldSpec {
            name: "kind",
            kind: FieldKind::Text,
        },
        FieldSpec {
            name: "rank",
            kind: FieldKind::Integer,
        },
        FieldSpec {
            name: "label",
            kind: FieldKind::Text,
        },
    ],
    indexes: &[
        Index::on(&["rank"]),
        Index::on(&["label"]),
        Index::on(&["kind", "rank"]).carrying(&["label"]),
        Index::on(&["kind", "label"]).only("rank", 2),
    ],
    project: None,
};

/// Documents without fields.
pub static PAIR: Collection = Collection {
    name: "test_pair",
    fields: &[],
    indexes: &[],
    project: None,
};

/// What a store under test is opened with.
pub static COLLECTIONS: &[&Collection] = &[&ITEM, &PAIR];

/// Makes one test of each case: `store_conformance!(open)`, where `open(case: &str)` is an async function whose answer
/// is an `Arc<dyn Store>` and something to keep until the end. Attributes before the function go to each test.
#[macro_export]
macro_rules! store_conformance {
    ($(#[$attribute:meta])* $open:path) => {
        $crate::store_conformance!(without_feed: $(#[$attribute])* $open);
        $crate::store_conformance!(@all [$(#[$attribute])*] $open: the_tail_has_no_gaps the_tail_waits_for_a_commit);
    };
    (without_feed: $(#[$attribute:meta])* $open:path) => {
        $crate::store_conformance!(@all [$(#[$attribute])*] $open:
            reads_back_what_was_put
            what_is_asked_together_is_what_each_finds
            the_newest_version_replaces_the_older
            a_taken_number_changes_nothing
            limits_hold_before_anything_is_written
            one_of_many_committers_wins
            entries_read_back_bit_for_bit
            heads_walk_in_the_order_of_names
            a_snapshot_sees_one_moment
            every_page_of_every_query
        );
    };
    (@all $attributes:tt $open:path: $($case:ident)*) => {
        $($crate::store_conformance!(@one $attributes $open: $case);)*
    };
    (@one [$(#[$attribute:meta])*] $open:path: $case:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $(#[$attribute])*
        async fn $case() {
            let (store, _keep) = $open(stringify!($case)).await;
            $crate::store::conformance::$case(store).await;
        }
    };
}

type Shared = Arc<dyn Store>;

fn stream(key: &str) -> StreamId {
    StreamId::new("test", key)
}

fn key(collection: &'static Collection, stream: &StreamId, id: &str) -> Key {
    Key {
        collection,
        stream: stream.clone(),
        id: id.to_owned(),
    }
}

/// A put of an [`ITEM`].
pub fn item(id: &str, body: &str, fields: &[(&'static str, FieldValue)]) -> Put {
    put(
        &ITEM,
        id.to_owned(),
        body.as_bytes().to_vec(),
        Salt([7; 16]),
        fields.to_vec(),
    )
}

fn pair(id: &str, value: u64) -> Put {
    put(&PAIR, id.to_owned(), value.to_string().into_bytes(), Salt([9; 16]), [])
}

/// A changeset that follows `previous`, which is the number and hash of the stream's head.
fn change(stream: &StreamId, previous: Option<(u64, Digest)>, attempt: &str, puts: Vec<Put>) -> ChangeSet {
    let expected = previous.map_or(0, |(number, _)| number);
    let at_ms = 1_577_836_800_000 + expected.cast_signed();
    let header = Header {
        v: FORMAT,
        stream: stream.clone(),
        number: expected + 1,
        previous: previous.map(|(_, hash)| hash),
        at: "2020-01-01T00:00:00.000Z".to_owned(),
        clock: None,
        actor: "tester".to_owned(),
        role: "ADMIN".to_owned(),
        command: "test".to_owned(),
        basis: Vec::new(),
        attempt: attempt.to_owned(),
        private: None,
        documents: Vec::new(),
    };
    let private = Private {
        reason: Some(format!("vì sao: {attempt}")),
        ..Private::default()
    };
    let private = Sealed {
        salt: Salt([3; 16]),
        body: super::canonical::to_canonical(&private)
            .expect("a private part is canonical")
            .into(),
    };
    let entry = SealedEntry::seal(header, at_ms, Some(private), &puts).expect("a header is canonical");
    ChangeSet {
        stream: stream.clone(),
        expected,
        entry,
        puts,
    }
}

/// A changeset behind a head.
pub fn next_change(stream: &StreamId, head: Option<&Head>, puts: Vec<Put>) -> ChangeSet {
    change(stream, head.map(|head| (head.number, head.hash)), "append", puts)
}

/// Commits behind the stream's head.
async fn append(store: &Shared, stream: &StreamId, puts: Vec<Put>) {
    let head = store.head(stream).await.expect("the head is readable");
    let next = next_change(stream, head.as_ref(), puts);
    store.commit(next).await.expect("nobody else writes here");
}

/// Documents come back at their keys, in the order asked, with absent ones as `None`.
pub async fn reads_back_what_was_put(store: Shared) {
    store.ready().await.expect("a new store is ready");
    let (here, there) = (stream("here"), stream("there"));
    append(&store, &here, vec![item("a", "{\"n\":\"1\"}", &[]), pair("a", 5)]).await;
    append(&store, &there, vec![item("a", "{\"n\":\"2\"}", &[])]).await;
    let keys = [
        key(&ITEM, &there, "a"),
        key(&ITEM, &here, "missing"),
        key(&PAIR, &here, "a"),
        key(&ITEM, &here, "a"),
        key(&ITEM, &there, "a"),
    ];
    let found = store.get_many(&keys).await.expect("reads");
    let bodies: Vec<Option<&[u8]>> = found
        .iter()
        .map(|one| one.as_ref().map(|one| one.body.as_ref()))
        .collect();
    let expected: [Option<&[u8]>; 5] = [
        Some(b"{\"n\":\"2\"}"),
        None,
        Some(b"5"),
        Some(b"{\"n\":\"1\"}"),
        Some(b"{\"n\":\"2\"}"),
    ];
    assert_eq!(bodies, expected);
    let first = found[0].as_ref().expect("found");
    assert_eq!(
        (first.stream.clone(), first.id.as_str(), first.version),
        (there, "a", 1)
    );
    assert_eq!(first.salt, Salt([7; 16]));
    assert_eq!(
        super::documents_of(&*store, &ITEM, &here).await.expect("reads").len(),
        1
    );
    assert!(store.get_many(&[]).await.expect("reads").is_empty());
}

/// Documents by key and a page that are asked for together are what each question finds by itself, in the newest state and
/// in a moment; a moment has the heads of all the streams that it was taken for.
pub async fn what_is_asked_together_is_what_each_finds(store: Shared) {
    let (here, there) = (stream("here"), stream("there"));
    let ranked = |id: &str, rank: i64| item(id, "1", &[("rank", rank.into())]);
    append(
        &store,
        &here,
        vec![ranked("a", 3), ranked("b", 1), ranked("c", 2), pair("a", 5)],
    )
    .await;
    append(&store, &there, vec![ranked("a", 4), pair("b", 6)]).await;
    let mut query = Query::of(&ITEM);
    query.order = Some(Order {
        field: "rank",
        direction: Direction::Descending,
    });
    query.limit = 2;
    let keys = [
        key(&PAIR, &there, "b"),
        key(&ITEM, &here, "missing"),
        key(&ITEM, &there, "a"),
        key(&PAIR, &here, "a"),
        key(&ITEM, &here, "a"),
    ];
    let nowhere = stream("nowhere");
    let streams = [here.clone(), nowhere.clone(), there.clone()];
    let moment = store.snapshot(&streams).await.expect("a snapshot");
    append(&store, &there, vec![ranked("d", 9)]).await;
    for (reads, highest) in [(&*moment as &dyn Read, "a"), (&*store as &dyn Read, "d")] {
        for keys in [&keys[..], &keys[..1], &[]] {
            let (found, page) = reads.get_and_find(keys, &query).await.expect("reads");
            assert_eq!(found, reads.get_many(keys).await.expect("reads"));
            let same = reads.find(&query).await.expect("reads");
            let places = |page: &Page| {
                let documents = page.documents.iter();
                let places = documents.map(|(document, cursor)| (document.clone(), cursor.clone()));
                (places.collect::<Vec<_>>(), page.more)
            };
            assert_eq!(places(&page), places(&same));
            assert_eq!((page.documents[0].0.id.as_str(), page.more), (highest, true));
        }
    }
    let numbers = futures::future::join_all(streams.iter().map(|stream| moment.head(stream))).await;
    let numbers = numbers
        .into_iter()
        .map(|head| head.expect("reads").map(|head| head.number));
    assert_eq!(numbers.collect::<Vec<_>>(), [Some(1), None, Some(1)]);
}

/// A later put replaces body, version and fields, also those that it leaves out.
pub async fn the_newest_version_replaces_the_older(store: Shared) {
    let here = stream("here");
    append(
        &store,
        &here,
        vec![item("a", "1", &[("rank", 4.into()), ("kind", "x".into())])],
    )
    .await;
    append(&store, &here, vec![item("b", "1", &[])]).await;
    append(&store, &here, vec![item("a", "2", &[("rank", 5.into())])]).await;
    let found = store.get_many(&[key(&ITEM, &here, "a")]).await.expect("reads");
    let found = found[0].as_ref().expect("found");
    assert_eq!((found.version, found.body.as_ref()), (3, b"2".as_slice()));
    let ranks = store.count_by(&Query::of(&ITEM), "rank").await.expect("counts");
    assert_eq!(ranks, [(FieldValue::Absent, 1), (FieldValue::Integer(5), 1)]);
    let kinds = store.count_by(&Query::of(&ITEM), "kind").await.expect("counts");
    assert_eq!(kinds, [(FieldValue::Absent, 2)]);
}

/// A number that is taken, or that does not follow, is `Taken` and leaves no trace.
pub async fn a_taken_number_changes_nothing(store: Shared) {
    let here = stream("here");
    append(&store, &here, vec![item("a", "1", &[])]).await;
    let ghost = Some((7, Digest([0; 32])));
    for wrong in [None, ghost] {
        let outcome = store
            .commit(change(&here, wrong, "late", vec![item("a", "2", &[]), pair("p", 1)]))
            .await;
        assert!(matches!(outcome, Err(CommitError::Taken { .. })), "{outcome:?}");
    }
    let found = store
        .get_many(&[key(&ITEM, &here, "a"), key(&PAIR, &here, "p")])
        .await
        .expect("reads");
    assert_eq!(found[0].as_ref().map(|one| one.body.as_ref()), Some(b"1".as_slice()));
    assert_eq!(found[1], None);
    assert_eq!(store.entries(&here, 1, 10).await.expect("reads").len(), 1);
    let unknown = store
        .commit(change(&stream("new"), ghost, "late", vec![pair("p", 1)]))
        .await;
    assert!(matches!(unknown, Err(CommitError::Taken { .. })), "{unknown:?}");
}

/// Too large a body or commit is refused; the largest allowed one is kept.
pub async fn limits_hold_before_anything_is_written(store: Shared) {
    let here = stream("here");
    let of_size = |id: &str, size: usize| put(&ITEM, id.to_owned(), vec![b'1'; size], Salt([1; 16]), []);
    let body = change(&here, None, "body", vec![of_size("a", MAX_BODY_BYTES + 1)]);
    let total = (0..9).map(|n| of_size(&n.to_string(), MAX_BODY_BYTES)).collect();
    let total = change(&here, None, "total", total);
    let many = (0..=super::MAX_COMMIT_DOCUMENTS)
        .map(|n| pair(&n.to_string(), 1))
        .collect();
    let many = change(&here, None, "many", many);
    for refused in [body, total, many] {
        let outcome = store.commit(refused).await;
        assert!(matches!(outcome, Err(CommitError::TooLarge { .. })), "{outcome:?}");
    }
    assert_eq!(store.head(&here).await.expect("reads"), None);
    append(
        &store,
        &here,
        (0..8).map(|n| of_size(&n.to_string(), MAX_BODY_BYTES)).collect(),
    )
    .await;
    append(
        &store,
        &here,
        (0..super::MAX_COMMIT_DOCUMENTS)
            .map(|n| pair(&n.to_string(), 1))
            .collect(),
    )
    .await;
    assert_eq!(
        store.count(&Query::of(&PAIR)).await.expect("counts"),
        super::MAX_COMMIT_DOCUMENTS as u64
    );
}

/// Of 32 committers who read the same head exactly one wins, ten times over.
pub async fn one_of_many_committers_wins(store: Shared) {
    let here = stream("here");
    for round in 1..=10_u64 {
        let head = store
            .head(&here)
            .await
            .expect("reads")
            .map(|head| (head.number, head.hash));
        let attempts = (0..32_u64).map(|n| {
            let store = Arc::clone(&store);
            let next = change(&here, head, &format!("{round}-{n}"), vec![pair("winner", n)]);
            tokio::spawn(async move { (n, store.commit(next).await) })
        });
        let mut winners = Vec::new();
        for attempt in attempts.collect::<Vec<_>>() {
            match attempt.await.expect("no panic") {
                (n, Ok(())) => winners.push(n),
                (_, Err(CommitError::Taken { number, .. })) => assert_eq!(number, round),
                // Under contention a store may give up, but never without saying that nothing was applied.
                (_, Err(CommitError::NotApplied(_))) => {}
                (_, Err(other)) => panic!("{other}"),
            }
        }
        assert_eq!(winners.len(), 1, "winners {winners:?}");
        let found = store.get_many(&[key(&PAIR, &here, "winner")]).await.expect("reads");
        let found = found[0].as_ref().expect("found");
        assert_eq!(
            (found.version, found.body.clone()),
            (round, Bytes::from(winners[0].to_string()))
        );
        assert_eq!(
            store.head(&here).await.expect("reads").map(|head| head.number),
            Some(round)
        );
    }
}

/// Header, private part and documents come back as they were sealed, and the chain verifies.
pub async fn entries_read_back_bit_for_bit(store: Shared) {
    let here = stream("here");
    let mut previous = None;
    let mut written = Vec::new();
    for number in 1..=5_u64 {
        // Not in the order of the header's list.
        let puts = vec![
            pair("z", number),
            item("ổ", "{\"chữ\":\"Đ\"}", &[]),
            item("a", &number.to_string(), &[]),
        ];
        let next = change(&here, previous, &format!("attempt-{number}"), puts);
        previous = Some((number, next.entry.hash));
        written.push(next.clone());
        store.commit(next).await.expect("nobody else writes here");
    }
    let read = store.entries(&here, 1, 100).await.expect("reads");
    assert_eq!(read.len(), 5);
    let mut chain = None;
    for (record, change) in read.iter().zip(&written) {
        assert_eq!((&record.header, record.hash), (&change.entry.header, change.entry.hash));
        assert_eq!((record.number, record.at_ms), (change.entry.number, change.entry.at_ms));
        assert_eq!(
            (&record.attempt, &record.private),
            (&change.entry.attempt, &change.entry.private)
        );
        assert_eq!(entry_hash(&record.header), record.hash);
        let header = record.header().expect("a header");
        assert_eq!(header.previous, chain);
        let private = record
            .private
            .as_ref()
            .map(|part| private_digest(&part.salt, &part.body));
        assert_eq!(header.private, private);
        let listed: Vec<_> = header
            .documents
            .iter()
            .map(|one| (one.collection.as_str(), one.id.as_str()))
            .collect();
        let carried: Vec<_> = record
            .documents
            .iter()
            .map(|one| (one.collection.as_str(), one.id.as_str()))
            .collect();
        assert_eq!(listed, carried);
        for (line, document) in header.documents.iter().zip(&record.documents) {
            let body = document.body.as_ref().expect("not redacted");
            assert_eq!(line.digest, document_digest(&document.salt, body));
        }
        chain = Some(record.hash);
    }
    let part = store.entries(&here, 3, 2).await.expect("reads");
    assert_eq!(part.iter().map(|one| one.number).collect::<Vec<_>>(), [3, 4]);
    assert!(store.entries(&stream("none"), 1, 2).await.expect("reads").is_empty());
}

/// All heads, page by page, in the order of the streams' bytes.
pub async fn heads_walk_in_the_order_of_names(store: Shared) {
    let mut names = ["b", "a", "a!", "a/b", "Z", "đ", "😀", "\u{fb33}", "ab"].map(stream);
    for name in &names {
        append(&store, name, vec![pair("p", 1)]).await;
    }
    append(&store, &names[0], vec![pair("p", 2)]).await;
    names.sort();
    let mut found = Vec::new();
    loop {
        let page = store.heads(found.last().map(|(name, _)| name), 4).await.expect("reads");
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), names);
    for (name, head) in found {
        assert_eq!(head.number, if name == stream("b") { 2 } else { 1 });
    }
}

/// A writer keeps A = B; readers through snapshots never see them differ, and a snapshot never moves.
pub async fn a_snapshot_sees_one_moment(store: Shared) {
    let here = stream("here");
    append(&store, &here, vec![pair("a", 0), pair("b", 0)]).await;
    let writer = {
        let (store, here) = (Arc::clone(&store), here.clone());
        tokio::spawn(async move {
            for n in 1..=150 {
                append(&store, &here, vec![pair("a", n), pair("b", n)]).await;
            }
        })
    };
    let readers = (0..4).map(|_| {
        let (store, here) = (Arc::clone(&store), here.clone());
        tokio::spawn(async move {
            for _ in 0..40 {
                let acknowledged = store.head(&here).await.expect("reads").expect("a head").number;
                let snapshot = store.snapshot(std::slice::from_ref(&here)).await.expect("a snapshot");
                let a = snapshot.get_many(&[key(&PAIR, &here, "a")]).await.expect("reads");
                tokio::task::yield_now().await;
                let b = snapshot.get_many(&[key(&PAIR, &here, "b")]).await.expect("reads");
                let head = snapshot.head(&here).await.expect("reads").expect("a head");
                let (a, b) = (a[0].as_ref().expect("a"), b[0].as_ref().expect("b"));
                assert_eq!((a.version, &a.body), (b.version, &b.body));
                assert_eq!(head.number, a.version);
                assert!(
                    head.number >= acknowledged,
                    "a snapshot must not be older than what was read before it"
                );
            }
        })
    });
    for reader in readers.collect::<Vec<_>>() {
        reader.await.expect("the reader saw one moment");
    }
    writer.await.expect("the writer went on");
}
