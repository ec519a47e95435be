//! The words that not every reader knows.

use maud::{Markup, html};

/// In the order in which a request meets them.
const WORDS: [(&str, &str); 12] = [
    ("SLA", "the limits by which a run is judged, such as P95 ≤ 800 ms"),
    (
        "P50, P95, P99",
        "percentiles: of all planned requests 95 % took at most the P95, one in twenty took longer; P50 is the median",
    ),
    (
        "plan",
        "the list of requests that both phases send; its digest is a short number that only the same list has",
    ),
    ("due", "the instant at which a caller wants its request sent; latency counts from there"),
    (
        "SYN retransmission",
        "the first packet of a new connection got no answer and was sent again, a second or more later",
    ),
    (
        "not yet accepted",
        "the client believes to be connected, but the server's accept queue was full and dropped the last step; the request is sent again until there is room",
    ),
    ("accept queue", "connected, waiting in the server's kernel for the server to take the connection"),
    ("server queue", "taken by the server, waiting there for a free replica"),
    ("compute", "a replica works on the call; each request in a batch is charged the whole of its call"),
    ("tail", "the slowest 5 % of the requests; the middle is P45 to P55"),
    (
        "Little's law",
        "callers = answers a second × mean latency: with a fixed number of callers, only more answers a second shorten the mean",
    ),
    ("95 % interval", "a range made so that it holds the figure in 19 of 20 such runs"),
];

/// Last on the page, open so that it prints.
pub fn section() -> Markup {
    html! {
        section aria-labelledby="glossary" {
            h2 #glossary { "Words" }
            details open {
                summary { "What the words mean" }
                dl.glossary { @for (word, meaning) in WORDS { div { dt { (word) } dd { (meaning) "." } } } }
            }
        }
    }
}
