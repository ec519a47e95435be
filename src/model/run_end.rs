//! How a run ended.

use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// By itself, with answers to judge.
    Completed,
    /// By itself, but a phase has not one success.
    Failed,
    /// Somebody stopped it.
    Interrupted(Signal),
}

/// What a run was stopped with; in files it is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// A polite kill, as by a job scheduler.
    Terminate,
    /// The terminal, or the connection to it, is gone.
    HangUp,
}

impl Signal {
    /// The exit code that a shell expects: 128 + the signal's number.
    pub const fn exit_code(self) -> u8 {
        match self {
            Signal::Interrupt => 130,
            Signal::Terminate => 143,
            Signal::HangUp => 129,
        }
    }
}

impl From<Signal> for u8 {
    fn from(signal: Signal) -> u8 {
        signal.exit_code()
    }
}

impl TryFrom<u8> for Signal {
    type Error = String;

    fn try_from(code: u8) -> Result<Self, String> {
        let all = [Signal::Interrupt, Signal::Terminate, Signal::HangUp];
        let found = all.into_iter().find(|signal| signal.exit_code() == code);
        found.ok_or_else(|| {
            format!("{code} is no exit code of a signal that stops a run; use 129, 130 or 143")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_files_a_signal_is_its_exit_code() {
        for (signal, json) in
            [(Signal::Interrupt, "130"), (Signal::Terminate, "143"), (Signal::HangUp, "129")]
        {
            assert_eq!(serde_json::to_string(&signal).expect("plain data"), json);
            assert_eq!(serde_json::from_str::<Signal>(json).expect("as written"), signal);
        }
        assert!(serde_json::from_str::<Signal>("0").is_err());
    }
}
