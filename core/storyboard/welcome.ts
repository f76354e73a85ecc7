/** The storyboard that every new creator finds in a first project; the same as `examples/welcome.yaml`. */
import type { Storyboard } from './types.ts'

export const WELCOME_STORYBOARD: Storyboard = {
  title: 'Welcome to Framecast',
  global_prompt: {
    positive: "filmic look seen through the visitor's eyes, golden light, party mood, crisp detail",
    negative: 'smeared, warped, noisy, gloomy, deserted',
  },
  global_audio: {
    ambient: {
      asset_id: 'asset_ambient_theater',
      volume: 0.2,
    },
  },
  symbols: {
    crowd: {
      prompt: 'a lively audience of all ages and backgrounds in bright clothes, smiling and applauding',
      negative: 'angry faces, vacant seats, sorrow',
    },
    stage: {
      prompt: 'wide playhouse stage, deep red drapes, overhead spots, polished boards',
      negative: 'filthy, damaged, derelict',
    },
  },
  scenes: [
    {
      id: 'entrance',
      prompt:
        'first-person walk down a dim passage behind the scenes, a glow ahead growing with every step, the hum of @crowd behind the wall, long shadows',
      duration: 5,
      audio: {
        sfx: [
          {
            asset_id: 'asset_sfx_footsteps',
            trigger: 'walking',
            volume: 0.6,
          },
        ],
        music: {
          asset_id: 'asset_music_anticipation',
          volume: 0.4,
          fade_in: 1,
        },
      },
    },
    {
      id: 'welcome',
      prompt:
        'first-person step out on @stage, a flash of light, then @crowd standing up to greet you, paper streamers in the air, a warm and joyful reception',
      duration: 5,
      audio: {
        sfx: [
          {
            asset_id: 'asset_sfx_applause',
            start: 0.5,
            volume: 0.8,
          },
          {
            asset_id: 'asset_sfx_confetti',
            start: 2,
            volume: 0.4,
          },
        ],
        music: {
          asset_id: 'asset_music_triumphant',
          volume: 0.7,
          fade_in: 0.5,
        },
      },
    },
  ],
  transitions: {
    default: 'cut',
    'entrance->welcome': {
      type: 'fade',
      duration: 0.5,
      audio: {
        asset_id: 'asset_transition_swoosh',
        volume: 0.5,
      },
    },
  },
  timeline: null,
}
