//! Figures of registers in leaves, in the API.

use async_graphql::SimpleObject;

use super::assessment::InputValue;
use super::register::Text;
use super::scalars::{DateTime, Long};
use crate::domain::brought::BroughtFigure;
use crate::domain::evaluate::InputState;
use crate::domain::input::InputSpec;

/// What a register of the system says for an input.
#[derive(SimpleObject)]
pub struct BroughtInput {
    /// Code of the input.
    pub input: String,
    /// The value that it gives; null where it gives none.
    pub value: Option<InputValue>,
    /// Why there is none, and what to do.
    pub missing: Option<Text>,
    /// What stands in the register, such as figures by month with their imports; null where nothing was brought.
    pub said: Option<Text>,
    /// The register's stream and the number of the entry that it was taken from, as journalEntry takes them.
    pub source: Option<BroughtFrom>,
    /// When it was brought.
    pub brought_at: Option<DateTime>,
}

/// The journal entry that a figure was taken from.
#[derive(SimpleObject)]
pub struct BroughtFrom {
    /// The stream.
    pub stream: String,
    /// Number of the entry.
    pub entry: Long,
}

impl BroughtInput {
    /// What an input has from its register.
    pub fn of(spec: &InputSpec, figure: Option<&BroughtFigure>, state: &InputState) -> Self {
        let (value, missing) = match state {
            InputState::Known { value, .. } => (Some(InputValue::of(&spec.code, value)), None),
            InputState::Missing { reasons } => (None, reasons.first().map(|reason| reason.message.clone().into())),
        };
        Self {
            input: spec.code.clone(),
            value,
            missing,
            said: figure.map(|figure| figure.said().into()),
            source: figure.map(|figure| BroughtFrom {
                stream: figure.stream.clone(),
                entry: Long(figure.entry),
            }),
            brought_at: figure.map(|figure| DateTime(figure.brought_at)),
        }
    }
}
