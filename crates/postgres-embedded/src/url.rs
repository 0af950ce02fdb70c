use std::path::Path;

/// The bootstrap user that initdb makes: a superuser, reachable only through the private socket.
pub(crate) const USER: &str = "app";

/// A URL that libpq and sqlx both read: a socket's folder can only stand in the query.
pub(crate) fn socket_url(socket_dir: &Path, port: u16, database: &str) -> String {
    let host = percent_encoded(socket_dir.as_os_str().as_encoded_bytes());
    let database = percent_encoded(database.as_bytes());
    format!("postgres://{USER}@localhost/{database}?host={host}&port={port}")
}

/// Everything but the unreserved characters of RFC 3986, section 2.3.
fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_odd_letters_survives() {
        let url = socket_url(Path::new("/srv/a b+ж/run"), 5432, "postgres");
        let wanted =
            "postgres://app@localhost/postgres?host=%2Fsrv%2Fa%20b%2B%D0%B6%2Frun&port=5432";
        assert_eq!(url, wanted);
    }
}
