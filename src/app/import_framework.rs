//! Importing a framework: linted as a whole, issued at once, immutable from then on.

use async_trait::async_trait;
use serde::Serialize;

use super::documents::streams;
use super::error::Error;
use super::findings::{Named, check_errors, placed};
use super::gate::{Command, Context, Decision, Loaded, Owner};
use super::reader::Reader;
use super::text::check_code;
use crate::domain::framework::{Finding, Framework};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::store::StreamId;
use crate::store::typed::Versioned;

const FRAMEWORK: Named = Named {
    field: "framework",
    vi: "Bộ chỉ số",
    en: "framework",
};

/// Reads and lints a framework without issuing it.
///
/// # Errors
/// The findings when the JSON is not a framework at all.
pub fn check(json: &serde_json::Value) -> Result<(Framework, Vec<Finding>), Vec<Finding>> {
    let framework = Framework::parse(json)?;
    let findings = framework.lint();
    Ok((framework, findings))
}

/// Issues a framework that has been read and linted.
#[derive(Debug, Serialize)]
pub struct ImportFramework {
    pub framework: Framework,
    /// Issue in spite of warnings.
    pub accept_warnings: bool,
}

#[async_trait]
impl Command for ImportFramework {
    const NAME: &'static str = "ImportFramework";
    const PERMISSION: Permission = Permission::KeepFrameworks;
    type State = Option<Versioned<Framework>>;
    /// `code@version`.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::framework(&self.framework.code, &self.framework.version)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        check_code("framework.code", &self.framework.code)?;
        check_code("framework.version", &self.framework.version)?;
        let stream = self.stream();
        Ok(Loaded {
            state: read.get(&stream, stream.key()).await?,
            owners: vec![Owner::System],
        })
    }

    fn decide(&self, issued: Self::State, _: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        let id = format!("{}@{}", self.framework.code, self.framework.version);
        if let Some(issued) = issued {
            if issued.value == self.framework {
                return Ok(Decision::new(id));
            }
            let (code, version) = (self.framework.code.clone(), self.framework.version.clone());
            return Err(Rejection::FrameworkIssued { code, version }.into());
        }
        let findings = self.framework.lint();
        check_errors(&FRAMEWORK, &findings)?;
        if let Some(first) = findings.first()
            && !self.accept_warnings
        {
            let (count, first) = (findings.len(), placed(first));
            return Err(Rejection::FrameworkWarnings { count, first }.into());
        }
        Ok(Decision::new(id).put(self.framework.clone()))
    }
}
