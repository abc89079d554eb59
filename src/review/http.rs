//! Connections: who comes in, the guard at the door, and the headers that every answer carries.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;

use super::answer::{self, Answer, Refusal};
use super::guard::{Guard, Verdict};

/// A request that came past the guard.
pub(crate) struct Asked {
    /// GET (or HEAD) or POST.
    pub method: Method,
    /// What is behind the secret in the path, without a slash before it.
    pub path: String,
    /// What is behind the question mark.
    pub query: String,
    /// What was sent along.
    pub body: Bytes,
}

/// Answers requests. May wait for a disk or compute for a while: it is called on a thread of its own.
pub(crate) trait Service: Send + Sync + 'static {
    /// The answer to a request.
    fn answer(&self, asked: &Asked) -> Answer;
}

/// The server: a guard, what lies behind it, and where that begins.
pub(crate) struct Door<S> {
    /// Checks every request.
    pub guard: Guard,
    /// The path of the page, with the secret.
    pub home: String,
    /// Answers those that were admitted.
    pub service: S,
}

/// A request of choices for a hundred thousand images takes this much.
const LARGEST_BODY: usize = 8 << 20;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long answers under way may take once the server is to end.
const GRACE: Duration = Duration::from_secs(3);

/// Accepts connections until `stop`, and then lets answers under way be finished, within reason.
pub(crate) async fn serve<S: Service>(
    listener: TcpListener,
    door: Arc<Door<S>>,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file handles, for instance: others may give some back.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let door = Arc::clone(&door);
        let respond = service_fn(move |request| {
            let door = Arc::clone(&door);
            async move { Ok::<_, Infallible>(respond(&door, request).await) }
        });
        let connection = http.serve_connection(TokioIo::new(stream), respond);
        let connection = graceful.watch(connection);
        // A browser that goes away in the middle is nothing to tell anybody about.
        tokio::spawn(async move { drop(connection.await) });
    }
    drop(listener);
    let _late = tokio::time::timeout(GRACE, graceful.shutdown()).await;
}

async fn respond<S: Service>(door: &Arc<Door<S>>, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let mut answer = match door.guard.check(&head) {
        Verdict::Admit(path) => {
            let query = head.uri.query().unwrap_or_default().to_owned();
            match read(body).await {
                Ok(body) => {
                    let method = head.method;
                    work(
                        door,
                        Asked {
                            method,
                            path,
                            query,
                            body,
                        },
                    )
                    .await
                }
                Err(refusal) => refusal.into(),
            }
        }
        Verdict::Redeem | Verdict::AddSlash => answer::see_other(&door.home),
        Verdict::Refuse(status, words) => Refusal::new(status, words).into(),
    };
    protect(answer.headers_mut());
    answer
}

async fn read(body: Incoming) -> Result<Bytes, Refusal> {
    let whole = Limited::new(body, LARGEST_BODY).collect();
    match tokio::time::timeout(PATIENCE, whole).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(_)) => Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("more than {LARGEST_BODY} bytes, or broken off"),
        )),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "the request did not arrive in time",
        )),
    }
}

async fn work<S: Service>(door: &Arc<Door<S>>, asked: Asked) -> Answer {
    let door = Arc::clone(door);
    let answer = tokio::task::spawn_blocking(move || door.service.answer(&asked));
    answer.await.unwrap_or_else(|_| {
        let words = "this could not be answered. Please report what you did";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, words).into()
    })
}

/// The page runs its own scripts and shows its own pictures, and can reach nothing else; nothing else
/// can show it or read it, and what a browser keeps is for this person alone.
fn protect(headers: &mut HeaderMap) {
    const HEADERS: [(&str, &str); 7] = [
        (
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), microphone=(), geolocation=()",
        ),
    ];
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        headers.insert(HeaderName::from_static(name), value);
    }
    let kept = headers.entry(CACHE_CONTROL);
    kept.or_insert(HeaderValue::from_static("no-store"));
}
