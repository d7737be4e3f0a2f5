//! What lint finds of a document that is issued as a whole, a framework or a questionnaire, as an answer to who sends it.

use super::error::Error;
use crate::domain::framework::{Finding, Severity};
use crate::domain::text::Text;

/// What is issued, as its senders call it.
pub(super) struct Named {
    /// Its field in the input.
    pub field: &'static str,
    pub vi: &'static str,
    pub en: &'static str,
}

/// A finding with the place that it is about.
pub(super) fn placed(finding: &Finding) -> Text {
    let Finding { path, message, .. } = finding;
    Text::new(format!("{path}: {}", message.vi), format!("{path}: {}", message.en))
}

/// The first of the findings that forbid issuing, and how many there are.
pub(super) fn errors(findings: &[Finding]) -> Option<(&Finding, usize)> {
    let mut errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let first = errors.next()?;
    Some((first, 1 + errors.count()))
}

/// Whether nothing forbids issuing. What has errors is wrong whatever else is there: no state of the store would make it good.
///
/// # Errors
/// [`Error::Invalid`] at the first of them.
pub(super) fn check_errors(named: &Named, findings: &[Finding]) -> Result<(), Error> {
    let Some((first, count)) = errors(findings) else {
        return Ok(());
    };
    let Named { field, vi, en } = named;
    let told = placed(first);
    Err(Error::invalid(
        format!("{field}.{}", first.path),
        format!(
            "{vi} có {count} lỗi, đầu tiên là {}; gửi với dryRun để xem tất cả.",
            told.vi
        ),
        format!(
            "The {en} has {count} errors, the first is {}; send it with dryRun to see all.",
            told.en
        ),
    ))
}

/// That JSON could not be read as what it should be, at the first place that says why.
pub fn unreadable(field: &str, findings: Vec<Finding>) -> Error {
    let first = findings.into_iter().next();
    let (path, message) = first.map_or_else(
        || (String::new(), Text::same("?")),
        |finding| (finding.path, finding.message),
    );
    Error::Invalid {
        field: format!("{field}.{path}").trim_end_matches('.').to_owned(),
        message,
    }
}
