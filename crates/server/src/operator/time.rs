//! Times as people read them.

/// A moment in UTC, `2026-07-31 12:00:00.000`, of milliseconds since 1970.
pub fn moment(ms: i64) -> String {
    let (days, in_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let (year, month, day) = date(days);
    let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (second, milli) = (in_day / 1000 % 60, in_day % 1000);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{milli:03}")
}

/// The date that is so many days after 1970-01-01, in the Gregorian calendar: year, month and day,
/// counted in years that begin in March, so that a leap day is the last of its year.
const fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let calendar_month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + (calendar_month <= 2) as i64;
    (year, calendar_month, day)
}

/// How long something has lasted: `3 d`, `5 h`, `12 min`, `7 s`.
pub fn age(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        assert_eq!(moment(0), "1970-01-01 00:00:00.000");
        assert_eq!(moment(951_782_400_000), "2000-02-29 00:00:00.000");
        assert_eq!(moment(1_785_499_445_678), "2026-07-31 12:04:05.678");
        assert_eq!(moment(-1), "1969-12-31 23:59:59.999");
    }

    #[test]
    fn ages_are_in_the_unit_that_fits() {
        assert_eq!([age(-5), age(119_999), age(120_000)], ["0 s", "119 s", "2 min"]);
        assert_eq!([age(7_200_000), age(172_800_000)], ["2 h", "2 d"]);
    }
}
