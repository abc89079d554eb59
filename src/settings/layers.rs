//! Layer upon layer of keys, each value with its origin, and the errors that name it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use toml::de::{DeTable, DeValue};

use super::Settings;
use crate::exit::UsageError;

const DEFAULTS: &str = include_str!("../../config/default.toml");
const ENVIRONMENT_PREFIX: &str = "LOOKALIKE_";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `config/default.toml`, compiled in.
    Default,
    /// What the output folder was last scanned with.
    LastScan(PathBuf),
    /// A line of the file given with `--config`.
    File(PathBuf, usize),
    /// An environment variable.
    Environment(String),
    /// `--set`.
    Set,
    /// Another flag, such as `--threshold`.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::LastScan(path) => write!(f, "last scan into {}", path.display()),
            Self::File(path, line) => write!(f, "{}, line {line}", path.display()),
            Self::Environment(name) => write!(f, "environment, {name}"),
            Self::Set => f.write_str("--set"),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// Keys such as `join.threshold`, each with the value of the strongest layer so far.
#[derive(Debug, Clone)]
pub struct Layers {
    values: BTreeMap<String, (toml::Value, Origin)>,
}

impl Default for Layers {
    /// The built-in values alone.
    fn default() -> Self {
        let table: toml::Table = DEFAULTS.parse().expect("config/default.toml is valid TOML");
        let mut flat = BTreeMap::new();
        flatten("", &table, &mut flat);
        let values = flat
            .into_iter()
            .map(|(key, value)| (key, (value, Origin::Default)))
            .collect();
        Self { values }
    }
}

impl Layers {
    /// Lays the values that DIR was last scanned with over the defaults. Keys that this version
    /// does not know are passed over: another version wrote them.
    pub fn last_scan(&mut self, dir: &Path, config: &serde_json::Value) {
        for (key, slot) in &mut self.values {
            let pointer = format!("/{}", key.replace('.', "/"));
            let value = config.pointer(&pointer).cloned();
            if let Some(Ok(value)) = value.map(serde_json::from_value::<toml::Value>) {
                *slot = (value, Origin::LastScan(dir.to_owned()));
            }
        }
    }

    /// Lays a configuration file over what is there.
    ///
    /// # Errors
    /// Where the file cannot be read, is not TOML, or names a key that does not exist.
    pub fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            UsageError::new(format!(
                "cannot read the configuration {}: {error}",
                path.display()
            ))
        })?;
        let table: toml::Table = text.parse().map_err(|error| {
            UsageError::new(format!("{} is not valid TOML: {error}", path.display()))
        })?;
        let spans = DeTable::parse(&text).context("the text was valid TOML a moment ago")?;
        let mut lines = BTreeMap::new();
        line_numbers("", spans.get_ref(), &text, &mut lines);
        let mut flat = BTreeMap::new();
        flatten("", &table, &mut flat);
        // A section without keys flattens to nothing, and a misspelt one would pass unseen.
        if let Some(section) = table
            .keys()
            .find(|name| table[*name].is_table() && !self.has_section(name))
        {
            let header = format!("[{section}");
            let line = text
                .lines()
                .position(|line| line.trim_start().starts_with(&header));
            let origin = Origin::File(path.to_owned(), line.map_or(1, |line| line + 1));
            return Err(self.unknown(&format!("{section}."), &origin));
        }
        for (key, value) in flat {
            let line = lines.get(&key).copied().unwrap_or(1);
            self.put(&key, value, Origin::File(path.to_owned(), line))?;
        }
        Ok(())
    }

    /// Lays variables such as `LOOKALIKE_JOIN__THRESHOLD` over what is there. Variables without
    /// a double underscore are not settings.
    ///
    /// # Errors
    /// Where a variable names a key that does not exist.
    pub fn environment(
        &mut self,
        variables: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<()> {
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(ENVIRONMENT_PREFIX) else {
                continue;
            };
            let key = rest.to_ascii_lowercase().replace("__", ".");
            if !rest.contains("__") {
                // One underscore too few is an easy slip; anything else is not meant for us.
                if let Some(meant) = self
                    .values
                    .keys()
                    .find(|known| known.replace('.', "_") == key)
                {
                    let right = meant.to_ascii_uppercase().replace('.', "__");
                    return Err(UsageError::new(format!(
                        "{name} is not a setting: two underscores stand for the dot, {ENVIRONMENT_PREFIX}{right}"
                    ))
                    .into());
                }
                continue;
            }
            let value = self.typed(&key, &text);
            self.put(&key, value, Origin::Environment(name))?;
        }
        Ok(())
    }

    /// Lays one `key=value` over what is there.
    ///
    /// # Errors
    /// Where there is no `=`, or the key does not exist.
    pub fn set(&mut self, assignment: &str) -> anyhow::Result<()> {
        let Some((key, text)) = assignment.split_once('=') else {
            return Err(UsageError::new(format!(
                "--set {assignment}: expected key=value, such as --set join.threshold=0.9"
            ))
            .into());
        };
        let value = self.typed(key.trim(), text.trim());
        self.put(key.trim(), value, Origin::Set)
    }

    /// Lays the value of a flag over what is there.
    ///
    /// # Errors
    /// Never for the keys that the program's own flags name.
    pub fn flag(&mut self, flag: &'static str, key: &str, text: &str) -> anyhow::Result<()> {
        let value = self.typed(key, text);
        self.put(key, value, Origin::Flag(flag))
    }

    /// Whether somebody asked for the value of this key now, not at the last scan.
    pub fn is_asked(&self, key: &str) -> bool {
        let origin = self.values.get(key).map(|(_, origin)| origin);
        !matches!(origin, None | Some(Origin::Default | Origin::LastScan(_)))
    }

    /// The settings in force.
    ///
    /// # Errors
    /// A [`UsageError`] that names the first wrong value and where it came from.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        let nested = self.nested();
        serde_path_to_error::deserialize(toml::Value::Table(nested)).map_err(|error| {
            let path = error.path().to_string();
            // The path of a wrong list element ends in its number, which is no key of its own.
            let key = path.split('[').next().unwrap_or(&path);
            let origin = self
                .values
                .get(key)
                .map_or(&Origin::Default, |(_, origin)| origin);
            let words = error.inner().to_string();
            let words = words.lines().next().unwrap_or_default().trim();
            UsageError::new(format!("`{key}` ({origin}): {words}")).into()
        })
    }

    /// Every key with its value and origin, in the order of `config/default.toml`, as TOML.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        let mut section = String::new();
        for key in keys_in_order() {
            let (value, origin) = &self.values[&key];
            let (table, name) = key.rsplit_once('.').expect("every key lies in a section");
            if table != section {
                section = table.to_owned();
                let gap = if text.is_empty() { "" } else { "\n" };
                text.push_str(&format!("{gap}[{section}]\n"));
            }
            text.push_str(&format!(
                "{:<44}  # {origin}\n",
                format!("{name} = {value}")
            ));
        }
        text
    }

    /// The values alone, nested by section.
    pub fn nested(&self) -> toml::Table {
        let mut root = toml::Table::new();
        for (key, (value, _)) in &self.values {
            let (sections, name) = key.rsplit_once('.').expect("every key lies in a section");
            let mut table = &mut root;
            for section in sections.split('.') {
                table = table
                    .entry(section)
                    .or_insert_with(|| toml::Value::Table(toml::Table::new()))
                    .as_table_mut()
                    .expect("no key is also a section");
            }
            table.insert(name.to_owned(), value.clone());
        }
        root
    }

    /// Text as the kind of value that the key holds: TOML where that fits, else a string; a list
    /// may be written without brackets.
    fn typed(&self, key: &str, text: &str) -> toml::Value {
        let parsed = format!("value = {text}")
            .parse::<toml::Table>()
            .ok()
            .and_then(|mut table| table.remove("value"));
        let plain = || toml::Value::String(text.to_owned());
        match (self.values.get(key).map(|(value, _)| value), parsed) {
            (Some(toml::Value::String(_)), Some(toml::Value::String(inner))) => {
                toml::Value::String(inner)
            }
            (Some(toml::Value::String(_)), _) => plain(),
            (Some(toml::Value::Array(_)), Some(value @ toml::Value::Array(_))) => value,
            (Some(toml::Value::Array(_)), _) => list(text),
            (_, Some(value)) => value,
            (_, None) => plain(),
        }
    }

    fn has_section(&self, name: &str) -> bool {
        let below = |key: &String| {
            key.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        self.values.keys().any(below)
    }

    fn put(&mut self, key: &str, value: toml::Value, origin: Origin) -> anyhow::Result<()> {
        match self.values.get_mut(key) {
            Some(slot) => {
                *slot = (value, origin);
                Ok(())
            }
            None => Err(self.unknown(key, &origin)),
        }
    }

    fn unknown(&self, key: &str, origin: &Origin) -> anyhow::Error {
        let nearest = self
            .values
            .keys()
            .max_by(|a, b| strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key)))
            .expect("there are keys");
        UsageError::new(format!(
            "`{key}` ({origin}) is not a setting. The nearest is `{nearest}`; `lookalike config` lists them all"
        ))
        .into()
    }
}

/// A list without brackets: numbers where all are, else words.
fn list(text: &str) -> toml::Value {
    let items: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .collect();
    let numbers: Result<Vec<f64>, _> = items.iter().map(|item| item.parse()).collect();
    match numbers {
        Ok(numbers) => numbers
            .into_iter()
            .map(toml::Value::Float)
            .collect::<Vec<_>>()
            .into(),
        Err(_) => items
            .into_iter()
            .map(toml::Value::from)
            .collect::<Vec<_>>()
            .into(),
    }
}

fn flatten(prefix: &str, table: &toml::Table, flat: &mut BTreeMap<String, toml::Value>) {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        match value {
            toml::Value::Table(inner) => flatten(&format!("{key}."), inner, flat),
            value => {
                flat.insert(key, value.clone());
            }
        }
    }
}

fn line_numbers(
    prefix: &str,
    table: &DeTable<'_>,
    text: &str,
    lines: &mut BTreeMap<String, usize>,
) {
    for (name, value) in table {
        let key = format!("{prefix}{}", name.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => line_numbers(&format!("{key}."), inner, text, lines),
            _ => {
                let line = text[..name.span().start].matches('\n').count() + 1;
                lines.insert(key, line);
            }
        }
    }
}

/// The keys as `config/default.toml` orders them, which is the order people should read them in.
fn keys_in_order() -> Vec<String> {
    let spans = DeTable::parse(DEFAULTS).expect("config/default.toml is valid TOML");
    let mut lines = BTreeMap::new();
    line_numbers("", spans.get_ref(), DEFAULTS, &mut lines);
    let mut keys: Vec<(usize, String)> = lines.into_iter().map(|(key, line)| (line, key)).collect();
    keys.sort();
    keys.into_iter().map(|(_, key)| key).collect()
}
