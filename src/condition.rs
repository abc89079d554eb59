//! `--fail-on near>0`: a count of the summary compared with a number, for jobs that must stop.

use std::str::FromStr;

use crate::exit::UsageError;

/// One condition, such as `failed>=10`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    count: String,
    comparison: Comparison,
    number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    NotEqual,
    Equal,
    More,
    Less,
}

/// Two characters first: `>` would also match the start of `>=`.
const COMPARISONS: [(&str, Comparison); 7] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("!=", Comparison::NotEqual),
    ("==", Comparison::Equal),
    (">", Comparison::More),
    ("<", Comparison::Less),
    ("=", Comparison::Equal),
];

/// The counts of `run.json` that a condition may name.
pub const COUNTS: [&str; 15] = [
    "images",
    "new",
    "changed",
    "removed",
    "unchanged",
    "decoded",
    "embedded",
    "failed",
    "identical",
    "pixels",
    "near",
    "groups",
    "freeable_bytes",
    "leaks",
    "label_conflicts",
];

impl FromStr for Condition {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        let wrong = |why: &str| {
            UsageError::new(format!(
                "--fail-on `{text}`: {why}. Expected a count, a comparison and a number, such as near>0; the counts are {}",
                COUNTS.join(", ")
            ))
        };
        let (symbol, comparison) = COMPARISONS
            .into_iter()
            .find(|(symbol, _)| text.contains(symbol))
            .ok_or_else(|| wrong("there is no comparison in it"))?;
        let (count, number) = text.split_once(symbol).expect("the symbol was found in it");
        let (count, number) = (count.trim(), number.trim());
        if !COUNTS.contains(&count) {
            return Err(wrong("there is no such count"));
        }
        Ok(Self {
            count: count.to_owned(),
            comparison,
            number: number
                .parse()
                .map_err(|_| wrong("there is no whole number behind it"))?,
        })
    }
}

impl Condition {
    /// Whether the condition is true of these counts (the `counts` object of `run.json`).
    pub fn holds(&self, counts: &serde_json::Value) -> bool {
        let Some(value) = counts[&self.count].as_u64() else {
            return false;
        };
        match self.comparison {
            Comparison::AtLeast => value >= self.number,
            Comparison::AtMost => value <= self.number,
            Comparison::NotEqual => value != self.number,
            Comparison::Equal => value == self.number,
            Comparison::More => value > self.number,
            Comparison::Less => value < self.number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str) -> bool {
        let condition: Condition = text.parse().expect("a condition");
        condition.holds(&serde_json::json!({ "near": 3, "failed": 0 }))
    }

    #[test]
    fn each_comparison_means_what_it_says() {
        for yes in [
            "near>2",
            "near>=3",
            "near = 3",
            "near==3",
            "failed<1",
            "failed<=0",
            "near!=0",
        ] {
            assert!(holds(yes), "{yes}");
        }
        for no in ["near>3", "near<3", "failed>0", "failed!=0", "near<=2"] {
            assert!(!holds(no), "{no}");
        }
    }

    #[test]
    fn what_is_no_condition_says_why() {
        for wrong in ["near", "nears>0", "near>", "near>-1", ">0"] {
            let error = wrong.parse::<Condition>().expect_err(wrong).to_string();
            assert!(error.contains("such as near>0"), "{error}");
        }
    }
}
