//! What the head of an answer that is no success says beside its status.

/// Kept of answers that are no success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// `Location`: where a redirect leads.
    pub location: Option<String>,
    /// `Retry-After`: seconds or a date.
    pub retry_after: Option<String>,
}

impl Aside {
    /// Characters of a value that are kept.
    const LONGEST: usize = 512;

    /// Picks them from headers; `None` where there is neither.
    pub(super) fn of<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Option<Box<Self>> {
        let mut aside = Aside::default();
        for (name, value) in headers {
            let place = match name {
                name if name.eq_ignore_ascii_case("location") => &mut aside.location,
                name if name.eq_ignore_ascii_case("retry-after") => &mut aside.retry_after,
                _ => continue,
            };
            *place = Some(String::from_utf8_lossy(value).trim().chars().take(Self::LONGEST).collect());
        }
        (aside != Aside::default()).then(|| Box::new(aside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_are_found_whatever_their_letters() {
        let of = |headers: &[(&'static str, &'static str)]| {
            Aside::of(headers.iter().map(|(name, value)| (*name, value.as_bytes())))
        };
        assert_eq!(of(&[("x", "1")]), None);
        let both = of(&[("LOCATION", " /a "), ("x", "1"), ("Retry-After", "7")]).expect("both");
        assert_eq!((both.location.as_deref(), both.retry_after.as_deref()), (Some("/a"), Some("7")));
    }
}
