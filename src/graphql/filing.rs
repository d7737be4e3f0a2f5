//! Uploading ahead and filing a whole dossier.

use async_graphql::{Context, Enum, ID, InputObject, Result, SimpleObject};

use super::content::{EvidenceKind, LinkInput, RevisionInput, checked_upload};
use super::dossier::Dossier;
use super::inputs::{DeclareItemInput, Idempotency, nfc, nfc_option, values};
use super::journal::Receipt;
use super::messages::{EvidencePayload, ItemProblem};
use super::query::{DossierRef, dossier};
use super::register::Text;
use super::scalars::{DateTime, Long, Upload};
use super::{ids, session};
use crate::app::error::Error;
use crate::app::{file_dossier as filing, prepare_dossier};
use crate::blob::link::LinkSigner;
use crate::blob::reference::REFERENCE_PINNED;
use crate::domain::dossier::Dossier as DossierKey;
use crate::domain::rows;

/// A file to be kept.
#[derive(InputObject)]
pub struct UploadInput {
    /// The file, as a part of the multipart request.
    pub upload: Upload,
    /// SHA-256 that the sender computed, hexadecimal; another content is refused.
    pub sha256: Option<String>,
}

/// Input of uploadFiles.
#[derive(InputObject)]
pub struct UploadFilesInput {
    /// The files, at most 20.
    pub files: Vec<UploadInput>,
}

/// A file that waits for a call that uses it.
#[derive(SimpleObject)]
pub struct UploadedFile {
    /// What later calls name the file by. It serves the account that uploaded the file, and nobody else.
    pub reference: String,
    /// Name as uploaded.
    pub name: String,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: Long,
    /// By content, not by name.
    pub content_type: String,
    /// When the reference ends.
    pub expires_at: DateTime,
}

/// What uploadFiles did.
#[derive(SimpleObject)]
pub struct UploadFilesPayload {
    /// The files, in the order sent.
    pub files: Vec<UploadedFile>,
}

/// Keeps the files of a request.
pub async fn upload_files(context: &Context<'_>, input: UploadFilesInput) -> Result<UploadFilesPayload> {
    let session = session(context);
    session.may_upload().await?;
    let signer = context.data::<LinkSigner>()?;
    let (login, now) = (session.signed_in()?, session.app.clock.now());
    if input.files.is_empty() {
        return Err(Error::invalid("files", "Chưa có tệp nào.", "There is no file.").into());
    }
    let mut files = Vec::with_capacity(input.files.len());
    for (index, one) in input.files.iter().enumerate() {
        files.push(checked_upload(
            context,
            &format!("files.{index}"),
            &one.upload,
            one.sha256.as_deref(),
        )?);
    }
    let pinned_until = now.checked_add(REFERENCE_PINNED).unwrap_or(jiff::Timestamp::MAX);
    let mut kept = Vec::with_capacity(files.len());
    for mut file in files {
        let pinned = session.app.blobs.pin(&file.sha256, pinned_until).await;
        let pin = pinned.map_err(Error::unavailable)?;
        file.name = nfc(&file.name);
        let (reference, expires) = signer.refer(login, &file, &pin, now);
        kept.push(UploadedFile {
            reference,
            name: file.name,
            sha256: file.sha256,
            size: Long(file.size),
            content_type: file.content_type,
            expires_at: DateTime(expires),
        });
    }
    Ok(UploadFilesPayload { files: kept })
}

/// A document as it is to be.
#[derive(InputObject)]
pub struct FiledEvidenceInput {
    /// The portal's own identifier, unique in the dossier: the same one is the same document.
    pub external_id: String,
    /// What kind of document; a document keeps its kind.
    pub kind: EvidenceKind,
    /// Title.
    pub title: String,
    /// Header, rows, files and other content; where it differs from the newest revision, it becomes a new one.
    pub content: RevisionInput,
    /// All leaves that the document is to be used for; others are unlinked. Null leaves its links as they are.
    pub links: Option<Vec<LinkInput>>,
}

/// Input of fileDossier.
#[derive(InputObject)]
pub struct FileDossierInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Documents, at most 1,000.
    #[graphql(default)]
    pub evidence: Vec<FiledEvidenceInput>,
    /// Declarations, at most 200.
    #[graphql(default)]
    pub declarations: Vec<DeclareItemInput>,
    /// Why documents that are there already change.
    pub reason: Option<String>,
    /// Only say what would become of each item; nothing is changed, and every problem is told.
    #[graphql(default)]
    pub dry_run: bool,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What became of a document or declaration.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "filing::FilingOutcome")]
pub enum FilingOutcome {
    /// A new document.
    Created,
    /// A document with a new revision.
    Revised,
    /// A document whose title or links changed.
    Changed,
    /// A leaf declared, or declared otherwise than before.
    Declared,
    /// It was as stated already.
    Unchanged,
    /// It cannot be filed; only a dry run answers so, elsewhere the whole call is an error.
    Refused,
}

/// What is wrong with one row.
#[derive(SimpleObject)]
pub struct RowProblem {
    /// Line in the file, or position from 1 of a row given directly.
    pub line: u32,
    /// The column at fault, when it is one.
    pub column: Option<String>,
    /// Kind of problem: NOT_A_NUMBER, DOUBLED_KEY, MORE_THAN_TOTAL and so on.
    pub code: String,
    /// What is wrong, in both languages.
    pub message: Text,
}

/// What is to be known about the rows of a file though nothing is refused for it.
#[derive(SimpleObject)]
pub struct RowRemark {
    /// Line in the file, or row of the sheet.
    pub line: u32,
    /// The column that it is about, by its name here or by its header in the file, when it is about one.
    pub column: Option<String>,
    /// Kind of remark: UNBALANCED, PERCENTAGE_DIFFERS, TOTAL_LINE, UNMAPPED_COLUMN, FORMULA and so on.
    pub code: String,
    /// What it is, in both languages.
    pub message: Text,
}

impl From<rows::RowRemark> for RowRemark {
    fn from(remark: rows::RowRemark) -> Self {
        Self {
            line: remark.line,
            column: remark.column,
            code: remark.code.name().to_owned(),
            message: remark.message.into(),
        }
    }
}

/// What became of the rows of a document.
#[derive(SimpleObject)]
pub struct RowReport {
    /// Rows that are good.
    pub good_rows: u32,
    /// Rows that are not.
    pub bad_rows: u32,
    /// Problems of the bad rows, more than are listed perhaps.
    pub problem_count: u32,
    /// The first hundred problems, in the order of lines.
    pub problems: Vec<RowProblem>,
    /// Remarks, more than are listed perhaps.
    pub remark_count: u32,
    /// The first ten remarks of each kind, in the order of lines. They refuse nothing, and appraisers see them.
    pub remarks: Vec<RowRemark>,
}

impl From<rows::RowReport> for RowReport {
    fn from(report: rows::RowReport) -> Self {
        let problem = |one: rows::RowProblem| RowProblem {
            line: one.line,
            column: one.column,
            code: one.code.name().to_owned(),
            message: one.message.into(),
        };
        Self {
            good_rows: report.good_rows,
            bad_rows: report.bad_rows,
            problem_count: report.problem_count,
            problems: report.problems.into_iter().map(problem).collect(),
            remark_count: report.remark_count,
            remarks: report.remarks.into_iter().map(Into::into).collect(),
        }
    }
}

/// What addEvidence or reviseEvidence did.
#[derive(SimpleObject)]
pub struct FiledEvidencePayload {
    /// The document.
    #[graphql(flatten)]
    pub changed: EvidencePayload,
    /// What became of its rows; null for a document without rows.
    pub rows: Option<RowReport>,
}

/// What became of one item of a filing.
#[derive(SimpleObject)]
pub struct FiledItem {
    /// The portal's identifier of a document; null for a declaration.
    pub external_id: Option<String>,
    /// Id of the document; null for a declaration, and for a document that is not there.
    pub evidence_id: Option<ID>,
    /// Code of a declared leaf; null for a document.
    pub criterion: Option<String>,
    /// What became of it.
    pub outcome: FilingOutcome,
    /// Why it is refused.
    pub problem: Option<ItemProblem>,
    /// What became of the document's rows; null for one without rows.
    pub rows: Option<RowReport>,
}

/// What fileDossier did.
#[derive(SimpleObject)]
pub struct FileDossierPayload {
    /// One per document, then one per declaration, in the order sent.
    pub items: Vec<FiledItem>,
    /// Commits that it took: none when nothing changed or in a dry run, more than one for a very large dossier.
    pub commits: u32,
    /// Proof of each commit.
    pub receipts: Vec<Receipt>,
    /// The dossier as it stands.
    pub dossier: Dossier,
}

/// Declarations as the application takes them.
pub fn declarations(field: &str, items: Vec<DeclareItemInput>) -> Result<Vec<prepare_dossier::DeclareItem>, Error> {
    let declaration = |(index, item): (usize, DeclareItemInput)| {
        Ok(prepare_dossier::DeclareItem {
            criterion: item.criterion,
            inputs: values(&format!("{field}.{index}.inputs"), item.inputs)?,
            explanation: nfc_option(item.explanation),
            evidence_missing: nfc_option(item.evidence_missing),
        })
    };
    items.into_iter().enumerate().map(declaration).collect()
}

/// Files a dossier.
pub async fn file_dossier(context: &Context<'_>, input: FileDossierInput) -> Result<FileDossierPayload> {
    let (round, unit) = input.dossier.resolve("dossier")?;
    session(context).signed_in()?;
    let mut documents = Vec::with_capacity(input.evidence.len());
    let mut rows = Vec::with_capacity(input.evidence.len());
    for (index, one) in input.evidence.into_iter().enumerate() {
        let resolved = one.content.resolve(context).await;
        let (revision, of_document) = resolved.map_err(|error| error.within(&format!("evidence.{index}")))?;
        documents.push(filing::FiledDocument {
            external_id: nfc(&one.external_id),
            kind: one.kind.into(),
            title: nfc(&one.title),
            revision,
            links: one.links.map(|links| links.into_iter().map(Into::into).collect()),
        });
        rows.push(of_document);
    }
    let command = filing::FileDossier {
        round: round.clone(),
        unit: unit.clone(),
        documents,
        declarations: declarations("declarations", input.declarations)?,
        reason: nfc_option(input.reason),
        dry_run: input.dry_run,
        check_only: false,
    };
    let filed = session(context)
        .file_dossier(command, rows, input.idempotency.key)
        .await?;
    let key = DossierKey::key(&round, &unit);
    let item = |one: filing::FiledItem| FiledItem {
        external_id: one.external_id,
        evidence_id: one.evidence.map(|id| ids::encode_part("Evidence", &key, &id)),
        criterion: one.criterion,
        outcome: one.outcome.into(),
        problem: one.problem.map(Into::into),
        rows: one.rows.map(Into::into),
    };
    Ok(FileDossierPayload {
        items: filed.items.into_iter().map(item).collect(),
        commits: u32::try_from(filed.receipts.len()).unwrap_or(u32::MAX),
        receipts: filed.receipts.into_iter().map(Into::into).collect(),
        dossier: dossier(context, &round, &unit).await?,
    })
}
