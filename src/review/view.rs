//! The groups at one threshold, and how far each is decided.

use std::collections::HashMap;
use std::sync::OnceLock;

use lookalike_report::{Decided, Decider, Findings, Group, GroupSince, Member, Policy, Wishes};
use lookalike_types::ContentId;

/// What a person chose, by image: whether it stays.
pub(crate) type Choices = HashMap<usize, bool>;

/// How far a group is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Something would go that nobody has said a word about.
    Open,
    /// All that would go was chosen to go.
    Decided,
    /// Verdicts leave nothing that would go.
    Settled,
}

impl State {
    /// The word in answers.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Decided => "decided",
            Self::Settled => "settled",
        }
    }
}

/// What the list says of a group beside what the findings say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Names the group: its smallest content. A content is in one group at most, and stays in it as
    /// the group grows and shrinks, so this outlives scans and other thresholds as far as anything can.
    pub key: ContentId,
    /// Its first image by path.
    pub first: usize,
    /// How far it is decided.
    pub state: State,
    /// The bytes of all that was chosen to go, or would go and was not spoken of.
    pub freeable_bytes: u64,
    /// Its members in the light of the choices; `None` where there are none.
    chosen: Option<Vec<Member>>,
}

/// The findings at one threshold with what was chosen among them.
pub(crate) struct View {
    /// Groups and pairs, as a report at this threshold has them.
    pub findings: Findings,
    /// The threshold.
    pub threshold: f32,
    /// One for each group, in the order of the findings.
    pub rows: Vec<Row>,
    /// Made once a choice asks for it.
    decider: OnceLock<Decider>,
}

/// How a group is decided in which some images were spoken for.
pub(crate) struct Rules<'a> {
    /// As the report decides: by its rules, at its threshold.
    pub policy: &'a Policy,
    /// What people said.
    pub wishes: &'a Wishes,
}

impl View {
    /// The view of these findings.
    pub(crate) fn new(findings: Findings, threshold: f32, rules: &Rules<'_>) -> Self {
        let decider = OnceLock::new();
        let places = 0..findings.groups.len();
        let rows = places.map(|place| Row::new(&findings, place, &decider, rules));
        Self {
            rows: rows.collect(),
            findings,
            threshold,
            decider,
        }
    }

    /// Looks again at the groups that these images are in.
    pub(crate) fn refresh(&mut self, images: &[usize], rules: &Rules<'_>) {
        let mut groups: Vec<usize> = images.iter().filter_map(|&i| self.place_of(i)).collect();
        groups.sort_unstable();
        groups.dedup();
        for place in groups {
            self.rows[place] = Row::new(&self.findings, place, &self.decider, rules);
        }
    }

    /// The place of the group that an image is in.
    pub(crate) fn place_of(&self, image: usize) -> Option<usize> {
        let number = self.findings.group_of(image)?;
        usize::try_from(number).ok()?.checked_sub(1)
    }

    /// The group in this place.
    pub(crate) fn group(&self, place: usize) -> &Group {
        &self.findings.groups[place]
    }

    /// Its members, the choices considered.
    pub(crate) fn members(&self, place: usize) -> &[Member] {
        match &self.rows[place].chosen {
            Some(members) => members,
            None => &self.findings.groups[place].members,
        }
    }

    /// What of a group was not there at the last scan.
    pub(crate) fn since(&self, place: usize) -> Option<GroupSince> {
        self.findings.groups[place].since
    }

    /// How many groups are not open.
    pub(crate) fn decided(&self) -> usize {
        let decided = |row: &&Row| row.state != State::Open;
        self.rows.iter().filter(decided).count()
    }

    /// What all groups together would free.
    pub(crate) fn freeable_bytes(&self) -> u64 {
        self.rows.iter().map(|row| row.freeable_bytes).sum()
    }
}

impl Row {
    fn new(
        findings: &Findings,
        place: usize,
        decider: &OnceLock<Decider>,
        rules: &Rules<'_>,
    ) -> Self {
        let (group, images) = (&findings.groups[place], &findings.images);
        let choices = &rules.wishes.choices;
        let spoken = |member: &Member| choices.contains_key(&member.image);
        let any = !choices.is_empty() && group.members.iter().any(spoken);
        let chosen = any.then(|| {
            let decider = decider.get_or_init(|| Decider::new(findings, rules.wishes));
            let decided = decider.group(findings, place, (rules.policy, rules.wishes));
            decided.into_iter().map(member).collect::<Vec<_>>()
        });
        let members = chosen.as_deref().unwrap_or(&group.members);
        let goes = |member: &Member| match choices.get(&member.image) {
            Some(keep) => !keep,
            None => !member.keep(),
        };
        let waits = |member: &Member| goes(member) && !spoken(member);
        let state = match any {
            _ if members.iter().any(waits) => State::Open,
            true => State::Decided,
            false => State::Settled,
        };
        let going = members.iter().filter(|member| goes(member));
        let contents = members.iter().filter_map(|m| images[m.image].content);
        Self {
            // Whatever is in a group was decoded, so that its bytes are known.
            key: contents.min().unwrap_or(ContentId::from_bytes([0; 32])),
            first: members.iter().map(|m| m.image).min().unwrap_or_default(),
            state,
            freeable_bytes: going.filter_map(|m| images[m.image].bytes).sum(),
            chosen,
        }
    }
}

fn member(decided: Decided) -> Member {
    Member {
        image: decided.image,
        why: decided.reason,
        copy_of: decided.copy.map(|copy| copy.image),
        similarity: decided.copy.map(|copy| copy.similarity),
    }
}
