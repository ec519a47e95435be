//! A terminal for a command: what it writes there, and the screen that a person would see at the end.
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A command that runs with a terminal of its own as output; its standard input is empty.
pub struct OnTerminal {
    pub child: Child,
    written: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl OnTerminal {
    pub fn start(command: &mut Command, columns: u16) -> Self {
        let (master, terminal) = open(columns);
        let out = terminal.try_clone().expect("a descriptor");
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::from(out)).stderr(Stdio::from(terminal)).spawn();
        let child = child.expect("the binary starts");
        // The command keeps the terminal's other end open, and with it the reader below.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let reader = std::thread::spawn(move || read(master, &sink));
        OnTerminal { child, written, reader }
    }

    /// What it has written so far.
    pub fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().expect("the reader does not panic")).into_owned()
    }

    /// Its exit code, and all that it wrote.
    pub fn finish(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().expect("it ends");
        self.reader.join().expect("the reader does not panic");
        let written = self.written.lock().expect("the reader does not panic");
        (status.code(), String::from_utf8_lossy(&written).into_owned())
    }
}

/// Both ends, closed to the children of other tests from the start: these would keep the terminal open.
fn open(columns: u16) -> (File, OwnedFd) {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: plain system calls; the descriptors that they make are nobody else's, and the name has room.
    unsafe {
        let master = File::from_raw_fd(owned(libc::posix_openpt(flags)));
        let mut name = [0; 64];
        let ready = libc::grantpt(master.as_raw_fd()) == 0
            && libc::unlockpt(master.as_raw_fd()) == 0
            && libc::ptsname_r(master.as_raw_fd(), name.as_mut_ptr(), name.len()) == 0;
        assert!(ready, "a pseudo-terminal: {}", std::io::Error::last_os_error());
        let terminal = OwnedFd::from_raw_fd(owned(libc::open(name.as_ptr(), flags)));
        let size = libc::winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        assert_eq!(libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size), 0);
        (master, terminal)
    }
}

fn owned(descriptor: libc::c_int) -> libc::c_int {
    assert!(descriptor >= 0, "a pseudo-terminal: {}", std::io::Error::last_os_error());
    descriptor
}

/// Until the last writer is gone, which a terminal reports as an error.
fn read(mut master: File, sink: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = master.read(&mut buffer) {
        sink.lock().expect("nobody panics with it").extend_from_slice(&buffer[..length]);
    }
}

/// The lines that a terminal shows of what was written to it: it knows line breaks, returns, the movements and
/// deletions that a progress bar uses, and colours, which it leaves out. Like a terminal it goes to the next line only
/// with the first letter that has no room on this one.
pub fn screen(written: &str, columns: usize) -> Vec<String> {
    let (mut lines, mut row, mut column) = (vec![Vec::new()], 0_usize, 0_usize);
    let mut rest = written.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\r' => column = 0,
            '\n' => row += 1,
            '\x1b' => {
                assert_eq!(rest.next(), Some('['), "an escape sequence that is none of a bar's");
                let mut number = String::new();
                let command = loop {
                    match rest.next().expect("a whole sequence") {
                        part @ ('0'..='9' | ';' | '?') => number.push(part),
                        command => break command,
                    }
                };
                let count = number.parse().unwrap_or(1);
                match command {
                    'A' => row = row.saturating_sub(count),
                    'B' => row += count,
                    'C' => column += count,
                    'D' => column = column.saturating_sub(count),
                    'K' if number == "2" => lines[row].clear(),
                    'K' => lines[row].truncate(column),
                    'J' => {
                        lines[row].truncate(column);
                        lines.truncate(row + 1);
                    }
                    'm' | 'h' | 'l' => {}
                    other => panic!("`{other}` is not known to this screen"),
                }
            }
            letter => {
                if column == columns {
                    (row, column) = (row + 1, 0);
                    if lines.len() == row {
                        lines.push(Vec::new());
                    }
                }
                while lines[row].len() <= column {
                    lines[row].push(' ');
                }
                lines[row][column] = letter;
                column += 1;
            }
        }
        while lines.len() <= row {
            lines.push(Vec::new());
        }
    }
    lines.into_iter().map(|line| line.into_iter().collect::<String>().trim_end().to_string()).collect()
}
