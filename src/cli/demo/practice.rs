//! What the demonstration's units did in a year, in a few figures each. Declarations, statistics and survey results are
//! made from them; the points, the ranks and the classes are what the program computes from those.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::pick;
use crate::cli::Problem;

/// The figures of 2019. They are made up: of the genuine ones nothing but the names of those who did well was published
/// (notice 232/TB-UBND of 23 June 2020), and these have the better figures here.
const OF_2019: &str = include_str!("../../../seed/practice/2019.csv");
/// The last year that the table tells of: in 2018 nobody worked otherwise, and in 2020 every unit is an ordinary one.
const TOLD_UNTIL: i16 = 2019;

/// How a unit works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Practice {
    /// At most so much of what was planned or found is left undone, in percent.
    undone: i64,
    /// At most so many cases of a month are late.
    late: i64,
    /// Cases that come in online, in percent of all.
    online: i64,
    /// Procedures that are posted in full, in percent.
    posted: i64,
    /// How often something is done fully, by the rules and in time, in percent.
    careful: i64,
    /// What people say on average, in hundredths of a point of a scale of 1 to 5.
    satisfaction: i64,
}

/// Means of the survey vary by so much over the questions, in hundredths of a point.
const MEANS_VARY: i64 = 25;

impl Practice {
    fn ordinary(unit: &str) -> Self {
        Self {
            undone: 24,
            late: 2,
            online: 10 + pick(unit, "online", 50),
            posted: 92,
            careful: 75,
            satisfaction: 350 + pick(unit, "satisfaction", 25),
        }
    }

    /// A part of a whole: what was done of what was planned.
    pub fn part(&self, unit: &str, place: &str, whole: i64) -> i64 {
        whole - whole * pick(unit, place, self.undone + 1) / 100
    }

    /// Whether no case of a month is ever late.
    pub fn is_never_late(&self) -> bool {
        self.late == 0
    }

    /// How many cases of these are late.
    pub fn late(&self, unit: &str, place: &str) -> i64 {
        pick(unit, place, self.late + 1)
    }

    /// How many cases of these come in online.
    pub fn online(&self, cases: i64) -> i64 {
        cases * self.online / 100
    }

    /// Whether a procedure is posted in full.
    pub fn posts(&self, unit: &str, place: &str) -> bool {
        pick(unit, place, 100) < self.posted
    }

    /// Whether something is done as well as it can be.
    pub fn is_careful(&self, unit: &str, place: &str) -> bool {
        pick(unit, place, 100) < self.careful
    }

    /// The mean of a question of the survey, in hundredths.
    pub fn mean(&self, unit: &str, place: &str) -> i64 {
        self.satisfaction + pick(unit, place, MEANS_VARY)
    }
}

#[derive(Deserialize)]
struct Line {
    unit: String,
    #[serde(flatten)]
    practice: Practice,
}

/// How the units worked, year by year.
pub struct Practices(BTreeMap<String, Practice>);

impl Practices {
    /// Reads the table.
    ///
    /// # Errors
    /// When it is not one.
    pub fn read() -> Result<Self, Problem> {
        let lines = csv::Reader::from_reader(OF_2019.as_bytes()).into_deserialize::<Line>();
        let practices = lines.map(|line| line.map(|line| (line.unit, line.practice)));
        Ok(Self(practices.collect::<Result<_, csv::Error>>()?))
    }

    /// How a unit worked in a year.
    pub fn of(&self, unit: &str, year: i16) -> Practice {
        let told = self.0.get(unit).filter(|_| year <= TOLD_UNTIL);
        told.copied().unwrap_or_else(|| Practice::ordinary(unit))
    }
}
