//! Fetching links over a real socket: what each leads to, within its bounds, and nothing that is not public or named.

use std::time::{Duration, Instant};

use minhchung::domain::link_check::{Fetched, LinkFailure};
use minhchung::web::{Bounds, Fetcher, MAX_REDIRECTS};
use sha2::{Digest, Sha256};

use crate::support::site::{PAGE, Site};

/// Short times and small pages.
pub const BOUNDS: Bounds = Bounds {
    connecting: Duration::from_secs(5),
    answering: Duration::from_millis(700),
    pause: Duration::ZERO,
    page_bytes: 10_000,
};

/// A fetcher to which these hosts are named.
pub fn fetcher(private: &[&str]) -> Fetcher {
    let private: Vec<String> = private.iter().map(|host| (*host).to_owned()).collect();
    Fetcher::new(&private, BOUNDS).unwrap()
}

/// What a page of a site leads to, whose number is named.
async fn of(site: &Site, path: &str) -> Fetched {
    fetcher(&["127.0.0.1"]).fetch(&site.url(path)).await
}

#[tokio::test]
async fn a_page_is_told_by_its_bytes_and_where_it_was() {
    let site = Site::start().await;
    let page = Fetched {
        status: Some(200),
        bytes: PAGE.len() as u64,
        sha256: Some(hex::encode(Sha256::digest(PAGE))),
        ..Fetched::default()
    };
    assert_eq!(of(&site, "page").await, page);
    let moved = Fetched {
        final_url: Some(site.url("page")),
        ..page
    };
    assert_eq!(of(&site, "moved").await, moved);
    assert_eq!(site.asked(), ["page", "moved", "page"]);
}

#[tokio::test]
async fn what_is_no_page_says_why() {
    let site = Site::start().await;
    for (status, failure) in [
        (403, LinkFailure::Denied),
        (404, LinkFailure::Gone),
        (410, LinkFailure::Gone),
        (304, LinkFailure::BadStatus),
        (503, LinkFailure::BadStatus),
    ] {
        let found = of(&site, &format!("status/{status}")).await;
        assert_eq!((found.status, found.failure), (Some(status), Some(failure)));
        assert_eq!((found.bytes, found.sha256), (0, None));
    }
    assert_eq!(of(&site, "broken").await.failure, Some(LinkFailure::Broken));
    // The site speaks no TLS.
    let secure = site.url("page").replace("http:", "https:");
    let found = fetcher(&["127.0.0.1"]).fetch(&secure).await;
    assert_eq!(found.failure, Some(LinkFailure::Insecure));
    for address in [
        "",
        "so.example/thu-tuc",
        "ftp://127.0.0.1/",
        "http://",
        "mailto:so@so.example",
    ] {
        let found = fetcher(&["127.0.0.1"]).fetch(address).await;
        assert_eq!(found, Fetched::failed(LinkFailure::NotAnAddress), "{address}");
    }
    let found = fetcher(&[]).fetch("http://so.invalid/").await;
    assert_eq!(found, Fetched::failed(LinkFailure::Unresolved));
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let found = fetcher(&["127.0.0.1"]).fetch(&closed).await;
    assert_eq!(found, Fetched::failed(LinkFailure::Refused));
}

#[tokio::test]
async fn redirects_are_followed_so_far_and_no_farther() {
    let site = Site::start().await;
    let found = of(&site, &format!("hops/{MAX_REDIRECTS}")).await;
    assert_eq!((found.failure, found.final_url), (None, Some(site.url("hops/0"))));
    site.asked();
    let found = of(&site, &format!("hops/{}", MAX_REDIRECTS + 1)).await;
    assert_eq!(found.failure, Some(LinkFailure::TooManyRedirects));
    assert_eq!(site.asked().len(), MAX_REDIRECTS + 1);
    let found = of(&site, "loop").await;
    assert_eq!(found.failure, Some(LinkFailure::TooManyRedirects));
    assert_eq!(site.asked(), vec!["loop"; MAX_REDIRECTS + 1]);
}

#[tokio::test]
async fn neither_time_nor_bytes_are_without_end() {
    let site = Site::start().await;
    for path in ["slow", "drip"] {
        let begun = Instant::now();
        assert_eq!(of(&site, path).await.failure, Some(LinkFailure::TimedOut), "{path}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{path}");
    }
    let found = of(&site, "endless").await;
    let read = vec![b'x'; 10_000];
    assert_eq!((found.failure, found.cut, found.bytes), (None, true, 10_000));
    assert_eq!(found.sha256, Some(hex::encode(Sha256::digest(read))));
}

#[tokio::test]
async fn nothing_of_a_private_network_is_asked_unless_its_host_is_named() {
    let site = Site::start().await;
    for (private, address) in [
        (&[][..], site.url("page")),
        (&["localhost"], site.url("page")),
        (&[], site.named("page")),
        // A name is held to what it resolves to, whoever else is named.
        (&["127.0.0.1"], site.named("page")),
        (&[], site.url("page").replace("127.0.0.1", "2130706433")),
        (&[], site.url("page").replace("127.0.0.1", "[::ffff:7f00:1]")),
        (&["127.0.0.1"], site.url("page").replace("//", "//so:secret@")),
    ] {
        let found = fetcher(private).fetch(&address).await;
        assert_eq!(found, Fetched::failed(LinkFailure::NotAllowed), "{address}");
    }
    assert_eq!(site.asked(), [""; 0]);
    assert_eq!(fetcher(&["LOCALHOST"]).fetch(&site.named("page")).await.failure, None);
    assert_eq!(site.asked(), ["page"]);
}

#[tokio::test]
async fn each_redirect_is_held_to_the_same() {
    let site = Site::start().await;
    for (path, failure) in [
        ("to-private", LinkFailure::NotAllowed),
        ("to-name", LinkFailure::NotAllowed),
        ("to-file", LinkFailure::NotAnAddress),
    ] {
        let found = of(&site, path).await;
        assert_eq!((found.failure, found.status), (Some(failure), None), "{path}");
        assert_eq!(site.asked(), [path]);
    }
    let both = fetcher(&["127.0.0.1", "localhost"]);
    let found = both.fetch(&site.url("to-name")).await;
    assert_eq!((found.failure, found.final_url), (None, Some(site.named("page"))));
}
