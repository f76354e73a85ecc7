import t from 'tap'
import { sceneDetails } from '../../core/storyboard/details.ts'
import type { Storyboard } from '../../core/storyboard/types.ts'

const scene = { id: 'a', prompt: 'p', duration: 5 }
const storyboard = { title: 'T', scenes: [scene] } as Storyboard

t.equal(sceneDetails(storyboard, scene), '5.0 s')
t.equal(
  sceneDetails(
    { ...storyboard, global_audio: { ambient: { asset_id: 'asset_ambient_theater' } } },
    {
      ...scene,
      audio: {
        music: { asset_id: 'asset_music_triumphant' },
        sfx: [{ asset_id: 'asset_sfx_applause' }, { asset_id: 'asset_sfx_confetti' }],
        dialogue: [{ text: 'Hello', speaker: 'x' }],
      },
    },
  ),
  '5.0 s · music Triumphant · ambience Theater · 2 effects · 1 line',
)
t.equal(
  sceneDetails(storyboard, {
    ...scene,
    audio: { music: { asset_id: '0192f0d0-0000-7000-8000-000000000000' } },
  }),
  '5.0 s · music',
  'an upload has no name to show',
)
