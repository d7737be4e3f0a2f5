//! Long lists of plain objects, written at once. The library resolves every field in a future of its own and keeps the
//! answer as a tree, which for a page of small objects costs more than everything else together. A list whose selection
//! is plain (no fragments, no directives, no response key twice) is written as JSON straight away, by the same
//! resolvers, one after the other; any other selection goes the library's way, with the same answer.

use std::borrow::Cow;

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_list;
use async_graphql::{
    ContainerType, ContextSelectionSet, Name, OutputType, Positioned, ServerError, ServerResult, Value,
};
use async_graphql_value::RAW_VALUE_TOKEN;
use futures::future::BoxFuture;

/// An object being written.
pub type Written<'a> = BoxFuture<'a, ServerResult<()>>;

/// What can be written straight away.
pub trait Plain: OutputType {
    /// Whether a selection of its fields can be.
    fn is_plain(selection: &SelectionSet) -> bool;

    /// Appends the selected fields as a JSON object.
    fn write<'a>(&'a self, context: &'a ContextSelectionSet<'a>, out: &'a mut Vec<u8>) -> Written<'a>;
}

/// A list, written at once where its selection is plain.
pub struct PlainList<'a, T>(pub Vec<&'a T>);

impl<T: Plain + 'static> OutputType for PlainList<'_, T> {
    fn type_name() -> Cow<'static, str> {
        <Vec<T>>::type_name()
    }

    fn qualified_type_name() -> String {
        <Vec<T>>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<T>>::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let whole = &context.query_env.operation.node.selection_set.node;
        if !(T::is_plain(&context.item.node) && has_no_twins(whole)) {
            return resolve_list(context, field, self.0.iter().copied(), Some(self.0.len())).await;
        }
        let mut out = Vec::with_capacity(self.0.len() * TYPICAL_BYTES);
        out.push(b'[');
        for (place, item) in self.0.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            let context = context.with_index(place);
            item.write(&context, &mut out)
                .await
                .map_err(|error| context.set_error_path(error))?;
        }
        out.push(b']');
        let json = String::from_utf8(out).map_err(|_| unwritable(field))?;
        let raw = [(Name::new(RAW_VALUE_TOKEN), Value::String(json))];
        Ok(Value::Object(raw.into_iter().collect()))
    }
}

/// What an item is expected to take (bytes); only memory is reserved by it.
const TYPICAL_BYTES: usize = 512;

/// Whether no response key comes twice in a selection: fields of one key are merged, which needs a tree. Fragments might
/// bring one.
fn has_no_twins(selection: &SelectionSet) -> bool {
    let mut keys: Vec<&Name> = Vec::with_capacity(selection.items.len());
    selection.items.iter().all(|item| match &item.node {
        Selection::Field(field) => {
            let key = &field.node.response_key().node;
            let first = !keys.contains(&key);
            keys.push(key);
            first && has_no_twins(&field.node.selection_set.node)
        }
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
    })
}

/// The fields of a selection that holds nothing else, and no directives.
fn fields(selection: &SelectionSet) -> impl Iterator<Item = Option<&Positioned<Field>>> {
    selection.items.iter().map(|item| match &item.node {
        Selection::Field(field) if field.node.directives.is_empty() => Some(field),
        _ => None,
    })
}

/// Whether a selection holds fields without fields of their own alone, apart from the named one, whose fields are then
/// those of a plain object themselves.
pub fn all_plain<N: Plain>(selection: &SelectionSet, within: Option<&str>) -> bool {
    fields(selection).all(|field| {
        field.is_some_and(|field| {
            let selected = &field.node.selection_set.node;
            selected.items.is_empty() || within == Some(&field.node.name.node) && N::is_plain(selected)
        })
    })
}

/// Appends the selected fields of an object; the one that has fields of its own is the object `within`.
pub async fn write_object<T: ContainerType, N: Plain>(
    object: &T,
    within: Option<&N>,
    context: &ContextSelectionSet<'_>,
    out: &mut Vec<u8>,
) -> ServerResult<()> {
    out.push(b'{');
    for (place, field) in fields(&context.item.node).flatten().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        let context = context.with_field(field);
        append(&field.node.response_key().node, field, out)?;
        out.push(b':');
        if field.node.name.node == "__typename" {
            append(&object.introspection_type_name(), field, out)?;
        } else if let (false, Some(within)) = (field.node.selection_set.node.items.is_empty(), within) {
            let context = context.with_selection_set(&field.node.selection_set);
            within.write(&context, out).await?;
        } else {
            let value = object.resolve_field(&context).await?.unwrap_or_default();
            append(&value, field, out)?;
        }
    }
    out.push(b'}');
    Ok(())
}

fn append<V: serde::Serialize + ?Sized>(value: &V, field: &Positioned<Field>, out: &mut Vec<u8>) -> ServerResult<()> {
    serde_json::to_writer(out, value).map_err(|_| unwritable(field))
}

fn unwritable(field: &Positioned<Field>) -> ServerError {
    ServerError::new("a value has no JSON form", Some(field.pos))
}
