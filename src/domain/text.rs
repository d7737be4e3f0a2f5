//! Text for people, in both languages of the product.

use serde::{Deserialize, Serialize};

/// A name or message in Vietnamese and English.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl Text {
    /// A text from its Vietnamese and its English wording, in this order.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            vi: vi.into(),
            en: en.into(),
        }
    }

    /// The same wording in both languages: codes, numbers, names.
    pub fn same(both: impl Into<String>) -> Self {
        let both = both.into();
        Self {
            vi: both.clone(),
            en: both,
        }
    }

    /// Whether both languages say something.
    pub fn is_complete(&self) -> bool {
        !self.vi.trim().is_empty() && !self.en.trim().is_empty()
    }
}
