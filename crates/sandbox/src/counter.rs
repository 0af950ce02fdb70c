//! Counters of faults: how many of the next calls are hit.

/// What the first counter that is not yet used up does to this call; the others wait for the next one.
pub(crate) fn struck<B, const N: usize>(counters: [(&mut u32, B); N]) -> Option<B> {
    counters.into_iter().find_map(|(counter, blow)| count_down(counter).then_some(blow))
}

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
