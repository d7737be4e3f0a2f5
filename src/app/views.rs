//! The dossiers that one request has looked at, each loaded once: a page of fifty leaves of one dossier shows one
//! moment of it, and costs one load. A change made by the request itself forgets them all, and its answer is read with
//! the grants that the change rested on: what was acknowledged is told, even if a grant has ended in that moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::Session;
use super::browse::DossierView;
use super::error::Error;
use crate::domain::assessment::Exclusion;
use crate::domain::policy::Viewer;

type View = Arc<OnceCell<Arc<DossierView>>>;

/// Views by round and unit. Bounded by the request: the answer holds every one of them anyway.
#[derive(Default)]
pub(super) struct Views {
    seen: Mutex<HashMap<(String, String), View>>,
    /// The account as it was when the request's newest change was allowed.
    changed_by: Mutex<Option<Viewer>>,
}

impl Views {
    fn of(&self, round: &str, unit: &str) -> View {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(seen.entry((round.to_owned(), unit.to_owned())).or_default())
    }

    /// Called after every change, with the account that was allowed to make it; none after a change that failed.
    pub(super) fn forget(&self, changed_by: Option<Viewer>) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
        *self.changed_by.lock().unwrap_or_else(PoisonError::into_inner) = changed_by;
    }

    /// The account as it was when the request's newest change was allowed; none in a request that changed nothing.
    pub(super) fn changed_by(&self) -> Option<Viewer> {
        self.changed_by.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Session {
    /// The exclusion that makes a leaf not applicable; `None` if it applies.
    pub async fn exclusion(&self, view: &DossierView, criterion: &str) -> Result<Option<Exclusion>, Error> {
        let Some(root) = view.desk.leaf(criterion)?.assessment.excluded.clone() else {
            return Ok(None);
        };
        let found = self.reader().get::<Exclusion>(&view.desk.dossier.stream, &root).await?;
        Ok(found.map(|one| one.value))
    }

    /// A dossier as the viewer sees it, loaded once per request however many resolvers ask.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what the viewer may not see.
    pub async fn view(&self, round: &str, unit: &str) -> Result<Arc<DossierView>, Error> {
        let view = self.views.of(round, unit);
        let load = || async { self.dossier(round, unit).await.map(Arc::new) };
        view.get_or_try_init(load).await.cloned()
    }
}
