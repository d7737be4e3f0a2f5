//! How numbers and values are written for people: a decimal comma in Vietnamese, a point in English.

use crate::domain::exact::Exact;
use crate::domain::text::Text;

/// Places to which numbers without a short decimal are shown; the exact value stands next to the text.
const SHOWN_PLACES: u32 = 4;
/// Longest decimals that are shown in full.
const FULL_PLACES: u32 = 6;

/// A language of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Vietnamese,
    English,
}

/// The same sentence in both languages.
pub fn text(sentence: impl Fn(Language) -> String) -> Text {
    Text::new(sentence(Language::Vietnamese), sentence(Language::English))
}

impl Language {
    /// The wording of this language.
    pub fn pick<'a>(self, vietnamese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Vietnamese => vietnamese,
            Self::English => english,
        }
    }

    /// A text in this language.
    pub fn of(self, text: &Text) -> &str {
        self.pick(&text.vi, &text.en)
    }

    /// A number, with `≈` when it is rounded.
    pub fn number(self, number: &Exact) -> String {
        let shown = match number.decimal_text(FULL_PLACES) {
            Some(text) => text,
            None => format!("≈ {}", number.rounded(SHOWN_PLACES)),
        };
        match self {
            Self::Vietnamese if shown.contains('.') => shown.replace('.', ","),
            Self::Vietnamese | Self::English => shown,
        }
    }

    /// A ratio as a percentage.
    pub fn percent(self, ratio: &Exact) -> String {
        format!("{} %", self.number(&(ratio * &Exact::from_integer(100))))
    }

    /// The year that lies so many years before the assessed one.
    pub fn years_before(self, years: u8) -> String {
        match (self, years) {
            (Self::Vietnamese, 0 | 1) => "năm trước".to_owned(),
            (Self::Vietnamese, years) => format!("{years} năm trước"),
            (Self::English, 0 | 1) => "last year".to_owned(),
            (Self::English, years) => format!("{years} years before"),
        }
    }

    /// Points of a maximum.
    pub fn points_of(self, points: &Exact, maximum: &Exact) -> String {
        format!(
            "{} {} {}",
            self.number(points),
            self.pick("trên", "of"),
            self.number(maximum)
        )
    }
}
