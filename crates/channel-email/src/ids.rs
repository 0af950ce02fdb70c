//! Message ids: the ones that we make, the ones that come, and the key against doubles.

use domain::ids::{ChannelId, MessageId};
use sha2::{Digest, Sha256};
use url::Host;
use uuid::Uuid;

/// Longest Message-ID that we keep. RFC 5322 lets a line be 998 characters; real ids are under 200.
const LONGEST: usize = 250;

/// What our own Message-ID says: `{message}.{channel}.b@{domain of the mailbox}`, both as 32 hex
/// digits. It is the marker by which bounces and copies in \Sent are known to be of our letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OurId {
    pub message: MessageId,
    pub channel: ChannelId,
}

impl OurId {
    /// The Message-ID without brackets.
    pub fn text(self, mailbox: &str) -> String {
        let domain = mailbox.rsplit_once('@').map_or("", |(_, domain)| domain);
        let domain = match Host::parse(domain) {
            Ok(Host::Domain(ascii)) => ascii,
            Ok(Host::Ipv4(_) | Host::Ipv6(_)) | Err(_) => "mail.invalid".to_owned(),
        };
        format!("{}.{}.b@{domain}", self.message.0.simple(), self.channel.0.simple())
    }

    /// Reads a Message-ID with or without brackets; `None` when it is not of our form.
    pub fn parse(id: &str) -> Option<Self> {
        let (local, domain) = bare(id).rsplit_once('@')?;
        let (ids, mark) = local.rsplit_once('.')?;
        let (message, channel) = ids.split_once('.')?;
        if mark != "b" || domain.is_empty() {
            return None;
        }
        Some(Self { message: MessageId(simple(message)?), channel: ChannelId(simple(channel)?) })
    }

    /// Every id of our form in a text of any kind, in order, each once: bounces quote them at
    /// places that no two mail servers agree on.
    pub fn all_in(text: &[u8]) -> Vec<String> {
        /// Both ids and the dot between them.
        const LOCAL: usize = 65;
        let mut found: Vec<String> = Vec::new();
        for (at, _) in text.windows(3).enumerate().filter(|(_, w)| *w == b".b@") {
            let Some(start) = at.checked_sub(LOCAL) else { continue };
            let rest = text.get(at + 3..).unwrap_or_default();
            let domain = rest
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
                .count()
                .min(LONGEST);
            let id = text.get(start..at + 3 + domain).unwrap_or_default();
            let id = String::from_utf8_lossy(id).into_owned();
            if Self::parse(&id).is_some() && !found.contains(&id) {
                found.push(id);
            }
        }
        found
    }
}

/// A UUID of exactly 32 hex digits.
fn simple(text: &str) -> Option<Uuid> {
    if text.len() == 32 { Uuid::try_parse(text).ok() } else { None }
}

/// The id without its brackets.
pub fn bare(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>').trim()
}

/// A Message-ID that can be trusted as a name: printable, of bearable length.
pub fn sane(id: &str) -> Option<String> {
    let id = bare(id);
    let usable = !id.is_empty()
        && id.len() <= LONGEST
        && !id.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>'));
    usable.then(|| id.to_owned())
}

/// The external id of a letter that we sent.
pub fn of_ours(message_id: &str) -> String {
    format!("mid:{message_id}")
}

/// The external id of a letter that came. It must be the same when the letter is seen again after
/// a change of UIDVALIDITY, and differ for two letters that bear one Message-ID, which real
/// robots do (a wrong dedupe there loses mail). So the id is joined with a digest of what people
/// see: sender, date, subject and body. Transport headers are left out: they change on a move.
pub fn of_letter(message_id: Option<&str>, raw: &[u8], seen: [&str; 3], body: &[u8]) -> String {
    let Some(message_id) = message_id else {
        return format!("sha256:{}", hex(&Sha256::digest(raw), 32));
    };
    let mut digest = Sha256::new();
    for part in seen {
        digest.update(part.trim().as_bytes());
        digest.update([0]);
    }
    digest.update(body);
    format!("mid:{message_id}#{}", hex(&digest.finalize(), 8))
}

/// The Message-ID inside an external id or alias, for the References of an answer. Letters without
/// a Message-ID have none.
pub fn message_id_of(reference: &str) -> Option<String> {
    if reference.starts_with("sha256:") {
        return None;
    }
    let id = match reference.strip_prefix("mid:") {
        Some(id) => id.rsplit_once('#').map_or(id, |(id, _)| id),
        None => reference,
    };
    sane(id)
}

/// The first `bytes` bytes as hex.
pub fn hex(digest: &[u8], bytes: usize) -> String {
    digest.iter().take(bytes).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: OurId =
        OurId { message: MessageId(Uuid::from_u128(7)), channel: ChannelId(Uuid::from_u128(9)) };

    #[test]
    fn our_id_round_trips_and_foreign_ones_are_not_ours() {
        let id = OURS.text("Sales@Shop.Test");
        assert!(id.ends_with(".b@shop.test"), "{id}");
        assert_eq!(OurId::parse(&format!("<{id}>")), Some(OURS));
        for foreign in ["", "a@b", "x.y.b@shop.test", "<CAF1234.b@mail.gmail.com>", "1.2.b@"] {
            assert_eq!(OurId::parse(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn our_id_is_found_inside_any_text() {
        let id = OURS.text("sales@shop.test");
        let text = format!("junk .b@ <{id}> again {id}, and \u{434}.b@x");
        assert_eq!(OurId::all_in(text.as_bytes()), vec![id]);
    }

    #[test]
    fn s18_equal_message_ids_differ_by_what_people_see_and_repeat_for_the_same_letter() {
        let one = of_letter(Some("a@b"), b"raw 1", ["f", "d", "s"], b"one");
        assert_eq!(one, of_letter(Some("a@b"), b"raw 2", ["f", "d", "s"], b"one"));
        assert_ne!(one, of_letter(Some("a@b"), b"raw 1", ["f", "d", "s"], b"two"));
        assert_ne!(one, of_letter(Some("a@b"), b"raw 1", ["f", "d", "t"], b"one"));
        let bare = of_letter(None, b"raw 1", ["f", "d", "s"], b"one");
        assert!(bare.starts_with("sha256:"));
        assert_ne!(bare, of_letter(None, b"raw 2", ["f", "d", "s"], b"one"));
    }

    #[test]
    fn references_are_made_from_external_ids_and_aliases() {
        assert_eq!(message_id_of("mid:a@b#00ff"), Some("a@b".to_owned()));
        assert_eq!(message_id_of("a@b"), Some("a@b".to_owned()));
        assert_eq!(message_id_of("sha256:00"), None);
        assert_eq!(message_id_of("a@b\r\nBcc: x@y"), None);
    }
}
