/** A worker over an engine stub in this process that delivers a clip of its own for each numbered prompt. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { segmentFileArgs, videoEncoderArgs } from '../../core/media/encoder-args.ts'
import type { FilmFormat } from '../../core/media/format.ts'
import { findTools, runFfmpeg } from '../../core/platform/ffmpeg.ts'
import { createObjectStore } from '../../core/platform/objects.ts'
import { type FakeComfy, startFakeComfy } from '../../test/support/fake-comfyui.ts'
import { createDatabase, prepareTemplate, startPostgres } from '../../test/support/postgres.ts'
import { type Stack, startStack } from '../../test/support/stack.ts'
import { startStoreServer, storeOptions } from '../../test/support/store.ts'

export type StubStack = Stack & {
  readonly fake: FakeComfy
  /** A run of the numbered prompt waits for what this gives. */
  hold: (number: number) => Promise<void> | undefined
}

/** Clips as an engine delivers them that writes what films are cut from: key frames half a second from either end. */
export async function makeClips(count: number, format: FilmFormat, seconds: number): Promise<Uint8Array[]> {
  const folder = await mkdtemp(join(tmpdir(), 'framecast-bench-'))
  const tools = await findTools(process.env)
  const frames = seconds * format.fps
  const half = format.fps / 2
  const size = `${format.width}x${format.height}`
  try {
    const clips: Uint8Array[] = []
    for (let index = 0; index < count; index += 1) {
      const path = join(folder, 'clip.mp4')
      const picture = `testsrc2=s=${size}:r=${format.fps},hue=h=${(index * 360) / count},noise=c0s=2:c0f=t:all_seed=${index},setsar=1`
      const options = [
        ...['-frames:v', String(frames), ...videoEncoderArgs(format, [0, half, frames - half])],
        ...segmentFileArgs(),
      ]
      await runFfmpeg(
        tools,
        { inputs: [{ lavfi: picture }], outputs: [{ path, options }] },
        { wallMs: 600_000 },
      )
      clips.push(await readFile(path))
    }
    return clips
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** `picture 7` in a prompt asks for the seventh clip. */
export async function withStubStack(
  clips: readonly Uint8Array[],
  work: (stack: StubStack) => Promise<void>,
): Promise<void> {
  const cleanUp: (() => unknown)[] = []
  const scope = { teardown: (end: () => unknown) => cleanUp.unshift(end) }
  try {
    const [postgres, server] = await Promise.all([startPostgres({ durable: true }), startStoreServer()])
    scope.teardown(() => Promise.all([postgres.close(), server.close()]))
    await prepareTemplate(postgres.url)
    const { url: databaseUrl } = await createDatabase(scope, postgres.url, { broken: true })
    const fake = await startFakeComfy({ clip: clips[0]! })
    scope.teardown(() => fake.close())
    const store = storeOptions(server.url)
    await createObjectStore(store).ensureBucket()
    const stack = await startStack(scope, { databaseUrl, store, comfyuiUrls: [fake.url], broken: true })
    const whole: StubStack = { ...stack, fake, hold: () => undefined }
    fake.hold = (graph) => {
      const number = Number(/picture (\d+)/.exec(JSON.stringify(graph))?.[1])
      fake.machine.clip = clips[(number - 1) % clips.length]!
      return whole.hold(number)
    }
    await work(whole)
  } finally {
    for (const end of cleanUp) await end()
  }
}
