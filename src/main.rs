//! The program: flags to settings, settings to a command, its result to an exit code.

use clap::Parser;
use lookalike::exit::Exit;
use lookalike::flags::Flags;
use lookalike::terminal;

fn main() -> Exit {
    // Clap prints help and version itself and ends with code 0, or 2 for wrong usage.
    let flags = Flags::parse();
    match lookalike::commands::run(flags) {
        Ok(exit) => exit,
        Err(error) => {
            terminal::print_error(&error);
            Exit::from(&error)
        }
    }
}
