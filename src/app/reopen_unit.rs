//! Giving a whole dossier, or fields of it, back to its unit while appraisal goes on.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::explain_leaf::statement;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::reopen_leaf::GivenBack;
use crate::domain::assessment::{Statement, StatementKind};
use crate::domain::policy::Permission;
use crate::store::StreamId;

/// Opens every leaf of a dossier for its unit again, or those of some fields, by the rules by which one leaf is reopened, all in
/// one commit. What the unit does not declare itself, and what does not apply to it, is left as it is.
#[derive(Clone, Debug, Serialize)]
pub struct ReopenUnit {
    pub round: String,
    pub unit: String,
    /// Codes of fields; all of them if empty.
    pub fields: Vec<String>,
    pub reason: String,
    /// Last day, in the round's time zone.
    pub due: Date,
}

#[async_trait]
impl Command for ReopenUnit {
    const NAME: &'static str = "ReopenUnit";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Desk;
    /// Codes of the leaves that were reopened, in the framework's order.
    type Output = Vec<String>;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        let desk = Desk::load_named(read, &self.stream(), None, &|_| None).await?;
        for (place, code) in self.fields.iter().enumerate() {
            if !desk.framework.fields().any(|field| field.code == *code) {
                return Err(Error::NotFound { what: "field" }.about(format!("fields.{place}")));
            }
        }
        let owners = vec![desk.owner()];
        Ok(Loaded { state: desk, owners })
    }

    fn decide(&self, mut desk: Desk, context: &Context<'_>) -> Result<Decision<Vec<String>>, Error> {
        let back = GivenBack {
            reason: &self.reason,
            due: self.due,
        };
        back.check(&desk, context)?;
        let wanted: BTreeSet<&String> = self.fields.iter().collect();
        let framework = desk.framework.clone();
        let (mut opened, mut refused) = (Vec::new(), None);
        for (node, _) in framework.leaves() {
            let code = &node.code;
            let field = framework.field_of(code).map(|field| &field.code);
            if !wanted.is_empty() && !field.is_some_and(|field| wanted.contains(field)) {
                continue;
            }
            match desk.check_appraised(code) {
                Ok(()) => {
                    back.open(&mut desk, code, context)?;
                    opened.push(code.clone());
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        // Where there is nothing to give back, the first leaf says why.
        if let (true, Some(refused)) = (opened.is_empty(), refused) {
            return Err(refused);
        }
        let said = (StatementKind::Reopening, self.reason.as_str());
        let statement = |(place, code): (usize, &String)| Statement {
            id: context.new_id("statement", place),
            ..statement(code, said, context)
        };
        let statements: Vec<Statement> = opened.iter().enumerate().map(statement).collect();
        let mut decision = Decision::new(opened).put_all(statements);
        desk.write(&mut decision);
        Ok(decision.because(self.reason.clone()))
    }
}
