//! References to files that were uploaded before the call that uses them. A reference is made for whoever sent the
//! bytes and is of use to nobody else: knowing a digest alone never opens bytes that one has not sent oneself.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Pin;
use super::link::LinkSigner;
use super::upload::StagedFile;

/// How long an uploaded file waits for the call that uses it.
pub const REFERENCE_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// How long its bytes are protected: a call that begins with the reference's last breath still finds them.
pub const REFERENCE_PINNED: SignedDuration = SignedDuration::from_hours(25);

/// Keeps references and download links apart under one secret.
const PURPOSE: &[u8] = b"uploaded file\0";

/// What a reference stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FileReference {
    /// Login of who uploaded the file.
    by: String,
    sha256: String,
    size: u64,
    name: String,
    content_type: String,
    /// The pin that protects the bytes meanwhile; older references do not name theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pin: Option<String>,
    /// In seconds since 1970.
    expires: i64,
}

/// Why a reference is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceProblem {
    /// Not a reference that this server made for this account.
    #[error("this is not a file that you have uploaded; upload it with uploadFiles")]
    Unknown,
    /// Too late.
    #[error("this reference has expired; upload the file again")]
    Expired,
}

impl LinkSigner {
    /// A reference to a file for the one who uploaded it, with its end. It names the pin, for who deletes the file after use.
    pub fn refer(&self, by: &str, file: &StagedFile, pin: &Pin, now: Timestamp) -> (String, Timestamp) {
        let expires = now.checked_add(REFERENCE_LIFETIME).unwrap_or(Timestamp::MAX);
        let reference = FileReference {
            by: by.to_owned(),
            sha256: file.sha256.clone(),
            size: file.size,
            name: file.name.clone(),
            content_type: file.content_type.clone(),
            pin: Some(pin.id.clone()),
            expires: expires.as_second(),
        };
        let body = serde_json::to_vec(&reference).unwrap_or_default();
        let tag = hmac::sign(&self.0, &[PURPOSE, &body].concat());
        let text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(&body),
            URL_SAFE_NO_PAD.encode(tag.as_ref())
        );
        (text, expires)
    }

    /// The file that a reference stands for.
    ///
    /// # Errors
    /// [`ReferenceProblem`]; a reference of somebody else is as unknown as a forged one.
    pub fn referred(&self, text: &str, by: &str, now: Timestamp) -> Result<StagedFile, ReferenceProblem> {
        Ok(self.referred_and_pin(text, by, now)?.0)
    }

    /// The same with the pin that protects it.
    ///
    /// # Errors
    /// Those of [`LinkSigner::referred`].
    pub fn referred_and_pin(
        &self,
        text: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<(StagedFile, Option<Pin>), ReferenceProblem> {
        let (body, tag) = text.split_once('.').ok_or(ReferenceProblem::Unknown)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| ReferenceProblem::Unknown);
        let (body, tag) = (decode(body)?, decode(tag)?);
        hmac::verify(&self.0, &[PURPOSE, &body].concat(), &tag).map_err(|_| ReferenceProblem::Unknown)?;
        let reference: FileReference = serde_json::from_slice(&body).map_err(|_| ReferenceProblem::Unknown)?;
        if reference.by != by {
            return Err(ReferenceProblem::Unknown);
        }
        if reference.expires <= now.as_second() {
            return Err(ReferenceProblem::Expired);
        }
        let pin = reference.pin.map(|id| Pin {
            sha256: reference.sha256.clone(),
            id,
        });
        let file = StagedFile {
            sha256: reference.sha256,
            size: reference.size,
            name: reference.name,
            content_type: reference.content_type,
        };
        Ok((file, pin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> StagedFile {
        StagedFile {
            sha256: "ab".repeat(32),
            size: 7,
            name: "Báo cáo.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
        }
    }

    fn pin() -> Pin {
        Pin {
            sha256: file().sha256,
            id: "p1".to_owned(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_reference_serves_its_uploader_for_a_day() {
        let signer = LinkSigner::new(&[7; 32]);
        let (text, expires) = signer.refer("alpha.officer", &file(), &pin(), at("2020-01-01T00:00:00Z"));
        assert_eq!(expires, at("2020-01-02T00:00:00Z"));
        let read = |by: &str, now: &str| signer.referred(&text, by, at(now));
        assert_eq!(read("alpha.officer", "2020-01-01T23:59:59Z"), Ok(file()));
        let both = signer.referred_and_pin(&text, "alpha.officer", at("2020-01-01T23:59:59Z"));
        assert_eq!(both, Ok((file(), Some(pin()))));
        assert_eq!(
            read("alpha.officer", "2020-01-02T00:00:00Z"),
            Err(ReferenceProblem::Expired)
        );
        assert_eq!(
            read("beta.officer", "2020-01-01T01:00:00Z"),
            Err(ReferenceProblem::Unknown)
        );
    }

    #[test]
    fn nobody_makes_a_reference_without_the_secret() {
        let now = at("2020-01-01T00:00:00Z");
        let signer = LinkSigner::new(&[7; 32]);
        let (text, _) = signer.refer("alpha.officer", &file(), &pin(), now);
        let (other, _) = signer.refer("beta.officer", &file(), &pin(), now);
        let forged = LinkSigner::new(&[8; 32]).refer("alpha.officer", &file(), &pin(), now).0;
        // The body of one with the tag of another.
        let body = other.split_once('.').expect("two parts").0;
        let mixed = format!("{body}.{}", text.split_once('.').expect("two parts").1);
        let link = signer.path("alpha.officer", "R/U/e", 1, 0, now);
        let link = link.trim_start_matches("/files/");
        for text in ["", ".", "a.b", &"ab".repeat(32), &forged, &mixed, link] {
            for by in ["alpha.officer", "beta.officer"] {
                assert_eq!(signer.referred(text, by, now), Err(ReferenceProblem::Unknown), "{text}");
            }
        }
    }
}
