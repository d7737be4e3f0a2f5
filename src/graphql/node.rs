//! Anything with an id, found again by it under the same rights as everywhere else.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface};

use super::appeals::Appeal;
use super::assessment::Assessment;
use super::cases::{self, CaseEvaluation};
use super::citations::Citation;
use super::conclusions::{Conclusion, conclusion_of};
use super::council::{CouncilMeeting, CouncilMinutes};
use super::dossier::Dossier;
use super::evidence::Evidence;
use super::follow_ups::FollowUp;
use super::frameworks::Framework;
use super::journal::JournalEntry;
use super::judgement::{Link, Review};
use super::link_checks::PageLinks;
use super::mappings::ColumnMapping;
use super::procedures::{ListedProcedure, ProcedureList, list_by_key, procedure_by_key};
use super::query::{AssessmentRef, DossierRef, assessment, dossier};
use super::queue::QueueItem;
use super::register::{Recusal, Unit};
use super::results::{NodeRankingRow, Publication, RankingRow};
use super::revision::Revision;
use super::rounds::{Job, Round};
use super::rows::{
    ApologyLetterRow, ElectronicDocumentsRow, EvidenceRow, LateCaseRow, OneStopCasesRow, OnlineServiceUsageRow,
    PublishedProcedureRow, RowPlace,
};
use super::surveys::{Questionnaire, SurveyImport};
use super::{ids, session};
use crate::app::browse::{DossierView, Sight};
use crate::app::browse_queue::{QueueFilter, QueueOrder};
use crate::app::error::Error;
use crate::domain::dossier;
use crate::store::Window;

/// Anything with an id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque id."))]
pub enum Node {
    Unit(Unit),
    Framework(Framework),
    ColumnMapping(ColumnMapping),
    Round(Round),
    Job(Job),
    Recusal(Recusal),
    Dossier(Dossier),
    Assessment(Assessment),
    Evidence(Evidence),
    Revision(Revision),
    PublishedProcedureRow(PublishedProcedureRow),
    OnlineServiceUsageRow(OnlineServiceUsageRow),
    OneStopCasesRow(OneStopCasesRow),
    LateCaseRow(LateCaseRow),
    ApologyLetterRow(ApologyLetterRow),
    ElectronicDocumentsRow(ElectronicDocumentsRow),
    Link(Link),
    Review(Review),
    JournalEntry(JournalEntry),
    QueueItem(QueueItem),
    Publication(Publication),
    RankingRow(RankingRow),
    NodeRankingRow(NodeRankingRow),
    CouncilMeeting(CouncilMeeting),
    CouncilMinutes(CouncilMinutes),
    Appeal(Appeal),
    Questionnaire(Questionnaire),
    SurveyImport(SurveyImport),
    ProcedureList(ProcedureList),
    ListedProcedure(ListedProcedure),
    CaseEvaluation(CaseEvaluation),
    Conclusion(Conclusion),
    Citation(Citation),
    FollowUp(FollowUp),
}

/// The object of an id; `None` if it is not there or not visible, which look the same.
pub(super) async fn find(context: &Context<'_>, id: &str) -> Result<Option<Node>, Error> {
    let Some((kind, key)) = ids::decode(id) else {
        return Ok(None);
    };
    let found = match kind.as_str() {
        "Dossier" | "Assessment" => by_reference(context, &kind, ID(id.to_owned())).await,
        "Evidence"
        | "Revision"
        | "PublishedProcedureRow"
        | "OnlineServiceUsageRow"
        | "OneStopCasesRow"
        | "LateCaseRow"
        | "ApologyLetterRow"
        | "ElectronicDocumentsRow" => of_document(context, &kind, &key).await,
        "CouncilMeeting" | "CouncilMinutes" => of_council(context, &kind, &key).await,
        "Conclusion" | "Citation" | "FollowUp" => of_conclusion(context, &kind, &key).await,
        "Link" | "Review" => match ids::split_part(&key) {
            Some((round, unit, part)) => in_dossier(context, &kind, round, unit, part).await,
            None => return Ok(None),
        },
        _ => standing_alone(context, &kind, &key).await,
    };
    match found {
        Ok(node) => Ok(Some(node)),
        // Who may not ask is told as little as who asks for nothing.
        Err(error) => match error.kind() {
            Error::NotFound { .. } | Error::Forbidden { .. } | Error::Unauthenticated => Ok(None),
            _ => Err(error),
        },
    }
}

async fn by_reference(context: &Context<'_>, kind: &str, id: ID) -> Result<Node, Error> {
    if kind == "Assessment" {
        let key = AssessmentRef::Id(id).resolve("id")?;
        return Ok(Node::Assessment(assessment(context, key).await?));
    }
    let (round, unit) = DossierRef::Id(id).resolve("id")?;
    Ok(Node::Dossier(dossier(context, &round, &unit).await?))
}

async fn standing_alone(context: &Context<'_>, kind: &str, key: &str) -> Result<Node, Error> {
    const MISSING: Error = Error::NotFound { what: "node" };
    let session = session(context);
    Ok(match kind {
        "Unit" => Node::Unit(Unit(session.unit(key).await?.ok_or(MISSING)?)),
        "Framework" => {
            let (code, version) = key.split_once('@').ok_or(MISSING)?;
            Node::Framework(Framework(session.framework(code, version).await?))
        }
        "ColumnMapping" => {
            let (code, version) = key.split_once('@').ok_or(MISSING)?;
            let version = version.parse().map_err(|_| MISSING)?;
            let found = session.column_mapping(code, Some(version)).await?;
            Node::ColumnMapping(ColumnMapping(Box::new(found)))
        }
        "Questionnaire" => Node::Questionnaire(Questionnaire(session.questionnaire(key).await?.into())),
        "SurveyImport" => {
            let (round, import) = key.split_once('/').ok_or(MISSING)?;
            let (code, edition) = import.rsplit_once('~').ok_or(MISSING)?;
            let edition = edition.parse().map_err(|_| MISSING)?;
            Node::SurveyImport(SurveyImport(session.survey(round, code, Some(edition)).await?))
        }
        "Round" => Node::Round(Round(session.round(key).await?)),
        "Appeal" => {
            let (round, appeal) = key.split_once('/').ok_or(MISSING)?;
            Node::Appeal(Appeal(session.appeal(round, appeal).await?))
        }
        "ProcedureList" => Node::ProcedureList(list_by_key(context, key).await?.ok_or(MISSING)?),
        "ListedProcedure" => Node::ListedProcedure(procedure_by_key(context, key).await?.ok_or(MISSING)?),
        "CaseEvaluation" => Node::CaseEvaluation(cases::by_key(context, key).await?.ok_or(MISSING)?),
        "Job" => Node::Job(session.job(key).await?.into()),
        "Recusal" => {
            let (login, id) = key.split_once('/').ok_or(MISSING)?;
            Node::Recusal(Recusal(session.recusal(login, id).await?))
        }
        "JournalEntry" => {
            let (stream, number) = key.rsplit_once('#').ok_or(MISSING)?;
            let number = number.parse().map_err(|_| MISSING)?;
            Node::JournalEntry(session.journal_entry(stream, number).await?.into())
        }
        "QueueItem" => {
            let (round, unit, criterion) = ids::split_part(key).ok_or(MISSING)?;
            let filter = QueueFilter {
                unit: Some(unit.to_owned()),
                criterion: Some(criterion.to_owned()),
                ..QueueFilter::default()
            };
            let one = Window::behind(None, 1);
            let page = session.review_queue(round, &filter, QueueOrder::Stake, &one).await?;
            let (item, _) = page.items.into_iter().next().ok_or(MISSING)?;
            Node::QueueItem(QueueItem(item.value))
        }
        "Publication" => {
            let (round, version) = key.split_once('@').ok_or(MISSING)?;
            let version = version.parse().map_err(|_| MISSING)?;
            let found = session.publication(round, Some(version)).await?;
            Node::Publication(Publication(found.ok_or(MISSING)?))
        }
        "NodeRankingRow" => {
            let (ranking, unit) = key.rsplit_once('/').ok_or(MISSING)?;
            let [round, version, group, node] = ranking.split('/').collect::<Vec<_>>()[..] else {
                return Err(MISSING);
            };
            let version = version.parse().map_err(|_| MISSING)?;
            Node::NodeRankingRow(NodeRankingRow {
                line: session.node_line(round, version, group, node, unit).await?,
                ranking: ranking.to_owned(),
            })
        }
        "RankingRow" => {
            let (round, version, unit) = ids::split_part(key).ok_or(MISSING)?;
            let version = version.parse().map_err(|_| MISSING)?;
            Node::RankingRow(RankingRow(session.ranking_row(round, version, unit).await?))
        }
        _ => return Err(MISSING),
    })
}

/// A conclusion, a figure that it states, or what it asks of a unit.
async fn of_conclusion(context: &Context<'_>, kind: &str, key: &str) -> Result<Node, Error> {
    const MISSING: Error = Error::NotFound { what: "node" };
    let session = session(context);
    Ok(match kind {
        "Conclusion" => Node::Conclusion(conclusion_of(context, key).await?),
        "Citation" => {
            let (conclusion, code) = key.split_once('/').ok_or(MISSING)?;
            Node::Citation(session.citation(conclusion, code).await?.into())
        }
        _ => {
            let (conclusion, task, unit) = ids::split_part(key).ok_or(MISSING)?;
            Node::FollowUp(FollowUp(session.follow_up(conclusion, task, unit).await?))
        }
    })
}

/// A document, a revision or a row, without its dossier where the viewer sees the document fully.
async fn of_document(context: &Context<'_>, kind: &str, key: &str) -> Result<Node, Error> {
    const MISSING: Error = Error::NotFound { what: "node" };
    let (round, unit, part) = ids::split_part(key).ok_or(MISSING)?;
    let session = session(context);
    let dossier = dossier::Dossier::key(round, unit);
    match kind {
        "Evidence" => {
            let (evidence, revision, full) = match session.whole_document(round, unit, part).await {
                Ok((evidence, revision)) => (evidence, revision, true),
                // What is left may be public: a number and a title.
                Err(Error::NotFound { .. }) => {
                    let view = session.view(round, unit).await?;
                    let (evidence, revision) = session.document(&view, part).await?;
                    (evidence, revision, false)
                }
                Err(error) => return Err(error),
            };
            Ok(Node::Evidence(Evidence {
                dossier,
                evidence,
                revision,
                full,
                view: None,
            }))
        }
        "Revision" => {
            let (evidence, revision) = session.revision(round, unit, part).await?;
            Ok(Node::Revision(Revision {
                dossier,
                kind: evidence.kind,
                revision,
            }))
        }
        _ => {
            let (key, line) = part.split_once('/').ok_or(MISSING)?;
            let line = line.parse().map_err(|_| MISSING)?;
            let (evidence, revision, row) = session.row(round, unit, key, line).await?;
            let rows = evidence.kind.row_kind().zip(revision.content.rows.as_ref());
            let (row_kind, set) = rows.ok_or(MISSING)?;
            let links = PageLinks::of(round, revision.created_at, std::iter::once(row.value("url").to_owned()));
            match (
                kind,
                EvidenceRow::new(row_kind, RowPlace::new(&dossier, key, set, row, &links)),
            ) {
                ("PublishedProcedureRow", EvidenceRow::PublishedProcedureRow(row)) => {
                    Ok(Node::PublishedProcedureRow(row))
                }
                ("OnlineServiceUsageRow", EvidenceRow::OnlineServiceUsageRow(row)) => {
                    Ok(Node::OnlineServiceUsageRow(row))
                }
                ("OneStopCasesRow", EvidenceRow::OneStopCasesRow(row)) => Ok(Node::OneStopCasesRow(row)),
                ("LateCaseRow", EvidenceRow::LateCaseRow(row)) => Ok(Node::LateCaseRow(row)),
                ("ApologyLetterRow", EvidenceRow::ApologyLetterRow(row)) => Ok(Node::ApologyLetterRow(row)),
                ("ElectronicDocumentsRow", EvidenceRow::ElectronicDocumentsRow(row)) => {
                    Ok(Node::ElectronicDocumentsRow(row))
                }
                _ => Err(MISSING),
            }
        }
    }
}

/// A meeting of a council, or one version of its minutes.
async fn of_council(context: &Context<'_>, kind: &str, key: &str) -> Result<Node, Error> {
    const MISSING: Error = Error::NotFound { what: "node" };
    let (round, meeting) = key.split_once('/').ok_or(MISSING)?;
    if kind == "CouncilMeeting" {
        let seen = session(context).council_meeting(round, meeting, None).await?;
        return Ok(Node::CouncilMeeting(CouncilMeeting(seen)));
    }
    let (meeting, version) = meeting.split_once('~').ok_or(MISSING)?;
    let version = version.parse().map_err(|_| MISSING)?;
    let seen = session(context).council_meeting(round, meeting, Some(version)).await?;
    Ok(Node::CouncilMinutes(CouncilMinutes {
        round: round.to_owned(),
        minutes: seen.minutes,
        sight: seen.sight,
    }))
}

async fn in_dossier(context: &Context<'_>, kind: &str, round: &str, unit: &str, part: &str) -> Result<Node, Error> {
    let session = session(context);
    let view = session.view(round, unit).await?;
    match kind {
        "Link" => link(&view, part).map(Node::Link),
        _ => {
            let dossier = dossier::Dossier::key(round, unit);
            let review = session.review_by_id(&view, part).await?;
            Ok(Node::Review(Review { dossier, review }))
        }
    }
}

fn link(view: &Arc<DossierView>, id: &str) -> Result<Link, Error> {
    let (_, facts) = view
        .desk
        .leaves
        .iter()
        .find_map(|(code, leaf)| Some((code, leaf.links.iter().find(|facts| facts.link.id == id)?)))
        .filter(|(code, facts)| facts.is_active() && view.sight(code) > Sight::Nothing)
        .ok_or(Error::NotFound { what: "link" })?;
    Ok(Link::of(view, facts))
}
