//! `verify` reads every file that any revision names, and names the first one that is not what was uploaded.

use std::path::PathBuf;

use minhchung::app::documents::streams;
use minhchung::domain::evidence::Revision;
use minhchung::store::{Digest, Document};
use serde_json::{Value, json};

use crate::journey::{ADD, PDF, dossier, in_appraisal, report};
use crate::proof::said;
use crate::support::forging::{forge, standing};
use crate::world::{World, usage};

const REVISE: &str = "mutation($i: ReviseEvidenceInput!) { reviseEvidence(input: $i) { evidenceId } }";

/// Where the bytes of a file lie.
fn place(world: &World, sha256: &str) -> PathBuf {
    world.folder.path().join("blobs").join(&sha256[..2]).join(sha256)
}

fn digest(bytes: &[u8]) -> String {
    Digest::of(&[bytes]).to_string()
}

/// Files and bytes that `verify` counts.
async fn counted(world: &World) -> (u64, u64) {
    let report = minhchung::app::verify::verify(&world.app).await.unwrap();
    assert_eq!(report.difference, None);
    (report.files, report.bytes)
}

/// The document of ALPHA whose newest revision has a file of that name.
async fn document_with(world: &World, file: &str) -> Revision {
    let stream = streams::dossier("T-2019", "ALPHA");
    let found = world.app.store.find(&Revision::query().in_stream(&stream).query).await;
    let revisions = found.unwrap().documents.into_iter();
    let mut revisions = revisions.map(|(stored, _)| Revision::from_body(&stored.body).unwrap());
    let has_file = |revision: &Revision| revision.files.iter().any(|one| one.name == file);
    revisions
        .find(has_file)
        .unwrap_or_else(|| panic!("no document has {file}"))
}

#[tokio::test]
async fn a_file_that_is_missing_cut_short_or_changed_is_named() {
    let world = in_appraisal().await;
    let csv = usage(12, 30, 100).into_bytes();
    let uploaded = (PDF.len() + csv.len()) as u64;
    assert_eq!(counted(&world).await, (2, uploaded));
    for (name, bytes) in [("Báo cáo CCHC.pdf", PDF), ("dvctt.csv", &csv)] {
        let sha256 = digest(bytes);
        let evidence = document_with(&world, name).await.evidence;
        let of_file = format!("dossier:T-2019/ALPHA: document {evidence}, revision 1: file {name:?}");
        let mut flipped = bytes.to_vec();
        flipped[bytes.len() / 2] ^= 1;
        let (length, half) = (bytes.len(), bytes.len() / 2);
        let damaged = |length: usize| format!("is damaged: its {length} bytes do not have the SHA-256 {sha256}");
        let path = place(&world, &sha256);
        for (content, wrong) in [
            (None, "is not there".to_owned()),
            (Some(&bytes[..half]), damaged(half)),
            (Some(&flipped[..]), damaged(length)),
        ] {
            match content {
                Some(content) => std::fs::write(&path, content).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            assert_eq!(said(&world).await, format!("{of_file} {wrong}"));
        }
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(said(&world).await, "");
    }
}

#[tokio::test]
async fn files_of_old_revisions_are_read_too_and_each_file_once() {
    let world = World::with_round().await;
    let mut input = report("ALPHA", "1.1");
    input["i"]["content"]["files"] = json!([{"upload": null}]);
    let send = async |document: &str, input: &Value, bytes: &[u8]| {
        let file = vec![("i.content.files.0.upload", "Báo cáo.pdf", bytes.to_vec())];
        world.upload("alpha.officer", document, input, file).await.ok()
    };
    let first = send(ADD, &input, PDF).await;
    // The same bytes in another document are named twice and read once.
    send(ADD, &input, PDF).await;
    let length = PDF.len() as u64;
    assert_eq!(counted(&world).await, (1, length));

    let signed = [PDF, b"% signed\n"].concat();
    let evidence = &first["addEvidence"]["evidenceId"];
    let revised = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": evidence, "content": input["i"]["content"],
        "reason": "Bản đã ký"}});
    send(REVISE, &revised, &signed).await;
    assert_eq!(counted(&world).await, (2, length + signed.len() as u64));

    // Nobody needs the first revision any more, but it was judged once and names its bytes still.
    std::fs::remove_file(place(&world, &digest(PDF))).unwrap();
    let found = said(&world).await;
    assert!(
        found.ends_with("revision 1: file \"Báo cáo.pdf\" is not there"),
        "{found}"
    );
}

#[tokio::test]
async fn a_revision_that_states_another_length_is_named() {
    let world = in_appraisal().await;
    let stream = streams::dossier("T-2019", "ALPHA");
    let revision = document_with(&world, "dvctt.csv").await;
    let mut false_one: Revision = standing(&world, &stream, &revision.id()).await;
    false_one.files[0].size += 1;
    forge(&world, &stream, &false_one).await;
    let length = revision.files[0].size;
    let found = said(&world).await;
    let expected = format!(
        "file \"dvctt.csv\" is stated to have {} bytes, but has {length}",
        length + 1
    );
    assert!(found.ends_with(&expected), "{found}");
}
