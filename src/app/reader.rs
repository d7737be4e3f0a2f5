//! Reading within one attempt: one snapshot, typed, remembering which foreign streams the decision looked at.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::App;
use super::documents::{grant_fields, streams};
use super::error::Error;
use super::keep_recusals::MAX_RECUSALS;
use super::known_streams::Found;
use super::open_dossier::ancestors;
use crate::domain::assessment::QueueItem;
use crate::domain::conflict::{Recusal, UnitPlace};
use crate::domain::framework::Framework;
use crate::domain::policy::{Permission, Viewer, permits};
use crate::domain::questionnaire::Questionnaire;
use crate::domain::registry::{Grant, Unit, User};
use crate::domain::round::FrameworkRef;
use crate::store::entry::Basis;
use crate::store::typed::{TypedQuery, Versioned};
use crate::store::{
    Cursor, Document, FieldValue, Head, Key, MAX_GET_KEYS, Page, Read, Snapshot, StoredDocument, StreamId, Window,
};

/// Most grants of one account that are looked at: far more than a person can hold in a lifetime of rounds.
const MAX_GRANTS: usize = 500;
/// Documents of the first page of everything that a query finds. It is nearly always the only one, and a store reads so
/// few at once.
const FIRST_PAGE: usize = 100;

/// Reads one moment of the store.
pub struct Reader<'a> {
    app: &'a App,
    read: &'a dyn Read,
    /// Whether it reads one moment, so that heads and documents belong together.
    of_moment: bool,
    heads: Mutex<BTreeMap<StreamId, Head>>,
}

/// One page of typed documents.
pub struct TypedPage<D> {
    pub items: Vec<(Versioned<D>, Cursor)>,
    pub more: bool,
}

/// A leaf of the queue with the body that it was read from: only the same bytes stand for it.
pub(super) type KnownItem = (bytes::Bytes, Arc<QueueItem>);

/// Found documents as what they are.
pub(super) fn typed<D: Document>(
    found: impl IntoIterator<Item = Option<Arc<Found>>>,
) -> Result<Vec<Option<Versioned<D>>>, Error> {
    let read = |one: Option<Arc<Found>>| one.as_ref().map(Found::read).transpose().map_err(Error::from);
    found.into_iter().map(read).collect()
}

fn typed_page<D: Document>(page: Page) -> Result<TypedPage<D>, Error> {
    let read = |(stored, cursor)| Ok((Versioned::read(&stored)?, cursor));
    let items = page.documents.into_iter().map(read).collect::<Result<_, Error>>()?;
    Ok(TypedPage { items, more: page.more })
}

/// A page of a list that never changes, kept under one key: lines of a published ranking, rows of a revision. The place
/// in it is the number of the item, from 1; `true` if there is more in the direction of paging.
pub(super) fn page_of_list<T: Clone>(
    items: &[T],
    stream: &StreamId,
    id: &str,
    window: &Window,
) -> (Vec<(T, Cursor)>, bool) {
    let (numbers, more) = window.of_numbers(1..items.len() as u64 + 1);
    let place = |number: u64| Cursor {
        value: FieldValue::Integer(number.cast_signed()),
        stream: stream.clone(),
        id: id.to_owned(),
    };
    let skip = usize::try_from(numbers.start - 1).unwrap_or(usize::MAX);
    let page = numbers.zip(items.iter().skip(skip));
    (page.map(|(number, item)| (item.clone(), place(number))).collect(), more)
}

/// What is known of some documents, and which have to be read.
struct LookedUp {
    known: Vec<Option<Arc<Found>>>,
    unknown: Vec<Key>,
}

impl LookedUp {
    fn of(read: &Reader<'_>, keys: &[Key]) -> Self {
        let known = match read.of_moment {
            true => read
                .app
                .known_streams
                .look_up(keys, |stream| read.heads().get(stream).map(|head| head.hash)),
            false => vec![None; keys.len()],
        };
        let unknown = keys.iter().zip(&known).filter(|(_, known)| known.is_none());
        let unknown = unknown.map(|(key, _)| key.clone()).collect();
        Self { known, unknown }
    }

    /// All of them, in the order asked, once the unknown ones are read: `found` is in their order.
    fn with(self, read: &Reader<'_>, found: Vec<Option<StoredDocument>>) -> Vec<Option<Arc<Found>>> {
        let as_found = |one: Option<StoredDocument>| one.map(|stored| Arc::new(Found::new(stored)));
        let found: Vec<Option<Arc<Found>>> = found.into_iter().map(as_found).collect();
        if read.of_moment {
            let found = self.unknown.iter().zip(&found);
            let found = found.filter_map(|(key, found)| Some((key, found.as_ref()?)));
            read.app
                .known_streams
                .keep(found, |stream| read.heads().get(stream).cloned());
        }
        let mut found = found.into_iter();
        let or_read = |known: Option<Arc<Found>>| known.or_else(|| found.next().flatten());
        self.known.into_iter().map(or_read).collect()
    }
}

impl<'a> Reader<'a> {
    fn heads(&self) -> MutexGuard<'_, BTreeMap<StreamId, Head>> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn new(app: &'a App, read: &'a dyn Read) -> Self {
        Self {
            app,
            read,
            of_moment: false,
            heads: Mutex::new(BTreeMap::new()),
        }
    }

    /// Reads one moment. What is known of streams whose heads it has read is not asked for again.
    pub(super) fn of_moment(app: &'a App, snapshot: &'a dyn Snapshot) -> Self {
        Self {
            of_moment: true,
            ..Self::new(app, snapshot)
        }
    }

    /// The application, for immutable facts that no snapshot can change.
    pub fn app(&self) -> &'a App {
        self.app
    }

    /// One document.
    pub async fn get<D: Document>(&self, stream: &StreamId, id: &str) -> Result<Option<Versioned<D>>, Error> {
        let found = typed(self.get_mixed(&[D::key(stream, id)]).await?)?;
        Ok(found.into_iter().next().flatten())
    }

    /// One document that has to be there.
    ///
    /// # Errors
    /// [`Error::NotFound`] naming `what`.
    pub async fn require<D: Document>(
        &self,
        stream: &StreamId,
        id: &str,
        what: &'static str,
    ) -> Result<Versioned<D>, Error> {
        self.get(stream, id).await?.ok_or(Error::NotFound { what })
    }

    /// Documents of one stream by id, in the order asked.
    pub async fn get_all<D: Document>(
        &self,
        stream: &StreamId,
        ids: &[String],
    ) -> Result<Vec<Option<Versioned<D>>>, Error> {
        let keys: Vec<_> = ids.iter().map(|id| D::key(stream, id.clone())).collect();
        typed(self.get_mixed(&keys).await?)
    }

    /// Documents of any types by key, in the order asked: one reading for as many as a store gives at once. [`typed`]
    /// tells what they are.
    pub(super) async fn get_mixed(&self, keys: &[Key]) -> Result<Vec<Option<Arc<Found>>>, Error> {
        let looked = LookedUp::of(self, keys);
        let read = self.get_unknown(&looked.unknown).await?;
        Ok(looked.with(self, read))
    }

    /// Documents by key, whatever is known of them.
    async fn get_unknown(&self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, Error> {
        let mut found = Vec::with_capacity(keys.len());
        for some in keys.chunks(MAX_GET_KEYS) {
            found.extend(self.read.get_many(some).await?);
        }
        Ok(found)
    }

    /// All documents of a type in one stream, in order of id, page by page.
    pub async fn all<D: Document>(&self, stream: &StreamId) -> Result<Vec<Versioned<D>>, Error> {
        self.every(D::query().in_stream(stream)).await
    }

    /// Everything that a query finds, page by page; the caller knows that it is bounded (one dossier, one leaf).
    pub async fn every<D: Document>(&self, query: TypedQuery<D>) -> Result<Vec<Versioned<D>>, Error> {
        let query = query.limit(FIRST_PAGE);
        let first = self.page(&query).await?;
        self.rest(query, first, usize::MAX).await
    }

    /// Documents by key, and everything that a query finds, as [`Reader::every`]: together, where a way to the store costs
    /// something.
    pub(super) async fn get_mixed_and_every<D: Document>(
        &self,
        keys: &[Key],
        query: TypedQuery<D>,
    ) -> Result<(Vec<Option<Arc<Found>>>, Vec<Versioned<D>>), Error> {
        let query = query.limit(FIRST_PAGE);
        let looked = LookedUp::of(self, keys);
        let (first, later) = looked.unknown.split_at(looked.unknown.len().min(MAX_GET_KEYS));
        let (mut read, page) = match first {
            [] => (Vec::new(), self.read.find(&query.query).await?),
            _ => self.read.get_and_find(first, &query.query).await?,
        };
        read.extend(self.get_unknown(later).await?);
        let every = self.rest(query, typed_page(page)?, usize::MAX).await?;
        Ok((looked.with(self, read), every))
    }

    /// A first page and what follows it, up to so many documents.
    async fn rest<D: Document>(
        &self,
        query: TypedQuery<D>,
        first: TypedPage<D>,
        most: usize,
    ) -> Result<Vec<Versioned<D>>, Error> {
        let mut query = query.limit(crate::store::MAX_PAGE);
        let (mut found, mut page) = (Vec::with_capacity(first.items.len()), first);
        loop {
            query.query.after = page.items.last().map(|(_, cursor)| cursor.clone());
            found.extend(page.items.into_iter().map(|(item, _)| item));
            if !page.more || found.len() >= most {
                found.truncate(most);
                return Ok(found);
            }
            page = self.page(&query).await?;
        }
    }

    /// One page.
    pub async fn page<D: Document>(&self, query: &TypedQuery<D>) -> Result<TypedPage<D>, Error> {
        typed_page(self.read.find(&query.query).await?)
    }

    /// One page of leaves that were perhaps read before.
    pub(super) async fn page_of_known(
        &self,
        query: &TypedQuery<QueueItem>,
    ) -> Result<TypedPage<Arc<QueueItem>>, Error> {
        let page = self.read.find(&query.query).await?;
        let read = |(stored, cursor): (StoredDocument, Cursor)| Ok((self.known_item(stored)?, cursor));
        let items = page.documents.into_iter().map(read).collect::<Result<_, Error>>()?;
        Ok(TypedPage { items, more: page.more })
    }

    fn known_item(&self, stored: StoredDocument) -> Result<Versioned<Arc<QueueItem>>, Error> {
        let known = &self.app.queue_items;
        let value = match known.get(&stored.salt) {
            Some((body, item)) if body == stored.body => item,
            Some(_) | None => {
                let item = Arc::new(QueueItem::from_body(&stored.body)?);
                known.keep(stored.salt, (stored.body.clone(), Arc::clone(&item)));
                item
            }
        };
        Ok(Versioned {
            stream: stored.stream,
            version: stored.version,
            value,
        })
    }

    /// How many documents match.
    pub async fn count<D: Document>(&self, query: &TypedQuery<D>) -> Result<u64, Error> {
        Ok(self.read.count(&query.query).await?)
    }

    /// How many documents match, by the value of a field.
    pub async fn count_by<D: Document>(
        &self,
        query: &TypedQuery<D>,
        field: &'static str,
    ) -> Result<Vec<(crate::store::FieldValue, u64)>, Error> {
        Ok(self.read.count_by(&query.query, field).await?)
    }

    /// The newest entry of a stream; what a decision reads of another stream becomes its basis.
    pub async fn head(&self, stream: &StreamId) -> Result<Option<Head>, Error> {
        let head = self.read.head(stream).await?;
        if let Some(head) = &head {
            self.heads().insert(stream.clone(), head.clone());
        }
        Ok(head)
    }

    /// Journal entries of a stream.
    pub async fn entries(
        &self,
        stream: &StreamId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<crate::store::EntryRecord>, Error> {
        Ok(self.read.entries(stream, from, limit).await?)
    }

    /// The foreign entries read so far.
    pub(super) fn basis(&self, own: &StreamId) -> Vec<Basis> {
        let heads = self.heads();
        heads
            .iter()
            .filter(|(stream, _)| *stream != own)
            .map(|(stream, head)| Basis {
                stream: stream.clone(),
                number: head.number,
                hash: head.hash,
            })
            .collect()
    }

    /// An account with all its grants.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when there is no such active account: a token alone opens nothing.
    pub async fn viewer(&self, login: &str) -> Result<Viewer, Error> {
        let stream = streams::user(login);
        let Some(head) = self.read.head(&stream).await? else {
            return Err(Error::Unauthenticated);
        };
        // Account and grants are what the stream's newest entry left: until the next one nothing of them changes.
        let newest = (login.to_owned(), head.hash);
        if let Some(known) = self.app.viewers.get(&newest) {
            return self.placed(known).await;
        }
        let query = Grant::query()
            .in_stream(&stream)
            .filter(grant_fields::LOGIN.equal(login))
            .limit(FIRST_PAGE);
        let (found, page) = self
            .read
            .get_and_find(&[User::key(&stream, login)], &query.query)
            .await?;
        let user = found.into_iter().flatten().next().ok_or(Error::Unauthenticated)?;
        let user = Versioned::<User>::read(&user)?.value;
        if !user.active {
            return Err(Error::Unauthenticated);
        }
        let grants = self.rest(query, typed_page(page)?, MAX_GRANTS).await?;
        let grants = grants.into_iter().map(|grant| grant.value).collect();
        let recusals = Recusal::query().in_stream(&stream).limit(FIRST_PAGE);
        let first = self.page(&recusals).await?;
        let recusals = self.rest(recusals, first, MAX_RECUSALS).await?;
        let viewer = Viewer {
            user,
            grants,
            recusals: recusals.into_iter().map(|recusal| recusal.value).collect(),
            place: None,
        };
        // Outside a snapshot another entry may have come in between.
        if self
            .read
            .head(&stream)
            .await?
            .is_some_and(|again| again.hash == head.hash)
        {
            self.app.viewers.keep(newest, viewer.clone());
        }
        self.placed(viewer).await
    }

    /// The account with the place of its unit in the tree of units, where it matters: to those who hold or held a grant to
    /// review. The register goes on without the account's stream, so that this is read each time, and by its head alone
    /// until the next entry.
    async fn placed(&self, viewer: Viewer) -> Result<Viewer, Error> {
        if !viewer
            .grants
            .iter()
            .any(|grant| permits(grant.role, Permission::Review))
        {
            return Ok(viewer);
        }
        let register = streams::units();
        let Some(head) = self.head(&register).await? else {
            return Ok(viewer);
        };
        let newest = (viewer.user.unit.clone(), head.hash);
        if let Some(place) = self.app.unit_places.get(&newest) {
            return Ok(Viewer { place, ..viewer });
        }
        let place = match self.get::<Unit>(&register, &viewer.user.unit).await? {
            Some(unit) => Some(UnitPlace {
                path: ancestors(self, &unit.value).await?,
                unit_type: unit.value.unit_type,
            }),
            None => None,
        };
        // Outside a snapshot another entry may have come in between.
        if self.head(&register).await?.is_some_and(|again| again.hash == head.hash) {
            self.app.unit_places.keep(newest, place.clone());
        }
        Ok(Viewer { place, ..viewer })
    }

    /// A framework; immutable once issued, so it is kept in memory.
    pub async fn framework(&self, code: &str, version: &str) -> Result<Arc<Framework>, Error> {
        if let Some(framework) = self.app.frameworks.get(code, version) {
            return Ok(framework);
        }
        let stream = streams::framework(code, version);
        let framework = Arc::new(
            self.require::<Framework>(&stream, stream.key(), "framework")
                .await?
                .value,
        );
        self.app.frameworks.insert(Arc::clone(&framework));
        Ok(framework)
    }

    /// The framework of a reference.
    pub async fn framework_of(&self, reference: &FrameworkRef) -> Result<Arc<Framework>, Error> {
        self.framework(&reference.code, &reference.version).await
    }

    /// A questionnaire by `CODE@VERSION`; immutable once issued.
    pub async fn questionnaire(&self, id: &str) -> Result<Questionnaire, Error> {
        const WHAT: &str = "questionnaire";
        let (code, version) = id.split_once('@').ok_or(Error::NotFound { what: WHAT })?;
        let stream = streams::questionnaire(code, version);
        Ok(self.require::<Questionnaire>(&stream, stream.key(), WHAT).await?.value)
    }
}
