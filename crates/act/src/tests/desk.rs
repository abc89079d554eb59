//! A folder of files, a plan for it, and what is there before and after.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use lookalike_types::{ContentId, PairKind, Place};
use tempfile::TempDir;

use crate::action::{Action, Options, Step};
use crate::apply::apply_on;
use crate::disk::{Disk, Rename, Renamed};
use crate::name::{bytes_of, shown};
use crate::undo::undo_on;
use crate::{Copy, Decision, Error, Outcome, Plan, PlanRow};

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    Folder,
    Link(PathBuf),
    File {
        bytes: Vec<u8>,
        modified: u128,
        mode: u32,
    },
}

pub(crate) type Tree = BTreeMap<String, Item>;

/// A plan's rows are for the files below `photos`.
pub(crate) struct Desk {
    dir: TempDir,
    rows: Vec<PlanRow>,
    pub(crate) rename: Rename,
    /// Whether a crash also takes the lines of the journal that were not flushed.
    pub(crate) lossy: bool,
    files: Cell<u64>,
}

/// Memory where there is some: each step is flushed, and there are many.
pub(crate) fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    };
    made.expect("a folder")
}

pub(crate) fn system(from: &Path, to: &Path) -> io::Result<Renamed> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(Renamed::Done),
        Err(rustix::io::Errno::EXIST) => Ok(Renamed::Taken),
        Err(rustix::io::Errno::XDEV) => Ok(Renamed::OtherDisk),
        Err(error) => Err(error.into()),
    }
}

/// A system that cannot rename without overwriting.
pub(crate) fn without(_from: &Path, _to: &Path) -> io::Result<Renamed> {
    Ok(Renamed::Unknown)
}

/// As if every folder were a file system of its own.
pub(crate) fn apart(from: &Path, to: &Path) -> io::Result<Renamed> {
    match from.parent() == to.parent() {
        true => system(from, to),
        false => Ok(Renamed::OtherDisk),
    }
}

impl Desk {
    pub(crate) fn new() -> Self {
        let dir = scratch();
        fs::create_dir(dir.path().join("photos")).expect("made");
        Self {
            dir,
            rows: Vec::new(),
            rename: system,
            lossy: false,
            files: Cell::new(0),
        }
    }

    pub(crate) fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn photo(&self, name: impl AsRef<Path>) -> PathBuf {
        self.at("photos").join(name)
    }

    /// A file with a time and a mode of its own.
    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.photo(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, bytes).expect("written");
        self.files.set(self.files.get() + 1);
        let number = self.files.get();
        let mode = if number.is_multiple_of(2) {
            0o640
        } else {
            0o604
        };
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("set");
        let age = Duration::new(1_000_000_000 + number * 1000, 123_456_789);
        let file = File::options().write(true).open(&path).expect("opened");
        file.set_modified(UNIX_EPOCH + age).expect("set");
    }

    fn place(name: impl AsRef<Path>) -> Place {
        Place::file(bytes_of(name.as_ref()))
    }

    pub(crate) fn content(&self, place: &Place) -> ContentId {
        let path = self.photo(crate::name::path_of(&place.path));
        let bytes = fs::read(&path).expect("a file");
        match &place.member {
            None => ContentId::of(&bytes),
            Some(member) => super::tar::member(&path, member),
        }
    }

    pub(crate) fn keep(&mut self, name: impl AsRef<Path>) {
        self.keep_place(Self::place(name));
    }

    pub(crate) fn keep_place(&mut self, place: Place) {
        let content = self.content(&place);
        self.rows.push(PlanRow {
            group: 1,
            place,
            decision: Decision::Keep,
            reason: "most pixels".to_owned(),
            rule: Some("largest-pixels".to_owned()),
            content,
            bytes: None,
            copy: None,
            goes_to: None,
        });
    }

    pub(crate) fn remove(&mut self, name: impl AsRef<Path>, copy_of: impl AsRef<Path>) {
        self.remove_place(Self::place(name), Self::place(copy_of));
    }

    pub(crate) fn remove_place(&mut self, place: Place, copy_of: Place) {
        let (content, kept) = (self.content(&place), self.content(&copy_of));
        let kind = if content == kept {
            PairKind::Identical
        } else {
            PairKind::Near
        };
        self.rows.push(PlanRow {
            group: 1,
            place,
            decision: Decision::Remove,
            reason: "copy of the kept image".to_owned(),
            rule: None,
            content,
            bytes: Some(7),
            copy: Some(Copy {
                place: copy_of,
                content: kept,
                similarity: if content == kept { 1.0 } else { 0.9 },
                kind,
            }),
            goes_to: None,
        });
    }

    pub(crate) fn rows(&mut self) -> &mut Vec<PlanRow> {
        &mut self.rows
    }

    pub(crate) fn plan(&self) -> Plan {
        Plan {
            generation: "0123456789abcdef".to_owned(),
            root: self.at("photos"),
            settings: serde_json::json!({"rules": ["largest-pixels"]}),
            bound: None,
            rows: self.rows.clone(),
        }
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.at("plan.journal.jsonl")
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            dry_run: false,
            home_trash: Some(self.at("home/Trash")),
        }
    }

    pub(crate) fn action(&self, text: &str) -> Action {
        match text.split_once(':') {
            Some((word, target)) => format!("{word}:{}", shown(&self.at(target))),
            None => text.to_owned(),
        }
        .parse()
        .expect("an action")
    }

    pub(crate) fn try_apply(&self, action: &str, stop: Option<u64>) -> Result<Outcome, Error> {
        let hook = Hook::new(stop, self);
        let ask = |step: Step<'_>| hook.ask(step);
        let disk = Disk::with(&ask, self.rename);
        apply_on(
            disk,
            &self.plan(),
            &self.action(action),
            &self.journal(),
            &self.options(),
        )
    }

    pub(crate) fn apply(&self, action: &str) -> Outcome {
        self.try_apply(action, None).expect("carried out")
    }

    pub(crate) fn try_undo(&self, stop: Option<u64>) -> Result<Outcome, Error> {
        let hook = Hook::new(stop, self);
        let ask = |step: Step<'_>| hook.ask(step);
        undo_on(
            Disk::with(&ask, self.rename),
            &self.journal(),
            &self.options(),
        )
    }

    pub(crate) fn undo(&self) -> Outcome {
        self.try_undo(None).expect("taken back")
    }

    /// All that lies below a folder.
    pub(crate) fn tree(&self, below: &str) -> Tree {
        let mut tree = Tree::new();
        let top = self.at(below);
        if top.exists() {
            note(&top, &top, &mut tree);
        }
        tree
    }

    /// All but the journal, and the bin: a person's bin is theirs also when it is empty.
    pub(crate) fn whole(&self) -> Tree {
        let mut tree = self.tree("");
        tree.retain(|path, item| {
            let bin = path.starts_with("home") && *item == Item::Folder;
            !bin && path != "plan.journal.jsonl"
        });
        tree
    }
}

fn note(top: &Path, folder: &Path, tree: &mut Tree) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let found = fs::symlink_metadata(&path).expect("there");
        let name = shown(path.strip_prefix(top).expect("below"));
        let kind = found.file_type();
        let item = if kind.is_dir() {
            note(top, &path, tree);
            Item::Folder
        } else if kind.is_symlink() {
            Item::Link(fs::read_link(&path).expect("a link"))
        } else {
            let age = found.modified().expect("a time").duration_since(UNIX_EPOCH);
            Item::File {
                bytes: fs::read(&path).expect("readable"),
                modified: age.expect("after 1970").as_nanos(),
                mode: found.permissions().mode() & 0o7777,
            }
        };
        tree.insert(name, item);
    }
}

/// Counts what is asked, and stops at one of the questions for good, as a crash does. A line of
/// the journal that is being written then is torn.
struct Hook {
    left: Cell<Option<u64>>,
    journal: PathBuf,
    lossy: bool,
}

impl Hook {
    fn new(stop: Option<u64>, desk: &Desk) -> Self {
        Self {
            left: Cell::new(stop),
            journal: desk.journal(),
            lossy: desk.lossy,
        }
    }

    fn ask(&self, step: Step<'_>) -> ControlFlow<()> {
        match self.left.get() {
            None => ControlFlow::Continue(()),
            Some(u64::MAX) => ControlFlow::Break(()),
            Some(0) => {
                self.left.set(Some(u64::MAX));
                if self.lossy {
                    lose(&self.journal);
                }
                if step.what == "note" {
                    tear(&self.journal);
                }
                ControlFlow::Break(())
            }
            Some(left) => {
                self.left.set(Some(left - 1));
                ControlFlow::Continue(())
            }
        }
    }
}

fn tear(journal: &Path) {
    let mut bytes = fs::read(journal).unwrap_or_default();
    let torn: &[u8] = match bytes.len() {
        0 => b"{\"journal\":\"looka",
        length if length % 3 == 0 => b"{\"event\":\"beg",
        length if length % 3 == 1 => b"\0\0\0\0\0\0\n",
        _ => b"",
    };
    bytes.extend_from_slice(torn);
    fs::write(journal, bytes).expect("written");
}

/// Cuts off the lines at the end that were written and not flushed.
fn lose(journal: &Path) {
    let text = fs::read_to_string(journal).unwrap_or_default();
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let flushed = [
        "{\"journal\"",
        "{\"event\":\"begin\"",
        "{\"event\":\"made\"",
        "{\"event\":\"undo\"",
    ];
    while lines
        .last()
        .is_some_and(|line| !flushed.iter().any(|start| line.starts_with(start)))
    {
        lines.pop();
    }
    if !text.is_empty() {
        fs::write(journal, lines.concat()).expect("written");
    }
}
