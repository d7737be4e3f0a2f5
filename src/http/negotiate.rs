//! What the client wants to read: which media type, which language.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::refusal::{Code, Refusal};
use crate::domain::text::Text;

/// Media type of an answer (GraphQL over HTTP, "Media types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`: an answer of status 200 even where the document is wrong. Taken where nothing is asked for.
    Json,
    /// `application/graphql-response+json`: the status says whether the document was executed.
    GraphqlResponse,
}

impl Media {
    /// The header.
    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }

    /// The best of what the client accepts.
    pub fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let Some(accept) = list(headers, header::ACCEPT) else {
            return Ok(Self::Json);
        };
        let mut best: Option<(f32, Self)> = None;
        for (name, quality) in weighted(&accept) {
            let media = match name.as_str() {
                "application/graphql-response+json" => Self::GraphqlResponse,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => continue,
            };
            if quality > 0.0 && best.is_none_or(|(known, _)| quality > known) {
                best = Some((quality, media));
            }
        }
        best.map(|(_, media)| media).ok_or_else(|| {
            let message = Text::new(
                "Tiêu đề Accept phải có application/graphql-response+json hoặc application/json.",
                "Accept application/graphql-response+json or application/json.",
            );
            Refusal::new(StatusCode::NOT_ACCEPTABLE, Code::Invalid, message).about("Accept")
        })
    }
}

/// Language of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English, unless something else is asked for.
    #[default]
    English,
    /// Vietnamese.
    Vietnamese,
}

impl Language {
    /// What the client prefers.
    pub fn preferred(headers: &HeaderMap) -> Self {
        let accept = list(headers, header::ACCEPT_LANGUAGE).unwrap_or_default();
        let mut best = (0.0, Self::English);
        for (name, quality) in weighted(&accept) {
            let language = match name.split('-').next() {
                Some("vi") => Self::Vietnamese,
                Some("en") => Self::English,
                _ => continue,
            };
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }

    /// The wording in this language.
    pub fn of(self, text: &Text) -> String {
        match self {
            Self::English => text.en.clone(),
            Self::Vietnamese => text.vi.clone(),
        }
    }
}

fn list(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    let parts: Vec<&str> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    if parts.is_empty() { None } else { Some(parts.join(",")) }
}

/// The entries of a header with their quality, 1 unless stated (RFC 9110, 12.4.2).
fn weighted(text: &str) -> impl Iterator<Item = (String, f32)> {
    text.split(',').filter_map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?.to_ascii_lowercase();
        let quality = parts
            .find_map(|part| part.strip_prefix("q="))
            .and_then(|text| text.parse().ok())
            .unwrap_or(1.0);
        Some((name, quality))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_media_type_is_the_best_accepted() {
        let media = |text| Media::of(&headers(header::ACCEPT, text)).map_err(|refusal| refusal.status);
        assert_eq!(Media::of(&HeaderMap::new()).unwrap(), Media::Json);
        assert_eq!(media("*/*"), Ok(Media::Json));
        assert_eq!(
            media("application/graphql-response+json, application/json"),
            Ok(Media::GraphqlResponse)
        );
        assert_eq!(
            media("application/graphql-response+json;q=0.5, application/json"),
            Ok(Media::Json)
        );
        assert_eq!(media("text/html"), Err(StatusCode::NOT_ACCEPTABLE));
    }

    #[test]
    fn the_language_is_the_best_known() {
        let language = |text| Language::preferred(&headers(header::ACCEPT_LANGUAGE, text));
        assert_eq!(language("fr, vi-VN;q=0.8, en;q=0.5"), Language::Vietnamese);
        assert_eq!(language("fr"), Language::English);
    }
}
