/** Settings of engines that make no sense together stop the start, and the message names what to set. */
import t from 'tap'
import { ConfigError, readConfig } from '../../core/platform/config.ts'

const ENV = {
  DATABASE_URL: 'postgres://framecast@127.0.0.1/framecast',
  DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
  S3_ENDPOINT: 'http://127.0.0.1:9000',
  S3_ACCESS_KEY: 'x',
  S3_SECRET_KEY: 'y',
}
const RUNPOD = { RUNPOD_API_KEY: 'rpa_canary', RUNPOD_ENDPOINT_ID: 'abc' }

const problemsOf = (env: Record<string, string>): string => {
  try {
    readConfig({ ...ENV, ...env })
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

t.test('RunPod', (t) => {
  t.equal(problemsOf(RUNPOD), '')
  for (const [env, expected] of [
    [{ RUNPOD_API_KEY: 'rpa_canary' }, /RUNPOD_ENDPOINT_ID is not set/],
    [{ RUNPOD_ENDPOINT_ID: 'abc' }, /RUNPOD_API_KEY is not set/],
    [{ ...RUNPOD, RUNPOD_BASE_URL: 'http://api.runpod.example/v2' }, /RUNPOD_BASE_URL must begin with https/],
    [{ ...RUNPOD, RUNPOD_EXECUTION_SECONDS: '604800' }, /keeps a job for at most/],
    [{ ...RUNPOD, RUNPOD_RESULT_ALLOWED_CIDRS: '10.0.0.0/99' }, /RUNPOD_RESULT_ALLOWED_CIDRS holds/],
    [{ DEFAULT_ENGINE: 'runpod' }, /DEFAULT_ENGINE is "runpod"/],
    [{ INTERNAL_TOKEN: 'short' }, /INTERNAL_TOKEN is its value/],
  ] as [Record<string, string>, RegExp][]) {
    const said = problemsOf(env)
    t.match(said, expected)
    t.notMatch(said, /rpa_canary|"short"/, 'no secret is shown')
  }
  t.equal(
    problemsOf({ ...RUNPOD, RUNPOD_BASE_URL: 'http://127.0.0.1:9000/v2' }),
    '',
    'a test server of this machine',
  )
  t.end()
})

t.test('places of a worker are those of its engines together', (t) => {
  t.equal(readConfig({ ...ENV, ...RUNPOD, RUNPOD_CONCURRENCY: '5' }).WORKER_CONCURRENCY, 5)
  t.equal(readConfig({ ...ENV, ...RUNPOD, COMFYUI_URLS: 'http://gpu-01:8188' }).WORKER_CONCURRENCY, 4)
  t.end()
})
