/**
 * The studio in a real browser: an installation with server, worker and preview engine, somebody at a page of it, and the
 * same calls as the page would make. With SCREENSHOT_DIR set, the pictures that tests take are kept there.
 */
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { type Embedded, startEmbedded } from '../../embedded/start.ts'
import { startBrowser } from './browser.ts'
import type { Scope } from './postgres.ts'
import { startStack } from './stack.ts'

/** How long a page may take for one thing, on a machine that is busy with all the other tests. */
export const LIMIT_MS = 60_000
/** How long a film may take. */
export const FILM_LIMIT_MS = 180_000
export const WIDE = { width: 1440, height: 900 }
export const SMALL = { width: 1280, height: 800 }
export const PHONE = { width: 390, height: 844 }
export const PASSWORD = 'a lamp that wakes at dusk'
export const ADA = { email: 'ada@studio.example', password: PASSWORD, name: 'Ada' }

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
type AxeResult = { violations: { id: string; impact: string; nodes: { html: string }[] }[] }

export type Person = { email: string; password: string; name?: string }

/** Asks the API with the cookie of a page. Throws when the answer is no success. */
export type Ask = <T = Record<string, unknown>>(
  method: string,
  path: string,
  body?: object,
  headers?: Record<string, string>,
) => Promise<T>

export type Visitor = {
  readonly context: BrowserContext
  readonly page: Page
  readonly ask: Ask
  /** What must not happen on any of its pages: something thrown, something asked of another host, a rule of the CSP broken. */
  readonly faults: string[]
}

/** An installation as processes of its own: server, worker, preview engine. Says where the studio is. */
export async function startInstallation(t: Scope, env: Record<string, string> = {}): Promise<string> {
  // Tests ask more often than people do.
  const stack = await startStack(t, { env: { RATE_LIMITS: 'off', ...env } })
  const [{ url }] = await Promise.all([stack.startServer(), stack.startWorker()])
  return url
}

/** A private instance as `npx just dev` starts it, in a folder of its own that is named for who looks for what is left. */
export async function startPrivateInstance(t: Scope, name: string): Promise<Embedded> {
  const folder = await mkdtemp(join(tmpdir(), `framecast-${name}-`))
  // Postgres may run as somebody else, who has to pass through.
  await chmod(folder, 0o755)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const instance = await startEmbedded({ dataDir: join(folder, 'instance'), durability: 'fast' })
  t.teardown(() => instance.close())
  return instance
}

/** A browser that ends with the test. */
export async function openBrowser(t: Scope): Promise<Browser> {
  const browser = await startBrowser()
  t.teardown(() => browser.close())
  return browser
}

/** Somebody in a browser of their own, in front of an empty page; signed in when it is said as whom. */
export async function arrive(
  browser: Browser,
  url: string,
  { as, ...options }: BrowserContextOptions & { as?: Person } = {},
): Promise<Visitor> {
  const context = await browser.newContext({ viewport: WIDE, colorScheme: 'dark', ...options })
  context.setDefaultTimeout(LIMIT_MS)
  const faults: string[] = []
  context.on('weberror', (error) => faults.push(String(error.error().stack)))
  context.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(blob|data|about):/.test(request.url()))
      faults.push(`a request for another host: ${request.url()}`)
  })
  context.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) faults.push(message.text())
  })
  const ask: Ask = async (method, path, body, headers = {}) => {
    const reply = await context.request.fetch(`${url}${path}`, {
      method,
      headers: { origin: url, ...headers },
      ...(body ? { data: body } : {}),
    })
    if (!reply.ok()) throw new Error(`${method} ${path}: ${reply.status()} ${await reply.text()}`)
    return reply.status() === 204 ? undefined : reply.json()
  }
  if (as) await ask('POST', '/v1/auth/login', { email: as.email, password: as.password })
  return { context, page: await context.newPage(), ask, faults }
}

/** An account as somebody makes it who comes by the sign-up form. */
export async function signUp(url: string, person: Person): Promise<void> {
  const reply = await fetch(`${url}/v1/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(person),
  })
  if (!reply.ok) throw new Error(`signing up: ${reply.status} ${await reply.text()}`)
}

/** The team of somebody who has just signed up, who may make films from now on. */
export async function ownTeam(ask: Ask, name: string): Promise<{ id: string; slug: string }> {
  await ask('POST', '/v1/account/upgrade', { target_tier: 'creator' })
  const [team] = await ask<{ id: string }[]>('GET', '/v1/teams')
  return ask('PATCH', `/v1/teams/${team!.id}`, { name })
}

/** A film by the preview engine, made to its end: what the API says of its job. */
export async function renderFilm<Job>(ask: Ask, projectId: string, options: object = {}): Promise<Job> {
  const { id } = await ask<{ id: string }>('POST', `/v1/projects/${projectId}/render`, {
    options: { engine: 'preview', resolution: '480p', ...options },
  })
  for (const deadline = Date.now() + FILM_LIMIT_MS; Date.now() < deadline; ) {
    const job = await ask<{ status: string; error: unknown }>('GET', `/v1/jobs/${id}`)
    if (job.status === 'completed') return job as Job
    if (!['queued', 'processing'].includes(job.status)) throw new Error(JSON.stringify(job.error))
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error(`the film of job ${id} took too long`)
}

/** What axe calls serious or worse on a page as it stands. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 400)).join(' ')}`)
  })
}

export async function isAccessible(t: Test, page: Page, what: string): Promise<void> {
  t.strictSame(await seriousFindings(page), [], `${what} has no serious finding`)
}

/** Keeps a picture of the page as it is, when pictures are wanted. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOT_DIR
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) })
}

/** Keeps pictures in both themes and three widths, when pictures are wanted; the page is `back` to what it was after. */
export async function keepPictures(page: Page, name: string, back = WIDE): Promise<void> {
  if (!process.env.SCREENSHOT_DIR) return
  for (const [colorScheme, size] of [
    ['dark', WIDE],
    ['light', SMALL],
    ['dark', PHONE],
  ] as const) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize(size)
    await keepPicture(page, `${name}-${colorScheme}-${size.width}`)
  }
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize(back)
}

/** Drops a file on the page, as somebody does who drags it there from a folder. */
export async function dropFile(page: Page, name: string, text: string): Promise<void> {
  const files = await page.evaluateHandle(
    `(() => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}))
      return transfer
    })()`,
  )
  await page.locator('main').dispatchEvent('drop', { dataTransfer: files })
}
