//! Revisions of documents and their files.

use async_graphql::connection::Connection;
use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::filing::RowRemark;
use super::link_checks::{LinkCheck, PageLinks};
use super::mappings::RowValue;
use super::paging::Paging;
use super::rows::{EvidenceRow, RowOrigin, RowPlace};
use super::scalars::{Date, DateTime, Json, Long};
use super::{ids, session};
use crate::blob::link::LinkSigner;
use crate::domain::evidence;

/// A stored file.
#[derive(SimpleObject)]
pub struct File {
    /// Name as uploaded.
    pub name: String,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: Long,
    /// By content, not by name.
    pub content_type: String,
    /// Path of a download link for the viewer alone, valid for five minutes.
    pub path: Option<String>,
}

/// The official header of a document (Decree 30/2020/NĐ-CP).
#[derive(SimpleObject)]
pub struct OfficialHeader {
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

impl From<evidence::OfficialHeader> for OfficialHeader {
    fn from(header: evidence::OfficialHeader) -> Self {
        Self {
            document_type: header.document_type,
            number: header.number,
            issuer: header.issuer,
            issued_on: Date(header.issued_on),
            signer: header.signer,
            subject: header.subject,
        }
    }
}

/// The files of a revision, with links for the viewer, who has to see it fully.
pub fn files_of(context: &Context<'_>, dossier: &str, revision: &evidence::Revision) -> Vec<File> {
    let evidence = format!("{dossier}/{}", revision.evidence);
    linked_files(context, &evidence, revision.number, &revision.files)
}

/// The files of one revision of a document of a dossier, or of a paper of a round, with links for the viewer, who has to
/// see it with its files.
pub fn linked_files(context: &Context<'_>, document: &str, revision: u32, files: &[evidence::FileRef]) -> Vec<File> {
    let signer = context.data_opt::<LinkSigner>();
    let session = session(context);
    let path = |index: u32| {
        let (signer, login) = (signer?, session.signed_in().ok()?);
        Some(signer.path(login, document, revision, index, session.app.clock.now()))
    };
    (0u32..)
        .zip(files)
        .map(|(index, file)| File {
            name: file.name.clone(),
            sha256: file.sha256.clone(),
            size: Long(file.size),
            content_type: file.content_type.clone(),
            path: path(index),
        })
        .collect()
}

/// The column mapping by which rows were read, and what was given with the file: enough to read it again.
#[derive(SimpleObject)]
pub struct RowsReadBy {
    /// Code of the mapping.
    pub code: String,
    /// Number of its version.
    pub version: u32,
    /// Values that came with the upload.
    pub given: Vec<RowValue>,
}

impl Revision {
    fn row_set(&self) -> Option<&evidence::RowSet> {
        self.revision.content.rows.as_deref()
    }
}

/// One immutable revision of a document, for those who see the document fully.
pub struct Revision {
    /// Round and unit, as in the dossier's key.
    pub dossier: String,
    /// Kind of the document.
    pub kind: evidence::EvidenceKind,
    pub revision: evidence::Revision,
}

/// One immutable revision of a document; shown to those who see the document fully.
#[Object]
impl Revision {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let key = evidence::Revision::key_of(&self.revision.evidence, self.revision.number);
        ids::encode_part("Revision", &self.dossier, &key)
    }

    /// Number of the revision, from 1.
    async fn number(&self) -> u32 {
        self.revision.number
    }

    /// When it was filed.
    async fn created_at(&self) -> DateTime {
        DateTime(self.revision.created_at)
    }

    /// Login of who filed it.
    async fn author(&self) -> &str {
        &self.revision.created_by
    }

    /// Why the document was revised; null for the first revision, and where no reason was given.
    async fn reason(&self) -> Option<&str> {
        self.revision.reason.as_deref()
    }

    /// The official header; null for a document without one.
    async fn header(&self) -> Option<OfficialHeader> {
        self.revision.header.clone().map(Into::into)
    }

    /// Address of a web page.
    async fn url(&self) -> Option<&str> {
        self.revision.content.url.as_deref()
    }

    /// What the address led to when it was last fetched; null if that was not since this revision was filed.
    async fn link_check(&self, context: &Context<'_>) -> Result<Option<LinkCheck>> {
        let (Some(url), Some((round, _))) = (&self.revision.content.url, self.dossier.split_once('/')) else {
            return Ok(None);
        };
        let found = session(context)
            .link_checks(round, self.revision.created_at, std::iter::once(url.as_str()))
            .await?;
        Ok(found.get(url).map(Into::into))
    }

    /// When the page or photo was captured.
    async fn captured_on(&self) -> Option<Date> {
        self.revision.content.captured_on.map(Date)
    }

    /// Whether it states that there was nothing to do.
    async fn nothing_to_do(&self) -> bool {
        self.revision.content.nothing_to_do
    }

    /// Content of the kind OTHER.
    async fn other(&self) -> Result<Option<Json>> {
        let text = self.revision.content.other.as_deref();
        Ok(text.map(serde_json::from_str).transpose()?.map(Json))
    }

    /// How many procedures are in force, or different cases listed, as the document states.
    async fn stated_total(&self) -> Option<u32> {
        self.row_set().and_then(|rows| rows.stated_total)
    }

    /// How many rows its statistics have; null for a document without rows.
    async fn row_count(&self) -> Option<u32> {
        self.row_set().map(|rows| rows.count)
    }

    /// How its rows came in; null for a document without rows.
    async fn row_origin(&self) -> Option<RowOrigin> {
        self.row_set().map(|rows| rows.origin.into())
    }

    /// By which column mapping its rows were read; null for rows in the documented header, and without rows.
    async fn rows_read_by(&self) -> Option<RowsReadBy> {
        let read_by = self.row_set()?.read_by.clone()?;
        let value = |(column, value)| RowValue { column, value };
        Some(RowsReadBy {
            code: read_by.mapping.code,
            version: read_by.mapping.version,
            given: read_by.given.into_iter().map(value).collect(),
        })
    }

    /// How many remarks there are on its rows; null for a document without rows.
    async fn row_remark_count(&self) -> Option<u32> {
        self.row_set().map(|rows| rows.remark_count)
    }

    /// What is to be known about its rows though nothing was refused for it: the first ten remarks of each kind.
    async fn row_remarks(&self) -> Vec<RowRemark> {
        let remarks = self.row_set().map(|rows| rows.remarks.clone());
        remarks.into_iter().flatten().map(Into::into).collect()
    }

    /// Its rows in the order of their lines; none for a document without rows.
    async fn rows(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last row before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first row behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, EvidenceRow>> {
        let key = evidence::Revision::key_of(&self.revision.evidence, self.revision.number);
        let query = format!("rows/{}/{key}", self.dossier);
        let paging = Paging::of(&query, first, after, last, before)?;
        let (Some((round, unit)), Some(kind), Some(set)) =
            (self.dossier.split_once('/'), self.kind.row_kind(), self.row_set())
        else {
            return Ok(paging.connection(false));
        };
        let page = session(context).rows(round, unit, &self.revision, paging.window());
        let (rows, more) = page.await?;
        let mut connection = paging.connection(more);
        let links = PageLinks::of(
            round,
            self.revision.created_at,
            rows.iter().map(|(row, _)| row.value("url").to_owned()),
        );
        connection.edges.extend(rows.into_iter().map(|(row, cursor)| {
            let place = RowPlace::new(&self.dossier, &key, set, row, &links);
            paging.edge(&cursor, EvidenceRow::new(kind, place))
        }));
        Ok(connection)
    }

    /// Its files; they stay as long as the dossier does.
    async fn files(&self, context: &Context<'_>) -> Vec<File> {
        files_of(context, &self.dossier, &self.revision)
    }
}
