//! The demonstration as the program makes it: in a folder of its own, whole or not at all.

mod commands;
mod contents;
mod decided;

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use crate::explained_points;
use crate::program::{Server, free_address, program};
use crate::world::World;

/// Documents after which filling is killed: all of the small round, and a part of the first large one.
const ENOUGH: i64 = 500;
/// How often a filling that is to be killed is looked at.
const LOOK: Duration = Duration::from_millis(20);

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said:?}");
    }
}

/// How many documents of evidence lie in the store, as far as anything lies there yet.
fn documents(data: &Path) -> i64 {
    let open =
        || rusqlite::Connection::open_with_flags(data.join("store.db"), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY);
    let count = |database: rusqlite::Connection| {
        database.query_row("SELECT count(*) FROM doc_evidence", [], |row| row.get::<_, i64>(0))
    };
    open().and_then(count).unwrap_or(0)
}

/// Starts to fill a folder and kills the program (SIGKILL) once some dossiers are there.
fn fill_and_kill(data: &Path) {
    let mut filling = program(data)
        .args(["demo", "--fill-only"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while documents(data) < ENOUGH {
        assert!(
            filling.try_wait().unwrap().is_none(),
            "it ended before it could be killed"
        );
        std::thread::sleep(LOOK);
    }
    filling.kill().unwrap();
    filling.wait().unwrap();
}

#[test]
fn a_folder_that_holds_something_else_is_refused_and_stays_as_it_is() {
    let foreign = tempfile::tempdir().unwrap();
    std::fs::write(foreign.path().join("thesis.odt"), "years of work").unwrap();
    let output = program(foreign.path()).args(["demo", "--fill-only"]).output().unwrap();
    refused(
        &output,
        &[foreign.path().to_str().unwrap(), "choose another folder with --data"],
    );
    assert_eq!(names(foreign.path()), ["thesis.odt"]);

    let seeded = tempfile::tempdir().unwrap();
    let data = seeded.path();
    let seed = program(data).arg("seed").output().unwrap();
    let said = String::from_utf8(seed.stdout).unwrap();
    assert!(said.contains("entries are dated by the machine's clock"), "{said}");
    let before = names(data);
    let output = program(data).args(["demo", "--fill-only"]).output().unwrap();
    refused(&output, &[data.to_str().unwrap(), "choose another folder with --data"]);
    // No shifted clock is left behind: whoever works there goes on.
    assert_eq!(names(data), before);
    assert!(program(data).arg("seed").status().unwrap().success());
}

/// One filling, for everything that is said of it: it takes the longest of all that is tested here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demonstration_is_whole_even_after_it_was_cut_off_and_holds_what_it_promises() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    fill_and_kill(data);
    let half = documents(data);
    let own = data.join("own notes.txt");
    std::fs::write(&own, "mine").unwrap();

    // Nobody mistakes half of it for the whole.
    for command in ["serve", "seed"] {
        let output = program(data).arg(command).output().unwrap();
        refused(&output, &[data.to_str().unwrap(), "was cut off", "run `demo` again"]);
    }

    let filled = program(data).args(["demo", "--fill-only"]).output().unwrap();
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    let all = documents(data);
    assert!(half < all, "{half} of {all}");
    let verified = program(data).arg("verify").output().unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    assert_eq!(std::fs::read_to_string(own).unwrap(), "mine");

    // Once more changes nothing, and the clock stays where it was set.
    let seed = program(data).arg("seed").output().unwrap();
    let said = String::from_utf8(seed.stdout).unwrap();
    assert!(
        said.contains("entries are dated by the demonstration's clock"),
        "{said}"
    );
    let address = free_address();
    let introduced = program(data)
        .args(["--listen", &address, "demo", "--fill-only"])
        .output()
        .unwrap();
    assert!(
        introduced.status.success(),
        "{}",
        String::from_utf8_lossy(&introduced.stderr)
    );
    let again = program(data).arg("verify").output().unwrap();
    assert_eq!(again.stdout, verified.stdout);

    let world = World::open(folder).await;
    explained_points::check(&world).await;
    decided::check(&world).await;
    contents::check(&world).await;
    let folder = world.close();
    let server = Server::start_at(folder.path(), address).await;
    commands::check(&server, &String::from_utf8(introduced.stdout).unwrap()).await;
}
