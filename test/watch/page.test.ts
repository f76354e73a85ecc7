/** The viewer in a real browser, against a server on the wire that shows it what healthy servers seldom do. */
import type { Browser, Page } from 'playwright-core'
import t from 'tap'
import { noBrowser, startBrowser } from '../support/browser.ts'
import {
  buildJob,
  buildOutput,
  buildProgress,
  buildStoryboard,
  type StandIn,
  startStandIn,
} from './stand-in.ts'

const skip = noBrowser()
const browser = skip ? null : await startBrowser()
t.teardown(() => browser?.close())

type Test = { teardown(work: () => unknown): unknown; equal: typeof t.equal; strictSame: typeof t.strictSame }
type View = { page: Page; standIn: StandIn; errors: string[]; percent(): Promise<number> }

/** Opens the viewer; at the end of the test there must have been no error in the page but lost requests. */
async function watch(
  t: Test,
  set: (standIn: StandIn) => void = () => {},
  options: Parameters<Browser['newContext']>[0] & {
    url?: (standIn: StandIn) => string
    ownClock?: boolean
  } = {},
): Promise<View> {
  const { url, ownClock, ...contextOptions } = options
  const standIn = await startStandIn()
  set(standIn)
  const context = await browser!.newContext({ viewport: { width: 1280, height: 800 }, ...contextOptions })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    if (message.type() !== 'error') return
    if (/Failed to load resource|WebSocket connection/.test(message.text())) return
    errors.push(message.text())
  })
  t.teardown(async () => {
    await context.close()
    await standIn.close()
  })
  if (ownClock) await page.clock.install()
  await page.goto(url?.(standIn) ?? standIn.watchUrl)
  const percent = async () => Number(await page.locator('#bar').getAttribute('aria-valuenow'))
  return { page, standIn, errors, percent }
}

/** Waits for a condition with a limit; reads of the page in between are cheap. */
async function until(holds: () => boolean | Promise<boolean>, what: string, limitMs = 15_000): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

const subscribed = (standIn: StandIn, count = 1) =>
  until(() => standIn.subscriptions.length >= count, `${count} subscriptions`)
/** Something of an element of the page, e.g. `film`, `.currentTime`. */
const ask = (page: Page, id: string, what: string): Promise<unknown> =>
  page.evaluate(`document.getElementById('${id}')${what}`)
const filmPlays = (page: Page, fromS: number) =>
  until(async () => Number(await ask(page, 'film', '.currentTime')) > fromS, 'the film plays')
const ended = { started_at: '2026-11-21T08:00:00Z', completed_at: '2026-11-21T08:03:04Z' }
const cell = (page: Page, number: number) => page.locator('#scenes > li').nth(number - 1)

t.test('a render is followed from waiting to the film that plays', { skip }, async (t) => {
  const { page, standIn, errors } = await watch(t)
  await page.locator('#card-text', { hasText: 'Waiting for a free engine.' }).waitFor()
  t.equal(await page.title(), 'Waiting: The last ferry')
  t.equal(await page.locator('#scenes > li').count(), 12)
  await subscribed(standIn)
  t.match(standIn.subscriptions[0]?.protocol, 'framecast.v1, watch.test-token')

  standIn.emit('started', { worker: 'gpu-01' })
  await page.locator('[aria-current="step"]', { hasText: 'Preparing' }).waitFor()
  await page.locator('#facts', { hasText: 'gpu-01' }).waitFor()

  standIn.emit('progress', buildProgress(standIn.url, 2, 12))
  await page.locator('[aria-current="step"]', { hasText: 'Scenes 20%' }).waitFor()
  await page.locator('.frame > .picture.shown[alt^="Scene 3"]').waitFor()
  t.equal(await page.title(), '20% The last ferry')
  t.equal(await cell(page, 2).getAttribute('data-state'), 'ready')
  t.equal(await cell(page, 3).getAttribute('data-state'), 'running')
  t.equal(await cell(page, 4).getAttribute('data-state'), 'empty')
  await cell(page, 3).locator('.picture.shown').waitFor()
  t.equal(await page.locator('#plate-scene').textContent(), '03 · preview 62%')

  standIn.emit('scene_complete', { scene_id: 's3', scenes_completed: 3, scenes_total: 12 })
  await page.locator('#scenes > li:nth-child(3)[data-state="ready"]').waitFor()

  standIn.emit('progress', buildProgress(standIn.url, 12, 12, 0, { phase: 'stitching', percent: 93 }))
  await page.locator('[aria-current="step"]', { hasText: 'Joining 93%' }).waitFor()

  const progress = buildProgress(standIn.url, 12, 12, 0, { phase: 'finalizing', percent: 100 })
  standIn.job = buildJob({ status: 'completed', progress, output: buildOutput(standIn.url), ...ended })
  standIn.emit('completed', { duration: 6 })
  await page.locator('#verdict', { hasText: 'Ready' }).waitFor()
  await filmPlays(page, 0.3)
  t.equal(await ask(page, 'film', '.muted'), true)
  t.equal(await ask(page, 'film', '.loop'), false)
  t.ok(standIn.filmRanges.some((range) => range.startsWith('bytes=')))
  t.equal(await page.title(), 'Ready: The last ferry')
  t.match(await page.locator('#icon').getAttribute('href'), '23884f', 'a green tick in the tab')
  t.strictSame(await page.locator('#facts > li').allTextContents(), [
    '12 scenes',
    '3 reused',
    '0:06',
    '640 × 360',
    '8.4 MB',
    'preview',
    'made in 3 min 4 s',
  ])
  t.equal(await page.locator('#download').getAttribute('download'), 'The last ferry.mp4')
  t.match(await page.locator('#live').textContent(), 'The film The last ferry is ready.')

  await page.getByRole('button', { name: 'Tap for sound' }).click()
  t.equal(await ask(page, 'film', '.muted'), false)
  t.ok(await page.locator('#sound').isHidden())
  t.equal(standIn.sockets, 1, 'a finished job is not followed any more')
  t.strictSame(errors, [])
})

t.test('repeated, late and unknown events change nothing', { skip }, async (t) => {
  const { page, standIn, errors, percent } = await watch(t, (standIn) => {
    standIn.job = buildJob({ status: 'processing', progress: buildProgress(standIn.url, 1, 12) })
  })
  await subscribed(standIn)
  const early = standIn.emit('progress', buildProgress(standIn.url, 2, 12))
  standIn.emit('progress', buildProgress(standIn.url, 6, 12))
  await until(async () => (await percent()) === 49, '49 %')
  standIn.repeat(early)
  standIn.emit('progress', buildProgress(standIn.url, 3, 12, 0.1, { phase: 'initializing' }))
  standIn.emit('something_new', { scenes: 'x', percent: 'y' })
  standIn.emit('scene_complete', { scene_id: 's8' })
  await page.locator('#scenes > li:nth-child(8)[data-state="ready"]').waitFor()
  t.equal(await percent(), 49)
  t.equal(await cell(page, 6).getAttribute('data-state'), 'ready')
  t.match(await page.locator('[aria-current="step"]').textContent(), 'Scenes')
  t.strictSame(errors, [])
})

t.test('a lost line: the picture stays, and events go on where they stopped', { skip }, async (t) => {
  const { page, standIn, errors, percent } = await watch(t, (standIn) => {
    standIn.job = buildJob({ status: 'processing', progress: buildProgress(standIn.url, 4, 12) })
  })
  await subscribed(standIn)
  const { sequence } = standIn.emit('progress', buildProgress(standIn.url, 5, 12))
  await page.locator('.frame > .picture.shown[alt^="Scene 6"]').waitFor()
  const before = await percent()

  standIn.down = true
  standIn.drop()
  const lostAt = Date.now()
  await page.getByText('Reconnecting', { exact: true }).waitFor()
  t.ok(Date.now() - lostAt > 2_500, 'not for a short break')
  t.ok(await page.locator('.frame > .picture.shown[alt^="Scene 6"]').isVisible())
  t.equal(await percent(), before)

  standIn.emit('scene_complete', { scene_id: 's6' })
  standIn.emit('progress', buildProgress(standIn.url, 7, 12))
  standIn.down = false
  await until(async () => (await percent()) > before, 'news after the line is back')
  t.equal(standIn.subscriptions.at(-1)?.after, sequence)
  await page.locator('#plate-link').waitFor({ state: 'hidden' })
  t.equal(await cell(page, 7).getAttribute('data-state'), 'ready')
  t.strictSame(errors, [])
})

t.test('a server that goes (1001) is come back to', { skip }, async (t) => {
  const { standIn, page } = await watch(t, (standIn) => {
    standIn.job = buildJob({ status: 'processing', progress: buildProgress(standIn.url, 4, 12) })
  })
  await subscribed(standIn)
  standIn.drop(1001)
  await subscribed(standIn, 2)
  standIn.emit('canceled', { canceled_by: 'x', credits_refunded: 0 })
  await page.locator('#verdict', { hasText: 'This render was canceled at 35%' }).waitFor()
  t.equal(await page.title(), 'Canceled: The last ferry')
})

t.test('events that are no longer kept: the job is read instead', { skip }, async (t) => {
  const { standIn, percent } = await watch(t, (standIn) => {
    standIn.job = buildJob({ status: 'processing', progress: buildProgress(standIn.url, 1, 12) })
  })
  await subscribed(standIn)
  // The first look, and the one for what was before the subscription.
  await until(() => standIn.reads >= 2, 'the job is read')
  standIn.forgetful = true
  standIn.job = buildJob({ status: 'processing', progress: buildProgress(standIn.url, 8, 12) })
  standIn.drop()
  await until(async () => (await percent()) === 63, 'the percent of the job')
  t.strictSame(
    standIn.subscriptions.map(({ after }) => after),
    [null, 0, null],
  )
  standIn.emit('progress', buildProgress(standIn.url, 9, 12))
  await until(async () => (await percent()) === 70, 'live again')
})

t.test('an event lost on the way: the gap is seen and the job read', { skip }, async (t) => {
  const { page, standIn } = await watch(t, (standIn) => {
    standIn.job = buildJob({ status: 'processing', progress: buildProgress(standIn.url, 1, 12) })
  })
  await subscribed(standIn)
  standIn.emit('progress', buildProgress(standIn.url, 2, 12))
  standIn.emit('scene_complete', { scene_id: 's9' }, 'nobody')
  const progress = buildProgress(standIn.url, 3, 12)
  standIn.job = buildJob({ status: 'processing', progress: { ...progress, scenes: { s9: 1 } } })
  standIn.emit('progress', progress)
  await page.locator('#scenes > li:nth-child(9)[data-state="ready"]').waitFor()
  t.pass()
})

t.test('a line that died without a word is noticed, one that is only quiet is kept', { skip }, async (t) => {
  const { page, standIn, percent } = await watch(
    t,
    (standIn) => {
      standIn.job = buildJob({ status: 'processing', progress: buildProgress(standIn.url, 1, 12) })
    },
    { ownClock: true },
  )
  await subscribed(standIn)
  standIn.emit('progress', buildProgress(standIn.url, 2, 12))
  await until(async () => (await percent()) === 20, 'news')
  const before = standIn.sockets
  const pass = async (ms: number) => {
    await page.clock.fastForward(ms)
    // What a passed timer sends takes a moment of real time to be answered.
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  for (let minute = 0; minute < 3; minute += 1) for (const ms of [21_000, 5_000]) await pass(ms)
  t.equal(standIn.sockets, before, 'quiet, but it answers')
  standIn.mute = true
  await pass(21_000)
  t.equal(standIn.sockets, before, 'asked')
  await pass(7_000)
  standIn.mute = false
  await until(async () => {
    await page.clock.fastForward(1_000)
    return standIn.sockets > before
  }, 'another socket')
  standIn.emit('progress', buildProgress(standIn.url, 5, 12))
  await until(async () => (await percent()) === 42, 'news again')
})

t.test('where sockets do not get through, the job is read now and then, and says so', { skip }, async (t) => {
  const { page, standIn, percent } = await watch(t, (standIn) => {
    standIn.noSockets = true
    standIn.job = buildJob({ status: 'processing', progress: buildProgress(standIn.url, 1, 12) })
  })
  await page.getByText('Updated every few seconds').waitFor()
  standIn.job = buildJob({ status: 'processing', progress: buildProgress(standIn.url, 5, 12) })
  await until(async () => (await percent()) === 42, 'news by reading')
  t.ok(await page.locator('#plate-link').isVisible())
})

t.test('a server that is away when the page opens', { skip }, async (t) => {
  const { page, standIn } = await watch(t, (standIn) => {
    standIn.down = true
  })
  await page.getByText('Framecast cannot be reached').waitFor()
  standIn.down = false
  await page.locator('#card-text', { hasText: 'Waiting for a free engine.' }).waitFor()
  t.equal(await page.locator('#title').textContent(), 'The last ferry')
})

t.test('a film whose link has run out goes on by a new one, at the same place', { skip }, async (t) => {
  const { page, standIn, errors } = await watch(t, (standIn) => {
    standIn.job = buildJob({ status: 'completed', output: buildOutput(standIn.url), ...ended })
  })
  await filmPlays(page, 1)
  standIn.filmExpired = true
  standIn.job = buildJob({
    status: 'completed',
    output: buildOutput(standIn.url, { video_url: `${standIn.url}/film.mp4?fresh` }),
    ...ended,
  })
  // A short film is all in the browser by now: the same link under another name makes it ask again.
  const placeS = Number(await ask(page, 'film', '.currentTime'))
  await page.evaluate("film.src = '/film.mp4?again'")
  await filmPlays(page, placeS)
  t.match(await ask(page, 'film', '.src'), 'fresh')
  t.match(await page.locator('#download').getAttribute('href'), 'fresh')
  t.equal(standIn.reads, 2)
  t.strictSame(errors, [])
})

t.test('a render that failed names scene and cause, and keeps what was made', { skip }, async (t) => {
  const error = { code: 'generation_failed', message: 'gpu-01 ran out of memory.', scene_id: 's5' }
  const { page, standIn } = await watch(t, (standIn) => {
    standIn.job = buildJob({ status: 'processing', progress: buildProgress(standIn.url, 4, 12) })
  })
  await subscribed(standIn)
  standIn.job = buildJob({
    status: 'failed',
    error,
    progress: buildProgress(standIn.url, 4, 12),
    credits_charged: 13,
    credits_refunded: 13,
    ...ended,
  })
  standIn.emit('failed', { failure_type: 'system', error, credits_refunded: 13 })
  await page.locator('#verdict', { hasText: 'Scene 5 failed' }).waitFor()
  t.equal(await page.locator('#cause').textContent(), 'gpu-01 ran out of memory.')
  t.equal(await cell(page, 5).getAttribute('data-state'), 'failed')
  t.equal(await cell(page, 4).getAttribute('data-state'), 'ready')
  t.match(await page.locator('#live').textContent(), 'Scene 5 failed. gpu-01 ran out of memory.')
  await page.locator('#facts', { hasText: '13 credits, 13 returned' }).waitFor()
  t.equal(await page.title(), 'Failed: The last ferry')
  t.ok(await page.locator('#links').isHidden())
})

t.test(
  'links that do not open anything say why, and the token goes nowhere but to the API',
  { skip },
  async (t) => {
    const cases: [string, (standIn: StandIn) => void, (standIn: StandIn) => string][] = [
      ['This link is not complete', () => {}, (standIn) => standIn.watchUrl.split('#')[0] as string],
      [
        'This link has ended',
        (standIn) => {
          standIn.token = 'another'
        },
        (standIn) => standIn.watchUrl,
      ],
      [
        'There is no render here, or you may not see it',
        () => {},
        (standIn) => standIn.watchUrl.replace('0001#', '0002#'),
      ],
    ]
    for (const [words, set, url] of cases) {
      const { page, standIn, errors } = await watch(t, set, { url })
      await page.locator('#card-title', { hasText: words }).waitFor()
      t.equal(standIn.sockets, 0, `${words}: no socket`)
      t.equal(standIn.reads, 1, `${words}: not asked again`)
      t.strictSame(errors, [])
    }
    const { page, standIn } = await watch(t, (standIn) => {
      standIn.job = buildJob({ status: 'processing', progress: buildProgress(standIn.url, 4, 12) })
    })
    const leaks: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('test-token') || request.headers().referer?.includes('test-token'))
        leaks.push(request.url())
    })
    await subscribed(standIn)
    await page.reload()
    await subscribed(standIn, 2)
    t.strictSame(leaks, [])

    standIn.token = null
    standIn.drop(4401)
    await page.locator('#card-title', { hasText: 'This link has ended' }).waitFor()
  },
)

t.test('nothing runs off a phone, and no text is too small', { skip }, async (t) => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, deviceScaleFactor: 2 }
  const states: [string, (standIn: StandIn) => void][] = [
    ['waiting', () => {}],
    [
      'rendering',
      (s) => {
        s.job = buildJob({ status: 'processing', progress: buildProgress(s.url, 4, 12) })
      },
    ],
    [
      'fifty scenes, long title',
      (s) => {
        const title = 'Überraschungsfilmvorführungsankündigung '.repeat(4)
        s.job = buildJob({
          status: 'processing',
          spec_snapshot: buildStoryboard(50, { title }),
          progress: buildProgress(s.url, 21, 50),
        })
      },
    ],
    [
      'completed',
      (s) => {
        s.job = buildJob({ status: 'completed', output: buildOutput(s.url), ...ended })
      },
    ],
    [
      'failed',
      (s) => {
        s.job = buildJob({ status: 'failed', error: { message: `no_${'space'.repeat(40)}` }, ...ended })
      },
    ],
    [
      'refused',
      (s) => {
        s.token = null
      },
    ],
  ]
  for (const [name, set] of states) {
    const { page } = await watch(t, set, phone)
    await page.locator('main:not([data-view="opening"])').waitFor()
    t.ok(
      await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
      `${name}: no sideways scroll`,
    )
    const smallest = await page.evaluate(
      `Math.min(...[...document.querySelectorAll('main *')].filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
        .map((e) => parseFloat(getComputedStyle(e).fontSize)))`,
    )
    t.ok(Number(smallest) >= 12, `${name}: smallest text is ${smallest} px`)
    await page.close()
  }
})

t.test('on a wall screen everything is in sight, in letters of 28 px', { skip }, async (t) => {
  const { page } = await watch(
    t,
    (s) => {
      s.job = buildJob({ status: 'processing', progress: buildProgress(s.url, 4, 12) })
    },
    { viewport: { width: 1920, height: 1080 } },
  )
  await cell(page, 5).locator('.picture.shown').waitFor()
  t.ok(await page.evaluate('document.documentElement.scrollHeight <= innerHeight'))
  for (const id of ['title', 'stages', 'facts', 'plate-scene', 'scenes']) {
    const size = Number.parseFloat(
      String(await page.evaluate(`getComputedStyle(document.getElementById('${id}')).fontSize`)),
    )
    t.ok(size >= 28, `${id}: ${size} px`)
  }
})

t.test(
  'those who asked for less motion start the film themselves; focus goes where it can be seen',
  { skip },
  async (t) => {
    const { page } = await watch(
      t,
      (s) => {
        s.job = buildJob({ status: 'completed', output: buildOutput(s.url), ...ended })
      },
      { reducedMotion: 'reduce' },
    )
    await until(async () => Number(await ask(page, 'film', '.readyState')) > 0, 'the film is known')
    t.equal(await ask(page, 'film', '.paused'), true)
    t.equal(await ask(page, 'film', '.controls'), true)
    const seen: string[] = []
    for (let press = 0; press < 12; press += 1) {
      await page.keyboard.press('Tab')
      seen.push(String(await page.evaluate('document.activeElement?.id')))
    }
    for (const id of ['film', 'sheet', 'download']) t.ok(seen.includes(id), `${id} is reached by Tab`)
  },
)
