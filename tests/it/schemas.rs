//! The JSON Schemas that a client works with say what the program takes: every framework of the seed fits, what does not
//! fit is refused by the program too, and the rows' columns are those of the program.

mod derived;
mod questionnaires;

use std::collections::BTreeSet;
use std::path::Path;

use minhchung::domain::framework::{Framework, Severity};
use minhchung::domain::rows::{ColumnKind, RowKind};
use serde_json::{Value, json};

fn read(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The first thing in which a value does not fit a schema. Knows the keywords of these two schemas; any other is a
/// failure of the test. Patterns and formats are left to the program, which reads the same text.
fn misfit(root: &Value, schema: &Value, value: &Value, path: &str) -> Option<String> {
    let keywords = match schema {
        Value::Bool(true) => return None,
        Value::Bool(false) => return Some(format!("{path}: nothing fits")),
        other => other.as_object().unwrap(),
    };
    let fits = |schema: &Value| misfit(root, schema, value, path).is_none();
    for (keyword, wanted) in keywords {
        let problem = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "default" | "pattern" | "format" => None,
            // Decided with `if`.
            "then" | "else" => None,
            "$ref" => {
                let place = wanted.as_str().unwrap().trim_start_matches('#');
                misfit(
                    root,
                    root.pointer(place).unwrap_or_else(|| panic!("{wanted}")),
                    value,
                    path,
                )
            }
            "type" => (!has_type(value, wanted.as_str().unwrap())).then(|| format!("{path}: not of type {wanted}")),
            "const" => (value != wanted).then(|| format!("{path}: not {wanted}")),
            "enum" => (!wanted.as_array().unwrap().contains(value)).then(|| format!("{path}: none of {wanted}")),
            "required" => missing(value, wanted, path),
            "dependentRequired" => {
                let here = wanted.as_object().unwrap().iter();
                let mut asked = here.filter(|(name, _)| value.get(name).is_some());
                asked.find_map(|(_, names)| missing(value, names, path))
            }
            "properties" => properties(root, wanted, value, path),
            "additionalProperties" => {
                let known = keywords.get("properties").and_then(Value::as_object);
                let mut names = value.as_object().into_iter().flat_map(|object| object.keys());
                let other = names.find(|name| known.is_none_or(|known| !known.contains_key(*name)));
                assert_eq!(*wanted, json!(false), "{path}");
                other.map(|name| format!("{path}: unknown property {name}"))
            }
            "items" => {
                let mut items = value.as_array().into_iter().flatten().enumerate();
                items.find_map(|(index, item)| misfit(root, wanted, item, &format!("{path}/{index}")))
            }
            "minItems" | "maxItems" | "minLength" | "maxLength" | "minimum" | "maximum" => {
                let least = keyword.starts_with("min");
                let bound = wanted.as_u64().unwrap();
                let outside = size(keyword, value).is_some_and(|size| if least { size < bound } else { size > bound });
                outside.then(|| format!("{path}: {keyword} {bound}"))
            }
            "uniqueItems" => {
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                let doubled = (1..items.len()).any(|index| items[..index].contains(&items[index]));
                doubled.then(|| format!("{path}: an item twice"))
            }
            "not" => fits(wanted).then(|| format!("{path}: fits what it must not")),
            "if" => match keywords.get(if fits(wanted) { "then" } else { "else" }) {
                Some(branch) => misfit(root, branch, value, path),
                None => None,
            },
            "allOf" => wanted
                .as_array()
                .unwrap()
                .iter()
                .find_map(|one| misfit(root, one, value, path)),
            "oneOf" => {
                let count = wanted.as_array().unwrap().iter().filter(|one| fits(one)).count();
                (count != 1).then(|| format!("{path}: fits {count} of the alternatives"))
            }
            other => panic!("this test does not know {other} at {path}"),
        };
        if problem.is_some() {
            return problem;
        }
    }
    None
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        other => panic!("this test does not know type {other}"),
    }
}

fn missing(value: &Value, names: &Value, path: &str) -> Option<String> {
    let mut names = names.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let lacks = |name: &&str| value.is_object() && value.get(*name).is_none();
    names.find(lacks).map(|name| format!("{path}: lacks {name}"))
}

fn properties(root: &Value, wanted: &Value, value: &Value, path: &str) -> Option<String> {
    let mut known = wanted.as_object().unwrap().iter();
    known.find_map(|(name, schema)| misfit(root, schema, value.get(name)?, &format!("{path}/{name}")))
}

/// What a bound of that keyword is about, if the value has it.
fn size(keyword: &str, value: &Value) -> Option<u64> {
    match keyword {
        "minItems" | "maxItems" => value.as_array().map(|items| items.len() as u64),
        "minLength" | "maxLength" => value.as_str().map(|text| text.chars().count() as u64),
        _ => value.as_u64(),
    }
}

fn framework_misfit(framework: &Value) -> Option<String> {
    let schema = read("schema/framework.schema.json");
    misfit(&schema, &schema, framework, "")
}

#[test]
fn every_framework_of_the_seed_fits_its_schema() {
    for unit_type in ["SO", "HU", "ND", "XA"] {
        for version in ["2018", "2019"] {
            let name = format!("seed/frameworks/{unit_type}.{version}.json");
            assert_eq!(framework_misfit(&read(&name)), None, "{name}");
        }
    }
    assert_eq!(framework_misfit(&crate::world::framework()), None);
    assert_eq!(framework_misfit(&crate::beyond_points::framework()), None);
}

#[test]
fn what_a_result_depends_on_fits_the_schema_as_the_program_takes_it() {
    let (when, effect) = ("/nodes/1/leaf/veto/when", "/nodes/1/leaf/veto/effect");
    let taken = [
        ("/scoring/rebase", json!("SPREAD")),
        ("/scoring/rebase", json!("FULL")),
        ("/tieOrder", json!([{"node": "2"}])),
        ("/classes/0/conditions/0", json!({"kind": "NO_VETO"})),
        (when, json!({"input": "done", "atLeast": "1"})),
        (effect, json!({"kind": "ZERO"})),
        (effect, json!({"kind": "NOT_RANKED"})),
    ];
    let refused = [
        ("/scoring/rebase", json!("EVEN")),
        ("/tieOrder", json!(["LUCK"])),
        ("/tieOrder", json!([])),
        ("/tieOrder", json!(["INDEX", "INDEX"])),
        ("/tieOrder", json!([{"node": "2", "leaf": "2.1"}])),
        ("/classes/0/conditions/0", json!({"kind": "NO_VETO", "node": "1"})),
        ("/classes/0/conditions/0", json!({"kind": "NODE_AT_LEAST", "node": "1"})),
        (when, json!({"input": "false_report"})),
        (when, json!({"input": "false_report", "is": true, "atLeast": "1"})),
        (effect, json!({"kind": "CLASS_AT_MOST"})),
        (effect, json!({"kind": "ZERO", "class": "KHA"})),
        ("/nodes/4/section", json!({"kind": "MALUS", "cap": "1"})),
        ("/nodes/4/section", json!({"kind": "BONUS"})),
    ];
    let changed = |place: &str, value: Value| {
        let mut framework = crate::beyond_points::framework();
        *framework.pointer_mut(place).unwrap() = value;
        framework
    };
    for (place, value) in taken {
        let framework = changed(place, value.clone());
        assert_eq!(framework_misfit(&framework), None, "{place} {value}");
        let read = Framework::parse(&framework).unwrap_or_else(|findings| panic!("{place} {value}: {findings:#?}"));
        let errors = read.lint().into_iter().filter(|one| one.severity == Severity::Error);
        assert_eq!(errors.count(), 0, "{place} {value}");
    }
    for (place, value) in refused {
        let framework = changed(place, value.clone());
        assert!(
            framework_misfit(&framework).is_some(),
            "the schema takes {place} {value}"
        );
        let is_fine = Framework::parse(&framework)
            .is_ok_and(|read| read.lint().iter().all(|one| one.severity != Severity::Error));
        assert!(!is_fine, "the program takes {place} {value}");
    }
}

/// Whether a framework fits the schema, and whether it can be read and has no errors.
fn taken(framework: &Value) -> (bool, bool) {
    let read = Framework::parse(framework);
    let is_fine = read.is_ok_and(|read| read.lint().iter().all(|one| one.severity != Severity::Error));
    (framework_misfit(framework).is_none(), is_fine)
}

#[test]
fn levels_fit_the_schema_as_the_program_takes_them() {
    let rule = "/nodes/1/leaf/rule";
    let changed = |place: &str, value: Value| {
        let mut framework = crate::other_rules::maturity();
        *framework.pointer_mut(place).unwrap() = value;
        framework
    };
    assert_eq!(taken(&crate::other_rules::maturity()), (true, true));
    assert_eq!(
        taken(&changed(&format!("{rule}/levels/3/ratio"), json!("0.8"))),
        (true, true)
    );
    let level = crate::other_rules::maturity()
        .pointer(&format!("{rule}/levels/0"))
        .unwrap()
        .clone();
    for (place, value) in [
        ("levels", json!([])),
        ("levels", json!(vec![level; 11])),
        ("levels", json!({"L1": "1"})),
        ("levels/0", json!({"code": "L1", "ratio": "1"})),
        ("input", Value::Null),
    ] {
        let framework = changed(&format!("{rule}/{place}"), value.clone());
        assert_eq!(taken(&framework), (false, false), "{place} {value}");
    }
}

#[test]
fn shares_of_a_survey_fit_the_schema_as_the_program_takes_them() {
    let (share, leaf) = (crate::other_rules::share(), "/nodes/4/leaf");
    let changed = |place: &str, value: Value| {
        let mut framework = share.clone();
        *framework.pointer_mut(&format!("{leaf}/{place}")).unwrap() = value;
        framework
    };
    assert_eq!(taken(&share), (true, true));
    let plain = json!({"kind": "SURVEY_SHARE", "satisfied": "satisfied", "valid": "valid"});
    assert_eq!(taken(&changed("rule", plain.clone())), (true, true));
    for (place, value) in [
        ("rule/tiers/bands", json!([])),
        ("rule/tiers/otherwise", Value::Null),
        ("rule/tiers", json!({"bands": [{"atLeast": "0.5", "ratio": "1"}]})),
        ("rule/tiers", json!([])),
        ("rule/valid", Value::Null),
        ("method", json!("APPRAISED")),
    ] {
        assert_eq!(taken(&changed(place, value.clone())), (false, false), "{place} {value}");
    }
    let mut more = plain;
    more["whenEmpty"] = json!("FULL");
    assert_eq!(
        taken(&changed("rule", more)),
        (false, false),
        "nobody's answer is not full"
    );
    let mut mean = crate::world::framework();
    mean.pointer_mut(leaf).unwrap()["method"] = json!("APPRAISED");
    assert_eq!(taken(&mean), (false, false));
}

#[test]
fn averages_of_growth_fit_the_schema_as_the_program_takes_them() {
    let leaf = "/nodes/2/leaf";
    let changed = |place: &str, value: Value| {
        let mut framework = crate::several_years::framework();
        *framework.pointer_mut(&format!("{leaf}/{place}")).unwrap() = value;
        framework
    };
    assert_eq!(taken(&crate::several_years::framework()), (true, true));
    for (place, value) in [
        ("rule/years", json!(["online_previous", "online"])),
        ("rule/years", json!(["online_previous", "online_previous", "online"])),
        ("rule/years", json!(["a", "b", "c", "d", "e", "f", "g"])),
        ("rule/years", json!("online")),
        ("rule/bands", json!([])),
        (
            "rule/bands/0",
            json!({"growthAbove": "0", "growthAtLeast": "0", "ratio": "1"}),
        ),
        ("rule/otherwise", Value::Null),
        ("inputs/2/source/years", json!(6)),
        ("inputs/2/source/years", json!(0)),
        // Last year is what is meant where no number stands.
        ("inputs/2/source/years", json!(1)),
        ("inputs/2/source/years", json!("2")),
    ] {
        assert_eq!(taken(&changed(place, value.clone())), (false, false), "{place} {value}");
    }
}

#[test]
fn variants_of_a_formula_fit_the_schema_as_the_program_takes_them() {
    let rule = "/nodes/1/leaf/rule";
    let changed = |place: &str, value: Value| {
        let mut framework = crate::other_rules::variants();
        *framework.pointer_mut(&format!("{rule}{place}")).unwrap() = value;
        framework
    };
    let good = crate::other_rules::variants();
    assert_eq!(taken(&good), (true, true));
    let one = good.pointer(&format!("{rule}/variants/choices/0")).unwrap().clone();
    for (place, value) in [
        ("/variants/choices", json!([])),
        ("/variants/choices", json!([one])),
        ("/variants/choices", json!(vec![one.clone(); 11])),
        ("/variants/choices/0", json!({"code": "TASKS", "expression": "1"})),
        ("/variants/choices/0/expression", json!("")),
        ("/variants/input", Value::Null),
        ("/variants", json!("done / planned")),
        ("", json!({"kind": "FORMULA"})),
    ] {
        assert_eq!(taken(&changed(place, value.clone())), (false, false), "{place} {value}");
    }
    let mut both = good.pointer(rule).unwrap().clone();
    both["expression"] = json!("done / planned");
    assert_eq!(taken(&changed("", both)), (false, false));
}

#[test]
fn leaves_of_other_indices_fit_the_schema_as_the_program_takes_them() {
    let leaf = "/nodes/1/leaf";
    let changed = |place: &str, value: Value| {
        let mut framework = crate::figures::framework();
        *framework.pointer_mut(&format!("{leaf}/{place}")).unwrap() = value;
        framework
    };
    assert_eq!(taken(&crate::figures::framework()), (true, true));
    for (place, value) in [
        ("inputs/0/source", json!({"kind": "IMPORTED"})),
        ("inputs/0/source/index", json!("NĐ 61")),
        ("method", json!("EXTERNAL")),
        ("method", json!("SURVEY")),
    ] {
        assert_eq!(taken(&changed(place, value.clone())), (false, false), "{place} {value}");
    }
}

#[test]
fn rules_over_a_group_fit_the_schema_as_the_program_takes_them() {
    let changed = |place: &str, value: Value| {
        let mut framework = crate::normalised::framework();
        *framework.pointer_mut(&format!("/nodes/{place}")).unwrap() = value;
        framework
    };
    assert_eq!(taken(&crate::normalised::framework()), (true, true));
    let mut less = crate::normalised::framework();
    less["nodes"][2]["leaf"]["rule"]["lessIsBetter"] = json!(true);
    assert_eq!(taken(&less), (true, true));
    for value in [json!(false), json!("yes")] {
        less["nodes"][2]["leaf"]["rule"]["lessIsBetter"] = value.clone();
        assert_eq!(taken(&less), (false, false), "{value}");
    }
    for place in [
        "1/leaf/rule/mean",
        "1/leaf/rule/fullAt",
        "1/leaf/rule/withoutSpread",
        "2/leaf/rule/lowest",
    ] {
        assert_eq!(taken(&changed(place, Value::Null)), (false, false), "{place}");
        assert_eq!(taken(&changed(place, json!(2))), (false, false), "{place}");
    }
}

#[test]
fn what_does_not_fit_the_schema_the_program_refuses_too() {
    let leaf = "/nodes/1/leaf";
    let changes: [(&str, &str, Value); 9] = [
        ("", "scale", Value::Null),
        ("", "colour", json!("red")),
        ("", "format", json!(2)),
        ("/scoring", "totalOf", json!("NEITHER")),
        ("/nodes/0", "points", json!(6)),
        (leaf, "method", json!("GUESSED")),
        ("/nodes/1/leaf/rule", "kind", json!("DICE")),
        ("/nodes/1/leaf/rule", "threshold", Value::Null),
        ("/nodes/1/leaf/inputs/0", "type", json!({"kind": "COUNT", "unit": "m"})),
    ];
    for (place, name, changed) in changes {
        let mut framework = crate::world::framework();
        let object = framework.pointer_mut(place).unwrap().as_object_mut().unwrap();
        match changed {
            Value::Null => object.remove(name),
            other => object.insert(name.to_owned(), other),
        };
        assert!(
            framework_misfit(&framework).is_some(),
            "the schema takes {place}/{name}"
        );
        assert!(
            Framework::parse(&framework).is_err(),
            "the program takes {place}/{name}"
        );
    }
}

#[test]
fn the_rows_of_the_schema_have_the_columns_of_the_documented_headers() {
    let schema = read("schema/content.schema.json");
    for (kind, name) in [
        (RowKind::OneStopCases, "oneStopCases"),
        (RowKind::OnlineServiceUsage, "onlineServiceUsage"),
        (RowKind::PublishedProcedures, "publishedProcedures"),
        (RowKind::LateCases, "lateCases"),
        (RowKind::ApologyLetters, "apologyLetters"),
        (RowKind::ElectronicDocuments, "electronicDocuments"),
    ] {
        let row = &schema["$defs"][name];
        let header = kind.header();
        let required: BTreeSet<&str> = header.split(',').collect();
        let columns: BTreeSet<&str> = kind.columns().iter().map(|column| column.name).collect();
        let properties = row["properties"].as_object().unwrap();
        assert_eq!(
            properties.keys().map(String::as_str).collect::<BTreeSet<_>>(),
            columns,
            "{name}"
        );
        let named = row["required"].as_array().unwrap().iter();
        assert_eq!(
            named.map(|one| one.as_str().unwrap()).collect::<BTreeSet<_>>(),
            required,
            "{name}"
        );
        assert_eq!(row["additionalProperties"], false);
        for column in kind.columns() {
            let definition = match column.kind {
                ColumnKind::Count => "count",
                ColumnKind::Code => "rowCode",
                ColumnKind::Text => "rowText",
                ColumnKind::Level => "level",
                ColumnKind::YesNo => "yesNo",
                ColumnKind::Date => "date",
                ColumnKind::Month => {
                    assert_eq!(properties[column.name]["pattern"], "^[0-9]{4}-(0[1-9]|1[0-2])$");
                    continue;
                }
            };
            assert_eq!(
                properties[column.name]["$ref"],
                format!("#/$defs/{definition}"),
                "{}",
                column.name
            );
        }
        // A row fits as one of its kind alone.
        let cells = kind.columns().iter().map(|column| {
            let value = match column.kind {
                ColumnKind::Month => "2019-03",
                ColumnKind::Code | ColumnKind::Text => "1.004227",
                ColumnKind::Count | ColumnKind::Level => "4",
                ColumnKind::YesNo => "yes",
                ColumnKind::Date => "2019-12-01",
            };
            (column.name.to_owned(), json!(value))
        });
        let rows = json!([cells.collect::<serde_json::Map<_, _>>()]);
        for other in RowKind::ALL {
            let content = json!({"kind": other.name(), "rows": rows});
            let found = misfit(&schema, &schema, &content, "");
            assert_eq!(found.is_none(), other == kind, "{name} as {}: {found:?}", other.name());
        }
    }
}
