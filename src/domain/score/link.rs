//! A document in use for a leaf: what it states, and whether it counts.

use std::sync::Arc;

use crate::domain::assessment::Ledger;
use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceState, Link, LinkVerdict, Revision, VerdictKind};
use crate::domain::framework::RequiredEvidence;
use crate::domain::rows::{Row, RowKind, RowSource};

/// A link with the document and revision it stands for, and the rows of that revision.
#[derive(Clone, Debug)]
pub struct LinkFacts {
    pub link: Link,
    pub evidence: Evidence,
    pub revision: Revision,
    pub rows: Option<Arc<Vec<Row>>>,
}

impl LinkFacts {
    /// Used for the leaf: neither unlinked nor withdrawn.
    pub fn is_active(&self) -> bool {
        !self.link.unlinked && self.evidence.state == EvidenceState::Active
    }

    /// The newest verdict on the revision that stands now: one on an older revision no longer counts.
    pub fn standing(&self) -> Option<&LinkVerdict> {
        self.standing_in(Ledger::Final)
    }

    /// The verdict on the revision that stands now, on which a ledger rests.
    pub fn standing_in(&self, ledger: Ledger) -> Option<&LinkVerdict> {
        let verdict = match ledger {
            Ledger::Declared => None,
            Ledger::Verified => self.link.verdict.as_ref(),
            Ledger::Final => self.link.judged(),
        };
        verdict.filter(|verdict| verdict.revision == self.revision.number)
    }

    /// Whether the standing verdict of a ledger accepts the revision that stands now.
    pub fn is_accepted_in(&self, ledger: Ledger) -> bool {
        self.standing_in(ledger)
            .is_some_and(|verdict| verdict.kind == VerdictKind::Accepted)
    }

    /// What people call the document.
    pub fn label(&self) -> &str {
        self.revision.label(&self.evidence)
    }

    pub(super) fn counts(&self, ledger: Ledger) -> bool {
        match ledger {
            // What was added to explain was not claimed before.
            Ledger::Declared => !self.link.after_first,
            Ledger::Verified => !self.link.after_first && self.is_accepted_in(ledger),
            Ledger::Final => self.is_accepted_in(ledger),
        }
    }

    /// Whether the document is of the kind that a requirement asks for.
    pub fn fits(&self, required: &RequiredEvidence) -> bool {
        let named = self.link.requirement.as_ref().is_none_or(|code| *code == required.code);
        named && required.serves(self.evidence.kind, self.revision.header.as_ref())
    }

    /// Its rows as a source of derived inputs, if it has any; `counts` in the ledger that is computed.
    pub(super) fn source(&self, counts: bool) -> Option<RowSource> {
        self.stated_rows()?;
        Some(RowSource {
            link: self.link.id.clone(),
            evidence: self.evidence.id.clone(),
            revision: self.revision.number,
            counts,
            kind: self.evidence.kind.row_kind()?,
            rows: self.rows.clone().unwrap_or_default(),
            stated_total: self.stated_total(),
        })
    }

    /// The rows that the document states: none at all where a list of cases says that there was nothing to list.
    pub fn stated_rows(&self) -> Option<&[Row]> {
        match &self.rows {
            Some(rows) => Some(rows),
            None => self.is_empty_list().then_some(&[][..]),
        }
    }

    /// How many procedures or cases there are, as the document states.
    pub fn stated_total(&self) -> Option<u64> {
        match &self.revision.content.rows {
            Some(rows) => rows.stated_total.map(u64::from),
            None => self.is_empty_list().then_some(0),
        }
    }

    /// Whether the document states that there was nothing to do. That no letter was sent does not say that no case was late.
    pub(super) fn states_nothing_to_do(&self) -> bool {
        self.revision.content.nothing_to_do && self.evidence.kind != EvidenceKind::ApologyLetters
    }

    fn is_empty_list(&self) -> bool {
        let content = &self.revision.content;
        let lists_cases = self.evidence.kind.row_kind().is_some_and(RowKind::lists_cases);
        lists_cases && content.rows.is_none() && content.nothing_to_do
    }
}
