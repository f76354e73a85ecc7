import t from 'tap'
import { isUuid, newId } from '../../core/platform/ids.ts'

t.test('ids sort in the order in which they were made, within a millisecond too', async (t) => {
  const at = Date.UTC(2026, 10, 25)
  const ids = Array.from({ length: 2_000 }, () => newId(at)).concat(newId(at + 1), newId(at + 1))
  t.strictSame([...ids].sort(), ids)
  t.equal(new Set(ids).size, ids.length)
  t.ok(
    ids.every((id) => isUuid(id) && id[14] === '7' && /[89ab]/.test(id[19]!)),
    'version and variant',
  )
})
