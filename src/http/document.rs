//! From the parameters of a request to a parsed and weighed document. Documents that passed are kept, by hash, so that
//! a portal's fixed queries are parsed once.

use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Name, Request, ServerError, Variables};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::limits;
use super::refusal::Refusal;
use super::scan::scan;
use super::weigh::weigh;
use crate::app::remembered::Remembered;

/// What a client sends (GraphQL over HTTP, "Request parameters").
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// The document.
    pub query: String,
    /// Which of its operations, if it has several.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// Values of its variables.
    #[serde(default)]
    pub variables: Option<serde_json::Map<String, serde_json::Value>>,
    /// Read for its shape alone: none is known.
    #[serde(default)]
    #[allow(dead_code)]
    pub extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A request that may be executed.
pub struct Prepared {
    /// With its document parsed.
    pub request: Request,
    /// What it does; `None` if it names no operation of its document, which the schema will say.
    pub kind: Option<OperationType>,
}

/// Why a request is not executed.
pub enum Unfit {
    /// It is refused by the edge.
    Refused(Refusal),
    /// The document does not parse.
    Syntax(ServerError),
}

impl From<Refusal> for Unfit {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The documents that were sent before, by hash.
pub struct Documents(Remembered<[u8; 32], Arc<ExecutableDocument>>);

impl Default for Documents {
    fn default() -> Self {
        Self(Remembered::new(limits::CACHED_DOCUMENTS))
    }
}

impl Documents {
    /// Parses and weighs.
    pub fn prepare(&self, parameters: Parameters) -> Result<Prepared, Unfit> {
        let variables = serde_json::Value::Object(parameters.variables.unwrap_or_default());
        let mut variables = Variables::from_json(variables);
        let document = self.parsed(&parameters.query)?;
        let operation = operation(&document, parameters.operation_name.as_deref());
        if let Some(operation) = operation {
            put_defaults(operation, &mut variables);
        }
        weigh(&document, &variables).map_err(Refusal::from)?;
        let kind = operation.map(|operation| operation.ty);
        let mut request = Request::new(parameters.query).variables(variables);
        request.operation_name = parameters.operation_name;
        request.set_parsed_query(ExecutableDocument::clone(&document));
        Ok(Prepared { request, kind })
    }

    fn parsed(&self, text: &str) -> Result<Arc<ExecutableDocument>, Unfit> {
        let name: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        if let Some(known) = self.0.get(&name) {
            return Ok(known);
        }
        scan(text)?;
        let document = Arc::new(parse_query(text).map_err(|error| Unfit::Syntax(error.into()))?);
        if text.len() <= limits::CACHED_DOCUMENT_BYTES {
            self.0.keep(name, Arc::clone(&document));
        }
        Ok(document)
    }
}

/// The operation that is to be executed; `None` if the request names none of its document.
fn operation<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Option<&'a OperationDefinition> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(&Name::new(name)),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => operations.values().next(),
        (DocumentOperations::Multiple(_), None) => None,
    };
    found.map(|operation| &operation.node)
}

/// Gives every variable that was not sent its default (GraphQL, "Coercing Variable Values"): the library reads `@skip`
/// and `@include` before it does so itself.
fn put_defaults(operation: &OperationDefinition, variables: &mut Variables) {
    for definition in &operation.variable_definitions {
        let name = &definition.node.name.node;
        if let Some(default) = &definition.node.default_value
            && !variables.contains_key(name)
        {
            variables.insert(name.clone(), default.node.clone());
        }
    }
}
