//! Evidence: added with its files and links, revised, linked, unlinked, withdrawn.
//!
//! A document's rows are read before its command runs ([`super::row_sets`]): commands see rows that are good.

mod add;
mod change;
mod content;
mod linking;

use jiff::civil::Date;
use serde::Serialize;

use super::Session;
use super::desk::dossier_owner;
use super::documents::streams;
use super::error::Error;
use super::gate::{NOT_DISCLOSED, authorize};
use super::receipt::Done;
use super::row_sets::{NewRowSets, ReadRows, RowsInput};
use crate::domain::dossier::Dossier;
use crate::domain::evidence::{Evidence, FileRef, OfficialHeader};
use crate::domain::policy::{Permission, reaches};
use crate::domain::rows::RowReport;

pub use add::AddEvidence;
pub(super) use add::{check_dossier_open, check_room, count_documents, find_external_ids};
pub use change::{ReviseEvidence, WithdrawEvidence};
pub(super) use content::{NewRevision, distinct_files, file_uses};
pub use linking::{LinkEvidence, UnlinkEvidence};
pub(super) use linking::{
    check_links, check_serves, check_still_serves, key_of, make_link, natural_key, place_of_link, replace_revision,
};

/// Most documents of one dossier, withdrawn ones too: thirty for each of a framework's ninety leaves, and few enough that
/// a dossier is read as a whole.
pub const MAX_DOCUMENTS: usize = 2700;
/// Most files of one revision: a decision with its annexes.
pub const MAX_FILES: usize = 20;
/// Most links made by one call: one document for every leaf of a framework.
pub const MAX_LINKS: usize = 200;

/// What a revision consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevisionInput {
    pub header: Option<OfficialHeader>,
    pub rows: Option<ReadRows>,
    pub url: Option<String>,
    pub captured_on: Option<Date>,
    pub nothing_to_do: bool,
    /// JSON text of the kind OTHER.
    pub other: Option<String>,
    pub files: Vec<FileRef>,
}

/// A link to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkInput {
    pub criterion: String,
    pub requirement: Option<String>,
    pub pages: Option<String>,
    pub note: Option<String>,
}

/// A document that was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiledEvidence {
    /// Id of the document.
    pub id: String,
    /// What became of its rows, if it came with any.
    pub rows: Option<RowReport>,
}

impl Session {
    /// Adds a document; its rows, if it has any, are read and kept first.
    pub async fn add_evidence(
        &self,
        mut command: AddEvidence,
        rows: Option<RowsInput>,
        key: Option<String>,
    ) -> Result<Done<FiledEvidence>, Error> {
        let mut kept = NewRowSets::default();
        if let Some(rows) = rows {
            self.may_prepare(&command.round, &command.unit).await?;
            let read = self.read_rows(command.kind, rows).await?;
            kept.keep(&self.app, &read).await?;
            command.revision.rows = Some(read);
        }
        let rows = command.revision.rows.as_ref().map(ReadRows::report);
        let added = self.run(command, key).await;
        kept.settle(&self.app, &added).await;
        Ok(added?.map(|id| FiledEvidence { id, rows }))
    }

    /// Revises a document; its rows, if it has any, are read and kept first.
    pub async fn revise_evidence(
        &self,
        mut command: ReviseEvidence,
        rows: Option<RowsInput>,
        key: Option<String>,
    ) -> Result<Done<FiledEvidence>, Error> {
        let mut kept = NewRowSets::default();
        if let Some(rows) = rows {
            let throughout = self.may_prepare(&command.round, &command.unit).await?;
            let stream = streams::dossier(&command.round, &command.unit);
            let reader = self.reader();
            let evidence =
                reader
                    .get::<Evidence>(&stream, &command.evidence)
                    .await?
                    .ok_or_else(|| match throughout {
                        true => Error::NotFound { what: "evidence" }.about("evidenceId"),
                        false => NOT_DISCLOSED,
                    })?;
            let read = self.read_rows(evidence.kind, rows).await?;
            kept.keep(&self.app, &read).await?;
            command.revision.rows = Some(read);
        }
        let rows = command.revision.rows.as_ref().map(ReadRows::report);
        let revised = self.run(command, key).await;
        kept.settle(&self.app, &revised).await;
        Ok(revised?.map(|id| FiledEvidence { id, rows }))
    }

    /// Whether the account may prepare any leaf of a dossier; asked before anything that costs is done for it. The gate
    /// looks at the very leaves. `true` for who may prepare all of it, and learns what it does not hold.
    pub(super) async fn may_prepare(&self, round: &str, unit: &str) -> Result<bool, Error> {
        let viewer = self.account().await?;
        let stream = streams::dossier(round, unit);
        let dossier = self.reader().get::<Dossier>(&stream, stream.key()).await?;
        // That it is not there looks the same as that it must not be seen.
        let dossier = dossier.ok_or(NOT_DISCLOSED)?;
        let today = self.today()?;
        let owner = dossier_owner(&dossier);
        let mut grants = viewer.grants_of(Permission::PrepareDossier, today);
        let in_part = grants.any(|grant| reaches(grant, owner.resource()));
        match authorize(&viewer, Permission::PrepareDossier, &[owner], today) {
            Ok(_) => Ok(true),
            Err(_) if in_part => Ok(false),
            Err(error) => Err(error),
        }
    }
}
