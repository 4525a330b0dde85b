//! The times of certificates.

use super::der::Value;

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Seconds since 1970 of a UTCTime or GeneralizedTime; `None` where it is neither, or no time that exists.
pub(super) fn seconds(value: Value<'_>) -> Option<i64> {
    let (year, rest) = match value.tag {
        UTC_TIME => {
            let (year, rest) = digits(value.content, 2)?;
            // RFC 5280: two digits mean 1950 to 2049.
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => digits(value.content, 4)?,
        _ => return None,
    };
    let (month, rest) = digits(rest, 2)?;
    let (day, rest) = digits(rest, 2)?;
    let (hour, rest) = digits(rest, 2)?;
    let (minute, rest) = digits(rest, 2)?;
    let (second, rest) = digits(rest, 2)?;
    let exists = (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
        && rest == b"Z";
    let of_day = (hour * 60 + minute) * 60 + second;
    exists.then(|| days_since_1970(year, month, day) * 86_400 + of_day)
}

fn digits(text: &[u8], count: usize) -> Option<(i64, &[u8])> {
    let (digits, rest) = text.split_at_checked(count)?;
    let mut number = 0;
    for digit in digits {
        number = number * 10 + i64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
    }
    Some((number, rest))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts years from March, so that the leap day is the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year / 4 - year / 100 + year / 400;
    const TO_1970: i64 = 719_468; // from March 1st of the year 0
    year * 365 + leap_days + day_of_year - TO_1970
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(tag: u8, text: &str) -> Option<i64> {
        seconds(Value {
            tag,
            whole: &[],
            content: text.as_bytes(),
        })
    }

    #[test]
    fn times_are_seconds_since_1970() {
        assert_eq!(time(UTC_TIME, "700101000000Z"), Some(0));
        assert_eq!(time(UTC_TIME, "491231235959Z"), Some(2_524_607_999));
        assert_eq!(time(UTC_TIME, "500101000000Z"), Some(-631_152_000));
        assert_eq!(
            time(GENERALIZED_TIME, "20240229120000Z"),
            Some(1_709_208_000)
        );
        assert_eq!(time(GENERALIZED_TIME, "20000301000000Z"), Some(951_868_800));
        assert_eq!(
            time(GENERALIZED_TIME, "99991231235959Z"),
            Some(253_402_300_799)
        );
        assert!(time(GENERALIZED_TIME, "00000101000000Z") < Some(0));
    }

    #[test]
    fn what_is_no_time_gives_nothing() {
        for text in [
            "",
            "7001",
            "7013010000",
            "20230229000000Z",
            "20240101240000Z",
            "20240101000000",
        ] {
            assert_eq!(time(GENERALIZED_TIME, text), None, "{text}");
        }
        assert_eq!(time(UTC_TIME, "7001010000é0Z"), None);
        assert_eq!(time(0x04, "700101000000Z"), None);
    }
}
