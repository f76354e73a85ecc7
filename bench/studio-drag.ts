/**
 * How smoothly the studio's timeline follows the hand: a storyboard of 50 scenes in a real Chromium, a shot and an edge
 * dragged over many others, and the zoom run through. Frames are those of the page itself (requestAnimationFrame).
 *
 *   node bench/studio-drag.ts
 *
 * Needs Chromium and a built studio (`npx just studio`).
 */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { startEmbedded } from '../embedded/start.ts'
import { noBrowser, startBrowser } from '../test/support/browser.ts'

const SCENES = 50
const MOVES = 240
const missing = noBrowser()

/** Runs `work` and returns the times between the frames meanwhile, in ms. */
async function framesDuring(page: Page, work: () => Promise<void>): Promise<number[]> {
  await page.evaluate(`
    globalThis.frames_ = []
    globalThis.isCounting = true
    let last = performance.now()
    const tick = (now) => {
      globalThis.frames_.push(now - last)
      last = now
      if (globalThis.isCounting) requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
  `)
  await work()
  return (await page.evaluate('globalThis.isCounting = false, globalThis.frames_.slice(1)')) as number[]
}

function tell(what: string, frames: readonly number[]): void {
  const sorted = [...frames].sort((a, b) => a - b)
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1).padStart(6)
  const slow = frames.filter((ms) => ms > 50).length
  console.log(
    `${what.padEnd(16)} ${String(frames.length).padStart(5)} frames  p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)}  most ${at(1)} ms  over 50 ms: ${slow}`,
  )
}

async function measure(folder: string): Promise<void> {
  const instance = await startEmbedded({ dataDir: join(folder, 'instance'), durability: 'fast' })
  const browser = await startBrowser()
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const page = await context.newPage()
    await page.goto(`${instance.url}/sign-in`)
    await page.getByLabel('Email').fill('operator@framecast.local')
    await page
      .getByLabel('Password')
      .fill((await readFile(join(instance.dataDir, 'password'), 'utf8')).trim())
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Projects' }).waitFor()
    const send = async (method: string, path: string, data?: object) => {
      const reply = await context.request.fetch(`${instance.url}${path}`, {
        method,
        headers: { origin: instance.url },
        ...(data ? { data } : {}),
      })
      return reply.json()
    }
    const [team] = (await send('GET', '/v1/teams')) as { id: string; slug: string }[]
    const project = (await send('POST', `/v1/teams/${team!.id}/projects`, {
      name: 'Fifty',
      spec: {
        title: 'Fifty',
        global_audio: { music: { asset_id: 'asset_music_tense', loop: true } },
        transitions: { default: { type: 'dissolve', duration: 0.5 } },
        scenes: Array.from({ length: SCENES }, (_, at) => ({
          id: `scene-${at + 1}`,
          prompt: `picture ${at + 1}`,
          duration: 4,
          audio: { sfx: [{ asset_id: 'asset_sfx_footsteps', start: 1 }] },
        })),
      },
    })) as { id: string }
    await page.goto(`${instance.url}/t/${team!.slug}/p/${project.id}`)
    const timeline = page.getByRole('region', { name: 'Timeline' })
    const shot = timeline.getByRole('option').nth(3)
    await shot.waitFor()
    const dragged = async (fromRight: boolean): Promise<void> => {
      const box = (await shot.boundingBox())!
      const x = fromRight ? box.x + box.width - 4 : box.x + box.width / 2
      const y = box.y + box.height * 0.6
      await page.mouse.move(x, y)
      await page.mouse.down()
      for (let step = 1; step <= MOVES; step += 1)
        await page.mouse.move(x + 300 * Math.sin((step / MOVES) * Math.PI * 2), y)
      await page.keyboard.press('Escape')
      await page.mouse.up()
    }
    tell('at rest', await framesDuring(page, () => page.waitForTimeout(2_000)))
    tell('moving a shot', await framesDuring(page, () => dragged(false)))
    tell('trimming a shot', await framesDuring(page, () => dragged(true)))
    tell(
      'zooming',
      await framesDuring(page, async () => {
        for (let step = 0; step < 30; step += 1) await page.keyboard.press(step < 15 ? '+' : '-')
      }),
    )
  } finally {
    await browser.close()
    await instance.close()
  }
}

if (missing) {
  console.log(`not measured: ${missing}`)
} else {
  const folder = await mkdtemp(join(tmpdir(), 'framecast-bench-drag-'))
  // Postgres may run as somebody else, who has to pass through.
  await chmod(folder, 0o755)
  try {
    await measure(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
