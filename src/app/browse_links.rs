//! Reading checks of links, for those who were shown the addresses.

use std::collections::{BTreeMap, BTreeSet};

use super::Session;
use super::documents::streams;
use super::error::Error;
use crate::domain::link_check::LinkCheck;

impl Session {
    /// The newest check of each address of a round's documents that was ever fetched, by address. What a check says is about the
    /// address; whoever sees that may know it.
    pub async fn link_checks<'a>(
        &self,
        round: &str,
        addresses: impl Iterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, LinkCheck>, Error> {
        let addresses: BTreeSet<&str> = addresses.filter(|address| !address.is_empty()).collect();
        let keys: Vec<String> = addresses.into_iter().map(LinkCheck::key_of).collect();
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self
            .reader()
            .get_all::<LinkCheck>(&streams::links(round), &keys)
            .await?;
        let found = found.into_iter().flatten();
        Ok(found.map(|check| (check.value.url.clone(), check.value)).collect())
    }
}
