//! Weighs a parsed document before anything walks it. Each fragment is weighed once, however often it is spread, so that
//! the pass is linear in the document while the weight is that of the document with every fragment put in place.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value, Variables};

use super::limits;
use super::refusal::{Code, Refusal};
use crate::domain::text::Text;

/// Selection sets, inline fragments and spreads within each other; guards the stack of the pass itself.
const RECURSION: usize = 200;

/// What a document amounts to with every fragment in place. All sums saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Fields above each other.
    pub depth: u64,
    /// Fields.
    pub fields: u64,
    /// Aliases.
    pub aliases: u64,
    /// Directives.
    pub directives: u64,
    /// Fields side by side at the top.
    pub width: u64,
    /// List fields of the introspection within each other.
    pub lists: u64,
    /// Fields of the answer: those that come once, and those that come once per item of the page around them.
    pub cost: Cost,
}

/// Fields of an answer, as a function of the page size that the field around it states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Fields that come once.
    pub once: u64,
    /// Fields that come for every item.
    pub per_item: u64,
}

impl Cost {
    fn on_page(self, page: u64) -> u64 {
        self.once.saturating_add(self.per_item.saturating_mul(page))
    }
}

impl Weight {
    fn beside(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.lists = self.lists.max(other.lists);
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.width = self.width.saturating_add(other.width);
        self.cost.once = self.cost.once.saturating_add(other.cost.once);
        self.cost.per_item = self.cost.per_item.saturating_add(other.cost.per_item);
    }
}

/// Why a document is not executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overweight {
    what: &'static str,
    what_vi: &'static str,
    limit: u64,
}

impl From<Overweight> for Refusal {
    fn from(problem: Overweight) -> Self {
        let Overweight { what, what_vi, limit } = problem;
        Refusal::document(
            Code::Invalid,
            Text::new(
                format!("Truy vấn quá lớn: {what_vi}, tối đa {limit}; hãy chia thành nhiều truy vấn."),
                format!("The query is too large: {what}, at most {limit}; split it into several."),
            ),
        )
    }
}

/// Weighs every operation of the document; the heaviest in each respect counts. Page sizes are taken from the variables
/// where the document refers to them.
pub fn weigh(document: &ExecutableDocument, variables: &Variables) -> Result<Weight, Overweight> {
    check(
        "fragments",
        "số mảnh (fragment)",
        document.fragments.len() as u64,
        limits::FRAGMENTS as u64,
    )?;
    let mut total = Weight::default();
    for (_, operation) in document.operations.iter() {
        let mut scale = Scale {
            document,
            variables,
            operation: &operation.node,
            fragments: HashMap::new(),
            open: 0,
        };
        let mut weight = scale.set(&operation.node.selection_set.node)?;
        weight.directives = weight.directives.saturating_add(operation.node.directives.len() as u64);
        total.beside(Weight {
            width: 0,
            cost: Cost::default(),
            ..weight
        });
        total.width = total.width.max(weight.width);
        total.cost.once = total.cost.once.max(weight.cost.on_page(1));
    }
    check("levels of fields", "số tầng trường", total.depth, limits::DEPTH)?;
    check("fields", "số trường", total.fields, limits::FIELDS)?;
    check("aliases", "số bí danh (alias)", total.aliases, limits::ALIASES)?;
    check(
        "directives",
        "số chỉ thị (directive)",
        total.directives,
        limits::DIRECTIVES,
    )?;
    check("fields of the root", "số trường gốc", total.width, limits::ROOT_FIELDS)?;
    check(
        "fields of the answer if every page is full",
        "số trường của kết quả",
        total.cost.once,
        limits::COST,
    )?;
    Ok(total)
}

fn check(what: &'static str, what_vi: &'static str, found: u64, limit: u64) -> Result<(), Overweight> {
    if found > limit {
        Err(Overweight { what, what_vi, limit })
    } else {
        Ok(())
    }
}

struct Scale<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    operation: &'a OperationDefinition,
    /// `None` while a fragment is being weighed: meeting it then is a cycle.
    fragments: HashMap<&'a Name, Option<Weight>>,
    open: usize,
}

impl<'a> Scale<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<Weight, Overweight> {
        check(
            "selections within each other",
            "số tầng lồng nhau",
            self.open as u64,
            RECURSION as u64,
        )?;
        self.open += 1;
        let mut weight = Weight::default();
        for selection in &set.items {
            let mut item = match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node)?,
            };
            let directives = selection.node.directives().len() as u64;
            item.directives = item.directives.saturating_add(directives);
            weight.beside(item);
        }
        self.open -= 1;
        Ok(weight)
    }

    fn fragment(&mut self, name: &Name) -> Result<Weight, Overweight> {
        // An unknown fragment weighs nothing; the validation names it.
        let Some((name, fragment)): Option<(&'a Name, &'a Positioned<FragmentDefinition>)> =
            self.document.fragments.get_key_value(name)
        else {
            return Ok(Weight::default());
        };
        match self.fragments.get(name) {
            Some(Some(weight)) => return Ok(*weight),
            Some(None) => {
                return Err(Overweight {
                    what: "fragments that contain themselves",
                    what_vi: "mảnh tự chứa",
                    limit: 0,
                });
            }
            None => {}
        }
        self.fragments.insert(name, None);
        let mut weight = self.set(&fragment.node.selection_set.node)?;
        weight.directives = weight.directives.saturating_add(fragment.node.directives.len() as u64);
        self.fragments.insert(name, Some(weight));
        Ok(weight)
    }

    fn field(&mut self, field: &'a Field) -> Result<Weight, Overweight> {
        let inner = self.set(&field.selection_set.node)?;
        let name = field.name.node.as_str();
        let leaf = field.selection_set.node.items.is_empty();
        let stated = self.stated_page(field);
        let page = if leaf {
            0
        } else {
            stated.unwrap_or(limits::DEFAULT_PAGE).min(limits::LARGEST_PAGE)
        };
        // A page without edges is a plain list: everything in it comes once per item.
        let is_plain = inner.cost.per_item == 0 && stated.is_some() && !leaf && !asks_for_a_page(field);
        let inner_cost = match is_plain {
            true => inner.cost.once.saturating_mul(page),
            false => inner.cost.on_page(page),
        };
        let cost = inner_cost.saturating_add(1);
        let is_list = matches!(name, "fields" | "inputFields" | "interfaces" | "possibleTypes") && !leaf;
        let lists = inner.lists + u64::from(is_list);
        if matches!(name, "__schema" | "__type") {
            check(
                "lists of types within each other",
                "danh sách kiểu lồng nhau",
                lists,
                limits::INTROSPECTION_LISTS,
            )?;
        }
        Ok(Weight {
            depth: inner.depth.saturating_add(1),
            fields: inner.fields.saturating_add(1),
            aliases: inner.aliases.saturating_add(u64::from(field.alias.is_some())),
            directives: inner.directives,
            width: 1,
            lists,
            // The items of a page come as often as the field around them says.
            cost: if matches!(name, "nodes" | "edges") && !leaf {
                Cost {
                    once: 0,
                    per_item: cost,
                }
            } else {
                Cost {
                    once: cost,
                    per_item: 0,
                }
            },
        })
    }

    /// How many items the field says it wants, if it does.
    fn stated_page(&self, field: &Field) -> Option<u64> {
        let arguments = ["first", "last"].iter().filter_map(|name| field.get_argument(name));
        arguments
            .filter_map(|value| {
                value
                    .node
                    .clone()
                    .into_const_with(|name| self.variable(&name).ok_or(()))
                    .ok()
            })
            .find_map(|value| {
                if let Value::Number(number) = value {
                    number.as_u64()
                } else {
                    None
                }
            })
    }

    /// What a variable stands for: what was sent, or else its default.
    fn variable(&self, name: &Name) -> Option<Value> {
        if let Some(given) = self.variables.get(name) {
            return Some(given.clone());
        }
        let definitions = &self.operation.variable_definitions;
        let definition = definitions
            .iter()
            .find(|definition| definition.node.name.node == *name)?;
        definition.node.default_value.as_ref().map(|value| value.node.clone())
    }
}

/// Whether a connection is asked about itself, how many it has in all or where its page lies: that comes once, however large the page is.
fn asks_for_a_page(field: &Field) -> bool {
    let about_itself = |selection: &Positioned<Selection>| match &selection.node {
        Selection::Field(field) => matches!(field.node.name.node.as_str(), "totalCount" | "pageInfo"),
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
    };
    field.selection_set.node.items.iter().any(about_itself)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn weight(document: &str) -> Result<Weight, Overweight> {
        weigh(&parse_query(document).unwrap(), &Variables::default())
    }

    #[test]
    fn fragments_count_as_often_as_they_are_spread() {
        let weight = weight("{ a { ...F } x: b { ...F } } fragment F on T { c d @skip(if: false) }").unwrap();
        assert_eq!(
            (
                weight.depth,
                weight.fields,
                weight.aliases,
                weight.directives,
                weight.width
            ),
            (2, 6, 1, 2, 2)
        );
    }

    #[test]
    fn a_page_multiplies_what_is_in_it() {
        let all = "query($n: Int = 50) { dossiers(first: $n) { nodes { code assessments(first: 90) { nodes { points } } } } }";
        let cost = weight(all).unwrap().cost.once;
        assert_eq!(cost, 1 + 50 * (1 + 1 + 1 + 90 * 2));
        assert!(weight("{ a(first: 500) { nodes { b(first: 500) { nodes { c } } } } }").is_err());
        // A plain list that is paged by skipping, too; what states no page is counted once.
        let list = "{ a { units(first: 500, skip: 500) { b c { d } } count } }";
        assert_eq!(weight(list).unwrap().cost.once, 1 + 1 + 500 * 3 + 1);
        assert!(weight("{ a(first: 500) { b(first: 500) { c } } }").is_err());
        let mut variables = Variables::default();
        variables.insert(Name::new("n"), Value::from(2));
        assert_eq!(
            weigh(&parse_query(all).unwrap(), &variables).unwrap().cost.once,
            1 + 2 * (3 + 90 * 2)
        );
    }

    #[test]
    fn a_fragment_bomb_is_weighed_in_a_moment() {
        let mut document = "{ ...F0 }".to_owned();
        for level in 0..40 {
            document += &format!(" fragment F{level} on Q {{ ...F{0} ...F{0} }}", level + 1);
        }
        document += " fragment F40 on Q { a }";
        let started = std::time::Instant::now();
        assert_eq!(weight(&document).unwrap_err().what, "fields");
        assert!(started.elapsed().as_millis() < 50);
    }

    #[test]
    fn cycles_chains_and_towers_are_refused() {
        assert!(weight("{ ...A } fragment A on Q { ...B } fragment B on Q { ...A }").is_err());
        assert!(weight(&format!("{{ {} }}", "a: b ".repeat(101))).is_err());
        let tower = format!("{}a{}", "{ a ".repeat(21), " }".repeat(21));
        assert_eq!(weight(&tower).unwrap_err().what, "levels of fields");
        assert!(
            weight(
                "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"
            )
            .is_err()
        );
    }
}
