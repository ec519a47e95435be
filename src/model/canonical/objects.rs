//! Objects whose keys are not in order, and how they are put in order once the whole document is read.

use std::cmp::Ordering;
use std::mem;

use super::string::unescaped;

/// One member of an object: where its key, its value and its end lie in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// Of the key's opening quote.
    start: u32,
    value: u32,
    end: u32,
    /// The first object that begins in it or after it.
    objects: u32,
}

/// An object that is being read.
#[derive(Debug)]
struct OpenObject {
    /// Its place among all objects.
    object: u32,
    /// Its first member among those of all open objects.
    first: u32,
    /// Arrays that were open around it, within the object around these.
    arrays: u32,
    /// Whether each key so far is greater than the one before.
    ordered: bool,
}

/// An object that holds something.
#[derive(Debug)]
struct Object {
    start: u32,
    /// Of its closing brace.
    end: u32,
    /// Its members among those of all objects that must be put in order.
    first: u32,
    /// None if its keys are in order as they are.
    members: u32,
    /// The first object that begins after it.
    after: u32,
}

/// What is known of a document's objects.
#[derive(Debug, Default)]
pub(super) struct Objects {
    open: Vec<OpenObject>,
    /// Arrays that are open within the last of these.
    arrays: u32,
    members: Vec<Member>,
    /// All, as they begin.
    objects: Vec<Object>,
    /// Members of those that must be put in order, each object's in order.
    ordered: Vec<Member>,
    work: Vec<Piece>,
    /// Whether some key holds an escape: then the order of the texts is not that of the keys.
    escapes: bool,
}

impl Objects {
    pub(super) fn clear(&mut self, kept: usize) {
        fn clear<T>(list: &mut Vec<T>, kept: usize) {
            list.clear();
            list.shrink_to(kept / mem::size_of::<T>());
        }
        clear(&mut self.open, kept);
        clear(&mut self.members, kept);
        clear(&mut self.objects, kept);
        clear(&mut self.ordered, kept);
        clear(&mut self.work, kept);
        (self.arrays, self.escapes) = (0, false);
    }

    pub(super) fn are_in_order(&self) -> bool {
        self.ordered.is_empty()
    }

    /// Whether nothing is open.
    pub(super) fn at_top(&self) -> bool {
        self.arrays == 0 && self.open.is_empty()
    }

    /// Whether the innermost of what is open is an object.
    pub(super) fn in_object(&self) -> bool {
        self.arrays == 0 && !self.open.is_empty()
    }

    /// Whether it is an array.
    pub(super) fn in_array(&self) -> bool {
        self.arrays > 0
    }

    pub(super) fn open_array(&mut self) {
        self.arrays += 1;
    }

    pub(super) fn close_array(&mut self) {
        self.arrays -= 1;
    }

    /// An object begins, with its brace at `start` in the text.
    pub(super) fn open_object(&mut self, start: usize) {
        let arrays = mem::take(&mut self.arrays);
        let (object, first) = (self.objects.len() as u32, self.members.len() as u32);
        self.objects.push(Object { start: start as u32, end: 0, first: 0, members: 0, after: 0 });
        self.open.push(OpenObject { object, first, arrays, ordered: true });
    }

    /// A member's value begins: `text` ends with its key, which began at `start`, and the colon.
    pub(super) fn begin_member(&mut self, text: &[u8], start: usize, escapes: bool) {
        self.escapes |= escapes;
        let (start, value, objects) = (start as u32, text.len() as u32, self.objects.len() as u32);
        let member = Member { start, value, end: 0, objects };
        if let Some(open) = self.open.last_mut() {
            let before = self.members[open.first as usize..].last();
            open.ordered &= before.is_none_or(|before| order(text, before, &member, self.escapes).is_lt());
        }
        self.members.push(member);
    }

    /// The last member of the innermost object has ended where `text` does.
    pub(super) fn end_member(&mut self, text: &[u8]) {
        if let Some(member) = self.members.last_mut() {
            member.end = text.len() as u32;
        }
    }

    /// The innermost object has ended; `text` ends before its closing brace.
    pub(super) fn close_object(&mut self, text: &[u8]) {
        let Some(OpenObject { object, first, arrays, ordered }) = self.open.pop() else { return };
        self.arrays = arrays;
        if !ordered {
            let kept = self.ordered.len();
            self.sort_members(text, first as usize);
            let after = self.objects.len() as u32;
            let object = &mut self.objects[object as usize];
            (object.end, object.first, object.after) = (text.len() as u32, kept as u32, after);
            object.members = (self.ordered.len() - kept) as u32;
        }
        self.members.truncate(first as usize);
    }

    /// Adds the members from `first` on to the ordered ones; of equal keys the last one.
    fn sort_members(&mut self, text: &[u8], first: usize) {
        let (members, escapes) = (&mut self.members[first..], self.escapes);
        let by_key = |one: &Member, other: &Member| order(text, one, other, escapes);
        members.sort_unstable_by(|one, other| by_key(one, other).then(one.start.cmp(&other.start)));
        for (at, member) in members.iter().enumerate() {
            let overruled = members.get(at + 1).is_some_and(|next| by_key(member, next).is_eq());
            if !overruled {
                self.ordered.push(*member);
            }
        }
    }
}

/// The order of two keys, by their bytes before they were escaped.
fn order(text: &[u8], one: &Member, other: &Member, escapes: bool) -> Ordering {
    let key = |member: &Member| &text[member.start as usize + 1..member.value as usize - 2];
    let (one, other) = (key(one), key(other));
    if escapes && (one.contains(&b'\\') || other.contains(&b'\\')) {
        return unescaped(one).cmp(&unescaped(other));
    }
    one.cmp(other)
}

/// A part of the text that is still to be appended.
#[derive(Debug)]
struct Piece {
    from: u32,
    to: u32,
    /// The first object that begins in it or after it.
    objects: u32,
    /// It is one of an object's members, so that a comma may have to stand before it.
    is_member: bool,
}

/// Appends the text to `into` with each object's members in order.
pub(super) fn put_in_order(text: &[u8], known: &mut Objects, into: &mut Vec<u8>) {
    let Objects { objects, ordered, work, .. } = known;
    work.push(Piece { from: 0, to: text.len() as u32, objects: 0, is_member: false });
    while let Some(Piece { from, to, objects: first, is_member }) = work.pop() {
        if is_member && into.last() != Some(&b'{') {
            into.push(b',');
        }
        let mut within = objects[first as usize..].iter().take_while(|object| object.start < to);
        let Some(object) = within.find(|object| object.members > 0) else {
            into.extend_from_slice(&text[from as usize..to as usize]);
            continue;
        };
        into.extend_from_slice(&text[from as usize..=object.start as usize]);
        work.push(Piece { from: object.end, to, objects: object.after, is_member: false });
        let members = &ordered[object.first as usize..][..object.members as usize];
        let piece = |member: &Member| Piece {
            from: member.start,
            to: member.end,
            objects: member.objects,
            is_member: true,
        };
        work.extend(members.iter().rev().map(piece));
    }
}
