//! A server that takes nobody without TLS and a password (SCRAM-SHA-256), and an account with the least rights there are:
//! those that the README lists.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use mongodb::{Client, Database};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use serde_json::json;

use crate::cluster::said;
use crate::program::{OPEN, Server, program_on};
use crate::support::mongod::{Mongod, free_port, writable};

/// How long an error may take: the program waits for a cluster that is starting.
const TOLD: Duration = Duration::from_secs(45);
/// Passwords that are written with an escape, and that nobody shall ever read.
const PASSWORD: &str = "gi%C3%B3%2Fm%C3%B9a";
const PLAIN_PASSWORD: &str = "gió/mùa";
const WRONG: &str = "s3cr3t";

/// An authority that nobody trusts yet.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn write(path: PathBuf, text: &str) -> String {
    std::fs::write(&path, text).unwrap();
    // The server reads no key that others can read.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

/// The server, its port, and the file with the authority that it has its certificate from.
struct Secured {
    port: u16,
    authority: String,
    _server: Mongod,
    folder: tempfile::TempDir,
}

impl Secured {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let issuer = authority();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        // Servers of a set are each other's clients too.
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let authority = write(at("ca.pem"), &issuer.pem());
        let pair = write(at("server.pem"), &(certificate.pem() + &key.serialize_pem()));
        let shared = write(at("key"), &"k3y".repeat(20));
        std::fs::create_dir(at("db")).unwrap();
        let port = free_port();
        let server = Mongod::start_as(
            &at("db"),
            port,
            false,
            &[
                "--replSet",
                "rs0",
                "--keyFile",
                &shared,
                "--tlsMode",
                "requireTLS",
                "--tlsCertificateKeyFile",
                &pair,
                "--tlsCAFile",
                &authority,
                "--tlsAllowConnectionsWithoutCertificates",
            ],
        );
        let secured = Self {
            port,
            authority,
            _server: server,
            folder,
        };
        secured.initiate().await;
        secured
    }

    /// How somebody connects to a database; names and passwords are written as a URL wants them.
    fn uri(&self, who: &str, database: &str, more: &str) -> String {
        format!(
            "mongodb://{who}127.0.0.1:{}/{database}?tls=true&tlsCAFile={}{more}",
            self.port, self.authority
        )
    }

    async fn database(&self, who: &str, name: &str, more: &str) -> Database {
        Client::with_uri_str(self.uri(who, name, more))
            .await
            .unwrap()
            .database(name)
    }

    /// The set and its first account, which who comes from the same machine may make, and the program's.
    async fn initiate(&self) {
        let nobody = self.database("", "admin", "&directConnection=true").await;
        let members = [doc! { "_id": 0, "host": format!("127.0.0.1:{}", self.port) }];
        let set = doc! { "replSetInitiate": { "_id": "rs0", "members": members } };
        let begun = Instant::now();
        while let Err(error) = nobody.run_command(set.clone()).await {
            assert!(
                begun.elapsed() < TOLD,
                "{error}; log in {}",
                self.folder.path().display()
            );
        }
        while !writable(&nobody).await {
            assert!(begun.elapsed() < TOLD, "no primary");
        }
        let owner = doc! { "createUser": "owner", "pwd": "owner", "roles": ["root"] };
        nobody.run_command(owner).await.unwrap();
        let owner = self
            .database("owner:owner@", "minhchung", "&replicaSet=rs0&authSource=admin")
            .await;
        for order in least_rights() {
            owner.run_command(order).await.unwrap();
        }
    }
}

/// What the README tells to do, for the program's account.
fn least_rights() -> [Document; 2] {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let actions = [
        "find",
        "insert",
        "update",
        "createCollection",
        "createIndex",
        "listIndexes",
        "listCollections",
        "changeStream",
    ];
    for action in actions {
        assert!(
            readme.contains(&format!("\"{action}\"")),
            "the README does not name {action}"
        );
    }
    let resource = doc! { "db": "minhchung", "collection": "" };
    let privileges = [doc! { "resource": resource, "actions": actions.to_vec() }];
    let account = doc! { "createUser": "minhchung", "pwd": PLAIN_PASSWORD, "roles": ["evidence"],
    "mechanisms": ["SCRAM-SHA-256"] };
    [
        doc! { "createRole": "evidence", "privileges": privileges.to_vec(), "roles": [] },
        account,
    ]
}

/// What a command says that cannot connect: in time, and without what nobody shall read.
fn refused(data: &Path, store: &str) -> String {
    let begun = Instant::now();
    let output = program_on(data, store)
        .args(["verify", "--log=debug"])
        .output()
        .unwrap();
    let text = said(&output);
    assert!(
        !output.status.success() && begun.elapsed() < TOLD,
        "{:?} {text}",
        begun.elapsed()
    );
    assert!(
        !text.contains(WRONG) && !text.contains(PASSWORD) && !text.contains(PLAIN_PASSWORD),
        "{text}"
    );
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn the_program_serves_from_a_server_that_wants_tls_and_a_password() {
    let server = Secured::start().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let who = format!("minhchung:{PASSWORD}@");
    let store = server.uri(&who, "minhchung", "&replicaSet=rs0");
    let run = |arguments: &[&str]| {
        let output = program_on(data, &store).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    run(&["seed"]);
    let manager = run(&["token", "--user", "snv.manager"]);
    let served = Server::start_on(data, &store).await;
    let opened = served.send(manager.trim(), OPEN, json!({})).await;
    assert_eq!(opened["data"]["openRound"]["round"]["phase"], "OPENING", "{opened}");
    drop(served);
    assert!(run(&["verify"]).contains("everything holds"));
    // Its account cannot take away what was written, nor see another database.
    let own = server.database(&who, "minhchung", "&replicaSet=rs0").await;
    let journal = own.collection::<Document>("journal_entry");
    assert!(journal.find_one(doc! {}).await.unwrap().is_some());
    assert!(
        journal
            .delete_one(doc! {})
            .await
            .unwrap_err()
            .to_string()
            .contains("not authorized")
    );
    assert!(journal.drop().await.unwrap_err().to_string().contains("not authorized"));
    let other = own.client().database("other").collection::<Document>("any");
    assert!(
        other
            .find_one(doc! {})
            .await
            .unwrap_err()
            .to_string()
            .contains("not authorized")
    );

    let wrong = refused(
        data,
        &server.uri(&format!("minhchung:{WRONG}@"), "minhchung", "&replicaSet=rs0"),
    );
    assert!(wrong.contains("user") && wrong.contains("password"), "{wrong}");
    let nobody = refused(data, &server.uri("", "minhchung", "&replicaSet=rs0"));
    assert!(nobody.contains("lacks a right"), "{nobody}");
    let stranger = write(folder.path().join("other.pem"), &authority().pem());
    let untrusted = refused(data, &store.replace(&server.authority, &stranger));
    assert!(
        untrusted.contains("certificate") && untrusted.contains("tlsCAFile"),
        "{untrusted}"
    );
    let plain = refused(data, &store.replace("tls=true", "tls=false"));
    assert!(plain.contains("tls=true"), "{plain}");
}
