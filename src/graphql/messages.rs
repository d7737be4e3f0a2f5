//! Inputs and payloads of mutations: one of each per mutation, a file per subject. Here: what several share.

mod cases;
mod conclusions;
mod council;
mod declaring;
mod evidence;
mod publishing;
mod register;
mod reviewing;
mod rounds;
mod series;
mod surveys;

pub use cases::*;
pub use conclusions::*;
pub use council::*;
pub use declaring::*;
pub use evidence::*;
pub use publishing::*;
pub use register::*;
pub use reviewing::*;
pub use rounds::*;
pub use series::*;
pub use surveys::*;

use async_graphql::{ID, InputObject, SimpleObject};

use super::dossier::Dossier;
use super::inputs::nfc;
use super::journal::Receipt;
use super::register::Text;
use crate::app::prepare_dossier;
use crate::domain::text;

/// A text in both languages.
#[derive(InputObject)]
pub struct TextInput {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl From<TextInput> for text::Text {
    fn from(text: TextInput) -> Self {
        Self::new(nfc(&text.vi), nfc(&text.en))
    }
}

/// What a change of a dossier did.
#[derive(SimpleObject)]
pub struct DossierPayload {
    /// The dossier as it stands.
    pub dossier: Dossier,
    /// Proof that the change was taken; null when nothing had to change.
    pub receipt: Option<Receipt>,
}

/// What became of one item of a bulk mutation.
#[derive(SimpleObject)]
pub struct ItemResult {
    /// Code of the unit.
    pub unit: Option<String>,
    /// Code of the leaf.
    pub criterion: Option<String>,
    /// Id of what was made, such as the review.
    pub made: Option<ID>,
    /// Why it failed; null when it is fine.
    pub problem: Option<ItemProblem>,
    /// Proof that the item was taken; null when it failed, in a dry run, and when nothing had to change. Items that were
    /// taken together have the same.
    pub receipt: Option<Receipt>,
}

/// Why an item failed.
#[derive(SimpleObject)]
pub struct ItemProblem {
    /// One of the error codes.
    pub code: String,
    /// The rule that forbids it.
    pub rule: Option<String>,
    /// The input that is wrong.
    pub field: Option<String>,
    /// What to do, in both languages.
    pub message: Text,
}

impl From<prepare_dossier::ItemProblem> for ItemProblem {
    fn from(problem: prepare_dossier::ItemProblem) -> Self {
        Self {
            code: problem.code,
            rule: problem.rule,
            field: problem.field,
            message: problem.message.into(),
        }
    }
}

/// Outcomes of a bulk mutation.
#[derive(SimpleObject)]
pub struct ItemsPayload {
    /// One per item.
    pub items: Vec<ItemResult>,
}
