//! What is wrong with something that somebody sent, where it is checked as a whole and not against any state.

use super::text::Text;

/// Something that cannot be taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a path below what was sent.
    pub field: String,
    pub message: Text,
}

impl Fault {
    /// A fault with its wording in Vietnamese and English, in this order.
    pub fn new(field: impl Into<String>, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: Text::new(vi, en),
        }
    }
}
