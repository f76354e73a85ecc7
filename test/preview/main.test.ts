import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'

const main = join(import.meta.dirname, '../../comfyui/preview/main.ts')

t.test('the process listens where it is told and ends cleanly on SIGTERM, also in mid-run', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'framecast-preview-main-'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const env = { ...process.env, PREVIEW_PORT: '0', PREVIEW_DATA_DIR: dataDir, LOG_LEVEL: 'info' }
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = JSON.parse((await lines.next()).value ?? 'null')
  t.equal(first.service, 'preview')
  t.match(first.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal((await fetch(`${first.url}/queue`)).status, 200)
  const { longGraph } = await import('./support.ts')
  const body = JSON.stringify({ prompt: longGraph() })
  t.equal((await fetch(`${first.url}/prompt`, { method: 'POST', body })).status, 200)
  child.kill('SIGTERM')
  t.same(await ended, [0, null])
})

t.test('a bad port stops the start and is named', async (t) => {
  const env = { ...process.env, PREVIEW_PORT: 'eighty' }
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
  })
  const [code] = await once(child, 'close')
  t.equal(code, 1)
  t.match(out, /PREVIEW_PORT/)
})
