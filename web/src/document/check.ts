/** The server's own parser and rules, run in a thread of the browser so that typing never waits for them. */
import { parseStoryboard } from '../../../core/storyboard/parse.ts'
import type { Problem, Warning } from '../../../core/storyboard/problems.ts'
import { SYSTEM_ASSET_IDS } from '../../../core/storyboard/system-assets.ts'
import { validateStoryboard } from '../../../core/storyboard/validate.ts'

export type CheckRequest = { id: number; text: string }

export type Checked = {
  id: number
  /** What the text says; null when it cannot be read. Any JSON value: only without errors it is a storyboard. */
  document: unknown
  readable: boolean
  errors: Problem[]
  warnings: Warning[]
}

/**
 * Checks a text. Whether an uploaded file may be used is left to the server: asset ids that are not of the system count as
 * good here.
 */
export function check({ id, text }: CheckRequest): Checked {
  const parsed = parseStoryboard(text, { format: 'yaml' })
  if ('errors' in parsed) return { id, document: null, readable: false, errors: parsed.errors, warnings: [] }
  const { errors, warnings } = validateStoryboard(
    parsed.document,
    {
      systemAssets: SYSTEM_ASSET_IDS,
      findAudioAsset: () => true,
      findImageAsset: () => true,
      voiceEngine: 'on',
    },
    parsed.source,
  )
  return { id, document: parsed.document, readable: true, errors, warnings }
}
