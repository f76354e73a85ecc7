/**
 * Every page of the studio, in both themes and three widths, over a private instance with a film in it: nobody is kept out,
 * nothing runs over, nothing is asked of others. With SCREENSHOT_DIR set, pictures of all of them are kept there.
 */
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { startEmbedded } from '../../embedded/start.ts'
import { noBrowser, startBrowser } from '../support/browser.ts'

const skip = noBrowser()
t.setTimeout(400_000)

const PERSON = { email: 'ada@studio.example', password: 'a lamp that wakes at dusk', name: 'Ada' }
const LIMIT_MS = 60_000
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const THEMES = ['dark', 'light'] as const
const WIDTHS = {
  wide: { width: 1440, height: 900 },
  small: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
}

/** Pages by name: where they are, and what stands there once they are drawn. */
type Place = {
  path: string
  ready: (page: Page) => Promise<unknown>
  axeIn?: readonly (keyof typeof WIDTHS)[]
}

if (skip) t.test('every page of the studio', { skip }, async () => {})
else await run()

async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'framecast-pages-'))
  // Postgres may run as somebody else, who has to pass through.
  await chmod(folder, 0o755)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const instance = await startEmbedded({
    dataDir: join(folder, 'instance'),
    durability: 'fast',
    // One person looks at more pages here than anybody does in a minute.
    environment: { ...process.env, RATE_LIMITS: 'off' },
  })
  t.teardown(() => instance.close())
  const browser = await startBrowser()
  t.teardown(() => browser.close())

  const { url } = instance
  await fetch(`${url}/v1/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(PERSON),
  })
  const first = await signedIn(browser, url, { colorScheme: 'dark', viewport: WIDTHS.wide })
  const api = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await first.request.fetch(`${url}${path}`, {
      method,
      headers: { origin: url },
      ...(body ? { data: body } : {}),
    })
    if (!response.ok()) throw new Error(`${method} ${path}: ${response.status()} ${await response.text()}`)
    return response.json()
  }
  await api('POST', '/v1/account/upgrade', { target_tier: 'creator' })
  const [team] = await api<{ id: string; slug: string }[]>('GET', '/v1/teams')
  await api('PATCH', `/v1/teams/${team!.id}`, { name: 'Northlight' })
  const project = await api<{ id: string }>('POST', `/v1/teams/${team!.id}/projects`, {
    name: 'The lamp',
    spec: {
      title: 'The lamp',
      symbols: { keeper: { prompt: 'an old lighthouse keeper in a yellow coat' } },
      scenes: [
        {
          id: 'stairs',
          title: 'The stairs',
          prompt: '@keeper climbs a spiral staircase at dusk',
          duration: 2,
        },
        {
          id: 'lamp',
          title: 'The lamp',
          prompt: 'the great lamp wakes and sweeps the dark sea',
          duration: 2,
        },
        { id: 'ship', title: 'A ship', prompt: 'a fishing boat turns towards the light', duration: 2 },
      ],
    },
  })
  const job = await api<{ id: string }>('POST', `/v1/projects/${project.id}/render`, {
    options: { engine: 'preview', resolution: '480p', fps: 16 },
  })
  // Told as it happens; the stream ends with the job.
  await first.request.get(`${url}/v1/jobs/${job.id}/events`, { timeout: 180_000 })
  await first.close()

  const heading = (name: string | RegExp) => (page: Page) =>
    page.getByRole('heading', { level: 1, name }).waitFor()
  const home = `/t/${team!.slug}`
  const editor = `${home}/p/${project.id}`
  const places: Record<string, Place> = {
    projects: {
      path: home,
      ready: (page) => page.getByRole('link', { name: 'The lamp' }).waitFor(),
    },
    board: {
      path: `${editor}?scene=lamp`,
      ready: (page) =>
        page
          .getByRole('region', { name: 'Board' })
          .getByRole('button', { name: /^Scene \d/ })
          .first()
          .waitFor(),
    },
    source: { path: `${editor}?view=source`, ready: (page) => page.locator('.cm-content').waitFor() },
    film: { path: `${editor}?view=film`, ready: (page) => page.locator('video').first().waitFor() },
    library: { path: `${home}/library`, ready: heading('Library') },
    queue: { path: `${home}/queue`, ready: (page) => page.getByText('Done').first().waitFor() },
    webhooks: { path: `${home}/webhooks`, ready: heading(/./) },
    usage: { path: `${home}/usage`, ready: heading(/./) },
    audit: { path: `${home}/audit`, ready: heading(/./) },
    account: { path: '/account', ready: heading(/./) },
    keys: { path: '/account/keys', ready: heading(/./) },
    sessions: { path: '/account/sessions', ready: heading(/./) },
    engines: { path: '/engines', ready: (page) => page.getByText('Healthy').first().waitFor() },
    team: {
      path: `${home}/team`,
      ready: (page) => page.getByText('ada@studio.example').first().waitFor(),
    },
  }

  // Each theme and each width; all six only for pictures.
  const tours = process.env.SCREENSHOT_DIR
    ? THEMES.flatMap((theme) => (['wide', 'small', 'phone'] as const).map((width) => ({ theme, width })))
    : ([
        { theme: 'dark', width: 'wide' },
        { theme: 'dark', width: 'phone' },
        { theme: 'light', width: 'small' },
        { theme: 'light', width: 'phone' },
      ] as const)
  for (const { theme, width } of tours) {
    const viewport = WIDTHS[width]
    await t.test(`${theme}, ${width}`, async (t) => {
      const context = await signedIn(browser, url, { colorScheme: theme, viewport })
      const page = await context.newPage()
      const faults: string[] = []
      page.on('pageerror', (error) => faults.push(String(error.stack)))
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text())
      })
      page.on('request', (request) => {
        if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url()))
          faults.push(`a request for another host: ${request.url()}`)
      })
      for (const [name, { path, ready }] of Object.entries(places)) {
        await page.goto(`${url}${path}`)
        await ready(page)
        await page.evaluate('document.fonts.ready')
        const { SCREENSHOT_DIR } = process.env
        if (SCREENSHOT_DIR)
          await page.screenshot({ path: join(SCREENSHOT_DIR, `${name}-${theme}-${width}.png`) })
        const over = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
        t.ok(over <= 0, `${name}: no sideways scroll (${over} px)`)
        t.strictSame(await seriousIn(page), [], `${name}: no serious finding`)
      }
      t.strictSame(faults, [], 'no error, and nothing of another host')
      await context.close()
    })
  }

  await t.test('too many requests are said, and asked again when they may', async (t) => {
    const context = await signedIn(browser, url, { colorScheme: 'dark', viewport: WIDTHS.small })
    const page = await context.newPage()
    let refusals = 0
    await page.route('**/v1/engines', async (route) => {
      if (refusals > 0) return route.fallback()
      refusals += 1
      await route.fulfill({
        status: 429,
        headers: { 'retry-after': '2' },
        json: {
          error: { code: 'RATE_LIMIT_EXCEEDED', message: 'Rate limit exceeded: retry after 2 seconds' },
        },
      })
    })
    await page.goto(`${url}/engines`)
    await page.getByText('Too many requests.').waitFor()
    await page.getByText('Healthy').first().waitFor()
    t.equal(refusals, 1)
    t.equal(await page.getByText('Too many requests.').count(), 0)
    await context.close()
  })
}

async function signedIn(
  browser: Browser,
  url: string,
  options: { colorScheme: 'dark' | 'light'; viewport: { width: number; height: number } },
): Promise<BrowserContext> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(LIMIT_MS)
  const { email, password } = PERSON
  const response = await context.request.post(`${url}/v1/auth/login`, {
    headers: { origin: url },
    data: { email, password },
  })
  if (!response.ok()) throw new Error(`signing in: ${response.status()}`)
  return context
}

type AxeResult = { violations: { id: string; impact: string; nodes: { html: string }[] }[] }

async function seriousIn(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .map((node) => node.html)
            .join(' ')
            .slice(0, 400)}`,
      )
  })
}
