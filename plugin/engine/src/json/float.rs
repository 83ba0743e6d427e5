//! Fractions in JSON: the shortest decimal that reads back as the same number, as `serde_json` writes it. That library keeps
//! 17 kB of powers for it which no compression makes smaller; a gate writes a few ages and shares, for which 128 bits will do.

use std::cmp::Ordering;

/// Digits that tell any two numbers apart (IEEE 754, binary64).
const MOST: u32 = 17;
/// With so many, no two decimals are the same number.
const SURE: u32 = 15;

/// The powers of ten that 17 digits of a number from 0.00001 on need.
const TENS: [u128; 22] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
    10_000_000_000_000,
    100_000_000_000_000,
    1_000_000_000_000_000,
    10_000_000_000_000_000,
    100_000_000_000_000_000,
    1_000_000_000_000_000_000,
    10_000_000_000_000_000_000,
    100_000_000_000_000_000_000,
    1_000_000_000_000_000_000_000,
];

/// Writes a number; `null` if it is none.
pub(super) fn write(out: &mut Vec<u8>, number: f64) {
    if !number.is_finite() {
        return out.extend_from_slice(b"null");
    }
    if number.is_sign_negative() {
        out.push(b'-');
    }
    let (digits, exponent) = if number == 0.0 { (0, 0) } else { shortest(Parts::of(number)) };
    let digits = digits.to_string();
    // Where the point stands, counted from the first digit.
    let point = digits.len() as i32 + exponent;
    let zeros = |count: i32| std::iter::repeat_n(b'0', usize::try_from(count).unwrap_or(0));
    match point {
        1..=16 if exponent >= 0 => {
            out.extend(digits.bytes().chain(zeros(exponent)));
            out.extend_from_slice(b".0");
        }
        1..=16 => {
            let (whole, rest) = digits.split_at(digits.len().min(point as usize));
            out.extend(whole.bytes().chain([b'.']).chain(rest.bytes()));
        }
        -4..=0 => out.extend(b"0.".iter().copied().chain(zeros(-point)).chain(digits.bytes())),
        _ => {
            let (first, rest) = digits.split_at(1);
            out.extend_from_slice(first.as_bytes());
            if !rest.is_empty() {
                out.extend([b'.'].into_iter().chain(rest.bytes()));
            }
            out.extend_from_slice(if point > 0 { b"e+" } else { b"e" });
            out.extend_from_slice((point - 1).to_string().as_bytes());
        }
    }
}

/// A number above zero: `whole` times two to the `power`.
#[derive(Clone, Copy)]
struct Parts {
    whole: u64,
    power: i32,
    /// The next number below is only half as far as the next above.
    edge: bool,
}

impl Parts {
    fn of(number: f64) -> Self {
        const HIDDEN: u64 = 1 << 52;
        let bits = number.to_bits();
        let (stored, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & (HIDDEN - 1));
        if stored == 0 {
            return Self { whole: fraction, power: -1074, edge: false };
        }
        Self { whole: fraction | HIDDEN, power: stored - 1075, edge: fraction == 0 && stored > 1 }
    }
}

/// The digits without zeros behind, and the power of ten that they stand for.
fn shortest(parts: Parts) -> (u64, i32) {
    let (mut digits, mut exponent) = usual(parts).unwrap_or_else(|| rare(parts));
    while digits % 10 == 0 {
        digits /= 10;
        exponent += 1;
    }
    (digits, exponent)
}

/// Of numbers from 0.00001 up to 10^15.
fn usual(Parts { whole, power, edge }: Parts) -> Option<(u64, i32)> {
    let shift = u32::try_from(-power).ok().filter(|shift| (1..=69).contains(shift))?;
    let whole = u128::from(whole);
    // The place of the first digit: 0 = ones, -1 = tenths.
    let first = match whole >> shift {
        0 => -(1..=5_i32).find(|place| TENS.get(*place as usize).is_some_and(|ten| (whole * ten) >> shift > 0))?,
        ones => i32::try_from(ones.ilog10()).ok().filter(|place| *place < 15)?,
    };
    (SURE..=MOST).find_map(|count| {
        let places = count as i32 - 1 - first;
        let ten = *TENS.get(usize::try_from(places).ok()?)?;
        let exact = whole * ten;
        // Half rounds to the even one.
        let nearest = (exact + (1 << (shift - 1)) - u128::from(exact >> shift & 1 == 0)) >> shift;
        // At an edge the nearest one may be too far below, and the next one near enough above.
        let digits = [nearest, nearest + u128::from(edge)].into_iter().find(|digits| {
            let back = digits << shift;
            // Everything within half a step is this number; just at half, if it is an even one.
            let limit = if edge && back < exact { ten / 2 } else { ten };
            let apart = 2 * back.abs_diff(exact);
            apart < limit || apart == limit && whole % 2 == 0
        })?;
        Some((u64::try_from(digits).ok()?, -places))
    })
}

/// Of all numbers, by the decimals of the number and of the middles between it and its neighbours, written out in full.
#[cold]
#[inline(never)]
fn rare(Parts { whole, power, edge }: Parts) -> (u64, i32) {
    let decimals = |quarters: u64| full(quarters, power - 2);
    let above = decimals(4 * whole + 2);
    // A zero before them, for rounding up.
    let length = above.len() + 1;
    let padded = |digits: Vec<u8>| [vec![0; length - digits.len()], digits].concat();
    let (below, exact, above) = (padded(decimals(4 * whole - if edge { 1 } else { 2 })), padded(decimals(4 * whole)), padded(above));
    let start = exact.iter().position(|digit| *digit != 0).unwrap_or(0);
    for count in 1..=MOST as usize {
        let (head, tail) = exact.split_at(exact.len().min(start + count));
        let half = [vec![5], vec![0; tail.len().saturating_sub(1)]].concat();
        let up = match tail.cmp(half.get(..tail.len()).unwrap_or_default()) {
            Ordering::Less => false,
            Ordering::Equal => head.last().is_some_and(|digit| digit % 2 == 1),
            Ordering::Greater => true,
        };
        for up in [up, edge] {
            let mut rounded = head.to_vec();
            if up {
                for digit in rounded.iter_mut().rev() {
                    *digit = (*digit + 1) % 10;
                    if *digit != 0 {
                        break;
                    }
                }
            }
            let digits = rounded.iter().fold(0, |number, digit| number * 10 + u64::from(*digit));
            rounded.resize(length, 0);
            let within = below < rounded && rounded < above || whole % 2 == 0 && (below == rounded || rounded == above);
            if within || count == MOST as usize {
                return (digits, tail.len() as i32 + power.saturating_sub(2).min(0));
            }
        }
    }
    (whole, 0)
}

/// The digits of a number times two to a power; of a negative power, times ten to that power as well.
fn full(number: u64, power: i32) -> Vec<u8> {
    let factor = if power < 0 { 5 } else { 2 };
    // The last digit first.
    let mut digits: Vec<u8> = number.to_string().bytes().rev().map(|digit| digit - b'0').collect();
    for _ in 0..power.unsigned_abs() {
        let mut carry = 0;
        for digit in &mut digits {
            let product = *digit * factor + carry;
            (*digit, carry) = (product % 10, product / 10);
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    digits.reverse();
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(number: f64) {
        let mut out = Vec::new();
        write(&mut out, number);
        assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&number).unwrap(), "{number:e}");
    }

    #[test]
    fn what_gates_write() {
        (0..=1_000).for_each(|tenths| check(f64::from(tenths) / 10.0));
        (0..=1_000_000).step_by(7).for_each(|ppm| check(f64::from(ppm) / 1e6));
        (0..4_000_000).step_by(31).for_each(|seconds| check(f64::from(seconds) / 86_400.0));
        (0..u32::MAX).step_by(98_765).for_each(|seconds| check(f64::from(seconds) / 86_400.0));
    }

    #[test]
    fn edges() {
        for number in
            [0.0, -0.0, 1e15, 1e16, 1e17, 123_456_789_012_345_680.0, 1e-4, 1e-5, 1e-6, 1.5e-5, 5e-324, f64::MIN_POSITIVE, f64::MAX]
        {
            check(number);
            check(-number);
        }
        [f64::NAN, f64::INFINITY].into_iter().for_each(check);
        (-1074..1024).step_by(3).for_each(|power| {
            let number = 2_f64.powi(power);
            [number, number.next_up(), number.next_down()].into_iter().for_each(check);
        });
        (-323..309).step_by(2).for_each(|power| check(format!("1e{power}").parse().unwrap()));
    }

    proptest! {
        #[test]
        fn any_number(bits in any::<u64>()) {
            check(f64::from_bits(bits));
        }

        #[test]
        fn short_ones(digits in 0_u64..10_000_000_000_000_000, places in 0_i32..25) {
            check(digits as f64 / 10_f64.powi(places));
        }
    }
}
