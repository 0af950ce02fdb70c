//! Counters of faults: how many of the next calls are hit.

/// Whether this call is hit; `u32::MAX` means for ever.
pub(crate) fn count_down(counter: &mut u32) -> bool {
    match *counter {
        0 => false,
        u32::MAX => true,
        left => {
            *counter = left - 1;
            true
        }
    }
}
