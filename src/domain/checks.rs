//! Checks of a dossier: what an experienced officer would ask about before it is submitted, and an appraiser afterwards.
//!
//! A finding names its rule, where it is and how to mend it. It never forbids anything: what a dossier cannot be submitted
//! without is told by `missing`. Looked at are documents in use for leaves that apply; what no leaf uses counts for nothing.
//!
//! **Knows nothing of rights**: who calls hands in the leaves and the documents of other dossiers that a viewer may see, and
//! nothing else can be in a finding.

mod arithmetic;
mod dates;
mod issuer;
mod letters;
mod number;
mod pages;
mod reuse;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::evidence::{OfficialHeader, Revision};
use super::score::{LeafFacts, LinkFacts};
use super::text::Text;

pub use dates::outside_year;
pub use issuer::Issuers;
pub use number::is_number_and_symbol;

/// Most findings that a report lists, the first in the framework's order: more than anybody mends in a day, and some
/// 500 KiB of an answer. The report counts all of them.
pub const MAX_FINDINGS: usize = 500;
/// Most other documents that one finding lists; its text says how many there are.
pub const MAX_OTHERS: usize = 10;
/// Most things that a text names one by one: more does not help to see what is meant.
const MOST_NAMED: usize = 3;

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckRule {
    /// A document, a page captured or rows outside the assessed year.
    WrongPeriod,
    /// Dated after the last day of self-assessment, or after today.
    DatedAfterDeadline,
    /// The issuer is no known body, or not the unit where the unit's own document is expected.
    WrongIssuer,
    /// A document serves several uses, and one of them does not say which section or page.
    MissingPageReference,
    /// Another document of the same issuer and year has the same number and symbol.
    NumberUsedTwice,
    /// Another document has the same file.
    FileReused,
    /// Number and symbol are not written as those of official documents are.
    MalformedNumber,
    /// Figures that contradict each other: a part more than its whole, a stated total other than that of the rows.
    Arithmetic,
    /// Apology letters and late cases that do not go together.
    ApologyLetters,
}

impl CheckRule {
    /// All rules, in the order in which findings about one thing are told.
    pub const ALL: [Self; 9] = [
        Self::WrongPeriod,
        Self::DatedAfterDeadline,
        Self::WrongIssuer,
        Self::MissingPageReference,
        Self::NumberUsedTwice,
        Self::FileReused,
        Self::MalformedNumber,
        Self::Arithmetic,
        Self::ApologyLetters,
    ];
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckSeverity {
    /// Worth a look; the dossier can be submitted with it.
    Warning,
}

/// Something that a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFinding {
    pub rule: CheckRule,
    pub severity: CheckSeverity,
    /// Codes of the leaves concerned, in the framework's order; never empty.
    pub criteria: Vec<String>,
    /// Id of the document, if it is about one.
    pub evidence: Option<String>,
    /// Id of the link, if it is about one use of a document.
    pub link: Option<String>,
    /// Code of the input, if it is about one.
    pub input: Option<String>,
    /// What is wrong.
    pub message: Text,
    /// How to mend it.
    pub remedy: Text,
    /// Documents that have the same number or file, at most [`MAX_OTHERS`].
    pub others: Vec<OtherDocument>,
}

/// Another document that has the same number or file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OtherDocument {
    pub round: String,
    pub unit: String,
    pub evidence: String,
    /// Its number and symbol, or its title.
    pub label: String,
}

/// A document of another dossier, in use there in its newest revision, that the viewer may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    pub document: OtherDocument,
    /// See [`OfficialHeader::number_key`]; absent without a header.
    pub number_key: Option<String>,
    /// SHA-256 of its files and its large row set.
    pub blobs: BTreeSet<String>,
}

impl Elsewhere {
    /// A document in the revision in which it is used.
    pub fn of(document: OtherDocument, revision: &Revision) -> Self {
        Self {
            document,
            number_key: revision.header.as_ref().map(OfficialHeader::number_key),
            blobs: revision.blobs().into_iter().map(str::to_owned).collect(),
        }
    }
}

/// What is checked: the leaves of one dossier that the viewer sees fully, and what they are held to.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    pub round: &'a str,
    pub unit: &'a str,
    /// Codes of the units above, nearest first.
    pub unit_path: &'a [String],
    /// The assessed year.
    pub year: i16,
    /// Last day of self-assessment, in a round with dates.
    pub deadline: Option<Date>,
    /// In the round's time zone.
    pub today: Date,
    pub issuers: &'a Issuers,
    /// In the framework's order.
    pub leaves: &'a [LeafFacts<'a>],
    pub elsewhere: &'a [Elsewhere],
}

/// Everything that the checks find, in the order of leaves, documents and rules.
pub fn check(checked: &Checked<'_>) -> Vec<CheckFinding> {
    let leaves: Vec<LeafFacts<'_>> = checked
        .leaves
        .iter()
        .filter(|leaf| leaf.assessment.excluded.is_none())
        .copied()
        .collect();
    let documents = documents(&leaves);
    let mut findings = Vec::new();
    for document in &documents {
        findings.extend(dates::check(checked, document));
        findings.extend(issuer::check(checked, document));
        findings.extend(pages::check(document));
        findings.extend(number::check(document));
    }
    findings.extend(reuse::check(checked, &documents));
    for leaf in &leaves {
        findings.extend(arithmetic::check(leaf));
        findings.extend(letters::check(leaf));
    }
    let place = |finding: &CheckFinding| {
        let first = finding.criteria.first();
        let leaf = leaves.iter().position(|leaf| Some(&leaf.node.code) == first);
        (leaf, finding.evidence.clone(), finding.rule, finding.link.clone())
    };
    findings.sort_by_cached_key(place);
    findings
}

/// A document with its uses for the leaves that are looked at.
struct DocumentInUse<'a> {
    /// The document as any of its links has it.
    facts: &'a LinkFacts,
    /// In the order of the leaves.
    uses: Vec<(LeafFacts<'a>, &'a LinkFacts)>,
}

/// Documents in use, by id.
fn documents<'a>(leaves: &[LeafFacts<'a>]) -> Vec<DocumentInUse<'a>> {
    let mut found: BTreeMap<&str, DocumentInUse<'a>> = BTreeMap::new();
    for leaf in leaves {
        for facts in leaf.links.iter().filter(|facts| facts.is_active()) {
            let document = found.entry(&facts.evidence.id).or_insert_with(|| DocumentInUse {
                facts,
                uses: Vec::new(),
            });
            document.uses.push((*leaf, facts));
        }
    }
    found.into_values().collect()
}

impl DocumentInUse<'_> {
    fn label(&self) -> &str {
        self.facts.label()
    }

    /// A finding about the document, wherever it is used.
    fn finding(&self, rule: CheckRule, message: Text, remedy: Text) -> CheckFinding {
        let mut criteria: Vec<String> = Vec::new();
        for (leaf, _) in &self.uses {
            if !criteria.contains(&leaf.node.code) {
                criteria.push(leaf.node.code.clone());
            }
        }
        CheckFinding {
            rule,
            severity: CheckSeverity::Warning,
            criteria,
            evidence: Some(self.facts.evidence.id.clone()),
            link: None,
            input: None,
            message,
            remedy,
            others: Vec::new(),
        }
    }

    /// A finding about one use of the document.
    fn finding_at(
        &self,
        rule: CheckRule,
        (leaf, facts): (&LeafFacts<'_>, &LinkFacts),
        message: Text,
        remedy: Text,
    ) -> CheckFinding {
        CheckFinding {
            criteria: vec![leaf.node.code.clone()],
            link: Some(facts.link.id.clone()),
            ..self.finding(rule, message, remedy)
        }
    }
}

/// Some of several things by name, in both languages: `a, b, c và 2 mục nữa`.
fn some_of(names: &[String]) -> Text {
    let named = names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        0 => Text::same(named),
        more => Text::new(format!("{named} và {more} mục nữa"), format!("{named} and {more} more")),
    }
}
