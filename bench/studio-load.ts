/**
 * How long the studio takes to be there: from the address to what can be used.
 *
 *   node bench/studio-load.ts [loads]
 *
 * Browser, server and PostgreSQL are processes of their own on one machine; build the studio before. By the clock of the
 * page, from the start of the navigation until the first card stands there and its page answers (a frame later). "Cold" is a
 * browser that has never been here, "again" one that has.
 */
import { createSession, sessionKeys } from '../core/accounts/sessions.ts'
import { cookieName } from '../server/credentials.ts'
import { startBrowser } from '../test/support/browser.ts'
import { buildTeam, buildUser } from '../test/support/builders.ts'
import { line } from './support/figures.ts'
import { storyboard, withInstallation } from './support/installation.ts'

const LOADS = Number(process.argv[2] ?? 15)

/** Notes when the first element of a kind is drawn. Runs in the page. */
const stopwatch = (selector: string): string => `
  const look = () => {
    if (document.querySelector(${JSON.stringify(selector)})) requestAnimationFrame(() => { window.there = performance.now() })
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)`

await withInstallation(async ({ config, db, startServer }) => {
  const [server, browser] = await Promise.all([startServer({ RATE_LIMITS: 'off' }), startBrowser()])
  const user = await buildUser(db.pool)
  const teamId = await buildTeam(db.pool, user)
  const { token } = await createSession(db.pool, sessionKeys(config), { userId: user.userId })
  const response = await fetch(`${server.url}/v1/teams/${teamId}/projects`, {
    method: 'POST',
    headers: {
      cookie: `${cookieName(config)}=${token}`,
      origin: server.url,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ name: 'Bench', spec: storyboard('bench', 12) }),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  const { id } = (await response.json()) as { id: string }
  const pages = {
    projects: { path: `/t/team-${teamId}`, there: `a[href*="${id}"]` },
    board: { path: `/t/team-${teamId}/p/${id}`, there: '[data-card]' },
    source: { path: `/t/team-${teamId}/p/${id}?view=source`, there: '.cm-content' },
  }
  console.log(`${LOADS} loads of each, one after the other\n`)
  for (const [name, { path, there }] of Object.entries(pages)) {
    const times: Record<'cold' | 'again', number[]> = { cold: [], again: [] }
    for (let n = 0; n < LOADS; n += 1) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
      await context.addCookies([{ name: cookieName(config), value: token, url: server.url }])
      const page = await context.newPage()
      await page.addInitScript(stopwatch(there))
      for (const how of ['cold', 'again'] as const) {
        await page.goto(`${server.url}${path}`)
        await page.locator(there).first().waitFor()
        times[how].push(
          await page.evaluate<number>(
            'new Promise((done) => { const look = () => window.there ? done(window.there) : requestAnimationFrame(look); look() })',
          ),
        )
      }
      await context.close()
    }
    console.log(line(`${name}, cold`, times.cold))
    console.log(line(`${name}, again`, times.again))
  }
  await browser.close()
  await server.part.stop()
})
