/**
 * Makes the sounds of the catalogue and sends what they are to the test that asked, one message a sound. A process of its
 * own, since counting for coverage makes the reckoning of samples ten times slower. Arguments: `facts`, or `hashes`, which
 * goes through the catalogue from its end.
 */
import { synthesise } from '../../core/sound/synthesise.ts'
import { SYSTEM_ASSETS } from '../../core/storyboard/system-assets.ts'
import { BANDS } from '../sound/bands.ts'
import { factsOf, hashOf } from '../sound/facts.ts'

if (process.argv[2] === 'facts') {
  for (const asset of SYSTEM_ASSETS) process.send?.(factsOf(asset, synthesise(asset), BANDS[asset.id] ?? []))
} else {
  for (const asset of SYSTEM_ASSETS.toReversed())
    process.send?.({ id: asset.id, hash: hashOf(synthesise(asset)) })
}
process.disconnect?.()
