//! Random leaves with their inputs, links and rows: mostly in order, sometimes with a gap, a doubled row, a wrong total.

use std::collections::BTreeMap;
use std::sync::Arc;

use minhchung::domain::evaluate::InputState;
use minhchung::domain::exact::Exact;
use minhchung::domain::explain::InputOrigin;
use minhchung::domain::framework::{Framework, Leaf};
use minhchung::domain::input::{InputSource, InputType, InputValue};
use minhchung::domain::rows::{Row, RowKind, RowSource};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

pub const YEAR: i16 = 2019;
/// Most documents with rows of one kind.
const MOST_DOCUMENTS: usize = 3;

/// A leaf and everything that its points depend on.
#[derive(Clone, Debug)]
pub struct World {
    pub leaf: Leaf,
    pub maximum: Exact,
    /// States of the inputs that do not come from rows; some are absent.
    pub stated: BTreeMap<String, InputState>,
    /// Active links with rows, or without any (rows of a kind that no input uses).
    pub links: Vec<RowSource>,
    /// Of each link, whether its document states that there was nothing to do.
    pub says_nothing_to_do: Vec<bool>,
}

impl World {
    pub fn counts(&self) -> Vec<bool> {
        self.links.iter().map(|link| link.counts).collect()
    }
}

fn text(text: &str) -> Value {
    json!({"vi": format!("{text} (vi)"), "en": text})
}

/// A plain decimal from 0 to 2 with at most two places.
fn decimal() -> impl Strategy<Value = String> {
    (0_u32..=200).prop_map(|hundredths| format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

fn ratio() -> impl Strategy<Value = String> {
    (0_u32..=100).prop_map(|hundredths| format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

fn positive() -> impl Strategy<Value = String> {
    (1_u32..=200).prop_map(|hundredths| format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

fn when_empty() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![
        Just(None),
        Just(Some("FULL")),
        Just(Some("ZERO")),
        Just(Some("NOT_APPLICABLE")),
        Just(Some("FULL"))
    ]
}

fn measure() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(json!({"ratio": {"numerator": "a", "denominator": "b"}})),
        1 => Just(json!({"input": "a"})),
    ]
}

fn choices() -> impl Strategy<Value = Value> {
    vec(ratio(), 3).prop_map(|ratios| {
        let choice = |(code, ratio): (&str, String)| json!({"code": code, "name": text(code), "ratio": ratio});
        Value::Array(["X", "Y", "Z"].into_iter().zip(ratios).map(choice).collect())
    })
}

fn bands() -> impl Strategy<Value = Value> {
    vec((decimal(), ratio()), 1..4).prop_map(|bands| {
        bands
            .into_iter()
            .map(|(at_least, ratio)| json!({"atLeast": at_least, "ratio": ratio}))
            .collect()
    })
}

fn growth_bands() -> impl Strategy<Value = Value> {
    vec((decimal(), ratio(), any::<bool>()), 1..4).prop_map(|bands| {
        let band = |(growth, ratio, above): (String, String, bool)| {
            if above {
                json!({"growthAbove": growth, "ratio": ratio})
            } else {
                json!({"growthAtLeast": growth, "ratio": ratio})
            }
        };
        bands.into_iter().map(band).collect()
    })
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("a".to_owned()), Just("b".to_owned()), decimal()];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let operator = prop_oneof![
            Just("+"),
            Just("-"),
            Just("*"),
            Just("/"),
            Just("<"),
            Just("<="),
            Just(">"),
            Just(">="),
            Just("=="),
            Just("!=")
        ];
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(left, sign, right)| format!("({left} {sign} {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("min({left}, {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("max({left}, {right})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(c, t, e)| format!("if({c}, {t}, {e})")),
            inner.prop_map(|inner| format!("-{inner}")),
        ]
    })
}

/// Every kind of rule, over the inputs `a`, `b`, `c` (numbers), `option`, `items`, `yes`, `mean`.
fn rule() -> impl Strategy<Value = Value> {
    let with_empty = |rule: Value, when_empty: Option<&str>| {
        let mut rule = rule;
        if let Some(setting) = when_empty {
            rule["whenEmpty"] = json!(setting);
        }
        rule
    };
    prop_oneof![
        1 => choices().prop_map(|all| json!({"kind": "OPTIONS", "input": "option", "options": all})),
        1 => choices().prop_map(|all| json!({"kind": "CLASS_MAP", "input": "option", "classes": all})),
        1 => choices().prop_map(|all| json!({"kind": "CHECKLIST", "input": "items", "items": all})),
        1 => choices().prop_map(|all| json!({"kind": "MATURITY", "input": "items", "levels": all})),
        1 => (ratio(), ratio()).prop_map(|(yes, no)| json!({"kind": "YES_NO", "input": "yes", "yes": yes, "no": no})),
        2 => (measure(), when_empty()).prop_map(move |(measure, empty)| with_empty(json!({"kind": "PROPORTIONAL", "measure": measure}), empty)),
        2 => (measure(), decimal(), decimal(), positive(), when_empty()).prop_map(move |(measure, full, threshold, over, empty)| {
            with_empty(json!({"kind": "GATED_PROPORTIONAL", "measure": measure, "full": full, "threshold": threshold, "over": over}), empty)
        }),
        2 => (measure(), bands(), ratio(), when_empty()).prop_map(move |(measure, bands, otherwise, empty)| {
            with_empty(json!({"kind": "BANDS", "measure": measure, "bands": bands, "otherwise": otherwise}), empty)
        }),
        2 => (measure(), decimal(), decimal(), when_empty()).prop_map(move |(measure, zero, full, empty)| {
            with_empty(json!({"kind": "LINEAR", "measure": measure, "zeroAt": zero, "fullAt": full}), empty)
        }),
        2 => (positive(), positive()).prop_map(|(one, other)| {
            json!({"kind": "DEDUCTIONS", "deductions": [{"input": "a", "each": one}, {"input": "b", "each": other}]})
        }),
        2 => (growth_bands(), ratio()).prop_map(|(bands, otherwise)| {
            json!({"kind": "YEAR_ON_YEAR", "current": "a", "previous": "b", "bands": bands, "otherwise": otherwise})
        }),
        1 => (growth_bands(), ratio()).prop_map(|(bands, otherwise)| {
            json!({"kind": "GROWTH", "years": ["c", "b", "a"], "bands": bands, "otherwise": otherwise})
        }),
        2 => (expression(), when_empty()).prop_map(|(expression, empty)| match empty {
            None => json!({"kind": "FORMULA", "expression": expression}),
            Some(setting) => json!({"kind": "FORMULA", "expression": expression, "whenEmpty": setting, "emptyWhenZero": "b"}),
        }),
        1 => (expression(), expression(), expression()).prop_map(|(x, y, z)| {
            let choice = |(code, expression): (&str, String)| json!({"code": code, "name": text(code), "expression": expression});
            let choices: Vec<Value> = [("X", x), ("Y", y), ("Z", z)].into_iter().map(choice).collect();
            json!({"kind": "FORMULA", "variants": {"input": "option", "choices": choices}})
        }),
        1 => (ratio(), any::<bool>()).prop_map(|(equal, less)| {
            let mut rule = json!({"kind": "MIN_MAX", "input": "a", "lowest": "b", "highest": "c", "withoutSpread": equal});
            if less {
                rule["lessIsBetter"] = json!(true);
            }
            rule
        }),
        1 => (ratio(), 1_u32..=300, any::<bool>()).prop_map(|(equal, hundredths, falls)| {
            let bound = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            let (zero, full) = if falls { (bound.clone(), format!("-{bound}")) } else { (format!("-{bound}"), bound) };
            json!({"kind": "Z_SCORE", "input": "a", "mean": "b", "deviation": "c", "zeroAt": zero, "fullAt": full, "withoutSpread": equal})
        }),
        1 => Just(json!({"kind": "SURVEY_MEAN", "input": "mean", "lowest": "1", "highest": "5"})),
        1 => proptest::option::of((bands(), ratio())).prop_map(|tiers| {
            let mut rule = json!({"kind": "SURVEY_SHARE", "satisfied": "a", "valid": "b"});
            if let Some((bands, otherwise)) = tiers {
                rule["tiers"] = json!({"bands": bands, "otherwise": otherwise});
            }
            rule
        }),
    ]
}

/// All late cases of the year, or those alone for which there is a letter.
fn late_cases(with_letter: bool) -> Value {
    let mut source =
        json!({"kind": "DERIVED", "rows": "LATE_CASES", "count": "DISTINCT", "of": "case", "coverage": "EVERY_CASE"});
    if with_letter {
        source["matched"] = json!({"rows": "APOLOGY_LETTERS", "by": "case"});
    }
    source
}

fn number_source() -> impl Strategy<Value = Value> {
    let usage = |column: &str| json!({"kind": "DERIVED", "rows": "ONLINE_SERVICE_USAGE", "sum": column, "coverage": "EVERY_MONTH"});
    let cases =
        |column: &str| json!({"kind": "DERIVED", "rows": "ONE_STOP_CASES", "sum": column, "coverage": "EVERY_MONTH"});
    prop_oneof![
        2 => Just(json!({"kind": "DECLARED"})),
        2 => prop_oneof![Just("online"), Just("total"), Just("fee_cases")].prop_map(usage),
        2 => prop_oneof![Just("received"), Just("resolved_late"), Just("apology_letters")].prop_map(cases),
        1 => Just(json!({"kind": "DERIVED", "rows": "ONLINE_SERVICE_USAGE", "count": "DISTINCT", "of": "procedure", "used": "online",
            "where": {"column": "level", "oneOf": ["3", "4"]}, "coverage": "EVERY_MONTH"})),
        1 => prop_oneof![Just("on_portal"), Just("in_force")].prop_map(|column| json!({"kind": "DERIVED",
            "rows": "PUBLISHED_PROCEDURES", "countWhere": {"column": column, "equals": "yes"}, "coverage": "EVERY_PROCEDURE"})),
        1 => any::<bool>().prop_map(late_cases),
        1 => prop_oneof![Just("issued"), Just("signed")].prop_map(|column| json!({"kind": "DERIVED",
            "rows": "ELECTRONIC_DOCUMENTS", "sum": column, "coverage": "EVERY_MONTH"})),
    ]
}

/// Sources of a part and its whole, sometimes of the letters among the late cases.
fn sources() -> impl Strategy<Value = (Value, Value)> {
    prop_oneof![
        6 => (number_source(), number_source()),
        1 => Just((late_cases(true), late_cases(false))),
    ]
}

fn leaf() -> impl Strategy<Value = Leaf> {
    (rule(), sources(), any::<bool>()).prop_map(|(rule, (source_a, source_b), bounded)| {
        let input = |code: &str, kind: Value, source: Value| json!({"code": code, "name": text(code), "type": kind, "source": source});
        let declared = || json!({"kind": "DECLARED"});
        let mut a = input("a", json!({"kind": "COUNT"}), source_a);
        if bounded {
            a["atMost"] = json!("b");
        }
        let codes = json!(["X", "Y", "Z"]);
        let inputs = json!([
            a,
            input("b", json!({"kind": "COUNT"}), source_b),
            input("c", json!({"kind": "COUNT"}), json!({"kind": "PREVIOUS_YEAR", "input": "a", "years": 2})),
            input("option", json!({"kind": "OPTION", "codes": codes}), declared()),
            input("items", json!({"kind": "ITEMS", "codes": codes}), declared()),
            input("yes", json!({"kind": "YES_NO"}), declared()),
            input("mean", json!({"kind": "DECIMAL", "minimum": "1", "maximum": "5"}), json!({"kind": "SURVEY"})),
        ]);
        let leaf = json!({"method": "APPRAISED", "appraiser": "SNV", "rule": rule, "inputs": inputs, "requiredEvidence": []});
        serde_json::from_value(leaf).expect("a leaf")
    })
}

/// A value for a stated input: usually good, sometimes none, now and then one that the input cannot have.
fn state(kind: &InputType) -> BoxedStrategy<Option<InputState>> {
    let value = match kind {
        InputType::Option { .. } => prop_oneof![8 => Just("X"), 8 => Just("Y"), 8 => Just("Z"), 1 => Just("W")]
            .prop_map(|code| json!({"kind": "OPTION", "value": code}))
            .boxed(),
        InputType::Items { codes } => proptest::sample::subsequence(codes.clone(), 0..=codes.len())
            .prop_map(|items| json!({"kind": "ITEMS", "value": items}))
            .boxed(),
        InputType::YesNo => any::<bool>()
            .prop_map(|yes| json!({"kind": "YES_NO", "value": yes}))
            .boxed(),
        InputType::Decimal { .. } => (0_u32..=60)
            .prop_map(|tenths| json!({"kind": "DECIMAL", "value": format!("{}.{}", tenths / 10, tenths % 10)}))
            .boxed(),
        InputType::Count { .. } | InputType::Amount { .. } | InputType::Date => {
            prop_oneof![2 => Just(0_i32), 10 => 0..40, 1 => -3..0]
                .prop_map(|count| json!({"kind": "COUNT", "value": count.to_string()}))
                .boxed()
        }
    };
    let origin = prop_oneof![
        4 => Just(InputOrigin::Declared),
        1 => Just(InputOrigin::Survey),
        1 => Just(InputOrigin::PreviousYear { source: None }),
        1 => Just(InputOrigin::Corrected { basis: "OWN_DATA".to_owned() }),
    ];
    let known = (value, origin).prop_map(|(value, origin)| {
        let value: InputValue = serde_json::from_value(value).expect("a value");
        Some(InputState::known(value, origin))
    });
    prop_oneof![9 => known, 1 => Just(None)].boxed()
}

fn row(line: u32, values: Value) -> Row {
    let values: BTreeMap<String, String> = serde_json::from_value(values).expect("values");
    Row { line, values }
}

fn monthly(kind: RowKind) -> impl Strategy<Value = Vec<Row>> {
    // Years without a single case are as likely as years with some: that is where rules are tempted.
    let figures = prop_oneof![
        1 => Just(vec![(0_u32, 0_u32, 0_u32); 12]),
        2 => vec((0_u32..6, 0_u32..4, 0_u32..3), 12),
    ];
    figures.prop_map(move |months| {
        let row = |(position, (rest, part, late)): (usize, (u32, u32, u32))| {
            let month = format!("2019-{:02}", position + 1);
            let [rest, part, late, all] = [rest, part, late, rest + part + late].map(|count| count.to_string());
            let values = match kind {
                RowKind::OnlineServiceUsage => {
                    json!({"month": month, "service": "s", "level": "4", "total": all, "online": part, "fee_cases": rest, "online_payments": "0"})
                }
                RowKind::ElectronicDocuments => {
                    json!({"month": month, "office": "o", "issued": all, "electronic": all, "signed": part, "files": all, "files_online": rest})
                }
                _ => json!({"month": month, "service": "s", "received": all, "resolved_early": rest, "resolved_on_time": part,
                    "resolved_late": late, "pending_in_time": "0", "pending_overdue": "0", "apology_letters": late, "extra_papers": "0"}),
            };
            row(position as u32 + 2, values)
        };
        months.into_iter().enumerate().map(row).collect()
    })
}

fn procedures() -> impl Strategy<Value = Vec<Row>> {
    vec((any::<bool>(), any::<bool>()), 1..5).prop_map(|procedures| {
        let answer = |yes: bool| if yes { "yes" } else { "no" };
        let row = |(position, (on_portal, in_force)): (usize, (bool, bool))| {
            row(
                position as u32 + 2,
                json!({"code": format!("1.{position}"), "on_portal": answer(on_portal), "in_force": answer(in_force)}),
            )
        };
        procedures.into_iter().enumerate().map(row).collect()
    })
}

/// Some late cases, mostly due in the year; often none.
fn late() -> impl Strategy<Value = Vec<Row>> {
    vec(prop::bool::weighted(0.9), 0..6).prop_map(|cases| {
        let row = |(position, of_year): (usize, bool)| {
            let year = if of_year { YEAR } else { YEAR - 1 };
            let values = json!({"case": format!("c{position}"), "service": "s", "due_on": format!("{year}-05-0{}", position + 1)});
            row(position as u32 + 2, values)
        };
        cases.into_iter().enumerate().map(row).collect()
    })
}

/// Letters for some of eight cases, of which not all are late; a case may have two.
fn letters() -> impl Strategy<Value = Vec<Row>> {
    vec(0_usize..8, 0..8).prop_map(|cases| {
        let row = |(position, case): (usize, usize)| {
            let values = json!({"letter": format!("{position}/TXL"), "case": format!("c{case}"), "due_on": "2019-05-01",
                "new_due_on": "2019-06-01", "sent_on": "2019-05-02", "signer": "A"});
            row(position as u32 + 2, values)
        };
        cases.into_iter().enumerate().map(row).collect()
    })
}

/// The rows of one kind spread over one to three documents, rarely with one row lacking or stated twice.
fn links(kind: RowKind) -> impl Strategy<Value = Vec<RowSource>> {
    let rows = match kind {
        RowKind::PublishedProcedures => procedures().boxed(),
        RowKind::OneStopCases | RowKind::OnlineServiceUsage | RowKind::ElectronicDocuments => monthly(kind).boxed(),
        RowKind::LateCases => late().boxed(),
        RowKind::ApologyLetters => letters().boxed(),
    };
    (
        rows,
        0_usize..=MOST_DOCUMENTS,
        0_u32..20,
        any::<proptest::sample::Index>(),
        vec(prop::bool::weighted(0.93), MOST_DOCUMENTS),
    )
        .prop_map(move |(mut rows, documents, defect, which, counts)| {
            let total = rows.len() as u64 + u64::from(defect == 2);
            match defect {
                _ if rows.is_empty() => {}
                0 => {
                    rows.remove(which.index(rows.len()));
                }
                1 => rows.push(rows[which.index(rows.len())].clone()),
                _ => {}
            }
            let link = |number: usize| RowSource {
                link: format!("{}-{number}", kind.name()),
                evidence: format!("evidence-{}-{number}", kind.name()),
                revision: 1,
                kind,
                counts: counts[number],
                rows: Arc::new(rows.iter().skip(number).step_by(documents).cloned().collect()),
                stated_total: Some(total),
            };
            (0..documents).map(link).collect()
        })
}

pub fn world() -> impl Strategy<Value = World> {
    let links = RowKind::ALL.map(links).prop_map(|of_kinds| of_kinds.concat());
    let says = vec(prop::bool::weighted(0.3), RowKind::ALL.len() * MOST_DOCUMENTS);
    (leaf(), 1_u32..=16, links, says).prop_flat_map(|(leaf, quarters, links, says)| {
        let stated: Vec<_> = leaf
            .inputs
            .iter()
            .filter(|spec| !matches!(spec.source, InputSource::Derived(_)))
            .map(|spec| (Just(spec.code.clone()), state(&spec.kind)))
            .collect();
        (Just(leaf), Just(links), Just(says), stated).prop_map(move |(leaf, links, says, stated)| World {
            leaf,
            maximum: Exact::ratio(i64::from(quarters), 4),
            stated: stated
                .into_iter()
                .filter_map(|(code, state)| Some((code, state?)))
                .collect(),
            says_nothing_to_do: says[..links.len()].to_vec(),
            links,
        })
    })
}

pub fn framework() -> impl Strategy<Value = Framework> {
    let words = "[\\PC]{0,12}";
    (vec((leaf(), positive(), words, words), 1..6), words, any::<bool>()).prop_map(|(leaves, name, rounded)| {
        let mut nodes = vec![json!({"code": "1", "name": text(&name), "points": "1.50"})];
        for (number, (leaf, points, vi, en)) in leaves.into_iter().enumerate() {
            let leaf = serde_json::to_value(leaf).expect("json");
            let code = format!("1.{}", number + 1);
            nodes.push(
                json!({"code": code, "parent": "1", "name": {"vi": vi, "en": en}, "points": points, "leaf": leaf}),
            );
        }
        let round_leaf = if rounded { "2" } else { "NONE" };
        let framework = json!({
            "format": 1, "code": "QNM-SO", "version": "2019", "unitType": "SO", "name": text(&name), "scale": "100",
            "scoring": {"roundLeaf": round_leaf, "roundTotal": 2, "totalOf": "EXACT", "rebase": "RATIO"},
            "classes": [{"code": "ALL", "name": text("all"), "atLeast": "0"}],
            "sources": [name], "nodes": nodes,
        });
        serde_json::from_value(framework).expect("a framework")
    })
}
