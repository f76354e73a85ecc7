import fc from 'fast-check'
import t from 'tap'
import { slugFor } from '../../core/teams/slug.ts'

const digits = () => Buffer.from('a1b2c3d4', 'hex')

for (const [name, slug] of [
  ['My Team', 'my-team-a1b2c3d4'],
  ['  Café --- Zürich!  ', 'cafe-zurich-a1b2c3d4'],
  ['Straße Nº 9', 'strasse-no-9-a1b2c3d4'],
  ['ÆØÅ', 'aeoa-a1b2c3d4'],
  ['İstanbul Film', 'istanbul-film-a1b2c3d4'],
  ['a'.repeat(60), `${'a'.repeat(41)}-a1b2c3d4`],
  [`${'a'.repeat(40)} b`, `${'a'.repeat(40)}-a1b2c3d4`],
  ['***', null],
  ['映画', 'yinghua-a1b2c3d4'],
  ['Ночной вокзал', 'nochnoy-vokzal-a1b2c3d4'],
  ['スタジオ', 'sutajio-a1b2c3d4'],
] as const) {
  t.equal(slugFor(name, digits), slug, `the slug of ${JSON.stringify(name)}`)
}

t.test('every slug has the form that the database asks for', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }), (name) => {
      const slug = slugFor(name)
      return (
        slug === null ||
        (slug.length <= 50 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(slug) && !slug.includes('--'))
      )
    }),
    { seed: 7 },
  )
  t.pass('for names of any text')
})
