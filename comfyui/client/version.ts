/** Which server is this, and what can it do. A fleet is mixed: features follow the version each server reports. */

export type ComfyFeatures = {
  /** POST /interrupt looks at `prompt_id`; before, the body was ignored and the wrong prompt could die. */
  interruptById: boolean
  /** GET /api/jobs and /api/jobs/{id}. */
  jobs: boolean
  /** POST /api/jobs/{id}/cancel. */
  cancelRoute: boolean
  /** The client may choose the prompt's id. */
  ownPromptId: boolean
}

/** Numeric parts of a version text; anything unreadable counts as 0. */
export const parseVersion = (text: string): number[] =>
  (/^\D{0,3}(\d+(?:\.\d+){0,3})/.exec(text)?.[1] ?? '0').split('.').map(Number)

/** True when `version` is `wanted` or newer. */
export function atLeast(version: string, wanted: string): boolean {
  const have = parseVersion(version)
  const need = parseVersion(wanted)
  for (let i = 0; i < Math.max(have.length, need.length); i++) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

/** Features by first release. An unknown version is taken for an old one: the old ways work everywhere. */
export const featuresOf = (version: string | null): ComfyFeatures => {
  const since = (wanted: string): boolean => version !== null && atLeast(version, wanted)
  return {
    interruptById: since('0.3.57'),
    jobs: since('0.6.0'),
    cancelRoute: since('0.26.0'),
    ownPromptId: since('0.3.45'),
  }
}
