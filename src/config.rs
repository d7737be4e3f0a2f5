//! What can be set when the program starts, by flag or by environment. All problems are reported at once.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use jiff::SignedDuration;
use tracing_subscriber::EnvFilter;

use crate::blob::Location;
use crate::http::tokens::OutsideIssuer;

/// Default limit of one file: a scanned report of some hundred pages.
pub const DEFAULT_UPLOAD_BYTES: u64 = 50 * 1024 * 1024; // 50 MiB

/// Longest time between two readings of a file, in days (ten years): by then a disk has been replaced twice.
const MOST_FIXITY_DAYS: i64 = 3650;

/// Settings of the server.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// Address to listen on
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_LISTEN",
        value_name = "ADDR",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: String,

    /// Folder of the embedded database, the files and the server's key
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_DATA",
        value_name = "DIR",
        default_value = "data"
    )]
    pub data: PathBuf,

    /// Where documents live: sqlite://PATH, or mongodb://USER:PASSWORD@HOST,…/DATABASE?replicaSet=NAME [default: store.db in the data folder]
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_STORE",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub store: Option<Secret>,

    /// Where uploaded files live: file://PATH, or s3://, gs:// or az:// with BUCKET/PREFIX, or gridfs [default: the data folder]
    ///
    /// With gridfs they live in the MongoDB that --store names.
    /// The keys of a cloud come from its own variables, such as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT.
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_BLOBS",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub blobs: Option<String>,

    /// Largest file that may be uploaded, in bytes
    #[arg(long, global = true, env = "MINHCHUNG_MAX_UPLOAD_BYTES", value_name = "BYTES", default_value_t = DEFAULT_UPLOAD_BYTES.to_string())]
    pub max_upload_bytes: String,

    /// Days in which a server reads every stored file again and holds it against its hash; 0 for never
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_FIXITY_DAYS",
        value_name = "DAYS",
        default_value = "30"
    )]
    pub fixity_days: String,

    /// Another issuer whose tokens are accepted: the `iss` they carry
    #[arg(long, global = true, env = "MINHCHUNG_ISSUER", value_name = "ISS")]
    pub issuer: Option<String>,

    /// The `aud` that the other issuer's tokens carry for this server
    #[arg(long, global = true, env = "MINHCHUNG_ISSUER_AUDIENCE", value_name = "AUD")]
    pub issuer_audience: Option<String>,

    /// File with the other issuer's public key: PEM, Ed25519, P-256 or RSA
    #[arg(long, global = true, env = "MINHCHUNG_ISSUER_KEY", value_name = "FILE")]
    pub issuer_key: Option<PathBuf>,

    /// What is logged: a level such as info or debug, or levels by module such as warn,minhchung=debug
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_LOG",
        value_name = "LEVELS",
        default_value = "info"
    )]
    pub log: String,
}

/// Settings that hold together.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Folder of everything that lasts.
    pub data: PathBuf,
    /// Where uploaded files live.
    pub blobs: Location,
    /// Where documents live.
    pub store: StoreSetting,
    /// Limit of one file in bytes.
    pub max_upload_bytes: u64,
    /// How often a server reads every file again; never if absent.
    pub fixity_every: Option<SignedDuration>,
    /// Another issuer besides the server.
    pub outside_issuer: Option<OutsideIssuer>,
    /// What is logged, in the terms of `tracing`.
    pub log: String,
}

impl Settings {
    /// Holds the settings against each other and reads the key file.
    ///
    /// # Errors
    /// Every problem there is, one text each.
    pub fn validate(&self) -> Result<Config, Vec<String>> {
        let mut problems = Vec::new();
        let listen = SocketAddr::from_str(&self.listen);
        if let Err(error) = &listen {
            problems.push(format!(
                "listen: {:?} is no address such as 127.0.0.1:8080 ({error})",
                self.listen
            ));
        }
        if self.data.exists() && !self.data.is_dir() {
            problems.push(format!("data: {} is not a folder", self.data.display()));
        }
        let max_upload_bytes = self.max_upload_bytes.parse().ok().filter(|bytes| *bytes > 0);
        if max_upload_bytes.is_none() {
            problems.push(format!(
                "max-upload-bytes: {:?} is no number of bytes from 1",
                self.max_upload_bytes
            ));
        }
        let fixity_days = self
            .fixity_days
            .parse()
            .ok()
            .filter(|days| (0..=MOST_FIXITY_DAYS).contains(days));
        if fixity_days.is_none() {
            problems.push(format!(
                "fixity-days: {:?} is no number of days from 0 to {MOST_FIXITY_DAYS}",
                self.fixity_days
            ));
        }
        if let Err(error) = EnvFilter::try_new(&self.log) {
            problems.push(format!(
                "log: {:?} names no levels such as info or minhchung=debug ({error})",
                self.log
            ));
        }
        let store = StoreSetting::of(self.store.as_ref(), &self.data);
        if let Err(problem) = &store {
            problems.push(problem.clone());
        }
        let blobs = blobs_of(self.blobs.as_deref(), store.as_ref().ok(), &self.data);
        if let Err(problem) = &blobs {
            problems.push(problem.clone());
        }
        let outside_issuer = self.outside_issuer(&mut problems);
        let fixity_every = fixity_days.map(|days| (days > 0).then(|| SignedDuration::from_hours(24 * days)));
        match (listen, max_upload_bytes, store, blobs, fixity_every) {
            (Ok(listen), Some(max_upload_bytes), Ok(store), Ok(blobs), Some(fixity_every)) if problems.is_empty() => {
                Ok(Config {
                    listen,
                    data: self.data.clone(),
                    store,
                    blobs,
                    max_upload_bytes,
                    fixity_every,
                    outside_issuer,
                    log: self.log.clone(),
                })
            }
            _ => Err(problems),
        }
    }

    fn outside_issuer(&self, problems: &mut Vec<String>) -> Option<OutsideIssuer> {
        match (&self.issuer, &self.issuer_audience, &self.issuer_key) {
            (None, None, None) => None,
            (Some(issuer), Some(audience), Some(key)) => match std::fs::read_to_string(key) {
                Ok(public_key) => {
                    let outside = OutsideIssuer {
                        issuer: issuer.clone(),
                        audience: audience.clone(),
                        public_key,
                    };
                    if let Err(problem) = outside.check() {
                        problems.push(format!("issuer-key: {}: {problem}", key.display()));
                    }
                    Some(outside)
                }
                Err(error) => {
                    problems.push(format!("issuer-key: {} cannot be read ({error})", key.display()));
                    None
                }
            },
            (_, _, key) => {
                problems
                    .push("issuer, issuer-audience and issuer-key belong together: set all three or none".to_owned());
                if let Some(key) = key
                    && let Err(error) = std::fs::metadata(key)
                {
                    problems.push(format!("issuer-key: {} cannot be read ({error})", key.display()));
                }
                None
            }
        }
    }
}

/// Where files live, as a URL names it; without one, in the data folder. What is wrong with the store is told elsewhere.
///
/// # Errors
/// When the URL names no place, or one that the store of documents does not have.
pub fn blobs_of(url: Option<&str>, store: Option<&StoreSetting>, data: &Path) -> Result<Location, String> {
    let Some(url) = url else {
        return Ok(Location::Folder(data.to_owned()));
    };
    let location = url.parse().map_err(|problem| format!("blobs: {problem}"))?;
    match (&location, store) {
        (Location::GridFs, Some(StoreSetting::Embedded(_))) => Err(
            "blobs: gridfs keeps files in the MongoDB of the documents, and the embedded store is none; name a mongodb:// \
             store, or keep files in file://PATH or a bucket"
                .to_owned(),
        ),
        _ => Ok(location),
    }
}

/// Where documents live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreSetting {
    /// A database file, in which one process writes.
    Embedded(PathBuf),
    /// A MongoDB replica set or sharded cluster, which any number of processes share. The URL may hold a password.
    Cluster(Secret),
}

impl StoreSetting {
    /// What a URL names; without one, the database file of the data folder.
    ///
    /// # Errors
    /// What is wrong with it, in a text that does not repeat it.
    pub fn of(url: Option<&Secret>, data: &Path) -> Result<Self, String> {
        let Some(url) = url else {
            return Ok(Self::Embedded(data.join("store.db")));
        };
        match url.reveal().split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Embedded(path.into())),
            Some(("mongodb", hosts)) if !hosts.is_empty() => Ok(Self::Cluster(url.clone())),
            Some(("mongodb+srv", _)) => {
                Err("store: mongodb+srv:// is not read; name the hosts in mongodb://".to_owned())
            }
            // Whatever it is, it may hold a password.
            _ => Err("store: neither sqlite://PATH nor mongodb://HOST,…/DATABASE (it is not repeated here)".to_owned()),
        }
    }

    /// The URL by which [`crate::store::open`] knows it.
    pub fn url(&self) -> Secret {
        match self {
            Self::Embedded(path) => Secret::new(format!("sqlite://{}", path.display())),
            Self::Cluster(url) => url.clone(),
        }
    }
}

impl fmt::Display for StoreSetting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(path) => write!(formatter, "sqlite://{}", path.display()),
            Self::Cluster(_) => formatter.write_str("mongodb://[secret]"),
        }
    }
}

/// A text that is never shown: not by `Debug`, not by `Display`, not in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            listen: "127.0.0.1:8080".into(),
            data: "data".into(),
            blobs: None,
            store: None,
            max_upload_bytes: DEFAULT_UPLOAD_BYTES.to_string(),
            fixity_days: "30".into(),
            issuer: None,
            issuer_audience: None,
            issuer_key: None,
            log: "info".into(),
        }
    }

    #[test]
    fn the_defaults_hold() {
        assert!(settings().validate().is_ok());
    }

    #[test]
    fn files_are_read_again_monthly_or_never() {
        let every = |days: &str| {
            let fixity_days = days.into();
            Settings {
                fixity_days,
                ..settings()
            }
            .validate()
            .map(|config| config.fixity_every)
        };
        assert_eq!(
            settings().validate().unwrap().fixity_every,
            Some(SignedDuration::from_hours(720))
        );
        assert_eq!(every("0"), Ok(None));
        for wrong in ["", "-1", "4000", "monthly"] {
            assert!(every(wrong).unwrap_err()[0].starts_with("fixity-days: "), "{wrong}");
        }
    }

    #[test]
    fn all_problems_come_at_once() {
        let wrong = Settings {
            listen: "here".into(),
            data: "Cargo.toml".into(),
            blobs: Some("s3://key:hunter2@bucket".into()),
            store: Some(Secret::new("postgres://minhchung:s3cret@host")),
            max_upload_bytes: "0".into(),
            fixity_days: "-1".into(),
            issuer: Some("x".into()),
            log: "minhchung=loud".into(),
            ..settings()
        };
        let problems = wrong.validate().unwrap_err();
        assert_eq!(problems.len(), 8, "{problems:?}");
        assert!(!problems.concat().contains("hunter2"), "{problems:?}");
        assert!(!problems.concat().contains("s3cret"), "{problems:?}");
    }

    #[test]
    fn a_url_names_the_store_and_is_not_shown() {
        let of = |url: &str| StoreSetting::of(Some(&Secret::new(url)), Path::new("data"));
        assert_eq!(
            of("sqlite:///var/lib/minhchung.db"),
            Ok(StoreSetting::Embedded("/var/lib/minhchung.db".into()))
        );
        let cluster = of("mongodb://minhchung:s3cret@a,b/index?replicaSet=rs0").unwrap();
        assert_eq!(format!("{cluster}"), "mongodb://[secret]");
        assert!(!format!("{cluster:?}").contains("s3cret"));
        for wrong in ["sqlite://", "mongodb://", "mongodb+srv://minhchung:s3cret@a", "s3cret"] {
            assert!(!of(wrong).unwrap_err().contains("s3cret"), "{wrong}");
        }
        let default = settings().validate().unwrap().store;
        assert_eq!(default, StoreSetting::Embedded("data/store.db".into()));
    }

    #[test]
    fn gridfs_needs_a_mongodb_and_says_so_with_all_else() {
        let with = |store: Option<&str>, listen: &str| {
            let settings = Settings {
                listen: listen.into(),
                blobs: Some("gridfs".into()),
                store: store.map(Secret::new),
                ..settings()
            };
            settings.validate()
        };
        let cluster = with(Some("mongodb://host/index"), "127.0.0.1:8080").unwrap();
        assert_eq!(cluster.blobs, Location::GridFs);
        for embedded in [None, Some("sqlite://store.db")] {
            let problems = with(embedded, "here").unwrap_err();
            assert_eq!(problems.len(), 2, "{problems:?}");
            assert!(problems[1].contains("name a mongodb:// store"), "{problems:?}");
        }
        // A store that is nowhere is the one problem.
        let problems = with(Some("postgres://host"), "127.0.0.1:8080").unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::new("s3cret");
        assert_eq!(
            format!("{secret} {secret:?} {:?}", Some(&secret)),
            "[secret] [secret] Some([secret])"
        );
    }
}
