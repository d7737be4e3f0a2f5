//! Copying a framework forward into a draft: the new text, what is wrong with it, and what it changes. Nothing is issued; for that the
//! text is imported.

use std::sync::Arc;

use serde_json::Value;

use super::Session;
use super::browse_frameworks::{ComparedFrameworks, FrameworkKey};
use super::error::Error;
use super::import_framework::check;
use super::text::check_code;
use crate::domain::framework::{Edit, Finding, MAXIMUM_EDITS, copy};
use crate::domain::policy::Permission;

/// A framework copied forward.
pub struct CopiedFramework {
    /// As it is imported.
    pub json: Value,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// What it changes; absent where it cannot be read.
    pub compared: Option<ComparedFrameworks>,
}

impl Session {
    /// The framework `from` under the name `to`, with edits; for those who keep frameworks.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that is not there, [`Error::Invalid`] with the place of an edit that does not fit.
    pub async fn copy_framework(
        &self,
        from: &FrameworkKey,
        to: &FrameworkKey,
        edits: &[Edit],
    ) -> Result<CopiedFramework, Error> {
        self.holder_of(Permission::KeepFrameworks).await?;
        check_code("to.code", &to.code)?;
        check_code("to.version", &to.version)?;
        if edits.len() > MAXIMUM_EDITS {
            return Err(Error::invalid(
                "edits",
                format!("Tối đa {MAXIMUM_EDITS} sửa đổi."),
                format!("At most {MAXIMUM_EDITS} edits."),
            ));
        }
        let found = self.framework(&from.code, &from.version).await;
        let before = found.map_err(|error| error.about("from"))?;
        let text = serde_json::to_value(&*before).map_err(|error| Error::Internal(Box::new(error)))?;
        let json = copy(text, (&to.code, &to.version), edits).map_err(|problem| Error::Invalid {
            field: format!("edits.{}", problem.edit),
            message: problem.message,
        })?;
        Ok(match check(&json) {
            Ok((framework, findings)) => {
                let changes = before.changes_to(&framework);
                let compared = ComparedFrameworks {
                    from: before,
                    to: Arc::new(framework),
                    changes,
                };
                CopiedFramework {
                    json,
                    findings,
                    compared: Some(compared),
                }
            }
            Err(findings) => CopiedFramework {
                json,
                findings,
                compared: None,
            },
        })
    }
}
