/** Help pages, held to test/cli/help.txt. After a change that is meant: UPDATE_HELP=1 and a look at the difference. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import t from 'tap'
import { buildProgram } from '../../cli/program.ts'

/** The help of a command and of all below it. */
function pages(command: Command, name: string): string[] {
  let text = ''
  command.configureOutput({
    writeOut: (part) => {
      text += part
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return [
    `# ${name}\n${text}`,
    ...command.commands.flatMap((inner) => pages(inner, `${name} ${inner.name()}`)),
  ]
}

t.test('the help of every command is as it was agreed on', async (t) => {
  const program = buildProgram('0.0.0', () => {
    throw new Error('help runs nothing')
  })
  const text = pages(program, 'framecast').join('\n')
  const file = path.join(import.meta.dirname, 'help.txt')
  if (process.env.UPDATE_HELP) writeFileSync(file, text)
  t.equal(text, readFileSync(file, 'utf8'))
})

t.test('every command is in the documentation', async (t) => {
  const docs = readFileSync(path.resolve(import.meta.dirname, '../../docs/cli.md'), 'utf8')
  const program = buildProgram('0.0.0', () => {
    throw new Error('nothing runs')
  })
  const names = (command: Command, above: string): string[] =>
    command.commands.flatMap((inner) =>
      inner.commands.length > 0 ? names(inner, `${above}${inner.name()} `) : [`${above}${inner.name()}`],
    )
  for (const name of names(program, '')) t.match(docs, `\`${name}`, name)
})
