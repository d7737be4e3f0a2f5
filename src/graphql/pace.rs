//! At which pace a round is verified, in the API.

use async_graphql::{Context, Object, Result, SimpleObject};

use super::results::ProgressBy;
use super::scalars::{Date, Fraction, Long};
use super::session;
use crate::app::browse_declaring::DeclaringRow;
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
    /// Code of the unit, field, group or department, or login of the person; empty for units that are in no ranking group.
    pub key: String,
    /// Leaves that are with the appraisers or back with the unit for a supplement: SUBMITTED, SUPPLEMENT_REQUESTED,
    /// SUPPLEMENTED, EXPLAINED, PROPOSED and DISPUTED. Of a person, those that the plan in force gives to the person.
    pub left: Long,
    /// Leaves that were verified in the days that are looked at; of a person, those that the person's review verified.
    pub verified: Long,
    /// verified ÷ days, exact; null where none was verified: there is no pace.
    pub per_day: Option<Fraction>,
    /// today + ⌈left ÷ perDay⌉ calendar days; today where none is left, null without a pace.
    pub finishes_on: Option<Date>,
    /// Whether finishesOn is after the due day; true also when that day is over and something is left. Null without a due day,
    /// and where it cannot be told because there is no pace.
    pub misses: Option<bool>,
}

/// What a unit has left to declare before it submits, and when it will be done at the pace of the last days. Counted are the
/// leaves inside the scale that apply to the unit and that it declares itself: no survey, no bonus, no penalty.
#[derive(SimpleObject)]
pub struct DeclaringForecast {
    /// Code of the unit.
    pub unit_code: String,
    /// Leaves that it has not declared: OPEN.
    pub left: Long,
    /// Leaves that are DECLARED and whose declaration, or what is linked to them, last changed in the days that are looked at.
    pub declared: Long,
    /// declared ÷ days, exact; null where none was declared: there is no pace.
    pub per_day: Option<Fraction>,
    /// today + ⌈left ÷ perDay⌉ calendar days; today where none is left, null without a pace.
    pub finishes_on: Option<Date>,
    /// Last day of the unit's self-assessment, with what it was given longer; null in a round without dates.
    pub due: Option<Date>,
    /// Whether finishesOn is after that day; true also when the day is over and something is left. Null without such a day, and
    /// where it cannot be told because there is no pace. That all is declared is not yet that the head has submitted it.
    pub misses: Option<bool>,
}

impl DeclaringForecast {
    fn of(row: DeclaringRow, today: jiff::civil::Date) -> Self {
        let DeclaringRow { unit, pace, due } = row;
        Self {
            unit_code: unit,
            left: Long(pace.left),
            declared: Long(pace.done),
            per_day: pace.per_day().map(Fraction),
            finishes_on: pace.finishes_on(today).map(Date),
            due: due.map(Date),
            misses: due.and_then(|due| pace.misses(today, due)),
        }
    }
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

    /// What units that have not submitted have left to declare, by unit code, and which of them will miss their last day of
    /// self-assessment if they go on so. Without the units of which the viewer sees no leaf, and those with none to declare.
    async fn declaring(&self, context: &Context<'_>) -> Result<Vec<DeclaringForecast>> {
        let rows = session(context).declaring(&self.window).await?;
        let today = self.window.today;
        Ok(rows.into_iter().map(|row| DeclaringForecast::of(row, today)).collect())
    }

    /// What is left by unit, field, group, department or person, and when it will be done.
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
            verified: Long(pace.done),
            per_day: pace.per_day().map(Fraction),
            finishes_on: pace.finishes_on(today).map(Date),
            misses: self.due.and_then(|due| pace.misses(today, due)),
        };
        Ok(rows.into_iter().map(forecast).collect())
    }
}
