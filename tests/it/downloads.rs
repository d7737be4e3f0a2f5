//! Files by signed link: five minutes, for one viewer, in ranges, never as a page.

use serde_json::json;

use crate::journey::{PDF, in_appraisal};
use crate::world::World;

const FILES: &str = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) {
    links { evidence { files { name sha256 contentType path } } } } }"#;

/// The file of ALPHA's report as somebody sees it.
async fn file(world: &World, login: &str) -> serde_json::Value {
    let found = world.send(login, FILES, json!({})).await.ok();
    found["assessment"]["links"][0]["evidence"]["files"][0].clone()
}

#[tokio::test]
async fn a_link_gives_the_file_whole_in_part_or_not_again() {
    let world = in_appraisal().await;
    let file = file(&world, "snv.appraiser").await;
    let url = world.server.url(file["path"].as_str().unwrap());
    let get = |name: &'static str, value: &str| world.server.client.get(&url).header(name, value).send();
    let whole = get("accept", "*/*").await.unwrap();
    assert_eq!(whole.status(), 200);
    let headers = whole.headers().clone();
    let header = |name: &str| headers[name].to_str().unwrap();
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("content-length"), PDF.len().to_string());
    assert_eq!(header("accept-ranges"), "bytes");
    assert_eq!(header("etag"), format!("\"{}\"", file["sha256"].as_str().unwrap()));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("sandbox"));
    assert_eq!(header("cache-control"), "private, no-cache");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"B_o c_o CCHC.pdf\"; filename*=UTF-8''B%C3%A1o%20c%C3%A1o%20CCHC.pdf"
    );
    assert_eq!(whole.bytes().await.unwrap(), PDF);

    let part = get("range", "bytes=1-3").await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], format!("bytes 1-3/{}", PDF.len()));
    assert_eq!(part.headers()["etag"], header("etag"));
    assert_eq!(part.bytes().await.unwrap(), "PDF");
    let tail = get("range", "bytes=-6").await.unwrap();
    assert_eq!(
        (tail.status().as_u16(), tail.bytes().await.unwrap()),
        (206, "%%EOF\n".into())
    );
    let beyond = get("range", "bytes=9999-").await.unwrap();
    assert_eq!(beyond.status(), 416);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{}", PDF.len()));
    let known = get("if-none-match", header("etag")).await.unwrap();
    assert_eq!((known.status().as_u16(), known.bytes().await.unwrap().len()), (304, 0));
    let other = world.server.client.get(&url).header("range", "bytes=1-3");
    let other = other.header("if-range", "\"another\"").send().await.unwrap();
    assert_eq!(
        (other.status().as_u16(), other.bytes().await.unwrap()),
        (200, PDF.into())
    );
    let head = world.server.client.head(&url).send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), head.headers()["content-length"].clone()),
        (200, PDF.len().into())
    );
}

/// Status and code of a path.
async fn refusal(world: &World, path: &str, language: &str) -> (u16, String, String) {
    let request = world.server.client.get(world.server.url(path));
    let answer = request.header("accept-language", language).send().await.unwrap();
    let status = answer.status().as_u16();
    let body: serde_json::Value = answer.json().await.unwrap();
    let error = &body["errors"][0];
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (status, text(&error["extensions"]["code"]), text(&error["message"]))
}

#[tokio::test]
async fn a_link_is_for_one_viewer_and_five_minutes_and_no_longer_than_the_right() {
    let world = in_appraisal().await;
    let path = file(&world, "snv.appraiser").await["path"].as_str().unwrap().to_owned();
    let before = world.kept();

    // One character of it changed, wherever: the viewer, the file, the end, the signature.
    for at in [8, path.len() / 2, path.len() - 2] {
        let other = if path.as_bytes()[at] == b'A' { "B" } else { "A" };
        let forged = format!("{}{other}{}", &path[..at], &path[at + 1..]);
        let (status, code, _) = refusal(&world, &forged, "en").await;
        assert_eq!((status, code.as_str()), (404, "NOT_FOUND"), "{at}");
    }
    // With somebody else's token it is not there; with the viewer's own, or none as browsers do, it is.
    for (login, status) in [("snv.second", 404), ("manager", 404), ("snv.appraiser", 200), ("", 200)] {
        let mut request = world.server.client.get(world.server.url(&path));
        if !login.is_empty() {
            request = request.bearer_auth(world.server.token(login));
        }
        assert_eq!(request.send().await.unwrap().status(), status, "{login}");
    }
    // What a stranger and an auditor of nothing get is no link at all.
    assert_eq!(
        world.send("beta.officer", FILES, json!({})).await.refused().0,
        "NOT_FOUND"
    );

    world.set_time("2020-03-01T02:04:59Z");
    assert_eq!(
        world
            .server
            .client
            .get(world.server.url(&path))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    world.set_time("2020-03-01T02:05:00Z");
    let (status, code, message) = refusal(&world, &path, "en").await;
    assert_eq!((status, code.as_str()), (410, "FORBIDDEN"));
    assert!(message.contains("ask for a new one"));
    assert!(refusal(&world, &path, "vi").await.2.contains("lấy liên kết mới"));
    assert!(before.difference(&world.kept()).is_empty(), "reading changes nothing");

    // A link that still runs ends with the right to read the file.
    let fresh = file(&world, "snv.appraiser").await["path"].as_str().unwrap().to_owned();
    let deactivate =
        r#"mutation { putUser(input: {login: "snv.appraiser", name: "S", unit: "SNV", active: false}) { login } }"#;
    world.send("admin", deactivate, json!({})).await.ok();
    let (status, code, _) = refusal(&world, &fresh, "en").await;
    assert!(
        matches!((status, code.as_str()), (401, "UNAUTHENTICATED") | (404, "NOT_FOUND")),
        "{status} {code}"
    );
}

#[tokio::test]
async fn a_damaged_file_does_not_arrive_whole() {
    let world = in_appraisal().await;
    let file = file(&world, "snv.appraiser").await;
    let sha256 = file["sha256"].as_str().unwrap();
    let stored = world.folder.path().join("blobs").join(&sha256[..2]).join(sha256);
    let url = world.server.url(file["path"].as_str().unwrap());
    let mut bytes = PDF.to_vec();
    bytes[7] ^= 1;
    std::fs::write(&stored, &bytes).unwrap();
    // The answer may have begun when the hash is known: it breaks off, and cannot be taken for the file.
    let get = async || world.server.client.get(&url).send().await?.bytes().await;
    assert!(get().await.is_err());
    bytes[7] ^= 1;
    std::fs::write(&stored, &bytes).unwrap();
    assert_eq!(get().await.unwrap(), PDF);
}
