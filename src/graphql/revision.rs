//! Revisions of documents and their files.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::scalars::{Date, DateTime, Long};
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

/// The files of a revision, with links for the viewer, who has to see it fully.
pub fn files_of(context: &Context<'_>, dossier: &str, revision: &evidence::Revision) -> Vec<File> {
    let signer = context.data_opt::<LinkSigner>();
    let session = session(context);
    let path = |index: u32| {
        let (signer, login) = (signer?, session.signed_in().ok()?);
        let evidence = format!("{dossier}/{}", revision.evidence);
        Some(signer.path(login, &evidence, revision.number, index, session.app.clock.now()))
    };
    (0u32..)
        .zip(&revision.files)
        .map(|(index, file)| File {
            name: file.name.clone(),
            sha256: file.sha256.clone(),
            size: Long(file.size),
            content_type: file.content_type.clone(),
            path: path(index),
        })
        .collect()
}

/// One immutable revision of a document, for those who see the document fully.
pub struct Revision {
    /// Round and unit, as in the dossier's key.
    pub dossier: String,
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

    /// Number and symbol of the official document in this revision.
    async fn document_number(&self) -> Option<&str> {
        self.revision.header.as_ref().map(|header| header.number.as_str())
    }

    /// Date of the official document in this revision.
    async fn issued_on(&self) -> Option<Date> {
        self.revision.header.as_ref().map(|header| Date(header.issued_on))
    }

    /// How many rows its statistics have.
    async fn row_count(&self) -> Option<u32> {
        self.revision.content.rows.as_ref().map(|rows| rows.count)
    }

    /// FILE or ENTERED: how its rows came in.
    async fn row_origin(&self) -> Option<&'static str> {
        let rows = self.revision.content.rows.as_ref();
        rows.map(|rows| rows.origin.name())
    }

    /// Its files; they stay as long as the dossier does.
    async fn files(&self, context: &Context<'_>) -> Vec<File> {
        files_of(context, &self.dossier, &self.revision)
    }
}
