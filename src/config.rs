//! What can be set when the program starts, by flag or by environment. All problems are reported at once.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use tracing_subscriber::EnvFilter;

use crate::blob::Location;
use crate::http::tokens::OutsideIssuer;

/// Default limit of one file: a scanned report of some hundred pages.
pub const DEFAULT_UPLOAD_BYTES: u64 = 50 * 1024 * 1024; // 50 MiB

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

    /// Where uploaded files live: file://PATH, or s3://, gs:// or az:// with BUCKET/PREFIX [default: the data folder]
    ///
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
    /// Limit of one file in bytes.
    pub max_upload_bytes: u64,
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
        if let Err(error) = EnvFilter::try_new(&self.log) {
            problems.push(format!(
                "log: {:?} names no levels such as info or minhchung=debug ({error})",
                self.log
            ));
        }
        let blobs = self.blobs.as_deref().map_or_else(
            || Ok(Location::Folder(self.data.clone())),
            |url| url.parse().map_err(|problem| format!("blobs: {problem}")),
        );
        if let Err(problem) = &blobs {
            problems.push(problem.clone());
        }
        let outside_issuer = self.outside_issuer(&mut problems);
        match (listen, max_upload_bytes, blobs) {
            (Ok(listen), Some(max_upload_bytes), Ok(blobs)) if problems.is_empty() => Ok(Config {
                listen,
                data: self.data.clone(),
                blobs,
                max_upload_bytes,
                outside_issuer,
                log: self.log.clone(),
            }),
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
            max_upload_bytes: DEFAULT_UPLOAD_BYTES.to_string(),
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
    fn all_problems_come_at_once() {
        let wrong = Settings {
            listen: "here".into(),
            data: "Cargo.toml".into(),
            blobs: Some("s3://key:hunter2@bucket".into()),
            max_upload_bytes: "0".into(),
            issuer: Some("x".into()),
            log: "minhchung=loud".into(),
            ..settings()
        };
        let problems = wrong.validate().unwrap_err();
        assert_eq!(problems.len(), 6, "{problems:?}");
        assert!(!problems.concat().contains("hunter2"), "{problems:?}");
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
