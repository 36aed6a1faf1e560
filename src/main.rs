//! The `tminus` program: arguments in, an exit code out. Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The last resort: a fault of ours is a report with a place, never a bare panic on a user's terminal.
    if color_eyre::config::HookBuilder::default().display_env_section(false).install().is_err() {
        return tminus::cli::Exit::Bug.into();
    }
    tminus::cli::run(std::env::args_os()).into()
}
