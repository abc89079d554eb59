//! What was typed. Nothing here is checked against the world: see [`crate::settings`].

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueHint};

/// Finds the copies in a collection of images: the same file twice, the same picture saved again,
/// and the picture cropped, recoloured, signed, framed or mirrored.
#[derive(Debug, Parser)]
#[command(
    name = "lookalike",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub struct Flags {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What goes for every command.
    #[command(flatten)]
    pub global: Global,
}

/// Flags that go with every command.
#[derive(Debug, Clone, Default, Args)]
pub struct Global {
    /// Read settings from a TOML file
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Set one key, such as join.threshold=0.9 (repeatable)
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Threads to work with [default: one per core]
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    /// Print the summary as one JSON object
    #[arg(long, global = true)]
    pub json: bool,
    /// Say less: errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: each failed image as it is met
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Draw no progress bar
    #[arg(long, global = true)]
    pub no_progress: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read, embed, join and report; does only what changed since the last scan into DIR
    Scan(Scan),
    /// Write the reports again from what is stored: no image is read
    Report(Report),
    /// See the groups in a browser, choose what goes, find a threshold; served to this machine alone
    Review(Review),
    /// Decide by rules what goes, and write it down: nothing is touched
    Plan(Plan),
    /// Do with the images that a plan removes what you say, after looking at each again
    Apply(Apply),
    /// Put back what was done
    Undo(Undo),
    /// Find the nearest images of DIR for pictures that need not be in it
    Query(Query),
    /// Verify every file in DIR
    Check(Check),
    /// Find all pairs of like vectors among your own, from any model
    Join(Join),
    /// Save what people said of pairs, or take in what others said
    Verdicts {
        /// Which of both.
        #[command(subcommand)]
        verb: Verdicts,
    },
    /// Draw a small collection with planted copies, scan it, and say what was found
    Demo(Demo),
    /// Print the settings in force and where each came from
    Config,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(hide = true)]
    Man,
    /// A name that is kept for later.
    #[command(flatten)]
    Reserved(Reserved),
}

/// Names that are kept for later, so that no script comes to use them for something else.
#[derive(Debug, Subcommand)]
#[allow(missing_docs)]
pub enum Reserved {
    #[command(hide = true)]
    Merge(Anything),
}

/// A reserved name: this version does not do it yet.
#[derive(Debug, Args)]
pub struct Anything {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<OsString>,
}

/// `lookalike scan`
#[derive(Debug, Clone, Args)]
pub struct Scan {
    /// Folders, images, .tar/.tar.gz/.tar.zst shards, @LIST (a path a line), @0LIST (NUL between)
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<OsString>,
    /// Where features and reports are kept
    #[arg(long, value_name = "DIR", default_value = "lookalike-out", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// Trust no size and time: read every file
    #[arg(long)]
    pub rehash: bool,
    /// Cosine from which two pictures are a pair, or auto
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    pub threshold: Option<String>,
    /// List at least the N most alike near pairs, also those below the threshold
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub top: usize,
    /// Also write these forms of it, with commas between: cleaned, keep, remove, keep0, remove0, json,
    /// fiftyone, huggingface, markdown, splits
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub format: Vec<String>,
    /// End with code 3 where this is true, such as near>0 (repeatable)
    #[arg(long, value_name = "CONDITION")]
    pub fail_on: Vec<String>,
    /// Say what would be read and what is new; write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `lookalike report`
#[derive(Debug, Clone, Args)]
pub struct Report {
    /// The output folder of a scan
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// Cosine from which two pictures are a pair [default: that of the scan]
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    pub threshold: Option<String>,
    /// List at least the N most alike near pairs
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub top: usize,
    /// Also write these forms of it, with commas between: cleaned, keep, remove, keep0, remove0, json,
    /// fiftyone, huggingface, markdown, splits
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub format: Vec<String>,
    /// End with code 3 where this is true, such as near>0 (repeatable)
    #[arg(long, value_name = "CONDITION")]
    pub fail_on: Vec<String>,
}

/// `lookalike review`
#[derive(Debug, Clone, Args)]
pub struct Review {
    /// The output folder of a scan
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// Port on 127.0.0.1 [default: a free one]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub port: u16,
    /// Start no browser: print the address only
    #[arg(long)]
    pub no_open: bool,
}

/// `lookalike plan`
#[derive(Debug, Clone, Args)]
pub struct Plan {
    /// The output folder of a scan
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// What makes one copy better than another, the first rule first [default: report.keep].
    /// Rules: largest-pixels, largest-bytes, oldest, newest, oldest-taken, newest-taken,
    /// richest-exif, label-majority, shortest-path, format:png>jpeg, path:PREFIX
    #[arg(long, value_name = "RULE,...", value_delimiter = ',')]
    pub keep: Vec<String>,
    /// A folder, file or shard of which nothing goes; what resembles it does (repeatable)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub reference: Vec<PathBuf>,
    /// Only what is at least so similar to one that stays goes
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub min_similarity: Option<String>,
    /// Only copies of these kinds go: identical, pixels, near
    #[arg(long, value_name = "KIND,...", value_delimiter = ',')]
    pub kinds: Vec<String>,
    /// Cosine from which two pictures are near [default: that of the scan]
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    pub threshold: Option<String>,
    /// Only what you chose to remove goes
    #[arg(long)]
    pub chosen: bool,
    /// Say what each rule alone would remove, and write nothing
    #[arg(long, conflicts_with = "out")]
    pub simulate: bool,
    /// Where the plan is written
    #[arg(long, value_name = "FILE", default_value = "plan.parquet", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
}

/// `lookalike apply`
#[derive(Debug, Clone, Args)]
pub struct Apply {
    /// What `lookalike plan` wrote
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub plan: PathBuf,
    /// move:DIR, trash, delete, hardlink, symlink, list, or for shards rewrite:DIR
    #[arg(long, value_name = "ACTION")]
    pub action: String,
    /// Look at everything, and touch nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where each step is noted [default: beside PLAN, as .journal.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub journal: Option<PathBuf>,
    /// With list: a zero byte after each path, and its bytes as they are, for xargs -0
    #[arg(short = '0', long)]
    pub zero: bool,
}

/// `lookalike undo`
#[derive(Debug, Clone, Args)]
pub struct Undo {
    /// What `lookalike apply` noted
    #[arg(value_name = "JOURNAL", value_hint = ValueHint::FilePath)]
    pub journal: PathBuf,
    /// Say what could be put back, and touch nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `lookalike query`
#[derive(Debug, Clone, Args)]
pub struct Query {
    /// The output folder of a scan
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// Pictures to look for
    #[arg(required = true, value_name = "IMAGE", value_hint = ValueHint::FilePath)]
    pub images: Vec<OsString>,
    /// How many of the nearest are listed
    #[arg(long, value_name = "K", default_value_t = 10)]
    pub top: usize,
}

/// `lookalike check`
#[derive(Debug, Clone, Args)]
pub struct Check {
    /// The output folder of a scan
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
}

/// `lookalike join`
#[derive(Debug, Clone, Args)]
pub struct Join {
    /// Vectors, one a row: a .npy array or a Parquet table; they need not be of length 1
    #[arg(value_name = "VECTORS", value_hint = ValueHint::FilePath)]
    pub vectors: PathBuf,
    /// Cosine from which two vectors are a pair, from -1 to 1
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    pub threshold: String,
    /// Parquet table to write: id_a, id_b, similarity, most alike first
    #[arg(long, value_name = "PAIRS", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// Column of the vectors, for Parquet: lists of float16, float32 or float64
    #[arg(long, value_name = "NAME", default_value = "vector")]
    pub column: String,
    /// Column of the ids, for Parquet: strings or integers [default: row numbers from 0]
    #[arg(long, value_name = "NAME")]
    pub id: Option<String>,
    /// Join with the vectors of this file, and not with each other
    #[arg(long, value_name = "OTHER", value_hint = ValueHint::FilePath)]
    pub against: Option<PathBuf>,
}

/// `lookalike verdicts`
#[derive(Debug, Clone, Subcommand)]
pub enum Verdicts {
    /// Write the verdicts of DIR into a Parquet file
    Export(Export),
    /// Merge verdicts of other people into DIR: of two on one pair the newer counts
    Import(Import),
}

/// `lookalike verdicts export`
#[derive(Debug, Clone, Args)]
pub struct Export {
    /// The output folder of a scan
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// Parquet table to write, outside of DIR
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Who gave the verdicts that carry no name
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// `lookalike verdicts import`
#[derive(Debug, Clone, Args)]
pub struct Import {
    /// The output folder of a scan
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// Tables of verdicts
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
}

/// `lookalike demo`
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// Where the pictures are drawn and the reports are kept
    #[arg(long, value_name = "DIR", default_value = "lookalike-demo", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}
