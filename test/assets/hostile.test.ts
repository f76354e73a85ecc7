/**
 * Files made to do harm, brought in as assets: each ends as a plain refusal or as a harmless file, reaches nobody else,
 * and costs nothing; and what did not come in cannot be used in a storyboard.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import t from 'tap'
import { findTools } from '../../core/platform/ffmpeg.ts'
import type { Asset, Upload } from '../../schemas/types.ts'
import {
  makeFilm,
  makeMedia,
  makeSound,
  playlistTo,
  pngChunk,
  pngOfSize,
  withDataReference,
} from '../support/media.ts'
import { aStoryboard, read, startStudio, type WireError } from '../support/studio.ts'

t.setTimeout(180_000)
const studio = await startStudio(t, { env: { CREDITS_MODE: 'enforce' } })
const { pool, request } = studio
const tools = await findTools(process.env)

/** Whoever is asked to fetch something is seen here. */
let fetched = 0
const elsewhere = createServer((_request, response) => {
  fetched += 1
  response.end()
}).listen(0, '127.0.0.1')
await new Promise((resolve) => elsewhere.once('listening', resolve))
t.teardown(() => elsewhere.close())
const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/next`

const film = await makeFilm(tools)
const wav = await makeSound(tools, 'a.wav')
const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal' } })
  .png()
  .toBuffer()
const ENDINGS: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'audio/ogg': 'ogg',
  'video/mp4': 'mp4',
}

async function bring(bytes: Buffer, type: string) {
  const announced = await read<Upload & WireError>(
    request('/v1/assets/upload-url', {
      json: { filename: `file.${ENDINGS[type]}`, content_type: type, size_bytes: bytes.length },
    }),
  )
  if (announced.status !== 201) throw new Error(JSON.stringify(announced.body))
  const { asset, upload_url, upload_headers } = announced.body
  const sent = await fetch(upload_url, {
    method: 'PUT',
    headers: upload_headers as Record<string, string>,
    body: new Uint8Array(bytes),
  })
  if (sent.status !== 200) throw new Error(`${sent.status} ${await sent.text()}`)
  const reply = await read<Asset & WireError>(request(`/v1/assets/${asset.id}/confirm`, { method: 'POST' }))
  return { id: asset.id, reply }
}

const concat = (name: string): Buffer => Buffer.from(`ffconcat version 1.0\nfile ${name}\nduration 2\n`)
const dash = Buffer.from(
  `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><BaseURL>${url}</BaseURL></Period></MPD>`,
)
const svg = Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="${url}" width="9" height="9"/></svg>`,
)
const gif = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
  .gif()
  .toBuffer()
const whole = /no type that can be used|cannot be read|no whole MP4|breaks off/
/** A WAV header that promises four gigabytes. */
const vastWav = Buffer.from(wav.subarray(0, 44))
vastWav.writeUInt32LE(0xffff_fff0, 4)
vastWav.writeUInt32LE(0xffff_ff00, 40)
const framesOfNone = await makeMedia(
  tools,
  'none.mp4',
  ['testsrc2=s=64x64:r=5:d=2'],
  ['-c:v', 'libx264', '-vf', 'trim=end_frame=0'],
)
/** Eleven minutes of silence in a small file. */
const longSilence = await makeMedia(
  tools,
  'long.ogg',
  ['anullsrc=r=8000:cl=mono'],
  ['-c:a', 'libopus', '-b:a', '6k', '-af', 'apad=pad_dur=661', '-af', 'aloop=loop=700:size=8000'],
  661,
)

const REFUSED: [what: string, bytes: Buffer, types: string[], says: RegExp][] = [
  [
    'a playlist (HLS)',
    playlistTo(url),
    ['video/mp4', 'audio/mpeg', 'audio/wav', 'audio/ogg', 'image/png'],
    whole,
  ],
  ['a list of files (ffconcat)', concat(url), ['video/mp4', 'audio/mpeg'], whole],
  ['a list of files on this machine', concat('/etc/passwd'), ['video/mp4', 'audio/ogg'], whole],
  ['a manifest (DASH)', dash, ['video/mp4', 'audio/mpeg'], whole],
  [
    'a playlist after the first bytes of a sound',
    Buffer.concat([Buffer.from('ID3\x03\0\0\0\0\0\0'), playlistTo(url)]),
    ['audio/mpeg'],
    whole,
  ],
  [
    'a playlist after the first bytes of a film',
    Buffer.concat([film.subarray(0, 32), playlistTo(url)]),
    ['video/mp4'],
    whole,
  ],
  ['SVG', svg, ['image/png', 'image/webp', 'image/jpeg'], /no type that can be used/],
  ['GIF', gif, ['image/png', 'image/webp'], /no type that can be used/],
  ['a page', Buffer.from('<!doctype html><script src="x"></script>'), ['image/jpeg', 'video/mp4'], whole],
  ['an archive', Buffer.from('PK\x03\x04 and so on'), ['image/png', 'video/mp4'], whole],
  [
    'a picture of 2,500 million pixels in a few bytes',
    pngOfSize(50_000, 50_000),
    ['image/png'],
    /50 million pixels/,
  ],
  ['a picture with sides of 10,001 pixels', pngOfSize(10_001, 10_001), ['image/png'], /50 million pixels/],
  ['a picture cut short', picture.subarray(0, picture.length - 30), ['image/png'], /cannot be read/],
  ['a film cut short', film.subarray(0, film.length >> 1), ['video/mp4'], /breaks off|no index/],
  ['a sound cut short', wav.subarray(0, wav.length >> 1), ['audio/wav'], /breaks off/],
  ['four gigabytes of sound in 44 bytes', vastWav, ['audio/wav'], /breaks off|no length|cannot be read/],
  [
    'a film without a frame',
    framesOfNone,
    ['video/mp4'],
    /no frames|no film|no length|cannot be read|breaks off/,
  ],
  ['eleven minutes of silence in a small file', longSilence, ['audio/ogg'], /longer than 600 seconds/],
  ['a sound as a film', wav, ['video/mp4'], /it is audio\/wav, not video\/mp4/],
]

for (const [what, bytes, types, says] of REFUSED) {
  for (const type of types) {
    t.test(`${what}, called ${type}`, async (t) => {
      const { id, reply } = await bring(bytes, type)
      t.equal(reply.status, 400, JSON.stringify(reply.body))
      t.match(reply.body.error, { code: 'VALIDATION_ERROR', message: says })
      t.notMatch(
        JSON.stringify(reply.body),
        /\/tmp|\/work|ffmpeg version|Error:/,
        'nothing of the inside is shown',
      )
      const { rows } = await pool.query('select status, metadata from asset_files where id = $1', [id])
      t.strictSame(rows, [{ status: 'failed', metadata: {} }])
    })
  }
}

const bomb = deflateSync(Buffer.alloc(200_000_000), { level: 9 })
const withChunk = (type: string, content: Buffer): Buffer =>
  Buffer.concat([picture.subarray(0, 33), pngChunk(type, content), picture.subarray(33)])

const HARMLESS: [what: string, bytes: Buffer, type: string][] = [
  [
    '200 MB of deflated text in a picture',
    withChunk('zTXt', Buffer.concat([Buffer.from('note\0\0'), bomb])),
    'image/png',
  ],
  [
    '200 MB of deflated colour profile in a picture',
    withChunk('iCCP', Buffer.concat([Buffer.from('p\0\0'), bomb])),
    'image/png',
  ],
  ['a film whose frames are said to lie elsewhere', withDataReference(film, url), 'video/mp4'],
  [
    'a picture with a page at its end',
    Buffer.concat([picture, Buffer.from('<html><script>1</script>')]),
    'image/png',
  ],
  [
    'a picture with an archive at its end',
    Buffer.concat([picture, Buffer.from('PK\x03\x04 and so on')]),
    'image/png',
  ],
]

for (const [what, bytes, type] of HARMLESS) {
  t.test(`${what} is refused or harmless`, async (t) => {
    const { id, reply } = await bring(bytes, type)
    const { rows } = await pool.query('select status from asset_files where id = $1', [id])
    t.strictSame([reply.status, rows[0].status], reply.status === 200 ? [200, 'ready'] : [400, 'failed'])
  })
}

t.test('nobody was asked for anything, and the server goes on', async (t) => {
  t.equal(fetched, 0)
  t.equal((await request('/ready')).status, 200)
  t.strictSame(
    studio.lines.filter(({ level }) => level === 'error' || level === 'fatal'),
    [],
  )
  const { rows } = await pool.query(
    `select count(*)::int as n from asset_files where status = 'failed' and size_bytes > 0
       and uploaded_by = $1 and s3_key in (select s3_key from asset_files where status = 'ready')`,
    [studio.userId],
  )
  t.equal(rows[0].n, 0)
})

t.test(
  'what did not come in cannot be used: the place is named, nothing is made, nothing is charged',
  async (t) => {
    const { id: image } = await bring(svg, 'image/png')
    const { id: sound } = await bring(concat(url), 'audio/mpeg')
    await pool.query('select 1')
    const before = await pool.query(
      'select (select count(*) from jobs) as jobs, (select count(*) from credit_entries) as entries',
    )
    const symbols = {
      mara: {
        prompt: 'a woman in a red coat',
        reference_images: [{ id: image, url: 'https://x.example', weight: 1 }],
      },
    }
    for (const [spec, path] of [
      [aStoryboard({ symbols }), 'symbols.mara.reference_images[0].id'],
      [aStoryboard({ global_audio: { music: { asset_id: sound } } }), 'global_audio.music.asset_id'],
    ] as const) {
      const reply = await read<WireError>(request('/v1/generate', { json: { spec } }))
      t.equal(reply.status, 400, JSON.stringify(reply.body))
      t.match(reply.body.error.code, /VALIDATION/)
      t.ok(JSON.stringify(reply.body).includes(path), `${path}: ${JSON.stringify(reply.body)}`)
    }
    const after = await pool.query(
      'select (select count(*) from jobs) as jobs, (select count(*) from credit_entries) as entries',
    )
    t.strictSame(after.rows, before.rows)
  },
)
