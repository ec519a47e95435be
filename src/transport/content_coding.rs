//! How the content of an answer is encoded.

/// What `Content-Encoding` says (RFC 9110 §8.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentCoding {
    /// Not at all.
    #[default]
    Identity,
    /// gzip (RFC 1952).
    Gzip,
    /// br (RFC 7932).
    Brotli,
    /// zstd (RFC 8878).
    Zstd,
    /// Something else, or several of these.
    Unknown,
}

impl ContentCoding {
    /// This one and what another header of that name adds.
    pub fn and(self, value: &[u8]) -> Self {
        let names = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|name| !name.is_empty());
        names.fold(self, |so_far, name| match (so_far, Self::of(name)) {
            (so_far, ContentCoding::Identity) => so_far,
            (ContentCoding::Identity, coding) => coding,
            _ => ContentCoding::Unknown,
        })
    }

    fn of(name: &[u8]) -> Self {
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        match () {
            () if is(b"identity") => ContentCoding::Identity,
            () if is(b"gzip") || is(b"x-gzip") => ContentCoding::Gzip,
            () if is(b"br") => ContentCoding::Brotli,
            () if is(b"zstd") => ContentCoding::Zstd,
            () => ContentCoding::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_coding_is_known_and_several_are_not() {
        use ContentCoding::{Brotli, Gzip, Identity, Unknown, Zstd};
        for (values, coding) in [
            (&["GZip"][..], Gzip),
            (&["x-gzip"], Gzip),
            (&[" br "], Brotli),
            (&["zstd"], Zstd),
            (&["identity", "identity, gzip"], Gzip),
            (&["", ","], Identity),
            (&["gzip, br"], Unknown),
            (&["gzip", "gzip"], Unknown),
            (&["deflate"], Unknown),
            (&["\u{ff}"], Unknown),
        ] {
            let found = values.iter().fold(Identity, |coding, value| coding.and(value.as_bytes()));
            assert_eq!(found, coding, "{values:?}");
        }
    }
}
