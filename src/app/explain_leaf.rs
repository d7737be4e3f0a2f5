//! Between the two rounds of appraisal: the unit explains a leaf, and the thread of what was asked, said and found.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::Session;
use super::browse::{DossierView, Sight};
use super::desk::Desk;
use super::documents::{review_fields, statement_fields, streams};
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::text::check_text;
use crate::domain::assessment::{AssessmentState, Explained, Review, ReviewOutcome, Statement, StatementKind};
use crate::domain::policy::Permission;
use crate::domain::text::Text;
use crate::store::{Document, StreamId};

/// Most statements of a unit on one leaf: an answer or explanation is given some few times, and a thread is read as a
/// whole.
pub const MAX_STATEMENTS: u64 = 50;

/// A statement of the unit, if the leaf has room for one more.
pub(super) fn new_statement(
    criterion: &str,
    (kind, text): (StatementKind, &str),
    said: u64,
    context: &Context<'_>,
) -> Result<Statement, Error> {
    if said >= MAX_STATEMENTS {
        return Err(Error::TooLarge {
            field: "assessment".to_owned(),
            message: Text::new(
                format!("Tiêu chí {criterion} đã có {MAX_STATEMENTS} lần trả lời và giải trình; không nhận thêm."),
                format!("Criterion {criterion} has {MAX_STATEMENTS} answers and explanations; no more are taken."),
            ),
        });
    }
    Ok(statement(criterion, (kind, text), context))
}

/// A statement, whoever makes it.
pub(super) fn statement(criterion: &str, (kind, text): (StatementKind, &str), context: &Context<'_>) -> Statement {
    Statement {
        id: context.new_id("statement", 0),
        criterion: criterion.to_owned(),
        kind,
        text: text.to_owned(),
        at: context.now,
        by: context.login.to_owned(),
    }
}

/// How many statements a leaf has.
pub(super) async fn count_statements(read: &Reader<'_>, dossier: &StreamId, criterion: &str) -> Result<u64, Error> {
    let query = Statement::query().in_stream(dossier);
    read.count(&query.filter(statement_fields::CRITERION.equal(criterion)))
        .await
}

/// The unit explains a leaf, which then waits for the second round; a later explanation replaces an earlier one, and both
/// stay in the thread.
#[derive(Clone, Debug, Serialize)]
pub struct SubmitExplanation {
    pub round: String,
    pub unit: String,
    pub criterion: String,
    pub text: String,
}

#[async_trait]
impl Command for SubmitExplanation {
    const NAME: &'static str = "SubmitExplanation";
    const PERMISSION: Permission = Permission::PrepareDossier;
    /// The leaf, and how much the unit has said of it.
    type State = (Desk, u64);
    /// Code of the leaf.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    fn place_of(&self, _: &str) -> Option<String> {
        Some("assessment".to_owned())
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let Loaded { state: desk, owners } = Desk::of_leaf(self, &self.criterion, read).await?;
        let said = count_statements(read, &self.stream(), &self.criterion).await?;
        let state = (desk, said);
        Ok(Loaded { state, owners })
    }

    fn decide(&self, (mut desk, said): Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("text", &self.text)?;
        desk.check_explainable(&self.criterion, context.now)?;
        let statement = new_statement(&self.criterion, (StatementKind::Explanation, &self.text), said, context)?;
        let leaf = &mut desk.leaf_mut(&self.criterion)?.assessment.value;
        leaf.state = AssessmentState::Explained;
        leaf.explained = Some(Explained {
            text: self.text.clone(),
            at: context.now,
            by: context.login.to_owned(),
        });
        desk.rescore(&self.criterion, context.now)?;
        let mut decision = Decision::new(self.criterion.clone()).put(statement);
        desk.write(&mut decision);
        Ok(decision)
    }
}

/// What happened in a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadKind {
    /// An appraiser asked for a supplement.
    SupplementRequested,
    /// The unit answered.
    Answered,
    /// The first round of appraisal, or the only one, found something.
    Found,
    /// The appraiser asked for an explanation.
    ExplanationRequested,
    /// The unit explained.
    Explained,
    /// The second round decided.
    Decided,
    /// A second person confirmed a review.
    Confirmed,
    /// A second person did not.
    Refused,
    /// The manager gave the leaf back to the unit.
    Reopened,
}

/// One thing that was asked, said or found.
#[derive(Clone, Debug)]
pub struct ThreadItem {
    pub kind: ThreadKind,
    pub at: Timestamp,
    pub by: String,
    pub text: Option<String>,
    /// Last day of a supplement.
    pub due: Option<Date>,
    /// The review, where the viewer may see what it found.
    pub review: Option<Review>,
}

impl Session {
    /// What was asked, said and found of a leaf, oldest first; none for those who do not see the leaf fully. What is
    /// hidden from the unit is left out, but for what it is asked.
    pub async fn thread(&self, view: &DossierView, criterion: &str) -> Result<Vec<ThreadItem>, Error> {
        if view.sight(criterion) != Sight::Full {
            return Ok(Vec::new());
        }
        let (read, stream) = (self.reader_of(view), &view.desk.dossier.stream);
        let said = Statement::query().in_stream(stream);
        let said = read
            .every(said.filter(statement_fields::CRITERION.equal(criterion)))
            .await?;
        let found = Review::query().in_stream(stream);
        let found = read
            .every(found.filter(review_fields::CRITERION.equal(criterion)))
            .await?;
        // By the entries that wrote them: several may have been made in one moment.
        let mut thread: Vec<(u64, ThreadItem)> = Vec::new();
        for statement in said.into_iter().filter(|one| view.tells(one)) {
            thread.push((statement.version, of_statement(statement.value)));
        }
        for review in found {
            let entry = review.version;
            thread.extend(of_review(view, review.value).into_iter().map(|item| (entry, item)));
        }
        thread.sort_by_key(|(entry, _)| *entry);
        Ok(thread.into_iter().map(|(_, item)| item).collect())
    }
}

fn of_statement(statement: Statement) -> ThreadItem {
    ThreadItem {
        kind: match statement.kind {
            StatementKind::Answer => ThreadKind::Answered,
            StatementKind::Explanation => ThreadKind::Explained,
            StatementKind::Confirmation => ThreadKind::Confirmed,
            StatementKind::Refusal => ThreadKind::Refused,
            StatementKind::Reopening => ThreadKind::Reopened,
        },
        at: statement.at,
        by: statement.by,
        text: Some(statement.text).filter(|text| !text.is_empty()),
        due: None,
        review: None,
    }
}

fn of_review(view: &DossierView, review: Review) -> Vec<ThreadItem> {
    let shown = view.shows(&review);
    let item = |kind, text: Option<String>| ThreadItem {
        kind,
        at: review.at,
        by: review.reviewer.clone(),
        text,
        due: None,
        review: shown.then(|| review.clone()),
    };
    let asks = review.asks.clone().filter(|_| shown || view.tells_what_is_asked());
    let asked = asks.map(|text| item(ThreadKind::ExplanationRequested, Some(text)));
    let first = match (review.outcome, review.second) {
        // An independent opinion asks the unit for nothing: the lead decides.
        (ReviewOutcome::RequestSupplement, _) if review.independent => {
            shown.then(|| item(ThreadKind::Found, review.comment.clone()))
        }
        (ReviewOutcome::RequestSupplement, _) => Some(ThreadItem {
            due: review.supplement.as_ref().map(|one| one.due),
            ..item(
                ThreadKind::SupplementRequested,
                review.supplement.as_ref().map(|one| one.text.clone()),
            )
        }),
        (ReviewOutcome::Verify, _) if !shown => None,
        (ReviewOutcome::Verify, false) => Some(item(ThreadKind::Found, review.comment.clone())),
        (ReviewOutcome::Verify, true) => Some(item(ThreadKind::Decided, review.comment.clone())),
    };
    first.into_iter().chain(asked).collect()
}
