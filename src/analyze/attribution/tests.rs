//! Whole phases: what is found, what adds up, what must not panic.
