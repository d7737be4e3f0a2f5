//! Uploads: what is refused leaves nothing behind, whatever came before it.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{assert_unchanged, refused};
use crate::journey::{ADD, PDF, export, report};
use crate::world::{World, usage};

/// A part: name, file name, content.
type Part = (&'static str, Option<&'static str>, Vec<u8>);

/// `operations` of a report of ALPHA with so many files.
fn operations(files: usize) -> Part {
    let mut input = report("ALPHA", "1.1");
    input["i"]["content"]["files"] = json!(vec![json!({"upload": null}); files]);
    text("operations", &json!({"query": ADD, "variables": input}))
}

fn text(name: &'static str, json: &Value) -> Part {
    (name, None, json.to_string().into_bytes())
}

fn map(files: usize) -> Part {
    let entries = (0..files).map(|n| (n.to_string(), json!([format!("variables.i.content.files.{n}.upload")])));
    text("map", &Value::Object(entries.collect()))
}

fn pdf(name: &'static str) -> Part {
    (name, Some("a.pdf"), PDF.to_vec())
}

fn body(parts: &[Part]) -> Vec<u8> {
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

fn multipart(world: &World, login: &str, body: Vec<u8>) -> RequestBuilder {
    let request = world.server.post(login);
    request
        .header("graphql-require-preflight", "1")
        .header("content-type", "multipart/form-data; boundary=xyz")
        .body(body)
}

#[tokio::test]
async fn the_order_of_parts_is_held() {
    let world = World::with_round().await;
    let no_such_place = text("map", &json!({"0": ["variables.i.content.files.7.upload"]}));
    let filled = {
        let mut input = report("ALPHA", "1.1");
        input["i"]["content"]["files"] = json!([{"upload": "upload:0"}]);
        text("operations", &json!({"query": ADD, "variables": input}))
    };
    let query = text(
        "operations",
        &json!({"query": "query($f: ID!) { node(id: $f) { id } }", "variables": {"f": null}}),
    );
    let query_map = text("map", &json!({"0": ["variables.f"]}));
    let come = "operations, then map, then the files";
    for (case, parts, field, says) in [
        ("files first", vec![pdf("0"), operations(1), map(1)], "operations", come),
        ("a file before map", vec![operations(1), pdf("0"), map(1)], "map", come),
        ("map first", vec![map(1), operations(1), pdf("0")], "operations", come),
        ("nothing", vec![], "operations", come),
        (
            "no such variable",
            vec![operations(1), no_such_place, pdf("0")],
            "content.files.7.upload",
            "must be there and be null",
        ),
        (
            "a variable that is not null",
            vec![filled, map(1), pdf("0")],
            "content.files.0.upload",
            "must be there and be null",
        ),
        (
            "a part that map does not know",
            vec![operations(1), map(1), pdf("9")],
            "map",
            "\"9\" is not in map",
        ),
        (
            "a part sent twice",
            vec![operations(1), map(1), pdf("0"), pdf("0")],
            "map",
            "came twice",
        ),
        (
            "a file that does not come",
            vec![operations(2), map(2), pdf("0")],
            "content.files.1.upload",
            "did not come",
        ),
        (
            "a query",
            vec![query, query_map, pdf("0")],
            "operations",
            "Only mutations",
        ),
        (
            "a batch",
            vec![text("operations", &json!([{}])), map(1), pdf("0")],
            "operations",
            "one query at a time",
        ),
        ("too many files", vec![operations(21), map(21)], "map", "1 to 20 files"),
    ] {
        let whole = body(&parts);
        let request = || multipart(&world, "alpha.officer", whole.clone());
        refused(&world, case, request, ("INVALID", field), says).await;
    }
}

#[tokio::test]
async fn who_may_not_upload_is_told_before_the_files() {
    let world = World::with_round().await;
    let whole = body(&[operations(1), map(1), pdf("0")]);
    let plain = |login| {
        let request = world.server.post(login);
        request
            .header("content-type", "multipart/form-data; boundary=xyz")
            .body(whole.clone())
    };
    let preflight = "GraphQL-Require-Preflight";
    let says = "with the header GraphQL-Require-Preflight: 1";
    refused(
        &world,
        "a form",
        || plain("alpha.officer"),
        ("INVALID", preflight),
        says,
    )
    .await;
    let nobody = || multipart(&world, "", whole.clone());
    refused(
        &world,
        "nobody",
        nobody,
        ("UNAUTHENTICATED", "Authorization"),
        "Sign in",
    )
    .await;
    let reader = || multipart(&world, "integrator", whole.clone());
    refused(&world, "a reader", reader, ("FORBIDDEN", ""), "ask an administrator").await;
    let stranger = || multipart(&world, "beta.officer", whole.clone());
    refused(&world, "a stranger", stranger, ("NOT_FOUND", ""), "not visible to you").await;

    // Without a token not a byte of the body is read.
    let head = "POST /graphql HTTP/1.1\r\nHost: x\r\nGraphQL-Require-Preflight: 1\r\nContent-Type: multipart/form-data; \
                boundary=xyz\r\nContent-Length: 1000000\r\n\r\n";
    let mut connection = tokio::net::TcpStream::connect(world.server.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
}

#[tokio::test]
async fn wrong_files_are_refused_by_their_place_and_take_the_good_ones_with_them() {
    let world = World::with_round().await;
    let program = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff".to_vec();
    // "tháng,số" in Windows-1258.
    let windows = b"th\xe1ng,s\xf4\xec\n1,2\n".to_vec();
    for (case, name, content, says) in [
        ("an empty file", "a.pdf", Vec::new(), "empty"),
        (
            "a program named .pdf",
            "a.pdf",
            program.clone(),
            "send the original file",
        ),
        ("a program", "a.exe", program, "send one of: pdf"),
        ("Windows-1258", "a.txt", windows.clone(), "save the file again as UTF-8"),
        ("a page", "a.html", b"<script>".to_vec(), "send one of: pdf"),
        (
            "a picture named .pdf",
            "a.pdf",
            b"\x89PNG\r\n\x1a\n\x00\x00".to_vec(),
            "image/png",
        ),
    ] {
        let whole = body(&[operations(2), map(2), pdf("0"), ("1", Some(name), content)]);
        let request = || multipart(&world, "alpha.officer", whole.clone());
        refused(&world, case, request, ("INVALID", "content.files.1.upload"), says).await;
    }
    let mut rows = export("ALPHA", "");
    rows["i"]["content"]["rows"] = json!({"csvFile": null});
    let request = || {
        let file = vec![("i.content.rows.csvFile", "a.csv", windows.clone())];
        world.server.upload("alpha.officer", ADD, &rows, file)
    };
    // An export may be in any encoding; only rows in the documented header have to be UTF-8.
    let place = ("INVALID", "content.rows");
    refused(
        &world,
        "rows in Windows-1258",
        request,
        place,
        "save the file again as CSV UTF-8",
    )
    .await;
}

#[tokio::test]
async fn one_byte_over_the_limit_is_too_large() {
    let world = World::with_round().await;
    let limit = minhchung::config::DEFAULT_UPLOAD_BYTES;
    assert_eq!(limit, 50 * 1024 * 1024);
    let mut file = PDF.to_vec();
    file.resize(usize::try_from(limit).unwrap() + 1, b' ');
    let whole = body(&[operations(1), map(1), ("0", Some("a.pdf"), file)]);
    let request = || multipart(&world, "alpha.officer", whole.clone());
    let place = ("TOO_LARGE", "content.files.0.upload");
    assert_eq!(request().send().await.unwrap().status(), 413);
    refused(&world, "50 MiB and a byte", request, place, "52428800 bytes; split it").await;
    // A stated length that no upload can have is refused before a byte is read.
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nGraphQL-Require-Preflight: 1\r\n\
         Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: {}\r\n\r\n",
        world.server.token("alpha.officer"),
        21 * limit
    );
    let mut connection = tokio::net::TcpStream::connect(world.server.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

/// A client that sends all before it reads hears why it is refused: its connection is not cut while it sends.
#[tokio::test]
async fn who_sends_on_after_a_refusal_reads_the_answer() {
    const BYTES: usize = 6 * 1024 * 1024;
    let world = World::with_round().await;
    let token = format!("Authorization: Bearer {}\r\n", world.server.token("alpha.officer"));
    let upload = "GraphQL-Require-Preflight: 1\r\nContent-Type: multipart/form-data; boundary=xyz\r\n";
    let json = "Content-Type: application/json\r\n";
    // Two limits, a content type, a header that is missing, nobody's upload, a token that does not hold, and no answer
    // that the client would take.
    for (headers, status) in [
        (json.to_owned(), 413),
        (format!("{token}{json}"), 413),
        ("Content-Type: text/plain\r\n".to_owned(), 415),
        (
            format!("{token}Content-Type: multipart/form-data; boundary=xyz\r\n"),
            400,
        ),
        (upload.to_owned(), 401),
        (format!("Authorization: Bearer x\r\n{json}"), 401),
        (format!("Accept: image/png\r\n{json}"), 406),
    ] {
        let stated = format!("{headers}Content-Length: {BYTES}\r\n");
        let answer = sends_on(&world, &stated, &vec![b' '; BYTES]).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{stated}: {answer}");
        let chunked = format!("{headers}Transfer-Encoding: chunked\r\n");
        let chunk = [b"1000\r\n".to_vec(), vec![b' '; 4096], b"\r\n".to_vec()].concat();
        let answer = sends_on(&world, &chunked, &chunk.repeat(BYTES / 4096)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{chunked}: {answer}");
    }
    // Who waits for leave to send has it, and sends; who is refused before sends nothing.
    let chunk = [b"1000\r\n".to_vec(), vec![b' '; 4096], b"\r\n".to_vec()].concat();
    let waits = format!("{token}{json}Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n");
    let answer = sends_on(&world, &waits, &chunk.repeat(BYTES / 4096)).await;
    assert!(
        answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413"),
        "{answer}"
    );
    let refused = format!("{json}Content-Length: {BYTES}\r\nExpect: 100-continue\r\n");
    let answer = sends_on(&world, &refused, b"").await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

/// Sends a request whole, and only then reads.
async fn sends_on(world: &World, headers: &str, body: &[u8]) -> String {
    let head = format!("POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    let mut connection = tokio::net::TcpStream::connect(world.server.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(body).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_refused_mutation_takes_its_bytes_back() {
    let world = World::with_round().await;
    let with_digest = |digest: &str| {
        let mut input = report("ALPHA", "1.1");
        input["i"]["content"]["files"] = json!([{"upload": null, "sha256": digest}]);
        input
    };
    let upload = |input: &Value, bytes: &[u8]| {
        let files = vec![("i.content.files.0.upload", "a.pdf", bytes.to_vec())];
        world.server.upload("alpha.officer", ADD, input, files)
    };
    let wrong = with_digest(&"0".repeat(64));
    let place = ("INVALID", "content.files.0.sha256");
    refused(&world, "another digest", || upload(&wrong, PDF), place, "send it again").await;

    // The digest of bytes that are known already changes nothing: they have to come all the same.
    let known = hex::encode(Sha256::digest(PDF));
    let good = with_digest(&known);
    crate::world::Answer::to(upload(&good, PDF)).await.ok();
    let other = [PDF, b"% another\n"].concat();
    refused(
        &world,
        "a known digest on other bytes",
        || upload(&good, &other),
        place,
        "send it again",
    )
    .await;

    let mut future = with_digest(&known);
    future["i"]["content"]["header"]["issuedOn"] = json!("2021-01-01");
    let place = ("INVALID", "content.header.issuedOn");
    refused(
        &world,
        "bytes that a document uses stay",
        || upload(&future, PDF),
        place,
        "",
    )
    .await;

    let mut forged = report("ALPHA", "1.1");
    forged["i"]["content"]["files"] = json!([{"upload": "upload:0"}]);
    let request = || {
        let body = json!({"query": ADD, "variables": forged});
        world.server.post("alpha.officer").json(&body)
    };
    let place = ("INVALID", "content.files.0.upload");
    refused(&world, "a handle without a file", request, place, "multipart/form-data").await;
}

#[tokio::test]
async fn bad_rows_in_a_file_take_the_file_back() {
    let world = World::with_round().await;
    let mut rows = export("ALPHA", "");
    rows["i"]["content"]["rows"] = json!({"csvFile": null});
    for (case, csv, field) in [
        (
            "a missing column",
            "month,service\n2019-01,x\n".to_owned(),
            "content.rows",
        ),
        ("more online than all", usage(12, 101, 100), "content.rows.2.total"),
        (
            "a number that is none",
            usage(1, 1, 100).replace(",1,0,0", ",x,0,0"),
            "content.rows.2.online",
        ),
    ] {
        let request = || {
            let file = vec![("i.content.rows.csvFile", "a.csv", csv.clone().into_bytes())];
            world.server.upload("alpha.officer", ADD, &rows, file)
        };
        refused(&world, case, request, ("INVALID", field), "").await;
    }
}

#[tokio::test]
async fn a_table_is_not_read_beyond_16_mib() {
    let world = World::with_round().await;
    let mut rows = export("ALPHA", "");
    rows["i"]["content"]["rows"] = json!({"csvFile": null});
    let mut table = usage(12, 30, 100).into_bytes();
    table.resize(16 * 1024 * 1024 + 1, b'\n');
    let request = || {
        let file = vec![("i.content.rows.csvFile", "a.csv", table.clone())];
        world.server.upload("alpha.officer", ADD, &rows, file)
    };
    let place = ("TOO_LARGE", "content.rows");
    refused(&world, "16 MiB and a byte", request, place, "16777216 bytes; split it").await;
}

#[tokio::test]
async fn a_cut_off_upload_leaves_nothing() {
    let world = World::with_round().await;
    let mut file = PDF.to_vec();
    file.resize(90_000, b' ');
    let whole = body(&[operations(1), map(1), ("0", Some("a.pdf"), file)]);
    let half = whole[..60_000].to_vec();
    // A body that ends properly for HTTP, in the middle of a file.
    let request = || multipart(&world, "alpha.officer", half.clone());
    refused(&world, "half a body", request, ("INVALID", "body"), "send it again").await;

    let before = world.kept();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nGraphQL-Require-Preflight: 1\r\n\
         Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: {}\r\n\r\n",
        world.server.token("alpha.officer"),
        whole.len()
    );
    let mut connection = tokio::net::TcpStream::connect(world.server.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&half).await.unwrap();
    // It is on its way: bytes lie in staging.
    while before.difference(&world.kept()).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(connection);
    while !before.difference(&world.kept()).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_unchanged(&world, &before, "a client that is cut off");
}
