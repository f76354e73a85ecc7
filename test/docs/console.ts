/** Pages whose console blocks are run as they stand: commands after `$ `, and below each what it says. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export type Step = { command: string; shown: string }

/** The steps of a page in Markdown, in order. */
export function stepsOf(markdown: string): Step[] {
  return [...markdown.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => {
    const steps: Step[] = []
    let isOpen = false
    for (const line of block!.trimEnd().split('\n')) {
      const last = steps.at(-1)
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: '' })
      else if (!last) throw new Error(`a block begins without a command: ${line}`)
      else if (isOpen) last.command += `\n${line.replace(/^> ?/, '')}`
      else last.shown += `${last.shown === '' ? '' : '\n'}${line}`
      const { command } = steps.at(-1)!
      const heredoc = /<<'?(\w+)'?/.exec(command)?.[1]
      const isCommand = line.startsWith('$ ') || isOpen
      if (isCommand)
        isOpen = line.endsWith('\\') || (heredoc !== undefined && !command.endsWith(`\n${heredoc}`))
    }
    return steps
  })
}

export type Shell = {
  /** What a command writes, and how it ends. */
  run(command: string, limitMs?: number): Promise<{ output: string; code: number }>
  close(): Promise<void>
}

/** One shell for all commands of a page: variables and functions live on. */
export function startShell(cwd: string, env: Record<string, string>): Shell {
  const child = spawn('bash', ['--noprofile', '--norc'], {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOME: cwd, LC_ALL: 'C.UTF-8', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  const lines: string[] = []
  let heard: (() => void) | null = null
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      heard?.()
    })
  let count = 0
  return {
    async run(command, limitMs = 120_000) {
      count += 1
      const mark = `--- step ${count} ended with`
      lines.length = 0
      // The mark stands on a line of its own, also after output without an end of line.
      child.stdin.write(`${command}\nprintf '\\n%s %s\\n' '${mark}' $?\n`)
      const found = await new Promise<number>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${command}\nhas not ended; so far it says:\n${lines.join('\n')}`)),
          limitMs,
        )
        heard = () => {
          const at = lines.findIndex((line) => line.startsWith(mark))
          if (at < 0) return
          clearTimeout(timer)
          resolve(at)
        }
        heard()
      })
      heard = null
      const code = Number(lines[found]!.slice(mark.length))
      return { output: lines.slice(0, found).join('\n').trimEnd(), code }
    },
    async close() {
      child.stdin.end()
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Texts that differ from run to run become what kind of text they are. */
const kindOf = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, '<time>')
    .replaceAll(/https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?/g, '<server>')
    .replaceAll(/eyJ[\w.-]+/g, '<token>')
    .replaceAll(/sk_live_[0-9a-f]{32}/g, '<key>')
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<hash>')
    .replaceAll(/expires=\d+&signature=[\w-]+/g, '<signature>')
    .replaceAll(/-[0-9a-f]{8}(?=")/g, '-<slug>')
    .replaceAll(/\d+(\.\d+)?/g, '<number>')

/** A shown text as a pattern: `…` stands for anything within its line, a line of it alone for any lines. */
export function fits(shown: string, output: string): boolean {
  const pattern = kindOf(shown)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/^…$/gm, '[\\s\\S]*?')
    .replaceAll('…', '.*?')
  return new RegExp(`^${pattern}$`).test(kindOf(output))
}
