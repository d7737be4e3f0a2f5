//! Inputs of mutations, and how they become commands' inputs. Text is NFC-normalised here and nowhere else.

use std::collections::BTreeMap;

use async_graphql::{Context, Enum, ID, InputObject, OneofObject};
use unicode_normalization::UnicodeNormalization as _;

use super::ids;
use super::query::DossierRef;
use super::scalars::{Date, Decimal, Json, Long, Upload};
use crate::app::error::Error;
use crate::app::keep_evidence;
use crate::blob::upload::{StagedFile, Uploads};
use crate::domain::{assessment, evidence, input};

/// Text as it is stored: composed characters.
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// Text that may be absent.
pub fn nfc_option(text: Option<String>) -> Option<String> {
    text.map(|text| nfc(&text))
}

/// A value of an input: exactly one member.
#[derive(OneofObject)]
pub enum InputValueInput {
    /// A whole number from zero.
    Count(Decimal),
    /// A decimal from zero, in the input's unit.
    Amount(Decimal),
    /// A decimal between the input's bounds.
    Decimal(Decimal),
    /// A calendar date.
    Date(Date),
    /// One of the input's options.
    Option(String),
    /// Yes or no.
    YesNo(bool),
    /// Some of the input's items.
    Items(Vec<String>),
}

impl From<InputValueInput> for input::InputValue {
    fn from(value: InputValueInput) -> Self {
        match value {
            InputValueInput::Count(number) => Self::Count(number.0),
            InputValueInput::Amount(number) => Self::Amount(number.0),
            InputValueInput::Decimal(number) => Self::Decimal(number.0),
            InputValueInput::Date(date) => Self::Date(date.0),
            InputValueInput::Option(code) => Self::Option(nfc(&code)),
            InputValueInput::YesNo(yes) => Self::YesNo(yes),
            InputValueInput::Items(codes) => Self::Items(codes.iter().map(|code| nfc(code)).collect()),
        }
    }
}

/// A named value.
#[derive(InputObject)]
pub struct NamedValueInput {
    /// Code of the input.
    pub input: String,
    /// Its value.
    pub value: InputValueInput,
}

/// Named values as a map; a name given twice is an error.
pub fn values(field: &str, items: Vec<NamedValueInput>) -> Result<BTreeMap<String, input::InputValue>, Error> {
    let mut found = BTreeMap::new();
    for item in items {
        if found.insert(item.input.clone(), item.value.into()).is_some() {
            return Err(Error::invalid(
                field,
                format!("{} được nêu hai lần.", item.input),
                format!("{} is stated twice.", item.input),
            ));
        }
    }
    Ok(found)
}

/// What kind of document it is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "evidence::EvidenceKind")]
pub enum EvidenceKind {
    /// A signed official document.
    OfficialDocument,
    /// Monthly one-stop case statistics; rows become inputs.
    OneStopCases,
    /// Monthly online-service usage; rows become inputs.
    OnlineServiceUsage,
    /// Published procedures; rows become inputs.
    PublishedProcedures,
    /// A list or spreadsheet.
    List,
    /// A web page.
    Link,
    /// A photo.
    Photo,
    /// An export of another system.
    SystemExport,
    /// Anything else.
    Other,
}

/// The official header of a document (Decree 30/2020/NĐ-CP).
#[derive(InputObject)]
pub struct OfficialHeaderInput {
    /// Abbreviation of the type: KH, BC, QĐ; CV for an official letter.
    pub document_type: String,
    /// Number and symbol: 232/TB-UBND.
    pub number: String,
    /// Issuing body.
    pub issuer: String,
    /// Date of issue.
    pub issued_on: Date,
    /// Who signed.
    pub signer: Option<String>,
    /// Subject.
    pub subject: String,
}

/// One row: values by column, as in the CSV file's header.
#[derive(InputObject)]
pub struct RowValueInput {
    /// Name of the column.
    pub column: String,
    /// Value as text.
    pub value: String,
}

/// A file of the document.
#[derive(InputObject)]
pub struct FileInput {
    /// The file, as a part of the multipart request.
    pub upload: Upload,
    /// SHA-256 that the sender computed, hexadecimal; another content is refused.
    pub sha256: Option<String>,
}

/// Rows of statistics: exactly one member.
#[derive(OneofObject)]
pub enum RowsInput {
    /// A CSV file in the kind's documented header, UTF-8, as a part of the multipart request; kept with the document.
    CsvFile(Upload),
    /// The text of a CSV file in the kind's documented header, UTF-8.
    Csv(String),
    /// Rows given directly, at most 5,000; they are marked ENTERED.
    Entered(Vec<Vec<RowValueInput>>),
}

/// Content of a document.
#[derive(InputObject)]
pub struct RevisionInput {
    /// Official header; needed for OFFICIAL_DOCUMENT.
    pub header: Option<OfficialHeaderInput>,
    /// Rows; needed for the three kinds of statistics.
    pub rows: Option<RowsInput>,
    /// How many procedures are in force, as the document states.
    pub stated_total: Option<u32>,
    /// Address of a web page; needed for LINK.
    pub url: Option<String>,
    /// When page or photo was captured.
    pub captured_on: Option<Date>,
    /// The document states that there was nothing to do.
    #[graphql(default)]
    pub nothing_to_do: bool,
    /// Content of the kind OTHER.
    pub other: Option<Json>,
    /// Files of the document, at most 20.
    #[graphql(default)]
    pub files: Vec<FileInput>,
}

/// Largest CSV file whose rows are read, in bytes (16 MiB): 100,000 rows of 160 bytes.
const MAX_CSV_BYTES: u64 = 16 * 1024 * 1024;

fn uploaded(context: &Context<'_>, field: &str, upload: &Upload) -> Result<StagedFile, Error> {
    let file = context
        .data_opt::<Uploads>()
        .and_then(|uploads| uploads.get(&upload.0))
        .cloned();
    file.ok_or_else(|| {
        Error::invalid(
            field,
            "Gửi tệp bằng multipart/form-data theo GraphQL multipart request.",
            "Send the file as multipart/form-data by the GraphQL multipart request protocol.",
        )
    })
}

fn file_ref(file: StagedFile) -> evidence::FileRef {
    evidence::FileRef {
        name: nfc(&file.name),
        sha256: file.sha256,
        size: file.size,
        content_type: file.content_type,
    }
}

async fn csv_rows(context: &Context<'_>, file: &StagedFile) -> Result<keep_evidence::RowsInput, Error> {
    let blobs = &super::session(context).app.blobs;
    let bytes = crate::blob::read_all(&**blobs, &file.sha256, MAX_CSV_BYTES)
        .await
        .map_err(|error| Error::Internal(Box::new(error)))?;
    // Not UTF-8 is left as it is: the reader says what to do about it.
    let bytes = match std::str::from_utf8(&bytes) {
        Ok(text) => nfc(text).into_bytes(),
        Err(_) => bytes,
    };
    Ok(keep_evidence::RowsInput::Csv {
        file: nfc(&file.name),
        bytes,
    })
}

impl RevisionInput {
    /// The content as the application takes it, with its files.
    pub async fn resolve(self, context: &Context<'_>) -> Result<keep_evidence::RevisionInput, Error> {
        let mut files = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            let staged = uploaded(context, &format!("content.files.{index}.upload"), &file.upload)?;
            staged.check_stated(file.sha256.as_deref()).map_err(|mismatch| {
                let vi = format!(
                    "SHA-256 của tệp là {}, không phải {}; hãy gửi lại.",
                    mismatch.actual, mismatch.stated
                );
                Error::invalid(format!("content.files.{index}.sha256"), vi, mismatch.to_string())
            })?;
            files.push(file_ref(staged));
        }
        let row = |cells: Vec<RowValueInput>| cells.into_iter().map(|cell| (cell.column, nfc(&cell.value))).collect();
        let rows = match self.rows {
            None => None,
            Some(RowsInput::CsvFile(upload)) => {
                let staged = uploaded(context, "content.rows.csvFile", &upload)?;
                let rows = csv_rows(context, &staged).await?;
                files.push(file_ref(staged));
                Some(rows)
            }
            Some(RowsInput::Csv(text)) => Some(keep_evidence::RowsInput::Csv {
                file: "rows.csv".to_owned(),
                bytes: nfc(&text).into_bytes(),
            }),
            Some(RowsInput::Entered(rows)) => {
                Some(keep_evidence::RowsInput::Entered(rows.into_iter().map(row).collect()))
            }
        };
        let header = self.header.map(|header| evidence::OfficialHeader {
            document_type: nfc(&header.document_type),
            number: nfc(&header.number),
            issuer: nfc(&header.issuer),
            issued_on: header.issued_on.0,
            signer: nfc_option(header.signer),
            subject: nfc(&header.subject),
        });
        Ok(keep_evidence::RevisionInput {
            header,
            rows,
            stated_total: self.stated_total,
            url: self.url,
            captured_on: self.captured_on.map(|date| date.0),
            nothing_to_do: self.nothing_to_do,
            other: self.other.map(|json| json.0.to_string()),
            files,
        })
    }
}

/// A document's use for a leaf.
#[derive(InputObject)]
pub struct LinkInput {
    /// Code of the leaf.
    pub criterion: String,
    /// Which required evidence it is meant to be.
    pub requirement: Option<String>,
    /// Pages or section.
    pub pages: Option<String>,
    /// Note to the appraiser.
    pub note: Option<String>,
}

impl From<LinkInput> for keep_evidence::LinkInput {
    fn from(link: LinkInput) -> Self {
        Self {
            criterion: link.criterion,
            requirement: link.requirement,
            pages: nfc_option(link.pages),
            note: nfc_option(link.note),
        }
    }
}

/// Input of addEvidence.
#[derive(InputObject)]
pub struct AddEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// The portal's own identifier, unique in the dossier.
    pub external_id: Option<String>,
    /// What kind of document.
    pub kind: EvidenceKind,
    /// Title.
    pub title: String,
    /// Header, rows and other content.
    pub content: RevisionInput,
    /// Leaves that it is used for.
    #[graphql(default)]
    pub links: Vec<LinkInput>,
    /// Re-sending with the same key answers with the first outcome.
    pub idempotency_key: Option<String>,
}

/// What the unit declares of one leaf.
#[derive(InputObject)]
pub struct DeclareItemInput {
    /// Code of the leaf.
    pub criterion: String,
    /// Declared inputs; derived ones are computed.
    #[graphql(default)]
    pub inputs: Vec<NamedValueInput>,
    /// Explanation.
    pub explanation: Option<String>,
    /// Why required evidence is missing.
    pub evidence_missing: Option<String>,
}

/// Verdict on a link.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "evidence::VerdictKind")]
pub enum VerdictKind {
    /// It shows what it should.
    Accepted,
    /// It does not; needs reason and text.
    Rejected,
    /// More is needed.
    Supplement,
}

/// Why a link was rejected.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "evidence::RejectReason")]
pub enum RejectReason {
    /// Not of the assessed period.
    WrongPeriod,
    /// Not issued by the competent body.
    WrongIssuer,
    /// Not signed.
    NotSigned,
    /// Cannot be read.
    Unreadable,
    /// Does not concern the criterion.
    NotRelevant,
    /// The stated page does not show it.
    PageMissing,
    /// Contradicts other data.
    ContradictsData,
}

/// Verdict on one link, naming the revision judged.
#[derive(InputObject)]
pub struct VerdictInput {
    /// Id of the link.
    pub link: ID,
    /// Number of the revision that was looked at.
    pub revision: u32,
    /// The verdict.
    pub kind: VerdictKind,
    /// Reason code; needed for REJECTED.
    pub reason: Option<RejectReason>,
    /// Text; needed for REJECTED.
    pub text: Option<String>,
}

/// On what a correction rests.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "assessment::CorrectionBasis")]
pub enum CorrectionBasis {
    /// On what the accepted evidence shows.
    Evidence,
    /// On the appraiser's own data.
    OwnData,
}

/// A corrected input.
#[derive(InputObject)]
pub struct CorrectionInput {
    /// Code of the input.
    pub input: String,
    /// The right value.
    pub value: InputValueInput,
    /// Why.
    pub reason: String,
    /// On what it rests.
    pub basis: CorrectionBasis,
}

/// Required evidence that need not be there.
#[derive(InputObject)]
pub struct WaiverInput {
    /// Code of the required evidence.
    pub requirement: String,
    /// Why.
    pub reason: String,
}

/// Outcome of a review.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "assessment::ReviewOutcome")]
pub enum ReviewOutcome {
    /// The leaf is verified.
    Verify,
    /// The unit is asked for more.
    RequestSupplement,
}

/// What the unit is asked for.
#[derive(InputObject)]
pub struct SupplementInput {
    /// What is needed.
    pub text: String,
    /// Last day, in the round's time zone.
    pub due: Date,
}

/// A review of one leaf.
#[derive(InputObject)]
pub struct ReviewItemInput {
    /// Which leaf.
    pub assessment: super::query::AssessmentRef,
    /// Version of the leaf that was judged.
    pub expected_version: Long,
    /// A verdict for every link.
    #[graphql(default)]
    pub verdicts: Vec<VerdictInput>,
    /// Corrected inputs; the others are confirmed.
    #[graphql(default)]
    pub corrections: Vec<CorrectionInput>,
    /// Required evidence that need not be there.
    #[graphql(default)]
    pub waivers: Vec<WaiverInput>,
    /// What the review decides.
    pub outcome: ReviewOutcome,
    /// Comment to the unit.
    pub comment: Option<String>,
    /// Needed for REQUEST_SUPPLEMENT.
    pub supplement: Option<SupplementInput>,
}

impl ReviewItemInput {
    /// The leaf and the review as the application takes them.
    pub fn resolve(
        self,
        replaces_because: Option<String>,
    ) -> Result<(crate::app::review::LeafKey, crate::app::review::ReviewItem), Error> {
        use crate::app::review::{LeafKey, ReviewItem, SupplementRequest};
        let key = self.assessment.resolve()?;
        let verdict = |one: VerdictInput| evidence::LinkVerdict {
            link: ids::part_of("Link", &key.round, &key.unit, &one.link),
            revision: one.revision,
            kind: one.kind.into(),
            reason: one.reason.map(Into::into),
            text: nfc_option(one.text),
        };
        let correction = |one: CorrectionInput| {
            let value = one.value.into();
            (
                one.input,
                assessment::Correction {
                    value,
                    reason: nfc(&one.reason),
                    basis: one.basis.into(),
                },
            )
        };
        let item = ReviewItem {
            criterion: key.criterion.clone(),
            expected_version: self.expected_version.0,
            verdicts: self.verdicts.into_iter().map(verdict).collect(),
            corrections: self.corrections.into_iter().map(correction).collect(),
            waivers: self
                .waivers
                .into_iter()
                .map(|one| (one.requirement, nfc(&one.reason)))
                .collect(),
            outcome: self.outcome.into(),
            comment: nfc_option(self.comment),
            supplement: self.supplement.map(|one| SupplementRequest {
                text: nfc(&one.text),
                due: one.due.0,
            }),
            replaces_because,
        };
        Ok((
            LeafKey {
                round: key.round,
                unit: key.unit,
                criterion: key.criterion,
            },
            item,
        ))
    }
}
