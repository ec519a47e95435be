//! Words for the person at the terminal. A terminal that is gone must not end a measurement, so
//! nothing here can fail or panic.

use std::io::Write;

/// A line on standard error.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A result on standard output.
pub fn print(text: &[u8]) {
    let mut stdout = std::io::stdout();
    let _ = stdout.write_all(text).and_then(|()| stdout.flush());
}
