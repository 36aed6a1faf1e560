//! Numbers as exporters write them.

/// Digits of a hexadecimal number that fit its first 60 bits.
const DIGITS: u32 = 15;

/// Reads a number: decimal, `NaN`, the infinities, or hexadecimal with a binary exponent such as `0x1p-3`.
pub fn number(text: &str) -> Option<f64> {
    let (sign, size) = match text.strip_prefix(['+', '-']) {
        Some(size) => (if text.starts_with('-') { -1.0 } else { 1.0 }, size),
        None => (1.0, text),
    };
    match size.strip_prefix("0x").or_else(|| size.strip_prefix("0X")) {
        Some(hex) => Some(sign * hexadecimal(hex)?),
        None => text.parse().ok(),
    }
}

/// The size of a hexadecimal number, rounded once.
fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    let mut exponent: i32 = exponent.parse().ok().filter(|exponent: &i32| exponent.abs() < 100_000)?;
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let mut bits: u64 = 0;
    let mut taken = 0;
    let places = whole.chars().map(|c| (c, 0)).chain(part.chars().map(|c| (c, -4)));
    for (c, shift) in places {
        let digit = u64::from(c.to_digit(16)?);
        if taken < DIGITS {
            bits = bits << 4 | digit;
            taken += u32::from(bits > 0);
            exponent += shift;
        } else {
            // What does not fit only decides which way a tie is rounded.
            bits |= u64::from(digit > 0);
            exponent += shift + 4;
        }
    }
    // In two halves, so that neither leaves the range of a number on its own.
    let half = exponent / 2;
    Some(bits as f64 * 2f64.powi(half) * 2f64.powi(exponent - half))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_of_every_kind() {
        for (text, wanted) in [
            ("1", 1.0),
            ("-4.9351e-05", -4.9351e-5),
            ("+Inf", f64::INFINITY),
            ("-Inf", f64::NEG_INFINITY),
            ("0x1p-3", 0.125),
            ("-0x1.8p1", -3.0),
            ("0X.8p0", 0.5),
            ("0x1.fffffffffffffp1023", f64::MAX),
            ("0x0.0000000000000000001p76", 1.0),
            ("0x1p-1074", 5e-324),
            ("0x1p9999", f64::INFINITY),
        ] {
            assert_eq!(number(text), Some(wanted), "{text}");
        }
        assert!(number("NaN").is_some_and(f64::is_nan));
        for text in ["", "0x", "0x1", "0xp1", "0x1p", "0xgp1", "1_000", "12s", "--1", "0x1p999999999999"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
