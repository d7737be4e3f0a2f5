//! The dossiers that one request has looked at, each loaded once: a page of fifty leaves of one dossier shows one
//! moment of it, and costs one load. A change made by the request itself forgets them all, and its answer is read with
//! the grants that the change rested on: what was acknowledged is told, even if a grant has ended in that moment. A
//! dossier as of an instant is one more view.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::Session;
use super::browse::DossierView;
use super::error::Error;
use crate::domain::assessment::Exclusion;
use crate::domain::policy::Viewer;

type View = Arc<OnceCell<Arc<DossierView>>>;

/// Most earlier moments that one request looks at: each replays a journal.
const MAX_MOMENTS: usize = 10;

/// Round, unit, and the instant of an earlier moment.
type Moment = (String, String, Option<Timestamp>);

/// Views by what they show. Bounded by the request: the answer holds every one of them anyway.
#[derive(Default)]
pub(super) struct Views {
    seen: Mutex<HashMap<Moment, View>>,
    /// The account as it was when the request's newest change was allowed.
    changed_by: Mutex<Option<Viewer>>,
}

impl Views {
    fn of(&self, round: &str, unit: &str, as_of: Option<Timestamp>) -> Result<View, Error> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = (round.to_owned(), unit.to_owned(), as_of);
        let earlier = seen.keys().filter(|(_, _, as_of)| as_of.is_some()).count();
        if as_of.is_some() && earlier >= MAX_MOMENTS && !seen.contains_key(&moment) {
            return Err(Error::invalid(
                "asOf",
                format!("Tối đa {MAX_MOMENTS} thời điểm một lần hỏi; hãy chia nhỏ."),
                format!("At most {MAX_MOMENTS} earlier moments a request; split it."),
            ));
        }
        Ok(Arc::clone(seen.entry(moment).or_default()))
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
        let found = self
            .reader_of(view)
            .get::<Exclusion>(&view.desk.dossier.stream, &root)
            .await?;
        Ok(found.map(|one| one.value))
    }

    /// A dossier as the viewer sees it, loaded once per request however many resolvers ask.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what the viewer may not see.
    pub async fn view(&self, round: &str, unit: &str) -> Result<Arc<DossierView>, Error> {
        self.view_as_of(round, unit, None).await
    }

    /// The same as of an instant; as it stands when there is none.
    ///
    /// # Errors
    /// [`Error::NotFound`] also where the dossier did not exist yet, [`Error::Invalid`] for an instant to come.
    pub async fn view_as_of(
        &self,
        round: &str,
        unit: &str,
        as_of: Option<Timestamp>,
    ) -> Result<Arc<DossierView>, Error> {
        let view = self.views.of(round, unit, as_of)?;
        let load = || async { self.dossier_as_of(round, unit, as_of).await.map(Arc::new) };
        view.get_or_try_init(load).await.cloned()
    }
}
