//! Where a library of ONNX Runtime may lie. Only folders are listed: nothing is loaded or run.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What of the process and the machine decides where libraries are looked for.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// `ORT_DYLIB_PATH`.
    pub(crate) variable: Option<PathBuf>,
    /// Folders of Python environments, the active ones first.
    pub(crate) prefixes: Vec<PathBuf>,
    /// Folders that hold libraries themselves.
    pub(crate) folders: Vec<PathBuf>,
}

impl Surroundings {
    /// Of the process that calls.
    pub(crate) fn of_this_process() -> Self {
        let path = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(path);
        let mut prefixes: Vec<PathBuf> = active.map(PathBuf::from).collect();
        prefixes.extend(path("PATH").as_deref().and_then(python_prefix));
        let executable = env::current_exe().ok();
        let beside = executable.as_deref().and_then(Path::parent);
        let mut folders: Vec<PathBuf> = beside.map(Path::to_owned).into_iter().collect();
        if let Some(searched) = path("LD_LIBRARY_PATH") {
            folders.extend(env::split_paths(&searched).filter(|folder| folder.is_absolute()));
        }
        folders.extend(system_folders());
        Self {
            variable: path("ORT_DYLIB_PATH").map(PathBuf::from),
            prefixes,
            folders,
        }
    }

    /// The library that somebody named, and where: in the configuration, else in the environment.
    pub(crate) fn named(&self, configured: Option<&Path>) -> Option<(PathBuf, &'static str)> {
        let configured = configured.map(|path| (path.to_owned(), "`model.onnxruntime`"));
        let variable = self.variable.as_ref();
        configured.or_else(|| variable.map(|path| (path.clone(), "`ORT_DYLIB_PATH`")))
    }

    /// Libraries that lie about, the best first: of the active Python environment, beside the
    /// executable, of the system; in one folder the newest first.
    pub(crate) fn candidates(&self) -> Vec<PathBuf> {
        let python = self.prefixes.iter().flat_map(|prefix| packages(prefix));
        let folders = python.chain(self.folders.iter().cloned());
        let mut found: Vec<PathBuf> = Vec::new();
        for library in folders.flat_map(|folder| libraries(&folder)) {
            // `libonnxruntime.so` and `.so.1` are mostly links to one file.
            let library = library.canonicalize().unwrap_or(library);
            if !found.contains(&library) {
                found.push(library);
            }
        }
        found
    }
}

/// The environment of the first `python3` or `python` on `PATH`. Links are not followed: the
/// interpreter of a virtual environment is a link to the system's.
fn python_prefix(path: &OsStr) -> Option<PathBuf> {
    let folders = env::split_paths(path);
    let names = ["python3", "python", "python.exe"];
    let has_python = |folder: &PathBuf| names.iter().any(|name| folder.join(name).is_file());
    let folder = folders.into_iter().find(has_python)?;
    match folder.file_name() {
        Some(name) if name == "bin" => folder.parent().map(Path::to_owned),
        _ => Some(folder),
    }
}

fn system_folders() -> Vec<PathBuf> {
    let tuple = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);
    let folders = [
        "/usr/local/lib",
        &tuple,
        "/usr/lib64",
        "/usr/lib",
        "/opt/homebrew/lib",
    ];
    folders.iter().map(PathBuf::from).collect()
}

/// The folders below a Python prefix that hold the libraries of the package `onnxruntime`.
fn packages(prefix: &Path) -> Vec<PathBuf> {
    let mut roots = vec![prefix.join("Lib")];
    let is_python = |name: &OsStr| name.to_string_lossy().starts_with("python");
    for lib in ["lib", "lib64", "local/lib"] {
        roots.extend(entries(&prefix.join(lib), is_python));
    }
    let places = ["site-packages", "dist-packages"];
    let folder = |root: &PathBuf| places.map(|place| root.join(place).join("onnxruntime/capi"));
    roots.iter().flat_map(folder).collect()
}

fn libraries(folder: &Path) -> Vec<PathBuf> {
    let mut found = entries(folder, is_library);
    found.sort_by_key(|path| version(path));
    found.reverse();
    found
}

/// `libonnxruntime.so`, `libonnxruntime.so.1.32.0`, `libonnxruntime.1.32.0.dylib`,
/// `onnxruntime.dll`; not the provider libraries and Python modules beside them.
fn is_library(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    match name.strip_prefix("libonnxruntime.") {
        Some(rest) => rest == "so" || rest.starts_with("so.") || rest.ends_with("dylib"),
        None => name == "onnxruntime.dll",
    }
}

/// The numbers in a file's name: 1.9 is older than 1.24.
pub(super) fn version(path: &Path) -> Vec<u32> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let numbers = name.split('.').filter_map(|part| part.parse().ok());
    numbers.collect()
}

/// The entries of a folder whose names pass, sorted; none where it cannot be listed.
fn entries(folder: &Path, passes: impl Fn(&OsStr) -> bool) -> Vec<PathBuf> {
    let Ok(listing) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = listing.filter_map(|entry| entry.ok().map(|entry| entry.file_name()));
    let mut names: Vec<OsString> = names.filter(|name| passes(name)).collect();
    names.sort();
    names.iter().map(|name| folder.join(name)).collect()
}
