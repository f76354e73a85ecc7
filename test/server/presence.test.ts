import fc from 'fast-check'
import { t } from 'tap'
import type { PresenceNotice } from '../../core/projects/notices.ts'
import { createPresence, type Presence } from '../../server/live/presence.ts'

const BEAT_MS = 1_000

/** Servers that hear each other, on one clock; a server may go without a word. */
function studioOf(count: number) {
  let now = 0
  const told = new Map<string, readonly string[]>()
  const servers: (Presence | null)[] = []
  const send = (notice: PresenceNotice): void => {
    for (const server of servers) server?.notice(notice)
  }
  for (let n = 0; n < count; n += 1)
    servers.push(
      createPresence({
        server: `server-${n}`,
        announce: (notice) => servers[n] && send(notice),
        onChange: (project, users) => told.set(`${n} ${project}`, users),
        beatMs: BEAT_MS,
        now: () => now,
      }),
    )
  return {
    servers,
    told,
    pass(ms: number) {
      now += ms
      for (const server of servers) server?.beat()
    },
  }
}

t.test('everybody who looks on is known on every server where somebody looks on', async (t) => {
  const { servers, told } = studioOf(3)
  const [a, b, c] = servers as [Presence, Presence, Presence]
  const leave = a.enter('p', 'ana')
  t.strictSame(a.users('p'), ['ana'])
  b.enter('p', 'ben')
  t.strictSame(b.users('p'), ['ana', 'ben'], 'whoever comes asks who is there')
  t.strictSame(told.get('0 p'), ['ana', 'ben'])
  t.strictSame(c.users('p'), [], 'where nobody looks nothing is kept')
  a.enter('q', 'cat')
  t.strictSame(b.users('p'), ['ana', 'ben'], 'projects are apart')
  leave()
  leave()
  t.strictSame(told.get('1 p'), ['ben'])
  b.close()
  t.strictSame(a.users('p'), [])
})

t.test('a second window is no news, and closing one of two neither', async (t) => {
  const { servers, told } = studioOf(2)
  const [a, b] = servers as [Presence, Presence]
  b.enter('p', 'ben')
  const first = a.enter('p', 'ana')
  told.clear()
  const second = a.enter('p', 'ana')
  b.enter('p', 'ana')
  first()
  t.equal(told.size, 0)
  second()
  t.strictSame(b.users('p'), ['ana', 'ben'], 'still there on the other server')
})

t.test('a server that went away without a word is forgotten', async (t) => {
  const { servers, told, pass } = studioOf(2)
  const [a, b] = servers as [Presence, Presence]
  a.enter('p', 'ana')
  b.enter('p', 'ben')
  for (let n = 0; n < 5; n += 1) pass(BEAT_MS)
  t.strictSame(a.users('p'), ['ana', 'ben'], 'as long as it speaks it is there')
  servers[1] = null
  pass(3 * BEAT_MS)
  t.strictSame(a.users('p'), ['ana', 'ben'])
  pass(BEAT_MS)
  t.strictSame(a.users('p'), ['ana'])
  t.strictSame(told.get('0 p'), ['ana'])
})

t.test('whatever comes and goes, each server shows who really looks on', async () => {
  const act = fc.record({
    server: fc.nat({ max: 2 }),
    project: fc.constantFrom('p', 'q'),
    user: fc.constantFrom('ana', 'ben', 'cat'),
    leaves: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const { servers } = studioOf(3)
      const open: { server: number; project: string; user: string; leave(): void }[] = []
      for (const { server, project, user, leaves } of acts) {
        const held = open.findIndex(
          (each) => each.server === server && each.project === project && each.user === user,
        )
        if (leaves && held >= 0) open.splice(held, 1)[0]!.leave()
        else if (!leaves) open.push({ server, project, user, leave: servers[server]!.enter(project, user) })
        for (const name of ['p', 'q']) {
          const present = [
            ...new Set(open.filter((each) => each.project === name).map((each) => each.user)),
          ].sort()
          for (const [n, each] of servers.entries()) {
            const isLookedAt = open.some((one) => one.server === n && one.project === name)
            const shown = each!.users(name)
            if (String(shown) !== String(isLookedAt ? present : [])) return false
          }
        }
      }
      return true
    }),
  )
})
