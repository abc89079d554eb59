//! Who may talk to the server: this machine, with the secret, from the page itself.
//!
//! The address is on loopback, but every page that a browser on this machine shows can send requests
//! there. So each request has to name our own host (a name of somebody else's that was made to point
//! here is refused), carry the secret, and, where the browser says who sent it, come from our own page.

use hyper::header::{CONTENT_TYPE, HOST, ORIGIN};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode};

use super::secret::{Secret, Ticket};

/// Checks requests.
pub(crate) struct Guard {
    secret: Secret,
    ticket: Ticket,
    hosts: Vec<String>,
}

/// What is done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on to what lies at this path below the secret.
    Admit(String),
    /// It came with the ticket: the browser is sent to the page.
    Redeem,
    /// It is the page's address without its last slash.
    AddSlash,
    /// It is refused, with a word why.
    Refuse(StatusCode, &'static str),
}

const NO_SUCH_PAGE: Verdict = Verdict::Refuse(
    StatusCode::NOT_FOUND,
    "there is no such page. Open the address that `lookalike review` printed",
);

const ANOTHER_HOST: Verdict = Verdict::Refuse(
    StatusCode::FORBIDDEN,
    "this server answers to 127.0.0.1 and localhost alone, with the port it printed",
);

const ANOTHER_SITE: Verdict =
    Verdict::Refuse(StatusCode::FORBIDDEN, "this request came from another page");

impl Guard {
    /// A guard for a server on this port of the loopback address.
    pub(crate) fn new(port: u16, secret: Secret, ticket: Ticket) -> Self {
        let names = ["127.0.0.1", "localhost", "[::1]"];
        let mut hosts: Vec<String> = names.map(|name| format!("{name}:{port}")).to_vec();
        if port == 80 {
            // Browsers leave this one out.
            hosts.extend(names.map(str::to_owned));
        }
        Self {
            secret,
            ticket,
            hosts,
        }
    }

    /// What is done with a request with this head.
    pub(crate) fn check(&self, request: &Parts) -> Verdict {
        let Some(host) = self.own_host(request) else {
            return ANOTHER_HOST;
        };
        let path = request.uri.path();
        let (first, rest) = match path[1.min(path.len())..].split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (&path[1.min(path.len())..], None),
        };
        if first == "open" {
            let opens = request.method == Method::GET && is_visit(&request.headers);
            let redeemed = opens && rest.is_some_and(|guess| self.ticket.take(guess));
            return if redeemed {
                Verdict::Redeem
            } else {
                NO_SUCH_PAGE
            };
        }
        if !self.secret.is(first) {
            return NO_SUCH_PAGE;
        }
        let is_page = rest.is_none_or(str::is_empty);
        if !(from_page(&request.headers, &host) || is_page && is_visit(&request.headers)) {
            return ANOTHER_SITE;
        }
        match (rest, &request.method) {
            (None, _) => Verdict::AddSlash,
            (Some(rest), &Method::GET | &Method::HEAD) => Verdict::Admit(rest.to_owned()),
            (Some(rest), &Method::POST) if is_json(&request.headers) => {
                Verdict::Admit(rest.to_owned())
            }
            (_, &Method::POST) => Verdict::Refuse(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "expected `content-type: application/json`",
            ),
            _ => Verdict::Refuse(StatusCode::METHOD_NOT_ALLOWED, "expected GET or POST"),
        }
    }

    /// The one host that the request names, where it is ours.
    fn own_host(&self, request: &Parts) -> Option<String> {
        let mut named = request.headers.get_all(HOST).iter();
        let (host, None) = (named.next()?.to_str().ok()?, named.next()) else {
            return None;
        };
        let ours = |name: &str| {
            let name = name.to_ascii_lowercase();
            self.hosts.contains(&name).then_some(name)
        };
        let also = request.uri.authority();
        if also.is_some_and(|authority| ours(authority.as_str()).is_none()) {
            return None;
        }
        ours(host)
    }
}

/// Whether nothing in the request says that another page sent it. Browsers say so; what is no
/// browser says nothing, and has the secret.
fn from_page(headers: &HeaderMap, host: &str) -> bool {
    let own = format!("http://{host}");
    let origins = headers.get_all(ORIGIN).iter();
    let own_origin = |origin: &hyper::header::HeaderValue| origin.as_bytes() == own.as_bytes();
    let mut sites = headers.get_all("sec-fetch-site").iter();
    origins.into_iter().all(own_origin)
        && sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
}

/// Whether a person goes to an address, from a terminal in a browser or a list of bookmarks perhaps:
/// that shows the page and can do nothing else.
fn is_visit(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| {
        let said = headers.get(name);
        said.is_none_or(|said| said.as_bytes() == value.as_bytes())
    };
    headers.get(ORIGIN).is_none()
        && is("sec-fetch-mode", "navigate")
        && is("sec-fetch-dest", "document")
}

/// A form of another page can send text, but not JSON, without asking the server first; and this
/// server never says yes to that question.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let essence = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    essence.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    /// A request with the secret for `{}` in its path.
    struct Case(Guard, String);

    impl Case {
        fn new() -> Self {
            let (secret, text) = Secret::new().expect("random bytes");
            Self(Guard::new(4711, secret, Ticket::void()), text)
        }

        fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Verdict {
            let mut request = Request::builder()
                .method(method)
                .uri(path.replace("{}", &self.1));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            self.0.check(&parts)
        }

        fn get(&self, path: &str, headers: &[(&str, &str)]) -> Verdict {
            self.ask(
                "GET",
                path,
                &[&[("host", "127.0.0.1:4711")], headers].concat(),
            )
        }

        fn post(&self, headers: &[(&str, &str)]) -> Verdict {
            let host = [("host", "127.0.0.1:4711")];
            self.ask("POST", "/{}/api/choose", &[&host[..], headers].concat())
        }
    }

    const JSON: (&str, &str) = ("content-type", "application/json");

    fn admits(path: &str) -> Verdict {
        Verdict::Admit(path.to_owned())
    }

    #[test]
    fn only_our_own_names_are_answered() {
        let case = Case::new();
        for host in [
            "127.0.0.1:4711",
            "localhost:4711",
            "LOCALHOST:4711",
            "[::1]:4711",
        ] {
            assert_eq!(
                case.ask("GET", "/{}/", &[("host", host)]),
                admits(""),
                "{host}"
            );
        }
        for host in [
            "127.0.0.1",
            "127.0.0.1:80",
            "evil.example:4711",
            "localhost.evil:4711",
            "",
        ] {
            assert_eq!(
                case.ask("GET", "/{}/", &[("host", host)]),
                ANOTHER_HOST,
                "{host}"
            );
        }
        assert_eq!(case.ask("GET", "/{}/", &[]), ANOTHER_HOST);
        let twice = [("host", "127.0.0.1:4711"), ("host", "evil.example")];
        assert_eq!(case.ask("GET", "/{}/", &twice), ANOTHER_HOST);
        let absolute = case.get("http://evil.example/{}/", &[]);
        assert_eq!(absolute, ANOTHER_HOST);
    }

    #[test]
    fn without_the_secret_there_is_nothing() {
        let case = Case::new();
        let guess = "0".repeat(32);
        for path in [
            "/",
            "//",
            "/api/state",
            "/x/api/state",
            "*",
            "/../{}/",
            "/{}x/",
            "/%7B%7D",
        ] {
            let path = path.replace('*', &format!("/{guess}/api/state"));
            assert_eq!(case.get(&path, &[]), NO_SUCH_PAGE, "{path}");
        }
        assert_eq!(case.get("/{}", &[]), Verdict::AddSlash);
        assert_eq!(case.get("/{}/api/state?x=1", &[]), admits("api/state"));
    }

    #[test]
    fn what_another_page_sends_is_refused() {
        let case = Case::new();
        let site = |site| [("sec-fetch-site", site), ("sec-fetch-mode", "no-cors")];
        for (word, ours) in [
            ("same-origin", true),
            ("none", true),
            ("same-site", false),
            ("cross-site", false),
        ] {
            let wanted = if ours { admits("thumb") } else { ANOTHER_SITE };
            assert_eq!(case.get("/{}/thumb?i=1", &site(word)), wanted, "{word}");
        }
        for (origin, ours) in [
            ("http://127.0.0.1:4711", true),
            ("http://localhost:4711", false),
            ("https://127.0.0.1:4711", false),
            ("http://127.0.0.1:4712", false),
            ("null", false),
        ] {
            let wanted = if ours {
                admits("api/choose")
            } else {
                ANOTHER_SITE
            };
            assert_eq!(case.post(&[JSON, ("origin", origin)]), wanted, "{origin}");
        }
        let visit = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert_eq!(case.get("/{}/", &visit), admits(""), "a link in a terminal");
        assert_eq!(case.get("/{}/image?i=0", &visit), ANOTHER_SITE);
        let framed = [visit[0], visit[1], ("sec-fetch-dest", "iframe")];
        assert_eq!(case.get("/{}/", &framed), ANOTHER_SITE);
    }

    #[test]
    fn only_json_is_taken() {
        let case = Case::new();
        let of = |kind| case.post(&[("content-type", kind)]);
        assert_eq!(of("application/json"), admits("api/choose"));
        assert_eq!(of("Application/JSON; charset=utf-8"), admits("api/choose"));
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "text/plain; application/json",
            "",
        ] {
            let refused = matches!(
                of(kind),
                Verdict::Refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, _)
            );
            assert!(refused, "{kind}");
        }
        for method in ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
            let answer = case.ask(
                method,
                "/{}/api/choose",
                &[("host", "127.0.0.1:4711"), JSON],
            );
            let refused = matches!(answer, Verdict::Refuse(StatusCode::METHOD_NOT_ALLOWED, _));
            assert!(refused, "{method}");
        }
    }

    #[test]
    fn a_ticket_leads_to_the_page_once() {
        let (secret, _) = Secret::new().expect("random bytes");
        let (ticket, text) = Ticket::new().expect("random bytes");
        let case = Case(Guard::new(4711, secret, ticket), text);
        assert_eq!(case.get("/open/", &[]), NO_SUCH_PAGE);
        let framed = [("sec-fetch-dest", "iframe")];
        assert_eq!(case.get("/open/{}", &framed), NO_SUCH_PAGE);
        assert_eq!(case.get("/open/{}", &[]), Verdict::Redeem);
        assert_eq!(case.get("/open/{}", &[]), NO_SUCH_PAGE);
        assert_eq!(case.get("/{}/", &[]), NO_SUCH_PAGE, "it is not the secret");
    }
}
