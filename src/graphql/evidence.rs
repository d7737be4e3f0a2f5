//! Documents of a dossier in the API.

use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::content::EvidenceKind;
use super::paging::Paging;
use super::register::Text;
use super::revision::{File, Revision, files_of};
use super::scalars::DateTime;
use super::{ids, session};
use crate::app::browse::DossierView;
use crate::app::browse_evidence;
use crate::domain::{dossier, evidence};

/// Which documents are wanted; all conditions must hold.
#[derive(InputObject, Default)]
pub struct EvidenceFilter {
    /// What kind of document.
    pub kind: Option<EvidenceKind>,
    /// Withdrawn ones only, or none of them.
    pub withdrawn: Option<bool>,
    /// Where it stands with the appraisers; of documents that the viewer sees fully.
    pub judgement: Option<EvidenceJudgement>,
    /// Used for this leaf.
    pub criterion: Option<String>,
    /// The portal's own identifier.
    pub external_id: Option<String>,
    /// Changed after this instant.
    pub changed_after: Option<DateTime>,
}

impl From<EvidenceFilter> for browse_evidence::EvidenceFilter {
    fn from(filter: EvidenceFilter) -> Self {
        Self {
            kind: filter.kind.map(Into::into),
            withdrawn: filter.withdrawn,
            judgement: filter.judgement.map(Into::into),
            criterion: filter.criterion,
            external_id: filter.external_id,
            changed_after: filter.changed_after.map(|at| at.0),
        }
    }
}

/// Where a document stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "evidence::EvidenceState")]
pub enum EvidenceState {
    /// In the dossier.
    Active,
    /// Withdrawn before submission.
    Withdrawn,
}

/// Where a document stands with the appraisers, by the verdicts on its links: the first that holds. Only leaves that the
/// viewer sees fully are looked at.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "browse_evidence::EvidenceJudgement")]
pub enum EvidenceJudgement {
    /// Withdrawn before submission.
    Withdrawn,
    /// In the dossier, but used for no leaf.
    Unlinked,
    /// Some use of it has no verdict on its newest revision: not judged yet, or revised since.
    Pending,
    /// Every use is judged, and for some the unit was asked for more.
    Supplement,
    /// Every use is judged, and some were rejected.
    Rejected,
    /// Every use is accepted.
    Accepted,
}

/// A use of the same file elsewhere.
#[derive(SimpleObject)]
pub struct FileReuse {
    /// Code of the round.
    pub round: String,
    /// Code of the unit.
    pub unit: String,
}

/// A document of a dossier in one revision.
pub struct Evidence {
    /// Round and unit, as in the dossier's key.
    pub dossier: String,
    pub evidence: evidence::Evidence,
    pub revision: evidence::Revision,
    pub full: bool,
    /// The dossier that it was read from; none where it was asked for by itself.
    pub view: Option<Arc<DossierView>>,
}

impl Evidence {
    /// A document that the viewer was just allowed to change.
    pub async fn changed(context: &Context<'_>, view: &Arc<DossierView>, id: &str) -> Result<Self> {
        let (evidence, revision) = session(context).changed_document(view, id).await?;
        let head = &view.desk.dossier;
        Ok(Self {
            dossier: dossier::Dossier::key(&head.round, &head.unit),
            evidence,
            revision,
            full: view.sees_document_fully(id),
            view: Some(Arc::clone(view)),
        })
    }
}

/// A document of a dossier; numbers and titles are public once published, files and people are not.
#[Object]
impl Evidence {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode_part("Evidence", &self.dossier, &self.evidence.id)
    }

    /// The portal's own identifier; those with full sight only.
    async fn external_id(&self) -> Option<&str> {
        self.evidence.external_id.as_deref().filter(|_| self.full)
    }

    /// What kind of document.
    async fn kind(&self) -> EvidenceKind {
        self.evidence.kind.into()
    }

    /// Title.
    async fn title(&self) -> &str {
        &self.evidence.title
    }

    /// Number of the newest revision.
    async fn revision(&self) -> u32 {
        self.revision.number
    }

    /// Number and symbol of the official document.
    async fn number(&self) -> Option<&str> {
        self.revision.header.as_ref().map(|header| header.number.as_str())
    }

    /// Whether it still stands; those with full sight only.
    async fn state(&self) -> Option<EvidenceState> {
        self.full.then(|| self.evidence.state.into())
    }

    /// Where it stands with the appraisers; those with full sight only.
    async fn judgement(&self, context: &Context<'_>) -> Result<Option<EvidenceJudgement>> {
        let found = match (&self.view, self.dossier.split_once('/')) {
            _ if !self.full => None,
            (Some(view), _) => view.judgement(&self.evidence),
            (None, Some((round, unit))) => session(context).view(round, unit).await?.judgement(&self.evidence),
            (None, None) => None,
        };
        Ok(found.map(Into::into))
    }

    /// Added after a supplement request, kept apart from the first evidence; those with full sight only.
    async fn supplementary(&self) -> Option<bool> {
        self.full.then_some(self.evidence.supplementary)
    }

    /// Id of the document of the year before that it is again, as carryForward took it; null for all others, and for those without
    /// full sight.
    async fn carried_from(&self) -> Option<ID> {
        let carried = self.evidence.carried_from.as_ref().filter(|_| self.full)?;
        let (_, unit) = self.dossier.split_once('/')?;
        let before = dossier::Dossier::key(&carried.round, unit);
        Some(ids::encode_part("Evidence", &before, &carried.evidence))
    }

    /// When it was last changed; those with full sight only.
    async fn changed_at(&self) -> Option<DateTime> {
        self.full.then_some(DateTime(self.evidence.changed_at))
    }

    /// The newest revision with header, content and rows; those with full sight only.
    async fn newest(&self) -> Option<Revision> {
        self.full.then(|| Revision {
            dossier: self.dossier.clone(),
            kind: self.evidence.kind,
            revision: self.revision.clone(),
        })
    }

    /// What is suspicious: a date outside the assessed year. Never a reason to refuse by itself.
    async fn findings(&self, context: &Context<'_>) -> Result<Vec<Text>> {
        let Some((round, unit)) = self.dossier.split_once('/') else {
            return Ok(Vec::new());
        };
        if !self.full {
            return Ok(Vec::new());
        }
        let view = session(context).view(round, unit).await?;
        let found = browse_evidence::findings(&view.desk.dossier, &self.revision);
        Ok(found.into_iter().map(Into::into).collect())
    }

    /// Other dossiers, of any year, that use one of its files, as far as the viewer may see them.
    async fn reused_in(&self, context: &Context<'_>) -> Result<Vec<FileReuse>> {
        let Some((round, unit)) = self.dossier.split_once('/') else {
            return Ok(Vec::new());
        };
        let mut found = std::collections::BTreeSet::new();
        if self.full {
            let view = session(context).view(round, unit).await?;
            for file in &self.revision.files {
                found.extend(session(context).reuses(&view.desk.dossier, &file.sha256).await?);
            }
        }
        Ok(found
            .into_iter()
            .map(|(round, unit)| FileReuse { round, unit })
            .collect())
    }

    /// Stored files; those with full sight only.
    async fn files(&self, context: &Context<'_>) -> Vec<File> {
        if self.full {
            files_of(context, &self.dossier, &self.revision)
        } else {
            Vec::new()
        }
    }

    /// All revisions up to this one, oldest first, with their files; those with full sight only.
    async fn revisions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last revision before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first revision behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, Revision>> {
        let query = format!("revisions/{}/{}", self.dossier, self.evidence.id);
        let paging = Paging::of(&query, first, after, last, before)?;
        let Some((round, unit)) = self.dossier.split_once('/').filter(|_| self.full) else {
            return Ok(paging.connection(false));
        };
        let page = session(context)
            .revisions(round, unit, &self.revision, paging.window())
            .await?;
        let mut connection = paging.connection(page.more);
        for (revision, cursor) in page.items {
            let node = Revision {
                dossier: self.dossier.clone(),
                kind: self.evidence.kind,
                revision: revision.value,
            };
            connection.edges.push(paging.edge(&cursor, node));
        }
        Ok(connection)
    }
}
