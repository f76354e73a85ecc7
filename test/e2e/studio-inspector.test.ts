/**
 * The inspector and the timeline of the studio in a real browser: every field is an edit of the one text, taken back in one
 * step. With SCREENSHOT_DIR set, the pictures it takes are kept there.
 */
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Locator } from 'playwright-core'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { type Embedded, startEmbedded } from '../../embedded/start.ts'
import { noBrowser, startBrowser } from '../support/browser.ts'

const skip = noBrowser()
t.setTimeout(300_000)

const PERSON = { email: 'ada@studio.example', password: 'a lamp that wakes at dusk', name: 'Ada' }
const LIMIT_MS = 60_000
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const SPEC = {
  title: 'The lamp',
  symbols: { keeper: { prompt: 'an old man in a yellow coat' } },
  scenes: [
    { id: 'stairs', prompt: '@keeper climbs the stairs', duration: 4 },
    { id: 'sea', prompt: 'the dark sea', duration: 3 },
    { id: 'lamp', prompt: 'the lamp wakes', duration: 5 },
  ],
}

/** A second of a tone that swells: a wave with a shape. */
function swellingTone(): Buffer {
  const rate = 16_000
  const wav = Buffer.alloc(44 + rate * 2)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + rate * 2, 4)
  wav.write('WAVEfmt ', 8)
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(1, 22)
  wav.writeUInt32LE(rate, 24)
  wav.writeUInt32LE(rate * 2, 28)
  wav.writeUInt16LE(2, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36)
  wav.writeUInt32LE(rate * 2, 40)
  for (let at = 0; at < rate; at += 1)
    wav.writeInt16LE(Math.round(Math.sin(at / 6) * 20_000 * (at / rate)), 44 + at * 2)
  return wav
}

if (skip) {
  t.test('the inspector over the real thing', { skip }, async () => {})
} else {
  const folder = await mkdtemp(join(tmpdir(), 'framecast-inspector-'))
  // Postgres may run as somebody else, who has to pass through.
  await chmod(folder, 0o755)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const instance = await startEmbedded({ dataDir: join(folder, 'instance'), durability: 'fast' })
  t.teardown(() => instance.close())
  const browser = await startBrowser()
  t.teardown(() => browser.close())
  await run(
    instance,
    await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' }),
  )
}

async function run(instance: Embedded, context: BrowserContext): Promise<void> {
  context.setDefaultTimeout(LIMIT_MS)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error.stack)))

  const picture = async (name: string): Promise<void> => {
    const folder = process.env.SCREENSHOT_DIR
    if (folder) await page.screenshot({ path: join(folder, `inspector-${name}.png`) })
  }
  const api = async <T = unknown>(method: string, path: string, body?: object): Promise<T> => {
    const response = await context.request.fetch(`${instance.url}${path}`, {
      method,
      headers: { origin: instance.url },
      ...(body ? { data: body } : {}),
    })
    if (!response.ok()) throw new Error(`${method} ${path}: ${response.status()} ${await response.text()}`)
    return (await response.json()) as T
  }
  const accessible = async (t: Test, what: string): Promise<void> => {
    await page.evaluate(AXE)
    const found = await page.evaluate(async () => {
      type Result = { violations: { id: string; impact: string; nodes: { html: string }[] }[] }
      const { violations } = await (globalThis as unknown as { axe: { run(): Promise<Result> } }).axe.run()
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
    })
    t.strictSame(found, [], `${what} has no serious finding`)
  }

  await fetch(`${instance.url}/v1/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(PERSON),
  })
  await page.goto(`${instance.url}/sign-in`)
  await page.getByLabel('Email').fill(PERSON.email)
  await page.getByLabel('Password').fill(PERSON.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Studio name').fill('Northlight')
  await page.getByRole('button', { name: 'Make the studio' }).click()
  await page.getByRole('heading', { name: 'Projects' }).waitFor()
  const team = (await api<{ id: string; slug: string }[]>('GET', '/v1/teams'))[0]!
  const project = await api<{ id: string }>('POST', `/v1/teams/${team.id}/projects`, {
    name: SPEC.title,
    spec: SPEC,
  })
  await page.goto(`${instance.url}/t/${team.slug}/p/${project.id}`)

  const inspector = page.getByRole('complementary', { name: 'Scene' })
  const timeline = page.getByRole('region', { name: 'Timeline' })
  const card = (name: string): Locator =>
    page
      .getByRole('region', { name: 'Board' })
      .getByRole('button', { name: new RegExp(`^Scene \\d+.*${name}`) })
  /** The storyboard as the server has it, once everything is saved. */
  const saved = async (): Promise<typeof SPEC & Record<string, never>> => {
    await page.keyboard.press('Control+s')
    await page.getByText(/^Saved /).waitFor()
    return (await api<{ spec: typeof SPEC & Record<string, never> }>('GET', `/v1/projects/${project.id}`))
      .spec
  }
  /** One press takes back the step of that name, and nothing else was done since `before`. */
  const undone = async (t: Test, step: RegExp, before: unknown): Promise<void> => {
    await page.getByRole('button', { name: step }).click()
    t.strictSame(await saved(), before, `one step: ${step}`)
  }

  await t.test('fields have limits and faults in words, and every edit is one step', async (t) => {
    const before = await saved()
    await card('stairs').click()
    const duration = inspector.getByLabel('Duration', { exact: true })
    t.equal(await duration.evaluate(describedBy), '1–30 s')
    await duration.fill('44')
    await inspector.getByText(/44/).waitFor()
    t.match(await duration.evaluate(describedBy), /1–30 s.*44/)
    await duration.fill('6.5')
    t.equal((await saved()).scenes[0]?.duration, 6.5)
    await undone(t, /^Undo: change the duration of stairs/, before)
    await picture('scene')
    await accessible(t, 'the inspector of a scene')
  })

  await t.test('nobody saw an error', async (t) => t.strictSame(faults, []))
}

function describedBy(field: Element): string {
  const ids = (field.getAttribute('aria-describedby') ?? '').split(' ')
  return ids.map((id) => field.ownerDocument.getElementById(id)?.textContent ?? '').join(' ')
}
