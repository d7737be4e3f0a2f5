//! Lint of the English side of names: whether it is there is an error of its own, whether it is English a warning.

use super::Lint;
use crate::domain::text::{Text, folded, plain_letters};

impl Lint {
    /// Warns of an English text that is the Vietnamese one again.
    pub(super) fn translation(&mut self, path: &str, text: &Text) {
        if is_untranslated(text) {
            self.warning(
                path,
                "UNTRANSLATED",
                "phần tiếng Anh lặp lại tiếng Việt; hãy dịch sang tiếng Anh",
                "the English text repeats the Vietnamese one; translate it",
            );
        }
    }
}

/// Whether both sides are the same words, of which some are Vietnamese for certain. Without any mark they may be a name in
/// both languages: KPI, ISO 9001.
fn is_untranslated(text: &Text) -> bool {
    let has_marks = plain_letters(&text.vi).ne(text.vi.chars().flat_map(char::to_lowercase));
    // Marks that were left out on the way to the English side translate nothing.
    has_marks && folded(&text.vi) == folded(&text.en)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::framework::{Framework, Severity};

    #[test]
    fn vietnamese_words_are_not_english_ones_with_or_without_marks() {
        for (vi, en, expected) in [
            ("Kế hoạch", "Kế hoạch", true),
            ("Kế hoạch năm", "KE HOACH  NAM", true),
            ("Đạt", "Dat.", true),
            ("Kế hoạch", "Plan", false),
            ("Kế hoạch", "Kế hoạch (plan)", false),
            ("Kế hoạch", "", false),
            ("ISO 9001 – 2015", "ISO 9001 – 2015", false),
            ("KPI", "KPI", false),
            ("%", "%", false),
        ] {
            assert_eq!(is_untranslated(&Text::new(vi, en)), expected, "{vi} / {en}");
        }
    }

    #[test]
    fn names_are_looked_at_wherever_they_stand() {
        let seeded: Value = serde_json::from_str(include_str!("../../../seed/frameworks/SO.2019.json")).expect("json");
        for (pointer, path) in [
            ("/name", "name"),
            ("/classes/0/name", "classes/XUAT_SAC"),
            ("/nodes/0/name", "nodes/1/name"),
            ("/nodes/2/leaf/inputs/0/name", "nodes/1.1.1/leaf/inputs/issued/name"),
            ("/nodes/2/leaf/rule/options/1/name", "nodes/1.1.1/leaf/rule/LATE"),
            (
                "/nodes/2/leaf/requiredEvidence/0/name",
                "nodes/1.1.1/leaf/requiredEvidence/PLAN",
            ),
        ] {
            let mut framework = seeded.clone();
            *framework.pointer_mut(pointer).expect(pointer) = json!({"vi": "Kế hoạch", "en": "Ke hoach"});
            let findings = Framework::parse(&framework).expect("readable").lint();
            let found: Vec<_> = findings
                .iter()
                .map(|one| (one.severity, one.code.as_str(), one.path.as_str()))
                .collect();
            assert_eq!(found, [(Severity::Warning, "UNTRANSLATED", path)]);
        }
    }
}
