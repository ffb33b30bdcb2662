//! What can be shown where the output goes.

use std::io::{self, IsTerminal, Write};

use terminal_size::{Width, terminal_size_of};

/// Characters in a line where nothing says how many there are, as in the log of a pipeline.
const WIDTH: u16 = 120;
/// In fewer nothing can be read.
const NARROWEST: u16 = 20;

/// How to show things on standard output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Characters in a line.
    pub(crate) width: u16,
    /// Whether colours are shown.
    pub(crate) colours: bool,
}

impl Look {
    /// That of this process's standard output.
    pub(crate) fn of_stdout() -> Self {
        let stdout = io::stdout();
        let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
        let width = match terminal_size_of(&stdout) {
            Some((Width(width), _)) if width > 0 => width,
            _ => columns().unwrap_or(WIDTH),
        };
        Self { width: width.max(NARROWEST), colours: stdout.is_terminal() && wants_colours() }
    }
}

/// Whether the person wants colours where they can be shown: see <https://no-color.org>.
pub(crate) fn wants_colours() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether a line of standard error can be written over.
pub(crate) fn has_live_line() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Writes over the line at the cursor. The end of one that is too long is not shown: it is cut off here, because a
/// terminal puts the rest into its last column, one character over the other.
pub(crate) fn write_over(line: &str) {
    let mut out = io::stderr().lock();
    let width = terminal_size_of(&out).map_or(usize::MAX, |(Width(width), _)| width.into());
    let line: String = line.chars().take(width).collect();
    // Standard error that is gone is no reason to stop.
    let _ = write!(out, "\r\x1b[K\x1b[?7l{line}\x1b[?7h");
    let _ = out.flush();
}

/// Takes that line away.
pub(crate) fn wipe() {
    let _ = write!(io::stderr().lock(), "\r\x1b[K");
}

/// Writes to standard output. A reader that has gone, as in `| head`, is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes a line to standard error. One that is gone is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
