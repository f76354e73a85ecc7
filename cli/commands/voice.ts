/** `framecast voice say`: a line as the configured voice engine says it, for choosing voices without a render. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { CommandContext } from '../context.ts'
import { CliError, EXIT } from '../exit.ts'
import { secondsText } from '../text.ts'

export type SayFlags = { voice?: string; as?: string; output: string; json?: boolean }

type Said = { engine: string; voice: { id: string; pitch: number }; seconds: number; path: string }

/** What speaks is the worker's; it runs as a process of its own, as workers do. */
const PROGRAM = fileURLToPath(new URL('../../worker/voice/say-process.ts', import.meta.url))
const LONGEST_LINE = 500

export async function say(
  text: string,
  flags: SayFlags,
  { terminal, signal, env }: CommandContext,
): Promise<void> {
  if ([...text].length > LONGEST_LINE)
    throw new CliError(
      EXIT.usage,
      `A line has at most ${LONGEST_LINE} letters; this one has ${[...text].length}.`,
    )
  const out = resolve(flags.output)
  const request = JSON.stringify({ text, voice: flags.voice ?? null, speaker: flags.as ?? '', out })
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, request], {
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  })
  const ended = once(child, 'exit').catch(() => signal.throwIfAborted())
  const answer = await textOf(child.stdout)
  await ended
  signal.throwIfAborted()
  const found = parsed(answer)
  if ('error' in found) throw new CliError(EXIT.failed, `The line was not spoken: ${found.error}.`)
  if (flags.json) return terminal.out(JSON.stringify(found))
  terminal.out(`${found.path}: ${secondsText(found.seconds)}, ${found.engine} voice ${found.voice.id}`)
}

function parsed(answer: string): Said | { error: string } {
  try {
    return JSON.parse(answer) as Said | { error: string }
  } catch {
    return { error: 'the voice engine ended without an answer' }
  }
}
