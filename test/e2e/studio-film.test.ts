/**
 * The film in a real browser: two films that the preview engine made, one scene apart, are stepped through, compared
 * and saved. With SCREENSHOT_DIR set, the pictures it takes are kept there.
 */
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import t from 'tap'
import { parse } from 'yaml'
import { findTools, probe } from '../../core/platform/ffmpeg.ts'
import type { Job } from '../../schemas/types.ts'
import { noBrowser } from '../support/browser.ts'
import { until } from '../support/studio.ts'
import {
  ADA,
  arrive,
  isAccessible,
  keepPicture,
  LIMIT_MS,
  openBrowser,
  ownTeam,
  renderFilm,
  signUp,
  startInstallation,
} from '../support/studio-browser.ts'

const skip = noBrowser()
t.setTimeout(400_000)

const FPS = 24

const storyboard = (street: object) => ({
  title: 'The lamp',
  scenes: [
    {
      id: 'harbor',
      prompt: 'a harbor at dawn',
      duration: 2,
      audio: { dialogue: [{ text: 'We should have left before the tide.', start: 0.25 }] },
    },
    { id: 'street', prompt: 'a narrow street', duration: 2, ...street },
    { id: 'sea', prompt: 'the dark sea', duration: 2 },
  ],
})

if (skip) t.test('the film in a browser', { skip }, async () => {})
else await run()

async function run(): Promise<void> {
  const [url, browser] = await Promise.all([startInstallation(t), openBrowser(t)])
  await signUp(url, ADA)
  const { context, page, ask, faults } = await arrive(browser, url, { as: ADA })
  const picture = (name: string) => keepPicture(page, `film-${name}`)
  const { id: team, slug } = await ownTeam(ask, 'Northlight')
  const project = await ask<{ id: string }>('POST', `/v1/teams/${team}/projects`, {
    name: 'The lamp',
    spec: storyboard({}),
  })
  const older = await renderFilm<Job>(ask, project.id)
  await ask(
    'PUT',
    `/v1/projects/${project.id}/spec`,
    { spec: storyboard({ prompt: 'a wide street in the rain', duration: 2.5 }) },
    { 'if-match': '"r1"' },
  )
  const newer = await renderFilm<Job>(ask, project.id)
  const address = `${url}/t/${slug}/p/${project.id}`

  const film = page.getByRole('region', { name: 'Film' })
  const time = film.getByRole('timer', { name: 'Time code' })
  const shows = (code: string): Promise<void> => time.getByText(code, { exact: true }).waitFor()
  const frameOf = async (): Promise<number> => {
    const [, m, s, f] = (await time.innerText()).split(':').map(Number)
    return (m! * 60 + s!) * FPS + f!
  }
  /** Frame that a film shows, once it has come to rest. */
  const pictured = async (at = 0): Promise<number> => {
    let frame: number | null = null
    await until(
      async () => {
        frame = await page.evaluate<number | null>(`(() => {
          const video = document.querySelectorAll('video')[${at}]
          return video && !video.seeking && video.readyState >= 2
            ? Math.floor(video.currentTime * ${FPS} + 0.001) : null
        })()`)
        return frame !== null
      },
      'a picture',
      LIMIT_MS,
    )
    return frame!
  }
  /** The frames that films show which are still on their way there: at rest, they may stand at their first one before. */
  const opensAt = (...frames: number[]): Promise<void> =>
    until(
      async () => {
        for (const [at, frame] of frames.entries()) if ((await pictured(at)) !== frame) return false
        return true
      },
      `the frames ${frames}`,
      LIMIT_MS,
    )
  /** Resolves once an expression holds in the page, whose policy lets no text become a program there. */
  const holds = (expression: string): Promise<void> =>
    until(() => page.evaluate<boolean>(expression), expression, LIMIT_MS)

  await t.test('a job says when its scenes play, and what their clips are', async (t) => {
    t.strictSame(newer.output!.metadata.shots, [
      { scene_id: 'harbor', start_frame: 0, frames: 48 },
      { scene_id: 'street', start_frame: 48, frames: 60 },
      { scene_id: 'sea', start_frame: 108, frames: 48 },
    ])
    t.equal(older.output!.metadata.spec_revision, 1)
    t.equal(newer.output!.metadata.spec_revision, 2)
    const hash = (job: Job, id: string) =>
      job.output!.scene_clips.find(({ scene_id }) => scene_id === id)!.sha256
    t.match(hash(newer, 'sea'), /^[0-9a-f]{64}$/)
    t.equal(hash(newer, 'sea'), hash(older, 'sea'))
    t.not(hash(newer, 'street'), hash(older, 'street'))
  })

  await t.test('frames are stepped through, and the time code says which', async (t) => {
    await page.goto(`${address}?view=film`)
    await shows('00:00:00:00')
    t.equal(await pictured(), 0)
    await page.keyboard.press('ArrowRight')
    await shows('00:00:00:01')
    t.equal(await pictured(), 1)
    await page.keyboard.press('Shift+ArrowRight')
    await shows('00:00:01:01')
    await film.getByRole('button', { name: 'One frame back' }).click()
    await shows('00:00:01:00')
    t.equal(await pictured(), 24)
    await page.keyboard.press('ArrowDown')
    await shows('00:00:02:00')
    await page.keyboard.press('ArrowDown')
    await shows('00:00:04:12')
    t.equal(await pictured(), 108)
    await page.keyboard.press('ArrowUp')
    await shows('00:00:02:00')
    const bar = film.getByRole('slider', { name: 'Place in the film' })
    t.equal(await bar.getAttribute('aria-valuetext'), '00:00:02:00, 02 street')
    await page.keyboard.press('End')
    await shows('00:00:06:11')
    await page.keyboard.press('Home')
    await shows('00:00:00:00')
    await picture('one')
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByText('Clear in and out').waitFor()
    await page.keyboard.press('Escape')
    await isAccessible(t, page, 'the film')
  })

  await t.test('captions are shown, and can be switched off', async (t) => {
    const showing = (): Promise<string[]> =>
      page.evaluate(`(() => {
        const [track] = document.querySelector('video').textTracks
        return track?.mode === 'showing' ? [...track.activeCues].map((cue) => cue.text) : []
      })()`)
    await page.keyboard.press('Shift+ArrowRight')
    await holds(`document.querySelector('video').textTracks[0]?.activeCues?.length > 0`)
    t.match((await showing()).join(' '), /before the tide/)
    await picture('captions')
    await film.getByRole('button', { name: 'Captions (V)', pressed: true }).click()
    t.strictSame(await showing(), [])
    await page.keyboard.press('v')
    await film.getByRole('button', { name: 'Captions (V)', pressed: true }).waitFor()
    t.match((await showing()).join(' '), /before the tide/)
  })

  await t.test('J, K and L play back, stop and play on, faster each time', async (t) => {
    await page.keyboard.press('Home')
    await page.keyboard.press('l')
    await film.getByText('1×', { exact: true }).waitFor()
    for (const speed of ['2×', '4×', '8×', '8×']) {
      await page.keyboard.press('l')
      await film.getByText(speed, { exact: true }).waitFor()
    }
    await film.getByRole('button', { name: 'Play' }).waitFor()
    await shows('00:00:06:11')
    await page.keyboard.press('j')
    await film.getByText('−1×', { exact: true }).waitFor()
    await holds(`document.querySelector('video').currentTime < 6`)
    await page.keyboard.press('k')
    await film.getByRole('button', { name: 'Play' }).waitFor()
    const rested = await frameOf()
    t.ok(rested < 155)
    t.equal(await pictured(), rested, 'the picture is that of the time code')
    await page.keyboard.down('k')
    await page.keyboard.down('l')
    await film.getByText('0.25×', { exact: true }).waitFor()
    await page.keyboard.up('l')
    await film.getByRole('button', { name: 'Play' }).waitFor()
    await page.keyboard.up('k')
  })

  await t.test('what lies between in and out is played over and over', async (t) => {
    await page.keyboard.press('Home')
    for (let step = 0; step < 6; step += 1) await page.keyboard.press('ArrowRight')
    await page.keyboard.press('i')
    for (let step = 0; step < 8; step += 1) await page.keyboard.press('ArrowRight')
    await page.keyboard.press('o')
    await shows('00:00:00:14')
    await picture('part')
    const seen = page.evaluate<number[]>(`new Promise((resolve) => {
      const video = document.querySelector('video')
      const frames = []
      let rounds = 0
      const look = (_now, { mediaTime }) => {
        const frame = Math.round(mediaTime * ${FPS})
        if (frame < frames.at(-1)) rounds += 1
        frames.push(frame)
        if (rounds === 4) resolve(frames.slice(1))
        else video.requestVideoFrameCallback(look)
      }
      video.requestVideoFrameCallback(look)
    })`)
    await page.keyboard.press('l')
    const frames = await seen
    t.ok(Math.min(...frames) >= 6, 'nothing before it')
    // A page that is kept waiting turns a few frames late; the film goes on for six times as long.
    t.ok(Math.max(...frames) < 38, 'it turns at its end', { frames })
    await page.keyboard.press('k')
    await page.keyboard.press('x')
    await film.getByRole('button', { name: 'In', pressed: false }).waitFor()
  })

  await t.test('two films are compared on one clock', async (t) => {
    await page.keyboard.press('Home')
    await page.keyboard.press('c')
    await page.waitForURL((url) => url.searchParams.get('b') === older.id)
    t.equal(new URL(page.url()).searchParams.get('a'), newer.id)
    const changed = page.getByRole('complementary', { name: 'Changed in A' })
    await changed.getByText('2 scenes the same, bit for bit').waitFor()
    t.equal(await changed.getByRole('listitem').count(), 1)
    await changed.getByRole('button', { name: /02 prompt, duration/ }).click()
    await shows('00:00:02:00')
    t.equal(await pictured(1), 48)
    await picture('side')
    await film.getByText('B is 0.5 s shorter here').waitFor()
    await page.keyboard.press('ArrowRight')
    t.strictSame([await pictured(0), await pictured(1)], [49, 49])
    await isAccessible(t, page, 'two films')
    await page.keyboard.press('ArrowDown')
    await shows('00:00:04:12')
    t.strictSame([await pictured(0), await pictured(1)], [108, 96], 'the same scene begins in both')

    await page.keyboard.press('Home')
    await page.keyboard.press('l')
    const drifts = await page.evaluate<number[]>(`new Promise((resolve) => {
      const [first, second] = document.querySelectorAll('video')
      const drifts = []
      const look = () => {
        if (first.currentTime > 1.9) return resolve(drifts)
        if (first.currentTime > 0.5) drifts.push(Math.abs(first.currentTime - second.currentTime) * ${FPS})
        requestAnimationFrame(look)
      }
      look()
    })`)
    await page.keyboard.press('k')
    // Halfway: a loaded machine may stop a film for a moment, from which it comes back.
    const middle = drifts.toSorted((a, b) => a - b)[Math.floor(drifts.length / 2)]
    t.ok(middle !== undefined && middle <= 1, 'within a frame while they play', { drifts })
    const [a, b] = [await pictured(0), await pictured(1)]
    t.equal(await frameOf(), a)
    t.equal(b, a >= 108 ? a - 12 : Math.min(a, 95), 'at rest they show the same frame')
  })

  await t.test('one is wiped over, switched with or taken from the other', async (t) => {
    await page.getByText('Wipe', { exact: true }).click()
    const wipe = film.getByRole('slider', { name: 'Wipe' })
    await wipe.focus()
    const before = await time.innerText()
    await page.keyboard.press('ArrowRight')
    t.equal(await wipe.getAttribute('aria-valuenow'), '52')
    t.equal(await time.innerText(), before, 'the film stays where it is')
    await picture('wipe')
    await page.getByText('Difference', { exact: true }).click()
    await picture('difference')
    await page.keyboard.press('2')
    await film.getByLabel(/^Film B/).waitFor()
    t.equal(await film.getByLabel(/^Film A/).isVisible(), false)
    await page.keyboard.press('1')
    await film.getByLabel(/^Film A/).waitFor()
    t.equal(await film.getByLabel(/^Film B/).isVisible(), false)
    const muted = (): Promise<boolean[]> =>
      page.evaluate(`[...document.querySelectorAll('video')].map((video) => video.muted)`)
    t.strictSame(await muted(), [false, true])
    await film.getByRole('button', { name: 'Sound of B' }).click()
    t.strictSame(await muted(), [true, false])
  })

  await t.test('an address opens the same two films at the same frame', async () => {
    await page.goto(`${address}?view=film&a=${newer.id}&b=${older.id}&at=120`)
    await shows('00:00:05:00')
    await opensAt(120, 108)
    await page.keyboard.press('ArrowRight')
    await page.waitForURL((url) => url.searchParams.get('at') === '121')
    await page.goto(`${address}?view=film&a=${crypto.randomUUID()}`)
    await page.getByText('There is no film here, or you may not see it.').waitFor()
    await page.getByRole('button', { name: 'Show the newest film' }).click()
    await shows('00:00:00:00')
  })

  await t.test('a link that has ended is renewed, and the place is kept', async (t) => {
    let refused = 0
    await context.route('**/media/**/final.mp4*', (route) => {
      refused += 1
      return refused > 1 ? route.fallback() : route.fulfill({ status: 403, body: 'no longer' })
    })
    await page.goto(`${address}?view=film&at=60`)
    await shows('00:00:02:12')
    await opensAt(60)
    t.ok(refused > 1)
    await context.unroute('**/media/**/final.mp4*')
    await context.route('**/media/**/final.mp4*', (route) => route.fulfill({ status: 403, body: 'gone' }))
    await page.goto(`${address}?view=film&at=61`)
    await page.getByText('This film could not be played. It may have been removed.').waitFor()
    await page.getByRole('button', { name: /^Render again: \d+ credits?$/ }).waitFor()
    await picture('lost')
    await context.unroute('**/media/**/final.mp4*')
  })

  await t.test('film, captions, contact sheet and storyboard are saved as files', async (t) => {
    await page.goto(`${address}?view=film`)
    await shows('00:00:00:00')
    const saved = async (item: string): Promise<{ name: string; path: string }> => {
      await page.getByRole('button', { name: 'Download' }).click()
      const download = page.waitForEvent('download')
      await page.getByRole('menuitem', { name: item, exact: true }).click()
      const file = await download
      return { name: file.suggestedFilename(), path: await file.path() }
    }
    const video = await saved('Film')
    t.equal(video.name, 'The lamp r2.mp4')
    const found = await probe(await findTools(process.env), video.path)
    t.match(JSON.stringify(found), /h264/)
    const srt = await saved('Captions (SRT)')
    t.equal(srt.name, 'The lamp r2.srt')
    t.match(await readFile(srt.path, 'utf8'), /^1\n00:00:00,\d+ --> 00:00:0[\s\S]*before the tide/)
    const vtt = await saved('Captions (VTT)')
    t.match(await readFile(vtt.path, 'utf8'), /^WEBVTT/)
    const sheet = await saved('Contact sheet')
    t.equal(sheet.name, 'The lamp r2.png')
    t.match(await sharp(sheet.path).metadata(), { format: 'png' })
    const text = await saved('Storyboard')
    t.equal(text.name, 'The lamp r2.yaml')
    t.match(parse(await readFile(text.path, 'utf8')), {
      title: 'The lamp',
      scenes: [{ id: 'harbor' }, {}, {}],
    })
  })

  await t.test('somebody without an account watches it by a link, until that is ended', async (t) => {
    await page.goto(`${address}?view=film&a=${newer.id}`)
    await film.waitFor()
    await page.getByRole('button', { name: 'Let others watch' }).click()
    const dialog = page.getByRole('dialog', { name: 'Let others watch' })
    await dialog.getByLabel('The link ends after').selectOption('7 days')
    await dialog.getByRole('button', { name: 'Make a link' }).click()
    const secret = page.getByRole('dialog', { name: 'A link to watch this render' })
    const link = await secret.getByLabel('Link', { exact: true }).innerText()
    await secret.getByRole('button', { name: 'Copy' }).click()
    await secret.getByRole('button', { name: 'I have stored it' }).click()
    await dialog.getByRole('list', { name: 'Links that are open' }).waitFor()
    await picture('share')
    await isAccessible(t, page, 'the links')
    const guest = await arrive(browser, url)
    await guest.page.goto(link)
    await guest.page.locator('#verdict', { hasText: 'Ready' }).waitFor()
    t.equal((await guest.context.cookies()).length, 0, 'nobody is signed in there')
    await dialog.getByRole('button', { name: /^End the link until / }).click()
    await dialog.getByRole('list', { name: 'Links that are open' }).waitFor({ state: 'detached' })
    await guest.page.reload()
    await guest.page.getByText('This link has ended', { exact: true }).waitFor()
    t.strictSame(guest.faults, [])
    await guest.context.close()
    await dialog.getByRole('button', { name: 'Close' }).click()
  })

  await t.test('a film that is older than the storyboard says so', async (t) => {
    await ask(
      'PUT',
      `/v1/projects/${project.id}/spec`,
      { spec: storyboard({ prompt: 'a street by night' }) },
      { 'if-match': '"r2"' },
    )
    await page.goto(`${address}?view=film`)
    await page.getByText('Film r2 is older than the storyboard.').waitFor()
    await page.goto(address)
    await page.getByText('Animatic r2 is older than the storyboard.').waitFor()
    await picture('board')
    await isAccessible(t, page, 'the board')
    for (const [name, width, height, colorScheme] of [
      ['light', 1440, 900, 'light'],
      ['small', 1280, 800, 'dark'],
      ['phone', 390, 844, 'dark'],
    ] as const) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height })
      for (const [view, search] of [
        ['film', '?view=film&at=20'],
        ['compare', `?view=film&a=${newer.id}&b=${older.id}&at=60`],
      ] as const) {
        await page.goto(`${address}${search}`)
        await pictured()
        await picture(`${view}-${name}`)
        const wide = await page.evaluate<number>('document.body.scrollWidth - innerWidth')
        t.ok(wide <= 0, `${view}, ${name}: nothing is wider than the page`)
      }
    }
  })

  await t.test('a project without a film says what there is to do', async (t) => {
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.setViewportSize({ width: 1440, height: 900 })
    const empty = await ask<{ id: string }>('POST', `/v1/teams/${team}/projects`, {
      name: 'Empty',
      spec: { title: 'Short', scenes: [{ id: 'one', prompt: 'a door', duration: 1 }] },
    })
    await page.goto(`${url}/t/${slug}/p/${empty.id}?view=film`)
    await page.getByText('No film yet.').waitFor()
    await picture('empty')
    await page.getByRole('button', { name: 'Play the animatic' }).click()
    await page.getByRole('progressbar', { name: 'Rendering' }).waitFor()
    await page.getByRole('link', { name: 'Board' }).click()
    await page.getByText(/^Film r1 is ready/).waitFor({ timeout: 180_000 })
    await page.getByRole('button', { name: 'Play', exact: true }).first().click()
    await page.waitForURL((url) => url.searchParams.get('view') === 'film')
    await holds(`document.querySelector('video')?.currentTime > 0.5`)
    t.match(new URL(page.url()).searchParams.get('a'), /^[0-9a-f-]{36}$/, 'the film that is ready')
  })

  await t.test('nothing went wrong in the page', (t) => {
    t.strictSame(faults, [])
    t.end()
  })
}
