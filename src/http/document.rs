//! From the parameters of a request to a parsed and weighed document. Documents that passed are kept, by hash, so that
//! a portal's fixed queries are parsed once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Name, Request, ServerError, Variables};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::limits;
use super::refusal::Refusal;
use super::scan::scan;
use super::weigh::weigh;

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

/// The documents that were sent before.
#[derive(Default)]
pub struct Documents(Mutex<Known>);

#[derive(Default)]
struct Known {
    parsed: HashMap<[u8; 32], Arc<ExecutableDocument>>,
    order: VecDeque<[u8; 32]>,
}

impl Documents {
    /// Parses and weighs.
    pub fn prepare(&self, parameters: Parameters) -> Result<Prepared, Unfit> {
        let variables = serde_json::Value::Object(parameters.variables.unwrap_or_default());
        let variables = Variables::from_json(variables);
        let document = self.parsed(&parameters.query)?;
        weigh(&document, &variables).map_err(Refusal::from)?;
        let kind = kind(&document, parameters.operation_name.as_deref());
        let mut request = Request::new(parameters.query).variables(variables);
        request.operation_name = parameters.operation_name;
        request.set_parsed_query(ExecutableDocument::clone(&document));
        Ok(Prepared { request, kind })
    }

    fn parsed(&self, text: &str) -> Result<Arc<ExecutableDocument>, Unfit> {
        let name: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        if let Some(known) = self.known().parsed.get(&name) {
            return Ok(Arc::clone(known));
        }
        scan(text)?;
        let document = Arc::new(parse_query(text).map_err(|error| Unfit::Syntax(error.into()))?);
        if text.len() <= limits::CACHED_DOCUMENT_BYTES {
            self.keep(name, &document);
        }
        Ok(document)
    }

    fn keep(&self, name: [u8; 32], document: &Arc<ExecutableDocument>) {
        let mut known = self.known();
        if known.parsed.insert(name, Arc::clone(document)).is_none() {
            known.order.push_back(name);
        }
        if known.order.len() > limits::CACHED_DOCUMENTS
            && let Some(oldest) = known.order.pop_front()
        {
            known.parsed.remove(&oldest);
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kind(document: &ExecutableDocument, name: Option<&str>) -> Option<OperationType> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation.node.ty),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(&Name::new(name)).map(|operation| operation.node.ty)
        }
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
            operations.values().next().map(|operation| operation.node.ty)
        }
        (DocumentOperations::Multiple(_), None) => None,
    }
}
