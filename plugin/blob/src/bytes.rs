//! Checked little-endian reads. Every offset in a blob is read through these: outside the slice means `None`.

pub(crate) fn u8_at(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied()
}

pub(crate) fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    let bytes = data.get(at..at.checked_add(2)?)?;
    bytes.try_into().ok().map(u16::from_le_bytes)
}

pub(crate) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    bytes.try_into().ok().map(u32::from_le_bytes)
}

pub(crate) fn u64_at(data: &[u8], at: usize) -> Option<u64> {
    let bytes = data.get(at..at.checked_add(8)?)?;
    bytes.try_into().ok().map(u64::from_le_bytes)
}

/// An unsigned integer of `len` bytes, at most 8.
#[inline(always)]
pub(crate) fn uint_at(data: &[u8], at: usize, len: usize) -> Option<u64> {
    match data.get(at..).and_then(<[u8]>::first_chunk) {
        _ if len > 8 => None,
        // Read with what stands behind it, which is cut off.
        Some(word) => Some(u64::from_le_bytes(*word) & u64::MAX.checked_shr(64 - len as u32 * 8).unwrap_or(0)),
        None => uint_at_end(data, at, len),
    }
}

/// The same where fewer than eight bytes are left.
#[inline(never)]
fn uint_at_end(data: &[u8], at: usize, len: usize) -> Option<u64> {
    let bytes = data.get(at..at.checked_add(len)?)?;
    Some(bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
}

/// Fields of equal records, byte by byte: the first bytes of all records, then the second bytes of all, and so on. Bytes that
/// mean the same stand together, which packs far better than record after record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planes<'a> {
    data: &'a [u8],
    count: usize,
}

impl<'a> Planes<'a> {
    /// `None` unless the bytes are those of `count` records of `width` bytes.
    pub(crate) fn new(data: &'a [u8], count: usize, width: usize) -> Option<Self> {
        (count.checked_mul(width) == Some(data.len())).then_some(Self { data, count })
    }

    /// One byte of every record; empty if there is no such plane.
    pub(crate) fn plane(&self, plane: usize) -> &'a [u8] {
        self.data.get(plane * self.count..(plane + 1) * self.count).unwrap_or_default()
    }

    /// The integer of `width` planes, least significant first. `None` past the last record.
    pub(crate) fn uint(&self, at: usize, plane: usize, width: usize) -> Option<u32> {
        if at >= self.count {
            return None;
        }
        let byte = |n: usize| self.data.get((plane + n) * self.count + at).copied().map(u32::from);
        (0..width).rev().try_fold(0, |value, n| Some(value << 8 | byte(n)?))
    }
}

/// The records as planes. All have one length.
#[cfg(any(test, feature = "write"))]
pub(crate) fn put_planes<const N: usize>(out: &mut Vec<u8>, records: &[[u8; N]]) {
    (0..N).for_each(|plane| out.extend(records.iter().filter_map(|record| record.get(plane))));
}

/// Places in a block whose bytes [`sum_in_block`] adds up.
pub(crate) const SUMMED: usize = 8;

/// The bytes of a plane from the first one of the block of [`SUMMED`] that `at` is in, up to and without `at`, added up.
pub(crate) fn sum_in_block(plane: &[u8], at: usize) -> u32 {
    let from = at - at % SUMMED;
    match u64_at(plane, from) {
        Some(word) => {
            // Eight bytes at once: what is past `at` is cut off, neighbours are added, a product gathers the four sums.
            let word = word & ((1 << ((at % SUMMED) * 8)) - 1);
            let pairs = (word & 0x00ff_00ff_00ff_00ff) + (word >> 8 & 0x00ff_00ff_00ff_00ff);
            (pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as u32
        }
        None => plane.get(from..at).unwrap_or_default().iter().map(|byte| u32::from(*byte)).sum(),
    }
}

/// A cursor over a run of LEB128 numbers and length-prefixed texts. Once it fails it stays failed.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    data: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { data }
    }

    pub(crate) fn at(data: &'a [u8], offset: usize) -> Option<Self> {
        data.get(offset..).map(Self::new)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        let (first, rest) = self.data.split_first()?;
        self.data = rest;
        Some(*first)
    }

    /// An unsigned LEB128 number of at most 64 bits. Asked from everywhere and in no loop that is hot, so one copy of it ships.
    #[inline(never)]
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.varint().and_then(|v| u32::try_from(v).ok())
    }

    /// A signed number, zigzag.
    pub(crate) fn i64(&mut self) -> Option<i64> {
        let v = self.varint()?;
        Some(((v >> 1) as i64) ^ -((v & 1) as i64))
    }

    /// A UTF-8 text with its length before it.
    #[inline(never)]
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let len = usize::try_from(self.varint()?).ok()?;
        let bytes = self.data.get(..len)?;
        self.data = self.data.get(len..)?;
        std::str::from_utf8(bytes).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Bytes that are left.
    pub(crate) fn left(&self) -> usize {
        self.data.len()
    }
}

#[cfg(any(test, feature = "write"))]
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(any(test, feature = "write"))]
pub(crate) fn put_i64(out: &mut Vec<u8>, value: i64) {
    put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
}

#[cfg(any(test, feature = "write"))]
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_and_texts_round_trip(number in any::<u64>(), signed in any::<i64>(), text in ".{0,40}") {
            let mut out = Vec::new();
            put_varint(&mut out, number);
            put_i64(&mut out, signed);
            put_text(&mut out, &text);
            let mut cursor = Cursor::new(&out);
            prop_assert_eq!(cursor.varint(), Some(number));
            prop_assert_eq!(cursor.i64(), Some(signed));
            prop_assert_eq!(cursor.text(), Some(text.as_str()));
            prop_assert!(cursor.is_empty());
        }

        #[test]
        fn planes_hold_their_records(records in prop::collection::vec(any::<[u8; 5]>(), 0..40)) {
            let mut out = Vec::new();
            put_planes(&mut out, &records);
            let planes = Planes::new(&out, records.len(), 5).unwrap();
            for len in 0..=8 {
                let read = |at: usize| out.get(at..at + len).map(|bytes| bytes.iter().rev().fold(0, |all, b| all << 8 | u64::from(*b)));
                (0..out.len() + 2).try_for_each(|at| {
                    prop_assert_eq!(uint_at(&out, at, len), read(at));
                    Ok(())
                })?;
            }
            for (n, [a, b, c, d, e]) in records.iter().enumerate() {
                prop_assert_eq!(planes.uint(n, 0, 3), Some(u32::from_le_bytes([*a, *b, *c, 0])));
                prop_assert_eq!(planes.uint(n, 3, 2), Some(u32::from_le_bytes([*d, *e, 0, 0])));
                let before = records.iter().take(n).skip(n / SUMMED * SUMMED).map(|r| u32::from(r[4])).sum::<u32>();
                prop_assert_eq!(sum_in_block(planes.plane(4), n), before);
            }
            prop_assert_eq!((planes.uint(records.len(), 0, 5), planes.plane(5)), (None, &[][..]));
            prop_assert!(Planes::new(&out, records.len() + 1, 5).is_none());
        }
    }

    #[test]
    fn numbers_past_64_bits_are_refused() {
        assert_eq!(Cursor::new(&[0xff; 9]).varint(), None);
        assert_eq!(Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]).varint(), None);
        assert_eq!(uint_at(&[0; 20], 0, 9), None);
    }
}
