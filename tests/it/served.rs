//! The real system behind the real router on a socket of its own, and a client that speaks HTTP to it with real tokens.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use minhchung::app::App;
use minhchung::cli::api::ServedApi;
use minhchung::config::DEFAULT_UPLOAD_BYTES;
use minhchung::http::tokens::Tokens;
use minhchung::http::{Edge, router, serve};
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};

/// A file of an upload: where its variable lies, its name, its bytes.
pub type Upload<'a> = (&'a str, &'a str, Vec<u8>);

/// A running server.
pub struct Served {
    pub address: SocketAddr,
    pub client: reqwest::Client,
    pub tokens: Arc<Tokens>,
    pub edge: Arc<Edge>,
}

impl Served {
    /// Serves an application on a free port of this machine; the server's key lies in the folder.
    pub async fn start(app: &Arc<App>, folder: &Path) -> Self {
        let tokens = Arc::new(Tokens::open(folder, None).unwrap());
        let api = Arc::new(ServedApi::new(app, &tokens));
        let edge = Edge::new(api, Arc::clone(&app.blobs), Arc::clone(&tokens), DEFAULT_UPLOAD_BYTES);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(
            listener,
            router(Arc::clone(&edge)),
            Arc::clone(&edge),
            std::future::pending(),
        ));
        Self {
            address,
            client: reqwest::Client::new(),
            tokens,
            edge,
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A token of the account that holds wherever a test sets its clock.
    pub fn token(&self, login: &str) -> String {
        let from: Timestamp = "2010-01-01T00:00:00Z".parse().unwrap();
        let lifetime = SignedDuration::from_hours(24 * 365 * 50);
        self.tokens.issue(login, from, lifetime).unwrap()
    }

    /// A POST to the endpoint as somebody; the empty login is nobody.
    pub fn post(&self, login: &str) -> reqwest::RequestBuilder {
        let request = self.client.post(self.url("/graphql"));
        if login.is_empty() {
            request
        } else {
            request.bearer_auth(self.token(login))
        }
    }

    /// A multipart request in the order of the protocol; each file's variable is null in `variables`.
    pub fn upload(
        &self,
        login: &str,
        document: &str,
        variables: &Value,
        files: Vec<Upload<'_>>,
    ) -> reqwest::RequestBuilder {
        let operations = json!({"query": document, "variables": variables});
        let map: Map<String, Value> = files
            .iter()
            .enumerate()
            .map(|(index, (path, _, _))| (index.to_string(), json!([format!("variables.{path}")])))
            .collect();
        let mut form = Form::new()
            .text("operations", operations.to_string())
            .text("map", Value::Object(map).to_string());
        for (index, (_, name, bytes)) in files.into_iter().enumerate() {
            form = form.part(index.to_string(), Part::bytes(bytes).file_name(name.to_owned()));
        }
        self.post(login)
            .header("GraphQL-Require-Preflight", "1")
            .multipart(form)
    }
}
