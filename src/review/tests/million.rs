//! How long the desk takes over a large collection.

use std::collections::BTreeMap;

use lookalike_report::{Image, Images};
use lookalike_store::ReviewLog;
use lookalike_types::{ContentId, PixelsId};

use super::super::collection::{About, Collection};
use super::super::desk::Desk;
use super::super::params::Params;
use super::{Act, FLOOR, THRESHOLD, does, groups, image};
use crate::judge::Stored;
use crate::settings::Layers;

/// A million images, of which 100,000 groups of two to nine are made up; about as many near pairs again
/// below the threshold. `cargo test --release -- --ignored --nocapture a_million_images`
#[test]
#[ignore = "it measures"]
#[allow(clippy::print_stdout)]
fn a_million_images() {
    use std::time::Instant;
    let (images, made) = (1_000_000_u32, 100_000_u32);
    let mut rng = fastrand::Rng::with_seed(2018);
    let mut of: Vec<Image> = Vec::new();
    let mut near: Vec<(usize, usize, f32)> = Vec::new();
    for group in 0..made {
        let (first, members) = (of.len(), 2 + rng.usize(..8).min(rng.usize(..8)));
        for member in 0..members {
            let number = u32::try_from(of.len()).expect("a million");
            let mut image = image(0, (0, 0, 1000 + u64::from(rng.u32(..1_000_000))));
            image.path = format!("collection/{:03}/{number:07}.jpg", number % 500);
            image.content = Some(ContentId::of(&number.to_le_bytes()));
            let shows = if group % 10 == 0 {
                u32::try_from(first).expect("a million")
            } else {
                number
            };
            let facts = image.facts.as_mut().expect("it was decoded");
            facts.pixels = PixelsId::from_bytes(*ContentId::of(&shows.to_be_bytes()).as_bytes());
            of.push(image);
            if member > 0 && group % 10 != 0 {
                near.push((first, first + member, 0.75 + 0.25 * rng.f32()));
            }
        }
    }
    for number in u32::try_from(of.len()).expect("a million")..images {
        let mut image = image(1, (0, 0, 1));
        image.path = format!("collection/{:03}/{number:07}.jpg", number % 500);
        image.content = Some(ContentId::of(&number.to_le_bytes()));
        let facts = image.facts.as_mut().expect("it was decoded");
        facts.pixels = PixelsId::from_bytes(*ContentId::of(&number.to_be_bytes()).as_bytes());
        of.push(image);
    }
    for _ in 0..500_000 {
        near.push((
            rng.usize(..of.len()),
            rng.usize(..of.len()),
            FLOOR + 0.1 * rng.f32(),
        ));
    }
    // Images are numbered by path.
    let mut order: Vec<usize> = (0..of.len()).collect();
    order.sort_by(|&a, &b| of[a].path.cmp(&of[b].path));
    let mut place = vec![0; of.len()];
    order
        .iter()
        .enumerate()
        .for_each(|(to, &from)| place[from] = to);
    let images = Images::new(of).expect("paths differ");
    let first = images.pictures();
    let mut pairs: BTreeMap<(usize, usize), f32> = BTreeMap::new();
    for (a, b, similarity) in near {
        let (a, b) = (first[place[a]], first[place[b]]);
        if a != b {
            pairs.insert((a.min(b), a.max(b)), similarity);
        }
    }
    let near: Vec<_> = pairs.into_iter().map(|((a, b), s)| (a, b, s)).collect();
    let start = Instant::now();
    let settings = Layers::default().settings().expect("the defaults are good");
    let about = About {
        name: "out".into(),
        threshold: THRESHOLD,
        since: None,
        marks: None,
    };
    let pairs = near.len();
    let collection = Collection::new(about, Stored::of(images, &near, FLOOR), settings);
    println!(
        "{} images, {pairs} pairs: made ready in {:?}",
        collection.images().len(),
        start.elapsed()
    );
    let dir = tempfile::tempdir().expect("a folder");
    let log = ReviewLog::open(dir.path()).expect("nobody else has it");
    let mut desk = Desk::new(collection, dir.path().to_owned(), log, String::new());
    let mut time = |name: &str, act: &mut dyn FnMut(&mut Desk) -> String| {
        let start = Instant::now();
        let said = act(&mut desk);
        println!(
            "{name:30} {:>9.1} ms  {said}",
            start.elapsed().as_secs_f64() * 1000.0
        );
    };
    let list = |query: &'static str| {
        move |desk: &mut Desk| {
            let listed = desk.groups(&Params::parse(query)).expect("a good question");
            format!("{} groups", listed.total)
        }
    };
    time("first list", &mut list(""));
    time("a new threshold", &mut list("threshold=0.85"));
    time("another", &mut list("threshold=0.90"));
    time("the first again", &mut list(""));
    time("page 1000, by path", &mut list("sort=path&offset=50000"));
    time(
        "near, 3 and more, by bytes",
        &mut list("kinds=near&least=3&sort=bytes"),
    );
    time("search", &mut list("search=00123"));
    time("state", &mut |desk| {
        format!("{}", desk.state(None).expect("a state").counts.groups)
    });
    let mut group = groups(&mut desk, "")[0].clone();
    let key = group["key"].take();
    let ends = [&group["images"][0]["i"], &group["images"][1]["i"]]
        .map(|i| i.as_u64().expect("a number") as usize);
    let mut time = |name: &str, act: &mut dyn FnMut(&mut Desk) -> bool| {
        let start = Instant::now();
        let taken = act(&mut desk);
        println!(
            "{name:30} {:>9.1} ms  {taken}",
            start.elapsed().as_secs_f64() * 1000.0
        );
    };
    let asked = Params::parse(&format!("key={}", key.as_str().expect("a key")));
    time("a group", &mut |desk| desk.group(&asked).is_ok());
    time("a choice", &mut |desk| {
        does(desk, &Act::Choose(vec![(ends[1], Some(false))]), usize::MAX)
    });
    time("another choice", &mut |desk| {
        does(desk, &Act::Choose(vec![(ends[0], Some(true))]), usize::MAX)
    });
    time("undo", &mut |desk| does(desk, &Act::Undo, usize::MAX));
    time("a verdict", &mut |desk| {
        does(
            desk,
            &Act::Verdict(ends[0], ends[1], Some(false)),
            usize::MAX,
        )
    });
}
