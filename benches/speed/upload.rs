//! A file of 1 GiB through multipart HTTP into the real program, against hashing and writing the same bytes to the same
//! disk; and what the program's memory grows by.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::measure::{forget_peak, line, median, memory_kib};
use crate::program::{Program, token};
use crate::wire::{Connection, head};
use crate::world::{ROUND, World};
use crate::{Problem, measure};

/// Bytes of one piece (1 MiB).
const PIECE: usize = 1024 * 1024;
/// How much is measured.
pub struct Sizes {
    /// Pieces of the file.
    pieces: u64,
    /// Measurements; the median counts.
    rounds: u64,
}

pub const FULL: Sizes = Sizes {
    pieces: 1024,
    rounds: 5,
};
pub const TINY: Sizes = Sizes { pieces: 2, rounds: 1 };

const BOUNDARY: &str = "between-the-parts";
const ADD: &str = "mutation Add($input: AddEvidenceInput!) { addEvidence(input: $input) { evidenceId } }";

pub async fn run(sizes: &Sizes) -> Result<(), Problem> {
    let Sizes { pieces, rounds } = *sizes;
    // The setting that lets the file through: twice its length.
    let limit = 2 * pieces * PIECE as u64;
    let world = World::open(&[("SNV", 1)], 1, false).await?;
    let folder = world.close();
    let server = Program::serve(folder.path(), &["--max-upload-bytes", &limit.to_string()])?;
    let token = token(folder.path(), "officer")?;
    let (mut ratios, mut cpu_ratios, mut speeds, mut grown) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let (bare_started, bare_cpu) = (Instant::now(), measure::thread_time()?);
        write(folder.path(), round * 2, pieces)?;
        let bare = bare_started.elapsed().as_secs_f64();
        let bare_cpu = measure::thread_time()? - bare_cpu;
        let idle = memory_kib(server.process(), "VmRSS")?;
        forget_peak(server.process())?;
        let (started, cpu) = (Instant::now(), server.time()?);
        upload(&server, &token, round * 2 + 1, pieces)?;
        let taken = started.elapsed().as_secs_f64();
        grown.push((memory_kib(server.process(), "VmHWM")?.saturating_sub(idle)) as f64 / 1024.0);
        ratios.push(bare / taken);
        cpu_ratios.push(bare_cpu.as_secs_f64() / (server.time()? - cpu).as_secs_f64());
        speeds.push(pieces as f64 / taken);
    }
    let most = grown.into_iter().fold(0.0, f64::max);
    line(
        &format!("upload of {pieces} MiB"),
        &format!("{:.0} MiB/s", median(speeds)),
        "",
    );
    line(
        "throughput ÷ that of hashing and writing the same bytes",
        &format!("{:.2}", median(ratios)),
        "≥ 0.6",
    );
    line("the same per CPU second", &format!("{:.2}", median(cpu_ratios)), "");
    line("memory over idle, the worst", &format!("{most:.1} MiB"), "≤ 32 MiB");
    Ok(())
}

/// The pieces of a file that no other round has: a PDF by its first bytes, noise behind.
struct Pieces {
    bytes: Vec<u8>,
    file: u64,
}

impl Pieces {
    fn of(file: u64) -> Self {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let words = std::iter::repeat_with(|| {
            // Xorshift: the bytes only have to differ.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        let mut bytes: Vec<u8> = words.take(PIECE / 8).flatten().collect();
        bytes[..9].copy_from_slice(b"%PDF-1.7\n");
        Self { bytes, file }
    }

    fn piece(&mut self, number: u64) -> &[u8] {
        self.bytes[16..24].copy_from_slice(&self.file.to_le_bytes());
        self.bytes[24..32].copy_from_slice(&number.to_le_bytes());
        &self.bytes
    }
}

/// The least that has to happen: hash, write, fsync.
fn write(folder: &Path, file: u64, length: u64) -> Result<(), Problem> {
    let mut target = tempfile::tempfile_in(folder)?;
    let (mut pieces, mut hasher) = (Pieces::of(file), Sha256::new());
    for number in 0..length {
        let piece = pieces.piece(number);
        hasher.update(piece);
        target.write_all(piece)?;
    }
    target.sync_all()?;
    std::hint::black_box(hasher.finalize());
    Ok(())
}

fn upload(server: &Program, token: &str, file: u64, pieces: u64) -> Result<(), Problem> {
    let header = json!({"documentType": "BC", "number": "15/BC", "issuer": "U0001", "issuedOn": "2019-12-20", "subject": "Số liệu"});
    let input = json!({"dossier": {"key": {"round": ROUND, "unit": "U0001"}}, "kind": "OFFICIAL_DOCUMENT",
        "title": "Tệp lớn", "content": {"header": header, "files": [{"upload": null}]}});
    let operations = json!({"query": ADD, "variables": {"input": input}});
    let map = json!({"0": ["variables.input.content.files.0.upload"]});
    let part = |name: &str, more: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n")
    };
    let before = format!(
        "{}{operations}\r\n{}{map}\r\n{}",
        part("operations", ""),
        part("map", ""),
        part("0", "; filename=\"lon.pdf\"")
    );
    let after = format!("\r\n--{BOUNDARY}--\r\n");
    let length = before.len() as u64 + pieces * PIECE as u64 + after.len() as u64;
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let mut connection = Connection::open(server.address)?;
    connection.send(head(token, &content_type, length, "GraphQL-Require-Preflight: 1\r\n").as_bytes())?;
    connection.send(before.as_bytes())?;
    let mut noise = Pieces::of(file);
    for number in 0..pieces {
        connection.send(noise.piece(number))?;
    }
    connection.send(after.as_bytes())?;
    let answer = connection.receive()?;
    let body: serde_json::Value = serde_json::from_slice(&answer.body)?;
    if body["data"]["addEvidence"]["evidenceId"].is_null() {
        return Err(format!("the upload was refused: {body}").into());
    }
    Ok(())
}
