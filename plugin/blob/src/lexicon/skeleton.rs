//! Consonant skeletons: spellings of one sound meet, and scripts without vowels meet Latin ones.
//!
//! `mohammed`, `mouhamed` and the Arabic consonants m-h-m-d all have the skeleton `mhmd`.

/// Longest token that the index knows; longer ones are cut.
pub const MAX_TOKEN: usize = 63;

/// A short piece of ASCII on the stack.
#[derive(Debug, Clone, Copy)]
pub struct Short {
    // With the length 64 bytes: WebAssembly copies no more than that without a call.
    bytes: [u8; MAX_TOKEN],
    len: u8,
}

impl Short {
    /// Nothing.
    pub const EMPTY: Self = Self { bytes: [0; MAX_TOKEN], len: 0 };

    /// The text, cut at [`MAX_TOKEN`] bytes.
    pub fn of(text: &[u8]) -> Self {
        let mut out = Self::EMPTY;
        for byte in text {
            out.push(*byte);
        }
        out
    }

    /// Appends a byte, unless it is full.
    pub fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(usize::from(self.len)) {
            *slot = byte;
            self.len += 1;
        }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    fn last(&self) -> Option<u8> {
        self.as_bytes().last().copied()
    }

    fn pop(&mut self) {
        self.len = self.len.saturating_sub(1);
    }
}

/// What is past the end is not compared: in WebAssembly that goes byte by byte.
impl PartialEq for Short {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Short {}

const fn vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// The skeleton of a token of lower-case ASCII letters and digits.
///
/// With `drop_w`, `w` and `v` are read as the vowel that the Arabic letter waw also is.
pub fn skeleton(token: &[u8], drop_w: bool) -> Short {
    let mut out = Short::EMPTY;
    let mut rest = token;
    // The letter before, and the last sound that was put down.
    let (mut before, mut last) = (0, 0);
    while let [c, tail @ ..] = rest {
        let (c, next) = (*c, tail.first().copied().unwrap_or(0));
        // How many letters this sound takes, and what stands for it (0 = nothing).
        let (len, sound) = match (c, next) {
            (b'a' | b'e' | b'i' | b'o' | b'u' | b'y', _) => (1, 0),
            (b'b' | b'f' | b'h' | b'l' | b'm' | b'n' | b'r', _) => (1, c),
            (b's', b'c') if rest.starts_with(b"sch") => (3, b's'),
            (b't', b's') if rest.starts_with(b"tsch") => (4, b'c'),
            (b't', b'c') if rest.starts_with(b"tch") => (3, b'c'),
            (b'd', b'z') if rest.starts_with(b"dzh") => (3, b'j'),
            // Polish, and Swedish at the end of a name: Andrzejewicz, Jevgenjevitj.
            (b'c', b'z') => (2, b'c'),
            (b't', b'j') if rest.len() == 2 => (2, b'c'),
            (b'd', b'j') => (2, b'j'),
            (b's', b'h') => (2, b's'),
            (b'z', b'h') => (2, b'j'),
            (b't', b's' | b'z') => (2, b's'),
            (b'c', b'h') => (2, b'c'),
            (b'c', b'k') => (2, b'k'),
            (b'c', b'e' | b'i' | b'y') => (1, b's'),
            (b'k', b'h') => (2, b'h'),
            (b'g', b'h') => (2, b'g'),
            (b't', b'h') => (2, b't'),
            (b'd', b'h') => (2, b'd'),
            (b'p', b'h') => (2, b'f'),
            (b'c' | b'q', _) => (1, b'k'),
            (b'z', _) => (1, b's'),
            (b'w' | b'v', _) if drop_w => (1, 0),
            (b'w', _) => (1, b'v'),
            (b'x', _) => {
                if last != b'k' {
                    out.push(b'k');
                    last = b'k';
                }
                (1, b's')
            }
            // Between vowels a j is a glide: Aleksejevich.
            (b'j', _) if out.len > 0 && (vowel(next) || tail.is_empty()) && vowel(before) => (1, 0),
            _ => (1, c),
        };
        if sound == 0 {
            // A first vowel.
            if out.len == 0 {
                out.push(b'a');
                last = b'a';
            }
        } else if last != sound || sound.is_ascii_digit() {
            out.push(sound);
            last = sound;
        }
        before = rest.get(len - 1).copied().unwrap_or(0);
        rest = rest.get(len..).unwrap_or_default();
    }
    // A last h is not heard, and Russian names end in -ov or -off.
    match out.last() {
        Some(b'h') if out.len > 1 => out.pop(),
        Some(b'f') => {
            out.pop();
            out.push(b'v');
        }
        _ => {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_meet() {
        for group in [
            &["mohammed", "mouhamed", "muhammad", "mhmd"][..],
            &["aleksandr", "alexander", "alexandr"],
            &["evgeny", "yevgeniy", "evgenii"],
            &["khalid", "halid", "khaled"],
            &["ivanov", "iwanow", "ivanoff"],
            &["usama", "osama", "ousamah"],
            &["schmidt", "shmidt"],
            &["qasim", "kassem"],
            &["dzhamal", "djamal", "jamal"],
        ] {
            let first = skeleton(group[0].as_bytes(), false);
            for other in group {
                assert_eq!(skeleton(other.as_bytes(), false), first, "{other}");
            }
        }
        assert_eq!(skeleton(b"mhmwd", true), skeleton(b"mahmoud", false));
        assert_ne!(skeleton(b"ivanov", false), skeleton(b"petrov", false));
        assert_eq!(skeleton(b"", false).as_bytes(), b"");
        assert_eq!(skeleton(b"1122", false).as_bytes(), b"1122");
    }
}
