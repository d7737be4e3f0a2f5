//! Text for people, in both languages of the product.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

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

/// The words of a text as people compare them, with one space between: without case, diacritics and punctuation, `đ` as
/// `d`. `Sở GTVT - tỉnh Quảng Nam` and `SO GTVT TINH QUANG NAM` are one.
pub fn folded(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for character in plain_letters(text) {
        if character.is_alphanumeric() {
            words.push(character);
        } else if !words.ends_with(' ') && !words.is_empty() {
            words.push(' ');
        }
    }
    words.truncate(words.trim_end().len());
    words
}

/// The characters of a text without case and diacritics.
pub(super) fn plain_letters(text: &str) -> impl Iterator<Item = char> {
    let bare = text.nfd().filter(|character| !is_combining_mark(*character));
    bare.flat_map(char::to_lowercase).map(|character| match character {
        'đ' => 'd',
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn words_are_compared_without_case_diacritics_and_punctuation() {
        for (text, words) in [
            ("Ủy ban nhân dân tỉnh", "uy ban nhan dan tinh"),
            ("  UỶ BAN  NHÂN DÂN – TỈNH. ", "uy ban nhan dan tinh"),
            ("Điện Bàn", "dien ban"),
            ("15/BC-SNV", "15 bc snv"),
            ("…", ""),
        ] {
            assert_eq!(folded(text), words, "{text}");
        }
    }
}
