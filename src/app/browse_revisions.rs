//! Reading one document fully: its revisions, rows and files. It costs what the document is, not what its dossier is:
//! a page of 100,000 rows is read without any leaf's figures.

use super::Session;
use super::desk::{dossier_owner, leaf_owner};
use super::documents::{link_fields, streams};
use super::error::Error;
use super::gate::authorize;
use super::reader::{TypedPage, page_of_list};
use super::row_sets::rows_of;
use crate::domain::dossier::Dossier;
use crate::domain::evidence::{Evidence, FileRef, Link, Revision};
use crate::domain::policy::Permission;
use crate::domain::rows::Row;
use crate::store::typed::Versioned;
use crate::store::{Cursor, Document, FieldValue, StreamId, Window};

impl Session {
    /// The stream of a dossier, for those who see one of its documents fully: they prepare the dossier, or see a leaf
    /// fully that the document is or was used for.
    ///
    /// # Errors
    /// [`Error::NotFound`] naming `what` for everybody else, and where there is nothing.
    async fn with_full_sight(
        &self,
        round: &str,
        unit: &str,
        evidence: &str,
        what: &'static str,
    ) -> Result<StreamId, Error> {
        let missing = || Error::NotFound { what };
        let viewer = self.viewer().await?.ok_or_else(missing)?;
        let today = self.today()?;
        let (read, stream) = (self.reader(), streams::dossier(round, unit));
        let dossier = read.require::<Dossier>(&stream, stream.key(), what).await?;
        let may = |permission, owner| authorize(&viewer, permission, &[owner], today).is_ok();
        if may(Permission::PrepareDossier, dossier_owner(&dossier)) {
            return Ok(stream);
        }
        let framework = read.framework_of(&dossier.framework).await?;
        let uses = Link::query()
            .in_stream(&stream)
            .filter(link_fields::EVIDENCE.equal(evidence));
        let seen = |link: &Link| {
            framework.leaf(&link.criterion).is_some_and(|(node, leaf)| {
                may(
                    Permission::ViewDossier,
                    leaf_owner(&dossier, &node.code, &leaf.appraiser),
                )
            })
        };
        let uses = read.every(uses).await?;
        uses.iter().any(|link| seen(link)).then_some(stream).ok_or_else(missing)
    }

    /// A document in its newest revision, for those who see it fully.
    pub async fn whole_document(&self, round: &str, unit: &str, evidence: &str) -> Result<(Evidence, Revision), Error> {
        let stream = self.with_full_sight(round, unit, evidence, "evidence").await?;
        let read = self.reader();
        let head = read.require::<Evidence>(&stream, evidence, "evidence").await?.value;
        let key = Revision::key_of(evidence, head.revision);
        let revision = read.require::<Revision>(&stream, &key, "evidence").await?.value;
        Ok((head, revision))
    }

    /// One revision by its key, with the document that it is of; for those who see that fully.
    pub async fn revision(&self, round: &str, unit: &str, key: &str) -> Result<(Evidence, Revision), Error> {
        const MISSING: Error = Error::NotFound { what: "revision" };
        let (evidence, _) = key.split_once('~').ok_or(MISSING)?;
        let stream = self.with_full_sight(round, unit, evidence, "revision").await?;
        let read = self.reader();
        let revision = read.require::<Revision>(&stream, key, "revision").await?.value;
        let head = read.require::<Evidence>(&stream, evidence, "revision").await?.value;
        Ok((head, revision))
    }

    /// Revisions of a document up to the one that is shown, oldest first; for those who see it fully. They are numbered, and
    /// so are their keys: a page is read without a search.
    pub async fn revisions(
        &self,
        round: &str,
        unit: &str,
        newest: &Revision,
        window: &Window,
    ) -> Result<TypedPage<Revision>, Error> {
        let stream = self.with_full_sight(round, unit, &newest.evidence, "evidence").await?;
        let (numbers, more) = window.of_numbers(1..u64::from(newest.number) + 1);
        let numbers = numbers.filter_map(|number| u32::try_from(number).ok());
        let keys: Vec<String> = numbers
            .map(|number| Revision::key_of(&newest.evidence, number))
            .collect();
        let found = self.reader().get_all::<Revision>(&stream, &keys).await?;
        let place = |revision: Versioned<Revision>| {
            let cursor = Cursor {
                value: FieldValue::Integer(i64::from(revision.number)),
                stream: stream.clone(),
                id: revision.id(),
            };
            (revision, cursor)
        };
        let items = found.into_iter().flatten().map(place).collect();
        Ok(TypedPage { items, more })
    }

    /// Rows of a revision that the viewer was shown, in the order of their lines; `true` if there are more in the direction of paging.
    ///
    /// A large set is read from the blob store once and then remembered, so that the next page costs its own rows.
    pub async fn rows(
        &self,
        round: &str,
        unit: &str,
        revision: &Revision,
        window: &Window,
    ) -> Result<(Vec<(Row, Cursor)>, bool), Error> {
        let rows = rows_of(&self.app, revision).await?.unwrap_or_default();
        let key = Revision::key_of(&revision.evidence, revision.number);
        Ok(page_of_list(&rows, &streams::dossier(round, unit), &key, window))
    }

    /// One row by its line, with the document and the revision that it is of; for those who see that fully.
    pub async fn row(
        &self,
        round: &str,
        unit: &str,
        revision: &str,
        line: u32,
    ) -> Result<(Evidence, Revision, Row), Error> {
        let (evidence, revision) = self.revision(round, unit, revision).await?;
        let rows = rows_of(&self.app, &revision).await?.unwrap_or_default();
        // Rows are kept in the order in which they were read: their lines ascend.
        let place = rows.binary_search_by_key(&line, |row| row.line);
        let row = place.ok().and_then(|place| rows.get(place)).cloned();
        Ok((evidence, revision, row.ok_or(Error::NotFound { what: "row" })?))
    }

    /// A file of a revision, for those who see its document fully.
    pub async fn file(
        &self,
        round: &str,
        unit: &str,
        evidence: &str,
        revision: u32,
        index: u32,
    ) -> Result<FileRef, Error> {
        let stream = self.with_full_sight(round, unit, evidence, "file").await?;
        let key = Revision::key_of(evidence, revision);
        let found = self.reader().require::<Revision>(&stream, &key, "file").await?;
        let file = found.files.get(index as usize).cloned();
        file.ok_or(Error::NotFound { what: "file" })
    }
}
