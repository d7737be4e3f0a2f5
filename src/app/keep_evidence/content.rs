//! What a revision must look like, whoever files it.

use jiff::civil::Date;

use super::{MAX_FILES, MAX_TITLE_CHARS, RevisionInput};
use crate::app::desk::Desk;
use crate::app::error::Error;
use crate::app::gate::Context;
use crate::app::keep_register::check_text;
use crate::domain::evidence::{Content, EvidenceKind, FileUse, OfficialHeader, Revision};

/// A revision to be made of a document.
pub struct NewRevision<'a> {
    pub evidence: &'a str,
    pub number: u32,
    pub kind: EvidenceKind,
    pub input: &'a RevisionInput,
    pub reason: Option<String>,
}

impl NewRevision<'_> {
    /// Checks header, address, files and rows, and makes the revision.
    pub fn make(self, context: &Context<'_>, time_zone: &str) -> Result<Revision, Error> {
        let input = self.input;
        match &input.header {
            Some(header) => check_header(header, context.today(time_zone)?)?,
            None if self.kind == EvidenceKind::OfficialDocument => {
                return Err(Error::invalid(
                    "content.header",
                    "Văn bản phải có tiêu đề: loại, số ký hiệu, cơ quan, ngày, trích yếu (Nghị định 30/2020).",
                    "An official document needs its header: type, number, issuer, date, subject (Decree 30/2020).",
                ));
            }
            None => {}
        }
        check_url(self.kind, input.url.as_deref())?;
        if input.files.len() > MAX_FILES {
            return Err(Error::invalid(
                "content.files",
                format!("Tối đa {MAX_FILES} tệp."),
                format!("At most {MAX_FILES} files."),
            ));
        }
        check_rows(self.kind, input)?;
        Ok(Revision {
            evidence: self.evidence.to_owned(),
            number: self.number,
            header: input.header.clone(),
            content: Content {
                rows: input.rows.as_ref().map(|rows| rows.set.clone()),
                url: input.url.clone(),
                captured_on: input.captured_on,
                nothing_to_do: input.nothing_to_do,
                other: input.other.clone(),
            },
            files: input.files.clone(),
            created_at: context.now,
            created_by: context.login.to_owned(),
            reason: self.reason,
        })
    }
}

fn check_header(header: &OfficialHeader, today: Date) -> Result<(), Error> {
    check_text("content.header.documentType", &header.document_type)?;
    check_text("content.header.number", &header.number)?;
    check_text("content.header.issuer", &header.issuer)?;
    check_text("content.header.subject", &header.subject)?;
    if header.issued_on > today {
        return Err(Error::invalid(
            "content.header.issuedOn",
            "Ngày ban hành ở tương lai; hãy kiểm tra lại.",
            "The document is dated in the future; check the date.",
        ));
    }
    Ok(())
}

fn check_url(kind: EvidenceKind, url: Option<&str>) -> Result<(), Error> {
    match url {
        None if kind == EvidenceKind::Link => Err(Error::invalid(
            "content.url",
            "Thiếu địa chỉ trang.",
            "The address of the page is missing.",
        )),
        Some(url) if !(url.starts_with("https://") || url.starts_with("http://")) => Err(Error::invalid(
            "content.url",
            "Cần địa chỉ http(s).",
            "An http(s) address is needed.",
        )),
        _ => Ok(()),
    }
}

fn check_rows(kind: EvidenceKind, input: &RevisionInput) -> Result<(), Error> {
    if kind.row_kind().is_some() && input.rows.is_none() {
        return Err(Error::invalid(
            "content.rows",
            "Loại tài liệu này cần dòng số liệu: tệp CSV hoặc nhập trực tiếp.",
            "This kind needs rows: a CSV file, or rows given directly.",
        ));
    }
    Ok(())
}

pub fn check_title(title: &str) -> Result<(), Error> {
    if title.trim().is_empty() || title.chars().count() > MAX_TITLE_CHARS {
        return Err(Error::invalid(
            "title",
            format!("Cần tên từ 1 đến {MAX_TITLE_CHARS} ký tự."),
            format!("A title has 1 to {MAX_TITLE_CHARS} characters."),
        ));
    }
    Ok(())
}

/// That the dossier uses the revision's files and its large row set, once each.
pub fn file_uses(desk: &Desk, revision: &Revision) -> Vec<FileUse> {
    revision
        .blobs()
        .into_iter()
        .map(|sha256| FileUse {
            sha256: sha256.to_owned(),
            round: desk.dossier.round.clone(),
            unit: desk.dossier.unit.clone(),
            evidence: revision.evidence.clone(),
            revision: revision.number,
        })
        .collect()
}
