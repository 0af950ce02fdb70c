//! As whom Postgres runs: it refuses to run as root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::{Error, io};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RunAs {
    /// We are an ordinary user, and so is Postgres.
    Ourselves { uid: u32 },
    /// We are root and hand everything of the cluster to this user.
    Dropped(Account),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl RunAs {
    pub(crate) fn choose(data: &Path) -> Result<Self, Error> {
        let owner = match fs::metadata(data) {
            Ok(metadata) => Some((metadata.uid(), metadata.gid())),
            Err(_) => None,
        };
        let euid = effective_uid();
        if euid != 0 {
            return match owner {
                Some((owner, _)) if owner != euid => {
                    Err(Error::ForeignCluster { data: data.to_path_buf(), owner, me: euid })
                }
                Some(_) | None => Ok(Self::Ourselves { uid: euid }),
            };
        }
        let passwd = Path::new("/etc/passwd");
        let accounts = fs::read_to_string(passwd).map_err(io("read", passwd))?;
        drop_to(owner, &accounts).map(Self::Dropped).ok_or(Error::NobodyToRunAs)
    }

    pub(crate) fn uid(&self) -> u32 {
        match self {
            Self::Ourselves { uid } => *uid,
            Self::Dropped(account) => account.uid,
        }
    }

    pub(crate) fn dropped(&self) -> Option<&Account> {
        match self {
            Self::Ourselves { .. } => None,
            Self::Dropped(account) => Some(account),
        }
    }
}

/// The owner of an existing cluster, else `postgres`, else `nobody`. The file is read instead of
/// asking getpwnam(3): these two are local system users wherever they exist.
fn drop_to(owner: Option<(u32, u32)>, passwd: &str) -> Option<Account> {
    if let Some((uid, gid)) = owner
        && uid != 0
    {
        let name = accounts(passwd).find(|account| account.uid == uid).map(|account| account.name);
        return Some(Account { name: name.unwrap_or_else(|| uid.to_string()), uid, gid });
    }
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|wanted| accounts(passwd).find(|account| account.name == wanted))
}

/// passwd(5): name:password:UID:GID:comment:home:shell
fn accounts(passwd: &str) -> impl Iterator<Item = Account> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { name, uid, gid })
    })
}

#[expect(unsafe_code, reason = "std has no geteuid")]
fn effective_uid() -> u32 {
    // SAFETY: geteuid(2) takes nothing, touches no memory of ours and cannot fail.
    unsafe { libc::geteuid() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
        broken line\n\
        postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n";

    #[test]
    fn root_prefers_the_owner_then_postgres_then_nobody() {
        let name = |owner, passwd| drop_to(owner, passwd).map(|account| account.name);
        assert_eq!(name(None, PASSWD).as_deref(), Some("postgres"));
        assert_eq!(name(Some((0, 0)), PASSWD).as_deref(), Some("postgres"));
        assert_eq!(name(Some((65534, 65534)), PASSWD).as_deref(), Some("nobody"));
        assert_eq!(name(Some((4242, 4242)), PASSWD).as_deref(), Some("4242"));
        let without_postgres = PASSWD.replace("postgres:", "other:");
        assert_eq!(name(None, &without_postgres).as_deref(), Some("nobody"));
        assert_eq!(name(None, "root:x:0:0::/root:/bin/sh"), None);
    }
}
