//! Figures as people read them.

/// With a comma between thousands: 1,234,567.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and what is counted: "1 scope", "12 scopes".
pub fn count(number: usize, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{} {noun}", thousands(number as u64))
}

/// A stretch of time: "0.42 s", "12.3 s", "3 min 05 s".
pub fn seconds(seconds: f64) -> String {
    if seconds < 9.995 {
        format!("{seconds:.2} s")
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds.round() as u64;
        format!("{} min {:02} s", thousands(whole / 60), whole % 60)
    }
}

/// An amount of memory: "812 kB", "1.2 GB".
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        let all = [0, 7, 999, 1_000, 12_345, 999_999, 1_000_000, u64::MAX].map(thousands);
        assert_eq!(all[..7], ["0", "7", "999", "1,000", "12,345", "999,999", "1,000,000"]);
        assert_eq!(all[7], "18,446,744,073,709,551,615");
    }

    #[test]
    fn time_is_short_to_read() {
        let all = [0.0, 0.424, 9.994, 9.996, 59.94, 59.96, 61.0, 3_600.0].map(seconds);
        assert_eq!(
            all,
            [
                "0.00 s",
                "0.42 s",
                "9.99 s",
                "10.0 s",
                "59.9 s",
                "1 min 00 s",
                "1 min 01 s",
                "60 min 00 s"
            ]
        );
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(count(1, "scope", "scopes"), "1 scope");
        assert_eq!(count(2_000, "scope", "scopes"), "2,000 scopes");
    }
}
