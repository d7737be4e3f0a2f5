//! Calls about many units: one command and so one commit for each dossier, with an outcome each.

use std::collections::BTreeMap;

use super::Session;
use super::error::Error;
use super::gate::Command;
use super::prepare_dossier::ItemProblem;
use super::receipt::Receipt;

/// What became of each unit's part of a call.
pub type UnitOutcomes = Vec<(String, Result<Option<Receipt>, ItemProblem>)>;

/// The parts of a call by unit, each in the order given.
pub(super) fn by_unit<T>(parts: Vec<T>, unit: impl Fn(&T) -> &String) -> BTreeMap<String, Vec<T>> {
    let mut found: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for part in parts {
        found.entry(unit(&part).clone()).or_default().push(part);
    }
    found
}

impl Session {
    /// Runs one command for each unit.
    ///
    /// # Errors
    /// What is no answer about one unit: nobody is signed in, the store does not answer. What was done until then stays done,
    /// and is not done again under the same key.
    pub(super) async fn run_by_unit<C: Command>(
        &self,
        commands: impl IntoIterator<Item = (String, C)>,
        key: Option<String>,
    ) -> Result<UnitOutcomes, Error> {
        let mut outcomes = Vec::new();
        for (unit, command) in commands {
            match self.run(command, key.clone()).await {
                Ok(done) => outcomes.push((unit, Ok(done.receipt))),
                Err(error @ (Error::Unauthenticated | Error::Unavailable { .. } | Error::Internal(_))) => {
                    return Err(error);
                }
                Err(error) => outcomes.push((unit, Err(ItemProblem::of(&error)))),
            }
        }
        Ok(outcomes)
    }
}
