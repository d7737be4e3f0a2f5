//! Reading a dossier's documents.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Session;
use super::browse::{DossierView, Sight, fill};
use super::desk::dossier_owner;
use super::documents::{evidence_fields, file_use_fields, streams};
use super::error::Error;
use super::gate::{GRANT_TIME_ZONE, date_in, sees};
use super::reader::{Reader, TypedPage};
use crate::domain::checks::outside_year;
use crate::domain::dossier::Dossier;
use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceState, FileUse, Revision, VerdictKind};
use crate::domain::policy::Permission;
use crate::domain::score::LinkFacts;
use crate::domain::text::Text;
use crate::store::typed::Versioned;
use crate::store::{Cursor, Document, Window};

/// Most other uses of a file that are looked at; the count stops there.
const MAX_REUSES: usize = 50;

/// Which documents are wanted; all conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct EvidenceFilter {
    pub kind: Option<EvidenceKind>,
    pub withdrawn: Option<bool>,
    pub judgement: Option<EvidenceJudgement>,
    pub criterion: Option<String>,
    pub external_id: Option<String>,
    pub changed_after: Option<Timestamp>,
}

/// Where a document stands with the appraisers: the first that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceJudgement {
    /// Withdrawn before submission.
    Withdrawn,
    /// Used for no leaf.
    Unlinked,
    /// Some use has no verdict on the newest revision.
    Pending,
    /// For some use the unit was asked for more.
    Supplement,
    /// Some use was rejected.
    Rejected,
    /// Every use is accepted.
    Accepted,
}

impl DossierView {
    /// Where a document stands by the verdicts in the leaves that the viewer sees fully; none for those who do not see
    /// the document fully.
    pub fn judgement(&self, evidence: &Evidence) -> Option<EvidenceJudgement> {
        if !self.sees_document_fully(&evidence.id) {
            return None;
        }
        if evidence.state == EvidenceState::Withdrawn {
            return Some(EvidenceJudgement::Withdrawn);
        }
        let leaves = self.desk.leaves.iter();
        let verdicts: BTreeSet<Option<VerdictKind>> = leaves
            .filter(|(code, _)| self.sight(code) == Sight::Full)
            .flat_map(|(_, leaf)| &leaf.links)
            .filter(|facts| facts.link.evidence == evidence.id && facts.is_active())
            .map(|facts| facts.standing().map(|verdict| verdict.kind))
            .collect();
        let some = |verdict| verdicts.contains(&verdict);
        Some(if verdicts.is_empty() {
            EvidenceJudgement::Unlinked
        } else if some(None) {
            EvidenceJudgement::Pending
        } else if some(Some(VerdictKind::Supplement)) {
            EvidenceJudgement::Supplement
        } else if some(Some(VerdictKind::Rejected)) {
            EvidenceJudgement::Rejected
        } else {
            EvidenceJudgement::Accepted
        })
    }

    /// The links of a document to leaves that the viewer sees, as they are in use, in order of the leaves.
    pub fn links_of<'a>(&'a self, evidence: &'a str) -> impl Iterator<Item = &'a LinkFacts> {
        let leaves = self.desk.leaves.iter();
        leaves
            .filter(|(code, _)| self.sight(code) > Sight::Nothing)
            .flat_map(|(_, leaf)| &leaf.links)
            .filter(move |facts| facts.link.evidence == evidence && facts.is_active())
    }

    /// Ids of the documents that are in use for some leaves.
    fn linked_documents(&self, wanted: impl Fn(&str) -> bool) -> BTreeSet<&str> {
        let leaves = self.desk.leaves.iter().filter(|(code, _)| wanted(code));
        leaves
            .flat_map(|(_, leaf)| leaf.links.iter().filter(|facts| facts.is_active()))
            .map(|facts| facts.evidence.id.as_str())
            .collect()
    }

    /// Whether the viewer sees documents that no leaf uses, too.
    fn sees_every_document(&self) -> bool {
        self.allows(Permission::PrepareDossier) || self.allows(Permission::RunRound)
    }

    /// Whether the viewer sees that a document is there.
    pub fn sees_document(&self, id: &str) -> bool {
        self.sees_every_document()
            || self
                .linked_documents(|code| self.sight(code) > Sight::Nothing)
                .contains(id)
    }

    /// Whether the viewer sees a document's files and people too.
    pub fn sees_document_fully(&self, id: &str) -> bool {
        self.allows(Permission::PrepareDossier) || self.sees_fully(id)
    }
}

impl Session {
    /// Documents of a dossier, by id: all for those who prepare it, otherwise those of the leaves that are seen.
    pub async fn evidence(
        &self,
        view: &DossierView,
        filter: &EvidenceFilter,
        window: &Window,
    ) -> Result<TypedPage<Evidence>, Error> {
        let everything = view.sees_every_document();
        let seen = view.linked_documents(|code| view.sight(code) > Sight::Nothing);
        let of_leaf = filter
            .criterion
            .as_ref()
            .map(|criterion| view.linked_documents(|code| code == criterion));
        let mut query = Evidence::query().in_stream(&view.desk.dossier.stream).window(window);
        if let Some(kind) = filter.kind {
            query = query.filter(evidence_fields::KIND.equal(kind.name()));
        }
        if let Some(withdrawn) = filter.withdrawn {
            query = query.filter(evidence_fields::STATE.equal(if withdrawn { "WITHDRAWN" } else { "ACTIVE" }));
        }
        if let Some(external_id) = &filter.external_id {
            query = query.filter(evidence_fields::EXTERNAL_ID.equal(external_id.as_str()));
        }
        if let Some(after) = filter.changed_after {
            query = query.filter(evidence_fields::CHANGED_AT.at_least(after.as_millisecond() + 1));
        }
        fill(&self.reader_of(view), query, |evidence| {
            (everything || seen.contains(evidence.id.as_str()))
                && of_leaf.as_ref().is_none_or(|some| some.contains(evidence.id.as_str()))
                && filter
                    .judgement
                    .is_none_or(|wanted| view.judgement(evidence) == Some(wanted))
        })
        .await
    }

    /// A document in its newest revision, if the viewer sees it.
    pub async fn document(&self, view: &DossierView, id: &str) -> Result<(Evidence, Revision), Error> {
        if !view.sees_document(id) {
            return Err(Error::NotFound { what: "evidence" });
        }
        self.changed_document(view, id).await
    }

    /// A document in its newest revision, for who was just allowed to change it: withdrawn, it may be out of sight.
    pub async fn changed_document(&self, view: &DossierView, id: &str) -> Result<(Evidence, Revision), Error> {
        const MISSING: Error = Error::NotFound { what: "evidence" };
        let stream = &view.desk.dossier.stream;
        let evidence = self.reader_of(view).require::<Evidence>(stream, id, "evidence").await?;
        let key = Revision::key_of(id, evidence.revision);
        let revision = self
            .reader_of(view)
            .get::<Revision>(stream, &key)
            .await?
            .ok_or(MISSING)?;
        Ok((evidence.value, revision.value))
    }

    /// The newest revisions of documents, in one read; absent for a document that the viewer does not see.
    pub async fn newest_revisions(
        &self,
        view: &DossierView,
        documents: &[(Versioned<Evidence>, Cursor)],
    ) -> Result<Vec<Option<Revision>>, Error> {
        let keys: Vec<String> = documents
            .iter()
            .map(|(document, _)| Revision::key_of(&document.id, document.revision))
            .collect();
        let found = self
            .reader_of(view)
            .get_all::<Revision>(&view.desk.dossier.stream, &keys)
            .await?;
        let seen = |(revision, (document, _)): (Option<Versioned<Revision>>, &(Versioned<Evidence>, Cursor))| {
            revision
                .filter(|_| view.sees_document(&document.id))
                .map(|one| one.value)
        };
        Ok(found.into_iter().zip(documents).map(seen).collect())
    }

    /// Round and unit of other dossiers in which the same file is used; for those who may see them, which appraisers
    /// can.
    pub async fn reuses(&self, own: &Dossier, sha256: &str) -> Result<BTreeSet<(String, String)>, Error> {
        let Some(viewer) = self.viewer().await? else {
            return Ok(BTreeSet::new());
        };
        let today = date_in(self.app.clock.now(), GRANT_TIME_ZONE)?;
        let read = Reader::new(&self.app, &*self.app.store);
        let query = FileUse::query()
            .filter(file_use_fields::SHA256.equal(sha256))
            .limit(MAX_REUSES);
        // A dossier may use one file for all its leaves: its own uses do not count against the limit.
        let foreign = |usage: &Versioned<FileUse>| {
            let unit = usage.unit.as_ref();
            unit.is_some_and(|unit| (&usage.round, unit) != (&own.round, &own.unit))
        };
        let uses = fill(&read, query, foreign).await?.items;
        let dossiers: BTreeSet<(String, String)> = uses
            .into_iter()
            .filter_map(|(usage, _)| Some((usage.value.round, usage.value.unit?)))
            .collect();
        let mut found = BTreeSet::new();
        for (round, unit) in dossiers {
            let stream = streams::dossier(&round, &unit);
            if let Some(other) = read.get::<Dossier>(&stream, stream.key()).await?
                && sees(&viewer, &dossier_owner(&other), today)
            {
                found.insert((round, unit));
            }
        }
        Ok(found)
    }
}

/// What is merely suspicious about a revision; computed on reading, never stored.
pub fn findings(dossier: &Dossier, revision: &Revision) -> Vec<Text> {
    let header = revision.header.as_ref();
    header
        .and_then(|header| outside_year(header, dossier.year))
        .into_iter()
        .collect()
}
