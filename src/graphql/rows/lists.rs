//! Rows of lists: procedures, cases, letters.

use async_graphql::{Context, ID, Object, Result};

use super::super::link_checks::LinkCheck;
use super::super::scalars::{Date, Long};
use super::{OnlineForm, RowOrigin, RowPlace};

/// A published procedure, from a document of the kind PUBLISHED_PROCEDURES.
pub struct PublishedProcedureRow(pub(super) RowPlace);

impl PublishedProcedureRow {
    /// The row at a place in a document of that kind.
    pub fn new(place: RowPlace) -> Self {
        Self(place)
    }
}

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

    /// What the address led to when it was last fetched; null if that was not since the document was filed.
    async fn link_check(&self, context: &Context<'_>) -> Result<Option<LinkCheck>> {
        self.0.links.check(context, self.0.text("url")).await
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

/// A case that was or is overdue, from a document of the kind LATE_CASES.
pub struct LateCaseRow(pub(super) RowPlace);

/// A case that was or is overdue, from a document of the kind LATE_CASES.
#[Object]
impl LateCaseRow {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        self.0.id("LateCaseRow")
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

    /// Code of the case in the one-stop system.
    async fn case(&self) -> &str {
        self.0.text("case")
    }

    /// Code of the procedure.
    async fn service(&self) -> &str {
        self.0.text("service")
    }

    /// When it was due.
    async fn due_on(&self) -> Result<Date> {
        self.0.date("due_on")
    }

    /// When it was resolved; null while it is open.
    async fn resolved_on(&self) -> Result<Option<Date>> {
        self.0.date_if_any("resolved_on")
    }
}

/// A case that an apology letter names, from a document of the kind APOLOGY_LETTERS.
pub struct ApologyLetterRow(pub(super) RowPlace);

/// A case that an apology letter names, from a document of the kind APOLOGY_LETTERS.
#[Object]
impl ApologyLetterRow {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        self.0.id("ApologyLetterRow")
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

    /// Number and symbol of the letter.
    async fn letter(&self) -> &str {
        self.0.text("letter")
    }

    /// Code of the case in the one-stop system.
    async fn case(&self) -> &str {
        self.0.text("case")
    }

    /// When the case was due, as the letter says.
    async fn due_on(&self) -> Result<Date> {
        self.0.date("due_on")
    }

    /// The new day that the letter gives.
    async fn new_due_on(&self) -> Result<Date> {
        self.0.date("new_due_on")
    }

    /// When the letter was sent.
    async fn sent_on(&self) -> Result<Date> {
        self.0.date("sent_on")
    }

    /// Who signed it.
    async fn signer(&self) -> &str {
        self.0.text("signer")
    }
}
