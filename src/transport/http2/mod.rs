//! HTTP/2 (RFC 9113): many exchanges at the same time on one connection.
//!
//! Frames are made and understood by a library. It says nothing of when they came and went, so that their heads are read once
//! more, between the library and the stream: each exchange gets the instants of its own frames, whatever else was under way.

mod connection;
mod driver;
mod exchange;
mod frames;
mod traffic;
mod watched;
mod windows;

pub(super) use connection::Http2;
pub(super) use exchange::kind_of;
pub(super) use windows::Windows;
