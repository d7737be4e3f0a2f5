//! A framework copied forward, in the API.

use async_graphql::{InputObject, Object, OneofObject};

use super::framework_changes::FrameworkChanges;
use super::frameworks::Finding;
use super::scalars::Json;
use crate::app::copy_framework::CopiedFramework;
use crate::domain::framework::{self, Edit};

/// A change on the way from one framework to the next.
#[derive(OneofObject)]
pub enum FrameworkEdit {
    /// Changes a node, or the framework as a whole.
    Change(FrameworkChangeInput),
    /// Takes the node with this code out, with all that lies below it.
    Remove(String),
    /// Puts a node in.
    Add(FrameworkNodeInput),
}

/// What is changed of a node, or of the framework as a whole.
#[derive(InputObject)]
pub struct FrameworkChangeInput {
    /// Code of the node; left out for the framework as a whole (its name, scale, scoring, classes, sources).
    pub node: Option<String>,
    /// Values that take the place of what is there; null takes it away, objects are changed inside, lists as a whole (RFC 7396). A
    /// node that gets another code takes along what lies below it.
    pub patch: Json,
}

/// A node that is put in.
#[derive(InputObject)]
pub struct FrameworkNodeInput {
    /// In the form that importFramework takes.
    pub node: Json,
    /// Code of the node behind which it stands, and behind what lies below that; left out for the end.
    pub after: Option<String>,
}

impl From<FrameworkEdit> for Edit {
    fn from(edit: FrameworkEdit) -> Self {
        match edit {
            FrameworkEdit::Change(change) => Self::Change {
                node: change.node,
                patch: change.patch.0,
            },
            FrameworkEdit::Remove(node) => Self::Remove { node },
            FrameworkEdit::Add(add) => Self::Add {
                node: add.node.0,
                after: add.after,
            },
        }
    }
}

/// A framework copied forward.
pub struct FrameworkCopy(pub CopiedFramework);

/// A framework copied forward; it is no framework of the system until it is imported.
#[Object]
impl FrameworkCopy {
    /// All of it, as importFramework and replayFramework take it.
    async fn json(&self) -> Json {
        Json(self.0.json.clone())
    }

    /// What is wrong with it: with errors it cannot be imported, warnings have to be accepted.
    async fn findings(&self) -> Vec<Finding> {
        self.0
            .findings
            .iter()
            .map(|one: &framework::Finding| one.clone().into())
            .collect()
    }

    /// What it changes against the framework that it was copied from; null while it cannot be read.
    async fn changes(&self) -> Option<FrameworkChanges> {
        let compared = self.0.compared.as_ref()?;
        Some(FrameworkChanges(compared.clone()))
    }
}
