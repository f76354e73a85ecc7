/**
 * The inspector and the timeline of the studio in a real browser: every field is an edit of the one text, taken back in one
 * step. With SCREENSHOT_DIR set, the pictures it takes are kept there.
 */
import type { Locator } from 'playwright-core'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { noBrowser } from '../support/browser.ts'
import {
  ADA,
  arrive,
  isAccessible,
  keepPicture,
  openBrowser,
  ownTeam,
  signUp,
  startInstallation,
} from '../support/studio-browser.ts'

const skip = noBrowser()
t.setTimeout(300_000)

const SPEC = {
  title: 'The lamp',
  symbols: { keeper: { prompt: 'an old man in a yellow coat' } },
  scenes: [
    { id: 'stairs', prompt: '@keeper climbs the stairs', duration: 4 },
    { id: 'sea', prompt: 'the dark sea', duration: 3 },
    { id: 'lamp', prompt: 'the lamp wakes', duration: 5 },
  ],
}

/** A second of a tone that swells: a wave with a shape. */
function swellingTone(): Buffer {
  const rate = 16_000
  const wav = Buffer.alloc(44 + rate * 2)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + rate * 2, 4)
  wav.write('WAVEfmt ', 8)
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(1, 22)
  wav.writeUInt32LE(rate, 24)
  wav.writeUInt32LE(rate * 2, 28)
  wav.writeUInt16LE(2, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36)
  wav.writeUInt32LE(rate * 2, 40)
  for (let at = 0; at < rate; at += 1)
    wav.writeInt16LE(Math.round(Math.sin(at / 6) * 20_000 * (at / rate)), 44 + at * 2)
  return wav
}

if (skip) t.test('the inspector over the real thing', { skip }, async () => {})
else await run()

async function run(): Promise<void> {
  const [url, browser] = await Promise.all([startInstallation(t), openBrowser(t)])
  await signUp(url, ADA)
  const { page, ask, faults } = await arrive(browser, url, { as: ADA })
  const picture = (name: string) => keepPicture(page, `inspector-${name}`)
  const accessible = (t: Test, what: string) => isAccessible(t, page, what)
  const team = await ownTeam(ask, 'Northlight')
  const project = await ask<{ id: string }>('POST', `/v1/teams/${team.id}/projects`, {
    name: SPEC.title,
    spec: SPEC,
  })
  await page.goto(`${url}/t/${team.slug}/p/${project.id}`)

  const timeline = page.getByRole('region', { name: 'Timeline' })
  const inspector = page.getByRole('complementary', { name: 'Scene' })
  const card = (name: string): Locator =>
    page
      .getByRole('region', { name: 'Board' })
      .getByRole('button', { name: new RegExp(`^Scene \\d+.*${name}`) })
  /** The storyboard as the server has it, once everything is saved. */
  const saved = async (): Promise<typeof SPEC & Record<string, never>> => {
    await page.keyboard.press('Control+s')
    await page.getByText(/^Saved /).waitFor()
    return (await ask<{ spec: typeof SPEC & Record<string, never> }>('GET', `/v1/projects/${project.id}`))
      .spec
  }
  const width = async (element: Locator): Promise<number> => (await element.boundingBox())?.width ?? 0
  /** Drags an element, held at `fromX` of it, by so many pixels, in steps as a hand would. */
  const drag = async (element: Locator, fromX: number, byX: number): Promise<void> => {
    await element.scrollIntoViewIfNeeded()
    const box = (await element.boundingBox())!
    const y = box.y + box.height * 0.6
    await page.mouse.move(box.x + fromX, y)
    await page.mouse.down()
    for (let step = 1; step <= 5; step += 1) await page.mouse.move(box.x + fromX + (byX * step) / 5, y)
    await page.mouse.up()
  }
  /** One press takes back the step of that name, and nothing else was done since `before`. */
  const undone = async (t: Test, step: RegExp, before: unknown): Promise<void> => {
    await page.getByRole('button', { name: step }).click()
    t.strictSame(await saved(), before, `one step: ${step}`)
  }

  await t.test('fields have limits and faults in words, and every edit is one step', async (t) => {
    const before = await saved()
    await card('stairs').click()
    const duration = inspector.getByLabel('Duration', { exact: true })
    t.equal(await describedBy(duration), '1–30 s')
    await duration.fill('44')
    await inspector.getByText(/44/).waitFor()
    t.match(await describedBy(duration), /1–30 s.*44/)
    await duration.fill('6.5')
    t.equal((await saved()).scenes[0]?.duration, 6.5)
    await undone(t, /^Undo: change the duration of stairs/, before)
    await picture('scene')
    await accessible(t, 'the inspector of a scene')
  })

  await t.test('a transition is picked by the keyboard alone, and stands in the storyboard', async (t) => {
    const before = await saved()
    await inspector.getByLabel('Out').focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'From stairs to sea' })
    await dialog.getByText('Nothing is written: a plain cut.').waitFor()
    await dialog.getByRole('radio', { name: 'Cut' }).focus()
    for (let step = 0; step < 2; step += 1) await page.keyboard.press('ArrowRight')
    t.equal(await dialog.getByRole('radio', { name: 'Dissolve' }).getAttribute('aria-checked'), 'true')
    const duration = dialog.getByLabel('Duration')
    t.match(await describedBy(duration), /at most 1.5 s: half of sea/)
    await duration.focus()
    await page.keyboard.press('End')
    await accessible(t, 'the transitions')
    await picture('transition')
    await dialog.getByRole('button', { name: 'Use here' }).focus()
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    t.strictSame((await saved()).transitions, { 'stairs->sea': { type: 'dissolve', duration: 1.5 } })
    t.match(await inspector.getByLabel('Out').innerText(), 'Dissolve 1.5 s')
    await undone(t, /^Undo: change the transition from stairs to sea/, before)
  })

  await t.test('a flash waits to be asked, and one choice becomes that of all cuts', async (t) => {
    const before = await saved()
    await inspector.getByLabel('Out').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('radio', { name: 'Flash' }).click()
    await dialog.getByText('It flashes, so it starts still.').waitFor()
    await dialog.getByRole('button', { name: 'Play Flash' }).waitFor()
    await dialog.getByRole('button', { name: 'Use for all cuts' }).click()
    t.strictSame((await saved()).transitions, { default: 'flash' })
    await inspector.getByLabel('Out').click()
    await dialog.getByText('From the default.').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await undone(t, /^Undo: change the transition of all cuts/, before)
  })

  await t.test('a reference picture is sent and chosen without leaving the scene', async (t) => {
    const before = await saved()
    await inspector.getByRole('button', { name: 'Edit @keeper' }).click()
    await page.getByRole('button', { name: 'Choose pictures' }).click()
    const dialog = page.getByRole('dialog', { name: 'Reference pictures of @keeper' })
    const png = await sharp({ create: { width: 64, height: 36, channels: 3, background: '#c07030' } })
      .png()
      .toBuffer()
    await dialog
      .getByLabel('Upload pictures: files')
      .setInputFiles([{ name: 'keeper.png', mimeType: 'image/png', buffer: png }])
    await dialog.getByRole('button', { name: 'keeper.png', pressed: true }).waitFor()
    await accessible(t, 'the pictures')
    await dialog.getByRole('button', { name: 'Use 1 picture' }).click()
    await page.getByRole('img', { name: 'keeper.png' }).waitFor()
    await picture('symbol')
    await accessible(t, 'a symbol')
    await page.getByRole('button', { name: 'Done' }).click()
    const { id } = (await ask<{ id: string }[]>('GET', `/v1/assets?owner=framecast:team:${team.id}`))[0]!
    t.strictSame((await saved()).symbols.keeper, { ...SPEC.symbols.keeper, reference_images: [{ id }] })
    await undone(t, /^Undo: change the pictures of @keeper/, before)
  })

  await t.test('a sound is sent, heard and put into a scene', async (t) => {
    const before = await saved()
    await inspector.getByText('Sound in this scene').click()
    await inspector.getByRole('button', { name: 'Add an effect' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add an effect to stairs' })
    await dialog
      .getByLabel('Upload sounds: files')
      .setInputFiles([{ name: 'swell.wav', mimeType: 'audio/wav', buffer: swellingTone() }])
    await dialog.getByLabel('Search sounds').fill('swell')
    const play = dialog.getByRole('button', { name: 'Play swell.wav' })
    await play.focus()
    await page.keyboard.press('Space')
    await dialog.getByRole('button', { name: 'Stop swell.wav' }).waitFor()
    await accessible(t, 'the sounds')
    await dialog.getByLabel('Search sounds').fill('')
    await picture('sounds')
    await dialog.getByRole('button', { name: 'Use swell.wav' }).click()
    await inspector.getByRole('group', { name: 'Effect 1' }).waitFor()
    await picture('effect')
    const effect = (await saved()).scenes[0] as unknown as { audio: { sfx: { start: number }[] } }
    t.match(effect.audio.sfx, [{ start: 0 }])
    await undone(t, /^Undo: add an effect to stairs/, before)
  })

  await t.test(
    'a sound is put into a lane at the playhead by the keyboard alone, and has its wave there',
    async (t) => {
      const before = await saved()
      await timeline.getByRole('option', { name: /^Shot 02/ }).focus()
      await page.keyboard.press('Home')
      await inspector.getByRole('heading', { name: '01 stairs' }).waitFor()
      await page.keyboard.press('ArrowRight')
      await inspector.getByRole('heading', { name: '02 sea' }).waitFor()
      const lane = timeline.getByRole('region', { name: 'Effects' })
      t.equal(await inked(lane), 0, 'an empty lane')
      await timeline.getByRole('button', { name: 'Add an effect at the playhead' }).focus()
      await page.keyboard.press('Enter')
      const dialog = page.getByRole('dialog', { name: 'Add an effect to sea at 0.0 s' })
      await dialog.getByLabel('Search sounds').fill('swell')
      await dialog.getByRole('button', { name: 'Use swell.wav' }).focus()
      await page.keyboard.press('Enter')
      const block = lane.getByRole('button', { name: /swell.wav starts at 4.0/ })
      await block.waitFor()
      t.ok((await inked(lane)) > 50, 'its wave')
      const added = (await saved()) as unknown as { scenes: { audio?: { sfx: object[] } }[] }
      t.match(added.scenes[1]?.audio?.sfx, [{ start: 0 }])

      await block.focus()
      await page.keyboard.press('Alt+Shift+ArrowRight')
      await lane.getByRole('button', { name: /swell.wav starts at 4.5/ }).waitFor()
      await picture('lane')
      await accessible(t, 'the timeline')
      await page.getByRole('button', { name: /^Undo: move “swell.wav”/ }).click()
      await undone(t, /^Undo: add an effect to sea/, before)
    },
  )

  await t.test('a sound that is dragged over a cut belongs to the scene there', async (t) => {
    await page.getByRole('button', { name: /^Redo: add an effect to sea/ }).click()
    const before = await saved()
    await timeline.getByRole('button', { name: 'Snapping is on (S)' }).click()
    const block = timeline.getByRole('button', { name: /swell.wav starts at/ })
    await drag(block, 20, -0.4 * (await width(timeline.getByRole('option', { name: /^Shot 01/ }))))
    const { scenes } = (await saved()) as unknown as { scenes: { audio?: { sfx?: { start: number }[] } }[] }
    t.equal(scenes[1]?.audio, undefined)
    const start = scenes[0]?.audio?.sfx?.[0]?.start ?? 0
    t.ok(start > 2.2 && start < 2.6, `starts at ${start}`)
    await undone(t, /^Undo: move “swell.wav”/, before)
    await timeline.getByRole('button', { name: 'Snapping is off (S)' }).click()
  })

  await t.test('shots are moved and trimmed by drag and by keys, and limits say why', async (t) => {
    const before = await saved()
    const first = timeline.getByRole('option', { name: /^Shot 01/ })
    const long = await width(first)
    await drag(first, 20, long)
    t.strictSame(
      (await saved()).scenes.map(({ id }) => id),
      ['sea', 'stairs', 'lamp'],
    )
    await undone(t, /^Undo: move stairs/, before)
    await drag(first, long - 3, -0.25 * long)
    t.equal((await saved()).scenes[0]?.duration, 3, 'drawn to the whole second')
    await undone(t, /^Undo: change the duration of stairs/, before)

    await first.click({ position: { x: 20, y: 20 } })
    await page.keyboard.press('Alt+ArrowRight')
    await page.getByText('Moved stairs to 2 of 3.').waitFor()
    await undone(t, /^Undo: move stairs/, before)
    await timeline.getByRole('option', { name: /^Shot 02/ }).click({ position: { x: 20, y: 20 } })
    for (let press = 0; press < 5; press += 1) await page.keyboard.press('Shift+BracketLeft')
    await page.getByText('1 s is the shortest scene').waitFor()
    t.equal((await saved()).scenes[1]?.duration, 1)
    await undone(t, /^Undo: change the duration of sea/, before)
  })

  await t.test('T asks what joins the shot to the next; zoom goes in and back', async (t) => {
    const shot = timeline.getByRole('option', { name: /^Shot 01/ })
    await shot.click({ position: { x: 20, y: 20 } })
    const fit = await width(shot)
    await page.keyboard.press('+')
    t.ok((await width(shot)) > fit * 1.3)
    await page.keyboard.press('0')
    t.ok(Math.abs((await width(shot)) - fit) < 1)
    await page.keyboard.press('t')
    const dialog = page.getByRole('dialog', { name: 'From stairs to sea' })
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await inspector.getByRole('heading', { name: 'The whole film' }).waitFor()
  })

  await t.test('several scenes have their fields together', async (t) => {
    const before = await saved()
    await card('stairs').click()
    await card('lamp').click({ modifiers: ['Shift'] })
    await inspector.getByRole('heading', { name: '3 scenes selected' }).waitFor()
    const duration = inspector.getByLabel('Duration')
    t.equal(await duration.getAttribute('placeholder'), 'Mixed')
    await duration.fill('2')
    t.strictSame(
      (await saved()).scenes.map((scene) => scene.duration),
      [2, 2, 2],
    )
    await undone(t, /^Undo: change the duration of 3 scenes/, before)
    await inspector.getByRole('button', { name: 'Film' }).click()
    await inspector.getByRole('heading', { name: 'The whole film' }).waitFor()
    await inspector.getByLabel('Title').fill('The lamp wakes')
    t.equal((await saved()).title, 'The lamp wakes')
    await picture('whole-film')
    await accessible(t, 'the whole film')
    await undone(t, /^Undo: change the title/, before)
  })

  await t.test('a scene is added, renamed, duplicated and removed by keys, each in one step', async (t) => {
    const before = await saved()
    const ids = async (): Promise<string[]> => (await saved()).scenes.map(({ id }) => id)
    const second = timeline.getByRole('option', { name: /^Shot 02/ })
    await second.click({ position: { x: 20, y: 20 } })
    await page.keyboard.press('Control+d')
    t.strictSame(await ids(), ['stairs', 'sea', 'sea-4', 'lamp'])
    await page.keyboard.press('F2')
    await page.keyboard.type('storm')
    await page.keyboard.press('Enter')
    t.strictSame(await ids(), ['stairs', 'sea', 'storm', 'lamp'])
    await card('storm').focus()
    await page.keyboard.press('Delete')
    await page.getByText('Removed storm. Undo brings it back.').waitFor()
    t.strictSame(await ids(), ['stairs', 'sea', 'lamp'])
    await page.getByRole('button', { name: /^Undo: remove storm/ }).click()
    await page.getByRole('button', { name: /^Undo: rename/ }).click()
    await undone(t, /^Undo: duplicate sea/, before)
    await card('sea').click()
    await page.keyboard.press('n')
    await inspector.getByRole('heading', { name: '03 scene-4' }).waitFor()
    await inspector.locator('textarea:focus').waitFor()
    await page.keyboard.type('Waves')
    t.match((await saved()).scenes[2], { prompt: 'Waves' })
    await page.getByRole('button', { name: /^Undo: change the prompt/ }).click()
    await undone(t, /^Undo: add a scene/, before)
  })

  await t.test('a scene plays again by Alt and a drag; removing it asks what is meant', async (t) => {
    const before = await saved()
    const first = timeline.getByRole('option', { name: /^Shot 01/ })
    await page.keyboard.down('Alt')
    await drag(first, 20, 1.2 * (await width(first)))
    await page.keyboard.up('Alt')
    const dialog = page.getByRole('dialog', { name: 'Play stairs again?' })
    await dialog.getByText('This makes an explicit timeline').waitFor()
    await dialog.getByRole('button', { name: 'Play it again' }).click()
    const twice = timeline.getByRole('option', { name: /stairs.*its scene plays 2 times/, selected: true })
    await twice.nth(1).waitFor()
    t.equal(((await saved()) as unknown as { timeline: object[] }).timeline.length, 4)
    await picture('twice')
    await twice.nth(1).focus()
    await page.keyboard.press('Delete')
    const asked = page.getByRole('dialog', { name: 'Remove stairs?' })
    await accessible(t, 'the question')
    await asked.getByRole('button', { name: 'Remove this shot' }).click()
    t.strictSame((await saved()) as unknown, {
      ...before,
      timeline: [{ scene: 'stairs' }, { scene: 'sea' }, { scene: 'lamp' }],
    })
    await page.getByRole('button', { name: /^Undo: remove a shot of stairs/ }).click()
    await undone(t, /^Undo: play stairs again/, before)
  })

  await t.test(
    'a box over empty lanes takes the shots it touches; a bed has a volume and fades',
    async (t) => {
      const before = await saved()
      const shots = timeline.getByRole('option')
      const lane = (await timeline.getByRole('region', { name: 'Ambience' }).boundingBox())!
      const [one, two] = [(await shots.nth(0).boundingBox())!, (await shots.nth(1).boundingBox())!]
      await page.mouse.move(one.x + 20, lane.y + 10)
      await page.mouse.down()
      await page.mouse.move(one.x + 60, lane.y - 40)
      await page.mouse.move(two.x + 30, two.y + 20)
      await page.mouse.up()
      await inspector.getByRole('heading', { name: '2 scenes selected' }).waitFor()

      await timeline.getByRole('button', { name: 'Add ambience' }).click()
      const dialog = page.getByRole('dialog', { name: 'Add ambience' })
      await dialog.getByRole('button', { name: /^Use / }).first().click()
      const bed = timeline
        .getByRole('region', { name: 'Ambience' })
        .getByRole('button', { name: /volume 100/ })
      await bed.focus()
      await page.keyboard.press('Enter')
      await page.keyboard.press('Alt+ArrowDown')
      await timeline.getByRole('slider', { name: /^Fade in of/ }).focus()
      await page.keyboard.press('Shift+ArrowRight')
      const { global_audio: sound } = (await saved()) as unknown as { global_audio: { ambient: object } }
      t.match(sound.ambient, { volume: 0.95, fade_in: 0.5 })
      const fade = timeline.getByRole('slider', { name: /^Fade out of/ })
      await drag(fade, 12, -60)
      const faded = (await saved()) as unknown as { global_audio: { ambient: { fade_out: number } } }
      t.ok(faded.global_audio.ambient.fade_out > 0.2)
      await picture('bed')
      await accessible(t, 'a bed with its fades')
      await page.getByRole('button', { name: /^Undo: change the fade out/ }).click()
      await page.getByRole('button', { name: /^Undo: change the fade in/ }).click()
      await page.getByRole('button', { name: /^Undo: change the volume/ }).click()
      await undone(t, /^Undo: add ambience of the film/, before)
    },
  )

  await t.test('a preset is made, named and used by a join', async (t) => {
    const before = await saved()
    await page.keyboard.press('Escape')
    await inspector.getByRole('button', { name: 'Add a preset' }).click()
    const preset = inspector.getByRole('group', { name: 'Preset preset-1' })
    await preset.getByLabel('Name').fill('nightfall')
    await page.keyboard.press('Enter')
    await card('stairs').click()
    await inspector.getByLabel('Out').click()
    await page.getByRole('dialog').getByRole('button', { name: 'nightfall' }).click()
    t.match((await saved()) as unknown, {
      transition_presets: { nightfall: { type: 'dissolve', duration: 1 } },
      transitions: { 'stairs->sea': 'nightfall' },
    })
    t.match(await inspector.getByLabel('Out').innerText(), 'Dissolve 1.0 s')
    await page.getByRole('button', { name: /^Undo: change the transition/ }).click()
    await page.getByRole('button', { name: /^Undo: rename the preset/ }).click()
    await undone(t, /^Undo: add a preset/, before)
  })

  await t.test('nobody saw an error', async (t) => t.strictSame(faults, []))
}

/** How many pixels of a lane's canvas are drawn on. */
function inked(lane: Locator): Promise<number> {
  return lane.locator('canvas').evaluate((element) => {
    const { width, height, getContext } = element as unknown as Canvas
    const { data } = getContext.call(element, '2d').getImageData(0, 0, width, height)
    let count = 0
    for (let at = 3; at < data.length; at += 4) if (data[at]! > 0) count += 1
    return count
  })
}

type Canvas = {
  width: number
  height: number
  getContext(kind: '2d'): { getImageData(...box: number[]): { data: Uint8ClampedArray } }
}

/** The words that describe a field to those who do not see it. */
function describedBy(field: Locator): Promise<string> {
  return field.evaluate((element) => {
    const { getAttribute, ownerDocument } = element as unknown as Described
    const ids = (getAttribute.call(element, 'aria-describedby') ?? '').split(' ')
    return ids.map((id) => ownerDocument.getElementById(id)?.textContent ?? '').join(' ')
  })
}

type Described = {
  getAttribute(name: string): string | null
  ownerDocument: { getElementById(id: string): { textContent: string | null } | null }
}
