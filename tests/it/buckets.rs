//! The program with its files in a bucket of a real S3 server.

use std::path::Path;
use std::process::Command;

use reqwest::multipart::Part;
use serde_json::json;

use crate::program::{ADD, PDF, Server, program, token};
use crate::support::s3::{BUCKET, KEY, S3, SECRET};

/// The program with its files under a prefix of the server's bucket.
fn with_bucket(data: &Path, s3: &S3) -> Command {
    let mut command = program(data);
    command
        .args(["--blobs", &format!("s3://{BUCKET}/tinh/quang-nam")])
        .env("AWS_ENDPOINT", &s3.endpoint)
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_into_a_bucket_and_come_back() {
    let s3 = S3::start().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    assert!(with_bucket(data, &s3).arg("seed").status().unwrap().success());
    let (manager, officer) = (token(data, "snv.manager"), token(data, "sgtvt.officer"));
    let server = Server::start_by(with_bucket(data, &s3)).await;
    server.open_round(&manager).await;

    let input = json!({"i": {"dossier": {"key": {"round": "R", "unit": "SGTVT"}}, "kind": "OFFICIAL_DOCUMENT", "title": "Kế hoạch",
        "content": {"header": {"documentType": "KH", "number": "1/KH-SGTVT", "issuer": "Sở GTVT", "issuedOn": "2019-01-10", "subject": "CCHC"},
            "files": [{"upload": null}]},
        "links": [{"criterion": "1.1.1"}]}});
    let operations = json!({"query": ADD, "variables": input});
    let file = Part::bytes(PDF).file_name("ke-hoach.pdf");
    let added = server.upload(&officer, operations, vec![file]).await;
    let leaves = added["data"]["addEvidence"]["dossier"]["assessments"]
        .as_array()
        .unwrap_or_else(|| panic!("{added}"));
    let leaf = leaves.iter().find(|leaf| leaf["criterion"] == "1.1.1").unwrap();
    let link = &leaf["links"][0]["evidence"]["files"][0];
    let sha256 = link["sha256"].as_str().unwrap();
    let path = format!("{}{}", server.address, link["path"].as_str().unwrap());
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

    let in_bucket = s3.folder().join(BUCKET).join("tinh/quang-nam/blobs").join(sha256);
    assert_eq!(std::fs::read_dir(in_bucket).unwrap().count(), 1);
    // The command that prints tokens has made the folder.
    let here = std::fs::read_dir(data.join("blobs")).unwrap().count();
    assert_eq!(here, 0, "nothing of it lies in the data folder");
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
