//! The same number or the same file twice: in the dossier, in another year's dossier of the unit, in another dossier.
//!
//! One document for several leaves is one document with several links; entered twice, it looks like two. The same file for
//! two years proves one of them at most. One decision for several units is in order, and so is its copy in each of their
//! dossiers: of a document from above other units' copies are not told; of any other one the text says so, because only a
//! person can tell. What two documents share as a file is not told again as a number.

use std::collections::{BTreeMap, BTreeSet};

use super::issuer::is_from_above;
use super::{CheckFinding, CheckRule, Checked, DocumentInUse, MAX_OTHERS, OtherDocument, some_of};
use crate::domain::evidence::OfficialHeader;
use crate::domain::text::Text;

/// Documents that have the same number or file as another one.
pub(super) fn check(checked: &Checked<'_>, documents: &[DocumentInUse<'_>]) -> Vec<CheckFinding> {
    let known = Known::of(checked, documents);
    documents
        .iter()
        .flat_map(|document| {
            let (numbers, files) = known.others(document);
            let numbers = found(checked, document, CheckRule::NumberUsedTwice, &numbers);
            numbers
                .into_iter()
                .chain(found(checked, document, CheckRule::FileReused, &files))
        })
        .collect()
}

/// All documents that are looked at, by number and by file.
#[derive(Default)]
struct Known {
    by_number: BTreeMap<String, BTreeSet<OtherDocument>>,
    by_blob: BTreeMap<String, BTreeSet<OtherDocument>>,
}

impl Known {
    fn of(checked: &Checked<'_>, documents: &[DocumentInUse<'_>]) -> Self {
        let mut known = Self::default();
        for document in documents {
            let revision = &document.facts.revision;
            let number = revision.header.as_ref().map(OfficialHeader::number_key);
            let blobs = revision.blobs().into_iter().map(str::to_owned);
            known.put(&own(checked, document), number, blobs);
        }
        for one in checked.elsewhere {
            known.put(&one.document, one.number_key.clone(), one.blobs.iter().cloned());
        }
        known
    }

    fn put(&mut self, document: &OtherDocument, number: Option<String>, blobs: impl IntoIterator<Item = String>) {
        if let Some(number) = number {
            self.by_number.entry(number).or_default().insert(document.clone());
        }
        for blob in blobs {
            self.by_blob.entry(blob).or_default().insert(document.clone());
        }
    }

    /// The others with the document's number and without its files, and the others with one of its files.
    fn others(&self, document: &DocumentInUse<'_>) -> (Vec<OtherDocument>, Vec<OtherDocument>) {
        let revision = &document.facts.revision;
        let is_other = |one: &&OtherDocument| one.evidence != document.facts.evidence.id;
        let blobs = revision.blobs();
        let with_file: BTreeSet<&OtherDocument> = blobs
            .iter()
            .filter_map(|blob| self.by_blob.get(*blob))
            .flatten()
            .filter(is_other)
            .collect();
        let number = revision.header.as_ref().map(OfficialHeader::number_key);
        let with_number = number
            .and_then(|number| self.by_number.get(&number))
            .into_iter()
            .flatten();
        let with_number = with_number.filter(is_other).filter(|one| !with_file.contains(one));
        (with_number.cloned().collect(), with_file.into_iter().cloned().collect())
    }
}

fn own(checked: &Checked<'_>, document: &DocumentInUse<'_>) -> OtherDocument {
    OtherDocument {
        round: checked.round.to_owned(),
        unit: checked.unit.to_owned(),
        evidence: document.facts.evidence.id.clone(),
        label: document.label().to_owned(),
    }
}

/// One finding about a document, whatever the number of others: those of the same unit first.
fn found(
    checked: &Checked<'_>,
    document: &DocumentInUse<'_>,
    rule: CheckRule,
    others: &[OtherDocument],
) -> Option<CheckFinding> {
    let header = document.facts.revision.header.as_ref();
    let is_common = header.is_some_and(|header| is_from_above(checked, header));
    let is_told = |one: &&OtherDocument| one.unit == checked.unit || !is_common;
    let mut others: Vec<OtherDocument> = others.iter().filter(is_told).cloned().collect();
    others.sort_by_key(|one| (one.unit != checked.unit, one.round != checked.round));
    let nearest = others.first()?;
    let places: Vec<String> = others
        .iter()
        .map(|one| format!("{} ({}/{})", one.label, one.round, one.unit))
        .collect();
    let (named, label) = (some_of(&places), document.label());
    let message = match rule {
        CheckRule::FileReused => Text::new(
            format!("Tệp của {label} cũng là tệp của: {}.", named.vi),
            format!("A file of {label} is also a file of: {}.", named.en),
        ),
        _ => Text::new(
            format!(
                "Số, ký hiệu của {label} trùng với văn bản cùng cơ quan, cùng năm: {}.",
                named.vi
            ),
            format!(
                "{label} has the number and symbol of another document of the same issuer and year: {}.",
                named.en
            ),
        ),
    };
    let remedy = match (nearest.unit == checked.unit, nearest.round == checked.round) {
        (true, true) => Text::new(
            "Nếu là một văn bản: giữ một tài liệu và liên kết với các tiêu chí; nếu là hai: sửa số, ký hiệu hoặc tệp.",
            "If it is one document, keep it once and link it to each criterion; if it is two, mend number or file.",
        ),
        (true, false) => Text::new(
            format!(
                "Tài liệu đã dùng cho kỳ khác; thay bằng tài liệu của năm {}.",
                checked.year
            ),
            format!(
                "It was used in another round; replace it by a document of {}.",
                checked.year
            ),
        ),
        (false, _) => Text::new(
            "Văn bản ban hành chung cho nhiều đơn vị là hợp lệ; nếu không phải, sửa số, ký hiệu hoặc thay tệp.",
            "A document that was issued for several units is in order; otherwise mend the number or replace the file.",
        ),
    };
    let mut finding = document.finding(rule, message, remedy);
    others.truncate(MAX_OTHERS);
    finding.others = others;
    Some(finding)
}
