/** What every task of a worker is given. */

import type { WorkflowLibrary } from '../core/jobs/recipe.ts'
import type { Config } from '../core/platform/config.ts'
import type { Database } from '../core/platform/database.ts'
import type { FfmpegTools } from '../core/platform/ffmpeg.ts'
import type { Logger } from '../core/platform/log.ts'
import type { ObjectStore } from '../core/platform/objects.ts'
import type { Engine } from './engines/engine.ts'
import type { RunningSteps } from './leases/running-steps.ts'
import type { VoiceEngine } from './voice/engine.ts'

export type WorkerContext = {
  readonly config: Config
  readonly db: Database
  readonly store: ObjectStore
  /** Where the sounds are that come with Framecast. */
  readonly systemStore: ObjectStore
  readonly tools: FfmpegTools
  readonly workflows: WorkflowLibrary
  /** Engines this worker can drive, by kind. */
  readonly engines: ReadonlyMap<string, Engine>
  /** Who speaks dialogue; null when nobody does. */
  readonly voice: VoiceEngine | null
  readonly log: Logger
  /** This process, as lease owner and in the `started` event. */
  readonly workerId: string
  readonly running: RunningSteps
  /** Folder of this process for temporary files; removed at stop, or by the next worker when we were killed. */
  readonly workDir: string
}
