//! `setWebhook`, `deleteWebhook`, `getWebhookInfo`.

use std::{net::IpAddr, sync::Arc};

use serde_json::{Value, json};
use url::{Host, Url};

use super::Act;
use crate::telegram::{
    Options,
    answer::{Answer, Refusal, Success},
    deliver,
    world::{BotState, Hook, PollEnd, Shared},
};

const PORTS: [u16; 4] = [80, 88, 443, 8443];
const CONNECTIONS: i64 = 40;

pub(super) fn set(act: &Act<'_>) -> Answer {
    let Some(url) = act.params.text("url") else { return delete(act) };
    let hook = Hook {
        url: url.to_owned(),
        secret: act.params.text("secret_token").map(str::to_owned),
        // Out of range is brought into range, as the official server does.
        max_connections: usize::try_from(
            act.params.integer("max_connections").unwrap_or(CONNECTIONS).clamp(1, 100),
        )
        .unwrap_or(1),
        ip_address: act.params.text("ip_address").map(str::to_owned),
        stolen: false,
    };
    let too_soon = act.shared.change(|world| {
        let bot = world.bots.get_mut(&act.bot_id)?;
        let pause = act.shared.options.retry_base;
        let soon = bot.hook_set_at.is_some_and(|at| act.now.saturating_duration_since(at) < pause);
        if !soon {
            bot.hook_set_at = Some(act.now);
        }
        Some(soon)
    });
    if too_soon == Some(true) {
        return Err(Refusal::too_many(1));
    }
    check_url(&hook.url, &act.shared.options)?;
    if let Some(secret) = &hook.secret {
        check_secret(secret)?;
    }
    let allowed = allowed_updates(act.params.json("allowed_updates")?)?;
    let drop_pending = act.params.yes("drop_pending_updates");
    let same = act.shared.change(|world| {
        let bot = world.bots.get_mut(&act.bot_id)?;
        if let Some(allowed) = allowed {
            bot.allowed = allowed;
        }
        if drop_pending {
            bot.queue.clear();
        }
        Some(bot.hook.as_ref() == Some(&hook) && !drop_pending)
    });
    if same == Some(true) {
        return Ok(Success::said("Webhook is already set"));
    }
    install(act.shared, act.bot_id, hook);
    Ok(Success::said("Webhook was set"))
}

pub(super) fn delete(act: &Act<'_>) -> Answer {
    let drop_pending = act.params.yes("drop_pending_updates");
    let was = act.shared.change(|world| {
        let bot = world.bots.get_mut(&act.bot_id)?;
        if drop_pending {
            bot.queue.clear();
        }
        uninstall(bot)
    });
    Ok(Success::said(if was.is_some() {
        "Webhook was deleted"
    } else {
        "Webhook is already deleted"
    }))
}

pub(super) fn info(act: &Act<'_>) -> Answer {
    let world = act.shared.world();
    let Some(bot) = world.bots.get(&act.bot_id) else { return Err(Refusal::unauthorized()) };
    Ok(Success::of(describe(bot)))
}

/// <https://core.telegram.org/bots/api#webhookinfo>
fn describe(bot: &BotState) -> Value {
    let mut info = json!({
        "url": bot.hook.as_ref().map_or("", |hook| hook.url.as_str()),
        "has_custom_certificate": false,
        "pending_update_count": bot.queue.len(),
    });
    if let Some(hook) = &bot.hook {
        info["max_connections"] = json!(hook.max_connections);
        if let Some(ip) = &hook.ip_address {
            info["ip_address"] = json!(ip);
        }
        if let Some((date, message)) = &bot.last_error {
            info["last_error_date"] = json!(date);
            info["last_error_message"] = json!(message);
        }
    }
    if let Some(allowed) = &bot.allowed {
        info["allowed_updates"] = json!(allowed);
    }
    info
}

/// Puts a webhook in place and starts its deliveries; those of the one before it end.
pub(in crate::telegram) fn install(shared: &Arc<Shared>, bot_id: i64, hook: Hook) {
    let stop = shared.stop.child_token();
    let installed = shared.change(|world| {
        let bot = world.bots.get_mut(&bot_id)?;
        uninstall(bot);
        bot.hook = Some(hook.clone());
        bot.fresh = bot.queue.keys().copied().collect();
        bot.hook_stop = stop.clone();
        bot.end_polls(PollEnd::SetWebhook);
        Some(())
    });
    if installed.is_some() {
        let delivery = deliver::run(Arc::clone(shared), bot_id, hook, stop);
        shared.tasks.spawn(delivery);
    }
}

pub(in crate::telegram) fn uninstall(bot: &mut BotState) -> Option<Hook> {
    bot.hook_stop.cancel();
    bot.last_error = None;
    bot.first_gone = None;
    bot.fresh.clear();
    bot.hook.take()
}

fn check_url(given: &str, options: &Options) -> Result<(), Refusal> {
    let bad = |what: &str| Refusal::bad_request(format!("bad webhook: {what}"));
    let url =
        Url::parse(given).map_err(|_| Refusal::bad_request("invalid webhook URL specified"))?;
    let host = url.host().ok_or_else(|| bad("no host"))?;
    let loopback = is_loopback(&host);
    if options.allow_http_loopback && loopback && matches!(url.scheme(), "http" | "https") {
        return Ok(());
    }
    if url.scheme() != "https" {
        return Err(bad("An HTTPS URL must be provided for webhook"));
    }
    if !PORTS.contains(&url.port_or_known_default().unwrap_or(0)) {
        return Err(bad("Webhook can be set up only on ports 80, 88, 443 or 8443"));
    }
    let reserved = match host {
        Host::Domain(_) => loopback,
        Host::Ipv4(ip) => {
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()
        }
        Host::Ipv6(_) => true,
    };
    if reserved {
        return Err(bad(&format!("IP address {host} is reserved")));
    }
    Ok(())
}

pub(in crate::telegram) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(ip) => IpAddr::V4(*ip).is_loopback(),
        Host::Ipv6(ip) => IpAddr::V6(*ip).is_loopback(),
    }
}

fn check_secret(secret: &str) -> Result<(), Refusal> {
    if secret.len() > 256 {
        return Err(Refusal::bad_request("secret token is too long"));
    }
    if !secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(Refusal::bad_request("secret token contains unallowed characters"));
    }
    Ok(())
}

/// Outer nothing: not given, keep what is. Inner nothing: an empty list, back to the default.
pub(super) fn allowed_updates(
    given: Option<Value>,
) -> Result<Option<Option<Vec<String>>>, Refusal> {
    let list = match given {
        None => return Ok(None),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Refusal::bad_request("can't parse allowed updates")),
    };
    let names: Vec<String> =
        list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    Ok(Some((!names.is_empty()).then_some(names)))
}
