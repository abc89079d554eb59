//! Which groups are listed, and in which order.

use lookalike_report::GroupSince;
use lookalike_types::PairKind;

use super::answer::Refusal;
use super::params::Params;
use super::view::{State, View};

/// What a group has to be to be listed. What is not asked for lets every group pass.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Filter {
    kinds: Option<Vec<PairKind>>,
    min: Option<f32>,
    max: Option<f32>,
    least: Option<usize>,
    most: Option<usize>,
    folder: Option<String>,
    label: Option<String>,
    split: Option<String>,
    search: Option<String>,
    open: Option<bool>,
    since: Option<GroupSince>,
    leaks: bool,
    conflicts: bool,
}

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sort {
    /// That of the report: largest and most alike first.
    #[default]
    Rank,
    /// The highest weakest link first.
    Similarity,
    /// The most images first.
    Size,
    /// The most to be freed first.
    Bytes,
    /// By the first path.
    Path,
}

/// Places of groups in the findings, and what they free together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listed {
    /// Where the groups stand in the findings, in the order asked for.
    pub places: Vec<usize>,
    /// What all of them would free.
    pub freeable_bytes: u64,
}

const KINDS: [PairKind; 3] = [PairKind::Identical, PairKind::Pixels, PairKind::Near];

impl Filter {
    /// From what stands in an address.
    ///
    /// # Errors
    /// Where a value makes no sense.
    pub(crate) fn parse(params: &Params) -> Result<Self, Refusal> {
        let text = |name: &str| params.text(name).map(str::to_owned);
        Ok(Self {
            kinds: params.text("kinds").map(kinds).transpose()?,
            min: params.cosine("min")?,
            max: params.cosine("max")?,
            least: params.number("least")?,
            most: params.number("most")?,
            folder: text("folder").map(|folder| folder + "/"),
            label: text("label"),
            split: text("split"),
            search: text("search").map(|words| words.to_lowercase()),
            open: match params.text("state").unwrap_or("all") {
                "all" => None,
                "open" => Some(true),
                "decided" => Some(false),
                other => return Err(unknown("state", other, "open, decided, all")),
            },
            since: match params.text("since") {
                None => None,
                Some("new") => Some(GroupSince::New),
                Some("back") => Some(GroupSince::Back),
                Some(other) => return Err(unknown("since", other, "new, back")),
            },
            leaks: params.flag("leaks"),
            conflicts: params.flag("conflicts"),
        })
    }

    /// The groups that pass, in this order; groups that are equal in it stay in that of the report.
    pub(crate) fn list(&self, view: &View, sort: Sort) -> Listed {
        let marks = self.marks(view);
        let passes = |&place: &usize| marks[place] && self.passes(view, place);
        let mut places: Vec<usize> = (0..view.rows.len()).filter(passes).collect();
        let (groups, rows) = (&view.findings.groups, &view.rows);
        match sort {
            Sort::Rank => {}
            Sort::Similarity => {
                places.sort_by(|&a, &b| groups[b].weakest.total_cmp(&groups[a].weakest));
            }
            Sort::Size => places.sort_by_key(|&at| std::cmp::Reverse(groups[at].members.len())),
            Sort::Bytes => places.sort_by_key(|&at| std::cmp::Reverse(rows[at].freeable_bytes)),
            // Images are numbered by path.
            Sort::Path => places.sort_by_key(|&at| rows[at].first),
        }
        Listed {
            freeable_bytes: places.iter().map(|&at| rows[at].freeable_bytes).sum(),
            places,
        }
    }

    /// For each group whether it crosses splits or labels, where that is asked for.
    fn marks(&self, view: &View) -> Vec<bool> {
        let findings = &view.findings;
        let mut marks = vec![true; view.rows.len()];
        let asked = [
            (self.leaks, &findings.leaks),
            (self.conflicts, &findings.label_conflicts),
        ];
        for (_, crossings) in asked.into_iter().filter(|(asked, _)| *asked) {
            let mut crossed = vec![false; marks.len()];
            for place in crossings.iter().filter_map(|c| view.place_of(c.a)) {
                crossed[place] = true;
            }
            for (mark, crossed) in marks.iter_mut().zip(crossed) {
                *mark &= crossed;
            }
        }
        marks
    }

    fn passes(&self, view: &View, place: usize) -> bool {
        let group = view.group(place);
        let members = group.members.len();
        let open = view.rows[place].state == State::Open;
        self.open.is_none_or(|wanted| wanted == open)
            && self
                .kinds
                .as_ref()
                .is_none_or(|kinds| kinds.contains(&group.kind))
            && self.min.is_none_or(|min| group.weakest >= min)
            && self.max.is_none_or(|max| group.weakest <= max)
            && self.least.is_none_or(|least| members >= least)
            && self.most.is_none_or(|most| members <= most)
            && self
                .since
                .is_none_or(|since| view.since(place) == Some(since))
            && self.some_image_passes(view, place)
    }

    /// Each of these is asked of the group, so that different images may answer.
    fn some_image_passes(&self, view: &View, place: usize) -> bool {
        let images = &view.findings.images;
        let members = &view.group(place).members;
        let some = |test: &dyn Fn(&lookalike_report::Image) -> bool| {
            members.iter().any(|member| test(&images[member.image]))
        };
        let wanted = |asked: &Option<String>,
                      test: &dyn Fn(&lookalike_report::Image, &str) -> bool| {
            asked
                .as_deref()
                .is_none_or(|asked| some(&|image| test(image, asked)))
        };
        wanted(&self.folder, &|image, folder| {
            image.path.starts_with(folder)
        }) && wanted(&self.label, &|image, label| {
            image.label.as_deref() == Some(label)
        }) && wanted(&self.split, &|image, split| {
            image.split.as_deref() == Some(split)
        }) && wanted(&self.search, &|image, words| contains(&image.path, words))
    }
}

impl Sort {
    /// From its word.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn parse(word: Option<&str>) -> Result<Self, Refusal> {
        match word.unwrap_or("rank") {
            "rank" => Ok(Self::Rank),
            "similarity" => Ok(Self::Similarity),
            "size" => Ok(Self::Size),
            "bytes" => Ok(Self::Bytes),
            "path" => Ok(Self::Path),
            other => Err(unknown(
                "sort",
                other,
                "rank, similarity, size, bytes, path",
            )),
        }
    }
}

/// Whether a path contains words that are in lower case already.
fn contains(path: &str, words: &str) -> bool {
    path.to_lowercase().contains(words)
}

/// `none` stands for the choice of no kind at all.
fn kinds(list: &str) -> Result<Vec<PairKind>, Refusal> {
    let words = list.split(',').filter(|word| *word != "none");
    words
        .map(|word| {
            let kind = KINDS.into_iter().find(|kind| kind.as_str() == word);
            kind.ok_or_else(|| unknown("kinds", word, "identical, pixels, near"))
        })
        .collect()
}

fn unknown(name: &str, word: &str, known: &str) -> Refusal {
    Refusal::senseless(format!("`{name}` is `{word}`, and can be: {known}"))
}
