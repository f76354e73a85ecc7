import path from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { runFfmpeg } from '../../core/platform/ffmpeg.ts'
import type { ClipPlan } from '../../core/storyboard/plan-types.ts'
import { layOutSheet, sheetSvg, timecode } from '../../worker/compose/sheet.ts'
import { makeContactSheet, makePoster, makeThumbnail, middleFrame } from '../../worker/compose/stills.ts'
import { buildPlan, FORMAT, makeClip, tempDir, tools } from './fixtures.ts'

const dir = await tempDir(t)
const clips = (...ids: string[]): ClipPlan[] =>
  ids.map((sceneId, index) => ({ sceneId, sceneNumber: index + 1 }) as ClipPlan)

t.test('the thumbnail passes over shots that show nothing', async (t) => {
  const film = path.join(dir, 'dark-start.mp4')
  await runFfmpeg(
    tools,
    {
      inputs: [{ lavfi: 'color=black:s=320x180:r=24:d=1' }, { lavfi: 'testsrc2=s=320x180:r=24:d=1' }],
      filter: '[0:v][1:v]concat=n=2[v]',
      outputs: [{ path: film, options: ['-map', '[v]', '-c:v', 'libx264', '-pix_fmt', 'yuv420p'] }],
    },
    { wallMs: 60_000 },
  )
  const plan = buildPlan([
    { scene: 'a', frames: 24 },
    { scene: 'b', frames: 24 },
  ])
  const thumbnail = await makeThumbnail({ tools, film, plan, workDir: dir })
  const { format, width, height } = await sharp(thumbnail).metadata()
  t.match({ format, width, height }, { format: 'jpeg', width: 640, height: 360 })
  const stats = await sharp(thumbnail).greyscale().stats()
  t.ok(stats.channels[0]!.mean > 60, 'not the black shot')
  const dark = buildPlan([{ scene: 'a', frames: 24 }])
  t.ok(
    (await makeThumbnail({ tools, film, plan: dark, workDir: dir })).length > 0,
    'a black film has one too',
  )
})

t.test('a poster of an upright scene is 640 high', async (t) => {
  const format = { width: 90, height: 160, fps: 30 } as const
  const source = await makeClip(path.join(dir, 'upright.mp4'), 1, 30, { format })
  const poster = await makePoster({ tools, source, frames: 30, format, workDir: dir })
  const { width, height } = await sharp(poster).metadata()
  t.same([width, height], [360, 640])
})

t.test('the picture of a shot is from the middle of what it shows alone', async (t) => {
  const plan = buildPlan(
    [
      { scene: 'a', frames: 48 },
      { scene: 'b', frames: 48 },
    ],
    [{ after: 0, frames: 20 }],
  )
  t.equal(middleFrame(plan, 0), 14)
  t.equal(middleFrame(plan, 1), 48 + 14)
  const covered = buildPlan(
    [{ scene: 'a', frames: 2 }],
    [
      { after: -1, frames: 1 },
      { after: 0, frames: 1 },
    ],
  )
  t.equal(middleFrame(covered, 0), 1)
})

t.test('the contact sheet has every shot in its place', async (t) => {
  const film = await makeClip(path.join(dir, 'film.mp4'), 3, 120)
  const plan = {
    ...buildPlan(['a', 'b', 'c', 'a', 'b'].map((scene) => ({ scene, frames: 24 }))),
    clips: clips('a', 'b', 'c'),
  }
  const layout = layOutSheet(plan)
  const sheet = await makeContactSheet({ tools, film, plan, workDir: dir })
  const { data, info } = await sharp(sheet).greyscale().raw().toBuffer({ resolveWithObject: true })
  t.same([info.width, info.height], [layout.width, layout.height])
  plan.shots.forEach((_, index) => {
    // Reads the blocks back: frame 12, 36, 60 ... of the film.
    const { x, y } = layout.cells[index]!
    let number = 0
    for (let bit = 0; bit < 9; bit += 1) {
      const column = x + Math.round(((bit + 0.5) * layout.cellWidth) / 12.3)
      if (data[(y + 25) * info.width + column]! > 120) number |= 1 << bit
    }
    t.equal(number, 12 + 24 * index, `shot ${index}`)
  })
})

t.test('letters are drawn by our font, not as empty boxes', async (t) => {
  const ink = async (text: string): Promise<Buffer> =>
    sharp(
      Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="60" font-family="Inter"><text x="5" y="40" font-size="32" fill="#fff">${text}</text></svg>`,
      ),
    )
      .greyscale()
      .raw()
      .toBuffer()
  const [word, other, boxes] = await Promise.all([
    ink('Hamburg'),
    ink('Frwmist'),
    ink('\u{10FFFD}'.repeat(7)),
  ])
  t.notSame(word, other, 'different words look different')
  t.notSame(word, boxes)
})

t.test('hostile names and titles stay text', async (t) => {
  const nasty = `</text><image href="file:///etc/passwd"/>\u0000\u0007 & "x" ${'long '.repeat(100)}`
  const plan = { ...buildPlan([{ scene: nasty, frames: 24 }]), title: nasty, clips: clips(nasty) }
  const layout = layOutSheet(plan)
  const svg = sheetSvg(plan, layout)
  t.notMatch(svg, /<image/)
  const { width, height } = await sharp(Buffer.from(svg)).metadata()
  t.same([width, height], [layout.width, layout.height])
})

t.test('sheets of every size lie on the page', async (t) => {
  for (const shots of [1, 2, 7, 50, 150]) {
    for (const format of [
      FORMAT,
      { width: 1080, height: 1920, fps: 30 },
      { width: 720, height: 720, fps: 16 },
    ] as const) {
      const plan = buildPlan(
        Array.from({ length: shots }, () => ({ scene: 'a', frames: 24 })),
        [],
        format,
      )
      const { width, height, cells, cellWidth, cellHeight } = layOutSheet(plan)
      t.equal(cells.length, shots)
      t.ok(
        cells.every(({ x, y }) => x + cellWidth < width && y + cellHeight < height),
        `${shots} shots`,
      )
      t.ok(width <= 2_600 && height < 16_000, `${width}x${height}`)
    }
  }
})

t.test('time codes', async (t) => {
  t.equal(timecode(0, 24), '00:00:00:00')
  t.equal(timecode(24 * 61 + 23, 24), '00:01:01:23')
  t.equal(timecode(30 * 3_600, 30), '01:00:00:00')
})
