//! Rows of statistics and lists, each typed by the kind of its document.

mod lists;
mod monthly;

use std::sync::Arc;

use async_graphql::{Enum, ID, Interface, Result};

use super::ids;
use super::link_checks::PageLinks;
use super::scalars::{Date, Long};
use crate::domain::evidence::{self, RowSet};
use crate::domain::rows::{Row, RowKind};

pub use lists::{ApologyLetterRow, LateCaseRow, PublishedProcedureRow};
pub use monthly::{ElectronicDocumentsRow, OneStopCasesRow, OnlineServiceUsageRow};

/// How rows came in.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "evidence::RowOrigin")]
pub enum RowOrigin {
    /// Read from a file of the revision.
    File,
    /// Given directly.
    Entered,
}

/// How far a service is online, as counted since Decree 42/2022/NĐ-CP.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum OnlineForm {
    /// Toàn trình: everything online.
    Full,
    /// Một phần: a part of it.
    Partial,
}

/// A row of a document's statistics or list.
#[derive(Interface)]
#[graphql(
    field(name = "id", ty = "ID", desc = "Opaque id."),
    field(
        name = "line",
        ty = "u32",
        desc = "Line in the file, from 1 for its header; the position, from 1, of a row given directly."
    ),
    field(name = "origin", ty = "RowOrigin", desc = "How it came in."),
    field(
        name = "file",
        ty = "Option<&str>",
        desc = "Name of the file that it was read from; null for a row given directly."
    )
)]
pub enum EvidenceRow {
    PublishedProcedureRow(PublishedProcedureRow),
    OnlineServiceUsageRow(OnlineServiceUsageRow),
    OneStopCasesRow(OneStopCasesRow),
    LateCaseRow(LateCaseRow),
    ApologyLetterRow(ApologyLetterRow),
    ElectronicDocumentsRow(ElectronicDocumentsRow),
}

impl EvidenceRow {
    /// A row of a document of that kind.
    pub fn new(kind: RowKind, place: RowPlace) -> Self {
        match kind {
            RowKind::PublishedProcedures => Self::PublishedProcedureRow(PublishedProcedureRow(place)),
            RowKind::OnlineServiceUsage => Self::OnlineServiceUsageRow(OnlineServiceUsageRow(place)),
            RowKind::OneStopCases => Self::OneStopCasesRow(OneStopCasesRow(place)),
            RowKind::LateCases => Self::LateCaseRow(LateCaseRow(place)),
            RowKind::ApologyLetters => Self::ApologyLetterRow(ApologyLetterRow(place)),
            RowKind::ElectronicDocuments => Self::ElectronicDocumentsRow(ElectronicDocumentsRow(place)),
        }
    }
}

/// A row and where it is from.
pub struct RowPlace {
    /// Round, unit and revision, as in the revision's id.
    revision: String,
    origin: evidence::RowOrigin,
    file: Option<String>,
    row: Row,
    links: Arc<PageLinks>,
}

impl RowPlace {
    /// A row of a revision, by the keys of its dossier and of itself, with the checks of the links around it.
    pub fn new(dossier: &str, revision: &str, set: &RowSet, row: Row, links: &Arc<PageLinks>) -> Self {
        Self {
            revision: format!("{dossier}/{revision}"),
            origin: set.origin,
            file: set.file.clone(),
            row,
            links: Arc::clone(links),
        }
    }

    fn id(&self, kind: &str) -> ID {
        ids::encode_part(kind, &self.revision, &self.row.line.to_string())
    }

    fn text(&self, column: &str) -> &str {
        self.row.value(column)
    }

    fn count(&self, column: &str) -> Result<Long> {
        Ok(Long(self.text(column).parse()?))
    }

    /// The level where it is a number.
    fn level(&self) -> Option<u32> {
        self.text("level").parse().ok()
    }

    /// The level where it is a word.
    fn online_form(&self) -> Option<OnlineForm> {
        match self.text("level") {
            "full" => Some(OnlineForm::Full),
            "partial" => Some(OnlineForm::Partial),
            _ => None,
        }
    }

    fn date(&self, column: &str) -> Result<Date> {
        Ok(Date(self.text(column).parse()?))
    }

    /// A date that a row may lack.
    fn date_if_any(&self, column: &str) -> Result<Option<Date>> {
        match self.text(column) {
            "" => Ok(None),
            _ => self.date(column).map(Some),
        }
    }

    fn yes(&self, column: &str) -> bool {
        self.text(column) == "yes"
    }
}
