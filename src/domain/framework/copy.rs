//! Copying a framework forward: the same tree under another name, with edits. What comes out is JSON that is read, linted and compared
//! like any other; nothing is issued here.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::domain::text::Text;

/// Most edits of one copy: more than a whole tree of 600 nodes takes.
pub const MAXIMUM_EDITS: usize = 1_000;

/// A change on the way from one framework to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Changes a node, or the framework itself where no code is given: values take the place of what is there, `null` takes it
    /// away, objects are changed inside (RFC 7396). A node that gets another code takes along what lies below it.
    Change { node: Option<String>, patch: Value },
    /// Takes a node out with all that lies below it.
    Remove { node: String },
    /// Puts a node in, behind another one and what lies below that, or at the end.
    Add { node: Value, after: Option<String> },
}

/// An edit that does not fit what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditProblem {
    /// Position of the edit, from 0.
    pub edit: usize,
    pub message: Text,
}

/// The JSON of a framework under another name, edited in the order given.
///
/// # Errors
/// The first edit that does not fit: of a node that is not there, or is there already.
pub fn copy(framework: Value, (code, version): (&str, &str), edits: &[Edit]) -> Result<Value, EditProblem> {
    let mut framework = framework;
    let nodes = framework.get_mut("nodes").map(Value::take);
    let mut nodes = match nodes {
        Some(Value::Array(nodes)) => nodes,
        _ => Vec::new(),
    };
    for (position, edit) in edits.iter().enumerate() {
        let done = match edit {
            Edit::Change { node: None, patch } => change_whole(&mut framework, patch),
            Edit::Change {
                node: Some(node),
                patch,
            } => change_node(&mut nodes, node, patch),
            Edit::Remove { node } => remove(&mut nodes, node),
            Edit::Add { node, after } => add(&mut nodes, node, after.as_deref()),
        };
        done.map_err(|message| EditProblem {
            edit: position,
            message,
        })?;
    }
    merge(&mut framework, &json!({"code": code, "version": version}));
    framework["nodes"] = Value::Array(nodes);
    Ok(framework)
}

fn change_whole(framework: &mut Value, patch: &Value) -> Result<(), Text> {
    let named = ["code", "version", "nodes"];
    if !patch.is_object() || named.iter().any(|name| patch.get(name).is_some()) {
        return Err(Text::new(
            "patch phải là đối tượng; mã và bản nêu ở to, từng nút sửa riêng",
            "a patch is an object; code and version are given in `to`, and nodes are edited one by one",
        ));
    }
    merge(framework, patch);
    Ok(())
}

fn change_node(nodes: &mut [Value], code: &str, patch: &Value) -> Result<(), Text> {
    let place = place_of(nodes, code)?;
    if !patch.is_object() {
        return Err(Text::new("patch phải là đối tượng", "a patch is an object"));
    }
    let renamed = patch.get("code").and_then(Value::as_str).filter(|new| *new != code);
    if let Some(new) = renamed {
        check_free(nodes, new)?;
        for node in nodes.iter_mut().filter(|node| parent_of(node) == Some(code)) {
            node["parent"] = json!(new);
        }
    }
    merge(&mut nodes[place], patch);
    Ok(())
}

fn remove(nodes: &mut Vec<Value>, code: &str) -> Result<(), Text> {
    place_of(nodes, code)?;
    let below = under(nodes, code);
    nodes.retain(|node| code_of(node).is_none_or(|code| !below.contains(code)));
    Ok(())
}

fn add(nodes: &mut Vec<Value>, node: &Value, after: Option<&str>) -> Result<(), Text> {
    let Some(code) = code_of(node) else {
        return Err(Text::new("nút cần có code", "a node needs a code"));
    };
    check_free(nodes, code)?;
    let place = match after {
        None => nodes.len(),
        Some(after) => {
            place_of(nodes, after)?;
            let below = under(nodes, after);
            let within = |node: &Value| code_of(node).is_some_and(|code| below.contains(code));
            nodes.iter().rposition(within).map_or(nodes.len(), |last| last + 1)
        }
    };
    nodes.insert(place, node.clone());
    Ok(())
}

fn code_of(node: &Value) -> Option<&str> {
    node.get("code")?.as_str()
}

fn parent_of(node: &Value) -> Option<&str> {
    node.get("parent")?.as_str()
}

fn place_of(nodes: &[Value], code: &str) -> Result<usize, Text> {
    nodes
        .iter()
        .position(|node| code_of(node) == Some(code))
        .ok_or_else(|| Text::new(format!("không có nút {code}"), format!("there is no node {code}")))
}

fn check_free(nodes: &[Value], code: &str) -> Result<(), Text> {
    match place_of(nodes, code) {
        Err(_) => Ok(()),
        Ok(_) => Err(Text::new(
            format!("đã có nút {code}"),
            format!("there is a node {code} already"),
        )),
    }
}

/// Codes of a node and of all that lies below it, in whatever order they stand.
fn under(nodes: &[Value], code: &str) -> BTreeSet<String> {
    let mut below = BTreeSet::from([code.to_owned()]);
    loop {
        let before = below.len();
        for node in nodes {
            if let (Some(parent), Some(code)) = (parent_of(node), code_of(node))
                && below.contains(parent)
            {
                below.insert(code.to_owned());
            }
        }
        if below.len() == before {
            return below;
        }
    }
}

/// JSON Merge Patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(object) = target else { return };
    for (name, value) in changes {
        if value.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Value {
        json!({"code": "A", "version": "2019", "scale": "10", "sources": ["1150/QĐ-BNV"], "nodes": [
            {"code": "1", "points": "6"},
            {"code": "1.1", "parent": "1", "points": "4", "leaf": {"appraiser": "SNV", "rule": {"kind": "BANDS"}}},
            {"code": "1.2", "parent": "1", "points": "2"},
            {"code": "2", "points": "4"},
            {"code": "2.1", "parent": "2", "points": "4"},
        ]})
    }

    fn change(node: &str, patch: Value) -> Edit {
        let node = Some(node.to_owned());
        Edit::Change { node, patch }
    }

    fn codes(framework: &Value) -> Vec<(&str, Option<&str>)> {
        let nodes = framework["nodes"].as_array().expect("nodes").iter();
        nodes
            .map(|node| (code_of(node).expect("a code"), parent_of(node)))
            .collect()
    }

    #[test]
    fn without_edits_only_the_name_is_another() {
        let copied = copy(tree(), ("B", "2020"), &[]).expect("a copy");
        assert_eq!(copied["code"], "B");
        assert_eq!(copied["version"], "2020");
        assert_eq!(copied["nodes"], tree()["nodes"]);
        assert_eq!(copied["sources"], tree()["sources"]);
    }

    #[test]
    fn edits_change_take_out_and_put_in() {
        let edits = [
            change("1.1", json!({"points": "3", "leaf": {"appraiser": "VPUB"}})),
            change("2", json!({"code": "3"})),
            Edit::Remove { node: "1.2".to_owned() },
            Edit::Add {
                node: json!({"code": "1.3", "parent": "1", "points": "3"}),
                after: Some("1".to_owned()),
            },
            Edit::Change {
                node: None,
                patch: json!({"sources": ["1149/QĐ-BNV"], "scale": null}),
            },
        ];
        let copied = copy(tree(), ("A", "2020"), &edits).expect("a copy");
        assert_eq!(
            codes(&copied),
            [
                ("1", None),
                ("1.1", Some("1")),
                ("1.3", Some("1")),
                ("3", None),
                ("2.1", Some("3"))
            ]
        );
        let changed = &copied["nodes"][1];
        assert_eq!(changed["points"], "3");
        assert_eq!(changed["leaf"], json!({"appraiser": "VPUB", "rule": {"kind": "BANDS"}}));
        assert_eq!(copied["sources"], json!(["1149/QĐ-BNV"]));
        assert_eq!(copied.get("scale"), None);
    }

    #[test]
    fn taking_out_a_node_takes_out_what_lies_below_it() {
        let copied = copy(tree(), ("A", "2020"), &[Edit::Remove { node: "1".to_owned() }]).expect("a copy");
        assert_eq!(codes(&copied), [("2", None), ("2.1", Some("2"))]);
    }

    #[test]
    fn an_edit_that_does_not_fit_is_named() {
        for (edit, message) in [
            (change("9", json!({})), "there is no node 9"),
            (change("1", json!({"code": "2"})), "there is a node 2 already"),
            (change("1", json!("x")), "a patch is an object"),
            (Edit::Remove { node: "9".to_owned() }, "there is no node 9"),
            (
                Edit::Add {
                    node: json!({"code": "1"}),
                    after: None,
                },
                "there is a node 1 already",
            ),
            (
                Edit::Add {
                    node: json!({}),
                    after: None,
                },
                "a node needs a code",
            ),
            (
                Edit::Change {
                    node: None,
                    patch: json!({"nodes": []}),
                },
                "a patch is an object; code and version are given in `to`, and nodes are edited one by one",
            ),
        ] {
            let fits = Edit::Remove { node: "2.1".to_owned() };
            let problem = copy(tree(), ("A", "2020"), &[fits, edit.clone()]).expect_err("a problem");
            assert_eq!((problem.edit, problem.message.en.as_str()), (1, message), "{edit:?}");
        }
    }
}
