//! Evidence: documents in a dossier with immutable revisions, linked to criteria with page references.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::mapping::ReadBy;
use super::rows::{Row, RowKind, RowRemark, is_zero};
use super::text::{folded, plain_letters};

/// What kind of document it is, and therefore which content it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EvidenceKind {
    /// A signed official document: plan, report, decision, minutes.
    OfficialDocument,
    /// Monthly one-stop case statistics per service; rows become inputs.
    OneStopCases,
    /// Monthly online-service usage per service; rows become inputs.
    OnlineServiceUsage,
    /// The list of published procedures; rows become inputs.
    PublishedProcedures,
    /// The list of cases that were or are overdue; rows become inputs.
    LateCases,
    /// The list of apology letters for late cases; rows become inputs.
    ApologyLetters,
    /// Electronic documents and files handled online per month and office; rows become inputs.
    ElectronicDocuments,
    /// A list or spreadsheet.
    List,
    /// A web page, with its address.
    Link,
    Photo,
    /// An export of another system, without rows read from it.
    SystemExport,
    Other,
}

impl EvidenceKind {
    /// Which rows its content has, if any.
    pub fn row_kind(self) -> Option<RowKind> {
        match self {
            Self::OneStopCases => Some(RowKind::OneStopCases),
            Self::OnlineServiceUsage => Some(RowKind::OnlineServiceUsage),
            Self::PublishedProcedures => Some(RowKind::PublishedProcedures),
            Self::LateCases => Some(RowKind::LateCases),
            Self::ApologyLetters => Some(RowKind::ApologyLetters),
            Self::ElectronicDocuments => Some(RowKind::ElectronicDocuments),
            Self::OfficialDocument | Self::List | Self::Link | Self::Photo | Self::SystemExport | Self::Other => None,
        }
    }

    /// The name used in frameworks and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::OfficialDocument => "OFFICIAL_DOCUMENT",
            Self::OneStopCases => "ONE_STOP_CASES",
            Self::OnlineServiceUsage => "ONLINE_SERVICE_USAGE",
            Self::PublishedProcedures => "PUBLISHED_PROCEDURES",
            Self::LateCases => "LATE_CASES",
            Self::ApologyLetters => "APOLOGY_LETTERS",
            Self::ElectronicDocuments => "ELECTRONIC_DOCUMENTS",
            Self::List => "LIST",
            Self::Link => "LINK",
            Self::Photo => "PHOTO",
            Self::SystemExport => "SYSTEM_EXPORT",
            Self::Other => "OTHER",
        }
    }
}

/// The official header of a document (Decree 30/2020/NĐ-CP, article 8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfficialHeader {
    /// Abbreviation of the type: `KH`, `BC`, `QĐ`; `CV` for an official letter.
    pub document_type: String,
    /// Number and symbol: `232/TB-UBND`.
    pub number: String,
    /// The issuing body, as printed.
    pub issuer: String,
    pub issued_on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Trích yếu.
    pub subject: String,
}

impl OfficialHeader {
    /// What the number is unique by: issuer, number and symbol, year of issue, because numbers begin again each year
    /// (Decree 30/2020/NĐ-CP, article 15). Written alike however it was typed: without case, diacritics, blanks and
    /// leading zeros. Stores keep it as an indexed field: whoever changes how it is written gives that field another name,
    /// so that it is made again for all documents.
    pub fn number_key(&self) -> String {
        let number: String = plain_letters(&self.number).filter(|one| !one.is_whitespace()).collect();
        let number = number.trim_start_matches('0');
        format!("{}|{number}|{}", folded(&self.issuer), self.issued_on.year())
    }
}

/// A stored file of a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileRef {
    pub name: String,
    /// SHA-256 of the bytes, hexadecimal; also where the blob store keeps them.
    pub sha256: String,
    /// Bytes.
    #[serde(with = "crate::domain::number_text")]
    pub size: u64,
    /// By content, not by name.
    pub content_type: String,
}

/// How rows came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowOrigin {
    /// Read from a file of the revision.
    File,
    /// Typed or sent directly.
    Entered,
}

impl RowOrigin {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "FILE",
            Self::Entered => "ENTERED",
        }
    }
}

/// Rows of statistics, inline or in the blob store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowSet {
    pub origin: RowOrigin,
    /// Name of the file that the rows were read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    pub count: u32,
    /// Total that the document states (procedures in force, cases listed), against which coverage is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_total: Option<u32>,
    /// The rows themselves, when small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<Vec<Row>>,
    /// SHA-256 of the packed rows in the blob store, when large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// By what they were read; none for rows in the documented header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_by: Option<ReadBy>,
    /// How many remarks there are on them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub remark_count: u32,
    /// What appraisers are to know about them, the first few of each kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<RowRemark>,
}

/// Typed content of a revision besides its files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Content {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Box<RowSet>>,
    /// Address of a web page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the page or photo was captured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_on: Option<Date>,
    /// The document states that there was nothing to do (no late case, no finding).
    #[serde(default)]
    pub nothing_to_do: bool,
    /// Free JSON text of the kind OTHER.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}

/// Where a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EvidenceState {
    Active,
    Withdrawn,
}

/// The head of a document: what stays the same over its revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    pub id: String,
    /// The portal's own identifier, unique in the dossier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    pub kind: EvidenceKind,
    pub title: String,
    /// Number of the newest revision, from 1.
    pub revision: u32,
    pub state: EvidenceState,
    /// Added after a supplement request, kept apart from the first evidence.
    pub supplementary: bool,
    /// The document of last year's dossier that it is again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<CarriedFrom>,
    pub created_at: Timestamp,
    pub created_by: String,
    pub changed_at: Timestamp,
}

/// A document of last year's dossier of the same unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CarriedFrom {
    /// Code of the round.
    pub round: String,
    /// Id of the document.
    pub evidence: String,
    /// The revision that was taken.
    pub revision: u32,
}

/// One immutable revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revision {
    pub evidence: String,
    /// From 1.
    pub number: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<OfficialHeader>,
    pub content: Content,
    pub files: Vec<FileRef>,
    pub created_at: Timestamp,
    pub created_by: String,
    /// Why the document was revised; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Content {
    /// Whether two contents state the same. Remarks follow from the rows and from what the program looks at.
    pub fn states_the_same(&self, other: &Self) -> bool {
        let stated = |content: &Self| {
            let mut content = content.clone();
            if let Some(rows) = &mut content.rows {
                (rows.remark_count, rows.remarks) = (0, Vec::new());
            }
            content
        };
        stated(self) == stated(other)
    }
}

impl Revision {
    /// What people call the document: its number and symbol, or its title where it has none.
    pub fn label<'a>(&'a self, evidence: &'a Evidence) -> &'a str {
        self.header.as_ref().map_or(&evidence.title, |header| &header.number)
    }

    /// The id of a revision: `evidence~number`.
    pub fn key_of(evidence: &str, number: u32) -> String {
        format!("{evidence}~{number}")
    }

    /// Whether there is anything to look at: a file, rows, the address of a page, free content of the kind OTHER, or
    /// the statement that there was nothing to do. A title and a header only claim that a document exists.
    pub fn has_substance(&self, kind: EvidenceKind) -> bool {
        let content = &self.content;
        !self.files.is_empty()
            || content.rows.is_some()
            || content.url.is_some()
            || content.nothing_to_do
            || (kind == EvidenceKind::Other && content.other.is_some())
    }

    /// SHA-256 of all bytes that the revision refers to: its files and its large row set.
    pub fn blobs(&self) -> BTreeSet<&str> {
        let rows = self.content.rows.as_ref().and_then(|rows| rows.blob.as_deref());
        self.files.iter().map(|file| file.sha256.as_str()).chain(rows).collect()
    }
}

/// What an appraiser said of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VerdictKind {
    Accepted,
    Rejected,
    Supplement,
}

/// Why a link was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RejectReason {
    WrongPeriod,
    WrongIssuer,
    NotSigned,
    Unreadable,
    NotRelevant,
    PageMissing,
    ContradictsData,
}

/// A verdict on one link; names the revision that was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkVerdict {
    pub link: String,
    pub revision: u32,
    pub kind: VerdictKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RejectReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A document used for a leaf, with its page reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Link {
    pub id: String,
    pub evidence: String,
    pub criterion: String,
    /// Code of the required evidence that it is meant to be, if the unit said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    /// Pages or section: "trang 3-4", "Mục II".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// No longer used for the leaf.
    pub unlinked: bool,
    /// Added after a supplement request, or to explain.
    pub supplementary: bool,
    /// Added after the first of two rounds of appraisal: it counts in the final ledger alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_first: bool,
    /// The verdict of the first round that stands, or of the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<LinkVerdict>,
    /// That of the second round; absent where it let the first one's stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<LinkVerdict>,
}

impl Link {
    /// Where a round of appraisal keeps its verdict.
    pub fn verdict_mut(&mut self, second: bool) -> &mut Option<LinkVerdict> {
        match second {
            true => &mut self.second,
            false => &mut self.verdict,
        }
    }

    /// The newest verdict, whatever revision it is about.
    pub fn judged(&self) -> Option<&LinkVerdict> {
        self.second.as_ref().or(self.verdict.as_ref())
    }
}

/// That a dossier, or a paper of the round itself, uses a file: the sweep and the reuse warnings look here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileUse {
    pub sha256: String,
    pub round: String,
    /// Absent for what lies in no dossier: a paper of the round's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Id of the document or the paper.
    pub evidence: String,
    pub revision: u32,
}
