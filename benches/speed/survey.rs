//! A survey of a million respondents and 22 questions through multipart HTTP into the real program: the processor time that it
//! takes to keep, read, count and delete the file, and what the program's memory grows by.

use std::time::Instant;

use serde_json::json;

use crate::Problem;
use crate::measure::{forget_peak, line, memory_kib};
use crate::program::{Program, token};
use crate::wire::{Connection, head};
use crate::world::{SURVEYED_ROUND, World};

/// Questions, as in the survey of satisfaction.
const QUESTIONS: usize = 22;
/// Rows that are sent at once.
const ROWS_A_PIECE: usize = 1_000;

/// How much is measured.
pub struct Sizes {
    /// Rows of the file, in thousands.
    thousands: usize,
    /// Units that they are about.
    units: usize,
}

pub const FULL: Sizes = Sizes {
    thousands: 1_000,
    units: 50,
};
pub const TINY: Sizes = Sizes { thousands: 1, units: 2 };

const BOUNDARY: &str = "between-the-parts";
const IMPORT: &str = "mutation Import($i: ImportSurveyInput!) { importSurvey(input: $i) { survey { goodRows } } }";

pub async fn run(sizes: &Sizes) -> Result<(), Problem> {
    let world = World::open(&[("SNV", 1)], sizes.units, false).await?;
    world.open_surveyed_round(QUESTIONS).await?;
    let units = world.units.clone();
    let folder = world.close();
    let length = sizes.thousands * rows(&units, 0).len() + header().len();
    // The setting that lets the file through: twice its length.
    let server = Program::serve(folder.path(), &["--max-upload-bytes", &(2 * length).to_string()])?;
    let token = token(folder.path(), "survey")?;
    let idle = memory_kib(server.process(), "VmRSS")?;
    forget_peak(server.process())?;
    let (started, cpu) = (Instant::now(), server.time()?);
    send(&server, &token, &units, sizes.thousands, length)?;
    let (taken, cpu) = (started.elapsed().as_secs_f64(), (server.time()? - cpu).as_secs_f64());
    let grown = memory_kib(server.process(), "VmHWM")?.saturating_sub(idle) as f64 / 1024.0;
    let count = sizes.thousands * ROWS_A_PIECE;
    line(
        &format!("import of {count} respondents × {QUESTIONS} questions"),
        &format!("{taken:.2} s"),
        "",
    );
    line("processor time of it, all threads", &format!("{cpu:.2} s"), "");
    line("memory over idle", &format!("{grown:.1} MiB"), "≤ 32 MiB");
    Ok(())
}

fn header() -> String {
    let questions = (1..=QUESTIONS).map(|number| format!(",q{number}"));
    format!("unit{}\n", questions.collect::<String>())
}

/// A thousand rows, all of one length: answers from 1 to 5 that go round.
fn rows(units: &[String], piece: usize) -> String {
    let mut text = String::new();
    for row in 0..ROWS_A_PIECE {
        text += &units[(piece + row) % units.len()];
        for question in 0..QUESTIONS {
            text.push(',');
            text.push(char::from(b'1' + ((piece * 7 + row * 3 + question * 11) % 5) as u8));
        }
        text.push('\n');
    }
    text
}

fn send(server: &Program, token: &str, units: &[String], thousands: usize, length: usize) -> Result<(), Problem> {
    let input = json!({"round": SURVEYED_ROUND, "questionnaire": "Q@1", "source": "BC", "file": {"upload": null},
        "population": "10000000"});
    let operations = json!({"query": IMPORT, "variables": {"i": input}});
    let map = json!({"0": ["variables.i.file.upload"]});
    let part = |name: &str, more: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n")
    };
    let before = format!(
        "{}{operations}\r\n{}{map}\r\n{}",
        part("operations", ""),
        part("map", ""),
        part("0", "; filename=\"khao-sat.csv\"")
    );
    let after = format!("\r\n--{BOUNDARY}--\r\n");
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let whole = (before.len() + length + after.len()) as u64;
    let mut connection = Connection::open(server.address)?;
    connection.send(head(token, &content_type, whole, "GraphQL-Require-Preflight: 1\r\n").as_bytes())?;
    connection.send(before.as_bytes())?;
    connection.send(header().as_bytes())?;
    for piece in 0..thousands {
        connection.send(rows(units, piece).as_bytes())?;
    }
    connection.send(after.as_bytes())?;
    let body: serde_json::Value = serde_json::from_slice(&connection.receive()?.body)?;
    let counted = body["data"]["importSurvey"]["survey"]["goodRows"].as_u64();
    if counted != Some((thousands * ROWS_A_PIECE) as u64) {
        return Err(format!("the survey was not imported: {body}").into());
    }
    Ok(())
}
