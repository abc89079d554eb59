//! The desk against its definition, over small collections made by chance; and how long it takes over a
//! large one.

use std::collections::{BTreeMap, BTreeSet};

use lookalike_report::{Image, Images};
use lookalike_store::ReviewLog;
use lookalike_types::{ContentId, Facts, PixelsId};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::collection::{About, Collection};
use super::desk::Desk;
use super::params::Params;
use crate::judge::Stored;
use crate::settings::Layers;

const FLOOR: f32 = 0.7;
const THRESHOLD: f32 = 0.82;

/// What a collection is made of: content, picture and bytes of each image, and near pairs.
#[derive(Debug, Clone)]
pub(super) struct Made {
    images: Vec<(u8, u8, u64)>,
    near: Vec<(usize, usize, f32)>,
}

fn image(index: usize, (content, picture, bytes): (u8, u8, u64)) -> Image {
    let folder = ["a", "b/deep", "c"][index % 3];
    Image {
        path: format!("{folder}/{index:03}.jpg"),
        archive: None,
        member: None,
        bytes: Some(bytes),
        modified_ns: Some(1_398_902_400_000_000_000),
        // The picture is part of the content: one content shows one picture.
        content: Some(ContentId::of(&[content, picture])),
        facts: Some(Facts {
            pixels: PixelsId::from_bytes([picture; 32]),
            format: "jpeg".into(),
            width: 640,
            height: 480,
            detail: 40.0,
        }),
        failed: None,
        flat: Some(false),
        label: Some(format!("label {}", picture % 3)),
        split: Some(["train", "test"][index % 2].to_owned()),
        exif: None,
    }
}

impl Made {
    /// The collection; its pairs are between different pictures, each once.
    fn collection(&self) -> Collection {
        let images = self.images.iter().enumerate().map(|(i, &of)| image(i, of));
        let images = Images::new(images.collect()).expect("paths differ");
        let first = images.pictures();
        let mut pairs: BTreeMap<(usize, usize), f32> = BTreeMap::new();
        for &(a, b, similarity) in &self.near {
            let (a, b) = (first[a % images.len()], first[b % images.len()]);
            if a != b {
                pairs.insert((a.min(b), a.max(b)), similarity);
            }
        }
        let near: Vec<_> = pairs.into_iter().map(|((a, b), s)| (a, b, s)).collect();
        let about = About {
            name: "out".into(),
            threshold: THRESHOLD,
            since: None,
            marks: None,
        };
        let settings = Layers::default().settings().expect("the defaults are good");
        Collection::new(about, Stored::of(images, &near, FLOOR), settings)
    }

    fn desk(&self, dir: &std::path::Path) -> Desk {
        let log = ReviewLog::open(dir).expect("nobody else has it");
        Desk::new(self.collection(), dir.to_owned(), log, String::new())
    }
}

fn made() -> impl Strategy<Value = Made> {
    let image = (0_u8..3, 0_u8..9, 1_u64..5);
    let near = (0_usize..24, 0_usize..24, FLOOR..1.0_f32);
    let images = prop::collection::vec(image, 2..24);
    (images, prop::collection::vec(near, 0..24)).prop_map(|(images, near)| Made { images, near })
}

/// What a person does: remove, keep or leave an image; a verdict on two; take the last click back.
#[derive(Debug, Clone)]
enum Act {
    Choose(Vec<(usize, Option<bool>)>),
    Verdict(usize, usize, Option<bool>),
    Undo,
}

fn act() -> impl Strategy<Value = Act> {
    let choice = (0_usize..24, prop::option::of(any::<bool>()));
    prop_oneof![
        5 => prop::collection::vec(choice, 1..4).prop_map(Act::Choose),
        2 => (0_usize..24, 0_usize..24, prop::option::of(any::<bool>()))
            .prop_map(|(a, b, verdict)| Act::Verdict(a, b, verdict)),
        1 => Just(Act::Undo),
    ]
}

/// Does it, and says whether it was taken.
fn does(desk: &mut Desk, act: &Act, images: usize) -> bool {
    fn from<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).expect("as the page sends it")
    }
    match act {
        Act::Choose(choices) => {
            let word = |keep| match keep {
                Some(true) => json!("keep"),
                Some(false) => json!("remove"),
                None => Value::Null,
            };
            let choices = choices
                .iter()
                .map(|&(i, keep)| json!({ "i": i % images, "choice": word(keep) }));
            let body = json!({ "choices": choices.collect::<Vec<_>>() });
            desk.choose(&from(body)).is_ok()
        }
        Act::Verdict(a, b, verdict) => {
            let word = verdict.map(|different| if different { "different" } else { "keep-both" });
            let body = json!({ "pairs": [[a % images, b % images]], "verdict": word });
            desk.verdict(&from(body)).is_ok()
        }
        Act::Undo => desk.undo(&from(json!({}))).is_ok(),
    }
}

fn groups(desk: &mut Desk, query: &str) -> Vec<Value> {
    let listed = desk.groups(&Params::parse(query)).expect("a good question");
    let value = serde_json::to_value(listed).expect("JSON");
    value["groups"].as_array().expect("a list").clone()
}

fn state(desk: &mut Desk) -> Value {
    let mut state = serde_json::to_value(desk.state(None).expect("a state")).expect("JSON");
    // Two logs of the same words need not be taken back alike.
    state["can_undo"] = Value::Null;
    state["last"] = Value::Null;
    state
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_group_is_on_one_page_whatever_the_order(made in made(), limit in 1_usize..5, sort in 0_usize..5) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut desk = made.desk(dir.path());
        let all = groups(&mut desk, "limit=500");
        let sort = ["rank", "similarity", "size", "bytes", "path"][sort];
        let mut paged = Vec::new();
        loop {
            let page = groups(&mut desk, &format!("sort={sort}&offset={}&limit={limit}", paged.len()));
            if page.is_empty() {
                break;
            }
            prop_assert!(page.len() <= limit);
            paged.extend(page);
        }
        let numbers: BTreeSet<u64> = paged.iter().filter_map(|group| group["number"].as_u64()).collect();
        prop_assert_eq!(numbers.len(), all.len());
        prop_assert_eq!(paged.len(), all.len());
        let keys: BTreeSet<&str> = all.iter().filter_map(|group| group["key"].as_str()).collect();
        prop_assert_eq!(keys.len(), all.len(), "a key names one group");
    }

    #[test]
    fn a_key_names_what_its_group_became(made in made(), low in FLOOR..0.9_f32, high in 0.9_f32..1.0) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut desk = made.desk(dir.path());
        for group in groups(&mut desk, &format!("threshold={high}&limit=500")) {
            let key = group["key"].as_str().expect("a key");
            let asked = Params::parse(&format!("key={key}&threshold={low}"));
            let larger = serde_json::to_value(desk.group(&asked).expect("it only grew")).expect("JSON");
            let images: Vec<&Value> = larger["images"].as_array().expect("images").iter().map(|image| &image["i"]).collect();
            for image in group["images"].as_array().expect("images") {
                prop_assert!(images.contains(&&image["i"]));
            }
        }
    }

    /// What is brought up to date click by click is what somebody sees who opens the folder anew; and
    /// nothing that was chosen to go is without something that stays.
    #[test]
    fn clicks_add_up(made in made(), acts in prop::collection::vec(act(), 1..12)) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut desk = made.desk(dir.path());
        let images = made.images.len();
        for act in &acts {
            let before = state(&mut desk);
            if !does(&mut desk, act, images) {
                prop_assert_eq!(&state(&mut desk), &before, "what is refused changes nothing");
            }
            prop_assert_eq!(desk.uncovered_removals(THRESHOLD).len(), 0);
        }
        let seen = (groups(&mut desk, "limit=500"), state(&mut desk));
        drop(desk);
        let mut anew = made.desk(dir.path());
        prop_assert_eq!(groups(&mut anew, "limit=500"), seen.0);
        prop_assert_eq!(state(&mut anew), seen.1);
    }

    #[test]
    fn a_filter_lists_what_passes_it(made in made(), least in 2_usize..5, min in FLOOR..1.0_f32) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut desk = made.desk(dir.path());
        let all = groups(&mut desk, "limit=500");
        let mut compare = |query: String, test: &dyn Fn(&Value) -> bool| {
            let found = groups(&mut desk, &format!("{query}&limit=500"));
            let wanted: Vec<&Value> = all.iter().filter(|group| test(group)).collect();
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), wanted, "{}", query);
            Ok(())
        };
        let some = |group: &Value, key: &str, test: &dyn Fn(&str) -> bool| {
            let images = group["images"].as_array().expect("images");
            // The list names twelve; larger groups are asked elsewhere.
            images.iter().any(|image| image[key].as_str().is_some_and(test))
        };
        compare(format!("least={least}"), &|group| group["members"].as_u64() >= Some(least as u64))?;
        compare(format!("min={min}"), &|group| group["weakest"].as_f64().map(|w| w as f32) >= Some(min))?;
        compare("kinds=near,pixels".into(), &|group| group["kind"] != "identical")?;
        let small = all.iter().all(|group| group["members"].as_u64() <= Some(12));
        if small {
            compare("folder=b/deep".into(), &|group| some(group, "path", &|path| path.starts_with("b/deep/")))?;
            compare("label=label+1".into(), &|group| some(group, "label", &|label| label == "label 1"))?;
            compare("split=train".into(), &|group| some(group, "split", &|split| split == "train"))?;
            compare("search=DEEP%2F00".into(), &|group| some(group, "path", &|path| path.contains("deep/00")))?;
        }
    }
}

#[test]
fn a_group_is_open_until_all_that_would_go_was_spoken_of() {
    let made = Made {
        images: vec![(0, 1, 4), (0, 2, 3), (0, 3, 2)],
        near: vec![(0, 1, 0.9), (1, 2, 0.9)],
    };
    let dir = tempfile::tempdir().expect("a folder");
    let mut desk = made.desk(dir.path());
    // The largest covers the second; the third is like neither of what is kept and stays.
    let word = |desk: &mut Desk| {
        groups(desk, "")[0]["state"]
            .as_str()
            .expect("a word")
            .to_owned()
    };
    let choose = |desk: &mut Desk, i, keep| does(desk, &Act::Choose(vec![(i, keep)]), 3);
    assert_eq!(word(&mut desk), "open");
    assert!(choose(&mut desk, 0, Some(true)));
    assert_eq!(word(&mut desk), "open", "nobody spoke of what goes");
    assert!(choose(&mut desk, 1, Some(false)));
    assert_eq!(word(&mut desk), "decided");
    assert!(
        !choose(&mut desk, 0, Some(false)),
        "nothing else stands for the second"
    );
    assert!(!choose(&mut desk, 2, Some(false)), "what it resembles goes");
    assert!(does(&mut desk, &Act::Undo, 3) && does(&mut desk, &Act::Undo, 3));
    assert_eq!(word(&mut desk), "open");
    assert!(does(&mut desk, &Act::Verdict(0, 1, Some(false)), 3));
    assert!(does(&mut desk, &Act::Verdict(1, 2, Some(false)), 3));
    assert_eq!(word(&mut desk), "settled");
}

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
