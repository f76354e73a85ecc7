/** The engines that the configuration names. */
import type { WorkflowLibrary } from '../../core/jobs/recipe.ts'
import type { Config } from '../../core/platform/config.ts'
import type { Queryable } from '../../core/platform/database.ts'
import type { FfmpegTools } from '../../core/platform/ffmpeg.ts'
import type { Logger } from '../../core/platform/log.ts'
import { createComfyEngine } from './comfyui.ts'
import type { Engine } from './engine.ts'
import type { ReportBell } from './report-bell.ts'
import { createRunpodEngine } from './runpod.ts'

export type EngineDeps = {
  config: Config
  workflows: WorkflowLibrary
  tools: FfmpegTools
  db: Queryable
  bell: ReportBell
  log: Logger
}

/** Engines by kind; a kind without an address is absent. The preview engine speaks the protocol of ComfyUI. */
export function createEngines({ config, workflows, tools, db, bell, log }: EngineDeps): Map<string, Engine> {
  const engines = new Map<string, Engine>()
  const shared = { workflows, policy: config, tools, log }
  if (config.COMFYUI_URLS.length > 0) {
    engines.set(
      'comfyui',
      createComfyEngine({
        kind: 'comfyui',
        urls: config.COMFYUI_URLS,
        places: config.COMFYUI_PLACES,
        ...shared,
      }),
    )
  }
  if (config.RUNPOD_API_KEY !== '') {
    engines.set('runpod', createRunpodEngine({ config, workflows, tools, db, bell, log }))
  }
  if (config.PREVIEW_URL) {
    engines.set('preview', createComfyEngine({ kind: 'preview', urls: [config.PREVIEW_URL], ...shared }))
  }
  return engines
}
