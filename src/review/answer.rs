//! What is sent back: a picture, a part of the page, or JSON; and the words of a refusal.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;

/// An answer, ready to be sent.
pub(crate) type Answer = Response<Full<Bytes>>;

/// A request that is not answered as asked: with a status, and words for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    words: String,
}

impl Refusal {
    /// A refusal with this status and these words.
    pub(crate) fn new(status: StatusCode, words: impl Into<String>) -> Self {
        Self {
            status,
            words: words.into(),
        }
    }

    /// What is asked for makes no sense.
    pub(crate) fn senseless(words: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, words)
    }

    /// What is asked for is not there.
    pub(crate) fn missing(words: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, words)
    }

    /// What is asked for would do harm, or does not fit what is there.
    pub(crate) fn conflict(words: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, words)
    }
}

impl From<anyhow::Error> for Refusal {
    /// Something failed that the person can do nothing about in the page.
    fn from(error: anyhow::Error) -> Self {
        let words: Vec<String> = error.chain().map(ToString::to_string).collect();
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, words.join(": "))
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let mut answer = object(&json!({ "error": refusal.words }));
        *answer.status_mut() = refusal.status;
        answer
    }
}

/// Bytes of this media type.
pub(crate) fn bytes(kind: &'static str, bytes: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(bytes.into()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// A picture. Its address means the same as long as the server runs, so the browser may keep it for a
/// while, for this person alone.
pub(crate) fn picture(kind: &'static str, picture: Bytes) -> Answer {
    let mut answer = bytes(kind, picture);
    let keep = HeaderValue::from_static("private, max-age=600");
    answer.headers_mut().insert(CACHE_CONTROL, keep);
    answer
}

/// JSON.
///
/// # Errors
/// Where it cannot be written as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<Answer, Refusal> {
    let text = serde_json::to_vec(value).map_err(anyhow::Error::from)?;
    Ok(bytes("application/json", text))
}

fn object(value: &serde_json::Value) -> Answer {
    bytes("application/json", value.to_string())
}

/// Sends the browser on to another path of this server.
pub(crate) fn see_other(path: &str) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(LOCATION, path);
    }
    answer
}
