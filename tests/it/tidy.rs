//! What the architecture promises, held by reading the sources.

use std::path::{Path, PathBuf};

/// A layer and the modules that it must not name.
const LAYERS: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "cluster", "store", "blob", "web", "app", "graphql", "http", "config", "cli",
        ],
    ),
    (
        "cluster.rs",
        &[
            "domain", "store", "blob", "web", "app", "graphql", "http", "config", "cli",
        ],
    ),
    (
        "store",
        &["domain", "blob", "web", "app", "graphql", "http", "config", "cli"],
    ),
    (
        "blob",
        &["domain", "store", "web", "app", "graphql", "http", "config", "cli"],
    ),
    (
        "web",
        &["cluster", "store", "blob", "app", "graphql", "http", "config", "cli"],
    ),
    ("app", &["graphql", "http", "config", "cli"]),
    ("graphql", &["http", "config", "cli"]),
    ("http", &["graphql", "cli"]),
];

/// What pure rules never use: clocks, randomness, files, tasks, binary floats.
const IMPURE: &[&str] = &[
    "Timestamp::now",
    "SystemTime",
    "std::fs",
    "tokio",
    "async fn",
    "rand::",
    ": f64",
    ": f32",
    "as f64",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn violations(layer: &str, banned: impl Fn(&str) -> bool) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    match root.join(layer) {
        file if file.is_file() => files.push(file),
        folder => sources(&folder, &mut files),
    }
    assert!(!files.is_empty(), "{layer} has no sources");
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if banned(code) {
                found.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn each_layer_knows_only_those_below_it() {
    for (layer, banned) in LAYERS {
        let found = violations(layer, |line| {
            banned.iter().any(|module| line.contains(&format!("crate::{module}")))
        });
        assert!(found.is_empty(), "{layer} knows too much:\n{}", found.join("\n"));
    }
}

#[test]
fn the_domain_is_pure() {
    let found = violations("domain", |line| IMPURE.iter().any(|word| line.contains(word)));
    assert!(found.is_empty(), "{}", found.join("\n"));
}
