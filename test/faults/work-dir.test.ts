/** Folders of killed workers go, those of living ones stay, whoever shares the folder above. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import t from 'tap'
import { openWorkDir, sweepWorkDirs, type WorkDirOwner } from '../../worker/work-dir.ts'

const parent = await mkdtemp(join(tmpdir(), 'framecast-test-'))
t.teardown(() => rm(parent, { recursive: true, force: true }))
const mine = await openWorkDir(parent, () => {})
const self = JSON.parse(await readFile(join(mine.path, 'owner.json'), 'utf8')) as WorkDirOwner

async function folderOf(name: string, owner: Partial<WorkDirOwner> | string, silentS = 0): Promise<string> {
  const folder = join(parent, name)
  await mkdir(join(folder, 'scene-1'), { recursive: true })
  const text = typeof owner === 'string' ? owner : JSON.stringify({ ...self, ...owner })
  if (text) await writeFile(join(folder, 'owner.json'), text)
  const at = new Date(Date.now() - silentS * 1_000)
  for (const path of text ? [join(folder, 'owner.json'), folder] : [folder]) await utimes(path, at, at)
  return name
}

t.test('a folder goes with its owner, and not before', async (t) => {
  const ended = spawn(process.execPath, ['-e', ''])
  await once(ended, 'exit')
  const gone = [
    await folderOf('worker-dead', { pid: ended.pid! }),
    await folderOf('worker-id-used-again', { startedAtTicks: '1' }),
    await folderOf('worker-other-host-silent', { host: 'elsewhere' }, 3_600),
    await folderOf('worker-other-container-silent', { pidNamespace: 'pid:[1]' }, 3_600),
    await folderOf('worker-nobody', '', 3_600),
    await folderOf('worker-half-written', '{"host', 3_600),
  ]
  const stay = [
    await folderOf('worker-other-host', { host: 'elsewhere', pid: ended.pid! }),
    await folderOf('worker-other-container', { pidNamespace: 'pid:[1]', pid: ended.pid! }),
    await folderOf('worker-being-made', ''),
    await folderOf('somebody-elses', { pid: ended.pid! }, 3_600),
    basename(mine.path),
  ]
  t.strictSame((await sweepWorkDirs(parent)).sort(), gone.sort())
  t.strictSame((await readdir(parent)).sort(), stay.sort())
})

t.test('a worker that starts says what it removed', async (t) => {
  const ended = spawn(process.execPath, ['-e', ''])
  await once(ended, 'exit')
  await folderOf('worker-dead', { pid: ended.pid! })
  let told: readonly string[] = []
  const next = await openWorkDir(parent, (names) => {
    told = names
  })
  t.strictSame(told, ['worker-dead'])
  await next.remove()
  t.strictSame((await readdir(parent)).includes(basename(next.path)), false)
  t.ok((await readdir(parent)).includes(basename(mine.path)))
  await mine.remove()
})
