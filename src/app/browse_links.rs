//! Reading checks of links, for those who were shown the addresses.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Session;
use super::documents::streams;
use super::error::Error;
use crate::domain::link_check::LinkCheck;

impl Session {
    /// The newest check of each address that was fetched since it was filed, by address, with what is to be told of it.
    pub async fn link_checks<'a>(
        &self,
        round: &str,
        filed: Timestamp,
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
        let told = found.filter_map(|check| check.value.since(filed));
        Ok(told.map(|check| (check.url.clone(), check)).collect())
    }
}
