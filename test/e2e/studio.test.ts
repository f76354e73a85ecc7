/**
 * The studio in a real browser over the real thing: a private instance with server, worker and preview engine. With
 * SCREENSHOT_DIR set, the pictures it takes are kept there.
 */
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { type Embedded, startEmbedded } from '../../embedded/start.ts'
import { noBrowser, startBrowser } from '../support/browser.ts'
import { until } from '../support/studio.ts'

const skip = noBrowser()
t.setTimeout(400_000)

const PERSON = { email: 'ada@studio.example', password: 'a lamp that wakes at dusk', name: 'Ada' }
const LIMIT_MS = 60_000
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

if (skip) {
  t.test('the studio over the real thing', { skip }, async () => {})
} else {
  const folder = await mkdtemp(join(tmpdir(), 'framecast-studio-'))
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
  page.on('request', (request) => {
    if (!request.url().startsWith(instance.url) && !/^(blob|data):/.test(request.url()))
      faults.push(`a request for another host: ${request.url()}`)
  })

  const picture = async (name: string): Promise<void> => {
    const folder = process.env.SCREENSHOT_DIR
    if (folder) await page.screenshot({ path: join(folder, `studio-${name}.png`) })
  }
  /** The same call as the page would make, with its cookie. */
  const api = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await context.request.fetch(`${instance.url}${path}`, {
      method,
      headers: { origin: instance.url, ...headers },
      ...(body ? { data: body } : {}),
    })
    return { status: response.status(), headers: response.headers(), body: await response.json() }
  }
  const accessible = async (t: Test, target: Page, what: string): Promise<void> => {
    await target.evaluate(AXE)
    const found = await target.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run()
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
    })
    t.strictSame(found, [], `${what} has no serious finding`)
  }

  await t.test('a person signs in and names the studio', async (t) => {
    await fetch(`${instance.url}/v1/auth/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(PERSON),
    })
    const asked = await page.goto(`${instance.url}/t/northlight`)
    t.equal(asked?.status(), 200)
    t.match(asked?.headers()['content-security-policy'], /default-src 'none'/)
    await page.getByLabel('Email').fill(PERSON.email)
    await page.getByLabel('Password').fill('not the password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Email or password is not right.').waitFor()
    await accessible(t, page, 'signing in')
    await page.getByLabel('Password').fill(PERSON.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/t/northlight')
    await page.goto(instance.url)
    await page.getByLabel('Studio name').fill('Northlight')
    await page.getByRole('button', { name: 'Make the studio' }).click()
    await page.getByRole('heading', { name: 'Projects' }).waitFor()
    await page.getByRole('link', { name: 'Welcome to Framecast' }).waitFor()
    await picture('projects')
    await accessible(t, page, 'projects')
  })

  await t.test(
    'a storyboard begins with a pasted text, and what is wrong with it stands at its place',
    async (t) => {
      await page.getByRole('button', { name: 'New storyboard' }).click()
      await page.getByRole('menuitem', { name: 'Paste text' }).click()
      await page.getByLabel('YAML or JSON').fill('title: [')
      await page.getByRole('button', { name: 'Make a project' }).click()
      await page.getByText(/Line \d+, column \d+/).waitFor()
      await page
        .getByLabel('YAML or JSON')
        .fill(
          'title: The lamp\nscenes:\n  - {id: stairs, prompt: "@keper climbs", duration: 2}\n  - {id: sea, prompt: the dark sea, duration: 2}\nsymbols:\n  keeper: {prompt: an old man}\n',
        )
      await page.getByRole('button', { name: 'Make a project' }).click()
      await page.getByRole('button', { name: '1 problem to fix' }).click()
      const fault = page.getByRole('complementary', { name: 'Problems' }).getByRole('button')
      await fault.first().waitFor()
      t.match(await fault.first().innerText(), /keper[\s\S]*keeper[\s\S]*Line \d+, column \d+/)
      await page.locator('.cm-lintRange-error').first().waitFor()
      await picture('source')
      await accessible(t, page, 'the source')
    },
  )

  await t.test('the board and the text are one document, saved by itself', async (t) => {
    await page.getByRole('link', { name: 'Board' }).click()
    const prompt = page.getByRole('textbox', { name: /^Prompt/ })
    await prompt.fill('@keeper climbs the stairs')
    await page.getByText(/^Saved .*r2$/).waitFor()
    await page.getByRole('button', { name: /^Undo: change the prompt/ }).click()
    t.equal(await prompt.inputValue(), '@keper climbs')
    await page.getByRole('button', { name: /^Redo: change the prompt/ }).click()
    await page.getByRole('link', { name: 'Source' }).click()
    await page.locator('.cm-content').getByText('@keeper climbs the stairs').waitFor()
    await page.getByRole('link', { name: 'Board' }).click()

    const cards = page.getByRole('region', { name: 'Board' }).getByRole('button', { name: /^Scene \d/ })
    await cards.first().focus()
    await page.keyboard.press('Alt+ArrowRight')
    await page.getByText('Moved scene stairs to 2 of 2.').waitFor()
    await cards.first().getByText('sea', { exact: true }).waitFor()
    await page.getByRole('button', { name: /^Undo: move/ }).click()
    await cards.first().getByText('stairs', { exact: true }).waitFor()
    await page.getByText(/^Saved /).waitFor()
  })

  const projectId = (): string => new URL(page.url()).pathname.split('/').at(-1)!

  await t.test(
    "a colleague's change of another field is taken in, of the same field is asked about",
    async (t) => {
      const read = await api('GET', `/v1/projects/${projectId()}`)
      const spec = read.body.spec as { scenes: { id: string; prompt: string; duration: number }[] }
      const theirs = (change: (scene: { prompt: string }) => void): object => {
        const copy = structuredClone(spec)
        for (const scene of copy.scenes) if (scene.id === 'sea') change(scene)
        return { spec: copy }
      }
      await api(
        'PUT',
        `/v1/projects/${projectId()}/spec`,
        theirs((scene) => {
          scene.prompt = 'a calm sea'
        }),
        {
          'if-match': read.headers.etag!,
        },
      )
      await page
        .getByRole('button', { name: /^Scene 02/ })
        .getByText('a calm sea')
        .waitFor()
      await page.getByText(/^Saved /).waitFor()

      // Both change one field, the colleague first: the save of this tab finds it.
      await context.setOffline(true)
      await page.getByRole('button', { name: /^Scene 02/ }).click()
      await page.getByRole('textbox', { name: /^Prompt/ }).fill('my sea')
      await page.getByText('Not saved: server not reachable').waitFor()
      await context.setOffline(false)
      const now = await api('GET', `/v1/projects/${projectId()}`)
      await api(
        'PUT',
        `/v1/projects/${projectId()}/spec`,
        theirs((scene) => {
          scene.prompt = 'their sea'
        }),
        {
          'if-match': now.headers.etag!,
        },
      )
      await page.getByText(/ while you did\./).waitFor()
      await picture('conflict')
      await page.getByRole('button', { name: 'Keep mine' }).click()
      await page.getByText(/^Saved /).waitFor()
      const after = await api('GET', `/v1/projects/${projectId()}`)
      t.match(JSON.stringify(after.body.spec), /my sea/)
    },
  )

  let board = ''
  await t.test('what could not be saved is there after a reload', async () => {
    board = page.url()
    await context.route('**/spec', (route) => route.abort())
    await page.getByRole('textbox', { name: /^Prompt/ }).fill('written while nobody listened')
    await page.getByText('Not saved: server not reachable').waitFor()
    await page.reload()
    // The board shows the server's text until the draft was read.
    await until(
      async () =>
        (await page.getByRole('textbox', { name: /^Prompt/ }).inputValue()) ===
        'written while nobody listened',
      'the draft',
      LIMIT_MS,
    )
    await context.unroute('**/spec')
    await page.getByText(/^Saved /).waitFor()
  })

  await t.test('an animatic is made, watched and played', async (t) => {
    await page.getByRole('button', { name: 'Animatic', exact: true }).click()
    const bar = page.getByRole('progressbar', { name: 'Rendering' })
    await bar.waitFor()
    await picture('live')
    const film = page.getByRole('region', { name: 'Film' })
    await film.waitFor({ timeout: 180_000 })
    await film.getByRole('button', { name: 'One frame on' }).click()
    await film.getByText('00:00:00:01').waitFor()
    await film.getByRole('button', { name: 'Play' }).click()
    await film.getByRole('button', { name: 'Pause' }).waitFor()
    await film.getByRole('button', { name: 'Pause' }).click()
    await film.getByRole('button', { name: 'Download' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: 'Film', exact: true }).click()
    const file = await readFile(await (await download).path())
    t.equal(file.subarray(4, 8).toString(), 'ftyp')
    await page.getByRole('button', { name: /^Scene 01.*Ready/ }).waitFor()
    await picture('film')
    await accessible(t, page, 'the editor')
  })

  await t.test('the local operator has a password of its own, which lies beside the key', async (t) => {
    const password = (await readFile(join(instance.dataDir, 'password'), 'utf8')).trim()
    t.equal((await stat(join(instance.dataDir, 'password'))).mode & 0o777, 0o600)
    const answer = await fetch(`${instance.url}/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'operator@framecast.local', password }),
    })
    t.equal(answer.status, 200)
  })

  await t.test('a picture goes into the library, and what is no picture is refused by name', async (t) => {
    await page.getByRole('link', { name: 'Library' }).click()
    const png = await sharp({ create: { width: 64, height: 36, channels: 3, background: '#c07030' } })
      .png()
      .toBuffer()
    await page.getByLabel('Files to upload').setInputFiles([
      { name: 'mara.png', mimeType: 'image/png', buffer: png },
      { name: 'plan.psd', mimeType: 'application/octet-stream', buffer: Buffer.from('8BPS') },
      { name: 'fake.png', mimeType: 'image/png', buffer: Buffer.from('no picture') },
    ])
    await page.getByRole('img', { name: 'mara.png' }).waitFor()
    await page.getByText('not taken: PNG, JPEG').waitFor()
    const uploads = page.getByRole('region', { name: 'Uploads' })
    await uploads.getByRole('listitem').filter({ hasText: 'fake.png' }).getByRole('button').waitFor()
    t.equal(await uploads.getByRole('listitem').count(), 2)
    // Making the sounds takes longer than all of this test; there is a test of its own for what they sound like.
    await page.getByRole('link', { name: 'System', exact: true }).click()
    await page.getByText('They are not installed yet').waitFor()
    await picture('library')
    await accessible(t, page, 'the library')
    await page.getByRole('navigation', { name: 'Owner' }).getByRole('link', { name: 'Team' }).click()
    await page.getByRole('button', { name: 'Delete mara.png' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete file' }).click()
    await page.getByText('Pictures of your people and places').waitFor()
  })

  await t.test('the queue lists what was rendered', async (t) => {
    await page.getByRole('link', { name: 'Queue' }).click()
    const ended = page.getByRole('region', { name: 'Ended' })
    await ended.getByText('The lamp').waitFor()
    await picture('queue')
    await accessible(t, page, 'the queue')
  })

  await t.test('a session that ends asks for the password over the page, and the work goes on', async (t) => {
    await page.goto(board)
    await page.getByRole('textbox', { name: /^Prompt/ }).waitFor()
    await context.clearCookies()
    // By its element: whatever asks the server first may have put the dialog over the page already.
    await page.locator('textarea').first().fill('after the session')
    await page.getByRole('dialog').getByLabel('Email').fill(PERSON.email)
    await page.getByRole('dialog').getByLabel('Password').fill(PERSON.password)
    const saved = page.waitForResponse((answer) => answer.url().endsWith('/spec') && answer.ok())
    await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click()
    await saved
    t.match(JSON.stringify((await api('GET', `/v1/projects/${projectId()}`)).body.spec), /after the session/)
  })

  await t.test('nothing went wrong in the page, and it asked no other host', (t) => {
    t.strictSame(faults, [])
    t.end()
  })
}

type AxeResult = { violations: { id: string; impact: string | null; nodes: { html: string }[] }[] }
