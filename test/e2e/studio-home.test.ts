/**
 * The first minutes in a real browser: from the set-up link to the sample film that plays, then projects and the library,
 * with a connection that is cut. With SCREENSHOT_DIR set, the pictures it takes are kept there.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { noBrowser } from '../support/browser.ts'
import { startDatabase } from '../support/postgres.ts'
import { startStack } from '../support/stack.ts'
import { startStore } from '../support/store.ts'
import {
  arrive,
  dropFile,
  FILM_LIMIT_MS,
  isAccessible,
  keepPictures,
  openBrowser,
  PASSWORD,
} from '../support/studio-browser.ts'

/** A way to the server that can be cut while something is sent through it. */
async function startWay(t: Test, port: () => number) {
  let cutAfter = Number.POSITIVE_INFINITY
  let uploaded = 0
  const server = createServer((socket) => {
    const upstream = connect(port(), '127.0.0.1')
    let isUpload = false
    socket.on('data', (bytes: Buffer) => {
      const verb = bytes.subarray(0, 5).toString('latin1')
      if (/^[A-Z]{3,4} /.test(verb)) isUpload = verb.startsWith('PUT ')
      if (isUpload) uploaded += bytes.length
      if (isUpload && uploaded > cutAfter) {
        socket.destroy()
        upstream.destroy()
      } else if (!upstream.write(bytes)) socket.pause()
    })
    upstream.on('drain', () => socket.resume())
    upstream.pipe(socket)
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Cuts every upload once all of them have sent so much from now on. */
    cutUploads(bytes: number): void {
      uploaded = 0
      cutAfter = bytes
    },
    /** Bytes of uploads since the last cut was asked for. */
    uploaded: () => uploaded,
  }
}

t.test('the first minutes in a browser', { skip: noBrowser(), timeout: 400_000 }, async (t) => {
  let port = 0
  const way = await startWay(t, () => port)
  const [{ url: databaseUrl }, { options: store }] = await Promise.all([startDatabase(t), startStore(t)])
  const stack = await startStack(t, { databaseUrl, store, env: { APP_BASE_URL: way.url } })
  await stack.db.pool.query(`delete from users where id <> '00000000-0000-0000-0000-000000000000'`)
  const [server, browser] = await Promise.all([
    stack.startServer({ APP_BASE_URL: way.url }),
    openBrowser(t),
    stack.startWorker(),
  ])
  port = Number(new URL(server.url).port)
  const { setup_url: link } = await server.part.logged(({ setup_url }) => typeof setup_url === 'string')

  const { page, faults } = await arrive(browser, way.url)
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))

  const picture = (name: string) => keepPictures(page, `home-${name}`)
  const accessible = (t: Test, what: string) => isAccessible(t, page, what)
  /** What is asked of a video element; the types of the browser are not those of this process. */
  type Video = { paused: boolean; muted: boolean; currentTime: number }
  const playing = (video: Locator): Promise<void> =>
    video.evaluate(
      (element) =>
        new Promise<void>((resolve) => {
          const look = (): void => {
            const { paused, currentTime } = element as unknown as Video
            if (!paused && currentTime > 0.1) resolve()
            else setTimeout(look, 50)
          }
          look()
        }),
    )
  /** Lets go of files over the page, as from a folder. */
  const card = (name: string): Locator =>
    page.getByRole('article').filter({ has: page.getByRole('link', { name, exact: true }) })
  const choose = async (name: string, item: string): Promise<void> => {
    await page.getByRole('button', { name: `More for ${name}`, exact: true }).click()
    await page.getByRole('menuitem', { name: item, exact: true }).click()
  }
  const toProjects = async (): Promise<void> => {
    await page.getByRole('link', { name: 'Projects', exact: true }).click()
    await page.getByRole('heading', { name: 'Projects' }).waitFor()
  }

  await t.test('a link that has ended says what to do, and a fault stands at its field', async (t) => {
    await page.goto(`${way.url}/setup#nonsense`)
    await page.getByText('Database ready', { exact: true }).waitFor()
    t.equal(page.url(), `${way.url}/setup`, 'the token leaves the address')
    await page.getByLabel('Email').fill('ada')
    await page.getByLabel('Password', { exact: false }).first().fill('short')
    await page.getByRole('button', { name: 'Create the operator' }).click()
    await page.getByText('That does not look like an email address.').waitFor()
    await page.getByText('Use 10 characters or more.').waitFor()
    t.equal(await page.locator(':focus').getAttribute('name'), 'email')
    await accessible(t, 'a form with faults')
    await page.getByLabel('Email').fill('ada@studio.example')
    await page.getByRole('textbox', { name: /^Password/ }).fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByText('This set-up link has expired.').waitFor()
    await page.goto('about:blank')
    await page.goto(`${way.url}/setup`)
    await page.getByText('Open the whole link').waitFor()
  })

  await t.test('the set-up link leads to the sample film that plays, without another step', async (t) => {
    await page.goto('about:blank')
    await page.goto(String(link))
    await page.getByLabel('Your name').fill('Ada')
    await page.getByLabel('Email').fill('ada@studio.example')
    await page.getByRole('textbox', { name: /^Password/ }).fill(PASSWORD)
    await page.getByLabel('Studio name').fill('Northlight')
    await picture('setup')
    await page.getByRole('button', { name: 'Create the operator' }).click()
    await page.waitForURL('**/t/*/p/*')
    await page.getByRole('heading', { name: 'Welcome to Framecast' }).waitFor()
    const video = page.getByRole('region', { name: 'Film' }).locator('video')
    await video.waitFor({ timeout: FILM_LIMIT_MS })
    await playing(video)
    t.ok(await video.evaluate((element) => (element as unknown as Video).muted), 'without sound')
    t.notOk(
      asked.some((url) => url.includes(String(link).split('#')[1]!)),
      'the token is in no address',
    )
    await picture('welcome')
    await toProjects()
    const sample = page.getByRole('region', { name: 'The sample film' })
    await playing(sample.locator('video'))
    await sample.getByText('Start with a storyboard. Drop a file here, or').waitFor()
    const { rows } = await stack.db.pool.query('select credits_charged from jobs')
    t.strictSame(rows, [{ credits_charged: 0 }], 'drawn once, at no cost')
    await picture('first')
    await accessible(t, 'a new studio')
  })

  await t.test('a used link says that there is an operator', async (t) => {
    const other = await browser.newContext()
    t.teardown(() => other.close())
    const page = await other.newPage()
    await page.goto(String(link))
    await page.getByLabel('Email').fill('eve@studio.example')
    await page.getByRole('textbox', { name: /^Password/ }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Create the operator' }).click()
    await page.getByText('This studio already has an operator.').waitFor()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
  })

  await t.test('a file with faults opens where they are, with its words', async (t) => {
    await dropFile(page, 'plan.psd', 'no storyboard')
    await page.getByText('plan.psd is not taken: a storyboard is a YAML or JSON file.').waitFor()
    await dropFile(
      page,
      'salt.yaml',
      '# of Jonas\ntitle: Salt\nscenes:\n  - {id: sea, prompt: the sea, duration: 99}\n',
    )
    await page.getByRole('button', { name: '1 problem to fix' }).waitFor()
    await page.locator('.cm-content').getByText('# of Jonas').waitFor()
    t.match(new URL(page.url()).search, /view=source/)
    await toProjects()
    await dropFile(page, 'broken.yaml', 'title: Broken\nscenes: [\n')
    await page.getByRole('heading', { name: 'Broken' }).waitFor()
    await page.locator('.cm-content').getByText('scenes: [').waitFor()
    await toProjects()
  })

  await t.test('projects are found, copied, renamed, put away and deleted', async (t) => {
    await card('Salt').waitFor()
    await picture('projects')
    await accessible(t, 'projects')
    await choose('Salt', 'Duplicate')
    await choose('Salt copy', 'Rename')
    await page.getByRole('textbox', { name: 'Name' }).fill('Pepper')
    await page.keyboard.press('Enter')
    await card('Pepper').waitFor()
    await page.getByRole('searchbox').fill('pep')
    await card('Salt').waitFor({ state: 'hidden' })
    t.equal(new URL(page.url()).searchParams.get('q'), 'pep')
    await page.reload()
    await card('Pepper').waitFor()
    await page.getByRole('searchbox').fill('cumin')
    await page.getByText('No project matches “cumin”.').waitFor()
    await page.getByRole('link', { name: 'Clear search' }).click()
    await choose('Pepper', 'Archive')
    await card('Pepper').waitFor({ state: 'hidden' })
    await page.getByRole('link', { name: 'Archived' }).click()
    await card('Pepper').waitFor()
    await choose('Pepper', 'Bring back')
    await page.getByRole('link', { name: 'All', exact: true }).click()
    await choose('Pepper', 'Delete')
    await page.getByRole('heading', { name: 'Delete “Pepper”?' }).waitFor()
    await page.getByRole('button', { name: 'Delete project' }).click()
    await card('Pepper').waitFor({ state: 'hidden' })
    await card('Welcome to Framecast').hover()
    await playing(card('Welcome to Framecast').locator('video'))
  })

  await t.test('files come into the library, each with its own end', async (t) => {
    await page.getByRole('link', { name: 'Library', exact: true }).click()
    await page.getByText('Pictures of your people and places keep them the same').waitFor()
    await picture('library-empty')
    const noise = await sharp(randomBytes(2_000 * 1_500 * 3), {
      raw: { width: 2_000, height: 1_500, channels: 3 },
    })
      .png({ compressionLevel: 0 })
      .toBuffer()
    const folder = await mkdtemp(join(tmpdir(), 'framecast-test-upload-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const mara = join(folder, 'mara.png')
    await writeFile(mara, noise)
    const [plan, partBytes] = [join(folder, 'plan.psd'), 4_194_304]
    await writeFile(plan, '8BPS')
    const uploads = page.getByRole('region', { name: 'Uploads' })
    const lost = async (atLeast: number): Promise<void> => {
      await uploads.getByText(/^Connection lost at \d+ %\.$/).waitFor()
      const share = Number((await uploads.innerText()).match(/lost at (\d+) %/)?.[1])
      t.ok(share >= Math.floor((atLeast / noise.length) * 100), `what has arrived counts: ${share} %`)
    }
    way.cutUploads(partBytes + 1_000_000)
    await page.getByLabel('Files to upload').setInputFiles([mara, plan])
    await uploads.getByText('not taken: PNG, JPEG, WEBP, MP3, WAV, OGG or MP4').waitFor()
    await lost(partBytes)
    await picture('library-lost')
    way.cutUploads(partBytes + 100_000)
    await uploads.getByRole('button', { name: 'Go on' }).click()
    await uploads.getByRole('progressbar').waitFor()
    await lost(2 * partBytes)
    t.ok(way.uploaded() < noise.length - partBytes, 'the first part is not sent again')

    // After a crash of the browser the same file, chosen again, goes on all the same; without a network it waits.
    await page.reload()
    await page.getByText('Pictures of your people and places keep them the same').waitFor()
    way.cutUploads(Number.POSITIVE_INFINITY)
    await page.context().setOffline(true)
    await page.getByLabel('Files to upload').setInputFiles([mara, plan])
    await uploads.getByText('1 upload waits for the connection.').waitFor()
    await picture('library-offline')
    await page.context().setOffline(false)
    const tile = page
      .getByRole('listitem')
      .filter({ has: page.getByRole('button', { name: 'Delete mara.png' }) })
    await tile.getByText('Not used').waitFor()
    t.ok(way.uploaded() < 1_000_000, `only the last part is sent: ${way.uploaded()} bytes`)
    await uploads.getByRole('button', { name: 'Dismiss' }).click()
    await uploads.waitFor({ state: 'hidden' })
    t.match(await page.locator('header').last().innerText(), /\d of \d+ GB/)
  })

  await t.test('out of the library into a scene, by menu and by dragging, and back by undo', async (t) => {
    const { rows } = await stack.db.pool.query('select id from asset_files where status = $1', ['ready'])
    t.equal(rows.length, 1)
    await toProjects()
    await dropFile(
      page,
      'mara.yaml',
      `title: Mara\nsymbols:\n  mara: {prompt: a sailor}\nscenes:\n  - {id: rail, prompt: "@mara at the rail", duration: 2, audio: {sfx: [{asset_id: ${rows[0].id}}]}}\n`,
    )
    await page.getByRole('heading', { name: 'Mara' }).waitFor()
    await page.getByRole('button', { name: 'Open the library' }).click()
    const sheet = page.getByRole('complementary', { name: 'Library' })
    await sheet.getByRole('button', { name: 'Use mara.png in scene rail' }).click()
    await page.getByRole('menuitem', { name: 'As a picture of @mara' }).click()
    await sheet.getByText('mara.png is in scene rail.').waitFor()
    await page.getByRole('button', { name: 'Undo: add a picture to @mara' }).waitFor()
    t.ok(await sheet.getByRole('button', { name: 'Use mara.png in scene rail' }).isDisabled())
    await sheet.getByRole('button', { name: 'Sounds' }).click()
    const pop = sheet.getByRole('listitem').filter({ hasText: 'Pop' })
    await pop.dragTo(page.locator('li[data-scene="rail"]'))
    await page.getByRole('button', { name: 'Undo: add an effect to rail' }).click()
    await page.getByRole('button', { name: 'Undo: add a picture to @mara' }).waitFor()
    await picture('library-sheet')
    await accessible(t, 'the library beside the storyboard')
    await page.keyboard.press('Control+s')
    await page
      .getByText(/^Saved/)
      .first()
      .waitFor()
    await sheet.getByRole('button', { name: 'Close the library' }).click()
    await sheet.waitFor({ state: 'hidden' })
  })

  await t.test('a file says where it is used, before it is deleted too', async (t) => {
    await page.getByRole('link', { name: 'Northlight' }).click()
    await page.getByRole('link', { name: 'Library', exact: true }).click()
    await page.getByRole('button', { name: '1 scene', exact: true }).waitFor()
    await picture('library')
    await accessible(t, 'the library')
    await page.getByRole('button', { name: 'Unused' }).click()
    await page.getByText('Nothing here matches.').waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByRole('button', { name: 'Delete mara.png' }).click()
    await page.getByRole('heading', { name: 'mara.png is used in 1 scene.' }).waitFor()
    await page.getByRole('button', { name: 'Show them' }).click()
    await page.getByRole('link', { name: 'Scene rail' }).click()
    await page.waitForURL(/scene=rail/)
    await page.goBack()
    await page.getByRole('button', { name: 'Delete mara.png' }).click()
    await page.getByRole('button', { name: 'Delete anyway' }).click()
    await page.getByText('Pictures of your people and places').waitFor()
    await page.getByRole('link', { name: 'System', exact: true }).click()
    await page.getByRole('list', { name: 'Sounds of Framecast' }).waitFor()
    await picture('library-system')
  })

  t.strictSame(faults, [])
})
