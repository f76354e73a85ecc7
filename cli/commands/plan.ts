/** `framecast plan`: what a render would do with each scene, why, and what it would take. Nothing is rendered. */
import type { GenerateRequest, RenderPlan } from '../../schemas/types.ts'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { uploadReferences } from '../references.ts'
import { loadChecked } from '../render.ts'
import { tableLines } from '../table.ts'
import { openTarget } from '../target.ts'
import { secondsText } from '../text.ts'
import { jobOptions, namedProject, type RenderFlags } from './render.ts'

export type PlanFlags = Omit<RenderFlags, 'output' | 'contactSheet' | 'subtitles'>

/** `prompt_changed` for people. Pure. */
const words = (reason: string): string => reason.replaceAll('_', ' ')

const STAGES: Record<RenderPlan['stages'][number]['stage'], [one: string, many: string]> = {
  clip: ['scene', 'scenes'],
  voice: ['spoken line', 'spoken lines'],
  join: ['transition', 'transitions'],
  sound: ['mix', 'mixes'],
  film: ['film', 'films'],
}

/** `2 transitions made, 1 reused`; nothing for a stage that the film does not have. */
function stageWords({ stage, render, reuse }: RenderPlan['stages'][number]): string[] {
  if (render + reuse === 0) return []
  const [one, many] = STAGES[stage]
  const parts = [...(render > 0 ? [`${render} made`] : []), ...(reuse > 0 ? [`${reuse} reused`] : [])]
  return [
    `${render + reuse === 1 ? one : many} ${render + reuse === 1 ? (render > 0 ? 'made' : 'reused') : parts.join(' and ')}`,
  ]
}

/** The plan as a table, and all of it in a sentence. Pure. */
export function planLines({ scenes, stages, summary, warnings }: RenderPlan): string[] {
  const rows = scenes.map(({ scene_id, action, reason, estimate }) => [
    scene_id,
    action,
    words(reason),
    estimate.seconds > 0 ? secondsText(estimate.seconds) : '-',
    String(estimate.cost),
  ])
  return [
    ...tableLines(['scene', 'action', 'why', 'time', 'credits'], rows, [3, 4]),
    '',
    `besides scenes: ${stages
      .filter(({ stage }) => stage !== 'clip')
      .flatMap(stageWords)
      .join(', ')}`,
    summary,
    ...warnings.map(({ message }) => `warning: ${message}`),
  ]
}

export async function plan(
  file: string | undefined,
  flags: PlanFlags,
  { terminal, signal, env }: CommandContext,
): Promise<void> {
  const projectId = namedProject(file, flags)
  const storyboard = file === undefined ? null : await loadChecked(file, terminal)
  const target = await openTarget(flags, env, terminal, signal)
  const { api } = target
  const options = jobOptions(flags)
  try {
    const document =
      storyboard && (await uploadReferences(api, storyboard.document, storyboard.references, signal))
    const found = await api.ask<RenderPlan>(
      (client, signal) =>
        document
          ? client.POST('/v1/spec/plan', {
              // It has been checked: it is a storyboard.
              body: { spec: document as GenerateRequest['spec'], options },
              signal,
            })
          : client.POST('/v1/projects/{id}/render-plan', {
              params: { path: { id: projectId! } },
              body: { options },
              signal,
            }),
      { signal },
    )
    if (flags.json) terminal.out(JSON.stringify(found))
    else for (const line of planLines(found)) terminal.out(line)
    if (found.refusal) throw new CliError(EXIT.refused, '')
  } finally {
    await target.close()
  }
}
