//! How the allocator keeps memory that was freed.

/// From this size on, an allocation has pages of its own: glibc's own value, as it is until the first large one is freed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_PAGES: libc::c_int = 128 * 1024;

/// Lets memory of large answers go back to the system when they are gone. By itself glibc puts the next large allocations on
/// its heap once one was freed, where answers that grow beside each other leave holes: up to a third more memory than is in
/// use, depending on who grows when.
pub fn give_large_ones_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: a plain call that sets a number. It can only refuse, and then all is as it was.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_PAGES);
    }
}
