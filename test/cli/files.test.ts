/** Pictures that are uploaded and films that are fetched, against a server on the wire. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { createApi } from '../../cli/api.ts'
import { download } from '../../cli/download.ts'
import { checkReferences, uploadReferences } from '../../cli/references.ts'
import { sendJson, startStandIn } from './support.ts'

const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(40)])
const story = (...ids: string[]) => ({
  title: 'x',
  symbols: { mara: { prompt: 'm', reference_images: ids.map((id) => ({ id, weight: 0.5 })) } },
})

t.test(
  'pictures beside the storyboard are looked at: there, inside the folder, and really pictures',
  async (t) => {
    const folder = t.testdir({ images: {}, 'text.jpg': 'no picture' })
    await writeFile(path.join(folder, 'images/mara.png'), PNG)
    const { references, errors } = await checkReferences(
      story(
        'file:images/mara.png',
        'file:gone.jpg',
        'file:text.jpg',
        'file:images',
        'file:../up.png',
        'file:/etc/passwd',
        '0192f0c4-1111-7222-8333-444455556666',
      ),
      folder,
    )
    t.match(references, [{ id: 'file:images/mara.png', contentType: 'image/png', sizeBytes: 48 }])
    t.strictSame(
      errors.map((error) => [error.path.at(-5), error.message.replace(`${folder}/`, '')]),
      [
        ['1', 'the picture gone.jpg does not exist'],
        ['2', 'the picture text.jpg is no JPEG, PNG or WebP picture'],
        ['3', 'the picture images is a folder'],
        [
          '4',
          '"file:../up.png" must be a path inside the storyboard\'s folder, such as file:images/mara.jpg',
        ],
        [
          '5',
          '"file:/etc/passwd" must be a path inside the storyboard\'s folder, such as file:images/mara.jpg',
        ],
      ],
    )
    t.strictSame(await checkReferences(null, folder), { references: [], errors: [] })
  },
)

t.test('each picture is uploaded once and its asset id put in its place', async (t) => {
  const folder = t.testdir({})
  await writeFile(path.join(folder, 'mara.png'), PNG)
  const puts: Buffer[] = []
  await using server = await startStandIn({
    'POST /v1/assets/upload-url': (_, response) =>
      sendJson(response, 201, {
        asset: { id: 'asset-1' },
        upload_url: '/put/asset-1',
        upload_method: 'PUT',
        upload_headers: { 'content-type': 'image/png' },
      }),
    'PUT /put/asset-1': (request, response, body) => {
      t.equal(request.headers['content-type'], 'image/png')
      t.equal(request.headers['content-length'], '48')
      puts.push(Buffer.from(body))
      response.end()
    },
    'POST /v1/assets/asset-1/confirm': (_, response) =>
      sendJson(response, 200, { id: 'asset-1', status: 'ready' }),
  })
  const document = story('file:mara.png', 'file:mara.png')
  const { references } = await checkReferences(document, folder)
  const posted = await uploadReferences(
    createApi(server.url, 'k'),
    document,
    references,
    t.context.signal ?? AbortSignal.timeout(10_000),
  )
  t.match(posted, {
    symbols: { mara: { reference_images: [{ id: 'asset-1', weight: 0.5 }, { id: 'asset-1' }] } },
  })
  t.equal(document.symbols.mara.reference_images[0]?.id, 'file:mara.png', 'the document itself stays')
  t.equal(puts.length, 1)
  t.match(JSON.parse(server.requests[0]?.body ?? ''), {
    filename: 'mara.png',
    content_type: 'image/png',
    size_bytes: 48,
  })
})

t.test('a film appears whole or not at all, also when the connection breaks', async (t) => {
  const folder = t.testdir({})
  const film = Buffer.alloc(200_000, 7)
  let tries = 0
  await using server = await startStandIn({
    'GET /film': (_, response) => {
      tries += 1
      response.writeHead(200, { 'content-length': film.length })
      if (tries === 1) response.write(film.subarray(0, 100_000), () => response.destroy())
      else response.end(film)
    },
    'GET /gone': (_, response) => sendJson(response, 403, {}),
  })
  const target = path.join(folder, 'out/deep/film.mp4')
  const sizeBytes = await download(async () => `${server.url}/film`, target, AbortSignal.timeout(10_000))
  t.equal(sizeBytes, film.length)
  t.ok((await readFile(target)).equals(film))
  t.equal(tries, 2)
  t.strictSame(await readdir(path.dirname(target)), ['film.mp4'], 'nothing is left beside it')

  await t.rejects(
    download(async () => `${server.url}/gone`, path.join(folder, 'x.mp4'), AbortSignal.timeout(10_000)),
    {
      exitCode: 1,
      message: /x\.mp4 could not be fetched \(status 403\)/,
    },
  )
  await mkdir(path.join(folder, 'folder.mp4'))
  await t.rejects(
    download(async () => `${server.url}/film`, path.join(folder, 'folder.mp4'), AbortSignal.timeout(10_000)),
    {
      message: /folder\.mp4 cannot be written \(EISDIR\)/,
    },
  )
  t.strictSame((await readdir(folder)).toSorted(), ['folder.mp4', 'out'])
})
