//! The settings as typed values, and what each may be.

use std::str::FromStr;

use lookalike_embed::Backend;
use lookalike_index::Engine;
use lookalike_report::{KeepRule, Share};
use lookalike_types::{Channels, PoolKind, Resize};
use serde::{Deserialize, Deserializer};

/// Every setting of a run; one field per section of `config/default.toml`, which documents the keys.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // each key is documented where people read it: in config/default.toml
pub struct Settings {
    pub input: Input,
    pub decode: Decode,
    pub model: Model,
    pub pool: Pool,
    pub join: Join,
    pub labels: Labels,
    pub report: Report,
    pub runtime: Runtime,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty $(, with $with:literal)?;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs)] // see config/default.toml
        pub struct $name {
            $($(#[serde(deserialize_with = $with)])? pub $field: $type,)*
        }
    };
}

section! {
    /// `[input]`: which files are looked at.
    Input {
        extensions: Vec<String>;
        follow_links: bool;
        hidden: bool;
        exclude: Vec<String>;
    }
}

section! {
    /// `[decode]`: what is too much for one picture.
    Decode {
        max_pixels: u64;
        max_bytes: u64;
        timeout_s: f64, with "positive";
    }
}

section! {
    /// `[model]`: the network and its input.
    Model {
        name: String, with "model_name";
        path: String;
        layer: String;
        size: u32;
        resize: Resize, with "word";
        mean: Vec<f32>, with "channels_of_three";
        std: Vec<f32>, with "channels_of_three";
        channels: Channels, with "word";
        backend: Backend, with "word";
        onnxruntime: String;
        batch: usize, with "at_least_one";
    }
}

section! {
    /// `[pool]`: from activations to a vector.
    Pool {
        kind: PoolKind, with "word";
        size: u32;
    }
}

section! {
    /// `[join]`: from vectors to pairs.
    Join {
        threshold: Auto, with "word_or_number";
        engine: Engine, with "word";
        floor: Auto, with "word_or_number";
        flat: Flat, with "word";
        seed: u64;
        recall_sample: usize;
        hnsw: Hnsw;
        ivf: Ivf;
    }
}

section! {
    /// `[join.hnsw]`: the graph.
    Hnsw {
        connections: usize, with "connections";
        ef_construction: usize, with "candidates";
        ef_search: usize, with "candidates";
    }
}

section! {
    /// `[join.ivf]`: the cells.
    Ivf {
        cells: usize;
        recall: f64, with "share";
    }
}

section! {
    /// `[labels]`: what an image shows, and which part of the collection it is in.
    Labels {
        label: By, with "word";
        split: By, with "word";
        file: String;
        shares: Vec<Share>, with "shares";
        seed: u64;
        columns: Columns;
    }
}

section! {
    /// `[labels.columns]`: what the columns of a table of labels are called.
    Columns {
        path: String;
        label: String;
        split: String;
    }
}

section! {
    /// `[report]`: what is written of it.
    Report {
        thumbnails: u32;
        page: usize;
        keep: Vec<KeepRule>, with "keep_rules";
    }
}

section! {
    /// `[runtime]`: what the machine may give.
    Runtime {
        threads: usize, with "threads";
        memory_budget_mib: u64, with "budget";
    }
}

/// A cosine, or the word `auto`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Auto {
    /// The program chooses, and says what and why.
    Auto,
    /// This value, between -1 and 1.
    Value(f32),
}

impl FromStr for Auto {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        match text.parse::<f32>() {
            Ok(value) if (-1.0..=1.0).contains(&value) => Ok(Self::Value(value)),
            Ok(value) => Err(format!("{value} is no cosine: expected -1 to 1, or `auto`")),
            Err(_) => Err(format!(
                "`{text}` is neither `auto` nor a number from -1 to 1"
            )),
        }
    }
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("`{text}` is none of: {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

choice! {
    /// What happens to pictures with too little in them.
    Flat {
        /// They are in no near pair.
        Exclude = "exclude",
        /// They are treated like any other.
        Include = "include"
    }
}

choice! {
    /// Where a label or a split comes from where no table has it.
    By {
        /// From the folders of the path.
        Folder = "folder",
        /// From nowhere.
        Nothing = "none"
    }
}

fn refuse<E: serde::de::Error>(message: impl std::fmt::Display) -> E {
    E::custom(message)
}

fn word<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(input: D) -> Result<T, D::Error> {
    String::deserialize(input)?.parse().map_err(refuse)
}

fn word_or_number<'de, D: Deserializer<'de>>(input: D) -> Result<Auto, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected `auto` or a number from -1 to 1")]
    enum Either {
        Number(f64),
        Word(String),
    }
    match Either::deserialize(input)? {
        Either::Number(number) => number.to_string().parse(),
        Either::Word(word) => word.parse(),
    }
    .map_err(refuse)
}

fn model_name<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let name = String::deserialize(input)?;
    if name == "builtin" {
        return Ok(name);
    }
    Err(refuse(format!(
        "`{name}` is no model of this program: it has `builtin`. Name an ONNX file of your own with `model.path`"
    )))
}

fn channels_of_three<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<f32>, D::Error> {
    let values = Vec::<f32>::deserialize(input)?;
    if !matches!(values.len(), 0 | 3) {
        return Err(refuse(format!(
            "{} values: expected three (red, green, blue) or none",
            values.len()
        )));
    }
    Ok(values)
}

fn share<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(input)?;
    if value > 0.0 && value <= 1.0 {
        return Ok(value);
    }
    Err(refuse(format!(
        "{value} is no share to aim at: expected above 0 and at most 1"
    )))
}

fn positive<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(input)?;
    // The upper end keeps the value inside what a `Duration` can hold.
    if value > 0.0 && value <= 1e9 {
        return Ok(value);
    }
    Err(refuse(format!(
        "{value} is no time limit: expected more than 0 seconds"
    )))
}

fn at_least_one<'de, D: Deserializer<'de>>(input: D) -> Result<usize, D::Error> {
    match usize::deserialize(input)? {
        0 => Err(refuse("expected 1 or more")),
        value => Ok(value),
    }
}

fn connections<'de, D: Deserializer<'de>>(input: D) -> Result<usize, D::Error> {
    match usize::deserialize(input)? {
        value @ 2..=64 => Ok(value),
        value => Err(refuse(format!("{value} links: expected 2 to 64"))),
    }
}

fn candidates<'de, D: Deserializer<'de>>(input: D) -> Result<usize, D::Error> {
    match usize::deserialize(input)? {
        value @ 1..=10_000 => Ok(value),
        value => Err(refuse(format!("{value} candidates: expected 1 to 10000"))),
    }
}

/// Each thread has a session of the model, with its own copy of the weights.
fn threads<'de, D: Deserializer<'de>>(input: D) -> Result<usize, D::Error> {
    match usize::deserialize(input)? {
        value @ 0..=256 => Ok(value),
        value => Err(refuse(format!(
            "{value} threads are more than any machine serves: expected 256 or fewer"
        ))),
    }
}

fn budget<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
    match u64::deserialize(input)? {
        value @ 64..=16_777_216 => Ok(value),
        value => Err(refuse(format!(
            "{value} MiB: expected 64 or more, and at most 16777216"
        ))),
    }
}

fn keep_rules<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<KeepRule>, D::Error> {
    Vec::<String>::deserialize(input)?
        .iter()
        .map(|rule| rule.parse().map_err(refuse))
        .collect()
}

fn shares<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Share>, D::Error> {
    let words = Vec::<String>::deserialize(input)?;
    let shares = words.iter().map(|word| word.parse().map_err(refuse));
    let shares: Vec<Share> = shares.collect::<Result<_, D::Error>>()?;
    let twice = |share: &&Share| shares.iter().filter(|s| s.split == share.split).count() > 1;
    match shares.iter().find(twice) {
        Some(share) => Err(refuse(format!("`{}` has two shares", share.split))),
        None if shares.len() == 1 => Err(refuse("one share is no split: expected two or more")),
        None => Ok(shares),
    }
}
