//! Rows of monthly statistics.

use async_graphql::{ID, Object, Result};

use super::super::scalars::Long;
use super::{OnlineForm, RowOrigin, RowPlace};

/// A month of an online service, from a document of the kind ONLINE_SERVICE_USAGE.
pub struct OnlineServiceUsageRow(pub(super) RowPlace);

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
pub struct OneStopCasesRow(pub(super) RowPlace);

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

/// A month of an office in the document-management system, from a document of the kind ELECTRONIC_DOCUMENTS.
pub struct ElectronicDocumentsRow(pub(super) RowPlace);

/// A month of an office in the document-management system, from a document of the kind ELECTRONIC_DOCUMENTS.
#[Object]
impl ElectronicDocumentsRow {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        self.0.id("ElectronicDocumentsRow")
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

    /// Code of the office.
    async fn office(&self) -> &str {
        self.0.text("office")
    }

    /// Documents that the office issued.
    async fn issued(&self) -> Result<Long> {
        self.0.count("issued")
    }

    /// Of these, issued as electronic documents.
    async fn electronic(&self) -> Result<Long> {
        self.0.count("electronic")
    }

    /// Of the electronic ones, signed digitally as required.
    async fn signed(&self) -> Result<Long> {
        self.0.count("signed")
    }

    /// Case files that the office worked on.
    async fn files(&self) -> Result<Long> {
        self.0.count("files")
    }

    /// Of these, handled online.
    async fn files_online(&self) -> Result<Long> {
        self.0.count("files_online")
    }
}
