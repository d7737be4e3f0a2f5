//! At which pace a round is verified, and what will be left after a day if it goes on so.
//!
//! Counted are leaves that are verified now, on the day on which that was last written. Survey leaves are left out: they
//! are verified by importing a file, a whole round in a minute.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Session;
use super::browse_progress::{ProgressBy, ProgressRow, Whose};
use super::documents::queue_fields;
use super::error::Error;
use super::gate::date_in;
use crate::domain::assessment::{AssessmentState, QueueItem};
use crate::domain::calendar::end_of;
use crate::domain::framework::Method;
use crate::domain::pace::Pace;
use crate::domain::policy::Permission;
use crate::store::typed::TypedQuery;

/// Most days that are looked back (92, a quarter): each is a count, and who verified before says little of tomorrow.
pub const MAX_DAYS: u32 = 92;

/// Whole days before today, over which the pace of a round is taken.
#[derive(Clone, Debug)]
pub struct PaceWindow {
    pub round: String,
    /// Oldest first, each with the instants at which it begins and ends in the round's time zone.
    pub days: Vec<(Date, Timestamp, Timestamp)>,
    pub today: Date,
    /// Codes of leaves that are survey leaves wherever they occur.
    surveyed: BTreeSet<String>,
}

/// What is left and how fast it goes, for one unit, field, group, department or person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaceRow {
    pub key: String,
    pub pace: Pace,
}

impl Session {
    /// The last whole days of a round, for who sees its scores.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no day or too many.
    pub async fn pace_window(&self, round: &str, days: u32) -> Result<PaceWindow, Error> {
        let viewer = self.holder_of(Permission::ViewScores).await?;
        if !(1..=MAX_DAYS).contains(&days) {
            return Err(Error::invalid(
                "days",
                format!("Cần từ 1 đến {MAX_DAYS} ngày."),
                format!("1 to {MAX_DAYS} days are needed."),
            ));
        }
        self.assignment(&viewer, Permission::ViewScores, round).await?;
        let known = self.known_codes(round).await?;
        let today = date_in(self.app.clock.now(), &known.round.time_zone)?;
        let zone = TimeZone::get(&known.round.time_zone).map_err(|error| Error::Internal(Box::new(error)))?;
        let out_of_calendar = || Error::Internal("a day of the pace is outside the calendar".into());
        let end = |day: Date| end_of(day, &zone).ok_or_else(out_of_calendar);
        let mut whole = Vec::new();
        let mut day = today;
        for _ in 0..days {
            let last = day.yesterday().map_err(|error| Error::Internal(Box::new(error)))?;
            let before = last.yesterday().map_err(|error| Error::Internal(Box::new(error)))?;
            whole.push((last, end(before)?, end(last)?));
            day = last;
        }
        whole.reverse();
        let (mut surveyed, mut appraised) = (BTreeSet::new(), BTreeSet::new());
        for framework in known.frameworks().await? {
            for (node, leaf) in framework.leaves() {
                match leaf.method {
                    Method::Survey | Method::Imported => surveyed.insert(node.code.clone()),
                    Method::Appraised => appraised.insert(node.code.clone()),
                };
            }
        }
        surveyed.retain(|code| !appraised.contains(code));
        Ok(PaceWindow {
            round: round.to_owned(),
            days: whole,
            today,
            surveyed,
        })
    }

    /// How many leaves were verified on each day of the window.
    pub async fn verified_by_day(&self, window: &PaceWindow) -> Result<Vec<(Date, u64)>, Error> {
        let mut counts = Vec::with_capacity(window.days.len());
        for (day, begins, ends) in &window.days {
            let queries = self.verified(window, *begins, *ends).await?;
            counts.push((*day, self.reader().count_all(&queries).await?));
        }
        Ok(counts)
    }

    /// What is left and how fast it went in the window, for each value of a field; what has neither is left out.
    pub async fn pace(&self, window: &PaceWindow, by: ProgressBy) -> Result<Vec<PaceRow>, Error> {
        let days = u32::try_from(window.days.len()).unwrap_or(u32::MAX);
        let mut rows: BTreeMap<String, Pace> = BTreeMap::new();
        let row = |left, done| Pace { left, done, days };
        for ProgressRow { key, states, .. } in self.progress(&window.round, by).await? {
            let count = |state: AssessmentState| states.get(&state).copied().unwrap_or_default();
            let left = [
                AssessmentState::Submitted,
                AssessmentState::SupplementRequested,
                AssessmentState::Supplemented,
                AssessmentState::Explained,
                AssessmentState::Proposed,
                AssessmentState::Disputed,
            ];
            rows.insert(key, row(left.into_iter().map(count).sum(), 0));
        }
        if let (Some((_, begins, _)), Some((_, _, ends))) = (window.days.first(), window.days.last()) {
            let mut queries = self.verified(window, *begins, *ends).await?;
            if by == ProgressBy::Person {
                let whose: Whose = self.whose_progress().await?;
                queries = queries.into_iter().map(|query| whose.verified(query)).collect();
            }
            for (value, count) in self.reader().count_all_by(&queries, by.column()).await? {
                let key = by.key(value.as_text().unwrap_or_default()).to_owned();
                rows.entry(key).or_insert_with(|| row(0, 0)).done += count;
            }
        }
        rows.retain(|_, pace| pace.left > 0 || pace.done > 0);
        Ok(rows.into_iter().map(|(key, pace)| PaceRow { key, pace }).collect())
    }

    /// The leaves that were verified between two instants, as far as the viewer sees their scores.
    async fn verified(
        &self,
        window: &PaceWindow,
        begins: Timestamp,
        ends: Timestamp,
    ) -> Result<Vec<TypedQuery<QueueItem>>, Error> {
        let viewer = self.holder_of(Permission::ViewScores).await?;
        let assignment = self.assignment(&viewer, Permission::ViewScores, &window.round).await?;
        let verified = |query: TypedQuery<QueueItem>| {
            let query = query
                .filter(queue_fields::VERIFIED.equal(1i64))
                .filter(queue_fields::CHANGED_AT.at_least(begins.as_millisecond()))
                .filter(queue_fields::CHANGED_AT.less_than(ends.as_millisecond()));
            match window.surveyed.is_empty() {
                true => query,
                false => query.filter(queue_fields::CRITERION.none_of(window.surveyed.iter().cloned())),
            }
        };
        Ok(assignment.queries().into_iter().map(verified).collect())
    }
}
