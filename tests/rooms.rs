//! Which room may use which: data flows one way, and a new way must be opened here first.
#[path = "rooms/circles.rs"]
mod circles;
#[path = "rooms/modules.rs"]
mod modules;
#[path = "rooms/names.rs"]
mod names;
#[path = "rooms/paths.rs"]
mod paths;
#[path = "rooms/tokens.rs"]
mod tokens;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use circles::described;
use modules::Modules;

/// Each room in the order of the flow, and the rooms it may use beside itself.
const ROOMS: [(&str, &[&str]); 18] = [
    // The nouns, which know nobody.
    ("model", &[]),
    ("stats", &["model"]),
    ("host", &["model"]),
    // What the bytes of an answer say, whoever moves them: no clock, no socket.
    ("stream", &["model"]),
    // A tap on finished samples, which knows no other room.
    ("telemetry", &["model", "host"]),
    // Reached over HTTP alone, so it knows nothing of who calls it, not even the nouns; its spans go out by the same
    // bounded exporter.
    ("mock", &["telemetry"]),
    // The sections `[mock]` and `[telemetry]` are their rooms' own settings; nothing else of these is known here.
    ("scenario", &["model", "host", "mock", "telemetry"]),
    ("plan", &["model", "stats", "host"]),
    ("transport", &["model", "host"]),
    ("client", &["model", "host", "transport"]),
    ("engine", &["model", "host", "plan", "transport", "client"]),
    ("runlog", &["model", "host", "stream"]),
    ("analyze", &["model", "stats", "host"]),
    // The progress shows what the recorder has counted.
    ("report", &["model", "stats", "host", "analyze", "runlog"]),
    ("baseline", &["model", "host"]),
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
            "baseline",
            "workflow",
        ],
    ),
    ("main", &["cli"]),
];

/// What a room takes from another of which it may have only a part.
const PARTS: [(&str, &str, &[&str]); 8] = [
    ("scenario", "telemetry", &["TelemetrySettings"]),
    ("mock", "telemetry", &["Caller", "ExpositionFormat", "Served", "ServerTracer", "SpanTotals", "names"]),
    ("scenario", "mock", &["MockSettings"]),
    ("report", "runlog", &["Live"]),
    ("scenario", "host", &["paths", "regular"]),
    ("plan", "host", &["regular"]),
    ("plan", "stats", &["SplitMix64"]),
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
fn no_file_imports_one_that_imports_it() {
    let imports = circles::imports(&Modules::read(&src()));
    let found = circles::circles(&imports);
    let found: Vec<String> = found.iter().map(|circle| described(circle, &imports)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_import_is_overlooked() {
    let modules = Modules::read(&src());
    assert_eq!(circles::lost(&modules), [""; 0], "paths into the crate that this test cannot follow");
    assert_eq!(names::methods_away(&modules), [""; 0], "methods stand in the file of their type");
}

/// One word, one meaning.
#[test]
fn no_type_name_is_defined_twice() {
    let modules = Modules::read(&src());
    let found = names::defined_twice(&modules);
    assert!(found.is_empty(), "defined in several files: {found:#?}");
}

/// Each form in which a file can import another, in a house of its own.
#[test]
fn a_circle_is_found_however_it_is_tied() {
    let house = tempfile::tempdir().expect("a folder");
    let files = [
        ("lib.rs", "mod a;\nmod b;\npub mod hub;\nmod one;\nmod two;\nmod three;\npub use hub::Deep;"),
        ("a.rs", "use crate::b::{self, inner::{C as D}};\npub struct A;"),
        ("b.rs", "pub mod inner { pub struct C; }\nfn f(_: super::a::A) {}"),
        ("hub/mod.rs", "mod deep;\nmod side;\npub use deep::Deep;\nstruct Own;\nfn g() { side::h() }"),
        ("hub/deep.rs", "pub struct Deep;\n#[cfg(test)]\nmod tests { use super::super::side::h; }"),
        ("hub/side.rs", "use super::Own;\nuse crate::Deep;\npub fn h() {}\nimpl Deep { fn away() {} }"),
        (
            "one.rs",
            "use crate::two::Two;\n// use crate::three::Three;\nconst TEXT: &str = \"crate::three::Three\";",
        ),
        ("two.rs", "pub struct Two;\npub use crate::one::TEXT;"),
        ("three.rs", "pub struct Three;\nenum Two {}\ntype A = crate::nowhere::X;"),
    ];
    for (file, text) in files {
        std::fs::create_dir_all(house.path().join(file).parent().expect("a folder")).expect("made");
        std::fs::write(house.path().join(file), text).expect("written");
    }
    let modules = Modules::read(house.path());
    let imports = circles::imports(&modules);
    let found = circles::circles(&imports);
    assert_eq!(found, [vec!["a.rs", "b.rs"], vec!["hub/mod.rs", "hub/side.rs"]]);
    let tied = "a circle of 2 files:\n  hub/mod.rs -> hub/side.rs: h\n  hub/side.rs -> hub/mod.rs: Own";
    assert_eq!(described(&found[1], &imports), tied);
    assert_eq!(imports["hub/side.rs"].keys().collect::<Vec<_>>(), ["hub/deep.rs", "hub/mod.rs"]);
    assert_eq!(circles::lost(&modules), ["three.rs: crate::nowhere::X"]);
    assert_eq!(names::methods_away(&modules), ["hub/side.rs: Deep of hub/deep.rs"]);
    let twice: Vec<_> = names::defined_twice(&modules).into_keys().collect();
    assert_eq!(twice, ["A", "Two"]);
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
    files().iter().flat_map(|file| uses_in(&room(file), tokens::read(file))).collect()
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![src()];
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
    let inside = file.strip_prefix(src()).expect("below src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_string()
}

/// Every path from the root of the crate, in code.
fn uses_in(from: &str, text: &'static str) -> BTreeSet<Use> {
    let paths = paths::all(&tokens::of(text))
        .into_iter()
        .filter(|path| ["crate", "spanload"].contains(&path[0].as_str()));
    let part = |path: &[String], at: usize| path.get(at).cloned().unwrap_or_default();
    paths.map(|path| Use { from: from.into(), to: part(&path, 1), item: part(&path, 2) }).collect()
}
