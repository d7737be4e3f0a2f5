//! At which pace a round is verified, in the API.

use async_graphql::{Context, Object, Result, SimpleObject};

use super::results::ProgressBy;
use super::scalars::{Date, Fraction, Long};
use super::session;
use crate::app::browse_pace::{PaceRow, PaceWindow};

/// How many leaves were verified on a day.
#[derive(SimpleObject)]
pub struct DayCount {
    /// The day, in the round's time zone.
    pub day: Date,
    /// Leaves that were verified on it and still are.
    pub count: Long,
}

/// What is left to verify and when it will be done at the pace of the last days.
#[derive(SimpleObject)]
pub struct Forecast {
    /// Code of the unit, field, group or department; empty for units that are in no ranking group.
    pub key: String,
    /// Leaves that are with the appraisers or back with the unit for a supplement: SUBMITTED, SUPPLEMENT_REQUESTED and
    /// SUPPLEMENTED.
    pub left: Long,
    /// Leaves that were verified in the days that are looked at.
    pub verified: Long,
    /// verified ÷ days, exact; null where none was verified: there is no pace.
    pub per_day: Option<Fraction>,
    /// today + ⌈left ÷ perDay⌉ calendar days; today where none is left, null without a pace.
    pub finishes_on: Option<Date>,
    /// Whether finishesOn is after the due day; true also when that day is over and something is left. Null without a due day,
    /// and where it cannot be told because there is no pace.
    pub misses: Option<bool>,
}

/// At which pace a round is verified.
pub struct RoundPace {
    window: PaceWindow,
    due: Option<jiff::civil::Date>,
}

impl RoundPace {
    /// The pace over some whole days, against a due day.
    pub fn new(window: PaceWindow, due: Option<jiff::civil::Date>) -> Self {
        Self { window, due }
    }
}

/// At which pace a round was verified in the last whole days before today. A leaf counts on the day on which it was last
/// verified; one that a correction after publication opens again counts on that day. Survey leaves, which are verified by
/// an import, are not counted, and no leaf whose scores the viewer does not see.
#[Object]
impl RoundPace {
    /// Today in the round's time zone, which itself does not count.
    async fn today(&self) -> Date {
        Date(self.window.today)
    }

    /// The due day that it is held to, as it was asked; null if none was.
    async fn due(&self) -> Option<Date> {
        self.due.map(Date)
    }

    /// Verified leaves of each day, oldest first.
    async fn days(&self, context: &Context<'_>) -> Result<Vec<DayCount>> {
        let counts = session(context).verified_by_day(&self.window).await?;
        let day = |(day, count)| DayCount {
            day: Date(day),
            count: Long(count),
        };
        Ok(counts.into_iter().map(day).collect())
    }

    /// What is left by unit, field, group or department, and when it will be done.
    async fn forecast(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "By what.")] by: ProgressBy,
    ) -> Result<Vec<Forecast>> {
        let rows = session(context).pace(&self.window, by.into()).await?;
        let today = self.window.today;
        let forecast = |PaceRow { key, pace }| Forecast {
            key,
            left: Long(pace.left),
            verified: Long(pace.verified),
            per_day: pace.per_day().map(Fraction),
            finishes_on: pace.finishes_on(today).map(Date),
            misses: self.due.and_then(|due| pace.misses(today, due)),
        };
        Ok(rows.into_iter().map(forecast).collect())
    }
}
