/**
 * From the click on Render to the first live event on the screen.
 *
 *   node bench/studio-first-event.ts [renders]
 *
 * Browser, server, worker, PostgreSQL (fsync on) are processes of their own; build the studio before. By the clock of the
 * page: from the click to the bar in place of the button, and to the first stage that an event brings, drawn. The worker
 * plans only, so that rendering does not disturb; each render is canceled before the next.
 */
import { createApiKey } from '../core/accounts/keys.ts'
import { createSession, sessionKeys } from '../core/accounts/sessions.ts'
import { cookieName } from '../server/credentials.ts'
import { startBrowser } from '../test/support/browser.ts'
import { buildTeam, buildUser } from '../test/support/builders.ts'
import { until } from '../test/support/faults.ts'
import { line, ms, percentile } from './support/figures.ts'
import { storyboard, withInstallation } from './support/installation.ts'

const RENDERS = Number(process.argv[2] ?? 40)
const WARM_UP = 5

/** Notes when the bar is drawn and when its first stage after waiting is. Runs in the page. */
const STOPWATCH = `
  addEventListener('click', (event) => {
    if (event.target.closest('button')?.textContent !== 'Render') return
    const watch = { from: performance.now(), bar: null, event: null }
    window.watch = watch
    const look = () => {
      const bar = document.querySelector('[role="progressbar"][aria-label="Rendering"]')
      const stage = bar?.getAttribute('aria-valuetext') ?? 'Waiting'
      if (bar) watch.bar ??= performance.now() - watch.from
      if (!stage.startsWith('Waiting')) watch.event ??= performance.now() - watch.from
      if (watch.event === null) requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  }, { capture: true })`

type Watch = { bar: number; event: number }

await withInstallation(async ({ config, db, startServer, startWorker }) => {
  const [server, worker, browser] = await Promise.all([
    startServer(),
    startWorker({ WORKER_ROLES: 'plan' }),
    startBrowser(),
  ])
  const user = await buildUser(db.pool)
  const teamId = await buildTeam(db.pool, user)
  const { rawKey } = await createApiKey(db.pool, { userId: user.userId, name: 'bench', scopes: ['*'] })
  const { token } = await createSession(db.pool, sessionKeys(config), { userId: user.userId })
  const post = async (path: string, body: object): Promise<{ id: string }> => {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rawKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as { id: string }
  }
  const project = await post(`/v1/teams/${teamId}/projects`, { name: 'Bench', spec: storyboard('bench', 3) })
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  await context.addCookies([{ name: cookieName(config), value: token, url: server.url }])
  const page = await context.newPage()
  await page.addInitScript(STOPWATCH)
  await page.goto(`${server.url}/t/team-${teamId}/p/${project.id}`)
  const bars: number[] = []
  const events: number[] = []
  for (let n = -WARM_UP; n < RENDERS; n += 1) {
    await page.getByRole('button', { name: 'Render', exact: true }).click()
    const watch = await until('the first event', () =>
      page.evaluate<Watch | null>('window.watch?.event ? window.watch : null'),
    )
    const { rows } = await db.pool.query<{ id: string }>(
      'select id from jobs order by created_at desc limit 1',
    )
    await post(`/v1/jobs/${rows[0]!.id}/cancel`, {})
    await page.getByRole('button', { name: 'Render', exact: true }).waitFor()
    await page.evaluate('window.watch = undefined')
    if (n < 0) continue
    bars.push(watch.bar)
    events.push(watch.event)
  }
  console.log(`${RENDERS} renders, one after the other, after ${WARM_UP} to warm up\n`)
  console.log(line('click -> bar drawn', bars))
  console.log(line('click -> first live event drawn', events))
  console.log(`\np50 ${ms(percentile(events, 0.5))}, p95 ${ms(percentile(events, 0.95))}`)
  await browser.close()
  await worker.stop()
  await server.part.stop()
})
