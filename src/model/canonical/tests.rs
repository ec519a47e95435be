//! Against a naive reference: a tree that is built, sorted and printed.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn text(document: &str) -> Option<String> {
    Canonical::default().text(document.as_bytes()).map(|text| String::from_utf8(text.to_vec()).expect("text"))
}

/// A value as a list of the ways in which it can be spelled, of which a seed chooses.
#[derive(Clone, Debug)]
enum Tree {
    Word(&'static str),
    Whole(i64),
    Text(String),
    List(Vec<Tree>),
    Map(BTreeMap<String, Tree>),
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["true", "false", "null"]).prop_map(Tree::Word),
        any::<i64>().prop_map(Tree::Whole),
        any::<String>().prop_map(Tree::Text),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Tree::List),
            prop::collection::btree_map("[a-c\"\\\\\n/é\u{1}]{0,3}", inner, 0..6).prop_map(Tree::Map),
        ]
    })
}

/// Draws from a seed, so that a tree is spelled in another way each time.
struct Whim(u64);

impl Whim {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = crate::model::mix(self.0);
        self.0 % n
    }
}

fn spell(tree: &Tree, whim: &mut Whim, out: &mut String) {
    let space = |whim: &mut Whim, out: &mut String| {
        out.push_str(["", "", " ", "\n\t", "\r "][whim.below(5) as usize])
    };
    space(whim, out);
    match tree {
        Tree::Word(word) => out.push_str(word),
        Tree::Whole(number) => out.push_str(&match whim.below(3) {
            0 => format!("{number}"),
            1 => format!("{number}.00"),
            _ => format!("{number}000E-3"),
        }),
        Tree::Text(text) => spell_text(text, whim, out),
        Tree::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                spell(item, whim, out);
            }
            out.push(']');
        }
        Tree::Map(members) => {
            out.push('{');
            // An earlier value of a key is overruled by a later one.
            let mut listed: Vec<_> = members.iter().collect();
            for at in (1..listed.len()).rev() {
                listed.swap(at, whim.below(at as u64 + 1) as usize);
            }
            let overruled =
                listed.first().filter(|_| whim.below(2) == 0).map(|(key, _)| (*key, &Tree::Word("null")));
            for (at, (key, value)) in overruled.into_iter().chain(listed).enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                space(whim, out);
                spell_text(key, whim, out);
                space(whim, out);
                out.push(':');
                spell(value, whim, out);
            }
            out.push('}');
        }
    }
    space(whim, out);
}

fn spell_text(text: &str, whim: &mut Whim, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            _ if whim.below(4) == 0 => {
                let mut units = [0; 2];
                letter
                    .encode_utf16(&mut units)
                    .iter()
                    .for_each(|unit| out.push_str(&format!("\\u{unit:04X}")));
            }
            '"' | '\\' => out.extend(['\\', letter]),
            '/' if whim.below(2) == 0 => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\0'..' ' => out.push_str(&format!("\\u{:04x}", letter as u32)),
            _ => out.push(letter),
        }
    }
    out.push('"');
}

/// The same by way of a tree. Its numbers are whole ones of 64 bits.
fn reference(tree: &Tree) -> Value {
    match tree {
        Tree::Word(word) => serde_json::from_str(word).expect("a literal"),
        Tree::Whole(number) => Value::from(*number),
        Tree::Text(text) => Value::from(text.as_str()),
        Tree::List(items) => items.iter().map(reference).collect(),
        Tree::Map(members) => members.iter().map(|(key, value)| (key.clone(), reference(value))).collect(),
    }
}

proptest! {
    #[test]
    fn every_spelling_of_a_value_has_the_text_of_its_tree(tree in any_tree(), seed in any::<u64>()) {
        let mut spelling = String::new();
        spell(&tree, &mut Whim(seed), &mut spelling);
        prop_assert_eq!(text(&spelling), Some(reference(&tree).to_string()), "{}", spelling);
    }

    #[test]
    fn json_is_what_the_reference_takes_for_it(text_of in "[\\[\\]{},:\"\\\\ 01.eE+\\-tnu\u{1}é]{0,12}", seed in any::<u64>()) {
        // Beside noise: a document with one place damaged.
        let mut damaged = r#"{"b":[1,-2.5e3,"\u00e9\n"],"a":{"x":null,"y":true}}"#.to_string();
        let place = (seed % damaged.len() as u64) as usize;
        let letter = text_of.chars().next().unwrap_or(' ');
        damaged.replace_range(place..=place, letter.encode_utf8(&mut [0; 4]));
        for document in [text_of, damaged] {
            let known = serde_json::from_str::<Value>(&document);
            // A float that is out of range is a number all the same.
            if known.as_ref().err().is_none_or(|error| !error.to_string().contains("out of range")) {
                prop_assert_eq!(text(&document).is_some(), known.is_ok(), "{}", document);
            }
        }
    }

    #[test]
    fn no_bytes_can_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut canonical = Canonical::default();
        let first = canonical.text(&bytes).map(<[u8]>::to_vec);
        prop_assert_eq!(canonical.text(&bytes), first.as_deref(), "and what was before does not matter");
        prop_assert!(first.is_none() || std::str::from_utf8(&bytes).is_ok());
    }
}

#[test]
fn the_later_of_equal_keys_wins_at_every_depth() {
    assert_eq!(text(r#"{"a":1,"a":2}"#).as_deref(), Some(r#"{"a":2}"#));
    assert_eq!(
        text(r#"{"a":{"z":1,"b":2},"\u0061":{"d":[{"y":1,"x":{}}],"c":"{"},"0":3}"#).as_deref(),
        Some(r#"{"0":3,"a":{"c":"{","d":[{"x":{},"y":1}]}}"#)
    );
}

#[test]
fn keys_are_in_the_order_of_their_bytes_not_of_their_escapes() {
    let sorted =
        "{\"\\t\":1,\"!\":1,\"\\\"\":1,\"#\":1,\"A\":1,\"\\\\\":1,\"a\":1,\"\u{e9}\":1,\"\u{1f600}\":1}";
    let given = r##"{"\u0061":1,"\uD83D\ude00":1,"#":1,"\\":1,"é":1,"\u0022":1,"!":1,"A":1,"\u0009":1}"##;
    assert_eq!(text(given).as_deref(), Some(sorted));
    assert_eq!(text(sorted).as_deref(), Some(sorted));
}

#[test]
fn half_a_letter_is_no_json() {
    for bad in
        [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, r#""\ud800x""#, r#""\ud8"#, r#""\uD83D\n""#]
    {
        assert_eq!(text(bad), None, "{bad}");
    }
    assert_eq!(Canonical::default().text(b"\"\xff\""), None);
    assert_eq!(Canonical::default().text(b"\xef\xbb\xbf{}"), None);
}

#[test]
fn depth_is_no_limit() {
    const DEPTH: usize = 50_000;
    // At each level the keys are out of order: to move what is within them once a level would take for ever.
    let nested = format!("{}0{}", r#"{"b":[1.0],"a":["#.repeat(DEPTH), "]}".repeat(DEPTH));
    let sorted = format!("{}0{}", r#"{"a":["#.repeat(DEPTH), r#"],"b":[1]}"#.repeat(DEPTH));
    assert_eq!(text(&nested), Some(sorted));
    assert_eq!(text(&"[".repeat(DEPTH)), None);
    assert_eq!(text(&format!("{}{}", "[".repeat(DEPTH), "}".repeat(DEPTH))), None);
}

#[test]
fn large_buffers_are_not_kept() {
    let mut canonical = Canonical::default();
    let large = format!("[{}]", r#"{"b":1,"a":2},"#.repeat(80_000) + "0");
    assert!(canonical.text(large.as_bytes()).is_some());
    assert_eq!(canonical.text(b"[ 1 ]"), Some(b"[1]".as_slice()));
    assert!(canonical.text.capacity() + canonical.ordered.capacity() <= 2 * KEPT);
}
