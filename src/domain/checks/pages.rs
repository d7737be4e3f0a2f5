//! Which part of a document counts: where it serves several uses, each has to state section and page (guidance of the
//! yearly self-assessment).

use std::collections::BTreeSet;

use super::{CheckFinding, CheckRule, DocumentInUse};
use crate::domain::evidence::EvidenceKind;
use crate::domain::text::Text;

/// Whether a kind of document has pages or sections to refer to; statistics count as a whole, a photo is one.
fn has_pages(kind: EvidenceKind) -> bool {
    match kind {
        EvidenceKind::OfficialDocument | EvidenceKind::List | EvidenceKind::SystemExport | EvidenceKind::Other => true,
        EvidenceKind::OneStopCases
        | EvidenceKind::OnlineServiceUsage
        | EvidenceKind::PublishedProcedures
        | EvidenceKind::LateCases
        | EvidenceKind::ApologyLetters
        | EvidenceKind::ElectronicDocuments
        | EvidenceKind::Link
        | EvidenceKind::Photo => false,
    }
}

/// The uses of a document that serves several leaves or requirements and do not say which part of it they mean.
pub(super) fn check(document: &DocumentInUse<'_>) -> Vec<CheckFinding> {
    let uses: BTreeSet<(&str, Option<&str>)> = document
        .uses
        .iter()
        .map(|(leaf, facts)| (leaf.node.code.as_str(), facts.link.requirement.as_deref()))
        .collect();
    if !has_pages(document.facts.evidence.kind) || uses.len() < 2 {
        return Vec::new();
    }
    let unsaid = document.uses.iter().filter(|(_, facts)| {
        let pages = facts.link.pages.as_deref();
        pages.is_none_or(|pages| pages.trim().is_empty())
    });
    unsaid
        .map(|(leaf, facts)| {
            let (label, code) = (document.label(), &leaf.node.code);
            let message = Text::new(
                format!(
                    "{label} được dùng {} lần nhưng chưa nêu phần nào chứng minh cho tiêu chí {code}.",
                    uses.len()
                ),
                format!(
                    "{label} serves {} uses, and nothing says which part of it is for criterion {code}.",
                    uses.len()
                ),
            );
            let remedy = Text::new(
                "Bỏ liên kết rồi liên kết lại, có ghi mục và trang, ví dụ \"Mục II, trang 3-4\".",
                "Unlink the document and link it again with section and page, such as \"Mục II, trang 3-4\".",
            );
            document.finding_at(CheckRule::MissingPageReference, (leaf, facts), message, remedy)
        })
        .collect()
}
