// Looks again at each change, and draws what is shown.
function show(force) {
  drawFrame();
  if (!a) {
    draw($("head"), "none", () => headOf("Песочница amoCRM"), force);
    draw($("view"), "none", () => empty("Здесь ещё нет ни одного аккаунта."), force);
    return;
  }
  const view = views[at.tab]();
  const searching = document.activeElement?.type === "search";
  draw($("head"), [at.tab, at.tab === "leads" ? [a.pipelines.map((one) => [one.id, one.name]), at.pipeline] : 0], view.head, force && !searching);
  const before = drawn.view, text = document.activeElement?.id === "text" ? $("text").value : null;
  draw($("view"), [at.tab, view.key], view.body, force || (text !== null && JSON.stringify([at.tab, view.key]) !== drawn.view));
  if (text !== null && $("text")) { $("text").value = text; $("text").focus(); }
  if (view.after && before !== drawn.view) view.after();
  if (card && at.open) {
    $("side").hidden = false;
    draw($("side"), [at.open, card, a.pipelines, a.users, a.sources], () => (at.open.kind === "leads" ? leadPanel : contactPanel)(card), force);
  }
}

async function load() {
  state = await ask("state");
  if (!state.accounts.some((one) => String(one.id) === String(at.account))) at.account = state.accounts[0]?.id ?? null;
  a = at.account ? await ask("accounts/" + at.account) : null;
  if (a && !a.users.some((one) => one.is_active && String(one.id) === String(at.by))) at.by = a.users.find((one) => one.is_active && one.is_admin)?.id ?? a.users[0]?.id;
  if (at.tab === "journal" && a) journal = await ask(`journal?account=${at.account}&last=150`);
  if (at.tab === "chats" && a) {
    if (!a.chats.some((one) => one.id === at.chat)) at.chat = a.chats[0]?.id ?? null;
    room = at.chat ? await ask(`accounts/${at.account}/chats/${at.chat}`) : null;
  }
  if (at.open && a) {
    const answer = await fetch(`/sandbox/accounts/${at.account}/${at.open.kind}/${at.open.id}`);
    if (answer.ok) card = await answer.json();
    else closeCard();
  }
}

let loading = false, stale = false, pressed = false;
async function again(force) {
  pressed ||= Boolean(force);
  if (loading) { stale = true; return; }
  loading = true;
  try {
    do {
      stale = false;
      await load();
      const now = pressed;
      pressed = false;
      show(now);
      // Many changes in a row are looked at three times a second.
      if (stale) await new Promise((wake) => setTimeout(wake, 300));
    } while (stale);
  } catch (error) { if (!(error instanceof TypeError)) console.error(error); } finally { loading = false; }
}

$("account").onchange = (event) => { event.target.blur(); closeCard(); go({ account: event.target.value, by: null, pipeline: null, chat: null }); };
$("by").onchange = (event) => { event.target.blur(); go({ by: event.target.value }); };
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeCard(); });
follow(again);
setInterval(() => again(), 5000);
again(true);
