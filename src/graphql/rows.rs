//! Rows of statistics and lists, each typed by the kind of its document.

use async_graphql::{Enum, ID, Interface, Object, Result};

use super::ids;
use super::scalars::{Date, Long};
use crate::domain::evidence::{self, RowSet};
use crate::domain::rows::{Row, RowKind};

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
}

impl EvidenceRow {
    /// A row of a document of that kind.
    pub fn new(kind: RowKind, place: RowPlace) -> Self {
        match kind {
            RowKind::PublishedProcedures => Self::PublishedProcedureRow(PublishedProcedureRow(place)),
            RowKind::OnlineServiceUsage => Self::OnlineServiceUsageRow(OnlineServiceUsageRow(place)),
            RowKind::OneStopCases => Self::OneStopCasesRow(OneStopCasesRow(place)),
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
}

impl RowPlace {
    /// A row of a revision, by the keys of its dossier and of itself.
    pub fn new(dossier: &str, revision: &str, set: &RowSet, row: Row) -> Self {
        Self {
            revision: format!("{dossier}/{revision}"),
            origin: set.origin,
            file: set.file.clone(),
            row,
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

/// A published procedure, from a document of the kind PUBLISHED_PROCEDURES.
pub struct PublishedProcedureRow(RowPlace);

/// A published procedure, from a document of the kind PUBLISHED_PROCEDURES.
#[Object]
impl PublishedProcedureRow {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        self.0.id("PublishedProcedureRow")
    }

    /// Line in the file, from 1 for its header; the position, from 1, of a row given directly.
    pub async fn line(&self) -> u32 {
        self.0.row.line
    }

    /// How it came in.
    pub async fn origin(&self) -> RowOrigin {
        self.0.origin.into()
    }

    /// Name of the file that it was read from; null for a row given directly.
    pub async fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// Code of the procedure.
    async fn code(&self) -> &str {
        self.0.text("code")
    }

    /// Name of the procedure.
    async fn name(&self) -> &str {
        self.0.text("name")
    }

    /// The decision that published it.
    async fn decision(&self) -> &str {
        self.0.text("decision")
    }

    /// Where it is published.
    async fn url(&self) -> &str {
        self.0.text("url")
    }

    /// When the publication was checked.
    async fn checked_on(&self) -> Result<Date> {
        self.0.date("checked_on")
    }

    /// Whether it is posted at the one-stop desk.
    async fn at_desk(&self) -> bool {
        self.0.yes("at_desk")
    }

    /// Whether it is posted on the portal.
    async fn on_portal(&self) -> bool {
        self.0.yes("on_portal")
    }

    /// Whether it is received at the one-stop desk.
    async fn one_stop(&self) -> bool {
        self.0.yes("one_stop")
    }

    /// Level of the online service, 1 to 4, as counted before 2022; null where onlineForm says it.
    async fn level(&self) -> Option<u32> {
        self.0.level()
    }

    /// How far the service is online, as counted since 2022; null where level says it.
    async fn online_form(&self) -> Option<OnlineForm> {
        self.0.online_form()
    }

    /// Whether it is in force.
    async fn in_force(&self) -> bool {
        self.0.yes("in_force")
    }

    /// Whether it is carried out under ISO 9001.
    async fn iso(&self) -> bool {
        self.0.yes("iso")
    }

    /// Cases filed or returned through the public post in the year.
    async fn post_cases(&self) -> Result<Long> {
        self.0.count("post_cases")
    }

    /// When the unit published it; null where the file does not say.
    async fn published_on(&self) -> Result<Option<Date>> {
        self.0.date_if_any("published_on")
    }
}

/// A month of an online service, from a document of the kind ONLINE_SERVICE_USAGE.
pub struct OnlineServiceUsageRow(RowPlace);

/// A month of an online service, from a document of the kind ONLINE_SERVICE_USAGE.
#[Object]
impl OnlineServiceUsageRow {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        self.0.id("OnlineServiceUsageRow")
    }

    /// Line in the file, from 1 for its header; the position, from 1, of a row given directly.
    pub async fn line(&self) -> u32 {
        self.0.row.line
    }

    /// How it came in.
    pub async fn origin(&self) -> RowOrigin {
        self.0.origin.into()
    }

    /// Name of the file that it was read from; null for a row given directly.
    pub async fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// The month, `YYYY-MM`.
    async fn month(&self) -> &str {
        self.0.text("month")
    }

    /// Code of the procedure whose cases these are.
    async fn service(&self) -> &str {
        self.0.text("service")
    }

    /// Level of the online service, 1 to 4, as counted before 2022; null where onlineForm says it.
    async fn level(&self) -> Option<u32> {
        self.0.level()
    }

    /// How far the service is online, as counted since 2022; null where level says it.
    async fn online_form(&self) -> Option<OnlineForm> {
        self.0.online_form()
    }

    /// All cases of the service, however filed.
    async fn total(&self) -> Result<Long> {
        self.0.count("total")
    }

    /// Cases filed online.
    async fn online(&self) -> Result<Long> {
        self.0.count("online")
    }

    /// Cases with a fee.
    async fn fee_cases(&self) -> Result<Long> {
        self.0.count("fee_cases")
    }

    /// Fees paid online.
    async fn online_payments(&self) -> Result<Long> {
        self.0.count("online_payments")
    }
}

/// A month of a service at the one-stop desk, from a document of the kind ONE_STOP_CASES.
pub struct OneStopCasesRow(RowPlace);

/// A month of a service at the one-stop desk, from a document of the kind ONE_STOP_CASES.
#[Object]
impl OneStopCasesRow {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        self.0.id("OneStopCasesRow")
    }

    /// Line in the file, from 1 for its header; the position, from 1, of a row given directly.
    pub async fn line(&self) -> u32 {
        self.0.row.line
    }

    /// How it came in.
    pub async fn origin(&self) -> RowOrigin {
        self.0.origin.into()
    }

    /// Name of the file that it was read from; null for a row given directly.
    pub async fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// The month, `YYYY-MM`.
    async fn month(&self) -> &str {
        self.0.text("month")
    }

    /// Code of the procedure whose cases these are.
    async fn service(&self) -> &str {
        self.0.text("service")
    }

    /// Cases to resolve: carried over and new.
    async fn received(&self) -> Result<Long> {
        self.0.count("received")
    }

    /// The part of received that was carried over from before; null where the file does not say.
    async fn carried_over(&self) -> Result<Option<Long>> {
        match self.0.text("carried_over") {
            "" => Ok(None),
            _ => self.0.count("carried_over").map(Some),
        }
    }

    /// Resolved before their due date.
    async fn resolved_early(&self) -> Result<Long> {
        self.0.count("resolved_early")
    }

    /// Resolved on their due date.
    async fn resolved_on_time(&self) -> Result<Long> {
        self.0.count("resolved_on_time")
    }

    /// Resolved after their due date.
    async fn resolved_late(&self) -> Result<Long> {
        self.0.count("resolved_late")
    }

    /// Open, not yet due.
    async fn pending_in_time(&self) -> Result<Long> {
        self.0.count("pending_in_time")
    }

    /// Due in the month and still open when the statistics were made.
    async fn pending_overdue(&self) -> Result<Long> {
        self.0.count("pending_overdue")
    }

    /// Apology letters sent for late cases.
    async fn apology_letters(&self) -> Result<Long> {
        self.0.count("apology_letters")
    }

    /// Cases in which more papers were asked for more than once.
    async fn extra_papers(&self) -> Result<Long> {
        self.0.count("extra_papers")
    }
}
