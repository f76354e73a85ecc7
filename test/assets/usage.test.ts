/** Which films use which files. */
import t from 'tap'
import { newId } from '../../core/platform/ids.ts'
import type { Asset } from '../../schemas/types.ts'
import { buildTeam, buildUser } from '../support/builders.ts'
import { read, startStudio } from '../support/studio.ts'

const studio = await startStudio(t)
const { pool } = studio
const [owner, stranger] = await Promise.all([buildUser(pool), buildUser(pool)])
const teamId = await buildTeam(pool, owner)
const team = `framecast:team:${teamId}`
const request = studio.as(await studio.logIn(owner))

async function buildProject(team = teamId): Promise<string> {
  const id = newId()
  await pool.query(`insert into projects (id, team_id, created_by, name) values ($1, $2, $3, 'Pilot')`, [
    id,
    team,
    owner.userId,
  ])
  return id
}

async function buildFile(): Promise<string> {
  const id = newId()
  await pool.query(
    `insert into asset_files (id, owner, uploaded_by, filename, s3_key, content_type, size_bytes, status)
     values ($1, $2, $3, 'mara.png', $4, 'image/png', 9, 'ready')`,
    [id, team, owner.userId, `${team}/assets/${id}/mara.png`],
  )
  return id
}

t.test('the library says which scenes use a file, whoever else does', async (t) => {
  const file = await buildFile()
  const other = await buildFile()
  const use = (id: string, scenes: string[], whole = false) => ({
    scenes: scenes.map((scene) => ({ id: scene, audio: { sfx: [{ asset_id: id.toUpperCase() }] } })),
    ...(whole ? { symbols: { mara: { reference_images: [{ id }] } } } : {}),
  })
  const save = (project: string, spec: object | null) =>
    pool.query('update projects set spec = $2 where id = $1', [project, spec && JSON.stringify(spec)])
  const [first, second, foreign] = [
    await buildProject(),
    await buildProject(),
    await buildProject(await buildTeam(pool, stranger)),
  ]
  await save(first, use(file, ['sea', 'street']))
  await save(second, use(file, ['harbor'], true))
  await save(foreign, use(file, ['theirs']))
  const usage = async () => {
    const { body } = await read<Asset[]>(request(`/v1/assets?owner=${team}&include=usage&limit=100`))
    return (id: string) => body.find((asset) => asset.id === id)?.usage
  }
  t.match((await usage())(file), { scenes: 3, projects: 2 })
  t.strictSame(
    (await usage())(file)?.places.find(({ project_id }) => project_id === second),
    {
      project_id: second,
      project_name: 'Pilot',
      scene_ids: ['harbor'],
      whole_film: true,
    },
  )
  t.strictSame((await usage())(other), { scenes: 0, projects: 0, places: [] })
  await save(first, { scenes: ['no scene', { id: 'x'.repeat(90_000), prompt: file }], audio: [[[file]]] })
  t.match((await usage())(file), { scenes: 2, projects: 2 }, 'whatever the storyboard says')
  await pool.query('delete from projects where id = $1', [second])
  await save(first, { scenes: [] })
  t.strictSame((await usage())(file), { scenes: 0, projects: 0, places: [] })
  const { headers } = await read<Asset[]>(request(`/v1/assets?owner=${team}&include=usage`))
  t.match([headers.get('x-storage-used'), headers.get('x-storage-limit')], ['0', /^\d+$/])
  const strange = await read<Asset[]>(
    request(`/v1/assets?owner=framecast:user:${stranger.userId}&include=usage`),
  )
  t.equal(strange.headers.get('x-storage-used'), null)
  const plain = await read<Asset[]>(request(`/v1/assets?owner=${team}`))
  t.notOk(plain.body.some((asset) => 'usage' in asset))
  t.equal((await request('/v1/assets?include=everything')).status, 400)
})

t.test('how often a file is used is found by an index, however many storyboards there are', async (t) => {
  const id = newId()
  await pool.query(
    `insert into projects (id, team_id, created_by, name, spec)
     select gen_random_uuid(), $1, $2, 'Pilot',
       jsonb_build_object('scenes', jsonb_build_array(jsonb_build_object('id', 'a', 'prompt', gen_random_uuid()::text)))
     from generate_series(1, 3000)`,
    [teamId, owner.userId],
  )
  await pool.query('analyze project_assets')
  const { rows } = await pool.query('explain select count(*) from project_assets where asset_id = $1', [id])
  t.match(JSON.stringify(rows), /project_assets_asset/)
  await pool.query('delete from projects where team_id = $1 and spec is not null', [teamId])
})
