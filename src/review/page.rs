//! The parts of the page, compiled in.

/// The media type and the bytes of a part of the page; the page itself has no name.
pub(crate) fn part(name: &str) -> Option<(&'static str, &'static [u8])> {
    const HTML: &str = "text/html; charset=utf-8";
    let name = if name.is_empty() { "review.html" } else { name };
    let (_, bytes) = PARTS.iter().find(|(known, _)| *known == name)?;
    let kind = match name.rsplit_once('.')?.1 {
        "html" => HTML,
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        _ => return None,
    };
    Some((kind, bytes))
}

macro_rules! parts {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!("page/", $name)).as_slice())),+]
    };
}

const PARTS: [(&str, &[u8]); 24] = parts![
    "api.js",
    "cards.js",
    "compare.js",
    "curve.js",
    "desk.js",
    "difference.js",
    "facts.js",
    "filters.js",
    "groups.js",
    "judge.js",
    "keys.js",
    "list.js",
    "main.js",
    "notes.js",
    "parts.css",
    "plan.js",
    "review.css",
    "review.html",
    "scroller.js",
    "stage.js",
    "views.css",
    "words.js",
    "work.js",
    "zoom.js",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_part_in_the_folder_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/review/page");
        let entries = std::fs::read_dir(folder).expect("the page");
        let there: BTreeSet<String> = entries
            .map(|entry| entry.expect("a part").file_name())
            .map(|name| name.into_string().expect("a plain name"))
            .collect();
        let served: BTreeSet<String> = PARTS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(there, served);
        assert!(served.iter().all(|name| part(name).is_some()));
    }

    #[test]
    fn nothing_else_is() {
        for name in [
            "../page.rs",
            "page/review.html",
            "review",
            "/",
            "Cargo.toml",
            "review.html/",
        ] {
            assert_eq!(part(name), None, "{name}");
        }
        assert_eq!(
            part("").map(|part| part.0),
            Some("text/html; charset=utf-8")
        );
    }

    #[test]
    fn the_page_asks_nobody_else() {
        for (name, bytes) in PARTS {
            let text = std::str::from_utf8(bytes).expect("UTF-8");
            let elsewhere = text.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !elsewhere.contains("http://") && !elsewhere.contains("https://"),
                "{name}"
            );
            assert!(
                !text.contains(" style=\"") && !text.contains(" onclick="),
                "{name}"
            );
        }
    }
}
