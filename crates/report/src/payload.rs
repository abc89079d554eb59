//! The data of the page, as blocks of JSON that its script reads one by one.
//!
//! `g0`, `g1`, … hold groups, `t0`, `t1`, … the thumbnails that the groups of the same number show
//! first, `leaks` and `conflicts` the pairs across splits and labels, `pairs` those below the
//! threshold, `failed` the failures, and `index` what is needed to order, filter and find all that. A picture is stored once and named by its number.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lookalike_types::{ContentId, PairKind};
use serde::Serialize;
use serde_json::{Value, json};

use crate::human::visible;
use crate::images::{Image, Pair};
use crate::{Crossing, Error, Findings, Group, GroupSince};

/// Groups per block. A block also ends when it holds many images, so that none is slow to read.
const GROUPS_PER_BLOCK: usize = 50;
const MEMBERS_PER_BLOCK: usize = 1000;

/// Failures on the page; the others are in `images.parquet`.
const FAILURES: usize = 10_000;

pub(crate) struct Payload<'a> {
    findings: &'a Findings,
    thumbs: Thumbs<'a>,
    limit: usize,
    told: bool,
}

/// Thumbnails by number, in blocks.
struct Thumbs<'a> {
    of: &'a dyn Fn(ContentId) -> Option<Vec<u8>>,
    numbers: HashMap<ContentId, Option<usize>>,
    count: usize,
    block: Vec<String>,
    starts: Vec<usize>,
}

impl Thumbs<'_> {
    fn number(&mut self, image: &Image) -> Option<usize> {
        let content = image.content?;
        if let Some(&known) = self.numbers.get(&content) {
            return known;
        }
        let number = (self.of)(content).map(|jpeg| {
            self.block.push(STANDARD.encode(jpeg));
            self.count += 1;
            self.count - 1
        });
        self.numbers.insert(content, number);
        number
    }

    fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.block.is_empty() {
            return Ok(());
        }
        let name = format!("t{}", self.starts.len());
        self.starts.push(self.count - self.block.len());
        block(out, &name, &std::mem::take(&mut self.block))
    }
}

impl<'a> Payload<'a> {
    /// At most `limit` groups, and at most as many pairs of each list; conflicts of labels only
    /// where they are `told`.
    pub(crate) fn new(
        findings: &'a Findings,
        of: &'a dyn Fn(ContentId) -> Option<Vec<u8>>,
        limit: usize,
        told: bool,
    ) -> Self {
        let thumbs = Thumbs {
            of,
            numbers: HashMap::new(),
            count: 0,
            block: Vec::new(),
            starts: Vec::new(),
        };
        Self {
            findings,
            thumbs,
            limit,
            told,
        }
    }

    /// Appends all blocks.
    pub(crate) fn write(mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        let starts = self.groups(out)?;
        let findings = self.findings;
        let leaks = &findings.leaks;
        self.crossings(out, "leaks", leaks, |image| image.split.as_deref())?;
        let conflicts: &[Crossing] = if self.told {
            &findings.label_conflicts
        } else {
            &[]
        };
        self.crossings(out, "conflicts", conflicts, |image| image.label.as_deref())?;
        let pairs = self.pairs(out)?;
        let failed = self.failed(out)?;
        let groups = &self.findings.groups;
        let shown = &groups[..groups.len().min(self.limit)];
        let row = |group: &Group| {
            let freeable = group.freeable_bytes(&self.findings.images);
            json!([
                group.members.len(),
                group.kind.as_str(),
                group.weakest,
                freeable,
                group.since.map(GroupSince::as_str)
            ])
        };
        let index = json!({
            "groups": shown.iter().map(row).collect::<Vec<_>>(),
            "groupsInAll": groups.len(),
            "groupStarts": starts,
            "thumbStarts": self.thumbs.starts,
            "leaksInAll": leaks.len(),
            "conflictsInAll": conflicts.len(),
            "pairsInAll": pairs,
            "failedInAll": failed,
        });
        block(out, "index", &index)
    }

    /// The number of the first group in each block.
    fn groups(&mut self, out: &mut Vec<u8>) -> Result<Vec<usize>, Error> {
        let groups = &self.findings.groups;
        let mut starts = Vec::new();
        let mut rows: Vec<Value> = Vec::new();
        let mut members = 0;
        let last = groups.len().min(self.limit);
        for (number, group) in groups[..last].iter().enumerate() {
            rows.push(self.group(group));
            members += group.members.len();
            let full = rows.len() == GROUPS_PER_BLOCK || members >= MEMBERS_PER_BLOCK;
            if full || number + 1 == last {
                block(out, &format!("g{}", starts.len()), &rows)?;
                self.thumbs.flush(out)?;
                starts.push(number + 1 - rows.len());
                (rows, members) = (Vec::new(), 0);
            }
        }
        Ok(starts)
    }

    /// One array per member; the last two say why, and of which member of the group it is a copy
    /// (null for the kept).
    fn group(&mut self, group: &Group) -> Value {
        let kept = group
            .members
            .iter()
            .enumerate()
            .filter(|(_, member)| member.keep());
        let place: HashMap<usize, usize> = kept.map(|(place, m)| (m.image, place)).collect();
        let members = group.members.iter().map(|member| {
            let copy_of = member.copy_of.and_then(|image| place.get(&image));
            let image = self.image(member.image);
            json!([image, member.similarity, visible(&member.why), copy_of])
        });
        members.collect()
    }

    fn image(&mut self, index: usize) -> Value {
        let image = &self.findings.images[index];
        let facts = image.facts.as_ref();
        json!([
            visible(&image.path),
            self.thumbs.number(image),
            facts.map(|facts| facts.width),
            facts.map(|facts| facts.height),
            image.bytes,
            facts.map(|facts| visible(&facts.format)),
        ])
    }

    /// Look-alikes of different splits or labels, with those.
    fn crossings(
        &mut self,
        out: &mut Vec<u8>,
        name: &str,
        all: &[Crossing],
        value: impl Fn(&Image) -> Option<&str>,
    ) -> Result<(), Error> {
        let (images, limit) = (&self.findings.images, self.limit);
        let value = |index: usize| visible(value(&images[index]).unwrap_or_default()).into_owned();
        let row = |crossing: &Crossing| {
            json!([
                crossing.similarity,
                crossing.kind.as_str(),
                self.image(crossing.a),
                self.image(crossing.b),
                value(crossing.a),
                value(crossing.b),
            ])
        };
        let rows: Vec<Value> = all.iter().take(limit).map(row).collect();
        block(out, name, &rows)?;
        self.thumbs.flush(out)
    }

    /// The pairs that are listed although they are below the threshold; returns how many.
    fn pairs(&mut self, out: &mut Vec<u8>) -> Result<usize, Error> {
        let below = |pair: &&Pair| pair.group.is_none() && pair.kind == PairKind::Near;
        let below: Vec<&Pair> = self.findings.pairs.iter().filter(below).collect();
        let shown = below.iter().take(self.limit);
        let rows: Vec<Value> = shown
            .map(|pair| json!([pair.similarity, self.image(pair.a), self.image(pair.b)]))
            .collect();
        block(out, "pairs", &rows)?;
        self.thumbs.flush(out)?;
        Ok(below.len())
    }

    /// The failures by reason; returns how many.
    fn failed(&self, out: &mut Vec<u8>) -> Result<usize, Error> {
        let failed = self.findings.images.iter();
        let failed = failed.filter_map(|image| image.failed.as_ref().map(|why| (image, why)));
        let mut failed: Vec<_> = failed.collect();
        failed.sort_by_key(|(_, why)| why.reason);
        let shown = failed.iter().take(FAILURES);
        let rows: Vec<Value> = shown
            .map(|(image, why)| {
                json!([
                    why.reason.as_str(),
                    visible(&image.path),
                    visible(&why.detail)
                ])
            })
            .collect();
        block(out, "failed", &rows)?;
        Ok(failed.len())
    }
}

/// A block that no name can leave: `<`, `>` and `&` stand only inside JSON strings, where their
/// escapes mean the same.
fn block(out: &mut Vec<u8>, name: &str, data: &impl Serialize) -> Result<(), Error> {
    let json = serde_json::to_string(data).map_err(|source| Error::Json {
        file: "index.html",
        source,
    })?;
    out.extend_from_slice(format!("<script type=\"application/json\" id=\"{name}\">").as_bytes());
    for byte in json.bytes() {
        match byte {
            b'<' => out.extend_from_slice(b"\\u003c"),
            b'>' => out.extend_from_slice(b"\\u003e"),
            b'&' => out.extend_from_slice(b"\\u0026"),
            other => out.push(other),
        }
    }
    out.extend_from_slice(b"</script>\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{found, image};

    /// The blocks whose name starts with this, parsed as a browser would.
    fn blocks(findings: &Findings, limit: usize, start: &str) -> Vec<Value> {
        let mut out = Vec::new();
        let thumb = |content: ContentId| Some(content.as_bytes().to_vec());
        Payload::new(findings, &thumb, limit, true)
            .write(&mut out)
            .expect("plain data");
        let text = String::from_utf8(out).expect("UTF-8");
        let begin = format!("id=\"{start}");
        let body = |line: &str| {
            Some(
                line.split_once('>')?
                    .1
                    .strip_suffix("</script>")?
                    .to_owned(),
            )
        };
        let lines = text.lines().filter(|line| line.contains(&begin));
        let parsed = lines.map(|line| serde_json::from_str(&body(line)?).ok());
        parsed
            .collect::<Option<Vec<Value>>>()
            .expect("each block is a line of JSON")
    }

    #[test]
    fn a_large_group_is_one_block_and_all_there() {
        let images = (0..3000)
            .map(|i| image(&format!("{i:04}.jpg"), 1, 1))
            .collect();
        let found = blocks(&found(images, &[]), 10, "g");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0][0].as_array().map(Vec::len), Some(3000));
        assert_eq!(found[0][0][0][3], Value::Null, "the first is kept");
        assert_eq!(found[0][0][2999][3], 0, "the last is a copy of it");
    }

    #[test]
    fn groups_lie_in_blocks_of_fifty_and_no_more_than_allowed() {
        let two = |i: u8| [image(&format!("{i}a"), i, i), image(&format!("{i}b"), i, i)];
        let findings = found((0..120).flat_map(two).collect(), &[]);
        let lengths = |limit| {
            let blocks = blocks(&findings, limit, "g");
            blocks
                .iter()
                .map(|b| b.as_array().map_or(0, Vec::len))
                .collect::<Vec<_>>()
        };
        assert_eq!(lengths(1000), [50, 50, 20]);
        assert_eq!(lengths(60), [50, 10]);
        let index = &blocks(&findings, 60, "index")[0];
        assert_eq!(index["groupStarts"], json!([0, 50]));
        assert_eq!(index["thumbStarts"], json!([0, 50]));
        assert_eq!(index["groupsInAll"], 120);
        assert_eq!(index["groups"].as_array().map(Vec::len), Some(60));
    }
}
