//! Links to one file of one revision, for one viewer and a few minutes. The signature says only that the server made
//! the link; whether the viewer may still read the file is asked again when it is used.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a link works.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// What a link stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLink {
    /// Login name of the person the link was made for.
    #[serde(rename = "v")]
    pub viewer: String,
    /// The evidence, as the maker of the link names it.
    #[serde(rename = "e")]
    pub evidence: String,
    /// The revision of the evidence.
    #[serde(rename = "r")]
    pub revision: u32,
    /// The file's place in the revision, from 0.
    #[serde(rename = "f")]
    pub file: u32,
    /// When the link ends.
    #[serde(rename = "x", with = "seconds")]
    pub expires: Timestamp,
}

/// Why a link is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkProblem {
    /// Not a link of this server.
    #[error("this link was not made by this server")]
    Forged,
    /// Too late.
    #[error("this link has expired; ask for a new one")]
    Expired,
}

/// Makes and reads links.
#[derive(Clone)]
pub struct LinkSigner(pub(super) hmac::Key);

impl LinkSigner {
    /// A signer with the server's secret.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The link as one path segment.
    pub fn sign(&self, link: &FileLink) -> String {
        let body = serde_json::to_vec(link).unwrap_or_default();
        let tag = hmac::sign(&self.0, &body);
        format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(&body),
            URL_SAFE_NO_PAD.encode(tag.as_ref())
        )
    }

    /// A link for five minutes from now, as a path on this server.
    pub fn path(&self, viewer: &str, evidence: &str, revision: u32, file: u32, now: Timestamp) -> String {
        let expires = now.checked_add(LINK_LIFETIME).unwrap_or(Timestamp::MAX);
        let link = FileLink {
            viewer: viewer.to_owned(),
            evidence: evidence.to_owned(),
            revision,
            file,
            expires,
        };
        format!("/files/{}", self.sign(&link))
    }

    /// Reads a link.
    pub fn read(&self, text: &str, now: Timestamp) -> Result<FileLink, LinkProblem> {
        let (body, tag) = text.split_once('.').ok_or(LinkProblem::Forged)?;
        let body = URL_SAFE_NO_PAD.decode(body).map_err(|_| LinkProblem::Forged)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| LinkProblem::Forged)?;
        hmac::verify(&self.0, &body, &tag).map_err(|_| LinkProblem::Forged)?;
        let link: FileLink = serde_json::from_slice(&body).map_err(|_| LinkProblem::Forged)?;
        if link.expires <= now {
            Err(LinkProblem::Expired)
        } else {
            Ok(link)
        }
    }
}

mod seconds {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(time.as_second())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::from_second(i64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
