//! Letters in lower case, as the library has them. Its table of 1,400 pairs (12 kB) is mostly runs: the same change for each letter,
//! or for each second one. This crate's build script makes the runs of it, and the test holds the two against each other.

include!(concat!(env!("OUT_DIR"), "/lower.rs"));

/// Characters that change alike.
struct Run {
    first: u32,
    change: i32,
    count: u8,
    /// How far each is from the one before.
    step: u8,
}

/// The character in lower case: one, and a mark behind `İ`.
pub(crate) fn lower(c: char) -> impl Iterator<Item = char> {
    std::iter::once(first(c)).chain((c == '\u{130}').then_some('\u{307}'))
}

fn first(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let code = u32::from(c);
    let behind = RUNS.partition_point(|run| run.first <= code);
    let changed = behind.checked_sub(1).and_then(|at| RUNS.get(at)).and_then(|run| {
        let (after, step) = (code - run.first, u32::from(run.step));
        let among = after.checked_rem(step) == Some(0) && after < u32::from(run.count) * step;
        if among { code.checked_add_signed(run.change).and_then(char::from_u32) } else { None }
    });
    changed.unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_as_the_library_has_it() {
        for c in '\0'..=char::MAX {
            assert!(lower(c).eq(c.to_lowercase()), "{c:?}");
        }
    }
}
