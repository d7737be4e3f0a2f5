//! The program itself: seeded, served, used over HTTP with real tokens, killed and started again.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

pub const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n";

/// How long a start is waited for: 1,200 × 50 ms, a minute on a loaded machine.
const READY_TRIES: u32 = 1200;
const READY_PAUSE: Duration = Duration::from_millis(50);

pub fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minhchung"));
    command.arg("--data").arg(data);
    command
}

pub fn token(data: &Path, login: &str) -> String {
    token_by(program(data), login)
}

/// A token as the program with settings of its own prints it.
pub fn token_by(mut program: Command, login: &str) -> String {
    let printed = program.args(["token", "--user", login]).output().unwrap();
    assert!(printed.status.success());
    String::from_utf8(printed.stdout).unwrap().trim().to_owned()
}

/// The program on a store of its own beside the folder.
pub fn program_on(data: &Path, store: &str) -> Command {
    let mut command = program(data);
    command.env("MINHCHUNG_STORE", store);
    command
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: String,
    pub client: reqwest::Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A free port of this machine.
pub fn free_address() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("127.0.0.1:{port}")
}

/// The program, serving from a folder.
fn serve(data: &Path, listen: &str) -> Child {
    serve_by(program(data), listen)
}

/// The program with settings of its own, serving.
fn serve_by(mut program: Command, listen: &str) -> Child {
    program
        .args(["--listen", listen, "serve"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

impl Server {
    /// Starts the program on a free port.
    pub async fn start(data: &Path) -> Self {
        Self::start_at(data, free_address()).await
    }

    /// Starts the program on a store that others share.
    pub async fn start_on(data: &Path, store: &str) -> Self {
        let listen = free_address();
        let mut command = program_on(data, store);
        let server = Self {
            child: command
                .args(["--listen", &listen, "serve"])
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
            address: format!("http://{listen}"),
            client: reqwest::Client::new(),
        };
        server.until_ready().await;
        server
    }

    /// Starts the program at an address.
    pub async fn start_at(data: &Path, listen: String) -> Self {
        Self::started(serve(data, &listen), listen).await
    }

    /// Starts the program with settings of its own on a free port.
    pub async fn start_by(program: Command) -> Self {
        let listen = free_address();
        Self::started(serve_by(program, &listen), listen).await
    }

    async fn started(child: Child, listen: String) -> Self {
        let server = Self {
            child,
            address: format!("http://{listen}"),
            client: reqwest::Client::new(),
        };
        server.until_ready().await;
        server
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends the program at once (SIGKILL): nothing in it gets to know.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts the program again at the same address.
    pub async fn restart(&mut self, data: &Path) {
        let listen = self.address.trim_start_matches("http://").to_owned();
        self.child = serve(data, &listen);
        self.until_ready().await;
    }

    async fn until_ready(&self) {
        for _ in 0..READY_TRIES {
            let answer = self.client.get(format!("{}/readyz", self.address)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(READY_PAUSE).await;
        }
        panic!("the server did not get ready");
    }

    pub async fn send(&self, token: &str, query: &str, variables: Value) -> Value {
        let mut request = self.client.post(format!("{}/graphql", self.address));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        request
            .json(&json!({"query": query, "variables": variables}))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub async fn upload(&self, token: &str, operations: Value, files: Vec<Part>) -> Value {
        let map: serde_json::Map<String, Value> = (0..files.len())
            .map(|index| {
                (
                    index.to_string(),
                    json!([format!("variables.i.content.files.{index}.upload")]),
                )
            })
            .collect();
        let mut form = Form::new()
            .text("operations", operations.to_string())
            .text("map", Value::Object(map).to_string());
        for (index, file) in files.into_iter().enumerate() {
            form = form.part(index.to_string(), file);
        }
        self.multipart(token, form).await
    }

    /// Sends a multipart request.
    pub async fn multipart(&self, token: &str, form: Form) -> Value {
        let request = self.client.post(format!("{}/graphql", self.address)).bearer_auth(token);
        request
            .header("GraphQL-Require-Preflight", "1")
            .multipart(form)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Opens the round `R` and waits until its dossiers are there.
    pub async fn open_round(&self, manager: &str) {
        let opened = self.send(manager, OPEN, json!({})).await;
        assert_eq!(opened["data"]["openRound"]["round"]["phase"], "OPENING", "{opened}");
        let mut phase = Value::Null;
        for _ in 0..200 {
            phase =
                self.send("", r#"{ round(code: "R") { phase } }"#, json!({})).await["data"]["round"]["phase"].clone();
            if phase == "SELF_ASSESSMENT" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the round is still {phase}");
    }
}

pub const OPEN: &str = r#"mutation { openRound(input: {code: "R", name: {vi: "R", en: "R"}, year: 2019, owner: "SNV", units: ["SGTVT", "SCT"],
    frameworks: [{unitType: "SO", framework: "QNM-SO@2019"}]}) { round { phase } } }"#;
pub const ADD: &str = "mutation($i: AddEvidenceInput!) { addEvidence(input: $i) { evidenceId dossier { assessments { criterion links { evidence { title files { name sha256 size path } } } } } } }";

#[tokio::test]
async fn seeded_served_used_killed_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    assert!(program(data).arg("seed").status().unwrap().success());
    assert!(
        program(data).arg("seed").status().unwrap().success(),
        "seeding twice changes nothing"
    );
    let (manager, officer, other) = (
        token(data, "snv.manager"),
        token(data, "sgtvt.officer"),
        token(data, "sct.officer"),
    );
    let server = Server::start(data).await;

    server.open_round(&manager).await;

    let input = json!({"i": {"dossier": {"key": {"round": "R", "unit": "SGTVT"}}, "kind": "OFFICIAL_DOCUMENT", "title": "Kế hoạch",
        "content": {"header": {"documentType": "KH", "number": "1/KH-SGTVT", "issuer": "Sở GTVT", "issuedOn": "2019-01-10", "subject": "CCHC"},
            "files": [{"upload": null}, {"upload": null}]},
        "links": [{"criterion": "1.1.1"}]}});
    let part = |name: &str, bytes: &'static [u8]| Part::bytes(bytes).file_name(name.to_owned());
    let operations = json!({"query": ADD, "variables": input});
    let added = server
        .upload(
            &officer,
            operations.clone(),
            vec![part("ke-hoach.pdf", PDF), part("phu-luc.csv", b"a,b\n1,2\n")],
        )
        .await;
    let leaves = added["data"]["addEvidence"]["dossier"]["assessments"]
        .as_array()
        .unwrap_or_else(|| panic!("{added}"));
    let leaf = leaves.iter().find(|leaf| leaf["criterion"] == "1.1.1").unwrap();
    let files = &leaf["links"][0]["evidence"]["files"];
    assert_eq!(files[0]["size"], PDF.len().to_string());

    // The link opens the same bytes, in ranges too.
    let path = format!("{}{}", server.address, files[0]["path"].as_str().unwrap());
    let whole = server.client.get(&path).send().await.unwrap();
    assert_eq!(whole.bytes().await.unwrap(), PDF);
    let part_of = server
        .client
        .get(&path)
        .header("Range", "bytes=0-3")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (part_of.status().as_u16(), part_of.bytes().await.unwrap().as_ref()),
        (206, b"%PDF".as_slice())
    );

    // A program that calls itself a PDF is refused, and a stranger's dossier is not there.
    let exe = server
        .upload(
            &officer,
            operations.clone(),
            vec![part("a.pdf", b"MZ\x90\x00\x03\x00\x00\x00"), part("b.csv", b"a\n1\n")],
        )
        .await;
    assert_eq!(exe["errors"][0]["extensions"]["code"], "INVALID", "{exe}");
    let stranger = server
        .upload(&other, operations, vec![part("a.pdf", PDF), part("b.csv", b"a\n1\n")])
        .await;
    assert_eq!(stranger["errors"][0]["extensions"]["code"], "NOT_FOUND", "{stranger}");
    assert_eq!(
        server.send("nonsense", "{ viewer { login } }", json!({})).await["errors"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );

    // Killed in the middle of declarations: every acknowledged one is there afterwards.
    let declare = r#"mutation($c: Decimal!) { declare(input: {dossier: {key: {round: "R", unit: "SGTVT"}}, items: [{criterion: "1.5", inputs: [
        {input: "initiatives", value: {count: $c}}]}]}) { dossier { assessments { criterion declaredInputs { text } } } } }"#;
    let mut acknowledged = None;
    for count in 0..20 {
        let answer = server.send(&officer, declare, json!({"c": count.to_string()})).await;
        assert!(answer["errors"].is_null(), "{answer}");
        acknowledged = Some(count.to_string());
    }
    drop(server);
    let server = Server::start(data).await;
    let read =
        r#"{ assessment(ref: {key: {round: "R", unit: "SGTVT", criterion: "1.5"}}) { declaredInputs { text } } }"#;
    let found = server.send(&officer, read, json!({})).await;
    assert_eq!(
        found["data"]["assessment"]["declaredInputs"][0]["text"]
            .as_str()
            .map(str::to_owned),
        acknowledged
    );
    drop(server);
    let verified = program(data).arg("verify").output().unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
}

#[test]
fn verify_names_the_first_difference() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    assert!(program(data).arg("seed").status().unwrap().success());
    let database = rusqlite::Connection::open(data.join("store.db")).unwrap();
    let changed = database
        .execute(
            "UPDATE doc_user SET body = CAST(replace(CAST(body AS TEXT), 'SGTVT', 'SCT') AS BLOB) WHERE id = 'sgtvt.officer'",
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(database);
    let verified = program(data).arg("verify").output().unwrap();
    let printed = String::from_utf8(verified.stdout).unwrap();
    assert!(!verified.status.success());
    assert!(
        printed.contains("user:sgtvt.officer: user/sgtvt.officer differs from its journal"),
        "{printed}"
    );
}

#[tokio::test]
async fn one_process_writes_into_a_folder_and_verify_only_reads() {
    let folder = tempfile::tempdir().unwrap();
    assert!(program(folder.path()).arg("seed").status().unwrap().success());
    let _server = Server::start(folder.path()).await;
    let staged = folder.path().join("staging/being-uploaded");
    std::fs::write(&staged, b"half of a file").unwrap();

    let second = program(folder.path()).arg("seed").output().unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("another minhchung works in"), "{said}");

    let verified = program(folder.path()).arg("verify").output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
    assert!(staged.exists(), "reading takes nothing away from the server");

    let nowhere = folder.path().join("no/such/folder");
    let missing = program(&nowhere).arg("verify").output().unwrap();
    assert!(!missing.status.success());
    assert!(!nowhere.exists(), "reading makes nothing");
}
