//! Keeps what is in memory out of core dumps, debuggers and files.
#![expect(unsafe_code, reason = "three system calls that std does not offer")]

use std::io;

/// No core dump, no attaching debugger of the same account, and no growing of any file: from here on
/// the process can write to pipes and sockets only.
pub(crate) fn keep_memory_private() -> io::Result<()> {
    for resource in [libc::RLIMIT_CORE, libc::RLIMIT_FSIZE] {
        let none = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: the pointer is to a live struct of the right type.
        check(unsafe { libc::setrlimit(resource, &raw const none) })?;
    }
    // A write to a file then fails instead of killing the process.
    // SAFETY: SIG_IGN is a valid disposition for SIGXFSZ.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    // SAFETY: PR_SET_DUMPABLE takes one integer and touches no memory of ours.
    check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
