//! The wish to stop ends every story at once and loses none.

use std::cell::RefCell;

use spanload::host::{Interrupt, Signal};
use spanload::model::ErrorKind;

use super::load::{Load, at, stages};
use super::scripted::{Act, Scripted};

#[test]
fn an_interrupt_ends_every_story_and_loses_none() {
    let (wish, interrupt) = Interrupt::new();
    let wish = RefCell::new(Some(wish));
    // The second request expresses the wish after 150 ms, and never comes to an end.
    let transport = Scripted::new(move |seq| match seq {
        0 => Act::Answer { after_ms: 10 },
        _ => {
            if let Some(wish) = wish.take() {
                tokio::task::spawn_local(async move {
                    super::net::pause(150).await;
                    wish.send(Some(Signal::Interrupt)).expect("the engine listens");
                    std::future::pending::<()>().await;
                });
            }
            Act::Never
        }
    });
    let mut load = Load::new(10, 3).pool(2);
    load.interrupt = interrupt;
    let outcome = load.run_on(transport);
    let words = outcome.samples().into_iter().map(|sample| sample.error.map_or("ok", ErrorKind::name));
    let words: Vec<_> = words.collect();
    assert_eq!(words[..4], ["ok", "interrupted", "interrupted", "unsent"]);
    assert!(words[3..].iter().all(|word| *word == "unsent"), "{words:?}");
    assert_eq!(stages(outcome.sample(1)), [("queue", 0), ("connect", 0), ("send", 0), ("wait", 150_000)]);
    assert_eq!(stages(outcome.sample(2)), [("queue", 10_000), ("send", 0), ("wait", 140_000)]);
    for seq in 3..10 {
        let sample = outcome.sample(seq);
        assert_eq!((stages(sample), sample.end(), sample.attempts), (vec![], None, 0));
        // 3 was due when 0 had ended, the others never.
        assert_eq!(sample.due, (seq == 3).then_some(at(10)));
    }
}
