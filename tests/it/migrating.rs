//! `migrate`: a whole round from one store into the other and back, its files too, bit for bit, also when it was cut off.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use minhchung::app::documents::COLLECTIONS;
use minhchung::app::migrate::{copy, copy_files};
use minhchung::blob::{BlobError, BlobRef, BlobStore, Published, Staged, put_all};
use minhchung::store::{ChangeSet, CommitError, Store};
use rusqlite::Connection;

use crate::program::program;
use crate::support::hooked::{Hooked, Hooks};
use crate::support::hooked_files::{FileHooks, HookedFiles};
use crate::support::place::Place;
use crate::support::stores::{self, Kind};
use crate::two_stores::published;

/// A target that fails after so many commits.
struct Failing(AtomicUsize);

#[async_trait]
impl Hooks for Failing {
    async fn commit(&self, store: &dyn Store, change: ChangeSet) -> Result<(), CommitError> {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 0 {
            return Err(CommitError::NotApplied("cut off".into()));
        }
        store.commit(change).await
    }
}

fn url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

fn migrate(data: &Path, from: &str, to: &str) -> Output {
    let mut command = program(data);
    command
        .arg("migrate")
        .env("MINHCHUNG_FROM", from)
        .env("MINHCHUNG_TO", to);
    command.output().unwrap()
}

#[track_caller]
fn migrated(data: &Path, from: &str, to: &str) -> String {
    let printed = proved(migrate(data, from, to));
    assert!(printed.contains("the heads of all chains are the same"), "{printed}");
    printed
}

/// What a migration printed that ended with its proof.
#[track_caller]
fn proved(output: Output) -> String {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(printed.ends_with("everything holds\n"), "{printed}");
    printed
}

/// Every row of every table, but for the place of an entry among those of other streams.
fn rows(file: &Path) -> Vec<String> {
    let connection = Connection::open(file).unwrap();
    let mut found = Vec::new();
    let documents = COLLECTIONS
        .iter()
        .map(|one| format!("SELECT '{0}', * FROM doc_{0}", one.name));
    let journal = [
        "SELECT stream, number, at_ms, attempt, hash, header FROM journal_entry".to_owned(),
        "SELECT stream, number, d.collection, d.id, d.salt, d.body FROM journal_document d JOIN journal_entry ON position = document >> 10"
            .to_owned(),
    ];
    for query in documents.chain(journal) {
        let mut statement = connection.prepare(&query).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let cells: Vec<String> = (0..columns)
                .map(|column| format!("{:?}", row.get_ref(column).unwrap()))
                .collect();
            Ok(cells.join(" "))
        };
        found.extend(statement.query_map([], row).unwrap().map(Result::unwrap));
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_copy_that_was_cut_off_goes_on_where_it_stopped_and_another_history_is_refused() {
    let world = stores::on(Kind::Sqlite, published()).await;
    let data = world.folder.path();
    let (source, target) = (data.join("store.db"), data.join("copy.db"));
    let there = minhchung::store::open(&url(&target), COLLECTIONS).await.unwrap();
    let failing = Hooked::around(Arc::clone(&there), &Arc::new(Failing(AtomicUsize::new(10))));
    let cut_off = copy(&*world.app.store, &*failing, &mut |_| {}).await;
    assert!(cut_off.is_err());
    drop((failing, there));
    let printed = migrated(data, &url(&source), &url(&target));
    assert!(printed.contains(" 10 were there"), "{printed}");
    assert_eq!(rows(&target), rows(&source));
    // Once more there is nothing left to do.
    assert!(migrated(data, &url(&source), &url(&target)).contains(" 0 entries copied"));

    let other = tempfile::tempdir().unwrap();
    assert!(program(other.path()).arg("seed").status().unwrap().success());
    let before = rows(&other.path().join("store.db"));
    let refused = migrate(data, &url(&source), &url(&other.path().join("store.db")));
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("the target holds something else"), "{said}");
    assert_eq!(rows(&other.path().join("store.db")), before);
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn there_and_back_not_a_bit_has_changed() {
    let world = stores::on(Kind::Sqlite, published()).await;
    let data = world.folder.path();
    let (source, back) = (data.join("store.db"), data.join("back.db"));
    let cluster = stores::on(Kind::Mongodb, stores::url(data)).await;
    migrated(data, &url(&source), &cluster);
    migrated(data, &cluster, &url(&back));
    let (one, other) = (rows(&source), rows(&back));
    assert!(one.len() > 200, "{}", one.len());
    assert_eq!(one, other);
}

/// Files that nobody refers to yet, as if uploaded ahead: many small ones, and some longer than all buffers on the way.
async fn more_files(blobs: &dyn BlobStore) {
    let small = (0..150_u32).map(|number| format!("file {number}").into_bytes());
    let large = (1..=3_u8).map(|number| vec![number; 12 * 1024 * 1024]);
    let now = jiff::Timestamp::now();
    put_all(blobs, small.chain(large).collect(), now).await.unwrap();
}

async fn files(blobs: &dyn BlobStore) -> Vec<BlobRef> {
    let listed = blobs.list(None, 500).await.unwrap();
    listed.into_iter().map(|entry| entry.blob).collect()
}

/// A target that fails after so many times that files are published.
struct FailingFiles(AtomicUsize);

#[async_trait]
impl FileHooks for FailingFiles {
    async fn publish(
        &self,
        blobs: &dyn BlobStore,
        staged: Vec<Staged>,
        now: jiff::Timestamp,
    ) -> Result<Vec<Published>, BlobError> {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 0 {
            return Err(std::io::Error::other("cut off").into());
        }
        blobs.publish_all(staged, now).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_into_a_bucket_and_back_also_when_they_were_cut_off() {
    let world = stores::on(Kind::Sqlite, published()).await;
    let data = world.folder.path();
    more_files(&*world.app.blobs).await;
    let before = files(&*world.app.blobs).await;
    let bucket = Place::bucket().await;
    let target = bucket.blobs().await;
    let failing = HookedFiles::around(&target, &Arc::new(FailingFiles(AtomicUsize::new(1))));
    let cut_off = copy_files(&*world.app.blobs, &*failing, &*world.app.clock, &mut |_| {}).await;
    assert!(cut_off.is_err());
    let there = files(&*target).await;
    assert!(there.len() > 10 && there.len() < before.len(), "{}", there.len());
    // What is there, but not with its hash, is copied again.
    bucket.damage(&there[0].sha256, |bytes| Some(bytes[1..].to_vec())).await;

    let migrate = |arguments: &[&str]| {
        let mut command = program(data);
        bucket.reachable(&mut command);
        command.arg("migrate").args(arguments).output().unwrap()
    };
    let printed = proved(migrate(&["--to-blobs", &bucket.url()]));
    let expected = format!(" {} were there", there.len() - 1);
    assert!(printed.contains(&expected), "{expected} in {printed}");
    assert!(!printed.contains("chains"), "the documents stay: {printed}");
    assert_eq!(files(&*target).await, before);
    assert!(proved(migrate(&["--to-blobs", &bucket.url()])).starts_with("0 files, 0 bytes copied"));

    let back = Place::folder(&data.join("back"));
    let printed = proved(migrate(&["--from-blobs", &bucket.url(), "--to-blobs", &back.url()]));
    assert!(printed.starts_with(&format!("{} files, ", before.len())), "{printed}");
    assert_eq!(files(&*back.blobs().await).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn documents_and_files_go_into_one_mongodb_and_back_also_when_the_program_was_killed() {
    let world = stores::on(Kind::Sqlite, published()).await;
    let data = world.folder.path();
    more_files(&*world.app.blobs).await;
    let before = files(&*world.app.blobs).await;
    let gridfs = Place::gridfs(data).await;
    let Place::GridFs { store } = &gridfs else {
        unreachable!()
    };
    let (source, back) = (data.join("store.db"), data.join("back.db"));
    let there = || {
        let mut command = program(data);
        command
            .args(["migrate", "--to-blobs", "gridfs"])
            .env("MINHCHUNG_TO", store);
        command
    };
    let target = gridfs.blobs().await;
    let mut killed = there().stdout(Stdio::null()).spawn().unwrap();
    while files(&*target).await.is_empty() {
        assert_eq!(killed.try_wait().unwrap(), None, "it ended too soon");
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    // What it had sent before it was killed may still arrive.
    let copied = files(&*target).await.len();
    assert!(copied < before.len(), "it was over too soon");
    let printed = proved(there().output().unwrap());
    let told: Vec<usize> = printed
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .take(3)
        .collect();
    let [again, _, left] = told[..] else {
        panic!("{printed}")
    };
    assert!(left >= copied && again + left == before.len(), "{copied}; {printed}");
    assert_eq!(files(&*target).await, before);

    let folder = Place::folder(&data.join("back"));
    let mut command: Command = program(data);
    command
        .args(["migrate", "--from-blobs", "gridfs"])
        .env("MINHCHUNG_FROM", store);
    let command = command.args(["--to", &url(&back), "--to-blobs", &folder.url()]);
    proved(command.output().unwrap());
    assert_eq!(files(&*folder.blobs().await).await, before);
    assert_eq!(rows(&back), rows(&source));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_whole_is_named_with_its_evidence_and_the_others_are_copied() {
    let world = stores::on(Kind::Sqlite, published()).await;
    let data = world.folder.path();
    let before = files(&*world.app.blobs).await;
    let damaged = &before[0].sha256;
    let here = Place::folder(data);
    here.damage(damaged, |bytes| Some(bytes[1..].to_vec())).await;
    let other = Place::folder(&data.join("other"));
    let output = program(data)
        .args(["migrate", "--to-blobs", &other.url()])
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success(), "{printed}");
    let named = printed.lines().find(|line| line.starts_with("not copied: ")).unwrap();
    assert!(
        named.contains(damaged) && named.contains("is damaged") && named.contains(" of T-2019/ALPHA, revision 1"),
        "{named}"
    );
    assert!(printed.contains("first difference: "), "{printed}");
    assert_eq!(files(&*other.blobs().await).await, before[1..]);
}

#[test]
fn what_cannot_be_copied_is_told() {
    let folder = tempfile::tempdir().unwrap();
    assert!(program(folder.path()).arg("seed").status().unwrap().success());
    let nowhere = format!("file://{}", folder.path().join("nowhere").display());
    for (arguments, told) in [
        (vec![], "nothing to copy"),
        (vec!["--to-blobs", "gridfs"], "the embedded store is none"),
        (
            vec![
                "--from",
                "mongodb://localhost/x",
                "--from-blobs",
                "gridfs",
                "--to",
                "sqlite://x.db",
            ],
            "say with --to-blobs",
        ),
        (
            vec!["--from-blobs", &nowhere, "--to-blobs", "file:///tmp"],
            "there is no folder",
        ),
        (vec!["--to-blobs", "ftp://host"], "neither file://PATH"),
    ] {
        let output = program(folder.path()).arg("migrate").args(&arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(told), "{arguments:?}: {said}");
    }
    assert!(!folder.path().join("nowhere").exists());
}
