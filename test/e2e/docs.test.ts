/**
 * The API's document in a real browser. With SCREENSHOT_DIR set, the pictures it takes are kept there.
 */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { t } from 'tap'
import { OPERATIONS } from '../../server/openapi/operations.ts'
import { noBrowser, startBrowser } from '../support/browser.ts'
import { read, startStudio } from '../support/studio.ts'

const TEXT_CONTRAST = 4.5

/** Texts whose contrast with what is behind them is too low, as WCAG reckons it. Runs in the page. */
const palest = (selector: string): string => `
  (() => {
    const rgba = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number)
    const luminance = (color) => {
      const [r, g, b] = color.map((value) => {
        const part = value / 255
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const over = (top, below) => below.map((value, index) => top[index] * (top[3] ?? 1) + value * (1 - (top[3] ?? 1)))
    const behind = (element) => {
      const own = rgba(getComputedStyle(element).backgroundColor)
      return over(own, element.parentElement ? behind(element.parentElement) : [255, 255, 255])
    }
    return [...document.querySelectorAll(${JSON.stringify(selector)})]
      .filter((element) => element.offsetParent && element.textContent.trim())
      .map((element) => {
        const ground = behind(element)
        const text = over(rgba(getComputedStyle(element).color), ground)
        const [dark, light] = [luminance(ground), luminance(text)].sort((a, b) => a - b)
        return { text: element.textContent.trim().slice(0, 40), ratio: (light + 0.05) / (dark + 0.05) }
      })
      .filter(({ ratio }) => ratio < ${TEXT_CONTRAST})
  })()`

const READ =
  '.opblock-summary-description, .opblock-summary-path, .opblock-tag, .info .title, .info p, .opblock-description p, .response-col_status, .parameter__name'

t.test('the document in a browser', { skip: noBrowser() }, async (t) => {
  const studio = await startStudio(t)
  const browser = await startBrowser()
  t.teardown(() => browser.close())

  async function open(t: { teardown(work: () => unknown): unknown }, colorScheme: 'dark' | 'light') {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 900 } })
    t.teardown(() => page.close())
    const troubles: string[] = []
    const asked: string[] = []
    page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
    page.on('pageerror', (error) => troubles.push(String(error)))
    page.on('request', (request) => asked.push(request.url()))
    await page.goto(`${studio.url}/docs`)
    await page.locator('.opblock').first().waitFor()
    return { page, troubles, asked }
  }
  const picture = async (page: Page, name: string): Promise<void> => {
    const folder = process.env.SCREENSHOT_DIR
    if (folder) await page.screenshot({ path: join(folder, `docs-${name}.png`), fullPage: false })
  }

  for (const scheme of ['dark', 'light'] as const) {
    t.test(`is readable in ${scheme} colours, and asks nobody but its server`, async (t) => {
      const { page, troubles, asked } = await open(t, scheme)
      t.equal(await page.locator('.opblock').count(), OPERATIONS.length, 'every operation is there')
      await picture(page, scheme)
      await page.locator('#operations-Jobs-getJob button.opblock-summary-control').click()
      await page.locator('#operations-Jobs-getJob .responses-table').waitFor()
      await page.locator('#operations-Jobs-getJob').scrollIntoViewIfNeeded()
      await picture(page, `${scheme}-operation`)
      t.ok((await page.locator(READ).count()) > 50, 'there is something to read')
      const pale = await page.evaluate(palest(READ))
      t.strictSame(pale, [], 'nothing is too pale to read')
      t.strictSame(
        asked.filter((url) => !url.startsWith(studio.url) && !url.startsWith('data:')),
        [],
      )
      t.strictSame(troubles, [], 'neither its policy nor its scripts complain')
    })
  }

  t.test('an operation can be tried', async (t) => {
    const { page, troubles } = await open(t, 'light')
    await page.locator('.btn.authorize').click()
    const dialog = page.locator('.modal-ux')
    await dialog.waitFor()
    await picture(page, 'authorize')
    const keyForm = dialog.locator('form', { hasText: 'apiKey (http' })
    await keyForm.locator('input').fill(studio.key)
    await keyForm.locator('button.authorize').click()
    await dialog.locator('.close-modal').click()
    const operation = page.locator('#operations-System-getStatus')
    await operation.locator('button.opblock-summary-control').click()
    await operation.locator('.try-out__btn').click()
    await operation.locator('.execute').click()
    const body = operation.locator('.live-responses-table .response-col_description .highlight-code')
    await body.first().waitFor()
    t.match(await body.first().textContent(), /"queue_depth"/)
    await picture(page, 'tried')
    t.strictSame(troubles, [])
  })
})

t.test('the files of the page', async (t) => {
  const studio = await startStudio(t)
  const get = (path: string, headers: Record<string, string> = {}) =>
    studio.request(path, { headers: { authorization: '', ...headers } })
  const page = await read<string>(get('/docs'))
  t.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  t.equal(page.headers.get('cache-control'), 'no-cache')
  t.match(
    page.headers.get('content-security-policy'),
    /^default-src 'none'; script-src 'self'; style-src 'self';/,
  )
  t.notMatch(page.headers.get('content-security-policy'), /unsafe|\*|https?:/)
  t.notMatch(page.body, /<script(?![^>]*src=)|<style|\son\w+=|style=|https?:\/\/(?!www\.w3\.org\/2000\/svg)/)
  const addresses = [...page.body.matchAll(/(?:href|src)="(\/docs\/[^"]+)"/g)].map((match) => match[1]!)
  t.equal(addresses.length, 4)
  for (const address of addresses) {
    const file = await get(address, { 'accept-encoding': 'br' })
    t.equal(file.status, 200, address)
    t.equal(file.headers.get('content-encoding'), 'br')
    t.match(file.headers.get('cache-control'), 'immutable')
    t.match(file.headers.get('content-type'), address.endsWith('.js') ? 'text/javascript' : 'text/css')
    const etag = file.headers.get('etag') ?? ''
    const again = await get(address, {
      'accept-encoding': 'br',
      'if-none-match': etag,
      'cache-control': 'max-age=0',
    })
    t.equal(again.status, 304, 'unchanged')
    const older = await get(address.replace(/assets\/[^/]+/, 'assets/older'))
    t.match([older.status, older.headers.get('cache-control')], [200, 'no-store'])
  }
  t.equal((await get(addresses[0]!.replace(/[^/]+$/, 'none.js'))).status, 404)
  t.equal((await get(addresses[0]!.replace(/[^/]+$/, '..%2f..%2fpackage.json'))).status, 404)
})
