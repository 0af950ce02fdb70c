// What an area of the browser tests is given. README.md beside the areas describes it.
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accessible } from './axe.mjs'
import { openPerson, openWidget } from './browser.mjs'
import { newCompany } from './company.mjs'
import { openServer } from './server.mjs'
import { until } from './until.mjs'

const CHECK_WITHIN = 60_000
export const shots = process.env.BESEDA_SHOTS ?? join(tmpdir(), 'beseda-shots')

/** Ends an area: what follows stands on a check that failed. */
class Fallen extends Error {}

export class Stage {
  passed = 0
  failed = 0
  #people = []
  #excused = [/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|WebSocket connection/]

  constructor(area, server, browser, update = false) {
    /** Keep what is seen instead of comparing it with what was kept. */
    this.update = update
    this.area = area
    this.server = server
    this.browser = browser
    /** Where the server answers: pages and API. BESEDA_WEB names pages that are served elsewhere. */
    this.base = process.env.BESEDA_WEB ?? server.base
    mkdirSync(shots, { recursive: true })
  }

  /** One check: counted, timed, and a fault of it stops nothing else. True when it passed. */
  check = async (what, act) => {
    const began = Date.now()
    let late
    try {
      const limit = new Promise((_, fail) => {
        late = setTimeout(() => fail(new Error(`not done within ${CHECK_WITHIN / 1000} s`)), CHECK_WITHIN)
      })
      await Promise.race([act(), limit])
      this.passed++
      console.log(`ok   ${this.area}: ${what} (${Date.now() - began} ms)`)
      return true
    } catch (error) {
      this.failed++
      const stack = String(error?.stack ?? error).split('\n').slice(0, 24).join('\n     ')
      console.log(`FAIL ${this.area}: ${what} (${Date.now() - began} ms)\n     ${stack}`)
      await this.#shootAll()
      return false
    } finally {
      clearTimeout(late)
    }
  }

  /** A check that the rest of the area stands on: when it fails, the area ends. */
  need = async (what, act) => {
    if (!(await this.check(what, act))) throw new Fallen(what)
  }

  /** A new company with an owner of its own, made through the API. */
  company = (options) => newCompany(this.server, options)

  /** A browser of a person: `{ context, page, faults, logIn, wear }`. */
  person = async (options = {}) => {
    const one = await openPerson(this.browser, this.base, options)
    this.#people.push(one)
    return one
  }

  /** The site's chat in a page of its own: `{ page, frame, say }`. */
  visitor = async (site, options = {}) => {
    const { page } = await this.person(options)
    await page.goto(site.page + (options.query ?? ''))
    return { page, ...(await openWidget(page)) }
  }

  axe = accessible
  until = until
  sql = (text) => this.server.sql(text)

  shot = (page, name) => page.screenshot({ path: join(shots, `${this.area}-${name}.png`) })

  /** Faults of pages that this area brings about on purpose. */
  excuse = (pattern) => this.#excused.push(pattern)

  /** A part of the area against a server of its own with other settings; its checks are counted here. */
  apart = async (settings, run) => {
    const server = await openServer(settings)
    const part = new Stage(this.area, server, this.browser, this.update)
    part.base = server.base
    try {
      await part.perform(run)
    } finally {
      await server.close()
      this.passed += part.passed
      this.failed += part.failed
    }
  }

  async #shootAll() {
    const pages = this.#people.flatMap(({ context }) => context.pages())
    for (const [index, page] of pages.entries()) {
      const path = join(shots, `failed-${this.area}-${this.failed}-${index}.png`)
      await page.screenshot({ path, timeout: 5000 }).catch(() => {})
    }
  }

  async perform(run) {
    const began = Date.now()
    try {
      await run(this)
    } catch (error) {
      if (!(error instanceof Fallen)) {
        await this.check('runs to its end', () => Promise.reject(error))
      }
    }
    await this.check('no page broke the policy or threw', async () => {
      const faults = this.#people.flatMap((one) => one.faults)
      const told = faults.filter((fault) => !this.#excused.some((pattern) => pattern.test(fault)))
      if (told.length) throw new Error(told.slice(0, 10).join('\n'))
    })
    await Promise.all(this.#people.map(({ context }) => context.close().catch(() => {})))
    console.log(`     ${this.area}: ${((Date.now() - began) / 1000).toFixed(1)} s`)
  }
}
