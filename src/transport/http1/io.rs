//! Where bytes wait: a stream with its buffers, and the one place that all connections of a thread read to.

/// Bytes that are read at once. All connections of a thread read into the same place, so that a thousand of them cost no
/// more memory than one, and the place stays in the processor's cache.
const READ: usize = 64 * 1024;

/// Where a thread's connections read to.
pub struct Scratch(pub(super) Box<[u8]>);

impl Default for Scratch {
    fn default() -> Self {
        Scratch(vec![0; READ].into_boxed_slice())
    }
}

/// The stream, with a buffer for what is to be written on it and one for what came and is not understood yet.
pub(super) struct Io<S> {
    pub stream: S,
    pub output: Vec<u8>,
    pub pending: Vec<u8>,
}
