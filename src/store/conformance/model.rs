//! Random documents and random queries, against filter-and-sort in memory.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{ITEM, Shared, append, item, stream};
use crate::store::query::Fields;
use crate::store::{Condition, Cursor, Direction, FieldKind, FieldValue, Order, Query, StoredDocument, StreamId};

/// Documents in the model.
const DOCUMENTS: u64 = 160;
/// Queries asked.
const QUERIES: u64 = 250;

const WORDS: [&str; 10] = ["", "A", "a", "aa", "b", "Đ", "đ", "\u{fb33}", "😀", "10"];
const FIELDS: [&str; 3] = ["kind", "rank", "label"];

/// A small generator of known sequence (splitmix64): a failure repeats.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap_or(0)]
    }

    /// A value that a field of that kind may hold.
    fn present(&mut self, field: &str) -> FieldValue {
        match ITEM.field(field).kind {
            FieldKind::Text => self.pick(&WORDS).into(),
            FieldKind::Integer => self.pick(&[i64::MIN, -2, -1, 0, 1, 2, 9, 10, i64::MAX]).into(),
        }
    }

    fn value(&mut self, field: &str) -> FieldValue {
        if self.below(5) == 0 {
            FieldValue::Absent
        } else {
            self.present(field)
        }
    }

    fn values(&mut self, field: &str) -> Vec<FieldValue> {
        (0..self.below(4)).map(|_| self.value(field)).collect()
    }

    fn condition(&mut self) -> Condition {
        let field = self.pick(&FIELDS);
        match self.below(5) {
            0 => Condition::Equal(field, self.value(field)),
            1 => Condition::OneOf(field, self.values(field)),
            2 => Condition::NoneOf(field, self.values(field)),
            3 => Condition::AtLeast(field, self.present(field)),
            _ => Condition::LessThan(field, self.present(field)),
        }
    }

    fn query(&mut self, streams: &[StreamId]) -> Query {
        let mut query = Query::of(&ITEM);
        if self.below(3) == 0 {
            query.stream = streams
                .get(usize::try_from(self.below(streams.len() as u64)).unwrap_or(0))
                .cloned();
        }
        query.conditions = (0..self.below(3)).map(|_| self.condition()).collect();
        if self.below(4) > 0 {
            query.order = Some(Order {
                field: self.pick(&FIELDS),
                direction: self.pick(&[Direction::Ascending, Direction::Descending]),
            });
        }
        query.limit = usize::try_from(self.below(7) + 1).unwrap_or(1);
        query
    }
}

type Place = (StreamId, String);

fn field(fields: &Fields, name: &str) -> FieldValue {
    fields.get(name).cloned().unwrap_or(FieldValue::Absent)
}

fn matching<'m>(model: &'m BTreeMap<Place, Fields>, query: &Query) -> Vec<(&'m Place, &'m Fields)> {
    let in_stream = |place: &Place| query.stream.as_ref().is_none_or(|stream| *stream == place.0);
    model
        .iter()
        .filter(|(place, fields)| in_stream(place) && query.conditions.iter().all(|one| one.holds(fields)))
        .collect()
}

/// The places that a query finds, in its order.
fn expected(model: &BTreeMap<Place, Fields>, query: &Query) -> Vec<Place> {
    let mut found = matching(model, query);
    if let Some(order) = query.order {
        found.retain(|(_, fields)| field(fields, order.field) != FieldValue::Absent);
        found.sort_by(|(place_a, a), (place_b, b)| {
            let ascending: Ordering = (field(a, order.field), place_a).cmp(&(field(b, order.field), place_b));
            match order.direction {
                Direction::Ascending => ascending,
                Direction::Descending => ascending.reverse(),
            }
        });
    }
    found.into_iter().map(|(place, _)| place.clone()).collect()
}

/// Every page from the beginning, or from the end; the places in the order of the query either way, with their cursors.
async fn every_page(store: &Shared, query: &Query, backwards: bool) -> Vec<(Place, Cursor)> {
    let mut query = query.clone();
    query.backwards = backwards;
    let mut found = Vec::new();
    loop {
        let (mut page, more) = one_page(store, &query).await;
        if backwards {
            query.before = page.first().map(|(_, cursor)| cursor.clone());
            page.append(&mut found);
            found = page;
        } else {
            query.after = page.last().map(|(_, cursor)| cursor.clone());
            found.append(&mut page);
        }
        if !more {
            return found;
        }
    }
}

async fn one_page(store: &Shared, query: &Query) -> (Vec<(Place, Cursor)>, bool) {
    let page = store.find(query).await.expect("a page");
    assert!(page.documents.len() <= query.limit);
    assert!(
        !page.more || page.documents.len() == query.limit,
        "a page that is not full says that there is more"
    );
    let place = |(document, cursor): (StoredDocument, Cursor)| ((document.stream, document.id), cursor);
    (page.documents.into_iter().map(place).collect(), page.more)
}

/// One page between two places, from the beginning and from the end.
async fn pages_between(store: &Shared, query: &Query, all: &[(Place, Cursor)], dice: &mut Dice) {
    let mut place = || usize::try_from(dice.below(all.len() as u64)).unwrap_or(0);
    let (one, other) = (place(), place());
    let (from, to) = (one.min(other), one.max(other));
    let between: Vec<&Place> = all.iter().map(|(place, _)| place).take(to).skip(from + 1).collect();
    let mut query = query.clone();
    query.after = Some(all[from].1.clone());
    query.before = Some(all[to].1.clone());
    for backwards in [false, true] {
        query.backwards = backwards;
        let (page, more) = one_page(store, &query).await;
        let page: Vec<&Place> = page.iter().map(|(place, _)| place).collect();
        let skipped = if backwards {
            between.len().saturating_sub(query.limit)
        } else {
            0
        };
        let expected: Vec<&Place> = between.iter().copied().skip(skipped).take(query.limit).collect();
        assert_eq!((page, more), (expected, between.len() > query.limit), "{query:?}");
    }
}

/// All conditions, both directions, ties and absent values; pages of 1 to 7 from both ends; counts too.
pub async fn every_page_of_every_query(store: Shared) {
    let mut dice = Dice(2019);
    let streams = ["a", "a!", "Đ", "z"].map(stream);
    let mut model = BTreeMap::new();
    let mut puts: BTreeMap<StreamId, Vec<_>> = BTreeMap::new();
    for number in 0..DOCUMENTS {
        let id = format!("{}{number}", dice.pick(&WORDS));
        let fields: Fields = FIELDS.iter().map(|name| (*name, dice.value(name))).collect();
        let owned: Vec<_> = fields.clone().into_iter().collect();
        let place = streams[usize::try_from(dice.below(4)).unwrap_or(0)].clone();
        puts.entry(place.clone())
            .or_default()
            .push(item(&id, &number.to_string(), &owned));
        model.insert((place, id), fields);
    }
    for (stream, puts) in puts {
        append(&store, &stream, puts).await;
    }
    for number in 0..QUERIES {
        let query = dice.query(&streams);
        let expected = expected(&model, &query);
        for backwards in [false, true] {
            let found = every_page(&store, &query, backwards).await;
            let places: Vec<&Place> = found.iter().map(|(place, _)| place).collect();
            assert_eq!(
                places,
                expected.iter().collect::<Vec<_>>(),
                "query {number}, backwards {backwards}: {query:?}"
            );
            if !found.is_empty() {
                pages_between(&store, &query, &found, &mut dice).await;
            }
        }
        let all = matching(&model, &query);
        assert_eq!(
            store.count(&query).await.expect("counts"),
            all.len() as u64,
            "query {number}: {query:?}"
        );
        let name = dice.pick(&FIELDS);
        let mut facets = BTreeMap::<FieldValue, u64>::new();
        for (_, fields) in all {
            *facets.entry(field(fields, name)).or_default() += 1;
        }
        let counted = store.count_by(&query, name).await.expect("counts");
        assert_eq!(
            counted,
            facets.into_iter().collect::<Vec<_>>(),
            "query {number} by {name}: {query:?}"
        );
    }
}
