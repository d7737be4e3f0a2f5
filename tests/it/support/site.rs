//! A web site on this machine whose pages are what links may lead to: there, gone, elsewhere, slow, endless.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures::StreamExt;

/// What a page says that is there.
pub const PAGE: &[u8] = b"<html>th\xe1\xbb\xa7 t\xe1\xbb\xa5c</html>";

/// A site, with the paths that were asked for.
pub struct Site {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// A site on a free port.
    pub async fn start() -> Self {
        let asked = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let site = Router::new()
            .route("/{*path}", any(answer))
            .with_state((address, Arc::clone(&asked)));
        tokio::spawn(async move { axum::serve(listener, site).await });
        Self { address, asked }
    }

    /// The address of a page, by the number of the machine.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The same by the machine's name.
    pub fn named(&self, path: &str) -> String {
        format!("http://localhost:{}/{path}", self.address.port())
    }

    /// What was asked for since the last time, in order.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

type Shared = (SocketAddr, Arc<Mutex<Vec<String>>>);

async fn answer(Path(path): Path<String>, State((address, asked)): State<Shared>) -> Response {
    asked.lock().unwrap().push(path.clone());
    let to = |place: String| (StatusCode::FOUND, [(LOCATION, place)]).into_response();
    let piece = || Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1024]));
    if let Some(status) = path.strip_prefix("status/") {
        return StatusCode::from_u16(status.parse().unwrap()).unwrap().into_response();
    }
    if let Some(left) = path.strip_prefix("hops/") {
        return match left.parse::<u32>().unwrap() {
            0 => PAGE.into_response(),
            left => to(format!("/hops/{}", left - 1)),
        };
    }
    match path.as_str() {
        "moved" => to("page".to_owned()),
        "loop" => to("loop".to_owned()),
        "to-private" => to("http://10.0.0.1/".to_owned()),
        "to-name" => to(format!("http://localhost:{}/page", address.port())),
        "to-file" => to("file:///etc/passwd".to_owned()),
        "slow" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            PAGE.into_response()
        }
        "late" => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            PAGE.into_response()
        }
        "drip" => {
            let drops = futures::stream::repeat(Bytes::from_static(b"x")).then(|drop| async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Ok::<_, Infallible>(drop)
            });
            Body::from_stream(drops).into_response()
        }
        "endless" => Body::from_stream(futures::stream::repeat_with(piece)).into_response(),
        "broken" => {
            let pieces = futures::stream::iter([Ok(Bytes::from_static(PAGE)), Err(std::io::Error::other("gone"))]);
            Body::from_stream(pieces).into_response()
        }
        _ => PAGE.into_response(),
    }
}
