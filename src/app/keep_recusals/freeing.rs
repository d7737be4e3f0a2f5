//! What somebody who is recused held is given up: by a commit of the dossier, behind that of the account.

use async_trait::async_trait;
use serde::Serialize;

use crate::app::documents::streams;
use crate::app::error::Error;
use crate::app::gate::{Command, Context, Decision, Loaded, Owner};
use crate::app::reader::Reader;
use crate::domain::assessment::QueueItem;
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::policy::Permission;
use crate::domain::registry::is_within;
use crate::store::StreamId;

/// Leaves of a dossier that somebody who is recused from them holds no more.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Freed {
    pub login: String,
    pub round: String,
    pub unit: String,
    /// As the recusal says it.
    pub criterion: Option<String>,
}

impl Freed {
    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    /// Where each leaf of an open dossier stands in the queue; a sealed one is not written to, and nobody works on it.
    async fn items(&self, read: &Reader<'_>) -> Result<Vec<QueueItem>, Error> {
        let stream = self.stream();
        let dossier = read.require::<Dossier>(&stream, stream.key(), "dossier").await?;
        match dossier.phase {
            DossierPhase::Sealed => Ok(Vec::new()),
            _ => Ok(read
                .all::<QueueItem>(&stream)
                .await?
                .into_iter()
                .map(|item| item.value)
                .collect()),
        }
    }

    fn decide(&self, items: Vec<QueueItem>, context: &Context<'_>) -> Decision<()> {
        let is_about = |item: &QueueItem| {
            self.criterion
                .as_ref()
                .is_none_or(|root| is_within(&item.criterion, root))
        };
        let held = |item: &QueueItem| item.holder(context.now) == Some(self.login.as_str()) && is_about(item);
        let freed = items.into_iter().filter(held).map(|mut item| {
            item.release();
            item
        });
        Decision::new(()).put_all(freed)
    }
}

/// After the own recusal.
#[derive(Debug, Serialize)]
pub(super) struct FreeOwn(pub Freed);

#[async_trait]
impl Command for FreeOwn {
    const NAME: &'static str = "FreeOwn";
    const PERMISSION: Permission = Permission::Review;
    type State = Vec<QueueItem>;
    type Output = ();

    fn stream(&self) -> StreamId {
        self.0.stream()
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        // What is given up is the person's own: whoever is recused from a leaf may judge it no more.
        let login = self.0.login.clone();
        Ok(Loaded {
            state: self.0.items(read).await?,
            owners: vec![Owner::Account { login }],
        })
    }

    fn decide(&self, items: Self::State, context: &Context<'_>) -> Result<Decision<()>, Error> {
        Ok(self.0.decide(items, context))
    }
}

/// After a recusal that the round's manager declared.
#[derive(Debug, Serialize)]
pub(super) struct FreeOfAppraiser(pub Freed);

#[async_trait]
impl Command for FreeOfAppraiser {
    const NAME: &'static str = "FreeOfAppraiser";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Vec<QueueItem>;
    type Output = ();

    fn stream(&self) -> StreamId {
        self.0.stream()
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        Ok(Loaded::of_system(self.0.items(read).await?))
    }

    fn decide(&self, items: Self::State, context: &Context<'_>) -> Result<Decision<()>, Error> {
        Ok(self.0.decide(items, context))
    }
}
