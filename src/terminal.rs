//! What a person sees while work goes on: progress and warnings on standard error.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::flags::Global;

/// Standard error, with a progress bar where it is a terminal.
pub struct Terminal {
    bars: bool,
    quiet: bool,
    verbose: bool,
}

impl Terminal {
    /// As the flags and the environment want it.
    pub fn new(global: &Global) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            bars: std::io::stderr().is_terminal() && !plain && !global.no_progress && !global.quiet,
            quiet: global.quiet,
            verbose: global.verbose > 0,
        }
    }

    /// Says something that a person should know although the work goes on.
    pub fn note(&self, message: &str) {
        if !self.quiet {
            print_line(message);
        }
    }

    /// Says what only interests with `-v`.
    pub fn detail(&self, message: impl FnOnce() -> String) {
        if self.verbose {
            print_line(&message());
        }
    }

    /// A bar for one stage. It is drawn only on a terminal.
    pub fn bar(&self, name: &'static str) -> Bar {
        if !self.bars {
            return Bar(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner().with_message(name);
        bar.set_style(style("{spinner} {msg} {human_pos} ({rate})"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Bar(bar)
    }
}

/// Progress of one stage; gone from the screen when dropped.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// One more is done.
    pub fn step(&self) {
        self.0.inc(1);
    }

    /// The number in all, once it is known: from then on the remaining time is shown.
    pub fn total(&self, total: u64) {
        if self.0.length() == Some(total) {
            return;
        }
        self.0.set_length(total);
        self.0.set_style(style(
            "{msg} {bar:30} {human_pos} of {human_len} ({rate}, {eta} left)",
        ));
    }

    /// So many are done.
    pub fn at(&self, number: u64) {
        self.0.set_position(number);
    }

    /// Moves to a share between 0 and 1 of a whole that has no number.
    pub fn share(&self, share: f64) {
        if self.0.length() != Some(1000) {
            self.0.set_length(1000);
            self.0
                .set_style(style("{msg} {bar:30} {percent} % ({eta} left)"));
        }
        self.0.set_position((share * 1000.0) as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // A rate is an estimate: more digits would only flicker.
        let _ = write!(out, "{:.0}/s", state.per_sec());
    };
    ProgressStyle::with_template(template)
        .expect("the templates above are well formed")
        .with_key("rate", rate)
}

/// A closed standard error is no reason to stop a scan.
fn print_line(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{message}");
}

/// Results go to standard output; a reader that has gone away (`| head`) is no error.
///
/// # Errors
/// Where they cannot be written for another reason, such as a full disk.
pub fn print_result(text: &str) -> anyhow::Result<()> {
    print_bytes(text.as_bytes())
}

/// The same for what need not be text, such as names of files.
///
/// # Errors
/// As [`print_result`].
pub fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output; the work itself is done")
        }
        _ => Ok(()),
    }
}

/// One error is one paragraph: what happened, and each cause behind it.
pub fn print_error(error: &anyhow::Error) {
    let mut words = String::from("error: ");
    for (depth, cause) in error.chain().enumerate() {
        let cause = cause.to_string();
        // Libraries often repeat their cause in their own words; saying it twice helps nobody.
        if depth == 0 {
            words.push_str(&cause);
        } else if !words.contains(&cause) {
            words.push_str(": ");
            words.push_str(&cause);
        }
    }
    print_line(&words);
}
