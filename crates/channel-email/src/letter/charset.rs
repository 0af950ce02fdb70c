//! Text whose charset nobody named, or named wrongly.

use mail_parser::decoders::charsets::map::charset_decoder;

/// Reads bytes that are UTF-8 by declaration or for want of one. Where they are not, the letter
/// is most often an old Russian one: windows-1251 puts small letters at 0xE0 to 0xFF, KOI8-R at
/// 0xC0 to 0xDF, and small letters outnumber capitals.
pub fn guessed(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let upper = bytes.iter().filter(|b| (0xC0..=0xDF).contains(*b)).count();
    let lower = bytes.iter().filter(|b| **b >= 0xE0).count();
    let other = bytes.iter().filter(|b| (0x80..0xC0).contains(*b)).count();
    if upper + lower < other {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let name: &[u8] = if lower >= upper { b"windows-1251" } else { b"koi8-r" };
    match charset_decoder(name) {
        Some(decode) => decode(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::guessed;

    #[test]
    fn row_19_old_russian_charsets_are_guessed() {
        assert_eq!(guessed("Привет".as_bytes()), "Привет");
        assert_eq!(guessed(b"\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0"), "Привет, мир");
        assert_eq!(guessed(b"\xf0\xd2\xc9\xd7\xc5\xd4, \xcd\xc9\xd2"), "Привет, мир");
        assert!(guessed(b"a\xffb\x80\x81").contains('\u{fffd}'));
    }
}
