//! What is said of each item of a call when the command for its dossier is refused.
//!
//! A dossier's items are done together or not at all. Each one that is wrong gets its own problem; the others say which
//! item stood in their way. What is wrong with the dossier itself is every item's problem.

use super::Session;
use super::error::Error;
use super::prepare_dossier::ItemProblem;
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;

/// The problem of each item, by its path in the mutation's input, when their command was refused.
pub fn problems_of(error: &Error, paths: &[String]) -> Vec<ItemProblem> {
    let found: Vec<ItemProblem> = match error.items() {
        [] => vec![ItemProblem::of(error)],
        some => some.iter().map(|(_, problem)| problem.clone()).collect(),
    };
    let is_about = |problem: &ItemProblem, path: &str| {
        let rest = problem.field.as_deref().and_then(|field| field.strip_prefix(path));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let own = |path: &String| found.iter().find(|problem| is_about(problem, path));
    let cause = paths.iter().find(|path| own(path).is_some());
    let problem = |path: &String| match (own(path), cause) {
        (Some(problem), _) => problem.clone(),
        (None, Some(cause)) => {
            let item = cause.clone();
            let other = Error::from(Rejection::OtherItemRefused { item: item.clone() });
            ItemProblem::of(&other.about(item))
        }
        (None, None) => found[0].clone(),
    };
    paths.iter().map(problem).collect()
}

impl Session {
    /// Whether a refusal is the problem of some items rather than of the whole call: not while nobody knows what became
    /// of it, nor for a key that was used otherwise, nor for those who do nothing of the kind at all.
    pub(super) async fn is_of_items(&self, error: &Error, permission: Permission) -> Result<bool, Error> {
        if !error.is_final() || error.field() == Some("idempotencyKey") {
            return Ok(false);
        }
        match self.holder_of(permission).await {
            Ok(_) => Ok(true),
            Err(Error::Forbidden { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }
}
