/**
 * The source view in a real browser over the real thing: completion, help, faults, and the commands for a shell. With
 * SCREENSHOT_DIR set, the pictures it takes are kept there.
 */
import { execFile } from 'node:child_process'
import { chmod, stat, writeFile } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { noBrowser } from '../support/browser.ts'
import {
  ADA,
  arrive,
  isAccessible,
  keepPicture,
  keepPictures,
  openBrowser,
  ownTeam,
  signUp,
  startInstallation,
} from '../support/studio-browser.ts'

const skip = noBrowser()
t.setTimeout(400_000)

const CLI = resolve(import.meta.dirname, '../../cli/bin.js')
const SPEC = {
  title: 'The last ferry',
  symbols: { mara: { prompt: 'a woman in a yellow raincoat' }, lamp: { prompt: 'a brass lamp' } },
  scenes: [
    { id: 'pier', prompt: 'a small ferry at a pier', duration: 1 },
    { id: 'rail', prompt: '@mara at the stern rail', duration: 1 },
  ],
}

if (skip) t.test('the source view over the real thing', { skip }, async () => {})
else await run()

async function run(): Promise<void> {
  const [url, browser] = await Promise.all([startInstallation(t), openBrowser(t)])
  await signUp(url, ADA)
  const { page, ask, faults } = await arrive(browser, url, {
    as: ADA,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const picture = (name: string) => keepPicture(page, `source-${name}`)
  const team = await ownTeam(ask, 'Northlight')
  const project = await ask<{ id: string }>('POST', `/v1/teams/${team.id}/projects`, {
    name: 'The last ferry',
    spec: SPEC,
  })
  const { raw_key: key } = await ask<{ raw_key: string }>('POST', '/v1/auth/keys', { name: 'shell' })

  const code = page.getByRole('textbox', { name: 'Storyboard as YAML' })
  const problems = page.getByRole('complementary', { name: 'Problems' })
  const help = page.getByRole('complementary', { name: 'Help' })
  const options = page.getByRole('listbox', { name: 'Completions' })
  const text = async (): Promise<string> => (await code.locator('.cm-line').allInnerTexts()).join('\n')
  /** Puts the caret behind a piece of the text, by the editor's own search. */
  const caretBehind = async (piece: string): Promise<void> => {
    await code.press('Control+f')
    await page.getByRole('textbox', { name: 'Find' }).pressSequentially(piece)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Escape')
    await code.press('ArrowRight')
  }

  await t.test('a field is written by choosing: its name, then its value', async (t) => {
    await page.goto(`${url}/t/${team.slug}/p/${project.id}?view=source`)
    await code.waitFor()
    await caretBehind('duration: 1')
    await page.keyboard.press('Enter')
    for (const [typed, label] of [
      ['au', 'audio'],
      ['mu', 'music'],
      ['as', 'asset_id'],
      ['tense', 'asset_music_tense'],
    ] as const) {
      await page.keyboard.type(typed)
      await options.getByRole('option', { name: label, exact: false }).first().waitFor()
      await picture(`completion-${label}`)
      await options.locator('[aria-selected="true"]').filter({ hasText: label }).waitFor()
      await page.keyboard.press('Enter')
      await code.getByText(label).first().waitFor()
    }
    t.match(await text(), /duration: 1\n {4}audio:\n {6}music:\n {8}asset_id: asset_music_tense\n/)
    await page.getByText(/^Saved /).waitFor()
    const saved = await ask<{ spec: unknown }>('GET', `/v1/projects/${project.id}`)
    t.match(saved.spec, { scenes: [{ audio: { music: { asset_id: 'asset_music_tense' } } }, {}] })
  })

  await t.test('symbols of the storyboard are offered after @', async (t) => {
    await caretBehind('a small ferry at a pier')
    await page.keyboard.type(', @la')
    await options.locator('[aria-selected="true"]').filter({ hasText: '@lamp' }).waitFor()
    await page.keyboard.press('Enter')
    await code.getByText('a small ferry at a pier, @lamp').waitFor()
    t.notMatch(await problems.innerText(), /Error/)
  })

  await t.test('a field is explained where the pointer is, and where the caret is', async (t) => {
    await code.getByText('duration', { exact: true }).first().hover()
    const tooltip = page.locator('.cm-tooltip-hover')
    await tooltip.getByText('Length in seconds, 1 to 30').waitFor()
    await picture('hover')
    await caretBehind('asset_music_tense')
    await help.getByText('Rising suspense').waitFor()
    await caretBehind('duration: 1')
    await help.getByRole('heading', { name: 'Duration' }).waitFor()
    t.match(await help.innerText(), /Type\s+number\s+Range\s+1 to 30\s+Example\s+5/)
    await page.getByText('Ln ').first().waitFor()
  })

  await t.test('the outline goes to a scene, and the selection follows', async (t) => {
    const outline = page.getByRole('navigation', { name: 'Outline' })
    await outline.getByRole('button', { name: /^02 ?rail/ }).click()
    await page.waitForURL('**scene=rail**')
    t.ok(await outline.locator('[aria-current="true"]').getByText('rail', { exact: true }).isVisible())
    await outline.getByRole('button', { name: /^01 ?pier/ }).click()
    await page.waitForURL('**scene=pier**')
  })

  await t.test('a fault is underlined where it stands, found by F8, and mended by one press', async (t) => {
    await caretBehind('at the stern rail')
    for (let n = 0; n < ' at the stern rail'.length; n += 1) await page.keyboard.press('ArrowLeft')
    await page.keyboard.type('a')
    await problems.getByRole('button', { name: /@maraa is no symbol/ }).waitFor()
    await page.getByText('1 problem to fix before this can render.', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Board', exact: true }).click()
    await page.getByRole('button', { name: '1 problem to fix', exact: true }).click()
    await page.getByText(/^Ln \d+, Col 14$/).waitFor()
    await keepPictures(page, 'source-faulty')
    t.equal(await page.locator('.cm-lintRange-error').innerText(), '@maraa')
    t.match(await problems.innerText(), /Line \d+, column 14/)
    // Before the first is the last; after the last is the first, a symbol that nothing uses now.
    await page.keyboard.press('Control+Home')
    await page.keyboard.press('Shift+F8')
    await page.getByText(/^Ln \d+, Col 14$/).waitFor()
    await page.keyboard.press('F8')
    await help.getByRole('heading', { name: 'Symbol' }).waitFor()
    await picture('fault')
    await problems.getByRole('button', { name: 'Use @mara', exact: true }).click()
    await problems.getByText('None').waitFor()
    await code.getByText('@mara at the stern rail').waitFor()
    await page.getByRole('button', { name: 'Undo: use @mara' }).click()
    await problems.getByRole('button', { name: 'Use @mara', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Redo: use @mara' }).click()
    await problems.getByText('None').waitFor()
  })

  await t.test('comments stay through Format, and through an edit on the board', async (t) => {
    await caretBehind('id: rail')
    await page.keyboard.type('   # the turning point')
    await page.getByRole('button', { name: 'Format' }).click()
    await code.getByText('id: rail # the turning point').waitFor()
    await page.getByRole('button', { name: 'Undo: format' }).waitFor()
    await page.getByRole('link', { name: 'Board' }).click()
    await page.getByRole('button', { name: /^Scene 02/ }).click()
    await page.getByRole('textbox', { name: /^Prompt/ }).fill('@mara looks up')
    await page.getByText(/^Saved /).waitFor()
    await page.getByRole('link', { name: 'Source' }).click()
    await code.getByText('@mara looks up').waitFor()
    t.match(await text(), /- id: rail # the turning point\n {4}prompt: "@mara looks up"/)
  })

  await t.test('a text that cannot be read is kept, and the board shows the version before', async (t) => {
    await caretBehind('title: The last ferry')
    await page.keyboard.press('Enter')
    await page.keyboard.type('symbols: [')
    await page.keyboard.press('Escape')
    await page
      .getByText(/^The text cannot be read at line \d+\. Board and timeline show the version before\.$/)
      .waitFor()
    await page.getByText('Not saved: the text cannot be read').waitFor()
    t.ok(await page.getByRole('button', { name: 'Format' }).isDisabled())
    await page.getByRole('link', { name: 'Board' }).click()
    await page.getByRole('button', { name: /^Scene 02/ }).waitFor()
    await page.getByRole('link', { name: 'Source' }).click()
    await code.getByText('symbols: [').waitFor()
    await code.press('Control+a')
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(JSON.stringify(SPEC))})`)
    await code.press('Control+v')
    await problems.getByText('1 warning').waitFor()
    t.match(await text(), /^title: The last ferry\nsymbols:\n {2}mara:\n {4}prompt: a woman/)
    await page.getByText(/^Saved /).waitFor()
  })

  await t.test('the page has no serious finding, and no sideways scroll on a phone', async (t) => {
    const look = async (what: string): Promise<void> => {
      await picture(what)
      await isAccessible(t, page, what)
    }
    await look('dark')
    await page.emulateMedia({ colorScheme: 'light' })
    await look('light')
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
    ] as const) {
      await page.setViewportSize({ width, height })
      await picture(`${width}`)
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
      t.ok(wide <= width, `${wide} px wide on ${width}`)
    }
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.emulateMedia({ colorScheme: 'dark' })
  })

  await t.test('the render buttons are copied as commands that make a job', async (t) => {
    const folder = t.testdir({})
    const shim = join(folder, 'framecast')
    await writeFile(shim, `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`)
    await chmod(shim, 0o755)
    const shell = async (item: string): Promise<string> => {
      await page
        .getByRole('region', { name: 'Source' })
        .getByRole('button', { name: /^Copy as/ })
        .click()
      await page.getByRole('menuitem', { name: item }).click()
      await page.getByText('It reads FRAMECAST_API_KEY.').waitFor()
      const command = await page.evaluate<string>('navigator.clipboard.readText()')
      t.notMatch(command, key)
      const { stdout } = await promisify(execFile)('sh', ['-c', command], {
        cwd: folder,
        env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, FRAMECAST_API_KEY: key },
      })
      return stdout
    }
    await shell('Animatic as CLI')
    t.ok((await stat(join(folder, 'the-last-ferry.mp4'))).size > 1_000)
    const made = JSON.parse(await shell('Animatic as curl')) as { id: string }
    const job = await ask<object>('GET', `/v1/jobs/${made.id}`)
    t.match(job, { project_id: project.id, options: { engine: 'preview' } })
    await picture('copied')
  })

  await t.test('nothing went wrong in the page', (t) => {
    t.strictSame(faults, [])
    t.end()
  })
}
