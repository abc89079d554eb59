//! A review that runs, and a plain HTTP client that talks to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Desk, Said};

/// A running `lookalike review`.
pub struct Review {
    child: Child,
    out: BufReader<ChildStdout>,
    pub port: u16,
    /// `/TOKEN/`
    pub home: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The head, with names in lower case.
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The JSON of an answer that says yes.
    fn accepted(&self, path: &str) -> Value {
        let words = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, 200, "{path}: {words}");
        self.json()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The words of a refusal.
    pub fn error(&self) -> String {
        let json = self.json();
        let words = json["error"].as_str().map(str::to_owned);
        words.unwrap_or_else(|| panic!("no refusal: {json}"))
    }
}

impl Review {
    /// Starts a review of this folder and waits until it serves.
    pub fn start(desk: &Desk, dir: &str) -> Self {
        Self::start_with(desk, &[dir])
    }

    pub fn start_with(desk: &Desk, arguments: &[&str]) -> Self {
        let mut child = desk.start(&[&["review", "--no-open"], arguments].concat());
        let mut out = BufReader::new(child.stdout.take().expect("standard output"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let Some(address) = line.trim().strip_prefix("Review  http://127.0.0.1:") else {
            let mut err = String::new();
            let _ = child.stderr.take().map(|mut e| e.read_to_string(&mut err));
            panic!("no address: {line:?} {err}");
        };
        let (port, home) = address.split_at(address.find('/').expect("a path"));
        Self {
            port: port.parse().expect("a port"),
            home: home.to_owned(),
            child,
            out,
        }
    }

    /// Sends these lines and a body, whatever they are, and reads the answer.
    pub fn raw(&self, head: &str, body: &[u8]) -> Answer {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).expect("a socket");
        let lines = head.trim_end().replace('\n', "\r\n");
        let head = format!(
            "{lines}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        (&stream).write_all(head.as_bytes()).expect("it is sent");
        // A refusal may come, and the other side go, before everything is sent.
        let _ = (&stream).write_all(body);
        let mut answer = Vec::new();
        let _ = (&stream).read_to_end(&mut answer);
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer to {head}"));
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        let lower = |line: &str| match line.split_once(':') {
            Some((name, value)) => format!("{}:{value}", name.to_lowercase()),
            None => line.to_owned(),
        };
        Answer {
            status: status.unwrap_or_else(|| panic!("no status: {head}")),
            head: head.lines().map(lower).collect::<Vec<_>>().join("\n"),
            body: answer[end + 4..].to_vec(),
        }
    }

    fn host(&self) -> String {
        format!("host: 127.0.0.1:{}", self.port)
    }

    /// What lies at this path below the secret.
    pub fn get(&self, path: &str) -> Answer {
        self.raw(
            &format!("GET {}{path} HTTP/1.1\n{}", self.home, self.host()),
            b"",
        )
    }

    /// The JSON at this path, which is there.
    pub fn ask(&self, path: &str) -> Value {
        self.get(path).accepted(path)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let head = format!(
            "POST {}{path} HTTP/1.1\n{}\ncontent-type: application/json\norigin: http://127.0.0.1:{}\nsec-fetch-site: same-origin",
            self.home,
            self.host(),
            self.port
        );
        self.raw(&head, body.to_string().as_bytes())
    }

    /// Posts what is accepted.
    pub fn tell(&self, path: &str, body: &Value) -> Value {
        self.post(path, body).accepted(path)
    }

    /// All groups of a list, asked for in pages.
    pub fn groups(&self, query: &str) -> Vec<Value> {
        let mut groups = Vec::new();
        loop {
            let page = self.ask(&format!(
                "api/groups?{query}&offset={}&limit=7",
                groups.len()
            ));
            let got = page["groups"].as_array().expect("a list");
            groups.extend(got.iter().cloned());
            if got.is_empty() || groups.len() as u64 == page["total"] {
                assert_eq!(groups.len() as u64, page["total"]);
                return groups;
            }
        }
    }

    /// All images that are in a group, by path.
    pub fn images(&self) -> std::collections::BTreeMap<String, Value> {
        let mut images = std::collections::BTreeMap::new();
        for group in self.groups("state=all") {
            let key = group["key"].as_str().expect("a key");
            for image in self.ask(&format!("api/group?key={key}"))["images"]
                .as_array()
                .expect("images")
            {
                images.insert(
                    image["path"].as_str().expect("a path").to_owned(),
                    image.clone(),
                );
            }
        }
        images
    }

    /// Sends a signal, and says how it ended.
    pub fn stop(mut self, signal: &str) -> Said {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).expect("UTF-8");
        let stderr = self.child.stderr.take();
        stderr.map(|mut stream| stream.read_to_string(&mut err));
        let code = self.child.wait().expect("it ends").code().unwrap_or(-1);
        Said { code, out, err }
    }
}

impl Drop for Review {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
