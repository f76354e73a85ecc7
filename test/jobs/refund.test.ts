import fc from 'fast-check'
import t from 'tap'
import { refund } from '../../core/jobs/refund.ts'

const TABLE = [
  [100, 'system', 45, 100],
  [50, 'system', 40, 50],
  [100, 'timeout', 99, 100],
  [100, 'validation', 40, 60],
  [7, 'validation', 33.33, 4],
  [100, 'canceled', 0, 90],
  [100, 'canceled', 30, 63],
  [30, 'canceled', 30, 18],
  [1, 'canceled', 0, 0],
  [100, 'canceled', 100, 0],
  [100, null, 40, 0],
] as const

for (const [charged, end, percent, expected] of TABLE) {
  t.equal(
    refund(charged, end, percent),
    expected,
    `${charged} credits, ${end ?? 'completed'} at ${percent} %`,
  )
}

t.test('a refund is whole, never negative, never more than was charged', async (t) => {
  const ends = fc.constantFrom('system', 'timeout', 'validation', 'canceled', null)
  fc.assert(
    fc.property(
      fc.nat(1_000_000),
      ends,
      fc.double({ min: -10, max: 110, noNaN: true }),
      (charged, end, percent) => {
        const back = refund(charged, end, percent)
        return Number.isInteger(back) && back >= 0 && back <= charged
      },
    ),
  )
  t.pass()
})
