/**
 * Fonts of the boards. Importing this module points fontconfig at Inter, which the project carries as TTF files;
 * it must be evaluated before `sharp` is, since fontconfig reads its configuration once for the whole process.
 * Without it a machine with no fonts draws every letter as an empty box, and reports nothing.
 */
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'

export const FONT_FAMILY = 'Inter'
export type FontWeight = 400 | 500 | 600 | 700

const home = dirname(createRequire(import.meta.url).resolve('@expo-google-fonts/inter/package.json'))

/** Path of the TTF of each weight the boards use. */
export const FONT_FILES: Readonly<Record<FontWeight, string>> = {
  400: join(home, '400Regular', 'Inter_400Regular.ttf'),
  500: join(home, '500Medium', 'Inter_500Medium.ttf'),
  600: join(home, '600SemiBold', 'Inter_600SemiBold.ttf'),
  700: join(home, '700Bold', 'Inter_700Bold.ttf'),
}

/** What we ship, as fontconfig wants it: only our folders, so that no font of the machine changes a board. */
export function fontsConf(cacheDir: string): string {
  const folders = Object.values(FONT_FILES).map((file) => `  <dir>${xml(dirname(file))}</dir>`)
  const template = readFileSync(new URL('./fonts.conf', import.meta.url), 'utf8')
  return template
    .replace('<!-- folders -->', folders.join('\n').trimStart())
    .replace('{cache}', xml(cacheDir))
}

const xml = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

function install(): void {
  if (process.env.FONTCONFIG_FILE) return // an operator's own choice stands
  const dir = ownFolder(`framecast-fonts-${userInfo().uid}`)
  const file = join(dir, 'fonts.conf')
  // Renamed into place: two engines starting together never read half a file.
  const draft = join(dir, `fonts.conf.${process.pid}`)
  writeFileSync(draft, fontsConf(join(dir, 'cache')))
  renameSync(draft, file)
  process.env.FONTCONFIG_FILE = file
}

/** A folder of ours in the shared temporary one; a name somebody else took there first is not used. */
function ownFolder(name: string): string {
  const dir = join(tmpdir(), name)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const found = lstatSync(dir)
  return found.isDirectory() && found.uid === userInfo().uid ? dir : mkdtempSync(`${dir}-`)
}

install()
