//! Reading a framework from JSON, with every problem named by its place.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{FORMAT, Finding, Framework, Leaf, MAXIMUM_NODES, Node};
use crate::domain::input::InputSpec;
use crate::domain::rule::Rule;
use crate::domain::text::Text;

impl Framework {
    /// Reads a framework. Every part that cannot be read is a finding of its own, so that a long document is repaired
    /// in one go; whether what was read makes sense is for [`Framework::lint`].
    pub fn parse(value: &Value) -> Result<Self, Vec<Finding>> {
        let Value::Object(object) = value else {
            return Err(vec![unreadable("", "a framework is a JSON object")]);
        };
        let mut findings = Vec::new();
        let mut head = object.clone();
        let nodes = head.insert("nodes".to_owned(), json!([]));
        let framework: Option<Self> = part(&mut findings, "", Value::Object(head));
        let nodes = parse_nodes(&mut findings, nodes);
        match framework {
            Some(mut framework) if findings.is_empty() => {
                framework.nodes = nodes;
                if framework.format != FORMAT {
                    findings.push(unreadable("format", &format!("only format {FORMAT} is known")));
                }
                if findings.is_empty() {
                    Ok(framework)
                } else {
                    Err(findings)
                }
            }
            _ => Err(findings),
        }
    }
}

fn parse_nodes(findings: &mut Vec<Finding>, nodes: Option<Value>) -> Vec<Node> {
    let Some(Value::Array(nodes)) = nodes else {
        findings.push(unreadable("nodes", "a framework has a list of nodes"));
        return Vec::new();
    };
    if nodes.len() > MAXIMUM_NODES {
        findings.push(unreadable(
            "nodes",
            &format!("a framework has at most {MAXIMUM_NODES} nodes"),
        ));
        return Vec::new();
    }
    let parse = |(position, node): (usize, Value)| {
        let code = node.get("code").and_then(Value::as_str).map(str::to_owned);
        let path = format!("nodes/{}", code.unwrap_or_else(|| position.to_string()));
        parse_node(findings, &path, node)
    };
    nodes.into_iter().enumerate().filter_map(parse).collect()
}

/// Takes the node apart and reads the parts one by one, because one error at a time in a tree of a hundred is no help.
fn parse_node(findings: &mut Vec<Finding>, path: &str, mut value: Value) -> Option<Node> {
    let leaf = value.as_object_mut().and_then(|node| node.remove("leaf"));
    let node: Option<Node> = part(findings, path, value);
    let leaf = match leaf {
        None => None,
        Some(leaf) => Some(parse_leaf(findings, &format!("{path}/leaf"), leaf)?),
    };
    node.map(|node| Node { leaf, ..node })
}

fn parse_leaf(findings: &mut Vec<Finding>, path: &str, mut value: Value) -> Option<Leaf> {
    let before = findings.len();
    if let Some(object) = value.as_object_mut() {
        if let Some(rule) = object.get("rule") {
            part::<Rule>(findings, &format!("{path}/rule"), rule.clone());
        }
        if let Some(Value::Array(inputs)) = object.get("inputs") {
            for (position, input) in inputs.iter().enumerate() {
                let code = input.get("code").and_then(Value::as_str).map(str::to_owned);
                let code = code.unwrap_or_else(|| position.to_string());
                part::<InputSpec>(findings, &format!("{path}/inputs/{code}"), input.clone());
            }
        }
    }
    // Whole again: parts that are readable by themselves are readable together, and what is left is the leaf's own.
    if findings.len() > before {
        None
    } else {
        part(findings, path, value)
    }
}

/// Reads a part, and refuses what reading dropped: a `null`, or a field next to a variant that has none.
fn part<T: Serialize + DeserializeOwned>(findings: &mut Vec<Finding>, path: &str, value: Value) -> Option<T> {
    let read = match serde_json::from_value::<T>(value.clone()) {
        Ok(read) => read,
        Err(error) => {
            findings.push(unreadable(path, &error.to_string()));
            return None;
        }
    };
    let written = serde_json::to_value(&read).unwrap_or(Value::Null);
    match dropped(&value, &written) {
        None => Some(read),
        Some(field) => {
            findings.push(unreadable(path, &format!("unknown or empty field `{field}`")));
            None
        }
    }
}

fn dropped(value: &Value, written: &Value) -> Option<String> {
    let below = |key: &str, inner: Option<String>| inner.map(|inner| format!("{key}/{inner}"));
    match (value, written) {
        (Value::Object(value), Value::Object(written)) => dropped_key(value, written),
        (Value::Array(value), Value::Array(written)) => value
            .iter()
            .zip(written)
            .enumerate()
            .find_map(|(position, (value, written))| below(&position.to_string(), dropped(value, written))),
        _ => None,
    }
}

fn dropped_key(value: &Map<String, Value>, written: &Map<String, Value>) -> Option<String> {
    value.iter().find_map(|(key, value)| match written.get(key) {
        None => Some(key.clone()),
        Some(written) => dropped(value, written).map(|inner| format!("{key}/{inner}")),
    })
}

fn unreadable(path: &str, reason: &str) -> Finding {
    Finding::error(
        path,
        "UNREADABLE",
        Text::new(format!("không đọc được: {reason}"), format!("cannot be read: {reason}")),
    )
}
