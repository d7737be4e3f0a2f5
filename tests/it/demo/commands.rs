//! The commands that the demonstration prints, each sent as it is printed. The shell takes them apart, so that quotes
//! are what they are to whoever pastes them; what curl would do with its arguments is done here.

use std::process::Command;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::program::Server;

/// The printed commands, each with the line that introduces it.
fn printed_commands(printed: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut title = String::new();
    let mut lines = printed.lines();
    while let Some(line) = lines.next() {
        if !line.starts_with("curl ") {
            title = line.to_owned();
            continue;
        }
        let mut command = line.to_owned();
        while command.ends_with('\\') {
            command = format!("{command}\n{}", lines.next().expect("a command goes on"));
        }
        found.push((title.clone(), command));
    }
    found
}

/// The arguments of a command, as the shell hands them over.
fn arguments(command: &str) -> Vec<String> {
    let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{command}");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{command}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim_end_matches('\0').split('\0').map(str::to_owned).collect()
}

/// Does what curl does with these arguments.
async fn curl(server: &Server, arguments: Vec<String>) -> Value {
    let mut words = arguments.into_iter();
    let mut address = None;
    let mut headers = Vec::new();
    let mut body = None;
    let mut form = None;
    while let Some(word) = words.next() {
        match word.as_str() {
            "-s" => {}
            "-H" => headers.push(words.next().unwrap()),
            "-d" => body = words.next(),
            "-F" => {
                let (name, value) = words.next().unwrap().split_once('=').map(owned).unwrap();
                let part = match value.strip_prefix('@') {
                    None => Part::text(value),
                    Some(path) => {
                        let path = std::path::Path::new(path.trim_matches('"'));
                        let file_name = path.file_name().unwrap().to_str().unwrap().to_owned();
                        Part::bytes(std::fs::read(path).unwrap()).file_name(file_name)
                    }
                };
                form = Some(form.unwrap_or_else(Form::new).part(name, part));
            }
            other => assert!(address.replace(other.to_owned()).is_none(), "{other}"),
        }
    }
    let mut request = server.client.post(address.expect("an address"));
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    let request = match (body, form) {
        (Some(body), None) => request.body(body),
        (None, Some(form)) => request.multipart(form),
        other => panic!("not a command that curl can send: {other:?}"),
    };
    request.send().await.unwrap().json().await.unwrap()
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Every printed command works.
pub async fn check(server: &Server, printed: &str) {
    let commands = printed_commands(printed);
    let mut answers = Vec::new();
    for (title, command) in &commands {
        let answer = curl(server, arguments(command)).await;
        assert!(answer["errors"].is_null(), "{title}\n{command}\n{answer}");
        answers.push(answer["data"].clone());
    }
    let [ranking, uploaded, answered, queue, claimed, reviewed] = answers.as_slice() else {
        panic!("{} commands in\n{printed}", answers.len());
    };
    for (list, first) in [
        ("departments", "SGTVT"),
        ("districts", "DIENBAN"),
        ("vertical", "CUCTHUE"),
    ] {
        let best = &ranking["round"]["publication"][list]["edges"][0]["node"];
        assert_eq!(
            (&best["rank"], &best["unitCode"]),
            (&json!(1), &json!(first)),
            "{ranking}"
        );
    }
    assert!(uploaded["addEvidence"]["evidenceId"].is_string(), "{uploaded}");
    let leaf = &answered["answerSupplement"]["assessment"];
    assert_eq!(leaf["state"], "SUPPLEMENTED", "{answered}");
    // It was printed whose turn it is, and for what.
    let request = format!(
        "officer of SGTVT, which is asked for a supplement to {} until",
        leaf["criterion"].as_str().unwrap()
    );
    assert!(printed.contains(&request), "{request} is not in\n{printed}");
    let waiting: u64 = queue["reviewQueue"]["totalCount"].as_str().unwrap().parse().unwrap();
    assert!(waiting > 0, "{queue}");
    assert_eq!(
        claimed["claim"]["assessments"].as_array().unwrap().len(),
        1,
        "{claimed}"
    );
    let item = &reviewed["review"]["items"][0];
    assert!(item["problem"].is_null() && item["made"].is_string(), "{reviewed}");
}
