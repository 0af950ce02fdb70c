// The widget's part in the company's page: a button, and an iframe with everything else.
// Both live in a closed shadow root under inline !important styles, which no rule of the page
// overrides. Built without innerHTML, so that a page with Trusted Types can have it.
(() => {
  'use strict';
  const script = document.currentScript || document.querySelector('script[src*="/widget/"]');
  if (!script || window.Beseda) return;
  const base = script.src.replace(/\.js([?#].*)?$/, '/');
  const origin = new URL(base).origin;

  // ---- where the visitor came from

  const CLICKS = /^(utm_\w+|yclid|ymclid|ysclid|gclid|gbraid|wbraid|fbclid|msclkid|rb_clickid|vk_click_id|ttclid|twclid|li_fat_id)$/i;
  const MONTHS_3 = 7776e6;

  const kept = (storage, key, value) => {
    try {
      if (value === undefined) return JSON.parse(storage().getItem(key));
      storage().setItem(key, JSON.stringify(value));
    } catch (e) {
      return null; // no storage here: the visit is then told as this page sees it
    }
  };
  const lasting = () => localStorage;
  const passing = () => sessionStorage;

  // The marks of the first visit that had any, so that they survive walking through the site.
  const firstVisit = () => {
    const utm = {};
    new URLSearchParams(location.search).forEach((value, key) => {
      if (CLICKS.test(key) && value) utm[key.toLowerCase()] = value.slice(0, 200);
    });
    const marked = Object.keys(utm).length > 0;
    const first = kept(lasting, 'beseda.first');
    const fresh = first && first.utm && Date.now() - first.at < MONTHS_3;
    if (fresh && (!marked || Object.keys(first.utm).length)) return first;
    const from = document.referrer;
    const inner = from.split('/', 3).join('/') === location.origin;
    const visit = { at: Date.now(), referrer: inner ? '' : from, utm };
    kept(lasting, 'beseda.first', visit);
    return visit;
  };
  const first = firstVisit();
  const visit = () => ({
    page: location.href.split('#')[0],
    title: document.title,
    referrer: first.referrer,
    utm: first.utm,
  });

  // ---- the elements

  const css = (el, rules) => {
    for (const rule of rules.split(';')) {
      const at = rule.indexOf(':');
      if (at > 0) el.style.setProperty(rule.slice(0, at).trim(), rule.slice(at + 1).trim(), 'important');
    }
  };
  const make = (name, rules) => {
    const el = document.createElement(name);
    css(el, 'all:initial;direction:ltr;box-sizing:border-box;' + rules);
    return el;
  };
  // The page's own rings do not reach here, and an inline style knows no :focus-visible.
  const ringed = (el) => {
    el.onfocus = () => el.matches(':focus-visible') && css(el, 'outline:3px solid #1a73e8;outline-offset:2px');
    el.onblur = () => css(el, 'outline:none');
    return el;
  };
  const icon = (path, size = 26) => {
    const ns = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(ns, 'svg');
    const line = document.createElementNS(ns, 'path');
    const set = (el, all) => Object.keys(all).forEach((k) => el.setAttribute(k, all[k]));
    set(svg, { viewBox: '0 0 24 24', width: size, height: size, 'aria-hidden': true, fill: 'none' });
    set(line, { d: path, stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' });
    svg.append(line);
    css(svg, `display:block;flex:none;width:${size}px;height:${size}px`);
    return svg;
  };

  const top = 'z-index:2147483647;';
  const host = make('beseda-widget', top + 'display:block;position:fixed;bottom:0;width:0;height:0');
  const root = host.attachShadow({ mode: 'closed' });
  const button = make('button', top + 'position:fixed;bottom:20px;display:none;align-items:center;justify-content:center;gap:8px;min-width:56px;height:56px;padding:0 15px;border-radius:28px;cursor:pointer;font:500 16px/1 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;white-space:nowrap;box-shadow:0 2px 6px rgba(0,0,0,.16),0 8px 24px rgba(0,0,0,.18);-webkit-tap-highlight-color:transparent');
  button.type = 'button';
  const talk = icon('M12 4c-4.7 0-8.5 3.2-8.5 7.2 0 2.2 1.2 4.1 3 5.5-.1 1.2-.6 2.3-1.4 3.2 1.7-.1 3.2-.7 4.4-1.6.8.2 1.6.3 2.5.3 4.7 0 8.5-3.2 8.5-7.3S16.7 4 12 4Z');
  const down = icon('M6.5 9.5 12 15l5.5-5.5');
  const words = make('span', 'display:none;font:inherit;color:inherit;cursor:pointer');
  const badge = make('span', 'position:absolute;top:-4px;right:-4px;display:none;min-width:22px;height:22px;padding:0 6px;border-radius:11px;border:2px solid #fff;background:#c2331f;color:#fff;font:600 12px/18px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;text-align:center;cursor:pointer');
  button.append(talk, down, words, badge);

  // The invitation beside the button: what to say comes from the frame.
  const card = make('div', top + 'position:fixed;bottom:92px;display:none;max-width:min(300px,calc(100vw - 40px));border-radius:16px;box-shadow:0 2px 6px rgba(0,0,0,.1),0 8px 28px rgba(0,0,0,.18);animation:none');
  const part = (rules) => {
    const el = make('button', 'cursor:pointer;color:inherit;border-radius:16px;' + rules);
    el.type = 'button';
    card.append(el);
    return ringed(el);
  };
  const invite = part('padding:13px 4px 14px 16px;font:400 15px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere');
  const dismiss = part('flex:none;width:40px;height:40px;display:grid;place-items:center');
  dismiss.append(icon('M7 7l10 10M17 7 7 17', 18));

  // Whether the page around is dark, by its own word: a page without one is light.
  const media = matchMedia('(prefers-color-scheme:dark)');
  const isDark = () => {
    const says = getComputedStyle(document.documentElement).colorScheme || '';
    return says.includes('dark') && (media.matches || !says.includes('light'));
  };

  const frame = make('iframe', top + 'position:fixed;border:0;visibility:hidden;opacity:0;pointer-events:none');
  frame.src = base + 'frame.html#' + (document.documentElement.lang || '').slice(0, 2) + (isDark() ? '-dark' : '');
  root.append(frame, card, button);

  // ---- open and closed

  let look; // what the frame told of colours and words; until then nothing is shown
  let isOpen = false;
  let person;
  let unread = 0;
  let prompt = '';
  const narrow = matchMedia('(max-width:480px)');
  const still = matchMedia('(prefers-reduced-motion:reduce)');
  const view = window.visualViewport;

  const tell = (message) => look && frame.contentWindow.postMessage(message, origin);

  const draw = () => {
    if (!look) return;
    const side = look.position === 'left' ? 'left' : 'right';
    const other = side === 'left' ? 'right' : 'left';
    const text = !isOpen && look.text;
    css(button, `${side}:20px;${other}:auto;background:${look.color};color:${look.ink};display:${isOpen && narrow.matches ? 'none' : 'flex'};padding:0 ${text ? 20 : 15}px`);
    css(talk, 'display:' + (isOpen ? 'none' : 'block'));
    css(down, 'display:' + (isOpen ? 'block' : 'none'));
    css(words, 'display:' + (text ? 'block' : 'none'));
    words.textContent = look.text;
    css(badge, 'display:' + (unread && !isOpen ? 'block' : 'none'));
    badge.textContent = unread > 9 ? '9+' : unread;
    const label = isOpen ? look.close : look.open;
    button.setAttribute('aria-label', unread && !isOpen ? `${label} (${unread})` : label);
    button.setAttribute('aria-expanded', isOpen);
    frame.title = look.title;
    css(frame, narrow.matches
      ? `left:0;right:auto;bottom:auto;top:${view ? view.offsetTop : 0}px;width:100%;height:${view ? view.height + 'px' : '100%'};max-height:none;border-radius:0;box-shadow:none`
      : `${side}:20px;${other}:auto;top:auto;bottom:88px;width:384px;height:640px;max-height:calc(100vh - 108px);border-radius:16px;box-shadow:0 4px 12px rgba(0,0,0,.1),0 16px 48px rgba(0,0,0,.2)`);
    const [paper, ink] = look.isDark ? ['#1c252d', '#e8eef2'] : ['#fff', '#15202a'];
    css(card, `${side}:20px;${other}:auto;display:${prompt && !isOpen ? 'flex' : 'none'};background:${paper};color:${ink}`);
    invite.textContent = prompt;
    dismiss.setAttribute('aria-label', look.dismiss);
    css(frame, `color-scheme:${look.isDark ? 'dark' : 'light'};background:${look.isDark ? '#12191f' : '#fff'}`);
    css(frame, isOpen
      ? 'visibility:visible;opacity:1;transform:none;pointer-events:auto'
      : 'visibility:hidden;opacity:0;transform:translateY(8px);pointer-events:none');
    css(frame, 'transition:' + (still.matches ? 'none' : 'opacity .12s,transform .12s,visibility .12s'));
  };

  const turn = (open, focus) => {
    isOpen = open;
    prompt = '';
    kept(passing, 'beseda.open', open);
    draw();
    tell({ beseda: open ? 'open' : 'close', visit: visit(), focus, isModal: narrow.matches });
    if (!focus) return;
    if (open) frame.focus();
    else button.focus();
  };

  button.onclick = () => turn(!isOpen, true);
  button.onkeydown = (e) => {
    if (e.key === 'Escape' && isOpen) turn(false, true);
  };
  ringed(button);
  button.onmouseenter = () => css(button, 'filter:brightness(1.08)');
  button.onmouseleave = () => css(button, 'filter:none');
  invite.onclick = () => turn(true, true);
  dismiss.onclick = () => {
    prompt = '';
    draw();
    tell({ beseda: 'unprompt' });
    button.focus();
  };
  const again = () => {
    draw();
    tell({ beseda: 'page', isDark: isDark(), isModal: narrow.matches });
  };
  narrow.addEventListener('change', again);
  media.addEventListener('change', again);
  if (view) ['resize', 'scroll'].forEach((name) => view.addEventListener(name, () => narrow.matches && isOpen && draw()));

  addEventListener('message', (e) => {
    const said = e.data;
    if (e.origin !== origin || e.source !== frame.contentWindow || !said) return;
    if (said.look) {
      look = said.look;
      draw();
    }
    if (said.beseda === 'ready') {
      const wasOpen = isOpen || (kept(passing, 'beseda.open') && !narrow.matches);
      tell({ beseda: 'visit', visit: visit(), person, isDark: isDark(), isOpen: wasOpen, kept: kept(lasting, 'beseda.kept') });
      if (wasOpen) turn(true, false);
      draw();
    } else if (said.beseda === 'unread') {
      unread = said.count;
      draw();
    } else if (said.beseda === 'prompt') {
      prompt = said.text;
      draw();
    } else if (said.beseda === 'keep') {
      // The browser forbids the frame a storage of its own (blocked third-party cookies).
      kept(lasting, 'beseda.kept', said.kept);
    } else if (said.beseda === 'close') {
      turn(false, true);
    } else if (said.beseda === 'open') {
      turn(true, false);
    }
  });

  // ---- into the page

  const show = () => {
    document.documentElement.append(host);
    // Some frameworks replace the whole document; the widget comes back a few times, not for ever.
    let left = 5;
    new MutationObserver(() => {
      if (!host.isConnected && left-- > 0) document.documentElement.append(host);
    }).observe(document.documentElement, { childList: true });
    setTimeout(() => {
      if (!look) console.warn('Beseda: the chat window did not open. Is ' + location.origin + ' among the sites of the widget’s settings?');
    }, 2e4);
  };
  if (document.readyState === 'complete') show();
  else addEventListener('load', show);

  window.Beseda = {
    open: () => turn(true, true),
    close: () => turn(false, false),
    identify: (who) => {
      person = { name: who && who.name, phone: who && who.phone, email: who && who.email };
      tell({ beseda: 'identify', person });
    },
  };
})();
