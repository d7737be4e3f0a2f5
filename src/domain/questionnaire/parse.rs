//! Reading a questionnaire from JSON, with every part that cannot be read named by its place.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{FORMAT, Questionnaire};
use crate::domain::framework::Finding;
use crate::domain::text::Text;

impl Questionnaire {
    /// Reads a questionnaire; whether what was read makes sense is for [`Questionnaire::lint`].
    ///
    /// # Errors
    /// A finding for each part that cannot be read.
    pub fn parse(value: &Value) -> Result<Self, Vec<Finding>> {
        let Value::Object(object) = value else {
            return Err(vec![unreadable("", "a questionnaire is a JSON object")]);
        };
        let (mut findings, mut head) = (Vec::new(), object.clone());
        let criteria = items(&mut findings, &mut head, "criteria");
        let scales = items(&mut findings, &mut head, "scales");
        let questions = items(&mut findings, &mut head, "questions");
        let strata = match head.contains_key("strata") {
            true => items(&mut findings, &mut head, "strata"),
            false => Vec::new(),
        };
        let read = match serde_json::from_value::<Self>(Value::Object(head)) {
            Ok(read) if read.format == FORMAT => read,
            Ok(_) => {
                findings.insert(0, unreadable("format", &format!("only format {FORMAT} is known")));
                return Err(findings);
            }
            Err(error) => {
                findings.insert(0, unreadable("", &error.to_string()));
                return Err(findings);
            }
        };
        match findings.is_empty() {
            true => Ok(Self {
                criteria,
                scales,
                questions,
                strata,
                ..read
            }),
            false => Err(findings),
        }
    }
}

/// Takes a list out of the head and reads its items one by one.
fn items<T: DeserializeOwned>(findings: &mut Vec<Finding>, head: &mut Map<String, Value>, name: &str) -> Vec<T> {
    let list = head.insert(name.to_owned(), json!([]));
    let Some(Value::Array(list)) = list else {
        findings.push(unreadable(name, "a list is needed"));
        return Vec::new();
    };
    let mut read = Vec::with_capacity(list.len());
    for (index, item) in list.into_iter().enumerate() {
        match serde_json::from_value(item) {
            Ok(item) => read.push(item),
            Err(error) => findings.push(unreadable(&format!("{name}/{index}"), &error.to_string())),
        }
    }
    read
}

fn unreadable(path: &str, reason: &str) -> Finding {
    Finding::error(
        path,
        "UNREADABLE",
        Text::new(format!("không đọc được: {reason}"), format!("cannot be read: {reason}")),
    )
}
