//! What a change is: what it loads, whose rights it needs, what it decides. The gate runs it.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::error::Error;
use super::known_streams::Value;
use super::reader::Reader;
use crate::domain::policy::{Permission, Resource};
use crate::store::entry::Digest;
use crate::store::{Document, Put, Salt, StreamId};

/// Facts of a resource that the policy looks at, owned by what was loaded.
#[derive(Clone, Debug)]
pub enum Owner {
    System,
    /// What an account keeps of its own acts.
    Account {
        login: String,
    },
    Dossier {
        round: String,
        unit: String,
        unit_path: Vec<String>,
        unit_type: String,
    },
    Leaf {
        round: String,
        unit: String,
        unit_path: Vec<String>,
        unit_type: String,
        criterion: String,
        department: String,
    },
}

impl Owner {
    /// Code of the leaf, if it is one.
    pub(super) fn criterion(&self) -> Option<&str> {
        match self {
            Self::Leaf { criterion, .. } => Some(criterion),
            Self::System | Self::Account { .. } | Self::Dossier { .. } => None,
        }
    }

    /// The dossier that a leaf lies in.
    pub(super) fn dossier(&self) -> Option<Self> {
        match self {
            Self::Leaf {
                round,
                unit,
                unit_path,
                unit_type,
                ..
            } => Some(Self::Dossier {
                round: round.clone(),
                unit: unit.clone(),
                unit_path: unit_path.clone(),
                unit_type: unit_type.clone(),
            }),
            Self::System | Self::Account { .. } | Self::Dossier { .. } => None,
        }
    }

    pub(super) fn resource(&self) -> Resource<'_> {
        match self {
            Self::System => Resource::System,
            Self::Account { login } => Resource::Account { login },
            Self::Dossier {
                round,
                unit,
                unit_path,
                unit_type,
            } => Resource::Dossier {
                round,
                unit,
                unit_path,
                unit_type,
            },
            Self::Leaf {
                round,
                unit,
                unit_path,
                unit_type,
                criterion,
                department,
            } => Resource::Leaf {
                round,
                unit,
                unit_path,
                unit_type,
                criterion,
                department,
            },
        }
    }
}

/// What a load found, and what the policy has to look at. Every owner must allow the act.
pub struct Loaded<S> {
    pub state: S,
    pub owners: Vec<Owner>,
}

impl<S> Loaded<S> {
    /// What belongs to the system as a whole.
    pub fn of_system(state: S) -> Self {
        Self {
            state,
            owners: vec![Owner::System],
        }
    }
}

/// What a decision knows about the moment and the actor.
pub struct Context<'a> {
    pub now: Timestamp,
    pub login: &'a str,
    /// Number of the entry that this decision will write.
    pub entry: u64,
    /// The stream that it will be written to.
    pub stream: &'a StreamId,
}

impl Context<'_> {
    /// An id for something without a natural key: derived from the entry that creates it, which is unique.
    pub fn new_id(&self, kind: &str, index: usize) -> String {
        derived_id(&[self.stream.as_str(), &self.entry.to_string(), kind, &index.to_string()])
    }

    /// The calendar date now, in a time zone.
    ///
    /// # Errors
    /// [`Error::Internal`] if the zone is unknown, which import has checked.
    pub fn today(&self, time_zone: &str) -> Result<Date, Error> {
        date_in(self.now, time_zone)
    }
}

/// The calendar date of an instant in a time zone.
pub fn date_in(at: Timestamp, time_zone: &str) -> Result<Date, Error> {
    let zoned = at.in_tz(time_zone).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(zoned.date())
}

/// A document that is yet to be salted: then the put, and the document itself.
pub(super) type DeferredPut = Box<dyn FnOnce(Salt) -> Result<(Put, Value), Error> + Send>;

/// What a command decided: the documents to write and the answer.
pub struct Decision<O> {
    pub output: O,
    pub(super) puts: Vec<DeferredPut>,
    pub(super) reason: Option<String>,
}

impl<O> Decision<O> {
    pub fn new(output: O) -> Self {
        Self {
            output,
            puts: Vec::new(),
            reason: None,
        }
    }

    /// Writes a document.
    #[must_use]
    pub fn put<D: Document>(mut self, document: D) -> Self {
        self.add(document);
        self
    }

    /// Writes a document.
    pub fn add<D: Document>(&mut self, document: D) {
        self.puts.push(Box::new(move |salt| {
            let put = document
                .to_put(salt)
                .map_err(|error| Error::Internal(Box::new(error)))?;
            // Whoever reads it next may be given the document itself instead of its bytes.
            debug_assert!(
                D::from_body(&put.body).is_ok_and(|again| again == document),
                "{}/{} is not read as what was written",
                put.collection.name,
                put.id
            );
            Ok((put, Box::new(document) as Value))
        }));
    }

    /// Writes documents.
    #[must_use]
    pub fn put_all<D: Document>(mut self, documents: impl IntoIterator<Item = D>) -> Self {
        for document in documents {
            self.add(document);
        }
        self
    }

    /// The reason, kept in the private part of the entry.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

/// A change that the system can be asked for.
#[async_trait]
pub trait Command: Serialize + Sized + Send + Sync + 'static {
    /// The name in journal entries.
    const NAME: &'static str;
    const PERMISSION: Permission;
    type State: Send;
    type Output: Serialize + DeserializeOwned + Send + 'static;

    /// The stream that it writes.
    fn stream(&self) -> StreamId;

    /// The stream whose owner decides what is told of things that are not there: a dossier's, for what is about a dossier
    /// and lies elsewhere.
    fn about(&self) -> StreamId {
        self.stream()
    }

    /// Digest of the input, so that a key cannot be used again for something else.
    fn input_digest(&self) -> Digest {
        digest_of(Self::NAME, self)
    }

    /// Where the input names a leaf, as a path in the mutation's input; none where it does not.
    fn place_of(&self, _criterion: &str) -> Option<String> {
        None
    }

    /// Reads what the decision needs, in one snapshot.
    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error>;

    /// Decides, purely.
    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<Self::Output>, Error>;
}

/// The first outcome of a command that was sent with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outcome {
    /// Derived from actor and key.
    pub id: String,
    pub command: String,
    /// Digest of the input.
    pub input: Digest,
    /// The answer as JSON text.
    pub output: String,
}

/// The digest of a command's input.
pub(super) fn digest_of<T: Serialize>(command: &str, input: &T) -> Digest {
    let bytes = serde_json::to_vec(input).unwrap_or_default();
    Digest::of(&[command.as_bytes(), b"\0", &bytes])
}

/// An id derived from a natural key: 26 hexadecimal digits (104 bits).
pub fn derived_id(parts: &[&str]) -> String {
    let joined: Vec<&[u8]> = parts
        .iter()
        .flat_map(|part| [part.as_bytes(), b"\0".as_slice()])
        .collect();
    Digest::of(&joined).to_string()[..26].to_owned()
}
