/** Captions in a real browser: the film with its track plays, and the file beside it is shown at its times. */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { makeCues } from '../../core/captions/cues.ts'
import { toSrt, toVtt } from '../../core/captions/subtitles.ts'
import { buildPlan, FORMAT, makeClip, tempDir, tools } from '../compose/fixtures.ts'
import { makeFilm } from '../compose/make-film.ts'
import { noBrowser, startBrowser } from '../support/browser.ts'

const skip = noBrowser()
t.setTimeout(240_000)
const FRAMES = 4 * FORMAT.fps
const line = (speaker: string, text: string, startS: number, spokenS: number) => ({
  ...{ speaker, text, startS, spokenS },
  ...{ skippedS: 0, endLimitS: 4, wordTimes: null },
})
const CUES = makeCues(
  [
    line('keeper', 'Who <is> there & why?', 0.25, 1),
    line('child', 'שלום — 你好 🎬', 1.5, 1),
    line('keeper', 'Nobody has climbed these stairs since the storm took the lamp and the keeper.', 2.5, 1.5),
  ],
  4,
)

t.test('a film with captions plays, and its file shows every caption at its time', { skip }, async (t) => {
  const dir = await tempDir(t)
  const segments = new Map([
    ['a', { path: await makeClip(path.join(dir, 'a.mp4'), 0, FRAMES), frames: FRAMES, keyFrames: [0] }],
  ])
  const srt = path.join(dir, 'captions.srt')
  await writeFile(srt, toSrt(CUES))
  const film = await makeFilm({
    tools,
    plan: buildPlan([{ scene: 'a', frames: FRAMES }]),
    segments,
    captions: [{ path: srt, language: 'eng' }],
    workDir: dir,
    out: path.join(dir, 'film.mp4'),
  })
  const { size } = await stat(film.path)
  const bytes = await readFile(film.path)
  const server = createServer((request, response) => {
    if (request.url === '/film.mp4') {
      const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? []
      const [start, end] = [Number(from), to === '' ? size - 1 : Number(to)]
      const range = { 'content-type': 'video/mp4', 'content-range': `bytes ${start}-${end}/${size}` }
      return void response.writeHead(206, range).end(bytes.subarray(start, end + 1))
    }
    if (request.url === '/captions.vtt')
      return void response.writeHead(200, { 'content-type': 'text/vtt' }).end(toVtt(CUES))
    const page =
      '<!doctype html><title>film</title><video id="film" src="/film.mp4" muted preload="auto">' +
      '<track id="track" default kind="captions" src="/captions.vtt" srclang="en"></video>'
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close().closeAllConnections())
  const browser = await startBrowser()
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  page.setDefaultTimeout(90_000)
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.waitForFunction('film.readyState >= 2 && track.readyState === 2')

  const shown = await page.evaluate(
    '[...film.textTracks[0].cues].map((cue) => ({ startMs: Math.round(cue.startTime * 1000), endMs: Math.round(cue.endTime * 1000), text: cue.getCueAsHTML().textContent }))',
  )
  t.strictSame(
    shown,
    CUES.map(({ startMs, endMs, lines }) => ({ startMs, endMs, text: lines.join('\n') })),
  )
  await page.evaluate('film.currentTime = 0.75')
  await page.waitForFunction('film.textTracks[0].activeCues.length === 1')
  t.equal(
    await page.evaluate('film.textTracks[0].activeCues[0].getCueAsHTML().textContent'),
    'Keeper: Who <is> there & why?',
  )
  t.equal(await page.evaluate('film.error'), null)
})
