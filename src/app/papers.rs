//! Papers of a round itself: signed papers as files, which lie in no dossier.

use super::error::Error;
use super::keep_evidence::distinct_files;
use crate::domain::evidence::{FileRef, FileUse};

/// What signed papers are: archives keep them as PDF, and an image of a page proves no order of pages.
const PAPER_TYPE: &str = "application/pdf";

/// The files of a paper: at least one, each content once, all of them PDF by their content.
pub(super) fn check_papers(field: &str, files: &[FileRef]) -> Result<Vec<FileRef>, Error> {
    let distinct = distinct_files(field, files)?;
    if distinct.is_empty() {
        return Err(Error::invalid(
            field,
            "Cần tệp PDF của văn bản đã ký.",
            "The signed paper is needed, as a PDF file.",
        ));
    }
    match files.iter().position(|file| file.content_type != PAPER_TYPE) {
        None => Ok(distinct),
        Some(index) => Err(Error::invalid(
            format!("{field}.{index}"),
            "Văn bản đã ký phải là tệp PDF; hãy chuyển sang PDF rồi gửi lại.",
            "A signed paper is a PDF file; convert it and send it again.",
        )),
    }
}

/// That a paper of a round uses its files.
pub(super) fn paper_uses(round: &str, paper: &str, revision: u32, files: &[FileRef]) -> Vec<FileUse> {
    let usage = |file: &FileRef| FileUse {
        sha256: file.sha256.clone(),
        round: round.to_owned(),
        unit: None,
        evidence: paper.to_owned(),
        revision,
    };
    files.iter().map(usage).collect()
}
