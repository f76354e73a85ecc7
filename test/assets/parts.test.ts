/** Files in parts: an upload that the store cut goes on from what has arrived. */
import { createHash } from 'node:crypto'
import sharp from 'sharp'
import t from 'tap'
import type { UserPrincipal } from '../../core/access/principal.ts'
import { expireUploads } from '../../core/assets/expiry.ts'
import { partsOf } from '../../core/assets/parts.ts'
import type { Asset, Upload, UploadParts } from '../../schemas/types.ts'
import { removeObjects } from '../../worker/tasks/remove-objects.ts'
import { buildUser } from '../support/builders.ts'
import { startOwnStore } from '../support/store.ts'
import { read, type Studio, startStudio, type WireError } from '../support/studio.ts'

const PART = 4_194_304
const QUOTA = 60_000_000

t.test('a file is cut into parts that are all of it', async (t) => {
  for (const size of [1, PART - 1, PART, PART + 1, 2 * PART, 52_428_800]) {
    const parts = partsOf(size)
    let next = 0
    for (const [index, part] of parts.entries()) {
      t.match(part, { number: index + 1, start: next })
      t.ok(part.sizeBytes >= 1 && part.sizeBytes <= PART)
      next += part.sizeBytes
    }
    t.equal(next, size)
    t.equal(parts.length, Math.ceil(size / PART))
  }
})

t.test('uploads in parts', async (t) => {
  t.setTimeout(180_000)
  const own = await startOwnStore(t)
  // Where the browser reaches the store by itself: its own addresses are the ones that break.
  const studio = await startStudio(t, {
    store: own,
    env: { MEDIA_DELIVERY: 'redirect', QUOTA_CREATOR_BYTES: String(QUOTA) },
  })
  const { pool, store } = studio
  // Grain is not made smaller by any codec: three parts, the last one short.
  const picture = await sharp({
    create: {
      width: 2_000,
      height: 1_700,
      channels: 3,
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
      background: 'black',
    },
  })
    .png({ compressionLevel: 0 })
    .toBuffer()
  t.equal(partsOf(picture.length).length, 3)

  type Person = { user: UserPrincipal; request: Studio['request'] }
  const aPerson = async (): Promise<Person> => {
    const user = await buildUser(pool)
    return { user, request: studio.as(await studio.logIn(user)) }
  }
  const [person, stranger] = await Promise.all([aPerson(), aPerson()])

  const announce = async (size = picture.length, type = 'image/png'): Promise<Asset> => {
    const { status, body } = await read<Upload>(
      person.request('/v1/assets/upload-url', {
        json: { filename: 'mara 1.png', content_type: type, size_bytes: size },
      }),
    )
    if (status !== 201) throw new Error(JSON.stringify(body))
    return body.asset
  }
  const ask = (id: string, of = person) =>
    read<UploadParts & WireError>(of.request(`/v1/assets/${id}/parts`, { method: 'POST' }))
  const confirm = (id: string) =>
    read<Asset & WireError>(person.request(`/v1/assets/${id}/confirm`, { method: 'POST' }))
  /** Sends what is missing of `bytes`, the first `most` of it. @returns how many bytes the store has taken */
  async function send(plan: UploadParts, bytes: Buffer, most = Number.POSITIVE_INFINITY): Promise<number> {
    let sent = 0
    for (const { start, size_bytes, upload_url } of plan.parts
      .filter(({ received }) => !received)
      .slice(0, most)) {
      const answer = await fetch(upload_url!, {
        method: 'PUT',
        headers: plan.upload_headers as Record<string, string>,
        body: new Uint8Array(bytes.subarray(start, start + size_bytes)),
      })
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
      sent += size_bytes
    }
    return sent
  }
  const received = ({ parts }: UploadParts): boolean[] => parts.map((part) => part.received)
  const keysOf = async (asset: Asset): Promise<string[]> => {
    const folder = asset.s3_key.slice(0, asset.s3_key.lastIndexOf('/') + 1)
    const keys: string[] = []
    for await (const key of store.list(folder)) keys.push(key.slice(folder.length))
    return keys.sort()
  }
  async function runRemovals(): Promise<void> {
    const { rows } = await pool.query<{ payload: { prefix: string } }>(
      `delete from graphile_worker._private_jobs where key like 'objects:%' returning payload`,
    )
    for (const { payload } of rows) await removeObjects(store)(payload, {} as never)
  }

  await t.test('the store dies in the middle; afterwards only what is missing is sent', async (t) => {
    const asset = await announce()
    const { body: first } = await ask(asset.id)
    t.strictSame(received(first), [false, false, false])
    let sent = await send(first, picture, 1)
    await own.server.stop()
    await t.rejects(send({ ...first, parts: first.parts.slice(1) }, picture))
    t.equal((await ask(asset.id)).status, 503, 'what has arrived cannot be told now')
    t.equal((await confirm(asset.id)).status, 503)
    await own.server.start()
    t.match(await confirm(asset.id), {
      status: 409,
      body: { error: { message: /2 of the 3 parts of the file have not been uploaded yet/ } },
    })
    const { body: second } = await ask(asset.id)
    t.strictSame(received(second), [true, false, false])
    t.equal(second.parts[0]!.upload_url, null, 'what is there takes no other bytes')
    sent += await send(second, picture)
    t.equal(sent, picture.length, 'every byte went once')

    const { status, body } = await confirm(asset.id)
    t.equal(status, 200, JSON.stringify(body))
    const sha256 = createHash('sha256').update(picture).digest('hex')
    t.match(body, {
      status: 'ready',
      size_bytes: picture.length,
      metadata: { sha256, width: 2_000, height: 1_700 },
    })
    const download = await fetch(body.download_url!)
    t.ok(Buffer.from(await download.arrayBuffer()).equals(picture), 'and is the file')
    t.equal((await ask(asset.id)).status, 409, 'which is complete')
    await runRemovals()
    t.strictSame(await keysOf(asset), ['made/thumbnail.webp', 'mara_1.png'], 'the parts are gone')
  })

  await t.test('an address of a part takes its size and type, and nothing for another part', async (t) => {
    const asset = await announce()
    const { body: plan } = await ask(asset.id)
    const [one, , last] = plan.parts
    const put = async (url: string, size: number, type = 'application/octet-stream'): Promise<number> =>
      (await fetch(url, { method: 'PUT', headers: { 'Content-Type': type }, body: new Uint8Array(size) }))
        .status
    t.equal(await put(one!.upload_url!, PART - 1), 403, 'another size')
    t.equal(await put(one!.upload_url!, PART, 'text/html'), 403, 'another type')
    t.equal(await put(one!.upload_url!.replace('~1', '~2').replace('%7E1', '~2'), PART), 403, 'another part')
    t.equal(await put(last!.upload_url!, last!.size_bytes), 200)
    t.strictSame(received((await ask(asset.id)).body), [false, false, true], 'in any order')
  })

  await t.test('only who announced it sends parts, while there is room', async (t) => {
    const asset = await announce()
    t.equal((await ask(asset.id, stranger)).status, 404)
    await pool.query('update users set ephemeral_storage_bytes = $2 where id = $1', [
      person.user.userId,
      QUOTA - picture.length + 1,
    ])
    t.match(await ask(asset.id), { status: 403, body: { error: { code: 'STORAGE_QUOTA_EXCEEDED' } } })
    await pool.query('update users set ephemeral_storage_bytes = 0 where id = $1', [person.user.userId])
    t.equal((await ask(asset.id)).status, 200)
  })

  await t.test('parts that are together something else fail, and go', async (t) => {
    const bytes = Buffer.alloc(PART + 10, 'x')
    const asset = await announce(bytes.length)
    await send((await ask(asset.id)).body, bytes)
    t.match(await confirm(asset.id), {
      status: 400,
      body: { error: { message: /of no type that can be used/ } },
    })
    await runRemovals()
    t.strictSame(await keysOf(asset), [])
  })

  await t.test('what nobody ends is gone after a day, with what arrives in its last minutes', async (t) => {
    const asset = await announce()
    const { body: plan } = await ask(asset.id)
    await send(plan, picture, 1)
    await pool.query(`update asset_files set created_at = now() - interval '25 hours' where id = $1`, [
      asset.id,
    ])
    t.match(await expireUploads(pool), { failed: 1 })
    t.equal((await ask(asset.id)).status, 409, 'there are no new addresses')
    const { rows } = await pool.query(
      `select run_at > now() + interval '15 minutes' as late from graphile_worker._private_jobs
       where key like 'objects:%' order by run_at`,
    )
    t.strictSame(rows, [{ late: false }, { late: true }], 'addresses have ended before it is swept again')
    await send({ ...plan, parts: plan.parts.slice(1) }, picture)
    await runRemovals()
    t.strictSame(await keysOf(asset), [])
  })
})
