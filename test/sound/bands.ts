/** What is expected of the spectrum of each sound. */
import type { Band } from './facts.ts'

/** Where the energy of each sound lies, and how much of it at least. */
export const BANDS: Record<string, readonly Band[]> = {
  asset_sfx_whoosh: [[1_500, 14_000, 0.8]],
  asset_sfx_whoosh_heavy: [
    [30, 150, 0.15],
    [250, 4_000, 0.4],
  ],
  asset_sfx_impact: [[40, 400, 0.85]],
  asset_sfx_impact_metal: [[400, 5_000, 0.7]],
  asset_sfx_click: [[400, 6_000, 0.85]],
  asset_sfx_pop: [[200, 1_500, 0.9]],
  asset_sfx_applause: [[700, 8_000, 0.8]],
  asset_sfx_applause_short: [[700, 8_000, 0.8]],
  asset_sfx_footsteps: [
    [60, 600, 0.5],
    [1_500, 9_000, 0.05],
  ],
  asset_sfx_footsteps_running: [
    [60, 600, 0.5],
    [1_500, 9_000, 0.03],
  ],
  asset_sfx_confetti: [
    [100, 600, 0.5],
    [2_000, 12_000, 0.08],
  ],
  asset_sfx_door_open: [[300, 4_000, 0.85]],
  asset_sfx_door_close: [[60, 600, 0.8]],
  asset_sfx_typing: [[200, 4_000, 0.7]],
  asset_sfx_notification: [[1_000, 4_000, 0.9]],
  asset_ambient_crowd: [[200, 3_000, 0.8]],
  asset_ambient_crowd_excited: [[200, 4_000, 0.85]],
  asset_ambient_nature: [[1_500, 9_000, 0.7]],
  asset_ambient_nature_rain: [[1_000, 12_000, 0.75]],
  asset_ambient_city: [
    [30, 250, 0.35],
    [600, 4_000, 0.2],
  ],
  asset_ambient_city_night: [
    [30, 250, 0.4],
    [600, 4_000, 0.15],
  ],
  asset_ambient_office: [[100, 1_500, 0.7]],
  asset_ambient_theater: [[100, 1_500, 0.8]],
  asset_ambient_factory: [
    [30, 250, 0.6],
    [1_500, 15_000, 0.015],
  ],
  asset_ambient_cafe: [
    [150, 3_000, 0.8],
    [3_000, 12_000, 0.005],
  ],
  asset_ambient_ocean: [
    [30, 600, 0.4],
    [1_500, 9_000, 0.15],
  ],
  asset_music_tense: [[30, 600, 0.7]],
  asset_music_tense_minimal: [[30, 600, 0.8]],
  asset_music_triumphant: [[100, 2_000, 0.7]],
  asset_music_peaceful: [[60, 1_500, 0.8]],
  asset_music_energetic: [
    [30, 250, 0.6],
    [5_000, 18_000, 0.001],
  ],
  asset_music_anticipation: [[30, 600, 0.7]],
  asset_music_corporate: [[40, 1_500, 0.8]],
  asset_music_emotional: [[60, 2_000, 0.85]],
  asset_music_playful: [[200, 2_000, 0.75]],
  asset_music_dramatic: [[30, 2_000, 0.85]],
  asset_transition_swoosh: [[1_500, 12_000, 0.8]],
  asset_transition_fade: [[150, 3_000, 0.8]],
  asset_transition_glitch: [[100, 12_000, 0.8]],
  asset_transition_boom: [[25, 200, 0.9]],
  asset_transition_reverse: [[100, 3_000, 0.7]],
  asset_transition_rise: [[150, 12_000, 0.85]],
}
