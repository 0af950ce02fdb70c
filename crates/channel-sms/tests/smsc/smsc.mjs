// An SMSC for tests: the npm package `smpp` speaks the protocol, this file decides what it says. It is
// told what to do by lines of JSON on stdin, and tells what happened by lines of JSON on stdout. With the
// files of a key and a certificate as arguments it speaks TLS.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import smpp from 'smpp';

const SYSTEM_ID = 'beseda';
const PASSWORD = 'secret08';

const say = (event, fields = {}) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
const hex = (buffers) => Buffer.concat([buffers ?? []].flat()).toString('hex');

const rules = {
  bind: 0, // the status of every bind, if not 0
  single: false, // one session at a time
  statuses: [], // of the submit_sm to come, then 0
  lose: 0, // so many submit_sm are taken, and the connection is broken instead of an answer
  receipts: 'tlv', // tlv, text, none
  ids: 'same', // same, hex_then_decimal
  slow: 0, // milliseconds until an answer
  early: false, // the receipt comes before the answer
  state: 'DELIVRD',
  deaf: false, // enquire_link is not answered
  keep: false, // deliveries that were not answered come again at the next bind
};
const STATES = { ENROUTE: 1, DELIVRD: 2, EXPIRED: 3, DELETED: 4, UNDELIV: 5, ACCEPTD: 6, UNKNOWN: 7, REJECTD: 8 };

const bound = new Set();
const unanswered = new Map(); // deliveries by tag
let lastId = 0x7cf3a0;
let waiting = 0; // submit_sm without an answer

function receive(pdu) {
  const message = pdu.short_message;
  return {
    source: pdu.source_addr, source_ton: pdu.source_addr_ton, source_npi: pdu.source_addr_npi,
    destination: pdu.destination_addr, dest_ton: pdu.dest_addr_ton, dest_npi: pdu.dest_addr_npi,
    esm_class: pdu.esm_class, data_coding: pdu.data_coding, registered_delivery: pdu.registered_delivery,
    text: message?.message?.toString() ?? '', udh: hex(message?.udh),
    payload: pdu.message_payload?.message?.toString(),
    sar: pdu.sar_msg_ref_num === undefined
      ? undefined : [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum],
  };
}

function receipt(session, pdu, number) {
  const id = rules.ids === 'hex_then_decimal' ? String(number).padStart(10, '0') : number.toString(16);
  const text = `id:${id} sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 ` +
    `stat:${rules.state} err:000 text:`;
  const tlvs = rules.receipts === 'tlv'
    ? { receipted_message_id: id, message_state: STATES[rules.state] } : {};
  deliverOver(session, {
    source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4,
    short_message: text, ...tlvs,
  }, `receipt ${id}`);
}

function deliverOver(session, pdu, tag) {
  if (rules.keep) unanswered.set(tag, pdu);
  session?.deliver_sm({ ...pdu }, (answer) => {
    if (answer.command_status === 0) unanswered.delete(tag);
    say('deliver_resp', { tag, status: answer.command_status });
  });
}

function submit(session, pdu) {
  const status = rules.statuses.shift() ?? 0;
  const number = (lastId += 1);
  const id = number.toString(16).toUpperCase();
  waiting += 1;
  say('submit', { ...receive(pdu), status, id, waiting });
  if (rules.lose > 0) {
    rules.lose -= 1;
    session.destroy();
    return;
  }
  const answer = () => {
    waiting -= 1;
    session.send(pdu.response(status === 0 ? { message_id: id } : { command_status: status }));
  };
  const tell = () => {
    if (status === 0 && rules.receipts !== 'none') receipt(receiver(), pdu, number);
  };
  if (rules.early) tell();
  if (rules.early || rules.slow > 0) {
    setTimeout(answer, rules.slow || 200);
    if (!rules.early) setTimeout(tell, rules.slow);
  } else {
    answer();
    tell();
  }
}

function receiver() {
  return [...bound].reverse().find((session) => session.role !== 'bind_transmitter');
}

const [key, cert] = process.argv.slice(2).map((file) => readFileSync(file));
const server = smpp.createServer({ key, cert }, (session) => {
  session.on('error', () => {});
  session.on('close', () => {
    bound.delete(session);
    say('closed', { role: session.role });
  });
  for (const role of ['bind_transceiver', 'bind_receiver', 'bind_transmitter']) {
    session.on(role, (pdu) => {
      let status = rules.bind;
      if (pdu.system_id !== SYSTEM_ID || pdu.password !== PASSWORD) status = 0x0e;
      if (rules.single && bound.size > 0) status = 0x05;
      say('bind', { role, status, interface_version: pdu.interface_version, system_type: pdu.system_type });
      session.send(pdu.response({ command_status: status, system_id: 'SMSC' }));
      if (status === 0) {
        session.role = role;
        bound.add(session);
        if (role !== 'bind_transmitter') unanswered.forEach((kept, tag) => deliverOver(session, kept, tag));
      }
    });
  }
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('enquire_link', (pdu) => {
    say('enquire');
    if (!rules.deaf) session.send(pdu.response());
  });
  session.on('unbind', (pdu) => {
    say('unbind');
    session.send(pdu.response());
    session.close();
  });
});

const commands = {
  rules: (changes) => {
    Object.assign(rules, changes);
    say('ruled');
  },
  // `octets` is a short_message as it is on the wire, in hex; else `short_message` is text.
  deliver: ({ tag, octets, ...pdu }) => {
    if (octets !== undefined) pdu.short_message = Buffer.from(octets, 'hex');
    deliverOver(receiver(), pdu, tag);
  },
  // Octets on the wire that no library would write.
  raw: ({ octets }) => receiver()?.socket.write(Buffer.from(octets, 'hex')),
  enquire: () => receiver()?.enquire_link(() => say('enquire_resp')),
  unbind: () => receiver()?.unbind(),
  break: () => bound.forEach((session) => session.destroy()),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { do: name, ...rest } = JSON.parse(line);
  commands[name](rest);
}).on('close', () => process.exit(0));

server.on('tlsClientError', () => say('stranger'));
server.listen(0, '127.0.0.1', () => say('listening', { port: server.address().port }));
