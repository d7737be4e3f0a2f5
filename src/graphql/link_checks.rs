//! Checks of links in the API, where the addresses are.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Context, Enum, Result, SimpleObject};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::scalars::{DateTime, Long};
use super::session;
use crate::domain::link_check;

/// Where a link stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "link_check::LinkState")]
pub enum LinkState {
    /// There is a page.
    Alive,
    /// The server does not show it to programs: only a person can tell whether there is a page.
    Denied,
    /// It failed, and may be well again with the next run.
    Failing,
    /// The server says that it is gone, the text is no address, or it failed in two runs at least twelve hours apart.
    Dead,
}

/// Why there was no page.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "link_check::LinkFailure")]
pub enum LinkFailure {
    /// The text is no http(s) address.
    NotAnAddress,
    /// The server says that there is no such page (404, 410).
    Gone,
    /// The server answers, but not to programs or not to everybody (401, 403, 407, 429, 451).
    Denied,
    /// Another status than 200 to 299.
    BadStatus,
    /// The name has no address.
    Unresolved,
    /// The address belongs to a private network, or carries a password: it is not fetched.
    NotAllowed,
    /// Nobody accepts the connection.
    Refused,
    /// The certificate does not hold, or there is no agreement on encryption.
    Insecure,
    /// No answer within half a minute.
    TimedOut,
    /// More than five redirects.
    TooManyRedirects,
    /// The connection ended before the answer did.
    Broken,
}

/// The newest check of an address, fetched by the program itself and not while anybody waited.
#[derive(SimpleObject)]
pub struct LinkCheck {
    /// Where the link stands.
    pub state: LinkState,
    /// When it was fetched.
    pub checked_at: DateTime,
    /// HTTP status of the last answer; null where nothing answered.
    pub status: Option<u32>,
    /// Why there was no page; null where there was one.
    pub failure: Option<LinkFailure>,
    /// The address that answered, where redirects led to another one; null where they did not.
    pub final_url: Option<String>,
    /// Bytes of the page that were read.
    pub bytes: Long,
    /// Whether the page goes on behind them: 8 MiB are read.
    pub cut: bool,
    /// SHA-256 of these bytes, hexadecimal; null where there was no page.
    pub sha256: Option<String>,
    /// The first of the failures that have not been interrupted since, or when the document was filed if that was later; null where the
    /// newest check is no failure.
    pub failing_since: Option<DateTime>,
    /// The newest failure since the document was filed.
    pub last_failed_at: Option<DateTime>,
    /// The newest page since then.
    pub last_succeeded_at: Option<DateTime>,
}

impl From<&link_check::LinkCheck> for LinkCheck {
    fn from(check: &link_check::LinkCheck) -> Self {
        let found = &check.found;
        Self {
            state: check.state().into(),
            checked_at: DateTime(check.checked_at),
            status: found.status.map(u32::from),
            failure: found.failure.map(Into::into),
            final_url: found.final_url.clone(),
            bytes: Long(found.bytes),
            cut: found.cut,
            sha256: found.sha256.clone(),
            failing_since: check.failing_since.map(DateTime),
            last_failed_at: check.last_failed_at.map(DateTime),
            last_succeeded_at: check.last_succeeded_at.map(DateTime),
        }
    }
}

/// Checks of the links of one page of rows, read together when the first of them is asked for.
pub struct PageLinks {
    /// Code of the round.
    round: String,
    /// When the document was filed.
    filed: Timestamp,
    addresses: Vec<String>,
    found: OnceCell<Arc<BTreeMap<String, link_check::LinkCheck>>>,
}

impl PageLinks {
    /// Addresses whose checks are not read yet.
    pub fn of(round: &str, filed: Timestamp, addresses: impl Iterator<Item = String>) -> Arc<Self> {
        Arc::new(Self {
            round: round.to_owned(),
            filed,
            addresses: addresses.collect(),
            found: OnceCell::new(),
        })
    }

    /// Checks that are at hand.
    pub fn known(found: &Arc<BTreeMap<String, link_check::LinkCheck>>) -> Arc<Self> {
        Arc::new(Self {
            round: String::new(),
            filed: Timestamp::MAX,
            addresses: Vec::new(),
            found: OnceCell::new_with(Some(Arc::clone(found))),
        })
    }

    /// The newest check of an address of the page; none if it was never fetched.
    pub async fn check(&self, context: &Context<'_>, address: &str) -> Result<Option<LinkCheck>> {
        let read = || async {
            let addresses = self.addresses.iter().map(String::as_str);
            session(context)
                .link_checks(&self.round, self.filed, addresses)
                .await
                .map(Arc::new)
        };
        Ok(self.found.get_or_try_init(read).await?.get(address).map(Into::into))
    }
}
