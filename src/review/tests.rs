//! The desk against its definition, over small collections made by chance; and how long it takes over a
//! large one.

mod levels;
mod million;

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
    Answer(usize, bool),
    Undo,
}

fn act() -> impl Strategy<Value = Act> {
    let choice = (0_usize..24, prop::option::of(any::<bool>()));
    prop_oneof![
        5 => prop::collection::vec(choice, 1..4).prop_map(Act::Choose),
        2 => (0_usize..24, 0_usize..24, prop::option::of(any::<bool>()))
            .prop_map(|(a, b, verdict)| Act::Verdict(a, b, verdict)),
        1 => (0_usize..24, any::<bool>()).prop_map(|(at, same)| Act::Answer(at, same)),
        1 => Just(Act::Undo),
    ]
}

/// Does it at the threshold of the scan, and says whether it was taken.
fn does(desk: &mut Desk, act: &Act, images: usize) -> bool {
    does_at(desk, act, images, THRESHOLD)
}

fn does_at(desk: &mut Desk, act: &Act, images: usize, threshold: f32) -> bool {
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
            let choices = choices.collect::<Vec<_>>();
            let body = json!({ "choices": choices, "threshold": threshold });
            desk.choose(&from(body)).is_ok()
        }
        Act::Verdict(a, b, verdict) => {
            let word = verdict.map(|different| if different { "different" } else { "keep-both" });
            let pairs = [[a % images, b % images]];
            let body = json!({ "pairs": pairs, "verdict": word, "threshold": threshold });
            desk.verdict(&from(body)).is_ok()
        }
        Act::Answer(at, same) => {
            let asked = desk.judge().expect("a sample").asked;
            let body = json!({ "id": at % asked.max(1), "same": same, "threshold": threshold });
            desk.judged(&from(body)).is_ok()
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
    /// nothing that was chosen to go is without something that stays, at whichever thresholds people chose.
    #[test]
    fn clicks_add_up(made in made(), acts in prop::collection::vec((act(), any::<bool>()), 1..12)) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut desk = made.desk(dir.path());
        let images = made.images.len();
        for (act, low) in &acts {
            let before = state(&mut desk);
            let going = desk.going(THRESHOLD).0;
            if !does_at(&mut desk, act, images, if *low { FLOOR } else { THRESHOLD }) {
                prop_assert_eq!(&state(&mut desk), &before, "what is refused changes nothing");
            }
            prop_assert_eq!(desk.going(FLOOR).1.len(), 0, "all of it is right where it was chosen");
            if let (Act::Verdict(a, b, _), false) = (act, *low) {
                let spoken = [a % images, b % images].map(|image| desk.all.alike.picture(image));
                let cleared = going.iter().filter(|image| !desk.choices().contains_key(image));
                for &image in cleared {
                    prop_assert!(spoken.contains(&desk.all.alike.picture(image)), "only what it is about");
                }
            }
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
