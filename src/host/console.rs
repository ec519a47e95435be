//! Words for the person at the terminal. A terminal that is gone must not end a measurement, so
//! nothing here can fail or panic.
//!
//! While a bar is drawn, lines go above it; whatever ends the process takes the bar away first.

use std::io::{ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, TryLockError};

use anyhow::Context;
use indicatif::ProgressBar;

use crate::model::printable;

/// The bar at the bottom of standard error.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// What says lines in place of standard error.
static VOICE: OnceLock<fn(Level, &str)> = OnceLock::new();

/// How much a line matters to a program that reads it; a person reads it in the line's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// How it goes.
    Note,
    /// Something to look at; the command goes on.
    Warning,
    /// Why the command did not do what it was asked to.
    Error,
}

/// Whether the person asked for no colour.
static PLAIN: AtomicBool = AtomicBool::new(false);

/// What a person writes in place of a file to mean standard output.
pub const STDOUT: &str = "-";

/// Bytes of what is said of something wrong: it may repeat what a person, a file or a server wrote, at any length.
pub const LONGEST: usize = 2_000;

/// From now on lines are said by `voice`, as in logs for programs. The first one stays.
pub fn speak_through(voice: fn(Level, &str)) {
    let _ = VOICE.set(voice);
}

/// Colours nothing from now on.
pub fn be_plain() {
    PLAIN.store(true, Ordering::Relaxed);
}

/// Whether to colour nothing, by the flag for it.
pub fn is_plain() -> bool {
    PLAIN.load(Ordering::Relaxed)
}

/// A line on standard error, or several; above the bar, if there is one. Text from elsewhere may be in it.
pub fn say(line: &str) {
    tell(Level::Note, line);
}

/// The same, of something that is not as it should be.
pub fn warn(line: &str) {
    tell(Level::Warning, line);
}

/// The same, of why the command fails: said whatever is filtered.
pub fn fail(line: &str) {
    tell(Level::Error, line);
}

fn tell(level: Level, line: &str) {
    let mut line = printable::text(line);
    if level != Level::Note && line.len() > LONGEST {
        line = printable::shortened(&line, LONGEST).into();
    }
    if let Some(voice) = VOICE.get() {
        return voice(level, &line);
    }
    let write = || {
        let _ = writeln!(std::io::stderr(), "{line}");
    };
    match &*BAR.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// A result on standard output, as it is: a format has made it safe. A reader who is gone has seen enough.
///
/// # Errors
/// What else keeps it from being written, as a disk that is full.
pub fn print(text: &[u8]) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if !is_gone(&error) => Err(error).context("cannot write the result to standard output"),
        _ => Ok(()),
    }
}

/// Whether nobody is there to read: a pipe that was closed, a terminal that hung up.
fn is_gone(error: &std::io::Error) -> bool {
    let terminal = || {
        let stdout = std::io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from);
        stdout.and_then(|stdout| stdout.metadata()).is_ok_and(|found| found.file_type().is_char_device())
    };
    error.kind() == ErrorKind::BrokenPipe || (error.raw_os_error() == Some(libc::EIO) && terminal())
}

/// Columns of the terminal on standard output; `None` where there is none, or it does not say.
pub fn width() -> Option<usize> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the call fills the struct it is given, and nothing else
    let answered = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size) } == 0;
    (answered && size.ws_col > 0).then(|| usize::from(size.ws_col))
}

/// Notes the bar that is drawn from now on, in place of any other.
pub fn show_bar(bar: &ProgressBar) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
}

/// Takes the bar away.
pub fn hide_bar() {
    if let Some(bar) = BAR.lock().unwrap_or_else(PoisonError::into_inner).take() {
        bar.finish_and_clear();
    }
}

/// Leaves the terminal as it was found: no bar, a visible cursor, no colour. For an end that unwinds nothing.
pub fn restore() {
    let bar = match BAR.try_lock() {
        Ok(mut bar) => bar.take(),
        Err(TryLockError::Poisoned(bar)) => bar.into_inner().take(),
        // Whoever holds it may be this very thread.
        Err(TryLockError::WouldBlock) => None,
    };
    if let Some(bar) = bar {
        // A bar draws nothing on a thread that panics, not even its own end.
        let clear = std::thread::Builder::new().spawn(move || bar.finish_and_clear());
        let _ = clear.map(std::thread::JoinHandle::join);
    }
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        let _ = stderr.write_all(b"\x1b[0m\x1b[?25h");
    }
}

/// From now on a panic restores the terminal before it says what happened.
pub fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        before(panic);
    }));
}
