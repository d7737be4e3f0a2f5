//! What documents consist of, as it comes in, and how it becomes what the application takes.

use std::collections::BTreeMap;

use async_graphql::{Context, Enum, InputObject, OneofObject};

use super::inputs::{by_name, nfc, nfc_option};
use super::mappings::ColumnMappingRefInput;
use super::scalars::{Date, Json, Upload};
use super::session;
use crate::app::error::Error;
use crate::app::keep_evidence;
use crate::app::read_once::PassingFile;
use crate::app::row_sets::{KeptFile, RowsInput as ReadableRows, RowsSource};
use crate::blob::Pin;
use crate::blob::link::LinkSigner;
use crate::blob::upload::{StagedFile, Uploads};
use crate::domain::evidence;
use crate::domain::mapping::ReadBy;

/// What kind of document it is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "evidence::EvidenceKind")]
pub enum EvidenceKind {
    /// A signed official document.
    OfficialDocument,
    /// Monthly one-stop case statistics; rows become inputs. Columns of the CSV file, in any order:
    /// `month,service,received,resolved_early,resolved_on_time,resolved_late,pending_in_time,pending_overdue,apology_letters,extra_papers`,
    /// and `carried_over`, the part of `received` from before, which a file may lack.
    OneStopCases,
    /// Monthly online-service usage; rows become inputs. Columns of the CSV file, in any order:
    /// `month,service,level,total,online,fee_cases,online_payments`
    OnlineServiceUsage,
    /// Published procedures; rows become inputs. Columns of the CSV file, in any order:
    /// `code,name,decision,url,checked_on,at_desk,on_portal,one_stop,level,in_force,iso,post_cases`,
    /// and `published_on`, the day on which the unit published it, which a file may lack and a row may leave empty.
    PublishedProcedures,
    /// Cases that were or are overdue, one per row; rows become inputs. A case counts in the year in which it was due. Columns
    /// of the CSV file, in any order: `case,service,due_on`, and `resolved_on`, a day after `due_on`, which a row leaves empty
    /// while the case is open. Without any late case the document states nothingToDo and has no rows.
    LateCases,
    /// Apology letters for late cases, a row for each case that a letter names; rows become inputs. Columns of the CSV file,
    /// in any order: `letter,case,due_on,new_due_on,sent_on,signer`; `new_due_on`, the day that the letter gives, is after
    /// `due_on`. Without any letter the document states nothingToDo and has no rows.
    ApologyLetters,
    /// Electronic documents and files of the document-management system, per month and office; rows become inputs. Columns of
    /// the CSV file, in any order: `month,office,issued,electronic,signed,files,files_online`; documents issued, of these
    /// electronic, of these signed digitally as required; case files, of these handled online.
    ElectronicDocuments,
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

/// A file of the document: either a part of this request, or a file uploaded before.
#[derive(InputObject)]
pub struct FileInput {
    /// The file, as a part of the multipart request.
    pub upload: Option<Upload>,
    /// The reference that uploadFiles answered, to a file that you have uploaded yourself within the last 24 hours.
    pub reference: Option<String>,
    /// SHA-256 that the sender computed, hexadecimal; another content is refused.
    pub sha256: Option<String>,
}

/// Rows of statistics: exactly one member.
#[derive(OneofObject)]
pub enum RowsInput {
    /// A CSV file in the kind's documented header, UTF-8, as a part of the multipart request; kept with the document.
    CsvFile(Upload),
    /// The same, uploaded before: the reference that uploadFiles answered.
    CsvReference(String),
    /// A file as another system exports it, CSV or .xlsx, read by a column mapping; kept with the document.
    Mapped(MappedFileInput),
    /// Rows given directly as CSV text in the kind's documented header, at most 5,000; no file is kept, and they are
    /// marked ENTERED.
    Csv(String),
    /// Rows given directly, at most 5,000; they are marked ENTERED.
    Entered(Vec<Vec<RowValueInput>>),
}

/// A file that is read by a column mapping: exactly one of upload and reference.
#[derive(InputObject)]
pub struct MappedFileInput {
    /// The file, as a part of the multipart request.
    pub upload: Option<Upload>,
    /// The reference that uploadFiles answered.
    pub reference: Option<String>,
    /// The version of the mapping; the revision keeps which one it was.
    pub mapping: ColumnMappingRefInput,
    /// Values of the columns that the mapping asks for with each file, such as the month.
    #[graphql(default)]
    pub given: Vec<RowValueInput>,
}

/// Values by column; a column given twice is an error.
pub fn given_values(field: &str, given: Vec<RowValueInput>) -> Result<BTreeMap<String, String>, Error> {
    by_name(field, given.into_iter().map(|one| (one.column, nfc(one.value.trim()))))
}

/// Content of a document.
#[derive(InputObject)]
pub struct RevisionInput {
    /// Official header; needed for OFFICIAL_DOCUMENT.
    pub header: Option<OfficialHeaderInput>,
    /// Rows; needed for the kinds of statistics and lists whose description names columns.
    pub rows: Option<RowsInput>,
    /// How many procedures are in force, or different cases listed, as the document states. Figures from such lists are missing
    /// without it.
    pub stated_total: Option<u32>,
    /// Address of a web page; needed for LINK.
    pub url: Option<String>,
    /// When page or photo was captured.
    pub captured_on: Option<Date>,
    /// The document states that there was nothing to do; of LATE_CASES and APOLOGY_LETTERS, that the list is empty.
    #[graphql(default)]
    pub nothing_to_do: bool,
    /// Content of the kind OTHER.
    pub other: Option<Json>,
    /// Files of the document, at most 20; the same content twice is one file, by its first name. A document without
    /// file, rows and url is refused, unless it states nothingToDo or is of kind OTHER and has its content in other.
    #[graphql(default)]
    pub files: Vec<FileInput>,
}

/// A file that came with this request.
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

/// A file that came with this request, if its digest is the stated one.
pub fn checked_upload(
    context: &Context<'_>,
    field: &str,
    upload: &Upload,
    stated: Option<&str>,
) -> Result<StagedFile, Error> {
    let file = uploaded(context, &format!("{field}.upload"), upload)?;
    check_digest(field, &file, stated)?;
    Ok(file)
}

fn check_digest(field: &str, file: &StagedFile, stated: Option<&str>) -> Result<(), Error> {
    file.check_stated(stated).map_err(|mismatch| {
        let vi = format!(
            "SHA-256 của tệp là {}, không phải {}; hãy gửi lại.",
            mismatch.actual, mismatch.stated
        );
        Error::invalid(format!("{field}.sha256"), vi, mismatch.to_string())
    })
}

fn unknown_reference(field: &str, english: String) -> Error {
    let vi = "Không phải tệp do tài khoản này tải lên trong 24 giờ qua; hãy tải lên bằng uploadFiles.";
    Error::invalid(field, vi, english)
}

/// What a reference of the caller's says.
fn signed(context: &Context<'_>, field: &str, reference: &str) -> Result<(StagedFile, Option<Pin>), Error> {
    let session = session(context);
    let (login, now) = (session.signed_in()?, session.app.clock.now());
    let signer = context.data_opt::<LinkSigner>();
    let signer = signer.ok_or_else(|| Error::Internal("no signer in the request".into()))?;
    let found = signer.referred_and_pin(reference, login, now);
    found.map_err(|problem| unknown_reference(field, problem.to_string()))
}

/// A file that the caller uploaded before.
pub async fn referred(context: &Context<'_>, field: &str, reference: &str) -> Result<StagedFile, Error> {
    let (file, _) = signed(context, field, reference)?;
    // The pin outlives the reference; bytes that are gone all the same were lost with a restored backup, or spent.
    match session(context).app.blobs.size(&file.sha256).await {
        Ok(Some(_)) => Ok(file),
        Ok(None) => Err(unknown_reference(
            field,
            "the file is not there any more; upload it again".to_owned(),
        )),
        Err(error) => Err(Error::unavailable(error)),
    }
}

/// A file that is read once and not kept.
pub fn passing_file(context: &Context<'_>, field: &str, input: &FileInput) -> Result<PassingFile, Error> {
    let stated = input.sha256.as_deref();
    match (&input.upload, &input.reference) {
        (Some(upload), None) => {
            let file = checked_upload(context, field, upload, stated)?;
            if let Some(uploads) = context.data_opt::<Uploads>() {
                uploads.spend(&file.sha256);
            }
            Ok(PassingFile { file, pin: None })
        }
        (None, Some(reference)) => {
            let (file, pin) = signed(context, &format!("{field}.reference"), reference)?;
            check_digest(field, &file, stated)?;
            Ok(PassingFile { file, pin })
        }
        _ => Err(one_of_two(field)),
    }
}

/// A file of this request that is read once and not kept.
pub fn spent_upload(context: &Context<'_>, field: &str, upload: &Upload) -> Result<StagedFile, Error> {
    let file = uploaded(context, field, upload)?;
    if let Some(uploads) = context.data_opt::<Uploads>() {
        uploads.spend(&file.sha256);
    }
    Ok(file)
}

fn one_of_two(field: &str) -> Error {
    Error::invalid(
        field,
        "Cần đúng một trong hai: upload hoặc reference.",
        "State exactly one of upload and reference.",
    )
}

impl FileInput {
    async fn resolve(&self, context: &Context<'_>, field: &str) -> Result<StagedFile, Error> {
        match (&self.upload, &self.reference) {
            (Some(upload), None) => checked_upload(context, field, upload, self.sha256.as_deref()),
            (None, Some(reference)) => {
                let file = referred(context, &format!("{field}.reference"), reference).await?;
                check_digest(field, &file, self.sha256.as_deref())?;
                Ok(file)
            }
            _ => Err(one_of_two(field)),
        }
    }
}

fn file_ref(file: StagedFile) -> evidence::FileRef {
    evidence::FileRef {
        name: nfc(&file.name),
        sha256: file.sha256,
        size: file.size,
        content_type: file.content_type,
    }
}

/// The files of an input, in their order.
pub async fn files_of_input(
    context: &Context<'_>,
    field: &str,
    files: &[FileInput],
) -> Result<Vec<evidence::FileRef>, Error> {
    let mut found = Vec::new();
    for (index, file) in files.iter().enumerate() {
        found.push(file_ref(file.resolve(context, &format!("{field}.{index}")).await?));
    }
    Ok(found)
}

/// The file of rows and the mapping by which it is read; none for rows that come without a file.
async fn file_of_rows(
    context: &Context<'_>,
    rows: Option<RowsInput>,
) -> Result<(Option<RowsSource>, Option<(StagedFile, Option<ReadBy>)>), Error> {
    let row = |cells: Vec<RowValueInput>| cells.into_iter().map(|cell| (cell.column, nfc(&cell.value))).collect();
    let staged = match rows {
        None => return Ok((None, None)),
        Some(RowsInput::Csv(text)) => return Ok((Some(RowsSource::CsvText(nfc(&text))), None)),
        Some(RowsInput::Entered(rows)) => {
            return Ok((Some(RowsSource::Entered(rows.into_iter().map(row).collect())), None));
        }
        Some(RowsInput::CsvFile(upload)) => (uploaded(context, "content.rows.csvFile", &upload)?, None),
        Some(RowsInput::CsvReference(reference)) => {
            (referred(context, "content.rows.csvReference", &reference).await?, None)
        }
        Some(RowsInput::Mapped(mapped)) => {
            let file = FileInput {
                upload: mapped.upload,
                reference: mapped.reference,
                sha256: None,
            };
            let read_by = ReadBy {
                mapping: mapped.mapping.into(),
                given: given_values("content.rows.mapped.given", mapped.given)?,
            };
            (file.resolve(context, "content.rows.mapped").await?, Some(read_by))
        }
    };
    Ok((None, Some(staged)))
}

impl RevisionInput {
    /// The content as the application takes it, with its files, and the rows that are still to be read.
    pub async fn resolve(
        self,
        context: &Context<'_>,
    ) -> Result<(keep_evidence::RevisionInput, Option<ReadableRows>), Error> {
        let mut files = files_of_input(context, "content.files", &self.files).await?;
        let (mut source, of_rows) = file_of_rows(context, self.rows).await?;
        if let Some((mut staged, read_by)) = of_rows {
            // The same content is one file of the document, by its first name.
            if let Some(same) = files.iter().find(|file| file.sha256 == staged.sha256) {
                staged.name.clone_from(&same.name);
            }
            source = Some(RowsSource::Kept(KeptFile {
                name: nfc(&staged.name),
                sha256: staged.sha256.clone(),
                read_by,
            }));
            files.push(file_ref(staged));
        }
        let header = self.header.map(|header| evidence::OfficialHeader {
            document_type: nfc(&header.document_type),
            number: nfc(&header.number),
            issuer: nfc(&header.issuer),
            issued_on: header.issued_on.0,
            signer: nfc_option(header.signer),
            subject: nfc(&header.subject),
        });
        let stated_total = self.stated_total;
        let rows = source.map(|source| ReadableRows { source, stated_total });
        let content = keep_evidence::RevisionInput {
            header,
            rows: None,
            url: self.url,
            captured_on: self.captured_on.map(|date| date.0),
            nothing_to_do: self.nothing_to_do,
            other: self.other.map(|json| json.0.to_string()),
            files,
        };
        Ok((content, rows))
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
