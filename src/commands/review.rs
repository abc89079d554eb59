//! `lookalike review DIR`: the groups in a browser, to see, to choose, and to make a plan.

use lookalike_types::human;
use serde_json::json;

use super::{Context, block_on, report};
use crate::exit::Exit;
use crate::flags::Review;
use crate::review::{self, Address, Ended, Saved, counted};
use crate::terminal::print_result;

pub(super) fn run(context: &Context, flags: &Review) -> anyhow::Result<Exit> {
    let settings = report::settings(context, &flags.dir)?;
    let ready = review::prepare(&flags.dir, settings, &context.terminal)?;
    let address = Address::listen(flags.port)?;
    let (url, once) = (address.url.clone(), address.once.clone());
    let announce = || {
        // What was asked for is the address: it is said even where `--quiet` silences the rest.
        match context.global.json {
            true => print_result(&format!("{}\n", json!({ "review": url })))?,
            false => print_result(&format!("Review  {url}\n"))?,
        }
        if !flags.no_open && has_screen() {
            // Where no browser can be started, the address is on the screen.
            let _none = open::that_detached(&once);
        }
        Ok(())
    };
    let Ended { exit, saved } = block_on(review::serve(ready, address, announce))?;
    let dir = flags.dir.display().to_string();
    let json = json!({
        "choices": saved.choices, "removals": saved.removals, "verdicts": saved.verdicts,
        "judgements": saved.judgements,
    });
    context.print_summary(&summary(&saved, &dir), &json)?;
    Ok(exit)
}

/// Whether there is a screen that a browser could show something on. Without one, some systems would
/// start a browser in this terminal.
fn has_screen() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos"))
        || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"]
            .into_iter()
            .any(is_set)
}

fn summary(saved: &Saved, dir: &str) -> String {
    let mut parts = vec![counted(saved.choices, "choice")];
    if saved.verdicts > 0 {
        parts.push(counted(saved.verdicts, "verdict"));
    }
    if saved.judgements > 0 {
        parts.push(counted(saved.judgements, "answer"));
    }
    let dir = human::shell(dir);
    let next = match saved.removals {
        0 => format!("lookalike review {dir}"),
        removals => format!(
            "lookalike plan {dir} --chosen    # a plan of the {} you chose; nothing is touched",
            counted(removals, "removal")
        ),
    };
    format!(
        "Saved   {}, in {dir}/review\nNext    {next}\n",
        parts.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_says_what_is_saved_and_what_comes_next() {
        let mut saved = Saved {
            choices: 12,
            removals: 1,
            verdicts: 1,
            judgements: 0,
        };
        insta::assert_snapshot!(summary(&saved, "my photos/out"), @r"
        Saved   12 choices, 1 verdict, in 'my photos/out'/review
        Next    lookalike plan 'my photos/out' --chosen    # a plan of the 1 removal you chose; nothing is touched
        ");
        (saved.choices, saved.removals, saved.verdicts) = (0, 0, 0);
        insta::assert_snapshot!(summary(&saved, "out"), @r"
        Saved   0 choices, in out/review
        Next    lookalike review out
        ");
    }
}
