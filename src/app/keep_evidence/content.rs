//! What a revision must look like, whoever files it.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{MAX_FILES, RevisionInput};
use crate::app::desk::Desk;
use crate::app::error::Error;
use crate::app::gate::Context;
use crate::app::text::{MAX_NAME_CHARS, MAX_OTHER_CHARS, MAX_URL_CHARS, check_name, check_optional};
use crate::domain::evidence::{Content, EvidenceKind, FileRef, FileUse, OfficialHeader, Revision};

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
        check_optional("content.other", input.other.as_deref(), MAX_OTHER_CHARS)?;
        check_rows(self.kind, input)?;
        let revision = Revision {
            evidence: self.evidence.to_owned(),
            number: self.number,
            header: input.header.clone(),
            content: Content {
                rows: input.rows.as_ref().map(|rows| Box::new(rows.set.clone())),
                url: input.url.clone(),
                captured_on: input.captured_on,
                nothing_to_do: input.nothing_to_do,
                other: input.other.clone(),
            },
            files: distinct_files("content.files", &input.files)?,
            created_at: context.now,
            created_by: context.login.to_owned(),
            reason: self.reason,
        };
        if !revision.has_substance(self.kind) {
            return Err(Error::invalid(
                "content.files",
                "Tài liệu chưa có nội dung; hãy kèm tệp, địa chỉ trang (url), hoặc nêu nothingToDo nếu không phát sinh.",
                "There is nothing to look at; attach a file, give the page's url, or state nothingToDo if there was none.",
            ));
        }
        Ok(revision)
    }
}

/// Each content once, in the order given and by its first name: the same bytes twice are one file of the document.
pub fn distinct_files(field: &str, files: &[FileRef]) -> Result<Vec<FileRef>, Error> {
    let mut seen = BTreeSet::new();
    let distinct: Vec<FileRef> = files.iter().filter(|file| seen.insert(&file.sha256)).cloned().collect();
    if distinct.len() > MAX_FILES {
        return Err(Error::invalid(
            field,
            format!("Tối đa {MAX_FILES} tệp; hãy chia thành nhiều tài liệu."),
            format!("At most {MAX_FILES} files; make it several documents."),
        ));
    }
    for (index, file) in distinct.iter().enumerate() {
        check_name(&format!("{field}.{index}"), &file.name)?;
    }
    Ok(distinct)
}

fn check_header(header: &OfficialHeader, today: Date) -> Result<(), Error> {
    check_name("content.header.documentType", &header.document_type)?;
    check_name("content.header.number", &header.number)?;
    check_name("content.header.issuer", &header.issuer)?;
    check_name("content.header.subject", &header.subject)?;
    check_optional("content.header.signer", header.signer.as_deref(), MAX_NAME_CHARS)?;
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
    check_optional("content.url", url, MAX_URL_CHARS)?;
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
    let Some(rows) = kind.row_kind() else { return Ok(()) };
    match (&input.rows, rows.lists_cases(), input.nothing_to_do) {
        (None, true, true) => Ok(()),
        (Some(_), true, true) => Err(Error::invalid(
            "content.nothingToDo",
            "Danh sách có dòng số liệu thì không phải là không phát sinh; bỏ nothingToDo hoặc bỏ các dòng.",
            "A list with rows is not one of nothing; leave out nothingToDo, or the rows.",
        )),
        (None, true, false) => Err(Error::invalid(
            "content.rows",
            "Loại tài liệu này cần dòng số liệu: tệp hoặc nhập trực tiếp; nếu không phát sinh, nêu nothingToDo.",
            "This kind needs rows: a file, or rows given directly; if there was none, state nothingToDo.",
        )),
        (None, false, _) => Err(Error::invalid(
            "content.rows",
            "Loại tài liệu này cần dòng số liệu: tệp CSV hoặc nhập trực tiếp.",
            "This kind needs rows: a CSV file, or rows given directly.",
        )),
        (Some(_), _, _) => Ok(()),
    }
}

/// That the dossier uses the revision's files and its large row set, once each.
pub fn file_uses(desk: &Desk, revision: &Revision) -> Vec<FileUse> {
    revision
        .blobs()
        .into_iter()
        .map(|sha256| FileUse {
            sha256: sha256.to_owned(),
            round: desk.dossier.round.clone(),
            unit: Some(desk.dossier.unit.clone()),
            evidence: revision.evidence.clone(),
            revision: revision.number,
        })
        .collect()
}
