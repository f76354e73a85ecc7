/** Storyboard validation: rules V1 to V17, all in one pass. Pure: what lies outside the document is handed in. */
import type { Problem, Warning } from './problems.ts'
import { audioUses, imageUses } from './rules/assets.ts'
import { checkKeepable, checkSize } from './rules/document.ts'
import { Findings } from './rules/findings.ts'
import { checkReferences, type ValidationContext } from './rules/references.ts'
import { checkShape } from './rules/shape.ts'
import { warnAboutHeard } from './rules/sound-warnings.ts'
import { warnUnknownFields } from './rules/unknown-fields.ts'
import { warnAboutContent, warnShortenedJoins } from './rules/warnings.ts'
import type { SourceMap } from './source-map.ts'
import type { Storyboard } from './types.ts'

export type { Problem, Warning } from './problems.ts'
export type { ValidationContext } from './rules/references.ts'

/** `valid` is false when there is any error. At most 200 errors and 200 warnings. */
export type ValidationResult = { valid: boolean; errors: Problem[]; warnings: Warning[] }

/**
 * Checks a document against every rule. Never throws, whatever JSON value it is given.
 * @param document any JSON value; when `valid`, it is a `Storyboard`
 * @param source from `parseStoryboard`: gives each problem its line, column and source line, in reading order
 */
export function validateStoryboard(
  document: unknown,
  context: ValidationContext,
  source?: SourceMap,
): ValidationResult {
  const findings = new Findings()
  if (checkSize(document, findings)) {
    checkKeepable(document, findings)
    checkShape(document, findings)
    checkReferences(document, context, findings)
    warnUnknownFields(document, findings)
    warnAboutContent(document, context, findings)
    if (!findings.hasErrors) {
      warnShortenedJoins(document as Storyboard, findings)
      warnAboutHeard(document as Storyboard, findings)
    }
  }
  const { errors, warnings } = findings.report(source)
  return { valid: errors.length === 0, errors, warnings }
}

/** More ids than a storyboard within its limits can hold; a larger one is refused anyway. */
const MOST_IDS = 1000

/** Ids that V16 and V17 will ask for, system sounds left out: callers look them up before they validate. */
export function collectAssetIds(document: unknown): { audio: Set<string>; image: Set<string> } {
  const audio = new Set<string>()
  const image = new Set<string>()
  for (const { id } of audioUses(document))
    if (!id.startsWith('asset_') && audio.size < MOST_IDS) audio.add(id)
  for (const { id } of imageUses(document)) if (image.size < MOST_IDS) image.add(id)
  return { audio, image }
}
