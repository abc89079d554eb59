//! `index.html`: one file that shows the findings anywhere, without a server or a network.
//!
//! The head of the page (counts, settings, warnings) is plain HTML and needs no script. Groups,
//! pairs, failures and thumbnails lie behind it as blocks of JSON, which a script reads page by
//! page, so that ten thousand groups open as fast as ten. A Content-Security-Policy forbids every
//! connection, and lets only the style and the script of the page itself run: their nonce is the
//! digest of the whole report, which no file name inside it can know.

use std::fmt::Write;

use lookalike_types::ContentId;

use crate::human::{self, visible};
use crate::payload::Payload;
use crate::run::Run;
use crate::summary::recall;
use crate::{Error, Findings};

mod splits;

const TEMPLATE: &str = include_str!("../page/page.html");
const STYLE: &str = include_str!("../page/page.css");
const SCRIPT: &str = include_str!("../page/page.js");

/// How much the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageOptions {
    /// At most that many groups, and at most that many pairs below the threshold. The page says
    /// how many it left out, and in which table they are.
    pub groups: usize,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self { groups: 10_000 }
    }
}

/// The page. `thumbs` gives the JPEG of a content, or `None` where there is none; it is asked once
/// per content. The bytes are UTF-8, and equal for equal arguments.
///
/// # Errors
/// [`Error::Json`] where the data cannot be encoded.
pub fn page(
    findings: &Findings,
    run: &Run,
    thumbs: &dyn Fn(ContentId) -> Option<Vec<u8>>,
    options: &PageOptions,
) -> Result<Vec<u8>, Error> {
    let nonce: String = run
        .generation
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let title = title(run);
    let values = [
        ("nonce", nonce),
        ("style", STYLE.to_owned()),
        ("script", SCRIPT.to_owned()),
        ("title", title),
        ("inputs", inputs(&run.inputs)),
        ("counts", counts(run)),
        ("splits", splits::section(run)),
        ("settings", settings(run)),
        ("warnings", warnings(&run.warnings)),
    ];
    let (head, tail) = TEMPLATE.split_once("{{data}}").unwrap_or((TEMPLATE, ""));
    let mut html = fill(head, &values).into_bytes();
    let told = run.labels.is_data_set();
    Payload::new(findings, thumbs, options.groups, told).write(&mut html)?;
    html.extend_from_slice(fill(tail, &values).as_bytes());
    Ok(html)
}

/// The template with each `{{name}}` replaced, in one pass: a value that looks like a name stays
/// what it is.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(before);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn title(run: &Run) -> String {
    let images = human::counted(run.counts.images, "image", "images");
    match run.counts.groups {
        0 => format!("No copies in {images}"),
        groups => format!(
            "{} of lookalikes in {images}",
            human::counted(groups, "group", "groups")
        ),
    }
}

fn inputs(inputs: &[String]) -> String {
    let code = |input: &String| format!("<code>{}</code>", html(input));
    inputs.iter().map(code).collect::<Vec<_>>().join(" ")
}

fn counts(run: &Run) -> String {
    let counts = &run.counts;
    let rows = [
        (
            "identical",
            human::count(counts.identical),
            "pairs of files with the same bytes",
        ),
        (
            "same pixels",
            human::count(counts.pixels),
            "pairs of other files, the same picture",
        ),
        (
            "near",
            human::count(counts.near),
            "pairs of pictures at or above the threshold",
        ),
        (
            "could be freed",
            human::bytes(counts.freeable_bytes),
            "by keeping the best of each group",
        ),
        (
            "failed",
            human::count(counts.failed),
            "images that could not be judged",
        ),
    ];
    let since = run.since.as_ref().map(|since| {
        let last = human::minute(&since.last);
        let [resolved, back] = [since.resolved, since.back].map(human::count);
        let meaning = format!("pairs since {last}; {resolved} resolved, {back} back");
        ("new", human::count(since.new), meaning)
    });
    let rows = rows.map(|(name, number, meaning)| (name, number, meaning.to_owned()));
    let mut text = String::new();
    for (name, number, meaning) in rows.into_iter().chain(since) {
        let meaning = html(&meaning);
        let _ = write!(
            text,
            "<div><dt>{name}</dt><dd><b>{number}</b><span>{meaning}</span></dd></div>"
        );
    }
    text
}

fn settings(run: &Run) -> String {
    let (space, join, runtime) = (&run.space, &run.join, &run.runtime);
    let dimension = human::count(u64::from(space.dimension));
    let threshold = human::threshold(join.threshold);
    let rows = [
        (
            "Threshold",
            format!("{threshold}, {}", join.threshold_source),
        ),
        (
            "Model",
            format!(
                "{}, layer {}, {dimension} numbers per image",
                space.model, space.layer
            ),
        ),
        (
            "Pictures",
            format!("{}; pooled: {}", space.preprocessing, space.pooling),
        ),
        (
            "Join",
            format!("{}, {}; {}", join.engine, join.reason, recall(&join.recall)),
        ),
        (
            "Computed by",
            format!("{} {}", runtime.engine, runtime.version),
        ),
        (
            "Scanned",
            format!("{}, in {}", run.started, human::seconds(run.seconds.total)),
        ),
        (
            "Report",
            format!("generation {}, lookalike {}", run.generation, run.lookalike),
        ),
    ];
    let mut text = String::new();
    for (name, value) in rows {
        let _ = write!(text, "<div><dt>{name}</dt><dd>{}</dd></div>", html(&value));
    }
    text
}

fn warnings(warnings: &[String]) -> String {
    if warnings.is_empty() {
        return String::new();
    }
    let item = |warning: &String| format!("<li>{}</li>", html(warning));
    let items: String = warnings.iter().map(item).collect();
    format!(
        "<section class=\"warnings\" aria-label=\"Warnings\"><h2>Warnings</h2><ul>{items}</ul></section>"
    )
}

/// Text for the content of an HTML element.
fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{failed, findings, found, image, run};
    use lookalike_types::Reason;

    fn shown(findings: &Findings, run: &Run, options: PageOptions) -> String {
        let thumb = |_| Some(vec![0xff, 0xd8, 0xff]);
        let bytes = page(findings, run, &thumb, &options).expect("plain data");
        String::from_utf8(bytes).expect("the page is UTF-8")
    }

    #[test]
    fn a_value_that_looks_like_a_name_stays_what_it_is() {
        let values = [("a", "{{b}}".to_owned()), ("b", "no".to_owned())];
        assert_eq!(fill("<{{a}}|{{b}}|{{c}}>", &values), "<{{b}}|no|>");
    }

    #[test]
    fn every_name_in_the_template_has_a_value() {
        let findings = findings();
        let html = shown(&findings, &run(&findings), PageOptions::default());
        assert!(!html.contains("{{") && !html.contains("}}"));
        assert!(html.contains("<title>2 groups of lookalikes in 9 images"));
    }

    #[test]
    fn hostile_names_stay_text() {
        let hostile =
            "a/</script><script>alert(1)</script>\"'<!--<img src=x onerror=alert(1)>\u{202e}\n.jpg";
        let mut broken = failed("x", Reason::Corrupt, hostile);
        broken.path = format!("z{hostile}");
        let twice = vec![image(hostile, 1, 1), image("b", 1, 1), broken];
        let findings = found(twice, &[]);
        let mut run = run(&findings);
        run.inputs = vec![hostile.into()];
        run.warnings = vec![hostile.into()];
        run.space.model = hostile.into();
        let honest = found(vec![image("a", 1, 1), image("b", 1, 1)], &[]);
        let tags = |html: &str| html.matches("<script").count();
        let html = shown(&findings, &run, PageOptions::default());
        let harmless = shown(
            &honest,
            &crate::sample::run(&honest),
            PageOptions::default(),
        );
        assert_eq!(tags(&html), tags(&harmless));
        assert_eq!(html.matches("</script").count(), tags(&html));
        assert!(!html.contains("<img src=x") && !html.contains("<!--<"));
        assert!(!html.contains('\u{202e}'));
    }

    #[test]
    fn the_page_can_reach_nothing() {
        let findings = findings();
        let html = shown(&findings, &run(&findings), PageOptions::default());
        assert!(html.contains("default-src 'none'; img-src data:;"));
        assert!(!html.contains("http:") && !html.contains("https:") && !html.contains("unsafe"));
    }

    #[test]
    fn a_thumbnail_is_asked_for_once_per_content() {
        let asked = std::cell::RefCell::new(Vec::new());
        let thumb = |content: ContentId| {
            asked.borrow_mut().push(content);
            None
        };
        let findings = findings();
        page(&findings, &run(&findings), &thumb, &PageOptions::default()).expect("plain data");
        let mut asked = asked.into_inner();
        let all = asked.len();
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(all, asked.len());
        assert_eq!(
            all, 5,
            "contents 1, 2, 4 and 5 in groups, 6 in a pair below the threshold"
        );
    }
}
