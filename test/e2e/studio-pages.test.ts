/**
 * Every page of the studio, in both themes and three widths, over an installation with a film in it: nobody is kept out,
 * nothing runs over, nothing is asked of others. With SCREENSHOT_DIR set, pictures of all of them are kept there.
 */
import type { Page } from 'playwright-core'
import t from 'tap'
import { noBrowser } from '../support/browser.ts'
import {
  ADA,
  arrive,
  keepPicture,
  openBrowser,
  ownTeam,
  PHONE,
  renderFilm,
  SMALL,
  seriousFindings,
  signUp,
  startInstallation,
  WIDE,
} from '../support/studio-browser.ts'

const skip = noBrowser()
t.setTimeout(400_000)

const THEMES = ['dark', 'light'] as const
const WIDTHS = { wide: WIDE, small: SMALL, phone: PHONE }

/** Pages by name: where they are, and what stands there once they are drawn. */
type Place = {
  path: string
  ready: (page: Page) => Promise<unknown>
  axeIn?: readonly (keyof typeof WIDTHS)[]
}

if (skip) t.test('every page of the studio', { skip }, async () => {})
else await run()

async function run(): Promise<void> {
  const [url, browser] = await Promise.all([startInstallation(t), openBrowser(t)])
  await signUp(url, ADA)
  const { context, ask } = await arrive(browser, url, { as: ADA })
  const team = await ownTeam(ask, 'Northlight')
  const project = await ask<{ id: string }>('POST', `/v1/teams/${team.id}/projects`, {
    name: 'The lamp',
    spec: {
      title: 'The lamp',
      symbols: { keeper: { prompt: 'an old lighthouse keeper in a yellow coat' } },
      scenes: [
        {
          id: 'stairs',
          prompt: '@keeper climbs a spiral staircase at dusk',
          duration: 2,
        },
        {
          id: 'lamp',
          prompt: 'the great lamp wakes and sweeps the dark sea',
          duration: 2,
        },
        { id: 'ship', prompt: 'a fishing boat turns towards the light', duration: 2 },
      ],
    },
  })
  await renderFilm(ask, project.id, { fps: 16 })
  const [job] = await ask<{ id: string }[]>('GET', `/v1/jobs?project_id=${project.id}`)
  const [preview] = await ask<{ slug: string }[]>('GET', '/v1/engines')
  await context.close()

  const heading = (name: string | RegExp) => (page: Page) =>
    page.getByRole('heading', { level: 1, name }).waitFor()
  const home = `/t/${team.slug}`
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
    engine: {
      path: `/engines/${preview!.slug}`,
      ready: (page) => page.getByText('Nothing runs here now.').waitFor(),
    },
    job: { path: `${home}/queue/${job!.id}`, ready: (page) => page.getByText('Film r1 is ready.').waitFor() },
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
      const { context, page, faults } = await arrive(browser, url, { as: ADA, colorScheme: theme, viewport })
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text())
      })
      for (const [name, { path, ready }] of Object.entries(places)) {
        await page.goto(`${url}${path}`)
        await ready(page)
        await page.evaluate('document.fonts.ready')
        await keepPicture(page, `${name}-${theme}-${width}`)
        const over = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
        t.ok(over <= 0, `${name}: no sideways scroll (${over} px)`)
        t.strictSame(await seriousFindings(page), [], `${name}: no serious finding`)
      }
      t.strictSame(faults, [], 'no error, and nothing of another host')
      await context.close()
    })
  }

  await t.test('too many requests are said, and asked again when they may', async (t) => {
    const { context, page } = await arrive(browser, url, { as: ADA, viewport: WIDTHS.small })
    let refusals = 0
    await page.route(/\/v1\/engines\?include=standing$/, async (route) => {
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
