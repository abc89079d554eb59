//! What stands behind the question mark of an address.

use std::collections::HashMap;
use std::str::FromStr;

use hyper::StatusCode;

use super::answer::Refusal;

/// Names and values; what is empty counts as not said, and the last of a name counts.
#[derive(Debug, Default)]
pub(crate) struct Params(HashMap<String, String>);

impl Params {
    /// From a query, which may be anything.
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = query
            .split('&')
            .map(|part| part.split_once('=').unwrap_or((part, "")));
        let said = pairs.map(|(name, value)| (plain(name), plain(value)));
        Self(said.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The words said for this name.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The number said for this name.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let parse = |text: &str| {
            text.trim().parse().map_err(|_| {
                let words = format!("`{name}` is `{text}`, which is not such a number");
                Refusal::new(StatusCode::BAD_REQUEST, words)
            })
        };
        self.text(name).map(parse).transpose()
    }

    /// A similarity between -1 and 1.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn cosine(&self, name: &str) -> Result<Option<f32>, Refusal> {
        let value = self.number::<f32>(name)?;
        match value.filter(|value| !(-1.0..=1.0).contains(value)) {
            None => Ok(value),
            Some(wrong) => Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                format!("`{name}` is {wrong}: a similarity lies between -1 and 1"),
            )),
        }
    }

    /// Whether this is asked for.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|value| !matches!(value, "0" | "false"))
    }
}

/// A part of a query as it was before the browser wrote it down: `+` for a space, `%xx` for a byte.
/// What is not UTF-8 then becomes a replacement character, which finds nothing.
fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = |at: usize| {
            tail.get(at)
                .and_then(|&digit| char::from(digit).to_digit(16))
        };
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            (b'+', ..) => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_were_typed() {
        let params =
            Params::parse("search=a+b%2Bc%26%C3%BC%&min=0.5&max=&label=x&label=y&&=z&leaks=1");
        assert_eq!(params.text("search"), Some("a b+c&ü%"));
        assert_eq!(params.number("min"), Ok(Some(0.5_f32)));
        assert_eq!(params.number::<f32>("max"), Ok(None));
        assert_eq!(params.text("label"), Some("y"));
        assert!(params.flag("leaks") && !params.flag("conflicts"));
        assert_eq!(Params::parse("search=%ff").text("search"), Some("\u{fffd}"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let params = Params::parse("least=-1&min=NaN&max=2&i=1e3");
        assert!(params.number::<usize>("least").is_err());
        assert!(params.number::<usize>("i").is_err());
        assert!(params.cosine("min").is_err() && params.cosine("max").is_err());
    }
}
