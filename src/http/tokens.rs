//! Who asks. A token proves a login name and nothing else: grants live in the store, so that they can be taken back.
//!
//! Two issuers at most: the server itself, with an Ed25519 key made on first start, and one outside issuer whose public
//! key stands in the settings. The algorithm is pinned per key; what a token's header says about it never chooses.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::app::remembered::Remembered;
use crate::domain::text::Text;

/// `iss` and `aud` of the server's own tokens.
pub const OWN_ISSUER: &str = "minhchung";

/// How far the clocks of issuer and server may differ.
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// Longest token read: ours have 300 bytes, those of large identity providers a few kilobytes.
const TOKEN_BYTES: usize = 8 * 1024;

/// Tokens whose checked signature is remembered (8 MiB if all are of the longest): more than people at work at once.
const CHECKED_TOKENS: usize = 1024;

/// File in the data folder with the server's key, PKCS #8, readable by its owner alone.
pub const KEY_FILE: &str = "server-key.pk8";

/// What a token proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenClaims {
    /// Login name.
    pub login: String,
    /// Who vouches for it.
    pub issuer: String,
}

/// An issuer besides the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideIssuer {
    /// `iss` that its tokens carry.
    pub issuer: String,
    /// `aud` that its tokens carry for this server.
    pub audience: String,
    /// Its public key: PEM of an Ed25519, P-256 or RSA key.
    pub public_key: String,
}

impl OutsideIssuer {
    /// Whether its key can be read at all.
    ///
    /// # Errors
    /// [`KeyProblem::Outside`].
    pub fn check(&self) -> Result<(), KeyProblem> {
        trust(self).map(drop)
    }
}

/// Why a token does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// Not a token, or an unknown shape of one.
    #[error("malformed")]
    Malformed,
    /// Signed by an algorithm that its key is not for.
    #[error("wrong algorithm")]
    Algorithm,
    /// Signed by a key that this server does not know.
    #[error("unknown key")]
    UnknownKey,
    /// The signature does not belong to the content.
    #[error("wrong signature")]
    Signature,
    /// For another server, or from another issuer.
    #[error("wrong issuer or audience")]
    Audience,
    /// Too late.
    #[error("expired")]
    Expired,
    /// Too early.
    #[error("not valid yet")]
    NotYet,
}

impl TokenProblem {
    /// What to do next.
    pub fn message(self) -> Text {
        match self {
            Self::Expired => Text::new(
                "Token đã hết hạn; hãy lấy token mới.",
                "The token has expired; get a new one.",
            ),
            Self::NotYet => Text::new(
                "Token chưa có hiệu lực; hãy kiểm tra đồng hồ.",
                "The token is not valid yet; check the clock.",
            ),
            Self::Algorithm => Text::new(
                "Thuật toán ký của token không được chấp nhận.",
                "The token's algorithm is not accepted.",
            ),
            Self::UnknownKey => Text::new(
                "Khóa ký token không xác định; hãy lấy token mới.",
                "The token's key is unknown; get a new token.",
            ),
            Self::Malformed | Self::Signature | Self::Audience => Text::new(
                "Token không hợp lệ; hãy lấy token mới.",
                "The token does not hold; get a new one.",
            ),
        }
    }
}

/// Why the keys could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum KeyProblem {
    /// The file could not be read or written.
    #[error("{KEY_FILE}: {0}")]
    File(#[from] io::Error),
    /// The file holds something else.
    #[error("{KEY_FILE} holds no Ed25519 key")]
    NotAKey,
    /// No randomness, or a key that the cryptography refuses.
    #[error("the key could not be made")]
    NotMade,
    /// The outside issuer's key.
    #[error("the outside issuer's public key is not PEM of an Ed25519, P-256 or RSA key")]
    Outside,
}

/// Issues and reads tokens.
pub struct Tokens {
    key_id: String,
    signing: EncodingKey,
    own: Trusted,
    outside: Option<Trusted>,
    jwks: serde_json::Value,
    link_secret: [u8; 32],
    /// Tokens whose signature was checked, by hash, with the issuer whose key made it: a signature that held holds.
    checked: Remembered<[u8; 32], (Arc<Claims>, Issuer)>,
}

/// Whose key a token names.
#[derive(Clone, Copy)]
enum Issuer {
    Own,
    Outside,
}

struct Trusted {
    key: DecodingKey,
    algorithm: Algorithm,
    issuer: String,
    audience: String,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
}

/// `aud` is one name or several (RFC 7519, 4.1.3).
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn holds(&self, name: &str) -> bool {
        match self {
            Self::One(only) => only == name,
            Self::Several(all) => all.iter().any(|one| one == name),
        }
    }
}

impl Tokens {
    /// Reads the server's key from the data folder, or makes it there.
    pub fn open(data: &Path, outside: Option<&OutsideIssuer>) -> Result<Self, KeyProblem> {
        let pkcs8 = key_file(data)?;
        let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| KeyProblem::NotAKey)?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        // RFC 7638: the key's name is the hash of its canonical form, so that it needs no register.
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let key_id = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()));
        let jwk = serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "x": x, "kid": key_id, "alg": "EdDSA", "use": "sig",
        });
        let own = Trusted {
            key: DecodingKey::from_ed_components(&x).map_err(|_| KeyProblem::NotAKey)?,
            algorithm: Algorithm::EdDSA,
            issuer: OWN_ISSUER.to_owned(),
            audience: OWN_ISSUER.to_owned(),
        };
        let derive = hmac::Key::new(hmac::HMAC_SHA256, &pkcs8);
        let mut link_secret = [0; 32];
        link_secret.copy_from_slice(hmac::sign(&derive, b"minhchung file links").as_ref());
        Ok(Self {
            key_id,
            signing: EncodingKey::from_ed_der(&pkcs8),
            own,
            outside: outside.map(trust).transpose()?,
            jwks: serde_json::json!({ "keys": [jwk] }),
            link_secret,
            checked: Remembered::new(CHECKED_TOKENS),
        })
    }

    /// A token for a login name, valid from `now` on.
    pub fn issue(&self, login: &str, now: Timestamp, lifetime: SignedDuration) -> Result<String, KeyProblem> {
        let claims = Claims {
            iss: OWN_ISSUER.to_owned(),
            sub: login.to_owned(),
            aud: Audience::One(OWN_ISSUER.to_owned()),
            exp: now.as_second().saturating_add(lifetime.as_secs()),
            nbf: Some(now.as_second()),
            iat: Some(now.as_second()),
        };
        let header = Header {
            kid: Some(self.key_id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        encode(&header, &claims, &self.signing).map_err(|_| KeyProblem::NotMade)
    }

    /// What a token proves at `now`.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<TokenClaims, TokenProblem> {
        if token.len() > TOKEN_BYTES {
            return Err(TokenProblem::Malformed);
        }
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let (claims, issuer) = match self.checked.get(&hash) {
            Some(known) => known,
            None => {
                let checked = self.check_signature(token)?;
                self.checked.keep(hash, checked.clone());
                checked
            }
        };
        let trusted = self.trusted(issuer).ok_or(TokenProblem::UnknownKey)?;
        check(&claims, trusted, now)
    }

    fn check_signature(&self, token: &str) -> Result<(Arc<Claims>, Issuer), TokenProblem> {
        let header = decode_header(token).map_err(|error| problem(&error))?;
        let own = header.kid.as_ref() == Some(&self.key_id);
        let issuer = if own { Issuer::Own } else { Issuer::Outside };
        let trusted = self.trusted(issuer).ok_or(TokenProblem::UnknownKey)?;
        if header.alg != trusted.algorithm {
            return Err(TokenProblem::Algorithm);
        }
        let claims = decode::<Claims>(token, &trusted.key, &validation(trusted.algorithm));
        Ok((Arc::new(claims.map_err(|error| problem(&error))?.claims), issuer))
    }

    fn trusted(&self, issuer: Issuer) -> Option<&Trusted> {
        match issuer {
            Issuer::Own => Some(&self.own),
            Issuer::Outside => self.outside.as_ref(),
        }
    }

    /// The public key as a JWK set (RFC 7517), for whoever wants to check the server's tokens.
    pub fn jwks(&self) -> &serde_json::Value {
        &self.jwks
    }

    /// The secret of file links, derived from the server's key.
    pub fn link_secret(&self) -> &[u8; 32] {
        &self.link_secret
    }
}

/// Signature and algorithm only; names and times are checked here, against the clock that was handed in.
fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

fn check(claims: &Claims, trusted: &Trusted, now: Timestamp) -> Result<TokenClaims, TokenProblem> {
    let (now, leeway) = (now.as_second(), LEEWAY.as_secs());
    if claims.iss != trusted.issuer || !claims.aud.holds(&trusted.audience) {
        return Err(TokenProblem::Audience);
    }
    if now.saturating_sub(leeway) >= claims.exp {
        return Err(TokenProblem::Expired);
    }
    if claims.nbf.is_some_and(|from| now.saturating_add(leeway) < from) {
        return Err(TokenProblem::NotYet);
    }
    if claims.sub.is_empty() {
        return Err(TokenProblem::Malformed);
    }
    Ok(TokenClaims {
        login: claims.sub.clone(),
        issuer: claims.iss.clone(),
    })
}

fn problem(error: &jsonwebtoken::errors::Error) -> TokenProblem {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidSignature => TokenProblem::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => TokenProblem::Algorithm,
        _ => TokenProblem::Malformed,
    }
}

/// The key's own kind decides its algorithm.
fn trust(outside: &OutsideIssuer) -> Result<Trusted, KeyProblem> {
    let pem = outside.public_key.as_bytes();
    let (key, algorithm) = DecodingKey::from_ed_pem(pem)
        .map(|key| (key, Algorithm::EdDSA))
        .or_else(|_| DecodingKey::from_ec_pem(pem).map(|key| (key, Algorithm::ES256)))
        .or_else(|_| DecodingKey::from_rsa_pem(pem).map(|key| (key, Algorithm::RS256)))
        .map_err(|_| KeyProblem::Outside)?;
    Ok(Trusted {
        key,
        algorithm,
        issuer: outside.issuer.clone(),
        audience: outside.audience.clone(),
    })
}

/// The key, made if it is not there. Written under another name first: a crash leaves no half key.
fn key_file(data: &Path) -> Result<Vec<u8>, KeyProblem> {
    let path = data.join(KEY_FILE);
    match fs::read(&path) {
        Ok(key) => return Ok(key),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    fs::create_dir_all(data)?;
    let random = aws_lc_rs::rand::SystemRandom::new();
    let key = Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| KeyProblem::NotMade)?;
    // A random name: two containers on one folder may both be process 1.
    let mut name = [0; 8];
    aws_lc_rs::rand::fill(&mut name).map_err(|_| KeyProblem::NotMade)?;
    let unfinished = data.join(format!("{KEY_FILE}.{}", hex::encode(name)));
    let mut file = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(key.as_ref())?;
    file.sync_all()?;
    // A link, not a rename: of two processes that start at once, both go on with the key of the first.
    let linked = fs::hard_link(&unfinished, &path);
    fs::remove_file(&unfinished)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => {
            fs::File::open(data)?.sync_all()?;
            Ok(fs::read(&path)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn now() -> Timestamp {
        "2020-03-01T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn all_who_start_at_once_go_on_with_one_key() {
        for _ in 0..20 {
            let data = tempfile::tempdir().unwrap();
            let start = std::sync::Barrier::new(8);
            let open = || {
                start.wait();
                key_file(data.path()).unwrap()
            };
            let keys: Vec<Vec<u8>> = std::thread::scope(|scope| {
                let starting: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
                starting.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let kept = fs::read(data.path().join(KEY_FILE)).unwrap();
            assert!(keys.iter().all(|key| *key == kept));
            assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_token_holds_for_its_time() {
        let data = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(data.path(), None).unwrap();
        let token = tokens.issue("lan", now(), HOUR).unwrap();
        let claims = TokenClaims {
            login: "lan".into(),
            issuer: OWN_ISSUER.into(),
        };
        assert_eq!(tokens.read(&token, now()), Ok(claims.clone()));
        assert_eq!(
            tokens.read(&token, now() + HOUR + SignedDuration::from_secs(31)),
            Err(TokenProblem::Expired)
        );
        assert_eq!(
            tokens.read(&token, now() - SignedDuration::from_secs(31)),
            Err(TokenProblem::NotYet)
        );
        let again = Tokens::open(data.path(), None).unwrap();
        assert_eq!(again.read(&token, now()), Ok(claims), "the key outlives the process");
        assert_eq!(again.link_secret(), tokens.link_secret());
    }

    #[test]
    fn the_key_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let data = tempfile::tempdir().unwrap();
        Tokens::open(data.path(), None).unwrap();
        let mode = fs::metadata(data.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
    }

    #[test]
    fn strangers_are_refused() {
        let data = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(data.path(), None).unwrap();
        let other = Tokens::open(tempfile::tempdir().unwrap().path(), None).unwrap();
        assert_eq!(tokens.read("nonsense", now()), Err(TokenProblem::Malformed));
        let foreign = other.issue("lan", now(), HOUR).unwrap();
        assert_eq!(tokens.read(&foreign, now()), Err(TokenProblem::UnknownKey));
        // The right key's name on another key's signature, and an algorithm that the key is not for.
        let header = Header {
            kid: Some(tokens.key_id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        let claims = serde_json::json!({"iss": OWN_ISSUER, "aud": OWN_ISSUER, "sub": "lan", "exp": 4_000_000_000_i64});
        let forged = encode(&header, &claims, &other.signing).unwrap();
        assert_eq!(tokens.read(&forged, now()), Err(TokenProblem::Signature));
        let header = Header {
            kid: Some(tokens.key_id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        let symmetric = encode(&header, &claims, &EncodingKey::from_secret(b"public")).unwrap();
        assert_eq!(tokens.read(&symmetric, now()), Err(TokenProblem::Algorithm));
        let unsigned = format!("{}.e30.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        assert!(tokens.read(&unsigned, now()).is_err());
    }

    #[test]
    fn one_outside_issuer_is_trusted_by_its_key() {
        let theirs = tempfile::tempdir().unwrap();
        let them = Tokens::open(theirs.path(), None).unwrap();
        let x = URL_SAFE_NO_PAD
            .decode(them.jwks()["keys"][0]["x"].as_str().unwrap())
            .unwrap();
        let der = [hex::decode("302a300506032b6570032100").unwrap(), x].concat();
        let body = base64::engine::general_purpose::STANDARD.encode(der);
        let outside = OutsideIssuer {
            issuer: "https://id.example".into(),
            audience: "index".into(),
            public_key: format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"),
        };
        let ours = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(ours.path(), Some(&outside)).unwrap();
        let sign = |aud: serde_json::Value| {
            let claims =
                serde_json::json!({"iss": "https://id.example", "aud": aud, "sub": "lan", "exp": 4_000_000_000_i64});
            encode(&Header::new(Algorithm::EdDSA), &claims, &them.signing).unwrap()
        };
        assert_eq!(
            tokens.read(&sign("index".into()), now()).unwrap().issuer,
            "https://id.example"
        );
        assert!(tokens.read(&sign(serde_json::json!(["other", "index"])), now()).is_ok());
        assert_eq!(tokens.read(&sign("other".into()), now()), Err(TokenProblem::Audience));
        assert_eq!(
            tokens.read(&them.issue("lan", now(), HOUR).unwrap(), now()),
            Err(TokenProblem::Audience)
        );
        let broken = OutsideIssuer {
            public_key: "x".into(),
            ..outside
        };
        assert!(matches!(
            Tokens::open(ours.path(), Some(&broken)),
            Err(KeyProblem::Outside)
        ));
    }
}
