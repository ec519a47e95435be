//! Words for the person at the terminal. A terminal that is gone must not end a measurement, so
//! nothing here can fail or panic.

use std::io::Write;
use std::sync::OnceLock;

/// What says lines in place of standard error.
static VOICE: OnceLock<fn(&str)> = OnceLock::new();

/// From now on lines are said by `voice`, as in logs for programs. The first one stays.
pub fn speak_through(voice: fn(&str)) {
    let _ = VOICE.set(voice);
}

/// A line on standard error.
pub fn say(line: &str) {
    match VOICE.get() {
        Some(voice) => voice(line),
        None => drop(writeln!(std::io::stderr(), "{line}")),
    }
}

/// A result on standard output.
pub fn print(text: &[u8]) {
    let mut stdout = std::io::stdout();
    let _ = stdout.write_all(text).and_then(|()| stdout.flush());
}
