//! What the checks of a dossier find, in the API.

use std::sync::Arc;

use async_graphql::{Enum, ID, Object, SimpleObject};

use super::evidence::Evidence;
use super::ids;
use super::judgement::Link;
use super::register::Text;
use crate::app::browse::DossierView;
use crate::domain::{checks, dossier};

/// What is checked.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "checks::CheckRule")]
pub enum CheckRule {
    /// The document's date, what was captured or checked, or rows lie outside the assessed year. A plan or programme (KH,
    /// CTr) may be of the year before; a page, photo or check of a procedure may be later. A late case is of the year in which
    /// it was due.
    WrongPeriod,
    /// Dated after the last day of self-assessment, the unit's own if it has longer, or after today.
    DatedAfterDeadline,
    /// The issuer is neither in the register of units nor another body of the State or the Party; or the requirement takes
    /// plans, programmes, reports and submissions alone (KH, CTr, BC, TTr), and neither the unit nor one above or below it
    /// issued the document. Compared without case and diacritics, by name, short code or the end of the symbol.
    WrongIssuer,
    /// The document is used several times, and this use does not say which section or page.
    MissingPageReference,
    /// Another document of the same issuer and year has the same number and symbol: in this dossier, in one of another year,
    /// or in another unit's. Other units' copies of a document from above are in order: one of a unit above this one, or of
    /// another body of the State or the Party.
    NumberUsedTwice,
    /// Another document has the same file: in this dossier, in one of another year, or in another unit's, with the same
    /// exception.
    FileReused,
    /// Number and symbol are not written like 232/TB-UBND, 20/2020/QĐ-TTg, 1593/SNV-CCHC or 05-NQ/TU.
    MalformedNumber,
    /// Figures contradict each other: a part is more than its whole, parts together are, or a stated total is not that of
    /// the rows. About declared inputs and those derived from rows.
    Arithmetic,
    /// Where a leaf has late cases and apology letters: letters for cases that are not listed as late, with another due date than
    /// the case, or sent after the case was resolved; cases with several letters, and those without any.
    ApologyLetters,
}

/// How serious a finding is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "checks::CheckSeverity")]
pub enum CheckSeverity {
    /// Worth a look. The dossier can be submitted and a leaf be verified with it; what blocks is in missing.
    Warning,
}

/// Another document that has the same number or file.
#[derive(SimpleObject)]
pub struct OtherDocument {
    /// Code of the round.
    pub round: String,
    /// Code of the unit.
    pub unit: String,
    /// Id of the document, for node.
    pub evidence_id: ID,
    /// Its number and symbol, or its title.
    pub label: String,
}

/// Something that a check found.
pub struct CheckFinding {
    view: Arc<DossierView>,
    finding: checks::CheckFinding,
}

impl CheckFinding {
    /// The use of a document that the finding is about, or any use of it.
    fn link_facts(&self) -> Option<&crate::domain::score::LinkFacts> {
        let evidence = self.finding.evidence.as_ref()?;
        let leaves = self
            .finding
            .criteria
            .iter()
            .filter_map(|code| self.view.desk.leaf(code).ok());
        let mut links = leaves.flat_map(|leaf| &leaf.links).filter(|facts| facts.is_active());
        links.find(|facts| {
            let is_link = |link: &String| facts.link.id == *link;
            facts.evidence.id == *evidence && self.finding.link.as_ref().is_none_or(is_link)
        })
    }
}

/// Something that a check found: what is wrong, where, and how to mend it.
#[Object]
impl CheckFinding {
    /// The rule.
    async fn rule(&self) -> CheckRule {
        self.finding.rule.into()
    }

    /// How serious it is.
    async fn severity(&self) -> CheckSeverity {
        self.finding.severity.into()
    }

    /// Codes of the leaves concerned; never empty.
    async fn criteria(&self) -> &[String] {
        &self.finding.criteria
    }

    /// The document; null where it is about figures.
    async fn evidence(&self) -> Option<Evidence> {
        let facts = self.link_facts()?;
        let head = &self.view.desk.dossier;
        Some(Evidence {
            dossier: dossier::Dossier::key(&head.round, &head.unit),
            evidence: facts.evidence.clone(),
            revision: facts.revision.clone(),
            full: true,
            view: Some(Arc::clone(&self.view)),
        })
    }

    /// The use of the document for a leaf; null where it is about the document as such, wherever it is used.
    async fn link(&self) -> Option<Link> {
        self.finding.link.as_ref()?;
        Some(Link::of(&self.view, self.link_facts()?))
    }

    /// Code of the input; null where it is about no single one.
    async fn input(&self) -> Option<&str> {
        self.finding.input.as_deref()
    }

    /// What is wrong, in both languages.
    async fn message(&self) -> Text {
        self.finding.message.clone().into()
    }

    /// How to mend it, in both languages.
    async fn remedy(&self) -> Text {
        self.finding.remedy.clone().into()
    }

    /// The documents that have the same number or file, the unit's own first; at most 10, the message says how many more.
    async fn others(&self) -> Vec<OtherDocument> {
        let other = |one: &checks::OtherDocument| OtherDocument {
            round: one.round.clone(),
            unit: one.unit.clone(),
            evidence_id: ids::encode_part("Evidence", &dossier::Dossier::key(&one.round, &one.unit), &one.evidence),
            label: one.label.clone(),
        };
        self.finding.others.iter().map(other).collect()
    }
}

/// How often a rule is broken.
#[derive(SimpleObject)]
pub struct CheckCount {
    /// The rule.
    pub rule: CheckRule,
    /// Findings.
    pub count: u32,
}

/// What the checks find.
#[derive(SimpleObject)]
pub struct CheckReport {
    /// How many findings there are, more than are listed perhaps.
    pub total: u32,
    /// How many by rule, of the rules that are broken.
    pub count_by_rule: Vec<CheckCount>,
    /// The first 500, in the order of leaves.
    pub findings: Vec<CheckFinding>,
}

impl CheckReport {
    /// A report of those findings that concern a leaf, or of all.
    pub fn of(view: &Arc<DossierView>, all: &[checks::CheckFinding], criterion: Option<&str>) -> Self {
        let concerns = |finding: &&checks::CheckFinding| {
            criterion.is_none_or(|code| finding.criteria.iter().any(|one| one == code))
        };
        let found: Vec<&checks::CheckFinding> = all.iter().filter(concerns).collect();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let count = |rule: checks::CheckRule| CheckCount {
            rule: rule.into(),
            count: number(found.iter().filter(|finding| finding.rule == rule).count()),
        };
        let count_by_rule = checks::CheckRule::ALL
            .into_iter()
            .map(count)
            .filter(|one| one.count > 0)
            .collect();
        let finding = |finding: &checks::CheckFinding| CheckFinding {
            view: Arc::clone(view),
            finding: finding.clone(),
        };
        Self {
            total: number(found.len()),
            count_by_rule,
            findings: found.into_iter().take(checks::MAX_FINDINGS).map(finding).collect(),
        }
    }
}
