// A Beseda of the tests' own: the program as it is built, with a private Postgres and a data folder
// that go away with it. BESEDA_URL names a running one instead.
import { execFile, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { until } from './until.mjs'

const root = resolve(import.meta.dirname, '../../..')
const program = process.env.BESEDA_BIN ?? join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug/beseda')
const execute = promisify(execFile)
const MUCH = '100000'
/** What the sandbox plays, on one port after another. */
const COUNTERPARTS = ['telegram', 'amo', 'viber', 'vk', 'avito', 'autoru', 'sms']

export async function freePort() {
  const server = createServer()
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address()
  await new Promise((done) => server.close(done))
  return port
}

const taken = async (port) => {
  const server = createServer()
  const free = await new Promise((done) => {
    server.once('error', () => done(false))
    server.listen(port, '127.0.0.1', () => done(true))
  })
  if (free) await new Promise((done) => server.close(done))
  return !free
}

/** The first of so many free ports in a row, below those that the system gives to whoever asks. */
async function freeRow(length) {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 11_000)
    const row = Array.from({ length }, (_, n) => first + n)
    if (!(await Promise.all(row.map(taken))).includes(true)) return first
  }
}

/** Ours alone: what is set for the tests or another server is no setting of this one. */
const clean = () =>
  Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(BESEDA_|DATABASE_URL)/.test(key)))

function start(args, env, log) {
  const out = openSync(log, 'a')
  const child = spawn(program, args, { env: { ...clean(), ...env }, stdio: ['ignore', out, out] })
  child.gone = new Promise((done) => child.once('exit', done))
  return child
}

async function stop(child) {
  if (!child || child.exitCode !== null) return
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await child.gone
  clearTimeout(late)
}

async function answers(url, child, log) {
  await until(
    async () => {
      if (child.exitCode !== null) throw new Error(`The server ended.\n${readFileSync(log, 'utf8').slice(-3000)}`)
      return fetch(url).then((r) => r.ok, () => false)
    },
    { within: 120_000, what: `an answer of ${url}`, fatal: true },
  )
}

/** The programs of Postgres, for what only SQL can do quickly. */
function psql() {
  if (process.env.PG_BIN_DIR) return join(process.env.PG_BIN_DIR, 'psql')
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : []
  const found = versions.map((v) => `/usr/lib/postgresql/${v}/bin/psql`).filter(existsSync)
  return found.at(-1) ?? 'psql'
}

/** Starts a server, or takes the one of BESEDA_URL (then `folder` is BESEDA_DATA_DIR, if set). `extra` are
 * more settings, which may stand on its address and on the sandbox's first port. */
export async function openServer(extra = () => ({})) {
  const folder = process.env.BESEDA_URL ? null : mkdtempSync(join(tmpdir(), 'beseda-e2e-'))
  const log = folder ? join(folder, 'log') : '/dev/null'
  const data = folder ? join(folder, 'data') : process.env.BESEDA_DATA_DIR
  let base = process.env.BESEDA_URL
  let child
  let sandbox
  // Known before the sandbox runs: the server is told where amoCRM is, next door to Telegram.
  const door = await freeRow(COUNTERPARTS.length)
  if (folder) {
    // Started by root, Postgres runs as another user, who must get in.
    chmodSync(folder, 0o755)
    const port = await freePort()
    base = `http://127.0.0.1:${port}`
    child = start(
      ['serve'],
      {
        BESEDA_DATA_DIR: data,
        BESEDA_HTTP__LISTEN: `127.0.0.1:${port}`,
        BESEDA_DEMO_COMPANY: 'false',
        BESEDA_OUTGOING__ALLOW_LOOPBACK: 'true',
        BESEDA_LIMITS__SIGN_UP_PER_HOUR: MUCH,
        BESEDA_LIMITS__LOG_IN_PER_MINUTE: MUCH,
        BESEDA_LIMITS__LOG_IN_PER_EMAIL_HOUR: MUCH,
        BESEDA_LIMITS__INVITE_PER_MINUTE: MUCH,
        BESEDA_LIMITS__PASSWORD_PER_HOUR: MUCH,
        BESEDA_CRM__AMO__API: `http://127.0.0.1:${door + 1}/a/{subdomain}`,
        BESEDA_CRM__AMO__CONSENT: `http://127.0.0.1:${door + 1}/oauth`,
        BESEDA_CRM__AMO__CHATS: `http://127.0.0.1:${door + 1}/amojo`,
        ...extra({ base, door }),
      },
      log,
    )
    await answers(`${base}/readyz`, child, log)
  }
  return {
    base,
    log,
    /** The customers' side of Telegram: the program's own sandbox, started when first asked for. */
    async sandbox() {
      sandbox ??= (async () => {
        const listen = `127.0.0.1:${door}`
        const program = start(['sandbox', '--listen', listen], { BESEDA_PUBLIC_URL: base }, log)
        await answers(`http://${listen}/sandbox/state`, program, log)
        return { url: `http://${listen}`, program }
      })()
      return (await sandbox).url
    },
    /** The sandbox of a messenger: its address, once all of them run. */
    async counterpart(kind) {
      await this.sandbox()
      const url = `http://127.0.0.1:${door + COUNTERPARTS.indexOf(kind)}`
      await until(() => fetch(`${url}/sandbox/state`).then((r) => r.ok, () => false), { what: `the sandbox of ${kind}` })
      return url
    },
    /** The same of amoCRM: its address, and the long-lived token of its account `romashka`. */
    async amo() {
      await this.sandbox()
      return {
        url: `http://127.0.0.1:${door + 1}`,
        account: 'romashka',
        token: 'sandbox.demo-long-lived-token-of-the-amocrm-account-romashka.0001',
      }
    },
    /** Runs SQL as the owner of the private Postgres; answers with what psql prints. */
    async sql(text) {
      if (!data) throw new Error('SQL needs a server of our own, or BESEDA_DATA_DIR beside BESEDA_URL.')
      const where = `postgres://app@localhost/postgres?host=${join(data, 'run')}`
      const { stdout } = await execute(psql(), ['-XAtq', '-v', 'ON_ERROR_STOP=1', where, '-c', text], {
        maxBuffer: 64 << 20,
      })
      return stdout.trim()
    },
    async close() {
      if (sandbox) await stop((await sandbox.catch(() => ({}))).program)
      await stop(child)
      if (folder && !process.env.BESEDA_KEEP) rmSync(folder, { recursive: true, force: true })
    },
  }
}
