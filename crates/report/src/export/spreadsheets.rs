//! CSV files: what stays, metadata for an image folder, a new split.

use csv::Writer;

use super::{Export, ExportOptions, Format, Stays, left_out, name, plain, shortest};
use crate::human;
use crate::resplit::{Part, resplit};
use crate::run::Run;
use crate::{Error, Findings};

/// Name and label of what stays.
pub(super) fn cleaned(findings: &Findings, run: &Run, stays: &Stays<'_>) -> Result<Export, Error> {
    let images = findings.images.iter().enumerate();
    let rows = images
        .filter(|(index, _)| stays.keep(*index))
        .map(|(_, image)| {
            let label = image.label.as_deref().map(plain);
            [name(image, run), label.unwrap_or_default()]
        });
    let bytes = table(Format::Cleaned, ["name", "label"], rows)?;
    Ok(Export { bytes, note: None })
}

/// One row per image that could be read, called as it lies below the folder.
pub(super) fn huggingface(
    findings: &Findings,
    run: &Run,
    stays: &Stays<'_>,
) -> Result<Export, Error> {
    let images = findings.images.iter().enumerate();
    let ok = images.filter(|(index, _)| stays.is_ok(*index));
    let (mut rows, mut members) = (Vec::new(), 0);
    for (index, image) in ok {
        if image.archive.is_some() {
            members += 1;
            continue;
        }
        let copy = stays.copy_of(index);
        let word = |word: &Option<String>| word.as_deref().map(plain).unwrap_or_default();
        rows.push([
            name(image, run),
            word(&image.label),
            word(&image.split),
            findings
                .group_of(index)
                .map(|group| group.to_string())
                .unwrap_or_default(),
            stays.keep(index).to_string(),
            copy.map(|(path, _)| plain(path)).unwrap_or_default(),
            copy.map(|(_, similarity)| shortest(similarity).to_string())
                .unwrap_or_default(),
        ]);
    }
    let header = [
        "file_name",
        "label",
        "split",
        "group",
        "keep",
        "copy_of",
        "similarity",
    ];
    Ok(Export {
        bytes: table(Format::HuggingFace, header, rows.into_iter())?,
        note: left_out(
            Format::HuggingFace,
            members,
            "they are members of shards and no files",
        ),
    })
}

/// Each image with the part that it is to be in.
pub(super) fn splits(findings: &Findings, options: &ExportOptions<'_>) -> Result<Export, Error> {
    let made = resplit(findings, options.shares, options.seed)?;
    let images = findings.images.iter().zip(&made.of);
    let rows = images.filter_map(|(image, part)| {
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        let part = made.parts[(*part)?].split.clone();
        Some([
            image.path.clone(),
            word(&image.label),
            part,
            word(&image.split),
        ])
    });
    let header = ["path", "label", "split", "split_before"];
    let bytes = table(Format::Splits, header, rows)?;
    let part = |part: &Part| {
        let (images, wanted) = (
            human::count(part.images),
            human::count(part.wanted.round() as u64),
        );
        format!("{} {images} (of {wanted} wanted)", part.split)
    };
    let parts: Vec<String> = made.parts.iter().map(part).collect();
    let moved = human::counted(made.moved, "image", "images");
    let note = format!("splits.csv: {}; {moved} moved", parts.join(", "));
    Ok(Export {
        bytes,
        note: Some(human::visible(&note).into_owned()),
    })
}

fn table<const N: usize>(
    format: Format,
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<Vec<u8>, Error> {
    let wrong = |source: csv::Error| Error::Csv {
        file: format.file_name(),
        source,
    };
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(wrong)?;
    for row in rows {
        writer.write_record(&row).map_err(wrong)?;
    }
    writer
        .into_inner()
        .map_err(|error| wrong(error.into_error().into()))
}
