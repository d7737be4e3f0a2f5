//! Uploads and downloads: what is refused leaves nothing behind.

use std::time::Duration;

use jiff::SignedDuration;
use minhchung::blob::put;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::server::{MAX_UPLOAD, Server, code, now, read};

const ADD: &str = "mutation($input: AddInput!) { add(input: $input) { sha256 size name contentType } }";

/// A part: name, file name, content.
type Part<'a> = (&'a str, Option<&'a str>, Vec<u8>);

fn operations(files: usize, extra: Value) -> Part<'static> {
    let mut input = json!({ "files": vec![json!({"file": null}); files] });
    input
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    (
        "operations",
        None,
        json!({"query": ADD, "variables": {"input": input}})
            .to_string()
            .into_bytes(),
    )
}

fn map(files: usize) -> Part<'static> {
    let entries = (0..files).map(|n| (n.to_string(), json!([format!("variables.input.files.{n}.file")])));
    ("map", None, Value::Object(entries.collect()).to_string().into_bytes())
}

fn body(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.extend(format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").into_bytes());
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--xyz--\r\n");
    body
}

fn request(server: &Server, parts: &[Part<'_>]) -> reqwest::RequestBuilder {
    let request = server
        .client
        .post(server.url("/graphql"))
        .bearer_auth(server.token("officer"));
    request
        .header("graphql-require-preflight", "1")
        .header("content-type", "multipart/form-data; boundary=xyz")
        .body(body(parts))
}

fn pdf() -> Vec<u8> {
    b"%PDF-1.7\n% a small report".to_vec()
}

#[tokio::test]
async fn several_files_come_with_one_mutation() {
    let server = Server::start().await;
    let csv = "tháng,số\n2019-01,5\n".as_bytes().to_vec();
    let parts = [
        operations(2, json!({})),
        map(2),
        ("1", Some("số liệu.csv"), csv.clone()),
        ("0", Some("C:\\a\\b.pdf"), pdf()),
    ];
    let (status, answer) = read(request(&server, &parts)).await;
    assert_eq!(status, 200, "{answer}");
    let added = &answer["data"]["add"];
    assert_eq!(added[0]["name"], "b.pdf");
    assert_eq!(added[0]["contentType"], "application/pdf");
    assert_eq!(added[1]["name"], "số liệu.csv");
    assert_eq!(added[1]["sha256"], hex::encode(Sha256::digest(&csv)));
    assert_eq!(added[1]["size"], csv.len());
    assert_eq!(server.kept().await, (2, 0));
}

#[tokio::test]
async fn the_order_of_parts_is_held() {
    let server = Server::start().await;
    let file = || ("0", Some("a.pdf"), pdf());
    let bad_map = ("map", None, b"{\"0\": [\"variables.input.files.7.file\"]}".to_vec());
    let filled = (
        "operations",
        None,
        json!({"query": ADD, "variables": {"input": {"files": [{"file": "upload:0"}]}}})
            .to_string()
            .into_bytes(),
    );
    let query = (
        "operations",
        None,
        json!({"query": "query($f: String) { fast }", "variables": {"f": null}})
            .to_string()
            .into_bytes(),
    );
    let query_map = ("map", None, b"{\"0\": [\"variables.f\"]}".to_vec());
    let batch = ("operations", None, b"[{}]".to_vec());
    let cases: [(&str, Vec<Part<'_>>, &str); 10] = [
        (
            "files first",
            vec![file(), operations(1, json!({})), map(1)],
            "operations",
        ),
        ("file before map", vec![operations(1, json!({})), file(), map(1)], "map"),
        (
            "map first",
            vec![map(1), operations(1, json!({})), file()],
            "operations",
        ),
        (
            "no such variable",
            vec![operations(1, json!({})), bad_map, file()],
            "input.files.7.file",
        ),
        (
            "a variable that is not null",
            vec![filled, map(1), file()],
            "input.files.0.file",
        ),
        (
            "a part that map does not know",
            vec![operations(1, json!({})), map(1), ("9", Some("a.pdf"), pdf())],
            "map",
        ),
        (
            "a part sent twice",
            vec![operations(1, json!({})), map(1), file(), file()],
            "map",
        ),
        (
            "a file that does not come",
            vec![operations(2, json!({})), map(2), file()],
            "input.files.1.file",
        ),
        ("a query", vec![query, query_map, file()], "operations"),
        ("a batch", vec![batch, map(1), file()], "operations"),
    ];
    for (case, parts, field) in cases {
        let (status, answer) = read(request(&server, &parts)).await;
        assert_eq!((status, code(&answer)), (400, ("INVALID", field)), "{case}: {answer}");
    }
    assert_eq!(server.kept().await, (0, 0));
}

#[tokio::test]
async fn who_may_not_upload_is_told_before_the_files() {
    let server = Server::start().await;
    let parts = [operations(1, json!({})), map(1), ("0", Some("a.pdf"), pdf())];
    let plain = || {
        server
            .client
            .post(server.url("/graphql"))
            .header("content-type", "multipart/form-data; boundary=xyz")
            .body(body(&parts))
    };
    let (status, answer) = read(plain().bearer_auth(server.token("officer"))).await;
    assert_eq!((status, code(&answer)), (400, ("INVALID", "GraphQL-Require-Preflight")));
    let (status, answer) = read(plain().header("apollo-require-preflight", "1")).await;
    assert_eq!((status, code(&answer).0), (401, "UNAUTHENTICATED"));
    let reader = plain()
        .header("apollo-require-preflight", "1")
        .bearer_auth(server.token("reader"));
    let (status, answer) = read(reader).await;
    assert_eq!((status, code(&answer).0), (403, "FORBIDDEN"));
    assert_eq!(server.kept().await, (0, 0));
}

#[tokio::test]
async fn wrong_files_are_refused_by_their_place() {
    let server = Server::start().await;
    let cases = [
        ("empty", "a.pdf", Vec::new(), (400, "INVALID")),
        (
            "too long",
            "a.txt",
            vec![b'x'; MAX_UPLOAD as usize + 1],
            (413, "TOO_LARGE"),
        ),
        (
            "a program",
            "a.pdf",
            b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff".to_vec(),
            (400, "INVALID"),
        ),
        ("an extension", "a.exe", b"MZ\x90\x00".to_vec(), (400, "INVALID")),
        (
            "another encoding",
            "a.csv",
            b"th\xe1ng,s\xf4\n1,2\n".to_vec(),
            (400, "INVALID"),
        ),
        ("a page", "a.html", b"<script>".to_vec(), (400, "INVALID")),
    ];
    for (case, name, content, (status, expected)) in cases {
        let parts = [
            operations(2, json!({})),
            map(2),
            ("0", Some("good.pdf"), pdf()),
            ("1", Some(name), content),
        ];
        let (found, answer) = read(request(&server, &parts)).await;
        assert_eq!(
            (found, code(&answer)),
            (status, (expected, "input.files.1.file")),
            "{case}: {answer}"
        );
        assert_eq!(
            server.kept().await,
            (0, 0),
            "{case}: the good file beside it is gone too"
        );
    }
}

#[tokio::test]
async fn a_refused_mutation_takes_its_bytes_back() {
    let server = Server::start().await;
    let refused = [
        operations(1, json!({"refuse": true})),
        map(1),
        ("0", Some("a.pdf"), pdf()),
    ];
    let (_, answer) = read(request(&server, &refused)).await;
    assert_eq!(code(&answer), ("INVALID", "input.refuse"));
    assert_eq!(server.kept().await, (0, 0));

    let stated = json!({"files": [{"file": null, "sha256": "00"}]});
    let mismatch = [operations(0, stated), map(1), ("0", Some("a.pdf"), pdf())];
    let (_, answer) = read(request(&server, &mismatch)).await;
    assert_eq!(code(&answer), ("INVALID", "input.files.0.sha256"));
    assert_eq!(server.kept().await, (0, 0));

    let good = [operations(1, json!({})), map(1), ("0", Some("a.pdf"), pdf())];
    assert_eq!(read(request(&server, &good)).await.0, 200);
    read(request(&server, &refused)).await;
    assert_eq!(server.kept().await, (1, 0), "bytes that a document refers to stay");

    let forged = json!({"query": ADD, "variables": {"input": {"files": [{"file": "upload:0"}]}}});
    let (_, answer) = server.post(&forged).await;
    assert_eq!(
        code(&answer),
        ("INVALID", "input.files.0.file"),
        "a handle without a file is nothing"
    );
}

#[tokio::test]
async fn a_cut_off_upload_leaves_nothing() {
    let server = Server::start().await;
    let whole = body(&[
        operations(1, json!({})),
        map(1),
        ("0", Some("a.txt"), vec![b'x'; 90_000]),
    ]);
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nGraphQL-Require-Preflight: 1\r\n\
         Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: {}\r\n\r\n",
        server.token("officer"),
        whole.len()
    );
    let mut connection = tokio::net::TcpStream::connect(server.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&whole[..60_000]).await.unwrap();
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if server.kept().await == (0, 1) {
            break;
        }
    }
    assert_eq!(server.kept().await, (0, 1), "it is on its way");
    drop(connection);
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if server.kept().await == (0, 0) {
            break;
        }
    }
    assert_eq!(server.kept().await, (0, 0));

    // A body that ends properly for HTTP but in the middle of a file.
    let cut = request(&server, &[]).body(whole[..60_000].to_vec());
    let (status, answer) = read(cut).await;
    assert_eq!((status, code(&answer)), (400, ("INVALID", "body")));
    assert_eq!(server.kept().await, (0, 0));
}

#[tokio::test]
async fn no_token_no_reading() {
    let server = Server::start().await;
    let head = "POST /graphql HTTP/1.1\r\nHost: x\r\nGraphQL-Require-Preflight: 1\r\nContent-Type: multipart/form-data; \
                boundary=xyz\r\nContent-Length: 1000000\r\n\r\n";
    let mut connection = tokio::net::TcpStream::connect(server.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    let read = tokio::time::timeout(Duration::from_secs(5), connection.read_exact(&mut answer));
    read.await.expect("an answer without a byte of the body").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
}

#[tokio::test]
async fn files_are_sent_by_signed_link() {
    let server = Server::start().await;
    let blob = put(server.blobs.as_ref(), b"0123456789", now()).await.unwrap().blob;
    let url = server.url(&server.links.path("officer", &blob.sha256, 1, 0, now()));
    let whole = server.client.get(&url).send().await.unwrap();
    assert_eq!(whole.status(), 200);
    let headers = whole.headers().clone();
    assert_eq!(headers["content-length"], "10");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert!(
        headers["content-disposition"]
            .to_str()
            .unwrap()
            .contains("filename*=UTF-8''B%C3%A1o%20c%C3%A1o.txt")
    );
    assert_eq!(whole.bytes().await.unwrap(), "0123456789");

    let part = server
        .client
        .get(&url)
        .header("range", "bytes=2-4")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (part.status().as_u16(), &part.headers()["content-range"]),
        (206, &"bytes 2-4/10".parse().unwrap())
    );
    assert_eq!(part.bytes().await.unwrap(), "234");
    let beyond = server
        .client
        .get(&url)
        .header("range", "bytes=10-")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (beyond.status().as_u16(), &beyond.headers()["content-range"]),
        (416, &"bytes */10".parse().unwrap())
    );
    let known = server
        .client
        .get(&url)
        .header("if-none-match", headers["etag"].clone())
        .send()
        .await
        .unwrap();
    assert_eq!(known.status(), 304);
    let stale = server
        .client
        .get(&url)
        .header("range", "bytes=2-4")
        .header("if-range", "\"other\"")
        .send()
        .await
        .unwrap();
    assert_eq!(stale.status(), 200);
    let head = server.client.head(&url).send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), &head.headers()["content-length"]),
        (200, &"10".parse().unwrap())
    );

    let status = async |path: String| {
        server
            .client
            .get(server.url(&path))
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let old = server
        .links
        .path("officer", &blob.sha256, 1, 0, now() - SignedDuration::from_mins(5));
    assert_eq!(status(old).await, 410);
    assert_eq!(
        status(server.links.path("stranger", &blob.sha256, 1, 0, now())).await,
        404
    );
    assert_eq!(status("/files/abc.def".into()).await, 404);
    let mut forged = url.clone().replace(&server.url(""), "");
    forged.insert(9, 'x');
    assert_eq!(status(forged).await, 404);
}
