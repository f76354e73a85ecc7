/** What the pages of team and account say, and how bars lie in their box. */
import t from 'tap'
import { ApiError } from '../../web/src/api/client.ts'
import { accountWords, keyWords } from '../../web/src/pages/account/words.ts'
import { barsOf, ceilingOf, minutes, shortDay } from '../../web/src/pages/team/bars.ts'
import {
  actionWords,
  detailWords,
  refusalWords,
  refusedPage,
  triesWords,
} from '../../web/src/pages/team/words.ts'

const refusal = (status: number, code: string, message: string): ApiError =>
  new ApiError(status, code, message, null, null, null)
const NOW = new Date(2026, 10, 25, 14, 2).getTime()

t.test('refusals are told in the words of the page, with the name of who it is about', async (t) => {
  for (const [error, words] of [
    [
      refusal(409, 'CONFLICT', 'a team has at least one owner; make somebody else owner first'),
      'Ada is the only owner. Make someone else owner first.',
    ],
    [
      refusal(409, 'CONFLICT', 'you are the only owner; make somebody else owner first'),
      'You are the only owner. Make someone else owner first.',
    ],
    [
      refusal(400, 'VALIDATION_ERROR', 'url cannot be used: it leads to an address that is not public'),
      'That address is inside this network and is not on the allowed list. Ask the operator.',
    ],
    [
      refusal(400, 'VALIDATION_ERROR', 'url cannot be used: it must begin with https://'),
      'Use an address that begins with https://.',
    ],
    [
      refusal(400, 'VALIDATION_ERROR', 'email must be an address such as ada@studio.example'),
      'That does not look like an email address.',
    ],
    [refusal(429, 'RATE_LIMIT_EXCEEDED', 'a team sends 20 invitations a day'), null],
    [new Error('no answer'), null],
  ] as const)
    t.equal(refusalWords(error, 'Ada'), words)
  t.equal(
    refusedPage('owners and admins', { user_role: 'member', name: 'Northlight' }),
    'Only owners and admins can see this. You are a member of Northlight.',
  )
  t.equal(
    accountWords(
      refusal(409, 'CONFLICT', 'you are the only owner of "Salt": make somebody else an owner there'),
    ),
    'You are the only owner of Salt. Make someone else owner first, or delete the team.',
  )
})

t.test('a delivery says how often it was tried, and when it is tried next', async (t) => {
  const delivery = (status: string, attempts: number, next: Date | null = null) =>
    triesWords({ status, attempts, max_attempts: 5, next_retry_at: next?.toISOString() ?? null }, NOW)
  t.equal(delivery('pending', 0), 'waiting')
  t.equal(delivery('attempting', 2), 'try 2 of 5 is under way')
  t.equal(delivery('delivered', 1), 'delivered, first try')
  t.equal(delivery('delivered', 3), 'delivered, 3 tries')
  t.equal(delivery('retrying', 3, new Date(2026, 10, 25, 14, 20)), 'tries 3 of 5, next 14:20')
  t.equal(delivery('failed', 1), 'failed after one try')
  t.equal(delivery('failed', 5), 'failed after 5 tries')
})

t.test('entries of the trail are read in words, without ids', async (t) => {
  const id = '01a1fd5b-d836-765b-a1ea-5a8831b75f8f'
  t.equal(actionWords('member.role_changed'), 'changed a role')
  t.equal(actionWords('engine.taken_out'), 'engine: taken out')
  t.equal(
    detailWords({ details: { to: 'admin', from: 'member', user_id: id } }, new Map([[id, 'Jonas']])),
    'user Jonas, from member, to admin',
  )
  t.equal(detailWords({ details: { scopes: ['*'], owner: `framecast:team:${id}` } }), 'scopes everything')
  t.equal(detailWords({ details: { expires_at: null, user_id: id } }), '')
})

t.test('a key says when it was used and when it ends', async (t) => {
  const at = (day: number) => new Date(2026, 10, day, 9).toISOString()
  const key = { created_at: at(1), last_used_at: null, expires_at: null }
  t.equal(keyWords(key, NOW), 'Never used, made 1 November, does not end by itself')
  t.equal(
    keyWords({ ...key, last_used_at: at(24), expires_at: at(30) }, NOW),
    'Used yesterday 09:00, made 1 November, ends 30 November',
  )
  t.match(keyWords({ ...key, expires_at: at(2) }, NOW), 'ended 2 November')
})

t.test('bars stand on the ground, in order, within their box', async (t) => {
  const box = { width: 300, height: 100 }
  const bars = barsOf([0, 5, 10, 0.001], box)
  t.strictSame(
    bars.map(({ height }) => height),
    [0, 50, 100, 1],
    'what is more than nothing is seen',
  )
  for (const [index, bar] of bars.entries()) {
    t.equal(bar.y + bar.height, box.height)
    t.ok(bar.x >= (index * box.width) / 4 && bar.x + bar.width <= ((index + 1) * box.width) / 4)
  }
  t.ok(
    barsOf(
      Array.from({ length: 366 }, () => 1),
      box,
    ).every(({ width }) => width >= 1),
  )
  t.strictSame(barsOf([], box), [])
  t.strictSame(
    [0, 0.4, 1, 3, 5, 6, 11, 312].map((value) => ceilingOf([value])),
    [1, 1, 1, 5, 5, 10, 20, 500],
  )
})

t.test('minutes and days are short', async (t) => {
  t.strictSame([0, 1, 3, 24, 90, 596, 597, 7_200].map(minutes), [
    '0',
    '< 0.1',
    '0.1',
    '0.4',
    '1.5',
    '9.9',
    '10',
    '120',
  ])
  t.equal(shortDay('2026-11-05'), '5 Nov')
})
