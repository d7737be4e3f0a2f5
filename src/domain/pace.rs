//! Pace: when what is left will be done if it goes on as in the last days. Exact; calendar days.

use jiff::Span;
use jiff::civil::Date;

use super::exact::Exact;

/// So many leaves done in so many whole days, verified or declared, and how many are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub left: u64,
    pub done: u64,
    /// At least 1.
    pub days: u32,
}

impl Pace {
    /// Leaves per day; `None` where none was done: there is no pace.
    pub fn per_day(&self) -> Option<Exact> {
        let days = Exact::from(u64::from(self.days));
        (self.done > 0)
            .then(|| Exact::from(self.done).checked_div(&days))
            .flatten()
    }

    /// The day on which the last one is done: today + ⌈left ÷ (done ÷ days)⌉, today where none is left. `None` without
    /// a pace, and behind the end of the calendar.
    pub fn finishes_on(&self, today: Date) -> Option<Date> {
        if self.left == 0 {
            return Some(today);
        }
        let work = u128::from(self.left) * u128::from(self.days);
        let needed = (self.done > 0).then(|| work.div_ceil(u128::from(self.done)))?;
        // Longer than the calendar is no day at all.
        let needed = Span::new().try_days(i64::try_from(needed).ok()?).ok()?;
        today.checked_add(needed).ok()
    }

    /// Whether something will be left after a day; `None` where that cannot be told, because there is no pace.
    pub fn misses(&self, today: Date, due: Date) -> Option<bool> {
        match self.left {
            0 => Some(false),
            _ if today > due => Some(true),
            _ if self.done == 0 => None,
            _ => Some(self.finishes_on(today).is_none_or(|day| day > due)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_divided_by_the_pace_and_rounded_up_to_whole_days() {
        let today: Date = "2020-03-10".parse().unwrap();
        let due: Date = "2020-03-15".parse().unwrap();
        for (left, done, days, per_day, finishes_on, misses) in [
            (10, 14, 7, Some("2"), Some("2020-03-15"), Some(false)),
            (11, 14, 7, Some("2"), Some("2020-03-16"), Some(true)),
            (1, 1, 3, Some("1/3"), Some("2020-03-13"), Some(false)),
            (2, 1, 3, Some("1/3"), Some("2020-03-16"), Some(true)),
            (0, 0, 7, None, Some("2020-03-10"), Some(false)),
            // Nothing was done: nobody can tell.
            (5, 0, 7, None, None, None),
            (u64::MAX, 1, 92, Some("1/92"), None, Some(true)),
        ] {
            let pace = Pace { left, done, days };
            let day = |text: &str| text.parse::<Date>().unwrap();
            assert_eq!(
                pace.per_day().map(|one| one.to_string()).as_deref(),
                per_day,
                "{pace:?}"
            );
            assert_eq!(pace.finishes_on(today), finishes_on.map(day), "{pace:?}");
            assert_eq!(pace.misses(today, due), misses, "{pace:?}");
        }
    }

    #[test]
    fn a_day_that_is_over_is_missed_by_whatever_is_left() {
        let (today, due): (Date, Date) = ("2020-03-10".parse().unwrap(), "2020-03-09".parse().unwrap());
        let misses = |left, done| Pace { left, done, days: 7 }.misses(today, due);
        assert_eq!(
            [misses(1, 0), misses(1, 100), misses(0, 0)],
            [Some(true), Some(true), Some(false)]
        );
    }
}
