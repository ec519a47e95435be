//! Reads a document once, from its first byte to its last, and writes its text as it goes.

use super::objects::Objects;
use super::{number, string};

pub(super) struct Reader<'a> {
    input: &'a [u8],
    at: usize,
    text: &'a mut Vec<u8>,
    objects: &'a mut Objects,
}

/// What has become of a value that was begun.
enum Begun {
    /// It is whole.
    Whole,
    /// It is an array or an object that holds something, and the value within it is next.
    Opened,
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8], text: &'a mut Vec<u8>, objects: &'a mut Objects) -> Self {
        Reader { input, at: 0, text, objects }
    }

    /// One value and nothing after it; `None` if it is anything else.
    pub(super) fn document(&mut self) -> Option<()> {
        loop {
            if let Begun::Opened = self.value()? {
                continue;
            }
            // What ends with this value, and then the comma before the next one.
            loop {
                if self.objects.at_top() {
                    return self.next().is_none().then_some(());
                }
                if self.objects.in_object() {
                    self.objects.end_member(self.text);
                }
                if self.comma_or_end()? {
                    break;
                }
            }
        }
    }

    /// Whether another value follows in what is open; else it is closed.
    fn comma_or_end(&mut self) -> Option<bool> {
        let byte = self.next()?;
        match byte {
            b',' => {
                self.take();
                if self.objects.in_object() {
                    self.key()?;
                }
                return Some(true);
            }
            b'}' if self.objects.in_object() => self.objects.close_object(self.text),
            b']' if self.objects.in_array() => self.objects.close_array(),
            _ => return None,
        }
        self.take();
        Some(false)
    }

    fn value(&mut self) -> Option<Begun> {
        match self.next()? {
            b'"' => drop(self.string()?),
            b'{' => return self.open_object(),
            b'[' => {
                self.take();
                if self.next()? != b']' {
                    self.objects.open_array();
                    return Some(Begun::Opened);
                }
                self.take();
            }
            b't' => self.literal(b"true")?,
            b'f' => self.literal(b"false")?,
            b'n' => self.literal(b"null")?,
            _ => self.at += number::put(&self.input[self.at..], self.text)?,
        }
        Some(Begun::Whole)
    }

    fn open_object(&mut self) -> Option<Begun> {
        let before = self.text.len();
        self.take();
        if self.next()? == b'}' {
            self.take();
            return Some(Begun::Whole);
        }
        self.objects.open_object(before);
        self.key()?;
        Some(Begun::Opened)
    }

    /// A key and its colon.
    fn key(&mut self) -> Option<()> {
        let start = self.text.len();
        (self.next()? == b'"').then_some(())?;
        let escapes = self.string()?;
        (self.next()? == b':').then_some(())?;
        self.take();
        self.objects.begin_member(self.text, start, escapes);
        Some(())
    }

    /// A string whose quote is next; says whether its text holds an escape.
    fn string(&mut self) -> Option<bool> {
        let (length, escapes) = string::put(&self.input[self.at + 1..], self.text)?;
        self.at += 1 + length;
        Some(escapes)
    }

    fn literal(&mut self, word: &[u8]) -> Option<()> {
        self.input[self.at..].starts_with(word).then_some(())?;
        self.text.extend_from_slice(word);
        self.at += word.len();
        Some(())
    }

    /// The next byte that is no white space.
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.input.get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Copies the byte that is next.
    fn take(&mut self) {
        self.text.push(self.input[self.at]);
        self.at += 1;
    }
}
