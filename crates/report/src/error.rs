//! What can go wrong while a report is made.

/// Why a report could not be made. What was wrong with a single image is no error: it is a row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two images have one name, so that rows of the tables could not be told apart.
    #[error(
        "the report cannot be written: two images are called `{path}`, and a path must be unique; \
         name each input only once"
    )]
    SamePath {
        /// The name.
        path: String,
    },
    /// A pair or a group names an image that is not there.
    #[error(
        "the report cannot be written: a pair or group names image number {index}, but there are \
         {images}; the pairs belong to another list of images"
    )]
    NoSuchImage {
        /// The number that was named, counted from 0.
        index: usize,
        /// How many images there are.
        images: usize,
    },
    /// A word that is not a rule of `report.keep`.
    #[error(
        "`{rule}` is not a rule; the rules are `largest-pixels`, `largest-bytes`, `oldest`, `newest`, \
         `oldest-taken`, `newest-taken`, `richest-exif`, `label-majority`, `shortest-path`, \
         `format:png>jpeg` and `path:PREFIX`"
    )]
    UnknownRule {
        /// The word as it was written.
        rule: String,
    },
    /// A rule of `report.keep` that lacks what it is to prefer.
    #[error("the rule `{rule}` is not complete; write it like `{example}`")]
    IncompleteRule {
        /// The rule as it was written.
        rule: String,
        /// A complete one.
        example: &'static str,
    },
    /// A word of `labels.shares` that is no share.
    #[error(
        "`{word}` in `labels.shares` is no share; write a split and its part, such as train:0.8"
    )]
    UnknownShare {
        /// The word as it was written.
        word: String,
    },
    /// A new split was asked for, and nobody said of which parts.
    #[error(
        "there are no two splits to take the shares of a new one from; name them, such as \
         --set labels.shares=train:0.8,val:0.1,test:0.1"
    )]
    NoShares,
    /// A word of `--format` that is no form of a report.
    #[error("`{word}` is no format of a report; the formats are {known}")]
    UnknownFormat {
        /// The word as it was written.
        word: String,
        /// Those that there are.
        known: String,
    },
    /// A CSV file could not be encoded.
    #[error("`{file}` could not be encoded as CSV: {source}; this is a fault of lookalike")]
    Csv {
        /// The file's name.
        file: &'static str,
        /// What the encoder said.
        source: csv::Error,
    },
    /// A table could not be encoded.
    #[error("`{table}` could not be encoded as Parquet: {source}; this is a fault of lookalike")]
    Table {
        /// The file's name.
        table: &'static str,
        /// What the Parquet writer said.
        source: parquet::errors::ParquetError,
    },
    /// `run.json` or the data of the page could not be encoded.
    #[error("`{file}` could not be encoded as JSON: {source}; this is a fault of lookalike")]
    Json {
        /// The file's name.
        file: &'static str,
        /// What the encoder said.
        source: serde_json::Error,
    },
}
