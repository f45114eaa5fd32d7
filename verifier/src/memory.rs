//! How freed memory is handled: kept at hand, within a bound, instead of given back to the system and asked for again.
//!
//! A bundle is a few buffers of a mebibyte that live for some milliseconds. Out of the box the C library gives each back
//! and the system hands out empty pages anew, which cost more time than decrypting into them.
#![expect(unsafe_code, reason = "mallopt is a C function")]

/// Buffers up to this size come from the heap: a paper of a hundred pages. Larger ones go back when they are freed.
const FROM_HEAP_BYTES: libc::c_int = 8 << 20;
/// Free memory at the end of a heap beyond this goes back.
const KEPT_BYTES: libc::c_int = 8 << 20;
/// Heaps: threads share them, so that what is kept is bounded, by [`KEPT_BYTES`] each.
const HEAPS: libc::c_int = 4;

/// Sets it for this process; to be called before threads are started. Other C libraries than glibc do as they like.
#[cfg(target_env = "gnu")]
pub fn keep_at_hand() {
    for (what, value) in [
        (libc::M_MMAP_THRESHOLD, FROM_HEAP_BYTES),
        (libc::M_TRIM_THRESHOLD, KEPT_BYTES),
        (libc::M_ARENA_MAX, HEAPS),
    ] {
        // SAFETY: takes two integers and changes nothing but the allocator's own settings; a value it does not take, it
        // leaves.
        unsafe { libc::mallopt(what, value) };
    }
}

/// There is nothing to set here.
#[cfg(not(target_env = "gnu"))]
pub fn keep_at_hand() {}
