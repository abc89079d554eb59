//! `api/groups` and `api/group`: what is seen of the groups.

use lookalike_report::Member;

use super::alike::{Link, kind_of};
use super::answer::Refusal;
use super::collection::Collection;
use super::desk::Desk;
use super::filter::{Filter, Sort};
use super::params::Params;
use super::shapes::{self, choice, verdict};
use super::view::{Choices, View};
use super::words::Words;

/// Groups of one answer, unless fewer are asked for; and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 500;
/// Images of a group in the list; the others come with the group.
const IN_LIST: usize = 12;
/// Pairs that are named with a group; those of one image are asked for by `api/pairs`.
const PAIRS: usize = 2000;

impl Desk {
    /// Some of the groups that pass the filters, in order.
    pub(crate) fn groups(&mut self, params: &Params) -> Result<shapes::Groups<'_>, Refusal> {
        let filter = Filter::parse(params)?;
        let sort = Sort::parse(params.text("sort"))?;
        let offset = params.number("offset")?.unwrap_or(0);
        let limit = params.number("limit")?.unwrap_or(PAGE).min(LARGEST_PAGE);
        let threshold = self.threshold(params.cosine("threshold")?)?;
        self.view(threshold)?;
        let (view, teller) = self.teller(threshold)?;
        let listed = filter.list(view, sort);
        let places = listed.places.iter().skip(offset).take(limit);
        Ok(shapes::Groups {
            total: listed.places.len(),
            threshold,
            freeable_bytes: listed.freeable_bytes,
            groups: places.map(|&place| teller.group(view, place)).collect(),
        })
    }

    /// A group by its key, with all images and its pairs.
    pub(crate) fn group(&mut self, params: &Params) -> Result<shapes::Whole<'_>, Refusal> {
        let key = params.text("key").and_then(|key| key.parse().ok());
        let gone = || Refusal::missing("there is no such group at this threshold");
        let image = key
            .and_then(|key| self.all.image_of(&key))
            .ok_or_else(gone)?;
        let threshold = self.threshold(params.cosine("threshold")?)?;
        let (view, teller) = self.teller(threshold)?;
        let place = view.place_of(image).ok_or_else(gone)?;
        let members = view.members(place);
        let images: Vec<usize> = members.iter().map(|member| member.image).collect();
        let links = teller.all.alike.within(&images, threshold, PAIRS);
        Ok(shapes::Whole {
            group: teller.group(view, place),
            images: members.iter().map(|member| teller.image(member)).collect(),
            pairs: links.iter().map(|link| teller.pair(link)).collect(),
        })
    }

    /// All pairs of one image in its group: a large group names not all of its pairs at once.
    pub(crate) fn pairs(
        &mut self,
        image: usize,
        params: &Params,
    ) -> Result<shapes::Pairs, Refusal> {
        self.content(image)?;
        let threshold = self.threshold(params.cosine("threshold")?)?;
        let (view, teller) = self.teller(threshold)?;
        let place = view.place_of(image);
        let links = teller.all.alike.of(image, threshold);
        // What was called different may be in another group by now, or in none.
        let inside = |image: usize| place.is_some() && view.place_of(image) == place;
        let links = links.filter(|link| inside(link.a) && inside(link.b));
        Ok(shapes::Pairs {
            pairs: links.map(|link| teller.pair(&link)).collect(),
        })
    }

    fn teller(&mut self, threshold: f32) -> Result<(&View, Teller<'_>), Refusal> {
        self.view(threshold)?;
        let view = self.at_hand();
        let teller = Teller {
            all: &self.all,
            choices: self.choices(),
            words: self.words(),
        };
        Ok((view, teller))
    }
}

/// Writes groups and images down as the page reads them.
struct Teller<'a> {
    all: &'a Collection,
    choices: &'a Choices,
    words: &'a Words,
}

impl<'a> Teller<'a> {
    fn group(&self, view: &'a View, place: usize) -> shapes::Group<'a> {
        let (group, row) = (view.group(place), &view.rows[place]);
        let images = view.members(place).iter().take(IN_LIST);
        shapes::Group {
            key: row.key.to_string(),
            number: place + 1,
            members: group.members.len(),
            kind: group.kind.as_str(),
            weakest: group.weakest,
            freeable_bytes: row.freeable_bytes,
            state: row.state.as_str(),
            since: view.since(place).map(|since| since.as_str()),
            images: images.map(|member| self.image(member)).collect(),
        }
    }

    fn pair(&self, link: &Link) -> shapes::Pair {
        shapes::Pair {
            a: link.a,
            b: link.b,
            similarity: link.similarity,
            kind: link.kind.as_str(),
            verdict: verdict(self.words.verdict(self.all, link.a, link.b)),
        }
    }

    fn image(&self, member: &'a Member) -> shapes::Image<'a> {
        let images = self.all.images();
        let chosen = self.choices.get(&member.image).copied();
        let kind = |kept| kind_of(images, kept, member.image).as_str();
        shapes::Image {
            suggest: choice(member.keep()),
            why: &member.why,
            copy_of: member.copy_of,
            similarity: member.similarity,
            kind: member.copy_of.map(kind),
            ..shapes::Image::alone(member.image, &images[member.image], chosen)
        }
    }
}
