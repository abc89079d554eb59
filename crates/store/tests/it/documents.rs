//! `docs/store.md` and the bytes say the same.

use std::sync::Arc;

use lookalike_store::{Medium, Memory};
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::sample::filled;

#[test]
fn every_column_and_every_key_is_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/store.md");
    let page = std::fs::read_to_string(path).expect("the page is there");
    let memory = Memory::new();
    filled(Arc::new(memory.clone())).expect("filled");
    let names = memory.list().expect("listed").into_iter();
    let tables = names.filter(|name| name.ends_with(".parquet"));
    let mut words = Vec::new();
    for table in tables {
        let reader =
            SerializedFileReader::new(memory.read(&table).expect("there")).expect("a table");
        let file = reader.metadata().file_metadata();
        let columns = file.schema().get_fields().iter();
        words.extend(columns.map(|column| column.name().to_owned()));
        let keys = file.key_value_metadata().into_iter().flatten();
        words.extend(
            keys.map(|pair| pair.key.clone())
                .filter(|key| key != "ARROW:schema"),
        );
    }
    assert!(words.len() > 40, "{words:?}");
    for word in words {
        assert!(
            page.contains(&format!("`{word}`")),
            "docs/store.md says nothing of `{word}`"
        );
    }
}
