/** Which engine does the work. Pure. */
import type { Config, EngineKind } from '../platform/config.ts'

export type EngineSettings = Pick<Config, 'COMFYUI_URLS' | 'RUNPOD_API_KEY' | 'PREVIEW_URL'>

/** The engines that are set up, best first: own servers, then a cloud endpoint, then animatics. */
export function enginesOf(config: EngineSettings): EngineKind[] {
  const isPresent: Record<EngineKind, boolean> = {
    comfyui: config.COMFYUI_URLS.length > 0,
    runpod: config.RUNPOD_API_KEY !== '',
    preview: config.PREVIEW_URL !== '',
  }
  return (Object.keys(isPresent) as EngineKind[]).filter((kind) => isPresent[kind])
}
