/**
 * The viewer in a real browser over the real thing: server, worker, preview engine, database and store of a private
 * instance. With SCREENSHOT_DIR set, the pictures it takes are kept there.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import t from 'tap'
import { type Embedded, type EmbeddedEvent, startEmbedded } from '../../embedded/start.ts'
import { noBrowser, startBrowser } from '../support/browser.ts'

const skip = noBrowser()
t.setTimeout(300_000)

const STORYBOARD = {
  title: 'The last ferry',
  scenes: [
    { id: 'quay', prompt: 'Wide on the quay at dusk, a ferry lit from inside', duration: 3 },
    { id: 'gangway', prompt: 'A woman walks up the gangway toward a warm doorway', duration: 3 },
    { id: 'wake', prompt: 'Straight down on the ferry, a white wake across the bay at night', duration: 3 },
  ],
  transitions: { default: { type: 'fade', duration: 0.5 } },
}

/** Notes every stage and percent that is on the page, as they change. Runs in the page. */
const NOTE_TAKER = `
  window.notes = []
  addEventListener('DOMContentLoaded', () => {
    const note = () => {
      const stage = document.querySelector('[aria-current="step"]')?.textContent.replace(/ .*/, '') ?? ''
      const percent = Number(document.getElementById('bar').getAttribute('aria-valuenow') ?? 0)
      const last = notes.at(-1)
      if (last?.stage !== stage || last.percent !== percent) notes.push({ stage, percent })
    }
    new MutationObserver(note).observe(document.getElementById('watch'), { subtree: true, childList: true, attributes: true, characterData: true })
  })`
type Note = { stage: string; percent: number }

if (skip) {
  t.test('the viewer over the real thing', { skip }, async () => {})
} else {
  const folder = await mkdtemp(join(tmpdir(), 'framecast-e2e-'))
  // Postgres may run as somebody else, who has to pass through.
  await chmod(folder, 0o755)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const events: EmbeddedEvent[] = []
  const instance = await startEmbedded({
    dataDir: join(folder, 'instance'),
    durability: 'fast',
    onEvent: (event) => events.push(event),
  })
  t.teardown(() => instance.close())
  const browser = await startBrowser()
  t.teardown(() => browser.close())
  await run(instance, events, browser)
}

async function until(holds: () => boolean | Promise<boolean>, what: string, limitMs = 90_000): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

async function run(
  instance: Embedded,
  events: readonly EmbeddedEvent[],
  browser: Awaited<ReturnType<typeof startBrowser>>,
): Promise<void> {
  async function api(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${instance.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${instance.apiKey}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(15_000),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }

  /** A render and the address at which it is watched; `seed` keeps it from being one that is there already. */
  async function render(seed: number): Promise<{ id: string; url: string }> {
    const job = await api('POST', '/v1/generate', {
      spec: STORYBOARD,
      options: { resolution: '480p', engine: 'preview', seed },
    })
    const id = String(job.id ?? job.job_id)
    const link = await api('POST', `/v1/jobs/${id}/watch-links`)
    return { id, url: String(link.url) }
  }

  async function open(
    t: { teardown(work: () => unknown): unknown },
    url: string,
  ): Promise<{ page: Page; errors: string[]; frames: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'dark' })
    t.teardown(() => page.close())
    page.setDefaultTimeout(90_000)
    const errors: string[] = []
    const frames: string[] = []
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('console', (message) => {
      const isLoss = /Failed to load resource|WebSocket connection/.test(message.text())
      if (message.type() === 'error' && !isLoss) errors.push(message.text())
    })
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => frames.push(String(payload))))
    await page.addInitScript(NOTE_TAKER)
    await page.goto(url)
    return { page, errors, frames }
  }

  const notesOf = async (page: Page): Promise<Note[]> => (await page.evaluate('notes')) as Note[]
  const onlyForward = (notes: readonly Note[]): boolean =>
    notes.every(({ percent }, index) => index === 0 || percent >= notes[index - 1]!.percent)
  const place = (page: Page) => page.evaluate('film.currentTime').then(Number)

  /** A picture of the page in one theme; true when there is something to see on it. */
  async function shoot(page: Page, name: string, colorScheme: 'dark' | 'light'): Promise<boolean> {
    await page.emulateMedia({ colorScheme })
    const picture = await page.screenshot({
      ...(process.env.SCREENSHOT_DIR
        ? { path: join(process.env.SCREENSHOT_DIR, `${name}-${colorScheme}.png`) }
        : {}),
    })
    const { channels } = await sharp(picture).stats()
    return channels.some(({ stdev }) => stdev > 10)
  }
  const layout = (page: Page) =>
    page.evaluate(
      `JSON.stringify([...document.querySelectorAll('main *')].map((e) => { const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height] }))`,
    )

  t.test('a render is seen from waiting to its film', async (t) => {
    // The worker is held for a moment, so that waiting can be seen.
    const worker = instance.pid('worker') as number
    process.kill(worker, 'SIGSTOP')
    const { page, errors } = await open(t, (await render(1)).url)
    const ranges: number[] = []
    page.on('response', (response) => {
      if (response.request().resourceType() === 'media') ranges.push(response.status())
    })
    await page.locator('#card-text', { hasText: 'Waiting for a free engine.' }).waitFor()
    process.kill(worker, 'SIGCONT')

    await page.locator('.frame > .picture.shown').waitFor()
    await page.locator('#scenes .picture.shown').first().waitFor()
    t.match(await page.title(), /^\d+% The last ferry$/)
    t.ok(await shoot(page, 'rendering', 'light'))
    t.ok(await shoot(page, 'rendering', 'dark'))
    await page.locator('#verdict', { hasText: 'Ready' }).waitFor()

    const notes = await notesOf(page)
    const stages = [...new Set(notes.map(({ stage }) => stage))].filter(Boolean)
    t.comment(JSON.stringify(notes))
    t.equal(stages[0], 'Waiting')
    t.ok(stages.includes('Scenes'))
    t.ok(onlyForward(notes), 'no bar ran backwards')
    t.ok(new Set(notes.map(({ percent }) => percent)).size >= 4, 'percent came in steps')
    t.equal(await page.locator('#scenes > li[data-state="ready"]').count(), 3)

    await until(async () => (await place(page)) > 0.2, 'the film starts')
    const before = await place(page)
    await until(async () => (await place(page)) > before + 0.5, 'the film goes on')
    t.ok(ranges.includes(206), `ranges were asked for and given: ${ranges}`)
    t.equal(await page.evaluate('film.videoHeight'), 480)
    t.match(await page.locator('#facts').textContent(), '3 scenes')
    const sheet = await fetch(String(await page.locator('#sheet').getAttribute('href')))
    t.match(sheet.headers.get('content-type'), /^image\//)
    const dark = await layout(page)
    t.ok(await shoot(page, 'completed', 'dark'))
    t.ok(await shoot(page, 'completed', 'light'))
    t.equal(await layout(page), dark, 'both themes have one layout')
    t.strictSame(errors, [])
  })

  t.test('the server is killed in the middle and comes back: the viewer goes on from there', async (t) => {
    const { page, errors, frames } = await open(t, (await render(2)).url)
    await page.locator('.frame > .picture.shown').waitFor()
    const percent = (await notesOf(page)).at(-1)!.percent
    process.kill(instance.pid('server') as number, 'SIGKILL')
    await until(
      () => events.some((event) => event.kind === 'restarted' && event.part === 'server'),
      'restarted',
    )
    await page.locator('#verdict', { hasText: 'Ready' }).waitFor()
    const notes = await notesOf(page)
    t.comment(`${percent}% at the kill; ${JSON.stringify(notes)}`)
    t.ok(onlyForward(notes), 'no bar ran backwards')
    const subscriptions = frames
      .filter((frame) => frame.includes('"subscribe"'))
      .map((frame) => JSON.parse(frame))
    t.ok(
      subscriptions.some(({ after }) => after > 0),
      'it asked for what came after the last event it had',
    )
    await until(async () => (await place(page)) > 0.5, 'the film plays')
    t.strictSame(errors, [])
  })

  t.test('a render that is canceled says so; a link of a deleted one has ended', async (t) => {
    const { id, url } = await render(3)
    const { page, errors } = await open(t, url)
    await page.locator('.frame > .picture.shown').waitFor()
    await api('POST', `/v1/jobs/${id}/cancel`)
    await page.locator('#verdict', { hasText: /This render was canceled at \d+%/ }).waitFor()
    t.ok(await page.locator('.frame > .picture.shown').isVisible(), 'its last picture stays')
    t.ok(await shoot(page, 'canceled', 'light'))
    await api('DELETE', `/v1/jobs/${id}`)
    await page.reload()
    await page.locator('#card-title', { hasText: 'This link has ended' }).waitFor()
    await page.goto(url.split('#')[0] as string)
    await page.locator('#card-title', { hasText: 'This link is not complete' }).waitFor()
    t.strictSame(errors, [])
  })
}
