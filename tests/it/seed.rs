//! The seed: frameworks, units, users. What the demo and the first installation load is complete and consistent, and the
//! frameworks of 2019 say exactly what the checked-in table says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use minhchung::domain::framework::{Framework, Leaf, Method};
use minhchung::domain::input::InputSource;
use serde_json::Value;

const UNIT_TYPES: [&str; 4] = ["SO", "HU", "ND", "XA"];
const RULE_KINDS: [&str; 12] = [
    "BANDS",
    "CHECKLIST",
    "CLASS_MAP",
    "DEDUCTIONS",
    "FORMULA",
    "GATED_PROPORTIONAL",
    "LINEAR",
    "OPTIONS",
    "PROPORTIONAL",
    "SURVEY_MEAN",
    "YEAR_ON_YEAR",
    "YES_NO",
];

fn json(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn framework(unit_type: &str, version: &str) -> Framework {
    let name = format!("seed/frameworks/{unit_type}.{version}.json");
    Framework::parse(&json(&name)).unwrap_or_else(|findings| panic!("{name}: {findings:#?}"))
}

/// The strings that a field has over a list of objects.
fn texts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let list = list.as_array().expect("a list");
    list.iter().filter_map(|item| item[field].as_str()).collect()
}

fn unit_codes(units: &Value) -> BTreeSet<&str> {
    texts(&units["units"], "code").into_iter().collect()
}

/// Rows of the table of 2019, by criterion code; points without superfluous zeros.
fn table() -> BTreeMap<String, BTreeMap<String, String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/framework-2019.csv");
    let mut reader = csv::Reader::from_path(path).expect("the table");
    let rows = reader.deserialize::<BTreeMap<String, String>>();
    rows.map(|row| row.expect("a row"))
        .map(|row| (row["code"].clone(), row))
        .collect()
}

fn plain(points: &str) -> String {
    match points.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        },
        None => points.to_owned(),
    }
}

fn expected_nodes(unit_type: &str) -> BTreeMap<String, (String, String, String)> {
    let column = format!("max_{unit_type}");
    let table = table();
    let kept = table.iter().filter(|(_, row)| plain(&row[&column]) != "0");
    kept.map(|(code, row)| {
        (
            code.clone(),
            (row["name_vi"].clone(), row["name_en"].clone(), plain(&row[&column])),
        )
    })
    .collect()
}

#[test]
fn frameworks_are_issued_without_a_finding() {
    for unit_type in UNIT_TYPES {
        for version in ["2018", "2019"] {
            let findings = framework(unit_type, version).lint();
            assert!(findings.is_empty(), "{unit_type} {version}: {findings:#?}");
        }
    }
}

#[test]
fn frameworks_have_the_stated_sizes() {
    let sizes = [
        ("SO", 85, 8, "100"),
        ("HU", 89, 8, "100"),
        ("ND", 51, 5, "60"),
        ("XA", 70, 8, "100"),
    ];
    for (unit_type, leaves, fields, scale) in sizes {
        let framework = framework(unit_type, "2019");
        assert_eq!(framework.code, format!("QNM-{unit_type}"));
        assert_eq!(framework.unit_type, unit_type);
        assert_eq!(framework.leaves().count(), leaves, "leaves of {unit_type}");
        assert_eq!(framework.fields().count(), fields, "fields of {unit_type}");
        assert_eq!(framework.scale.to_string(), scale, "scale of {unit_type}");
    }
}

#[test]
fn frameworks_say_what_the_table_says() {
    for unit_type in UNIT_TYPES {
        let framework = framework(unit_type, "2019");
        let nodes: BTreeMap<_, _> = framework
            .nodes
            .iter()
            .map(|node| {
                let (vi, en) = (node.name.vi.clone(), node.name.en.clone());
                (node.code.clone(), (vi, en, node.points.to_string()))
            })
            .collect();
        assert_eq!(nodes, expected_nodes(unit_type), "{unit_type}");
    }
}

#[test]
fn every_rule_kind_is_used_where_the_table_says_so() {
    let kinds = |unit_type| -> BTreeSet<&str> {
        let framework = framework(unit_type, "2019");
        framework.leaves().map(|(_, leaf)| leaf.rule.name()).collect()
    };
    assert_eq!(kinds("HU").into_iter().collect::<Vec<_>>(), RULE_KINDS);
    assert_eq!(kinds("SO").into_iter().collect::<Vec<_>>(), RULE_KINDS);

    let table = table();
    let differs = |code: &str, leaf: &Leaf| {
        let expected = match table[code]["rule_type"].as_str() {
            "OPT" => "OPTIONS",
            "BOOL" => "YES_NO",
            "CHECK" => "CHECKLIST",
            // The months evaluated out of twelve, a number and not an input: a straight line from 0 to 12.
            "PROP" if code == "3.6.1" => "LINEAR",
            "PROP" => "PROPORTIONAL",
            "GATE" => "GATED_PROPORTIONAL",
            "BAND" => "BANDS",
            "LIN" => "LINEAR",
            "DEDUCT" => "DEDUCTIONS",
            "SURVEY" => "SURVEY_MEAN",
            "YOY" => "YEAR_ON_YEAR",
            "FORMULA" => "FORMULA",
            "MAP" => "CLASS_MAP",
            other => panic!("{code}: {other}"),
        };
        expected != leaf.rule.name()
    };
    for unit_type in UNIT_TYPES {
        for (node, leaf) in framework(unit_type, "2019").leaves() {
            assert!(!differs(&node.code, leaf), "{unit_type} {}", node.code);
            let may_not_apply = !table[&node.code]["na_when"].is_empty();
            assert_eq!(
                may_not_apply,
                leaf.not_applicable_when.is_some(),
                "{unit_type} {}",
                node.code
            );
            let surveyed = table[&node.code]["method"] == "SURVEY";
            assert_eq!(surveyed, leaf.method == Method::Survey, "{unit_type} {}", node.code);
        }
    }
}

/// Numbers in the words of the table that are no parameters of a rule: days, dates, how many items a list has, and the
/// upper end of a band, which is the lower end of the next one. In 8.3.2 the tiers are options with a name.
const WORDS: [(&str, &str); 6] = [
    ("1.1.1", "≤30 days"),
    ("1.1.2", "4 items"),
    ("2.3.1", "31 Jan"),
    ("3.3.3", "–9"),
    ("7.4", "10 items"),
    ("8.3.2", "≥110% 100–<110% 90–<100% <90%"),
];

/// Numbers in millionths, percentages as the share that they are; 0 and 1 go without saying in many words.
fn numbers(text: &str) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    let is_number = |character: char| character.is_ascii_digit() || character == '.';
    while let Some(start) = rest.find(is_number) {
        let number = &rest[start..];
        let number = &number[..number.find(|character| !is_number(character)).unwrap_or(number.len())];
        let before = rest[..start].chars().next_back();
        rest = &rest[start + number.len()..];
        let digits = number.trim_end_matches('.');
        if digits.is_empty() || before.is_some_and(|one| one.is_alphanumeric() || one == '_') {
            continue;
        }
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole: u64 = if whole.is_empty() {
            0
        } else {
            whole.parse().expect("a number")
        };
        let fraction: u64 = format!("{fraction:0<6}").parse().expect("six places");
        let percent = rest.trim_start().starts_with('%');
        let millionths = whole * 1_000_000 + fraction;
        found.insert(if percent { millionths / 100 } else { millionths });
    }
    found.remove(&0);
    found.remove(&1_000_000);
    found
}

/// The numbers of a rule, wherever they stand in it, but not those in names and codes.
fn parameters(rule: &Value, found: &mut BTreeSet<u64>) {
    match rule {
        Value::Object(fields) => {
            let named = [
                "code",
                "name",
                "kind",
                "input",
                "current",
                "previous",
                "numerator",
                "denominator",
            ];
            for (_, value) in fields.iter().filter(|(name, _)| !named.contains(&name.as_str())) {
                parameters(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| parameters(item, found)),
        Value::String(text) => found.extend(numbers(text)),
        _ => {}
    }
}

#[test]
fn rules_have_the_parameters_and_leaves_the_appraisers_of_the_table() {
    let table = table();
    let mut compared = 0;
    for unit_type in UNIT_TYPES {
        for (node, leaf) in framework(unit_type, "2019").leaves() {
            let row = &table[&node.code];
            let mut words = row["rule_params"].clone();
            for (_, said) in WORDS.iter().filter(|(code, _)| *code == node.code) {
                for word in said.split(' ') {
                    assert!(words.contains(word), "{}: {word} in {words}", node.code);
                    words = words.replacen(word, "", 1);
                }
            }
            let mut found = BTreeSet::new();
            parameters(&serde_json::to_value(&leaf.rule).expect("json"), &mut found);
            let mut expected = numbers(&words);
            if leaf.method == Method::Survey {
                // The scale of all surveys, which the table does not repeat.
                expected.insert(5_000_000);
            }
            assert_eq!(found, expected, "{unit_type} {}: {}", node.code, row["rule_params"]);
            compared += found.len();
            // Surveys are imported by the department of home affairs.
            let appraiser = if row["appraiser"] == "XHH" {
                "SNV"
            } else {
                &row["appraiser"]
            };
            assert_eq!(leaf.appraiser, appraiser, "{unit_type} {}", node.code);
        }
    }
    assert!(compared > 200, "only {compared} parameters were compared");
}

#[test]
fn appraised_leaves_need_evidence_and_survey_leaves_none() {
    for unit_type in UNIT_TYPES {
        for (node, leaf) in framework(unit_type, "2019").leaves() {
            let needs = !leaf.required_evidence.is_empty();
            assert_eq!(needs, leaf.method == Method::Appraised, "{unit_type} {}", node.code);
        }
    }
}

#[test]
fn rows_become_inputs_only_where_their_kind_is_required() {
    let mut derived = BTreeSet::new();
    for unit_type in UNIT_TYPES {
        for (node, leaf) in framework(unit_type, "2019").leaves() {
            for input in &leaf.inputs {
                let InputSource::Derived(derivation) = &input.source else {
                    continue;
                };
                let rows = serde_json::to_value(derivation.rows).expect("a name");
                let rows = rows.as_str().expect("a name");
                let required = leaf.required_evidence.iter().any(|required| required.kinds == [rows]);
                assert!(required, "{unit_type} {} {}", node.code, input.code);
                derived.insert(node.code.clone());
            }
        }
    }
    let expected = [
        "3.2.1", "3.2.2", "3.3.1", "3.4.1", "3.4.2", "3.4.3", "3.4.4", "7.2.1", "7.2.2", "7.2.3", "7.2.4", "7.3",
        "7.5.2",
    ];
    assert_eq!(derived, expected.map(str::to_owned).into());
}

/// Last year's values are looked up by leaf and input, so that the frameworks of 2018 must have them.
#[test]
fn the_year_before_has_what_2019_remembers() {
    for unit_type in UNIT_TYPES {
        let before = framework(unit_type, "2018");
        for (node, leaf) in framework(unit_type, "2019").leaves() {
            for input in &leaf.inputs {
                if let InputSource::PreviousYear { input: of, .. } = &input.source {
                    let (_, remembered) = before
                        .leaf(&node.code)
                        .unwrap_or_else(|| panic!("{unit_type} {}", node.code));
                    assert!(remembered.input(of).is_some(), "{unit_type} {} {of}", node.code);
                }
            }
        }
    }
}

#[test]
fn units_are_those_of_the_province() {
    let units = json("seed/units.json");
    let list = units["units"].as_array().expect("units");
    let of_type = |name: &str| list.iter().filter(|unit| unit["type"] == name).count();
    assert_eq!(["SO", "HU", "ND", "XA", "OTHER"].map(of_type), [21, 18, 9, 6, 1]);
    let codes = unit_codes(&units);
    assert_eq!(codes.len(), list.len(), "codes are unique");
    for unit in list {
        let code = unit["code"].as_str().expect("a code");
        for language in ["vi", "en"] {
            assert!(
                unit["name"][language].as_str().is_some_and(|name| !name.is_empty()),
                "{code}"
            );
        }
        match unit["parent"].as_str() {
            Some(parent) => assert!(codes.contains(parent), "{code}"),
            None => assert_eq!(unit["type"], "OTHER", "{code}"),
        }
    }
}

#[test]
fn users_and_grants_name_known_units_and_users() {
    let (units, people) = (json("seed/units.json"), json("seed/users.json"));
    let codes = unit_codes(&units);
    let logins: BTreeSet<&str> = texts(&people["users"], "login").into_iter().collect();
    assert_eq!(
        logins.len(),
        people["users"].as_array().map_or(0, Vec::len),
        "logins are unique"
    );
    for list in ["users", "grants"] {
        for code in texts(&people[list], "unit") {
            assert!(codes.contains(code), "{list}: {code}");
        }
    }
    for login in texts(&people["grants"], "login") {
        assert!(logins.contains(login), "{login}");
    }
    for unit in units["units"].as_array().expect("units") {
        let code = unit["code"].as_str().expect("a code");
        if unit["type"] == "OTHER" {
            continue;
        }
        for (who, role) in [("officer", "OFFICER"), ("head", "HEAD")] {
            let login = format!("{}.{who}", code.to_lowercase());
            assert!(has_grant(&people, &login, role, Some(code)), "{login}");
        }
    }
}

fn has_grant(people: &Value, login: &str, role: &str, unit: Option<&str>) -> bool {
    let grants = people["grants"].as_array().expect("grants");
    grants.iter().any(|grant| {
        let unit_fits = unit.is_none() || grant["unit"].as_str() == unit;
        grant["login"] == login && grant["role"] == role && unit_fits
    })
}

#[test]
fn every_role_is_granted_to_somebody() {
    let people = json("seed/users.json");
    let granted: BTreeSet<&str> = texts(&people["grants"], "role").into_iter().collect();
    let roles = [
        "ADMIN",
        "APPRAISER",
        "HEAD",
        "INTEGRATOR",
        "LEAD_APPRAISER",
        "MANAGER",
        "OFFICER",
        "SURVEY_OPERATOR",
    ];
    assert_eq!(granted, roles.into());
}

#[test]
fn appraising_departments_have_an_appraiser_and_a_substitute_for_their_own_dossier() {
    let (units, people) = (json("seed/units.json"), json("seed/users.json"));
    let codes = unit_codes(&units);
    let mut appraising = BTreeSet::new();
    for version in ["2018", "2019"] {
        for unit_type in UNIT_TYPES {
            for (node, leaf) in framework(unit_type, version).leaves() {
                assert!(codes.contains(leaf.appraiser.as_str()), "{unit_type} {}", node.code);
                appraising.insert(leaf.appraiser.clone());
            }
        }
    }
    let substitutes = people["substitutes"].as_array().expect("substitutes");
    let mut substituted = BTreeSet::new();
    for substitute in substitutes {
        let department = substitute["department"].as_str().expect("a department");
        let stands_in = substitute["substitute"].as_str().expect("a substitute");
        assert_eq!(substitute["dossierUnit"], department);
        assert_ne!(stands_in, department);
        assert!(appraising.contains(stands_in), "{stands_in} appraises");
        substituted.insert(department.to_owned());
    }
    assert_eq!(substituted, appraising);
    for department in &appraising {
        let login = format!("{}.appraiser", department.to_lowercase());
        assert!(has_grant(&people, &login, "APPRAISER", None), "{login}");
    }
}
