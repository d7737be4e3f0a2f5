//! What a unit could still gain, and what its dossier would come to with other figures: computed and forgotten.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Session;
use super::browse::DossierView;
use super::documents::{result_fields, streams};
use super::error::Error;
use super::replay_framework::known;
use crate::domain::assessment::Ledger;
use crate::domain::exact::Exact;
use crate::domain::gains::{self, Gain, Tried};
use crate::domain::input::{InputValue, check_corrections};
use crate::domain::policy::Permission;
use crate::domain::round::{RankingRow, Round};
use crate::domain::text::Text;
use crate::store::Document;

/// Questions of this kind that an account may ask in a minute, each field of a request that computes one counted: each costs some
/// milliseconds of a processor, and a person asks a few every few seconds.
pub const QUESTIONS_A_MINUTE: u32 = 120;
/// Leaves of which figures are tried at once: as many as one declaration has.
pub const MAX_TRIED: usize = 200;
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// Accounts that are counted before those are forgotten whose minute is over.
const COUNTED_ACCOUNTS: usize = 1024;

/// How much each account has asked in its minute.
#[derive(Default)]
pub struct Questions(Mutex<HashMap<String, (Timestamp, u32)>>);

impl Questions {
    /// Counts one more question.
    ///
    /// # Errors
    /// [`Error::RateLimited`] over [`QUESTIONS_A_MINUTE`].
    fn count(&self, login: &str, now: Timestamp) -> Result<(), Error> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |since: Timestamp| now.duration_since(since) >= MINUTE || now < since;
        if asked.len() >= COUNTED_ACCOUNTS {
            asked.retain(|_, (since, _)| !is_over(*since));
        }
        let minute = asked.entry(login.to_owned()).or_insert((now, 0));
        if is_over(minute.0) {
            *minute = (now, 0);
        }
        if minute.1 >= QUESTIONS_A_MINUTE {
            return Err(Error::RateLimited {
                message: Text::new(
                    format!("Tối đa {QUESTIONS_A_MINUTE} lần tính thử mỗi phút; hãy hỏi lại sau."),
                    format!("At most {QUESTIONS_A_MINUTE} of these questions a minute; ask again later."),
                ),
            });
        }
        minute.1 += 1;
        Ok(())
    }
}

/// The published ranking that percentages are placed in: the newest of the round, or else of the round before.
pub struct Ranks {
    pub round: String,
    pub publication: u32,
    pub group: String,
    /// Displayed percentages of the other units that have a rank.
    others: Vec<Exact>,
}

impl Ranks {
    /// The place that a displayed percentage would have, if all others stayed. Ties are shared.
    pub fn of(&self, percent: Option<&str>) -> Option<u32> {
        let percent = Exact::parse_decimal(percent?).ok()?;
        let better = self.others.iter().filter(|other| **other > percent).count();
        u32::try_from(better + 1).ok()
    }
}

/// What the unit could still gain in a ledger.
pub fn gains_of(view: &DossierView, ledger: Ledger) -> Vec<Gain> {
    gains::gains(&view.desk.framework, &known(&view.desk), ledger)
}

/// What the dossier would come to with these figures.
///
/// # Errors
/// [`Error::Invalid`] for a leaf that is not there, a value that its input cannot have, and too many leaves.
pub fn tried_in(
    view: &DossierView,
    ledger: Ledger,
    values: &[(String, BTreeMap<String, InputValue>)],
) -> Result<Option<Tried>, Error> {
    let framework = &view.desk.framework;
    if values.len() > MAX_TRIED {
        return Err(Error::invalid(
            "items",
            format!("Tối đa {MAX_TRIED} tiêu chí một lần."),
            format!("At most {MAX_TRIED} leaves at once."),
        ));
    }
    let mut by_leaf = BTreeMap::new();
    for (place, (criterion, values)) in values.iter().enumerate() {
        let Some((_, leaf)) = framework.leaf(criterion) else {
            return Err(Error::invalid(
                format!("items.{place}.criterion"),
                format!("Bộ chỉ số không có tiêu chí thành phần {criterion:?}; hãy kiểm tra mã."),
                format!("The framework has no leaf {criterion:?}; check its code."),
            ));
        };
        if let Err(problems) = check_corrections(leaf, values)
            && let Some(first) = problems.first()
        {
            let at = format!("items.{place}.inputs.{}", first.input);
            return Err(Error::invalid(at, first.message.vi.clone(), first.message.en.clone()));
        }
        if by_leaf.insert(criterion.clone(), values.clone()).is_some() {
            return Err(Error::invalid(
                format!("items.{place}.criterion"),
                format!("{criterion} được nêu hai lần; chỉ nêu một lần."),
                format!("{criterion} is stated twice; state it once."),
            ));
        }
    }
    Ok(gains::tried(framework, &known(&view.desk), ledger, &by_leaf))
}

impl Session {
    /// Begins a question of what could be, for whoever sees the whole dossier fully: the ranking that percentages are placed in,
    /// if there is one. `None` for others and where the ledger is hidden.
    ///
    /// # Errors
    /// [`Error::RateLimited`] for an account that asks too much.
    pub async fn what_if(&self, view: &DossierView, ledger: Ledger) -> Result<Option<Option<Ranks>>, Error> {
        if view.hides(ledger) || !view.allows(Permission::ViewDossier) {
            return Ok(None);
        }
        self.count_question()?;
        Ok(Some(self.ranks_around(view).await?))
    }

    /// Counts a question that costs the processor something.
    ///
    /// # Errors
    /// [`Error::RateLimited`] for an account that asks too much.
    pub fn count_question(&self) -> Result<(), Error> {
        self.app.questions.count(self.signed_in()?, self.now())
    }

    /// The ranking that a dossier's percentages are placed in; `None` for a unit that is not ranked, and while nothing is
    /// published.
    async fn ranks_around(&self, view: &DossierView) -> Result<Option<Ranks>, Error> {
        let dossier = &view.desk.dossier;
        let Some(group) = &dossier.group else { return Ok(None) };
        let read = self.reader();
        let mut code = Some(dossier.round.clone());
        while let Some(of) = code {
            let Some(round) = read.get::<Round>(&streams::round(&of), &of).await? else {
                return Ok(None);
            };
            let round = round.value;
            let Some(version) = round.published_version else {
                // Only the round before: what is older tells little of today.
                code = round.previous.filter(|_| of == dossier.round);
                continue;
            };
            let rows = RankingRow::query()
                .filter(result_fields::ROUND.equal(of.as_str()))
                .filter(result_fields::PUBLICATION.equal(i64::from(version)))
                .filter(result_fields::GROUP.equal(group.as_str()));
            let rows = read.every(rows).await?;
            let others = rows.iter().filter(|row| row.unit != dossier.unit && row.rank.is_some());
            let percent = |row: &RankingRow| Exact::parse_decimal(row.percent.as_deref()?).ok();
            return Ok(Some(Ranks {
                round: of,
                publication: version,
                group: group.clone(),
                others: others.filter_map(|row| percent(&row.value)).collect(),
            }));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_asks_so_much_in_its_minute_and_others_are_not_held_up() {
        let questions = Questions::default();
        let at = |seconds: i64| Timestamp::from_second(seconds).expect("an instant");
        for _ in 0..QUESTIONS_A_MINUTE {
            questions.count("officer", at(100)).expect("within the limit");
        }
        assert!(matches!(
            questions.count("officer", at(159)),
            Err(Error::RateLimited { .. })
        ));
        assert!(questions.count("head", at(159)).is_ok());
        assert!(questions.count("officer", at(160)).is_ok());
        // A clock that goes back holds nobody up for ever.
        assert!(questions.count("head", at(10)).is_ok());
    }

    #[test]
    fn a_percentage_is_placed_among_the_others() {
        let exact = |text: &str| Exact::parse_decimal(text).expect("a number");
        let ranks = Ranks {
            round: "T-2018".to_owned(),
            publication: 1,
            group: "SO".to_owned(),
            others: ["90.00", "85.00", "85.00", "70.00"].map(exact).to_vec(),
        };
        let place = |percent: &str| ranks.of(Some(percent));
        assert_eq!(
            [
                place("90.01"),
                place("90.00"),
                place("85.00"),
                place("84.99"),
                place("0")
            ],
            [1, 1, 2, 4, 5].map(Some)
        );
        assert_eq!(ranks.of(None), None);
    }
}
