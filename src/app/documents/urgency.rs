//! The projected number by which the queue comes in the order of what is due.

use jiff::civil::Date;

/// Bits of a projected urgency that tell the stake. With nine places they hold stakes of some 500 applicable maxima: nothing
/// is worth as much, and what were would come first among what is due on its day.
const STAKE_BITS: u32 = 40;
/// The day of what is never due: behind every day of the calendar.
const NEVER: i64 = 10_000 * DAYS;
/// More than a year has days.
const DAYS: i64 = 512;

/// One number by which what is due first, and of the same day what has most at stake, comes first: an index has one order.
pub(super) fn urgency(due: Option<Date>, stake: i64) -> i64 {
    let day = due.map_or(NEVER, |day| i64::from(day.year()) * DAYS + i64::from(day.day_of_year()));
    let half = 1_i64 << (STAKE_BITS - 1);
    (day << STAKE_BITS) + half - stake.clamp(1 - half, half - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_first_comes_first_and_of_one_day_what_has_most_at_stake() {
        let day = |text: &str| Some(text.parse::<Date>().unwrap());
        let in_order = [
            (day("2019-12-31"), 0),
            // More than any leaf has at stake still belongs to its day.
            (day("2020-01-01"), i64::MAX),
            (day("2020-01-01"), 400_000_000),
            (day("2020-01-01"), 200_000_000),
            (day("2020-01-01"), -1),
            (day("2020-01-02"), 500_000_000),
            (day("9999-12-31"), i64::MIN),
            (None, i64::MAX),
            (None, 1),
            (None, i64::MIN),
        ];
        let found = in_order.map(|(due, stake)| urgency(due, stake));
        assert!(found.is_sorted_by(|one, next| one < next), "{found:?}");
    }
}
