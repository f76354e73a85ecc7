/**
 * The whole path in a real browser over the real thing, a private instance with server, worker and preview engine: sign in,
 * drop a file, fix what is wrong with it, reorder, render, watch, play, download. Then what a long storyboard needs.
 */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import { noBrowser } from '../support/browser.ts'
import { until } from '../support/studio.ts'
import {
  ADA,
  arrive,
  dropFile,
  FILM_LIMIT_MS,
  isAccessible,
  keepPicture,
  LIMIT_MS,
  openBrowser,
  signUp,
  startPrivateInstance,
} from '../support/studio-browser.ts'

const skip = noBrowser()
t.setTimeout(400_000)

/** Written by somebody else, with a symbol that is not there. */
const DROPPED = `# The lamp, second draft
title: The lamp
symbols:
  keeper: {prompt: an old man in a yellow coat}
scenes:
  - {id: stairs, prompt: "@keper climbs a spiral staircase", duration: 2}
  - {id: lamp, prompt: the great lamp wakes, duration: 2}
  - {id: sea, prompt: the dark sea, duration: 2}
`
const MANY = 50

if (skip) t.test('the studio over the real thing', { skip }, async () => {})
else await run()

async function run(): Promise<void> {
  const [instance, browser] = await Promise.all([startPrivateInstance(t, 'studio'), openBrowser(t)])
  const { url } = instance
  const { context, page, ask, faults } = await arrive(browser, url)
  const picture = (name: string) => keepPicture(page, `studio-${name}`)
  const board = page.getByRole('region', { name: 'Board' })
  const timeline = page.getByRole('region', { name: 'Timeline' })
  const cards = board.getByRole('button', { name: /^Scene \d/ })
  const saved = (): Promise<void> => page.getByText(/^Saved /).waitFor()
  const prompt = page.getByRole('textbox', { name: /^Prompt/ })
  const code = page.getByRole('textbox', { name: 'Storyboard as YAML' })
  /** Names of the scenes in the order of their cards. */
  const order = async (): Promise<string[]> =>
    Promise.all((await cards.all()).map(async (card) => String(await card.getAttribute('data-card'))))
  const ordered = (...names: string[]): Promise<void> =>
    until(async () => (await order()).join() === names.join(), `the order ${names}`, LIMIT_MS)

  await t.test('a person signs in and names the studio', async (t) => {
    await signUp(url, ADA)
    const asked = await page.goto(`${url}/t/northlight`)
    t.equal(asked?.status(), 200)
    t.match(asked?.headers()['content-security-policy'], /default-src 'none'/)
    await page.getByLabel('Email').fill(ADA.email)
    await page.getByLabel('Password').fill('not the password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Email or password is not right.').waitFor()
    await isAccessible(t, page, 'signing in')
    await page.getByLabel('Password').fill(ADA.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/t/northlight')
    await page.goto(url)
    await page.getByLabel('Studio name').fill('Northlight')
    await page.getByRole('button', { name: 'Make the studio' }).click()
    await page.getByRole('heading', { name: 'Projects' }).waitFor()
    await page.getByRole('link', { name: 'Welcome to Framecast' }).waitFor()
    await picture('projects')
  })

  await t.test('a pasted text that cannot be read is refused at its place', async () => {
    await page.getByRole('button', { name: 'New storyboard' }).click()
    await page.getByRole('menuitem', { name: 'Paste text' }).click()
    await page.getByLabel('YAML or JSON').fill('title: [')
    await page.getByRole('button', { name: 'Make a project' }).click()
    await page.getByText(/Line \d+, column \d+/).waitFor()
    await page.keyboard.press('Escape')
  })

  await t.test(
    'a dropped file is a project, and what is wrong with it is put right by a press',
    async (t) => {
      await dropFile(page, 'lamp.yaml', DROPPED)
      const problems = page.getByRole('complementary', { name: 'Problems' })
      const fault = problems.getByRole('button').first()
      await fault.waitFor()
      t.match(await fault.innerText(), /keper[\s\S]*keeper[\s\S]*Line 6, column \d+/)
      await page.locator('.cm-lintRange-error').first().waitFor()
      t.equal(await page.getByRole('button', { name: 'Render', exact: true }).isEnabled(), false)
      await picture('source')
      await isAccessible(t, page, 'the source')
      await problems.getByRole('button', { name: 'Use @keeper' }).click()
      await saved()
      await code.getByText('# The lamp, second draft').waitFor()
      await page.getByText('3 scenes render').waitFor()
    },
  )

  await t.test('scenes are reordered by the pointer and by keys, in board and text alike', async (t) => {
    await page.getByRole('link', { name: 'Board' }).click()
    await ordered('stairs', 'lamp', 'sea')
    await cards.nth(2).dragTo(cards.nth(0))
    await ordered('sea', 'stairs', 'lamp')
    await page.getByRole('button', { name: /^Undo: move/ }).click()
    await ordered('stairs', 'lamp', 'sea')
    await cards.first().focus()
    await page.keyboard.press('Alt+ArrowRight')
    await page.getByText('Moved scene stairs to 2 of 3.').waitFor()
    await ordered('lamp', 'stairs', 'sea')
    await page.getByRole('link', { name: 'Source' }).click()
    const text = (await code.locator('.cm-line').allInnerTexts()).join('\n')
    t.match(text, /id: lamp[\s\S]*id: stairs[\s\S]*id: sea/)
    await page.getByRole('link', { name: 'Board' }).click()
    await saved()
  })

  await t.test('what could not be saved is there after a reload', async () => {
    await cards.first().click()
    await context.route('**/spec', (route) => route.abort())
    await prompt.fill('written while nobody listened')
    await page.getByText('Not saved: server not reachable').waitFor()
    await page.reload()
    // The board shows the server's text until the draft was read.
    await until(
      async () => (await prompt.inputValue()) === 'written while nobody listened',
      'the draft',
      LIMIT_MS,
    )
    await context.unroute('**/spec')
    await saved()
  })

  await t.test('an animatic is made, watched, played and downloaded', async (t) => {
    await page.getByRole('button', { name: 'Animatic', exact: true }).click()
    const bar = page.getByRole('progressbar', { name: 'Rendering' })
    await bar.waitFor()
    await picture('live')
    const film = page.getByRole('region', { name: 'Film' })
    await film.waitFor({ timeout: FILM_LIMIT_MS })
    await film.getByRole('button', { name: 'One frame on' }).click()
    await film.getByText('00:00:00:01').waitFor()
    await film.getByRole('button', { name: 'Play' }).click()
    await film.getByRole('button', { name: 'Pause' }).waitFor()
    await film.getByRole('button', { name: 'Pause' }).click()
    await film.getByRole('button', { name: 'Download' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: 'Film', exact: true }).click()
    const found = await probe(await findTools(process.env), await (await download).path())
    t.equal(found.video?.codec, 'h264')
    t.ok(Math.abs(Number(found.durationS) - 6) < 0.1, `${found.durationS} s`)
    for (const name of ['01', '02', '03'])
      await page.getByRole('button', { name: new RegExp(`^Scene ${name}.*Ready`) }).waitFor()
    await picture('film')
    await isAccessible(t, page, 'the editor')
  })

  await t.test('the local operator has a password of its own, which lies beside the key', async (t) => {
    const password = (await readFile(join(instance.dataDir, 'password'), 'utf8')).trim()
    t.equal((await stat(join(instance.dataDir, 'password'))).mode & 0o777, 0o600)
    const operator = await arrive(browser, url, { as: { email: 'operator@framecast.local', password } })
    await operator.context.close()
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
    await page.getByRole('navigation', { name: 'Owner' }).getByRole('link', { name: 'Team' }).click()
    await page.getByRole('button', { name: 'Delete mara.png' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete file' }).click()
    await page.getByText('Pictures of your people and places').waitFor()
  })

  await t.test('the queue lists what was rendered', async () => {
    await page.getByRole('link', { name: 'Queue' }).click()
    await page.getByRole('region', { name: 'Ended' }).getByText('The lamp').waitFor()
  })

  await t.test(`a storyboard of ${MANY} scenes`, async (t) => {
    const [team] = await ask<{ id: string; slug: string }[]>('GET', '/v1/teams')
    const made = await ask<{ id: string }>('POST', `/v1/teams/${team!.id}/projects`, {
      name: 'Fifty views',
      spec: {
        title: 'Fifty views',
        scenes: Array.from({ length: MANY }, (_, at) => ({
          id: `view-${at + 1}`,
          prompt: `view ${at + 1} of the mountain`,
          duration: 2,
        })),
      },
    })
    await page.goto(`${url}/t/${team!.slug}/p/${made.id}`)

    await t.test('is all there: cards, shots and the plan', async (t) => {
      await cards.nth(MANY - 1).waitFor({ state: 'attached' })
      t.equal(await cards.count(), MANY)
      await board.getByText('50 scenes, 1:40').waitFor()
      await page.getByText('50 scenes render').waitFor()
      await picture('fifty')
    })

    const shots = timeline.getByRole('option')
    await t.test('draws only the shots that can be seen, and goes to any by keys', async (t) => {
      await shots.first().click()
      for (let press = 0; press < 40; press += 1) await page.keyboard.press('+')
      await until(async () => (await shots.count()) < MANY / 2, 'a part of the shots', LIMIT_MS)
      await page.keyboard.press('End')
      await timeline.getByRole('option', { name: /^Shot 50/ }).waitFor()
      t.ok((await shots.count()) < MANY / 2, 'and no more of them there')
      await page.keyboard.press('0')
      await until(async () => (await shots.count()) === MANY, 'all of them', LIMIT_MS)
    })

    await t.test('is edited anywhere: the card, the text and the server say the same', async (t) => {
      await cards.nth(36).click()
      await prompt.fill('view 37 in a storm')
      await cards.nth(36).getByText('view 37 in a storm').waitFor()
      await saved()
      await cards.nth(36).press('Alt+ArrowLeft')
      await page.getByText('Moved scene view-37 to 36 of 50.').waitFor()
      await page.getByText(/^Saved .*r3$/).waitFor()
      const { spec } = await ask<{ spec: { scenes: { id: string; prompt: string }[] } }>(
        'GET',
        `/v1/projects/${made.id}`,
      )
      t.match(spec.scenes[35], { id: 'view-37', prompt: 'view 37 in a storm' })
      await page.getByRole('link', { name: 'Source' }).click()
      // The text opens at the scene that was chosen, far down.
      await code.getByText('view 37 in a storm').waitFor()
      await isAccessible(t, page, 'a long source')
    })
  })

  await t.test('nothing went wrong in the page, and it asked no other host', (t) => {
    t.strictSame(faults, [])
    t.end()
  })
}
