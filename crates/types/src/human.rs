//! Numbers and names as people read and type them: the same in every stage.

/// `12,345`.
pub fn count(number: u64) -> String {
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

/// `1 image`, `2 images`, `12,345 images`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `950 B`, `2.1 MB`, `1.2 GB`: powers of ten, as file managers and disks count.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if number < 1000 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1000.0;
    let mut unit = 0;
    // 999.95 would be rounded to 1000.0 of the smaller unit.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    match value < 99.95 {
        true => format!("{value:.1} {}", UNITS[unit]),
        false => format!("{value:.0} {}", UNITS[unit]),
    }
}

/// A word as a POSIX shell takes it.
pub fn shell(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:,@".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_like_numbers() {
        assert_eq!(
            [0, 12, 999, 1000, 12_345, 1_234_567].map(count),
            ["0", "12", "999", "1,000", "12,345", "1,234,567"]
        );
        let sizes = [
            0,
            999,
            1000,
            99_949,
            999_499,
            999_950,
            1_234_567_890,
            u64::MAX,
        ]
        .map(bytes);
        let wanted = [
            "0 B", "999 B", "1.0 kB", "99.9 kB", "999 kB", "1.0 MB", "1.2 GB", "18.4 EB",
        ];
        assert_eq!(sizes, wanted);
        let images = [1, 2000].map(|number| counted(number, "image", "images"));
        assert_eq!(images, ["1 image", "2,000 images"]);
    }

    #[test]
    fn a_shell_takes_a_word_for_one() {
        assert_eq!(
            ["a/b.jpg", "a b", "it's", ""].map(shell),
            ["a/b.jpg", "'a b'", "'it'\\''s'", "''"]
        );
    }
}
