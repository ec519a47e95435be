//! The paths in code: those of `use` trees, leaf by leaf, and those that stand in expressions and types.

use super::tokens::{end_of_group, is_word};

/// All of them.
pub fn all(tokens: &[&str]) -> Vec<Vec<String>> {
    let (mut paths, mut body, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        let end = at + tokens[at..].iter().position(|token| *token == ";").unwrap_or(0);
        if tokens[at] == "use" && end > at {
            paths.extend(leaves(&tokens[at + 1..end]).into_iter().map(|(_, path)| path));
            at = end;
        }
        body.push(tokens[at]);
        at += 1;
    }
    paths.extend(paths_in(&body));
    paths
}

/// Each `a::b::c` in code, from its first word on; `body` is without `use` declarations.
pub fn paths_in(body: &[&str]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let begins = is_word(body[at]) && body.get(at + 1) == Some(&"::");
        let continues = at > 0 && (body[at - 1] == "::" || body[at - 1] == ".");
        if begins && !continues {
            let mut path = vec![body[at].to_string()];
            let mut next = at + 1;
            while body.get(next) == Some(&"::") && body.get(next + 1).is_some_and(|word| is_word(word)) {
                path.push(body[next + 1].to_string());
                next += 2;
            }
            paths.push(path);
        }
        at += 1;
    }
    paths
}

/// Each name that a use tree brings in, with its path.
pub fn leaves(tree: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut path: Vec<String> = Vec::new();
    let mut at = 0;
    while at < tree.len() {
        match tree[at] {
            "{" => {
                let inside = &tree[at + 1..end_of_group(tree, at) - 1];
                let inner = split(inside).into_iter().flat_map(leaves);
                return inner.map(|(name, rest)| named_after(&path, name, rest)).collect();
            }
            "::" => {}
            "as" => return vec![(tree[at + 1].to_string(), path)],
            word => path.push(word.to_string()),
        }
        at += 1;
    }
    vec![(path.last().cloned().unwrap_or_default(), path)]
}

/// `a::{self}` brings in `a`.
fn named_after(path: &[String], name: String, rest: Vec<String>) -> (String, Vec<String>) {
    if rest == ["self"] {
        let own = if name == "self" { path.last().cloned().unwrap_or_default() } else { name };
        return (own, path.to_vec());
    }
    (name, path.iter().cloned().chain(rest).collect())
}

/// At the commas that stand in no braces.
fn split<'a, 'b>(list: &'a [&'b str]) -> Vec<&'a [&'b str]> {
    let mut depth = 0;
    let at_top = |token: &&str| {
        depth += i32::from(*token == "{") - i32::from(*token == "}");
        *token == "," && depth == 0
    };
    list.split(at_top).filter(|part| !part.is_empty()).collect()
}
