/**
 * From signing in to a film on the disk without a pointer: nothing but keys is used, and wherever the focus is, it can be seen.
 */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { noBrowser } from '../support/browser.ts'
import {
  ADA,
  arrive,
  FILM_LIMIT_MS,
  openBrowser,
  SMALL,
  signUp,
  startInstallation,
} from '../support/studio-browser.ts'

const skip = noBrowser()
t.setTimeout(400_000)

/** No page has so many places to stop at between two things. */
const MOST_STOPS = 120
const PROMPTS = [
  'an old keeper climbs a spiral staircase at dusk',
  'the great lamp wakes and sweeps the dark sea',
  'a fishing boat turns towards the light',
]

type Focus = { name: string; region: string; seen: boolean; what: string } | null

/** What has the focus: its name, and whether somebody can find it. */
const FOCUS = `(() => {
  const element = document.activeElement
  if (!element || element === document.body) return null
  const { width, height, top, bottom, left, right } = element.getBoundingClientRect()
  const isInView = width > 0 && height > 0 && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth
  // A field may wear its ring on the box around it; the chosen one of a menu is lit instead.
  const isMarked =
    element.hasAttribute('data-highlighted') ||
    [element, element.parentElement, element.parentElement?.parentElement].some((each) => {
      if (!each) return false
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each)
      return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none'
    })
  const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent ?? ''
  const region = element.closest('section')?.getAttribute('aria-label') ?? ''
  return { name: name.trim(), region, seen: isInView && isMarked, what: element.outerHTML.slice(0, 200) }
})()`

const focusOf = (page: Page): Promise<Focus> => page.evaluate(FOCUS)

if (skip) t.test('the studio without a pointer', { skip }, async () => {})
else await run()

async function run(): Promise<void> {
  const [url, browser] = await Promise.all([startInstallation(t), openBrowser(t)])
  await signUp(url, ADA)
  const { context, page, ask } = await arrive(browser, url, { as: ADA, viewport: SMALL })
  await ask('POST', '/v1/account/upgrade', { target_tier: 'creator' })
  await context.clearCookies()
  const { keyboard } = page

  await t.test('a film of three scenes, by keys alone', async (t) => {
    const lost: string[] = []
    /** Goes on from stop to stop until one has this name. */
    const goTo = async (
      t: Test,
      name: RegExp,
      { key = 'Tab', region = '' }: { key?: string; region?: string } = {},
    ): Promise<void> => {
      for (let stop = 0; stop < MOST_STOPS; stop += 1) {
        const focus = await focusOf(page)
        if (focus && !focus.seen) lost.push(focus.what)
        if (focus && name.test(focus.name) && focus.region.startsWith(region)) return
        await keyboard.press(key)
      }
      t.fail(`no stop is named ${name}`)
    }
    const startedAt = performance.now()

    await page.goto(`${url}/sign-in`)
    await page.getByLabel('Email').waitFor()
    await goTo(t, /^Email/)
    await keyboard.type(ADA.email)
    await goTo(t, /^Password/)
    await keyboard.type(ADA.password)
    await keyboard.press('Enter')

    await page.getByRole('heading', { name: 'Projects' }).waitFor()
    await goTo(t, /^New storyboard/)
    await keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Blank' }).waitFor()
    await goTo(t, /^Blank/)
    await keyboard.press('Enter')

    const board = page.getByRole('region', { name: 'Board' })
    await board.waitFor()
    for (const [at, prompt] of PROMPTS.entries()) {
      if (at === 0) await goTo(t, /^Add the first scene/)
      else await goTo(t, /^Scene$/, { key: 'Shift+Tab', region: 'Board' })
      await keyboard.press('Enter')
      await board.getByRole('button', { name: new RegExp(`^Scene 0${at + 1}`) }).waitFor()
      await goTo(t, /^Prompt/)
      await keyboard.press('Control+A')
      await keyboard.type(prompt)
      await board.getByText(prompt).waitFor()
    }
    await page.getByText(/^Saved /).waitFor()
    await keyboard.press('Control+Shift+Enter')

    const film = page.getByRole('region', { name: 'Film' })
    await film.getByRole('button', { name: 'Play', exact: true }).waitFor({ timeout: FILM_LIMIT_MS })
    await goTo(t, /^Play$/, { region: 'Film' })
    await keyboard.press('Enter')
    await film.getByRole('button', { name: 'Pause', exact: true }).waitFor()
    await keyboard.press('Enter')
    await goTo(t, /^Download$/, { region: 'Film' })
    await keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Film', exact: true }).waitFor()
    const download = page.waitForEvent('download')
    await goTo(t, /^Film$/)
    await keyboard.press('Enter')
    const file = await readFile(await (await download).path())
    t.equal(file.subarray(4, 8).toString(), 'ftyp', 'the film is on the disk')
    t.comment(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s from signing in to the file`)
    t.strictSame([...new Set(lost)], [], 'the focus could be seen at every stop')
  })
}
