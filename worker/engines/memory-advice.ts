/** What to do about a scene that no card can hold. Pure. */
import { type OfferPolicy, withheldReason } from '../../core/workflows/offer.ts'
import { holds, requirementsOf } from '../../core/workflows/requirements.ts'
import type { WorkflowTemplate } from '../../core/workflows/types.ts'
import { takesImages } from './scene-values.ts'

const GB = 1e9
const MOST_NAMED = 3

/**
 * Names what would fit: workflows that do the same with less memory on a card of that size, the draft that this one
 * names, and a smaller picture where its size is free.
 */
export function memoryAdvice(
  template: WorkflowTemplate | undefined,
  all: readonly WorkflowTemplate[],
  policy: OfferPolicy,
  vramBytes: number,
): string {
  const card = `The largest graphics card here has ${Math.round(vramBytes / GB)} GB.`
  if (!template) return card
  const need = requirementsOf(template).vramGb
  const smaller = all
    .filter(
      (other) =>
        other.engine === template.engine &&
        other.slug !== template.slug &&
        takesImages(other) === takesImages(template) &&
        withheldReason(other, policy) === null,
    )
    .map((other) => ({ slug: other.slug, vramGb: requirementsOf(other).vramGb }))
    .filter((other): other is { slug: string; vramGb: number } => other.vramGb !== null)
    .filter(({ vramGb }) => holds(vramBytes, vramGb) && (need === null || vramGb < need))
    .sort((a, b) => b.vramGb - a.vramGb)
    .slice(0, MOST_NAMED)
    .map(({ slug, vramGb }) => `${slug} (${vramGb} GB)`)
  const advice = [
    ...(smaller.length > 0 ? [`try options.workflow ${smaller.join(', ')}`] : []),
    ...(template.draft === undefined ? [] : [`options.draft, which takes ${template.draft}`]),
    ...(template.sizes === undefined || template.sizes.length > 1 ? ['a lower options.resolution'] : []),
    'shorter scenes',
    'weights of lower precision (fp8)',
  ]
  return `${card} What may fit: ${advice.join('; ')}.`
}
