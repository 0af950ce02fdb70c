// The socket that comes back: full-jitter back-off, a heartbeat, and at once when the browser
// says that the network is there again.

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;
const PING_EVERY = 25000;
const SILENCE = 60000;

export const backoff = (tries, random = Math.random) =>
  200 + random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries);

export function connection({ url, hello, onFrame, onState }) {
  let socket = null;
  let tries = 0;
  let timer = 0;
  let heard = 0;
  let welcomed = false;

  const send = (frame) => {
    if (!socket || socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(frame));
    return true;
  };

  const lose = (gone) => {
    if (gone !== socket) return;
    socket = null;
    welcomed = false;
    onState(false);
    clearTimeout(timer);
    timer = setTimeout(start, backoff(tries++));
  };

  function start() {
    clearTimeout(timer);
    if (socket) return;
    let mine;
    try {
      mine = new WebSocket(url);
    } catch (e) {
      return; // the page's own policy forbids it: nothing to repeat
    }
    socket = mine;
    heard = Date.now();
    mine.onopen = () => send({ type: 'hello', ...hello() });
    mine.onclose = () => lose(mine);
    mine.onmessage = (event) => {
      if (mine !== socket) return;
      heard = Date.now();
      let frame;
      try {
        frame = JSON.parse(event.data);
      } catch (e) {
        return;
      }
      if (!frame || typeof frame !== 'object') return;
      if (frame.type === 'welcome') {
        tries = 0;
        welcomed = true;
      }
      onFrame(frame);
      if (frame.type === 'welcome') onState(true);
    };
  }

  setInterval(() => {
    if (!socket) return;
    if (Date.now() - heard > SILENCE) {
      const dead = socket;
      dead.close(); // a dead network does not answer the close either
      lose(dead);
    } else {
      send({ type: 'ping' });
    }
  }, PING_EVERY);

  const sooner = () => {
    if (!socket && timer && document.visibilityState === 'visible') start();
  };
  addEventListener('online', sooner);
  document.addEventListener('visibilitychange', sooner);

  return {
    start,
    send: (frame) => welcomed && send(frame),
    restart: () => {
      const old = socket;
      if (old) {
        old.close();
        lose(old);
      }
    },
  };
}
