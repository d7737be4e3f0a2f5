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
use crate::domain::assessment::{AssessmentState, Statement, StatementKind};
use crate::domain::policy::Permission;
use crate::domain::text::Text;
use crate::store::StreamId;

/// Most leaves that are given back at once: each writes three documents, and a commit takes 1,000.
const MAX_REOPENED: usize = 300;

/// Whether the unit has been asked for a supplement to a leaf that is not judged since.
fn is_asked(desk: &Desk, code: &str) -> Result<bool, Error> {
    let state = desk.leaf(code)?.assessment.state;
    Ok(matches!(
        state,
        AssessmentState::SupplementRequested | AssessmentState::Supplemented
    ))
}

/// Whether it is a bonus or penalty of which the unit said nothing: there is nothing to do again, and nobody has to verify it.
fn is_unclaimed(desk: &Desk, code: &str) -> Result<bool, Error> {
    let assessment = &desk.leaf(code)?.assessment;
    let nothing_said = matches!(assessment.state, AssessmentState::Open | AssessmentState::Declared);
    Ok(nothing_said && assessment.section.is_some())
}

/// Opens every leaf of a dossier for its unit again, or those of some fields, by the rules by which one leaf is reopened, all in
/// one commit. What the unit does not declare itself, what does not apply to it, what it is asked for or has answered already, and
/// a bonus or penalty of which it said nothing is left as it is.
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
        let (mut opened, mut kept, mut refused) = (Vec::new(), false, None);
        for (node, _) in framework.leaves() {
            let code = &node.code;
            let field = framework.field_of(code).map(|field| &field.code);
            if !wanted.is_empty() && !field.is_some_and(|field| wanted.contains(field)) {
                continue;
            }
            match desk.check_appraised(code) {
                // It is the unit's turn already, or it has answered: neither the question nor the answer is lost.
                Ok(()) if is_asked(&desk, code)? || is_unclaimed(&desk, code)? => kept = true,
                Ok(()) => {
                    back.open(&mut desk, code, context)?;
                    opened.push(code.clone());
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        if opened.len() > MAX_REOPENED {
            return Err(Error::TooLarge {
                field: "fields".to_owned(),
                message: Text::new(
                    format!("Tối đa {MAX_REOPENED} tiêu chí mỗi lần; hãy nêu từng lĩnh vực trong fields."),
                    format!("At most {MAX_REOPENED} leaves at once; name fields, some at a time."),
                ),
            });
        }
        // Where there is nothing to give back, the first leaf says why.
        if let (true, Some(refused)) = (opened.is_empty() && !kept, refused) {
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
