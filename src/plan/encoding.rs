//! What a file of payloads is written in: UTF-8, with or without the mark that some editors put first.

const MARK: &[u8] = b"\xef\xbb\xbf";

/// The bytes behind the mark of UTF-8, where there is one.
pub(super) fn behind_mark(text: &[u8]) -> usize {
    if text.starts_with(MARK) { MARK.len() } else { 0 }
}

/// What a line is written in, where that is not UTF-8.
pub(super) fn foreign(line: &[u8]) -> Option<&'static str> {
    if line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff") || line.contains(&0) {
        return Some("UTF-16");
    }
    if line.starts_with(MARK) {
        return Some("UTF-8 with a byte order mark in the middle of the file");
    }
    std::str::from_utf8(line).is_err().then_some("no UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_utf_8_is_taken() {
        assert_eq!([behind_mark(b"\xef\xbb\xbf{}"), behind_mark(b"{}"), behind_mark(b"")], [3, 0, 0]);
        assert_eq!(foreign("{\"ä\":\"你\"}".as_bytes()), None);
        for (line, what) in [
            (&b"\xff\xfe{\0}\0"[..], "UTF-16"),
            (b"\xfe\xff\0{\0}", "UTF-16"),
            (b"{\0}\0", "UTF-16"),
            (b"\"\xe4\"", "no UTF-8"),
            (b"\xef\xbb\xbf{}", "UTF-8 with a byte order mark in the middle of the file"),
        ] {
            assert_eq!(foreign(line), Some(what), "{line:?}");
        }
    }
}
