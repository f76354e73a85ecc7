/** Which workflow the name `default` means on a server, and why. Pure. */
import { type HostFacts, isKnown, lackOf } from './host-facts.ts'
import { type OfferPolicy, withheldReason } from './offer.ts'
import { holds, requirementsOf } from './requirements.ts'
import type { WorkflowTemplate } from './types.ts'

export type DefaultChoice = { readonly slug: string; readonly reason: string; readonly vramGb: number }

const GB = 1e9

const gb = (bytes: number): string => `${Math.round(bytes / GB)} GB`

/**
 * The most demanding workflow that may be a default and that the server can take: enough graphics and main memory,
 * nodes and weights there. Without one, the least demanding.
 * @throws {TypeError} when no template may be a default
 */
export function defaultFor(
  templates: Iterable<WorkflowTemplate>,
  policy: OfferPolicy,
  host: HostFacts | null,
): DefaultChoice {
  const candidates = [...templates]
    .filter((one) => one.default_from_vram_gb !== undefined && withheldReason(one, policy) === null)
    .map((template) => ({ template, from: template.default_from_vram_gb ?? 0 }))
    .sort((a, b) => b.from - a.from || (a.template.slug < b.template.slug ? -1 : 1))
  const least = candidates.at(-1)
  if (!least) throw new TypeError('no workflow may be the default')
  const choose = ({ template, from }: typeof least, reason: string): DefaultChoice => ({
    slug: template.slug,
    reason,
    vramGb: from,
  })
  if (host === null || host.vramTotalBytes === null)
    return choose(least, 'the memory of the graphics card is not known, so the least demanding was taken')

  const { vramTotalBytes, ramTotalBytes } = host
  const passedOver: string[] = []
  for (const candidate of candidates) {
    const { template, from } = candidate
    if (!holds(vramTotalBytes, from)) continue
    const { ramGb } = requirementsOf(template)
    const obstacle =
      ramTotalBytes !== null && !holds(ramTotalBytes, ramGb)
        ? `it wants ${ramGb} GB of main memory and there are ${gb(ramTotalBytes)}`
        : lackOf(host, template)
    if (obstacle === null) {
      const why = passedOver.length > 0 ? `; passed over: ${passedOver.join('; ')}` : ''
      return choose(
        candidate,
        `the card has ${gb(vramTotalBytes)}, and this is for ${from} GB and more${why}`,
      )
    }
    passedOver.push(`${template.slug}, because ${obstacle}`)
  }
  const why = passedOver.length > 0 ? ` (${passedOver.join('; ')})` : ''
  return choose(
    least,
    `the card has ${gb(vramTotalBytes)}, and nothing fits it well; this is the least demanding${why}`,
  )
}

/** The default of several servers: that of the one that can take the most. */
export function defaultOf(
  templates: readonly WorkflowTemplate[],
  policy: OfferPolicy,
  hosts: readonly HostFacts[],
): DefaultChoice {
  const choices = hosts.map((host) => {
    const choice = defaultFor(templates, policy, host)
    // A server that lacks even the least demanding has no say.
    const template = templates.find(({ slug }) => slug === choice.slug)!
    return {
      ...choice,
      reason: `${host.label}: ${choice.reason}`,
      able: isKnown(host, template) && lackOf(host, template) === null,
    }
  })
  const [best] = choices.sort((a, b) => Number(b.able) - Number(a.able) || b.vramGb - a.vramGb)
  return best ?? defaultFor(templates, policy, null)
}
