//! Reading appeals: the council's side sees all of a round, a unit its own.

use jiff::Timestamp;
use jiff::civil::Date;

use super::Session;
use super::browse::DossierView;
use super::desk::dossier_owner;
use super::documents::{appeal_fields, streams};
use super::error::Error;
use super::gate::authorize;
use super::keep_appeals::{ANSWER, LETTER, appeal_deadline};
use super::reader::TypedPage;
use crate::domain::appeal::{Appeal, AppealState};
use crate::domain::dossier::Dossier;
use crate::domain::evidence::FileRef;
use crate::domain::policy::Permission;
use crate::domain::round::Publication;
use crate::store::{Direction, Document, Window};

const MISSING: Error = Error::NotFound { what: "appeal" };

impl Session {
    /// Whether the viewer sees the appeals of all units: who publishes, and lead appraisers.
    async fn sees_appeals(&self) -> Result<bool, Error> {
        let today = self.today()?;
        let viewer = self.viewer().await?;
        let leads = viewer.is_some_and(|viewer| viewer.holds_any(Permission::Reconcile, today));
        Ok(leads || self.may(Permission::Publish).await?)
    }

    /// Appeals of a round, oldest first, for those who publish and for lead appraisers; `None` for everybody else.
    pub async fn appeals(
        &self,
        round: &str,
        state: Option<AppealState>,
        window: &Window,
    ) -> Result<Option<TypedPage<Appeal>>, Error> {
        if !self.sees_appeals().await? {
            return Ok(None);
        }
        let mut query = Appeal::query().filter(appeal_fields::ROUND.equal(round));
        if let Some(state) = state {
            query = query.filter(appeal_fields::STATE.equal(state.name()));
        }
        let query = query.order(&appeal_fields::FILED_AT, Direction::Ascending);
        self.reader().page(&query.window(window)).await.map(Some)
    }

    /// The appeals of a dossier's unit, oldest first, for those who see the whole dossier with its documents and for those
    /// who see the appeals of all units; `None` for everybody else.
    pub async fn appeals_of_unit(
        &self,
        view: &DossierView,
        window: &Window,
    ) -> Result<Option<TypedPage<Appeal>>, Error> {
        if !view.allows(Permission::ViewDossier) && !self.sees_appeals().await? {
            return Ok(None);
        }
        let dossier = &view.desk.dossier;
        let query = Appeal::query()
            .filter(appeal_fields::ROUND.equal(dossier.round.as_str()))
            .filter(appeal_fields::UNIT.equal(dossier.unit.as_str()));
        self.reader().page(&query.window(window)).await.map(Some)
    }

    /// An appeal by its id.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not there, and for those who do not see it.
    pub async fn appeal(&self, round: &str, id: &str) -> Result<Appeal, Error> {
        let read = self.reader();
        let appeal = read
            .get::<Appeal>(&streams::round(round), id)
            .await?
            .ok_or(MISSING)?
            .value;
        if self.sees_appeals().await? {
            return Ok(appeal);
        }
        let viewer = self.viewer().await?.ok_or(MISSING)?;
        let dossier = streams::dossier(round, &appeal.unit);
        let dossier = read.get::<Dossier>(&dossier, dossier.key()).await?.ok_or(MISSING)?;
        let owner = dossier_owner(&dossier);
        match authorize(&viewer, Permission::ViewDossier, &[owner], self.today()?) {
            Ok(_) => Ok(appeal),
            Err(_) => Err(MISSING),
        }
    }

    /// A file of a unit's letter or of the council's answer.
    pub(super) async fn appeal_file(&self, round: &str, id: &str, letter: u32, index: u32) -> Result<FileRef, Error> {
        let appeal = self.appeal(round, id).await?;
        let files = match letter {
            LETTER => appeal.letter.files,
            ANSWER => appeal.answer.ok_or(MISSING)?.letter.files,
            _ => return Err(MISSING),
        };
        files.into_iter().nth(index as usize).ok_or(MISSING)
    }

    /// Until when a publication may be appealed against: the last day and the instant at which it ends; `None` where the
    /// round takes no appeals.
    pub async fn appeals_until(&self, publication: &Publication) -> Result<Option<(Date, Timestamp)>, Error> {
        let round = self.round(&publication.round).await?;
        appeal_deadline(&round, publication)
    }
}
