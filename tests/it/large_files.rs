//! Files far longer than the memory that they may take, up and down through the real server, into a bucket and into GridFS.
//!
//! 64 MiB, or what `MINHCHUNG_LARGE_MIB` says: the memory that is allowed is the same.

use std::path::Path;
use std::time::Instant;

use bytes::Bytes;
use futures::TryStreamExt;
use reqwest::Body;
use reqwest::multipart::Part;
use sha2::{Digest, Sha256};

use crate::buckets::{upload, with_round};
use crate::program::{PDF, Server};
use crate::support::place::Place;

const MIB: usize = 1024 * 1024;
/// Length of the file in MiB if nothing is said: what does not fit the allowed memory twice.
const USUAL: u64 = 64;
/// Most memory of the server over what it takes idle while a file comes (32 MiB), as for the embedded folder in `benches/`: two
/// parts of 5 MiB for a bucket, and what the allocator keeps of those before.
const UP_KIB: u64 = 32 * 1024;
/// The same while one goes (48 MiB). Held at once are some two MiB, in buffers of 400 KiB that the HTTP client makes anew for
/// each reading and that other threads let go of; the allocator keeps some of them for each thread. A file of 1 GiB from a
/// bucket took 36 MiB, one of 256 MiB 25.
const DOWN_KIB: u64 = 48 * 1024;

/// The bytes of one piece: a PDF by its first, noise behind, and its number.
fn piece(number: u64) -> Bytes {
    let mut state = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    let mut bytes: Vec<u8> = words.take(MIB / 8).flatten().collect();
    if number == 0 {
        bytes[..9].copy_from_slice(b"%PDF-1.7\n");
    }
    bytes.into()
}

/// A number of KiB that the system tells of a process.
fn memory_kib(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).expect(name);
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// What the process needs at most while something happens, over what it needs before.
async fn within<T>(most_kib: u64, server: &Server, what: &str, work: impl Future<Output = T>) -> T {
    let process = server.process();
    let idle = memory_kib(process, "VmRSS:");
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
    let begun = Instant::now();
    let done = work.await;
    let grown = memory_kib(process, "VmHWM:").saturating_sub(idle);
    println!(
        "{what}: {:.1?}, {:.1} MiB over {:.1} MiB idle",
        begun.elapsed(),
        grown as f64 / 1024.0,
        idle as f64 / 1024.0
    );
    assert!(grown <= most_kib, "{what} took {grown} KiB over idle");
    done
}

async fn a_large_file_passes(place: &Place, data: &Path) {
    let pieces = std::env::var("MINHCHUNG_LARGE_MIB").map_or(USUAL, |text| text.parse().expect("a number of MiB"));
    let length = pieces * MIB as u64;
    let settings = ["--max-upload-bytes", &length.to_string()];
    let (server, officer) = with_round(place, data, &settings).await;
    // What is made once for all files is there before it is measured.
    let (path, _) = upload(&server, &officer, "Nhỏ", Part::bytes(PDF).file_name("nho.pdf")).await;
    assert_eq!(
        server.client.get(&path).send().await.unwrap().bytes().await.unwrap(),
        PDF
    );

    let sent = futures::stream::iter((0..pieces).map(|number| std::io::Result::Ok(piece(number))));
    let file = Part::stream_with_length(Body::wrap_stream(sent), length).file_name("lon.pdf");
    let going_up = upload(&server, &officer, "Lớn", file);
    let (path, sha256) = within(UP_KIB, &server, &format!("{pieces} MiB up"), going_up).await;
    let mut expected = Sha256::new();
    (0..pieces).for_each(|number| expected.update(piece(number)));
    assert_eq!(sha256, hex::encode(expected.finalize()));

    let going_down = async {
        let mut answer = server.client.get(&path).send().await.unwrap().bytes_stream();
        let mut hasher = Sha256::new();
        while let Some(some) = answer.try_next().await.unwrap() {
            hasher.update(&some);
        }
        hex::encode(hasher.finalize())
    };
    assert_eq!(
        within(DOWN_KIB, &server, &format!("{pieces} MiB down"), going_down).await,
        sha256
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_goes_through_a_bucket_in_little_memory() {
    let (folder, place) = (tempfile::tempdir().unwrap(), Place::bucket().await);
    a_large_file_passes(&place, folder.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn a_large_file_goes_through_gridfs_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::gridfs(folder.path()).await;
    a_large_file_passes(&place, folder.path()).await;
}
