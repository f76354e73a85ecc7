/** Projects and library in words and lists. */
import { t } from 'tap'
import type { Asset, Job, Project } from '../../web/src/api/client.ts'
import {
  librarySearch,
  matchingFiles,
  ofLimit,
  size,
  usageWords,
} from '../../web/src/pages/library/search.ts'
import { copyName, lengthOf, matching, rendersOf, sceneNumber } from '../../web/src/pages/projects/renders.ts'

const project = (over: object): Project => ({ name: 'Salt', status: 'draft', spec: null, ...over }) as Project
const job = (over: object): Job => ({ output: null, ...over }) as Job
const file = (over: object): Asset => ({ filename: 'a.png', content_type: 'image/png', ...over }) as Asset

t.test('a project is told its newest render, its newest film, and how many films it has', (t) => {
  const of = rendersOf([
    job({ id: '4', project_id: 'a', status: 'failed' }),
    job({ id: '3', project_id: 'a', status: 'completed', output: {} }),
    job({ id: '2', project_id: null, status: 'completed', output: {} }),
    job({ id: '1', project_id: 'a', status: 'completed', output: {} }),
  ])
  t.match(of('a'), { latest: { id: '4' }, film: { id: '3' }, films: 2 })
  t.strictSame(of('b'), { latest: undefined, film: undefined, films: 0 })
  t.end()
})

t.test('a storyboard is measured whatever is wrong with it', (t) => {
  t.strictSame(lengthOf(project({ spec: { scenes: [{ duration: 2 }, null, { duration: 'x' }] } })), {
    scenes: 3,
    seconds: 2,
  })
  t.strictSame(lengthOf(project({ spec: { scenes: 'none' } })), { scenes: 0, seconds: 0 })
  const two = project({ spec: { scenes: [{ id: 'sea' }, { id: 'rail' }] } })
  t.equal(sceneNumber(two, 'rail'), 2)
  t.equal(sceneNumber(two, 'gone'), null)
  t.end()
})

t.test('search and filter go together; what is put away is seen when it is asked for', (t) => {
  const all = [project({}), project({ name: 'Old salt', status: 'archived' }), project({ name: 'Ferry' })]
  const names = (search: Parameters<typeof matching>[1]) => matching(all, search).map(({ name }) => name)
  t.strictSame(names({}), ['Salt', 'Ferry'])
  t.strictSame(names({ q: ' SALT ' }), ['Salt'])
  t.strictSame(names({ q: 'salt', status: 'archived' }), ['Old salt'])
  t.strictSame(names({ status: 'completed' }), [])
  t.equal(copyName('Salt', []), 'Salt copy')
  t.equal(copyName('Salt', ['Salt copy']), 'Salt copy 2')
  t.end()
})

t.test('the library is searched by name, kind and use', (t) => {
  const files = [
    file({ usage: { scenes: 0, projects: 0, places: [] } }),
    file({ filename: 'rain.wav', content_type: 'audio/wav', usage: { scenes: 3, projects: 1, places: [] } }),
  ]
  const names = (search: Parameters<typeof matchingFiles>[1]) =>
    matchingFiles(files, search).map(({ filename }) => filename)
  t.strictSame(names({ kind: 'sound' }), ['rain.wav'])
  t.strictSame(names({ unused: 1 }), ['a.png'])
  t.strictSame(names({ q: 'RAIN' }), ['rain.wav'])
  t.strictSame(librarySearch({ kind: 'picture', owner: 'nobody', unused: '1', q: '' }), {
    kind: 'picture',
    unused: 1,
  })
  t.end()
})

t.test('use and sizes in words', (t) => {
  t.equal(usageWords({ scenes: 1, projects: 1, places: [] }), '1 scene')
  t.equal(usageWords({ scenes: 3, projects: 2, places: [] }), '3 scenes')
  t.equal(usageWords({ scenes: 0, projects: 2, places: [] }), '2 films')
  t.equal(usageWords({ scenes: 0, projects: 0, places: [] }), 'Not used')
  t.equal(size(0), '0 B')
  t.equal(size(52_428_800), '50 MB')
  t.equal(ofLimit(1.2 * 1024 ** 3, 10 * 1024 ** 3), '1.2 of 10 GB')
  t.end()
})
