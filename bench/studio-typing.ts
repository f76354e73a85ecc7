/**
 * From a key to what is wrong, in the studio's source view, at 50 scenes.
 *
 *   node bench/studio-typing.ts [keys]
 *
 * A private instance, the studio in a real browser, a storyboard of 50 scenes with sound, symbols and a timeline. A letter
 * after the name of a symbol makes a fault, and taking it away mends it, in turns. Measured in the page, from the key's own
 * time to the frame after the underline came or went: the text's check in its thread, and all that is drawn anew.
 */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '../embedded/start.ts'
import { noBrowser, startBrowser } from '../test/support/browser.ts'
import { line } from './support/figures.ts'

const KEYS = Number(process.argv[2] ?? 60)
const SCENES = 50
const WARM_UP = 6

/** Runs in the page: notes the time from each key to the frame after the underline changed. */
const OBSERVE = `
  globalThis.tookMs = []
  let pressedAt = null
  const isShown = () => document.querySelector('.cm-lintRange-error') !== null
  let before = isShown()
  addEventListener('keydown', (event) => { pressedAt = event.timeStamp }, true)
  new MutationObserver(() => {
    if (pressedAt === null || isShown() === before) return
    before = !before
    const from = pressedAt
    pressedAt = null
    requestAnimationFrame(() => {
      tookMs.push(performance.now() - from)
      document.body.dataset.keys = String(tookMs.length)
    })
  }).observe(document.querySelector('.cm-content'), { childList: true, subtree: true, attributes: true })
`

const storyboard = {
  title: 'Fifty scenes',
  global_prompt: { positive: '35 mm film, golden hour', negative: 'blurry, watermark' },
  symbols: Object.fromEntries(
    ['mara', 'jonas', 'lamp', 'ferry'].map((name) => [
      name,
      { prompt: `${name}, as seen from afar at dusk` },
    ]),
  ),
  scenes: Array.from({ length: SCENES }, (_, n) => ({
    id: `scene_${n + 1}`,
    prompt: `slow push in on @mara and @jonas at the rail of the @ferry, the @lamp behind them, take ${n + 1}`,
    duration: 5,
    audio: {
      ambient: { asset_id: 'asset_ambient_ocean', volume: 0.5, loop: true },
      sfx: [{ asset_id: 'asset_sfx_footsteps', start: 0.5 }],
    },
  })),
  timeline: Array.from({ length: SCENES }, (_, n) => ({ scene: `scene_${n + 1}` })),
}

async function main(): Promise<void> {
  const missing = noBrowser()
  if (missing) {
    console.log(`not measured: ${missing}`)
    return
  }
  const folder = await mkdtemp(join(tmpdir(), 'framecast-typing-'))
  await chmod(folder, 0o755)
  const instance = await startEmbedded({ dataDir: join(folder, 'instance'), durability: 'fast' })
  const browser = await startBrowser()
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const post = async <T>(path: string, data: object): Promise<T> => {
      const headers = { origin: instance.url }
      const answer = await context.request.post(`${instance.url}${path}`, { headers, data })
      if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`)
      return (await answer.json()) as T
    }
    const password = (await readFile(join(instance.dataDir, 'password'), 'utf8')).trim()
    await post('/v1/auth/login', { email: 'operator@framecast.local', password })
    const team = await post<{ id: string; slug: string }>('/v1/teams', { name: 'Typing' })
    const path = `/v1/teams/${team.id}/projects`
    const project = await post<{ id: string }>(path, { name: storyboard.title, spec: storyboard })
    const page = await context.newPage()
    await page.goto(`${instance.url}/t/${team.slug}/p/${project.id}?view=source&scene=scene_25`)
    const code = page.getByRole('textbox', { name: 'Storyboard as YAML' })
    await code.getByText('take 25').waitFor()
    await code.press('ArrowDown')
    // Behind the first symbol of the prompt.
    await code.press('Home')
    const typed = 'prompt: slow push in on @mara'.length
    for (let n = 0; n < typed; n += 1) await page.keyboard.press('ArrowRight')
    await page.evaluate(OBSERVE)
    for (let n = 0; n < KEYS + WARM_UP; n += 1) {
      await page.keyboard.press(n % 2 === 0 ? 'x' : 'Backspace')
      await page.locator(`body[data-keys="${n + 1}"]`).waitFor()
    }
    const tookMs = (await page.evaluate<number[]>('tookMs')).slice(WARM_UP)
    const bytes = Buffer.byteLength(JSON.stringify(storyboard))
    console.log(`${SCENES} scenes, ${(bytes / 1_024).toFixed(0)} KB as JSON; ${tookMs.length} keys`)
    console.log(line('key -> underline drawn', tookMs))
  } finally {
    await browser.close()
    await instance.close()
    await rm(folder, { recursive: true, force: true })
  }
}

await main()
