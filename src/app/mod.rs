//! What the system can be asked to do: one file per use case, and the gate through which all of them go.
//!
//! **Knows neither GraphQL nor HTTP**; time, randomness, documents and bytes are handed in.

pub mod by_unit;
mod command;
pub mod documents;
pub mod error;
pub mod findings;
pub mod fixity;
pub mod follow_up;
pub mod gate;
pub mod migrate;
pub mod read_once;
pub mod reader;
pub mod receipt;
mod refusals;
pub mod remembered;
pub mod replay;
mod rights;
pub mod text;

pub mod keep_mappings;
pub mod keep_procedures;
pub mod keep_recusals;
pub mod keep_register;
pub mod keep_series;

pub mod copy_framework;
pub mod import_framework;
pub mod import_questionnaire;

pub mod run_round;

pub mod issue_conclusion;
pub mod jobs;

pub mod desk;

pub mod carry_forward;
pub mod file_dossier;
pub mod keep_evidence;
pub mod row_sets;

pub mod prepare_dossier;

pub mod check_links;
pub mod compare_procedures;
pub mod explain_leaf;
pub mod extend_deadline;
pub mod feed_dossier;

mod cite;
pub mod claim;
pub mod review;
pub mod review_many;
pub mod second_person;

pub mod agreement;
pub mod allocate_reviews;
pub mod analyse_results;
mod assignments;
pub mod browse;
pub mod browse_appeals;
pub mod browse_assignments;
pub mod browse_cases;
mod browse_checks;
pub mod browse_conclusions;
pub mod browse_council;
pub mod browse_declaring;
pub mod browse_dossiers;
pub mod browse_evidence;
pub mod browse_frameworks;
mod browse_links;
pub mod browse_pace;
pub mod browse_progress;
pub mod browse_queue;
pub mod browse_results;
pub mod browse_revisions;
pub mod browse_surveys;
pub mod journal;
mod known_codes;

mod veil;
pub mod verify;
mod views;

pub mod seed;

pub mod bring_figures;
mod calendar;
mod open_dossier;
pub mod open_round;
mod seal_dossier;

pub mod grounds;
pub mod keep_appeals;
mod known_streams;
pub mod measure_groups;
mod papers;
pub mod publish_results;
mod rank_units;
pub mod record_figures;
pub mod record_meeting;
pub mod record_survey;

mod feed_survey;
pub mod import_cases;
pub mod import_survey;
pub mod reopen_dossier;
pub mod reopen_leaf;
pub mod reopen_unit;
pub mod replay_framework;
pub mod reschedule_round;
pub mod what_if;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};

use crate::blob::BlobStore;
use crate::domain::checks::Issuers;
use crate::domain::conflict::UnitPlace;
use crate::domain::framework::Framework;
use crate::domain::policy::Viewer;
use crate::store::{Digest, Salt, Store};
use error::Error;
use gate::Queues;
use reader::Reader;
use remembered::Remembered;

/// Accounts whose grants are kept in memory: more than are at work at once in a province.
const REMEMBERED_ACCOUNTS: usize = 1024;

/// Bytes of documents that are kept in memory because their streams have not gone on (128 MiB): all dossiers of a province's
/// round, some 2.4 MiB each.
const KNOWN_STREAM_BYTES: usize = 128 * 1024 * 1024;

/// Leaves of queues that are kept in memory (some 1 KiB each): the first pages of a hundred appraisers, which are asked for
/// again and again while little in them changes.
const REMEMBERED_QUEUE_ITEMS: usize = 8192;

/// Tells the time; handed in, so that tests and the demo decide what now is.
pub trait Clock: Send + Sync {
    /// The instant, in millisecond precision.
    fn now(&self) -> Timestamp;

    /// How far it is set apart from the machine's time; entries say so.
    fn offset(&self) -> SignedDuration {
        SignedDuration::ZERO
    }
}

/// Gives random bits for salts and attempt ids.
pub trait Entropy: Send + Sync {
    fn salt(&self) -> Salt;
}

/// The system's clock, shifted by a fixed offset (zero outside the demo).
pub struct SystemClock {
    /// Added to the machine's time.
    pub offset: SignedDuration,
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let shifted = Timestamp::now().checked_add(self.offset).unwrap_or(Timestamp::MAX);
        Timestamp::from_millisecond(shifted.as_millisecond()).unwrap_or(shifted)
    }

    fn offset(&self) -> SignedDuration {
        self.offset
    }
}

/// The operating system's random numbers.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn salt(&self) -> Salt {
        let mut bytes = [0; 16];
        aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random numbers");
        Salt(bytes)
    }
}

/// Issued frameworks by code and version; they never change, and there are a few per year.
#[derive(Default)]
pub struct Frameworks {
    known: Mutex<HashMap<(String, String), Arc<Framework>>>,
}

impl Frameworks {
    fn get(&self, code: &str, version: &str) -> Option<Arc<Framework>> {
        let known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.get(&(code.to_owned(), version.to_owned())).cloned()
    }

    fn insert(&self, framework: Arc<Framework>) {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.insert((framework.code.clone(), framework.version.clone()), framework);
    }
}

/// The application: everything that use cases work with.
pub struct App {
    pub store: Arc<dyn Store>,
    pub blobs: Arc<dyn BlobStore>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub queues: Queues,
    pub frameworks: Frameworks,
    pub outlines: assignments::Outlines,
    /// Accounts with their grants, by the newest entry of their streams.
    pub viewers: Remembered<(String, Digest), Viewer>,
    /// Where units stand in the tree of units, by the newest entry of the register.
    pub unit_places: Remembered<(String, Digest), Option<UnitPlace>>,
    /// Documents that commands read or wrote, by the newest entries of their streams.
    known_streams: known_streams::KnownStreams,
    /// Leaves of queues as they were read, by the salts of their bodies.
    queue_items: Remembered<Salt, reader::KnownItem>,
    pub row_sets: row_sets::RowSets,
    /// Replays under other frameworks, few at once.
    replays: replay_framework::Replays,
    /// What analyses read of publications, by round and version.
    summaries: Remembered<(String, u32), analyse_results::Summaries>,
    /// What-if questions of each account.
    questions: what_if::Questions,
    /// Turns of files whose rows are read.
    readings: Arc<tokio::sync::Semaphore>,
    /// The units as issuers of documents, by the newest entry of the register.
    issuers: Remembered<Digest, Arc<Issuers>>,
}

impl App {
    pub fn new(
        store: Arc<dyn Store>,
        blobs: Arc<dyn BlobStore>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            blobs,
            clock,
            entropy,
            queues: Queues::default(),
            frameworks: Frameworks::default(),
            outlines: assignments::Outlines::default(),
            viewers: Remembered::new(REMEMBERED_ACCOUNTS),
            unit_places: Remembered::new(REMEMBERED_ACCOUNTS),
            known_streams: known_streams::KnownStreams::new(KNOWN_STREAM_BYTES),
            queue_items: Remembered::new(REMEMBERED_QUEUE_ITEMS),
            row_sets: row_sets::RowSets::default(),
            replays: replay_framework::Replays::default(),
            summaries: Remembered::new(analyse_results::REMEMBERED_PUBLICATIONS),
            questions: what_if::Questions::default(),
            readings: Arc::new(tokio::sync::Semaphore::new(row_sets::READINGS_AT_ONCE)),
            issuers: Remembered::new(1),
        })
    }
}

/// Who asks: an account, or nobody.
#[derive(Clone)]
pub struct Session {
    pub(crate) app: Arc<App>,
    login: Option<String>,
    views: Arc<views::Views>,
}

impl Session {
    /// A session of an account whose token has been checked.
    pub fn of(app: &Arc<App>, login: impl Into<String>) -> Self {
        Self {
            app: Arc::clone(app),
            login: Some(login.into()),
            views: Arc::default(),
        }
    }

    /// A session of nobody: it sees what is published.
    pub fn anonymous(app: &Arc<App>) -> Self {
        Self {
            app: Arc::clone(app),
            login: None,
            views: Arc::default(),
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// The account's login.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for nobody.
    pub fn signed_in(&self) -> Result<&str, Error> {
        self.login.as_deref().ok_or(Error::Unauthenticated)
    }

    /// The account with its grants as they stand now, or, in the answer to a change, as they stood when it was allowed;
    /// `None` for nobody. What changes anything is allowed by the gate, which looks at the grants itself.
    pub async fn viewer(&self) -> Result<Option<Viewer>, Error> {
        let Some(login) = &self.login else { return Ok(None) };
        if let Some(viewer) = self.views.changed_by() {
            return Ok(Some(viewer));
        }
        self.reader().viewer(login).await.map(Some)
    }

    /// The account, as [`Session::viewer`] gives it.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for nobody, and for an account that is not active.
    async fn account(&self) -> Result<Viewer, Error> {
        self.viewer().await?.ok_or(Error::Unauthenticated)
    }

    /// Reads the newest state.
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(&self.app, &*self.app.store)
    }
}
