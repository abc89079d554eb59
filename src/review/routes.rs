//! What lies where: from a path to the answer.

use std::sync::Mutex;

use hyper::Method;
use serde::Deserialize;

use super::answer::{self, Answer, Refusal, json};
use super::desk::Desk;
use super::gallery::{Gallery, Hidden};
use super::http::{Asked, Service};
use super::page;
use super::params::Params;
use super::shapes;

/// All that is behind the guard.
pub(crate) struct Rooms {
    /// One click at a time.
    pub desk: Mutex<Desk>,
    /// Pictures, which do not wait for clicks.
    pub gallery: Gallery,
}

impl Service for Rooms {
    fn answer(&self, asked: &Asked) -> Answer {
        self.find(asked).unwrap_or_else(Answer::from)
    }
}

impl Rooms {
    fn find(&self, asked: &Asked) -> Result<Answer, Refusal> {
        let params = Params::parse(&asked.query);
        match asked.method {
            Method::POST => self.post(asked),
            _ => self.get(&asked.path, &params),
        }
    }

    fn get(&self, path: &str, params: &Params) -> Result<Answer, Refusal> {
        let desk = || {
            self.desk
                .lock()
                .expect("a click that panicked took the desk with it")
        };
        match path {
            "image" => self.picture(params, Gallery::whole),
            "thumb" => self.picture(params, Gallery::thumb),
            "api/meta" => json(&self.meta(image(params)?)?),
            "api/state" => json(&desk().state(params.cosine("threshold")?)?),
            "api/groups" => json(&desk().groups(params)?),
            "api/group" => json(&desk().group(params)?),
            "api/chosen" => json(&desk().chosen(params)?),
            "api/pairs" => json(&desk().pairs(image(params)?, params)?),
            "api/judge" => json(&desk().judge()?),
            "api/precision" => json(&desk().precision(params)?),
            name => {
                let part = page::part(name).ok_or_else(nothing)?;
                Ok(answer::bytes(part.0, part.1))
            }
        }
    }

    fn post(&self, asked: &Asked) -> Result<Answer, Refusal> {
        let desk = || {
            self.desk
                .lock()
                .expect("a click that panicked took the desk with it")
        };
        match asked.path.as_str() {
            "api/choose" => json(&desk().choose(&body(asked)?)?),
            "api/verdict" => json(&desk().verdict(&body(asked)?)?),
            "api/undo" => json(&desk().undo(&body(asked)?)?),
            "api/judge" => json(&desk().judged(&body(asked)?)?),
            "api/plan" => json(&desk().plan(&body(asked)?)?),
            _ => Err(nothing()),
        }
    }

    fn picture(
        &self,
        params: &Params,
        of: impl Fn(&Gallery, usize) -> Result<super::gallery::Picture, Hidden>,
    ) -> Result<Answer, Refusal> {
        let picture = of(&self.gallery, image(params)?);
        let picture = picture.map_err(|hidden| Refusal::missing(hidden.to_string()))?;
        Ok(answer::picture(picture.kind, picture.bytes))
    }

    fn meta(&self, image: usize) -> Result<shapes::Meta, Refusal> {
        let mut meta = shapes::Meta::default();
        match self.gallery.bytes(image) {
            Ok(bytes) => {
                let exif = lookalike_ingest::exif(&bytes);
                meta.taken = exif.taken.map(|taken| taken.to_string());
                meta.exif = exif.shown;
            }
            Err(Hidden::NotReported) => {
                return Err(Refusal::missing(Hidden::NotReported.to_string()));
            }
            Err(Hidden::Changed) => meta.changed = true,
            Err(Hidden::Missing(_) | Hidden::Undecoded(_)) => meta.missing = true,
        }
        Ok(meta)
    }
}

fn image(params: &Params) -> Result<usize, Refusal> {
    let image = params.number("i")?;
    image.ok_or_else(|| Refusal::senseless("expected `?i=` and the number of an image"))
}

fn nothing() -> Refusal {
    Refusal::missing("there is nothing here")
}

fn body<'a, T: Deserialize<'a>>(asked: &'a Asked) -> Result<T, Refusal> {
    serde_json::from_slice(&asked.body).map_err(|error| Refusal::senseless(error.to_string()))
}
