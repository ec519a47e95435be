//! What the engine hands to the recorder at a time.

use super::{Completed, Sample};

/// Rows that are made at a time for requests that were never issued.
const MADE: usize = 256;

/// A part of a repetition's requests. As an iterator it gives them in pieces, none of which is empty.
pub enum Chunk {
    /// Requests whose story has ended, in that order.
    Ended(Vec<Completed>),
    /// Requests that were never issued: there may be millions of them, so that their rows are made where they are written.
    NeverIssued(Box<dyn Iterator<Item = Sample> + Send>),
}

impl Iterator for Chunk {
    type Item = Vec<Completed>;

    fn next(&mut self) -> Option<Vec<Completed>> {
        let piece = match self {
            Chunk::Ended(ended) => std::mem::take(ended),
            Chunk::NeverIssued(rest) => {
                rest.take(MADE).map(|sample| Completed { sample, answer: None }).collect()
            }
        };
        Some(piece).filter(|piece| !piece.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TraceId;

    #[test]
    fn every_row_comes_once_and_in_order_however_it_came_about() {
        let samples = || (0..600).map(|seq| Sample::unsent(seq, TraceId(1), None));
        let ended = Chunk::Ended(samples().map(|sample| Completed { sample, answer: None }).collect());
        for (chunk, lengths) in
            [(ended, vec![600]), (Chunk::NeverIssued(Box::new(samples())), vec![256, 256, 88])]
        {
            let pieces: Vec<_> = chunk.collect();
            assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), lengths);
            assert!(pieces.into_iter().flatten().map(|row| row.sample.seq).eq(0..600));
        }
        assert!(Chunk::Ended(Vec::new()).next().is_none());
    }
}
