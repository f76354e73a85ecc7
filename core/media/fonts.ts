/**
 * Fonts for pictures: importing this module points fontconfig at Inter, which the project carries as TTF files. Import it
 * before `sharp`: fontconfig reads its configuration once, at the first text drawn in the process. On a machine
 * without fonts every letter is otherwise an empty box, and nothing says so.
 */
import { lstatSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'

export const FONT_FAMILY = 'Inter'

export type FontWeight = 400 | 500 | 600 | 700

const home = path.dirname(createRequire(import.meta.url).resolve('@expo-google-fonts/inter/package.json'))

/** Path of the TTF of each weight that pictures use. */
export const FONT_FILES: Readonly<Record<FontWeight, string>> = {
  400: path.join(home, '400Regular', 'Inter_400Regular.ttf'),
  500: path.join(home, '500Medium', 'Inter_500Medium.ttf'),
  600: path.join(home, '600SemiBold', 'Inter_600SemiBold.ttf'),
  700: path.join(home, '700Bold', 'Inter_700Bold.ttf'),
}

/** A fontconfig file that knows our folders and no font of the machine, so that pictures are the same everywhere. */
export function fontsConf(cacheDir: string): string {
  const folders = Object.values(FONT_FILES).map((file) => `  <dir>${xml(path.dirname(file))}</dir>`)
  return [
    '<?xml version="1.0"?>',
    '<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">',
    '<fontconfig>',
    ...folders,
    `  <cachedir>${xml(cacheDir)}</cachedir>`,
    '  <config><rescan><int>0</int></rescan></config>',
    '</fontconfig>',
  ].join('\n')
}

const xml = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** A folder of ours in the shared temporary one; a name that somebody else took there first is not used. */
function ownFolder(name: string): string {
  const folder = path.join(tmpdir(), name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  return found.isDirectory() && found.uid === userInfo().uid ? folder : mkdtempSync(`${folder}-`)
}

function install(): void {
  if (process.env.FONTCONFIG_FILE) return // an operator's own choice stands
  const folder = ownFolder(`framecast-fonts-${userInfo().uid}`)
  const file = path.join(folder, 'pictures.conf')
  // Renamed into place: processes that start together never read half a file.
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, fontsConf(path.join(folder, 'cache')))
  renameSync(draft, file)
  process.env.FONTCONFIG_FILE = file
}

install()
