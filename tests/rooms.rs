//! Which room may use which: data flows one way, and a new way must be opened here first.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each room in the order of the flow, and the rooms it may use beside itself.
const ROOMS: [(&str, &[&str]); 17] = [
    // The nouns, which know nobody.
    ("model", &[]),
    ("stats", &["model"]),
    ("host", &["model"]),
    // A tap on finished samples, which knows no other room.
    ("telemetry", &["model", "host"]),
    // Reached over HTTP alone, so it knows nothing of who calls it, not even the nouns; its spans go out by the same
    // bounded exporter.
    ("mock", &["telemetry"]),
    // The sections `[mock]` and `[telemetry]` are their rooms' own settings; nothing else of these is known here.
    ("scenario", &["model", "host", "mock", "telemetry"]),
    ("plan", &["model"]),
    ("transport", &["model", "host"]),
    ("client", &["model"]),
    ("engine", &["model", "host", "plan", "transport", "client"]),
    ("runlog", &["model", "host"]),
    ("analyze", &["model", "stats", "host"]),
    // The progress shows what the recorder has counted.
    ("report", &["model", "stats", "host", "analyze", "runlog"]),
    ("baseline", &["host"]),
    (
        "workflow",
        &[
            "model",
            "stats",
            "host",
            "telemetry",
            "mock",
            "scenario",
            "plan",
            "transport",
            "client",
            "engine",
            "runlog",
            "analyze",
            "report",
            "baseline",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "host",
            "telemetry",
            "mock",
            "scenario",
            "plan",
            "transport",
            "runlog",
            "analyze",
            "report",
            "workflow",
        ],
    ),
    ("main", &["cli"]),
];

/// What a room takes from another of which it may have only a part.
const PARTS: [(&str, &str, &[&str]); 6] = [
    ("scenario", "telemetry", &["TelemetrySettings"]),
    ("mock", "telemetry", &["Caller", "Served", "ServerTracer", "SpanTotals", "names"]),
    ("scenario", "mock", &["MockSettings"]),
    ("report", "runlog", &["Live"]),
    ("scenario", "host", &["paths"]),
    ("analyze", "host", &["both"]),
];

/// One `crate::room::Item` in the code.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    from: String,
    to: String,
    item: String,
}

#[test]
fn rooms_use_only_what_they_may() {
    let unexpected: Vec<_> = uses().into_iter().filter(|one| !may(&one.from, &one.to)).collect();
    assert!(unexpected.is_empty(), "not in the table of this test: {unexpected:#?}");
}

#[test]
fn rooms_take_only_the_part_they_may() {
    for (from, to, items) in PARTS {
        let uses = uses().into_iter().filter(|one| (one.from.as_str(), one.to.as_str()) == (from, to));
        let more: Vec<_> = uses.filter(|one| !items.contains(&one.item.as_str())).collect();
        assert!(more.is_empty(), "{from} may take {items:?} from {to}: {more:#?}");
    }
}

#[test]
fn every_room_is_in_the_table() {
    let rooms = files().iter().map(|file| room(file)).filter(|room| room != "lib").collect::<BTreeSet<_>>();
    let known = ROOMS.iter().map(|(room, _)| room.to_string());
    assert_eq!(rooms, known.collect());
}

#[test]
fn the_table_has_no_circle() {
    for (room, _) in ROOMS {
        let mut reached = BTreeSet::new();
        let mut open = allowed(room).to_vec();
        while let Some(next) = open.pop() {
            assert_ne!(next, room, "{room} can be reached from itself");
            if reached.insert(next) {
                open.extend(allowed(next));
            }
        }
    }
}

#[test]
fn uses_are_found_in_every_form() {
    let text = "use crate::a::B;\nuse crate::{c::{D, e::F}, g};\nlet x: crate::h::I = crate::j::k();\n\
        //! not [`crate::l::M`]\nuse spanload::n::{O, P};\nuse crate::q::r::S;";
    let found: Vec<_> =
        uses_in("room", text).into_iter().map(|one| format!("{} {}", one.to, one.item)).collect();
    assert_eq!(found, ["a B", "c D", "c e", "g ", "h I", "j k", "n O", "n P", "q r"]);
}

fn allowed(room: &str) -> &'static [&'static str] {
    ROOMS.iter().find(|(name, _)| *name == room).map_or(&[], |(_, rooms)| *rooms)
}

fn may(from: &str, to: &str) -> bool {
    from == to || allowed(from).contains(&to)
}

fn uses() -> BTreeSet<Use> {
    let read = |file: &PathBuf| std::fs::read_to_string(file).expect("a source file");
    files().iter().flat_map(|file| uses_in(&room(file), &read(file))).collect()
}

fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.extension() {
                None if path.is_dir() => folders.push(path),
                Some(extension) if extension == "rs" => files.push(path),
                _ => {}
            }
        }
    }
    files
}

/// `src/plan/trace.rs` and `src/plan.rs` lie in the room `plan`.
fn room(file: &Path) -> String {
    let inside = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("below src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_string()
}

/// Every path from the root of the crate, in code; the text is taken without its comments.
fn uses_in(from: &str, text: &str) -> BTreeSet<Use> {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let after = |root: &'static str| code.match_indices(root).map(move |(at, _)| at + root.len());
    let starts: Vec<_> = after("crate::").chain(after("spanload::")).collect();
    let paths = starts.into_iter().flat_map(|start| expand(&code[start..]));
    paths.map(|(to, item)| Use { from: from.into(), to, item }).collect()
}

/// The first two parts of a path or of each path in braces: `{a::B, c}` is `(a, B)` and `(c, )`.
fn expand(path: &str) -> Vec<(String, String)> {
    if let Some(inner) = braced(path) {
        return split(inner).into_iter().flat_map(expand).collect();
    }
    let first = word(path);
    let Some(rest) = path[first.len()..].strip_prefix("::") else {
        return vec![(first.to_string(), String::new())];
    };
    let items = braced(rest).map_or(vec![rest], split);
    items.into_iter().map(|item| (first.to_string(), word(item).to_string())).collect()
}

fn word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    &text[..end.unwrap_or(text.len())]
}

/// What stands in the braces at the start.
fn braced(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('{')?;
    let mut depth = 1;
    for (at, letter) in inner.char_indices() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        if depth == 0 {
            return Some(&inner[..at]);
        }
    }
    None
}

/// At the commas that stand in no braces.
fn split(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let at_top = |letter: char| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        letter == ',' && depth == 0
    };
    list.split(at_top).map(str::trim).filter(|part| !part.is_empty()).collect()
}
