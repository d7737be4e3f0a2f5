//! All files read again: damage is found wherever files lie, named with the evidence that uses it, and written down once,
//! however many processes share the store.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use minhchung::app::documents::streams;
use minhchung::app::error::Error;
use minhchung::app::fixity::{self, Asked, Fixity, Kind, Pace};
use minhchung::app::{App, verify};
use minhchung::blob::{BlobEntry, BlobError, BlobRef, BlobStore, ByteStream, Published, Staged, put};
use minhchung::store::Store;
use reqwest::multipart::Part;
use serde_json::json;

use crate::buckets::{upload, with_round};
use crate::journey::{ADD, PDF, in_appraisal, report};
use crate::support::hooked_files::{FileHooks, HookedFiles, Slow};
use crate::support::place::Place;
use crate::support::stores::{self, Kind as StoreKind};
use crate::world::World;

/// What `fixity` printed, and whether it was content.
fn fixity(place: &Place, data: &Path, arguments: &[&str]) -> (bool, String) {
    let output = place.program(data).arg("fixity").args(arguments).output().unwrap();
    let printed = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    (output.status.success(), printed.concat())
}

/// Files of the program in a place, one damaged in each way: each is named, and nothing else.
async fn damage_is_found(place: &Place, data: &Path) {
    let (server, officer) = with_round(place, data, &[]).await;
    let contents = ["sound", "flipped", "cut", "gone"].map(|name| [PDF, b"% ", name.as_bytes()].concat());
    let mut hashes = Vec::new();
    for content in &contents {
        let file = Part::bytes(content.clone()).file_name("ke-hoach.pdf");
        let title = format!("Kế hoạch {}", hashes.len());
        hashes.push(upload(&server, &officer, &title, file).await.1);
    }
    drop(server);
    let blobs = place.blobs().await;
    let nobodys = put(&*blobs, b"nobody's", Timestamp::now()).await.unwrap().blob.sha256;

    let (content, printed) = fixity(place, data, &[]);
    assert!(
        content && printed.contains("every file that was read is as it was uploaded"),
        "{printed}"
    );
    assert!(
        printed.contains("pass 1") && printed.contains(": 5 files,"),
        "{printed}"
    );

    place.damage(&hashes[1], |bytes| Some(flipped(bytes))).await;
    place
        .damage(&hashes[2], |bytes| Some(bytes[..bytes.len() - 1].to_vec()))
        .await;
    place.damage(&hashes[3], |_| None).await;
    place.damage(&nobodys, |bytes| Some(flipped(bytes))).await;
    let (content, printed) = fixity(place, data, &[]);
    assert!(!content, "{printed}");
    let line = |sha256: &str| printed.lines().find(|line| line.starts_with(sha256)).map(str::to_owned);
    assert_eq!(line(&hashes[0]), None, "{printed}");
    for (sha256, problem) in [
        (&hashes[1], " is damaged: "),
        (&hashes[2], ""),
        (&hashes[3], " is not there"),
    ] {
        let line = line(sha256).unwrap_or_else(|| panic!("{sha256} in {printed}"));
        assert!(
            line.contains(problem) && line.ends_with(" of R/SGTVT, revision 1"),
            "{line}"
        );
    }
    let line = line(&nobodys).unwrap_or_else(|| panic!("{nobodys} in {printed}"));
    assert!(line.ends_with("; no document uses it"), "{line}");
    assert!(printed.contains("4 files are not as they were uploaded"), "{printed}");
    what_was_found_is_kept(place, data, &hashes[3]);

    // Sent again, they are whole again.
    for content in contents.iter().map(Vec::as_slice).chain([b"nobody's".as_slice()]) {
        put(&*blobs, content, Timestamp::now()).await.unwrap();
    }
    let (content, printed) = fixity(place, data, &[]);
    assert!(content, "{printed}");
    let verified = place.program(data).arg("verify").output().unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
}

/// The results of two passes, the second with four findings, one of them a file that is gone.
fn what_was_found_is_kept(place: &Place, data: &Path, gone: &str) {
    let (_, shown) = fixity(place, data, &["--results"]);
    let entries: Vec<&str> = shown.lines().filter(|line| line.starts_with("entry ")).collect();
    assert_eq!(entries.len(), 2, "{shown}");
    assert!(
        entries[0].contains(" 4 wrong; pass 2") && entries[1].contains(" 0 wrong; pass 1"),
        "{shown}"
    );
    assert!(
        shown.contains(&format!("  {gone} is not there; used by document ")),
        "{shown}"
    );
}

fn flipped(mut bytes: Vec<u8>) -> Vec<u8> {
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes
}

/// The planted file is found, and nothing stays of it.
async fn the_self_test_succeeds(place: &Place, data: &Path) {
    let blobs = place.blobs().await;
    let before = blobs.list(None, 100).await.unwrap();
    let (content, printed) = fixity(place, data, &["--self-test"]);
    assert!(content && printed.contains("planted damage was found"), "{printed}");
    assert_eq!(blobs.list(None, 100).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_in_a_folder_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::folder(folder.path());
    damage_is_found(&place, folder.path()).await;
    the_self_test_succeeds(&place, folder.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_in_a_bucket_is_found() {
    let (folder, place) = (tempfile::tempdir().unwrap(), Place::bucket().await);
    damage_is_found(&place, folder.path()).await;
    the_self_test_succeeds(&place, folder.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn damage_in_gridfs_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::gridfs(folder.path()).await;
    damage_is_found(&place, folder.path()).await;
    the_self_test_succeeds(&place, folder.path()).await;
}

/// How a store hides damage.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lie {
    /// It answers with the bytes that it gave the first time.
    Remembers,
    /// It does not keep what it thinks it has.
    KeepsTheFirst,
    /// It leaves files out of its list.
    Hides,
}

/// A store that does.
struct Lying {
    lie: Lie,
    given: Mutex<HashMap<String, Vec<u8>>>,
}

#[async_trait]
impl FileHooks for Lying {
    async fn publish(
        &self,
        blobs: &dyn BlobStore,
        staged: Vec<Staged>,
        now: Timestamp,
    ) -> Result<Vec<Published>, BlobError> {
        let (sha256, size) = (staged[0].sha256.clone(), staged[0].size);
        if self.lie == Lie::KeepsTheFirst && blobs.size(&sha256).await?.is_some() {
            let blob = BlobRef { sha256, size };
            return Ok(vec![Published { blob, created: false }]);
        }
        blobs.publish_all(staged, now).await
    }

    async fn open(
        &self,
        blobs: &dyn BlobStore,
        sha256: &str,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, BlobError> {
        let given = self.given.lock().unwrap().get(sha256).cloned();
        let bytes = match given {
            Some(bytes) if self.lie == Lie::Remembers => bytes,
            _ => blobs.open(sha256, range).await?.try_collect::<Vec<_>>().await?.concat(),
        };
        self.given.lock().unwrap().insert(sha256.to_owned(), bytes.clone());
        Ok(futures::stream::iter([Ok(bytes.into())]).boxed())
    }

    async fn list(
        &self,
        blobs: &dyn BlobStore,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<BlobEntry>, BlobError> {
        let limit = if self.lie == Lie::Hides { 0 } else { limit };
        blobs.list(after, limit).await
    }
}

/// The same application over another store of files.
fn with_blobs(app: &App, blobs: Arc<dyn BlobStore>) -> Arc<App> {
    App::new(
        Arc::clone(&app.store),
        blobs,
        Arc::clone(&app.clock),
        Arc::clone(&app.entropy),
    )
}

#[tokio::test]
async fn a_store_that_hides_damage_fails_the_self_test_and_no_pass_begins_on_it() {
    let world = in_appraisal().await;
    let before = world.app.blobs.list(None, 100).await.unwrap();
    assert!(fixity::self_test(&world.app).await.unwrap().is_empty());
    for (lie, unnoticed) in [(Lie::Remembers, 2), (Lie::KeepsTheFirst, 2), (Lie::Hides, 3)] {
        let given = Mutex::default();
        let app = with_blobs(
            &world.app,
            HookedFiles::around(&world.app.blobs, &Arc::new(Lying { lie, given })),
        );
        assert_eq!(fixity::self_test(&app).await.unwrap().len(), unnoticed);
        let asked = Asked {
            resume: false,
            limit: None,
        };
        let refused = fixity::run_all(&app, "a", asked, &mut |_| {}).await.unwrap_err();
        assert!(refused.to_string().contains("does not notice"), "{refused}");
    }
    assert!(fixity::results(&world.app, 10).await.unwrap().is_empty());
    // What was planted is gone, whatever came of it.
    assert_eq!(world.app.blobs.list(None, 100).await.unwrap(), before);
}

/// A month, a file a run.
const PACE: Pace = Pace {
    every: SignedDuration::from_hours(30 * 24),
    run_bytes: 1,
};

/// Documents with a file each.
async fn with_files(count: u32) -> World {
    let world = World::with_round().await;
    let mut input = report("ALPHA", "1.1");
    input["i"]["content"]["files"] = json!([{"upload": null}]);
    for number in 0..count {
        let bytes = [PDF, format!("% {number}\n").as_bytes()].concat();
        let file = vec![("i.content.files.0.upload", "Báo cáo.pdf", bytes)];
        world.upload("alpha.officer", ADD, &input, file).await.ok();
    }
    world
}

async fn due(app: &App, owner: &str) -> Option<Fixity> {
    fixity::run_due(app, owner, PACE).await.unwrap()
}

#[tokio::test]
async fn the_schedule_reads_each_file_once_in_a_month_by_runs_of_bounded_length() {
    let world = with_files(3).await;
    let mut cursors = Vec::new();
    for number in 1..=3_u64 {
        let pass = due(&world.app, "a").await.expect("a run is due");
        let run = pass.run.as_ref().unwrap();
        assert_eq!((pass.pass, run.tally.files, pass.total.files), (1, 1, number));
        assert_eq!(pass.lease, None);
        cursors.push(pass.cursor.clone().unwrap());
        assert_eq!(pass.ended_at.is_some(), number == 3, "{pass:?}");
    }
    assert!(cursors.is_sorted() && cursors[0] < cursors[2], "{cursors:?}");
    assert_eq!(due(&world.app, "a").await, None, "all of it is read");
    world.set_time("2020-03-31T01:59:59Z");
    assert_eq!(due(&world.app, "a").await, None, "a month is not over");
    world.set_time("2020-03-31T02:00:00Z");
    let again = due(&world.app, "a").await.expect("a month is over");
    assert_eq!((again.pass, again.total.files), (2, 1));
    world.verified().await;
}

#[tokio::test]
async fn a_person_stops_and_goes_on_and_starts_over() {
    let world = with_files(3).await;
    let ask = async |resume, limit| {
        let asked = Asked { resume, limit };
        fixity::run_all(&world.app, "person", asked, &mut |_| {}).await.unwrap()
    };
    let first = ask(false, Some(1)).await;
    assert_eq!((first.pass, first.total.files, first.ended_at), (1, 1, None));
    let rest = ask(true, None).await;
    assert_eq!((rest.pass, rest.total.files, rest.ended_at.is_some()), (1, 3, true));
    let over = ask(false, None).await;
    assert_eq!((over.pass, over.total.files), (2, 3));
    // With nothing to go on with, it begins.
    assert_eq!(ask(true, Some(1)).await.pass, 3);
    world.verified().await;
}

#[tokio::test]
async fn who_stood_still_for_an_hour_writes_down_nothing_and_another_goes_on() {
    let world = with_files(1).await;
    // A store that stands still while another process takes over.
    let slow = Arc::new(Slow::default());
    let app = with_blobs(&world.app, HookedFiles::around(&world.app.blobs, &slow));
    let sleeper = due(&app, "sleeper");
    let other = async {
        slow.reached.notified().await;
        assert_eq!(due(&world.app, "other").await, None, "the run is the sleeper's");
        world.set_time("2020-03-01T03:00:01Z");
        let pass = due(&world.app, "other").await.expect("the lease has run out");
        slow.go.notify_one();
        pass
    };
    let (late, pass) = tokio::join!(sleeper, other);
    assert_eq!((late, pass.pass, pass.total.files), (None, 1, 1));
    assert_eq!(fixity::results(&world.app, 10).await.unwrap().len(), 1);
    world.verified().await;
}

/// The schedule of two processes on one store, at the same moment.
async fn the_schedule_runs_once_for_two_processes(other: Arc<dyn Store>, world: &World) {
    let second = App::new(
        other,
        Arc::clone(&world.app.blobs),
        Arc::clone(&world.app.clock),
        Arc::clone(&world.app.entropy),
    );
    let before = world.app.blobs.list(None, 10).await.unwrap().len() as u64;
    let whole = Pace {
        run_bytes: u64::MAX,
        ..PACE
    };
    let (one, two) = tokio::join!(
        fixity::run_due(&world.app, "one", whole),
        fixity::run_due(&second, "two", whole)
    );
    let done: Vec<Fixity> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
    assert_eq!(done.len(), 1, "{done:?}");
    assert_eq!((done[0].total.files, done[0].total.wrong), (before, 0));
    // Begun and ended, once.
    let head = world.app.store.head(&streams::fixity()).await.unwrap().unwrap();
    assert_eq!(head.number, 2);
    assert_eq!(verify::verify(&second).await.unwrap().difference, None);
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn the_schedule_runs_once_for_two_processes_on_one_cluster() {
    stores::on(StoreKind::Mongodb, async {
        let world = with_files(3).await;
        let other = stores::open(world.folder.path()).await;
        the_schedule_runs_once_for_two_processes(other, &world).await;
    })
    .await;
}

#[tokio::test]
async fn what_the_schedule_finds_is_written_down_with_the_evidence() {
    let world = with_files(2).await;
    let place = Place::folder(world.folder.path());
    let sha256 = world.app.blobs.list(None, 1).await.unwrap()[0].blob.sha256.clone();
    place.damage(&sha256, |_| None).await;
    let pass = due(&world.app, "a").await.unwrap();
    let finding = &pass.run.as_ref().unwrap().findings[0];
    assert_eq!((&finding.sha256, finding.kind), (&sha256, Kind::Missing));
    assert_eq!(
        (finding.uses[0].unit.as_deref(), finding.uses[0].revision),
        (Some("ALPHA"), 1)
    );
    // Whoever runs rounds sees the entry; a stranger does not.
    let entry = r#"{ journalEntry(stream: "fixity:files", entry: "2") { header } }"#;
    let shown = world.send("manager", entry, json!({})).await.ok();
    let header = shown["journalEntry"]["header"].as_str().unwrap();
    assert!(header.contains("EndFixityRun"), "{header}");
    let (code, _) = world.send("alpha.officer", entry, json!({})).await.refused();
    assert_eq!(code, "NOT_FOUND");
    assert_eq!(fixity::results(&world.app, 10).await.unwrap(), [(2, pass)]);
}

#[tokio::test]
async fn a_lost_run_of_a_person_is_told() {
    let world = with_files(1).await;
    let slow = Arc::new(Slow::default());
    let app = with_blobs(&world.app, HookedFiles::around(&world.app.blobs, &slow));
    let asked = Asked {
        resume: false,
        limit: None,
    };
    let mut nobody = |_: &fixity::Finding| {};
    let first = fixity::run_all(&app, "first", asked, &mut nobody);
    let second = async {
        slow.reached.notified().await;
        let mut nobody = |_: &fixity::Finding| {};
        let done = fixity::run_all(&world.app, "second", asked, &mut nobody).await.unwrap();
        slow.go.notify_one();
        done
    };
    let (lost, done) = tokio::join!(first, second);
    assert!(matches!(lost, Err(Error::LeaseLost)), "{lost:?}");
    assert!(done.ended_at.is_some());
}
