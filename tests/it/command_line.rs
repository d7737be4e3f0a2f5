//! The program as an operator meets it: flags and variables, help, problems, pages, logs and its end.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use minhchung::blob::{BlobStore, FileBlobStore, put};
use minhchung::http::tokens::Tokens;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The program without anything that the machine has set.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minhchung"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MINHCHUNG_")) {
        command.env_remove(name);
    }
    command
}

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("127.0.0.1:{}", listener.local_addr().unwrap().port())
}

/// A running server; killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Ended already is fine too.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Starts and waits until the store answers.
    async fn start(command: &mut Command, address: &str) -> Self {
        let running = Self(command.stderr(Stdio::piped()).spawn().unwrap());
        let url = format!("http://{address}/readyz");
        for _ in 0..600 {
            if reqwest::get(&url)
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                return running;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server did not get ready");
    }

    /// Asks it to stop, as service managers do.
    fn terminate(&self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Reads its log up to the line with a message.
    fn until_it_says(&mut self, message: &str) -> Value {
        // Byte by byte: what follows the line is for whoever reads on.
        let mut bytes = std::io::Read::bytes(self.0.stderr.as_mut().unwrap());
        loop {
            let line: Result<Vec<u8>, _> = bytes.by_ref().take_while(|byte| !matches!(byte, Ok(b'\n'))).collect();
            let line: Value = serde_json::from_slice(&line.unwrap()).expect("the log ended before it said that");
            if line["fields"]["message"] == message {
                return line;
            }
        }
    }

    /// Waits for its end; answers whether it was a good one, and its log.
    fn end(mut self) -> (bool, Vec<Value>) {
        let mut log = String::new();
        let mut pipe = self.0.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut pipe, &mut log).unwrap();
        let status = self.0.wait().unwrap();
        let lines = log.lines().map(|line| serde_json::from_str(line).expect(line));
        (status.success(), lines.collect())
    }
}

async fn get(address: &str, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn viewer(address: &str, token: &str) -> (u16, Value) {
    let request = reqwest::Client::new()
        .post(format!("http://{address}/graphql"))
        .bearer_auth(token);
    let answer = request
        .json(&json!({"query": "{ viewer { login } }"}))
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[test]
fn help_says_what_there_is() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let help = text(&help.stdout);
    assert!(help.starts_with("Evidence, verification and computed scores"), "{help}");
    for word in [
        "serve",
        "demo",
        "seed",
        "token",
        "schema",
        "verify",
        "fixity",
        "check-links",
        "--check-links-days",
        "--allow-private",
        "--listen",
        "MINHCHUNG_LISTEN",
        "127.0.0.1:8080",
        "--data",
        "MINHCHUNG_DATA",
        "--max-upload-bytes",
        "52428800",
        "--issuer",
        "--issuer-audience",
        "--issuer-key",
    ] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
    for command in [
        "serve",
        "demo",
        "seed",
        "token",
        "schema",
        "verify",
        "fixity",
        "check-links",
        "migrate",
    ] {
        let help = run(&[command, "--help"]);
        assert!(help.status.success(), "{command}");
        let first = text(&help.stdout).lines().next().unwrap().to_owned();
        assert!(first.split(' ').count() >= 4, "{command}: {first:?} says too little");
        for setting in ["--data", "--listen", "MINHCHUNG_LOG"] {
            assert!(text(&help.stdout).contains(setting), "{command} --help hides {setting}");
        }
    }
    assert!(text(&run(&["--version"]).stdout).starts_with("minhchung 0."));
    let unknown = run(&["surf"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("--help"));
}

#[test]
fn schema_prints_what_is_checked_in() {
    let checked_in = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/schema.graphql")).unwrap();
    assert_eq!(text(&run(&["schema"]).stdout), checked_in);
}

#[test]
fn all_problems_of_the_settings_come_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let no_folder = folder.path().join("file");
    std::fs::write(&no_folder, "x").unwrap();
    let no_key = folder.path().join("key.pem");
    std::fs::write(&no_key, "-----BEGIN NOTHING-----").unwrap();
    let mut command = program();
    command.args([
        "--max-upload-bytes",
        "viel",
        "--issuer",
        "https://id.example",
        "--issuer-audience",
        "index",
    ]);
    command.arg("--issuer-key").arg(&no_key).arg("serve");
    command
        .env("MINHCHUNG_LOG", "minhchung=loud")
        .env("MINHCHUNG_LISTEN", "here")
        .env("MINHCHUNG_DATA", &no_folder);
    let refused = command.output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let lines = text(&refused.stderr);
    for (line, setting) in lines
        .lines()
        .zip(["listen: ", "data: ", "max-upload-bytes: ", "log: ", "issuer-key: "])
    {
        assert!(line.starts_with(&format!("minhchung: {setting}")), "{lines}");
    }
    assert_eq!(lines.lines().count(), 5, "{lines}");
}

#[test]
fn a_token_is_printed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let nothing = run(&["token", "--user", "snv.manager", "--data", data]);
    assert!(!nothing.status.success() && text(&nothing.stderr).contains("store.db"));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "a key for nobody");
    assert!(run(&["seed", "--data", data]).status.success());
    let nobody = run(&["token", "--user", "nobody", "--data", data]);
    assert_eq!((nobody.status.code(), text(&nobody.stdout).as_str()), (Some(1), ""));
    assert!(
        text(&nobody.stderr).contains("no active account \"nobody\""),
        "{nobody:?}"
    );
    let printed = run(&["--data", data, "token", "--user", "snv.manager"]);
    assert!(printed.status.success());
    assert_eq!(text(&printed.stderr), "");
    let token = text(&printed.stdout);
    assert_eq!(token.lines().count(), 1);
    let claims = Tokens::open(folder.path(), None)
        .unwrap()
        .read(token.trim(), Timestamp::now());
    assert_eq!(claims.unwrap().login, "snv.manager");
    assert_eq!(
        run(&["--data", data, "token"]).status.code(),
        Some(2),
        "a token of nobody"
    );
}

#[tokio::test]
async fn variables_set_what_no_flag_sets_and_the_pages_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let mut command = program();
    command
        .env("MINHCHUNG_LISTEN", "here")
        .env("MINHCHUNG_DATA", folder.path());
    let server = Running::start(command.args(["--listen", &address, "serve"]), &address).await;
    assert!(folder.path().join("store.db").exists());
    assert_eq!(get(&address, "/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(get(&address, "/readyz").await, (200, "ready\n".to_owned()));
    let (status, schema) = get(&address, "/schema.graphql").await;
    assert_eq!((status, schema), (200, text(&run(&["schema"]).stdout)));
    let (_, jwks) = get(&address, "/.well-known/jwks.json").await;
    let jwks: Value = serde_json::from_str(&jwks).unwrap();
    let key = &jwks["keys"][0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"))
    );
    assert!(key.get("d").is_none(), "the private half stays");
    assert!(get(&address, "/graphiql").await.1.contains("public CDN"));
    assert_eq!(get(&address, "/nothing").await.0, 404);
    server.terminate();
    let (well, log) = server.end();
    assert!(well);
    // Structured, one line per request, with the request's id.
    let request = log.iter().find(|line| line["fields"]["path"] == "/healthz").unwrap();
    assert_eq!(request["fields"]["status"], 200);
    assert_eq!(request["fields"]["request_id"].as_str().unwrap().len(), 24);
}

#[tokio::test]
async fn what_is_under_way_ends_well_when_the_server_is_told_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let mut command = program();
    command
        .arg("--data")
        .arg(folder.path())
        .args(["--listen", &address, "serve"]);
    let server = Running::start(&mut command, &address).await;
    let body = json!({"query": "{ __typename }"}).to_string();
    let mut connection = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        body.len(),
        &body[..5]
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    // Read by the server: another request on another connection has been answered since.
    assert_eq!(get(&address, "/healthz").await.0, 200);
    server.terminate();
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    connection.write_all(&body.as_bytes()[5..]).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    let answer = text(&answer);
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"data":{"__typename":"Query"}}"#),
        "{answer}"
    );
    let (well, log) = server.end();
    assert!(well);
    assert!(
        log.iter()
            .any(|line| line["fields"]["message"] == "stopping: no new connections")
    );
}

/// A key pair of another issuer: its folder, and the public half as PEM.
fn issuer(folder: &Path) -> String {
    let jwks = Tokens::open(folder, None).unwrap().jwks().clone();
    let public = URL_SAFE_NO_PAD.decode(jwks["keys"][0]["x"].as_str().unwrap()).unwrap();
    let der = [hex::decode("302a300506032b6570032100").unwrap(), public].concat();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(der)
    )
}

#[tokio::test]
async fn another_issuer_is_trusted_by_its_key_for_this_server_alone() {
    let (folder, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path().to_str().unwrap();
    assert!(run(&["--data", data, "seed"]).status.success());
    let key = theirs.path().join("public.pem");
    std::fs::write(&key, issuer(theirs.path())).unwrap();
    let address = free_address();
    let mut command = program();
    command.args(["--data", data, "--listen", &address, "--issuer", "https://id.example"]);
    command
        .args(["--issuer-audience", "index"])
        .arg("--issuer-key")
        .arg(&key)
        .arg("serve");
    let _server = Running::start(&mut command, &address).await;
    let private = EncodingKey::from_ed_der(&std::fs::read(theirs.path().join("server-key.pk8")).unwrap());
    let sign = |issuer: &str, audience: &str, login: &str| {
        let expires = (Timestamp::now() + SignedDuration::from_hours(1)).as_second();
        let claims = json!({"iss": issuer, "aud": audience, "sub": login, "exp": expires});
        encode(&Header::new(Algorithm::EdDSA), &claims, &private).unwrap()
    };
    let (status, body) = viewer(&address, &sign("https://id.example", "index", "snv.manager")).await;
    assert_eq!(
        (status, &body["data"]["viewer"]["login"]),
        (200, &json!("snv.manager")),
        "{body}"
    );
    for (issuer, audience) in [
        ("https://id.example", "another"),
        ("https://other.example", "index"),
        ("minhchung", "minhchung"),
    ] {
        let (status, body) = viewer(&address, &sign(issuer, audience, "snv.manager")).await;
        assert_eq!(
            (status, &body["errors"][0]["extensions"]["code"]),
            (401, &json!("UNAUTHENTICATED"))
        );
    }
    let own = run(&["--data", data, "token", "--user", "snv.manager"]);
    assert_eq!(
        viewer(&address, text(&own.stdout).trim()).await.0,
        200,
        "its own tokens hold as before"
    );
}

#[tokio::test]
async fn bytes_that_nobody_refers_to_are_swept_after_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobStore::open(folder.path()).await.unwrap();
    let now = Timestamp::now();
    let at = |hours: i64| now - SignedDuration::from_hours(hours);
    let old = put(&blobs, b"an upload whose commit never came", at(25))
        .await
        .unwrap()
        .blob;
    let young = put(&blobs, b"an upload of this morning", at(23)).await.unwrap().blob;
    let pinned = put(&blobs, b"an upload that is just being committed", at(25))
        .await
        .unwrap()
        .blob;
    blobs
        .pin(&pinned.sha256, now + SignedDuration::from_hours(1))
        .await
        .unwrap();
    drop(blobs);
    let address = free_address();
    let mut command = program();
    command
        .arg("--data")
        .arg(folder.path())
        .args(["--listen", &address, "serve"]);
    let mut server = Running::start(&mut command, &address).await;
    let swept = server.until_it_says("swept");
    server.terminate();
    let (well, _) = server.end();
    assert!(well);
    assert_eq!(
        (&swept["fields"]["seen"], &swept["fields"]["deleted"]),
        (&json!(3), &json!(1))
    );
    let blobs = FileBlobStore::open(folder.path()).await.unwrap();
    assert_eq!(blobs.size(&old.sha256).await.unwrap(), None);
    for kept in [young, pinned] {
        assert_eq!(blobs.size(&kept.sha256).await.unwrap(), Some(kept.size));
    }
}

#[test]
fn nothing_is_not_proved() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("there");
    let data = data.to_str().unwrap();
    // What is only looked at is not made by looking.
    for command in [
        &["verify"][..],
        &["fixity"],
        &["fixity", "--resume"],
        &["check-links", "--round", "R"],
    ] {
        let refused = run(&[&["--data", data], command].concat());
        assert!(!refused.status.success(), "{command:?}");
        assert!(
            text(&refused.stderr).contains("there is no store"),
            "{}",
            text(&refused.stderr)
        );
        assert!(!Path::new(data).exists(), "{command:?}");
    }
    std::fs::create_dir(data).unwrap();
    std::fs::write(Path::new(data).join("store.db"), "").unwrap();
    let empty = run(&["--data", data, "verify"]);
    assert!(!empty.status.success());
    assert!(
        text(&empty.stderr).contains("is empty; name the store that is meant"),
        "{}",
        text(&empty.stderr)
    );
    assert!(run(&["--data", data, "seed"]).status.success());
    let receipts = folder.path().join("receipts");
    std::fs::write(&receipts, "\n\n").unwrap();
    let without = run(&["--data", data, "verify", "--receipts", receipts.to_str().unwrap()]);
    assert!(!without.status.success());
    assert!(
        text(&without.stderr).contains("holds no receipt"),
        "{}",
        text(&without.stderr)
    );
}

#[test]
fn a_clock_that_cannot_be_read_stops_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    for damaged in ["abc", "", "99999999999999999999", "300000000000"] {
        std::fs::write(folder.path().join("clock-offset-seconds"), damaged).unwrap();
        let refused = run(&["--data", data, "seed"]);
        assert!(!refused.status.success(), "{damaged:?}");
        assert!(
            text(&refused.stderr).contains("clock-offset-seconds"),
            "{}",
            text(&refused.stderr)
        );
    }
}

#[tokio::test]
async fn a_store_elsewhere_has_one_writer_too() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let address = free_address();
    let mut command = program();
    command.args(["--listen", &address, "--data", first.to_str().unwrap(), "serve"]);
    let _running = Running::start(&mut command, &address).await;
    let store = format!("sqlite://{}", first.join("store.db").display());
    let refused = run(&["--data", second.to_str().unwrap(), "--store", &store, "seed"]);
    assert!(!refused.status.success());
    let taken = format!("another minhchung works in {}", first.display());
    let said = text(&refused.stderr);
    assert!(said.contains(&taken), "{said}");
    // A copy neither reads nor writes where somebody works.
    let other = format!("sqlite://{}", folder.path().join("new/other.db").display());
    for (from, to) in [(&store, &other), (&other, &store)] {
        std::fs::create_dir_all(folder.path().join("new")).unwrap();
        std::fs::write(folder.path().join("new/other.db"), "").unwrap();
        let refused = run(&[
            "--data",
            second.to_str().unwrap(),
            "migrate",
            "--from",
            from,
            "--to",
            to,
        ]);
        assert!(!refused.status.success());
        let said = text(&refused.stderr);
        assert!(said.contains(&taken), "{said}");
    }
}

#[test]
fn who_reads_only_the_beginning_of_the_schema_has_it() {
    let mut child = program()
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", text(&ended.stderr));
}

#[test]
fn a_receipt_is_held_to_the_entry_the_hash_and_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    assert!(run(&["--data", data, "seed"]).status.success());
    let store = rusqlite::Connection::open(folder.path().join("store.db")).unwrap();
    let entry = "SELECT hash, at_ms FROM journal_entry WHERE stream = 'register:units' AND number = 1";
    let (hash, at): (Vec<u8>, i64) = store
        .query_row(entry, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    drop(store);
    let at = Timestamp::from_millisecond(at).unwrap();
    let receipt = |number: &str, hash: &str, at: Timestamp| {
        json!({"stream": "register:units", "entry": number, "hash": hash, "recordedAt": at.to_string()}).to_string()
    };
    let hash = hex::encode(hash);
    let good = receipt("1", &hash, at);
    let file = folder.path().join("receipts");
    let verify = |lines: &str| {
        std::fs::write(&file, lines).unwrap();
        let done = run(&["--data", data, "verify", "--receipts", file.to_str().unwrap()]);
        (done.status.success(), text(&done.stdout) + &text(&done.stderr))
    };
    let (well, said) = verify(&format!("\u{feff}{good}\n\n{good}\n"));
    assert!(well && said.contains("2 receipts"), "{said}");
    let wrong = [
        (
            receipt("1", &hash, at + SignedDuration::from_secs(1)),
            "entry 1 was recorded at another time",
        ),
        (
            receipt("1", &"0".repeat(64), at),
            "entry 1 is another than the receipt names",
        ),
        (
            receipt("999", &hash, at),
            "entry 999, which a receipt names, is not there",
        ),
    ];
    for (line, difference) in wrong {
        let (well, said) = verify(&format!("{good}\n{line}\n"));
        assert!(!well && said.contains(difference), "{said}");
    }
    let (well, said) = verify("nonsense\n");
    assert!(!well && said.contains("line 1: no receipt such as"), "{said}");
}
