//! The program with its files in a bucket of a real S3 server, and in GridFS of a real `mongod`.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use minhchung::blob::put;
use reqwest::multipart::Part;
use serde_json::json;

use crate::program::{ADD, PDF, Server, program, token_by};
use crate::support::place::Place;

/// How long a sweep that starts with the server is waited for.
const SWEPT: Duration = Duration::from_secs(60);

/// A server with an open round and its files in a place, and the token of an officer.
pub async fn with_round(place: &Place, data: &Path, settings: &[&str]) -> (Server, String) {
    assert!(place.program(data).arg("seed").status().unwrap().success());
    let (manager, officer) = (
        token_by(place.program(data), "snv.manager"),
        token_by(place.program(data), "sgtvt.officer"),
    );
    let mut program = place.program(data);
    program.args(settings);
    let server = Server::start_by(program).await;
    server.open_round(&manager).await;
    (server, officer)
}

/// Uploads a document's file; answers where it is downloaded and its SHA-256.
pub async fn upload(server: &Server, officer: &str, title: &str, file: Part) -> (String, String) {
    let input = json!({"i": {"dossier": {"key": {"round": "R", "unit": "SGTVT"}}, "kind": "OFFICIAL_DOCUMENT", "title": title,
        "content": {"header": {"documentType": "KH", "number": "1/KH-SGTVT", "issuer": "Sở GTVT", "issuedOn": "2019-01-10", "subject": "CCHC"},
            "files": [{"upload": null}]},
        "links": [{"criterion": "1.1.1"}]}});
    let operations = json!({"query": ADD, "variables": input});
    let added = server.upload(officer, operations, vec![file]).await;
    let leaves = added["data"]["addEvidence"]["dossier"]["assessments"]
        .as_array()
        .unwrap_or_else(|| panic!("{added}"));
    let leaf = leaves.iter().find(|leaf| leaf["criterion"] == "1.1.1").unwrap();
    let mut links = leaf["links"].as_array().unwrap().iter();
    let link = links.find(|link| link["evidence"]["title"] == title).unwrap();
    let link = &link["evidence"]["files"][0];
    let path = format!("{}{}", server.address, link["path"].as_str().unwrap());
    (path, link["sha256"].as_str().unwrap().to_owned())
}

/// Seeds, opens a round, uploads, downloads whole and in part, sweeps, verifies; answers the file's SHA-256.
async fn files_go_up_and_come_back(place: &Place, data: &Path) -> String {
    let (server, officer) = with_round(place, data, &[]).await;
    let (path, sha256) = upload(
        &server,
        &officer,
        "Kế hoạch",
        Part::bytes(PDF).file_name("ke-hoach.pdf"),
    )
    .await;
    let whole = server.client.get(&path).send().await.unwrap();
    assert_eq!(whole.bytes().await.unwrap(), PDF);
    let some = server
        .client
        .get(&path)
        .header("Range", "bytes=1-3")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (some.status().as_u16(), some.bytes().await.unwrap().as_ref()),
        (206, b"PDF".as_slice())
    );
    drop(server);

    // The next process sweeps when it starts: what nobody refers to goes, the evidence stays.
    let blobs = place.blobs().await;
    let long_ago = Timestamp::now() - SignedDuration::from_hours(48);
    let orphan = put(&*blobs, b"nobody's", long_ago).await.unwrap().blob.sha256;
    let server = Server::start_by(place.program(data)).await;
    let begun = Instant::now();
    while blobs.size(&orphan).await.unwrap().is_some() {
        assert!(begun.elapsed() < SWEPT, "it is not swept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let again = server
        .client
        .get(path.replace(&path[..path.find("/file").unwrap()], &server.address));
    assert_eq!(again.send().await.unwrap().bytes().await.unwrap(), PDF);
    drop(server);
    let verified = place.program(data).arg("verify").output().unwrap();
    let printed = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(
        printed.contains(&format!("1 files, {} bytes\neverything holds", PDF.len())),
        "{printed}"
    );
    // The command that prints tokens may have made the folder.
    let here = std::fs::read_dir(data.join("blobs")).map_or(0, |found| found.count());
    assert_eq!(here, 0, "nothing of it lies in the data folder");
    sha256
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_into_a_bucket_and_come_back() {
    let (folder, place) = (tempfile::tempdir().unwrap(), Place::bucket().await);
    let sha256 = files_go_up_and_come_back(&place, folder.path()).await;
    let Place::Bucket(s3) = &place else { unreachable!() };
    let copies = s3.files().into_iter();
    let copies = copies.filter(|file| file.to_string_lossy().contains(&format!("/blobs/{sha256}/")));
    assert_eq!(copies.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn files_go_into_gridfs_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::gridfs(folder.path()).await;
    let sha256 = files_go_up_and_come_back(&place, folder.path()).await;
    let listed = place.blobs().await.list(None, 10).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|entry| entry.blob.sha256.as_str()).collect();
    assert_eq!(listed, [sha256]);
}

#[test]
fn gridfs_without_a_mongodb_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = program(folder.path())
        .env("MINHCHUNG_BLOBS", "gridfs")
        .args(["--listen", "here", "serve"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("blobs: gridfs keeps files in the MongoDB") && said.contains("listen: "),
        "{said}"
    );
}

#[test]
fn what_names_no_place_is_told_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let refused = program(folder.path())
        .args(["--blobs", "s3://key:hunter2@bucket/a", "seed"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("AWS_ACCESS_KEY_ID") && !said.contains("hunter2"),
        "{said}"
    );
}
