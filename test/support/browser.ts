/** A real browser for tests. Where there is none, tests say so and are skipped. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Containers often have a small /dev/shm, in which pages crash.
  '--disable-dev-shm-usage',
  '--autoplay-policy=no-user-gesture-required',
]

/** Where the browser is: CHROMIUM_PATH, or a usual place; null when there is none. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | null {
  if (env.CHROMIUM_PATH) return env.CHROMIUM_PATH
  return PLACES.find((place) => existsSync(place)) ?? null
}

/** Reason to skip a browser test, or false: `t.test(name, { skip: noBrowser() }, …)`. */
export function noBrowser(env: NodeJS.ProcessEnv = process.env): string | false {
  return findBrowser(env) ? false : 'no Chromium here: apt-get install chromium, or set CHROMIUM_PATH'
}

/** Starts the browser; the caller closes it. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = findBrowser()
  if (!executablePath) throw new Error(String(noBrowser()))
  return chromium.launch({ executablePath, args: ARGUMENTS, timeout: 60_000 })
}
