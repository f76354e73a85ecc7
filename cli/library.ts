/** The workflows and weights of an installation, as its environment describes it. */
import { ConfigError, readWorkflowSettings, type WorkflowSettings } from '../core/platform/config.ts'
import { loadModelList, loadWorkflows, workflowDirs } from '../core/workflows/load.ts'
import type { ModelList } from '../core/workflows/models.ts'
import { WorkflowError, type WorkflowTemplate } from '../core/workflows/types.ts'
import type { CommandContext } from './context.ts'
import { CliError, EXIT } from './exit.ts'

export type Library = {
  readonly templates: ReadonlyMap<string, WorkflowTemplate>
  readonly models: ModelList
  readonly settings: WorkflowSettings
}

/** @throws {CliError} usage, when a variable, a workflow or a list is wrong */
export async function openLibrary(env: CommandContext['env']): Promise<Library> {
  try {
    const settings = readWorkflowSettings(env)
    const dirs = workflowDirs(settings)
    return { settings, templates: await loadWorkflows(dirs), models: await loadModelList(dirs) }
  } catch (error) {
    if (error instanceof ConfigError || error instanceof WorkflowError)
      throw new CliError(EXIT.usage, error.message, undefined, error)
    throw error
  }
}

/** @throws {CliError} usage, for a name that no workflow has */
export function workflowNamed({ templates }: Library, slug: string): WorkflowTemplate {
  const template = templates.get(slug)
  if (template) return template
  throw new CliError(
    EXIT.usage,
    `There is no workflow ${JSON.stringify(slug)}.`,
    '"framecast workflows --all" lists them.',
  )
}
