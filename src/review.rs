//! `lookalike review`: the groups of a scan in a browser, and what a person says of them.
//!
//! A server for one person on this machine. Requests pass the guard ([`guard`]), pictures come from
//! the [`gallery`], and everything else from the [`desk`]: it holds what was scanned ([`collection`])
//! and the log of what was said, and works out groups at any threshold by the same way as a report.
//! The page lies in `page/`; what it asks, and what it is answered, is in [`routes`] and [`shapes`].

mod acts;
mod alike;
mod answer;
mod cache;
mod collection;
mod cover;
mod desk;
mod filter;
mod gallery;
mod guard;
mod http;
mod judging;
mod lists;
mod open;
mod page;
mod params;
mod planning;
mod routes;
mod secret;
mod shapes;
mod shards;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use lookalike_store::ReviewLog;

use crate::exit::{Exit, UsageError};
use crate::signal::{Signal, Signals};

use collection::Collection;
use desk::Desk;
use gallery::{Exhibits, Gallery};
use guard::Guard;
use http::Door;
use routes::Rooms;
use secret::{Secret, Ticket};

pub(crate) use open::prepare;
pub(crate) use words::counted;

/// A review that is ready to be served.
pub(crate) struct Review {
    collection: Collection,
    log: ReviewLog,
    exhibits: Exhibits,
    dir: PathBuf,
}

/// Where it is served.
pub(crate) struct Address {
    listener: TcpListener,
    /// What to open in a browser.
    pub url: String,
    /// The same for a browser that is started by this program: good once.
    pub once: String,
    guard: Guard,
    home: String,
}

impl Address {
    /// Listens on this port of the loopback address; on a free one where it is 0.
    ///
    /// # Errors
    /// A usage error where the port cannot be had.
    pub(crate) fn listen(port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
        let listener = listener.map_err(|error| {
            UsageError::new(format!(
                "--port {port} cannot be had: {error}. Choose another, or leave it out for a free one"
            ))
        })?;
        listener.set_nonblocking(true).context("cannot serve")?;
        let port = listener.local_addr().context("cannot serve")?.port();
        let (secret, token) = Secret::new()?;
        let (ticket, once) = Ticket::new()?;
        let home = format!("/{token}/");
        Ok(Self {
            url: format!("http://127.0.0.1:{port}{home}"),
            once: format!("http://127.0.0.1:{port}/open/{once}"),
            guard: Guard::new(port, secret, ticket),
            listener,
            home,
        })
    }
}

/// How a review ended.
pub(crate) struct Ended {
    /// How the program ends: Ctrl-C is the way to end a review, and no interruption of it.
    pub exit: Exit,
    /// Choices, of those the ones to remove, verdicts and judgements that are saved.
    pub saved: Saved,
}

/// What is saved, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Saved {
    /// Choices that hold.
    pub choices: usize,
    /// Those of them to remove something.
    pub removals: usize,
    /// Verdicts on pairs.
    pub verdicts: usize,
    /// Answers to "the same picture?".
    pub judgements: usize,
}

/// Serves until a signal comes. `announce` is called when signals are heard and requests answered.
///
/// # Errors
/// Where the server cannot be started, and those of `announce`.
pub(crate) async fn serve(
    review: Review,
    address: Address,
    announce: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Ended> {
    let mut signals = Signals::listen()?;
    let listener = tokio::net::TcpListener::from_std(address.listener).context("cannot serve")?;
    let by = std::env::var("USER")
        .or_else(|_| std::env::var("USERNAME"))
        .unwrap_or_default();
    let desk = Desk::new(review.collection, review.dir, review.log, by);
    let door = Arc::new(Door {
        guard: address.guard,
        home: address.home,
        service: Rooms {
            desk: Mutex::new(desk),
            gallery: Gallery::new(review.exhibits),
        },
    });
    announce()?;
    let mut signal = Signal::Interrupt;
    let stop = async { signal = signals.next().await };
    http::serve(listener, Arc::clone(&door), stop).await;
    let exit = match signal {
        Signal::Interrupt => Exit::Done,
        Signal::Terminate => Exit::Terminated,
    };
    let desk = door
        .service
        .desk
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(Ended {
        exit,
        saved: desk.saved(),
    })
}
