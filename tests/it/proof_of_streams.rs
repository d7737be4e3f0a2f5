//! A stream that was taken away whole, documents, journal and all, is missed by what names it.

use minhchung::app::documents::streams;
use minhchung::domain::round::Round;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::journey::{brought_to_appraisal, in_appraisal};
use crate::proof::said;
use crate::rounds::opened_in_part;
use crate::support::forging::standing;
use crate::world::{OPEN_ROUND, World};

/// The data file in the hands of somebody who takes whole streams away, and puts them back.
struct Eraser(Connection);

impl Eraser {
    fn on(world: &World) -> Self {
        Self(Connection::open(world.folder.path().join("store.db")).unwrap())
    }

    /// Tables with a column that names the stream, and the condition that finds a stream's rows in each table.
    fn tables(&self) -> Vec<(String, String)> {
        let query = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name LIKE 'doc_%'";
        let mut names = self.0.prepare(query).unwrap();
        let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let mut tables = vec![(
            "journal_document".to_owned(),
            "document >> 10 IN (SELECT position FROM main.journal_entry WHERE stream IN STREAMS)".to_owned(),
        )];
        tables.extend(names.map(|name| (name.unwrap(), "stream IN STREAMS".to_owned())));
        tables.push(("journal_entry".to_owned(), "stream IN STREAMS".to_owned()));
        tables
    }

    /// Takes streams away for as long as `look` looks.
    async fn without<T>(&self, streams: &[&str], look: impl AsyncFnOnce() -> T) -> T {
        let list = streams.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>();
        let list = format!("({})", list.join(", "));
        let tables = self.tables();
        let run = |text: String| {
            self.0
                .execute_batch(&text)
                .unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        for (table, rows) in &tables {
            let rows = rows.replace("STREAMS", &list);
            run(format!(
                "CREATE TEMP TABLE kept_{table} AS SELECT * FROM main.{table} WHERE {rows}"
            ));
        }
        for (table, rows) in &tables {
            run(format!(
                "DELETE FROM main.{table} WHERE {}",
                rows.replace("STREAMS", &list)
            ));
        }
        let erased: i64 = self
            .0
            .query_row("SELECT count(DISTINCT stream) FROM kept_journal_entry", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(usize::try_from(erased).unwrap(), streams.len(), "{streams:?}");
        let seen = look().await;
        for (table, _) in &tables {
            run(format!(
                "INSERT INTO main.{table} SELECT * FROM kept_{table}; DROP TABLE kept_{table}"
            ));
        }
        seen
    }
}

async fn round(world: &World, code: &str) -> Round {
    standing(world, &streams::round(code), code).await
}

#[tokio::test]
async fn a_mapping_is_missed_by_the_rows_that_were_read_by_it() {
    let world = World::with_round().await;
    crate::mappings::filed(&world).await;
    world.verified().await;
    let look = async || said(&world).await;
    let missed = Eraser::on(&world).without(&["mapping:DVC"], look).await;
    assert!(
        missed.contains("revision 1: version 1 of the column mapping DVC is not there"),
        "{missed}"
    );
    world.verified().await;
}

/// A round that could not be opened whole at the first try: BETA's dossier came with the second job. Answers both jobs.
async fn opened_in_two_tries(world: &World, before_the_second: impl AsyncFnOnce()) -> (String, String) {
    let job = async || round(world, "U-2019").await.job;
    let open = opened_in_part(world).await;
    let first = job().await.expect("the job that failed stays named");
    before_the_second().await;
    world.send("manager", &open, json!({})).await.ok();
    let second = job().await.expect("another job tries");
    world.run_jobs().await;
    assert_eq!(job().await, None, "the round is open");
    (first, second)
}

#[tokio::test]
async fn a_stream_that_another_names_is_missed() {
    let world = in_appraisal().await;
    let (first, second) = opened_in_two_tries(&world, async || {}).await;
    assert_eq!(said(&world).await, "");
    let eraser = Eraser::on(&world);
    let first_job = format!("job:{first}");
    let (alpha, beta) = ("dossier:U-2019/ALPHA", "dossier:U-2019/BETA");
    let cases: &[(&[&str], String)] = &[
        (
            &["dossier:T-2019/BETA"],
            "round:T-2019: the dossier of BETA is not there".to_owned(),
        ),
        (
            &["framework:T@1"],
            "dossier:T-2019/ALPHA: framework T@1 is not there".to_owned(),
        ),
        (
            &[
                "framework:T@1",
                "dossier:T-2019/ALPHA",
                "dossier:T-2019/BETA",
                alpha,
                beta,
            ],
            "round:T-2019: framework T@1 is not there".to_owned(),
        ),
        // Nothing rests on the grants of who started a job: the job's entries name the person.
        (
            &["user:manager"],
            "dossier:T-2019/ALPHA: entry 1: manager made it, whose account is not there".to_owned(),
        ),
        // The round waited for two jobs. What the first one did would rest on it, were it not gone too.
        (&[&first_job, alpha], format!("round:U-2019: job {first} is not there")),
        (
            &["round:U-2019", alpha, beta],
            format!("job:{}: round U-2019 is not there", (&first).min(&second)),
        ),
    ];
    for (erased, expected) in cases {
        let found = eraser.without(erased, async || said(&world).await).await;
        assert!(found.contains(expected.as_str()), "{erased:?}: {found}");
    }
    assert_eq!(said(&world).await, "");
}

#[tokio::test]
async fn while_a_round_opens_the_dossiers_that_its_job_has_reported_are_missed() {
    let world = World::with_round().await;
    opened_in_two_tries(&world, async || {
        // BETA could not be opened, the report says so, and so nothing is missing.
        assert_eq!(said(&world).await, "");
        let eraser = Eraser::on(&world);
        let erased = eraser
            .without(&["dossier:U-2019/ALPHA"], async || said(&world).await)
            .await;
        assert_eq!(erased, "round:U-2019: the dossier of ALPHA is not there");
    })
    .await;
}

#[tokio::test]
async fn a_job_that_was_announced_and_not_made_yet_is_no_difference() {
    let world = World::with_framework().await;
    let opened = world.send("manager", OPEN_ROUND, json!({})).await.ok();
    assert_eq!(opened["openRound"]["round"]["phase"], "OPENING");
    // As if the process had ended between the two commits: the server that comes next makes the job again.
    let job = format!("job:{}", round(&world, "T-2019").await.job.unwrap());
    let found = Eraser::on(&world).without(&[&job], async || said(&world).await).await;
    assert_eq!(found, "");
}

#[tokio::test]
async fn documents_without_any_journal_are_found() {
    let world = World::with_round().await;
    let file = Connection::open(world.folder.path().join("store.db")).unwrap();
    // Somebody with the disk in hand makes an account out of another, with all its grants.
    file.execute_batch(
        "INSERT INTO doc_user (stream, id, version, salt, body, f_unit)
            SELECT 'user:intruder', 'intruder', version, salt, CAST(replace(CAST(body AS TEXT), 'manager', 'intruder') AS BLOB), f_unit
            FROM doc_user WHERE id = 'manager'",
    )
    .unwrap();
    assert_eq!(said(&world).await, "user:intruder: user/intruder is in no entry");
}

/// What can be known from inside ends where nothing names the stream; a receipt that was kept outside names it.
#[tokio::test]
async fn a_stream_that_nothing_names_is_missed_by_a_receipt_alone() {
    let world = brought_to_appraisal(World::with_round().await).await;
    let put =
        r#"mutation { putUser(input: {login: "unused", name: "N", unit: "SNV"}) { receipt { stream entry hash } } }"#;
    let put = world.send("admin", put, json!({})).await.ok();
    let receipt = &put["putUser"]["receipt"];
    let ask = "query($s: String!, $n: Long!) { journalEntry(stream: $s, entry: $n) { hash } }";
    let variables = json!({"s": receipt["stream"], "n": receipt["entry"]});
    let shown = world.send("admin", ask, variables.clone()).await.ok();
    assert_eq!(shown["journalEntry"]["hash"], receipt["hash"]);

    let eraser = Eraser::on(&world);
    let (verified, asked) = eraser
        .without(&["user:unused"], async || {
            (said(&world).await, world.send("admin", ask, variables).await)
        })
        .await;
    assert_eq!(verified, "");
    assert_eq!(asked.data["journalEntry"], Value::Null);
    assert_eq!(asked.refused().0, "NOT_FOUND");
}
