//! Fixed-point arithmetic: 32 bits behind the point, the same on every machine and in every build.

/// One.
pub const ONE: u64 = 1 << 32;

/// The natural logarithm of 2.
pub const LN_2: u64 = 2_977_044_472;

/// The upper 64 bits of a product.
pub const fn high_half(a: u64, b: u64) -> u64 {
    ((a as u128 * b as u128) >> 64) as u64
}

/// `value` times a fixed-point factor, saturating.
pub fn scale(value: u64, factor: u64) -> u64 {
    u64::try_from((u128::from(value) * u128::from(factor)) >> 32).unwrap_or(u64::MAX)
}

/// The binary logarithm of `x` > 0, in fixed point: by squaring, a bit at a time.
pub const fn log2(x: u64) -> u64 {
    let whole = x.ilog2();
    // Between 1 and 2, with 63 bits behind the point.
    let mut m = x << (63 - whole);
    let mut log = (whole as u64) << 32;
    let mut bit = 32;
    while bit > 0 {
        bit -= 1;
        // Between 1 and 4, with 126 bits behind the point, in two halves.
        let square = m as u128 * m as u128;
        let (high, low) = ((square >> 64) as u64, square as u64);
        let is_over_2 = high >> 63;
        // Chosen rather than shifted by a variable: each round waits for the one before.
        m = if is_over_2 == 1 { high } else { high << 1 | low >> 63 };
        log |= is_over_2 << bit;
    }
    log
}

/// 2^64 / n, rounded up, for the numbers `n` that the terms of a series are divided by.
const fn reciprocals<const N: usize>(mut divisors: [u64; N]) -> [u64; N] {
    let mut index = 0;
    while index < N {
        divisors[index] = u64::MAX / divisors[index] + 1;
        index += 1;
    }
    divisors
}

/// 2 to the power of `fraction` < 1, both in fixed point.
pub fn exp2(fraction: u64) -> u64 {
    exp2_fine(fraction) >> 28
}

/// 2 to the power of `fraction` < 1, with 60 bits behind the point: the series of the exponential function.
pub const fn exp2_fine(fraction: u64) -> u64 {
    // Each term is the one before times x / n. Times a reciprocal is a division rounded down, exactly, as long as the
    // number times n is below 2^64; the tests hold this against divisions.
    const BY_N: [u64; 22] =
        reciprocals([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);
    // All with 60 bits behind the point, and below 2.
    let x = ((fraction as u128 * LN_2 as u128) >> 4) as u64;
    let (mut term, mut sum) = (x, (1_u64 << 60) + x);
    let mut n = 0;
    while n < BY_N.len() {
        term = high_half(((term as u128 * x as u128) >> 60) as u64, BY_N[n]);
        sum += term;
        n += 1;
    }
    sum
}

/// The sine of a quarter turn times `fraction` < 1, in fixed point: the series of the sine.
pub fn sine_of_quarter(fraction: u64) -> u64 {
    // Half of pi, with 60 bits behind the point.
    const HALF_PI: u64 = 1_811_004_864_519_280_711;
    // 2n (2n + 1) for each n from 1.
    const BY: [u64; 13] = reciprocals([6, 20, 42, 72, 110, 156, 210, 272, 342, 420, 506, 600, 702]);
    let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
    let x = (product(HALF_PI, fraction) >> 32) as u64;
    let square = (product(x, x) >> 60) as u64;
    // The sizes of the terms; every other one is taken away. The product of a negative term is rounded down, so its size up.
    let (mut size, mut sum) = (x, x);
    for (n, by) in BY.into_iter().enumerate() {
        let is_negative = n % 2 == 0;
        let round = if is_negative { 0 } else { (1 << 60) - 1 };
        size = high_half(((product(size, square) + round) >> 60) as u64, by);
        sum = if is_negative { sum - size } else { sum + size };
    }
    (sum >> 28).min(ONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::stream;
    use rand::Rng;

    /// Proves the fixed-point functions against the floating-point ones.
    #[test]
    fn functions_are_exact_to_nine_digits() {
        let real = |x: u64| x as f64 / ONE as f64;
        for x in [1, 2, 3, 1_000, 123_456_789, u64::MAX] {
            assert!((real(log2(x)) - (x as f64).log2()).abs() < 1e-9, "log2 {x}");
        }
        for fraction in [0, 1, 1 << 20, 1 << 31, 3 << 30, ONE - 1] {
            assert!((real(exp2(fraction)) - real(fraction).exp2()).abs() < 1e-9, "exp2 {fraction}");
            let sine = (real(fraction) * std::f64::consts::FRAC_PI_2).sin();
            assert!((real(sine_of_quarter(fraction)) - sine).abs() < 1e-9, "sine {fraction}");
        }
    }

    /// Proves that multiplying by reciprocals gives what dividing gave, to the last bit.
    #[test]
    fn series_are_those_of_plain_divisions() {
        fn exp2_by_division(fraction: u64) -> u64 {
            let x = ((u128::from(fraction) * u128::from(LN_2)) >> 4) as u64;
            let (mut term, mut sum) = (1_u64 << 60, 1_u64 << 60);
            for n in 1..24 {
                term = ((u128::from(term) * u128::from(x)) >> 60) as u64 / n;
                sum += term;
            }
            sum >> 28
        }
        fn sine_by_division(fraction: u64) -> u64 {
            let product = |a: i64, b: i64| ((i128::from(a) * i128::from(b)) >> 60) as i64;
            let x = ((1_811_004_864_519_280_711 * i128::from(fraction)) >> 32) as i64;
            let square = product(x, x);
            let (mut term, mut sum) = (x, x);
            for n in 1..14 {
                term = -product(term, square) / (2 * n * (2 * n + 1));
                sum += term;
            }
            u64::try_from((sum >> 28).clamp(0, ONE as i64)).expect("clamped")
        }
        let mut rng = stream(7, "fractions", 0);
        let drawn = (0..200_000).map(|_| rng.next_u64() >> 32);
        for fraction in drawn.chain(0..10_000).chain(ONE - 10_000..ONE) {
            assert_eq!(exp2(fraction), exp2_by_division(fraction), "exp2 {fraction}");
            assert_eq!(sine_of_quarter(fraction), sine_by_division(fraction), "sine {fraction}");
        }
    }
}
