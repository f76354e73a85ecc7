import { randomBytes } from 'node:crypto'
import { t } from 'tap'
import { createMediaLinks } from '../../core/platform/media-links.ts'
import { startOwnStore } from '../support/store.ts'
import { startStudio } from '../support/studio.ts'

t.test('media through the server', async (t) => {
  const store = await startOwnStore(t)
  const studio = await startStudio(t, { store })
  const film = randomBytes(300_000)
  const key = 'user/a b/films/Überblick (1).mp4'
  await store.store.putBytes(key, film, 'video/mp4', AbortSignal.timeout(5_000))
  await store.store.putBytes(
    'page.html',
    Buffer.from('<script>alert(1)</script>'),
    'text/html',
    AbortSignal.timeout(5_000),
  )
  const links = createMediaLinks(studio.config, store.store)
  const url = await links.url(key, 60)
  const get = (headers: Record<string, string> = {}, method = 'GET', address = url) =>
    fetch(address, { method, headers })
  const bytes = async (reply: Response) => Buffer.from(await reply.arrayBuffer())

  t.test('the whole', async (t) => {
    const reply = await get()
    t.equal(reply.status, 200)
    t.equal(reply.headers.get('content-type'), 'video/mp4')
    t.equal(reply.headers.get('content-length'), '300000')
    t.equal(reply.headers.get('accept-ranges'), 'bytes')
    t.equal(reply.headers.get('x-content-type-options'), 'nosniff')
    t.match(reply.headers.get('content-security-policy'), 'sandbox')
    t.match(reply.headers.get('content-disposition'), /^inline/)
    t.strictSame(await bytes(reply), film)
  })

  t.test('only the head', async (t) => {
    const reply = await get({}, 'HEAD')
    t.equal(reply.status, 200)
    t.equal(reply.headers.get('content-length'), '300000')
    t.equal((await bytes(reply)).length, 0)
  })

  t.test('a part', async (t) => {
    for (const [range, start, end] of [
      ['bytes=0-99', 0, 99],
      ['bytes=299990-', 299_990, 299_999],
      ['bytes=-7', 299_993, 299_999],
      ['bytes=5-999999', 5, 299_999],
    ] as const) {
      const reply = await get({ range })
      t.equal(reply.status, 206, range)
      t.equal(reply.headers.get('content-range'), `bytes ${start}-${end}/300000`)
      t.equal(reply.headers.get('content-length'), String(end - start + 1))
      t.strictSame(await bytes(reply), film.subarray(start, end + 1))
    }
  })

  t.test('several parts', async (t) => {
    const reply = await get({ range: 'bytes=0-3,10-12' })
    t.equal(reply.status, 206)
    const boundary = /multipart\/byteranges; boundary=(\w+)/.exec(
      reply.headers.get('content-type') ?? '',
    )?.[1]
    const part = (start: number, end: number) =>
      Buffer.concat([
        Buffer.from(
          `--${boundary}\r\nContent-Type: video/mp4\r\nContent-Range: bytes ${start}-${end}/300000\r\n\r\n`,
        ),
        film.subarray(start, end + 1),
        Buffer.from('\r\n'),
      ])
    t.strictSame(
      await bytes(reply),
      Buffer.concat([part(0, 3), part(10, 12), Buffer.from(`--${boundary}--\r\n`)]),
    )
  })

  t.test('what cannot be had', async (t) => {
    for (const range of ['bytes=300000-', 'bytes=0-0,1-1,2-2,3-3,4-4,5-5']) {
      const reply = await get({ range })
      t.equal(reply.status, 416, range)
      t.equal(reply.headers.get('content-range'), 'bytes */300000')
    }
  })

  t.test('conditions', async (t) => {
    const etag = (await get({}, 'HEAD')).headers.get('etag') ?? ''
    t.match(etag, /^".+"$/)
    t.equal((await get({ 'if-none-match': etag })).status, 304)
    t.equal((await get({ 'if-none-match': '"other"' })).status, 200)
    t.equal((await get({ range: 'bytes=0-1', 'if-range': etag })).status, 206)
    t.equal((await get({ range: 'bytes=0-1', 'if-range': '"other"' })).status, 200)
  })

  t.test('a link is for one object and one time', async (t) => {
    const forged = [
      url.replace('films', 'filmz'),
      url.replace(/expires=\d+/, 'expires=99999999999'),
      url.replace(/signature=.{5}/, 'signature=AAAAA'),
      `${url}&filename=evil.html`,
      `${studio.url}/media/page.html`,
    ]
    for (const address of forged) t.equal((await get({}, 'GET', address)).status, 403, address)
    const old = await createMediaLinks(studio.config, store.store, () => Date.now() - 3_600_000).url(key, 60)
    t.equal((await get({}, 'GET', old)).status, 403, 'past its time')
    t.equal((await get({}, 'GET', await links.url('not/there.mp4', 60))).status, 404)
    t.equal((await get({}, 'POST')).status, 405)
  })

  t.test('what a browser could run is only ever saved', async (t) => {
    const reply = await get({}, 'GET', await links.url('page.html', 60))
    t.equal(reply.status, 200)
    t.match(reply.headers.get('content-disposition'), /^attachment/)
    const named = await get({}, 'GET', await links.url(key, 60, 'my "film"\r\n é.mp4'))
    t.equal(
      named.headers.get('content-disposition'),
      `attachment; filename="my _film___ _.mp4"; filename*=UTF-8''my%20%22film%22%0D%0A%20%C3%A9.mp4`,
    )
  })

  t.test('a reader that leaves lets go of the store', async (t) => {
    const reply = await get()
    await reply.body?.cancel()
    t.equal((await get({}, 'HEAD')).status, 200)
  })

  t.test('a store that is away is said to be', async (t) => {
    await store.server.stop()
    const reply = await get()
    t.equal(reply.status, 503)
    t.ok(reply.headers.get('retry-after'))
    t.match(await reply.json(), { error: { code: 'SERVICE_UNAVAILABLE', reason: 'storage_unavailable' } })
    await store.server.start()
    t.equal((await get()).status, 200)
  })
})

t.test('where the store itself is reachable the server passes nothing through', async (t) => {
  const studio = await startStudio(t, { env: { MEDIA_DELIVERY: 'redirect' } })
  const url = await createMediaLinks({ ...studio.config, MEDIA_DELIVERY: 'proxy' }, studio.store).url('a', 60)
  t.equal((await fetch(url)).status, 404)
})
