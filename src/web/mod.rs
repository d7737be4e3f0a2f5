//! Fetching pages of the public web by their addresses, within bounds: what a link leads to, and nothing else.
//!
//! **Only public addresses.** What is fetched is named by people who file documents, so that every host is held to
//! [`allowed::Allowed`]: by its address where that stands in the URL, otherwise by the very addresses that its name was resolved
//! to and that the connection goes to, at the first step and at each redirect. A name that resolves to something else a moment
//! later gains nothing by it. No proxy is used: it would resolve names by itself.
//!
//! This module knows nothing of documents, rounds, people or the time of day.

pub mod allowed;
mod failures;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use sha2::{Digest, Sha256};

use allowed::{Allowed, Resolver};
use failures::failure_of;
use turns::Turns;

use crate::domain::link_check::{Fetched, LinkFailure};

/// Redirects that are followed (5): from http to https, to another host, to a page in one language, and two more.
pub const MAX_REDIRECTS: usize = 5;
/// Bytes of a page that are read and hashed (8 MiB): a scanned decision of twenty pages. Of what is longer the beginning is.
pub const MAX_PAGE_BYTES: u64 = 8 * 1024 * 1024;
/// Longest address, in characters, as a document may have it.
const MAX_URL_CHARS: usize = 2000;
/// What the program calls itself, so that who runs a portal knows whom to let in.
const USER_AGENT: &str = concat!("minhchung-link-check/", env!("CARGO_PKG_VERSION"));

/// What one step of a fetch may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// For a connection with its encryption (10 s): a slow portal, not a dead one.
    pub connecting: Duration,
    /// From the question to the end of the page (30 s).
    pub answering: Duration,
    /// Between two questions to one host, which are asked one after the other (1 s): fewer than a reader causes.
    pub pause: Duration,
    /// Bytes of a page that are read.
    pub page_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connecting: Duration::from_secs(10),
            answering: Duration::from_secs(30),
            pause: Duration::from_secs(1),
            page_bytes: MAX_PAGE_BYTES,
        }
    }
}

/// Fetches pages. It keeps nothing but when each host was last asked; one run has one.
pub struct Fetcher {
    client: Client,
    allowed: Arc<Allowed>,
    turns: Turns,
    bounds: Bounds,
}

/// Where a step of a fetch led.
enum Step {
    End(Fetched),
    Redirect(Url),
}

impl Fetcher {
    /// A fetcher; hosts that may be fetched although their addresses are not public are named.
    ///
    /// # Errors
    /// When the machine has no roots to hold certificates against.
    pub fn new(private_hosts: &[String], bounds: Bounds) -> Result<Self, reqwest::Error> {
        let allowed = Arc::new(Allowed::new(private_hosts));
        let client = Client::builder()
            .dns_resolver(Arc::new(Resolver(Arc::clone(&allowed))))
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .user_agent(USER_AGENT)
            .connect_timeout(bounds.connecting)
            .timeout(bounds.answering)
            // A connection is not kept for the next question, which may be about another name with the same address.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self {
            client,
            allowed,
            turns: Turns::new(bounds.pause),
            bounds,
        })
    }

    /// What an address leads to. Every failure is an answer.
    pub async fn fetch(&self, address: &str) -> Fetched {
        let Some(first) = parsed(address) else {
            return Fetched::failed(LinkFailure::NotAnAddress);
        };
        let mut url = first.clone();
        for _ in 0..=MAX_REDIRECTS {
            let found = match self.step(&url).await {
                Ok(Step::Redirect(next)) => {
                    url = next;
                    continue;
                }
                Ok(Step::End(found)) => found,
                Err(failure) => Fetched::failed(failure),
            };
            return led(found, &first, &url);
        }
        led(Fetched::failed(LinkFailure::TooManyRedirects), &first, &url)
    }

    async fn step(&self, url: &Url) -> Result<Step, LinkFailure> {
        self.allowed.check(url)?;
        let _turn = self.turns.of(url.host_str().unwrap_or_default()).await;
        let response = self.client.get(url.clone()).send().await;
        let response = response.map_err(|error| failure_of(&error))?;
        if let Some(next) = redirect(&response) {
            return next.map(Step::Redirect);
        }
        self.read(response).await.map(Step::End)
    }

    /// Reads a page up to the bound; what comes with an error's status is not read.
    async fn read(&self, mut response: Response) -> Result<Fetched, LinkFailure> {
        let status = response.status().as_u16();
        let mut found = Fetched {
            status: Some(status),
            failure: LinkFailure::of_status(status),
            ..Fetched::default()
        };
        if found.failure.is_some() {
            return Ok(found);
        }
        let mut hash = Sha256::new();
        while let Some(piece) = response.chunk().await.map_err(|error| failure_of(&error))? {
            let room = usize::try_from(self.bounds.page_bytes - found.bytes).unwrap_or(usize::MAX);
            let read = &piece[..piece.len().min(room)];
            hash.update(read);
            found.bytes += read.len() as u64;
            if read.len() < piece.len() {
                found.cut = true;
                break;
            }
        }
        found.sha256 = Some(hex::encode(hash.finalize()));
        Ok(found)
    }
}

/// An http(s) address with a host.
fn parsed(address: &str) -> Option<Url> {
    let short = address.chars().count() <= MAX_URL_CHARS;
    let url = Url::parse(address).ok().filter(|_| short)?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// Where a response redirects to; none for one that does not.
fn redirect(response: &Response) -> Option<Result<Url, LinkFailure>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?;
    let text = std::str::from_utf8(location.as_bytes()).ok();
    let next = text.and_then(|text| response.url().join(text).ok());
    let next = next.filter(|next| next.as_str().chars().count() <= MAX_URL_CHARS);
    Some(next.ok_or(LinkFailure::NotAnAddress))
}

/// What was found, with the address where it was if that is another one.
fn led(mut found: Fetched, first: &Url, last: &Url) -> Fetched {
    // Of one that did not answer nothing is told: it may carry what a redirect put into it.
    found.final_url = (first != last && found.status.is_some()).then(|| last.to_string());
    found
}

/// The host of an address, as a fetcher takes turns at it; none for what is no address.
pub fn host_of(address: &str) -> Option<String> {
    parsed(address)?.host_str().map(str::to_owned)
}
