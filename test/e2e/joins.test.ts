/** A film with every kind of join, played in a real browser and looked at on either side of each join and in its middle. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { TRANSITION_TYPES } from '../../core/storyboard/transitions.ts'
import { buildPlan, FORMAT, makeClip, readFrame, tempDir, tools, watch } from '../compose/fixtures.ts'
import { makeFilm as compose } from '../compose/make-film.ts'
import { noBrowser, startBrowser } from '../support/browser.ts'

const skip = noBrowser()
t.setTimeout(240_000)
const CLIP = 24
const JOIN = 8
const TYPES = TRANSITION_TYPES.filter((type) => type !== 'cut')

/** From black, every type between two shots, a cut, and to black. */
const PLAN = buildPlan(
  Array.from({ length: TYPES.length + 2 }, (_, index) => ({
    scene: index % 2 === 0 ? 'a' : 'c',
    frames: CLIP,
  })),
  [
    { after: -1, type: 'fade', frames: JOIN },
    ...TYPES.map((type, after) => ({
      after,
      type,
      frames: JOIN,
      ...(type === 'custom' && {
        effects: [
          { name: 'zoom', to: 2 },
          { name: 'x', from: 1 },
        ],
      }),
    })),
    { after: TYPES.length + 1, type: 'dissolve', frames: JOIN },
  ],
)

async function makeFilm(dir: string): Promise<string> {
  const segments = new Map<string, { path: string; frames: number; keyFrames: number[] }>()
  for (const [number, id] of [
    [0, 'a'],
    [2, 'c'],
  ] as const) {
    const keyFrames = [0, JOIN, CLIP - JOIN]
    const file = await makeClip(path.join(dir, `${id}.mp4`), number, CLIP, { keyFrames })
    segments.set(id, { path: file, frames: CLIP, keyFrames })
  }
  const film = await compose({
    tools,
    plan: PLAN,
    segments,
    workDir: dir,
    out: path.join(dir, 'film.mp4'),
  })
  return film.path
}

/** A page with the film, and the film in ranges as stores give it. */
async function serve(film: string): Promise<{ url: string; close(): void }> {
  const { size } = await stat(film)
  const server = createServer(async (request, response) => {
    if (request.url !== '/film.mp4') {
      const page =
        '<!doctype html><title>film</title><video id="film" src="/film.mp4" muted preload="auto"></video>'
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(page)
    }
    const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? []
    const [start, end] = [Number(from), to === '' ? size - 1 : Number(to)]
    response.writeHead(206, {
      'content-type': 'video/mp4',
      'accept-ranges': 'bytes',
      'content-range': `bytes ${start}-${end}/${size}`,
      'content-length': end - start + 1,
    })
    // A browser lets go of a range it no longer needs.
    await pipeline(createReadStream(film, { start, end }), response).catch(() => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, close: () => void server.close().closeAllConnections() }
}

/** Puts the film at a frame and gives the grey of every pixel. Runs in the page, once the frame is presented. */
const LOOK = `async (frame) => {
  const film = document.getElementById('film')
  const time = (frame + 0.5) / ${FORMAT.fps}
  const presented = new Promise((resolve) => {
    const wait = () => film.requestVideoFrameCallback((now, { mediaTime }) =>
      Math.round(mediaTime * ${FORMAT.fps}) === frame ? resolve() : wait())
    wait()
  })
  film.currentTime = time
  await presented
  const canvas = new OffscreenCanvas(film.videoWidth, film.videoHeight).getContext('2d')
  canvas.drawImage(film, 0, 0)
  const { data } = canvas.getImageData(0, 0, film.videoWidth, film.videoHeight)
  let grey = ''
  for (let i = 0; i < data.length; i += 4) grey += String.fromCharCode(data[i + 1])
  return btoa(grey)
}`

t.test('every kind of join plays and is found by seeking', { skip }, async (t) => {
  const film = await makeFilm(await tempDir(t))
  const decoded = await watch(film)
  const site = await serve(film)
  t.teardown(() => site.close())
  const browser = await startBrowser()
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  page.setDefaultTimeout(90_000)
  await page.goto(site.url)

  await page.waitForFunction('film.readyState >= 2')
  t.equal(await page.evaluate('film.videoWidth'), FORMAT.width)
  t.ok(Math.abs(Number(await page.evaluate('film.duration')) - PLAN.durationS) < 0.05, 'as long as planned')
  await page.evaluate(`film.play()`)
  await page.waitForFunction('film.ended')
  t.equal(await page.evaluate('film.error'), null)
  t.ok(
    Math.abs(Number(await page.evaluate('film.currentTime')) - PLAN.durationS) < 0.05,
    'it played to its end',
  )
  t.equal(await page.evaluate('film.getVideoPlaybackQuality().corruptedVideoFrames'), 0)

  for (const join of PLAN.joins) {
    const shot = PLAN.shots[join.after]
    const first = shot ? shot.startFrame + shot.frames - JOIN : 0
    for (const frame of [first - 1, first, first + JOIN / 2, first + JOIN - 1, first + JOIN]) {
      if (frame < 0 || frame >= PLAN.frames) continue
      const answer = await page.evaluate(`(${LOOK})(${frame})`)
      // The browser shows the film's narrow range as full black to full white.
      const luma = Buffer.from(String(answer), 'base64').map((grey) => 16 + Math.round((grey * 219) / 255))
      const { luma: wanted, ...named } = decoded[frame]!
      const apart = luma.reduce((sum, value, i) => sum + Math.abs(value - wanted[i]!), 0) / luma.length
      t.ok(apart < 4, `${join.type}: frame ${frame} is the one that was composed (${apart.toFixed(2)} apart)`)
      if (frame < first || frame >= first + JOIN) {
        const { clip, frame: number } = readFrame(Buffer.from(luma), FORMAT)
        t.same(
          { clip, number },
          { clip: named.clip, number: named.frame },
          `${join.type}: untouched beside it`,
        )
      }
    }
  }
})
